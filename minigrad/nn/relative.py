"""Positions that act inside attention, on how far apart two places are rather than on where each is."""

import numpy as np

from minigrad.autograd.errors import ShapeError
from minigrad.nn.layers import check_positive
from minigrad.nn.position import PositionEncoding
from minigrad.ops.joining import cat
from minigrad.tensor import Tensor, wrap


class RotaryPositionEncoding(PositionEncoding):
    """Turns queries and keys by angles that grow with the position, so that q · k depends on their distance.

    Su et al., "RoFormer", 2021, equation 34, with the two numbers that turn together half the width apart.

    Arguments:
        head_dim: width of a head, an even number.
        base: the slowest pair turns once in about 2π · base positions.

    >>> import minigrad
    >>> rotary = minigrad.nn.RotaryPositionEncoding(4)
    >>> q, k = minigrad.randn(1, 4), minigrad.randn(1, 4)
    >>> near, far = (rotary.rotate(q, start + 3) @ rotary.rotate(k, start).mT for start in (0, 100))
    >>> minigrad.allclose(near, far, atol=1e-4)
    True
    """

    acts_on = "queries and keys"

    def __init__(self, head_dim: int, base: float = 10000.0):
        super().__init__()
        check_positive("RotaryPositionEncoding", head_dim=head_dim)
        if head_dim % 2:
            raise ValueError(
                f"RotaryPositionEncoding: head_dim = {head_dim} is odd, but numbers are turned in pairs; "
                f"{head_dim + 1} would do"
            )
        self.head_dim = head_dim
        self.base = base

    def rotate(self, input: Tensor, start: int = 0) -> Tensor:
        """Turn vectors of shape (..., T, head_dim), the first of which is at position `start`."""
        if input.ndim < 2 or input.shape[-1] != self.head_dim:
            raise ShapeError(
                f"RotaryPositionEncoding: input of shape {input.shape} must be (..., positions, {self.head_dim})"
            )
        half = self.head_dim // 2
        speeds = self.base ** (-np.arange(half) / half)
        angles = np.arange(start, start + input.shape[-2])[:, None] * speeds  # (T, head_dim / 2)
        cos, sin = (wrap(table.astype(input.dtype)) for table in (np.cos(angles), np.sin(angles)))
        a, b = input[..., :half], input[..., half:]
        return cat([a * cos - b * sin, a * sin + b * cos], -1)

    def extra_repr(self) -> str:
        """The width."""
        return str(self.head_dim)


class ALiBi(PositionEncoding):
    """Lowers scores in proportion to the distance, in each head by another slope: "attention with linear biases".

    Press et al., "Train Short, Test Long", 2022: the slopes are 2^(-8/h), 2^(-16/h), ..., 2^-8 for h heads.

    Arguments:
        num_heads: how many heads.

    >>> import minigrad
    >>> minigrad.nn.ALiBi(2).bias(0, queries=2, keys=3)
    tensor([[-0.0000, -0.0625, -0.1250],
            [-0.0625, -0.0000, -0.0625]])
    """

    acts_on = "scores"

    def __init__(self, num_heads: int):
        super().__init__()
        check_positive("ALiBi", num_heads=num_heads)
        self.num_heads = num_heads

    def bias(self, head: int, queries: int, keys: int, start: int = 0) -> Tensor:
        """What is added to the scores of a head, of shape (queries, keys)."""
        if not 0 <= head < self.num_heads:
            raise ValueError(f"ALiBi: head = {head} is not one of num_heads = {self.num_heads} heads, from 0 up")
        slope = 2.0 ** (-8.0 * (head + 1) / self.num_heads)
        distance = np.abs(np.arange(start, start + queries)[:, None] - np.arange(keys))
        return wrap((-slope * distance).astype(np.float32))

    def extra_repr(self) -> str:
        """The number of heads."""
        return str(self.num_heads)
