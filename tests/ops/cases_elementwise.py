"""Cases of arithmetic, waves, special functions, rounding and choosing: see `tests.ops.cases`."""

from typing import Any

import numpy as np

from tests.ops.case import Case, binary, case, normal, positive, unary

INF, NAN = np.inf, np.nan


def inside(*shape: int) -> np.ndarray:
    """Numbers between -0.9 and 0.9."""
    return np.asarray(0.9 * np.tanh(normal(*shape)))


def probability(*shape: int) -> np.ndarray:
    """Numbers between 0.05 and 0.95."""
    return np.asarray(0.5 + 0.5 * inside(*shape))


def above_one(*shape: int) -> np.ndarray:
    return positive(*shape) + 1.0


def between(*shape: int) -> np.ndarray:
    """Numbers a little beside the halves, away from every place where rounding jumps."""
    return np.asarray(np.round(3 * normal(*shape)) + 0.3)


def apart(*shape: int) -> np.ndarray:
    """Divisors whose quotients with `between` are not whole."""
    return np.asarray(np.sign(normal(*shape) + 1e-9) * 0.71)


def kink(name: str, function: Any, *inputs: Any, torch_orders: int = 2) -> Case:
    """A case at places where there is no derivative, so that the convention is PyTorch's."""
    return case(name, function, *inputs, smooth=False, torch_orders=torch_orders)


CASES: list[Case] = [
    # arithmetic
    case("add, alpha", lambda m, x, y: (m.add(x, y, alpha=3), x.add(2.0, alpha=0.5)), normal(2, 3), normal(3)),
    case("add, alpha of integers", lambda m, x, n: x.add(n, alpha=0.1), normal(2), [3, 4]),
    case("sub, alpha", lambda m, x, y: (m.sub(x, y, alpha=0.3), x.sub(y)), normal(2, 3), normal(3)),
    *unary("square"),
    *unary("reciprocal", positive),
    *unary("exp2"),
    *unary("expm1"),
    *unary("log2", positive),
    *unary("log10", positive),
    *unary("log1p", positive),
    case("expm1 and log1p, small", lambda m, x: (m.expm1(x), m.log1p(x)), [1e-12, -1e-12, 0.0]),
    case("lerp", lambda m, x, y, w: m.lerp(x, y, w), normal(2, 3), normal(3), normal(2, 1)),
    case("lerp, numbers", lambda m, x, y: (m.lerp(x, y, 0.3), x.lerp(y, 1.0)), normal(3), normal(3)),
    case("addcmul", lambda m, x, y, z: m.addcmul(x, y, z, value=0.5), normal(2, 3), normal(3), normal(2, 1)),
    case("addcdiv", lambda m, x, y, z: x.addcdiv(y, z, value=2), normal(2, 3), normal(3), positive(2, 1)),
    # waves
    *unary("tan", inside),
    *unary("asin", inside),
    *unary("acos", inside),
    *unary("atan"),
    *unary("sinh"),
    *unary("cosh"),
    *unary("asinh"),
    *unary("acosh", above_one),
    *unary("atanh", inside),
    *binary("atan2"),
    *binary("hypot"),
    kink("atan2, of nothing", lambda m, x, y: m.atan2(x, y), [0.0, 0.0, -1.0], [0.0, -1.0, 0.0], torch_orders=1),
    kink("asin and acos, at the ends", lambda m, x: (m.asin(x), m.acos(x)), [0.0, 0.5]),
    # special functions
    *unary("erf"),
    *unary("erfc"),
    case("erf, far out", lambda m, x: (m.erf(x), m.erfc(x)), [-30.0, -5.0, -4.0, -0.46875, 0.46875, 3.9, 5.0, 30.0]),
    *unary("lgamma", positive),
    *unary("digamma", positive),
    case("polygamma", lambda m, x: (x.polygamma(0), m.polygamma(2, x)), positive(2, 3)),
    case("polygamma, below 0", lambda m, x: m.polygamma(2, x), [-40.25, -3.7, -1.5, -0.3, 0.2]),
    case("trigamma", lambda m, x: m.polygamma(1, x), positive(2, 3), torch_orders=1),  # PyTorch's has 9 digits
    case("gamma's kin below 0", lambda m, x: (m.lgamma(x), m.digamma(x)), [-0.3, -2.7, -5.5], torch_orders=1),
    case("gamma's kin, far out", lambda m, x: (m.lgamma(x), m.digamma(x)), [1e-2, 14.9, 15.1, 1e3]),
    kink("lgamma at poles", lambda m, x: m.lgamma(x), [0.0, -1.0, INF], torch_orders=0),
    kink("digamma at poles", lambda m, x: m.digamma(x), [0.0, -1.0, INF], torch_orders=0),
    *unary("logit", probability),
    case("logit, cut off", lambda m, x: m.logit(x, 0.2), [0.1, 0.3, 0.6, 0.9]),
    kink("logit, cut off at the bounds", lambda m, x: x.logit(eps=0.25), [0.25, 0.75, 1.5]),
    *binary("logaddexp"),
    case(
        "logaddexp, far apart", lambda m, x, y: m.logaddexp(x, y), [1000.0, -1000.0], [-1000.0, -999.0], torch_orders=1
    ),
    *binary("xlogy", normal, positive),
    case("xlogy, numbers", lambda m, x: (m.xlogy(x, 2.0), m.xlogy(2.0, x)), positive(3)),
    kink("xlogy, of 0", lambda m, x, y: m.xlogy(x, y), [0.0, 0.0, 1.0], [1.0, 2.0, 3.0]),
    # rounding
    *unary("floor", between),
    *unary("ceil", between),
    *unary("trunc", between),
    *unary("round", between),
    *unary("frac", between),
    kink("round, halves", lambda m, x: (m.round(x), x.floor(), x.ceil(), x.trunc()), [-2.5, -0.5, 0.5, 1.5, 2.0]),
    case("round, to decimals", lambda m, x: (m.round(x, decimals=2), x.round(decimals=-1)), [1.23456, 47.1, -5.4321]),
    *binary("remainder", between, apart),
    *binary("fmod", between, apart),
    case("remainder, operators", lambda m, x: (x % 0.7, x % -0.7), [1.3, 2.2, -3.1]),
    case("div, rounded down", lambda m, x, y: m.div(x, y, rounding_mode="floor"), between(2, 3), apart(3)),
    case("div, truncated", lambda m, x, y: x.div(y, rounding_mode="trunc"), between(2, 3), apart(3)),
    # choosing
    *binary("fmax"),
    *binary("fmin"),
    kink(
        "fmax, ties", lambda m, x, y: (m.fmax(x, y), m.fmin(x, y)), [1.0, 2.0, NAN, 1.0, NAN], [1.0, 3.0, 1.0, NAN, NAN]
    ),
    case(
        "clamp, tensors",
        lambda m, x, a, b: (m.clamp(x, a, b), x.clip(a), x.clamp(max=b)),
        normal(4, 3),
        normal(3) - 0.7,
        normal(4, 1) + 0.7,
    ),
    kink(
        "clamp, tensors at the bounds",
        lambda m, x, a, b: m.clamp(x, a, b),
        [1.0, 2.0, 3.0, 4.0, 1.0, NAN, 3.0],
        [2.0, 2.0, 2.0, 5.0, 0.0, 0.0, 4.0],
        [3.0, 3.0, 3.0, 3.0, 1.0, 1.0, 2.0],
    ),
    case("nan_to_num", lambda m, x: m.nan_to_num(x), normal(3)),
    kink("nan_to_num, all kinds", lambda m, x: m.nan_to_num(x, 1.0, posinf=2.0, neginf=-3.0), [NAN, INF, -INF, 1.0]),
    case("clamp_min and clamp_max", lambda m, x: (m.clamp_min(x, 0.1), x.clamp_max(-0.2)), normal(3, 4)),
    case("deg2rad and rad2deg", lambda m, x: (m.deg2rad(x), x.rad2deg()), normal(3)),
    case("rsub", lambda m, x, y: (m.rsub(x, y, alpha=2), m.rsub(x, 3)), normal(2, 3), normal(3)),
    case(
        "float_power, in another type", lambda m, x, y: (m.float_power(x, y), x.float_power(2)), positive(3), normal(3)
    ),
]
