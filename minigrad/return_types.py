"""What functions that give several tensors return: tuples whose parts have names, under PyTorch's names of types."""

from collections.abc import Iterable
from operator import itemgetter
from typing import Any


class Parts(tuple[Any, ...]):
    """A tuple whose parts have names too. As a tuple it is made of one sequence, and can be unpacked.

    >>> result = aminmax([1, 3])
    >>> result.max, result[1], tuple(result)
    (3, 3, (1, 3))
    >>> result
    minigrad.return_types.aminmax(
    min=1,
    max=3)
    """

    __slots__ = ()
    __match_args__: tuple[str, ...] = ()  # the names: Python's pattern matching asks for them

    def __init__(self, parts: Iterable[Any]):
        if len(self) != len(self.__match_args__):
            raise TypeError(f"{type(self).__name__}: got {len(self)} parts; it has {', '.join(self.__match_args__)}")

    def __getattr__(self, name: str) -> Any:  # for type checkers, which cannot know the properties made below
        raise AttributeError(f"{type(self).__name__} has no part {name!r}; it has {', '.join(self.__match_args__)}")

    def __repr__(self) -> str:
        parts = ",\n".join(f"{name}={part!r}" for name, part in zip(self.__match_args__, self, strict=True))
        return f"{type(self).__module__}.{type(self).__name__}(\n{parts})"


def _kind(name: str, *parts: str) -> type[Parts]:
    """A kind of tuple: `typing.NamedTuple` would compile each, and lengthen `import minigrad`."""
    properties = {part: property(itemgetter(i)) for i, part in enumerate(parts)}
    return type(name, (Parts,), {"__slots__": (), "__module__": __name__, "__match_args__": parts, **properties})


aminmax = _kind("aminmax", "min", "max")
cummax = _kind("cummax", "values", "indices")
cummin = _kind("cummin", "values", "indices")
kthvalue = _kind("kthvalue", "values", "indices")
max = _kind("max", "values", "indices")
median = _kind("median", "values", "indices")
min = _kind("min", "values", "indices")
mode = _kind("mode", "values", "indices")
nanmedian = _kind("nanmedian", "values", "indices")
sort = _kind("sort", "values", "indices")
topk = _kind("topk", "values", "indices")
