"""Rows of a table, looked up by number: how tokens become vectors."""

from typing import Any

import numpy as np

from minigrad.autograd.op import Rule, ShapeError
from minigrad.autograd.primitive import primitive
from minigrad.ops.indexing import as_positions, check_positions


@primitive(
    Rule(
        "g summed by row",
        lambda g, y, weight, indices, padding_idx: sum_rows(_without(g, indices, padding_idx), indices, len(weight)),
    ),
    name="embedding",
)
def _embedding(weight: Any, indices: np.ndarray, padding_idx: int | None) -> Any:
    return np.take(weight, indices, axis=0)


def _without(g: Any, indices: np.ndarray, padding_idx: int | None) -> Any:
    """The gradient with the rows of the padding token set to 0."""
    return g if padding_idx is None else g * (indices != padding_idx)[..., None]


def embedding(input: Any, weight: Any, padding_idx: int | None = None) -> Any:
    """Rows of a table, looked up by number.

    Arguments:
        input: an integer tensor of any shape.
        weight: the table, of shape (rows, width).
        padding_idx: a row that gets no gradient, so that it stays as it is.

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
    if padding_idx is not None:
        if not -len(weight) <= padding_idx < len(weight):
            raise IndexError(f"embedding: padding_idx = {padding_idx} is no row of the table of shape {weight.shape}")
        padding_idx %= len(weight)
    return _embedding(weight, indices=indices, padding_idx=padding_idx)


_ONE_HOT_AT_MOST = 512  # rows up to which a product with a one-hot matrix beats np.add.at


@primitive(Rule("g looked up", lambda g, y, x, indices, rows: _embedding(g, indices, None)))
def sum_rows(input: Any, indices: np.ndarray, rows: int) -> Any:
    """A table of `rows` rows, each the sum of the rows of `input` that have its number: the reverse of `embedding`."""
    flat = np.reshape(input, (-1, input.shape[-1]))
    numbers = indices.reshape(-1)
    if rows <= _ONE_HOT_AT_MOST:
        return (numbers == np.arange(rows)[:, None]).astype(input.dtype) @ flat
    result = np.zeros((rows, input.shape[-1]), input.dtype)
    np.add.at(result, numbers, flat)
    return result
