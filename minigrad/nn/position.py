"""Position encodings: attention alone sees a set, so each position's vector is added to tell it where it stands."""

import numpy as np

from minigrad.autograd.op import ShapeError
from minigrad.creation import empty
from minigrad.nn import init
from minigrad.nn.layers import check_positive
from minigrad.nn.module import Module, Parameter
from minigrad.tensor import Tensor, wrap


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


class SinusoidalPositionEncoding(Module):
    """Adds `sinusoidal_table`: nothing to learn, and no longest sequence.

    Arguments:
        embed_dim: the width of the vectors.

    Shapes: (..., T, embed_dim) to the same.

    >>> import minigrad
    >>> minigrad.nn.SinusoidalPositionEncoding(4)(minigrad.zeros(2, 4))
    tensor([[0.0000, 1.0000, 0.0000, 1.0000],
            [0.8415, 0.5403, 0.0100, 0.9999]])
    """

    def __init__(self, embed_dim: int):
        super().__init__()
        check_positive("SinusoidalPositionEncoding", embed_dim=embed_dim)
        self.embed_dim = embed_dim
        self.table: Tensor
        self.register_buffer("table", wrap(sinusoidal_table(16, embed_dim)), persistent=False)

    def forward(self, input: Tensor) -> Tensor:
        """Add each position's vector."""
        length = _length(input, self.embed_dim, "SinusoidalPositionEncoding")
        if length > len(self.table.array):
            self.table = wrap(sinusoidal_table(2 * length, self.embed_dim))
        return input + wrap(self.table.array[:length].astype(input.dtype))

    def extra_repr(self) -> str:
        """The width."""
        return str(self.embed_dim)


class LearnedPositionEncoding(Module):
    """Adds a learnt vector for each position, up to a longest sequence.

    Arguments:
        num_positions: the longest sequence.
        embed_dim: the width of the vectors.

    Shapes: (..., T, embed_dim) to the same, with T up to num_positions.

    >>> import minigrad
    >>> minigrad.nn.LearnedPositionEncoding(10, 4)(minigrad.zeros(2, 4)).shape
    (2, 4)
    """

    def __init__(self, num_positions: int, embed_dim: int):
        super().__init__()
        check_positive("LearnedPositionEncoding", num_positions=num_positions, embed_dim=embed_dim)
        self.num_positions = num_positions
        self.embed_dim = embed_dim
        self.weight = Parameter(empty(num_positions, embed_dim))
        init.normal_(self.weight, std=0.02)

    def forward(self, input: Tensor) -> Tensor:
        """Add each position's vector."""
        length = _length(input, self.embed_dim, "LearnedPositionEncoding")
        if length > self.num_positions:
            raise ShapeError(
                f"LearnedPositionEncoding: input of shape {input.shape} has {length} positions, but only "
                f"num_positions = {self.num_positions} were learnt; sinusoidal positions have no limit"
            )
        return input + self.weight[:length]

    def extra_repr(self) -> str:
        """The sizes."""
        return f"{self.num_positions}, {self.embed_dim}"


def _length(input: Tensor, embed_dim: int, function: str) -> int:
    if input.ndim < 2 or input.shape[-1] != embed_dim:
        raise ShapeError(f"{function}: input of shape {input.shape} must be (..., positions, {embed_dim})")
    return input.shape[-2]
