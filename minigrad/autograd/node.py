"""The two things a computation graph is made of: tensors that hold arrays, and nodes that remember ops.

A `Node` is made each time an op runs on something that wants a gradient. It points back to where its inputs came
from, never forward to its result's Tensor, so that a graph nobody needs any more is freed at once, without
waiting for Python's cycle collector.
"""

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Optional

import numpy as np

if TYPE_CHECKING:
    from minigrad.autograd.primitive import Op

# One tick for every op recorded and every write in place. Sorting nodes by their tick, newest first, is an order
# in which backpropagation may visit them; comparing the tick of a write with a node's tells whether the node's
# saved arrays are stale.
clock = itertools.count(1)


class Storage:
    """Memory that several tensors share; remembers when it was last written in place."""

    __slots__ = ("writer", "written")

    def __init__(self) -> None:
        self.written = 0
        self.writer = ""


class TensorBase:
    """What the engine asks of a tensor: an array, whether it wants a gradient, and where it came from.

    Attributes:
        array: the NumPy array.
        node: the op that made it, or None for a leaf.
        storage: the memory it shares with other tensors, or None while nobody else can see it.
    """

    __slots__ = ("_grad", "_requires_grad", "array", "node", "storage")

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

    def source(self) -> "Node | TensorBase | None":
        """Where a gradient with respect to this tensor goes: its node, the leaf itself, or nowhere."""
        return self.node or (self if self._requires_grad else None)

    def shared_storage(self) -> Storage:
        """The storage that a view of this tensor has to share."""
        if self.storage is None:
            self.storage = Storage()
        return self.storage


class Node:
    """One op that ran: what it was given, what came out, and through its op's rules the way back.

    Attributes:
        op: the `Op`, which knows the rules.
        inputs: what it was called with: tensors, and constants (numbers, arrays, None).
        arrays: the inputs as NumPy saw them; None once `release` has freed them.
        params: the op's other arguments, by name.
        kept: arrays the forward pass kept for the rules.
        output: the array that came out.
        parents: for each input where its gradient goes: a Node, a leaf tensor, or None.
        scope: the module call in which the op ran, or None outside any module.
        tick: when it ran; see `clock`.
        hook: called with the gradient of the output when it is complete; see `Tensor.retain_grad`.
    """

    __slots__ = (
        "arrays",
        "hook",
        "inputs",
        "kept",
        "op",
        "output",
        "params",
        "parents",
        "scope",
        "shape_and_dtype",
        "tick",
    )

    arrays: list[Any] | None
    output: np.ndarray | None

    def __init__(
        self,
        op: "Op",
        inputs: tuple[Any, ...],
        arrays: list[Any],
        params: dict[str, Any],
        kept: dict[str, Any],
        output: np.ndarray,
        parents: list["Node | TensorBase | None"],
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
        self.tick = next(clock)
        self.hook: Callable[[Any], None] | None = None

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
        self.inputs = self.arrays = self.output = None
        self.kept = {}

    def check_fresh(self) -> None:
        """Refuse to differentiate with arrays that were changed in place after the op used them.

        Raises:
            RuntimeError: naming the op that saved the array and the one that changed it.
        """
        for x in self.inputs or ():
            if isinstance(x, TensorBase) and x.storage is not None and x.storage.written > self.tick:
                raise RuntimeError(
                    f"backward: {self.op.name} saved an input of shape {x.array.shape} that {x.storage.writer} "
                    "changed in place afterwards; run the forward pass again after changing it, or change a clone()"
                )

    def __repr__(self) -> str:
        return f"<{self.op.name}>"
