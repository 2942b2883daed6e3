"""Schedules that multiply the learning rate by a factor of the step."""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from minigrad.optim.lr_scheduler.scheduler import FactorLR, LRScheduler
from minigrad.optim.optimizer import Optimizer


class LambdaLR(LRScheduler):
    """The first rate times a function of your own.

    >>> import minigrad
    >>> optimizer = minigrad.optim.SGD([minigrad.zeros(1, requires_grad=True)], lr=1.0)
    >>> scheduler = minigrad.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.5**step)
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.5]

    A list has one function for each parameter group.
    """

    def __init__(self, optimizer: Optimizer, lr_lambda: Callable[[int], float] | Sequence[Any], last_epoch: int = -1):
        groups = len(optimizer.param_groups)
        self.lr_lambdas: list[Any] = [lr_lambda] * groups if callable(lr_lambda) else list(lr_lambda)
        if len(self.lr_lambdas) != groups:
            raise ValueError(f"{type(self).__name__}: {len(self.lr_lambdas)} functions for {groups} parameter groups")
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """First rates times functions."""
        return [base * f(self.last_epoch) for base, f in zip(self.base_lrs, self.lr_lambdas, strict=True)]

    def state_dict(self) -> dict[str, Any]:
        """Where the schedule stands; of functions that are objects with attributes, those."""
        kept = [
            dict(vars(f)) if hasattr(f, "__dict__") and not hasattr(f, "__code__") else None for f in self.lr_lambdas
        ]
        return {**super().state_dict(), "lr_lambdas": kept}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a state that `state_dict` gave."""
        super().load_state_dict({key: value for key, value in state_dict.items() if key != "lr_lambdas"})
        for f, kept in zip(self.lr_lambdas, state_dict.get("lr_lambdas", ()), strict=False):
            if kept is not None:
                vars(f).update(kept)


def _attributes(function: Any) -> dict[str, Any] | None:
    is_plain = hasattr(function, "__code__") or not hasattr(function, "__dict__")
    return None if is_plain else dict(vars(function))


class MultiplicativeLR(LambdaLR):
    """Each step multiplies the rate by what a function of your own gives for it.

    >>> import minigrad
    >>> optimizer = minigrad.optim.SGD([minigrad.zeros(1, requires_grad=True)], lr=1.0)
    >>> scheduler = minigrad.optim.lr_scheduler.MultiplicativeLR(optimizer, lambda step: 1 / (1 + step))
    >>> for _ in range(3):
    ...     scheduler.step()
    >>> round(1 / scheduler.get_last_lr()[0])
    24
    """

    def get_lr(self) -> list[float]:
        """The rates in force times functions."""
        if self.last_epoch <= 0 or self._continued:
            return self._in_force()
        return [rate * f(self.last_epoch) for rate, f in zip(self._in_force(), self.lr_lambdas, strict=True)]


class StepLR(FactorLR):
    """The rate is multiplied by `gamma` every `step_size` steps.

    >>> import minigrad
    >>> optimizer = minigrad.optim.SGD([minigrad.zeros(1, requires_grad=True)], lr=1.0)
    >>> scheduler = minigrad.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
    >>> for _ in range(4):
    ...     scheduler.step()
    >>> scheduler.get_last_lr()
    [0.25]
    """

    stairs = True

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1):
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def factor(self, step: int) -> float:
        """A stair."""
        return self.gamma ** (step // self.step_size)


class MultiStepLR(FactorLR):
    """The rate is multiplied by `gamma` at each of the milestones."""

    stairs = True

    def __init__(self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1):
        self.milestones = sorted(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def factor(self, step: int) -> float:
        """A stair whose steps are told."""
        return self.gamma ** sum(step >= milestone for milestone in self.milestones)


class ExponentialLR(FactorLR):
    """The rate is multiplied by `gamma` at every step."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1):
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def factor(self, step: int) -> float:
        """A power."""
        return self.gamma**step


class ConstantLR(FactorLR):
    """The rate is multiplied by `factor` for the first `total_iters` steps, and is itself from then on."""

    stairs = True

    def __init__(self, optimizer: Optimizer, factor: float = 1 / 3, total_iters: int = 5, last_epoch: int = -1):
        if not 0 <= factor <= 1:
            raise ValueError(f"ConstantLR: factor = {factor} must lie between 0 and 1")
        self.first_factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def factor(self, step: int) -> float:
        """One stair."""
        return self.first_factor if step < self.total_iters else 1.0


class LinearLR(FactorLR):
    """A warm-up: the factor goes from `start_factor` to `end_factor` in a straight line, then stays.

    >>> import minigrad
    >>> optimizer = minigrad.optim.SGD([minigrad.zeros(1, requires_grad=True)], lr=1.0)
    >>> scheduler = minigrad.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.25, total_iters=3)
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ):
        if not 0 < start_factor <= 1:
            raise ValueError(f"LinearLR: start_factor = {start_factor} must lie above 0 and at most at 1")
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def factor(self, step: int) -> float:
        """A point on the line."""
        done = min(step / self.total_iters, 1.0) if self.total_iters else 1.0
        return self.start_factor + (self.end_factor - self.start_factor) * done


class PolynomialLR(FactorLR):
    """The rate falls to 0 in `total_iters` steps, along a power of a straight line.

    >>> import minigrad
    >>> optimizer = minigrad.optim.SGD([minigrad.zeros(1, requires_grad=True)], lr=1.0)
    >>> scheduler = minigrad.optim.lr_scheduler.PolynomialLR(optimizer, total_iters=4, power=2)
    >>> scheduler.step(2)
    >>> scheduler.get_last_lr()
    [0.25]
    """

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1):
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def factor(self, step: int) -> float:
        """A point on the curve."""
        return (1 - min(step, self.total_iters) / self.total_iters) ** self.power


class CosineAnnealingLR(FactorLR):
    """The rate falls from its first value to `eta_min` along half a cosine (Loshchilov and Hutter, 2017, equation 5).

    >>> import minigrad
    >>> optimizer = minigrad.optim.SGD([minigrad.zeros(1, requires_grad=True)], lr=1.0)
    >>> scheduler = minigrad.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=2)
    >>> scheduler.step()
    >>> round(scheduler.get_last_lr()[0], 6)
    0.5
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1):  # noqa: N803
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def factor(self, step: int) -> float:
        """A point on the cosine, from 1 to 0 and back."""
        return (1 + math.cos(math.pi * step / self.T_max)) / 2
