"""Making a graph small enough to look at: repeated blocks drawn once, modules closed to one box each.

Both make a new graph of the old one. Each looks at every node a few times, so that large graphs stay quick.
"""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from minigrad.graph.parts import Edge, Node, PlainGraph, Scope

G = TypeVar("G", bound=PlainGraph)


def collapse(graph: G, depth: int | None) -> G:
    """Close every module that lies deeper than `depth` to one box.

    Arguments:
        graph: the graph.
        depth: how many modules inside each other are left open: with 0 each outermost module is one box, with 1 it
            is open and those inside it are boxes. A module of a single op, inside another, is a box at any depth,
            for a frame around it would say no more. None leaves everything open.

    Returns:
        Another graph. Numbers of nodes and scopes stay what they were; a box has that of the last op inside.
    """
    if depth is None:
        return graph
    closed = _closed_scopes(graph, depth)
    inside: dict[int, list[Node]] = {}
    for node in graph.nodes.values():
        if node.scope is not None and closed[node.scope] is not None:
            inside.setdefault(closed[node.scope], []).append(node)  # type: ignore[arg-type]
    box = {node.id: nodes[-1].id for nodes in inside.values() for node in nodes}
    boxes = _boxes(graph, inside, box)
    nodes = {i: boxes.get(i, node) for i, node in graph.nodes.items() if box.get(i, i) == i}
    scopes = {i: scope for i, scope in graph.scopes.items() if closed[i] is None}
    return replace(graph, nodes=nodes, edges=_redirected(graph.edges, box), scopes=scopes, backward=(), seeds=())


def _closed_scopes(graph: PlainGraph, depth: int) -> dict[int, int | None]:
    """For each scope the one, itself or around it, that is closed to a box; None if it is open."""
    levels = graph.levels()
    ops = graph.ops_inside()
    closed: dict[int, int | None] = {}
    for i, scope in graph.scopes.items():
        outer = None if scope.parent is None else closed[scope.parent]
        close = levels[i] > depth or (ops[i] == 1 and scope.parent is not None)
        closed[i] = i if outer is None and close else outer
    return closed


def _boxes(graph: PlainGraph, inside: dict[int, list[Node]], box: dict[int, int]) -> dict[int, Node]:
    """A node for each closed scope, of the shape of what comes out of it, if that is one tensor."""
    leaving: dict[int, dict[int, Node]] = {}
    for edge in graph.edges:
        if edge.source in box and box.get(edge.target) != box[edge.source]:
            leaving.setdefault(box[edge.source], {})[edge.source] = graph.nodes[edge.source]
    count = graph.ops_inside()
    boxes = {}
    for i, nodes in inside.items():
        scope, me = graph.scopes[i], nodes[-1].id
        ops = [node for node in nodes if node.kind == "op"]
        results = list(leaving.get(me, {}).values())
        one = results[0] if len(results) == 1 else None
        boxes[me] = Node(
            id=me,
            kind="module",
            name=scope.label,
            shape=one.shape if one else None,
            dtype=one.dtype if one else "",
            scope=scope.parent,
            result=one.result if one else "",
            call=(ops[0].call or ops[0].name) if len(ops) == 1 else "",
            settings=ops[0].settings if len(ops) == 1 else (),
            rules=ops[0].rules if len(ops) == 1 else (),
            value=one.value if one else None,
            gradient=one.gradient if one else None,
            ops=count[i],
        )
    return boxes


def _redirected(edges: Iterable[Edge], box: dict[int, int]) -> list[Edge]:
    """Edges between boxes; those of one shape between the same two boxes are drawn as one."""
    kept: list[Edge] = []
    merged: dict[tuple[int, int, tuple[int, ...]], tuple[int, set[int]]] = {}
    for edge in edges:
        source, target = box.get(edge.source, edge.source), box.get(edge.target, edge.target)
        if edge.source not in box and edge.target not in box:
            kept.append(edge)
        elif source != target:
            place, tensors = merged.setdefault((source, target, edge.shape), (len(kept), set()))
            if not tensors:
                kept.append(replace(edge, source=source, target=target, argument=""))
            tensors.add(edge.source)
    for place, tensors in merged.values():
        kept[place] = replace(kept[place], tensors=len(tensors))
    return kept


# --- repeats


def fold(graph: G) -> G:
    """Draw modules that repeat each other once, marked with how often.

    Two scopes repeat each other if they stand one after the other in the same scope, hold the same ops with the same
    shapes, wired in the same way, and the second takes what the first gives, and else only what the first takes too.
    Which part of a tensor is taken may differ, as it does from one time step to the next.

    Arguments:
        graph: the graph, before anything is collapsed.

    Returns:
        Another graph: the first of each row of repeats stands for all, and gives what the last gives.
    """
    blocks = _Blocks(graph)
    stand_in: dict[int, int] = {}  # for each node that is folded away, the one that stands for it
    repeats: dict[int, tuple[str, ...]] = {}
    gone: set[int | None] = set()
    parents: list[int | None] = [None]
    while parents:
        children = blocks.children.get(parents.pop(), [])
        start = 0
        while start < len(children):
            first, *others = blocks.row(children, start)
            start += 1 + len(others)
            parents.append(first)
            repeats[first] = tuple(graph.scopes[other].name for other in others)
            gone.update(others)
            for other in others:
                stand_in.update(zip(blocks.members[other], blocks.members[first], strict=True))
    nodes = {i: node for i, node in graph.nodes.items() if i not in stand_in}
    edges = _handed_on([edge for edge in graph.edges if edge.target not in stand_in], stand_in)
    scopes: dict[int, Scope] = {}
    for i, scope in graph.scopes.items():
        if i in gone or scope.parent in gone:
            gone.add(i)
        else:
            scopes[i] = replace(scope, repeats=repeats[i]) if repeats.get(i) else scope
    return replace(graph, nodes=nodes, edges=edges, scopes=scopes, backward=(), seeds=())


def _handed_on(edges: list[Edge], stand_in: dict[int, int]) -> list[Edge]:
    """Edges that start at the nodes that are left; what several repeats hand to one node is drawn as one."""
    folded = {(stand_in[edge.source], edge.target) for edge in edges if edge.source in stand_in}
    kept: list[Edge] = []
    places: dict[tuple[int, int, tuple[int, ...]], int] = {}  # of the arrows that stand for several
    for edge in edges:
        source = stand_in.get(edge.source, edge.source)
        key = (source, edge.target, edge.shape)
        if key in places:
            first = kept[places[key]]
            kept[places[key]] = replace(first, tensors=first.tensors + edge.tensors)
            continue
        if (source, edge.target) in folded:
            places[key] = len(kept)
        kept.append(edge if source == edge.source else replace(edge, source=source))
    return kept


@dataclass(slots=True)
class _Block:
    """A scope, written down without anything that tells it from its repeats.

    Attributes:
        position: of each node inside, by number.
        structure: nodes, wiring and scopes inside.
        inputs: where the tensors come from that enter it, in order.
        exits: the positions of nodes whose results leave it, with the nodes they go to.
    """

    position: dict[int, int]
    structure: tuple[Any, ...]
    inputs: list[int]
    exits: list[tuple[int, int]]


class _Blocks:
    """The scopes of a graph, to be compared."""

    def __init__(self, graph: PlainGraph):
        self.graph = graph
        self.children: dict[int | None, list[int]] = {}
        self.members: dict[int, list[int]] = {i: [] for i in graph.scopes}  # nodes in a scope and those inside it
        self.into: dict[int, list[Edge]] = {i: [] for i in graph.nodes}
        self.out: dict[int, list[int]] = {i: [] for i in graph.nodes}
        self.blocks: dict[int, _Block] = {}
        for scope in graph.scopes.values():
            self.children.setdefault(scope.parent, []).append(scope.id)
        for node in graph.nodes.values():
            for i in self._around(node.scope):
                self.members[i].append(node.id)
        for edge in graph.edges:
            self.into[edge.target].append(edge)
            self.out[edge.source].append(edge.target)

    def _around(self, scope: int | None) -> Iterator[int]:
        while scope is not None:
            yield scope
            scope = self.graph.scopes[scope].parent

    def row(self, scopes: list[int], start: int) -> list[int]:
        """The scope at a place among its neighbours, and those after it that repeat it."""
        row = [scopes[start]]
        links: dict[int, int] = {}
        for following in itertools.islice(scopes, start + 1, None):
            found = self._links(row[-1], following)
            if not found or (links and found != links):
                break
            row.append(following)
            links = found
        return self._seen_alike(row, set(links.values()))

    def _links(self, first: int, second: int) -> dict[int, int]:
        """For each input of `second` that `first` gives, its position there; empty if they are no repeats."""
        one, other = self.graph.scopes[first], self.graph.scopes[second]
        if one.module != other.module or len(self.members[first]) != len(self.members[second]):
            return {}
        a, b = self._block(first), self._block(second)
        if a.structure != b.structure:
            return {}
        links = {}
        for i, (before, now) in enumerate(zip(a.inputs, b.inputs, strict=True)):
            if now in a.position:
                links[i] = a.position[now]
            elif now != before:
                return {}
        return links

    def _seen_alike(self, row: list[int], handed_on: set[int]) -> list[int]:
        """The blocks of a row up to which all give the same to the outside, but for what they hand on in the row."""
        blocks = [self._block(scope) for scope in row] if len(row) > 1 else []
        alike, given = 1, None
        for i, block in enumerate(blocks):
            if given is not None and {position for position, _ in block.exits} - given <= handed_on:
                alike = i + 1  # the row may end here
            following = blocks[i + 1].position if i + 1 < len(blocks) else {}
            beyond = {position for position, target in block.exits if target not in following}
            if given is not None and beyond != given:
                break
            given = beyond
        return row[:alike]

    def _block(self, scope: int) -> _Block:
        if scope not in self.blocks:
            self.blocks[scope] = self._read(scope)
        return self.blocks[scope]

    def _read(self, scope: int) -> _Block:
        members = self.members[scope]
        position = {node: i for i, node in enumerate(members)}
        inner: dict[int | None, int] = {scope: 0}
        inputs: dict[int, int] = {}
        structure: list[Any] = []
        for i in members:
            node = self.graph.nodes[i]
            for around in reversed(list(self._around(node.scope))):
                if around > scope and around not in inner:
                    inner[around] = len(inner)
                    within = self.graph.scopes[around]
                    structure.append((inner[within.parent], within.name, within.module))
            wires = [
                (edge.argument, position[edge.source])
                if edge.source in position
                else (edge.argument, -1 - inputs.setdefault(edge.source, len(inputs)))
                for edge in self.into[i]
            ]
            name = node.name.rpartition(".")[2] if node.kind == "parameter" else node.name
            settings = () if node.name == "getitem" else node.settings  # each step reads its own part of a sequence
            structure.append((inner[node.scope], node.kind, name, node.shape, node.dtype, settings, *wires))
        exits = [(position[i], target) for i in members for target in self.out[i] if target not in position]
        return _Block(position, tuple(structure), list(inputs), exits)


def hide(graph: G, kinds: set[str]) -> G:
    """Leave out the nodes of some kinds, and the scopes that are empty then.

    Arguments:
        graph: the graph.
        kinds: as `Node.kind` has them.

    Returns:
        Another graph, without the steps of the backward pass, which go through all nodes.
    """
    nodes = {i: node for i, node in graph.nodes.items() if node.kind not in kinds}
    edges = [edge for edge in graph.edges if edge.source in nodes and edge.target in nodes]
    used: set[int | None] = {node.scope for node in nodes.values()}
    for scope in reversed(graph.scopes.values()):
        if scope.id in used:
            used.add(scope.parent)
    scopes = {i: scope for i, scope in graph.scopes.items() if i in used}
    return replace(graph, nodes=nodes, edges=edges, scopes=scopes, backward=(), seeds=())
