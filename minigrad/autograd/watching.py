"""Who is told what the engine does, op by op: how anomalies are looked for, and how graphs are recorded.

While nobody watches, an op pays for one look at an empty tuple.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import Any, Self

from minigrad.autograd.modes import modes


class Watcher:
    """Is told what happens on this thread while its `with` block runs. Each method is for subclasses to fill."""

    def __enter__(self) -> Self:
        modes.watchers = (*modes.watchers, self)
        return self

    def __exit__(self, *exc_info: Any) -> None:
        modes.watchers = tuple([watcher for watcher in modes.watchers if watcher is not self])

    def ran(
        self, op: Any, inputs: tuple[Any, ...], arrays: list[Any], params: dict[str, Any], kept: Any, result: Any
    ) -> None:
        """An op ran: what it was given as tensors and as arrays, its other arguments, what it kept, what came out."""

    def failed(self, op: Any, inputs: tuple[Any, ...], arrays: list[Any], params: dict[str, Any], error: Any) -> None:
        """An op raised an error instead."""

    def entered(self, name: str) -> None:
        """The ops from here to `left` are the inside of one op of the user's, a `Function`."""

    def left(self) -> None:
        """See `entered`."""

    def writes(self, tensor: Any, place: Any, values: Any, writer: str) -> None:
        """Numbers are about to be written into a tensor's memory, by an index, without history."""

    def wrote(self, tensor: Any) -> None:
        """They were written."""

    def noted(self, scope: Any, name: str, value: Any) -> None:
        """A module has a name for a value: see `minigrad.autograd.scope.note`."""

    def began(self, roots: Sequence[tuple[Any, Any]], recorded: bool) -> None:
        """A backward pass begins: where, with which gradients, and whether it is itself recorded."""

    def passed(self, node: Any, g: Any, passed: list[Any], shapes: list[tuple[int, ...] | None]) -> None:
        """An op handed on gradients: see `minigrad.autograd.backward.watched_contributions`."""

    def ended(self, gradients: Mapping[Any, Any]) -> None:
        """The pass is over; these are the gradients of the leaves, none if it failed."""


_OURS = os.path.dirname(os.path.dirname(__file__)) + os.sep


def is_ours(frame: FrameType) -> bool:
    """Whether what runs is a function of minigrad's."""
    return frame.f_code.co_filename.startswith(_OURS)


def user_frame() -> FrameType:
    """The innermost call that is running of a function that is none of minigrad's."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_OURS):
        frame = frame.f_back
    return frame


def user_line() -> tuple[str, int]:
    """The line of the user's that is running: its file, and its number there."""
    frame = user_frame()
    return frame.f_code.co_filename, frame.f_lineno
