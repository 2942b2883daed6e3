"""What each place of the explorer shows: boxes for what is inside, stubs for neighbours, arrows between them.

Parameters and constants are named in the boxes of the ops that use them, wherever else they are used, so that no arrow
runs across the whole graph. What lies outside a place is shown as the largest thing that holds it and not the place:
that is a stub, and it leads there.
"""

import math
from dataclasses import dataclass, field

from minigrad.graph.explorer.places import Item, Place, Places, title
from minigrad.graph.parts import Edge, Node
from minigrad.graph.representation import Graph

FEW = 4  # numbers that a box shows itself
UNFOLDED = 36  # boxes up to which a place can be unfolded inside another


@dataclass(slots=True)
class Box:
    """A box of a view.

    Attributes:
        id: "n3" for a node, "s3" and the like for a place.
        kind: of the node or the place.
        lines: what stands in it.
        stub: whether it is a neighbour.
        numbers: how many numbers it shows, if they are few enough.
        result: the output that it is, if it is one.
        chips: the leaves named in it: number, text, and how many ops use it.
    """

    id: str
    kind: str
    lines: tuple[str, ...]
    stub: bool = False
    numbers: int = 0
    result: str = ""
    chips: list[tuple[int, str, int]] = field(default_factory=list)


@dataclass(slots=True)
class View:
    """What a place shows.

    Attributes:
        boxes: by id.
        arrows: from box to box, with a label.
        opened: the place that is unfolded inside this one, and the boxes in it.
    """

    boxes: dict[str, Box] = field(default_factory=dict)
    arrows: dict[tuple[str, str], str] = field(default_factory=dict)
    opened: str = ""
    inner: list[str] = field(default_factory=list)


def views(graph: Graph, places: Places) -> tuple[dict[str, View], dict[str, View]]:
    """What every place shows, and what the place around it shows with it unfolded; by the places' keys."""
    return _Views(graph, places).all()


class _Views:
    def __init__(self, graph: Graph, places: Places):
        self.graph, self.places = graph, places
        self.uses: dict[int, set[int]] = {}
        self.chips: dict[int, list[int]] = {}
        self.outputs = {edge.source: graph.nodes[edge.target].name for edge in graph.edges if self._is_output(edge)}
        for edge in graph.edges:
            if edge.source in places.attached and not self._is_output(edge):
                self.uses.setdefault(edge.source, set()).add(edge.target)
                chips = self.chips.setdefault(edge.target, [])
                if edge.source not in chips:
                    chips.append(edge.source)
        self.chains = {node: places.chain(node) for node in places.home}
        self.around = {key: places.around(key) for key in places.all}
        self.wires = [edge for edge in graph.edges if not {edge.source, edge.target} & places.attached]
        self.touching: dict[str, list[Edge]] = {key: [] for key in places.all}
        for edge in self.wires:
            for key in {*self.chains[edge.source][:-1], *self.chains[edge.target][:-1]}:
                self.touching[str(key)].append(edge)
        self.ops = self._counts("op")
        self.results = self._results()

    def _is_output(self, edge: Edge) -> bool:
        return self.graph.nodes[edge.target].kind == "output"

    def all(self) -> tuple[dict[str, View], dict[str, View]]:
        closed = {key: self._closed(place) for key, place in self.places.all.items()}
        opened = {
            key: self._opened(place, closed[place.parent])
            for key, place in self.places.all.items()
            if place.parent is not None and len(place.items) + len(closed[place.parent].boxes) <= UNFOLDED
        }
        return closed, opened

    def _closed(self, place: Place) -> View:
        """What a place shows."""
        view = View({_id(item): self._box(item) for item in place.items})
        for edge in self.touching[place.key]:
            self._arrow(view, edge, place.key)
        return view

    def _opened(self, place: Place, around: View) -> View:
        """What the place around this one shows when this one is unfolded in it."""
        assert place.parent is not None
        boxes = {id: box for id, box in around.boxes.items() if id != place.key}
        inner = {_id(item): self._box(item) for item in place.items}
        arrows = {ends: label for ends, label in around.arrows.items() if place.key not in ends}
        view = View(boxes | inner, arrows, place.key, list(inner))
        for edge in self.touching[place.key]:
            self._arrow(view, edge, place.parent, place.key)
        return view

    def _arrow(self, view: View, edge: Edge, place: str, opened: str = "") -> None:
        """Draw an edge in a view, if its ends are not in one box there."""
        source, target = (self._shown(node, place, opened) for node in (edge.source, edge.target))
        if source == target:
            return
        for end in (source, target):
            if _id(end) not in view.boxes:
                box = self._box(end)
                view.boxes[box.id] = Box(box.id, box.kind, (box.lines[0], ""), stub=True)
        box, shape = view.boxes[_id(source)], str(edge.shape)
        if box.stub:  # it tells the shape of what comes from it, if that is the same for all
            name, known = box.lines
            box.lines = (name, shape if known in ("", shape) else "several shapes")
        view.arrows[_id(source), _id(target)] = "" if shape in box.lines[1] or box.stub else shape

    def _shown(self, node: int, place: str, opened: str) -> Item:
        """What stands for a node in a place: something inside, or the largest thing that holds the node but not it."""
        chain = self.chains[node]
        level = 0
        for here in self.around[place]:
            if chain[level] != here:
                return chain[level]
            level += 1
        return chain[level + 1] if chain[level] == opened else chain[level]

    # --- boxes

    def _box(self, item: Item) -> Box:
        if isinstance(item, str):
            return self._place_box(self.places.all[item])
        node = self.graph.nodes[item]
        lines = [title(node), _about(node)]
        if item in self.places.inside:
            scope = self.graph.scopes[self.places.inside[item]]
            lines = [scope.name or scope.module, " ".join(filter(None, [title(node), _about(node)]))]
        chips = [(leaf, self._chip(leaf), len(self.uses[leaf])) for leaf in self.chips.get(item, [])]
        return Box(f"n{item}", node.kind, tuple(lines), False, _few(node), self.outputs.get(item, ""), chips)

    def _place_box(self, place: Place) -> Box:
        ops, one = self.ops[place.key], self.results.get(place.key, set())
        shape = str(self.graph.nodes[next(iter(one))].shape) if len(one) == 1 else ""
        about = " ".join(filter(None, [place.about, shape]))
        return Box(place.key, place.kind, (place.label, about, f"{ops} op{'s' * (ops != 1)}"))

    def _chip(self, leaf: int) -> str:
        node = self.graph.nodes[leaf]
        return node.name.rpartition(".")[2] or node.name

    def _counts(self, kind: str) -> dict[str, int]:
        counts = dict.fromkeys(self.places.all, 0)
        for node, chain in self.chains.items():
            if self.graph.nodes[node].kind == kind:
                for key in chain[:-1]:
                    counts[str(key)] += 1
        return counts

    def _results(self) -> dict[str, set[int]]:
        """For each place the nodes whose results leave it."""
        results: dict[str, set[int]] = {}
        for edge in self.wires:
            target = set(self.chains[edge.target][:-1])
            for key in self.chains[edge.source][:-1]:
                if key not in target:
                    results.setdefault(str(key), set()).add(edge.source)
        return results


def _id(item: Item) -> str:
    return item if isinstance(item, str) else f"n{item}"


def _few(node: Node) -> int:
    """How many numbers a tensor has, if its box has room for them."""
    size = -1 if node.shape is None else math.prod(node.shape)
    return size if 0 < size <= FEW else 0


def _about(node: Node) -> str:
    parts = [node.role, "" if node.shape is None else str(node.shape)]
    if not node.dtype.startswith("float"):
        parts.append(node.dtype)
    return " ".join(part for part in parts if part)
