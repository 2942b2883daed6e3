"""Recurrent networks over whole sequences: RNN, LSTM and GRU. (`cells` has their steps.)

What is done with the input does not depend on the steps before, so it is one matrix product over all time steps; what
is done with the state is one product a step, for all gates together. A sequence of any kind is run as a packed one:
rows sorted by time, and for each time how many sequences are still going on. Names and layouts are PyTorch's. Where
nobody watches the steps, a layer in one direction is one op: see `minigrad.ops.sequences`.
"""

import itertools
import warnings
from collections.abc import Sequence
from typing import Any

from minigrad.autograd.errors import ShapeError
from minigrad.autograd.modes import modes
from minigrad.autograd.scope import scope
from minigrad.creation import empty, zeros
from minigrad.nn import functional as F  # noqa: N812  PyTorch's custom
from minigrad.nn.cells import State, check_nonlinearity, gru_step, lstm_step, rnn_step, spread
from minigrad.nn.layers import check_positive
from minigrad.nn.module import Module, Parameter, takes_dtype
from minigrad.nn.utils.rnn import PackedSequence
from minigrad.ops import sequences
from minigrad.ops.joining import cat, stack
from minigrad.tensor import Tensor


class RecurrentBase(Module):
    """What RNN, LSTM and GRU share: weights by layer and direction, and the walk over time.

    Attributes:
        gates: how many times `hidden_size` rows the weights have.
        has_cell: whether the state is a pair (h, c).
        over_time: the op that is a whole layer in one direction, if there is one.
    """

    gates = 1
    has_cell = False
    over_time: Any = None

    @takes_dtype
    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
    ):
        super().__init__()
        name = type(self).__name__
        check_positive(name, input_size=input_size, hidden_size=hidden_size, num_layers=num_layers)
        if not 0 <= dropout <= 1:
            raise ValueError(f"{name}: dropout = {dropout} must lie between 0 and 1")
        if dropout and num_layers == 1:
            warnings.warn(
                f"{name}: dropout = {dropout} acts between layers, so with num_layers = 1 it does nothing", stacklevel=3
            )
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = dropout
        self.bidirectional = bidirectional
        rows = self.gates * hidden_size
        directions = 2 if bidirectional else 1
        for layer in range(num_layers):
            width = input_size if layer == 0 else directions * hidden_size
            for suffix in self._suffixes(layer):
                setattr(self, f"weight_ih{suffix}", Parameter(empty(rows, width)))
                setattr(self, f"weight_hh{suffix}", Parameter(empty(rows, hidden_size)))
                if bias:
                    setattr(self, f"bias_ih{suffix}", Parameter(empty(rows)))
                    setattr(self, f"bias_hh{suffix}", Parameter(empty(rows)))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Even spread over ±1/√hidden_size, as PyTorch."""
        spread(self)

    def flatten_parameters(self) -> None:
        """Nothing: in PyTorch it lays weights out for a GPU, and public code calls it."""

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The weights of each layer and direction."""
        return [
            [w for w in self._weights(suffix) if w is not None]
            for layer in range(self.num_layers)
            for suffix in self._suffixes(layer)
        ]

    @property
    def _flat_weights_names(self) -> list[str]:
        """The names of all parameters, which public code loops over to initialise them."""
        return [name for name, _ in self.named_parameters()]

    @property
    def _flat_weights(self) -> list[Any]:
        return [getattr(self, name) for name in self._flat_weights_names]

    def _suffixes(self, layer: int) -> list[str]:
        return [f"_l{layer}", f"_l{layer}_reverse"] if self.bidirectional else [f"_l{layer}"]

    def _weights(self, suffix: str) -> list[Any]:
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        return [getattr(self, name + suffix) if self.bias or name[0] == "w" else None for name in names]

    def _step(self, gates: Tensor, recurrent: Tensor, state: State) -> State:
        raise NotImplementedError(f"{type(self).__name__} has no step; define how one state becomes the next")

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        """Run over the sequence.

        Arguments:
            input: of shape (T, B, input_size), or with `batch_first` (B, T, input_size); (T, input_size) for one
                sequence; or a `PackedSequence`.
            hx: the state to start with, zeros by default: h of shape (layers · directions, B, hidden_size), for an
                LSTM the pair (h, c); without B for one sequence.

        Returns:
            The states h of the last layer at all times, (T, B, directions · hidden_size), or packed as the input
            was; and the last state of every layer, shaped as `hx`.
        """
        if isinstance(input, PackedSequence):
            sizes = input.batch_sizes.tolist()
            start = self._start(hx, sizes[0], input.data, True, input.sorted_indices)
            data, last = self._layers(input.data, sizes, start)
            if input.unsorted_indices is not None:
                last = self._each(last, lambda h: h[:, input.unsorted_indices])
            return input._replace(data=data), last
        if input.ndim not in (2, 3) or input.shape[-1] != self.input_size:
            raise ShapeError(
                f"{type(self).__name__}: input of shape {input.shape} must be (positions, batch, {self.input_size}), "
                f"with batch_first (batch, positions, {self.input_size}), or (positions, {self.input_size})"
            )
        batched = input.ndim == 3
        x = input.unsqueeze(1) if not batched else input.transpose(0, 1) if self.batch_first else input  # (T, B, d)
        length, batch = x.shape[:2]
        if length == 0:
            raise ShapeError(f"{type(self).__name__}: input of shape {input.shape} has no positions; give at least one")
        start = self._start(hx, batch, x, batched, None)
        data, last = self._layers(x.reshape(length * batch, -1), [batch] * length, start)
        output = data.reshape(length, batch, -1)
        if not batched:
            return output.squeeze(1), self._each(last, lambda h: h.squeeze(1))
        return output.transpose(0, 1) if self.batch_first else output, last

    def _each(self, state: State, function: Any) -> State:
        return tuple(map(function, state)) if self.has_cell else function(state)

    def _start(self, hx: Any, batch: int, like: Tensor, batched: bool, order: Tensor | None) -> State:
        """The first state, of shape (layers · directions, B, hidden_size), twice for an LSTM."""
        count = self.num_layers * (2 if self.bidirectional else 1)
        shape = (count, batch, self.hidden_size)
        if hx is None:
            first = zeros(*shape, dtype=like.dtype)
            return (first, first) if self.has_cell else first
        if self.has_cell and not (isinstance(hx, tuple | list) and len(hx) == 2):
            raise TypeError(f"{type(self).__name__}: hx must be a pair of tensors, (h, c)")
        wanted = shape if batched else (count, self.hidden_size)
        for h in hx if self.has_cell else (hx,):
            if h.shape != wanted:
                raise ShapeError(f"{type(self).__name__}: hx of shape {h.shape} must be {wanted}")
        if not batched:
            return self._each(hx, lambda h: h.unsqueeze(1))
        return hx if order is None else self._each(hx, lambda h: h[:, order])

    def _layers(self, data: Tensor, batch_sizes: Sequence[int], start: State) -> tuple[Tensor, State]:
        """Run all layers over rows sorted by time; returns the last layer's rows, and the last states."""
        lasts: list[State] = []
        for layer in range(self.num_layers):
            outputs = []
            for suffix in self._suffixes(layer):
                with scope(f"layer {layer}" + (", back" if suffix.endswith("reverse") else "")):
                    first = self._each(start, lambda h: h[len(lasts)])
                    output, last = self._walk(data, batch_sizes, first, suffix)
                outputs.append(output)
                lasts.append(last)
            data = outputs[0] if len(outputs) == 1 else cat(outputs, 1)
            if layer < self.num_layers - 1:
                data = F.dropout(data, self.dropout, self.training)
        if self.has_cell:
            return data, (stack([h for h, _ in lasts]), stack([c for _, c in lasts]))
        return data, stack(lasts)

    def _walk(self, data: Tensor, batch_sizes: Sequence[int], first: State, suffix: str) -> tuple[Tensor, State]:
        """One layer in one direction."""
        weight_ih, weight_hh, bias_ih, bias_hh = weights = self._weights(suffix)
        backwards = suffix.endswith("reverse")
        tensors = [data, *(first if self.has_cell else [first]), *[w for w in weights if w is not None]]
        if self._fits_one_op(tensors):
            return self._in_one_op(tensors, tuple(batch_sizes), backwards)
        projected = F.linear(data, weight_ih, bias_ih)  # of all steps at once
        ends = list(itertools.accumulate(batch_sizes))
        times = range(len(ends))[::-1] if backwards else range(len(ends))
        outputs: list[Any] = [None] * len(ends)
        ended = []  # states of sequences that are over
        size = batch_sizes[-1] if backwards else batch_sizes[0]
        whole = batch_sizes[0]
        state = self._each(first, lambda h: h[:size]) if size < whole else first
        for t in times:
            now = batch_sizes[t]
            if now > size:  # backwards, shorter sequences begin later
                state = self._joined([state, self._each(first, lambda h: h[size:now])])  # noqa: B023
            elif now < size:
                ended.append(self._each(state, lambda h: h[now:]))  # noqa: B023
                state = self._each(state, lambda h: h[:now])  # noqa: B023
            size = now
            with scope(f"step {t}"):
                h = state[0] if self.has_cell else state
                state = self._step(projected[ends[t] - now : ends[t]], F.linear(h, weight_hh, bias_hh), state)
            outputs[t] = state[0] if self.has_cell else state
        return cat(outputs), self._joined([state, *ended[::-1]])

    def _fits_one_op(self, tensors: Sequence[Tensor]) -> bool:
        """Whether a layer can be one op: nobody watches its steps, and all is of one usual type."""
        types = {x.array.dtype.char for x in tensors}
        return self.over_time is not None and not modes.watchers and len(types) == 1 and types <= {"f", "d"}

    def _in_one_op(self, tensors: Sequence[Tensor], sizes: tuple[int, ...], backwards: bool) -> tuple[Tensor, State]:
        """What `_walk` returns."""
        output = self.over_time(*tensors, sizes=sizes, backwards=backwards)
        count, batch = len(tensors[0]), sizes[0]
        last = [output[start : start + batch] for start in range(count, len(output), batch)]
        return output[:count], tuple(last) if self.has_cell else last[0]

    def _joined(self, states: list[State]) -> State:
        if len(states) == 1:
            return states[0]
        return tuple(cat(list(part)) for part in zip(*states, strict=True)) if self.has_cell else cat(states)

    def extra_repr(self) -> str:
        """The settings that are not the default."""
        parts = [str(self.input_size), str(self.hidden_size)]
        parts += [f"num_layers={self.num_layers}"] if self.num_layers != 1 else []
        parts += ["bias=False"] if not self.bias else []
        parts += ["batch_first=True"] if self.batch_first else []
        parts += [f"dropout={self.dropout}"] if self.dropout else []
        parts += ["bidirectional=True"] if self.bidirectional else []
        return ", ".join(parts)


class RNN(RecurrentBase):
    """h' = tanh(W_ih · x + b_ih + W_hh · h + b_hh), over a sequence.

    Arguments:
        input_size: width of the input.
        hidden_size: width of the state.
        num_layers: how many networks one above the other, each reading the states of the one below.
        nonlinearity: "tanh" or "relu".
        bias: whether the two b are there.
        batch_first: the input is (batch, positions, width) instead of (positions, batch, width).
        dropout: the probability with which what goes from layer to layer is dropped while training.
        bidirectional: also read backwards, with weights of its own, and join the two states.

    Shapes: see `forward`. Parameters, for layer k: `weight_ih_lk`, `weight_hh_lk`, `bias_ih_lk`, `bias_hh_lk`, and
    the same with `_reverse` for reading backwards.

    >>> import minigrad
    >>> output, last = minigrad.nn.RNN(3, 4, num_layers=2)(minigrad.ones(5, 1, 3))
    >>> output.shape, last.shape
    ((5, 1, 4), (2, 1, 4))
    """

    @takes_dtype
    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
    ):
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional)
        self.nonlinearity = check_nonlinearity("RNN", nonlinearity)

    def over_time(self, *tensors: Tensor, **times: Any) -> Tensor:
        """See `RecurrentBase`."""
        return sequences.rnn(*tensors, nonlinearity=self.nonlinearity, **times)

    def _step(self, gates: Tensor, recurrent: Tensor, state: Tensor) -> Tensor:
        return rnn_step(gates, recurrent, state, self.nonlinearity)


class LSTM(RecurrentBase):
    """Long short-term memory: a cell c that gates let in (i), keep (f) and show (o). Arguments as for `RNN`.

    The rows of its weights are those of i, f, g and o, one above the other, as in PyTorch.

    >>> import minigrad
    >>> output, (h, c) = minigrad.nn.LSTM(3, 4, batch_first=True)(minigrad.ones(2, 5, 3))
    >>> output.shape, h.shape, c.shape
    ((2, 5, 4), (1, 2, 4), (1, 2, 4))
    """

    gates = 4
    has_cell = True
    over_time = staticmethod(sequences.lstm)

    def _step(self, gates: Tensor, recurrent: Tensor, state: State) -> State:
        return lstm_step(gates, recurrent, state)


class GRU(RecurrentBase):
    """Gated recurrent unit: a state that a gate z mixes with a new one, n. Arguments as for `RNN`.

    The rows of its weights are those of r, z and n, one above the other, as in PyTorch.

    >>> import minigrad
    >>> output, last = minigrad.nn.GRU(3, 4, bidirectional=True)(minigrad.ones(5, 2, 3))
    >>> output.shape, last.shape
    ((5, 2, 8), (2, 2, 4))
    """

    gates = 3
    over_time = staticmethod(sequences.gru)

    def _step(self, gates: Tensor, recurrent: Tensor, state: Tensor) -> Tensor:
        return gru_step(gates, recurrent, state)
