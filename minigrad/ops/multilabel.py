"""Losses for examples that have several right classes at once, and for triplets by a distance of one's own."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.autograd.errors import ShapeError
from minigrad.ops.activations import logsigmoid
from minigrad.ops.choosing import clamp, minimum, where
from minigrad.ops.distances import pairwise_distance
from minigrad.ops.elementwise import check_floats
from minigrad.ops.indexing import as_positions, check_positions, gather
from minigrad.ops.losses import check_reduction, reduce, takes_size_average
from minigrad.ops.reductions import mean, sum


@takes_size_average
def multilabel_soft_margin_loss(input: Any, target: Any, weight: Any = None, *, reduction: str = "mean") -> Any:
    """Cross entropy of a yes or no for each class, averaged over the classes.

    Arguments:
        input: scores, of shape (..., classes).
        target: 1 for the right classes, else 0; of the same shape.
        weight: a factor for each class.
        reduction: "mean", "sum", or "none" for a number a row.

    >>> import minigrad
    >>> minigrad.nn.functional.multilabel_soft_margin_loss(minigrad.zeros(1, 2), minigrad.tensor([[1.0, 0.0]]))
    tensor(0.6931)
    """
    check_reduction(reduction, "multilabel_soft_margin_loss")
    losses = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    return reduce(mean(losses if weight is None else losses * weight, -1), reduction)


@takes_size_average
def multilabel_margin_loss(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """Lets every right class lead every wrong one by 1: `Σ max(0, 1 - (x[right] - x[wrong])) / classes`.

    Arguments:
        input: scores, of shape (classes,) or (N, classes).
        target: the numbers of the right classes, filled up with -1; of the same shape.
        reduction: "mean", "sum", or "none" for a number a row.

    >>> import minigrad
    >>> minigrad.nn.functional.multilabel_margin_loss(minigrad.zeros(3), minigrad.tensor([2, -1, -1]))
    tensor(0.6667)
    """
    check_reduction(reduction, "multilabel_margin_loss")
    check_floats("multilabel_margin_loss", input=input)
    classes = as_positions(target)
    if input.shape != classes.shape or input.ndim not in (1, 2):
        raise ShapeError(
            f"multilabel_margin_loss: input of shape {input.shape} and target of shape {classes.shape} must be equal, "
            "(classes,) or (N, classes)"
        )
    named = np.logical_and.accumulate(classes >= 0, -1)  # what stands behind the first -1 does not count
    right = np.where(named, classes, 0)
    check_positions(right, input.shape[-1], "multilabel_margin_loss", "target", f"the classes of shape {input.shape}")
    wrong = ~(named[..., None] & (right[..., None] == np.arange(input.shape[-1]))).any(-2)
    leads = gather(input, -1, input._result(right, None))[..., None] - input[..., None, :]  # (..., right, wrong)
    counted = named[..., None] & wrong[..., None, :]
    behind = 1 - leads
    return reduce(sum(where(counted & (behind.array > 0), behind, 0.0), (-2, -1)) / input.shape[-1], reduction)


def triplet_margin_with_distance_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    distance_function: Callable[[Any, Any], Any] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Any:
    """`triplet_margin_loss` by any distance.

    Arguments:
        anchor, positive, negative: what belongs together, and what does not.
        distance_function: takes two of them; `pairwise_distance` by default.
        margin: how much farther the one shall be than the other.
        swap: take the distance of positive and negative if it is smaller.
        reduction: "mean", "sum", or "none".

    >>> import minigrad
    >>> x = minigrad.zeros(1, 2)
    >>> minigrad.nn.functional.triplet_margin_with_distance_loss(x, x, x + 0.25, margin=0.5)
    tensor(0.1464)
    """
    check_reduction(reduction, "triplet_margin_with_distance_loss")
    distance = pairwise_distance if distance_function is None else distance_function
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = minimum(far, distance(positive, negative))
    return reduce(clamp(near - far + margin, min=0), reduction)
