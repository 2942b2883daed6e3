"""Ops that move elements without changing them: reshape, transpose, expand, concatenate.

Their derivatives move the gradient back the same way.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.autograd.op import Rule, ShapeError
from minigrad.autograd.primitive import primitive
from minigrad.dtypes import result_type


@primitive(Rule("g reshaped", lambda g, y, x, shape: reshape(g, x.shape)), view=True, name="reshape")
def _reshape(input: Any, shape: tuple[int, ...]) -> Any:
    return np.reshape(input, shape)


def reshape(input: Any, *shape: Any) -> Any:
    """The same elements in another shape; one length may be -1, to be worked out.

    Arguments:
        input: a tensor.
        shape: the new shape, as numbers or as one tuple. The result shares memory with `input` where it can.

    >>> import minigrad
    >>> minigrad.reshape(minigrad.tensor([1, 2, 3, 4]), (2, -1))
    tensor([[1, 2],
            [3, 4]])
    """
    return _reshape(input, shape=as_shape(shape))


def as_shape(shape: tuple[Any, ...]) -> tuple[int, ...]:
    """Read `f(2, 3)` and `f((2, 3))` alike."""
    if len(shape) == 1 and isinstance(shape[0], tuple | list):
        return tuple(shape[0])
    return shape


def flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """Dimensions `start_dim` to `end_dim` run into one.

    >>> import minigrad
    >>> minigrad.flatten(minigrad.ones(2, 3, 4), 1).shape
    (2, 12)
    """
    if input.ndim == 0:
        return reshape(input, 1)
    first, last = check_dim(start_dim, input.ndim, "flatten"), check_dim(end_dim, input.ndim, "flatten")
    if first > last:
        raise ShapeError(f"flatten: start_dim = {start_dim} comes after end_dim = {end_dim} in shape {input.shape}")
    return reshape(input, (*input.shape[:first], -1, *input.shape[last + 1 :]))


def check_dim(dim: int, ndim: int, function: str) -> int:
    """`dim` counted from the front.

    Raises:
        IndexError: for a dimension the tensor does not have.
    """
    if not -ndim <= dim < ndim:
        raise IndexError(
            f"{function}: dim = {dim} is out of range; the input has {ndim} dimensions, "
            f"so {-ndim} to {ndim - 1} would do"
        )
    return dim % ndim


@primitive(
    Rule("g permuted back", lambda g, y, x, dims: permute(g, tuple(np.argsort(dims)))), view=True, name="permute"
)
def _permute(input: Any, dims: tuple[int, ...]) -> Any:
    return np.transpose(input, dims)


def permute(input: Any, *dims: Any) -> Any:
    """The dimensions in another order.

    Arguments:
        input: a tensor.
        dims: for each dimension of the result the one of `input` it is, as numbers or as one tuple.

    >>> import minigrad
    >>> minigrad.permute(minigrad.ones(2, 3, 4), (2, 0, 1)).shape
    (4, 2, 3)
    """
    order = tuple(check_dim(int(d), input.ndim, "permute") for d in as_shape(dims))
    if sorted(order) != list(range(input.ndim)):
        raise ShapeError(f"permute: dims = {as_shape(dims)} must name each of the {input.ndim} dimensions once")
    return _permute(input, dims=order)


@primitive(Rule("gᵀ", lambda g, y, x, dim0, dim1: transpose(g, dim0, dim1)), view=True)
def transpose(input: Any, dim0: int, dim1: int) -> Any:
    """Two dimensions swapped.

    >>> import minigrad
    >>> minigrad.transpose(minigrad.tensor([[1, 2], [3, 4]]), 0, 1)
    tensor([[1, 3],
            [2, 4]])
    """
    return np.swapaxes(input, dim0, dim1)


@primitive(Rule("g reshaped", lambda g, y, x, dim: reshape(g, x.shape)), view=True)
def unsqueeze(input: Any, dim: int) -> Any:
    """A new dimension of length 1 at place `dim`.

    >>> import minigrad
    >>> minigrad.unsqueeze(minigrad.ones(2, 3), 1).shape
    (2, 1, 3)
    """
    return np.expand_dims(input, dim)


@primitive(Rule("g reshaped", lambda g, y, x, dim: reshape(g, x.shape)), view=True)
def squeeze(input: Any, dim: int | tuple[int, ...] | None = None) -> Any:
    """Without the dimensions of length 1: all of them, or those of `dim` that are.

    >>> import minigrad
    >>> minigrad.squeeze(minigrad.ones(1, 3, 1)).shape
    (3,)
    """
    if dim is None:
        return np.squeeze(input)
    dims = dim if isinstance(dim, tuple) else (dim,)
    dims = tuple(check_dim(d, max(input.ndim, 1), "squeeze") for d in dims) if input.ndim else ()
    return np.squeeze(input, tuple(d for d in dims if input.shape[d] == 1))


@primitive(Rule("g summed over what was expanded", lambda g, y, x, size: g), view=True)
def broadcast_to(input: Any, size: tuple[int, ...]) -> Any:
    """`input` repeated, without copying, to the shape `size`. (The engine sums its gradient back: `fit`.)

    >>> import minigrad
    >>> minigrad.broadcast_to(minigrad.tensor([1, 2]), (2, 2))
    tensor([[1, 2],
            [1, 2]])
    """
    return np.broadcast_to(input, size)


def expand(input: Any, *sizes: Any) -> Any:
    """As `broadcast_to`; -1 keeps a dimension's length.

    >>> import minigrad
    >>> minigrad.ones(3, 1).expand(-1, 4).shape
    (3, 4)
    """
    size = as_shape(sizes)
    added = len(size) - input.ndim
    return broadcast_to(
        input, tuple(input.shape[i - added] if n == -1 and i >= added else n for i, n in enumerate(size))
    )


@primitive(Rule("g flipped", lambda g, y, x, dims: flip(g, dims)), name="flip")
def _flip(input: Any, dims: tuple[int, ...]) -> Any:
    return np.flip(input, dims).copy()


def flip(input: Any, *dims: Any) -> Any:
    """The elements in reverse order along each of `dims`, numbers or one tuple; a copy, as in PyTorch.

    >>> import minigrad
    >>> minigrad.flip(minigrad.tensor([1, 2, 3]), (0,))
    tensor([3, 2, 1])
    """
    return _flip(input, dims=as_shape(dims))


@primitive(Rule("g on and below the diagonal, else 0", lambda g, y, x, diagonal: tril(g, diagonal)))
def tril(input: Any, diagonal: int = 0) -> Any:
    """The lower triangle of the last two dimensions, zeros elsewhere.

    >>> import minigrad
    >>> minigrad.tril(minigrad.ones(2, 2))
    tensor([[1., 0.],
            [1., 1.]])
    """
    return np.tril(_matrices(input, "tril"), diagonal)


@primitive(Rule("g on and above the diagonal, else 0", lambda g, y, x, diagonal: triu(g, diagonal)))
def triu(input: Any, diagonal: int = 0) -> Any:
    """The upper triangle of the last two dimensions, zeros elsewhere.

    >>> import minigrad
    >>> minigrad.triu(minigrad.ones(2, 2))
    tensor([[1., 1.],
            [0., 1.]])
    """
    return np.triu(_matrices(input, "triu"), diagonal)


def _matrices(x: np.ndarray, function: str) -> np.ndarray:
    if x.ndim < 2:
        raise ShapeError(f"{function}: input of shape {x.shape} needs at least two dimensions")
    return x


# --- joining and splitting


@primitive(
    Rule("its part of g", lambda g, y, *tensors, dim: split(g, [x.shape[dim] for x in tensors], dim)),
    variadic=True,
    name="cat",
)
def _cat(*tensors: Any, dim: int) -> Any:
    return np.concatenate(tensors, dim, dtype=result_type(*tensors))


def cat(tensors: Sequence[Any], dim: int = 0) -> Any:
    """Tensors one after the other along `dim`; their other dimensions must agree.

    Arguments:
        tensors: a sequence of tensors.
        dim: the dimension in which they are joined.

    >>> import minigrad
    >>> minigrad.cat([minigrad.tensor([1, 2]), minigrad.tensor([3])])
    tensor([1, 2, 3])
    """
    if not len(tensors):
        raise ShapeError("cat: tensors is empty; at least one tensor is needed")
    return _cat(*tensors, dim=dim)


def stack(tensors: Sequence[Any], dim: int = 0) -> Any:
    """Tensors of one shape, side by side along a new dimension `dim`.

    >>> import minigrad
    >>> minigrad.stack([minigrad.tensor([1, 2]), minigrad.tensor([3, 4])], dim=1)
    tensor([[1, 3],
            [2, 4]])
    """
    if not len(tensors):
        raise ShapeError("stack: tensors is empty; at least one tensor is needed")
    shapes = {x.shape for x in tensors}
    if len(shapes) > 1:
        raise ShapeError(f"stack: tensors must have one shape, but these have {', '.join(map(str, sorted(shapes)))}")
    return cat([unsqueeze(x, dim) for x in tensors], dim)


def split(tensor: Any, split_size_or_sections: int | Sequence[int], dim: int = 0) -> tuple[Any, ...]:
    """Cut a tensor into parts along `dim`.

    Arguments:
        tensor: a tensor.
        split_size_or_sections: the length of each part (the last may be shorter), or a list with every length.
        dim: the dimension to cut.

    Returns:
        The parts, views of `tensor`.

    >>> import minigrad
    >>> minigrad.split(minigrad.tensor([1, 2, 3, 4, 5]), 2)
    (tensor([1, 2]), tensor([3, 4]), tensor([5]))
    """
    dim = check_dim(dim, tensor.ndim, "split")
    length = tensor.shape[dim]
    if isinstance(split_size_or_sections, int):
        size = split_size_or_sections
        if size <= 0:
            raise ValueError(f"split: split_size = {size} must be positive")
        sections = [min(size, length - start) for start in range(0, length, size)] or [0]
    else:
        sections = list(split_size_or_sections)
        if sum(sections) != length:
            raise ShapeError(f"split: the sections {sections} add up to {sum(sections)}, but dim {dim} has {length}")
    ends = np.cumsum(sections).tolist()
    before = (slice(None),) * dim
    return tuple(tensor[(*before, slice(end - n, end))] for n, end in zip(sections, ends, strict=True))


def chunk(input: Any, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    """Cut a tensor into `chunks` parts of equal length along `dim`; the last may be shorter.

    >>> import minigrad
    >>> minigrad.chunk(minigrad.tensor([1, 2, 3, 4]), 2)
    (tensor([1, 2]), tensor([3, 4]))
    """
    if chunks <= 0:
        raise ValueError(f"chunk: chunks = {chunks} must be positive")
    length = input.shape[check_dim(dim, input.ndim, "chunk")]
    return split(input, max(-(-length // chunks), 1), dim)


def unbind(input: Any, dim: int = 0) -> tuple[Any, ...]:
    """The slices of a tensor along `dim`, each without that dimension.

    >>> import minigrad
    >>> minigrad.unbind(minigrad.tensor([[1, 2], [3, 4]]))
    (tensor([1, 2]), tensor([3, 4]))
    """
    before = (slice(None),) * check_dim(dim, input.ndim, "unbind")
    return tuple(input[(*before, i)] for i in range(input.shape[dim]))
