"""What to record of an error that no op raised: of a function or a module that refused what it was given."""

import traceback
from types import FrameType, TracebackType
from typing import Any

from minigrad.autograd.node import TensorBase
from minigrad.autograd.op import Op, no_gradient
from minigrad.autograd.scope import Scope
from minigrad.autograd.watching import is_ours
from minigrad.graph.ran import Ran
from minigrad.graph.tracking import Tracker
from minigrad.nn.module import Module


def failure(error: BaseException, where: TracebackType | None, tracker: Tracker) -> Ran | None:
    """An op that stands for the function of minigrad's that raised an error, with the tensors it was given.

    Arguments:
        error: what it raised.
        where: its traceback.
        tracker: what was heard before.

    Returns:
        The op; None for an error of the user's own.
    """
    walked = list(traceback.walk_tb(where))
    frames = [frame for frame, _ in walked]
    users = [i for i, frame in enumerate(frames) if not is_ours(frame)]
    inner = frames[users[-1] + 1 :] if users else frames
    if not inner:
        return None
    place = (walked[users[-1]][0].f_code.co_filename, walked[users[-1]][1]) if users else None
    given: list[TensorBase] = next((found for frame in reversed(inner) if (found := _arguments(frame))), [])
    inputs = tuple([tracker.source(x) for x in given])
    said = str(error)
    name = said.partition(":")[0] if said.partition(":")[0].isidentifier() else inner[-1].f_code.co_name
    op = Op(lambda *tensors: tensors, (no_gradient,), name, variadic=True)
    arrays = tuple([x.value for x in inputs])
    scope = _scope(frames, tracker.ops)
    return Ran(op, inputs, arrays, {}, None, None, None, None, scope, place=place, error=said or repr(error))


def _arguments(frame: FrameType) -> list[TensorBase]:
    """The tensors that a function was called with."""
    code, local = frame.f_code, frame.f_locals
    named = [local.get(name) for name in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]]
    several = [x for x in named if isinstance(x, tuple | list)]
    return [x for x in [*named, *(y for x in several for y in x)] if isinstance(x, TensorBase)]


def _scope(frames: list[FrameType], ops: list[Ran]) -> Scope | None:
    """The innermost module call that was running, the same as that of the ops that ran in it."""
    known: dict[tuple[Any, Any], Scope] = {}
    for ran in ops:
        scope = ran.scope
        while scope is not None and known.get((scope.parent, scope.module)) is not scope:
            known[scope.parent, scope.module] = scope
            scope = scope.parent
    inside = None
    for frame in frames:
        if frame.f_code is Module.__call__.__code__:
            module = frame.f_locals["self"]
            inside = known.get((inside, module)) or Scope(inside, module)
    return inside
