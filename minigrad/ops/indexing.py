"""Ops that pick elements by position. Going back, each gradient returns to the position its element came from, and
adds up where one was picked several times.
"""

from typing import Any

import numpy as np

from minigrad.autograd.node import TensorBase
from minigrad.autograd.op import Rule, ShapeError
from minigrad.autograd.primitive import primitive
from minigrad.ops.shaping import check_dim


@primitive(
    Rule("g at the index, else 0", lambda g, y, x, index: index_put(g, index, x.shape)), view=True, name="getitem"
)
def _getitem(input: Any, index: Any) -> Any:
    y = input[index]
    if type(y) is not np.ndarray and is_basic(index):
        y = input[(*(index if isinstance(index, tuple) else (index,)), ...)]  # one element too is a view
    return y


def getitem(input: Any, index: Any) -> Any:
    """`input[index]` as in NumPy: numbers, slices, `...`, `None`, and integer or bool tensors.

    >>> import minigrad
    >>> minigrad.tensor([[1, 2], [3, 4]])[:, minigrad.tensor([1, 0])]
    tensor([[2, 1],
            [4, 3]])
    """
    return _getitem(input, index=plain_index(index))


def plain_index(index: Any) -> Any:
    """An index with arrays in place of tensors, and of lists; copies, since they may be changed before going back."""
    if isinstance(index, tuple):
        return tuple(plain_index(part) for part in index)
    if isinstance(index, TensorBase):
        return index.array.copy()
    return np.array(index) if isinstance(index, list | np.ndarray) else index


def is_basic(index: Any) -> bool:
    """Whether an index is only numbers, slices, `...` and `None`, so picks no element twice."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(part is None or part is Ellipsis or isinstance(part, int | slice | np.integer) for part in parts)


@primitive(Rule("g[index]", lambda g, y, x, index, shape: getitem(g, index)))
def index_put(input: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """Zeros of `shape` with `input` added at `index`: the reverse of `getitem`."""
    result = np.zeros(shape, input.dtype)
    if is_basic(index):
        result[index] = input
    else:
        np.add.at(result, index, input)
    return result


@primitive(
    Rule("g at the index, else 0", lambda g, y, x, dim, index: scatter_add_zeros(g, dim, index, x.shape)),
    name="gather",
)
def _gather(input: Any, dim: int, index: np.ndarray) -> Any:
    return input[_along(dim, index)]


def gather(input: Any, dim: int, index: Any) -> Any:
    """For each element of `index` the element of `input` at that position along `dim`.

    Arguments:
        input: a tensor.
        dim: the dimension that `index` counts along.
        index: an integer tensor with as many dimensions as `input`; the result has its shape.

    Raises:
        IndexError: for a position that `input` does not have.

    >>> import minigrad
    >>> minigrad.gather(minigrad.tensor([[1, 2], [3, 4]]), 1, minigrad.tensor([[1], [0]]))
    tensor([[2],
            [3]])
    """
    dim, positions = check_dim(dim, input.ndim, "gather"), plain_index(index)
    others = [i for i in range(input.ndim) if i != dim]
    if positions.ndim != input.ndim or any(positions.shape[i] > input.shape[i] for i in others):
        raise ShapeError(
            f"gather: index of shape {positions.shape} must have the dimensions of input, which has shape "
            f"{input.shape}, and be no longer in any but dim = {dim}"
        )
    check_positions(positions, input.shape[dim], "gather", "index", f"input of shape {input.shape}")
    return _gather(input, dim=dim, index=positions)


@primitive(Rule("g gathered", lambda g, y, x, dim, index, shape: gather(g, dim, index)))
def scatter_add_zeros(input: Any, dim: int, index: np.ndarray, shape: tuple[int, ...]) -> Any:
    """Zeros of `shape` with `input` added at the positions `index` along `dim`: the reverse of `gather`."""
    result = np.zeros(shape, input.dtype)
    np.add.at(result, _along(dim, index), input)
    return result


def _along(dim: int, index: np.ndarray) -> tuple[np.ndarray, ...]:
    """An index into every dimension: `index` along `dim`, each element's own position along the others."""
    grids = list(np.ogrid[tuple(slice(n) for n in index.shape)])
    grids[dim] = index
    return tuple(grids)


def check_positions(positions: np.ndarray, length: int, function: str, argument: str, place: str) -> None:
    """Refuse what is not a whole number from 0 to below `length`.

    Raises:
        TypeError, IndexError: naming the function, its argument, and the place that was looked up.
    """
    if positions.dtype.kind not in "iu":
        raise TypeError(f"{function}: {argument} is {positions.dtype}; positions must be integers, as .long() gives")
    if positions.size and not (positions.min() >= 0 and positions.max() < length):
        worst = positions.min() if positions.min() < 0 else positions.max()
        raise IndexError(f"{function}: {argument} holds {worst}, but {place} has only positions 0 to {length - 1}")


# --- embedding


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
    indices = plain_index(input)
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
