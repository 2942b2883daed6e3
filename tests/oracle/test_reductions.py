"""Reductions at the edges: types of results, NaN and infinities, nothing, numbers, and each way of calling."""

import pickle

import numpy as np
import pytest

import minigrad
from tests.oracle.comparing import assert_same

torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")

# PyTorch warns of variances without degrees of freedom, NumPy of log 0, 0 / 0 and ∞ - ∞.
pytestmark = [pytest.mark.filterwarnings("ignore::UserWarning"), pytest.mark.filterwarnings("ignore::RuntimeWarning")]

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]
INF, NAN = np.inf, np.nan


def parts(result):
    return list(result) if isinstance(result, tuple | list) else [result]


def assert_agree(function, *arrays):
    """The same results, or both libraries refuse."""
    outcomes = []
    for library in (torch, minigrad):
        try:
            outcomes.append(parts(function(library, *[library.tensor(x) for x in arrays])))
        except (RuntimeError, TypeError, ValueError, IndexError, NotImplementedError) as error:
            outcomes.append(error)
    theirs, ours = outcomes
    if isinstance(theirs, Exception) or isinstance(ours, Exception):
        assert isinstance(theirs, Exception), f"minigrad refuses: {ours}"
        assert isinstance(ours, Exception), f"torch refuses: {theirs}"
        return
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert_same(a, b, **({"rtol": 2e-3} if b.dtype == torch.float16 else {}))


REDUCED = {
    "sum": lambda m, x: (x.sum(), x.sum(1), x.sum((0, 1), True)),
    "softmax": lambda m, x: (x.float().softmax(1), x.double().log_softmax(0)),
    "mean": lambda m, x: (x.mean(), x.mean([0, 1])),
    "mean, in a type": lambda m, x: (x.mean(dtype=m.float32), x.mean(1, dtype=m.float64)),
    "nansum": lambda m, x: (x.nansum(), m.nansum(x, 1), x.nansum(dtype=m.float64)),
    "nanmean": lambda m, x: (x.nanmean(), m.nanmean(x, 1)),
    "prod": lambda m, x: (x.prod(), x.prod(1), m.prod(x, 0, dtype=m.float64)),
    "var": lambda m, x: (x.var(), x.std(1)),
    "var_mean": lambda m, x: (*m.var_mean(x, 0), *m.std_mean(x)),
    "amax": lambda m, x: (x.amax(), x.amin(1), x.amax([0, 1])),
    "max": lambda m, x: (x.max(), *x.max(1), *x.min(0, True), x.min()),
    "aminmax": lambda m, x: (*x.aminmax(), *m.aminmax(x, dim=1)),
    "logsumexp": lambda m, x: x.logsumexp(1),
    "any": lambda m, x: (x.any(), x.any(1), x.any((0, 1)), x.any([0], True), x.any(())),
    "all": lambda m, x: (x.all(), x.all(1), x.all((0, 1)), x.all([0], True), x.all(())),
    "count_nonzero": lambda m, x: (x.count_nonzero(), m.count_nonzero(x, (0, 1)), x.count_nonzero(1)),
    "median": lambda m, x: (x.median(), *x.median(1)),
    "nanmedian": lambda m, x: (x.nanmedian(), *x.nanmedian(0)),
    "mode": lambda m, x: (*x.mode(), *m.mode(x, 0)),
    "cumsum": lambda m, x: (x.cumsum(1), x.cumsum(0, dtype=m.float64)),
    "cumprod": lambda m, x: (x.cumprod(1), x.cumprod(0, dtype=m.float64)),
    "logcumsumexp": lambda m, x: x.logcumsumexp(1),
    "cummax": lambda m, x: (*x.cummax(1), *x.cummin(0)),
    "diff": lambda m, x: (x.diff(), x.diff(2, 0), m.diff(x, 0)),
    "cumsum_": lambda m, x: x.clone().cumsum_(1),
    "cumprod_": lambda m, x: x.clone().cumprod_(0),
    "softmax, in a type": lambda m, x: (x.softmax(1, dtype=m.float64), m.log_softmax(x, 0, dtype=m.float32)),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", REDUCED)
def test_types_of_results(name, dtype):
    x = np.array([[2, 1, 0, 1], [0, 3, 1, 1], [1, 1, 0, 2]]).astype(dtype)
    assert_agree(REDUCED[name], x)


@pytest.mark.parametrize("name", ["float32", "float64", "int32", "int64", "bool"])
def test_types_that_are_asked_for(name):
    def call(m, x):
        dtype = getattr(m, name)
        return x.sum(dtype=dtype), x.sum(1, dtype=dtype), x.prod(dtype=dtype), x.cumsum(0, dtype=dtype)

    assert_agree(call, [[1.7, 2.7], [-0.5, 3.2]])
    assert_agree(call, [[1, 2], [0, 3]])


LIMITS = {
    "NaN": [[1.0, NAN, 3.0, NAN], [2.0, 1.0, 0.0, 2.0]],
    "all NaN": [[NAN, NAN], [NAN, NAN]],
    "∞": [[1.0, INF, 3.0], [INF, 1.0, INF]],
    "-∞": [[-INF, -INF, 3.0], [-INF, -INF, -INF]],
    "both": [[INF, -INF, 3.0], [-INF, 2.0, INF]],
}
# Where PyTorch's mode finds NaN depends on how it sorts; and with one ∞ its var_mean, which updates a mean, gives NaN
# or ∞ for the mean, depending on the order.
OF_FLOATS = [name for name in REDUCED if name not in ("mode", "var_mean")]


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("name", OF_FLOATS)
def test_nan_and_infinity(name, limit):
    assert_agree(REDUCED[name], LIMITS[limit])


GRADIENTS = {
    "amax": lambda x: x.amax(1),
    "max": lambda x: x.max(),
    "max, along": lambda x: x.max(1)[0],
    "median": lambda x: x.median(),
    "nanmedian": lambda x: x.nanmedian(),
    "nanmedian, along": lambda x: x.nanmedian(1)[0],
    "nansum": lambda x: x.nansum(1),
    "nanmean": lambda x: x.nanmean(1),
    "logsumexp": lambda x: x.logsumexp(1),
    "cummax": lambda x: x.cummax(1)[0],
    "var": lambda x: x.var(1),
    "std": lambda x: x.std(1),
}


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_at_nan_and_infinity(name, limit):
    if (name, limit) == ("nanmean", "all NaN"):
        return  # see docs/differences.md

    def gradient(m, x):
        x.requires_grad_()
        (g,) = m.autograd.grad(GRADIENTS[name](x).sum(), x)
        return g

    assert_agree(gradient, LIMITS[limit])


DIMS = [None, 0, 1, -1, -2, 2, -3, (), (0,), (0, 1), [1, 0], (-1, 0), (0, 0), (0, -2)]
OVER_SEVERAL = ["sum", "mean", "nansum", "nanmean", "amax", "amin", "any", "all", "var", "std", "logsumexp"]
OVER_ONE = ["prod", "argmax", "argmin", "max", "min", "median", "nanmedian", "mode"]
ALONG = ["cumsum", "cumprod", "logcumsumexp", "cummax", "cummin"]
SHAPES = [(), (1,), (3,), (2, 3), (0,), (0, 3), (2, 0), (1, 1)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", [*OVER_SEVERAL, "count_nonzero"])
def test_over_several_dims(name, shape):
    x = np.random.default_rng(0).standard_normal(shape)
    for dim in DIMS:
        if name == "logsumexp" and not isinstance(dim, int) and not dim:
            continue  # PyTorch asks for a dim; here None and () are all, as everywhere
        assert_agree(lambda m, x, dim=dim: getattr(m, name)(x, dim), x)
        if name != "count_nonzero":
            assert_agree(lambda m, x, dim=dim: getattr(x, name)(dim, keepdim=True), x)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", OVER_ONE)
def test_over_one_dim(name, shape):
    x = np.random.default_rng(0).standard_normal(shape)
    assert_agree(lambda m, x: getattr(x, name)(), x)
    for dim in (0, 1, -1, -2, 2, (0, 1), [0]):
        assert_agree(lambda m, x, dim=dim: getattr(m, name)(x, dim), x)
        assert_agree(lambda m, x, dim=dim: getattr(x, name)(dim=dim, keepdim=True), x)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", ALONG)
def test_along_a_dim(name, shape):
    x = np.random.default_rng(0).standard_normal(shape)
    assert_agree(lambda m, x: getattr(x, name)(), x)
    for dim in (0, 1, -1, -2, 2, (0, 1), None):
        if name in ("cummax", "cummin") and x.size == 0 and isinstance(dim, int) and dim not in range(-x.ndim, x.ndim):
            continue  # PyTorch does not look at the dim then
        assert_agree(lambda m, x, dim=dim: getattr(m, name)(x, dim), x)


CALLS = {
    "sum, None and keepdim": lambda m, x: x.sum(None, True),
    "sum, axis": lambda m, x: m.sum(x, axis=1, keepdims=True),
    "max, axis": lambda m, x: x.max(axis=1),
    "var, axis": lambda m, x: x.var(axis=0, keepdims=True),
    "var, unbiased": lambda m, x: (x.var(False), x.var(True), x.var(unbiased=False), m.var(x, 1, False)),
    "var, unbiased and keepdim": lambda m, x: (x.var(1, False, True), x.var(1, True, keepdim=True)),
    "var, dim None": lambda m, x: m.var(x, dim=None, unbiased=False),
    "var, correction": lambda m, x: (x.var(correction=2), x.std(1, correction=0.5), x.var(0, correction=0)),
    "var, an integer for unbiased": lambda m, x: x.var(1, 0),
    "var, both": lambda m, x: x.var(unbiased=True, correction=1),
    "var, too large a correction": lambda m, x: (x.var(1, correction=5), x.std(correction=100)),
    "std_mean": lambda m, x: (*m.std_mean(x, unbiased=False), *m.std_mean(x, 1, True, True)),
    "max, of two": lambda m, x: (m.max(x, x + 1), m.max(x, other=x[0]), x.min(-x), x.min(other=x * 2)),
    "max, of two types": lambda m, x: (m.max(x, x.float()), x.max(x.long())),
    "max, keepdim alone": lambda m, x: x.max(keepdim=True),
    "aminmax, positional": lambda m, x: m.aminmax(x, 1),
    "aminmax, kept": lambda m, x: m.aminmax(x, keepdim=True),
    "any, kept": lambda m, x: (x > 0).any(keepdim=True),
    "argmax, kept": lambda m, x: (x.argmax(keepdim=True), x.argmin(1, True)),
    "median, of several dims": lambda m, x: x.median((0, 1)),
    "quantile, a list": lambda m, x: x.quantile([0.5]),
    "quantile, too large": lambda m, x: x.quantile(1.5),
    "quantile, a matrix": lambda m, x: x.quantile(x),
    "quantile, of another type": lambda m, x: x.float().quantile(m.tensor(0.5).double()),
    "quantile, of integers": lambda m, x: x.long().quantile(0.5),
    "quantile, unknown": lambda m, x: x.quantile(0.5, interpolation="cubic"),
    "quantile, of nothing": lambda m, x: x[:, :0].quantile(0.5, 0),
    "quantile, dim": lambda m, x: x.quantile(0.5, 2),
    "quantile, infinite": lambda m, x: m.tensor([1.0, INF]).quantile(0.5),
    "kthvalue, none": lambda m, x: x.kthvalue(0),
    "kthvalue, too many": lambda m, x: x.kthvalue(3, 0),
    "kthvalue, of nothing": lambda m, x: x[:0].kthvalue(1, 0),
    "kthvalue, of no rows": lambda m, x: x[:0].kthvalue(1, 1),
    "cov, of integers": lambda m, x: (m.cov(x.long()), m.cov(x.long()[0])),
    "cov, without observations": lambda m, x: (
        m.cov(x[:, :0]),
        m.cov(x[:, :1]),
        m.cov(x[0, 0]),
        m.cov(x, correction=9),
    ),
    "cov, of bools": lambda m, x: m.cov(x > 0),
    "cov, three dimensions": lambda m, x: m.cov(x[None]),
    "cov, float fweights": lambda m, x: m.cov(x, fweights=m.ones(3)),
    "cov, integer aweights": lambda m, x: m.cov(x, aweights=m.ones(3).long()),
    "cov, few fweights": lambda m, x: m.cov(x, fweights=m.ones(2).long()),
    "cov, negative fweights": lambda m, x: m.cov(x, fweights=-m.ones(3).long()),
    "corrcoef, of what does not vary": lambda m, x: m.corrcoef(m.cat([x, m.ones(1, 3)])),
    "corrcoef, of a number": lambda m, x: m.corrcoef(x[0, 0]),
    "trapezoid, of integers": lambda m, x: (m.trapezoid(x.long()), m.trapezoid(x.long(), m.tensor([0, 1, 3]))),
    "trapezoid, of nothing": lambda m, x: (m.trapezoid(x[:, :0]), m.trapezoid(x[:, :1]), m.trapezoid(x[:0], dim=0)),
    "trapezoid, wrong places": lambda m, x: m.trapezoid(x, m.ones(2)),
    "trapezoid, of a number": lambda m, x: m.trapezoid(x[0, 0]),
    "trapezoid, of bools": lambda m, x: m.trapezoid(x > 0),
    "trapezoid, both": lambda m, x: m.trapezoid(x, x, dx=1),
    "cumulative_trapezoid, of nothing": lambda m, x: (
        m.cumulative_trapezoid(x[:, :0]),
        m.cumulative_trapezoid(x[:, :1]),
    ),
    "dist, to the limits": lambda m, x: (m.dist(x, -x, INF), x.dist(-x, -INF), x.dist(x * 1.0, 0)),
    "dist, of integers": lambda m, x: m.dist(x.long(), x.long()),
    "msort": lambda m, x: (m.msort(x), x.msort()),
    "histc": lambda m, x: (m.histc(x, 4), x.histc(bins=5, min=-1, max=2), m.histc(x), m.histc(x[:0], 3)),
    "histc, of equal elements": lambda m, x: m.histc(m.ones(3), 4),
    "histc, NaN": lambda m, x: m.histc(m.tensor([1.0, NAN]), 4, 0, 2),
    "histc, NaN without a range": lambda m, x: m.histc(m.tensor([1.0, NAN]), 4),
    "histc, of integers": lambda m, x: m.histc(x.long(), 4),
    "histc, no bins": lambda m, x: m.histc(x, 0),
    "histc, a range upside down": lambda m, x: m.histc(x, 2, 3, 1),
    "diff, of a number": lambda m, x: x[0, 0].diff(),
    "diff, negative": lambda m, x: x.diff(-1),
    "diff, of other dimensions": lambda m, x: x.diff(prepend=x[0]),
    "diff, another type": lambda m, x: x.diff(append=x.float()),
    "cumsum_, of bools": lambda m, x: (x > 0).cumsum_(0),
    "softmax, type by position": lambda m, x: (x.softmax(1, m.float64), m.log_softmax(x, 0, m.float64)),
    "softmax, type in nn": lambda m, x: m.nn.functional.softmax(x, 0, dtype=m.float32),
    "logsumexp, of integers": lambda m, x: x.long().logsumexp(0),
    "mean, in integers": lambda m, x: x.mean(dtype=m.int64),
}


@pytest.mark.parametrize("name", CALLS)
def test_ways_of_calling(name):
    assert_agree(CALLS[name], [[1.5, -0.5, 2.0], [0.25, 3.0, 1.0]])


@pytest.mark.parametrize("name", REDUCED)
def test_results_lie_in_order_where_pytorchs_do(name):
    theirs, ours = (
        parts(REDUCED[name](m, m.arange(24.0).reshape(2, 3, 4).permute(2, 0, 1))) for m in (torch, minigrad)
    )
    for a, b in zip(ours, theirs, strict=True):
        assert a.is_contiguous() or not b.is_contiguous()


def test_a_quantile_can_be_differentiated_by_what_it_is_asked():
    def gradients(m, x, q):
        x.requires_grad_(), q.requires_grad_()
        return m.autograd.grad((m.quantile(x, q, 1) ** 2).sum(), [x, q])

    assert_agree(gradients, [[1.5, -0.5, 2.0], [0.25, 3.0, 1.0]], [0.3, 0.8])


@pytest.mark.parametrize("name", ["max", "min", "cummax", "cummin", "median", "nanmedian", "mode", "sort"])
def test_parts_have_pytorchs_names(name):
    theirs, ours = (getattr(m, name)(m.tensor([[3, 1, 2]]), dim=1) for m in (torch, minigrad))
    assert type(ours) is getattr(minigrad.return_types, name)
    assert type(theirs).__name__ == f"{type(ours).__name__}"
    values, indices = ours
    assert ours.values is values is ours[0]
    assert ours.indices is indices is ours[1]
    assert repr(ours) == repr(theirs).replace("torch.", "minigrad.")
    again = pickle.loads(pickle.dumps(ours))
    assert type(again) is type(ours)
    assert again.values.tolist() == values.tolist()


def test_parts_that_are_not_there():
    with pytest.raises(AttributeError, match="aminmax has no part 'values'; it has min, max"):
        _ = minigrad.ones(2).aminmax().values
    with pytest.raises(TypeError, match="got 1 parts; it has values, indices"):
        minigrad.return_types.max([1])
