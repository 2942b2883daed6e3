"""Mixed precision as public code asks for it: there is no GPU to use it on, and code that asks is told so.

As in PyTorch without a GPU, `autocast("cuda")` warns and does nothing, and so does `GradScaler`; every computation
runs in the types it is given.
"""

import warnings
from contextlib import ContextDecorator
from typing import Any

from minigrad.dtypes import float16, float32


class autocast(ContextDecorator):  # noqa: N801  PyTorch's name
    """A block, or a function, in which a GPU would compute with 16 bits where that is precise enough.

    Arguments:
        device_type: "cuda", which is not here, or "cpu".
        dtype: the type to compute in.
        enabled: whether to do so.
        cache_enabled: for PyTorch's sake.

    Raises:
        RuntimeError: for mixed precision on the CPU.

    >>> import minigrad
    >>> with minigrad.amp.autocast("cuda", enabled=False):
    ...     (minigrad.ones(2) @ minigrad.ones(2)).dtype
    dtype('float32')
    """

    def __init__(self, device_type: str, dtype: Any = None, enabled: bool = True, cache_enabled: bool | None = None):
        if enabled and device_type == "cpu" and dtype != float32:
            raise RuntimeError(
                f"autocast: device_type = 'cpu' with dtype = {dtype} would mix precisions, which is out of scope; "
                "pass enabled=False"
            )
        if enabled and device_type != "cpu":
            warnings.warn(f"autocast: device_type = {device_type!r} is not available, so it does nothing", stacklevel=2)

    def __enter__(self) -> "autocast":
        return self

    def __exit__(self, *error: Any) -> None:
        pass


def is_autocast_enabled(device_type: str | None = None) -> bool:
    """Whether computations are done with fewer bits: never."""
    return False


def is_autocast_available(device_type: str) -> bool:
    """Whether computations on such a device could be done with fewer bits: no."""
    return False


def get_autocast_gpu_dtype() -> Any:
    """The type that a GPU would compute in."""
    return float16


class GradScaler:
    """Keeps small gradients of 16 bits from becoming zero by scaling the loss; without a GPU it does nothing.

    Arguments:
        device: "cuda".
        options: for PyTorch's sake: `init_scale`, `growth_factor`, `backoff_factor`, `growth_interval`.
        enabled: False says that nothing is to be scaled.

    >>> import minigrad
    >>> scaler = minigrad.amp.GradScaler(enabled=False)
    >>> w = minigrad.ones(1, requires_grad=True)
    >>> optimizer = minigrad.optim.SGD([w], lr=0.5)
    >>> scaler.scale((w * w).sum()).backward()
    >>> scaler.step(optimizer)
    >>> scaler.update()
    >>> w
    tensor([0.], requires_grad=True)
    """

    def __init__(self, device: str = "cuda", *options: Any, enabled: bool = True, **more: Any):
        if enabled:
            warnings.warn(f"GradScaler: device = {device!r} is not available, so it does nothing", stacklevel=2)

    def scale(self, outputs: Any) -> Any:
        """The loss as it is."""
        return outputs

    def unscale_(self, optimizer: Any) -> None:
        """Nothing: gradients are as they should be."""

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """Let the optimizer take its step, and return what it returns."""
        return optimizer.step(*args, **kwargs)

    def update(self, new_scale: Any = None) -> None:
        """Nothing: there is no scale to adapt."""

    def get_scale(self) -> float:
        """What the loss is multiplied with: 1."""
        return 1.0

    def is_enabled(self) -> bool:
        """Whether it does anything: no."""
        return False

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps of it: nothing."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take on what `state_dict` gave: nothing."""
