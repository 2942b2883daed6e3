"""Methods whose file is imported when the first of them is asked for, so that a program waits for no ops it never uses.

In the body of a class a file that is to be read later looks as if it were there: `cumsum = cumulative.cumsum`.
"""

import importlib
from typing import Any


class Unread:
    """Stands for a file that was not imported yet: each name in it is a `Later`.

    Arguments:
        module: its full name.
    """

    def __init__(self, module: str):
        self.module = module

    def __getattr__(self, name: str) -> "Later":
        return Later(self.module, name)


class Later:
    """A method that is not there yet: who first asks for it, of a class or an object, finds the function in its place.

    Arguments:
        module: the file that has the function.
        name: the function's name.

    >>> class Numbers:
    ...     half = Later("operator", "truediv")
    >>> Numbers.half
    <built-in function truediv>
    """

    def __init__(self, module: str, name: str):
        self.module = module
        self.name = name

    def function(self) -> Any:
        """What it stands for."""
        return getattr(importlib.import_module(self.module), self.name)

    def __get__(self, owner: Any, kind: type) -> Any:
        function = self.function()
        for home in kind.__mro__:
            for name in [name for name, value in vars(home).items() if value is self]:  # it may have other names
                setattr(home, name, function)
        return function if owner is None else function.__get__(owner, kind)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """For methods that are made of it."""
        return self.function()(*args, **kwargs)
