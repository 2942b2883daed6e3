"""A schedule that goes up once, and down once."""

from typing import Any

from minigrad.optim.lr_scheduler.cycles import between, check_momentum, for_groups, set_momentum
from minigrad.optim.lr_scheduler.scheduler import LRScheduler
from minigrad.optim.optimizer import Optimizer


class OneCycleLR(LRScheduler):
    """Up to `max_lr` and down to almost nothing, once (Smith and Topin, "Super-Convergence", 2018).

    Arguments:
        optimizer: whose learning rates to set.
        max_lr: the highest rate, or one for each parameter group.
        total_steps: how many steps there will be; or `epochs` and `steps_per_epoch`.
        pct_start: which part of them goes up.
        anneal_strategy: along a cosine, "cos", or straight, "linear".
        cycle_momentum: let momentum, or the first beta, go the other way.
        base_momentum, max_momentum: between these.
        div_factor: the rate starts at max_lr / div_factor.
        final_div_factor: and ends at that divided by final_div_factor.
        three_phase: go down as long as up, and then to the end.
        last_epoch: see `LRScheduler`.

    >>> import minigrad
    >>> optimizer = minigrad.optim.SGD([minigrad.zeros(1, requires_grad=True)], lr=1.0, momentum=0.9)
    >>> scheduler = minigrad.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=2.0, total_steps=11, pct_start=0.5)
    >>> scheduler.get_last_lr()
    [0.08]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ):
        if total_steps is None:
            if epochs is None or steps_per_epoch is None:
                raise ValueError("OneCycleLR: give total_steps, or epochs and steps_per_epoch")
            total_steps = epochs * steps_per_epoch
        if not isinstance(total_steps, int) or total_steps < 1:
            raise ValueError(f"OneCycleLR: total_steps = {total_steps!r} must be a whole number from 1 up")
        if not 0 <= pct_start <= 1:
            raise ValueError(f"OneCycleLR: pct_start = {pct_start} must lie between 0 and 1")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"OneCycleLR: anneal_strategy = {anneal_strategy!r} is neither 'cos' nor 'linear'")
        groups = optimizer.param_groups
        highest = for_groups("OneCycleLR", "max_lr", max_lr, optimizer)
        lows = for_groups("OneCycleLR", "base_momentum", base_momentum, optimizer)
        highs = for_groups("OneCycleLR", "max_momentum", max_momentum, optimizer)
        if cycle_momentum:
            check_momentum("OneCycleLR", optimizer)
        self.total_steps = total_steps
        self.anneal_strategy = anneal_strategy
        self.cycle_momentum = cycle_momentum
        if last_epoch == -1:
            for group, high, *momentum in zip(groups, highest, lows, highs, strict=True):
                group["initial_lr"] = high / div_factor
                group["max_lr"] = high
                group["min_lr"] = group["initial_lr"] / final_div_factor
                if cycle_momentum:
                    group["base_momentum"], group["max_momentum"] = momentum
        up = pct_start * total_steps - 1
        rates: tuple[str, ...] = ("initial_lr", "max_lr", "min_lr")
        momenta: tuple[str, ...] = ("max_momentum", "base_momentum", "max_momentum")
        self.ends = [up, total_steps - 1.0]
        if three_phase:
            rates = ("initial_lr", "max_lr", "initial_lr", "min_lr")
            momenta = (*momenta, "max_momentum")
            self.ends = [up, 2 * pct_start * total_steps - 2, total_steps - 1.0]
        self.rates, self.momenta = rates, momenta
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """A point on the way up or down."""
        step = self.last_epoch
        if step > self.total_steps:
            raise ValueError(f"OneCycleLR: step() was called {step} times, but total_steps = {self.total_steps}")
        phase = next((i for i, end in enumerate(self.ends) if step <= end), len(self.ends) - 1)
        start = self.ends[phase - 1] if phase else 0.0
        done = (step - start) / (self.ends[phase] - start)

        def at(group: dict[str, Any], keys: tuple[str, ...]) -> float:
            return between(group[keys[phase]], group[keys[phase + 1]], done, self.anneal_strategy)

        groups = self.optimizer.param_groups
        if self.cycle_momentum:
            for group in groups:
                set_momentum(group, at(group, self.momenta))
        return [at(group, self.rates) for group in groups]
