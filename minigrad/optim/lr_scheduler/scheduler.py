"""What every schedule shares: when it moves on, and how rates reach the optimiser."""

from typing import Any

from minigrad.optim.optimizer import Optimizer


class LRScheduler:
    """Sets the learning rates of an optimiser as training goes on; subclasses say in `get_lr` to what.

    Arguments:
        optimizer: whose learning rates to set.
        last_epoch: how many times `step()` was called in an earlier run that this one continues; -1 to begin.

    Attributes:
        last_epoch: how many times `step()` was called.
        base_lrs: the learning rates the optimiser was made with.

    >>> import minigrad
    >>> from minigrad.optim import lr_scheduler
    >>> class WarmUp(lr_scheduler.LRScheduler):
    ...     def get_lr(self):
    ...         return [base * min(1.0, (self.last_epoch + 1) / 4) for base in self.base_lrs]
    >>> optimizer = minigrad.optim.SGD([minigrad.zeros(1, requires_grad=True)], lr=1.0)
    >>> scheduler = WarmUp(optimizer)
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.5]
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1):
        self.optimizer = optimizer
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch != -1 and "initial_lr" not in group:
                raise KeyError(
                    f"{type(self).__name__}: last_epoch = {last_epoch} continues a schedule, but param_groups[{i}] has "
                    "no initial_lr; load the optimizer's state first"
                )
        self.base_lrs = [group.setdefault("initial_lr", group["lr"]) for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._start()

    def _start(self) -> None:
        self._step_count = 0
        self.step()

    @property
    def _continued(self) -> bool:
        """Whether this is the first step of a schedule that continues an earlier run's."""
        return self._step_count == 1 and self.last_epoch > 0

    def get_lr(self) -> list[float]:
        """The rate of each group from now on; those in force stand in the groups."""
        raise NotImplementedError(f"{type(self).__name__} has no get_lr method; define how the rates change")

    def get_lr_at(self, epoch: int) -> list[float]:
        """The rate of each group after `epoch` steps, whatever is in force, where the schedule can tell."""
        return self.get_lr()

    def step(self, epoch: int | None = None) -> None:
        """Move on by one, or to where `epoch` steps lead, and set the learning rates."""
        self._step_count += 1
        if epoch is None:
            self.last_epoch += 1
            self._set(self.get_lr())
        else:
            self.last_epoch = epoch
            self._set(self.get_lr_at(epoch))

    def _set(self, rates: list[float]) -> None:
        for group, rate in zip(self.optimizer.param_groups, rates, strict=False):
            group["lr"] = float(rate)
        self._last_lr = self._in_force()

    def _in_force(self) -> list[float]:
        return [group["lr"] for group in self.optimizer.param_groups]

    def get_last_lr(self) -> list[float]:
        """The rate of each group, as this schedule set it last."""
        return self._last_lr

    def state_dict(self) -> dict[str, Any]:
        """Where the schedule stands: all but the optimizer, whose state has the rates in force, and functions."""
        return {key: value for key, value in vars(self).items() if key != "optimizer" and not callable(value)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a state that `state_dict` gave; the optimizer is to be given its own state."""
        vars(self).update(state_dict)


class FactorLR(LRScheduler):
    """The first rate times a factor; subclasses say in `factor` what it is after so many steps.

    Each step multiplies the rate in force by the change of the factor, so that what others did to it stays: another
    schedule, or you.

    Attributes:
        eta_min: what the factor leaves as it is: only what is above is multiplied.
        stairs: whether a schedule that continues an earlier run's begins with a change, as stairs do in PyTorch; the
            others leave the rates in force as they are.
    """

    eta_min = 0.0
    stairs = False

    def factor(self, step: int) -> float:
        """What the first learning rate is multiplied by, after `step` steps."""
        raise NotImplementedError(f"{type(self).__name__} has no factor method; define how the rate changes")

    def get_lr(self) -> list[float]:
        """The rates in force, changed as the factor changes."""
        now, before = self.factor(self.last_epoch), self.factor(self.last_epoch - 1) if self.last_epoch > 0 else 1.0
        if now == before or (self._continued and not self.stairs):
            return self._in_force()
        if before == 0:
            return self.get_lr_at(self.last_epoch)
        return [self.eta_min + (rate - self.eta_min) * (now / before) for rate in self._in_force()]

    def get_lr_at(self, epoch: int) -> list[float]:
        """The first rates times the factor."""
        return [self.eta_min + (base - self.eta_min) * self.factor(epoch) for base in self.base_lrs]
