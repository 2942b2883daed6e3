"""The models as functions of a dict of weights, for libraries that offer NumPy's functions: JAX, MyGrad, autograd.

They compute what `models_torch` computes, from weights of the same names and layouts.
"""

from collections.abc import Callable
from typing import Any

import numpy

Weights = dict[str, Any]
f32 = numpy.float32  # MyGrad takes Python's numbers for float64, and all that follows from them


def transformer(np: Any, w: Weights, tokens: Any, size: Any) -> Any:
    """Logits, (B, T, vocabulary), by the functions of the library `np`."""
    x = w["embedding.weight"][tokens] + w["position"]  # (B, T, d)
    for i in range(size.layers):
        x = _layer(np, w, f"layers.{i}.", x, size.heads, size.causal)
    return _linear(np, w, "head", _norm(np, w, "norm", x))


def _layer(np: Any, w: Weights, name: str, x: Any, heads: int, causal: bool) -> Any:
    batch, length, width = x.shape

    def split(y: Any) -> Any:
        return np.transpose(np.reshape(y, (batch, length, heads, width // heads)), (0, 2, 1, 3))  # (B, h, T, d/h)

    y = _norm(np, w, name + "norm1", x)
    q, k, v = (split(_linear(np, w, name + part, y)) for part in "qkv")
    scores = np.matmul(q, np.transpose(k, (0, 1, 3, 2))) * f32((width // heads) ** -0.5)  # (B, h, T, T)
    if causal:
        scores = scores + numpy.triu(numpy.full((length, length), -1e9, numpy.float32), 1)
    y = np.transpose(np.matmul(_softmax(np, scores), v), (0, 2, 1, 3))
    x = x + _linear(np, w, name + "out", np.reshape(y, (batch, length, width)))
    y = np.maximum(_linear(np, w, name + "up", _norm(np, w, name + "norm2", x)), f32(0))
    return x + _linear(np, w, name + "down", y)


def _linear(np: Any, w: Weights, name: str, x: Any) -> Any:
    return np.matmul(x, np.transpose(w[name + ".weight"])) + w[name + ".bias"]


def _norm(np: Any, w: Weights, name: str, x: Any) -> Any:
    centred = x - np.mean(x, axis=-1, keepdims=True)
    variance = np.mean(centred * centred, axis=-1, keepdims=True)
    return centred / np.sqrt(variance + f32(1e-5)) * w[name + ".weight"] + w[name + ".bias"]


def _softmax(np: Any, x: Any) -> Any:
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def _sigmoid(np: Any, x: Any) -> Any:
    return f32(1) / (f32(1) + np.exp(-x))


def gru_step(np: Any, h: Any, gates: Any, w_hh: Any, b_hh: Any) -> tuple[Any, Any]:
    """The next state of a GRU, twice: as the state and as what it shows. `gates` is what the input says."""
    n = h.shape[-1]
    recurrent = np.matmul(h, np.transpose(w_hh)) + b_hh
    both = _sigmoid(np, gates[:, : 2 * n] + recurrent[:, : 2 * n])
    reset, update = both[:, :n], both[:, n:]
    new = np.tanh(gates[:, 2 * n :] + reset * recurrent[:, 2 * n :])
    h = new + update * (h - new)
    return h, h


def lstm_step(np: Any, state: Any, gates: Any, w_hh: Any, b_hh: Any) -> tuple[Any, Any]:
    """The next state (h, c) of an LSTM, and h."""
    h, c = state
    n = h.shape[-1]
    gates = gates + np.matmul(h, np.transpose(w_hh)) + b_hh
    both = _sigmoid(np, gates[:, : 2 * n])
    c = both[:, n:] * c + both[:, :n] * np.tanh(gates[:, 2 * n : 3 * n])
    h = _sigmoid(np, gates[:, 3 * n :]) * np.tanh(c)
    return (h, c), h


def loop(np: Any, step: Callable[[Any, Any], tuple[Any, Any]], state: Any, inputs: Any) -> Any:
    """All that the steps show, (T, B, d), by a Python loop over time."""
    shown = []
    for t in range(inputs.shape[0]):
        state, h = step(state, inputs[t])
        shown.append(h)
    return np.stack(shown)


def recurrent(np: Any, w: Weights, tokens: Any, size: Any, kind: str, scan: Callable[..., Any] = loop) -> Any:
    """Logits, (B, T, vocabulary), of a language model on a GRU or an LSTM; `scan` walks over time, as `loop` does."""
    batch, d = len(tokens), size.width
    x = w["embedding.weight"][tokens.T]  # (T, B, d)
    for i in range(size.layers):
        w_hh, b_hh = w[f"rnn.weight_hh_l{i}"], w[f"rnn.bias_hh_l{i}"]
        gates = np.matmul(x, np.transpose(w[f"rnn.weight_ih_l{i}"])) + w[f"rnn.bias_ih_l{i}"]  # (T, B, 3d or 4d)
        zeros = numpy.zeros((batch, d), numpy.float32)
        start, one = (zeros, gru_step) if kind == "gru" else ((zeros, zeros), lstm_step)
        x = scan(np, lambda state, g, one=one, w_hh=w_hh, b_hh=b_hh: one(np, state, g, w_hh, b_hh), start, gates)
    return np.transpose(_linear(np, w, "head", x), (1, 0, 2))


def logits_of(np: Any, model: str, size: Any, **options: Any) -> Callable[[Weights, Any], Any]:
    """The function from weights and tokens to logits."""
    if model == "transformer":
        return lambda w, tokens: transformer(np, w, tokens, size)
    return lambda w, tokens: recurrent(np, w, tokens, size, model, **options)


def cross_entropy(np: Any, logits: Any, targets: Any) -> Any:
    """Minus the mean log-probability of the targets."""
    rows = np.reshape(logits, (-1, logits.shape[-1]))
    rows = rows - np.max(rows, axis=-1, keepdims=True)
    chosen = rows[numpy.arange(len(rows)), targets.reshape(-1)]
    return np.mean(np.log(np.sum(np.exp(rows), axis=-1)) - chosen)


class Adam:
    """Adam (Kingma and Ba, 2015) on NumPy's arrays, in place, with PyTorch's defaults."""

    def __init__(self, weights: dict[str, numpy.ndarray], lr: float):
        self.weights, self.lr, self.count = weights, lr, 0
        self.mean = {name: numpy.zeros_like(w) for name, w in weights.items()}
        self.square = {name: numpy.zeros_like(w) for name, w in weights.items()}

    def step(self, gradients: dict[str, numpy.ndarray]) -> None:
        """Move every weight."""
        self.count += 1
        size = self.lr / (1 - 0.9**self.count)
        scale = (1 - 0.999**self.count) ** -0.5
        for name, w in self.weights.items():
            g, m, v = gradients[name], self.mean[name], self.square[name]
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            w -= size * m / (numpy.sqrt(v) * scale + 1e-8)
