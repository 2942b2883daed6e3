"""Reading numbers: from lists, arrays and tensors to an array."""

from typing import Any

import numpy as np

from minigrad import dtypes
from minigrad.autograd.node import TensorBase
from minigrad.autograd.op import ShapeError


def to_array(data: Any, dtype: Any = None, copy: bool = False, function: str = "tensor") -> np.ndarray:
    """Read numbers, nested lists, arrays or tensors; Python floats become the default float type.

    Raises:
        TypeError: for what is not made of numbers.
        ShapeError: for lists of different lengths.
    """
    if isinstance(data, TensorBase):
        data = data.array
    known = isinstance(data, np.ndarray | np.generic)
    if not known and _holds_tensors(data):
        data = [to_array(part) for part in data]
        known = True
    try:
        array = np.array(data) if copy and known else np.asarray(data)
    except ValueError as error:
        raise ShapeError(f"{function}: data is not a rectangular array: {error}") from None
    if dtype is None and not known and (array.dtype.kind == "f" or array.size == 0):
        dtype = dtypes.get_default_dtype()
    return array.astype(dtypes.check_supported(array.dtype if dtype is None else dtype, function), copy=False)


def _holds_tensors(data: Any) -> bool:
    return isinstance(data, list | tuple) and any(isinstance(part, TensorBase) or _holds_tensors(part) for part in data)
