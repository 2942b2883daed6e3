"""What is known of a tensor's memory, so that a gradient is never computed from values that were overwritten.

An op that ran keeps its arrays, not copies of them. Whoever writes into memory notes when; going back, an op that ran
before is given a `Stale` in place of each array written since. A rule that reads no values of it, as that of `add`,
does not notice; any other raises an error that names both ops.
"""

import itertools
from typing import Any

import numpy as np

# One tick for every op recorded and every write in place. Sorting nodes by their tick, newest first, is an order
# in which backpropagation may visit them; comparing the tick of a write with a node's tells whether the node's
# saved arrays are stale.
clock = itertools.count(1)


class LastWrite:
    """When any memory was last written in place: an op that ran since saved nothing that is stale.

    Attributes:
        tick: the tick of that write; 0 if there was none.
    """

    tick = 0


last_write = LastWrite()


class Storage:
    """When and by what a tensor's memory was last written in place, and who else sees it.

    Attributes:
        written: the tick of the last write; 0 if there was none.
        writer: what wrote.
        shared: whether another tensor was made on the same memory.
    """

    written = 0
    writer = ""
    shared = False

    def stale(self, op: str, what: str, array: Any) -> "Stale":
        """What stands in for an array that was saved and then overwritten.

        Arguments:
            op: the name of the op that saved it.
            what: which of its arrays it is.
            array: the array as it is now.
        """
        return Stale(
            array,
            RuntimeError(
                f"backward: {op} saved {what} of shape {array.shape} that {self.writer} changed in place "
                "afterwards; run the forward pass again after changing it, or change a clone()"
            ),
        )


def _refuse(stale: Any) -> Any:
    raise stale.error


# All that an array can do, but what NumPy looks for by itself: `__array__` is enough of that.
_refused = [name for name in vars(np.ndarray).keys() - vars(object).keys() if not name.startswith("__array")]
_refused += ["__eq__", "__ge__", "__gt__", "__le__", "__lt__", "__ne__"]
_Refusing: Any = type("_Refusing", (), {"__slots__": (), **dict.fromkeys(_refused, property(_refuse))})


class Absent(_Refusing):
    """Stands in for an array whose values are not to be had: its shape and type are, its values are an error.

    Arguments:
        array: the array.

    Attributes:
        error: what is raised when somebody asks for more than shape and type.
    """

    __slots__ = ("dtype", "ndim", "shape", "size")

    shape: tuple[int, ...]
    dtype: np.dtype
    ndim: int
    size: int
    error: Exception

    def __init__(self, array: "np.ndarray | Absent"):
        self.shape, self.dtype, self.ndim, self.size = array.shape, array.dtype, array.ndim, array.size

    def __array__(self, *args: Any, **kwargs: Any) -> np.ndarray:
        raise self.error


class Stale(Absent):
    """Stands in for a saved array that was changed in place since.

    Arguments:
        array: the array as it is now.
        error: what is raised when a rule asks for more than shape and type.
    """

    __slots__ = ("error",)

    def __init__(self, array: "np.ndarray | Absent", error: Exception):
        super().__init__(array)
        self.error = error


class Unread(Absent):
    """Stands in for an array that was not saved, since no rule reads it: see `Node.let_go`."""

    __slots__ = ()

    @property
    def error(self) -> Exception:  # type: ignore[override]  # made only when it is raised
        """It was promised that nobody would ask."""
        return RuntimeError(
            f"an array of shape {self.shape} was not kept for backward, since no rule was said to read it; "
            "in a rule, a name that begins with an underscore says so: give it one without"
        )


def moved(op: str, array: np.ndarray) -> Stale:
    """What stands in for a saved leaf that was given other memory since, where its history goes on to be recorded."""
    return Stale(
        array,
        RuntimeError(
            f"backward: {op} saved a leaf of shape {array.shape} whose .data was assigned afterwards, so a gradient of "
            "this gradient would be with respect to other values; run the forward pass again"
        ),
    )
