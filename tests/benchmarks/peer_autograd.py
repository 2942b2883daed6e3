"""HIPS autograd, the tape on NumPy that JAX grew out of."""

from importlib.metadata import version as version_of
from typing import Any

import autograd.numpy as anp
from autograd import value_and_grad

from tests.benchmarks.models_numpy import Adam, cross_entropy, logits_of

version = version_of("autograd")


class trainer:  # noqa: N801  each peer has one under this name
    """A model in training; see `models_torch.Trainer`."""

    def __init__(self, model: str, size: Any, weights: Any, lr: float = 1e-3):
        logits = logits_of(anp, model, size)
        self.weights = {name: w.copy() for name, w in weights.items()}
        self.adam = Adam(self.weights, lr)
        self._loss = value_and_grad(lambda w, tokens, targets: cross_entropy(anp, logits(w, tokens), targets))

    def tensors(self, *arrays: Any) -> Any:
        """NumPy's arrays are what autograd takes."""
        return arrays

    def step(self, tokens: Any, targets: Any) -> float:
        """One step of training; the loss before it."""
        loss, gradients = self._loss(self.weights, tokens, targets)
        self.adam.step(gradients)
        return loss
