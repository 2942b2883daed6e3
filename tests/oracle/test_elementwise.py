"""Types, special values and refusals of the elementwise ops, as in PyTorch."""

import math

import numpy as np
import pytest

import minigrad
from tests.oracle.comparing import assert_same

torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")

INF, NAN = np.inf, np.nan

SAME = [
    lambda m: m.square(m.tensor([2, 3])),
    lambda m: m.square(m.tensor([True])),
    lambda m: m.reciprocal(m.tensor([2, 4])),
    lambda m: m.expm1(m.tensor([1])),
    lambda m: m.add(m.tensor([1]), m.tensor([2]), alpha=3),
    lambda m: m.add(m.tensor([1.0]), m.tensor([2]), alpha=0.5),
    lambda m: m.add(m.tensor([1]), m.tensor([2.0]), alpha=0.5),
    lambda m: m.sub(m.tensor([1.0]), 2, alpha=3),
    lambda m: m.div(m.tensor([7, -7]), 2, rounding_mode="floor"),
    lambda m: m.div(m.tensor([7, -7, 6]), m.tensor([2, 2, -2]), rounding_mode="trunc"),
    lambda m: m.div(m.tensor([7.0, -7, 5, -5]), m.tensor([2.0, 2, INF, INF]), rounding_mode="trunc"),
    lambda m: m.div(m.tensor([7.0, -7, 5, -5]), m.tensor([2.0, 2, INF, INF]), rounding_mode="floor"),
    lambda m: m.div(m.tensor([7, -7]), 2.5, rounding_mode="floor"),
    lambda m: m.remainder(m.tensor([7, -7]), m.tensor([3, -3])),
    lambda m: m.remainder(m.tensor([-7.0, 5, -5]), m.tensor([3.0, INF, INF])),
    lambda m: m.remainder(5, m.tensor([3, -3])),
    lambda m: m.fmod(m.tensor([7, -7]), m.tensor([3, -3])),
    lambda m: m.fmod(m.tensor([-7.0, 5, -5]), m.tensor([3.0, INF, INF])),
    lambda m: m.floor_divide(m.tensor([7, -7]), 2),
    lambda m: m.tensor([7.5, -7.5]) // 2,
    lambda m: 5 // m.tensor([3, -3]),
    lambda m: 5 // m.tensor([3.0, -3.0]),
    lambda m: 5 % m.tensor([3, -3]),
    lambda m: m.tensor([7, -7]) % 4,
    lambda m: m.tensor([6, 3]) ^ 2,
    lambda m: 5 ^ m.tensor([3]),
    lambda m: m.tensor([True]) ^ m.tensor([True]),
    lambda m: m.tensor([3]) << 2,
    lambda m: 5 << m.tensor([3]),
    lambda m: 50 >> m.tensor([3]),
    lambda m: m.tensor([-8, 8]) >> 70,
    lambda m: m.tensor([True]) << 1,
    lambda m: m.bitwise_and(m.tensor([1], dtype=m.uint8), m.tensor([3], dtype=m.int8)),
    lambda m: m.bitwise_or(m.tensor([True, False]), 1),
    lambda m: m.bitwise_xor(m.tensor([6]), m.tensor([3])),
    lambda m: m.logical_xor(m.tensor([1.0, 0, NAN]), m.tensor([0, 0, 1])),
    lambda m: m.floor(m.tensor([1])),
    lambda m: m.ceil(m.tensor([-1.5, -0.5])),
    lambda m: m.round(m.tensor([0.5, 1.5, 2.5, -0.5, NAN, INF])),
    lambda m: m.round(m.tensor([123.456]), decimals=1),
    lambda m: m.round(m.tensor([3])),
    lambda m: m.frac(m.tensor([-1.5, 2.25])),
    lambda m: m.nan_to_num(m.tensor([NAN, INF, -INF, 1.0])),
    lambda m: m.nan_to_num(m.tensor([NAN, INF, -INF]), nan=1.0, posinf=2.0),
    lambda m: m.nan_to_num(m.tensor([1])),
    lambda m: m.logaddexp(m.tensor([-INF, INF]), m.tensor([-INF, INF])),
    lambda m: m.xlogy(m.tensor([0.0, 0.0, 0.0, NAN]), m.tensor([0.0, -1.0, NAN, 1.0])),
    lambda m: m.xlogy(m.tensor([1]), m.tensor([2])),
    lambda m: m.xlogy(2, m.tensor([2])),
    lambda m: m.fmax(m.tensor([True]), m.tensor([1.0])),
    lambda m: m.fmin(m.tensor([1, 3]), m.tensor([2, 2])),
    lambda m: m.clamp(m.tensor([1, 2]), m.tensor([1.5, 1.0])),
    lambda m: m.clamp(m.tensor([1, 2]), 1.5),
    lambda m: m.clamp(m.tensor([1.0, 2.0]), 3, 1),
    lambda m: m.clamp(m.tensor([True]), 0, 1),
    lambda m: m.clip(m.tensor([1.0, 2.0]), max=1),
    lambda m: m.tensor([1.0, 2.0]).clip(1.5),
    lambda m: m.clamp(m.tensor([1.0, NAN]), 2.0, 3.0),
    lambda m: m.lerp(m.tensor([1.0]), m.tensor([2.0]), 2),
    lambda m: m.addcmul(m.tensor([1]), m.tensor([2]), m.tensor([3])),
    lambda m: m.addcmul(m.tensor([1.0]), m.tensor([2]), m.tensor([3.0]), value=0.5),
    lambda m: m.isclose(m.tensor([1.0, INF, NAN, INF]), m.tensor([1 + 1e-7, INF, NAN, -INF])),
    lambda m: m.isclose(m.tensor([1.0, INF, NAN]), m.tensor([1.1, INF, NAN]), equal_nan=True),
    lambda m: m.isclose(m.tensor([100]), m.tensor([101]), rtol=0.1),
    lambda m: (m.isinf(m.tensor([1])), m.isinf(m.tensor([INF, -INF, NAN]))),
    lambda m: (m.isposinf(m.tensor([INF, -INF])), m.isneginf(m.tensor([INF, -INF]))),
    lambda m: m.atan2(m.tensor([1]), m.tensor([2])),
    lambda m: m.atan2(m.tensor([0.0, -0.0]), m.tensor([-1.0, -1.0])),
    lambda m: m.erf(m.tensor([1])),
    lambda m: (m.erf(m.tensor([INF, NAN, -INF])), m.erfc(m.tensor([INF, NAN, -INF]))),
    lambda m: m.erfc(m.tensor([5.0, 10.0, 26.0], dtype=m.float64)),
    lambda m: m.erf(m.tensor([0.5, 2.0], dtype=m.float16)),
    lambda m: (m.sinh(m.tensor([1])), m.atanh(m.tensor([0.5], dtype=m.float64))),
]


@pytest.mark.parametrize("number", range(len(SAME)))
def test_same(number):
    ours, theirs = SAME[number](minigrad), SAME[number](torch)
    for a, b in zip(ours, theirs, strict=True) if isinstance(theirs, tuple) else [(ours, theirs)]:
        assert_same(a, b)


REFUSED = [
    (lambda m: m.add(m.tensor([1]), m.tensor([2]), alpha=0.5), "alpha = 0.5"),
    (lambda m: m.sub(m.tensor([True]), m.tensor([True])), "sub: input of shape"),
    (lambda m: m.div(m.tensor([7]), 0, rounding_mode="floor"), "ZeroDivisionError"),
    (lambda m: m.div(m.tensor([7.0]), 2, rounding_mode="round"), "rounding_mode = 'round'"),
    (lambda m: m.remainder(m.tensor([7]), 0), "ZeroDivisionError"),
    (lambda m: m.fmod(m.tensor([7]), m.tensor([0])), "ZeroDivisionError"),
    (lambda m: m.floor_divide(m.tensor([True]), m.tensor([True])), "bools"),
    (lambda m: m.remainder(m.tensor([True]), m.tensor([True])), "bools"),
    (lambda m: m.tensor([3.0]) << 1, "bitwise_left_shift"),
    (lambda m: m.tensor([1.0]) ^ 1, "bitwise_xor"),
    (lambda m: m.bitwise_not(m.tensor([1.0])), "bitwise_not"),
    (lambda m: m.floor(m.tensor([True])), "floor: .*bools"),
    (lambda m: m.frac(m.tensor([1])), "frac: .*int64"),
    (lambda m: m.round(m.tensor([123]), decimals=-1), "round: .*int64"),
    (lambda m: m.logaddexp(m.tensor([1]), m.tensor([2])), "logaddexp: .*int64"),
    (lambda m: m.hypot(m.tensor([1]), m.tensor([2])), "hypot: .*int64"),
    (lambda m: m.lerp(m.tensor([1.0]), m.tensor([2.0], dtype=m.float64), 0.5), "end is float64"),
    (lambda m: m.lerp(m.tensor([1]), m.tensor([2]), 0.5), "lerp: .*int64"),
    (lambda m: m.addcdiv(m.tensor([1.0]), m.tensor([2]), m.tensor([3])), "addcdiv: tensor1 is int64"),
    (lambda m: m.isclose(m.tensor([1]), m.tensor([1.0])), "isclose: .*int64"),
    (lambda m: m.clamp(m.tensor([1.0])), "at least one"),
    (lambda m: m.atan2(m.ones(2), m.ones(3)), "atan2: input of shape"),
]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_refused(number):
    call, message = REFUSED[number]
    with pytest.raises((RuntimeError, TypeError, ValueError)):
        call(torch)
    with pytest.raises((RuntimeError, TypeError, ValueError), match=message):
        call(minigrad)


def test_the_error_function_in_double_precision():
    x = np.concatenate([np.linspace(-26, 26, 20001), [1e-300, -0.0]])
    erf, erfc = (np.vectorize(f, otypes=[float])(x) for f in (math.erf, math.erfc))
    np.testing.assert_allclose(minigrad.erf(minigrad.tensor(x)).numpy(), erf, rtol=1e-15)
    np.testing.assert_allclose(minigrad.erfc(minigrad.tensor(x)).numpy(), erfc, rtol=2e-15)
