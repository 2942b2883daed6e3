"""Names from PyTorch's early days that public code still uses: `FloatTensor`, `LongTensor` and their kin."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad import dtypes
from minigrad.arrays import to_array
from minigrad.tensor import Tensor, wrap


def _constructor(name: str) -> Callable[..., Tensor]:
    dtype: np.dtype = next(dtype for dtype, known in dtypes.LEGACY_NAMES.items() if known.endswith(name))

    def make(*data: Any) -> Tensor:
        if data and all(isinstance(n, int | np.integer) for n in data):
            size: tuple[int, ...] = data
            return wrap(np.zeros(size, dtype))
        return wrap(to_array(data[0] if data else (), dtype, copy=True, function=name))

    make.__name__ = make.__qualname__ = name
    make.__doc__ = f"A tensor of {dtype}: of the numbers given as a list, or of a shape given as numbers (zeros then)."
    return make


HalfTensor = _constructor("HalfTensor")
FloatTensor = _constructor("FloatTensor")
DoubleTensor = _constructor("DoubleTensor")
CharTensor = _constructor("CharTensor")
ShortTensor = _constructor("ShortTensor")
IntTensor = _constructor("IntTensor")
LongTensor = _constructor("LongTensor")
ByteTensor = _constructor("ByteTensor")
BoolTensor = _constructor("BoolTensor")
