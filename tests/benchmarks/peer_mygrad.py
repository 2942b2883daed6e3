"""MyGrad, tensors with a tape on NumPy."""

from typing import Any

import mygrad

from tests.benchmarks.models_numpy import Adam, cross_entropy, logits_of

version = mygrad.__version__


class trainer:  # noqa: N801  each peer has one under this name
    """A model in training; see `models_torch.Trainer`."""

    def __init__(self, model: str, size: Any, weights: Any, lr: float = 1e-3):
        self.logits = logits_of(mygrad, model, size)
        self.weights = {name: mygrad.tensor(w) for name, w in weights.items()}
        self.adam = Adam({name: w.data for name, w in self.weights.items()}, lr)

    def tensors(self, *arrays: Any) -> Any:
        """NumPy's arrays are what MyGrad takes."""
        return arrays

    def step(self, tokens: Any, targets: Any) -> float:
        """One step of training; the loss before it."""
        loss = cross_entropy(mygrad, self.logits(self.weights, tokens), targets)
        loss.backward()
        self.adam.step({name: w.grad for name, w in self.weights.items()})
        return loss.item()
