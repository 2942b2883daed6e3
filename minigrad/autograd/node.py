"""The two things a computation graph is made of: tensors that hold arrays, and nodes that remember ops.

A `Node` is made each time an op runs on something that wants a gradient. It points back to where its inputs came
from, never forward to its result's Tensor, so that a graph nobody needs any more is freed at once, without
waiting for Python's cycle collector.
"""

from collections.abc import Callable
from typing import Any, Optional

import numpy as np

from minigrad.autograd.op import Op
from minigrad.autograd.storage import Absent, Storage, Unread, clock, last_write, moved

Hooks = dict[Any, Callable[[Any], Any]]  # each takes a gradient, and returns it or another


class TensorBase:
    """What the engine asks of a tensor: an array, whether it wants a gradient, and where it came from.

    Attributes:
        array: the NumPy array.
        node: the op that made it, or None for a leaf.
        storage: what is known of its memory; None while nothing is, since it was neither written nor shared.
        base: for a view, the tensor whose memory it shows a part of, and whose history it follows.
        made: for a view, the tick of the last write to that memory that its own history knows of.
    """

    __slots__ = ("_grad", "_requires_grad", "array", "base", "made", "node", "storage")
    _hooks: Hooks | None = None  # of a leaf; those of a result are its node's
    _after_hooks: Hooks | None = None  # of a leaf: each takes it when its `.grad` was added to

    array: np.ndarray
    node: Optional["Node"]
    _grad: Any
    _requires_grad: bool
    storage: Storage | None
    base: Optional["TensorBase"]
    made: int

    def _result(self, array: np.ndarray, node: Optional["Node"]) -> "TensorBase":
        """A tensor of this one's kind that holds an op's result."""
        raise NotImplementedError("the class that users hold says how results are made: minigrad.Tensor")

    def sum_to_size(self, *size: Any) -> Any:
        """This tensor, as a gradient, summed to the shape of what was broadcast."""
        raise NotImplementedError

    def to(self, dtype: np.dtype) -> Any:
        """This tensor, as a gradient, in another element type."""
        raise NotImplementedError

    def clone(self) -> Any:
        """A copy of this tensor, as a gradient, with memory of its own."""
        raise NotImplementedError

    def follow(self) -> None:
        """For a view whose memory was written since it was made: take its history from its base again."""
        raise NotImplementedError

    def source(self) -> "Node | TensorBase | None":
        """Where a gradient with respect to this tensor goes: its node, the leaf itself, or nowhere."""
        if self.base is not None:
            self.follow()
        return self.node or (self if self._requires_grad else None)

    def own_storage(self) -> Storage:
        """What is known of this tensor's memory; its node knows it too, since a rule may need the output."""
        if self.storage is None:
            self.storage = (self.node.storage if self.node is not None else None) or Storage()
            if self.node is not None:
                self.node.storage = self.storage
        return self.storage

    def shared_storage(self) -> Storage:
        """The storage of another tensor on the same memory."""
        storage = self.own_storage()
        storage.shared = True
        return storage

    def mark_written(self, writer: str) -> None:
        """Note that the memory was written in place, and by what."""
        storage = self.own_storage()
        storage.written, storage.writer = next(clock), writer
        if storage.written > last_write.tick:  # another thread may have written later, and been here before
            last_write.tick = storage.written


class Node:
    """One op that ran: what it was given, what came out, and through its op's rules the way back.

    Attributes:
        op: the `Op`, which knows the rules.
        arrays: the inputs as NumPy saw them: arrays, numbers, None; `Unread` for those that `let_go` has left out;
            all gone once `release` has freed them.
        params: the op's other arguments, by name.
        kept: arrays the forward pass kept for the rules, by name, or None.
        output: the array that came out, or `Unread`.
        storage: what is known of the memory of the output; see `TensorBase.storage`.
        parents: for each input where its gradient goes: a Node, a leaf tensor, or None.
        constants: what is known of the memory of each tensor that wants no gradient, by its place among the inputs.
        scope: the module call in which the op ran, or None outside any module.
        tick: when it ran; see `clock`.
        hooks: called with the gradient of the output when it is complete, each with what the one before returned;
            see `Tensor.register_hook`.
        line: the user's line of code that ran the op, noted only while anomalies are looked for.
    """

    __slots__ = (
        "arrays",
        "constants",
        "hooks",
        "kept",
        "line",
        "op",
        "output",
        "params",
        "parents",
        "scope",
        "shape_and_dtype",
        "storage",
        "tick",
    )

    arrays: tuple[Any, ...] | None
    output: np.ndarray | Absent | None

    def __init__(
        self,
        op: Op,
        arrays: tuple[Any, ...],
        params: dict[str, Any],
        kept: dict[str, Any] | None,
        output: np.ndarray,
        parents: tuple["Node | TensorBase | None", ...],
        constants: dict[int, Storage] | None,
        scope: Any,
    ):
        self.op = op
        self.arrays = arrays
        self.params = params
        self.kept = kept
        self.output = output
        self.parents = parents
        self.constants = constants
        self.scope = scope
        self.storage: Storage | None = None
        self.tick = next(clock)
        self.hooks: Hooks | None = None
        self.line = ""

    def name(self) -> str:
        """The op's name, as PyTorch's `grad_fn.name()`."""
        return self.op.name

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """Where the gradients of the inputs go, as PyTorch lists it: nodes, `AccumulateGrad` for leaves, or None.

        Those that are None come last, as they do there in `2 * x`, where the number stands before the tensor.
        """
        ends = [AccumulateGrad(p) if isinstance(p, TensorBase) else p for p in self.parents]
        return tuple((end, 0) for end in sorted(ends, key=lambda end: end is None))

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the output, also after `release`."""
        return self.shape_and_dtype[0] if self.output is None else self.output.shape

    @property
    def dtype(self) -> np.dtype:
        """Element type of the output, also after `release`."""
        return self.shape_and_dtype[1] if self.output is None else self.output.dtype

    @property
    def released(self) -> bool:
        """Whether the arrays that the rules need are gone."""
        return self.arrays is None

    def let_go(self) -> None:
        """Keep of the op's results and those it was given only what some rule that may be asked reads.

        Of the others shapes and types are left. So the sum that `add` makes, and the summands, are freed when nobody
        else holds them. Tensors that no op made stay: a graph is drawn with them.
        """
        op, parents = self.op, self.parents
        assert self.arrays is not None
        assert self.output is not None
        if op.variadic:
            (unread,) = op.unread
        elif op.together is not None:
            unread = frozenset.intersection(*op.unread)
        else:
            unread = frozenset.intersection(*[op.unread[i] for i, x in enumerate(parents) if x is not None])
        if 0 in unread:
            self.output = Unread(self.output)
        self.arrays = tuple(
            [Unread(x) if i in unread and type(parents[i - 1]) is Node else x for i, x in enumerate(self.arrays, 1)]
        )

    def release(self) -> None:
        """Forget the arrays, which are most of a graph's memory; the structure stays and can be drawn."""
        if self.output is not None:
            self.shape_and_dtype = (self.output.shape, self.output.dtype)
        self.arrays = self.output = self.kept = self.constants = None

    def saved(self) -> tuple[tuple[Any, ...], Any]:
        """The inputs and the output as they were saved, with a `Stale` for each that was changed in place since.

        Raises:
            RuntimeError: if an earlier backward pass has freed them.
        """
        if self.arrays is None:
            raise RuntimeError(
                f"backward: the graph was freed at {self.op.name} by an earlier backward pass; "
                "pass retain_graph=True to that one, or compute the result again"
            )
        arrays, output = self.arrays, self.output
        if last_write.tick < self.tick:
            return arrays, output
        for i, parent in enumerate(self.parents):
            storage = parent.storage if parent is not None else self.memory(i)
            if storage is not None and storage.written > self.tick:
                arrays = (*arrays[:i], storage.stale(self.op.name, "an input", arrays[i]), *arrays[i + 1 :])
        if self.storage is not None and self.storage.written > self.tick:
            return arrays, self.storage.stale(self.op.name, "its output", output)
        return arrays, output

    def memory(self, i: int) -> Storage | None:
        """What is known of the memory of input `i`, where that is a tensor that wants no gradient."""
        return self.constants.get(i) if self.constants is not None else None

    def tensor(self, i: int, array: Any, like: TensorBase) -> Any:
        """Input `i` as a tensor, with the history it had when the op ran: it may have become something else since."""
        parent = self.parents[i]
        if not isinstance(array, np.ndarray):
            return array
        if isinstance(parent, TensorBase):
            return parent if parent.array is array else moved(self.op.name, array)
        tensor = like._result(array, parent)
        tensor.storage = parent.storage if parent is not None else self.memory(i)
        return tensor

    def __repr__(self) -> str:
        return f"<{self.op.name}>"


class AccumulateGrad:
    """What PyTorch has where a gradient ends: it adds to the `.grad` of the leaf tensor `variable`."""

    next_functions = ()

    def __init__(self, variable: TensorBase):
        self.variable = variable

    def name(self) -> str:
        """Its name, as a node's."""
        return "AccumulateGrad"

    def __repr__(self) -> str:
        return f"<{self.name()}>"
