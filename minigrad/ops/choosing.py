"""Ops that choose between values, element by element: conditions, the larger and the smaller, bounds, masks.

A gradient goes to the value that was chosen. Which one that is stays a constant when the gradient is differentiated.
"""

from typing import Any

import numpy as np

from minigrad import dtypes
from minigrad.autograd.node import TensorBase
from minigrad.autograd.op import Rule, no_gradient
from minigrad.autograd.primitive import primitive
from minigrad.dtypes import promote
from minigrad.ops.shaping import in_order


@primitive(
    no_gradient,
    Rule("g where c, else 0", lambda g, _y, c, _a, _b: where(c, g, 0.0)),
    Rule("0 where c, else g", lambda g, _y, c, _a, _b: where(c, 0.0, g)),
)
def where(condition: Any, input: Any, other: Any) -> Any:
    """`input` where `condition` is true, `other` elsewhere.

    Arguments:
        condition: a bool tensor; or one of uint8, as older code has it.
        input, other: tensors or numbers; all three broadcast against each other.

    >>> import minigrad
    >>> x = minigrad.tensor([-1.0, 2.0])
    >>> minigrad.where(x > 0, x, 0.0)
    tensor([0., 2.])
    """
    if getattr(condition, "dtype", None) == dtypes.uint8:  # masks were bytes before there was bool
        condition = condition.astype(dtypes.bool)
    return np.where(_bools(condition, "condition"), *promote(input, other))


@primitive(
    Rule("g where a is larger, g/2 at ties", lambda g, _y, a, b: g * _share(a, b, g.dtype)),
    Rule("g where b is larger, g/2 at ties", lambda g, _y, a, b: g * _share(b, a, g.dtype)),
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
    Rule("g where a is smaller, g/2 at ties", lambda g, _y, a, b: g * _share(b, a, g.dtype)),
    Rule("g where b is smaller, g/2 at ties", lambda g, _y, a, b: g * _share(a, b, g.dtype)),
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


@primitive(
    Rule("g where a ≥ b, or b is NaN", lambda g, _y, a, b: where(_first(a, b, np.greater_equal), g, 0.0)),
    Rule("g where a < b, or a is NaN", lambda g, _y, a, b: where(_first(a, b, np.greater_equal), 0.0, g)),
)
def fmax(input: Any, other: Any) -> Any:
    """The larger of two elements, and where one is NaN the other; where they are equal, `input` gets the gradient.

    >>> import minigrad
    >>> minigrad.fmax(minigrad.tensor([1.0, float("nan")]), minigrad.tensor([3.0, 2.0]))
    tensor([3., 2.])
    """
    return np.fmax(*promote(input, other))


@primitive(
    Rule("g where a ≤ b, or b is NaN", lambda g, _y, a, b: where(_first(a, b, np.less_equal), g, 0.0)),
    Rule("g where a > b, or a is NaN", lambda g, _y, a, b: where(_first(a, b, np.less_equal), 0.0, g)),
)
def fmin(input: Any, other: Any) -> Any:
    """The smaller of two elements, and where one is NaN the other; where they are equal, `input` gets the gradient.

    >>> import minigrad
    >>> minigrad.fmin(minigrad.tensor([1.0, float("nan")]), minigrad.tensor([3.0, 2.0]))
    tensor([1., 2.])
    """
    return np.fmin(*promote(input, other))


def clamp(input: Any, min: Any = None, max: Any = None) -> Any:
    """Every element, brought into the range from `min` to `max`.

    Arguments:
        input: a tensor.
        min, max: numbers, or tensors that broadcast, or None for no bound on that side. Where `min` lies above `max`
            the result is `max`.

    >>> import minigrad
    >>> minigrad.clamp(minigrad.tensor([-2.0, 0.5, 2.0]), -1, 1)
    tensor([-1.0000,  0.5000,  1.0000])
    >>> minigrad.clamp(minigrad.tensor([-2.0, 0.5, 2.0]), max=minigrad.tensor([0.0, 0.0, 3.0]))
    tensor([-2.,  0.,  2.])
    """
    if isinstance(min, TensorBase) or isinstance(max, TensorBase):
        return _clamp_to_tensors(input, min, max)
    return _clamp(input, min=min, max=max)


@primitive(
    Rule("g where min ≤ x ≤ max, else 0", lambda g, _y, x, min, max: where(_inside(x, min, max), g, 0.0)), name="clamp"
)
def _clamp(input: Any, min: Any, max: Any) -> Any:
    return np.clip(*_with_bounds(input, min, max))


@primitive(
    Rule("g where min ≤ x ≤ max, else 0", lambda g, _y, x, min, max: where(_inside(x, min, max), g, 0.0)),
    Rule("g where x < min < max", lambda g, _y, x, min, max: where(_below(x, min, max), g, 0.0)),
    Rule("g where x > max or min > max", lambda g, _y, x, min, max: where(_above(x, min, max), g, 0.0)),
    name="clamp",
)
def _clamp_to_tensors(input: Any, min: Any, max: Any) -> Any:
    return np.clip(*_with_bounds(input, min, max))


def _with_bounds(x: Any, low: Any, high: Any) -> tuple[Any, Any, Any]:
    """The operands of a clamp in the type that PyTorch would compute in."""
    if low is None and high is None:
        raise ValueError("at least one of min and max must be given")
    dtype = dtypes.result_type(*(operand for operand in (x, low, high) if operand is not None))
    return x.astype(dtype, copy=False), *(_bound(bound, dtype) for bound in (low, high))


def _bound(bound: Any, dtype: np.dtype) -> Any:
    if bound is None:
        return None
    return bound.astype(dtype, copy=False) if isinstance(bound, np.ndarray) else dtypes.fitting(bound, dtype)


@primitive(
    Rule("g where not masked, else 0", lambda g, _y, _x, mask, value: masked_fill(g, mask, 0.0)),
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
    return in_order(np.where(_bools(mask, "mask"), dtypes.fitting(value, input.dtype), input))


@primitive(Rule("g", lambda g, _y, _x, _mask, value: g), no_gradient)
def masked_add(input: Any, mask: Any, value: Any) -> Any:
    """`input` with `value` added wherever `mask` is true: for scores that have no weight then. To fill costs more.

    Arguments:
        input: a tensor.
        mask: a bool tensor that broadcasts to the shape of `input`.
        value: a number, as a rule a huge negative one. The gradient passes everywhere, and is 0 where the weight is.
    """
    return input + np.where(_bools(mask, "mask"), value, 0).astype(input.dtype)


@primitive(Rule("g where x is finite, else 0", lambda g, _y, x, nan, posinf, neginf: where(_finite(x), g, 0.0)))
def nan_to_num(input: Any, nan: float | None = 0.0, posinf: float | None = None, neginf: float | None = None) -> Any:
    """`input` with numbers in place of NaN and the infinities.

    Arguments:
        input: a tensor.
        nan: what NaN becomes.
        posinf, neginf: what ∞ and -∞ become: the largest and the smallest number of the type by default.

    >>> import minigrad
    >>> minigrad.nan_to_num(minigrad.tensor([float("nan"), float("inf"), 1.0]), posinf=9.0)
    tensor([0., 9., 1.])
    """
    return np.nan_to_num(input, nan=0.0 if nan is None else nan, posinf=posinf, neginf=neginf)


def clamp_min(input: Any, min: Any) -> Any:
    """`clamp` from below alone.

    >>> import minigrad
    >>> minigrad.clamp_min(minigrad.tensor([-1.0, 2.0]), 0)
    tensor([0., 2.])
    """
    return clamp(input, min=min)


def clamp_max(input: Any, max: Any) -> Any:
    """`clamp` from above alone.

    >>> import minigrad
    >>> minigrad.clamp_max(minigrad.tensor([-1.0, 2.0]), 0)
    tensor([-1.,  0.])
    """
    return clamp(input, max=max)


# --- helpers of the rules above


def _bools(x: np.ndarray, name: str) -> np.ndarray:
    if getattr(x, "dtype", None) != dtypes.bool:
        raise TypeError(f"{name} must be a bool tensor, such as a comparison gives")
    return x


def _array(x: Any) -> np.ndarray:
    """The array of a tensor, in rules that make a constant of it."""
    return getattr(x, "array", x)


def _share(a: Any, b: Any, dtype: np.dtype) -> np.ndarray:
    """1 where a is larger or one is NaN, 1/2 where they are equal, else 0: a constant for the second order."""
    a, b = _array(a), _array(b)
    return np.asarray(1 - 0.5 * np.less(a, b) - 0.5 * np.less_equal(a, b), dtype)


def _first(a: Any, b: Any, better: Any) -> np.ndarray:
    """Whether `fmax` or `fmin` takes the first operand."""
    a, b = _array(a), _array(b)
    return np.asarray(better(a, b) | np.isnan(b))


def _bounds(low: Any, high: Any) -> tuple[Any, Any]:
    return -np.inf if low is None else _array(low), np.inf if high is None else _array(high)


def _inside(x: Any, low: Any, high: Any) -> np.ndarray:
    x, (low, high) = _array(x), _bounds(low, high)
    return np.asarray((x >= low) & (x <= high))


def _below(x: Any, low: Any, high: Any) -> np.ndarray:
    x, low = _array(x), _array(low)
    return np.asarray((x < low) if high is None else (x < low) & (low < _array(high)))


def _above(x: Any, low: Any, high: Any) -> np.ndarray:
    x, (low, high) = _array(x), _bounds(low, high)
    return np.asarray((x > high) | (low > high))


def _finite(x: Any) -> np.ndarray:
    return np.asarray(np.isfinite(_array(x)))
