"""The GEMM bound: only the matrix products of a step, forward and backward, into memory that is there already.

By the BLAS that NumPy uses, and so below what any step on NumPy can take. It computes no loss.
"""

from typing import Any

import numpy as np

version = np.__version__
Product = tuple[np.ndarray, np.ndarray, np.ndarray]  # two factors, and where their product goes


def new(*shape: int) -> np.ndarray:
    """Random numbers, so that none is zero or denormal."""
    return np.random.default_rng(0).random(shape, np.float32) - 0.5


def linear(rows: int, inputs: int, outputs: int) -> list[Product]:
    """A linear layer's three products: its output, and the gradients of its input and of its weight."""
    x, w, y = new(rows, inputs), new(outputs, inputs), new(rows, outputs)
    return [(x, w.T, y), (y, w, np.empty_like(x)), (y.T, x, np.empty_like(w))]


def attention(batch: int, heads: int, length: int, width: int) -> list[Product]:
    """Attention's six: scores and output, and the gradients of values, weights, queries and keys."""
    q, k, v, y = (new(batch, heads, length, width) for _ in range(4))
    weights = new(batch, heads, length, length)
    return [
        (q, k.mT, weights),
        (weights, v, y),
        (weights.mT, y, np.empty_like(v)),
        (y, v.mT, np.empty_like(weights)),
        (weights, k, np.empty_like(q)),
        (weights.mT, q, np.empty_like(k)),
    ]


def transformer(size: Any) -> list[Product]:
    """All products of a step of the Transformer."""
    rows, d = size.batch * size.length, size.width
    products = linear(rows, d, size.vocabulary)
    for _ in range(size.layers):
        for inputs, outputs in [(d, d)] * 4 + [(d, 4 * d), (4 * d, d)]:
            products += linear(rows, inputs, outputs)
        products += attention(size.batch, size.heads, size.length, d // size.heads)
    return products


def recurrent(size: Any, gates: int) -> list[Product]:
    """All products of a step of a recurrent language model: over time where one step does not need the other."""
    rows, d = size.batch * size.length, size.width
    products = linear(rows, d, size.vocabulary)
    for _ in range(size.layers):
        products += linear(rows, d, gates * d)
        h, w, g = new(size.batch, d), new(gates * d, d), new(size.batch, gates * d)
        products += [(h, w.T, g), (g, w, np.empty_like(h))] * size.length
        products += [(new(gates * d, rows), new(rows, d), new(gates * d, d))]
    return products


class trainer:  # noqa: N801  each peer has one under this name
    """What stands in for a model; see `models_torch.Trainer`."""

    def __init__(self, model: str, size: Any, weights: Any):
        gates = {"gru": 3, "lstm": 4}
        self.products = transformer(size) if model == "transformer" else recurrent(size, gates[model])

    def tensors(self, *arrays: Any) -> Any:
        """Not used."""
        return arrays

    def step(self, tokens: Any, targets: Any) -> float:
        """Multiply."""
        for a, b, out in self.products:
            np.matmul(a, b, out)
        return float("nan")
