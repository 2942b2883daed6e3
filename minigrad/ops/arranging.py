"""Ops that put elements elsewhere, or repeat them: flip, roll, repeat, windows, diagonals, triangles."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.autograd.errors import ArgumentError, ShapeError
from minigrad.autograd.node import TensorBase
from minigrad.autograd.op import Rule, numpy_names
from minigrad.autograd.primitive import primitive
from minigrad.ops.joining import cat, narrow
from minigrad.ops.shaping import as_shape, broadcast_to, check_dim, check_each, in_order, reshape, transpose, unsqueeze


@primitive(Rule("g flipped", lambda g, _y, _x, dims: flip(g, dims)), name="flip")
def _flip(input: Any, dims: tuple[int, ...]) -> Any:
    return np.flip(input, dims).copy()


def flip(input: Any, *axes: Any, dims: Any = None) -> Any:
    """The elements in reverse order along each of `dims`, given as numbers or as one tuple; a copy, as in PyTorch.

    >>> import minigrad
    >>> minigrad.flip(minigrad.tensor([1, 2, 3]), (0,))
    tensor([3, 2, 1])
    """
    chosen = check_each(as_shape(axes, dims), input.ndim, "flip")
    return _flip(input, dims=chosen if input.ndim else ())


def roll(input: Any, shifts: Any, dims: Any = None) -> Any:
    """Elements moved on by `shifts` along `dims`; those that leave at the end enter at the beginning.

    Arguments:
        input: a tensor.
        shifts: a number, or one for each of `dims`.
        dims: a dimension or several; None rolls through all the elements in order.

    >>> import minigrad
    >>> minigrad.roll(minigrad.tensor([1, 2, 3, 4]), 1)
    tensor([4, 1, 2, 3])
    """
    if dims is None:
        if isinstance(shifts, tuple | list) and len(shifts) > 1:
            raise ShapeError(f"roll: shifts = {shifts} needs as many dims; or one number to roll through all elements")
        return reshape(roll(reshape(input, -1), shifts, 0), input.shape)
    shifts, dims = (tuple(x) if isinstance(x, tuple | list) else (x,) for x in (shifts, dims))
    if len(shifts) != len(dims):
        raise ShapeError(f"roll: shifts = {shifts} and dims = {dims} must be as many")
    for shift, dim in zip(shifts, dims, strict=True):
        n = input.shape[check_dim(dim, input.ndim, "roll")]
        rest = n - shift % n if n else 0
        input = cat([narrow(input, dim, rest, n - rest), narrow(input, dim, 0, rest)], dim)
    return input


def rot90(input: Any, k: int = 1, dims: Sequence[int] = (0, 1)) -> Any:
    """Turned by 90 degrees `k` times in the plane of two dimensions, from the first towards the second.

    >>> import minigrad
    >>> minigrad.rot90(minigrad.tensor([[1, 2], [3, 4]]))
    tensor([[2, 4],
            [1, 3]])
    """
    if len(dims) != 2 or len({check_dim(d, input.ndim, "rot90") for d in dims}) != 2:
        raise ShapeError(f"rot90: dims = {tuple(dims)} must be two different dimensions")
    first, second = dims
    if k % 4 == 0:
        return input.clone()
    if k % 4 == 2:
        return flip(input, first, second)
    return flip(transpose(input, first, second), first if k % 4 == 1 else second)


@primitive(Rule("g on and below the diagonal, else 0", lambda g, _y, _x, diagonal: tril(g, diagonal)))
def tril(input: Any, diagonal: int = 0) -> Any:
    """The lower triangle of the last two dimensions, zeros elsewhere.

    >>> import minigrad
    >>> minigrad.tril(minigrad.ones(2, 2))
    tensor([[1., 0.],
            [1., 1.]])
    """
    return in_order(np.tril(_matrices(input, "tril"), diagonal))


@primitive(Rule("g on and above the diagonal, else 0", lambda g, _y, _x, diagonal: triu(g, diagonal)))
def triu(input: Any, diagonal: int = 0) -> Any:
    """The upper triangle of the last two dimensions, zeros elsewhere.

    >>> import minigrad
    >>> minigrad.triu(minigrad.ones(2, 2))
    tensor([[1., 1.],
            [0., 1.]])
    """
    return in_order(np.triu(_matrices(input, "triu"), diagonal))


def _matrices(x: np.ndarray, function: str) -> np.ndarray:
    if x.ndim < 2:
        raise ShapeError(f"{function}: input of shape {x.shape} needs at least two dimensions")
    return x


# --- diagonals


def _on_diagonal(x: np.ndarray, offset: int, dim1: int, dim2: int) -> np.ndarray:
    """The diagonal, as a view that can be written to (NumPy's own cannot)."""
    x = np.moveaxis(x, (dim1, dim2), (-2, -1))
    rows, columns = x.shape[-2:]
    x = x[..., max(-offset, 0) :, max(offset, 0) :]
    length = max(min(*x.shape[-2:]), 0) if -rows < offset < columns else 0
    strides = (*x.strides[:-2], x.strides[-2] + x.strides[-1])
    return np.lib.stride_tricks.as_strided(x, (*x.shape[:-2], length), strides, writeable=x.flags.writeable)


@primitive(
    Rule(
        "g on the diagonal, else 0",
        lambda g, _y, x, offset, dim1, dim2: diagonal_put(g, x.shape, offset, dim1, dim2),
    ),
    view=True,
    name="diagonal",
)
def _diagonal(input: Any, offset: int, dim1: int, dim2: int) -> Any:
    return _on_diagonal(input, offset, dim1, dim2)


@primitive(Rule("the diagonal of g", lambda g, _y, _x, shape, offset, dim1, dim2: diagonal(g, offset, dim1, dim2)))
def diagonal_put(input: Any, shape: tuple[int, ...], offset: int, dim1: int, dim2: int) -> Any:
    """Zeros of `shape` with `input` on a diagonal: the reverse of `diagonal`."""
    result = np.zeros(shape, input.dtype)
    _on_diagonal(result, offset, dim1, dim2)[...] = input
    return result


def diagonal(input: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """The elements whose positions along two dimensions are equal, along a new last dimension, as a view.

    Arguments:
        input: a tensor.
        offset: how far above the main diagonal; negative: below.
        dim1, dim2: the two dimensions.

    >>> import minigrad
    >>> minigrad.diagonal(minigrad.tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    first, second = (check_dim(d, input.ndim, "diagonal") for d in (dim1, dim2))
    if first == second:
        raise ShapeError(f"diagonal: dim1 = {dim1} and dim2 = {dim2} are the same dimension")
    return _diagonal(input, offset=offset, dim1=first, dim2=second)


def diag_embed(input: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """Square matrices with the last dimension of `input` on a diagonal, zeros elsewhere.

    Arguments:
        input: a tensor.
        offset: how far above the main diagonal; negative: below.
        dim1, dim2: which two dimensions of the result the matrices lie in.

    >>> import minigrad
    >>> minigrad.diag_embed(minigrad.tensor([1, 2]))
    tensor([[1, 0],
            [0, 2]])
    """
    ndim = input.ndim + 1
    first, second = (check_dim(d, ndim, "diag_embed") for d in (dim1, dim2))
    if input.ndim == 0 or first == second:
        raise ShapeError(f"diag_embed: input of shape {input.shape} does not fit dim1 = {dim1} and dim2 = {dim2}")
    n, others = input.shape[-1] + abs(offset), iter(input.shape[:-1])
    shape = tuple(n if d in (first, second) else next(others) for d in range(ndim))
    return diagonal_put(input, shape, offset, first, second)


def diag(input: Any, diagonal: int = 0) -> Any:
    """Of a vector: the matrix with it on a diagonal. Of a matrix: its diagonal.

    >>> import minigrad
    >>> minigrad.diag(minigrad.tensor([[1, 2], [3, 4]]), 1)
    tensor([2])
    """
    if input.ndim not in (1, 2):
        raise ShapeError(f"diag: input of shape {input.shape} must have one or two dimensions; see diagonal()")
    if input.ndim == 1:
        return diag_embed(input, diagonal)
    return _diagonal(input, offset=diagonal, dim1=0, dim2=1).clone()


def flipud(input: Any) -> Any:
    """Rows in reverse order: `flip` of dimension 0.

    >>> import minigrad
    >>> minigrad.flipud(minigrad.tensor([[1, 2], [3, 4]]))
    tensor([[3, 4],
            [1, 2]])
    """
    return flip(input, 0)


def fliplr(input: Any) -> Any:
    """Columns in reverse order: `flip` of dimension 1.

    >>> import minigrad
    >>> minigrad.fliplr(minigrad.tensor([[1, 2], [3, 4]]))
    tensor([[2, 1],
            [4, 3]])
    """
    return flip(input, 1)


def diagflat(input: Any, offset: int = 0) -> Any:
    """A matrix with all elements of `input` on a diagonal, zeros elsewhere.

    >>> import minigrad
    >>> minigrad.diagflat(minigrad.tensor([[1], [2]]))
    tensor([[1, 0],
            [0, 2]])
    """
    return diag(reshape(input, -1), offset)


# --- repeating


def repeat(input: Any, *times: Any, repeats: Any = None) -> Any:
    """The whole tensor, repeated so many times along each dimension; further repeats in front add dimensions.

    >>> import minigrad
    >>> minigrad.tensor([1, 2]).repeat(2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    times = as_shape(times, repeats)
    if len(times) < input.ndim or any(n < 0 for n in times):
        raise ShapeError(
            f"repeat: repeats = {times} must have a number from 0 up for each dimension of shape {input.shape}"
        )
    shape = (1,) * (len(times) - input.ndim) + input.shape
    apart = reshape(input, tuple(n for length in shape for n in (1, length)))
    apart = broadcast_to(apart, tuple(n for pair in zip(times, shape, strict=True) for n in pair))
    return _owned(reshape(apart, tuple(n * length for n, length in zip(times, shape, strict=True))), input)


def _owned(y: Any, input: Any) -> Any:
    """With memory of its own: what was repeated once, or was a single element, may still be a view."""
    return y.clone() if np.may_share_memory(y.array, input.array) else y


def tile(input: Any, *times: Any, dims: Any = None) -> Any:
    """As `repeat`, but fewer numbers than dimensions will do: they belong to the last ones.

    >>> import minigrad
    >>> minigrad.tile(minigrad.tensor([[1], [2]]), (2,))
    tensor([[1, 1],
            [2, 2]])
    """
    times = as_shape(times, dims)
    return repeat(input, (1,) * (input.ndim - len(times)) + tuple(times))


@numpy_names
def repeat_interleave(input: Any, repeats: Any = None, dim: int | None = None, output_size: int | None = None) -> Any:
    """Each element along `dim` repeated, one after the other.

    Arguments:
        input: a tensor. Given alone, it holds the repeats, and the result is each position so many times.
        repeats: a number, or a tensor with one for each position along `dim`.
        dim: the dimension; None for all the elements in order.
        output_size: the length that results; PyTorch asks for it on other devices.

    >>> import minigrad
    >>> minigrad.repeat_interleave(minigrad.tensor([1, 2]), 2)
    tensor([1, 1, 2, 2])
    >>> minigrad.repeat_interleave(minigrad.tensor([1, 2]), minigrad.tensor([0, 3]))
    tensor([2, 2, 2])
    """
    if repeats is None:
        return input._result(np.repeat(np.arange(len(input)), input.array), None)
    if dim is None:
        input, dim = reshape(input, -1), 0
    dim = check_dim(dim, input.ndim, "repeat_interleave")
    times = repeats.array if isinstance(repeats, TensorBase) else np.asarray(repeats)
    if times.dtype.kind not in "iu" or times.ndim > 1 or (times < 0).any():
        raise ShapeError(f"repeat_interleave: repeats = {repeats} must be whole numbers from 0 up")
    if times.size == 1:
        n = int(times.reshape(()))
        apart = broadcast_to(unsqueeze(input, dim + 1), (*input.shape[: dim + 1], n, *input.shape[dim + 1 :]))
        return _owned(reshape(apart, (*input.shape[:dim], input.shape[dim] * n, *input.shape[dim + 1 :])), input)
    if len(times) != input.shape[dim]:
        raise ShapeError(
            f"repeat_interleave: repeats of shape {times.shape} must have one number for each of the "
            f"{input.shape[dim]} positions of dim {dim}"
        )
    return input[(*(slice(None),) * dim, np.repeat(np.arange(len(times)), times))]


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Any, ...]:
    """The coordinates of a grid: each vector, repeated along the dimensions of the others, without copying.

    Arguments:
        tensors: vectors or numbers, or one list of them.
        indexing: "ij": the first vector runs along dimension 0; "xy": along dimension 1, and the second along 0.

    >>> import minigrad
    >>> minigrad.meshgrid(minigrad.tensor([1, 2]), minigrad.tensor([3, 4, 5]), indexing="ij")[0]
    tensor([[1, 1, 1],
            [2, 2, 2]])
    """
    vectors = list(tensors[0]) if len(tensors) == 1 and isinstance(tensors[0], tuple | list) else list(tensors)
    if indexing not in ("ij", "xy"):
        raise ArgumentError(f"meshgrid: indexing = {indexing!r} must be 'ij' or 'xy'")
    if not vectors or any(x.ndim > 1 for x in vectors):
        raise ShapeError(f"meshgrid: got shapes {[x.shape for x in vectors]}; one or more vectors are needed")
    swap = indexing == "xy" and len(vectors) > 1
    if swap:
        vectors[:2] = vectors[1::-1]
    vectors = [reshape(x, -1) for x in vectors]
    shape = tuple(len(x) for x in vectors)
    grids = [
        broadcast_to(reshape(x, (-1 if len(x) else 0, *(1,) * (len(shape) - 1 - i))), shape)
        for i, x in enumerate(vectors)
    ]
    if swap:
        grids[:2] = grids[1::-1]
    return tuple(grids)


# --- windows


@primitive(
    Rule("g added up where windows overlap", lambda g, _y, x, dim, size, step: fold(g, x.shape, dim, size, step)),
    view=True,
    name="unfold",
)
def _unfold(input: Any, dim: int, size: int, step: int) -> Any:
    windows = np.lib.stride_tricks.sliding_window_view(input, size, dim)
    return windows[(*(slice(None),) * dim, slice(None, None, step))]


@primitive(Rule("g in windows", lambda g, _y, _x, shape, dim, size, step: _unfold(g, dim, size, step)))
def fold(input: Any, shape: tuple[int, ...], dim: int, size: int, step: int) -> Any:
    """Windows added up where they overlap, in `shape`: the reverse of `unfold`."""
    result = np.zeros(shape, input.dtype)
    before, count = (slice(None),) * dim, input.shape[dim]
    for i in range(size):  # the i-th elements of all windows never overlap
        result[(*before, slice(i, i + (count - 1) * step + 1, step))] += input[..., i]
    return result


def unfold(input: Any, dimension: int, size: int, step: int) -> Any:
    """Windows of `size` neighbours along a dimension, one every `step`, along a new last dimension; a view.

    >>> import minigrad
    >>> minigrad.arange(5).unfold(0, 3, 1)
    tensor([[0, 1, 2],
            [1, 2, 3],
            [2, 3, 4]])
    """
    number, input = input.ndim == 0, reshape(input, 1) if input.ndim == 0 else input
    dim = check_dim(dimension, input.ndim, "unfold")
    if step <= 0 or not 0 <= size <= input.shape[dim]:
        raise ShapeError(f"unfold: size = {size} and step = {step} do not fit dim {dim} of length {input.shape[dim]}")
    return narrow(input, 0, 0, size) if number else _unfold(input, dim=dim, size=size, step=step)
