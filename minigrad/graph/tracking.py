"""What a recording hears from the engine while a computation runs, and what it makes of it: `Ran` and `Leaf`.

A tensor is known again by its array and by when that was last written: a write in place makes other numbers of the
same array. All numbers are copies, so nothing that happens later changes what was recorded, and nothing that is
recorded changes what is computed.
"""

import weakref
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minigrad.autograd.backward import history
from minigrad.autograd.modes import modes
from minigrad.autograd.node import Node as EngineNode
from minigrad.autograd.node import TensorBase
from minigrad.autograd.op import Op, no_gradient
from minigrad.autograd.storage import Absent
from minigrad.autograd.watching import Watcher, user_line
from minigrad.graph.backpropagation import Backpropagation
from minigrad.graph.memory import Held
from minigrad.graph.ran import Leaf, Ran, Source
from minigrad.in_place import wants_gradient
from minigrad.nn.module import Parameter
from minigrad.ops.indexing import write

DETACH = Op(lambda input: input, (no_gradient,), "detach", view=True)
WRITE: Op = write.op  # type: ignore[attr-defined]  # every op's function has it


class Tracker(Watcher):
    """Hears what runs on this thread.

    Attributes:
        before: the ops that had run before, as far as a backward pass began at them.
        ops: those that it heard of, in order.
        seen: the last backward pass.
        roots: where that began.
        backward_passes: how many there were.
    """

    def __init__(self) -> None:
        self.before: list[Ran] = []
        self.ops: list[Ran] = []
        self.seen = Backpropagation(self.known_source)
        self.roots: list[Source] = []
        self.backward_passes = 0
        self._by_wanted: dict[Any, Source] = {}  # the source whose gradient arrives at an engine's node or a leaf
        self._by_array: dict[int, tuple[weakref.ref[np.ndarray], int, Source]] = {}  # by id(); with the last write
        self._detached: dict[tuple[Source, Any], Ran] = {}
        self._held = Held()
        self._written: tuple[Any, ...] | None = None  # what `writes` said
        self._inside = 0  # how many of the user's Functions are running
        self._passes: list[tuple[bool, bool]] = []  # for each backward pass that is running: is it looked at, recorded

    # --- forward

    def ran(
        self, op: Op, inputs: tuple[Any, ...], arrays: list[Any], params: dict[str, Any], kept: Any, result: Any
    ) -> None:
        """Note an op."""
        if self._hidden():
            return
        saved = 0 if result.node is None else self._held.more(result.node)
        ran = self._op(op, inputs, params, result.array, modes.scope, kept, result.node, saved)
        ran.place = user_line()
        self.ops.append(ran)
        self._remember(ran, result.array, _last_write(result))

    def failed(self, op: Op, inputs: tuple[Any, ...], arrays: list[Any], params: dict[str, Any], error: Any) -> None:
        """Note an op that has no result."""
        if self._hidden() or not any(isinstance(x, TensorBase) for x in inputs):
            return
        ran = self._op(op, inputs, params, None, modes.scope)
        ran.error, ran.place = str(error), user_line()
        self.ops.append(ran)

    def entered(self, name: str) -> None:
        """The inside of a Function is not looked at, for it is one op."""
        self._inside += 1

    def left(self) -> None:
        """See `entered`."""
        self._inside -= 1

    def writes(self, tensor: Any, place: Any, values: Any, writer: str) -> None:
        """Look at what is there before a write without history; one with history is an op anyway."""
        recorded = modes.grad_enabled and (wants_gradient(tensor) or wants_gradient(values))
        hidden = recorded or self._hidden()
        self._written = None if hidden else (self.source(tensor), self.source(values), place, writer)

    def wrote(self, tensor: Any) -> None:
        """Note the write as an op, whose result the tensor is from now on."""
        if self._written is None:
            return
        before, values, place, writer = self._written
        ran = self._op(WRITE, (before, values), {"index": place}, tensor.array, modes.scope)
        ran.name, ran.place = writer, user_line()
        if tensor.node is None and tensor._requires_grad:
            ran.wanted = tensor
            self._by_wanted[tensor] = ran
        self.ops.append(ran)
        self._remember(ran, tensor.array, _last_write(tensor))

    def noted(self, scope: Any, name: str, value: Any) -> None:
        """Note what a module calls a value."""
        if isinstance(value, TensorBase) and not self._hidden():
            roles = self.source(value).roles
            if name not in roles:
                roles.append(name)

    def _hidden(self) -> bool:
        """Whether what runs now is the inside of an op, forward or backward."""
        return self._inside > 0 or any(not recorded for _, recorded in self._passes)

    def _op(
        self,
        op: Op,
        inputs: Sequence[Any],
        params: Mapping[str, Any],
        output: np.ndarray | Absent | None,
        scope: Any,
        kept: Any = None,
        wanted: EngineNode | None = None,
        saved_bytes: int = 0,
    ) -> Ran:
        sources = tuple([self.source(x) for x in inputs])
        beside = {name: self.source(x) for name, x in params.items() if isinstance(x, np.ndarray) and x.ndim}
        taken = wanted is None and output is not None and output.dtype.kind == "f"
        ran = Ran(
            op=op,
            inputs=sources,
            arrays=tuple([x.value if isinstance(x, Ran | Leaf) else x for x in sources]),
            params={**params, **{name: x.value for name, x in beside.items()}} if beside else dict(params),
            kept=None if kept is None else {name: _copy(x) for name, x in kept.items()},
            output=_copy(output),
            shape=None if output is None else output.shape,
            dtype=None if output is None else output.dtype,
            scope=scope,
            beside=beside,
            wanted=wanted,
            detached=taken and any(_wanted_once(x) for x in sources),
            saved_bytes=saved_bytes,
        )
        if wanted is not None:
            self._by_wanted[wanted] = ran
        return ran

    # --- which tensor is which

    def source(self, x: Any) -> Any:
        """Where a tensor or an array comes from: an op, or a leaf, now or already known; others as they are."""
        if isinstance(x, TensorBase):
            return self._tensor(x)
        if isinstance(x, np.ndarray):
            return self.known(x) or self._remember(Leaf(x.copy(), x), x, 0)
        return x

    def known(self, array: np.ndarray, written: int = 0) -> Source | None:
        """The op or leaf that an array is known to show, if it was not written since."""
        entry = self._by_array.get(id(array))
        return entry[2] if entry is not None and entry[0]() is array and entry[1] == written else None

    def known_tensor(self, x: TensorBase) -> Source | None:
        """The op or leaf that a tensor is known to come from."""
        wanted = x.node or (x if x._requires_grad else None)
        if wanted is not None:
            return self.known_source(wanted)
        source = self.known(x.array, _last_write(x))
        return source if source is None or source.wanted in (None, x) else self._detached.get((source, None))

    def _tensor(self, x: TensorBase) -> Source:
        wanted = x.node or (x if x._requires_grad else None)
        source = self.known(x.array, _last_write(x))
        if source is None and x.node is not None:
            source = self._by_wanted.get(x.node)
        if source is None:
            return self._leaf(x, wanted)
        if source.wanted is wanted or source.wanted is x:  # the second: it wanted a gradient before
            return source
        if isinstance(wanted, EngineNode):  # several tensors show this array
            return self._by_wanted.get(wanted) or self._leaf(x, wanted)
        if source.wanted is None:  # it wants a gradient from now on
            source.wanted = wanted
            self._by_wanted[wanted] = source
            return source
        if isinstance(source, Leaf) and wanted is not None:
            return self._leaf(x, wanted)  # which of two leaves was made of the other is not known
        return self._taken_out(source, wanted)

    def _leaf(self, x: TensorBase, wanted: Any) -> Leaf:
        leaf = Leaf(x.array.copy(), x.array, wanted, isinstance(x, Parameter))
        if wanted is not None:
            self._by_wanted[wanted] = leaf
        self._remember(leaf, x.array, _last_write(x))
        return leaf

    def _taken_out(self, source: Source, wanted: Any) -> Ran:
        """What `detach` makes of a source; it runs no op, so is noted when it is first seen."""
        if (source, wanted) not in self._detached:
            ran = Ran(DETACH, (source,), (source.value,), {}, None, source.value, None, None, modes.scope)
            assert source.value is not None
            ran.shape, ran.dtype, ran.detached, ran.wanted = source.value.shape, source.value.dtype, True, wanted
            if wanted is not None:
                self._by_wanted[wanted] = ran
            self._detached[source, wanted] = ran
            self.ops.append(ran)
        return self._detached[source, wanted]

    def _remember(self, source: Source, array: np.ndarray, written: int) -> Source:
        self._by_array[id(array)] = (weakref.ref(array), written, source)
        return source

    # --- backward

    def began(self, roots: Sequence[tuple[Any, Any]], recorded: bool) -> None:
        """A backward pass begins; one that runs inside of an op is part of that."""
        looked_at = not self._hidden()
        self._passes.append((looked_at, recorded))
        if looked_at:
            self._adopt([root for root, _ in roots])
            self.seen = Backpropagation(self.known_source)
            self.seen.began(roots, recorded)
            self.roots = [source for root, _ in roots if (source := self.known_source(root)) is not None]
            self.backward_passes += 1

    def passed(self, node: EngineNode, g: Any, passed: list[Any], shapes: list[tuple[int, ...] | None]) -> None:
        """An op handed on gradients."""
        if self._passes[-1][0]:
            self.seen.passed(node, g, passed, shapes)

    def ended(self, gradients: Mapping[Any, Any]) -> None:
        """The pass is over."""
        looked_at, _ = self._passes.pop()
        if looked_at:
            self.seen.ended(gradients)

    def known_source(self, wanted: Any) -> Source | None:
        """The op or leaf whose gradient arrives at an engine's node or at a leaf tensor."""
        return self._by_wanted.get(wanted)

    def _adopt(self, roots: list[Any]) -> None:
        """Take in what had run before, where a pass begins at something that did."""
        for root in roots:
            if root in self._by_wanted:
                continue
            if isinstance(root, TensorBase):
                self._tensor(root)
                continue
            nodes = [node for node in reversed(history([root])) if node not in self._by_wanted]
            if any(node.released for node in nodes):
                return  # the pass will refuse
            for node in nodes:
                inputs = [
                    x if parent is None else self._by_wanted.get(parent) or parent
                    for parent, x in zip(node.parents, node.arrays or (), strict=True)
                ]
                saved = self._held.more(node)
                ran = self._op(node.op, inputs, node.params, node.output, node.scope, node.kept, node, saved)
                self.before.append(ran)


def _copy(x: Any) -> Any:
    return x.copy() if isinstance(x, np.ndarray) else x


def _last_write(x: TensorBase) -> int:
    return 0 if x.storage is None else x.storage.written


def _wanted_once(x: Any) -> bool:
    """Whether a gradient of a source is wanted, or of what it was computed from."""
    return isinstance(x, Ran | Leaf) and (x.wanted is not None or (isinstance(x, Ran) and x.detached))
