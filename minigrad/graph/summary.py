"""`print(graph)`: the modules as a tree, with what each gives, holds and costs, in a terminal's width."""

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from minigrad.graph.parts import Edge, Node, Scope

HEAD = ("", "gives", "ops", "parameters", "FLOPs", "bytes kept")
LISTED = 40  # ops up to which a computation without modules is listed op by op


def summary(nodes: Iterable[Node], edges: Iterable[Edge], scopes: Iterable[Scope]) -> str:
    """A table: a line for each module, those inside it below it, and modules that repeat each other once.

    Arguments:
        nodes, edges, scopes: of the graph, each in its order.

    Returns:
        Lines of text. `gives` are the shapes of the results that leave a module, `parameters` how many numbers it
        uses, `bytes kept` what its ops hold for the backward pass. The first line is the sum; a parameter that several
        modules share counts once in it, as does memory.
    """
    reader = _Reader(list(nodes), list(edges), list(scopes))
    return _table([Line("all", reader.all()), *reader.below(None, "")])


class Cells(NamedTuple):
    """What is told of a module, in the order of the columns."""

    gives: str
    ops: int
    parameters: int
    flops: int
    bytes: int

    def texts(self) -> list[str]:
        """As they are printed."""
        return [self.gives, *(f"{n:,}" if n else "" for n in self[1:])]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table: the name in its place in the tree, and the cells."""

    name: str
    cells: Cells


class _Reader:
    """A graph, to be added up by module."""

    def __init__(self, nodes: list[Node], edges: list[Edge], scopes: list[Scope]):
        self.nodes = {node.id: node for node in nodes}
        self.scopes = {scope.id: scope for scope in scopes}
        self.inside: dict[int | None, list[Scope]] = {}
        self.ops: dict[int | None, list[Node]] = {None: []}  # those inside a scope, the scopes inside it included
        self.parameters: dict[int | None, set[int]] = {None: set()}
        self.results: dict[int | None, dict[int, None]] = {None: {}}  # the ops whose results leave a scope
        for scope in scopes:
            self.inside.setdefault(scope.parent, []).append(scope)
            self.ops[scope.id], self.parameters[scope.id], self.results[scope.id] = [], set(), {}
        around = {node.id: self._around(node.scope) for node in nodes}
        for node in nodes:
            if node.kind == "op":
                for i in around[node.id]:
                    self.ops[i].append(node)
        for edge in edges:
            source, users = self.nodes[edge.source], around[edge.target]
            if source.kind == "parameter":
                for i in users:
                    self.parameters[i].add(source.id)
            elif source.kind == "op":
                left = set(around[source.id]) - set(users) if self.nodes[edge.target].kind == "op" else None
                for i in around[source.id] if left is None else left:
                    self.results[i][source.id] = None

    def _around(self, scope: int | None) -> list[int | None]:
        """A scope and those around it, None for the whole last."""
        found: list[int | None] = []
        while scope is not None:
            found.append(scope)
            scope = self.scopes[scope].parent
        return [*found, None]

    def all(self) -> Cells:
        """What the whole gives, holds and costs."""
        return self._cells(None)

    def below(self, scope: int | None, indent: str) -> list[Line]:
        """The lines of what is inside a scope."""
        children = self.inside.get(scope, [])
        if scope is None and not children:
            return self._listed()
        rows = _folded([(child, self.below(child.id, "")) for child in children], self._cells)
        lines = []
        for n, (name, cells, inner) in enumerate(rows):
            last = n == len(rows) - 1
            lines.append(Line(f"{indent}{'└─' if last else '├─'} {name}", cells))
            lines += [Line(f"{indent}{'   ' if last else '│  '}{line.name}", line.cells) for line in inner]
        return lines

    def _listed(self) -> list[Line]:
        """The ops themselves, where there are no modules and not too many ops."""
        ops = self.ops[None]
        if len(ops) > LISTED:
            return []
        names = [f"{op.result} = {op.call or op.name}" if op.result else op.call or op.name for op in ops]
        return [
            Line(f"{'└─' if op is ops[-1] else '├─'} {name}", _of_op(op)) for name, op in zip(names, ops, strict=True)
        ]

    def _cells(self, scope: int | None) -> Cells:
        ops = self.ops[scope]
        results = [self.nodes[i] for i in self.results[scope]] or ops[-1:]
        shapes = list(dict.fromkeys("failed" if node.error else str(node.shape) for node in results))
        return Cells(
            gives=", ".join(shapes[:2]) + ", …" * (len(shapes) > 2),
            ops=len(ops),
            parameters=sum(_size(self.nodes[i]) for i in self.parameters[scope]),
            flops=sum(op.flops for op in ops),
            bytes=sum(op.saved_bytes for op in ops),
        )


def _of_op(op: Node) -> Cells:
    return Cells("failed" if op.error else str(op.shape), 1, 0, op.flops, op.saved_bytes)


def _folded(
    children: list[tuple[Scope, list[Line]]], cells: Callable[[int], Cells]
) -> list[tuple[str, Cells, list[Line]]]:
    """Modules with what is inside them; those that follow each other and look alike as one, with the last's numbers."""
    rows = []
    for _, found in itertools.groupby(
        children, key=lambda child: _looks(child[0].module, cells(child[0].id), child[1])
    ):
        alike = list(found)
        first, (last, inner) = alike[0][0], alike[-1]
        shown = replace(first, repeats=(*first.repeats, *(scope.name for scope, _ in alike[1:])))
        rows.append((shown.label, cells(last.id), inner))
    return rows


def _looks(module: str, cells: Cells, inner: list[Line]) -> tuple[Any, ...]:
    """What tells a module from another, but for the bytes: the first of a row keeps its input too."""
    return module, cells[:-1], [(line.name, line.cells[:-1]) for line in inner]


def _size(node: Node) -> int:
    return math.prod(node.shape or ())


def _table(lines: Sequence[Line]) -> str:
    rows = [list(HEAD), *([line.name, *line.cells.texts()] for line in lines)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            text.ljust(width) if i < 2 else text.rjust(width)
            for i, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
