"""The two things a computation graph is made of: tensors that hold arrays, and nodes that remember ops.

A `Node` is made each time an op runs on something that wants a gradient. It points back to where its inputs came
from, never forward to its result's Tensor, so that a graph nobody needs any more is freed at once, without
waiting for Python's cycle collector.
"""

import itertools
from collections.abc import Callable
from typing import Any, Optional

import numpy as np

from minigrad.autograd.op import Op

# One tick for every op recorded and every write in place. Sorting nodes by their tick, newest first, is an order
# in which backpropagation may visit them; comparing the tick of a write with a node's tells whether the node's
# saved arrays are stale.
clock = itertools.count(1)


Hooks = dict[Any, Callable[[Any], Any]]  # each takes a gradient, and returns it or another


class Storage:
    """What is known of a tensor's memory: when and by what it was last written in place, and who else sees it.

    Attributes:
        written: the tick of the last write; 0 if there was none.
        writer: what wrote.
        shared: whether another tensor was made on the same memory.
    """

    __slots__ = ("shared", "writer", "written")

    def __init__(self) -> None:
        self.written = 0
        self.writer = ""
        self.shared = False


class TensorBase:
    """What the engine asks of a tensor: an array, whether it wants a gradient, and where it came from.

    Attributes:
        array: the NumPy array.
        node: the op that made it, or None for a leaf.
        storage: what is known of its memory; None while nothing is, since it was neither written nor shared.
    """

    __slots__ = ("_grad", "_requires_grad", "array", "node", "storage")
    _hooks: Hooks | None = None  # of a leaf; those of a result are its node's

    array: np.ndarray
    node: Optional["Node"]
    _grad: Any
    _requires_grad: bool
    storage: Storage | None

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

    def source(self) -> "Node | TensorBase | None":
        """Where a gradient with respect to this tensor goes: its node, the leaf itself, or nowhere."""
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


class Node:
    """One op that ran: what it was given, what came out, and through its op's rules the way back.

    Attributes:
        op: the `Op`, which knows the rules.
        inputs: what it was called with: tensors, and constants (numbers, arrays, None).
        arrays: the inputs as NumPy saw them; None once `release` has freed them.
        params: the op's other arguments, by name.
        kept: arrays the forward pass kept for the rules, by name, or None.
        output: the array that came out.
        storage: what is known of the memory of the output; see `TensorBase.storage`.
        parents: for each input where its gradient goes: a Node, a leaf tensor, or None.
        scope: the module call in which the op ran, or None outside any module.
        tick: when it ran; see `clock`.
        hooks: called with the gradient of the output when it is complete, each with what the one before returned;
            see `Tensor.register_hook`.
        line: the user's line of code that ran the op, noted only while anomalies are looked for.
    """

    __slots__ = (
        "arrays",
        "hooks",
        "inputs",
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
    output: np.ndarray | None

    def __init__(
        self,
        op: Op,
        inputs: tuple[Any, ...],
        arrays: tuple[Any, ...],
        params: dict[str, Any],
        kept: dict[str, Any] | None,
        output: np.ndarray,
        parents: tuple["Node | TensorBase | None", ...],
        scope: Any,
    ):
        self.op = op
        self.inputs: tuple[Any, ...] | None = inputs
        self.arrays = arrays
        self.params = params
        self.kept = kept
        self.output = output
        self.parents = parents
        self.scope = scope
        self.storage: Storage | None = None
        self.tick = next(clock)
        self.hooks: Hooks | None = None
        self.line = ""

    def name(self) -> str:
        """The op's name, as PyTorch's `grad_fn.name()`."""
        return self.op.name

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

    def release(self) -> None:
        """Forget the arrays, which are most of a graph's memory; the structure stays and can be drawn."""
        if self.output is not None:
            self.shape_and_dtype = (self.output.shape, self.output.dtype)
        self.inputs = self.arrays = self.output = self.kept = None

    def check_usable(self) -> None:
        """Refuse to differentiate with arrays that were freed, or changed in place after the op used them.

        Raises:
            RuntimeError: naming the op; and the one that changed the array.
        """
        if self.arrays is None:
            raise RuntimeError(
                f"backward: the graph was freed at {self.op.name} by an earlier backward pass; "
                "pass retain_graph=True to that one, or compute the result again"
            )
        for x in self.inputs or ():
            if isinstance(x, TensorBase) and x.storage is not None and x.storage.written > self.tick:
                raise self._stale("an input", x.array, x.storage)
        if self.storage is not None and self.storage.written > self.tick:
            raise self._stale("its output", self.output, self.storage)

    def _stale(self, what: str, array: Any, storage: Storage) -> RuntimeError:
        return RuntimeError(
            f"backward: {self.op.name} saved {what} of shape {array.shape} that {storage.writer} changed in place "
            "afterwards; run the forward pass again after changing it, or change a clone()"
        )

    def tensors(self) -> list[Any]:
        """The inputs with the history they had when the op ran: they may have become something else in place since."""
        return [
            x
            if parent is x or not isinstance(x, TensorBase)
            else x._result(array, parent if isinstance(parent, Node) else None)
            for x, array, parent in zip(self.inputs or (), self.arrays or (), self.parents, strict=True)
        ]

    def __repr__(self) -> str:
        return f"<{self.op.name}>"
