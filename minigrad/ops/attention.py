"""Attention as one op: scores, weights and what they mix are worked out for a few sequences, or heads, at a time.

Composed of products and a softmax, attention reads and writes all scores a dozen times, and keeps them three times.
Here they stay in the processor's cache while they are needed, and what softmax divides by is multiplied to the output,
which is smaller. Parts of a batch go to several threads.
"""

from typing import Any

import numpy as np

from minigrad import threads
from minigrad.autograd.op import Rule
from minigrad.autograd.primitive import primitive
from minigrad.autograd.sums import dots, total
from minigrad.ops.activations import LEAST, safe_softmax, shifted_exponentials
from minigrad.ops.linalg import matmul
from minigrad.ops.reductions import sum

MOST = 1e10  # up to here sums of exponentials can be divided by after multiplying, with no number too small
NARROW = 16  # up to this width BLAS multiplies by a copy in order faster than by a transposed matrix (measured)


@primitive(
    Rule(
        "v: Wᵀ · g, q: S · k · c, k: Sᵀ · q · c; W = softmax(c · q · kᵀ), S = W · (g · vᵀ - Σ g·y)",
        lambda g, y, q, k, v, scale, mask, masked, **kept: (
            _gradients(g, y, q, k, v, scale, **kept) if kept else _recorded_gradients(g, q, k, v, scale, mask, masked)
        ),
    ),
    variadic=True,
)
def scaled_dot_product_attention(*tensors: Any, scale: float, mask: np.ndarray | None, masked: float) -> Any:
    """softmax(scale · q · kᵀ) · v: `minigrad.nn.functional.attention`, where nobody asks for the weights.

    Arguments:
        tensors: q, of shape (..., Tq, d), k, (..., Tk, d), and v, (..., Tk, dv): of three or more dimensions, float32
            or float64, with equal dimensions before the last two.
        scale: what scores are multiplied by.
        mask: an array that is added to the scores, broadcasting to (..., Tq, Tk); or None.
        masked: a score that is this or less says that nothing is there: see `safe_softmax`.

    Returns:
        A tensor of shape (..., Tq, dv).
    """
    q, k, v = tensors
    y = np.empty_like(q) if q.shape[-1] == v.shape[-1] else np.empty((*q.shape[:-1], v.shape[-1]), q.dtype)
    e = np.empty((*q.shape[:-1], k.shape[-2]), q.dtype)  # the exponentials of the scores
    inverse = np.empty_like(y[..., :1])  # 1 / Σ e; laid out in memory as y is, which makes multiplying twice as fast
    mask = None if mask is None else np.broadcast_to(mask, e.shape)

    def work(some: tuple[slice, ...]) -> None:
        own, part = None if mask is None else mask[some], e[some]
        scaled, keys = q[some] * scale, _across(k[some])
        with np.errstate(over="ignore"):
            np.exp(_scores(scaled, keys, own, part), out=part)
            sums = total(part, (part.ndim - 1,), keepdims=True)
        far = ~((sums > LEAST) & (sums < MOST)).squeeze(-1)  # or NaN
        if far.any():  # only these rows are shifted, as in softmax
            scores = _scores(scaled, keys, own, np.empty_like(part))
            part[far], sums[far] = shifted_exponentials(scores[far], 1, masked)
        out = y[some]
        np.matmul(part, v[some], out=out)
        out *= np.reciprocal(sums, out=inverse[some])

    threads.each(work, e, 2 * e.size * q.shape[-1], e.ndim - 2)
    return y, {"e": e, "inverse": inverse}


def _scores(q: np.ndarray, keys: np.ndarray, mask: np.ndarray | None, out: np.ndarray) -> np.ndarray:
    np.matmul(q, keys, out=out)
    if mask is not None:
        out += mask
    return out


def _across(x: np.ndarray) -> np.ndarray:
    """Matrices, transposed."""
    return x.mT.copy() if x.shape[-1] <= NARROW else x.mT


def _gradients(g: Any, y: Any, q: Any, k: Any, v: Any, scale: float, e: Any, inverse: Any) -> tuple[Any, Any, Any]:
    g_q, g_k, g_v = np.empty_like(q), np.empty_like(k), np.empty_like(v)

    def work(some: tuple[slice, ...]) -> None:
        each = g[some] * inverse[some]
        np.matmul(e[some].mT, each, out=g_v[some])
        s = each @ _across(v[some])
        s -= dots(each, y[some], (s.ndim - 1,))
        s *= e[some]
        np.matmul(s, k[some], out=g_q[some])
        np.matmul(s.mT, q[some], out=g_k[some])
        g_q[some] *= scale
        g_k[some] *= scale

    threads.each(work, e, 4 * e.size * q.shape[-1], e.ndim - 2)
    return g_q, g_k, g_v


def _recorded_gradients(g: Any, q: Any, k: Any, v: Any, scale: float, mask: np.ndarray | None, masked: float) -> Any:
    """The same on tensors, for a second derivative."""
    scores = matmul(q, k.mT) * scale
    weights = safe_softmax(scores if mask is None else scores + mask, -1, masked)
    s = matmul(g, v.mT)
    s = weights * (s - sum(s * weights, -1, keepdim=True)) * scale
    return matmul(s, k), matmul(s.mT, q), matmul(weights.mT, g)
