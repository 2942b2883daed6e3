"""Functions that others ask to be called, and the handle that takes the request back."""

from collections.abc import Callable
from typing import Any


class RemovableHandle:
    """What registering a hook gives: PyTorch's `torch.utils.hooks.RemovableHandle`.

    Arguments:
        hooks: the hooks in force, by key.
        hook: the one to add to them.

    >>> hooks = {}
    >>> handle = RemovableHandle(hooks, print)
    >>> len(hooks)
    1
    >>> handle.remove()
    >>> len(hooks)
    0
    """

    def __init__(self, hooks: dict[Any, Callable[..., Any]], hook: Callable[..., Any]):
        self.hooks = hooks
        hooks[self] = hook

    def remove(self) -> None:
        """Call the hook no more; a second time does nothing."""
        self.hooks.pop(self, None)

    def __enter__(self) -> "RemovableHandle":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.remove()
