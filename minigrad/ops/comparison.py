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
def bitwise_and(input: Any, other: Any) -> Any:
    """`input & other` for bools and integers."""
    return np.bitwise_and(input, other)


@primitive(*_two_inputs)
def bitwise_or(input: Any, other: Any) -> Any:
    """`input | other` for bools and integers."""
    return np.bitwise_or(input, other)


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
