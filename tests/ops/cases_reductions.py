"""Cases of reductions, extremes, ranks, and running sums and products: see `tests.ops.cases`."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.ops.case import Case, case, normal, positive, reduction, whole

NAN = np.nan
ZEROS = [[2.0, 0.0, 3.0, -1.5], [0.0, 1.5, 0.0, 2.0], [0.0, 0.0, 0.0, 0.0], [1.0, 2.0, -3.0, 0.5]]  # none to four

ALONG = [((4,), 0), ((3, 4), 1), ((3, 4), -2), ((2, 3, 4), 1), ((2, 1, 3), 1), ((), 0), ((2, 0), 1), ((0, 2), -1)]


def along(name: str, draw: Callable[..., np.ndarray] = normal, part: int | None = None, **options: Any) -> list[Case]:
    """An op along one dimension, of several the result number `part`."""

    def call(m: Any, x: Any, dim: int) -> Any:
        y = getattr(m, name)(x, dim=dim, **options)
        return y if part is None else y[part]

    return [case(f"{name} {shape} along {d}", lambda m, x, d=d: call(m, x, d), draw(*shape)) for shape, d in ALONG]


def not_empty(cases: list[Case]) -> list[Case]:
    return [c for c in cases if c.inputs[0].size]


def kink(name: str, function: Any, *inputs: Any, torch_orders: int = 2) -> Case:
    return case(name, function, *inputs, smooth=False, torch_orders=torch_orders)


def _with_nan(x: np.ndarray) -> np.ndarray:
    x[..., 1] = NAN
    return x


CASES: list[Case] = [
    # sums and means
    *reduction("sum"),
    *reduction("mean"),
    *reduction("logsumexp", all_by_none=False),
    case("sum, of nothing", lambda m, x: x.sum(), normal(0, 3)),
    case("sum, over nothing", lambda m, x: x.sum(0), normal(0, 3)),
    case("sum, of a view", lambda m, x: x.transpose(0, 2)[::2].sum(1), normal(2, 3, 4)),
    case("sum, dim of a number", lambda m, x: x.sum(0), normal()),
    case("sum, NumPy's names", lambda m, x: (x.sum(axis=1, keepdims=True), m.mean(x, axis=0)), normal(2, 3)),
    case("sum, in another type", lambda m, x: x.sum(1, dtype=m.float64), normal(2, 3)),
    case("mean, in another type", lambda m, x: (x.mean(dtype=m.float64), m.mean(x, 0, True, dtype=m.float64)), [1.5]),
    case("mean, dim of a number", lambda m, x: x.mean(-1), normal()),
    case("sum_to_size", lambda m, x: x.sum_to_size(3, 1), normal(2, 3, 4)),
    case("sum_to_size, a number", lambda m, x: x.sum_to_size(1), normal(2, 3)),
    case("logsumexp, large", lambda m, x: m.logsumexp(x, 1), [[1000.0, 1000.0], [-1000.0, 0.0]]),
    kink("logsumexp, over nothing", lambda m, x: x.logsumexp(1), normal(2, 0)),
    *reduction("nansum"),
    *reduction("nanmean"),
    kink("nansum, NaN", lambda m, x: (m.nansum(x), x.nansum(1), x.nansum((0, 1), True)), _with_nan(normal(2, 3))),
    kink("nanmean, NaN", lambda m, x: (m.nanmean(x), x.nanmean(1), x.nanmean(-1, True)), _with_nan(normal(2, 3))),
    kink(
        "nansum, in another type", lambda m, x: (x.nansum(1, dtype=m.float64), x.nanmean(dtype=m.float64)), [[NAN, 1]]
    ),
    # variance
    *reduction("var", correction=0),
    *[c for c in reduction("std", correction=0) if c.inputs[0].size > 6],
    case("var, of a sample", lambda m, x: x.var(1), normal(3, 4)),
    case("var, biased", lambda m, x: (x.var(False), x.var(1, False), x.var((0, 1), False, True)), normal(3, 4)),
    case("var, unbiased by name", lambda m, x: (x.var(unbiased=True), x.var(0, unbiased=False)), normal(3, 4)),
    case("var, other corrections", lambda m, x: (x.var(1, correction=2), m.var(x, correction=0.5)), normal(3, 4)),
    case("std, of a sample", lambda m, x: x.std(0), normal(3, 4)),
    case("std, biased", lambda m, x: (m.std(x, False), x.std(1, False, True), x.std(unbiased=False)), normal(3, 4)),
    kink("std, of equal elements", lambda m, x: x.std(1), [[1.0, 1.0, 1.0], [1.0, 2.0, 4.0]], torch_orders=1),
    case("var_mean", lambda m, x: (*m.var_mean(x, 1), *m.var_mean(x, (0, 1), unbiased=False)), normal(3, 4)),
    case("std_mean", lambda m, x: (*m.std_mean(x, 1, keepdim=True), *m.std_mean(x, False)), normal(3, 4)),
    # extremes
    *reduction("amax"),
    *reduction("amin"),
    case("max, of all", lambda m, x: m.max(x), normal(3, 4)),
    case("min, of all", lambda m, x: x.min(), normal(3, 4)),
    case("max, along", lambda m, x: m.max(x, 1)[0], normal(3, 4)),
    case("max, along, kept", lambda m, x: x.max(-2, keepdim=True)[0], normal(2, 3, 4)),
    case("min, along", lambda m, x: x.min(0)[0], normal(3, 4)),
    case("max, of a number", lambda m, x: (*x.max(0), *x.min(-1, True)), normal()),
    case("max and min, of two", lambda m, x, y: (m.max(x, y), x.min(other=y)), normal(2, 3), normal(3)),
    case("aminmax", lambda m, x: (*m.aminmax(x), *x.aminmax(dim=1), *x.aminmax(dim=0, keepdim=True)), normal(3, 4)),
    kink("amax, ties", lambda m, x: m.amax(x, 1), [[1.0, 5.0, 5.0], [2.0, 2.0, 2.0]]),
    kink("max, ties along", lambda m, x: m.max(x, 1), [[1.0, 5.0, 5.0], [2.0, 2.0, 2.0]]),
    kink("min, ties of all", lambda m, x: m.min(x), [[1.0, 5.0], [1.0, 2.0]]),
    kink("max, NaN", lambda m, x: (x.max(), *x.max(0), x.min(), *x.min(0)), [1.0, NAN, 2.0, NAN]),
    kink("aminmax, ties", lambda m, x: (*m.aminmax(x), *x.aminmax(dim=1)), [[1.0, 1.0, 5.0], [2.0, 2.0, 2.0]]),
    # ranks
    *not_empty(along("median", part=0)),
    *not_empty(along("nanmedian", part=0)),
    *not_empty(along("mode", part=0)),
    case("median, of all", lambda m, x: (m.median(x), x.nanmedian()), normal(3, 5)),
    case("median, along, kept", lambda m, x: (*x.median(1, True), *x.nanmedian(0, keepdim=True)), normal(3, 4)),
    kink("median, ties of all", lambda m, x: (x.median(), x.nanmedian()), [1.0, 2.0, 2.0, 3.0]),
    kink("median, ties along", lambda m, x: (*x.median(1), *x.nanmedian(1)), [[1.0, 1.0, 1.0, 1.0], [2.0, 1, 2, 1]]),
    kink("median, NaN", lambda m, x: (x.median(), *x.median(1)), [[3.0, NAN, NAN, 1.0], [NAN, 1.0, 2.0, 3.0]]),
    kink("nanmedian, NaN", lambda m, x: (x.nanmedian(), *x.nanmedian(1)), [[3.0, NAN, 1.0], [NAN, NAN, NAN]]),
    kink("mode, ties", lambda m, x: x.mode(1, keepdim=True), [[3.0, 1.0, 3.0, 1.0], [1.0, 2.0, 2.0, 2.0]]),
    case("mode, of integers", lambda m, x, n: (*m.mode(n), *n.mode(0), x), normal(1), whole(3, 4, 6)),
    *[
        case(
            f"quantile, {how}",
            lambda m, x, how=how: [
                f(x, 0.4, dim, keepdim=keep, interpolation=how)
                for f in (m.quantile, m.nanquantile)
                for dim, keep in [(None, False), (None, True), (0, False), (-1, True)]
            ],
            normal(3, 4),
            torch_orders=1,
            values="these",
        )
        for how in ("linear", "lower", "higher", "nearest", "midpoint")
    ],
]


def _quantiles(m: Any, x: Any, q: Any) -> list[Any]:
    return [
        f(x, q, dim, keep)
        for f in (m.quantile, m.nanquantile)
        for dim, keep in [(None, False), (None, True), (0, False), (1, True), (-1, False)]
    ]


def _weighted_covariances(m: Any, x: Any, often: Any, weights: Any) -> list[Any]:
    return [
        m.cov(x, fweights=often),
        m.cov(x, aweights=weights),
        m.cov(x, correction=0, aweights=weights),
        m.cov(x, correction=2, fweights=often, aweights=weights),
    ]


def _areas(m: Any, y: Any, last: Any, middle: Any, each: Any) -> list[Any]:
    return [
        m.trapezoid(y, last),
        m.trapezoid(y, middle, dim=1),
        m.trapz(y, each, dim=0),
        m.cumulative_trapezoid(y, last, dim=-1),
        m.cumulative_trapezoid(y, each, dim=1),
    ]


CASES += [
    case("quantile, several", _quantiles, normal(2, 3, 4), np.array([0.1, 0.7, 0.35]), torch_orders=1, values="these"),
    case("quantile, one in a tensor", _quantiles, normal(2, 3, 4), np.array(0.3), torch_orders=1, values="these"),
    case(
        "quantile, of a number", lambda m, x: (x.quantile(0.3), m.quantile(x, 0.3, 0, True)), normal(), torch_orders=1
    ),
    kink(
        "quantile, NaN",
        lambda m, x: (x.quantile(0.6, 1), x.quantile(0.5), x.nanquantile(0.6, 1), x.nanquantile(0.5)),
        [[3.0, NAN, 1.0, 2.0], [NAN, NAN, NAN, NAN], [1.0, 2.0, 3.0, 5.0]],
        torch_orders=1,
    ),
    *not_empty(along("kthvalue", part=0, k=1)),
    case("kthvalue", lambda m, x: (*m.kthvalue(x, 2), *x.kthvalue(3, 0, True), m.msort(x)), normal(4, 3)),
    kink("kthvalue, ties and NaN", lambda m, x: (*x.kthvalue(2), *x.kthvalue(4)), [[2.0, 1.0, 2.0, NAN]]),
    # covariance
    case("cov", lambda m, x: (m.cov(x), x.cov(correction=0), m.cov(x[0])), normal(3, 5)),
    case("cov, weighted", _weighted_covariances, normal(3, 4), np.array([1, 0, 2, 1]), positive(4)),
    case("corrcoef", lambda m, x: m.corrcoef(x), normal(3, 5)),
    case("corrcoef, of one", lambda m, x: x.corrcoef(), normal(5)),
    # distance and area
    case("dist", lambda m, x, y: (m.dist(x, y), x.dist(y, 1), m.dist(x, y, 3)), normal(2, 3), normal(3)),
    *along("trapezoid")[:5],
    *along("cumulative_trapezoid")[:5],
    case("trapezoid, places", _areas, normal(2, 3, 4), normal(4), normal(3, 1), normal(2, 3, 4)),
    case("trapezoid, widths", lambda m, x: (m.trapz(x, dx=0.5), m.cumulative_trapezoid(x, dx=2)), normal(2, 4)),
    # running sums and products
    *along("cumsum"),
    *along("cumprod"),
    *along("logcumsumexp"),
    *along("cummax", part=0),
    *along("cummin", part=0),
    *along("prod"),
    case("prod, of all", lambda m, x: (m.prod(x), x.prod()), normal(2, 3)),
    case("prod, of nothing", lambda m, x: x.prod(), normal(0, 3)),
    case("prod, of a number", lambda m, x: (x.prod(), x.prod(-1, True)), normal()),
    case("prod, zeros", lambda m, x: (x.prod(1), x.prod(0, keepdim=True)), ZEROS),
    *[case(f"prod, zeros of all, {i}", lambda m, x: x.prod(), row) for i, row in enumerate(ZEROS)],
    case("prod, in another type", lambda m, x: (x.prod(dtype=m.float64), m.prod(x, 0, dtype=m.float64)), [1.5, 2.0]),
    case("cumprod, zeros", lambda m, x: (x.cumprod(1), m.cumprod(x, 0)), ZEROS),
    case("cumprod, long", lambda m, x: x.cumprod(0), positive(23).clip(max=1.5)),
    case("cumsum, in another type", lambda m, x: x.cumsum(0, dtype=m.float64), [1.5, 2.0], torch_orders=1),
    case("cumprod, in another type", lambda m, x: x.cumprod(0, dtype=m.float64), [1.5, 2.0], torch_orders=1),
    case("cumsum and cumprod, in place", lambda m, x: (x.clone().cumsum_(1), x.clone().cumprod_(0)), normal(2, 3)),
    case(
        "logcumsumexp, far apart", lambda m, x: m.logcumsumexp(x, 0), [1000.0, -1000.0, 999.0, 1001.0], torch_orders=1
    ),
    kink("cummax, ties", lambda m, x: (*x.cummax(0), *x.cummin(0)), [1.0, 1.0, 3.0, 2.0, 3.0, 1.0]),
    kink("cummax, NaN", lambda m, x: (*x.cummax(0), *x.cummin(0)), [1.0, 3.0, NAN, 2.0, NAN, 1.0]),
    # differences
    *along("diff")[:5],
    case("diff, again", lambda m, x: (m.diff(x, 2), x.diff(n=3, dim=0), x.diff(0), x.diff(9)), normal(4, 5)),
    case(
        "diff, put on",
        lambda m, x, y, z: (x.diff(prepend=y), m.diff(x, append=z), x.diff(2, 1, y, z)),
        normal(2, 3),
        normal(2, 1),
        normal(2, 2),
    ),
]
