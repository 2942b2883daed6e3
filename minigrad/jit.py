"""Compiling as public code asks for it: functions and modules stay as they are, and give the same numbers.

`script`, `trace` and `compile` hand back what they are given, and the marks for the compiler mean nothing.
"""

from collections.abc import Callable
from typing import Any, Final

__all__ = [
    "Final",
    "annotate",
    "compile",
    "export",
    "ignore",
    "is_scripting",
    "is_tracing",
    "script",
    "script_method",
    "trace",
    "unused",
]


def script(obj: Any, *args: Any, **kwargs: Any) -> Any:
    """The function, class or module itself.

    >>> import minigrad
    >>> @minigrad.jit.script
    ... def double(x):
    ...     return 2 * x
    >>> double(minigrad.ones(1))
    tensor([2.])
    """
    return obj


def trace(func: Any, example_inputs: Any = None, *args: Any, **kwargs: Any) -> Any:
    """The function or module itself, whatever its inputs."""
    return func


def script_method(fn: Callable[..., Any]) -> Callable[..., Any]:
    """The method itself."""
    return fn


def export(fn: Callable[..., Any]) -> Callable[..., Any]:
    """The method itself."""
    return fn


def unused(fn: Callable[..., Any]) -> Callable[..., Any]:
    """The method itself."""
    return fn


def ignore(drop: Any = False, **kwargs: Any) -> Any:
    """The function itself; with options in brackets a decorator that gives it."""
    return drop if callable(drop) else lambda fn: fn


def annotate(the_type: Any, the_value: Any) -> Any:
    """The value itself."""
    return the_value


def is_scripting() -> bool:
    """Whether this runs compiled: never."""
    return False


def is_tracing() -> bool:
    """Whether this is being compiled: never."""
    return False


def compile(model: Any = None, **options: Any) -> Any:
    """The function or module itself; without one a decorator that gives it.

    Arguments:
        model: a function or a module.
        options: for PyTorch's sake.

    >>> import minigrad
    >>> layer = minigrad.nn.Linear(2, 3)
    >>> minigrad.compile(layer, mode="max-autotune") is layer
    True
    """
    return (lambda given: given) if model is None else model
