"""RMSprop and Adagrad: steps divided by how large the gradients of each parameter have been."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from minigrad.optim.bundles import elementwise
from minigrad.optim.optimizer import Optimizer, decayed, kept


class RMSprop(Optimizer):
    """p ← p - lr · g / (√v + eps), from a running mean v of the squared gradient (Hinton's lecture 6e, 2012).

    Arguments:
        params: tensors, or groups of them.
        lr: how far a step goes, about.
        alpha: how slowly the mean forgets.
        eps: keeps the divisor away from 0.
        weight_decay: adds this multiple of the parameter to its gradient.
        momentum: how much of the last step is kept.
        centered: divide by the standard deviation: take the squared mean out of the mean square (Graves, 2013).
        maximize: climb instead of descend.
        execution: see `Optimizer`.

    >>> import minigrad
    >>> x = minigrad.tensor([1.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> minigrad.optim.RMSprop([x], lr=0.01).step()
    >>> x
    tensor([0.9000], requires_grad=True)
    """

    execution = ("capturable", "foreach", "differentiable")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        *,
        maximize: bool = False,
        **execution: Any,
    ):
        settings = {"lr": lr, "momentum": momentum, "alpha": alpha, "eps": eps, "centered": centered}
        super().__init__(params, {**settings, "weight_decay": weight_decay, "maximize": maximize}, execution)

    @elementwise
    def update(self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        """One step of one parameter."""
        g = decayed(p, g, group)
        state["step"] = state.get("step", 0) + 1
        alpha, v = group["alpha"], kept(state, "square_avg", p)
        v *= alpha
        v += (1 - alpha) * (g * g)
        if group["centered"]:
            mean = kept(state, "grad_avg", p)
            mean += (1 - alpha) * (g - mean)
            v = v - mean * mean
        change = g / (np.sqrt(v) + group["eps"])
        if group["momentum"]:
            momentum = kept(state, "momentum_buffer", p)
            momentum *= group["momentum"]
            momentum += change
            change = momentum
        p -= group["lr"] * change


class Adagrad(Optimizer):
    """p ← p - lr · g / (√s + eps), where s is the sum of all squared gradients so far.

    Duchi, Hazan and Singer, "Adaptive Subgradient Methods", 2011.

    Arguments:
        params: tensors, or groups of them.
        lr: how far the first step goes.
        lr_decay: divide lr by 1 + lr_decay · (steps made).
        weight_decay: adds this multiple of the parameter to its gradient.
        initial_accumulator_value: what s starts from.
        eps: keeps the divisor away from 0.
        maximize: climb instead of descend.
        execution: see `Optimizer`.

    >>> import minigrad
    >>> x = minigrad.tensor([1.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> minigrad.optim.Adagrad([x], lr=0.25).step()
    >>> x
    tensor([0.7500], requires_grad=True)
    """

    execution = ("foreach", "differentiable", "fused")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
        **execution: Any,
    ):
        settings = {"lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay}
        start = {"initial_accumulator_value": initial_accumulator_value, "maximize": maximize}
        super().__init__(params, {**settings, **start}, execution)

    @elementwise
    def update(self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        """One step of one parameter."""
        g = decayed(p, g, group)
        t = state["step"] = state.get("step", 0) + 1
        total = kept(state, "sum", p, group["initial_accumulator_value"])
        total += g * g
        lr = group["lr"] / (1 + (t - 1) * group["lr_decay"])
        p -= lr * g / (np.sqrt(total) + group["eps"])
