"""What a module has of one kind, as the dict that PyTorch keeps: `module._parameters`, `_buffers` and `_modules`.

Here a module's parts are plain attributes; these dicts read them off when they are asked, and write them there.
"""

from collections.abc import Callable, Iterable, Iterator, MutableMapping
from typing import Any


class Registry(MutableMapping[str, Any]):
    """A dict of a module's parts that is its attributes.

    Arguments:
        module: the module.
        parts: gives the pairs of name and part that count.
        register: adds a part under a name.

    >>> from minigrad import nn
    >>> layer = nn.Linear(2, 3)
    >>> list(layer._parameters), layer._modules
    (['weight', 'bias'], {})
    >>> del layer._parameters["bias"]
    >>> hasattr(layer, "bias")
    False
    """

    def __init__(
        self, module: Any, parts: Callable[[], Iterable[tuple[str, Any]]], register: Callable[[str, Any], None]
    ):
        self._module = module
        self._parts = parts
        self._register = register

    def __getitem__(self, name: str) -> Any:
        return dict(self._parts())[name]

    def __setitem__(self, name: str, value: Any) -> None:
        vars(self._module).pop(name, None)
        self._register(name, value)

    def __delitem__(self, name: str) -> None:
        del vars(self._module)[name]

    def __iter__(self) -> Iterator[str]:
        return iter([name for name, _ in self._parts()])

    def __len__(self) -> int:
        return sum(1 for _ in self._parts())

    def __repr__(self) -> str:
        return repr(dict(self._parts()))
