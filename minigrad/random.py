"""PyTorch's functions that draw random numbers, from the default generator or from one that is given.

The numbers are NumPy's, so they differ from PyTorch's for the same seed.
"""

from typing import Any

import numpy as np

from minigrad import dtypes
from minigrad.autograd.op import ShapeError
from minigrad.creation import check_size
from minigrad.device import takes_device
from minigrad.generator import (
    Generator,
    default_generator,
    draw,
    get_rng_state,
    manual_seed,
    set_rng_state,
)
from minigrad.ops.shaping import as_shape
from minigrad.tensor import Tensor, wrap


@takes_device
def rand(*size: Any, generator: Generator | None = None, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Numbers spread evenly over [0, 1)."""
    dtype = np.dtype(dtype or dtypes.get_default_dtype())
    values = np.asarray(draw(generator).random(check_size(as_shape(size), "rand")), dtype)
    below_one = np.nextafter(dtype.type(1), dtype.type(0))  # a shorter type may have rounded up to 1
    return wrap(np.minimum(values, below_one, out=values)).requires_grad_(requires_grad)


@takes_device
def randn(*size: Any, generator: Generator | None = None, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Numbers from the normal distribution with mean 0 and variance 1."""
    values = draw(generator).standard_normal(check_size(as_shape(size), "randn"))
    return wrap(np.asarray(values, dtype or dtypes.get_default_dtype())).requires_grad_(requires_grad)


@takes_device
def randint(
    low: int,
    high: Any,
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
        low, high, size = 0, low, high
    values = draw(generator).integers(low, high, check_size(size, "randint"))
    return wrap(np.asarray(values, dtype or dtypes.int64)).requires_grad_(requires_grad)


@takes_device
def randperm(n: int, generator: Generator | None = None, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """The numbers 0 to n - 1 in random order."""
    return wrap(draw(generator).permutation(n).astype(dtype or dtypes.int64)).requires_grad_(requires_grad)


@takes_device
def rand_like(input: Tensor, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """As `rand`, in the shape and type of `input`."""
    return rand(input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad)


@takes_device
def randn_like(input: Tensor, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """As `randn`, in the shape and type of `input`."""
    return randn(input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad)


@takes_device
def randint_like(
    input: Tensor, low: int, high: int | None = None, dtype: Any = None, requires_grad: bool = False
) -> Tensor:
    """As `randint`, in the shape and type of `input`."""
    low, high = (0, low) if high is None else (low, high)
    return randint(low, high, input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad)


@takes_device
def normal(mean: Any, std: Any = 1.0, size: Any = None, *, generator: Generator | None = None) -> Tensor:
    """Numbers from normal distributions.

    Arguments:
        mean, std: numbers, or tensors that broadcast against each other, each element's own.
        size: the shape, if both are numbers.
        generator: where the numbers are drawn from.

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
    return wrap(np.asarray(values, given[0] if given else dtypes.get_default_dtype()))


@takes_device
def bernoulli(input: Tensor, *, generator: Generator | None = None) -> Tensor:
    """1 with the probability that each element of `input` says, else 0.

    >>> import minigrad
    >>> minigrad.bernoulli(minigrad.tensor([0.0, 1.0]))
    tensor([0., 1.])
    """
    if input.dtype.kind != "f" or not ((input.array >= 0) & (input.array <= 1)).all():
        raise ValueError(f"bernoulli: input of dtype {input.dtype} must hold probabilities, from 0 to 1")
    return wrap(np.asarray(draw(generator).random(input.shape) < input.array, input.dtype))


@takes_device
def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """Positions drawn at random, each as likely as its weight says.

    Arguments:
        input: weights from 0 up, of shape (n,) or (rows, n); they need not sum to 1.
        num_samples: how many are drawn for each row.
        replacement: whether a position can be drawn again.
        generator: where the numbers are drawn from.

    Returns:
        An int64 tensor of shape (num_samples,) or (rows, num_samples).

    >>> import minigrad
    >>> minigrad.multinomial(minigrad.tensor([0.0, 3.0, 0.0]), 2, replacement=True)
    tensor([1, 1])
    """
    weights = np.atleast_2d(np.asarray(input.array, np.float64))
    if input.ndim not in (1, 2) or input.dtype.kind != "f" or num_samples <= 0:
        raise ShapeError(
            f"multinomial: input of {input.dtype} and shape {input.shape} must have one or two dimensions of floats, "
            f"and num_samples = {num_samples} positive"
        )
    if not np.isfinite(weights).all() or (weights < 0).any() or (weights.sum(-1) <= 0).any():
        raise ValueError("multinomial: every row of input must hold finite weights from 0 up, and one above 0")
    if not replacement and num_samples > np.count_nonzero(weights, -1).min():
        raise ShapeError(
            f"multinomial: num_samples = {num_samples} is more than a row of input of shape {input.shape} has weights "
            "above 0; draw with replacement=True"
        )
    if replacement:
        ends = weights.cumsum(-1)
        marks = draw(generator).random((len(weights), num_samples)) * ends[:, -1:]
        drawn = np.stack([np.searchsorted(row, mark, "right") for row, mark in zip(ends, marks, strict=True)])
    else:  # whose exponential clock, ticking at the rate of its weight, rings first
        with np.errstate(divide="ignore"):
            times = draw(generator).exponential(size=weights.shape) / weights
        drawn = np.argsort(times, -1, kind="stable")[:, :num_samples]
    return wrap(drawn.reshape(*input.shape[:-1], num_samples).astype(np.int64))


def dropout_mask(like: Tensor, p: float, generator: Generator | None = None) -> np.ndarray:
    """Zeros with probability `p`, else 1 / (1 - p), in the shape and type of `like`."""
    keep = draw(generator).random(like.shape, np.float32) >= p
    return keep * like.dtype.type(1 / (1 - p))
