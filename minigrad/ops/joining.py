"""Ops that put tensors together or cut one up. Going back, the parts of a gradient are cut, or put together."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.autograd.errors import PositionError, ShapeError
from minigrad.autograd.node import TensorBase
from minigrad.autograd.op import Rule, numpy_names
from minigrad.autograd.primitive import primitive
from minigrad.dtypes import result_type
from minigrad.ops.shaping import atleast_1d, atleast_2d, atleast_3d, check_dim, in_order, reshape, unsqueeze

# --- joining


@primitive(
    Rule("its part of g", lambda g, _y, *tensors, dim: split(g, [x.shape[dim] for x in tensors], dim)),
    variadic=True,
    name="cat",
)
def _cat(*tensors: Any, dim: int) -> Any:
    return in_order(np.concatenate(tensors, dim, dtype=result_type(*tensors)))


@numpy_names
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
        raise ShapeError("cat: 0 tensors were given; at least one is needed")
    if any(x.shape == (0,) for x in tensors):  # which PyTorch lets stand for nothing of any shape
        some = [x for x in tensors if x.shape != (0,)]
        tensors, dim = (some, dim) if some else (tensors, 0)
    return _cat(*tensors, dim=dim)


@numpy_names
def stack(tensors: Sequence[Any], dim: int = 0) -> Any:
    """Tensors of one shape, side by side along a new dimension `dim`.

    >>> import minigrad
    >>> minigrad.stack([minigrad.tensor([1, 2]), minigrad.tensor([3, 4])], dim=1)
    tensor([[1, 3],
            [2, 4]])
    """
    if not len(tensors):
        raise ShapeError("stack: 0 tensors were given; at least one is needed")
    shapes = {x.shape for x in tensors}
    if len(shapes) > 1:
        raise ShapeError(f"stack: tensors must have one shape, but these have {', '.join(map(str, sorted(shapes)))}")
    return cat([unsqueeze(x, dim) for x in tensors], dim)


def hstack(tensors: Sequence[Any]) -> Any:
    """Tensors side by side: joined along dimension 1, vectors along their only one.

    >>> import minigrad
    >>> minigrad.hstack([minigrad.tensor([1, 2]), minigrad.tensor([3])])
    tensor([1, 2, 3])
    """
    tensors = _several(tensors, atleast_1d, "hstack")
    return cat(tensors, 0 if tensors[0].ndim == 1 else 1)


def vstack(tensors: Sequence[Any]) -> Any:
    """Tensors one above the other: joined along dimension 0, vectors as rows.

    >>> import minigrad
    >>> minigrad.vstack([minigrad.tensor([1, 2]), minigrad.tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]])
    """
    return cat(_several(tensors, atleast_2d, "vstack"), 0)


def dstack(tensors: Sequence[Any]) -> Any:
    """Tensors one behind the other: joined along dimension 2, of what has fewer as `atleast_3d` sees it."""
    return cat(_several(tensors, atleast_3d, "dstack"), 2)


def column_stack(tensors: Sequence[Any]) -> Any:
    """As `hstack`, but numbers and vectors become columns.

    >>> import minigrad
    >>> minigrad.column_stack([minigrad.tensor([1, 2]), minigrad.tensor([3, 4])])
    tensor([[1, 3],
            [2, 4]])
    """
    return hstack([x if x.ndim > 1 else reshape(x, (-1, 1)) for x in tensors])


def _several(tensors: Sequence[Any], see: Any, function: str) -> tuple[Any, ...]:
    if not len(tensors):
        raise ShapeError(f"{function}: 0 tensors were given; at least one is needed")
    return tuple(see(x) for x in tensors)


# --- cutting


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
        if size < 0 or (size == 0 and length):
            raise ShapeError(f"split: split_size = {size} must be positive")
        sections = [min(size, length - start) for start in range(0, length, size or 1)] or [0]
    else:
        sections = list(split_size_or_sections)
        if sum(sections) != length:
            raise ShapeError(f"split: the sections {sections} add up to {sum(sections)}, but dim {dim} has {length}")
    ends = np.cumsum(sections).tolist()
    return tuple(narrow(tensor, dim, end - n, n) for n, end in zip(sections, ends, strict=True))


@numpy_names
def tensor_split(input: Any, indices_or_sections: Any, dim: int = 0) -> tuple[Any, ...]:
    """Cut a tensor along `dim` into nearly equal parts, or at given places.

    Arguments:
        input: a tensor.
        indices_or_sections: how many parts, the first ones longer by 1 if need be; or a list, tuple or tensor of
            the positions at which to cut.
        dim: the dimension to cut.

    >>> import minigrad
    >>> minigrad.tensor_split(minigrad.arange(5), 3), minigrad.tensor_split(minigrad.arange(4), [1, 3])
    ((tensor([0, 1]), tensor([2, 3]), tensor([4])), (tensor([0]), tensor([1, 2]), tensor([3])))
    """
    dim = check_dim(dim, input.ndim, "tensor_split")
    places = indices_or_sections.array.tolist() if isinstance(indices_or_sections, TensorBase) else indices_or_sections
    length = input.shape[dim]
    if isinstance(places, int):
        if places <= 0:
            raise ShapeError(f"tensor_split: indices_or_sections = {places} must be positive")
        size, longer = divmod(length, places)
        places = [i * size + min(i, longer) for i in range(1, places)]
    cuts = [slice(start, end) for start, end in zip((None, *places), (*places, None), strict=True)]
    before = (slice(None),) * dim
    return tuple(input[(*before, cut)] for cut in cuts)


@numpy_names
def narrow(input: Any, dim: int, start: Any, length: int) -> Any:
    """`length` positions along `dim`, from `start` on, as a view.

    >>> import minigrad
    >>> minigrad.narrow(minigrad.tensor([1, 2, 3, 4]), 0, 1, 2)
    tensor([2, 3])
    """
    dim, first = check_dim(dim, input.ndim, "narrow"), int(start)
    n = input.shape[dim]
    first += n if first < 0 else 0
    if length < 0 or not 0 <= first <= n - length:
        raise PositionError(f"narrow: start = {start} and length = {length} reach beyond dim {dim}, which has {n}")
    return input[(*(slice(None),) * dim, slice(first, first + length))]


@numpy_names
def select(input: Any, dim: int, index: int) -> Any:
    """The slice at position `index` of dimension `dim`, without that dimension, as a view.

    >>> import minigrad
    >>> minigrad.select(minigrad.tensor([[1, 2], [3, 4]]), 1, -1)
    tensor([2, 4])
    """
    return input[(*(slice(None),) * check_dim(dim, input.ndim, "select"), int(index))]


@numpy_names
def chunk(input: Any, chunks: int, dim: int = 0) -> tuple[Any, ...]:
    """Cut a tensor into `chunks` parts of equal length along `dim`; the last may be shorter.

    >>> import minigrad
    >>> minigrad.chunk(minigrad.tensor([1, 2, 3, 4]), 2)
    (tensor([1, 2]), tensor([3, 4]))
    """
    if chunks <= 0:
        raise ShapeError(f"chunk: chunks = {chunks} must be positive")
    length = input.shape[check_dim(dim, input.ndim, "chunk")]
    return split(input, -(-length // chunks) if length else [0] * chunks, dim)


@numpy_names
def unbind(input: Any, dim: int = 0) -> tuple[Any, ...]:
    """The slices of a tensor along `dim`, each without that dimension.

    >>> import minigrad
    >>> minigrad.unbind(minigrad.tensor([[1, 2], [3, 4]]))
    (tensor([1, 2]), tensor([3, 4]))
    """
    before = (slice(None),) * check_dim(dim, input.ndim, "unbind")
    return tuple(input[(*before, i)] for i in range(input.shape[dim]))


def hsplit(input: Any, indices_or_sections: Any) -> tuple[Any, ...]:
    """`tensor_split` into columns: along dimension 1, of a vector along its only one.

    >>> import minigrad
    >>> [x.tolist() for x in minigrad.hsplit(minigrad.tensor([[1, 2], [3, 4]]), 2)]
    [[[1], [3]], [[2], [4]]]
    """
    return _split_evenly(input, indices_or_sections, min(1, input.ndim - 1), 1, "hsplit")


def vsplit(input: Any, indices_or_sections: Any) -> tuple[Any, ...]:
    """`tensor_split` into rows: along dimension 0 of at least two.

    >>> import minigrad
    >>> [x.tolist() for x in minigrad.vsplit(minigrad.tensor([[1, 2], [3, 4]]), 2)]
    [[[1, 2]], [[3, 4]]]
    """
    return _split_evenly(input, indices_or_sections, 0, 2, "vsplit")


def dsplit(input: Any, indices_or_sections: Any) -> tuple[Any, ...]:
    """`tensor_split` along dimension 2.

    >>> import minigrad
    >>> [x.shape for x in minigrad.dsplit(minigrad.ones(2, 3, 4), 2)]
    [(2, 3, 2), (2, 3, 2)]
    """
    return _split_evenly(input, indices_or_sections, 2, 3, "dsplit")


def _split_evenly(input: Any, where: Any, dim: int, least: int, function: str) -> tuple[Any, ...]:
    """`tensor_split` of a tensor with enough dimensions, into parts of one length if their number is given."""
    if input.ndim < least or (isinstance(where, int) and (where < 1 or input.shape[dim] % where)):
        raise ShapeError(
            f"{function}: input of shape {input.shape} cannot be split into {where} parts of one length along dim {dim}"
        )
    return tensor_split(input, where, dim)


def block_diag(*tensors: Any) -> Any:
    """Matrices along the diagonal of a large one, zeros elsewhere; a vector is a matrix of one row.

    >>> import minigrad
    >>> minigrad.block_diag(minigrad.tensor([[1, 2]]), minigrad.tensor([[3], [4]]))
    tensor([[1, 2, 0],
            [0, 0, 3],
            [0, 0, 4]])
    """
    matrices = [atleast_2d(x) for x in tensors]
    if any(x.ndim > 2 for x in matrices):
        raise ShapeError(
            f"block_diag: shapes {', '.join(str(x.shape) for x in tensors)} must have at most two dimensions"
        )
    width, before, rows = sum(x.shape[1] for x in matrices), 0, []
    for x in matrices:
        height, own = x.shape
        rows.append(cat([x.new_zeros(height, before), x, x.new_zeros(height, width - before - own)], 1))
        before += own
    return cat(rows)


def cartesian_prod(*tensors: Any) -> Any:
    """All ways to take one element of each vector, a row each.

    >>> import minigrad
    >>> minigrad.cartesian_prod(minigrad.tensor([1, 2]), minigrad.tensor([3, 4]))
    tensor([[1, 3],
            [1, 4],
            [2, 3],
            [2, 4]])
    """
    if any(x.ndim != 1 for x in tensors):
        raise ShapeError(f"cartesian_prod: shapes {', '.join(str(x.shape) for x in tensors)} must be vectors")
    if len(tensors) == 1:
        return tensors[0]
    lengths = [len(x) for x in tensors]
    spread = [
        x.reshape([-1 if k == i else 1 for k in range(len(tensors))]).expand(lengths) for i, x in enumerate(tensors)
    ]
    return stack([x.reshape(-1) for x in spread], 1)
