"""The Transformer (Vaswani et al., "Attention Is All You Need", 2017): an encoder reads, a decoder writes.

Layer norm stands before each block rather than after it, which trains without care ("pre-norm"; Xiong et al., 2020).
Layers and their parameters have the names of PyTorch's `nn.TransformerEncoderLayer` and `nn.TransformerDecoderLayer`
(with `norm_first=True`), so that weights can be moved between the two.
"""

from dataclasses import dataclass, field

from minigrad import Tensor, nn
from models.config import Config
from models.model import SequenceModel
from models.tasks import PAD, SPECIAL


def positions_of(config: Config) -> nn.PositionEncoding:
    """The positions that a config asks for."""
    return {
        "none": lambda: nn.NoPositionEncoding(),
        "sinusoidal": lambda: nn.SinusoidalPositionEncoding(config.d_model),
        "learned": lambda: nn.LearnedPositionEncoding(config.max_length + 1, config.d_model),
        "rotary": lambda: nn.RotaryPositionEncoding(config.d_model // config.heads),
        "alibi": lambda: nn.ALiBi(config.heads),
    }[config.positions]()


class Layer(nn.Module):
    """What encoder and decoder layers share: attention to oneself, and two linear layers with a ReLU between.

    Arguments:
        config: sizes, dropout, score and normaliser.
        positions: those that act inside attention to oneself.
    """

    def __init__(self, config: Config, positions: nn.PositionEncoding):
        super().__init__()
        self.self_attn = self.attention(config, positions)
        self.linear1 = nn.Linear(config.d_model, config.feed_forward)
        self.dropout = nn.Dropout(config.dropout)
        self.linear2 = nn.Linear(config.feed_forward, config.d_model)
        self.norm1 = nn.LayerNorm(config.d_model)
        self.norm2 = nn.LayerNorm(config.d_model)
        self.dropout1 = nn.Dropout(config.dropout)
        self.dropout2 = nn.Dropout(config.dropout)

    def attention(self, config: Config, positions: nn.PositionEncoding | None = None) -> nn.MultiheadAttention:
        """Attention as the config has it."""
        return nn.MultiheadAttention(
            config.d_model,
            config.heads,
            config.dropout,
            batch_first=True,
            score=config.score,
            normaliser=config.normaliser,
            positions=positions,
        )

    def feed_forward(self, x: Tensor) -> Tensor:
        """Transform each position by itself; (B, T, d_model)."""
        return self.linear2(self.dropout(nn.functional.relu(self.linear1(x))))


class EncoderLayer(Layer):
    """Every position looks at every other, then thinks for itself."""

    def forward(self, x: Tensor, padding: Tensor) -> Tensor:
        """Transform (B, S, d_model); `padding`, (B, S), is true where nobody may look."""
        y = self.norm1(x)
        x = x + self.dropout1(self.self_attn(y, y, y, padding, need_weights=False)[0])
        return x + self.dropout2(self.feed_forward(self.norm2(x)))


class DecoderLayer(Layer):
    """Every position looks at those before it, then at what the encoder read, then thinks for itself."""

    def __init__(self, config: Config, positions: nn.PositionEncoding):
        super().__init__(config, positions)
        self.multihead_attn = self.attention(config)
        self.norm3 = nn.LayerNorm(config.d_model)
        self.dropout3 = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, memory: Tensor, memory_padding: Tensor, known: "Known | None" = None) -> Tensor:
        """Transform (B, T, d_model), given what the encoder made of the source: `memory`, (B, S, d_model).

        With what is `known` of earlier positions, x holds the positions that come after them.
        """
        own, cross = (None, None) if known is None else (known.own, known.cross)
        y = self.norm1(x)
        y, _ = self.self_attn(y, y, y, None, need_weights=False, is_causal=True, cache=own)
        x = x + self.dropout1(y)
        y = self.norm2(x)
        y, _ = self.multihead_attn(y, memory, memory, memory_padding, need_weights=False, cache=cross)
        x = x + self.dropout2(y)
        return x + self.dropout3(self.feed_forward(self.norm3(x)))


@dataclass
class Known:
    """What a decoder layer has computed of earlier positions, and of the source."""

    own: nn.KeyValueCache = field(default_factory=nn.KeyValueCache)
    cross: nn.KeyValueCache = field(default_factory=lambda: nn.KeyValueCache(grows=False))


class Stack(nn.Module):
    """Layers one after the other, and a layer norm at the end."""

    def __init__(self, layers: list[nn.Module], d_model: int):
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.norm = nn.LayerNorm(d_model)

    def forward(self, x: Tensor, *context: Tensor, known: list[Known] | None = None) -> Tensor:
        """Run the layers; `context` goes to each of them, and `known` has an entry for each."""
        for i, layer in enumerate(self.layers):
            x = layer(x, *context) if known is None else layer(x, *context, known[i])
        return self.norm(x)


@dataclass
class State:
    """A Transformer while it speaks.

    Attributes:
        memory: what the encoder made of the source, (B, S, d_model).
        padding: true where the source is padding, (B, S).
        known: for each decoder layer.
        length: how many tokens there were, BOS among them.
    """

    memory: Tensor
    padding: Tensor
    known: list[Known]
    length: int = 0


class Transformer(SequenceModel):
    """Reads tokens, and says what comes next at each place of the answer.

    Arguments:
        config: sizes, kind of positions, score, normaliser and dropout.

    >>> import minigrad
    >>> from models.tasks import make_batch
    >>> batch = make_batch("copy", [(1, 2, 3), (4,)])
    >>> Transformer(Config())(batch.source, batch.target_in).shape
    (2, 4, 13)
    """

    def __init__(self, config: Config):
        super().__init__()
        tokens = config.vocabulary + SPECIAL
        self.embedding = nn.Embedding(tokens, config.d_model, padding_idx=PAD)
        self.positions = positions_of(config)
        self.dropout = nn.Dropout(config.dropout)
        layers = range(config.layers)
        self.encoder = Stack([EncoderLayer(config, self.positions) for _ in layers], config.d_model)
        self.decoder = Stack([DecoderLayer(config, self.positions) for _ in layers], config.d_model)
        self.output = nn.Linear(config.d_model, tokens)

    def embed(self, tokens: Tensor, start: int = 0) -> Tensor:
        """A vector for each token, with its position; (B, T) to (B, T, d_model)."""
        return self.dropout(self.positions(self.embedding(tokens), start))

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Scores for the next token at each place of the answer: see `SequenceModel`."""
        padding = source == PAD
        memory = self.encoder(self.embed(source), padding)
        return self.output(self.decoder(self.embed(target), memory, padding))

    def start(self, source: Tensor) -> State:
        """Read the source."""
        padding = source == PAD
        return State(self.encoder(self.embed(source), padding), padding, [Known() for _ in self.decoder.layers])

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """Say one token more; keys and values of those before are not computed again."""
        x = self.embed(tokens.unsqueeze(1), state.length)
        x = self.decoder(x, state.memory, state.padding, known=state.known)
        state.length += 1
        return self.output(x).squeeze(1), state
