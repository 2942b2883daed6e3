"""What makes weights of scores: softmax, and what can stand in its place.

A normaliser takes scores of shape (..., queries, keys) and returns weights of that shape. Where a query must not look
`lowest` was added to the score, and every normaliser here makes 0 of that, and of scores of -∞: a query that finds
nothing else gets no weights at all.
"""

from collections.abc import Callable

import numpy as np

from minigrad.ops.activations import relu, safe_softmax, sigmoid
from minigrad.ops.sparsemax import sparsemax
from minigrad.tensor import Tensor, wrap

Normaliser = Callable[[Tensor], Tensor]


def lowest(dtype: np.dtype) -> float:
    """What is added to scores where a query must not look: half the most negative number, so that nothing overflows."""
    return float(np.finfo(dtype).min) / 2


def softmax_weights(scores: Tensor) -> Tensor:
    """Positive weights that sum to 1 for each query."""
    return safe_softmax(scores, -1, masked=lowest(scores.dtype) / 2)


def sparsemax_weights(scores: Tensor) -> Tensor:
    """Weights that sum to 1 for each query, most of them exactly 0 (Martins and Astudillo, 2016)."""
    nothing = scores.array.max(-1, keepdims=True, initial=-np.inf) <= lowest(scores.dtype) / 2
    if not nothing.any():
        return sparsemax(scores, -1)
    return sparsemax(scores.masked_fill(nothing, 0.0), -1).masked_fill(nothing, 0.0)


def relu_weights(scores: Tensor) -> Tensor:
    """max(score, 0) / keys: they do not sum to 1 (Wortsman et al., "Replacing softmax with ReLU", 2023)."""
    return relu(scores) / _keys(scores)


def sigmoid_weights(scores: Tensor) -> Tensor:
    """σ(score - log keys): each key is weighed by itself (Ramapuram et al., "Sigmoid Self-Attention", 2024)."""
    return sigmoid(scores - _keys(scores).log())


def _keys(scores: Tensor) -> Tensor:
    """At how many keys each query may look; of shape (..., queries, 1)."""
    allowed = scores.array > lowest(scores.dtype) / 2
    return wrap(np.maximum(allowed.sum(-1, keepdims=True), 1).astype(scores.dtype))


NORMALISERS: dict[str, Normaliser] = {
    "softmax": softmax_weights,
    "relu": relu_weights,
    "sigmoid": sigmoid_weights,
    "sparsemax": sparsemax_weights,
}


def normaliser_of(normaliser: str | Normaliser, function: str) -> Normaliser:
    """A normaliser by its name, or the callable itself.

    Arguments:
        normaliser: a name in `NORMALISERS`, or a function of scores.
        function: who asks, for the message.

    Raises:
        ValueError: for an unknown name, listing those that there are.
    """
    if callable(normaliser):
        return normaliser
    if normaliser not in NORMALISERS:
        raise ValueError(
            f"{function}: normaliser = {normaliser!r} is unknown; {', '.join(NORMALISERS)} would do, or a function "
            "from scores of shape (..., queries, keys) to weights"
        )
    return NORMALISERS[normaliser]
