"""PyTorch's functions that draw random numbers, from the default generator or from one that is given.

The numbers are NumPy's, so they differ from PyTorch's for the same seed.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from minigrad import dtypes
from minigrad.autograd.errors import ShapeError
from minigrad.creation import check_size
from minigrad.device import takes_device
from minigrad.generator import (
    Generator,
    default_generator,
    draw,
    get_rng_state,
    initial_seed,
    manual_seed,
    seed,
    set_rng_state,
)
from minigrad.ops.shaping import as_shape
from minigrad.tensor import Tensor, wrap


@contextlib.contextmanager
def fork_rng(devices: Any = None, enabled: bool = True) -> Iterator[None]:
    """Draw from the default generator inside the `with` block as if outside nothing had been drawn.

    >>> import minigrad
    >>> with minigrad.random.fork_rng():
    ...     x = minigrad.rand(3)
    >>> minigrad.equal(minigrad.rand(3), x)
    True
    """
    state = get_rng_state()
    try:
        yield
    finally:
        if enabled:
            set_rng_state(state)


@takes_device
def rand(
    *sizes: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Numbers spread evenly over [0, 1)."""
    dtype = np.dtype(dtype or dtypes.get_default_dtype())
    values = np.asarray(draw(generator).random(check_size(as_shape(sizes, size), "rand")), dtype)
    below_one = np.nextafter(dtype.type(1), dtype.type(0))  # a shorter type may have rounded up to 1
    return wrap(np.minimum(values, below_one, out=values)).requires_grad_(requires_grad)


@takes_device
def randn(
    *sizes: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Numbers from the normal distribution with mean 0 and variance 1."""
    values = draw(generator).standard_normal(check_size(as_shape(sizes, size), "randn"))
    return wrap(np.asarray(values, dtype or dtypes.get_default_dtype())).requires_grad_(requires_grad)


@takes_device
def randint(
    low: Any = None,
    high: Any = None,
    size: Any = None,
    generator: Generator | None = None,
    *,
    dtype: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Whole numbers from `low` up to but not including `high`, as int64; `randint(high, size)` starts from 0.

    >>> import minigrad
    >>> minigrad.randint(1, (2, 3))
    tensor([[0, 0, 0],
            [0, 0, 0]])
    """
    if size is None:
        low, high, size = None, low, high
    low = 0 if low is None else low
    values = draw(generator).integers(low, high, check_size(size, "randint"))
    return wrap(np.asarray(values, dtype or dtypes.int64)).requires_grad_(requires_grad)


@takes_device
def randperm(n: int, generator: Generator | None = None, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """The numbers 0 to n - 1 in random order."""
    return wrap(draw(generator).permutation(n).astype(dtype or dtypes.int64)).requires_grad_(requires_grad)


@takes_device
def rand_like(
    input: Tensor, *, generator: Generator | None = None, dtype: Any = None, requires_grad: bool = False
) -> Tensor:
    """As `rand`, in the shape and type of `input`."""
    return rand(input.shape, generator=generator, dtype=dtype or input.dtype, requires_grad=requires_grad)


@takes_device
def randn_like(
    input: Tensor, *, generator: Generator | None = None, dtype: Any = None, requires_grad: bool = False
) -> Tensor:
    """As `randn`, in the shape and type of `input`."""
    return randn(input.shape, generator=generator, dtype=dtype or input.dtype, requires_grad=requires_grad)


@takes_device
def randint_like(
    input: Tensor,
    low: int | None = None,
    high: int | None = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """As `randint`, in the shape and type of `input`."""
    low, high = (None, low) if high is None else (low, high)
    return randint(low, high, input.shape, generator, dtype=dtype or input.dtype, requires_grad=requires_grad)


@takes_device
def normal(
    mean: Any = 0.0,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Numbers from normal distributions.

    Arguments:
        mean, std: numbers, or tensors that broadcast against each other, each element's own.
        size: the shape, if both are numbers.
        generator: where the numbers are drawn from.
        dtype: the element type, if both are numbers.
        requires_grad: whether to record what is computed from the result.

    >>> import minigrad
    >>> minigrad.normal(minigrad.zeros(3), 1.0).shape, minigrad.normal(0.0, 1.0, (2, 3)).shape
    ((3,), (2, 3))
    """
    means, deviations = (np.asarray(getattr(x, "array", x)) for x in (mean, std))
    if (deviations < 0).any():
        raise ValueError(f"normal: std = {std} must not be negative")
    given = [x.dtype for x in (mean, std) if isinstance(x, Tensor)]
    shape = np.broadcast_shapes(means.shape, deviations.shape) if size is None else check_size(tuple(size), "normal")
    values = draw(generator).standard_normal(shape) * deviations + means
    values = np.asarray(values, given[0] if given else dtype or dtypes.get_default_dtype())
    return wrap(values).requires_grad_(requires_grad)


def dropout_mask(like: Tensor, p: float, generator: Generator | None = None) -> np.ndarray:
    """Zeros with probability `p`, else 1 / (1 - p), in the shape and type of `like`."""
    keep = draw(generator).random(like.shape, np.float32) >= p
    return keep * like.dtype.type(1 / (1 - p))
