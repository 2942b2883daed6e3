"""PyTorch's functions that draw random numbers, from the default generator or from one that is given.

The numbers are NumPy's, so they differ from PyTorch's for the same seed.
"""

from typing import Any

import numpy as np

from minigrad import dtypes
from minigrad.creation import check_size
from minigrad.generator import Generator, draw
from minigrad.ops.shaping import as_shape
from minigrad.tensor import Tensor, wrap


def rand(*size: Any, generator: Generator | None = None, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Numbers spread evenly over [0, 1)."""
    dtype = np.dtype(dtype or dtypes.get_default_dtype())
    values = np.asarray(draw(generator).random(check_size(as_shape(size), "rand")), dtype)
    below_one = np.nextafter(dtype.type(1), dtype.type(0))  # a shorter type may have rounded up to 1
    return wrap(np.minimum(values, below_one, out=values)).requires_grad_(requires_grad)


def randn(*size: Any, generator: Generator | None = None, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Numbers from the normal distribution with mean 0 and variance 1."""
    values = draw(generator).standard_normal(check_size(as_shape(size), "randn"))
    return wrap(np.asarray(values, dtype or dtypes.get_default_dtype())).requires_grad_(requires_grad)


def randint(low: int, high: Any, size: Any = None, generator: Generator | None = None) -> Tensor:
    """Whole numbers from `low` up to but not including `high`, as int64; `randint(high, size)` starts from 0.

    >>> import minigrad
    >>> minigrad.randint(1, (2, 3))
    tensor([[0, 0, 0],
            [0, 0, 0]])
    """
    if size is None:
        low, high, size = 0, low, high
    return wrap(np.asarray(draw(generator).integers(low, high, check_size(size, "randint"))))


def randperm(n: int, generator: Generator | None = None) -> Tensor:
    """The numbers 0 to n - 1 in random order."""
    return wrap(draw(generator).permutation(n))


def dropout_mask(like: Tensor, p: float, generator: Generator | None = None) -> np.ndarray:
    """Zeros with probability `p`, else 1 / (1 - p), in the shape and type of `like`."""
    keep = draw(generator).random(like.shape, np.float32) >= p
    return keep * like.dtype.type(1 / (1 - p))
