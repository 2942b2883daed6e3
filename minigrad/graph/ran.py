"""What recorders know of a computation before a `Graph` is written: the ops that ran, and the leaves they began with.

`reading` makes these of what the engine remembers, `recording` of what it is told while ops run; `writing` makes a
`Graph` of either.
"""

from dataclasses import dataclass, field
from typing import Any, Union

import numpy as np

from minigrad.autograd.op import Op
from minigrad.autograd.storage import Absent

Wanted = Any  # where the engine lets a gradient arrive: its node, or a leaf tensor


@dataclass(slots=True, eq=False)
class Leaf:
    """A tensor or an array that no recorded op made.

    Attributes:
        value: its elements at that time.
        origin: the array itself, by which names for it are found.
        wanted: where its gradient arrives, or None.
        parameter: whether it is a parameter.
        roles: what modules call it.
    """

    value: np.ndarray
    origin: np.ndarray
    wanted: Wanted = None
    parameter: bool = False
    roles: list[str] = field(default_factory=list)

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape."""
        return self.value.shape


@dataclass(slots=True, eq=False)
class Ran:
    """An op that ran.

    Attributes:
        op: the op.
        inputs: for each input a `Ran`, a `Leaf`, or what else was given: a number, None.
        arrays: the same as NumPy saw them, `Unread` for those that nobody kept; None if they were freed.
        params: its other arguments, by name.
        beside: the arrays among those, as leaves.
        kept: the arrays it kept for its rules, by name, or None.
        output: what came out; `Unread` if nobody kept it; None if it was freed, or the op failed.
        shape, dtype: of the output; None if the op failed.
        scope: the engine's scope that it ran in.
        wanted: where the gradient of the output arrives, or None.
        detached: whether the output was taken out of history.
        name: what it is called, if not as its op.
        place: the user's file and line.
        error: what it said when it failed.
        saved_bytes: the memory that it holds for the backward pass and no op before it does.
        roles: what modules call its result.
    """

    op: Op
    inputs: tuple[Union["Ran", Leaf, Any], ...]
    arrays: tuple[Any, ...] | None
    params: dict[str, Any]
    kept: dict[str, Any] | None
    output: np.ndarray | Absent | None
    shape: tuple[int, ...] | None
    dtype: np.dtype | None
    scope: Any
    beside: dict[str, Leaf] = field(default_factory=dict)
    wanted: Wanted = None
    detached: bool = False
    name: str = ""
    place: tuple[str, int] | None = None
    error: str = ""
    saved_bytes: int = 0
    roles: list[str] = field(default_factory=list)

    @property
    def value(self) -> np.ndarray | Absent | None:
        """What came out, as for a `Leaf`."""
        return self.output


Source = Ran | Leaf
