"""Rows of a table, looked up by number: how tokens become vectors."""

from typing import Any

import numpy as np

from minigrad.autograd.errors import PositionError, ShapeError
from minigrad.autograd.op import Rule
from minigrad.autograd.primitive import primitive
from minigrad.ops.indexing import as_positions, check_positions


@primitive(
    Rule(
        "g summed by row",
        lambda g, _y, weight, indices, padding_idx, scale_grad_by_freq: sum_rows(
            _weighed(g, indices, padding_idx, scale_grad_by_freq), indices, len(weight)
        ),
    ),
    name="embedding",
)
def _embedding(
    weight: Any, indices: np.ndarray, padding_idx: int | None = None, scale_grad_by_freq: bool = False
) -> Any:
    return weight.take(indices, 0)


def _weighed(g: Any, indices: np.ndarray, padding_idx: int | None, scale_grad_by_freq: bool) -> Any:
    """The gradient of each row that was looked up, without that of the padding, and divided by how often it was."""
    if padding_idx is not None:
        g = g * (indices != padding_idx)[..., None]
    return g / np.bincount(indices.reshape(-1))[indices][..., None].astype(g.dtype) if scale_grad_by_freq else g


def embedding(
    input: Any,
    weight: Any,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Any:
    """Rows of a table, looked up by number.

    Arguments:
        input: an integer tensor of any shape.
        weight: the table, of shape (rows, width).
        padding_idx: a row that gets no gradient, so that it stays as it is.
        max_norm: rows that are looked up and longer than this are first shortened to it, in the table.
        norm_type: which norm measures them: see `minigrad.linalg.vector_norm`.
        scale_grad_by_freq: divide a row's gradient by how often it was looked up.
        sparse: for PyTorch's sake; gradients are tables like any other.

    Returns:
        A tensor of shape `(*input.shape, width)`.

    Raises:
        IndexError: for a number that is not a row of the table.

    >>> import minigrad
    >>> table = minigrad.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> minigrad.nn.functional.embedding(minigrad.tensor([1, 1]), table)
    tensor([[3., 4.],
            [3., 4.]])
    """
    if weight.ndim != 2:
        raise ShapeError(f"embedding: weight of shape {weight.shape} must be a table, of shape (rows, width)")
    indices = as_positions(input)
    check_positions(indices, len(weight), "embedding", "input", f"the table of shape {weight.shape}")
    if padding_idx is not None and not -len(weight) <= padding_idx < len(weight):
        raise PositionError(f"embedding: padding_idx = {padding_idx} is no row of the table of shape {weight.shape}")
    if max_norm is not None:
        _shorten(weight, np.unique(indices), max_norm, norm_type)
    padding = None if padding_idx is None else padding_idx % len(weight)
    return _embedding(weight, indices=indices, padding_idx=padding, scale_grad_by_freq=scale_grad_by_freq)


def _shorten(weight: Any, rows: np.ndarray, max_norm: float, norm_type: float) -> None:
    """Scale those of the rows that are longer than `max_norm` down to it, in place and unseen by history."""
    lengths = np.linalg.norm(weight.array[rows], norm_type, axis=1)
    long = lengths > max_norm
    if long.any():
        weight.array[rows[long]] *= (max_norm / (lengths[long] + 1e-7))[:, None]
        weight.mark_written("embedding")


_ONE_HOT_AT_MOST = 512  # rows up to which a product with a one-hot matrix beats np.add.at


@primitive(Rule("g looked up", lambda g, _y, _x, indices, rows: _embedding(g, indices)))
def sum_rows(input: Any, indices: np.ndarray, rows: int) -> Any:
    """A table of `rows` rows, each the sum of the rows of `input` that have its number: the reverse of `embedding`."""
    flat = np.reshape(input, (-1, input.shape[-1]))
    numbers = indices.reshape(-1)
    if rows <= _ONE_HOT_AT_MOST:
        return (numbers == np.arange(rows)[:, None]).astype(input.dtype) @ flat
    result = np.zeros((rows, input.shape[-1]), input.dtype)
    np.add.at(result, numbers, flat)
    return result
