"""The memory that ops hold for the backward pass, each array counted once, however many ops hold it."""

import weakref

import numpy as np

from minigrad.autograd.node import Node
from minigrad.nn.module import Parameter


class Held:
    """Counts what is held, op by op, in the order in which they ran.

    A view counts with the whole of what it is a view of. Parameters do not count, for they are there without the
    graph too.
    """

    def __init__(self) -> None:
        self._seen: dict[int, weakref.ref[np.ndarray]] = {}

    def more(self, node: Node) -> int:
        """How many bytes an op holds that no op before it does."""
        for parent in node.parents:
            if isinstance(parent, Parameter):
                self._new(parent.array)
        total = 0
        for x in (*(node.arrays or ()), node.output, *node.params.values(), *(node.kept or {}).values()):
            if isinstance(x, np.ndarray):
                total += self._new(x)
            elif isinstance(x, tuple):  # an index of several parts
                total += sum([self._new(part) for part in x if isinstance(part, np.ndarray)])
        return total

    def _new(self, array: np.ndarray) -> int:
        """The bytes of an array's buffer, 0 if it was seen before; one that was freed may have had the same id."""
        buffer = array if array.base is None else _buffer(array)
        seen = self._seen.get(id(buffer))
        if seen is not None and seen() is buffer:
            return 0
        self._seen[id(buffer)] = weakref.ref(buffer)
        return buffer.nbytes


def _buffer(array: np.ndarray) -> np.ndarray:
    """The array whose memory a view shows a part of; the array itself if it is no view."""
    while True:
        base = array.base
        if not isinstance(base, np.ndarray):
            base = getattr(base, "base", None)  # of windows and strides: NumPy puts an object of its own between
        if not isinstance(base, np.ndarray):
            return array
        array = base
