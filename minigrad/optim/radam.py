"""RAdam: Adam that waits with its adaptive step sizes until it knows enough gradients."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from minigrad.optim.bundles import elementwise
from minigrad.optim.optimizer import Optimizer, decayed, kept


class RAdam(Optimizer):
    """p ← p - lr · r · m̂ / (√v̂ + eps), or as long as v is known from too few gradients p ← p - lr · m̂.

    Liu et al., "On the Variance of the Adaptive Learning Rate and Beyond", 2020, algorithm 2.

    Arguments:
        params: tensors, or groups of them.
        lr: how far a step goes, about.
        betas: how slowly the means of the gradient and of its square forget.
        eps: keeps the divisor away from 0.
        weight_decay: adds this multiple of the parameter to its gradient.
        decoupled_weight_decay: shrink the parameter by lr · weight_decay instead, as `AdamW`.
        maximize: climb instead of descend.
        execution: see `Optimizer`.

    >>> import minigrad
    >>> x = minigrad.tensor([1.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> minigrad.optim.RAdam([x], lr=0.1).step()
    >>> x
    tensor([0.8000], requires_grad=True)
    """

    execution = ("foreach", "capturable", "differentiable")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
        **execution: Any,
    ):
        settings = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, settings, execution)

    @elementwise
    def update(self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        """One step of one parameter."""
        g = decayed(p, g, group)
        t = state["step"] = state.get("step", 0) + 1
        beta1, beta2 = group["betas"]
        m, v = kept(state, "exp_avg", p), kept(state, "exp_avg_sq", p)
        m *= beta1
        m += (1 - beta1) * g
        v *= beta2
        v += (1 - beta2) * (g * g)
        step = group["lr"] / (1 - beta1**t) * m
        longest = 2 / (1 - beta2) - 1
        length = longest - 2 * t * beta2**t / (1 - beta2**t)  # of a simple mean that would be as certain
        if length > 5:
            rectified = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
            step *= math.sqrt(rectified * (1 - beta2**t)) / (np.sqrt(v) + group["eps"])
        p -= step
