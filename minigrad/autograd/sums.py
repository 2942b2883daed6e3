"""Sums over dimensions, as products with ones where NumPy alone is slow.

NumPy adds up a short row with a loop of its own for each row, and many columns one row after the other. BLAS, which
multiplies a matrix by a vector of ones for the same sums, takes a quarter of the time or less.
"""

import functools
import math

import numpy as np

SMALL = 256  # elements, below which calling BLAS costs more than it saves
LONG = 1024  # from where on NumPy is as fast along a row, and rounds less


def total(x: np.ndarray, dims: tuple[int, ...], keepdims: bool = False) -> np.ndarray:
    """`x.sum(dims)`, the same but for rounding.

    Arguments:
        x: an array.
        dims: the dimensions to sum over, counted from the front.
        keepdims: keep them, with length 1.

    >>> total(np.ones((300, 2), np.float32), (1,)).shape
    (300,)
    """
    n, rest = len(dims), x.ndim - len(dims)
    if x.size >= SMALL and n and rest and x.dtype.char in "fd" and x.flags.c_contiguous:
        if max(dims) < n and (rows := math.prod(x.shape[:n])) < x.size:
            sums = _ones(rows, x.dtype) @ x.reshape(rows, -1)
            return sums.reshape((1,) * n + x.shape[n:] if keepdims else x.shape[n:])
        if min(dims) >= rest and 1 < (length := math.prod(x.shape[rest:])) < LONG:
            sums = x.reshape(-1, length) @ _ones(length, x.dtype)
            return sums.reshape(x.shape[:rest] + (1,) * n if keepdims else x.shape[:rest])
    return x.sum(dims, keepdims=keepdims)


@functools.lru_cache(64)
def _ones(length: int, dtype: np.dtype) -> np.ndarray:
    """A vector of ones, kept for the next sum: to make a short one takes as long as to multiply by it."""
    ones = np.ones(length, dtype)
    ones.flags.writeable = False
    return ones
