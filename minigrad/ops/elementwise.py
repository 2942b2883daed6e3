"""Ops that treat every element alike: arithmetic, powers, exponentials and roots.

Two tensors are broadcast against each other as in NumPy. Rules do not mention it: the engine sums a gradient over
the broadcast dimensions (`autograd.backward.fit`).
"""

import math
from typing import Any

import numpy as np

from minigrad import dtypes
from minigrad.autograd.errors import DtypeError
from minigrad.autograd.op import Rule
from minigrad.autograd.primitive import primitive
from minigrad.dtypes import promote, result_type
from minigrad.ops.choosing import where

LOG_2, LOG_10 = math.log(2), math.log(10)

# --- arithmetic


@primitive(
    Rule("g", lambda g, _y, _a, _b: g),
    Rule("g", lambda g, _y, _a, _b: g),
)
def add(input: Any, other: Any) -> Any:
    """`input + other`, element by element.

    Arguments:
        input, other: tensors that broadcast against each other, or numbers.

    >>> import minigrad
    >>> minigrad.add(minigrad.tensor([1.0, 2.0]), 10)
    tensor([11., 12.])
    """
    return np.add(*promote(input, other))


@primitive(
    Rule("g", lambda g, _y, _a, _b: g),
    Rule("-g", lambda g, _y, _a, _b: -g),
)
def sub(input: Any, other: Any) -> Any:
    """`input - other`, element by element.

    Arguments:
        input, other: tensors that broadcast against each other, or numbers.

    >>> import minigrad
    >>> minigrad.sub(minigrad.tensor([1.0, 2.0]), 1)
    tensor([0., 1.])
    """
    for x in (input, other):
        if isinstance(x, bool) or getattr(x, "dtype", None) == np.bool_:
            raise TypeError("bools cannot be subtracted; ^ gives whether they differ, or convert with .long() first")
    return np.subtract(*promote(input, other))


@primitive(
    Rule("g · b", lambda g, _y, _a, b: g * b),
    Rule("g · a", lambda g, _y, a, _b: g * a),
)
def mul(input: Any, other: Any) -> Any:
    """`input * other`, element by element.

    Arguments:
        input, other: tensors that broadcast against each other, or numbers.

    >>> import minigrad
    >>> minigrad.mul(minigrad.tensor([1.0, 2.0]), minigrad.tensor([[2.0], [3.0]]))
    tensor([[2., 4.],
            [3., 6.]])
    """
    return np.multiply(*promote(input, other))


@primitive(
    Rule("g / b", lambda g, _y, _a, b: g / b),
    Rule("-g · a / b²", lambda g, _y, a, b: -g * (a / b / b)),
)
def div(input: Any, other: Any) -> Any:
    """`input / other`, element by element; integers give floats.

    Arguments:
        input, other: tensors that broadcast against each other, or numbers.

    >>> import minigrad
    >>> minigrad.div(minigrad.tensor([1, 2]), 2)
    tensor([0.5000, 1.0000])
    """
    a, b = promote(input, other)
    if (a if isinstance(a, np.ndarray) else b).dtype.kind != "f":
        a, b = floating_pair(input, other)
    return np.true_divide(a, b)


@primitive(Rule("-g", lambda g, _y, _x: -g))
def neg(input: Any) -> Any:
    """`-input`.

    >>> import minigrad
    >>> minigrad.neg(minigrad.tensor([1.0, -2.0]))
    tensor([-1.,  2.])
    """
    return np.negative(input)


@primitive(
    Rule("g · b · a^(b-1)", lambda g, _y, a, b: _power_slope(g, a, b)),
    Rule("g · y · log a", lambda g, y, a, b: g * _power_growth(y, a, b)),
)
def pow(input: Any, exponent: Any) -> Any:
    """`input` to the power of `exponent`, element by element.

    Arguments:
        input, exponent: tensors that broadcast against each other, or numbers.

    >>> import minigrad
    >>> minigrad.pow(minigrad.tensor([1.0, 2.0, 3.0]), 2)
    tensor([1., 4., 9.])
    """
    if isinstance(exponent, int) and exponent < 0 and input.dtype.kind != "f":
        raise ValueError(f"{input.dtype} has no negative powers; convert with .float() first")
    a, b = promote(input, exponent)
    if np.result_type(a, b).kind == "b":
        return np.logical_or(a, np.logical_not(b))
    if np.result_type(a, b).kind == "i" and np.any(np.less(b, 0)):
        return np.where(np.less(b, 0), _whole_reciprocal(a, b), np.power(a, np.maximum(b, 0)))
    return np.power(a, b)


def _whole_reciprocal(a: Any, b: Any) -> Any:
    """a to a negative power, rounded to 0: only 1 and -1 leave anything."""
    return np.where(np.equal(np.abs(a), 1), np.power(a, np.abs(b)), 0)


def square(input: Any) -> Any:
    """Each element times itself.

    >>> import minigrad
    >>> minigrad.square(minigrad.tensor([1.0, -2.0]))
    tensor([1., 4.])
    """
    return pow(input, 2)


@primitive(Rule("-g · y²", lambda g, y, _x: -g * y * y))
def reciprocal(input: Any) -> Any:
    """One over each element.

    >>> import minigrad
    >>> minigrad.reciprocal(minigrad.tensor([1.0, 4.0]))
    tensor([1.0000, 0.2500])
    """
    return 1 / floating(input)


@primitive(Rule("g · sign x", lambda g, _y, x: g * sign(x)))
def abs(input: Any) -> Any:
    """The absolute value of each element; its derivative at 0 is taken to be 0.

    >>> import minigrad
    >>> minigrad.abs(minigrad.tensor([-1.5, 2.0]))
    tensor([1.5000, 2.0000])
    """
    if input.dtype.kind == "b":
        raise TypeError("bools have no sign; convert with .long() first")
    return np.abs(input)


@primitive(Rule("0", lambda g, _y, _x: g * 0.0))
def sign(input: Any) -> Any:
    """-1, 0 or 1, as the element is negative, zero or positive; 0 for NaN. Its derivative is 0.

    >>> import minigrad
    >>> minigrad.sign(minigrad.tensor([-1.5, 0.0, 2.0]))
    tensor([-1.,  0.,  1.])
    """
    return input.copy() if input.dtype.kind == "b" else np.subtract(input > 0, input < 0, dtype=input.dtype)


# --- exponentials and roots


@primitive(Rule("g · y", lambda g, y, _x: g * y))
def exp(input: Any) -> Any:
    """e to the power of each element.

    >>> import minigrad
    >>> minigrad.exp(minigrad.tensor([0.0, 1.0]))
    tensor([1.0000, 2.7183])
    """
    return np.exp(floating(input))


@primitive(Rule("g · y · log 2", lambda g, y, _x: g * y * LOG_2))
def exp2(input: Any) -> Any:
    """2 to the power of each element.

    >>> import minigrad
    >>> minigrad.exp2(minigrad.tensor([0.0, 3.0]))
    tensor([1., 8.])
    """
    return np.exp2(floating(input))


@primitive(Rule("g · (y + 1)", lambda g, y, _x: g * (y + 1)))
def expm1(input: Any) -> Any:
    """e^x - 1, exact also where x is so small that e^x is 1.

    >>> import minigrad
    >>> minigrad.expm1(minigrad.tensor([0.0, 1e-09]))
    tensor([0.0000e+00, 1.0000e-09])
    """
    return np.expm1(floating(input))


@primitive(Rule("g / x", lambda g, _y, x: g / x))
def log(input: Any) -> Any:
    """The natural logarithm of each element.

    >>> import minigrad
    >>> minigrad.log(minigrad.tensor([1.0, 2.0]))
    tensor([0.0000, 0.6931])
    """
    return np.log(floating(input))


@primitive(Rule("g / (x · log 2)", lambda g, _y, x: g / (x * LOG_2)))
def log2(input: Any) -> Any:
    """The logarithm to base 2 of each element.

    >>> import minigrad
    >>> minigrad.log2(minigrad.tensor([1.0, 8.0]))
    tensor([0., 3.])
    """
    return np.log2(floating(input))


@primitive(Rule("g / (x · log 10)", lambda g, _y, x: g / (x * LOG_10)))
def log10(input: Any) -> Any:
    """The logarithm to base 10 of each element.

    >>> import minigrad
    >>> minigrad.log10(minigrad.tensor([1.0, 2.0]))
    tensor([0.0000, 0.3010])
    """
    return np.log10(floating(input))


@primitive(Rule("g / (1 + x)", lambda g, _y, x: g / (1 + x)))
def log1p(input: Any) -> Any:
    """log(1 + x), exact also where x is so small that 1 + x is 1.

    >>> import minigrad
    >>> minigrad.log1p(minigrad.tensor([0.0, 1e-09]))
    tensor([0.0000e+00, 1.0000e-09])
    """
    return np.log1p(floating(input))


@primitive(Rule("g / 2y", lambda g, y, _x: g / (2 * y)))
def sqrt(input: Any) -> Any:
    """The square root of each element.

    >>> import minigrad
    >>> minigrad.sqrt(minigrad.tensor([1.0, 2.0]))
    tensor([1.0000, 1.4142])
    """
    return np.sqrt(floating(input))


@primitive(Rule("-g · y³ / 2", lambda g, y, _x: g * y * y * y * -0.5))
def rsqrt(input: Any) -> Any:
    """One over the square root of each element.

    >>> import minigrad
    >>> minigrad.rsqrt(minigrad.tensor([1.0, 4.0]))
    tensor([1.0000, 0.5000])
    """
    return 1 / np.sqrt(floating(input))


# --- helpers of the rules above


def _power_slope(g: Any, a: Any, b: Any) -> Any:
    """g · b · a^(b-1), and 0 for b = 0, whatever a and g are."""
    if isinstance(b, int | float):
        return g * (b * pow(a, b - 1)) if b != 0 else g * 0.0
    nothing = b == 0
    return where(nothing, 0.0, g * (b * pow(where(nothing, 1.0, a), where(nothing, 1.0, b - 1))))


def _power_growth(y: Any, a: Any, b: Any) -> Any:
    """y · log a, and 0 where a is 0, unless y is infinite there, for b < 0."""
    if isinstance(a, int | float):
        return y * (float(np.log(a)) if a != 0 else where(b < 0, -np.inf, 0.0))
    nothing = (a == 0) & (b >= 0)
    return where(nothing, 0.0, y * log(where(nothing, 1.0, a)))


def floating(x: Any) -> Any:
    """PyTorch computes exp and its kin of integers in the default float type."""
    return x if getattr(x, "dtype", dtypes.float64).kind == "f" else np.asarray(x, dtypes.get_default_dtype())


def floating_pair(a: Any, b: Any) -> tuple[np.ndarray, np.ndarray]:
    """Two operands in one float type; two integers in the default one."""
    dtype = result_type(a, b)
    dtype = dtype if dtype.kind == "f" else dtypes.get_default_dtype()
    return np.asarray(a, dtype), np.asarray(b, dtype)


def check_floating(*operands: Any) -> tuple[Any, ...]:
    """Refuse integers and bools, for ops that PyTorch has for floats alone."""
    for x in operands:
        if x.dtype.kind != "f":
            raise TypeError(f"{x.dtype} is not a floating-point type; convert with .float() first")
    return operands


def check_floats(function: str, **arguments: Any) -> None:
    """As `check_floating`, for functions that are composed of ops.

    Raises:
        DtypeError: naming the function, the argument and its type.
    """
    for name, x in arguments.items():
        if x.dtype.kind != "f":
            raise DtypeError(f"{function}: {name} is {x.dtype}; convert it with .float() first")


@primitive(Rule("g", lambda g, _y, _x: g), name="clone")
def _clone(input: Any) -> Any:
    return input.copy()


def detach(input: Any) -> Any:
    """The same memory, without the history: gradients do not go further back than this.

    >>> import minigrad
    >>> minigrad.detach(minigrad.ones(2, requires_grad=True)).requires_grad
    False
    """
    return input.detach()


def clone(input: Any, *, memory_format: Any = None) -> Any:
    """A copy with memory of its own, through which gradients flow.

    Arguments:
        input: a tensor.
        memory_format: for PyTorch's sake; elements lie row after row.

    >>> import minigrad
    >>> minigrad.clone(minigrad.tensor([1.0, 2.0]))
    tensor([1., 2.])
    """
    return _clone(input)
