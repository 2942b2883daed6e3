"""JAX: the whole step in one `jit`, old weights and moments given back to it as memory for the new ones."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tests.benchmarks.models_numpy import cross_entropy, logits_of

version = jax.__version__


def scan(np: Any, step: Any, state: Any, inputs: Any) -> Any:
    """What `models_numpy.loop` does, as JAX has it."""
    return jax.lax.scan(step, state, inputs)[1]


class trainer:  # noqa: N801  each peer has one under this name
    """A model in training; see `models_torch.Trainer`."""

    def __init__(self, model: str, size: Any, weights: Any, lr: float = 1e-3):
        logits = logits_of(jnp, model, size, **({} if model == "transformer" else {"scan": scan}))
        self.weights = {name: jnp.array(w) for name, w in weights.items()}
        self.state = (jnp.zeros((), jnp.int32), *(jax.tree.map(jnp.zeros_like, self.weights) for _ in range(2)))
        self._logits = jax.jit(logits)

        @functools.partial(jax.jit, donate_argnums=(0, 1))
        def step(weights: Any, state: Any, tokens: Any, targets: Any) -> Any:
            loss, g = jax.value_and_grad(lambda w: cross_entropy(jnp, logits(w, tokens), targets))(weights)
            count, mean, square = state[0] + 1, state[1], state[2]
            mean = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, mean, g)
            square = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, square, g)
            first, second = 1 - 0.9**count, 1 - 0.999**count
            weights = jax.tree.map(
                lambda w, m, v: w - lr * (m / first) / (jnp.sqrt(v / second) + 1e-8), weights, mean, square
            )
            return weights, (count, mean, square), loss

        self._step = step

    def tensors(self, *arrays: np.ndarray) -> Any:
        """NumPy's arrays as JAX takes them."""
        return tuple(jnp.asarray(array.astype(np.int32)) for array in arrays)

    def step(self, tokens: Any, targets: Any) -> Any:
        """One step of training; the loss before it, which JAX may still be computing."""
        self.weights, self.state, loss = self._step(self.weights, self.state, tokens, targets)
        return loss

    def predict(self, tokens: np.ndarray) -> np.ndarray:
        """The likeliest symbols, (B, T)."""
        return np.asarray(self._logits(self.weights, tokens)).argmax(-1)
