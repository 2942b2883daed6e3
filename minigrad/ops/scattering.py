"""Ops that write into a copy at given positions, or add there: scatter, index_add, masked_scatter and their kin.

All are `write` (the last value stays) or a sum with `put_at` (values add up); Tensors have them in place, too.
"""

import math
from typing import Any

import numpy as np

from minigrad.autograd.errors import DtypeError, PositionError, ShapeError
from minigrad.autograd.node import TensorBase
from minigrad.autograd.op import numpy_names
from minigrad.ops.arithmetic import as_factor
from minigrad.ops.indexing import (
    along,
    check_along,
    check_mask,
    flat_positions,
    plain_index,
    positions_along,
    put_at,
    scatter_add_zeros,
    write,
)
from minigrad.ops.shaping import broadcast_tensors, broadcast_to, check_dim, reshape


@numpy_names
def scatter(input: Any, dim: int, index: Any, src: Any = None, *, value: Any = None) -> Any:
    """`input` with the elements of `src` written at the positions `index` along `dim`: the reverse of `gather`.

    Arguments:
        input: a tensor.
        dim: the dimension that `index` counts along.
        index: an integer tensor with as many dimensions as `input`.
        src: a tensor of the type of `input`, at least as long as `index` everywhere; or a number.
        value: a number, instead of `src`.

    Raises:
        IndexError: for a position that `input` does not have.

    >>> import minigrad
    >>> minigrad.scatter(minigrad.zeros(2, 3), 1, minigrad.tensor([[0], [2]]), 1.0)
    tensor([[1., 0., 0.],
            [0., 0., 1.]])
    """
    source = value if src is None else src
    dim, positions, input_, source_ = _prepared(input, dim, index, source, "scatter")
    return reshape(write(input_, source_, along(dim, positions)), input.shape)


@numpy_names
def scatter_add(input: Any, dim: int, index: Any, src: Any) -> Any:
    """`input` with the elements of `src` added at the positions `index` along `dim`. Arguments as for `scatter`.

    >>> import minigrad
    >>> minigrad.scatter_add(minigrad.zeros(3), 0, minigrad.tensor([0, 2, 2]), minigrad.ones(3))
    tensor([1., 0., 2.])
    """
    dim, positions, input_, source = _prepared(input, dim, index, src, "scatter_add")
    return reshape(input_ + scatter_add_zeros(source, dim, positions, input_.shape), input.shape)


def _prepared(input: Any, dim: int, index: Any, src: Any, function: str) -> tuple[int, np.ndarray, Any, Any]:
    """The dimension, the positions, `input` with at least one dimension, and the part of `src` that is used."""
    if input.ndim == 0:
        check_dim(dim, 1, function)
        input, index = reshape(input, 1), reshape(index, -1)
        src = reshape(src, -1) if _is_tensor(src) else src
    dim, positions = check_along(input, dim, index, function)
    if not _is_tensor(src):
        return dim, positions, input, src
    _check_type(input, src, function, "src")
    if positions.size and (src.ndim != positions.ndim or any(map(int.__gt__, positions.shape, src.shape))):
        raise ShapeError(
            f"{function}: index of shape {positions.shape} must be no longer in any dimension than src, which has "
            f"shape {src.shape}"
        )
    used = src[tuple(map(slice, positions.shape))] if positions.size else src.reshape(-1)[:0].reshape(positions.shape)
    return dim, positions, input, used


def _is_tensor(x: Any) -> bool:
    return isinstance(x, TensorBase)


def _check_type(input: Any, source: Any, function: str, argument: str) -> None:
    if source.dtype != input.dtype:
        raise DtypeError(f"{function}: {argument} is {source.dtype}, but input is {input.dtype}; convert it with .to()")


@numpy_names
def index_add(input: Any, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> Any:
    """`input` with the slices of `source` added, times `alpha`, to the slices `index` along `dim`.

    Arguments:
        input: a tensor.
        dim: the dimension that `index` counts along.
        index: an integer vector.
        source: a tensor of the type and shape of `input`, but as long as `index` along `dim`.
        alpha: a number.

    >>> import minigrad
    >>> minigrad.index_add(minigrad.zeros(3), 0, minigrad.tensor([0, 2, 2]), minigrad.ones(3))
    tensor([1., 0., 2.])
    """
    place, input_, source = _slices(input, dim, index, source, "index_add")
    alpha = as_factor("index_add", "alpha", alpha, input.dtype, cut=True)
    return reshape(input_ + put_at(source if alpha == 1 else source * alpha, place, input_.shape), input.shape)


@numpy_names
def index_copy(input: Any, dim: int, index: Any, source: Any) -> Any:
    """`input` with the slices of `source` in place of the slices `index` along `dim`. Arguments as for `index_add`.

    >>> import minigrad
    >>> minigrad.index_copy(minigrad.zeros(3), 0, minigrad.tensor([0, 2]), minigrad.ones(2))
    tensor([1., 0., 1.])
    """
    place, input_, source = _slices(input, dim, index, source, "index_copy")
    return reshape(write(input_, source, place), input.shape)


@numpy_names
def index_fill(input: Any, dim: int, index: Any, value: Any) -> Any:
    """`input` with a number in all the slices `index` along `dim`.

    >>> import minigrad
    >>> minigrad.index_fill(minigrad.zeros(3), 0, minigrad.tensor([0, 2]), 1.0)
    tensor([1., 0., 1.])
    """
    if isinstance(value, TensorBase) and value.array.ndim:
        raise ShapeError(f"index_fill: value of shape {value.array.shape} must be a number, or a tensor of shape ()")
    positions, before = positions_along(input, dim, index, "index_fill")
    input_ = input if input.ndim else reshape(input, 1)
    return reshape(write(input_, value, (*before, positions)), input.shape)


def _slices(input: Any, dim: int, index: Any, source: Any, function: str) -> tuple[Any, Any, Any]:
    """The index that picks the slices, and `input` and `source` with at least one dimension."""
    positions, before = positions_along(input, dim, index, function)
    _check_type(input, source, function, "source")
    input = input if input.ndim else reshape(input, 1)
    source = source if source.ndim or input.ndim > 1 else reshape(source, 1)
    wanted = (*input.shape[: len(before)], len(positions), *input.shape[len(before) + 1 :])
    if source.shape != wanted:
        raise ShapeError(f"{function}: source of shape {source.shape} must have shape {wanted}, a slice for each index")
    return (*before, positions), input, source


def index_put(input: Any, indices: Any, values: Any, accumulate: bool = False) -> Any:
    """`input` with `values` at `input[indices]`, or added there.

    Arguments:
        input: a tensor.
        indices: a tuple of integer or bool tensors.
        values: a tensor of the type of `input` that broadcasts to the shape of `input[indices]`.
        accumulate: add, also several times to an element that is named several times.

    >>> import minigrad
    >>> minigrad.index_put(minigrad.zeros(3), (minigrad.tensor([0, 0]),), minigrad.tensor(1.0), accumulate=True)
    tensor([2., 0., 0.])
    """
    place = plain_index(tuple(indices))
    _check_type(input, values, "index_put", "values")
    if not accumulate:
        return write(input, values, place)
    shape = input.array[place].shape
    return input + put_at(broadcast_to(values, shape), place, input.shape)


def put(input: Any, index: Any, source: Any, accumulate: bool = False) -> Any:
    """`input` with the elements of `source` at the positions `index` of the flat tensor, or added there.

    >>> import minigrad
    >>> minigrad.put(minigrad.zeros(2, 2), minigrad.tensor([0, 3]), minigrad.tensor([1.0, 2.0]))
    tensor([[1., 0.],
            [0., 2.]])
    """
    _check_type(input, source, "put", "source")
    positions, flat = flat_positions(input, index, "put"), reshape(input, -1)
    if math.prod(source.shape) != len(positions):
        raise PositionError(f"put: source of shape {source.shape} must have {len(positions)} elements, as index")
    source = reshape(source, -1)
    done = flat + put_at(source, positions, flat.shape) if accumulate else write(flat, source, positions)
    return reshape(done, input.shape)


def masked_scatter(input: Any, mask: Any, source: Any) -> Any:
    """`input` with the first elements of `source`, in order, where `mask` is true.

    Arguments:
        input: a tensor.
        mask: a bool tensor; the two broadcast against each other.
        source: a tensor of the type of `input` with at least as many elements as `mask` has true ones.

    >>> import minigrad
    >>> minigrad.masked_scatter(minigrad.zeros(3), minigrad.tensor([True, False, True]), minigrad.tensor([1.0, 2.0]))
    tensor([1., 0., 2.])
    """
    check_mask(mask, "masked_scatter")
    _check_type(input, source, "masked_scatter", "source")
    input, mask = broadcast_tensors(input, mask)
    count = int(np.count_nonzero(mask.array))
    if math.prod(source.shape) < count:
        raise ShapeError(f"masked_scatter: source of shape {source.shape} has fewer elements than the {count} of mask")
    return write(input, reshape(source, -1)[:count], plain_index(mask))
