"""Ops that make many elements into fewer: sums, means, counts, and whether any or all are true.

`dim` is one dimension, several, or None for all; with `keepdim` the reduced dimensions stay, with length 1, so that
the result broadcasts against the input.
"""

import builtins
from typing import Any

import numpy as np

from minigrad.autograd.backward import unbroadcast
from minigrad.autograd.errors import DtypeError, out_of_range
from minigrad.autograd.op import Rule, no_gradient, numpy_names
from minigrad.autograd.primitive import primitive
from minigrad.autograd.sums import total
from minigrad.ops.choosing import where
from minigrad.ops.comparison import isnan, logical_not
from minigrad.ops.elementwise import exp, floating
from minigrad.ops.shaping import broadcast_to, in_order, reshape

Dims = int | tuple[int, ...] | list[int] | None


def check_dims(dim: Dims, ndim: int) -> tuple[int, ...]:
    """The dimensions meant by `dim`, counted from the front.

    Raises:
        IndexError: for a dimension the tensor does not have.
        ValueError: for one named twice.
    """
    if type(dim) is int and -ndim <= dim < ndim:  # as most calls have it
        return (dim % ndim,)
    if type(dim) is tuple and len(dim) == 1 and type(dim[0]) is int and -ndim <= dim[0] < ndim:
        return (dim[0] % ndim,)
    if dim is None or (isinstance(dim, tuple | list) and not dim):
        return tuple(range(ndim))
    dims = tuple(dim) if isinstance(dim, tuple | list) else (dim,)
    for d in dims:
        if not -max_(ndim, 1) <= d < max_(ndim, 1):
            raise IndexError(out_of_range(d, ndim))
    result = tuple([d % max_(ndim, 1) for d in dims])
    if len(set(result)) < len(result):
        raise ValueError(f"dim = {dim!r} names a dimension twice")
    return result if ndim else ()


def check_all(function: str, keepdim: bool) -> None:
    """Refuse a call that asks to keep a dimension but names none, where PyTorch does."""
    if keepdim:
        raise TypeError(f"{function}: keepdim = {keepdim} needs a dim to keep")


max_ = builtins.max


def spread(g: Any, x: Any, dim: Dims, keepdim: bool) -> Any:
    """A reduction's gradient, brought back to the shape of what was reduced: every element gets its result's."""
    return broadcast_to(restore_dims(g, x.shape, dim, keepdim) if g.ndim else g, x.shape)


def restore_dims(g: Any, shape: tuple[int, ...], dim: Dims, keepdim: bool) -> Any:
    """Put the reduced dimensions back, with length 1."""
    if keepdim:
        return g
    dims = check_dims(dim, len(shape))
    return reshape(g, tuple(1 if i in dims else n for i, n in enumerate(shape)))


@primitive(Rule("g, to every element summed", lambda g, _y, x, dim, keepdim, dtype: spread(g, x, dim, keepdim)))
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
    return _total(input, dim, keepdim, dtype or (np.dtype(np.int64) if input.dtype.kind in "biu" else input.dtype))


def _total(x: np.ndarray, dim: Dims, keepdim: bool, dtype: np.dtype) -> Any:
    """The sum as a `dtype`; many half-precision numbers, added up in half precision, would lose most digits."""
    dims = check_dims(dim, x.ndim)
    if x.dtype is dtype and dtype.char in "fd":
        return in_order(total(x, dims, keepdim))
    y = total(x.astype(np.float32 if dtype == np.float16 else dtype, copy=False), dims, keepdim)
    return in_order(y.astype(dtype, copy=False))  # NumPy adds small integers up as int64


@primitive(Rule("g summed to the shape", lambda g, _y, x, size: broadcast_to(g, x.shape)))
def sum_to_size(input: Any, size: tuple[int, ...]) -> Any:
    """`input` summed over the dimensions in which `size` has 1, or none: the reverse of broadcasting.

    Arguments:
        input: a tensor.
        size: a shape that broadcasts to the shape of `input`.
    """
    return unbroadcast(input.astype(np.int64) if input.dtype.kind == "u" else input, tuple(size))


@primitive(
    Rule("g / n", lambda g, _y, x, dim, keepdim, dtype: spread(g / max_(count(x.shape, dim), 1), x, dim, keepdim)),
)
def mean(input: Any, dim: Dims = None, keepdim: bool = False, dtype: Any = None) -> Any:
    """The mean of the elements along `dim`.

    Arguments:
        input: a float tensor; of another type only with `dtype`.
        dim: the dimension or dimensions; None for all.
        keepdim: keep them, with length 1.
        dtype: convert to this float type first.

    >>> import minigrad
    >>> minigrad.mean(minigrad.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor(2.5000)
    """
    dtype = input.dtype if dtype is None else np.dtype(dtype)
    if dtype.kind != "f":
        raise TypeError(f"a mean of {dtype} is not defined; convert with .float() first, or pass a float dtype")
    return _total(input, dim, keepdim, dtype) / dtype.type(count(input.shape, dim))


def count(shape: tuple[int, ...], dim: Dims) -> int:
    """How many elements a reduction over `dim` puts into one."""
    n = 1
    for d in check_dims(dim, len(shape)):
        n *= shape[d] if shape else 1
    return n


@numpy_names
def nansum(input: Any, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The sum of the elements along `dim` that are not NaN. Arguments as for `sum`.

    >>> import minigrad
    >>> minigrad.nansum(minigrad.tensor([1.0, float("nan"), 2.0]))
    tensor(3.)
    """
    return sum(where(isnan(input), 0, input), dim, keepdim, dtype)


@numpy_names
def nanmean(input: Any, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The mean of the elements along `dim` that are not NaN; NaN where there is none. Arguments as for `mean`.

    >>> import minigrad
    >>> minigrad.nanmean(minigrad.tensor([1.0, float("nan"), 2.0]))
    tensor(1.5000)
    """
    if input.dtype.kind != "f":
        raise DtypeError(f"nanmean: input is {input.dtype}; convert it with .float() first")
    return nansum(input, dim, keepdim, dtype=dtype) / sum(logical_not(isnan(input)), dim, keepdim)


@primitive(Rule("g · e^(x - y)", lambda g, y, x, dim, keepdim: _softmax_of(g, y, x, dim, keepdim)))
def logsumexp(input: Any, dim: Dims, keepdim: bool = False) -> Any:
    """log(sum(exp(input))) along `dim`, without overflow: the largest element is taken out first.

    >>> import minigrad
    >>> minigrad.logsumexp(minigrad.tensor([1000.0, 1000.0]), dim=0)
    tensor(1000.6932)
    """
    x, dims = floating(input), check_dims(dim, input.ndim)
    largest = x.max(axis=dims, keepdims=True, initial=-np.inf)
    largest = np.where(np.isfinite(largest), largest, np.zeros((), x.dtype))
    with np.errstate(divide="ignore"):  # log 0 is the -∞ that it should be
        y = np.log(np.exp(x - largest).sum(axis=dims, keepdims=True)) + largest
    return in_order(y if keepdim else y.reshape(reduced_shape(input.shape, dim)))


def _softmax_of(g: Any, y: Any, x: Any, dim: Dims, keepdim: bool) -> Any:
    return restore_dims(g, x.shape, dim, keepdim) * exp(x - restore_dims(y, x.shape, dim, keepdim))


def reduced_shape(shape: tuple[int, ...], dim: Dims) -> tuple[int, ...]:
    """The shape that is left when the dimensions `dim` are reduced away."""
    dims = check_dims(dim, len(shape))
    return tuple(n for i, n in enumerate(shape) if i not in dims)


@primitive(no_gradient)
def any(input: Any, dim: Dims = None, keepdim: bool = False) -> Any:
    """Whether any element along `dim` is true (not zero), as bool; of uint8 as uint8.

    Arguments:
        input: a tensor.
        dim: the dimension or dimensions; None for all, and an empty tuple for none.
        keepdim: keep them, with length 1.

    >>> import minigrad
    >>> minigrad.any(minigrad.tensor([[0, 1], [0, 0]]), dim=1)
    tensor([ True, False])
    """
    return _truth(np.any, input, dim, keepdim)


@primitive(no_gradient)
def all(input: Any, dim: Dims = None, keepdim: bool = False) -> Any:
    """Whether all elements along `dim` are true (not zero), as bool; of uint8 as uint8. Arguments as for `any`.

    >>> import minigrad
    >>> minigrad.all(minigrad.tensor([[1, 1], [0, 1]]), dim=1)
    tensor([ True, False])
    """
    return _truth(np.all, input, dim, keepdim)


def _truth(reduce: Any, x: np.ndarray, dim: Dims, keepdim: bool) -> Any:
    """In PyTorch an empty `dim` means none here, all elsewhere; and bytes, its bools of old, stay bytes."""
    axis = () if isinstance(dim, tuple | list) and not dim else check_dims(dim, x.ndim)
    y = in_order(reduce(x, axis=axis, keepdims=keepdim))
    return y.astype(x.dtype) if x.dtype == np.uint8 else y


@primitive(no_gradient)
def count_nonzero(input: Any, dim: Dims = None) -> Any:
    """How many elements along `dim` are not zero, as int64.

    >>> import minigrad
    >>> minigrad.count_nonzero(minigrad.tensor([[0, 3], [2, 1]]), dim=1)
    tensor([1, 2])
    """
    return in_order(np.asarray(np.count_nonzero(input, axis=check_dims(dim, input.ndim))))
