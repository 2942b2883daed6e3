"""What PyTorch's functions can do beyond the operators: add multiples, divide with rounding, and interpolate."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad import dtypes
from minigrad.autograd.errors import ArgumentError, DtypeError, translated
from minigrad.autograd.node import TensorBase
from minigrad.autograd.op import Rule
from minigrad.autograd.primitive import into, primitive
from minigrad.dtypes import result_type
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
    return into(
        out,
        elementwise.add(input, _multiple("add", input, other, alpha)),
        "add",
    )


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
    return into(
        out,
        elementwise.sub(input, _multiple("sub", input, other, alpha)),
        "sub",
    )


def _multiple(function: str, input: Any, other: Any, alpha: float) -> Any:
    """alpha · other, in the type of a float input."""
    if type(alpha) is int and alpha == 1:
        return other
    dtype = result_type(*(getattr(x, "array", x) for x in (input, other)))
    alpha = as_factor(function, "alpha", alpha, dtype)
    if not isinstance(other, TensorBase):
        return other * alpha
    return mul(other.to(dtype) if isinstance(alpha, float) else other, alpha)


def as_factor(function: str, name: str, factor: Any, dtype: np.dtype, cut: bool = False) -> Any:
    """A factor as the number that it is in the result's type.

    Arguments:
        function, name: the function, and the argument that is the factor.
        factor: a number.
        dtype: the result's type.
        cut: whether integers are multiplied by what a fraction is without its decimals, as some functions of PyTorch's
            do; others refuse it.

    Raises:
        RuntimeError: for a factor that the type cannot hold.
    """
    if dtype.kind == "f":
        return factor
    if not cut and (isinstance(factor, float) or (isinstance(factor, bool) and dtype.kind != "b")):
        raise ArgumentError(f"{function}: {name} = {factor} must be a whole number, as no operand is a float")
    try:
        return dtypes.fitting(factor, dtype).item()
    except OverflowError as error:
        raise translated(error, f"{function}: {name} = {factor}") from None


def div(input: Any, other: Any, *, rounding_mode: str | None = None, out: Any = None) -> Any:
    """`input / other`, element by element; without rounding, integers give floats.

    Arguments:
        input, other: tensors that broadcast against each other, or numbers.
        rounding_mode: "trunc" rounds towards 0, "floor" down, and integers stay integers; None does not round.
        out: a tensor to write the result into.

    >>> import minigrad
    >>> minigrad.div(minigrad.tensor([1, 2]), 2)
    tensor([0.5000, 1.0000])
    >>> minigrad.div(minigrad.tensor([-7, 7]), 2, rounding_mode="trunc")
    tensor([-3,  3])
    """
    if rounding_mode is None:
        return into(out, elementwise.div(input, other), "div")
    return into(out, divide_and_round(input, other, rounding_mode=rounding_mode), "div")


@primitive(
    Rule("g · (1 - w)", lambda g, _y, _a, _b, w: g * (1 - w)),
    Rule("g · w", lambda g, _y, _a, _b, w: g * w),
    Rule("g · (b - a)", lambda g, _y, a, b, _w: g * (b - a)),
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
    dtype = result_type(*(getattr(x, "array", x) for x in (input, tensor1, tensor2)))
    if dtype.kind == "b":
        raise DtypeError("addcmul: input, tensor1 and tensor2 are bool; convert them with .long() first")
    value, product = as_factor("addcmul", "value", value, dtype, cut=True), mul(tensor1, tensor2)
    return elementwise.add(input, product if value == 1 else mul(product.to(dtype), value))


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
    return elementwise.sub(other, _multiple("rsub", other, input, alpha))


def float_power(input: Any, exponent: Any) -> Any:
    """`input` to the power of `exponent`, computed in float64.

    >>> import minigrad
    >>> minigrad.float_power(minigrad.tensor([2, 3]), -1)
    tensor([0.5000, 0.3333], dtype=minigrad.float64)
    """
    base, power = (x.to(np.dtype(np.float64)) if isinstance(x, TensorBase) else float(x) for x in (input, exponent))
    return elementwise.pow(base, power)
