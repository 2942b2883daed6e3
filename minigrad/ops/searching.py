"""Where elements are, which there are and how many of each: results are positions and counts, without derivatives."""

from typing import Any

import numpy as np

from minigrad.autograd.errors import ArgumentError, ShapeError
from minigrad.autograd.node import TensorBase
from minigrad.ops import choosing
from minigrad.ops.indexing import as_positions, check_positions


def nonzero(input: Any, *, as_tuple: bool = False) -> Any:
    """The positions of the elements that are not zero.

    Arguments:
        input: a tensor.
        as_tuple: give a vector for each dimension, as an index takes them, instead of a matrix with a row for each
            element.

    >>> import minigrad
    >>> minigrad.nonzero(minigrad.tensor([[1, 0], [2, 3]]))
    tensor([[0, 0],
            [1, 0],
            [1, 1]])
    """
    if not as_tuple:
        return input._result(np.argwhere(input.array), None)
    return tuple(input._result(positions, None) for positions in np.nonzero(np.atleast_1d(input.array)))


def argwhere(input: Any) -> Any:
    """The positions of the elements that are not zero, a row for each: as `nonzero`."""
    return nonzero(input)


def where(condition: Any, input: Any = None, other: Any = None) -> Any:
    """`input` where `condition` is true, `other` elsewhere; with `condition` alone, `nonzero(as_tuple=True)`.

    Arguments:
        condition: a bool tensor.
        input, other: tensors or numbers; all three broadcast against each other.

    >>> import minigrad
    >>> x = minigrad.tensor([-1.0, 2.0])
    >>> minigrad.where(x > 0, x, 0.0), minigrad.where(x > 0)
    (tensor([0., 2.]), (tensor([1]),))
    """
    if input is None and other is None:
        return nonzero(condition, as_tuple=True)
    return choosing.where(condition, input, other)


def unique(
    input: Any, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """Each element once, in order of size.

    Arguments:
        input: a tensor.
        sorted: in order; here they always are.
        return_inverse: give also where in the result each element of `input` stands.
        return_counts: give also how often each occurs.
        dim: compare whole slices along this dimension; None: single elements.

    Returns:
        A tensor, or a tuple of up to three.

    >>> import minigrad
    >>> minigrad.unique(minigrad.tensor([3, 1, 3]), return_counts=True)
    (tensor([1, 3]), tensor([1, 2]))
    """
    found = np.unique(input.array, return_inverse=True, return_counts=True, axis=dim, equal_nan=False)
    inverse = found[1].reshape(input.shape if dim is None else -1)
    results = [found[0], *([inverse] if return_inverse else []), *([found[2]] if return_counts else [])]
    tensors = tuple(input._result(x, None) for x in results)
    return tensors if len(tensors) > 1 else tensors[0]


def unique_consecutive(
    input: Any, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """Each element that differs from the one before it. Arguments and result as for `unique`.

    >>> import minigrad
    >>> minigrad.unique_consecutive(minigrad.tensor([1, 1, 2, 1]), return_counts=True)
    (tensor([1, 2, 1]), tensor([2, 1, 1]))
    """
    array = input.array.reshape(-1) if dim is None else np.moveaxis(input.array, dim, 0)
    new = np.ones(len(array), bool)
    new[1:] = (array[1:] != array[:-1]).any(tuple(range(1, array.ndim)))
    found = array[new] if dim is None else np.ascontiguousarray(np.moveaxis(array[new], 0, dim))
    inverse = (np.cumsum(new) - 1).reshape(input.shape if dim is None else -1)
    counts = np.diff(np.append(np.flatnonzero(new), len(array)))
    results = [found, *([inverse] if return_inverse else []), *([counts] if return_counts else [])]
    tensors = tuple(input._result(x, None) for x in results)
    return tensors if len(tensors) > 1 else tensors[0]


def one_hot(tensor: Any, num_classes: int = -1) -> Any:
    """For each number a vector with 1 at that position and 0 elsewhere, as int64.

    Arguments:
        tensor: an integer tensor.
        num_classes: the length of the vectors; -1: one more than the largest number.

    >>> import minigrad
    >>> minigrad.nn.functional.one_hot(minigrad.tensor([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    numbers = as_positions(tensor)
    if num_classes == -1:
        if numbers.size == 0:
            raise ShapeError("one_hot: a tensor without elements needs num_classes")
        num_classes = int(numbers.max()) + 1
    if num_classes <= 0 and numbers.size == 0:
        raise ArgumentError(f"one_hot: num_classes = {num_classes} must be positive")
    check_positions(numbers, num_classes, "one_hot", "tensor", "a vector of num_classes")
    return tensor._result((numbers[..., None] == np.arange(num_classes)).astype(np.int64), None)


def bincount(input: Any, weights: Any = None, minlength: int = 0) -> Any:
    """How often each number from 0 up occurs, or the sum of the weights of its occurrences.

    Arguments:
        input: an integer vector without negative numbers.
        weights: a vector of the same length.
        minlength: the least length of the result.

    >>> import minigrad
    >>> minigrad.bincount(minigrad.tensor([0, 2, 2]))
    tensor([1, 0, 2])
    """
    numbers = as_positions(input)
    if numbers.ndim != 1 or (weights is not None and weights.shape != numbers.shape):
        given = "" if weights is None else f" and weights of shape {weights.shape}"
        raise ShapeError(f"bincount: input of shape {numbers.shape}{given} must be vectors of one length")
    check_positions(numbers, np.iinfo(np.int64).max, "bincount", "input", "a count")
    counts = np.bincount(numbers, None if weights is None else weights.array, minlength)
    single = weights is not None and weights.dtype == np.float32
    return input._result(counts.astype(np.float32 if single else counts.dtype), None)


def searchsorted(
    sorted_sequence: Any,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Any = None,
) -> Any:
    """Where to insert numbers into a sorted sequence so that it stays sorted.

    Arguments:
        sorted_sequence: a vector, or a tensor whose last dimension holds a sorted sequence for each of the others.
        input: a number, or a tensor; for several sequences it has their dimensions before the last.
        out_int32: give int32 instead of int64.
        right: behind elements that are equal, rather than before them.
        side: "left" or "right", another way to say so.
        sorter: the positions that sort each sequence, if they are not sorted.

    >>> import minigrad
    >>> minigrad.searchsorted(minigrad.tensor([1, 3, 5]), minigrad.tensor([3, 6]))
    tensor([1, 3])
    """
    if side not in (None, "left", "right") or (side == "left" and right):
        raise ArgumentError(f"searchsorted: side = {side!r} and right = {right} must agree; 'left' or 'right' would do")
    sequences, wanted = sorted_sequence.array, getattr(input, "array", np.asarray(input))
    if sorter is not None:
        sequences = np.take_along_axis(sequences, sorter.array, -1)
    many = sequences.ndim > 1
    if sequences.ndim == 0 or (many and sequences.shape[:-1] != wanted.shape[:-1]):
        raise ShapeError(
            f"searchsorted: input of shape {wanted.shape} must have the dimensions of sorted_sequence before the "
            f"last, which has shape {sequences.shape}; or it must be a vector"
        )
    where: Any = "right" if right or side == "right" else "left"
    dtype = np.int32 if out_int32 else np.int64
    if not many:
        return sorted_sequence._result(np.asarray(np.searchsorted(sequences, wanted, where), dtype), None)
    result = np.empty(wanted.shape, dtype)
    for place in np.ndindex(wanted.shape[:-1]):
        result[place] = np.searchsorted(sequences[place], wanted[place], where)
    return sorted_sequence._result(result, None)


def bucketize(input: Any, boundaries: Any, *, out_int32: bool = False, right: bool = False) -> Any:
    """In which of the intervals between `boundaries` each element lies, counted from 0.

    Arguments:
        input: a number or a tensor.
        boundaries: a sorted vector.
        out_int32: give int32 instead of int64.
        right: an element equal to a boundary belongs to the interval above it, rather than below.

    >>> import minigrad
    >>> minigrad.bucketize(minigrad.tensor([0, 3, 9]), minigrad.tensor([1, 3, 5]))
    tensor([0, 1, 3])
    """
    if boundaries.ndim != 1:
        raise ShapeError(f"bucketize: boundaries of shape {boundaries.shape} must be a vector")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


def isin(elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False) -> Any:
    """Whether each element is among others.

    Arguments:
        elements: a tensor or a number.
        test_elements: what is looked among: a tensor or a number.
        assume_unique: that no number occurs twice in either, which may be faster.
        invert: give the opposite.

    >>> import minigrad
    >>> minigrad.isin(minigrad.tensor([1, 2, 3]), minigrad.tensor([1, 3]))
    tensor([ True, False,  True])
    """
    like = elements if isinstance(elements, TensorBase) else test_elements
    one, other = (getattr(x, "array", x) for x in (elements, test_elements))
    return like._result(np.isin(one, other, assume_unique, invert), None)
