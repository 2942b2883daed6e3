"""Random numbers whose probabilities a tensor says: heads or tails, and positions by their weight."""

from typing import Any

import numpy as np

from minigrad.autograd.errors import ArgumentError, ShapeError
from minigrad.generator import Generator, draw


def bernoulli(input: Any, p: float | None = None, *, generator: Generator | None = None) -> Any:
    """1 with the probability that each element of `input` says, or with probability `p`, else 0.

    >>> import minigrad
    >>> minigrad.bernoulli(minigrad.tensor([0.0, 1.0]))
    tensor([0., 1.])
    """
    if p is not None:
        return input.clone().bernoulli_(p, generator=generator)
    if input.dtype.kind != "f" or not ((input.array >= 0) & (input.array <= 1)).all():
        raise ArgumentError(f"bernoulli: input of dtype {input.dtype} must hold probabilities, from 0 to 1")
    return input._result(np.asarray(draw(generator).random(input.shape) < input.array, input.dtype), None)


def multinomial(input: Any, num_samples: int, replacement: bool = False, *, generator: Generator | None = None) -> Any:
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
        raise ArgumentError("multinomial: every row of input must hold finite weights from 0 up, and one above 0")
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
    return input._result(drawn.reshape(*input.shape[:-1], num_samples).astype(np.int64), None)
