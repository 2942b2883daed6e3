"""Ops that look at the same elements in another shape: reshape, permute, transpose, expand.

Nearly all give views, which share memory with their input. Their derivatives move the gradient back the same way.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.autograd.errors import PositionError, ShapeError, out_of_range
from minigrad.autograd.op import Rule
from minigrad.autograd.primitive import primitive


class Size(tuple):
    """A shape: the tuple of the lengths of the dimensions.

    >>> import minigrad
    >>> minigrad.ones(2, 3, 4).shape[1:].numel()
    12
    """

    __slots__ = ()

    def numel(self) -> int:
        """How many elements a tensor of this shape has."""
        return math.prod(self)

    def __getitem__(self, index: Any) -> Any:
        found = tuple.__getitem__(self, index)
        return Size(found) if type(found) is tuple else found


@primitive(Rule("g reshaped", lambda g, _y, x, shape: g.reshape(x.shape)), view=True, name="reshape")
def _reshape(input: Any, shape: tuple[int, ...]) -> Any:
    return np.reshape(input, shape)


def reshape(input: Any, *sizes: Any, shape: Any = None) -> Any:
    """The same elements in another shape; one length may be -1, to be worked out.

    Arguments:
        input: a tensor.
        sizes, shape: the new shape, as numbers or as one tuple. The result shares memory with `input` where it can.

    >>> import minigrad
    >>> minigrad.reshape(minigrad.tensor([1, 2, 3, 4]), (2, -1))
    tensor([[1, 2],
            [3, 4]])
    """
    return _reshape(input, shape=as_shape(sizes, shape))


@primitive(Rule("g reshaped", lambda g, _y, x, shape: g.reshape(x.shape)), view=True, name="view")
def _view(input: Any, shape: tuple[int, ...]) -> Any:
    y = np.reshape(input, shape)
    if y.size and not np.may_share_memory(y, input):
        raise ValueError("its elements cannot be seen so without being copied; use reshape()")
    return y


def view(input: Any, *sizes: Any, size: Any = None, dtype: Any = None) -> Any:
    """As `reshape`, but sure to share memory with `input`: an error where that cannot be.

    Arguments:
        input: a tensor.
        sizes, size: the new shape, as numbers or as one tuple.
        dtype: instead of a shape an element type, here or in place of `sizes`: the same bits read as that type.

    >>> import minigrad
    >>> minigrad.ones(2, 3).view(-1).shape
    (6,)
    >>> minigrad.ones(2, 3).T.view(6)
    Traceback (most recent call last):
    ...
    minigrad.autograd.errors.ShapeError: view: input of shape (3, 2), shape = (6,): its elements cannot be seen so \
without being copied; use reshape()
    """
    dtype = sizes[0] if sizes and isinstance(sizes[0], np.dtype) else dtype
    if dtype is not None:
        result = input.detach()
        result.array = result.array.view(dtype)
        return result
    return _view(input, shape=as_shape(sizes, size))


def view_as(input: Any, other: Any) -> Any:
    """As `view`, to the shape of `other`."""
    return view(input, other.shape)


def reshape_as(input: Any, other: Any) -> Any:
    """As `reshape`, to the shape of `other`."""
    return reshape(input, other.shape)


def in_order(y: Any) -> Any:
    """A result with its rows one after the other in memory, as PyTorch's have them whatever the input's order."""
    return y if y.flags.c_contiguous else y.copy()


def contiguous(input: Any, *, memory_format: Any = None) -> Any:
    """The tensor itself if its elements lie in memory in order, row after row; else a copy in which they do.

    >>> import minigrad
    >>> x = minigrad.ones(2, 3)
    >>> x.contiguous() is x, x.T.is_contiguous(), x.T.contiguous().is_contiguous()
    (True, False, True)
    """
    return input if input.array.flags.c_contiguous else input.clone()


def as_shape(shape: tuple[Any, ...], by_name: Any = None) -> tuple[int, ...]:
    """Read `f(2, 3)`, `f((2, 3))` and `f(size=(2, 3))` alike."""
    if by_name is not None:
        shape = (by_name,)
    if len(shape) == 1 and isinstance(shape[0], tuple | list):
        return tuple(shape[0])
    return shape


def unflatten(input: Any, dim: int, sizes: Any) -> Any:
    """Dimension `dim` cut up into several, of lengths `sizes`, one of which may be -1: the reverse of `flatten`.

    >>> import minigrad
    >>> minigrad.unflatten(minigrad.ones(2, 12), 1, (3, -1)).shape
    (2, 3, 4)
    """
    dim, sizes = check_dim(dim, input.ndim, "unflatten"), tuple(sizes)
    length, known = input.shape[dim], math.prod(n for n in sizes if n != -1)
    if not sizes or sizes.count(-1) > 1 or (length % known or 0 if -1 in sizes and known else known - length):
        raise ShapeError(f"unflatten: sizes = {sizes} do not multiply to {length}, the length of dim {dim}")
    sizes = tuple(length // known if n == -1 and known else n for n in sizes)
    return view(input, (*input.shape[:dim], *sizes, *input.shape[dim + 1 :]))


def flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """Dimensions `start_dim` to `end_dim` run into one.

    >>> import minigrad
    >>> minigrad.flatten(minigrad.ones(2, 3, 4), 1).shape
    (2, 12)
    """
    first, last = (check_dim(d, max(input.ndim, 1), "flatten") for d in (start_dim, end_dim))
    if first > last:
        raise ShapeError(f"flatten: start_dim = {start_dim} comes after end_dim = {end_dim} in shape {input.shape}")
    together = math.prod(input.shape[first : last + 1])
    return reshape(input, (*input.shape[:first], together, *input.shape[last + 1 :]))


def check_dim(dim: int, ndim: int, function: str) -> int:
    """`dim` counted from the front.

    Raises:
        PositionError: for a dimension the tensor does not have.
    """
    if not -ndim <= dim < ndim:
        raise PositionError(f"{function}: {out_of_range(dim, ndim)}")
    return dim % ndim


def check_each(dims: Sequence[int], ndim: int, function: str) -> tuple[int, ...]:
    """Several dimensions counted from the front; a number, which has none, counts as a vector here.

    Raises:
        PositionError: for a dimension the tensor does not have.
        ShapeError: for one that is named twice.
    """
    checked = tuple(check_dim(d, max(ndim, 1), function) for d in dims)
    if len(set(checked)) < len(checked):
        raise ShapeError(f"{function}: dim = {tuple(dims)} names a dimension twice")
    return checked


@primitive(
    Rule("g permuted back", lambda g, _y, _x, dims: permute(g, tuple(np.argsort(dims)))), view=True, name="permute"
)
def _permute(input: Any, dims: tuple[int, ...]) -> Any:
    return np.transpose(input, dims)


def permute(input: Any, *order: Any, dims: Any = None) -> Any:
    """The dimensions in another order.

    Arguments:
        input: a tensor.
        order, dims: for each dimension of the result the one of `input` it is, as numbers or as one tuple.

    >>> import minigrad
    >>> minigrad.permute(minigrad.ones(2, 3, 4), (2, 0, 1)).shape
    (4, 2, 3)
    """
    given = as_shape(order, dims)
    order = tuple(check_dim(int(d), input.ndim, "permute") for d in given)
    if sorted(order) != list(range(input.ndim)):
        raise ShapeError(f"permute: dims = {given} must name each of the {input.ndim} dimensions once")
    return _permute(input, dims=order)


def movedim(input: Any, source: Any, destination: Any) -> Any:
    """Dimensions `source` moved to the places `destination`; the others keep their order.

    Arguments:
        input: a tensor.
        source, destination: numbers, or tuples of as many.

    >>> import minigrad
    >>> minigrad.movedim(minigrad.ones(2, 3, 4), 0, -1).shape
    (3, 4, 2)
    """
    sources, destinations = (
        tuple(
            check_dim(d, max(input.ndim, 1), "movedim") for d in (dims if isinstance(dims, tuple | list) else (dims,))
        )
        for dims in (source, destination)
    )
    if len(sources) != len(destinations) or any(len(set(d)) < len(d) for d in (sources, destinations)):
        raise ShapeError(f"movedim: source = {source} and destination = {destination} must name as many, each once")
    if input.ndim == 0:
        return permute(input, ())
    order = [d for d in range(input.ndim) if d not in sources]
    for place, dim in sorted(zip(destinations, sources, strict=True)):
        order.insert(place, dim)
    return permute(input, order)


@primitive(Rule("gᵀ", lambda g, _y, _x, dim0, dim1: g.swapaxes(dim0, dim1) if g.ndim else g), view=True)
def transpose(input: Any, dim0: int, dim1: int) -> Any:
    """Two dimensions swapped.

    >>> import minigrad
    >>> minigrad.transpose(minigrad.tensor([[1, 2], [3, 4]]), 0, 1)
    tensor([[1, 3],
            [2, 4]])
    """
    ndim = max(input.ndim, 1)
    dims = check_dim(dim0, ndim, "transpose"), check_dim(dim1, ndim, "transpose")
    return input.swapaxes(*dims) if input.ndim else input.view()


def t(input: Any) -> Any:
    """A matrix transposed; a vector or a number as it is."""
    if input.ndim > 2:
        raise ShapeError(f"t: input of shape {input.shape} has more than two dimensions; use transpose() or .mT")
    return transpose(input, 0, 1) if input.ndim == 2 else input


@primitive(Rule("g reshaped", lambda g, _y, x, dim: g.reshape(x.shape)), view=True)
def unsqueeze(input: Any, dim: int) -> Any:
    """A new dimension of length 1 at place `dim`.

    >>> import minigrad
    >>> minigrad.unsqueeze(minigrad.ones(2, 3), 1).shape
    (2, 1, 3)
    """
    return np.expand_dims(input, check_dim(dim, input.ndim + 1, "unsqueeze"))


@primitive(Rule("g reshaped", lambda g, _y, x, dim: g.reshape(x.shape)), view=True)
def squeeze(input: Any, dim: int | tuple[int, ...] | None = None) -> Any:
    """Without the dimensions of length 1: all of them, or those of `dim` that are.

    >>> import minigrad
    >>> minigrad.squeeze(minigrad.ones(1, 3, 1)).shape
    (3,)
    """
    if dim is None:
        return np.squeeze(input)
    dims = dim if isinstance(dim, tuple) else (dim,)
    dims = check_each(dims, input.ndim, "squeeze")
    return np.squeeze(input, tuple(d for d in dims if input.shape[d : d + 1] == (1,)))


@primitive(Rule("g summed over what was expanded", lambda g, _y, _x, size: g), view=True)
def broadcast_to(input: Any, size: tuple[int, ...]) -> Any:
    """`input` repeated, without copying, to the shape `size`. (The engine sums its gradient back: `fit`.)

    >>> import minigrad
    >>> minigrad.broadcast_to(minigrad.tensor([1, 2]), (2, 2))
    tensor([[1, 2],
            [1, 2]])
    """
    return np.broadcast_to(input, size)


def expand(input: Any, *sizes: Any, size: Any = None) -> Any:
    """As `broadcast_to`; -1 keeps a dimension's length.

    >>> import minigrad
    >>> minigrad.ones(3, 1).expand(-1, 4).shape
    (3, 4)
    """
    size = as_shape(sizes, size)
    added = len(size) - input.ndim
    return broadcast_to(
        input, tuple(input.shape[i - added] if n == -1 and i >= added else n for i, n in enumerate(size))
    )


def expand_as(input: Any, other: Any) -> Any:
    """As `expand`, to the shape of `other`."""
    return expand(input, other.shape)


def broadcast_tensors(*tensors: Any) -> tuple[Any, ...]:
    """Tensors repeated, without copying, to the shape they have together.

    >>> import minigrad
    >>> [x.shape for x in minigrad.broadcast_tensors(minigrad.ones(3, 1), minigrad.ones(2))]
    [(3, 2), (3, 2)]
    """
    try:
        shape = np.broadcast_shapes(*(x.shape for x in tensors))
    except ValueError:
        shapes = ", ".join(str(x.shape) for x in tensors)
        raise ShapeError(f"broadcast_tensors: the shapes {shapes} do not broadcast against each other") from None
    return tuple(broadcast_to(x, shape) for x in tensors)


def _at_least(tensors: tuple[Any, ...], see: Any) -> Any:
    many = len(tensors) != 1 or isinstance(tensors[0], tuple | list)
    given = tensors[0] if many and len(tensors) == 1 else tensors
    results = tuple(see(x) for x in given)
    return results if many else results[0]


def atleast_1d(*tensors: Any) -> Any:
    """A number as a vector of one element; other tensors as they are. For several tensors, a tuple."""
    return _at_least(tensors, lambda x: x if x.ndim else reshape(x, 1))


def atleast_2d(*tensors: Any) -> Any:
    """A number or a vector as a matrix of one row; other tensors as they are. For several tensors, a tuple."""
    return _at_least(tensors, lambda x: x if x.ndim > 1 else reshape(x, (1, *(x.shape or (1,)))))


def atleast_3d(*tensors: Any) -> Any:
    """With at least three dimensions: a vector becomes (1, n, 1), a matrix (n, m, 1). For several tensors, a tuple."""

    def see(x: Any) -> Any:
        return x if x.ndim > 2 else unsqueeze(x, -1) if x.ndim == 2 else reshape(x, (1, *(x.shape or (1,)), 1))

    return _at_least(tensors, see)


def ravel(input: Any) -> Any:
    """All elements in one dimension.

    >>> import minigrad
    >>> minigrad.ravel(minigrad.tensor([[1, 2], [3, 4]]))
    tensor([1, 2, 3, 4])
    """
    return reshape(input, -1)
