"""Helpers around training: batches of data, checkpointing, hooks and files."""

import importlib
import types

_ROOMS = ("averaging", "checkpoint", "data", "files", "hooks")


def __getattr__(name: str) -> types.ModuleType:
    """What stands on tensors cannot be imported with this package, which tensors themselves stand on."""
    if name in _ROOMS:
        return importlib.import_module(f"minigrad.utils.{name}")
    raise AttributeError(f"module 'minigrad.utils' has no attribute {name!r}")
