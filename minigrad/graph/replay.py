"""Running recorded ops again, in float64 and with one number changed: finite differences of a whole computation.

No code of the user's runs again: what is repeated are the ops' own NumPy functions, on the leaves as they were, with
the arguments and the random masks that were recorded.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minigrad.autograd.function import FunctionCtx
from minigrad.graph.ran import Leaf, Ran, Source


class Nudged(NamedTuple):
    """What comes of moving one number a little.

    Attributes:
        below, above: the result with that number less, and greater, by h.
        difference: what the result changes by per unit: (above - below) / 2h, which the gradient should agree with.
    """

    below: float
    above: float
    difference: float


class Replay:
    """The ops that led to a scalar, run once more.

    Arguments:
        ops: what ran, in order.
        root: the one whose result is looked at.

    Raises:
        RuntimeError: where an op cannot be run again, or where the result is another than the recorded one.
    """

    def __init__(self, ops: Sequence[Ran], root: Ran):
        needed: set[Any] = {root}
        for ran in reversed(ops):
            if ran in needed:
                needed.update(x for x in ran.inputs if isinstance(x, Ran | Leaf))
        self._root, self._ops = root, [ran for ran in ops if ran in needed]
        self._values: dict[Source, np.ndarray] = {x: _wide(x.value) for x in needed if isinstance(x, Leaf)}
        for ran in self._ops:
            self._values[ran] = _run(ran, self._values)
        assert root.output is not None
        now, then = self._values[root].item(), root.output.item()
        if abs(now - then) > np.sqrt(np.finfo(root.output.dtype).eps) * max(1.0, abs(then)):
            raise RuntimeError(f"nudge: run again, the recorded ops give {now:.6g} instead of {then:.6g}")

    def nudge(self, source: Source, entry: tuple[int, ...], h: float) -> Nudged:
        """Move one number by `h` both ways, and see what comes out; see `Recording.nudge`."""
        if source not in self._values:
            raise RuntimeError("nudge: the result does not depend on this tensor")
        below, above = (self._moved(source, entry, step) for step in (-h, h))
        return Nudged(below, above, (above - below) / (2 * h))

    def _moved(self, source: Source, entry: tuple[int, ...], step: float) -> float:
        values = dict(self._values)
        values[source] = values[source].copy()
        values[source][entry] += step
        changed: set[Any] = {source}
        for ran in self._ops:
            if not changed.isdisjoint(x for x in ran.inputs if isinstance(x, Ran | Leaf)):
                values[ran] = _run(ran, values)
                changed.add(ran)
        return float(values[self._root].item())


def _run(ran: Ran, values: dict[Source, np.ndarray]) -> np.ndarray:
    """An op's result, in float64, on other inputs."""
    if any(isinstance(x, FunctionCtx) for x in ran.inputs):
        raise RuntimeError(
            f"nudge: {ran.op.name} is a Function of the user's, which remembers what it was given and cannot be run "
            "again on other numbers"
        )
    inputs = [values[x] if isinstance(x, Ran | Leaf) else x for x in ran.inputs]
    params = {name: _wide_dtype(x) for name, x in ran.params.items()}
    result = ran.op.forward(*inputs, **params)
    return _wide(np.asarray(result[0] if type(result) is tuple else result))


def _wide(x: np.ndarray) -> np.ndarray:
    return x.astype(np.float64) if x.dtype.kind == "f" else x


def _wide_dtype(x: Any) -> Any:
    """An argument that asks for floats of some type, as one that asks for float64."""
    return np.dtype(np.float64) if isinstance(x, np.dtype) and x.kind == "f" else x
