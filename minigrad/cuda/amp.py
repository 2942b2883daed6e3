"""Mixed precision on a GPU, under its older path: see `minigrad.amp`."""

from typing import Any

from minigrad import amp


class autocast(amp.autocast):  # noqa: N801  PyTorch's name
    """`minigrad.amp.autocast("cuda")`, arguments as there."""

    def __init__(self, enabled: bool = True, dtype: Any = None, cache_enabled: bool = True):
        super().__init__("cuda", dtype, enabled, cache_enabled)


class GradScaler(amp.GradScaler):
    """`minigrad.amp.GradScaler("cuda")`, arguments as there."""

    def __init__(self, *options: Any, enabled: bool = True, **more: Any):
        super().__init__("cuda", *options, enabled=enabled, **more)
