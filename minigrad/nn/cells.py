"""One step of a recurrent network, as a function of its gates and as a module: RNNCell, LSTMCell and GRUCell."""

import math
from typing import Any

from minigrad.autograd.errors import ShapeError
from minigrad.creation import empty, zeros
from minigrad.nn import functional as F  # noqa: N812  PyTorch's custom
from minigrad.nn import init
from minigrad.nn.layers import check_positive
from minigrad.nn.module import Module, Parameter, takes_dtype
from minigrad.ops.recurrent import gru_cell, lstm_cell
from minigrad.tensor import Tensor

State = Any  # the hidden state h, or for an LSTM the pair (h, c)


def rnn_step(gates: Tensor, recurrent: Tensor, state: Tensor, nonlinearity: str) -> Tensor:
    """h' = tanh(W x + U h): Elman's network, 1990."""
    return (gates + recurrent).tanh() if nonlinearity == "tanh" else (gates + recurrent).relu()


def lstm_step(gates: Tensor, recurrent: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """c' = f · c + i · n and h' = o · tanh(c') (Hochreiter and Schmidhuber, 1997; the forget gate is Gers's, 2000)."""
    both = lstm_cell(gates, recurrent, state[1])
    return both[0], both[1]


def gru_step(gates: Tensor, recurrent: Tensor, state: Tensor) -> Tensor:
    """h' = n + z · (h - n), n = tanh(W x + r · U h) (Cho et al., 2014; r after the product, as in PyTorch)."""
    return gru_cell(gates, recurrent, state)


def spread(module: Any) -> None:
    """Even spread of all parameters over ±1/√hidden_size, as PyTorch."""
    bound = 1 / math.sqrt(module.hidden_size)
    for parameter in module.parameters():
        init.uniform_(parameter, -bound, bound)


def check_nonlinearity(function: str, nonlinearity: str) -> str:
    """Raises ValueError for a function that is none of the two."""
    if nonlinearity not in ("tanh", "relu"):
        raise ValueError(f"{function}: nonlinearity = {nonlinearity!r} is neither 'tanh' nor 'relu'")
    return nonlinearity


class CellBase(Module):
    """What the cells share: one step of one layer, for code that walks over time by itself."""

    gates = 1
    has_cell = False

    @takes_dtype
    def __init__(self, input_size: int, hidden_size: int, bias: bool = True):
        super().__init__()
        check_positive(type(self).__name__, input_size=input_size, hidden_size=hidden_size)
        self.input_size = input_size
        self.hidden_size = hidden_size
        rows = self.gates * hidden_size
        self.weight_ih = Parameter(empty(rows, input_size))
        self.weight_hh = Parameter(empty(rows, hidden_size))
        self.bias = bias
        self.bias_ih = Parameter(empty(rows)) if bias else None
        self.bias_hh = Parameter(empty(rows)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Even spread over ±1/√hidden_size, as PyTorch."""
        spread(self)

    def _step(self, gates: Tensor, recurrent: Tensor, state: State) -> State:
        raise NotImplementedError(f"{type(self).__name__} has no step; define how one state becomes the next")

    def forward(self, input: Tensor, hx: Any = None) -> Any:
        """The next state.

        Arguments:
            input: of shape (B, input_size), or (input_size,).
            hx: the state so far, of shape (B, hidden_size) or (hidden_size,), for an LSTM a pair of them; zeros by
                default.

        Returns:
            The state, shaped as `hx`.
        """
        name = type(self).__name__
        if input.ndim not in (1, 2) or input.shape[-1] != self.input_size:
            raise ShapeError(f"{name}: input of shape {input.shape} must be (batch, {self.input_size}), or without it")
        batched = input.ndim == 2
        x = input if batched else input.unsqueeze(0)
        if hx is None:
            first = zeros(x.shape[0], self.hidden_size, dtype=x.dtype)
            hx = (first, first) if self.has_cell else first
        else:
            states = tuple(hx) if self.has_cell else (hx,)
            for h in states:
                if h.shape != (*input.shape[:-1], self.hidden_size):
                    raise ShapeError(f"{name}: hx of shape {h.shape} must be {(*input.shape[:-1], self.hidden_size)}")
            states = states if batched else tuple(h.unsqueeze(0) for h in states)
            hx = states if self.has_cell else states[0]
        gates = F.linear(x, self.weight_ih, self.bias_ih)
        recurrent = F.linear(hx[0] if self.has_cell else hx, self.weight_hh, self.bias_hh)
        state = self._step(gates, recurrent, hx)
        if batched:
            return state
        return tuple(h.squeeze(0) for h in state) if self.has_cell else state.squeeze(0)

    def extra_repr(self) -> str:
        """The sizes."""
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias else ", bias=False")


class RNNCell(CellBase):
    """One step of an `RNN`.

    >>> import minigrad
    >>> minigrad.nn.RNNCell(3, 4)(minigrad.ones(2, 3)).shape
    (2, 4)
    """

    @takes_dtype
    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh"):
        super().__init__(input_size, hidden_size, bias)
        self.nonlinearity = check_nonlinearity("RNNCell", nonlinearity)

    def _step(self, gates: Tensor, recurrent: Tensor, state: Tensor) -> Tensor:
        return rnn_step(gates, recurrent, state, self.nonlinearity)

    def extra_repr(self) -> str:
        """The sizes, and a non-linear function that is not the default."""
        return super().extra_repr() + ("" if self.nonlinearity == "tanh" else f", nonlinearity={self.nonlinearity}")


class LSTMCell(CellBase):
    """One step of an `LSTM`: from (h, c) to the next (h, c).

    >>> import minigrad
    >>> h, c = minigrad.nn.LSTMCell(3, 4)(minigrad.ones(2, 3))
    >>> h.shape, c.shape
    ((2, 4), (2, 4))
    """

    gates = 4
    has_cell = True

    def _step(self, gates: Tensor, recurrent: Tensor, state: State) -> State:
        return lstm_step(gates, recurrent, state)


class GRUCell(CellBase):
    """One step of a `GRU`.

    >>> import minigrad
    >>> minigrad.nn.GRUCell(3, 4)(minigrad.ones(2, 3)).shape
    (2, 4)
    """

    gates = 3

    def _step(self, gates: Tensor, recurrent: Tensor, state: Tensor) -> Tensor:
        return gru_step(gates, recurrent, state)
