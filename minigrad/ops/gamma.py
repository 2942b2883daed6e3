"""The logarithm of the gamma function, and its derivatives: what factorials become between the whole numbers.

All are found for large numbers by Stirling's series, with Bernoulli's numbers, and for smaller ones by going up step by
step, since Γ(x + 1) = x Γ(x) (Abramowitz and Stegun, "Handbook of Mathematical Functions", 6.1 to 6.4).
"""

from math import factorial, log, pi
from typing import Any

import numpy as np

from minigrad.autograd.errors import ArgumentError
from minigrad.autograd.op import Rule
from minigrad.autograd.primitive import primitive
from minigrad.ops.elementwise import floating

BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6)  # B₂, B₄, ...
LARGE = 15.0  # from here on the series gives all digits of a double


@primitive(Rule("g · ψ(x)", lambda g, _y, x: g * digamma(x)))
def lgamma(input: Any) -> Any:
    """`log |Γ(x)|`; of a whole number n, log (n - 1)!

    >>> import minigrad
    >>> minigrad.lgamma(minigrad.tensor([1.0, 5.0, 0.5])).exp()
    tensor([ 1.0000, 24.0000,  1.7725])
    """
    x, dtype = _double(input)
    mirrored = x < 0.5
    z = np.where(mirrored, 1 - x, x)
    shift, z = _climbed(z, lambda z: np.log(z))
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        y = (z - 0.5) * np.log(z) - z + log(2 * pi) / 2 - shift
        y += sum(b / (2 * k * (2 * k - 1) * z ** (2 * k - 1)) for k, b in enumerate(BERNOULLI, 1))
        mirror = np.log(pi / np.abs(np.sin(pi * x))) - y
        pole = np.isinf(x) | ((x <= 0) & (x == np.floor(x)))
        return np.where(pole, np.inf, np.where(mirrored, mirror, y)).astype(dtype)


@primitive(Rule("g · ψ′(x)", lambda g, _y, x: g * polygamma(1, x)))
def digamma(input: Any) -> Any:
    """ψ(x), the derivative of log Γ(x); about log x.

    >>> import minigrad
    >>> minigrad.digamma(minigrad.tensor([1.0, 10.0]))
    tensor([-0.5772,  2.2518])
    """
    x, dtype = _double(input)
    mirrored = x < 0.5
    z = np.where(mirrored, 1 - x, x)
    shift, z = _climbed(z, lambda z: 1 / z)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        y = np.log(z) - 0.5 / z - shift - sum(b / (2 * k * z ** (2 * k)) for k, b in enumerate(BERNOULLI, 1))
        y = np.where(mirrored, y - pi / np.tan(pi * x), y)
        whole = (x < 0) & (x == np.floor(x))  # where it goes to ∞ on one side and to -∞ on the other
        return np.where(x == 0, -np.copysign(np.inf, x), np.where(whole, np.nan, y)).astype(dtype)


def polygamma(n: int, input: Any) -> Any:
    """The derivative of order `n` of ψ(x); ψ itself for 0.

    >>> import minigrad
    >>> minigrad.polygamma(1, minigrad.tensor([1.0]))  # π² / 6
    tensor([1.6449])
    """
    if n < 0:
        raise ArgumentError(f"polygamma: n = {n} must not be negative")
    return digamma(input) if n == 0 else _polygamma(input, n=n)


@primitive(Rule("g · ψ⁽ⁿ⁺¹⁾(x)", lambda g, _y, x, n: g * polygamma(n + 1, x)), name="polygamma")
def _polygamma(input: Any, n: int) -> Any:
    x, dtype = _double(input)
    mirrored = x < 0.5
    z = np.where(mirrored, 1 - x, x)
    shift, z = _climbed(z, lambda z: factorial(n) / z ** (n + 1))
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        y = factorial(n - 1) / z**n + factorial(n) / (2 * z ** (n + 1)) + shift
        y += sum(
            b * factorial(2 * k + n - 1) / (factorial(2 * k) * z ** (2 * k + n)) for k, b in enumerate(BERNOULLI, 1)
        )
        pole = (x <= 0) & (x == np.floor(x)) & (n > 1)
        # ψ⁽ⁿ⁾(1 - x) - (-1)ⁿ ψ⁽ⁿ⁾(x) = (-1)ⁿ π cot⁽ⁿ⁾(πx)
        mirror = (-1) ** n * (y + pi * _cot_derivative(x, n, dtype))
        y = np.where(pole, np.inf, np.where(mirrored, mirror, y))
        return np.asarray(y if n % 2 else -y, dtype)


def _cot_derivative(x: np.ndarray, n: int, dtype: np.dtype) -> np.ndarray:
    """The derivative of order `n` of cot(πx): a polynomial in c = cot(πx), since c′ = -π (1 + c²) = -π / sin²(πx).

    For n = 1 the sine is rounded as in PyTorch, where ψ′ has no poles but large numbers.
    """
    if n == 1:
        return np.asarray(-pi / np.sin(x.astype(dtype) * dtype.type(pi)).astype(np.float64) ** 2)
    polynomial = np.poly1d([1, 0])
    for _ in range(n):
        polynomial = np.poly1d([-pi, 0, -pi]) * polynomial.deriv()
    return np.asarray(polynomial(1 / np.tan(pi * x)))


def _double(x: Any) -> tuple[np.ndarray, np.dtype]:
    """The numbers in double precision, and the type of the result."""
    x = floating(x)
    return np.asarray(x, np.float64), x.dtype


def _climbed(x: np.ndarray, step: Any) -> tuple[np.ndarray, np.ndarray]:
    """Numbers that are large, by ones from those that are not, and the sum of `step` of all that were passed."""
    passed, x = np.zeros_like(x), x.copy()
    with np.errstate(divide="ignore"):
        while (low := (x < LARGE) & np.isfinite(x)).any():
            passed += np.where(low, step(np.where(low, x, 1.0)), 0.0)
            x += low
    return passed, x
