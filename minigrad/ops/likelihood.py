"""Losses for probabilities: yes-or-no answers, and how far one distribution is from another."""

import math
import warnings
from typing import Any

import numpy as np

from minigrad.autograd.errors import ArgumentError, ShapeError
from minigrad.autograd.op import Rule
from minigrad.autograd.primitive import primitive
from minigrad.ops.activations import softplus
from minigrad.ops.choosing import clamp
from minigrad.ops.elementwise import check_floats, exp, log
from minigrad.ops.losses import check_reduction, reduce, takes_size_average
from minigrad.ops.reductions import sum
from minigrad.ops.special import xlogy


def _check_equal(input: Any, target: Any, function: str) -> None:
    if input.shape != target.shape:
        raise ShapeError(f"{function}: input of shape {input.shape} and target of shape {target.shape} must be equal")


@primitive(
    Rule("g · (p - t) / (p · (1 - p))", lambda g, _y, p, t: g * (p - t) / clamp(p * (1 - p), min=1e-12)),
    Rule("g · (log(1 - p) - log p)", lambda g, _y, p, _t: g * (log(1 - p) - log(p))),
    name="binary_cross_entropy",
)
def _binary_cross_entropy(input: Any, target: Any) -> Any:
    """-(t log p + (1 - t) log(1 - p)), with logarithms of no less than -100."""
    with np.errstate(divide="ignore"):  # the bound is there for log 0
        yes, no = np.maximum(np.log(input), -100), np.maximum(np.log1p(-input), -100)
    return (target - 1) * no - target * yes


@takes_size_average
def binary_cross_entropy(input: Any, target: Any, weight: Any = None, *, reduction: str = "mean") -> Any:
    """Cross entropy of yes-or-no answers, from probabilities; scores are better off with the one "with logits".

    Arguments:
        input: probabilities of "yes".
        target: the right ones, of the same shape.
        weight: a factor for each element; it broadcasts.
        reduction: "mean", "sum", or "none".

    Raises:
        RuntimeError: for what is not a probability.

    >>> import minigrad
    >>> minigrad.nn.functional.binary_cross_entropy(minigrad.tensor([0.5]), minigrad.tensor([1.0]))
    tensor(0.6931)
    """
    check_reduction(reduction, "binary_cross_entropy")
    check_floats("binary_cross_entropy", input=input)
    _check_equal(input, target, "binary_cross_entropy")
    for name, x in (("input", input.array), ("target", target.array)):
        if not ((x >= 0) & (x <= 1)).all():
            raise ArgumentError(
                f"binary_cross_entropy: {name} must lie between 0 and 1; for scores use "
                "binary_cross_entropy_with_logits, or sigmoid() first"
            )
    losses = _binary_cross_entropy(input, target)
    return reduce(losses if weight is None else losses * weight, reduction)


@takes_size_average
def binary_cross_entropy_with_logits(
    input: Any, target: Any, weight: Any = None, *, reduction: str = "mean", pos_weight: Any = None
) -> Any:
    """Cross entropy of yes-or-no answers, from scores: `(1 - target) · x + log(1 + e^-x)`.

    Arguments:
        input: scores.
        target: probabilities of "yes", of the same shape.
        weight: a factor for each element; it broadcasts.
        reduction: "mean", "sum", or "none".
        pos_weight: a factor for what is said of "yes"; it broadcasts. Above 1 it asks for more yeses.

    >>> import minigrad
    >>> score, answer = minigrad.tensor([0.0]), minigrad.tensor([1.0])
    >>> minigrad.nn.functional.binary_cross_entropy_with_logits(score, answer)
    tensor(0.6931)
    """
    check_reduction(reduction, "binary_cross_entropy_with_logits")
    _check_equal(input, target, "binary_cross_entropy_with_logits")
    if pos_weight is None:
        losses = (1 - target) * input + softplus(-input, threshold=math.inf)
    else:
        losses = (1 - target) * input + (1 + (pos_weight - 1) * target) * softplus(-input, threshold=math.inf)
    return reduce(losses if weight is None else losses * weight, reduction)


@takes_size_average
def kl_div(input: Any, target: Any, *, reduction: str = "mean", log_target: bool = False) -> Any:
    """The Kullback-Leibler divergence of `input` from `target`: `target · (log target - input)`.

    Arguments:
        input: log-probabilities.
        target: probabilities, or their logarithms.
        reduction: "batchmean", which is the divergence, averaged over the batch; "sum", "none", or "mean", which
            divides by the number of elements too.
        log_target: whether `target` holds logarithms.

    >>> import minigrad
    >>> p = minigrad.tensor([[0.5, 0.5]])
    >>> minigrad.nn.functional.kl_div(minigrad.tensor([[0.9, 0.1]]).log(), p, reduction="batchmean")
    tensor(0.5108)
    """
    if reduction != "batchmean":
        check_reduction(reduction, "kl_div")
    check_floats("kl_div", input=input, target=target)
    if reduction == "mean":
        warnings.warn(
            "kl_div: reduction='mean' divides by the number of elements; the divergence is reduction='batchmean'",
            stacklevel=2,
        )
    losses = exp(target) * (target - input) if log_target else xlogy(target, target) - target * input
    return sum(losses) / len(input) if reduction == "batchmean" else reduce(losses, reduction)
