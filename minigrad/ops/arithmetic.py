"""What PyTorch's functions can do beyond the operators: add multiples, divide with rounding, and interpolate."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.autograd.errors import DtypeError
from minigrad.autograd.node import TensorBase
from minigrad.autograd.op import Rule
from minigrad.autograd.primitive import into, primitive
from minigrad.ops import elementwise
from minigrad.ops.elementwise import check_floating, mul
from minigrad.ops.rounding import divide_and_round


def factor_first(keyword: str) -> Callable[..., Any]:
    """Let a function be called in PyTorch's early way, with the factor before the tensors: `x.add_(-lr, gradient)`.

    Arguments:
        keyword: the argument that is the factor.

    >>> import minigrad
    >>> minigrad.ones(2).add_(-0.5, minigrad.ones(2))
    tensor([0.5000, 0.5000])
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        count = function.__code__.co_argcount

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            if len(args) == count + 1:
                args, kwargs[keyword] = (args[0], *args[2:]), args[1]
            return function(*args, **kwargs)

        return call

    return decorate


@factor_first("alpha")
def add(input: Any, other: Any, *, alpha: float = 1, out: Any = None) -> Any:
    """`input + alpha * other`, element by element.

    Arguments:
        input, other: tensors that broadcast against each other, or numbers.
        alpha: a factor for `other`.
        out: a tensor to write the result into.

    >>> import minigrad
    >>> minigrad.add(minigrad.tensor([1.0, 2.0]), 10)
    tensor([11., 12.])
    """
    return into(out, elementwise.add(input, other if alpha == 1 else _multiple("add", input, other, alpha)), "add")


@factor_first("alpha")
def sub(input: Any, other: Any, *, alpha: float = 1, out: Any = None) -> Any:
    """`input - alpha * other`, element by element.

    Arguments:
        input, other: tensors that broadcast against each other, or numbers.
        alpha: a factor for `other`.
        out: a tensor to write the result into.

    >>> import minigrad
    >>> minigrad.sub(minigrad.tensor([1.0, 2.0]), 1, alpha=3)
    tensor([-2., -1.])
    """
    return into(out, elementwise.sub(input, other if alpha == 1 else _multiple("sub", input, other, alpha)), "sub")


def _multiple(function: str, input: Any, other: Any, alpha: float) -> Any:
    """alpha · other, in the type of a float input."""
    if not isinstance(other, TensorBase):
        return other * alpha
    if isinstance(alpha, float) and other.array.dtype.kind != "f":
        if not isinstance(input, TensorBase) or input.array.dtype.kind != "f":
            raise RuntimeError(f"{function}: alpha = {alpha} must be a whole number, as no operand is a float")
        other = other.to(input.array.dtype)
    return mul(other, alpha)


def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Any:
    """`input / other`, element by element; without rounding, integers give floats.

    Arguments:
        input, other: tensors that broadcast against each other, or numbers.
        rounding_mode: "trunc" rounds towards 0, "floor" down, and integers stay integers; None does not round.

    >>> import minigrad
    >>> minigrad.div(minigrad.tensor([1, 2]), 2)
    tensor([0.5000, 1.0000])
    >>> minigrad.div(minigrad.tensor([-7, 7]), 2, rounding_mode="trunc")
    tensor([-3,  3])
    """
    if rounding_mode is None:
        return elementwise.div(input, other)
    return divide_and_round(input, other, rounding_mode=rounding_mode)


@primitive(
    Rule("g · (1 - w)", lambda g, y, a, b, w: g * (1 - w)),
    Rule("g · w", lambda g, y, a, b, w: g * w),
    Rule("g · (b - a)", lambda g, y, a, b, w: g * (b - a)),
)
def lerp(input: Any, end: Any, weight: Any) -> Any:
    """`input + weight * (end - input)`: the way from `input` to `end`, as far as `weight` says.

    Arguments:
        input, end: float tensors of one type that broadcast against each other.
        weight: a number or a tensor; 0 gives `input`, 1 gives `end`.

    >>> import minigrad
    >>> minigrad.lerp(minigrad.tensor([0.0, 1.0]), minigrad.tensor([10.0, 2.0]), 0.5)
    tensor([5.0000, 1.5000])
    """
    check_floating(input, end)
    for name, x in (("end", end), ("weight", weight)):
        if getattr(x, "dtype", input.dtype) != input.dtype:
            raise TypeError(f"{name} is {x.dtype}, input {input.dtype}; they must be equal")
    way = end - input
    return np.where(np.less(np.abs(weight), 0.5), input + weight * way, end - (1 - weight) * way)  # exact at both ends


@factor_first("value")
def addcmul(input: Any, tensor1: Any, tensor2: Any, *, value: float = 1) -> Any:
    """`input + value * tensor1 * tensor2`, element by element.

    >>> import minigrad
    >>> minigrad.addcmul(minigrad.tensor([1.0]), minigrad.tensor([2.0]), minigrad.tensor([3.0]), value=10)
    tensor([61.])
    """
    product = mul(tensor1, tensor2)
    return elementwise.add(input, product if value == 1 else mul(product, value))


@factor_first("value")
def addcdiv(input: Any, tensor1: Any, tensor2: Any, *, value: float = 1) -> Any:
    """`input + value * tensor1 / tensor2`, element by element.

    >>> import minigrad
    >>> minigrad.addcdiv(minigrad.tensor([1.0]), minigrad.tensor([3.0]), minigrad.tensor([2.0]))
    tensor([2.5000])
    """
    if tensor1.dtype.kind != "f" and tensor2.dtype.kind != "f":
        raise DtypeError(f"addcdiv: tensor1 is {tensor1.dtype} and tensor2 {tensor2.dtype}; one must be a float")
    quotient = elementwise.div(tensor1, tensor2)
    return elementwise.add(input, quotient if value == 1 else mul(quotient, value))


def rsub(input: Any, other: Any, *, alpha: float = 1) -> Any:
    """`other - alpha * input`, element by element: `sub` the other way round.

    >>> import minigrad
    >>> minigrad.rsub(minigrad.tensor([1.0, 2.0]), 10)
    tensor([9., 8.])
    """
    return elementwise.sub(other, input if alpha == 1 else mul(input, alpha))


def float_power(input: Any, exponent: Any) -> Any:
    """`input` to the power of `exponent`, computed in float64.

    >>> import minigrad
    >>> minigrad.float_power(minigrad.tensor([2, 3]), -1)
    tensor([0.5000, 0.3333], dtype=minigrad.float64)
    """
    base, power = (x.to(np.dtype(np.float64)) if isinstance(x, TensorBase) else float(x) for x in (input, exponent))
    return elementwise.pow(base, power)
