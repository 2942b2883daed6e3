"""There is no GPU here, and code that asks is told so: `minigrad.cuda.is_available()`."""

import importlib
from typing import Any

from minigrad.hints import missing

_initialized = False  # which reversible networks look at


def is_available() -> bool:
    """Whether there is a GPU to compute on: never.

    >>> is_available()
    False
    """
    return False


def device_count() -> int:
    """How many GPUs there are: none."""
    return 0


def is_initialized() -> bool:
    """Whether GPUs were made ready: never."""
    return False


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Whether a GPU knows bfloat16: there is none."""
    return False


def manual_seed(seed: int) -> None:
    """Seed the GPU in use, which there is not."""


def manual_seed_all(seed: int) -> None:
    """Seed every GPU, of which there are none."""


def synchronize(device: Any = None) -> None:
    """Wait until the GPUs are done: at once."""


def empty_cache() -> None:
    """Free the memory that GPUs hold for later: none."""


def memory_allocated(device: Any = None) -> int:
    """How many bytes tensors take on the GPU: none."""
    return 0


def max_memory_allocated(device: Any = None) -> int:
    """How many bytes tensors have taken at most on the GPU: none."""
    return 0


def reset_peak_memory_stats(device: Any = None) -> None:
    """Start anew what `max_memory_allocated` counts."""


def __getattr__(name: str) -> object:
    """Say which name was meant, or that it is out of scope."""
    if name == "amp":
        return importlib.import_module("minigrad.cuda.amp")
    raise missing("minigrad.cuda", name, globals())
