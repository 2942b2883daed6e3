"""The arrays of a page, each written once: equal ones share a place, and one that is a part of another points into it.

A model's page is full of such parts: the weights of queries, keys and values are slices of one matrix, and what a slice
hands back to the whole is its own gradient with zeros around it.
"""

import base64
from collections.abc import Callable, Iterable
from typing import Any

WORTH = 1024  # bytes from which it is worth looking for an array inside others
LEAST = 4096  # elements from which a summarised tensor gets a picture, which has up to 1024
SOURCES = 100  # the largest arrays, in which others are looked for

Entry = str | list[int]


class Pool:
    """Arrays as bytes, those with the most to write first.

    Arguments:
        arrays: the bytes of every array that will be asked for.

    Attributes:
        entries: how each is written: as text in base 64, or as [zero bytes before, the place of another, where the part
            begins there, its length, zero bytes after].

    >>> whole = bytes(range(1, 255)) * 8
    >>> pool = Pool([whole[100:1500], bytes(2000), whole, bytes(8) + whole[:1600] + bytes(4)])
    >>> [entry if isinstance(entry, list) else len(entry) for entry in pool.entries]
    [2712, [8, 0, 0, 1600, 4], [0, 0, 100, 1400, 0], [2000, 0, 0, 0, 0]]
    >>> pool.place(bytes(2000))
    3
    """

    def __init__(self, arrays: Iterable[bytes]):
        self.entries: list[Entry] = []
        self._places: dict[bytes, int] = {}
        self._whole: list[tuple[int, bytes]] = []
        for array in sorted(set(arrays), key=lambda array: (-len(array.strip(b"\0")), array)):
            self._places[array] = len(self.entries)
            self.entries.append(self._part(array) or self._written(array))

    def place(self, array: bytes) -> int:
        """Where an array stands among the entries."""
        return self._places[array]

    @property
    def size(self) -> int:
        """How many characters the entries take, nearly."""
        return sum(len(entry) + 3 if isinstance(entry, str) else 30 for entry in self.entries)

    def _written(self, array: bytes) -> str:
        if len(array) >= WORTH and len(self._whole) < SOURCES:
            self._whole.append((len(self.entries), array))
        return base64.b64encode(array).decode("ascii")

    def _part(self, array: bytes) -> Entry | None:
        """An array as a part of one before it, if it is one."""
        if len(array) < WORTH:
            return None
        rest = array.lstrip(b"\0")
        before = len(array) - len(rest)
        rest = rest.rstrip(b"\0")
        after = len(array) - before - len(rest)
        if not rest:
            return [len(array), 0, 0, 0, 0]
        for place, other in self._whole:
            start = other.find(rest)
            if start >= 0:
                return [before, place, start, len(rest), after]
        return None


def pooled(content: Any) -> tuple[Any, Pool]:
    """A graph's JSON with places in a pool where it had encoded arrays, and the pool.

    What the page can see in an array itself, as its extremes, is left out, and so are pictures of tensors hardly larger
    than the picture.
    """
    found: list[bytes] = []
    _visit(content, lambda text: found.append(base64.b64decode(text)))
    pool = Pool(found)
    return _visit(content, lambda text: pool.place(base64.b64decode(text))), pool


def _visit(content: Any, change: Callable[[str], Any]) -> Any:
    if isinstance(content, list):
        return [_visit(part, change) for part in content]
    if not isinstance(content, dict):
        return content
    if isinstance(data := content.get("data"), str):
        return {name: content[name] for name in ("shape", "dtype") if name in content} | {"data": change(data)}
    small = content.get("size", LEAST) < LEAST
    return {name: _visit(part, change) for name, part in content.items() if not (small and name == "thumbnail")}
