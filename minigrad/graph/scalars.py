"""The scalar level: a box for each number, as micrograd draws it, with the slope of each on each.

Which number depends on which, nobody wrote down: it is asked of the rules. A rule is linear in the gradient g that it
is given, and the factor with which an entry of g enters an entry of a contribution is the slope of that result on
that input.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from minigrad.graph.explain import Ran, factors_of
from minigrad.graph.numbers import Numbers
from minigrad.graph.parts import Edge, Node, Scope
from minigrad.graph.representation import Graph

MOST = 200  # numbers that can be drawn
OPEN = 0.5  # what inputs are set to when it is asked what depends on what: relu is open there


def scalars(graph: Graph, ran: Mapping[int, Ran]) -> Graph:
    """Take tensors apart into numbers.

    Arguments:
        graph: a graph with values.
        ran: for each op what it ran on.

    Returns:
        Another graph: a node for each number, those of one tensor in a scope of its own; and an edge from each to
        those computed from it, whose `argument` is the slope.

    Raises:
        ValueError: for a graph of too many numbers, or one whose ops are not known any more.
    """
    count = sum(math.prod(node.shape) for node in graph.nodes.values() if node.shape is not None)
    if count > MOST:
        raise ValueError(f"draw: depth='scalar' draws {MOST} numbers at most, and this computation has {count:,}")
    return _Taken(graph, ran).graph()


class _Taken:
    """A graph while it is taken apart."""

    def __init__(self, graph: Graph, ran: Mapping[int, Ran]):
        self.whole, self.ran = graph, ran
        self.nodes: dict[int, Node] = {}
        self.edges: list[Edge] = []
        self.scopes = dict(graph.scopes)
        self.boxes: dict[int, np.ndarray] = {}  # for each tensor the numbers of its nodes

    def graph(self) -> Graph:
        """The numbers, and what depends on what."""
        for node in self.whole.nodes.values():
            if node.value is not None and node.value.array is not None and node.value.array.dtype.kind == "f":
                self._numbers(node, node.value.array)
        for edge, argument in self._inputs():
            self._slopes(edge, argument)
        return replace(self.whole, nodes=self.nodes, edges=self.edges, scopes=self.scopes, backward=(), seeds=())

    def _numbers(self, node: Node, values: np.ndarray) -> None:
        gradient = None if node.gradient is None else node.gradient.array
        scope = node.scope
        if values.size > 1:
            scope = max(self.scopes, default=-1) + 1
            name = f"{node.result} = {node.call or node.name}" if node.result else node.call or node.name
            self.scopes[scope] = Scope(scope, node.scope, name, "")
        ids = np.arange(values.size).reshape(values.shape) + len(self.nodes)
        for place in np.ndindex(values.shape):
            where = str(list(place)) if place else ""
            me = int(ids[place])
            self.nodes[me] = Node(
                id=me,
                kind=node.kind,
                name=node.name if node.result else node.name + where,
                shape=None,
                dtype="",
                scope=scope,
                result=node.result and node.result + where,
                rules=node.rules,
                value=Numbers.of(np.asarray(values[place])),
                gradient=None if gradient is None else Numbers.of(np.asarray(gradient[place])),
                ops=node.ops,
                requires_grad=node.requires_grad,
            )
        self.boxes[node.id] = ids

    def _inputs(self) -> Iterator[tuple[Edge, int | None]]:
        """The arrows between tensors of numbers, each with which input of its op it is; None into an output."""
        for edge in self.whole.edges:
            if edge.source not in self.boxes or edge.target not in self.boxes:
                continue
            if self.whole.nodes[edge.target].kind != "op":
                yield edge, None
            elif edge.target not in self.ran:
                raise ValueError("draw: depth='scalar' needs to know what the ops ran on; draw a recording or a tensor")
            else:
                yield edge, _argument(self.ran[edge.target], edge.argument)

    def _slopes(self, edge: Edge, argument: int | None) -> None:
        source, target = self.boxes[edge.source], self.boxes[edge.target]
        if argument is None:
            self.edges += [Edge(int(i), int(j), ()) for i, j in zip(source.flat, target.flat, strict=True)]
            return
        op = self.ran[edge.target]
        if op.op.rules[0 if op.op.variadic else argument] is None:
            return
        for place in np.ndindex(source.shape):
            slopes = factors_of(op, argument, place)
            for at in np.argwhere((slopes != 0) | (_opened(op, argument, place) != 0)):
                slope = f"· {slopes[tuple(at)]:.3g}"
                self.edges.append(Edge(int(source[place]), int(target[tuple(at)]), (), slope))


def _argument(ran: Ran, name: str) -> int:
    return int(name.removeprefix("tensors[")[:-1]) if ran.op.variadic else list(ran.op.arguments).index(name)


def _opened(ran: Ran, argument: int, place: tuple[int, ...]) -> np.ndarray:
    """The slopes where every input is the same positive number, which shows what depends on what by chance does not."""

    def opened(x: Any) -> Any:
        return np.full_like(x, OPEN) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x

    with np.errstate(all="ignore"):
        arrays = [opened(x) for x in ran.arrays]
        output = ran.op.forward(*arrays, **ran.params)
    output, kept = output if isinstance(output, tuple) else (output, None)
    return factors_of(_Opened(ran.op, arrays, np.asarray(output), ran.params, kept), argument, place)


class _Opened:
    """An op on other numbers than those it ran on."""

    def __init__(self, op: Any, arrays: Any, output: Any, params: Any, kept: Any):
        self.op, self.arrays, self.output, self.params, self.kept = op, arrays, output, params, kept
