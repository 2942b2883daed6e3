"""The models as one writes them with PyTorch's names: minigrad's and PyTorch's are this code with another import.

The Transformer has pre-norm layers ("Attention Is All You Need", 2017; Xiong et al., 2020); every position looks at
every other, or if it is causal, at those before. The recurrent language models read from left to right.
"""

from typing import Any


def transformer(library: Any, size: Any) -> Any:
    """The Transformer, made of `minigrad` or `torch`."""
    nn = library.nn
    F = nn.functional  # noqa: N806  PyTorch's custom

    class Layer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            d = size.width
            self.q, self.k, self.v, self.out = (nn.Linear(d, d) for _ in range(4))
            self.up, self.down = nn.Linear(d, 4 * d), nn.Linear(4 * d, d)
            self.norm1, self.norm2 = nn.LayerNorm(d), nn.LayerNorm(d)

        def split(self, x: Any) -> Any:
            return x.reshape(*x.shape[:2], size.heads, -1).transpose(1, 2)  # (B, h, T, d/h)

        def forward(self, x: Any) -> Any:
            y = self.norm1(x)
            q, k, v = self.split(self.q(y)), self.split(self.k(y)), self.split(self.v(y))
            y = F.scaled_dot_product_attention(q, k, v, is_causal=size.causal)
            x = x + self.out(y.transpose(1, 2).reshape(*x.shape))
            return x + self.down(F.relu(self.up(self.norm2(x))))

    class Transformer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(size.vocabulary, size.width)
            self.position = nn.Parameter(library.zeros(size.length, size.width))
            self.layers = nn.ModuleList(Layer() for _ in range(size.layers))
            self.norm = nn.LayerNorm(size.width)
            self.head = nn.Linear(size.width, size.vocabulary)

        def forward(self, tokens: Any) -> Any:
            x = self.embedding(tokens) + self.position  # (B, T, d)
            for layer in self.layers:
                x = layer(x)
            return self.head(self.norm(x))  # (B, T, vocabulary)

    return Transformer()


def recurrent(library: Any, size: Any, kind: str) -> Any:
    """A language model on `nn.GRU` or `nn.LSTM`, made of `minigrad` or `torch`."""
    nn = library.nn

    class Recurrent(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(size.vocabulary, size.width)
            layers = {"gru": nn.GRU, "lstm": nn.LSTM}[kind]
            self.rnn = layers(size.width, size.width, size.layers, batch_first=True)
            self.head = nn.Linear(size.width, size.vocabulary)

        def forward(self, tokens: Any) -> Any:
            states, _ = self.rnn(self.embedding(tokens))  # (B, T, d)
            return self.head(states)  # (B, T, vocabulary)

    return Recurrent()


class Trainer:
    """A model in training: the loop that everybody writes.

    Arguments:
        library: `minigrad` or `torch`.
        model: "transformer", "gru" or "lstm".
        size: its sizes.
        weights: where it starts, by name.
        lr: Adam's learning rate.
        compile: what to make of the function that computes the loss, such as `torch.compile`.
    """

    def __init__(self, library: Any, model: str, size: Any, weights: Any, lr: float = 1e-3, compile: Any = None):
        self.library = library
        self.model = transformer(library, size) if model == "transformer" else recurrent(library, size, model)
        self.model.load_state_dict({name: library.from_numpy(array.copy()) for name, array in weights.items()})
        self.optimizer = library.optim.Adam(self.model.parameters(), lr=lr)
        self.loss = compile(self._loss) if compile else self._loss

    def _loss(self, tokens: Any, targets: Any) -> Any:
        logits = self.model(tokens)
        return self.library.nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1))

    def tensors(self, *arrays: Any) -> Any:
        """NumPy's arrays as the library takes them."""
        return tuple(self.library.from_numpy(array) for array in arrays)

    def step(self, tokens: Any, targets: Any) -> Any:
        """One step of training; the loss before it."""
        loss = self.loss(tokens, targets)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.detach()

    def predict(self, tokens: Any) -> Any:
        """The likeliest symbols, (B, T), as NumPy's array."""
        with self.library.no_grad():
            return self.model(self.library.from_numpy(tokens)).argmax(-1).numpy()
