"""The largest and the smallest elements, and where they are.

`amax` and `amin`, as `max` and `min` of a whole tensor, share the gradient among the elements that tie; `max` and
`min` along a dimension say which element they chose, and it gets the gradient. NaN counts as larger, and as smaller,
than any number.
"""

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad import return_types
from minigrad.autograd.errors import PositionError
from minigrad.autograd.node import TensorBase
from minigrad.autograd.op import Rule, no_gradient, numpy_names
from minigrad.autograd.primitive import primitive
from minigrad.ops.choosing import maximum, minimum
from minigrad.ops.indexing import scatter_add_zeros
from minigrad.ops.reductions import Dims, check_all, check_dims, restore_dims, spread
from minigrad.ops.shaping import in_order, squeeze


def _to_extremes(g: Any, y: Any, x: Any, dim: Dims, keepdim: bool) -> Any:
    """The gradient of extreme values, shared equally among the elements that attain them."""
    extreme = plain(x) == restore_dims(plain(y), x.shape, dim, keepdim)
    share = extreme / extreme.sum(axis=check_dims(dim, x.ndim), keepdims=True)
    return spread(g, x, dim, keepdim) * share.astype(x.dtype)


def to_equal(g: Any, y: Any, x: Any) -> Any:
    """The gradient of one value of a whole tensor, shared among the elements equal to it; NaN equals NaN here."""
    x, y = plain(x), plain(y)
    equal = np.isnan(x) if np.isnan(y) else x == y
    return g * (equal / np.count_nonzero(equal)).astype(x.dtype)


def plain(x: Any) -> np.ndarray:
    """The array of a tensor, in rules that make a constant of it."""
    return getattr(x, "array", x)


@primitive(Rule("g, shared by the largest", lambda g, y, x, dim, keepdim: _to_extremes(g, y, x, dim, keepdim)))
def amax(input: Any, dim: Dims = None, keepdim: bool = False) -> Any:
    """The largest element along `dim`; elements that tie share the gradient.

    Arguments:
        input: a tensor.
        dim: the dimension or dimensions; None for all.
        keepdim: keep them, with length 1.

    >>> import minigrad
    >>> minigrad.amax(minigrad.tensor([[1.0, 5.0], [3.0, 4.0]]), dim=1)
    tensor([5., 4.])
    """
    return in_order(input.max(axis=check_dims(dim, input.ndim), keepdims=keepdim))


@primitive(Rule("g, shared by the smallest", lambda g, y, x, dim, keepdim: _to_extremes(g, y, x, dim, keepdim)))
def amin(input: Any, dim: Dims = None, keepdim: bool = False) -> Any:
    """The smallest element along `dim`; elements that tie share the gradient. Arguments as for `amax`.

    >>> import minigrad
    >>> minigrad.amin(minigrad.tensor([[1.0, 5.0], [3.0, 4.0]]), dim=1)
    tensor([1., 3.])
    """
    return in_order(input.min(axis=check_dims(dim, input.ndim), keepdims=keepdim))


@numpy_names
def aminmax(input: Any, *, dim: int | None = None, keepdim: bool = False) -> Any:
    """The smallest and the largest element along `dim`; elements that tie share the gradient.

    Arguments:
        input: a tensor.
        dim: a dimension; None for all.
        keepdim: keep it, with length 1.

    Returns:
        The pair (min, max).

    >>> import minigrad
    >>> smallest, largest = minigrad.aminmax(minigrad.tensor([[1.0, 5.0], [3.0, 4.0]]), dim=1)
    >>> smallest, largest
    (tensor([1., 3.]), tensor([5., 4.]))
    """
    return return_types.aminmax((amin(input, dim, keepdim), amax(input, dim, keepdim)))


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
    dims = check_dims(dim if dim is None else operator.index(dim), x.ndim)
    if x.size == 0 and (dim is None or x.shape[dims[0]] == 0):
        raise PositionError(f"{find.__name__}: input of shape {x.shape} has no elements to choose from along dim {dim}")
    return find(x, axis=dim if x.ndim else None, keepdims=keepdim and x.ndim > 0)


@primitive(Rule("g, shared by the largest", lambda g, y, x: to_equal(g, y, x)), name="max")
def _largest(input: Any) -> Any:
    return input.max()


@primitive(Rule("g, shared by the smallest", lambda g, y, x: to_equal(g, y, x)), name="min")
def _smallest(input: Any) -> Any:
    return input.min()


def picking(name: str) -> Callable[..., Any]:
    """An op that takes the element at one position each along a dimension; `name` says what chose the positions."""
    rule = Rule("g to the chosen, else 0", lambda g, _y, x, index, dim, keepdim: _put(g, x, index, dim, keepdim))
    return primitive(rule, name=name)(_pick)


def _pick(input: Any, index: np.ndarray, dim: int, keepdim: bool) -> Any:
    if input.ndim == 0:
        return input.copy()
    y = np.take_along_axis(input, index, dim)
    return y if keepdim else y.squeeze(dim)


def _put(g: Any, x: Any, index: np.ndarray, dim: int, keepdim: bool) -> Any:
    return scatter_add_zeros(restore_dims(g, x.shape, dim, keepdim), dim, index, x.shape) if x.ndim else g


def chosen(pick: Callable[..., Any], input: Any, indices: Any, dim: int, keepdim: bool) -> tuple[Any, Any]:
    """The elements that `pick`, made by `picking`, takes at `indices`, which have kept `dim`; and the indices."""
    values = pick(input, index=indices.array.copy(), dim=dim, keepdim=keepdim)  # the user may change the indices
    return values, indices if keepdim or input.ndim == 0 else squeeze(indices, dim)


_largest_along = picking("max")
_smallest_along = picking("min")


@numpy_names
def max(input: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """The largest element: of the whole tensor, or along `dim` with its position; or of two tensors.

    Arguments:
        input: a tensor.
        dim: None for the largest of all, a tensor of shape (). A tensor in this place is `other`.
        keepdim: keep the dimension, with length 1.
        other: a tensor; the result is then `maximum(input, other)`.

    Returns:
        A tensor, or with `dim` the pair (values, indices); the gradient goes to the position that is given.

    >>> import minigrad
    >>> values, indices = minigrad.max(minigrad.tensor([[1.0, 5.0], [7.0, 4.0]]), dim=1)
    >>> values, indices
    (tensor([5., 7.]), tensor([1, 0]))
    """
    if other is not None or isinstance(dim, TensorBase):
        return maximum(input, dim if other is None else other)
    if dim is None:
        check_all("max", keepdim)
        return _largest(input)
    return return_types.max(chosen(_largest_along, input, argmax(input, dim, keepdim=True), dim, keepdim))


@numpy_names
def min(input: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:
    """The smallest element: of the whole tensor, or along `dim` with its position; or of two tensors. As `max`.

    >>> import minigrad
    >>> minigrad.min(minigrad.tensor([3.0, 1.0]), minigrad.tensor([2.0, 2.0]))
    tensor([2., 1.])
    """
    if other is not None or isinstance(dim, TensorBase):
        return minimum(input, dim if other is None else other)
    if dim is None:
        check_all("min", keepdim)
        return _smallest(input)
    return return_types.min(chosen(_smallest_along, input, argmin(input, dim, keepdim=True), dim, keepdim))
