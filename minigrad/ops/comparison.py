"""Ops whose results are true or false, or positions: nothing flows back through them."""

from typing import Any

import numpy as np

from minigrad.autograd.op import no_gradient
from minigrad.autograd.primitive import primitive
from minigrad.dtypes import promote

_two_inputs = (no_gradient, no_gradient)


@primitive(*_two_inputs)
def eq(input: Any, other: Any) -> Any:
    """Whether elements are equal, as bool.

    >>> import minigrad
    >>> minigrad.eq(minigrad.tensor([1, 2]), 2)
    tensor([False,  True])
    """
    return np.equal(*promote(input, other))


@primitive(*_two_inputs)
def ne(input: Any, other: Any) -> Any:
    """Whether elements differ, as bool."""
    return np.not_equal(*promote(input, other))


@primitive(*_two_inputs)
def lt(input: Any, other: Any) -> Any:
    """Whether `input < other`, as bool."""
    return np.less(*promote(input, other))


@primitive(*_two_inputs)
def le(input: Any, other: Any) -> Any:
    """Whether `input <= other`, as bool."""
    return np.less_equal(*promote(input, other))


@primitive(*_two_inputs)
def gt(input: Any, other: Any) -> Any:
    """Whether `input > other`, as bool."""
    return np.greater(*promote(input, other))


@primitive(*_two_inputs)
def ge(input: Any, other: Any) -> Any:
    """Whether `input >= other`, as bool."""
    return np.greater_equal(*promote(input, other))


@primitive(*_two_inputs)
def logical_and(input: Any, other: Any) -> Any:
    """Whether both are true (not zero), as bool."""
    return np.logical_and(input, other)


@primitive(*_two_inputs)
def logical_or(input: Any, other: Any) -> Any:
    """Whether at least one is true (not zero), as bool."""
    return np.logical_or(input, other)


@primitive(*_two_inputs)
def logical_xor(input: Any, other: Any) -> Any:
    """Whether exactly one is true (not zero), as bool."""
    return np.logical_xor(input, other)


@primitive(*_two_inputs)
def bitwise_and(input: Any, other: Any) -> Any:
    """`input & other` for bools and integers."""
    return np.bitwise_and(*promote(input, other))


@primitive(*_two_inputs)
def bitwise_or(input: Any, other: Any) -> Any:
    """`input | other` for bools and integers."""
    return np.bitwise_or(*promote(input, other))


@primitive(*_two_inputs)
def bitwise_xor(input: Any, other: Any) -> Any:
    """`input ^ other` for bools and integers: the bits in which they differ.

    >>> import minigrad
    >>> minigrad.tensor([5, 3]) ^ 1
    tensor([4, 2])
    """
    return np.bitwise_xor(*promote(input, other))


@primitive(*_two_inputs)
def bitwise_left_shift(input: Any, other: Any) -> Any:
    """`input << other` for integers: `input` times 2 to the power of `other`.

    >>> import minigrad
    >>> minigrad.tensor([1, 3]) << 2
    tensor([ 4, 12])
    """
    return np.left_shift(*_shiftable(*promote(input, other)))


@primitive(*_two_inputs)
def bitwise_right_shift(input: Any, other: Any) -> Any:
    """`input >> other` for integers: `input` divided by 2 to the power of `other`, rounded down.

    >>> import minigrad
    >>> minigrad.tensor([4, 13]) >> 2
    tensor([1, 3])
    """
    return np.right_shift(*_shiftable(*promote(input, other)))


def _shiftable(a: Any, b: Any) -> tuple[Any, Any]:
    if np.result_type(a, b).kind == "b":
        raise TypeError("bools cannot be shifted; convert with .long() first")
    return a, b


@primitive(no_gradient)
def logical_not(input: Any) -> Any:
    """Whether the element is false (zero), as bool."""
    return np.logical_not(input)


@primitive(no_gradient)
def bitwise_not(input: Any) -> Any:
    """`~input` for bools and integers."""
    return np.bitwise_not(input)


@primitive(no_gradient)
def isnan(input: Any) -> Any:
    """Whether the element is not a number, as bool."""
    return np.isnan(input)


@primitive(no_gradient)
def isfinite(input: Any) -> Any:
    """Whether the element is neither infinite nor NaN, as bool."""
    return np.isfinite(input)


@primitive(no_gradient)
def isinf(input: Any) -> Any:
    """Whether the element is ∞ or -∞, as bool."""
    return np.isinf(input)


@primitive(no_gradient)
def isposinf(input: Any) -> Any:
    """Whether the element is ∞, as bool."""
    return np.isposinf(input)


@primitive(no_gradient)
def isneginf(input: Any) -> Any:
    """Whether the element is -∞, as bool."""
    return np.isneginf(input)


@primitive(*_two_inputs)
def isclose(input: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """Whether elements differ by at most `atol + rtol * |other|`, as bool; infinities are close to their equals.

    Arguments:
        input, other: tensors of one type that broadcast against each other.
        rtol, atol: how far apart two numbers may be, relatively to the second and absolutely.
        equal_nan: whether NaN is close to NaN.

    >>> import minigrad
    >>> minigrad.isclose(minigrad.tensor([1.0, 2.0]), minigrad.tensor([1.0 + 1e-7, 2.1]))
    tensor([ True, False])
    """
    if input.dtype != other.dtype:
        raise TypeError(f"input is {input.dtype}, other {other.dtype}; they must be equal")
    return np.isclose(input, other, rtol, atol, equal_nan)


def allclose(input: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    """Whether all elements differ by at most `atol + rtol * |other|`.

    >>> import minigrad
    >>> minigrad.allclose(minigrad.tensor([1.0]), minigrad.tensor([1.0 + 1e-7]))
    True
    """
    return bool(np.allclose(input.array, other.array, rtol, atol, equal_nan))


def equal(input: Any, other: Any) -> bool:
    """Whether two tensors have the same shape and the same elements.

    >>> import minigrad
    >>> minigrad.equal(minigrad.tensor([1, 2]), minigrad.tensor([1, 2]))
    True
    """
    return bool(np.array_equal(input.array, other.array))
