"""Adam, which gives each parameter a step size of its own, and AdamW, which decays weights apart from it."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from minigrad.optim.bundles import elementwise
from minigrad.optim.optimizer import Optimizer, decayed, kept


class Adam(Optimizer):
    """p ← p - lr · m̂ / (√v̂ + eps), from running means of the gradient, m, and of its square, v.

    Kingma and Ba, "Adam", 2015, algorithm 1.

    Arguments:
        params: tensors, or groups of them.
        lr: how far a step goes, at most, about.
        betas: how slowly the two means forget.
        eps: keeps the divisor away from 0.
        weight_decay: adds this multiple of the parameter to its gradient.
        amsgrad: divide by the largest v so far, which never shrinks (Reddi, Kale and Kumar, 2018).
        maximize: climb instead of descend.
        decoupled_weight_decay: shrink the parameter by lr · weight_decay instead, which is `AdamW`.
        execution: see `Optimizer`.

    >>> import minigrad
    >>> x = minigrad.tensor([1.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> minigrad.optim.Adam([x], lr=0.1).step()
    >>> x
    tensor([0.9000], requires_grad=True)
    """

    execution = ("foreach", "capturable", "differentiable", "fused")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
        **execution: Any,
    ):
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "amsgrad": amsgrad,
                "maximize": maximize,
                "decoupled_weight_decay": decoupled_weight_decay,
            },
            execution,
        )

    @elementwise
    def update(self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        """One step of one parameter."""
        g = decayed(p, g, group)
        t = state["step"] = state.get("step", 0) + 1
        beta1, beta2 = group["betas"]
        m, v = kept(state, "exp_avg", p), kept(state, "exp_avg_sq", p)
        scratch = np.empty_like(p)  # one array for all that is passed on, since memory that is in use is in the cache
        m *= beta1
        m += np.multiply(g, 1 - beta1, out=scratch)
        v *= beta2
        np.multiply(g, g, out=scratch)
        scratch *= 1 - beta2
        v += scratch
        if group["amsgrad"]:
            largest = kept(state, "max_exp_avg_sq", p)
            v = np.maximum(largest, v, out=largest)
        # The means start at 0; dividing by 1 - beta^t corrects for that (section 3). Here v is not divided by it, but
        # the numbers are multiplied by its root, which saves going over the arrays (section 2, at the end).
        correction = math.sqrt(1 - beta2**t)
        np.sqrt(v, out=scratch)
        scratch += group["eps"] * correction
        np.divide(m, scratch, out=scratch)
        scratch *= group["lr"] * correction / (1 - beta1**t)
        p -= scratch


class AdamW(Adam):
    """Adam with weights that decay by themselves: p ← p - lr · weight_decay · p before each step.

    Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019, algorithm 2. Arguments as for `Adam`.

    >>> import minigrad
    >>> x = minigrad.tensor([1.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> minigrad.optim.AdamW([x], lr=0.1, weight_decay=0.5).step()
    >>> x
    tensor([0.8500], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        **execution: Any,
    ):
        decoupled = {"maximize": maximize, "decoupled_weight_decay": True}
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, **decoupled, **execution)
