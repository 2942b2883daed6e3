"""Sparsemax: weights as from softmax, but many of them exactly 0.

Martins and Astudillo, "From Softmax to Sparsemax", 2016.
"""

from typing import Any

import numpy as np

from minigrad.autograd.op import Rule
from minigrad.autograd.primitive import primitive
from minigrad.ops.elementwise import check_floating
from minigrad.ops.reductions import sum


def _within_support(g: Any, y: Any, dim: int) -> Any:
    """g minus its mean, both over the elements that are not 0; equation 14 of the paper."""
    support = np.asarray(np.greater(getattr(y, "array", y), 0), y.dtype)
    return support * (g - sum(g * support, dim, keepdim=True) / support.sum(dim, keepdims=True))


@primitive(Rule("g - mean of g, where y > 0", lambda g, y, _x, dim: _within_support(g, y, dim)))
def sparsemax(input: Any, dim: int = -1) -> Any:
    """The point of the probability simplex that is nearest to `input`: max(x - τ, 0), with τ such that it sums to 1.

    Arguments:
        input: a float tensor.
        dim: the dimension along which the weights sum to 1.

    >>> import minigrad
    >>> minigrad.nn.functional.sparsemax(minigrad.tensor([1.0, 0.5, -1.0]))
    tensor([0.7500, 0.2500, 0.0000])
    """
    check_floating(input)
    if input.size == 0:
        return input.copy()
    # What lies 1 or more below the largest gets nothing, so it may be clipped there: -∞ and masks do no harm.
    z = np.maximum(input - input.max(dim, keepdims=True), -1)
    falling = -np.sort(-z, axis=dim)
    excess = np.cumsum(falling, axis=dim) - 1
    shape = [1] * input.ndim
    shape[dim] = -1
    rank = np.arange(1, input.shape[dim] + 1, dtype=input.dtype).reshape(shape)
    size = (rank * falling > excess).sum(dim, keepdims=True)  # of the support; equation 4
    return np.maximum(z - np.take_along_axis(excess, size - 1, dim) / size.astype(input.dtype), 0)
