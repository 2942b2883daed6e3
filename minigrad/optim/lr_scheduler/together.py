"""Schedules made of schedules: one after another, or all at once."""

import bisect
from collections.abc import Sequence
from typing import Any

from minigrad.optim.lr_scheduler.scheduler import LRScheduler
from minigrad.optim.optimizer import Optimizer


def _check_optimizers(name: str, schedulers: Sequence[LRScheduler], optimizer: Optimizer) -> None:
    for i, scheduler in enumerate(schedulers):
        if scheduler.optimizer is not optimizer:
            raise ValueError(f"{name}: schedulers[{i}], a {type(scheduler).__name__}, is for another optimizer")


class _Several(LRScheduler):
    """A schedule whose state is that of others."""

    _schedulers: list[LRScheduler]

    def state_dict(self) -> dict[str, Any]:
        """Where the schedules stand."""
        return {**super().state_dict(), "_schedulers": [scheduler.state_dict() for scheduler in self._schedulers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a state that `state_dict` gave."""
        super().load_state_dict({key: value for key, value in state_dict.items() if key != "_schedulers"})
        for scheduler, state in zip(self._schedulers, state_dict["_schedulers"], strict=True):
            scheduler.load_state_dict(state)


class SequentialLR(_Several):
    """One schedule after the other, such as a warm-up and then a decay.

    Arguments:
        optimizer: whose learning rates to set.
        schedulers: the schedules, in order.
        milestones: the steps at which the second, third, ... begins; each counts from its own beginning.

    >>> import minigrad
    >>> from minigrad.optim import lr_scheduler
    >>> optimizer = minigrad.optim.SGD([minigrad.zeros(1, requires_grad=True)], lr=1.0)
    >>> warmup = lr_scheduler.LinearLR(optimizer, start_factor=0.5, total_iters=2)
    >>> decay = lr_scheduler.CosineAnnealingLR(optimizer, T_max=2)
    >>> scheduler = lr_scheduler.SequentialLR(optimizer, [warmup, decay], milestones=[2])
    >>> rates = scheduler.get_last_lr()
    >>> for _ in range(4):
    ...     scheduler.step()
    ...     rates += scheduler.get_last_lr()
    >>> [round(rate, 6) for rate in rates]
    [0.5, 0.75, 1.0, 0.5, 0.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[LRScheduler],
        milestones: Sequence[int],
        last_epoch: int = -1,
    ):
        if len(schedulers) != len(milestones) + 1:
            raise ValueError(
                f"SequentialLR: {len(schedulers)} schedulers need {len(schedulers) - 1} milestones, "
                f"not {len(milestones)}"
            )
        _check_optimizers("SequentialLR", schedulers, optimizer)
        self.optimizer = optimizer
        self._schedulers = list(schedulers)
        self._milestones = list(milestones)
        self.last_epoch = last_epoch + 1
        # Each scheduler set the rates when it was made; that is undone, and the one whose turn it is starts again.
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        for scheduler in self._schedulers:
            scheduler.last_epoch -= 1
        scheduler = self._schedulers[bisect.bisect_right(self._milestones, self.last_epoch)]
        scheduler._start()
        self._last_lr = scheduler.get_last_lr()

    def step(self) -> None:  # type: ignore[override]  # as in PyTorch
        """Move the schedule whose turn it is on by one, or to its start."""
        self.last_epoch += 1
        which = bisect.bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[which]
        scheduler.step(0 if which and self._milestones[which - 1] == self.last_epoch else None)
        self._last_lr = scheduler.get_last_lr()


class ChainedScheduler(_Several):
    """Several schedules at once: each changes the rate that the others leave.

    Arguments:
        schedulers: the schedules, of one optimizer.
        optimizer: that one; by default the first schedule's.

    >>> import minigrad
    >>> from minigrad.optim import lr_scheduler
    >>> optimizer = minigrad.optim.SGD([minigrad.zeros(1, requires_grad=True)], lr=1.0)
    >>> warmup = lr_scheduler.ConstantLR(optimizer, factor=0.5, total_iters=2)
    >>> decay = lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
    >>> scheduler = lr_scheduler.ChainedScheduler([warmup, decay])
    >>> rates = scheduler.get_last_lr()
    >>> for _ in range(3):
    ...     scheduler.step()
    ...     rates += scheduler.get_last_lr()
    >>> rates
    [0.5, 0.25, 0.25, 0.125]
    """

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None):
        if not schedulers:
            raise ValueError("ChainedScheduler: schedulers is empty; at least one is needed")
        self.optimizer = optimizer or schedulers[0].optimizer
        _check_optimizers("ChainedScheduler", schedulers, self.optimizer)
        self._schedulers = list(schedulers)
        self._last_lr = self._in_force()

    def step(self) -> None:  # type: ignore[override]  # as in PyTorch
        """Move all on by one."""
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = self._in_force()
