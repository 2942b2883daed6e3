"""Losses for classes: cross entropy, fused with its log-softmax; and what all losses share."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.autograd.errors import ArgumentError, PositionError, ShapeError
from minigrad.autograd.node import TensorBase
from minigrad.autograd.op import Rule
from minigrad.autograd.primitive import primitive
from minigrad.autograd.sums import dots, total
from minigrad.ops.activations import log_softmax, shifted, softmax
from minigrad.ops.choosing import where
from minigrad.ops.elementwise import check_floats
from minigrad.ops.reductions import mean, sum
from minigrad.ops.shaping import in_order

REDUCTIONS = ("mean", "sum", "none")


def takes_size_average(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a loss be told in PyTorch's early way how to reduce: `size_average=False` is "sum", `reduce=False` "none".

    >>> import minigrad
    >>> minigrad.nn.functional.mse_loss(minigrad.ones(2), minigrad.zeros(2), size_average=False)
    tensor(2.)
    """

    @functools.wraps(function)
    def call(*args: Any, size_average: bool | None = None, reduce: bool | None = None, **kwargs: Any) -> Any:
        if size_average is not None or reduce is not None:
            kwargs["reduction"] = "none" if reduce is False else "sum" if size_average is False else "mean"
        return function(*args, **kwargs)

    return call


@primitive(
    Rule(
        "g · (softmax(x) · Σq - q) / n",
        lambda g, _y, x, q, dim, count, p=None: (
            ((softmax(x, dim) if p is None else p) * sum(q, dim=dim, keepdim=True, dtype=None) - q)
            * _each_share(g, dim, count)
        ),
    ),
    Rule(
        "-g · log softmax(x) / n",
        lambda g, _y, x, _q, dim, count, p=None: -_each_share(g, dim, count) * log_softmax(x, dim),
    ),
    name="cross_entropy",
)
def _cross_entropy(input: Any, distribution: Any, dim: int, count: Any) -> Any:
    """-Σ q · log softmax(x) along `dim`: one number a row if `count` is None, else their sum divided by it."""
    x, dims = shifted(input, dim), (dim,)
    p = np.exp(x)
    sums = total(p, dims, keepdims=True)
    surprise = np.log(sums) - x
    if not np.isfinite(surprise).all():
        surprise[distribution == 0] = 0  # what has no part in the loss adds 0, also where it is ∞ or NaN
    p /= sums
    losses = in_order(dots(distribution, surprise, dims).squeeze(dim))
    if count is not None:
        losses = sum(losses, dim=None, keepdim=False, dtype=None) / losses.dtype.type(count)
    return losses, {"p": p}


def _each_share(g: Any, dim: int, count: Any) -> Any:
    """The gradient of each row's loss."""
    return _per_row(g, dim) if count is None else g / count


def _per_row(g: Any, dim: int) -> Any:
    return g[(slice(None),) * dim + (None,)]


@takes_size_average
def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """How surprised the model is by the right answer: `-log softmax(input)[target]`.

    Everything that can be asked of it is a matter of the distribution q that the loss `-Σ q · log softmax(x)` is
    taken against: a class number puts all of q on one class, smoothing spreads some of it, `ignore_index` and
    `weight` scale a row's q.

    Arguments:
        input: scores, of shape (classes,), (N, classes) or (N, classes, d1, ...).
        target: class numbers, of the shape of `input` without the class dimension; or probabilities, of its shape.
        weight: a factor for each class, of shape (classes,).
        ignore_index: rows with this target count nothing.
        reduction: "mean" (over the rows that count, by weight), "sum", or "none" for a number a row.
        label_smoothing: how much of q is spread over all classes, from 0 to 1.

    Returns:
        A tensor of shape (), or with "none" of the shape of the class numbers.

    Raises:
        ShapeError: for a target of another shape.
        IndexError: for a class number that does not exist.
        ValueError: for settings that do not go together.

    >>> import minigrad
    >>> scores = minigrad.tensor([[2.0, 0.0], [0.0, 0.0]])
    >>> minigrad.nn.functional.cross_entropy(scores, minigrad.tensor([0, 1]), reduction="none")
    tensor([0.1269, 0.6931])
    """
    check_reduction(reduction, "cross_entropy")
    if not 0 <= label_smoothing <= 1:
        raise ArgumentError(f"cross_entropy: label_smoothing = {label_smoothing} must lie between 0 and 1")
    dim = 0 if input.ndim == 1 else 1
    _check_weight("cross_entropy", weight, input.shape[dim])
    if target.dtype.kind == "f":
        if input.shape != target.shape:
            raise ShapeError(
                f"cross_entropy: target probabilities of shape {target.shape} must have the shape of "
                f"input, {input.shape}"
            )
        if ignore_index >= 0:
            raise ArgumentError(f"cross_entropy: ignore_index = {ignore_index} needs a target of class numbers")
        rows = input.shape[:dim] + input.shape[dim + 1 :]
        q, count = _smoothed(target, dim, label_smoothing), float(np.prod(rows))
        if weight is not None:
            q = q * _along_classes(weight.array, input.ndim, dim)
    else:
        q, count = _from_classes("cross_entropy", input, target, weight, dim, ignore_index, label_smoothing)
    return _cross_entropy(input, q, dim=dim, count={"none": None, "sum": 1.0, "mean": count}[reduction])


def _from_classes(
    function: str, input: Any, target: Any, weight: Any, dim: int, ignore_index: int, label_smoothing: float
) -> tuple[np.ndarray, Any]:
    """The distribution for class numbers, and the weight of all rows together."""
    x, numbers = input.array, target.array if isinstance(target, TensorBase) else target
    classes = x.shape[dim]
    if x.shape[:dim] + x.shape[dim + 1 :] != numbers.shape:
        raise ShapeError(
            f"{function}: target of shape {numbers.shape} must have the shape of input, {x.shape}, "
            f"without its class dimension {dim}"
        )
    exist = (numbers >= 0) & (numbers < classes)
    all_count = exist.all() and not 0 <= ignore_index < classes
    counts = exist if all_count else numbers != ignore_index
    if not all_count and (wrong := numbers[counts & ~exist]).size:
        raise PositionError(f"{function}: target holds class {wrong[0]}, but input of shape {x.shape} has {classes}")
    one_hot = _per_row(numbers, dim) == _along_classes(np.arange(classes), x.ndim, dim)
    q = _smoothed(one_hot.astype(x.dtype), dim, label_smoothing)
    if weight is None:
        count = float(counts.sum())
    else:
        q = q * _along_classes(weight.array, x.ndim, dim)
        count = weight.array[numbers[counts]].sum()
    return (q if all_count else q * _per_row(counts, dim)), count


def _check_weight(function: str, weight: Any, classes: int) -> None:
    if weight is not None and weight.shape != (classes,):
        raise ShapeError(f"{function}: weight of shape {weight.shape} must be ({classes},), a factor for each class")


def _along_classes(values: np.ndarray, ndim: int, dim: int) -> np.ndarray:
    return values.reshape([-1 if i == dim else 1 for i in range(ndim)])


def _smoothed(q: Any, dim: int, amount: float) -> Any:
    """Move `amount` of the distribution to the uniform one (Szegedy et al., 2015, section 7)."""
    return q if amount == 0 else q * (1 - amount) + amount / q.shape[dim]


def check_reduction(reduction: str, function: str) -> None:
    """Raises ValueError for a reduction that is none."""
    if reduction not in REDUCTIONS:
        raise ArgumentError(f"{function}: reduction = {reduction!r} is none of {', '.join(map(repr, REDUCTIONS))}")


def reduce(losses: Any, reduction: str) -> Any:
    """Losses as they are, added up, or averaged."""
    return losses if reduction == "none" else sum(losses) if reduction == "sum" else mean(losses)


@takes_size_average
def nll_loss(input: Any, target: Any, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean") -> Any:
    """`-input[target]`, for an input that holds log-probabilities; arguments as for `cross_entropy`.

    >>> import minigrad
    >>> minigrad.nn.functional.nll_loss(minigrad.tensor([[-0.1, -2.4]]), minigrad.tensor([0]))
    tensor(0.1000)
    """
    check_reduction(reduction, "nll_loss")
    check_floats("nll_loss", input=input)
    dim = 0 if input.ndim == 1 else 1
    _check_weight("nll_loss", weight, input.shape[dim])
    q, count = _from_classes("nll_loss", input, target, weight, dim, ignore_index, 0.0)
    losses = -sum(where(q != 0, input, 0.0) * q, dim)  # 0 · -∞ = 0
    if reduction == "none":
        return losses
    return sum(losses) if reduction == "sum" else sum(losses) / count
