"""Averages of a model over its training: of the last epochs (stochastic weight averaging), or exponential ones.

Izmailov et al., "Averaging Weights Leads to Wider Optima and Better Generalization", 2018.
"""

import copy
from collections.abc import Callable, Iterable
from typing import Any

from minigrad.autograd.modes import no_grad
from minigrad.creation import tensor
from minigrad.nn.module import Module
from minigrad.nn.normalisation import BatchNorm1d
from minigrad.tensor import Tensor

Average = Callable[[Tensor, Tensor, Any], Tensor]
Averages = Callable[[list[Tensor], list[Tensor], Any], None]


def get_swa_avg_fn() -> Average:
    """The mean of all models so far: a function of the mean, the next model, and how many are in the mean."""
    return lambda averaged, current, count: averaged + (current - averaged) / (count + 1)


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """An exponential average, which forgets: decay · (the average) + (1 - decay) · (the next model)."""
    if not 0 <= decay <= 1:
        raise ValueError(f"get_ema_avg_fn: decay = {decay} must lie between 0 and 1")
    return lambda averaged, current, count: averaged * decay + current * (1 - decay)


def get_swa_multi_avg_fn() -> Averages:
    """As `get_swa_avg_fn`, for lists of tensors that are changed in place."""
    return _in_place(get_swa_avg_fn())


def get_ema_multi_avg_fn(decay: float = 0.999) -> Averages:
    """As `get_ema_avg_fn`, for lists of tensors that are changed in place."""
    return _in_place(get_ema_avg_fn(decay))


def _in_place(average: Average) -> Averages:
    def change(averaged: list[Tensor], current: list[Tensor], count: Any) -> None:
        for x, y in zip(averaged, current, strict=True):
            x.copy_(average(x, y, count))

    return change


class AveragedModel(Module):
    """A copy of a model that holds the average of what that was each time `update_parameters` was called.

    Arguments:
        model: the model; it is copied.
        device: for PyTorch's sake; there is only the CPU.
        avg_fn: how the average takes in the next model, one tensor after the other; the mean of all by default.
        multi_avg_fn: the same for lists of tensors, which it changes in place.
        use_buffers: average buffers too, instead of copying those of the last model.

    >>> import minigrad
    >>> model = minigrad.nn.Linear(1, 1, bias=False)
    >>> averaged = AveragedModel(model)
    >>> for value in (1.0, 2.0, 6.0):
    ...     _ = minigrad.nn.init.constant_(model.weight, value)
    ...     averaged.update_parameters(model)
    >>> averaged(minigrad.ones(1, 1)).item()
    3.0
    """

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: Average | None = None,
        multi_avg_fn: Averages | None = None,
        use_buffers: bool = False,
    ):
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise ValueError("AveragedModel: give avg_fn or multi_avg_fn, not both")
        self.module = copy.deepcopy(model).to(device=device)
        self.register_buffer("n_averaged", tensor(0))
        self.multi_avg_fn = multi_avg_fn or _in_place(avg_fn or get_swa_avg_fn())
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the averaged model computes."""
        return self.module(*args, **kwargs)

    @no_grad()
    def update_parameters(self, model: Module) -> None:
        """Take a model, as it is now, into the average."""
        own: list[Tensor] = list(self.module.parameters())
        others: list[Tensor] = list(model.parameters())
        buffers = list(zip(self.module.buffers(), model.buffers(), strict=True))
        if self.use_buffers:
            own, others, buffers = own + [x for x, _ in buffers], others + [y for _, y in buffers], []
        first = self.n_averaged.item() == 0
        for x, y in [*buffers, *(zip(own, others, strict=True) if first else ())]:
            x.copy_(y)
        if not first:
            self.multi_avg_fn(own, others, self.n_averaged)
        self.n_averaged += 1


@no_grad()
def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Give the batch normalisations of a model the means and variances of all batches of a loader.

    An averaged model needs it before it is evaluated: averages of weights make other activations.

    Arguments:
        loader: batches; of a tuple or list the first entry is what the model is given.
        model: the model, whose running means and variances are set.
        device: for PyTorch's sake; there is only the CPU.
    """
    layers = [module for module in model.modules() if isinstance(module, BatchNorm1d)]
    if not layers:
        return
    before, momenta = model.training, [layer.momentum for layer in layers]
    model.train()
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None  # a simple mean over batches
    for batch in loader:
        model(batch[0] if isinstance(batch, list | tuple) else batch)
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum
    model.train(before)
