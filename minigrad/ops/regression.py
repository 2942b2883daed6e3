"""Losses for numbers: how far a prediction is from what was measured, and how likely that was."""

import math
import warnings
from typing import Any

import numpy as np

from minigrad.autograd.errors import ArgumentError, ShapeError
from minigrad.autograd.node import TensorBase
from minigrad.autograd.op import Rule
from minigrad.autograd.primitive import primitive
from minigrad.dtypes import result_type
from minigrad.ops.choosing import where
from minigrad.ops.elementwise import abs, check_floats, exp, log
from minigrad.ops.losses import check_reduction, reduce, takes_size_average
from minigrad.ops.rectifiers import hardtanh


def check_sizes(input: Any, target: Any, function: str) -> None:
    """Warn of a target of another shape, which is broadcast: almost always it was meant otherwise.

    Raises:
        ShapeError: for shapes that do not broadcast.
    """
    if input.shape == target.shape:
        return
    try:
        np.broadcast_shapes(input.shape, target.shape)
    except ValueError:
        raise ShapeError(
            f"{function}: input of shape {input.shape} and target of shape {target.shape} must be equal"
        ) from None
    warnings.warn(
        f"{function}: target of shape {target.shape} differs from input of shape {input.shape} and is broadcast, which "
        "is seldom what was meant; give them the same shape",
        stacklevel=3,
    )


def _weigh(losses: Any, weight: Any, function: str) -> Any:
    """Losses times weights, if there are any."""
    if weight is None:
        return losses
    if weight.shape != losses.shape:
        raise ArgumentError(f"{function}: weight of shape {weight.shape} must have the shape of input, {losses.shape}")
    return losses * weight


def _average(losses: Any, weight: Any, reduction: str, function: str) -> Any:
    """Weighted losses; the mean is divided by the sum of the weights."""
    losses = _weigh(losses, weight, function)
    return losses.sum() / weight.sum() if weight is not None and reduction == "mean" else reduce(losses, reduction)


@takes_size_average
def mse_loss(input: Any, target: Any, *, reduction: str = "mean", weight: Any = None) -> Any:
    """The squared difference, averaged.

    Arguments:
        input, target: tensors of one shape.
        reduction: "mean", "sum", or "none" for a number an element.
        weight: a factor for each element.

    >>> import minigrad
    >>> minigrad.nn.functional.mse_loss(minigrad.tensor([1.0, 2.0]), minigrad.tensor([1.0, 4.0]))
    tensor(2.)
    """
    check_reduction(reduction, "mse_loss")
    check_sizes(input, target, "mse_loss")
    difference = input - target
    if weight is None:  # with weights PyTorch composes it, and takes integers too
        check_floats("mse_loss", difference=difference)
    return _average(difference * difference, weight, reduction, "mse_loss")


@takes_size_average
def l1_loss(input: Any, target: Any, *, reduction: str = "mean", weight: Any = None) -> Any:
    """The absolute difference, averaged. Arguments as for `mse_loss`.

    >>> import minigrad
    >>> minigrad.nn.functional.l1_loss(minigrad.tensor([1.0, 2.0]), minigrad.tensor([1.0, 4.0]))
    tensor(1.)
    """
    check_reduction(reduction, "l1_loss")
    check_sizes(input, target, "l1_loss")
    return _average(abs(input - target), weight, reduction, "l1_loss")


@primitive(Rule("g · d, cut off at ±k", lambda g, _y, d, knee: g * hardtanh(d, -knee, knee)))
def _bent(difference: Any, knee: float) -> Any:
    """d²/2 up to the knee k, and from there on the straight line k · (|d| - k/2).

    Both are c · (|d| - c/2) with c = min(|d|, k), which squares nothing large.
    """
    distance = np.abs(difference)
    near = np.minimum(distance, difference.dtype.type(knee))
    return near * (distance - near * 0.5)


def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0, weight: Any = None) -> Any:
    """Half the squared difference up to `delta`, a straight line beyond, so that outliers pull no harder.

    Huber, "Robust Estimation of a Location Parameter", 1964. Arguments as for `mse_loss`.

    >>> import minigrad
    >>> minigrad.nn.functional.huber_loss(minigrad.tensor([0.5, 3.0]), minigrad.zeros(2), reduction="none")
    tensor([0.1250, 2.5000])
    """
    check_reduction(reduction, "huber_loss")
    if delta <= 0:
        raise ArgumentError(f"huber_loss: delta = {delta} must be above 0")
    check_sizes(input, target, "huber_loss")
    difference = input - target
    check_floats("huber_loss", difference=difference)
    return reduce(_weigh(_bent(difference, knee=delta), weight, "huber_loss"), reduction)


@takes_size_average
def smooth_l1_loss(input: Any, target: Any, *, reduction: str = "mean", beta: float = 1.0) -> Any:
    """`l1_loss`, rounded off within `beta` of 0: `huber_loss` divided by `beta`. Arguments as for `mse_loss`.

    >>> import minigrad
    >>> minigrad.nn.functional.smooth_l1_loss(minigrad.tensor([0.5, 3.0]), minigrad.zeros(2), reduction="none")
    tensor([0.1250, 2.5000])
    """
    check_reduction(reduction, "smooth_l1_loss")
    if beta < 0:
        raise ArgumentError(f"smooth_l1_loss: beta = {beta} must not be negative")
    check_sizes(input, target, "smooth_l1_loss")
    difference = input - target
    if beta == 0:
        return reduce(abs(difference), reduction)
    check_floats("smooth_l1_loss", difference=difference)
    return reduce(_bent(difference, knee=beta) / beta, reduction)


@takes_size_average
def poisson_nll_loss(
    input: Any, target: Any, log_input: bool = True, full: bool = False, *, eps: float = 1e-8, reduction: str = "mean"
) -> Any:
    """The negative log-likelihood of counts under a Poisson distribution of mean λ: `λ - target · log λ`.

    Arguments:
        input: log λ, or λ.
        target: counts.
        log_input: whether `input` is log λ.
        full: add Stirling's approximation of log(target!), for targets above 1.
        eps: keeps the logarithm of λ away from that of 0.
        reduction: "mean", "sum", or "none".

    >>> import minigrad
    >>> minigrad.nn.functional.poisson_nll_loss(minigrad.tensor([0.0]), minigrad.tensor([3.0]))
    tensor(1.)
    """
    check_reduction(reduction, "poisson_nll_loss")
    losses = exp(input) - target * input if log_input else input - target * log(input + eps)
    if full:
        counts = where(target > 1, target, 1.0)
        stirling = counts * log(counts) - counts + 0.5 * log(2 * math.pi * counts)
        losses = losses + where(target > 1, stirling, 0.0)
    return reduce(losses, reduction)


def gaussian_nll_loss(
    input: Any, target: Any, var: Any, full: bool = False, eps: float = 1e-6, reduction: str = "mean"
) -> Any:
    """The negative log-likelihood of numbers under normal distributions: `(log var + (input - target)² / var) / 2`.

    Nix and Weigend, "Estimating the mean and variance of the target probability distribution", 1994.

    Arguments:
        input: the means.
        target: the numbers.
        var: the variances: of the shape of `input`, or with one dimension 1 or left out at the end; or a number.
        full: add the constant log(2π) / 2.
        eps: the least variance; gradients pass as if there were no bound.
        reduction: "mean", "sum", or "none".

    >>> import minigrad
    >>> minigrad.nn.functional.gaussian_nll_loss(minigrad.zeros(1), minigrad.ones(1), minigrad.ones(1))
    tensor(0.5000)
    """
    check_reduction(reduction, "gaussian_nll_loss")
    if not isinstance(var, TensorBase):
        var = input._result(np.full(input.shape, var, result_type(input.array, var)), None)
    check_floats("gaussian_nll_loss", var=var)
    if var.shape != input.shape:
        if var.shape == input.shape[:-1]:
            var = var.unsqueeze(-1)
        elif var.ndim != input.ndim or [v for v, n in zip(var.shape, input.shape, strict=True) if v != n] != [1]:
            raise ArgumentError(
                f"gaussian_nll_loss: var of shape {var.shape} must have the shape of input, {input.shape}, one "
                "dimension of it 1, or the last one left out"
            )
    if (var.array < 0).any():
        raise ArgumentError(
            f"gaussian_nll_loss: var holds {var.array.min()}, which no variance is; exp() of what is learnt would do"
        )
    var = var + (np.maximum(eps - var.array, 0))  # a constant, 0 where the variance is large enough
    losses = 0.5 * (log(var) + (input - target) ** 2 / var)
    return reduce(losses + 0.5 * math.log(2 * math.pi) if full else losses, reduction)
