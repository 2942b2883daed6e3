"""Schedules that go in cycles."""

import math
from collections.abc import Callable
from typing import Any

from minigrad.optim.lr_scheduler.scheduler import LRScheduler
from minigrad.optim.optimizer import Optimizer


def between(start: float, end: float, done: float, strategy: str) -> float:
    """From `start` to `end` along half a cosine, or in a straight line."""
    return start + (end - start) * ((1 - math.cos(math.pi * done)) / 2 if strategy == "cos" else done)


def for_groups(scheduler: str, name: str, value: Any, optimizer: Optimizer) -> list[float]:
    """A setting for each parameter group: the same for all, if one is given."""
    groups = len(optimizer.param_groups)
    values = list(value) if isinstance(value, list | tuple) else [value] * groups
    if len(values) != groups:
        raise ValueError(f"{scheduler}: {len(values)} values of {name} for {groups} parameter groups")
    return values


def check_momentum(scheduler: str, optimizer: Optimizer) -> None:
    """Refuse an optimizer that has no momentum to change."""
    if not all("momentum" in group or "betas" in group for group in optimizer.param_groups):
        raise ValueError(f"{scheduler}: cycle_momentum needs an optimizer with momentum or betas")


def set_momentum(group: dict[str, Any], momentum: float) -> None:
    """Set momentum, or the first beta, which is what it is called in Adam and its like."""
    if "betas" in group:
        group["betas"] = (momentum, *group["betas"][1:])
    else:
        group["momentum"] = momentum


class CosineAnnealingWarmRestarts(LRScheduler):
    """Falls along half a cosine, and starts again: after `T_0` steps, then `T_0 · T_mult`, and so on.

    Loshchilov and Hutter, "SGDR", 2017, equation 5.

    >>> import minigrad
    >>> optimizer = minigrad.optim.SGD([minigrad.zeros(1, requires_grad=True)], lr=1.0)
    >>> scheduler = minigrad.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=2)
    >>> for _ in range(3):
    ...     scheduler.step()
    >>> round(scheduler.get_last_lr()[0], 6)
    0.5
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,  # noqa: N803  PyTorch's name
        T_mult: int = 1,  # noqa: N803
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ):
        for name, n in (("T_0", T_0), ("T_mult", T_mult)):
            if not isinstance(n, int) or n < 1:
                raise ValueError(f"CosineAnnealingWarmRestarts: {name} = {n!r} must be a whole number from 1 up")
        self.T_0 = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur, self.T_i = self._cycle(max(last_epoch, 0), T_0)
        super().__init__(optimizer, last_epoch)

    def _cycle(self, step: float, length: int) -> tuple[float, int]:
        """How far in its cycle a step is, and how long that is, given the length of the first."""
        while step >= length:
            step -= length
            length *= self.T_mult
        return step, length

    def step(self, epoch: float | None = None) -> None:
        """Move on by one, or to where `epoch` steps lead, which may be a fraction, and set the learning rates."""
        if epoch is not None:
            self.T_cur, self.T_i = self._cycle(epoch, self.T_0)
        elif self.last_epoch >= 0:
            self.T_cur, self.T_i = self._cycle(self.T_cur + 1, self.T_i)
        self.last_epoch = self.last_epoch + 1 if epoch is None else math.floor(epoch)
        self._set(self.get_lr())

    def get_lr(self) -> list[float]:
        """A point on the cosine of the cycle."""
        return [between(base, self.eta_min, self.T_cur / self.T_i, "cos") for base in self.base_lrs]


class CyclicLR(LRScheduler):
    """Up and down between two rates, again and again (Smith, "Cyclical Learning Rates", 2017).

    Arguments:
        optimizer: whose learning rates to set.
        base_lr, max_lr: between these, or between one pair for each parameter group.
        step_size_up: how many steps go up.
        step_size_down: how many go down; as many by default.
        mode: "triangular" for the same height each time, "triangular2" for half of the last one's, "exp_range" for
            gamma to the power of the step.
        gamma: see `mode`.
        scale_fn: a function that gives the height, from 0 to 1, instead of `mode`.
        scale_mode: what it is given: the number of the "cycle", from 1, or of the step, "iterations".
        cycle_momentum: let momentum, or the first beta, go the other way.
        base_momentum, max_momentum: between these.
        last_epoch: see `LRScheduler`.

    >>> import minigrad
    >>> optimizer = minigrad.optim.SGD([minigrad.zeros(1, requires_grad=True)], lr=1.0, momentum=0.9)
    >>> scheduler = minigrad.optim.lr_scheduler.CyclicLR(optimizer, 1.0, 2.0, step_size_up=2)
    >>> rates = scheduler.get_last_lr()
    >>> for _ in range(4):
    ...     scheduler.step()
    ...     rates += scheduler.get_last_lr()
    >>> rates
    [1.0, 1.5, 2.0, 1.5, 1.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.8,
        max_momentum: float | list[float] = 0.9,
        last_epoch: int = -1,
    ):
        if scale_fn is None and mode not in ("triangular", "triangular2", "exp_range"):
            raise ValueError(f"CyclicLR: mode = {mode!r} is none of 'triangular', 'triangular2' and 'exp_range'")
        lows, self.max_lrs = (
            for_groups("CyclicLR", name, value, optimizer) for name, value in (("base_lr", base_lr), ("max_lr", max_lr))
        )
        self.total_size = step_size_up + (step_size_up if step_size_down is None else step_size_down)
        self.step_ratio = step_size_up / self.total_size
        self.mode = mode
        self.gamma = gamma
        self.scale_fn = scale_fn
        self.scale_mode = scale_mode if scale_fn is not None or mode != "exp_range" else "iterations"
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            check_momentum("CyclicLR", optimizer)
        if last_epoch == -1:
            for group, low in zip(optimizer.param_groups, lows, strict=True):
                group["lr"] = low
            if cycle_momentum:
                for name, value in (("base_momentum", base_momentum), ("max_momentum", max_momentum)):
                    given = for_groups("CyclicLR", name, value, optimizer)
                    for group, momentum in zip(optimizer.param_groups, given, strict=True):
                        group[name] = momentum
        super().__init__(optimizer, last_epoch)
        self.base_lrs = lows

    def height(self, cycle: int) -> float:
        """How high this cycle goes, from 0 to 1."""
        x = cycle if self.scale_mode == "cycle" else self.last_epoch
        if self.scale_fn is not None:
            return self.scale_fn(x)
        return {"triangular": 1.0, "triangular2": 0.5 ** (cycle - 1), "exp_range": self.gamma**x}[self.mode]

    def get_lr(self) -> list[float]:
        """A point of the triangle."""
        cycle, x = divmod(self.last_epoch / self.total_size, 1)
        up = x / self.step_ratio if x <= self.step_ratio else (1 - x) / (1 - self.step_ratio)
        up *= self.height(int(cycle) + 1)
        if self.cycle_momentum:
            for group in self.optimizer.param_groups:
                set_momentum(group, between(group["max_momentum"], group["base_momentum"], up, "linear"))
        return [between(low, high, up, "linear") for low, high in zip(self.base_lrs, self.max_lrs, strict=True)]
