"""What a computation graph is, as plain data: the one thing that stands between recording and every picture.

Recorders make a `Graph`, transformations (`fold`, `collapse`, `hide`) make another one of it, and writers turn it
into DOT or whatever else; none of them knows any other. Nodes and scopes have numbers; those of nodes rise with the
time at which they ran, and a scope's is larger than its parent's.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

Shape = tuple[int, ...]

SMALL = 6  # elements up to which a tensor's numbers are shown themselves


@dataclass(frozen=True, slots=True)
class Numbers:
    """What is shown of a tensor's elements.

    Attributes:
        size: how many there are.
        items: the elements themselves, as `tolist()` gives them, if there are at most `SMALL`.
        low, mean, high: of those that are finite; NaN if none is.
        not_finite: how many are infinite or NaN.
    """

    size: int
    items: Any
    low: float
    mean: float
    high: float
    not_finite: int

    @classmethod
    def of(cls, array: np.ndarray) -> "Numbers":
        """Look at an array.

        >>> Numbers.of(np.arange(10.0)).text()
        ['min 0  mean 4.5  max 9']
        >>> Numbers.of(np.array([[1.0, 2.0], [3.0, 0.25]])).text()
        ['[1, 2]', '[3, 0.25]']
        """
        finite = array[np.isfinite(array)].astype(np.float64)
        low, mean, high = (finite.min(), finite.mean(), finite.max()) if finite.size else (np.nan,) * 3
        items = array.tolist() if array.size <= SMALL else None
        return cls(array.size, items, float(low), float(mean), float(high), array.size - finite.size)

    def text(self) -> list[str]:
        """Lines to show: the numbers, a matrix row by row, or their range."""
        if self.size == 0:
            return ["empty"]
        if self.items is not None:
            nested = isinstance(self.items, list) and isinstance(self.items[0], list)
            return [_written(row) for row in self.items] if nested else [_written(self.items)]
        lines = [f"min {_written(self.low)}  mean {_written(self.mean)}  max {_written(self.high)}"]
        if self.not_finite == self.size:
            lines = []
        return lines + [f"{self.not_finite} of {self.size} not finite"] * (self.not_finite > 0)


def _written(x: Any) -> str:
    if isinstance(x, list):
        return "[" + ", ".join(map(_written, x)) + "]"
    return f"{x:.4g}" if isinstance(x, float) else str(x)


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
        formulas: for each input of an op its letter and its derivative.
        value, gradient: its numbers, if they were asked for and there are any.
        ops: how many ops it stands for; of a folded module those of one repeat.
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
    formulas: tuple[tuple[str, str], ...] = ()
    value: Numbers | None = None
    gradient: Numbers | None = None
    ops: int = 0


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
class Graph:
    """A computation, to be drawn.

    Attributes:
        nodes: by number, in the order in which they ran.
        edges: in the order of their targets.
        scopes: by number, each after its parent.
        values, gradients: whether the numbers of the nodes, and of their gradients, were asked for; a node without
            any then has none.
        freed: whether some of the arrays were freed before it was recorded, and constants with them.
    """

    nodes: dict[int, Node] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    scopes: dict[int, Scope] = field(default_factory=dict)
    values: bool = False
    gradients: bool = False
    freed: bool = False

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


def hide(graph: Graph, kinds: set[str]) -> Graph:
    """Leave out the nodes of some kinds, and the scopes that are empty then.

    Arguments:
        graph: the graph.
        kinds: as `Node.kind` has them.

    Returns:
        Another graph.
    """
    nodes = {i: node for i, node in graph.nodes.items() if node.kind not in kinds}
    edges = [edge for edge in graph.edges if edge.source in nodes and edge.target in nodes]
    used: set[int | None] = {node.scope for node in nodes.values()}
    for scope in reversed(graph.scopes.values()):
        if scope.id in used:
            used.add(scope.parent)
    scopes = {i: scope for i, scope in graph.scopes.items() if i in used}
    return replace(graph, nodes=nodes, edges=edges, scopes=scopes)
