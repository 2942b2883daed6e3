"""Ops that make many elements into fewer: sums, means, extremes.

`dim` is one dimension, several, or None for all; with `keepdim` the reduced dimensions stay, with length 1, so that
the result broadcasts against the input.
"""

import builtins
from typing import Any, NamedTuple

import numpy as np

from minigrad.autograd.backward import unbroadcast
from minigrad.autograd.op import Rule, ShapeError, no_gradient
from minigrad.autograd.primitive import primitive
from minigrad.ops.comparison import eq
from minigrad.ops.elementwise import exp, log, sqrt
from minigrad.ops.indexing import gather
from minigrad.ops.shaping import broadcast_to, reshape, squeeze

Dims = int | tuple[int, ...] | list[int] | None


def check_dims(dim: Dims, ndim: int) -> tuple[int, ...]:
    """The dimensions meant by `dim`, counted from the front.

    Raises:
        IndexError: for a dimension the tensor does not have, or one named twice.
    """
    if dim is None or (isinstance(dim, tuple | list) and not dim):
        return tuple(range(ndim))
    dims = tuple(dim) if isinstance(dim, tuple | list) else (dim,)
    low, high = -max_(ndim, 1), max_(ndim, 1) - 1
    for d in dims:
        if not low <= d <= high:
            raise IndexError(f"dim = {d} is out of range; the input has {ndim} dimensions, so {low} to {high} would do")
    result = tuple([d % ndim for d in dims]) if ndim else ()
    if len(set(result)) < len(result):
        raise IndexError(f"dim = {dim!r} names a dimension twice")
    return result


max_ = builtins.max


def spread(g: Any, x: Any, dim: Dims, keepdim: bool) -> Any:
    """A reduction's gradient, brought back to the shape of what was reduced: every element gets its result's."""
    return broadcast_to(restore_dims(g, x.shape, dim, keepdim), x.shape)


def restore_dims(g: Any, shape: tuple[int, ...], dim: Dims, keepdim: bool) -> Any:
    """Put the reduced dimensions back, with length 1."""
    if keepdim:
        return g
    dims = check_dims(dim, len(shape))
    return reshape(g, tuple(1 if i in dims else n for i, n in enumerate(shape)))


@primitive(Rule("g, to every element summed", lambda g, y, x, dim, keepdim, dtype: spread(g, x, dim, keepdim)))
def sum(input: Any, dim: Dims = None, keepdim: bool = False, dtype: Any = None) -> Any:
    """The sum of the elements along `dim`; integers and bools are summed as int64.

    Arguments:
        input: a tensor.
        dim: the dimension or dimensions to sum over; None for all.
        keepdim: keep them, with length 1.
        dtype: convert to this type first.

    >>> import minigrad
    >>> minigrad.sum(minigrad.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=1)
    tensor([3., 7.])
    """
    dtype = dtype or (np.dtype(np.int64) if input.dtype.kind in "biu" else None)
    return input.sum(axis=check_dims(dim, input.ndim), keepdims=keepdim, dtype=dtype)


@primitive(Rule("g summed to the shape", lambda g, y, x, size: broadcast_to(g, x.shape)))
def sum_to_size(input: Any, size: tuple[int, ...]) -> Any:
    """`input` summed over the dimensions in which `size` has 1, or none: the reverse of broadcasting.

    Arguments:
        input: a tensor.
        size: a shape that broadcasts to the shape of `input`.
    """
    return unbroadcast(input, tuple(size))


def mean(input: Any, dim: Dims = None, keepdim: bool = False) -> Any:
    """The mean of the elements along `dim`.

    Arguments:
        input: a float tensor.
        dim: the dimension or dimensions; None for all.
        keepdim: keep them, with length 1.

    >>> import minigrad
    >>> minigrad.mean(minigrad.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor(2.5000)
    """
    if input.dtype.kind != "f":
        raise TypeError(f"mean: input is {input.dtype}; convert it with .float() first")
    return _mean(input, dim, keepdim)


@primitive(Rule("g / n", lambda g, y, x, dim, keepdim: spread(g / count(x.shape, dim), x, dim, keepdim)), name="mean")
def _mean(input: Any, dim: Dims, keepdim: bool) -> Any:
    return input.mean(axis=check_dims(dim, input.ndim), keepdims=keepdim)


def count(shape: tuple[int, ...], dim: Dims) -> int:
    """How many elements a reduction over `dim` puts into one."""
    n = 1
    for d in check_dims(dim, len(shape)):
        n *= shape[d] if shape else 1
    return n


def var(input: Any, dim: Dims = None, correction: int = 1, keepdim: bool = False) -> Any:
    """The variance along `dim`: mean squared distance from the mean, divided by n - `correction`.

    Arguments:
        input: a float tensor.
        dim: the dimension or dimensions; None for all.
        correction: 1 for a sample (Bessel's correction), 0 for a whole population.
        keepdim: keep the dimensions, with length 1.

    >>> import minigrad
    >>> minigrad.var(minigrad.tensor([1.0, 2.0, 3.0, 4.0]))
    tensor(1.6667)
    """
    centred = input - mean(input, dim, keepdim=True)
    n = count(input.shape, dim)
    return sum(centred * centred, dim, keepdim) / max_(n - correction, 0)


def std(input: Any, dim: Dims = None, correction: int = 1, keepdim: bool = False) -> Any:
    """The standard deviation along `dim`: the square root of `var`.

    >>> import minigrad
    >>> minigrad.std(minigrad.tensor([1.0, 2.0, 3.0, 4.0]))
    tensor(1.2910)
    """
    return sqrt(var(input, dim, correction, keepdim))


def _to_extremes(g: Any, y: Any, x: Any, dim: Dims, keepdim: bool) -> Any:
    """The gradient of an extreme value, shared equally among the elements that attain it."""
    chosen = eq(x, restore_dims(y, x.shape, dim, keepdim)) * np.ones((), x.dtype)
    return spread(g, x, dim, keepdim) * chosen / sum(chosen, dim, keepdim=True)


@primitive(Rule("g, shared by the largest", lambda g, y, x, dim, keepdim: _to_extremes(g, y, x, dim, keepdim)))
def amax(input: Any, dim: Dims = None, keepdim: bool = False) -> Any:
    """The largest element along `dim`; elements that tie share the gradient.

    >>> import minigrad
    >>> minigrad.amax(minigrad.tensor([[1.0, 5.0], [3.0, 4.0]]), dim=1)
    tensor([5., 4.])
    """
    return input.max(axis=check_dims(dim, input.ndim), keepdims=keepdim)


@primitive(Rule("g, shared by the smallest", lambda g, y, x, dim, keepdim: _to_extremes(g, y, x, dim, keepdim)))
def amin(input: Any, dim: Dims = None, keepdim: bool = False) -> Any:
    """The smallest element along `dim`; elements that tie share the gradient.

    >>> import minigrad
    >>> minigrad.amin(minigrad.tensor([[1.0, 5.0], [3.0, 4.0]]), dim=1)
    tensor([1., 3.])
    """
    return input.min(axis=check_dims(dim, input.ndim), keepdims=keepdim)


@primitive(no_gradient)
def argmax(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The position of the largest element along `dim`, the first one if several tie; None: in the flat tensor.

    >>> import minigrad
    >>> minigrad.argmax(minigrad.tensor([[1.0, 5.0], [7.0, 4.0]]), dim=1)
    tensor([1, 0])
    """
    return _position(np.argmax, input, dim, keepdim)


@primitive(no_gradient)
def argmin(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The position of the smallest element along `dim`, the first one if several tie; None: in the flat tensor."""
    return _position(np.argmin, input, dim, keepdim)


def _position(find: Any, x: np.ndarray, dim: int | None, keepdim: bool) -> Any:
    if x.size == 0:
        raise ShapeError(f"{find.__name__}: input of shape {x.shape} has no elements to choose from")
    if dim is not None:
        check_dims(dim, x.ndim)
    return find(x, axis=dim if x.ndim else None, keepdims=keepdim and x.ndim > 0)


class Extremes(NamedTuple):
    """What `max` and `min` along a dimension give: PyTorch's pair of values and indices."""

    values: Any
    indices: Any


def max(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The largest element: of the whole tensor, or along `dim` with its position.

    Arguments:
        input: a tensor.
        dim: None for the largest of all, a tensor of shape ().
        keepdim: keep the dimension, with length 1.

    Returns:
        A tensor, or with `dim` the pair (values, indices); the gradient goes to the position that is given.

    >>> import minigrad
    >>> minigrad.max(minigrad.tensor([[1.0, 5.0], [7.0, 4.0]]), dim=1)
    Extremes(values=tensor([5., 7.]), indices=tensor([1, 0]))
    """
    return amax(input) if dim is None else _select_along(input, argmax(input, dim, keepdim=True), dim, keepdim)


def min(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The smallest element: of the whole tensor, or along `dim` with its position. As `max`."""
    return amin(input) if dim is None else _select_along(input, argmin(input, dim, keepdim=True), dim, keepdim)


def _select_along(input: Any, indices: Any, dim: int, keepdim: bool) -> Extremes:
    if input.ndim == 0:
        return Extremes(input, indices)
    values = gather(input, dim, indices)
    return Extremes(values, indices) if keepdim else Extremes(squeeze(values, dim), squeeze(indices, dim))


def logsumexp(input: Any, dim: Dims, keepdim: bool = False) -> Any:
    """log(sum(exp(input))) along `dim`, without overflow: the largest element is taken out first.

    >>> import minigrad
    >>> minigrad.logsumexp(minigrad.tensor([1000.0, 1000.0]), dim=0)
    tensor(1000.6932)
    """
    largest = np.max(input.array, axis=check_dims(dim, input.ndim), keepdims=True)
    largest = np.where(np.isfinite(largest), largest, np.zeros((), largest.dtype))  # a constant: it cancels
    total = log(sum(exp(input - largest), dim, keepdim=True)) + largest
    return total if keepdim else reshape(total, sum_shape(input.shape, dim))


def sum_shape(shape: tuple[int, ...], dim: Dims) -> tuple[int, ...]:
    """The shape that is left when the dimensions `dim` are reduced away."""
    dims = check_dims(dim, len(shape))
    return tuple(n for i, n in enumerate(shape) if i not in dims)


@primitive(no_gradient)
def any(input: Any, dim: Dims = None, keepdim: bool = False) -> Any:
    """Whether any element along `dim` is true (not zero)."""
    return np.any(input, axis=check_dims(dim, input.ndim), keepdims=keepdim)


@primitive(no_gradient)
def all(input: Any, dim: Dims = None, keepdim: bool = False) -> Any:
    """Whether all elements along `dim` are true (not zero)."""
    return np.all(input, axis=check_dims(dim, input.ndim), keepdims=keepdim)
