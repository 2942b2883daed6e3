"""What code asks about tensors and element types before it computes."""

from typing import Any

import numpy as np

from minigrad import dtypes
from minigrad.autograd.errors import ShapeError
from minigrad.ops.shaping import Size
from minigrad.tensor import Tensor


def is_tensor(obj: Any) -> bool:
    """Whether `obj` is a tensor."""
    return isinstance(obj, Tensor)


def numel(input: Tensor) -> int:
    """How many elements there are."""
    return input.numel()


def is_floating_point(input: Tensor) -> bool:
    """Whether the elements are floats.

    >>> import minigrad
    >>> minigrad.is_floating_point(minigrad.tensor([1, 2]))
    False
    """
    return input.is_floating_point()


def is_complex(input: Tensor) -> bool:
    """Whether the elements are complex numbers: never."""
    return input.is_complex()


def is_nonzero(input: Tensor) -> bool:
    """Whether the only element differs from zero."""
    return bool(input)


def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have one shape."""
    return input.shape == other.shape


def result_type(tensor1: Any, tensor2: Any) -> np.dtype:
    """The element type of a sum of two operands, tensors or numbers.

    >>> import minigrad
    >>> minigrad.result_type(minigrad.tensor([1, 2]), 1.5)
    dtype('float32')
    """
    return dtypes.result_type(*(getattr(x, "array", x) for x in (tensor1, tensor2)))


def can_cast(from_: Any, to: Any) -> bool:
    """Whether an in-place op may put values of one type into a tensor of another: not floats into integers.

    >>> import minigrad
    >>> minigrad.can_cast(minigrad.float64, minigrad.float32), minigrad.can_cast(minigrad.float32, minigrad.int64)
    (True, False)
    """
    return dtypes.RANK[np.dtype(from_).kind] <= dtypes.RANK[np.dtype(to).kind]


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape that tensors of several shapes have together.

    >>> import minigrad
    >>> minigrad.broadcast_shapes((3, 1), (2,))
    (3, 2)
    """
    try:
        return Size(np.broadcast_shapes(*shapes))
    except ValueError:
        given = ", ".join(str(tuple(shape)) if isinstance(shape, tuple | list) else str(shape) for shape in shapes)
        raise ShapeError(f"broadcast_shapes: the shapes {given} do not broadcast against each other") from None


def typename(obj: Any) -> str:
    """The name of a tensor's type, or of any object's class.

    >>> import minigrad
    >>> minigrad.typename(minigrad.ones(2))
    'minigrad.FloatTensor'
    """
    kind = type(obj)
    return obj.type() if isinstance(obj, Tensor) else f"{kind.__module__}.{kind.__qualname__}"
