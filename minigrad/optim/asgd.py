"""ASGD: stochastic gradient descent that also keeps the average of where it has been."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from minigrad.optim.bundles import elementwise
from minigrad.optim.optimizer import Optimizer, decayed, kept


class ASGD(Optimizer):
    """p ← p · (1 - lambd · η) - η · g with η = lr / (1 + lambd · lr · t)^alpha, and the average of p from step t0 on.

    Polyak and Juditsky, "Acceleration of Stochastic Approximation by Averaging", 1992.

    Arguments:
        params: tensors, or groups of them.
        lr: how far the first step goes.
        lambd: how fast the parameter decays, and the step with it.
        alpha: with which power the step decays.
        t0: from which step on the average is taken; it is `optimizer.state[p]["ax"]`.
        weight_decay: adds this multiple of the parameter to its gradient.
        maximize: climb instead of descend.
        execution: see `Optimizer`.

    >>> import minigrad
    >>> x = minigrad.tensor([1.0], requires_grad=True)
    >>> optimizer = minigrad.optim.ASGD([x], lr=0.25, lambd=0.0, t0=0)
    >>> for _ in range(3):
    ...     x.grad = minigrad.ones(1)
    ...     optimizer.step()
    >>> x, optimizer.state[x]["ax"]
    (tensor([0.2500], requires_grad=True), tensor([0.3750]))
    """

    execution = ("foreach", "differentiable", "capturable")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
        **execution: Any,
    ):
        settings = {"lr": lr, "lambd": lambd, "alpha": alpha, "t0": t0, "weight_decay": weight_decay}
        super().__init__(params, {**settings, "maximize": maximize}, execution)

    @elementwise
    def update(self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        """One step of one parameter."""
        g = decayed(p, g, group)
        t = state["step"] = state.get("step", 0) + 1
        average = kept(state, "ax", p)
        lr, eta, share = group["lr"], state.get("eta", group["lr"]), state.get("mu", 1.0)
        p *= 1 - group["lambd"] * eta
        p -= eta * g
        average += share * (p - average)
        state["eta"] = lr / (1 + group["lambd"] * lr * t) ** group["alpha"]
        state["mu"] = 1 / max(1, t - group["t0"])
