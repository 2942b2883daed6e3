"""Ops that round: to whole numbers, to whole quotients, and the remainders these leave.

A rounded number stays as it is when its input moves a little, so its derivative is 0; what rounding takes away moves
with the input.
"""

from typing import Any

import numpy as np

from minigrad.autograd.errors import ArgumentError
from minigrad.autograd.op import Rule, no_gradient
from minigrad.autograd.primitive import primitive
from minigrad.dtypes import promote
from minigrad.ops.elementwise import check_floating


@primitive(Rule("0", lambda g, _y, _x: g * 0.0))
def floor(input: Any) -> Any:
    """The largest whole number that is not above the element. Its derivative is 0.

    >>> import minigrad
    >>> minigrad.floor(minigrad.tensor([-1.5, 1.5]))
    tensor([-2.,  1.])
    """
    return _rounded(np.floor, input)


@primitive(Rule("0", lambda g, _y, _x: g * 0.0))
def ceil(input: Any) -> Any:
    """The smallest whole number that is not below the element. Its derivative is 0.

    >>> import minigrad
    >>> minigrad.ceil(minigrad.tensor([-1.5, 1.5]))
    tensor([-1.,  2.])
    """
    return _rounded(np.ceil, input)


@primitive(Rule("0", lambda g, _y, _x: g * 0.0))
def trunc(input: Any) -> Any:
    """The element without what stands behind the point. Its derivative is 0.

    >>> import minigrad
    >>> minigrad.trunc(minigrad.tensor([-1.5, 1.5]))
    tensor([-1.,  1.])
    """
    return _rounded(np.trunc, input)


@primitive(Rule("0", lambda g, _y, _x, decimals: g * 0.0))
def round(input: Any, decimals: int = 0) -> Any:
    """The nearest whole number; halves go to the even one. Its derivative is 0.

    Arguments:
        input: a tensor.
        decimals: how many digits behind the point to keep; negative: round to tens, hundreds and so on.

    >>> import minigrad
    >>> minigrad.round(minigrad.tensor([0.5, 1.5, -1.6]))
    tensor([ 0.,  2., -2.])
    >>> minigrad.round(minigrad.tensor([1.2345]), decimals=2)
    tensor([1.2300])
    """
    if decimals:
        check_floating(input)
    return _rounded(lambda x: np.round(x, decimals), input)


@primitive(Rule("g", lambda g, _y, _x: g))
def frac(input: Any) -> Any:
    """What stands behind the point, with the element's sign.

    >>> import minigrad
    >>> minigrad.frac(minigrad.tensor([-1.5, 2.25]))
    tensor([-0.5000,  0.2500])
    """
    check_floating(input)
    return input - np.trunc(input)


def _rounded(function: Any, x: np.ndarray) -> Any:
    """Integers are whole already."""
    if x.dtype.kind == "b":
        raise TypeError("bools cannot be rounded; convert with .float() first")
    return function(x) if x.dtype.kind == "f" else x.copy()


# --- whole quotients and remainders


def _operands(input: Any, other: Any) -> tuple[Any, Any]:
    """The two in one type, or an error for what has no remainder."""
    a, b = promote(input, other)
    kind = np.result_type(a, b).kind
    if kind == "b":
        raise TypeError("bools cannot be divided with a remainder; convert with .long() first")
    if kind != "f" and np.size(a) and not np.all(b):
        raise ValueError("ZeroDivisionError: an integer was divided by 0")
    return a, b


@primitive(
    Rule("0", lambda g, _y, _a, _b, rounding_mode: g * 0.0),
    Rule("0", lambda g, _y, _a, _b, rounding_mode: g * 0.0),
    name="div",
)
def divide_and_round(input: Any, other: Any, rounding_mode: str) -> Any:
    """`input / other`, rounded down ("floor") or towards 0 ("trunc"): see `minigrad.div`."""
    if rounding_mode not in ("floor", "trunc"):
        raise ArgumentError(f"div: rounding_mode = {rounding_mode!r} must be None, 'trunc' or 'floor'")
    a, b = _operands(input, other)
    if rounding_mode == "floor":
        return np.floor_divide(a, b)
    if np.result_type(a, b).kind == "f":
        return np.trunc(np.true_divide(a, b))
    return (a - np.fmod(a, b)) // b


@primitive(no_gradient, no_gradient)
def floor_divide(input: Any, other: Any) -> Any:
    """`input // other`: the quotient, rounded down. For a quotient that gradients pass, as 0, use `div`.

    >>> import minigrad
    >>> minigrad.tensor([-7, 7]) // 2
    tensor([-4,  3])
    """
    return np.floor_divide(*_operands(input, other))


@primitive(
    Rule("g", lambda g, _y, _a, _b: g),
    Rule("-g · ⌊a / b⌋", lambda g, _y, a, b: -g * divide_and_round(a, b, "floor")),
)
def remainder(input: Any, other: Any) -> Any:
    """`input % other`: what is left after dividing, with the sign of `other`.

    Arguments:
        input, other: tensors that broadcast against each other, or numbers.

    >>> import minigrad
    >>> minigrad.remainder(minigrad.tensor([-7.0, 7.0]), 3)
    tensor([2., 1.])
    """
    return np.remainder(*_operands(input, other))


@primitive(
    Rule("g", lambda g, _y, _a, _b: g),
    Rule("-g · trunc(a / b)", lambda g, _y, a, b: -g * divide_and_round(a, b, "trunc")),
)
def fmod(input: Any, other: Any) -> Any:
    """What is left after dividing, with the sign of `input`.

    Arguments:
        input, other: tensors that broadcast against each other, or numbers.

    >>> import minigrad
    >>> minigrad.fmod(minigrad.tensor([-7.0, 7.0]), 3)
    tensor([-1.,  1.])
    """
    return np.fmod(*_operands(input, other))
