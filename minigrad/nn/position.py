"""Positions: attention alone sees a set, and these tell it where each element stands.

Each is a module that says where it acts, in `acts_on`. Those that act on the input are called with it and add a vector
for each position; those that act on queries and keys, or on scores, are given to `MultiheadAttention`.
"""

from typing import ClassVar

import numpy as np

from minigrad.autograd.errors import ShapeError
from minigrad.creation import empty
from minigrad.nn import init
from minigrad.nn.layers import check_positive
from minigrad.nn.module import Module, Parameter
from minigrad.tensor import Tensor, wrap


class PositionEncoding(Module):
    """The base of all: does nothing, so that attention sees a set.

    Attributes:
        acts_on: "nothing", "input", "queries and keys" or "scores".

    >>> import minigrad
    >>> PositionEncoding()(minigrad.ones(2, 3)).tolist()
    [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
    """

    acts_on: ClassVar[str] = "nothing"

    def forward(self, input: Tensor, start: int = 0) -> Tensor:
        """Tell an input, of shape (..., T, embed_dim), where each element stands; the first is at `start`."""
        return input

    def rotate(self, input: Tensor, start: int = 0) -> Tensor:
        """The same for a head's queries or keys, of shape (..., T, head width)."""
        return input

    def bias(self, head: int, queries: int, keys: int, start: int = 0) -> Tensor | None:
        """What is added to a head's scores, of shape (queries, keys); the first query is at `start`."""
        return None


class NoPositionEncoding(PositionEncoding):
    """No positions at all, under a name of its own: what order does without them can be tried."""


def sinusoidal_table(length: int, embed_dim: int) -> np.ndarray:
    """Sines and cosines of wavelengths from 2π to 10000 · 2π (Vaswani et al., 2017, section 3.5).

    `table[t, 2i] = sin(t / 10000^(2i/d))` and `table[t, 2i + 1] = cos(t / 10000^(2i/d))`.

    Arguments:
        length: how many positions.
        embed_dim: the width d; an odd one leaves out the last cosine.

    Returns:
        A float64 array of shape (length, embed_dim).

    >>> sinusoidal_table(2, 4).round(4)
    array([[0.    , 1.    , 0.    , 1.    ],
           [0.8415, 0.5403, 0.01  , 1.    ]])
    """
    angles = np.arange(length)[:, None] / 10000 ** (np.arange(0, embed_dim, 2) / embed_dim)
    table = np.empty((length, embed_dim))
    table[:, 0::2] = np.sin(angles)
    table[:, 1::2] = np.cos(angles[:, : embed_dim // 2])
    return table


class SinusoidalPositionEncoding(PositionEncoding):
    """Adds `sinusoidal_table`: nothing to learn, and no longest sequence.

    Arguments:
        embed_dim: the width of the vectors.

    Shapes: (..., T, embed_dim) to the same.

    >>> import minigrad
    >>> minigrad.nn.SinusoidalPositionEncoding(4)(minigrad.zeros(2, 4))
    tensor([[0.0000, 1.0000, 0.0000, 1.0000],
            [0.8415, 0.5403, 0.0100, 0.9999]])
    """

    acts_on = "input"

    def __init__(self, embed_dim: int):
        super().__init__()
        check_positive("SinusoidalPositionEncoding", embed_dim=embed_dim)
        self.embed_dim = embed_dim
        self.table: Tensor
        self.register_buffer("table", wrap(sinusoidal_table(16, embed_dim)), persistent=False)

    def forward(self, input: Tensor, start: int = 0) -> Tensor:
        """Add each position's vector."""
        length = start + _length(input, self.embed_dim, "SinusoidalPositionEncoding")
        if length > len(self.table.array):
            self.table = wrap(sinusoidal_table(2 * length, self.embed_dim))
        return input + wrap(self.table.array[start:length].astype(input.dtype))

    def extra_repr(self) -> str:
        """The width."""
        return str(self.embed_dim)


class LearnedPositionEncoding(PositionEncoding):
    """Adds a learnt vector for each position, up to a longest sequence.

    Arguments:
        num_positions: the longest sequence.
        embed_dim: the width of the vectors.

    Shapes: (..., T, embed_dim) to the same, with T up to num_positions.

    >>> import minigrad
    >>> minigrad.nn.LearnedPositionEncoding(10, 4)(minigrad.zeros(2, 4)).shape
    (2, 4)
    """

    acts_on = "input"

    def __init__(self, num_positions: int, embed_dim: int):
        super().__init__()
        check_positive("LearnedPositionEncoding", num_positions=num_positions, embed_dim=embed_dim)
        self.num_positions = num_positions
        self.embed_dim = embed_dim
        self.weight = Parameter(empty(num_positions, embed_dim))
        init.normal_(self.weight, std=0.02)

    def forward(self, input: Tensor, start: int = 0) -> Tensor:
        """Add each position's vector."""
        length = start + _length(input, self.embed_dim, "LearnedPositionEncoding")
        if length > self.num_positions:
            raise ShapeError(
                f"LearnedPositionEncoding: input of shape {input.shape} reaches to position {length}, but only "
                f"num_positions = {self.num_positions} were learnt; sinusoidal positions have no limit"
            )
        return input + self.weight[start:length]

    def extra_repr(self) -> str:
        """The sizes."""
        return f"{self.num_positions}, {self.embed_dim}"


def _length(input: Tensor, embed_dim: int, function: str) -> int:
    if input.ndim < 2 or input.shape[-1] != embed_dim:
        raise ShapeError(f"{function}: input of shape {input.shape} must be (..., positions, {embed_dim})")
    return input.shape[-2]
