"""Recurrent encoder-decoders: one that remembers the source in a single vector, and one that looks back at it.

Without attention (Sutskever et al., "Sequence to Sequence Learning with Neural Networks", 2014) all that the decoder
knows of the source is the encoder's last state. With it (Bahdanau et al., 2015; here as Luong et al., 2015: the state
after a token is the query) each state of the encoder can be looked at.
"""

from dataclasses import dataclass
from typing import Any

from minigrad import Tensor, cat, nn
from models.config import Config
from models.model import SequenceModel
from models.tasks import PAD, SPECIAL

CELLS: dict[str, Any] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class Encoder(nn.Module):
    """Reads in both directions.

    Arguments:
        config: sizes, cell and dropout.
        seen: whether the decoder looks at the state at each place.
    """

    def __init__(self, config: Config, seen: bool):
        super().__init__()
        self.rnn = recurrent(config, bidirectional=True)
        self.states = nn.Linear(2 * config.d_model, config.d_model) if seen else None
        self.last = nn.Linear(2 * config.d_model, config.d_model)

    def forward(self, x: Tensor, lengths: list[int]) -> tuple[Tensor | None, Any]:
        """Read vectors, (B, S, d_model).

        Returns:
            The state at each place, (B, S, d_model), or None if nobody looks at it; and the last state of each layer,
            (layers, B, d_model); of an LSTM a pair of those.
        """
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        states, last = self.rnn(packed)
        start = tuple(map(self._both, last)) if isinstance(last, tuple) else self._both(last)
        if self.states is None:
            return None, start
        states, _ = nn.utils.rnn.pad_packed_sequence(states, batch_first=True, total_length=x.shape[1])
        return self.states(states), start

    def _both(self, last: Tensor) -> Tensor:
        """The last states of both directions as one, layer by layer; (2 layers, B, d) to (layers, B, d)."""
        return self.last(cat([last[0::2], last[1::2]], -1)).tanh()


def recurrent(config: Config, bidirectional: bool = False) -> nn.Module:
    """The recurrent layers that a config asks for."""
    dropout = config.dropout if config.layers > 1 else 0.0
    sizes = (config.d_model, config.d_model, config.layers)
    return CELLS[config.cell](*sizes, batch_first=True, dropout=dropout, bidirectional=bidirectional)


class Decoder(nn.Module):
    """Writes, one token after another, and may look at the source.

    Arguments:
        config: sizes, cell, score, normaliser and dropout.
        looks: whether it looks.
    """

    def __init__(self, config: Config, looks: bool):
        super().__init__()
        d = config.d_model
        self.rnn = recurrent(config)
        self.attention = nn.Attention(d, score=config.score, normaliser=config.normaliser) if looks else None
        self.combine = nn.Linear(2 * d, d) if looks else None

    def forward(self, x: Tensor, state: Any, memory: Tensor | None, padding: Tensor) -> tuple[Tensor, Any]:
        """Go on from a state.

        Arguments:
            x: vectors of the tokens said, (B, T, d_model).
            state: that of the recurrent layers.
            memory, padding: the encoder's states, (B, S, d_model), if it looks, and where there are none, (B, S).

        Returns:
            A vector for what comes next at each place, (B, T, d_model), and the new state.
        """
        states, state = self.rnn(x, state)
        if self.attention is not None and self.combine is not None and memory is not None:
            context, _ = self.attention(states, memory, memory, padding.unsqueeze(1))
            states = self.combine(cat([states, context], -1)).tanh()  # equation 5 of Luong et al.
        return states, state


@dataclass
class State:
    """A recurrent model while it speaks: the decoder's state, and what it may look at."""

    recurrent: Any
    memory: Tensor | None
    padding: Tensor


class RecurrentModel(SequenceModel):
    """An encoder that reads in both directions, and a decoder that starts from the encoder's last state.

    Arguments:
        config: sizes, cell and dropout; `model` says whether the decoder looks at the source.

    >>> from models.tasks import make_batch
    >>> batch = make_batch("copy", [(1, 2, 3), (4,)])
    >>> RecurrentModel(Config(model="rnn-attention", cell="gru"))(batch.source, batch.target_in).shape
    (2, 4, 13)
    """

    def __init__(self, config: Config):
        super().__init__()
        tokens = config.vocabulary + SPECIAL
        self.embedding = nn.Embedding(tokens, config.d_model, padding_idx=PAD)
        self.dropout = nn.Dropout(config.dropout)
        looks = config.model == "rnn-attention"
        self.encoder = Encoder(config, seen=looks)
        self.decoder = Decoder(config, looks)
        self.output = nn.Linear(config.d_model, tokens)

    def embed(self, tokens: Tensor) -> Tensor:
        """A vector for each token; (B, T) to (B, T, d_model)."""
        return self.dropout(self.embedding(tokens))

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Scores for the next token at each place of the answer: see `SequenceModel`."""
        state = self.start(source)
        x, _ = self.decoder(self.embed(target), state.recurrent, state.memory, state.padding)
        return self.output(self.dropout(x))

    def start(self, source: Tensor) -> State:
        """Read the source."""
        padding = source == PAD
        memory, last = self.encoder(self.embed(source), (~padding).sum(1).tolist())
        return State(last, memory, padding)

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """Say one token more."""
        x, now = self.decoder(self.embed(tokens.unsqueeze(1)), state.recurrent, state.memory, state.padding)
        return self.output(self.dropout(x)).squeeze(1), State(now, state.memory, state.padding)
