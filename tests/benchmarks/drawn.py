"""Weights and batches, drawn by NumPy from a seed, so that every peer starts from the same numbers.

The weights have PyTorch's names and layouts: minigrad and PyTorch load them as a `state_dict`, the others as a dict.
"""

import numpy as np

from tests.benchmarks.sizes import Size

Weights = dict[str, np.ndarray]
Batch = tuple[np.ndarray, np.ndarray]  # what is read, and what is to be said, both (B, T)


def shapes(model: str, size: Size) -> dict[str, tuple[int, ...]]:
    """The shape of every parameter of a model."""
    d, found = size.width, {"embedding.weight": (size.vocabulary, size.width)}
    if model == "transformer":
        found["position"] = (size.length, d)
        for i in range(size.layers):
            found |= {f"layers.{i}.{name}.weight": (d, d) for name in ("q", "k", "v", "out")}
            found |= {f"layers.{i}.{name}.bias": (d,) for name in ("q", "k", "v", "out")}
            found |= {f"layers.{i}.up.weight": (4 * d, d), f"layers.{i}.up.bias": (4 * d,)}
            found |= {f"layers.{i}.down.weight": (d, 4 * d), f"layers.{i}.down.bias": (d,)}
            found |= {f"layers.{i}.norm{n}.{kind}": (d,) for n in (1, 2) for kind in ("weight", "bias")}
        found |= {"norm.weight": (d,), "norm.bias": (d,)}
    else:
        rows = {"gru": 3, "lstm": 4}[model] * d
        for i in range(size.layers):
            found |= {f"rnn.weight_{kind}_l{i}": (rows, d) for kind in ("ih", "hh")}
            found |= {f"rnn.bias_{kind}_l{i}": (rows,) for kind in ("ih", "hh")}
    return found | {"head.weight": (size.vocabulary, d), "head.bias": (size.vocabulary,)}


def weights(model: str, size: Size, seed: int = 0) -> Weights:
    """Values for every parameter: norms start at one and zero, all else evenly spread over ±1/√width."""
    rng = np.random.default_rng(seed)
    limit = size.width**-0.5

    def draw(name: str, shape: tuple[int, ...]) -> np.ndarray:
        if "norm" in name:
            return np.full(shape, 1.0 if name.endswith("weight") else 0.0, np.float32)
        return rng.uniform(-limit, limit, shape).astype(np.float32)

    return {name: draw(name, shape) for name, shape in shapes(model, size).items()}


def batches(size: Size, count: int, seed: int = 1) -> list[Batch]:
    """Random sequences to be said backwards: the same for every model and peer."""
    drawn = np.random.default_rng(seed).integers(size.vocabulary, size=(count, size.batch, size.length))
    return [(x, np.ascontiguousarray(x[:, ::-1])) for x in drawn]
