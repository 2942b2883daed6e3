"""Elements by rank and by number: medians, quantiles, and the element that is there most often."""

from typing import Any

import numpy as np

from minigrad import return_types
from minigrad.autograd.errors import ArgumentError, DtypeError, ShapeError
from minigrad.autograd.node import TensorBase
from minigrad.autograd.op import Rule, no_gradient, numpy_names
from minigrad.autograd.primitive import primitive
from minigrad.ops.arithmetic import lerp
from minigrad.ops.choosing import masked_fill
from minigrad.ops.extremes import chosen, picking, to_equal
from minigrad.ops.indexing import gather
from minigrad.ops.reductions import check_all
from minigrad.ops.shaping import check_dim, movedim, reshape, squeeze, unsqueeze
from minigrad.ops.sorting import sort

# --- medians


@primitive(no_gradient, name="median")
def _middle(input: Any, dim: int, skip_nan: bool) -> Any:
    """The position of the median along `dim`, which is kept."""
    if input.dtype.kind == "b":
        raise TypeError("input is bool; convert it with .int() first")
    if input.ndim == 0:
        return np.zeros((), np.int64)
    if input.shape[dim] == 0:
        raise ShapeError(f"median: input of shape {input.shape} has no elements to choose from along dim {dim}")
    missing = np.isnan(input)
    numbers = np.count_nonzero(~missing, axis=dim, keepdims=True)
    order = np.argsort(input, dim, kind="stable")  # NaN at the end
    middle = np.take_along_axis(order, np.maximum(numbers - 1, 0) // 2, dim)
    if skip_nan:
        return middle
    return np.where(numbers < input.shape[dim], np.argmax(missing, dim, keepdims=True), middle)


@primitive(
    Rule("g, shared by the elements equal to y", lambda g, y, x, skip_nan: to_equal(g, y, x)),
    name="median",
)
def _median(input: Any, skip_nan: bool) -> Any:
    if input.size == 0:
        return np.full((), np.nan, input.dtype)
    flat = input.reshape(-1)
    return flat[_middle(flat, dim=0, skip_nan=skip_nan)[0]]


_at_middle = picking("median")


def _median_along(input: Any, dim: int, keepdim: bool, skip_nan: bool) -> tuple[Any, Any]:
    dim = check_dim(dim, max(input.ndim, 1), "median")
    return chosen(_at_middle, input, _middle(input, dim=dim, skip_nan=skip_nan), dim, keepdim)


@numpy_names
def median(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The element in the middle when they are in order, the lower one of two: of the whole tensor, or along `dim`.

    Arguments:
        input: a tensor; where it has NaN, that is the median.
        dim: None for the median of all, a tensor of shape (); elements equal to it share the gradient.
        keepdim: keep the dimension, with length 1.

    Returns:
        A tensor, or with `dim` the pair (values, indices); the gradient goes to the position that is given.

    >>> import minigrad
    >>> minigrad.median(minigrad.tensor([4.0, 1.0, 3.0, 2.0]))
    tensor(2.)
    >>> minigrad.median(minigrad.tensor([[3.0, 1.0, 2.0]]), dim=1).indices
    tensor([2])
    """
    if dim is None:
        check_all("median", keepdim)
        return _median(input, skip_nan=False)
    return return_types.median(_median_along(input, dim, keepdim, skip_nan=False))


@numpy_names
def nanmedian(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The median of the elements that are not NaN. As `median`.

    >>> import minigrad
    >>> minigrad.nanmedian(minigrad.tensor([1.0, float("nan"), 3.0, 2.0]))
    tensor(2.)
    """
    if dim is None:
        check_all("nanmedian", keepdim)
        return _median(input, skip_nan=True)
    return return_types.nanmedian(_median_along(input, dim, keepdim, skip_nan=True))


# --- any rank


@primitive(no_gradient, name="kthvalue")
def _at_rank(input: Any, k: int, dim: int) -> Any:
    """The position of the k-th smallest along `dim`, which is kept."""
    if input.dtype.kind == "b":
        raise TypeError("input is bool; convert it with .int() first")
    n = input.shape[dim] if input.ndim else 1
    if not 1 <= k <= n:
        raise ShapeError(
            f"kthvalue: k = {k} must lie from 1 to {n}, as input of shape {input.shape} has along dim {dim}"
        )
    order = np.argsort(input, dim if input.ndim else None, kind="stable")
    return np.take(order, [k - 1], dim) if input.ndim else order.reshape(())


_kth = picking("kthvalue")


@numpy_names
def kthvalue(input: Any, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    """The `k`-th smallest element along `dim`, and its position. NaN counts as the largest.

    Arguments:
        input: a tensor.
        k: 1 for the smallest.
        dim: the dimension to choose along.
        keepdim: keep it, with length 1.

    Returns:
        The pair (values, indices); the gradient goes to the position that is given.

    >>> import minigrad
    >>> values, indices = minigrad.kthvalue(minigrad.tensor([3.0, 1.0, 2.0]), 2)
    >>> values, indices
    (tensor(2.), tensor(2))
    """
    dim = check_dim(dim, max(input.ndim, 1), "kthvalue")
    return return_types.kthvalue(chosen(_kth, input, _at_rank(input, k=k, dim=dim), dim, keepdim))


# --- quantiles

_INTERPOLATIONS = ("linear", "lower", "higher", "nearest", "midpoint")


@numpy_names
def quantile(
    input: Any, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Any:
    """What the fraction `q` of the elements along `dim` lies below.

    Arguments:
        input: a float tensor; where it has NaN, the result is NaN.
        q: a number from 0 to 1, or a tensor of such with one dimension, which the result has first, or none.
        dim: a dimension; None for all.
        keepdim: keep it, with length 1.
        interpolation: between two elements "linear", "lower", "higher", "nearest" or "midpoint".

    >>> import minigrad
    >>> minigrad.quantile(minigrad.tensor([1.0, 2.0, 3.0, 4.0]), minigrad.tensor([0.0, 0.5, 1.0]))
    tensor([1.0000, 2.5000, 4.0000])
    """
    return _quantile("quantile", input, q, dim, keepdim, interpolation, skip_nan=False)


@numpy_names
def nanquantile(
    input: Any, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Any:
    """The quantile of the elements that are not NaN; NaN where there is none. Arguments as for `quantile`.

    >>> import minigrad
    >>> minigrad.nanquantile(minigrad.tensor([1.0, float("nan"), 3.0]), 0.5)
    tensor(2.)
    """
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation, skip_nan=True)


def _quantile(
    function: str, input: Any, q: Any, dim: int | None, keepdim: bool, interpolation: str, skip_nan: bool
) -> Any:
    if not isinstance(q, TensorBase):
        q = input._result(np.asarray(float(q), input.dtype), None)
    _check_quantile(function, input, q, interpolation)
    if dim is not None:
        dim = check_dim(dim, max(input.ndim, 1), function)
    rows = reshape(input, -1) if dim is None or input.ndim == 0 else movedim(input, dim, -1)  # (..., n)
    values = sort(rows, -1).values
    missing, n = np.count_nonzero(np.isnan(values.array), -1, keepdims=True), values.shape[-1]
    numbers = np.maximum(n - missing, 1) if skip_nan else n + 0 * missing
    ranks = reshape(q, -1) * (numbers - 1).astype(input.dtype)  # (..., Q)
    if not skip_nan:
        ranks = masked_fill(ranks, missing > 0, n - 1)  # where NaN stands
    y = movedim(_at_ranks(values, ranks, interpolation), -1, 0)
    if keepdim and input.ndim:
        y = unsqueeze(y, dim + 1) if dim is not None else reshape(y, (-1,) + (1,) * input.ndim)
    return y if q.ndim else squeeze(y, 0)


def _check_quantile(function: str, input: Any, q: Any, interpolation: str) -> None:
    if input.dtype.kind != "f":
        raise DtypeError(f"{function}: input is {input.dtype}; convert it with .float() first")
    if q.dtype != input.dtype:
        raise DtypeError(f"{function}: q is {q.dtype}, input {input.dtype}; they must be equal")
    if q.ndim > 1 or not np.all((q.array >= 0) & (q.array <= 1)):
        raise ArgumentError(f"{function}: q = {q.tolist()} must be a number from 0 to 1, or a vector of such")
    if 0 in input.shape:
        raise ShapeError(f"{function}: input of shape {input.shape} has no elements to choose from")
    if interpolation not in _INTERPOLATIONS:
        raise ArgumentError(f"{function}: interpolation = {interpolation!r} must be of {', '.join(_INTERPOLATIONS)}")


def _at_ranks(values: Any, ranks: Any, interpolation: str) -> Any:
    """What stands at fractional ranks of values in order, along the last dimension."""
    below, above = np.floor(ranks.array), np.ceil(ranks.array)

    def at(places: np.ndarray) -> Any:
        return gather(values, -1, places.astype(np.int64))

    if interpolation in ("lower", "higher"):
        return at(below if interpolation == "lower" else above)
    if interpolation == "nearest":
        return at(np.rint(ranks.array))
    return lerp(at(below), at(above), 0.5 if interpolation == "midpoint" else ranks - below)


# --- the most frequent


@primitive(no_gradient)
def _most_frequent(input: Any, dim: int) -> Any:
    """The position of the mode along `dim`, which is kept: the last one of its elements."""
    if input.ndim == 0:
        return np.zeros((), np.int64)
    if input.shape[dim] == 0:
        raise ShapeError(f"mode: input of shape {input.shape} has no elements to choose from along dim {dim}")
    order = np.argsort(input, dim, kind="stable")
    values = np.moveaxis(np.take_along_axis(input, order, dim), dim, -1)
    starts = np.ones(values.shape, bool)  # of runs of equal elements
    starts[..., 1:] = values[..., 1:] != values[..., :-1]
    places = np.arange(values.shape[-1])
    lengths = places - np.maximum.accumulate(np.where(starts, places, 0), -1)
    longest = np.moveaxis(np.argmax(lengths, -1, keepdims=True), -1, dim)  # its end, where its length is reached
    return np.take_along_axis(order, longest, dim)


_at_mode = picking("mode")


@numpy_names
def mode(input: Any, dim: int = -1, keepdim: bool = False) -> Any:
    """The value that is there most often along `dim`, the smallest of several, and the last position of it.

    Arguments:
        input: a tensor.
        dim: the dimension to look along.
        keepdim: keep it, with length 1.

    Returns:
        The pair (values, indices); the gradient goes to the position that is given.

    >>> import minigrad
    >>> values, indices = minigrad.mode(minigrad.tensor([3, 1, 3, 1, 2]))
    >>> values, indices
    (tensor(1), tensor(3))
    """
    dim = check_dim(dim, max(input.ndim, 1), "mode")
    return return_types.mode(chosen(_at_mode, input, _most_frequent(input, dim=dim), dim, keepdim))


@primitive(no_gradient)
def histc(input: Any, bins: int = 100, min: float = 0, max: float = 0) -> Any:
    """How many elements lie in each of `bins` parts of equal width of the range from `min` to `max`.

    Arguments:
        input: a float tensor; what lies outside the range is not counted.
        bins: how many parts.
        min, max: the range; where the two are equal, that of the elements.

    >>> import minigrad
    >>> minigrad.histc(minigrad.tensor([1.0, 2.0, 1.0]), bins=4, min=0, max=3)
    tensor([0., 2., 1., 0.])
    """
    if input.dtype.kind != "f":
        raise TypeError(f"input is {input.dtype}; convert it with .float() first")
    if min == max and input.size:
        min, max = input.min(), input.max()
    if min == max:
        min, max = min - 1, max + 1
    return np.histogram(input, bins, (min, max))[0].astype(input.dtype)
