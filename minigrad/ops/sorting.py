"""Elements in order of size. What comes out are the elements themselves, so gradients go back to where they stood."""

from typing import Any

import numpy as np

from minigrad import return_types
from minigrad.autograd.errors import DtypeError, ShapeError
from minigrad.autograd.op import no_gradient, numpy_names
from minigrad.autograd.primitive import primitive
from minigrad.ops.indexing import gather
from minigrad.ops.joining import narrow
from minigrad.ops.shaping import check_dim, contiguous


@primitive(no_gradient, name="argsort")
def _argsort(input: Any, dim: int, descending: bool) -> Any:
    if input.ndim == 0:
        return np.zeros((), np.int64)
    if not descending:
        return np.argsort(input, dim, kind="stable")
    from_behind = np.argsort(np.flip(input, dim), dim, kind="stable")  # so that equal elements keep their order
    return input.shape[dim] - 1 - np.flip(from_behind, dim)


@numpy_names
def argsort(input: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """The positions that would put the elements along `dim` in order; equal ones keep theirs, `stable` or not.

    Arguments:
        input: a tensor.
        dim: the dimension to sort along.
        descending: the largest first. NaN counts as the largest.
        stable: PyTorch's promise that equal elements keep their order; here they always do.

    >>> import minigrad
    >>> minigrad.argsort(minigrad.tensor([3.0, 1.0, 2.0]))
    tensor([1, 2, 0])
    """
    return _argsort(input, dim=check_dim(dim, max(input.ndim, 1), "argsort"), descending=descending)


@numpy_names
def sort(input: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """The elements along `dim` in order, and where each was. Arguments as for `argsort`.

    >>> import minigrad
    >>> values, indices = minigrad.sort(minigrad.tensor([3.0, 1.0, 2.0]))
    >>> values, indices
    (tensor([1., 2., 3.]), tensor([1, 2, 0]))
    """
    indices = argsort(input, dim, descending)
    return return_types.sort((gather(input, dim, indices), indices))


@numpy_names
def topk(input: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """The `k` largest elements along `dim`, the largest first, and where each was.

    Arguments:
        input: a tensor.
        k: how many.
        dim: the dimension to choose along.
        largest: False for the smallest, the smallest first.
        sorted: in order; here they always are.

    >>> import minigrad
    >>> values, indices = minigrad.topk(minigrad.tensor([3.0, 1.0, 2.0]), 2)
    >>> values, indices
    (tensor([3., 2.]), tensor([0, 2]))
    """
    if input.dtype.kind == "b":
        raise DtypeError("topk: input is bool; convert it with .long() first")
    n = input.shape[check_dim(dim, max(input.ndim, 1), "topk")] if input.ndim else 1
    if not 0 <= k <= n:
        raise ShapeError(f"topk: k = {k} is out of range for dim {dim} of shape {input.shape}, which has {n} elements")
    indices = argsort(input, dim, descending=largest)
    indices = contiguous(narrow(indices, dim, 0, k)) if input.ndim else indices
    return return_types.topk((gather(input, dim, indices), indices))


def msort(input: Any) -> Any:
    """The elements along the first dimension in order.

    >>> import minigrad
    >>> minigrad.msort(minigrad.tensor([[3, 1], [2, 5]]))
    tensor([[2, 1],
            [3, 5]])
    """
    return sort(input, 0).values
