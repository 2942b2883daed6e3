"""How far two vectors are apart, and losses that push them together or apart by a margin."""

import math
from typing import Any

import numpy as np

from minigrad import dtypes
from minigrad.autograd.errors import ArgumentError, ShapeError
from minigrad.autograd.op import Rule
from minigrad.autograd.primitive import primitive
from minigrad.ops.activations import softplus
from minigrad.ops.choosing import clamp, minimum, where
from minigrad.ops.elementwise import abs, check_floats, sign, sqrt
from minigrad.ops.indexing import gather
from minigrad.ops.losses import check_reduction, reduce, takes_size_average
from minigrad.ops.norms import vector_norm
from minigrad.ops.reductions import sum
from minigrad.ops.shaping import in_order


def normalize(input: Any, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Any:
    """Vectors along `dim` brought to length 1.

    Arguments:
        input: a float tensor.
        p: which norm; 2 is the Euclidean one.
        dim: the dimension that holds the vectors' elements.
        eps: the least length to divide by.

    >>> import minigrad
    >>> minigrad.nn.functional.normalize(minigrad.tensor([3.0, 4.0]), dim=0)
    tensor([0.6000, 0.8000])
    """
    return input / clamp(vector_norm(input, p, dim, keepdim=True), min=eps)


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """The cosine of the angle between vectors along `dim`: `x1 · x2 / (|x1| |x2|)`.

    Arguments:
        x1, x2: tensors that broadcast against each other.
        dim: the dimension that holds the vectors' elements.
        eps: the least length to divide by.

    >>> import minigrad
    >>> minigrad.nn.functional.cosine_similarity(minigrad.tensor([1.0, 0.0]), minigrad.tensor([1.0, 1.0]), dim=0)
    tensor(0.7071)
    """
    dims = max(x1.ndim, x2.ndim)
    dim = dim - dims if dim >= 0 else dim  # from the end, so that it means the same in both
    return sum(normalize(x1, 2.0, dim, eps) * normalize(x2, 2.0, dim, eps), dim)


def pairwise_distance(x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Any:
    """The length of `x1 - x2 + eps` along the last dimension.

    Arguments:
        x1, x2: tensors that broadcast against each other.
        p: which norm.
        eps: keeps the difference of equal vectors away from 0.
        keepdim: keep the last dimension, with length 1.

    >>> import minigrad
    >>> minigrad.nn.functional.pairwise_distance(minigrad.tensor([[3.0, 4.0]]), minigrad.zeros(1, 2))
    tensor([5.0000])
    """
    return vector_norm(x1 - x2 + eps, p, -1, keepdim)


@takes_size_average
def cosine_embedding_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, *, reduction: str = "mean"
) -> Any:
    """`1 - cos` of pairs that belong together, `max(0, cos - margin)` of those that do not.

    Arguments:
        input1, input2: vectors, of shape (N, d), or (d,).
        target: 1 for together, -1 for apart; of shape (N,), or ().
        margin: how much likeness is allowed to pairs that do not belong together.
        reduction: "mean", "sum", or "none".

    >>> import minigrad
    >>> x, y = minigrad.tensor([[1.0, 0.0]]), minigrad.tensor([[0.0, 1.0]])
    >>> minigrad.nn.functional.cosine_embedding_loss(x, y, minigrad.tensor([1]))
    tensor(1.)
    """
    check_reduction(reduction, "cosine_embedding_loss")
    if target.ndim > 1 or input1.ndim != target.ndim + 1 or input2.ndim != target.ndim + 1:
        raise ShapeError(
            f"cosine_embedding_loss: input1 of shape {input1.shape} and input2 of shape {input2.shape} with target of "
            f"shape {target.shape}: (N, d), (N, d) and (N,) would do, or (d,), (d,) and ()"
        )
    tiny = 1e-12
    lengths = sqrt((sum(input1 * input1, -1) + tiny) * (sum(input2 * input2, -1) + tiny))
    cosine = sum(input1 * input2, -1) / lengths
    apart = where(target == -1, clamp(cosine - margin, min=0), 0.0)
    return reduce(where(target == 1, 1 - cosine, apart), reduction)


@takes_size_average
def margin_ranking_loss(input1: Any, input2: Any, target: Any, margin: float = 0.0, *, reduction: str = "mean") -> Any:
    """`max(0, margin - target · (input1 - input2))`: the one that should rank higher must lead by the margin.

    Arguments:
        input1, input2: scores, of one shape.
        target: 1 where `input1` should be higher, -1 where `input2` should.
        margin: by how much.
        reduction: "mean", "sum", or "none".

    >>> import minigrad
    >>> one, other = minigrad.tensor([0.5]), minigrad.tensor([1.0])
    >>> minigrad.nn.functional.margin_ranking_loss(one, other, minigrad.tensor([1.0]))
    tensor(0.5000)
    """
    check_reduction(reduction, "margin_ranking_loss")
    if not input1.ndim == input2.ndim == target.ndim:
        raise ShapeError(
            f"margin_ranking_loss: input1 of shape {input1.shape}, input2 of shape {input2.shape} and target of shape "
            f"{target.shape} must have as many dimensions"
        )
    return reduce(clamp(margin - target * (input1 - input2), min=0), reduction)


@takes_size_average
def hinge_embedding_loss(input: Any, target: Any, margin: float = 1.0, *, reduction: str = "mean") -> Any:
    """A distance itself for pairs that belong together, `max(0, margin - distance)` for those that do not.

    Arguments:
        input: distances.
        target: 1 for together, -1 for apart.
        margin: how far apart is far enough.
        reduction: "mean", "sum", or "none".

    >>> import minigrad
    >>> distances = minigrad.tensor([0.3, 0.3])
    >>> minigrad.nn.functional.hinge_embedding_loss(distances, minigrad.tensor([1, -1]), reduction="none")
    tensor([0.3000, 0.7000])
    """
    check_reduction(reduction, "hinge_embedding_loss")
    margin = dtypes.fitting(margin, input.dtype).item()
    apart = where(target != 1, clamp(margin - input, min=0), 0)
    return reduce(apart + where(target != -1, input, 0), reduction)


@takes_size_average
def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    *,
    reduction: str = "mean",
) -> Any:
    """`max(0, |a - p| - |a - n| + margin)`: what belongs to the anchor must be nearer than what does not.

    Arguments:
        anchor, positive, negative: vectors along the last dimension, of one shape.
        margin: by how much nearer.
        p, eps: see `pairwise_distance`.
        swap: take `|p - n|` where it is less than `|a - n|` (Balntas et al., 2016).
        reduction: "mean", "sum", or "none".

    >>> import minigrad
    >>> a, p, n = minigrad.zeros(1, 2), minigrad.tensor([[0.0, 1.0]]), minigrad.tensor([[3.0, 4.0]])
    >>> minigrad.nn.functional.triplet_margin_loss(a, p, n, margin=5.0)
    tensor(1.0000)
    """
    check_reduction(reduction, "triplet_margin_loss")
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise ShapeError(
            f"triplet_margin_loss: anchor of shape {anchor.shape}, positive of shape {positive.shape} and negative of "
            f"shape {negative.shape} must have as many dimensions"
        )
    if margin <= 0:
        raise ArgumentError(f"triplet_margin_loss: margin = {margin} must be above 0")
    near, far = pairwise_distance(anchor, positive, p, eps), pairwise_distance(anchor, negative, p, eps)
    if swap:
        far = minimum(far, pairwise_distance(positive, negative, p, eps))
    return reduce(clamp(margin + near - far, min=0), reduction)


@takes_size_average
def multi_margin_loss(
    input: Any, target: Any, p: int = 1, margin: float = 1.0, weight: Any = None, *, reduction: str = "mean"
) -> Any:
    """The mean over the wrong classes of `max(0, margin - input[right] + input[wrong])^p`.

    Arguments:
        input: scores, of shape (N, classes), or (classes,).
        target: class numbers, of shape (N,), or ().
        p: 1 or 2.
        margin: by how much the right class must lead.
        weight: a factor for each class.
        reduction: "mean", "sum", or "none".

    >>> import minigrad
    >>> minigrad.nn.functional.multi_margin_loss(minigrad.tensor([[0.5, 0.0]]), minigrad.tensor([0]))
    tensor(0.2500)
    """
    check_reduction(reduction, "multi_margin_loss")
    if p not in (1, 2):
        raise ArgumentError(f"multi_margin_loss: p = {p} must be 1 or 2")
    if target.shape != input.shape[:-1] or input.ndim not in (1, 2):
        raise ShapeError(
            f"multi_margin_loss: input of shape {input.shape} with target of shape {target.shape}: (N, classes) and "
            "(N,) would do, or (classes,) and ()"
        )
    check_floats("multi_margin_loss", input=input)
    numbers = target.unsqueeze(-1)
    behind = margin - gather(input, -1, numbers) + input
    counts = (np.arange(input.shape[-1]) != numbers.array) & (behind.array > 0)
    behind = where(counts, behind, 0.0)
    losses = behind if p == 1 else behind * behind
    if weight is not None:
        losses = losses * weight[numbers]
    return reduce(sum(losses, -1) / input.shape[-1], reduction)


@takes_size_average
def soft_margin_loss(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """`log(1 + exp(-target · input))`: cross entropy of answers 1 and -1.

    Arguments:
        input: scores.
        target: 1 or -1, of the same shape.
        reduction: "mean", "sum", or "none".

    >>> import minigrad
    >>> minigrad.nn.functional.soft_margin_loss(minigrad.tensor([0.0]), minigrad.tensor([1.0]))
    tensor(0.6931)
    """
    check_reduction(reduction, "soft_margin_loss")
    return reduce(softplus(-target * input, threshold=math.inf), reduction)


def cdist(x1: Any, x2: Any, p: float = 2.0, compute_mode: str | None = None) -> Any:
    """The distance of each of some vectors to each of some others.

    Arguments:
        x1: of shape (..., n, d).
        x2: of shape (..., m, d).
        p: which norm measures the distance: see `minigrad.linalg.vector_norm`.
        compute_mode: for PyTorch's sake; the differences themselves are computed.

    Returns:
        A tensor of shape (..., n, m).

    >>> import minigrad
    >>> minigrad.cdist(minigrad.tensor([[0.0, 0.0], [3.0, 0.0]]), minigrad.tensor([[3.0, 4.0]]))
    tensor([[5.],
            [4.]])
    """
    if x1.ndim < 2 or x2.ndim < 2 or x1.shape[-1] != x2.shape[-1]:
        raise ShapeError(
            f"cdist: x1 of shape {x1.shape} and x2 of shape {x2.shape} must be rows of vectors of one length"
        )
    check_floats("cdist", x1=x1, x2=x2)
    differences = x1[..., :, None, :] - x2[..., None, :, :]
    return _farthest(differences) if p == math.inf else vector_norm(differences, p, -1)


@primitive(
    Rule("g · sign d where |d| = y", lambda g, y, d: where(abs(d) == y[..., None], g[..., None] * sign(d), 0.0)),
    name="cdist",
)
def _farthest(differences: Any) -> Any:
    """The largest distance along the last dimension; each element that attains it gets the whole gradient."""
    return in_order(np.abs(differences).max(-1, initial=0))
