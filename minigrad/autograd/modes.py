"""The switches of the engine, one set a thread: is history recorded, and inside which module are we?

PyTorch's `no_grad`, `enable_grad` and `set_grad_enabled` work as context managers and as decorators, and put
the earlier state back whatever happens inside them.
"""

import functools
from _thread import _local  # threading.local, without the rest of threading, which takes half a millisecond to import
from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


class Modes(_local):
    """What the current thread is doing; the class attributes are what a new thread starts with."""

    grad_enabled: bool = True
    scope: Any = None  # the innermost module call, which each new node keeps: see minigrad.nn.Module
    watchers: tuple[Any, ...] = ()  # are told of each op, forward and backward: see watching.py


modes = Modes()


class set_grad_enabled:  # noqa: N801  PyTorch's name
    """Record history, or not, until the end of the `with` block or of the decorated function.

    Arguments:
        mode: `True` to record history from here on, `False` not to. As in PyTorch, the call alone already
            switches; the end of a `with` block switches back.

    >>> import minigrad
    >>> x = minigrad.ones(2, requires_grad=True)
    >>> with minigrad.set_grad_enabled(False):
    ...     y = x * 2
    >>> y.requires_grad
    False
    """

    def __init__(self, mode: bool):
        self.mode = bool(mode)
        self.before = [modes.grad_enabled]
        modes.grad_enabled = self.mode

    def __enter__(self) -> None:
        modes.grad_enabled = self.mode

    def __exit__(self, *exc_info: object) -> None:
        modes.grad_enabled = self.before[0]

    def __call__(self, function: F) -> F:
        """Decorate a function."""
        modes.grad_enabled = self.before[0]  # as a decorator it acts only while the function runs
        return _decorate(function, self.mode)


class _Grad:
    """A mode that can be entered again and again, also while it is already entered."""

    mode: bool

    def __init__(self) -> None:
        self.before: list[bool] = []

    def __enter__(self) -> None:
        self.before.append(modes.grad_enabled)
        modes.grad_enabled = self.mode

    def __exit__(self, *exc_info: object) -> None:
        modes.grad_enabled = self.before.pop()

    def __call__(self, function: F) -> F:
        return _decorate(function, self.mode)

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        self = super().__new__(cls)  # `@no_grad` works as well as `@no_grad()`
        return self if function is None else _decorate(function, cls.mode)


class no_grad(_Grad):  # noqa: N801  PyTorch's name
    """Compute without recording history: results have `requires_grad=False`.

    >>> import minigrad
    >>> x = minigrad.ones(2, requires_grad=True)
    >>> with minigrad.no_grad():
    ...     y = x * 2
    >>> y.requires_grad
    False
    """

    mode = False


class enable_grad(_Grad):  # noqa: N801  PyTorch's name
    """Record history again inside a `no_grad` block.

    >>> import minigrad
    >>> x = minigrad.ones(2, requires_grad=True)
    >>> with minigrad.no_grad(), minigrad.enable_grad():
    ...     y = x * 2
    >>> y.requires_grad
    True
    """

    mode = True


class inference_mode(no_grad):  # noqa: N801  PyTorch's name
    """As `no_grad`; `inference_mode(False)` does nothing.

    >>> import minigrad
    >>> x = minigrad.ones(2, requires_grad=True)
    >>> with minigrad.inference_mode():
    ...     y = x * 2
    >>> y.requires_grad
    False
    """

    def __new__(cls, mode: Any = True) -> Any:
        """A mode to enter, or the decorated function."""
        if callable(mode):
            return super().__new__(cls, mode)
        self = super().__new__(cls)
        self.mode = not mode
        return self

    def __init__(self, mode: Any = True) -> None:
        super().__init__()

    def __enter__(self) -> None:
        self.before.append(modes.grad_enabled)
        modes.grad_enabled = self.mode and modes.grad_enabled

    def __call__(self, function: F) -> F:
        """Decorate a function."""
        return function if self.mode else super().__call__(function)


def _decorate(function: F, mode: bool) -> F:
    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        before, modes.grad_enabled = modes.grad_enabled, mode
        try:
            return function(*args, **kwargs)
        finally:
            modes.grad_enabled = before

    return run  # type: ignore[return-value]  # the wrapper has the signature of what it wraps


def is_grad_enabled() -> bool:
    """Whether ops on the current thread record history."""
    return modes.grad_enabled
