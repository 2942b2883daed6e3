"""The one device there is: the CPU. Code written for PyTorch names devices, and asks whether there is a GPU."""

import functools
from collections.abc import Callable
from typing import Any


class device:  # noqa: N801  PyTorch's name
    """Where a tensor lives.

    Arguments:
        type: "cpu", also with an index as in "cpu:0", or another device.
        index: which CPU; all are the same one.

    Raises:
        RuntimeError: for a device that minigrad does not have.

    >>> import minigrad
    >>> minigrad.device("cuda" if minigrad.cuda.is_available() else "cpu")
    device(type='cpu')
    """

    def __init__(self, type: Any, index: int | None = None):
        name, _, number = str(type).partition(":")
        if name != "cpu":
            raise RuntimeError(
                f"device: {str(type)!r} is not available; minigrad computes with NumPy, on the device 'cpu' alone"
            )
        self.type = name
        self.index = int(number) if number else index

    def __repr__(self) -> str:
        return "device(type='cpu')" if self.index is None else f"device(type='cpu', index={self.index})"

    def __str__(self) -> str:
        return "cpu" if self.index is None else f"cpu:{self.index}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __enter__(self) -> "device":
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Go on making tensors there, as before: there is one device."""


CPU = device("cpu")

# How elements lie in memory: row after row. PyTorch's names for it.
strided, contiguous_format, preserve_format = "strided", "contiguous_format", "preserve_format"


def get_default_device() -> device:
    """Where new tensors are made: on the CPU."""
    return CPU


def set_default_device(device: Any) -> None:
    """Say where new tensors are made: only the CPU will do."""
    _device(device or "cpu")


def takes_device(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function that makes tensors be told where and how in memory: `device=`, which can only be the CPU, and
    PyTorch's `layout=`, `memory_format=` and `pin_memory=`, of which there is one kind.

    >>> import minigrad
    >>> minigrad.zeros(2, device="cpu")
    tensor([0., 0.])
    """

    @functools.wraps(function)
    def call(*args: Any, device: Any = None, **kwargs: Any) -> Any:
        if device is not None:
            _device(device)
        if kwargs:
            for name in ("layout", "memory_format", "pin_memory"):
                kwargs.pop(name, None)
        return function(*args, **kwargs)

    return call


_device = device  # which others have an argument named after
