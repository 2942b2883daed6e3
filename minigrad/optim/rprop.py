"""Rprop: steps that look at the sign of the gradient alone, and grow while it stays the same."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from minigrad.optim.bundles import elementwise
from minigrad.optim.optimizer import Optimizer, decayed, kept


class Rprop(Optimizer):
    """p ← p - sign(g) · s, where s grows while the sign of g stays, and shrinks when it changes.

    Riedmiller and Braun, "A Direct Adaptive Method for Faster Backpropagation Learning", 1993. For whole batches: with
    small ones the sign is mostly chance.

    Arguments:
        params: tensors, or groups of them.
        lr: how far the first step goes.
        etas: what s is multiplied by where the sign changes, and where it stays.
        step_sizes: the least and the largest s.
        maximize: climb instead of descend.
        execution: see `Optimizer`.

    >>> import minigrad
    >>> x = minigrad.tensor([1.0, -3.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> minigrad.optim.Rprop([x], lr=0.1).step()
    >>> x
    tensor([ 0.9000, -2.9000], requires_grad=True)
    """

    execution = ("capturable", "foreach", "differentiable")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        maximize: bool = False,
        **execution: Any,
    ):
        if not 0 < etas[0] < 1 < etas[1]:
            raise ValueError(f"Rprop: etas = {etas} must be one below and one above 1")
        settings = {"lr": lr, "etas": etas, "step_sizes": step_sizes, "maximize": maximize}
        super().__init__(params, settings, execution)

    @elementwise
    def update(self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        """One step of one parameter."""
        g = decayed(p, g, group)
        state["step"] = state.get("step", 0) + 1
        before, size = kept(state, "prev", p), kept(state, "step_size", p, group["lr"])
        same = np.sign(g * before)
        shrink, grow = group["etas"]
        np.clip(size * np.where(same < 0, shrink, np.where(same > 0, grow, 1)), *group["step_sizes"], out=size)
        g = np.where(same < 0, 0, g)  # where it went too far it waits for a step
        before[...] = g
        p -= np.sign(g) * size
