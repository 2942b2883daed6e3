"""The Transformer (Vaswani et al., "Attention Is All You Need", 2017): an encoder reads, a decoder writes.

Layer norm stands before each block rather than after it, which trains without care ("pre-norm"; Xiong et al., 2020).
Layers and their parameters have the names of PyTorch's `nn.TransformerEncoderLayer` and `nn.TransformerDecoderLayer`
(with `norm_first=True`), so that weights can be moved between the two.
"""

import minigrad
from minigrad import Tensor, nn
from models.config import Config
from models.tasks import PAD, SPECIAL

Maps = dict[str, Tensor]  # attention weights by the name of the module they come from, each (B, heads, Tq, Tk)


class FeedForward(nn.Module):
    """Two linear layers with a ReLU between, for each position by itself; the base of both kinds of layer."""

    def __init__(self, d_model: int, feed_forward: int, dropout: float):
        super().__init__()
        self.linear1 = nn.Linear(d_model, feed_forward)
        self.dropout = nn.Dropout(dropout)
        self.linear2 = nn.Linear(feed_forward, d_model)

    def feed_forward(self, x: Tensor) -> Tensor:
        """Transform a tensor of shape (B, T, d_model)."""
        return self.linear2(self.dropout(nn.functional.relu(self.linear1(x))))


class EncoderLayer(FeedForward):
    """Every position looks at every other, then thinks for itself."""

    def __init__(self, d_model: int, heads: int, feed_forward: int, dropout: float):
        super().__init__(d_model, feed_forward, dropout)
        self.self_attn = nn.MultiheadAttention(d_model, heads, dropout, batch_first=True)
        self.norm1 = nn.LayerNorm(d_model)
        self.norm2 = nn.LayerNorm(d_model)
        self.dropout1 = nn.Dropout(dropout)
        self.dropout2 = nn.Dropout(dropout)

    def forward(self, x: Tensor, padding: Tensor, need_weights: bool = False) -> tuple[Tensor, Maps]:
        """Transform (B, S, d_model); `padding`, (B, S), is true where nobody may look."""
        y = self.norm1(x)
        y, weights = self.self_attn(y, y, y, padding, need_weights, average_attn_weights=False)
        x = x + self.dropout1(y)
        x = x + self.dropout2(self.feed_forward(self.norm2(x)))
        return x, {"self_attn": weights} if need_weights else {}


class DecoderLayer(FeedForward):
    """Every position looks at those before it, then at what the encoder read, then thinks for itself."""

    def __init__(self, d_model: int, heads: int, feed_forward: int, dropout: float):
        super().__init__(d_model, feed_forward, dropout)
        self.self_attn = nn.MultiheadAttention(d_model, heads, dropout, batch_first=True)
        self.multihead_attn = nn.MultiheadAttention(d_model, heads, dropout, batch_first=True)
        self.norm1 = nn.LayerNorm(d_model)
        self.norm2 = nn.LayerNorm(d_model)
        self.norm3 = nn.LayerNorm(d_model)
        self.dropout1 = nn.Dropout(dropout)
        self.dropout2 = nn.Dropout(dropout)
        self.dropout3 = nn.Dropout(dropout)

    def forward(
        self, x: Tensor, memory: Tensor, memory_padding: Tensor, need_weights: bool = False
    ) -> tuple[Tensor, Maps]:
        """Transform (B, T, d_model), given what the encoder made of the source: `memory`, (B, S, d_model)."""
        y = self.norm1(x)
        y, own = self.self_attn(y, y, y, None, need_weights, average_attn_weights=False, is_causal=True)
        x = x + self.dropout1(y)
        y = self.norm2(x)
        y, cross = self.multihead_attn(y, memory, memory, memory_padding, need_weights, average_attn_weights=False)
        x = x + self.dropout2(y)
        x = x + self.dropout3(self.feed_forward(self.norm3(x)))
        return x, {"self_attn": own, "multihead_attn": cross} if need_weights else {}


class Stack(nn.Module):
    """Layers one after the other, and a layer norm at the end."""

    def __init__(self, layers: list[nn.Module], d_model: int):
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.norm = nn.LayerNorm(d_model)

    def forward(self, x: Tensor, *context: Tensor, need_weights: bool = False) -> tuple[Tensor, Maps]:
        """Run the layers; `context` goes to each of them."""
        maps: Maps = {}
        for i, layer in enumerate(self.layers):
            x, found = layer(x, *context, need_weights=need_weights)
            maps.update({f"layers.{i}.{name}": weights for name, weights in found.items()})
        return self.norm(x), maps


class Transformer(nn.Module):
    """Reads tokens, and says what comes next at each place of the answer.

    Arguments:
        config: sizes, kind of positions and dropout.

    >>> import minigrad
    >>> from models.tasks import make_batch
    >>> batch = make_batch("copy", [(1, 2, 3), (4,)])
    >>> Transformer(Config())(batch.source, batch.target_in).shape
    (2, 4, 13)
    """

    def __init__(self, config: Config):
        super().__init__()
        tokens = config.vocabulary + SPECIAL
        sizes = (config.d_model, config.heads, config.feed_forward, config.dropout)
        self.embedding = nn.Embedding(tokens, config.d_model, padding_idx=PAD)
        self.positions: nn.Module = (
            nn.SinusoidalPositionEncoding(config.d_model)
            if config.positions == "sinusoidal"
            else nn.LearnedPositionEncoding(config.max_length + 1, config.d_model)
        )
        self.dropout = nn.Dropout(config.dropout)
        self.encoder = Stack([EncoderLayer(*sizes) for _ in range(config.layers)], config.d_model)
        self.decoder = Stack([DecoderLayer(*sizes) for _ in range(config.layers)], config.d_model)
        self.output = nn.Linear(config.d_model, tokens)

    def embed(self, tokens: Tensor) -> Tensor:
        """A vector for each token, with its position; (B, T) to (B, T, d_model)."""
        return self.dropout(self.positions(self.embedding(tokens)))

    def encode(self, source: Tensor, need_weights: bool = False) -> tuple[Tensor, Maps]:
        """Read the source; (B, S) to (B, S, d_model)."""
        memory, maps = self.encoder(self.embed(source), source == PAD, need_weights=need_weights)
        return memory, {f"encoder.{name}": weights for name, weights in maps.items()}

    def decode(self, target: Tensor, memory: Tensor, source: Tensor, need_weights: bool = False) -> tuple[Tensor, Maps]:
        """Scores for the next token at each place of `target`; (B, T) to (B, T, tokens)."""
        x, maps = self.decoder(self.embed(target), memory, source == PAD, need_weights=need_weights)
        return self.output(x), {f"decoder.{name}": weights for name, weights in maps.items()}

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Scores for the next token at each place of the answer, all at once (teacher forcing).

        Arguments:
            source: tokens to read, (B, S).
            target: the answer so far, from BOS on, (B, T).

        Returns:
            Scores, of shape (B, T, tokens).
        """
        memory, _ = self.encode(source)
        return self.decode(target, memory, source)[0]

    def attention_maps(self, source: Tensor, target: Tensor) -> Maps:
        """All attention weights, by the name of their module, each of shape (B, heads, queries, keys)."""
        with minigrad.no_grad():
            memory, maps = self.encode(source, need_weights=True)
            return maps | self.decode(target, memory, source, need_weights=True)[1]
