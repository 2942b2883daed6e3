"""Sums over dimensions, as products with ones where NumPy alone is slow.

NumPy adds up a short row with a loop of its own for each row, and many columns one row after the other. BLAS, which
multiplies a matrix by a vector of ones for the same sums, takes a quarter of the time or less.
"""

import functools
import math

import numpy as np

SMALL = 256  # elements, below which calling BLAS costs more than it saves
SHORT = 32  # elements of a row, below which BLAS takes longer to begin with it than to add it up
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
    if x.size >= SMALL and dims and x.dtype.char in "fd" and x.flags.c_contiguous:
        n, rest = len(dims), x.ndim - len(dims)
        if max(dims) < n and rest and (rows := math.prod(x.shape[:n])) < x.size:
            sums = _ones(rows, x.dtype) @ x.reshape(rows, -1)
            return sums if rest == 1 and not keepdims else sums.reshape((1,) * (n if keepdims else 0) + x.shape[n:])
        if min(dims) >= rest and rest and 1 < (length := math.prod(x.shape[rest:])) < LONG:
            sums = x.reshape(-1, length) @ _ones(length, x.dtype)
            return sums.reshape(x.shape[:rest] + (1,) * n if keepdims else x.shape[:rest])
    return x.sum(dims, keepdims=keepdims)


def average(x: np.ndarray, dims: tuple[int, ...]) -> np.ndarray:
    """`x.mean(dims, keepdims=True)`, the same but for rounding; of half-precision numbers added up in single.

    >>> average(np.array([[1.0, 3.0]]), (1,))
    array([[2.]])
    """
    if x.dtype == np.float16:
        return x.mean(dims, np.float32, keepdims=True).astype(x.dtype)
    y = total(x, dims, keepdims=True)
    y /= math.prod([x.shape[d] for d in dims])
    return y


def dots(a: np.ndarray, b: np.ndarray, dims: tuple[int, ...]) -> np.ndarray:
    """`(a * b).sum(dims, keepdims=True)`, the same but for rounding: for rows without writing the products down.

    >>> dots(np.array([[1.0, 3.0]]), np.array([[2.0, 10.0]]), (1,))
    array([[32.]])
    """
    if dims == (a.ndim - 1,) and a.dtype.char in "fd" and a.shape[-1] < LONG:
        short = a.shape[-1] < SHORT and a.size >= SMALL
        return (np.einsum("...i,...i->...", a, b) if short else np.vecdot(a, b))[..., None]
    return total(a * b, dims, keepdims=True)


@functools.lru_cache(64)
def _ones(length: int, dtype: np.dtype) -> np.ndarray:
    """A vector of ones, kept for the next sum: to make a short one takes as long as to multiply by it."""
    ones = np.ones(length, dtype)
    ones.flags.writeable = False
    return ones
