"""Ops that treat every element alike: arithmetic, powers, exponentials, and choosing between values.

Two tensors are broadcast against each other as in NumPy. Rules do not mention it: the engine sums a gradient over
the broadcast dimensions (`autograd.backward.fit`).
"""

from typing import Any

import numpy as np

from minigrad import dtypes
from minigrad.autograd.op import Rule, no_gradient
from minigrad.autograd.primitive import primitive
from minigrad.dtypes import promote

# --- arithmetic


@primitive(
    Rule("g", lambda g, y, a, b: g),
    Rule("g", lambda g, y, a, b: g),
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
    Rule("g", lambda g, y, a, b: g),
    Rule("-g", lambda g, y, a, b: -g),
)
def sub(input: Any, other: Any) -> Any:
    """`input - other`, element by element.

    Arguments:
        input, other: tensors that broadcast against each other, or numbers.

    >>> import minigrad
    >>> minigrad.sub(minigrad.tensor([1.0, 2.0]), 1)
    tensor([0., 1.])
    """
    return np.subtract(*promote(input, other))


@primitive(
    Rule("g · b", lambda g, y, a, b: g * b),
    Rule("g · a", lambda g, y, a, b: g * a),
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
    Rule("g / b", lambda g, y, a, b: g / b),
    Rule("-g · y / b", lambda g, y, a, b: -g * y / b),
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
    y = np.true_divide(a, b)
    if np.result_type(a, b).kind != "f":
        y = y.astype(dtypes.get_default_dtype())
    return y


@primitive(Rule("-g", lambda g, y, x: -g))
def neg(input: Any) -> Any:
    """`-input`.

    >>> import minigrad
    >>> minigrad.neg(minigrad.tensor([1.0, -2.0]))
    tensor([-1.,  2.])
    """
    return np.negative(input)


@primitive(
    Rule("g · b · a^(b-1)", lambda g, y, a, b: g * _power_slope(a, b)),
    Rule("g · y · log a", lambda g, y, a, b: g * _power_growth(y, a)),
)
def pow(input: Any, exponent: Any) -> Any:
    """`input` to the power of `exponent`, element by element.

    Arguments:
        input, exponent: tensors that broadcast against each other, or numbers.

    >>> import minigrad
    >>> minigrad.pow(minigrad.tensor([1.0, 2.0, 3.0]), 2)
    tensor([1., 4., 9.])
    """
    a, b = promote(input, exponent)
    return np.power(a, b)


@primitive(Rule("g · sign x", lambda g, y, x: g * sign(x)))
def abs(input: Any) -> Any:
    """The absolute value of each element; its derivative at 0 is taken to be 0.

    >>> import minigrad
    >>> minigrad.abs(minigrad.tensor([-1.5, 2.0]))
    tensor([1.5000, 2.0000])
    """
    return np.abs(input)


@primitive(Rule("0", lambda g, y, x: g * 0.0))
def sign(input: Any) -> Any:
    """-1, 0 or 1, as the element is negative, zero or positive. Its derivative is 0.

    >>> import minigrad
    >>> minigrad.sign(minigrad.tensor([-1.5, 0.0, 2.0]))
    tensor([-1.,  0.,  1.])
    """
    return np.sign(input)


# --- exponentials, roots and waves


@primitive(Rule("g · y", lambda g, y, x: g * y))
def exp(input: Any) -> Any:
    """e to the power of each element.

    >>> import minigrad
    >>> minigrad.exp(minigrad.tensor([0.0, 1.0]))
    tensor([1.0000, 2.7183])
    """
    return np.exp(floating(input))


@primitive(Rule("g / x", lambda g, y, x: g / x))
def log(input: Any) -> Any:
    """The natural logarithm of each element.

    >>> import minigrad
    >>> minigrad.log(minigrad.tensor([1.0, 2.0]))
    tensor([0.0000, 0.6931])
    """
    return np.log(floating(input))


@primitive(Rule("g / 2y", lambda g, y, x: g / (2 * y)))
def sqrt(input: Any) -> Any:
    """The square root of each element.

    >>> import minigrad
    >>> minigrad.sqrt(minigrad.tensor([1.0, 2.0]))
    tensor([1.0000, 1.4142])
    """
    return np.sqrt(floating(input))


@primitive(Rule("-g · y³ / 2", lambda g, y, x: g * y * y * y * -0.5))
def rsqrt(input: Any) -> Any:
    """One over the square root of each element.

    >>> import minigrad
    >>> minigrad.rsqrt(minigrad.tensor([1.0, 4.0]))
    tensor([1.0000, 0.5000])
    """
    return 1 / np.sqrt(floating(input))


@primitive(Rule("g · cos x", lambda g, y, x: g * cos(x)))
def sin(input: Any) -> Any:
    """The sine of each element, in radians.

    >>> import minigrad
    >>> minigrad.sin(minigrad.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8415])
    """
    return np.sin(floating(input))


@primitive(Rule("-g · sin x", lambda g, y, x: -g * sin(x)))
def cos(input: Any) -> Any:
    """The cosine of each element, in radians.

    >>> import minigrad
    >>> minigrad.cos(minigrad.tensor([0.0, 1.0]))
    tensor([1.0000, 0.5403])
    """
    return np.cos(floating(input))


# --- choosing


@primitive(
    no_gradient,
    Rule("g where c, else 0", lambda g, y, c, a, b: where(c, g, 0.0)),
    Rule("0 where c, else g", lambda g, y, c, a, b: where(c, 0.0, g)),
)
def where(condition: Any, input: Any, other: Any) -> Any:
    """`input` where `condition` is true, `other` elsewhere.

    Arguments:
        condition: a bool tensor.
        input, other: tensors or numbers; all three broadcast against each other.

    >>> import minigrad
    >>> x = minigrad.tensor([-1.0, 2.0])
    >>> minigrad.where(x > 0, x, 0.0)
    tensor([0., 2.])
    """
    return np.where(_bools(condition, "condition"), *promote(input, other))


@primitive(
    Rule("g where a is larger, g/2 at ties", lambda g, y, a, b: g * _share(a, b, g.dtype)),
    Rule("g where b is larger, g/2 at ties", lambda g, y, a, b: g * _share(b, a, g.dtype)),
)
def maximum(input: Any, other: Any) -> Any:
    """The larger of two elements; where they are equal, each gets half of the gradient.

    Arguments:
        input, other: tensors that broadcast against each other, or numbers.

    >>> import minigrad
    >>> minigrad.maximum(minigrad.tensor([1.0, 5.0]), minigrad.tensor([3.0, 2.0]))
    tensor([3., 5.])
    """
    return np.maximum(*promote(input, other))


@primitive(
    Rule("g where a is smaller, g/2 at ties", lambda g, y, a, b: g * _share(b, a, g.dtype)),
    Rule("g where b is smaller, g/2 at ties", lambda g, y, a, b: g * _share(a, b, g.dtype)),
)
def minimum(input: Any, other: Any) -> Any:
    """The smaller of two elements; where they are equal, each gets half of the gradient.

    Arguments:
        input, other: tensors that broadcast against each other, or numbers.

    >>> import minigrad
    >>> minigrad.minimum(minigrad.tensor([1.0, 5.0]), minigrad.tensor([3.0, 2.0]))
    tensor([1., 2.])
    """
    return np.minimum(*promote(input, other))


@primitive(Rule("g where min ≤ x ≤ max, else 0", lambda g, y, x, min, max: where(_inside(x, min, max), g, 0.0)))
def clamp(input: Any, min: Any = None, max: Any = None) -> Any:
    """Every element, brought into the range from `min` to `max`.

    Arguments:
        input: a tensor.
        min, max: numbers, or None for no bound on that side.

    >>> import minigrad
    >>> minigrad.clamp(minigrad.tensor([-2.0, 0.5, 2.0]), -1, 1)
    tensor([-1.0000,  0.5000,  1.0000])
    """
    if min is None and max is None:
        raise ValueError("at least one of min and max must be given")
    if min is not None:
        input, min = promote(input, min)
    if max is not None:
        input, max = promote(input, max)
    return np.clip(input, min, max)


@primitive(
    Rule("g where not masked, else 0", lambda g, y, x, mask, value: masked_fill(g, mask, 0.0)),
    no_gradient,
)
def masked_fill(input: Any, mask: Any, value: Any) -> Any:
    """`input` with `value` wherever `mask` is true.

    Arguments:
        input: a tensor.
        mask: a bool tensor that broadcasts to the shape of `input`.
        value: a number.

    >>> import minigrad
    >>> minigrad.masked_fill(minigrad.tensor([1.0, 2.0]), minigrad.tensor([False, True]), 0.0)
    tensor([1., 0.])
    """
    return np.where(_bools(mask, "mask"), input.dtype.type(value), input)


# --- helpers of the rules above


def _power_slope(a: Any, b: Any) -> Any:
    """b · a^(b-1), and 0 for b = 0 also where a is 0."""
    if isinstance(b, int | float):
        return b * pow(a, b - 1) if b != 0 else a * 0.0
    return where(b == 0, 0.0, b * pow(a, where(b == 0, 1.0, b - 1)))


def _power_growth(y: Any, a: Any) -> Any:
    """y · log a, and 0 where a is 0."""
    if isinstance(a, int | float):
        return y * float(np.log(a)) if a != 0 else y * 0.0
    return where(a == 0, 0.0, y * log(where(a == 0, 1.0, a)))


def floating(x: Any) -> Any:
    """PyTorch computes exp and its kin of integers in the default float type."""
    return x if getattr(x, "dtype", dtypes.float64).kind == "f" else np.asarray(x, dtypes.get_default_dtype())


def _bools(x: np.ndarray, name: str) -> np.ndarray:
    if getattr(x, "dtype", None) != dtypes.bool:
        raise TypeError(f"{name} must be a bool tensor, such as a comparison gives")
    return x


def _array(x: Any) -> np.ndarray:
    """The array of a tensor, in rules that make a constant of it."""
    return getattr(x, "array", x)


def _share(a: Any, b: Any, dtype: np.dtype) -> np.ndarray:
    """1 where a is larger, 1/2 where the two are equal, else 0: a constant for the rules of the second order."""
    a, b = _array(a), _array(b)
    return np.asarray(0.5 * np.greater(a, b) + 0.5 * np.greater_equal(a, b), dtype)


def _inside(x: Any, low: Any, high: Any) -> np.ndarray:
    x = _array(x)
    return (x >= (-np.inf if low is None else low)) & (x <= (np.inf if high is None else high))
