"""Adamax: Adam with the largest gradient in place of the mean square."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from minigrad.optim.bundles import elementwise
from minigrad.optim.optimizer import Optimizer, decayed, kept


class Adamax(Optimizer):
    """p ← p - lr · m̂ / u, where u is the largest `|g|` so far, slowly forgotten.

    Kingma and Ba, "Adam", 2015, algorithm 2.

    Arguments:
        params: tensors, or groups of them.
        lr: how far a step goes, at most, about.
        betas: how slowly the mean and the maximum forget.
        eps: keeps the divisor away from 0.
        weight_decay: adds this multiple of the parameter to its gradient.
        maximize: climb instead of descend.
        execution: see `Optimizer`.

    >>> import minigrad
    >>> x = minigrad.tensor([1.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> minigrad.optim.Adamax([x], lr=0.1).step()
    >>> x
    tensor([0.9000], requires_grad=True)
    """

    execution = ("foreach", "differentiable", "capturable")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
        **execution: Any,
    ):
        settings = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        super().__init__(params, settings, execution)

    @elementwise
    def update(self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        """One step of one parameter."""
        g = decayed(p, g, group)
        t = state["step"] = state.get("step", 0) + 1
        beta1, beta2 = group["betas"]
        m, u = kept(state, "exp_avg", p), kept(state, "exp_inf", p)
        m *= beta1
        m += (1 - beta1) * g
        np.maximum(beta2 * u, np.abs(g) + group["eps"], out=u)
        p -= (group["lr"] / (1 - beta1**t)) * m / u
