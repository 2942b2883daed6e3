"""Layers without parameters of their own: PyTorch's `torch.nn.functional`.

Most are ops; attention and dropout are composed of ops here.
"""

import math

import numpy as np

from minigrad.autograd.errors import DtypeError, ShapeError
from minigrad.autograd.modes import modes
from minigrad.autograd.scope import note
from minigrad.creation import zeros_like
from minigrad.hints import missing
from minigrad.nn.normalisers import Normaliser, lowest, softmax_weights
from minigrad.ops import attention as fused
from minigrad.ops.activations import log_softmax, logsigmoid, relu, sigmoid, softmax, softmin, softplus, tanh
from minigrad.ops.choosing import masked_add
from minigrad.ops.convolution import avg_pool1d, conv1d, conv_transpose1d, max_pool1d
from minigrad.ops.distances import (
    cosine_embedding_loss,
    cosine_similarity,
    hinge_embedding_loss,
    margin_ranking_loss,
    multi_margin_loss,
    normalize,
    pairwise_distance,
    soft_margin_loss,
    triplet_margin_loss,
)
from minigrad.ops.einsum import bilinear
from minigrad.ops.elementwise import check_floats
from minigrad.ops.embedding import embedding
from minigrad.ops.gates import gelu, glu, mish, silu, softsign, tanhshrink
from minigrad.ops.likelihood import binary_cross_entropy, binary_cross_entropy_with_logits, kl_div
from minigrad.ops.linalg import linear
from minigrad.ops.losses import cross_entropy, nll_loss
from minigrad.ops.multilabel import (
    multilabel_margin_loss,
    multilabel_soft_margin_loss,
    triplet_margin_with_distance_loss,
)
from minigrad.ops.normalisation import batch_norm, dropout_by, group_norm, layer_norm, rms_norm
from minigrad.ops.padding import pad
from minigrad.ops.rectifiers import (
    celu,
    elu,
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    prelu,
    relu6,
    selu,
    softshrink,
    threshold,
)
from minigrad.ops.regression import (
    gaussian_nll_loss,
    huber_loss,
    l1_loss,
    mse_loss,
    poisson_nll_loss,
    smooth_l1_loss,
)
from minigrad.ops.searching import one_hot
from minigrad.ops.sparsemax import sparsemax
from minigrad.random import dropout_mask
from minigrad.tensor import Tensor


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set each element to 0 with probability `p`, and scale up the others so that the mean stays.

    Srivastava et al., "Dropout", JMLR 2014. The mask is drawn from the default generator.

    Arguments:
        input: a float tensor.
        p: the probability, from 0 to 1.
        training: False returns `input` as it is.
        inplace: let `input` take on the result.

    >>> import minigrad
    >>> minigrad.nn.functional.dropout(minigrad.ones(3), p=0.5, training=False)
    tensor([1., 1., 1.])
    """
    if not 0 <= p <= 1:
        raise ValueError(f"dropout: p = {p} must lie between 0 and 1")
    if not training or p == 0:
        return input
    if p == 1:
        result = input * input.new_zeros(())
    else:
        check_floats("dropout", input=input)
        result = dropout_by(input, keep=dropout_mask(input, p))
    return input._become(result, "dropout") if inplace else result


def attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    blocked: np.ndarray | None = None,
    bias: Tensor | None = None,
    dropout_p: float = 0.0,
    scale: float | None = None,
) -> tuple[Tensor, Tensor]:
    """softmax(q · kᵀ / √d) · v: every query looks at every key, and takes that mixture of the values.

    Vaswani et al., "Attention Is All You Need", 2017, equation 1.

    Arguments:
        query: of shape (..., Tq, d).
        key: of shape (..., Tk, d).
        value: of shape (..., Tk, dv).
        blocked: bool array that broadcasts to (..., Tq, Tk); true where a query must not look. A query that may look
            nowhere gets weights and output 0.
        bias: added to the scores, broadcasting to (..., Tq, Tk).
        dropout_p: the probability with which a weight is dropped.
        scale: what scores are multiplied by; 1/√d by default.

    Returns:
        The output, of shape (..., Tq, dv), and the weights, of shape (..., Tq, Tk).
    """
    if query.shape[-1] != key.shape[-1]:
        raise ShapeError(
            f"attention: query of shape {query.shape} and key of shape {key.shape} must have equal last dimensions"
        )
    check_as_many(key, value)
    scores = query @ key.mT * (1 / math.sqrt(query.shape[-1]) if scale is None else scale)
    return attend(scores, value, blocked, bias, dropout_p)


def check_as_many(key: Tensor, value: Tensor) -> None:
    """Raises ShapeError unless there is a value for each key."""
    if key.shape[-2] != value.shape[-2]:
        raise ShapeError(
            f"attention: key of shape {key.shape} and value of shape {value.shape} must have the same "
            "number of positions, their last but one dimension"
        )


def attend(
    scores: Tensor,
    value: Tensor,
    blocked: np.ndarray | None = None,
    bias: Tensor | None = None,
    dropout_p: float = 0.0,
    normaliser: Normaliser = softmax_weights,
) -> tuple[Tensor, Tensor]:
    """What attention does once it has scores: it makes weights of them, and mixes the values by those.

    Arguments:
        scores: of shape (..., Tq, Tk).
        value: of shape (..., Tk, dv).
        blocked, bias, dropout_p: as for `attention`.
        normaliser: makes weights of scores: see `minigrad.nn.normalisers`.

    Returns:
        The output, of shape (..., Tq, dv), and the weights, of shape (..., Tq, Tk).
    """
    if bias is not None:
        scores = scores + bias
    note("scores", scores)
    if blocked is not None:
        if not _broadcasts(blocked.shape, scores.shape):
            raise ShapeError(
                f"attention: mask of shape {blocked.shape} does not broadcast to the scores' shape "
                f"{scores.shape}, which is (..., queries, keys)"
            )
        scores = masked_add(scores, blocked, value=lowest(scores.dtype))
    weights = normaliser(scores)
    if blocked is not None and blocked.all(-1).any():
        weights = weights.masked_fill(blocked, 0.0)  # the softmax of a row with nothing to look at is arbitrary
    weights = dropout(weights, dropout_p)
    output = weights @ value
    note("weights", weights)
    note("output", output)
    return output, weights


def _broadcasts(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    return len(shape) <= len(to) and all(n in (1, m) for n, m in zip(shape[::-1], to[::-1], strict=False))


def split_mask(mask: Tensor | None, true_means: str) -> tuple[np.ndarray | None, Tensor | None]:
    """Read a mask as PyTorch gives it: bool, or float and added to the scores.

    Arguments:
        mask: the mask, or None.
        true_means: what True says in a bool mask, "blocked" or "allowed": PyTorch has both.

    Returns:
        The places that are blocked, as a bool array, and what is added to the scores; either may be None.
    """
    if mask is None:
        return None, None
    if mask.dtype.kind == "b":
        return (mask.array if true_means == "blocked" else ~mask.array), None
    if mask.dtype.kind != "f":
        raise DtypeError(f"attention: mask is {mask.dtype}; it must be bool, or float to be added to the scores")
    blocked = np.isneginf(mask.array)
    if mask.requires_grad or not blocked.any():
        return None, mask
    rest = mask.masked_fill(blocked, 0.0)
    return blocked, rest if rest.array.any() else None


def causal_mask(queries: int, keys: int, start: int = 0) -> np.ndarray:
    """True where a query would look at a later position; of shape (queries, keys).

    Arguments:
        queries, keys: how many there are.
        start: the position of the first query, counted in keys.
    """
    return np.arange(keys) > np.arange(start, start + queries)[:, None]


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """PyTorch's function for `attention`: only the output, and a bool mask in which True allows to look.

    Arguments:
        query, key, value: as for `attention`.
        attn_mask: bool (True: may look) or float (added to the scores), broadcasting to (..., Tq, Tk).
        dropout_p: the probability with which a weight is dropped.
        is_causal: block later positions; not together with `attn_mask`.
        scale: what scores are multiplied by; 1/√d by default.
        enable_gqa: let keys and values have fewer heads, their third dimension from the end, each for several of the
            queries' heads (Ainslie et al., "GQA", 2023).

    Returns:
        A tensor of shape (..., Tq, dv).

    >>> import minigrad
    >>> x = minigrad.tensor([[1.0, 0.0], [0.0, 1.0]])
    >>> minigrad.nn.functional.scaled_dot_product_attention(x, x, x, is_causal=True)
    tensor([[1.0000, 0.0000],
            [0.3302, 0.6698]])
    """
    if is_causal and attn_mask is not None:
        raise RuntimeError("scaled_dot_product_attention: give attn_mask or is_causal=True, not both")
    if enable_gqa:
        key, value = (x.repeat_interleave(query.shape[-3] // x.shape[-3], -3) for x in (key, value))
    blocked, bias = split_mask(attn_mask, true_means="allowed")
    if is_causal:
        blocked = causal_mask(query.shape[-2], key.shape[-2])
    if bias is None and not dropout_p and _fits_one_op(query, key, value, blocked):
        least = lowest(query.dtype)
        mask = None if blocked is None else np.where(blocked, query.dtype.type(least), 0)
        scale = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
        return fused.scaled_dot_product_attention(query, key, value, scale=scale, mask=mask, masked=least / 2)
    return attention(query, key, value, blocked, bias, dropout_p, scale)[0]


def _fits_one_op(query: Tensor, key: Tensor, value: Tensor, blocked: np.ndarray | None) -> bool:
    """Whether attention can be worked out as one op: nobody watches its parts, and the usual shapes and types."""
    q, k, v = query.array, key.array, value.array
    if modes.watchers or q.ndim < 3 or not q.dtype == k.dtype == v.dtype or q.dtype.char not in "fd":
        return False
    if not q.shape[:-2] == k.shape[:-2] == v.shape[:-2] or (q.shape[-1], k.shape[-2]) != (k.shape[-1], v.shape[-2]):
        return False
    if not (q.size and k.size and v.size):
        return False
    scores = (*q.shape[:-1], k.shape[-2])
    return blocked is None or (_broadcasts(blocked.shape, scores) and not blocked.all(-1).any())


def gumbel_softmax(logits: Tensor, tau: float = 1.0, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Tensor:
    """A draw from the classes, by their scores, through which gradients flow.

    Jang, Gu and Poole, "Categorical Reparameterization with Gumbel-Softmax", 2017.

    Arguments:
        logits: scores; their softmax are the probabilities.
        tau: the smaller, the nearer to one class alone.
        hard: give exactly one class, with the gradient of the soft draw.
        eps: for PyTorch's sake, which no longer needs it either.
        dim: along which dimension the classes are.

    >>> import minigrad
    >>> draw = minigrad.nn.functional.gumbel_softmax(minigrad.zeros(5, 3), hard=True)
    >>> draw.sum(-1)
    tensor([1., 1., 1., 1., 1.])
    """
    waits = logits.new_empty(logits.shape).exponential_()  # -log of one is a number from the Gumbel distribution
    soft = softmax((logits - waits.log()) / tau, dim)
    if not hard:
        return soft
    choice = zeros_like(soft).scatter_(dim, soft.argmax(dim, keepdim=True), 1.0)
    return choice - soft.detach() + soft


def __getattr__(name: str) -> object:
    """Find what changes a tensor in place, such as `relu_`; or say which name was meant, or that it is out of scope."""
    if name.endswith("_") and not name.startswith("_") and hasattr(Tensor, name):
        return getattr(Tensor, name)
    raise missing("minigrad.nn.functional", name, globals())
