"""Ops that pick elements by position. Going back, each gradient returns to the position its element came from, and
adds up where one was picked several times.
"""

import math
from typing import Any

import numpy as np

from minigrad import dtypes
from minigrad.autograd.errors import DtypeError, PositionError, ShapeError
from minigrad.autograd.node import TensorBase
from minigrad.autograd.op import Rule, numpy_names
from minigrad.autograd.primitive import primitive
from minigrad.ops.shaping import broadcast_tensors, broadcast_to, check_dim, in_order, reshape


@primitive(
    Rule(
        "g at the index, else 0",
        lambda g, _y, x, index: put_at(g, index, x.shape),
        lambda total, g, index: _add_at(total, index, g),
    ),
    view=True,
    name="getitem",
)
def _getitem(input: Any, index: Any) -> Any:
    y = input[index]
    if is_basic(index):  # one element too is a view
        return y if type(y) is np.ndarray else input[(*(index if isinstance(index, tuple) else (index,)), ...)]
    check_masks(index, input.shape)
    return np.asarray(y, order="C")  # NumPy promises no order in memory


def check_masks(index: Any, shape: tuple[int, ...]) -> None:
    """Refuse a mask that is not as long as the dimensions that it stands for: NumPy lets empty ones pass.

    Raises:
        IndexError: naming both shapes.
    """
    parts = index if isinstance(index, tuple) else (index,)
    if not any(isinstance(part, np.ndarray) and part.dtype.kind == "b" and part.size == 0 for part in parts):
        return
    takes = [0 if part is None or part is ... else getattr(part, "ndim", 1) for part in parts]
    takes = [n if getattr(part, "dtype", None) == np.bool_ else min(n, 1) for n, part in zip(takes, parts, strict=True)]
    dim = 0
    for part, n in zip(parts, takes, strict=True):
        if isinstance(part, np.ndarray) and part.dtype.kind == "b" and part.shape != shape[dim : dim + n]:
            raise IndexError(f"a mask of shape {part.shape} does not fit dimensions of shape {shape[dim : dim + n]}")
        dim += len(shape) - sum(takes) if part is ... else n


def getitem(input: Any, index: Any) -> Any:
    """`input[index]` as in NumPy: numbers, slices, `...`, `None`, and integer or bool tensors; uint8 is a mask.

    >>> import minigrad
    >>> minigrad.tensor([[1, 2], [3, 4]])[:, minigrad.tensor([1, 0])]
    tensor([[2, 1],
            [4, 3]])
    """
    index = plain_index(index)
    if takes_numbers_first(index):
        numbers, arrays = numbers_first(index)
        return _getitem(_getitem(input, index=numbers), index=arrays)
    return _getitem(input, index=index)


def takes_numbers_first(index: Any) -> bool:
    """Whether an index has both numbers and arrays, where NumPy and PyTorch differ: see `numbers_first`."""
    if not isinstance(index, tuple):
        return False
    return any(isinstance(part, np.ndarray) for part in index) and any(map(_is_number, index))


def numbers_first(index: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """An index of numbers and arrays as two, one after the other: all but the arrays, then those.

    NumPy takes a number for an array too: in `x[0, :, [1, 2]]` a slice stands between two of them, so that the new
    dimension comes first. PyTorch takes the numbers first, and leaves it where it is.
    """
    numbers: list[Any] = []
    arrays: list[Any] = []
    for part in index:
        if isinstance(part, np.ndarray):
            numbers += [slice(None)] * (part.ndim if part.dtype.kind == "b" else 1)
            arrays.append(part)
        else:
            numbers.append(part)
            if not _is_number(part):
                arrays.append(part if part is Ellipsis else slice(None))
    return tuple(numbers), tuple(arrays)


def _is_number(part: Any) -> bool:
    return isinstance(part, int | np.integer) and not isinstance(part, bool)


def plain_index(index: Any) -> Any:
    """An index with arrays in place of tensors, and of lists; copies, since they may be changed before going back."""
    if isinstance(index, tuple):
        return tuple(plain_index(part) for part in index)
    if isinstance(index, TensorBase):
        index = index.array
    if isinstance(index, np.ndarray):
        if index.dtype == np.uint8:
            return index != 0
        return int(index) if index.ndim == 0 and index.dtype.kind in "iu" else index.copy()
    if isinstance(index, list):
        return np.array([np.asarray(getattr(part, "array", part)) for part in index] or np.zeros(0, np.int64))
    return index


def is_basic(index: Any) -> bool:
    """Whether an index is only numbers, slices, `...` and `None`, so picks no element twice."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(part is None or part is Ellipsis or isinstance(part, int | slice | np.integer) for part in parts)


def _picks_once(index: Any) -> bool:
    """Whether no element can be picked twice: by a basic index, or by masks."""
    parts = index if isinstance(index, tuple) else (index,)
    return not any(isinstance(part, np.ndarray) and part.dtype.kind != "b" and part.size > 1 for part in parts)


def _add_at(total: np.ndarray, index: Any, x: Any) -> None:
    """Add `x` to the elements at the index, as often as they are picked."""
    if _picks_once(index):
        total[index] += x
    else:
        np.add.at(total, index, x)


@primitive(Rule("g[index]", lambda g, _y, _x, index, shape: getitem(g, index)))
def put_at(input: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """Zeros of `shape` with `input` added at `index`: the reverse of `getitem`."""
    result = np.zeros(shape, input.dtype)
    _add_at(result, index, input)
    return result


@primitive(
    Rule("0 at the index, else g", lambda g, _y, _x, _value, index: write(g, 0.0, index)),
    Rule(
        "g[index], for what was written last", lambda g, _y, x, value, index: _share_written(g, value, index, x.shape)
    ),
    name="setitem",
)
def write(input: Any, value: Any, index: Any) -> Any:
    """A copy of `input` with `value` at `index`; where a position is named several times, the last value stays.

    Arguments:
        input: a tensor.
        value: a tensor that broadcasts to the shape of `input[index]`, or a number.
        index: as for `getitem`.
    """
    result = input.copy()
    assign(result, index, value)
    return result


def assign(array: np.ndarray, index: Any, value: Any) -> None:
    """`array[index] = value`, where one element of any shape will do for a single place too, as in PyTorch."""
    if not is_basic(index):
        check_masks(index, array.shape)
    if isinstance(value, np.ndarray) and value.size == 0:
        np.broadcast_to(value, array[index].shape)  # which NumPy does not ask of what is empty
    if isinstance(value, int | float):
        value = dtypes.fitting(value, array.dtype)
    array[index] = value.reshape(()) if isinstance(value, np.ndarray) and value.size == 1 else value


def check_written_type(index: Any, value: np.ndarray, dtype: np.dtype) -> None:
    """Refuse values of another type for positions and masks, as PyTorch does: slices alone convert them.

    Raises:
        DtypeError: naming both types.
    """
    parts = index if isinstance(index, tuple) else (index,)
    arrays = [part for part in parts if isinstance(part, np.ndarray)]
    filled = len(arrays) == 1 and arrays[0].dtype.kind == "b" and value.size == 1
    if arrays and not filled:
        raise DtypeError(f"setitem: value is {value.dtype}, but the tensor is {dtype}; convert it with .to()")


def _share_written(g: Any, value: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """The gradient of what was written: that of its place, unless something was written over it."""
    taken = getitem(g, index)
    if not _picks_once(index):
        writer = np.zeros(shape, np.int64)
        numbers = np.arange(math.prod(taken.shape)).reshape(taken.shape)
        writer[index] = numbers
        taken = taken * (writer[index] == numbers)
    return reshape(taken, (1,) * (value.ndim - taken.ndim) + taken.shape) if value.ndim > taken.ndim else taken


# --- along a dimension


@numpy_names
def index_select(input: Any, dim: int, index: Any) -> Any:
    """The positions `index` along `dim`.

    Arguments:
        input: a tensor.
        dim: the dimension that `index` counts along.
        index: an integer tensor with one dimension, or none.

    Raises:
        IndexError: for a position that `input` does not have.

    >>> import minigrad
    >>> minigrad.index_select(minigrad.tensor([[1, 2], [3, 4]]), 1, minigrad.tensor([1, 1]))
    tensor([[2, 2],
            [4, 4]])
    """
    numbers, before = positions_along(input, dim, index, "index_select")
    return _getitem(input, index=(*before, numbers)) if input.ndim else reshape(input[None][numbers], ())


def positions_along(input: Any, dim: int, index: Any, function: str) -> tuple[np.ndarray, tuple[slice, ...]]:
    """A vector of positions along `dim`, checked, and the index of the dimensions before."""
    dim, numbers = check_dim(dim, max(input.ndim, 1), function), np.atleast_1d(as_positions(index))
    if numbers.ndim > 1:
        raise PositionError(f"{function}: index of shape {numbers.shape} must be a vector")
    length = input.shape[dim] if input.ndim else 1
    check_positions(numbers, length, function, "index", f"dim {dim} of input of shape {input.shape}")
    return numbers, (slice(None),) * dim


def take(input: Any, index: Any) -> Any:
    """The elements at positions `index` of the flat tensor, in the shape of `index`.

    >>> import minigrad
    >>> minigrad.take(minigrad.tensor([[1, 2], [3, 4]]), minigrad.tensor([0, -1]))
    tensor([1, 4])
    """
    return reshape(_getitem(reshape(input, -1), index=flat_positions(input, index, "take")), index.shape)


def flat_positions(input: Any, index: Any, function: str) -> np.ndarray:
    """Positions in the flat tensor, as a vector; negative ones count from the end."""
    n, numbers = math.prod(input.shape), as_positions(index).reshape(-1)
    check_positions(numbers + n * (numbers < 0), n, function, "index", f"input of shape {input.shape}")
    return numbers


@numpy_names
def take_along_dim(input: Any, indices: Any, dim: int | None = None) -> Any:
    """As `gather`, but the other dimensions broadcast: what `argsort` or `argmax` with `keepdim` found.

    Arguments:
        input: a tensor.
        indices: an integer tensor.
        dim: the dimension that `indices` counts along; None: both are taken flat.

    >>> import minigrad
    >>> x = minigrad.tensor([[1, 5], [4, 3]])
    >>> minigrad.take_along_dim(x, x.argmax(1, keepdim=True), 1)
    tensor([[5],
            [4]])
    """
    if dim is None:
        return gather(reshape(input, -1), 0, reshape(indices, -1))
    if input.ndim != indices.ndim:
        raise ShapeError(
            f"take_along_dim: input of shape {input.shape} and indices of {indices.shape} must have as many dimensions"
        )
    dim = check_dim(dim, input.ndim, "take_along_dim")
    shape = np.broadcast_shapes(*((*x.shape[:dim], 1, *x.shape[dim + 1 :]) for x in (input, indices)))
    wide, positions = (broadcast_to(x, (*shape[:dim], x.shape[dim], *shape[dim + 1 :])) for x in (input, indices))
    return gather(wide, dim, positions)


def masked_select(input: Any, mask: Any) -> Any:
    """The elements where `mask` is true, as a vector; the two broadcast against each other.

    >>> import minigrad
    >>> minigrad.masked_select(minigrad.tensor([1, 2, 3]), minigrad.tensor([True, False, True]))
    tensor([1, 3])
    """
    check_mask(mask, "masked_select")
    input, mask = broadcast_tensors(input, mask)
    return getitem(input, mask)


def check_mask(mask: Any, function: str) -> None:
    """Refuse a mask that is not bool."""
    if mask.dtype.kind != "b":
        raise DtypeError(f"{function}: mask is {mask.dtype}; it must be bool, such as a comparison gives")


@primitive(
    Rule(
        "g at the index, else 0",
        lambda g, _y, x, dim, index: scatter_add_zeros(g, dim, index, x.shape),
        lambda total, g, dim, index: np.add.at(total, along(dim, index), g),
    ),
    name="gather",
)
def _gather(input: Any, dim: int, index: np.ndarray) -> Any:
    return in_order(input[along(dim, index)])


@numpy_names
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
    if input.ndim == 0:
        return reshape(gather(reshape(input, 1), dim, reshape(index, -1)), index.shape)
    dim, positions = check_along(input, dim, index, "gather")
    return _gather(input, dim=dim, index=positions)


def check_along(input: Any, dim: int, index: Any, function: str) -> tuple[int, np.ndarray]:
    """The dimension, counted from the front, and a copy of the positions along it, fit for `along`."""
    dim, positions = check_dim(dim, input.ndim, function), as_positions(index)
    others = [i for i in range(input.ndim) if i != dim]
    if positions.size == 0:
        return dim, positions.reshape(positions.shape if positions.ndim == input.ndim else (0,) * input.ndim)
    if positions.ndim != input.ndim or any(positions.shape[i] > input.shape[i] for i in others):
        raise ShapeError(
            f"{function}: index of shape {positions.shape} must have the dimensions of input, which has shape "
            f"{input.shape}, and be no longer in any but dim = {dim}"
        )
    check_positions(positions, input.shape[dim], function, "index", f"input of shape {input.shape}")
    return dim, positions


def as_positions(index: Any) -> np.ndarray:
    """A copy of an integer tensor's numbers, since it may be changed before going back."""
    return np.array(getattr(index, "array", index))


@primitive(Rule("g gathered", lambda g, _y, _x, dim, index, shape: gather(g, dim, index)))
def scatter_add_zeros(input: Any, dim: int, index: np.ndarray, shape: tuple[int, ...]) -> Any:
    """Zeros of `shape` with `input` added at the positions `index` along `dim`: the reverse of `gather`."""
    result = np.zeros(shape, input.dtype)
    np.add.at(result, along(dim, index), input)
    return result


def along(dim: int, index: np.ndarray) -> tuple[np.ndarray, ...]:
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
        raise DtypeError(f"{function}: {argument} is {positions.dtype}; positions must be integers, as .long() gives")
    if positions.size and not (positions.min() >= 0 and positions.max() < length):
        worst = positions.min() if positions.min() < 0 else positions.max()
        raise PositionError(f"{function}: {argument} holds {worst}, but {place} has only positions 0 to {length - 1}")
