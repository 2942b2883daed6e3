"""What a computation graph is made of, as plain data: boxes, arrows, modules, and the steps of the backward pass.

Nodes and scopes have numbers; those of nodes rise with the time at which they ran, and a scope's is larger than its
parent's.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from minigrad.graph.numbers import Numbers, Shape

KINDS = ("input", "parameter", "constant", "op", "module", "output")


class Rule(NamedTuple):
    """How an op's derivative with respect to one input is found, as texts.

    Attributes:
        letter: what the formula calls the input.
        formula: the derivative in mathematical notation, given the gradient g of the output y; "" if there is none.
        code: the Python expression or function that computes it; "" if its source is not there.
    """

    letter: str
    formula: str
    code: str


@dataclass(frozen=True, slots=True)
class Node:
    """A box of the picture.

    Attributes:
        id: its number.
        kind: "op"; "parameter"; "input", a leaf that is no parameter; "constant", a tensor that wants no gradient;
            "output"; or "module", which stands for all that is inside.
        name: of an op its name; of a parameter its path in the outermost module; else what it is called.
        shape, dtype: of the tensor it stands for or makes; None for a module with several results.
        scope: number of the scope it is in, or None.
        result: what the user calls an op's result, if known.
        call: how an op is called if there are plain numbers among its inputs: "sub(1, ·)"; of a module that holds a
            single op, what that is.
        settings: the op's arguments that are not tensors: names and texts.
        rules: for each input of an op how its derivative is found; one for all if there is any number of inputs.
        value, gradient: its numbers, if they were asked for and there are any.
        ops: how many ops it stands for; of a folded module those of one repeat.
        flops: the floating-point operations that these took going forward: see `minigrad.graph.flops`.
        saved_bytes: the memory that they hold for the backward pass, each array counted where it is held first.
        requires_grad: whether a gradient of it is wanted.
        line, code: where the user's program ran the op, as "file.py:12", and what is written there.
        role: what the module around it calls the result, as attention "q", "scores" or "weights".
        error: what an op that failed said; it has no result then.
        detached: whether it was taken out of history, by `detach()` or under `no_grad()`, though something it was
            computed from wants a gradient.
    """

    id: int
    kind: str
    name: str
    shape: Shape | None
    dtype: str
    scope: int | None = None
    result: str = ""
    call: str = ""
    settings: tuple[tuple[str, str], ...] = ()
    rules: tuple[Rule, ...] = ()
    value: Numbers | None = None
    gradient: Numbers | None = None
    ops: int = 0
    flops: int = 0
    saved_bytes: int = 0
    requires_grad: bool = False
    line: str = ""
    code: str = ""
    role: str = ""
    error: str = ""
    detached: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow: a tensor that goes from one node to another.

    Attributes:
        source, target: numbers of the nodes.
        shape: of the tensor.
        argument: which input of the target it is.
        tensors: how many different tensors of this shape the arrow stands for.
    """

    source: int
    target: int
    shape: Shape
    argument: str = ""
    tensors: int = 1


@dataclass(frozen=True, slots=True)
class Scope:
    """One call of a module, or a named part of one.

    Attributes:
        id: its number.
        parent: number of the scope around it, or None.
        name: its path in the module around it, or the name of the part; "" for an outermost module.
        module: the module's class, or "" for a part that only has a name.
        repeats: names of the scopes that were folded into this one.
    """

    id: int
    parent: int | None
    name: str
    module: str
    repeats: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """What it is called.

        >>> Scope(1, 0, "layers.0", "Layer", repeats=("layers.1", "layers.2")).label
        'layers.0 … layers.2 · Layer × 3'
        """
        last = self.repeats[-1] if self.repeats else self.name
        name = self.name if last == self.name else f"{self.name} … {last}"
        label = " · ".join(part for part in (name, self.module) if part)
        return f"{label} × {len(self.repeats) + 1}" if self.repeats else label


@dataclass(frozen=True, slots=True)
class Contribution:
    """What an op hands back to one of its inputs.

    Attributes:
        target: number of the node whose gradient it is a part of.
        argument: which input of the op that is, counted from 0.
        value: its numbers; where it is the whole gradient of the target, the same object as that node's `gradient`.
        summed: its shape before the sum over the dimensions that were broadcast; () if nothing was summed.
    """

    target: int
    argument: int
    value: Numbers | None
    summed: Shape = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the backward pass: an op whose gradient was complete handed on what its rules made of it.

    Attributes:
        node: number of the op.
        contributions: in the order in which they arrived.
    """

    node: int
    contributions: tuple[Contribution, ...]


@dataclass(frozen=True, slots=True)
class Seed:
    """A gradient with which the backward pass began, 1 for a loss.

    Attributes:
        node: number of the node that it is the gradient of, or, if more arrived there, the first part of.
        value: its numbers.
    """

    node: int
    value: Numbers | None


@dataclass(frozen=True, slots=True)
class PlainGraph:
    """A computation: the numbers and the wiring, and nothing that shows them. `Graph` has that too.

    Attributes:
        nodes: by number, in the order in which they ran.
        edges: in the order of their targets.
        scopes: by number, each after its parent.
        values, gradients: whether the numbers of the nodes, and of their gradients, were asked for; a node without
            any then has none.
        freed: whether some of the arrays were freed before it was recorded, and constants with them.
        backward: the steps of the backward pass, in the order in which the ops fired. A node's gradient is the sum of
            its seeds and of the contributions to it, in that order.
        seeds: the gradients that it began with.
    """

    nodes: dict[int, Node] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    scopes: dict[int, Scope] = field(default_factory=dict)
    values: bool = False
    gradients: bool = False
    freed: bool = False
    backward: tuple[Step, ...] = ()
    seeds: tuple[Seed, ...] = ()

    @property
    def seed(self) -> Seed | None:
        """The gradient that the backward pass began with; of several the first."""
        return self.seeds[0] if self.seeds else None

    def levels(self) -> dict[int | None, int]:
        """How deep each scope lies: 1 for an outermost one; 0 for None, which is outside."""
        levels: dict[int | None, int] = {None: 0}
        for scope in self.scopes.values():
            levels[scope.id] = levels[scope.parent] + 1
        return levels

    def ops_inside(self) -> dict[int, int]:
        """How many ops each scope holds, those of the scopes inside it included, and repeats as often as they ran."""
        ops = dict.fromkeys(self.scopes, 0)
        for node in self.nodes.values():
            if node.scope is not None:
                ops[node.scope] += node.ops
        for scope in reversed(self.scopes.values()):
            if scope.parent is not None:
                ops[scope.parent] += ops[scope.id] * (1 + len(scope.repeats))
        return ops
