"""Tensors made from nothing but numbers: from data, filled, counted. PyTorch's names and defaults."""

import operator
from typing import Any

import numpy as np

from minigrad import dtypes
from minigrad.arrays import filled, to_array
from minigrad.autograd.errors import ShapeError
from minigrad.device import takes_device
from minigrad.ops.shaping import as_shape
from minigrad.tensor import Tensor, wrap


@takes_device
def tensor(data: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor with a copy of `data`.

    Arguments:
        data: numbers, nested lists, an array or a tensor. Python floats become the default type, float32.
        dtype: the element type; by default that of `data`.
        requires_grad: whether to record what is computed from it.

    >>> import minigrad
    >>> minigrad.tensor([[1, 2], [3, 4]])
    tensor([[1, 2],
            [3, 4]])
    """
    return wrap(to_array(data, dtype, copy=True)).requires_grad_(requires_grad)


@takes_device
def as_tensor(data: Any, *, dtype: Any = None) -> Tensor:
    """`data` as a tensor, sharing memory where that is possible; a tensor is returned as it is."""
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    return wrap(to_array(data, dtype, function="as_tensor"))


@takes_device
def asarray(obj: Any, *, dtype: Any = None, copy: bool | None = None, requires_grad: bool = False) -> Tensor:
    """`obj` as a tensor, sharing memory where that is possible.

    Arguments:
        obj: numbers, nested lists, an array or a tensor.
        dtype: the element type; by default that of `obj`.
        copy: True: never share memory.
        requires_grad: whether to record what is computed from it.

    >>> import minigrad
    >>> minigrad.asarray([1, 2], dtype=minigrad.float32)
    tensor([1., 2.])
    """
    if isinstance(obj, Tensor) and not copy and dtype in (None, obj.dtype) and not requires_grad:
        return obj
    return _made(to_array(obj, dtype, copy=bool(copy), function="asarray"), requires_grad)


def from_numpy(ndarray: np.ndarray) -> Tensor:
    """A tensor that shares memory with the array.

    >>> import numpy as np
    >>> import minigrad
    >>> array = np.zeros(2)
    >>> shared = minigrad.from_numpy(array)
    >>> array[0] = 7.0
    >>> shared
    tensor([7., 0.], dtype=minigrad.float64)
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(
            f"from_numpy: expected an array, got {type(ndarray).__name__}; tensor() takes numbers and lists"
        )
    dtypes.check_supported(ndarray.dtype, "from_numpy")
    return wrap(ndarray)


@takes_device
def full(size: tuple[int, ...], fill_value: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of shape `size` filled with a number."""
    dtype = dtype or dtypes.result_type(getattr(fill_value, "array", fill_value))
    return _made(filled("full", check_size(size, "full"), fill_value, dtype), requires_grad)


@takes_device
def zeros(*sizes: Any, size: Any = None, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of zeros.

    >>> import minigrad
    >>> minigrad.zeros(2, 3).shape
    (2, 3)
    """
    return _made(
        np.zeros(check_size(as_shape(sizes, size), "zeros"), dtype or dtypes.get_default_dtype()), requires_grad
    )


@takes_device
def ones(*sizes: Any, size: Any = None, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of ones.

    >>> import minigrad
    >>> minigrad.ones(2)
    tensor([1., 1.])
    """
    return _made(np.ones(check_size(as_shape(sizes, size), "ones"), dtype or dtypes.get_default_dtype()), requires_grad)


@takes_device
def empty(*sizes: Any, size: Any = None, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor whose values are not set."""
    return _made(
        np.empty(check_size(as_shape(sizes, size), "empty"), dtype or dtypes.get_default_dtype()), requires_grad
    )


@takes_device
def zeros_like(input: Tensor, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros, in the shape and type of `input`."""
    return _made(np.zeros(input.shape, dtype or input.dtype), requires_grad)


@takes_device
def ones_like(input: Tensor, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones, in the shape and type of `input`."""
    return _made(np.ones(input.shape, dtype or input.dtype), requires_grad)


@takes_device
def empty_like(input: Tensor, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor whose values are not set, in the shape and type of `input`."""
    return _made(np.empty(input.shape, dtype or input.dtype), requires_grad)


@takes_device
def full_like(input: Tensor, fill_value: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A number repeated, in the shape and type of `input`."""
    return _made(filled("full_like", input.shape, fill_value, dtype or input.dtype), requires_grad)


@takes_device
def eye(n: int, m: int | None = None, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """The identity matrix with `n` rows (and `m` columns)."""
    return _made(np.eye(n, m, dtype=dtype or dtypes.get_default_dtype()), requires_grad)


@takes_device
def arange(
    start: Any = None, end: Any = None, step: Any = 1, *, dtype: Any = None, requires_grad: bool = False
) -> Tensor:
    """Numbers from `start` (0, if only one is given) up to but not including `end`.

    >>> import minigrad
    >>> minigrad.arange(3)
    tensor([0, 1, 2])
    """
    if end is None:
        start, end = None, start
    if end is None:
        raise TypeError("arange: end is missing; arange(5) counts from 0 to 4")
    start = 0 if start is None else start
    if dtype is None and any(isinstance(x, float) for x in (start, end, step)):
        dtype = dtypes.get_default_dtype()
    dtype = np.dtype(dtype or dtypes.int64)  # what has no signs is counted in signed numbers, and starts again below 0
    counted = dtypes.int64 if dtype.kind == "u" else dtype
    return _made(np.arange(start, end, step, dtype=counted).astype(dtype), requires_grad)


@takes_device
def scalar_tensor(s: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A number as a tensor of shape (), of the default float type unless another is given.

    >>> import minigrad
    >>> minigrad.scalar_tensor(3)
    tensor(3.)
    """
    return _made(filled("scalar_tensor", (), s, dtype or dtypes.get_default_dtype()), requires_grad)


@takes_device
def linspace(start: Any, end: Any, steps: int, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """`steps` numbers from `start` to `end`, both included, evenly spaced.

    >>> import minigrad
    >>> minigrad.linspace(0, 1, 3)
    tensor([0.0000, 0.5000, 1.0000])
    """
    return _made(np.linspace(start, end, steps, dtype=dtype or dtypes.get_default_dtype()), requires_grad)


@takes_device
def logspace(
    start: float, end: float, steps: int, base: float = 10.0, *, dtype: Any = None, requires_grad: bool = False
) -> Tensor:
    """`steps` numbers from base^start to base^end, both included, each the same multiple of the one before.

    >>> import minigrad
    >>> minigrad.logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    return _made(np.logspace(start, end, steps, base=base, dtype=dtype or dtypes.get_default_dtype()), requires_grad)


@takes_device
def tril_indices(row: int, col: int, offset: int = 0, *, dtype: Any = None) -> Tensor:
    """The positions of the lower triangle of a matrix: a row with the rows, and a row with the columns.

    >>> import minigrad
    >>> minigrad.tril_indices(2, 2)
    tensor([[0, 1, 1],
            [0, 0, 1]])
    """
    return wrap(np.stack(np.tril_indices(row, offset, col)).astype(dtype or dtypes.int64))


@takes_device
def triu_indices(row: int, col: int, offset: int = 0, *, dtype: Any = None) -> Tensor:
    """The positions of the upper triangle of a matrix: as `tril_indices`."""
    return wrap(np.stack(np.triu_indices(row, offset, col)).astype(dtype or dtypes.int64))


def check_size(size: tuple[Any, ...], function: str) -> tuple[int, ...]:
    """The shape, or an error for one that is none. Arrays and tensors of one whole number count as such."""
    for n in size:
        if type(n) is not int or n < 0:
            break
    else:
        return size
    try:
        shape = tuple(map(operator.index, size))
    except TypeError:
        raise TypeError(f"{function}: size {size} must hold whole numbers from 0 up") from None
    if min(shape) < 0:
        raise ShapeError(f"{function}: size {size} must hold whole numbers from 0 up")
    return shape


def _made(array: np.ndarray, requires_grad: bool) -> Tensor:
    return wrap(array).requires_grad_(requires_grad)
