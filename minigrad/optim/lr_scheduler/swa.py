"""A schedule for the end of training, when models are averaged: see `minigrad.utils.averaging`."""

from minigrad.optim.lr_scheduler.cycles import between, for_groups
from minigrad.optim.lr_scheduler.scheduler import LRScheduler
from minigrad.optim.optimizer import Optimizer


class SWALR(LRScheduler):
    """The rate goes from where it is to `swa_lr` in `anneal_epochs` steps, and stays.

    Arguments:
        optimizer: whose learning rates to set.
        swa_lr: where to, or one for each parameter group.
        anneal_epochs: how many steps that takes.
        anneal_strategy: along a cosine, "cos", or straight, "linear".
        last_epoch: see `LRScheduler`.

    >>> import minigrad
    >>> optimizer = minigrad.optim.SGD([minigrad.zeros(1, requires_grad=True)], lr=1.0)
    >>> scheduler = SWALR(optimizer, swa_lr=0.5, anneal_epochs=2, anneal_strategy="linear")
    >>> for _ in range(3):
    ...     scheduler.step()
    ...     print(scheduler.get_last_lr())
    [0.75]
    [0.5]
    [0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | list[float],
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ):
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"SWALR: anneal_strategy = {anneal_strategy!r} is neither 'cos' nor 'linear'")
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"SWALR: anneal_epochs = {anneal_epochs!r} must be a whole number from 0 up")
        for group, rate in zip(optimizer.param_groups, for_groups("SWALR", "swa_lr", swa_lr, optimizer), strict=True):
            group["swa_lr"] = rate
        self.anneal_epochs = anneal_epochs
        self.anneal_strategy = anneal_strategy
        super().__init__(optimizer, last_epoch)

    def left(self, step: int) -> float:
        """Which part of the way is left after `step` steps."""
        done = min(max(step, 0) / self.anneal_epochs, 1.0) if self.anneal_epochs else float(step >= 0)
        return between(1.0, 0.0, done, self.anneal_strategy)

    def get_lr(self) -> list[float]:
        """The rates in force, brought nearer."""
        now, before = self.left(self.last_epoch), self.left(self.last_epoch - 1)
        part = now / before if before else 0.0
        return [group["swa_lr"] + (group["lr"] - group["swa_lr"]) * part for group in self.optimizer.param_groups]
