"""NAdam: Adam that looks ahead along its momentum, as Nesterov's method does."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from minigrad.optim.bundles import elementwise
from minigrad.optim.optimizer import Optimizer, decayed, kept


class NAdam(Optimizer):
    """As Adam, but m̂ = μ' · m / (1 - ∏μ · μ') + (1 - μ) · g / (1 - ∏μ), with μ' the momentum of the next step.

    Dozat, "Incorporating Nesterov Momentum into Adam", 2016, algorithm 2; the momentum of step t is
    μ = β₁ · (1 - 0.96^(t · momentum_decay) / 2).

    Arguments:
        params: tensors, or groups of them.
        lr: how far a step goes, about.
        betas: how slowly the means of the gradient and of its square forget.
        eps: keeps the divisor away from 0.
        weight_decay: adds this multiple of the parameter to its gradient.
        momentum_decay: how fast the momentum rises to its full height.
        decoupled_weight_decay: shrink the parameter by lr · weight_decay instead, as `AdamW`.
        maximize: climb instead of descend.
        execution: see `Optimizer`.

    >>> import minigrad
    >>> x = minigrad.tensor([1.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> minigrad.optim.NAdam([x], lr=0.1).step()
    >>> x
    tensor([0.8944], requires_grad=True)
    """

    execution = ("foreach", "capturable", "differentiable")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
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
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, settings, execution)

    @elementwise
    def update(self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        """One step of one parameter."""
        g = decayed(p, g, group)
        t = state["step"] = state.get("step", 0) + 1
        beta1, beta2 = group["betas"]
        m, v = kept(state, "exp_avg", p), kept(state, "exp_avg_sq", p)
        now, following = (beta1 * (1 - 0.5 * 0.96 ** (n * group["momentum_decay"])) for n in (t, t + 1))
        product = state["mu_product"] = state.get("mu_product", 1.0) * now
        m *= beta1
        m += (1 - beta1) * g
        v *= beta2
        v += (1 - beta2) * (g * g)
        root = np.sqrt(v) / math.sqrt(1 - beta2**t) + group["eps"]
        p -= group["lr"] * ((1 - now) / (1 - product) * g + following / (1 - product * following) * m) / root
