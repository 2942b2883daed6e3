"""By hand: the Transformer's step, forward and back, written out with NumPy's calls and nothing else.

No tensors, no graph, no modules, one array for all weights: what a step costs beyond this is what an engine on NumPy
costs. Importing minigrad tells the C allocator what minigrad's own step has; BLAS keeps its threads. It computes what
`models_torch` does.
"""

from typing import Any

import numpy as np

import minigrad  # noqa: F401  for what it tells the allocator

version = np.__version__
Arrays = dict[str, np.ndarray]


class trainer:  # noqa: N801  each peer has one under this name
    """The Transformer in training; see `models_torch.Trainer`."""

    def __init__(self, model: str, size: Any, weights: Arrays, lr: float = 1e-3):
        if model != "transformer" or size.causal:
            raise ImportError("only the Transformer that looks both ways was written by hand")
        self.size, self.lr, self.count = size, lr, 0
        self.flat = np.concatenate([w.reshape(-1) for w in weights.values()])
        self.flat_g, self.mean, self.square = (np.zeros_like(self.flat) for _ in range(3))
        self.w, self.g = (views(flat, weights) for flat in (self.flat, self.flat_g))  # weights and their gradients
        self.ones = np.ones(max(size.batch * size.length, 4 * size.width), np.float32)

    def tensors(self, *arrays: np.ndarray) -> tuple[np.ndarray, ...]:
        """NumPy's arrays as they are."""
        return arrays

    def step(self, tokens: np.ndarray, targets: np.ndarray) -> float:
        """One step of training; the loss before it."""
        x = self.w["embedding.weight"][tokens]
        x += self.w["position"]
        x = x.reshape(-1, self.size.width)
        kept = []
        for i in range(self.size.layers):
            x, saved = self.layer(f"layers.{i}.", x)
            kept.append(saved)
        y, norm = self.norm("norm", x)
        loss, g = self.cross_entropy(self.linear("head", y), targets.reshape(-1))
        g = self.norm_back("norm", self.linear_back("head", g, y), *norm)
        for i in reversed(range(self.size.layers)):
            g = self.layer_back(f"layers.{i}.", g, *kept[i])
        np.matmul(self.ones[: len(tokens)], g.reshape(len(tokens), -1), out=self.g["position"].reshape(-1))
        one_hot = tokens.reshape(-1) == np.arange(self.size.vocabulary)[:, None]
        np.matmul(one_hot.astype(np.float32), g, out=self.g["embedding.weight"])
        self.adam()
        return loss

    def linear(self, name: str, x: np.ndarray) -> np.ndarray:
        """x · Wᵀ + b."""
        y = x @ self.w[name + ".weight"].T
        y += self.w[name + ".bias"]
        return y

    def linear_back(self, name: str, g: np.ndarray, x: np.ndarray) -> np.ndarray:
        """The gradient of x; those of W and b are written down."""
        np.matmul(g.T, x, out=self.g[name + ".weight"])
        np.matmul(self.ones[: len(g)], g, out=self.g[name + ".bias"])
        return g @ self.w[name + ".weight"]

    def norm(self, name: str, x: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
        """Layer normalisation, and what its gradient needs."""
        d = x.shape[1]
        standard = x - (x @ self.ones[:d])[:, None] / np.float32(d)
        square = np.vecdot(standard, standard)
        square /= d
        square += 1e-5
        inverse = (1 / np.sqrt(square, out=square))[:, None]
        standard *= inverse
        y = standard * self.w[name + ".weight"]
        y += self.w[name + ".bias"]
        return y, (standard, inverse)

    def norm_back(self, name: str, g: np.ndarray, standard: np.ndarray, inverse: np.ndarray) -> np.ndarray:
        """The gradient of x; those of weight and bias are written down."""
        weight, ones = self.w[name + ".weight"], self.ones[: len(g)]
        np.matmul(ones, g, out=self.g[name + ".bias"])
        product = g * standard
        np.matmul(ones, product, out=self.g[name + ".weight"])
        share = weight / np.float32(len(weight))
        along = (product @ share)[:, None]
        result = g * weight
        result -= (g @ share)[:, None]
        result -= np.multiply(standard, along, out=product)
        result *= inverse
        return result

    def heads(self, x: np.ndarray) -> np.ndarray:
        """(B · T, d) as (B, h, T, d/h)."""
        return x.reshape(self.size.batch, self.size.length, self.size.heads, -1).transpose(0, 2, 1, 3)

    def rows(self, x: np.ndarray) -> np.ndarray:
        """The way back of `heads`."""
        return x.transpose(0, 2, 1, 3).reshape(-1, self.size.width)

    def layer(self, name: str, x: np.ndarray) -> tuple[np.ndarray, Any]:
        """A layer's output, and what going back needs."""
        y1, norm1 = self.norm(name + "norm1", x)
        q, k, v = (self.heads(self.linear(name + part, y1)) for part in "qkv")
        q = q * np.float32((self.size.width // self.size.heads) ** -0.5)
        e = q @ k.mT.copy()
        np.exp(e, out=e)  # scores are small here; an engine has to look
        inverse = (1 / (e @ self.ones[: e.shape[-1]]))[..., None]
        found = e @ v
        found *= inverse
        mixed = self.rows(found)
        x = self.linear(name + "out", mixed) + x
        y2, norm2 = self.norm(name + "norm2", x)
        up = self.linear(name + "up", y2)
        np.maximum(up, np.zeros(up.shape[1], np.float32), out=up)
        return self.linear(name + "down", up) + x, (y1, norm1, q, k, v, e, inverse, found, mixed, y2, norm2, up)

    def layer_back(self, name: str, g: np.ndarray, *kept: Any) -> np.ndarray:
        """The gradient of a layer's input."""
        y1, norm1, q, k, v, e, inverse, found, mixed, y2, norm2, up = kept
        inner = self.linear_back(name + "down", g, up)
        inner *= up > 0
        g = self.norm_back(name + "norm2", self.linear_back(name + "up", inner, y2), *norm2) + g
        each = self.heads(self.linear_back(name + "out", g, mixed)) * inverse
        g_v = e.mT @ each
        s = each @ v.mT.copy()
        s -= np.vecdot(each, found)[..., None]
        s *= e
        g_q = s @ k
        g_q *= np.float32((self.size.width // self.size.heads) ** -0.5)
        g_k = s.mT @ q
        g_y = self.linear_back(name + "q", self.rows(g_q), y1)
        g_y += self.linear_back(name + "k", self.rows(g_k), y1)
        g_y += self.linear_back(name + "v", self.rows(g_v), y1)
        return self.norm_back(name + "norm1", g_y, *norm1) + g

    def cross_entropy(self, logits: np.ndarray, targets: np.ndarray) -> tuple[float, np.ndarray]:
        """The loss, and the gradient of the logits."""
        rows = np.arange(len(targets))
        logits -= logits.max()
        chosen = logits[rows, targets]
        np.exp(logits, out=logits)
        sums = logits @ self.ones[: logits.shape[1]]
        loss = float((np.log(sums) - chosen).mean())
        logits /= sums[:, None]
        logits[rows, targets] -= 1
        logits /= len(targets)
        return loss, logits

    def adam(self) -> None:
        """Move all weights at once."""
        self.count += 1
        g, m, v = self.flat_g, self.mean, self.square
        correction = (1 - 0.999**self.count) ** 0.5
        m *= 0.9
        m += 0.1 * g
        v *= 0.999
        g *= g
        g *= 0.001
        v += g
        np.sqrt(v, out=g)
        g += 1e-8 * correction
        np.divide(m, g, out=g)
        g *= self.lr * correction / (1 - 0.9**self.count)
        self.flat -= g


def views(flat: np.ndarray, like: Arrays) -> Arrays:
    """Parts of a long array, by name and in the shapes of others."""
    found, start = {}, 0
    for name, w in like.items():
        found[name] = flat[start : start + w.size].reshape(w.shape)
        start += w.size
    return found
