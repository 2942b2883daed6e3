"""A tensor's memory, seen in another order: so many elements on for each step along a dimension."""

from typing import Any

import numpy as np

from minigrad.autograd.errors import ArgumentError, ShapeError
from minigrad.autograd.op import Rule
from minigrad.autograd.primitive import primitive
from minigrad.ops.indexing import put_at
from minigrad.ops.shaping import reshape


def positions(size: tuple[int, ...], stride: tuple[int, ...], storage_offset: int) -> np.ndarray:
    """Which element of the memory stands where."""
    found = np.full(size, storage_offset)
    for dim, (n, step) in enumerate(zip(size, stride, strict=True)):
        found += step * np.arange(n).reshape(-1, *[1] * (len(size) - dim - 1))
    return found


def _gathered(g: Any, shape: tuple[int, ...], places: np.ndarray) -> Any:
    """Gradients, added up where they were read."""
    return reshape(put_at(reshape(g, -1), (places.reshape(-1),), (int(np.prod(shape)),)), shape)


@primitive(
    Rule(
        "g, added up where it was read",
        lambda g, _y, x, size, stride, storage_offset: _gathered(g, x.shape, positions(size, stride, storage_offset)),
    ),
    view=True,
    name="as_strided",
)
def _as_strided(input: Any, size: tuple[int, ...], stride: tuple[int, ...], storage_offset: int) -> Any:
    start = input.reshape(-1)[storage_offset:]
    return np.lib.stride_tricks.as_strided(start, size, [step * input.itemsize for step in stride])


def as_strided(input: Any, size: Any, stride: Any, storage_offset: int | None = None) -> Any:
    """A view of a tensor's memory: element (i, j, ...) is `i * stride[0] + j * stride[1] + ...` from its start.

    Arguments:
        input: a tensor whose elements lie in order, without gaps.
        size: the shape of the view.
        stride: for each dimension, how many elements on the next one lies.
        storage_offset: how many elements after the first one of `input` the view starts.

    Raises:
        RuntimeError: for a tensor whose elements do not lie in order.
        ShapeError: for a view that reaches beyond the memory.

    >>> import minigrad
    >>> minigrad.as_strided(minigrad.arange(5), (3, 3), (1, 1))
    tensor([[0, 1, 2],
            [1, 2, 3],
            [2, 3, 4]])
    """
    size, stride, offset = tuple(map(int, size)), tuple(map(int, stride)), storage_offset or 0
    if not input.array.flags.c_contiguous:
        raise ArgumentError("as_strided: input must be contiguous; use input.contiguous()")
    last = offset + sum(step * (n - 1) for n, step in zip(size, stride, strict=False))
    fits = 0 in size or (offset >= 0 and last < input.array.size)
    if len(size) != len(stride) or any(n < 0 for n in (*size, *stride)) or not fits:
        raise ShapeError(
            f"as_strided: size = {size} and stride = {stride} from {offset} on do not fit {input.array.size} elements"
        )
    return _as_strided(input, size=size, stride=stride, storage_offset=offset)
