"""Adadelta: steps as large as the last ones were, in proportion to the gradient."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from minigrad.optim.bundles import elementwise
from minigrad.optim.optimizer import Optimizer, decayed, kept


class Adadelta(Optimizer):
    """p ← p - lr · d, where d = g · √(u + eps) / √(v + eps), from running means v of g² and u of d².

    Zeiler, "ADADELTA: An Adaptive Learning Rate Method", 2012, algorithm 1.

    Arguments:
        params: tensors, or groups of them.
        lr: what the steps are multiplied by; 1 in the paper.
        rho: how slowly the means forget.
        eps: keeps the first steps from being 0.
        weight_decay: adds this multiple of the parameter to its gradient.
        maximize: climb instead of descend.
        execution: see `Optimizer`.

    >>> import minigrad
    >>> x = minigrad.tensor([1.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> minigrad.optim.Adadelta([x], eps=0.04).step()
    >>> x
    tensor([0.3970], requires_grad=True)
    """

    execution = ("capturable", "foreach", "differentiable")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
        **execution: Any,
    ):
        if not 0 <= rho <= 1:
            raise ValueError(f"Adadelta: rho = {rho} must lie between 0 and 1")
        settings = {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize}
        super().__init__(params, settings, execution)

    @elementwise
    def update(self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        """One step of one parameter."""
        g = decayed(p, g, group)
        state["step"] = state.get("step", 0) + 1
        rho, eps = group["rho"], group["eps"]
        v, u = kept(state, "square_avg", p), kept(state, "acc_delta", p)
        v *= rho
        v += (1 - rho) * (g * g)
        d = g * np.sqrt(u + eps) / np.sqrt(v + eps)
        u *= rho
        u += (1 - rho) * (d * d)
        p -= group["lr"] * d
