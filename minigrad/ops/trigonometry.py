"""Sines and their kin: trigonometric and hyperbolic functions, and what undoes them. Angles are in radians."""

import math
from typing import Any

import numpy as np

from minigrad.autograd.op import Rule
from minigrad.autograd.primitive import primitive
from minigrad.dtypes import promote
from minigrad.ops.choosing import where
from minigrad.ops.elementwise import check_floating, floating, floating_pair, mul, rsqrt


@primitive(Rule("g · cos x", lambda g, _y, x: g * cos(x)))
def sin(input: Any) -> Any:
    """The sine of each element, in radians.

    >>> import minigrad
    >>> minigrad.sin(minigrad.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8415])
    """
    return np.sin(floating(input))


@primitive(Rule("-g · sin x", lambda g, _y, x: -g * sin(x)))
def cos(input: Any) -> Any:
    """The cosine of each element, in radians.

    >>> import minigrad
    >>> minigrad.cos(minigrad.tensor([0.0, 1.0]))
    tensor([1.0000, 0.5403])
    """
    return np.cos(floating(input))


@primitive(Rule("g · (1 + y²)", lambda g, y, _x: g * (1 + y * y)))
def tan(input: Any) -> Any:
    """The tangent of each element, in radians.

    >>> import minigrad
    >>> minigrad.tan(minigrad.tensor([0.0, 1.0]))
    tensor([0.0000, 1.5574])
    """
    return np.tan(floating(input))


@primitive(Rule("g / √(1 - x²)", lambda g, _y, x: g * rsqrt(1 - x * x)))
def asin(input: Any) -> Any:
    """The angle, from -π/2 to π/2, of which the element is the sine; NaN beyond -1 and 1.

    >>> import minigrad
    >>> minigrad.asin(minigrad.tensor([0.0, 1.0]))
    tensor([0.0000, 1.5708])
    """
    return np.arcsin(floating(input))


@primitive(Rule("-g / √(1 - x²)", lambda g, _y, x: -g * rsqrt(1 - x * x)))
def acos(input: Any) -> Any:
    """The angle, from 0 to π, of which the element is the cosine; NaN beyond -1 and 1.

    >>> import minigrad
    >>> minigrad.acos(minigrad.tensor([0.0, 1.0]))
    tensor([1.5708, 0.0000])
    """
    return np.arccos(floating(input))


@primitive(Rule("g / (1 + x²)", lambda g, _y, x: g / (1 + x * x)))
def atan(input: Any) -> Any:
    """The angle, from -π/2 to π/2, of which the element is the tangent.

    >>> import minigrad
    >>> minigrad.atan(minigrad.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7854])
    """
    return np.arctan(floating(input))


@primitive(
    Rule("g · b / (a² + b²)", lambda g, _y, a, b: g * _per_square(b, a, b)),
    Rule("-g · a / (a² + b²)", lambda g, _y, a, b: -g * _per_square(a, a, b)),
)
def atan2(input: Any, other: Any) -> Any:
    """The angle, from -π to π, of the point whose height is `input` and whose abscissa is `other`.

    Arguments:
        input, other: tensors that broadcast against each other.

    >>> import minigrad
    >>> minigrad.atan2(minigrad.tensor([1.0, 1.0]), minigrad.tensor([1.0, -1.0]))
    tensor([0.7854, 2.3562])
    """
    return np.arctan2(*floating_pair(input, other))


def _per_square(part: Any, a: Any, b: Any) -> Any:
    """part / (a² + b²), and 0 where both are 0."""
    square = a * a + b * b
    return part / where(square == 0, 1.0, square)


@primitive(
    Rule("g · a / y", lambda g, y, a, _b: g * (a / y)),
    Rule("g · b / y", lambda g, y, _a, b: g * (b / y)),
)
def hypot(input: Any, other: Any) -> Any:
    """√(input² + other²), the longest side of a right triangle; no square overflows.

    >>> import minigrad
    >>> minigrad.hypot(minigrad.tensor([3.0]), minigrad.tensor([4.0]))
    tensor([5.])
    """
    return np.hypot(*check_floating(*promote(input, other)))


@primitive(Rule("g · cosh x", lambda g, _y, x: g * cosh(x)))
def sinh(input: Any) -> Any:
    """The hyperbolic sine, (e^x - e^-x) / 2.

    >>> import minigrad
    >>> minigrad.sinh(minigrad.tensor([0.0, 1.0]))
    tensor([0.0000, 1.1752])
    """
    return np.sinh(floating(input))


@primitive(Rule("g · sinh x", lambda g, _y, x: g * sinh(x)))
def cosh(input: Any) -> Any:
    """The hyperbolic cosine, (e^x + e^-x) / 2.

    >>> import minigrad
    >>> minigrad.cosh(minigrad.tensor([0.0, 1.0]))
    tensor([1.0000, 1.5431])
    """
    return np.cosh(floating(input))


@primitive(Rule("g / √(x² + 1)", lambda g, _y, x: g * rsqrt(x * x + 1)))
def asinh(input: Any) -> Any:
    """What undoes `sinh`.

    >>> import minigrad
    >>> minigrad.asinh(minigrad.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8814])
    """
    return np.arcsinh(floating(input))


@primitive(Rule("g / √(x² - 1)", lambda g, _y, x: g * rsqrt(x * x - 1)))
def acosh(input: Any) -> Any:
    """What undoes `cosh`: a number from 0 up; NaN below 1.

    >>> import minigrad
    >>> minigrad.acosh(minigrad.tensor([1.0, 2.0]))
    tensor([0.0000, 1.3170])
    """
    return np.arccosh(floating(input))


@primitive(Rule("g / (1 - x²)", lambda g, _y, x: g / (1 - x * x)))
def atanh(input: Any) -> Any:
    """What undoes `tanh`; NaN beyond -1 and 1.

    >>> import minigrad
    >>> minigrad.atanh(minigrad.tensor([0.0, 0.5]))
    tensor([0.0000, 0.5493])
    """
    return np.arctanh(floating(input))


def deg2rad(input: Any) -> Any:
    """Degrees as radians.

    >>> import minigrad
    >>> minigrad.deg2rad(minigrad.tensor([180.0, 90.0]))
    tensor([3.1416, 1.5708])
    """
    return mul(input, math.pi / 180)


def rad2deg(input: Any) -> Any:
    """Radians as degrees.

    >>> import minigrad
    >>> minigrad.rad2deg(minigrad.tensor([0.0, 1.0]))
    tensor([ 0.0000, 57.2958])
    """
    return mul(input, 180 / math.pi)
