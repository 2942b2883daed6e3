"""Names from PyTorch's early days that public code still uses: `FloatTensor`, `LongTensor` and their kin, `Variable`.

They are called like classes, and a tensor is an instance of the one for its type.
"""

from typing import Any

import numpy as np

from minigrad import dtypes
from minigrad.arrays import legacy_array
from minigrad.device import takes_device
from minigrad.tensor import Tensor, wrap


class _OfTensors(type):
    """Classes whose instances are tensors: of one element type, or of any."""

    dtype: np.dtype | None = None

    def __instancecheck__(cls, x: object) -> bool:
        return isinstance(x, Tensor) and cls.dtype in (None, x.dtype)


def _constructor(name: str) -> _OfTensors:
    dtype: np.dtype = next(dtype for dtype, known in dtypes.LEGACY_NAMES.items() if known.endswith(name))

    def make(cls: type, *data: Any) -> Tensor:
        return wrap(legacy_array(data, dtype, name))

    doc = f"A tensor of {dtype}: of the numbers given as a list, or of a shape given as numbers (zeros then)."
    return _OfTensors(name, (), {"__new__": make, "__doc__": doc, "dtype": dtype})


HalfTensor = _constructor("HalfTensor")
FloatTensor = _constructor("FloatTensor")
DoubleTensor = _constructor("DoubleTensor")
CharTensor = _constructor("CharTensor")
ShortTensor = _constructor("ShortTensor")
IntTensor = _constructor("IntTensor")
LongTensor = _constructor("LongTensor")
ByteTensor = _constructor("ByteTensor")
BoolTensor = _constructor("BoolTensor")


class Variable(metaclass=_OfTensors):
    """Once the class of tensors with history; now `Variable(x, requires_grad=True)` is a tensor on the memory of `x`.

    >>> import minigrad
    >>> x = minigrad.autograd.Variable(minigrad.ones(2), requires_grad=True)
    >>> isinstance(x, minigrad.Tensor), isinstance(x, minigrad.autograd.Variable), x.requires_grad
    (True, True, True)
    """

    def __new__(cls, data: Tensor, requires_grad: bool = False, volatile: bool = False) -> Any:
        """The tensor."""
        if not isinstance(data, Tensor):
            raise TypeError(f"Variable: data = {data!r} must be a tensor; tensor() makes one of numbers and lists")
        return data.detach().requires_grad_(requires_grad)


@takes_device
def range(start: float = 0, end: float | None = None, step: float = 1, *, dtype: Any = None) -> Tensor:
    """As `arange`, but up to and including `end`, and of the default float type.

    Raises:
        TypeError: without `end`.
        RuntimeError: for a step that does not lead from `start` to `end`.

    >>> import minigrad
    >>> minigrad.range(1, 4)
    tensor([1., 2., 3., 4.])
    """
    if end is None:
        raise TypeError("range: argument 'end' is missing; it takes start, end and step")
    if step == 0 or (end - start) / step < 0:
        raise RuntimeError(f"range: step = {step} does not lead from {start} to {end}")
    count = int((end - start) / step) + 1
    return wrap((start + step * np.arange(count)).astype(dtype or dtypes.get_default_dtype()))
