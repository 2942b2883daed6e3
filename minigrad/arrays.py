"""Reading numbers: from lists, arrays and tensors to an array."""

from typing import Any

import numpy as np

from minigrad import dtypes
from minigrad.autograd.errors import ShapeError, shown, translated
from minigrad.autograd.node import TensorBase
from minigrad.ops.shaping import Size

_PLAIN = {bool, int, float}


def to_array(data: Any, dtype: Any = None, copy: bool = False, function: str = "tensor") -> np.ndarray:
    """Read numbers, nested lists, arrays or tensors; Python floats become the default float type.

    Raises:
        TypeError: for what is not made of numbers.
        ShapeError: for lists of different lengths.
    """
    if isinstance(data, TensorBase):
        data = data.array
    known = isinstance(data, np.ndarray | np.generic)
    if isinstance(data, list | tuple):
        types = _types_in(data)
        if any(isinstance(kind, np.dtype) for kind in types):
            dtype = dtype or dtypes.promote_types(*map(_dtype_of, types))
            data = _plain(data, function)
    try:
        array = np.array(data) if copy and known else np.asarray(data)
    except ValueError:
        raise ShapeError(f"{function}: data = {shown(data)} must be rectangular: lists of one length") from None
    if not known and dtype is None and _beyond_int64(array):
        raise ValueError(f"{function}: data = {shown(data)} does not fit into int64, the widest type of integers")
    if dtype is None and not known and (array.dtype.kind == "f" or array.size == 0):
        dtype = dtypes.get_default_dtype()
    kind = dtypes.check_supported(array.dtype if dtype is None else dtype, function)
    if not known and array.size:
        _check_range(array, kind, function)
    return array.astype(kind, copy=False)


def _beyond_int64(numbers: np.ndarray) -> bool:
    """Whether NumPy found whole numbers too large for its usual integers; Python's have no end."""
    return numbers.dtype == np.uint64 or (numbers.dtype.kind == "O" and all(type(x) is int for x in numbers.flat))


def _check_range(numbers: np.ndarray, dtype: np.dtype, function: str) -> None:
    """Refuse Python numbers that an integer type cannot hold; floats, in PyTorch too, may become infinite."""
    if dtype.kind not in "iu":
        return
    for number in (numbers.min().item(), numbers.max().item()):
        try:
            dtypes.fitting(number, dtype)
        except OverflowError as error:
            raise translated(error, f"{function}: data = {number}") from None


def filled(function: str, shape: tuple[int, ...], value: Any, dtype: Any) -> np.ndarray:
    """An array of one number.

    Raises:
        OpError: for a number that the type cannot hold.
    """
    if isinstance(value, TensorBase):
        value = value.array
    try:
        return np.full(shape, dtypes.fitting(value, dtypes.check_supported(dtype, function)))
    except OverflowError as error:
        raise translated(error, f"{function}: fill_value = {value}") from None


def legacy_array(data: tuple[Any, ...], dtype: np.dtype, function: str) -> np.ndarray:
    """What PyTorch's early constructors make: plain numbers, or a `Size`, are a shape; anything else is data."""
    shape = data[0] if len(data) == 1 and isinstance(data[0], Size) else data
    if shape and all(isinstance(n, int | np.integer) for n in shape):
        return np.zeros(shape, dtype)
    return to_array(data[0] if data else (), dtype, copy=True, function=function)


def _types_in(data: Any) -> set[Any]:
    """The element types of the tensors and arrays in nested lists; for plain numbers the default ones."""
    types: set[Any] = set(map(type, data))
    if types <= _PLAIN:
        return types
    types = set()
    for part in data:
        if isinstance(part, list | tuple):
            types |= _types_in(part)
        else:
            types.add(getattr(part, "dtype", type(part)))
    return types


def _dtype_of(kind: Any) -> np.dtype:
    """The element type itself, or the one that a list of such Python numbers becomes."""
    return kind if isinstance(kind, np.dtype) else dtypes.of_python(kind)


def _plain(data: Any, function: str) -> Any:
    """Nested lists with the numbers of the tensors that are in them."""
    if isinstance(data, list | tuple):
        return [_plain(part, function) for part in data]
    if not isinstance(data, TensorBase):
        return data
    if data.array.size != 1:
        raise ShapeError(
            f"{function}: data holds a tensor of shape {data.array.shape}, not a number; stack() joins tensors"
        )
    return data.array.item()
