"""The tree of places that the explorer opens one at a time: modules, rows of repeats, and pages of long ones.

Modules are places as they are. Three things keep each place small enough to look at: a module of a single op is drawn
as that op; modules that repeat each other three times or more stand in a row of their own; and a long run of ops, such
as the time steps of a recurrent layer, is divided where it repeats itself, else into pages.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from minigrad.graph.representation import Graph, Node
from minigrad.graph.simplify import fold

MOST = 24  # boxes in one place, neighbours not counted
ROW = 3  # repeats that are worth a row of their own

Item = str | int  # the key of a place, or the number of a node


@dataclass(slots=True)
class Place:
    """Something that can be opened.

    Attributes:
        key: what it is called in the page; "" for the whole.
        parent: key of the place around it; None for the whole.
        kind: "whole", "module", "row" (of repeats), "step" (one repeat of a run of ops) or "page".
        label, about: what people call it, and what it is.
        scope: number of the scope, if it is a module.
        items: what it shows, in the order in which it ran.
    """

    key: str
    parent: str | None
    kind: str
    label: str
    about: str = ""
    scope: int | None = None
    items: list[Item] = field(default_factory=list)


class Places:
    """All places of a graph.

    Attributes:
        all: by key, each after the one around it.
        home: for each node the place that shows it itself.
        attached: what has no box of its own: parameters and constants, named in the boxes of the ops that use them,
            and outputs, which mark the boxes that they are the results of.
        inside: for each node that is drawn for a module of a single op, that module's scope.
    """

    def __init__(self, graph: Graph):
        self.graph = graph
        self.all: dict[str, Place] = {"": Place("", None, "whole", "Everything")}
        self.home: dict[int, str] = {}
        self.inside: dict[int, int] = {}
        roomy = len(graph.nodes) <= MOST and not graph.scopes
        boxes = ("op", "input", "parameter", "constant") if roomy else ("op", "input")
        self.attached = {node.id for node in graph.nodes.values() if node.kind not in boxes}
        self._ops = graph.ops_inside()
        self._content: dict[int | None, list[tuple[int, bool]]] = {None: []}  # (number, is it a scope?), as they ran
        self._rows = _rows(graph)
        self._wires: dict[int, list[int]] = {}
        for edge in graph.edges:
            if not {edge.source, edge.target} & self.attached:
                self._wires.setdefault(edge.target, []).append(edge.source)
        self._read_content()
        self._fill(self.all[""], None)
        for place in self.all.values():
            self.home.update({item: place.key for item in place.items if isinstance(item, int)})

    def around(self, key: str) -> list[str]:
        """A place and those around it, from the whole inwards."""
        around: list[str] = []
        at: str | None = key
        while at is not None:
            around.append(at)
            at = self.all[at].parent
        return around[::-1]

    def chain(self, node: int) -> list[Item]:
        """What shows a node, from the whole inwards: places, then the node itself."""
        return [*self.around(self.home[node]), node]

    def _read_content(self) -> None:
        seen: set[int] = set()
        for node in self.graph.nodes.values():
            if node.id in self.attached:
                continue
            scope, around = node.scope, []
            while scope is not None and scope not in seen:
                seen.add(scope)
                around.append(scope)
                scope = self.graph.scopes[scope].parent
            for inner in reversed(around):
                self._content.setdefault(self.graph.scopes[inner].parent, []).append((inner, True))
            self._content.setdefault(node.scope, []).append((node.id, False))

    def _fill(self, place: Place, scope: int | None) -> None:
        """Put a scope's content into a place, and go on with the modules inside."""
        rows = self._rows.get(scope, {})
        made: list[Place] = []
        left = 0  # how many repeats of the row are still to come
        signs: list[tuple[object, ...]] = []
        for number, is_scope in self._content.get(scope, []):
            into = place
            if is_scope and number in rows:
                left = rows[number]
                made.append(self._add(Place(f"r{number}", place.key, "row", self._row_label(number, left), "repeats")))
                place.items.append(made[-1].key)
                signs.append(("row", number))
            if is_scope and left:
                into, left = made[-1], left - 1
            item = self._module(number, into) if is_scope else number
            into.items.append(item)
            if into is place:
                signs.append(self._sign(number, is_scope))
        self._divide(place, signs)
        for row in made:
            self._divide(row, [("repeat",)] * len(row.items))

    def _module(self, scope: int, into: Place) -> Item:
        if self._ops[scope] == 1 and self.graph.scopes[scope].parent is not None:
            node = self._only(scope)
            if node is not None:
                self.inside[node] = scope
                return node
        of = self.graph.scopes[scope]
        place = self._add(
            Place(f"s{scope}", into.key, "module", of.name or of.module, of.module if of.name else "", scope)
        )
        self._fill(place, scope)
        return place.key

    def _only(self, scope: int) -> int | None:
        """The single op inside a scope, if nothing else is drawn there."""
        content = self._content.get(scope, [])
        if len(content) != 1:
            return None
        number, is_scope = content[0]
        return self._only(number) if is_scope else number

    def _add(self, place: Place) -> Place:
        self.all[place.key] = place
        return place

    def _sign(self, number: int, is_scope: bool) -> tuple[object, ...]:
        """What must be equal where a run of ops repeats itself."""
        if is_scope:
            scope = self.graph.scopes[number]
            return scope.module or scope.name, self._ops[number]
        node = self.graph.nodes[number]
        return node.kind, node.name, node.shape

    def _row_label(self, first: int, count: int) -> str:
        scope = self.graph.scopes[first]
        return f"{scope.module or scope.name} × {count}"

    # --- long places

    def _divide(self, place: Place, signs: Sequence[tuple[object, ...]]) -> None:
        """Put what a place shows into smaller places, where it is too much."""
        if len(place.items) <= MOST:
            return
        start, length, repeats = self._run(place.items, signs)
        if repeats >= ROW:
            end = start + length * repeats
            steps = [place.items[i : i + length] for i in range(start, end, length)]
            parts: list[Item] = [
                self._part(place, f"{place.key}t{start + i}", "step", f"step {i + 1} of {repeats}", items)
                for i, items in enumerate(steps)
            ]
            before, after = place.items[:start], place.items[end:]
            if len(before) + len(parts) + len(after) > MOST:
                parts = [self._part(place, f"{place.key}t", "row", f"{repeats} steps", parts)]
                self._page(self.all[str(parts[0])])
            if len(before) + len(parts) + len(after) > MOST:
                before, after = self._one(place, before, "a"), self._one(place, after, "z")
            place.items = [*before, *parts, *after]
        else:
            self._page(place)

    def _one(self, place: Place, items: list[Item], letter: str) -> list[Item]:
        """Items as one page, if they are many."""
        if len(items) <= MOST // 4:
            return items
        page = self._part(place, f"{place.key}{letter}", "page", self._from_to(items), items)
        self._page(self.all[page])
        return [page]

    def _page(self, place: Place) -> None:
        """Divide what a place shows into pages, and those into pages of pages, until it can be looked at."""
        level = 0
        while len(place.items) > MOST:
            level += 1
            rows = [place.items[start : start + MOST] for start in range(0, len(place.items), MOST)]
            place.items = [
                self._part(place, f"{place.key}p{level}_{i}", "page", self._from_to(row), row)
                for i, row in enumerate(rows)
            ]

    def _from_to(self, items: list[Item]) -> str:
        ends = (items[0], items[-1])
        first, last = (self.all[x].label if isinstance(x, str) else title(self.graph.nodes[x]) for x in ends)
        first, last = first.partition(" … ")[0], last.rpartition(" … ")[2]
        if first.startswith("step"):
            return f"steps {first.split()[1]} … {last.split()[-3 if ' of ' in last else -1]}"
        return f"{first} … {last}"

    def _part(self, around: Place, key: str, kind: str, label: str, items: list[Item]) -> str:
        self._add(Place(key, around.key, kind, label, items=list(items)))
        for item in items:
            if isinstance(item, str):
                self.all[item].parent = key
        return key

    def _run(self, items: Sequence[Item], signs: Sequence[tuple[object, ...]]) -> tuple[int, int, int]:
        """The longest stretch in which a pattern repeats itself: where it starts, the pattern's length, how often."""
        number = {sign: i for i, sign in enumerate(dict.fromkeys(signs))}
        row = np.array([number[sign] for sign in signs])
        best = (0, 1, 0)
        for length in range(2, min(MOST, len(row) // ROW) + 1):
            alike = np.concatenate([[False], row[length:] == row[:-length], [False]])
            edges = np.flatnonzero(alike[1:] != alike[:-1])
            runs = edges[1::2] - edges[::2]
            if runs.size:
                longest = int(runs.argmax())
                covered = int(runs[longest]) + length
                if covered > 1.1 * best[1] * best[2]:  # a longer pattern must be worth it
                    best = (int(edges[2 * longest]), length, covered // length)
        start, length, repeats = best
        if repeats < ROW:
            return best
        end = _end(row, start, length)
        cuts = [(start + shift, length, (end - start - shift) // length) for shift in range(length)]
        return min((cut for cut in cuts if cut[2] >= ROW), key=lambda cut: self._crossing(items, *cut))

    def _crossing(self, items: Sequence[Item], start: int, length: int, repeats: int) -> float:
        """How many tensors go from one repeat to others, on average: a good cut goes through few."""
        step = {item: i // length for i, item in enumerate(items[start : start + length * repeats])}
        crossing = {
            source
            for target in step
            if isinstance(target, int)
            for source in self._wires.get(target, ())
            if source in step and step[source] != step[target]
        }
        return len(crossing) / repeats


def _end(row: np.ndarray, start: int, length: int) -> int:
    """Up to where a pattern of some length that starts at a place repeats itself."""
    alike = row[start + length :] == row[start:-length]
    return len(row) if alike.all() else start + length + int(alike.argmin())


def _rows(graph: Graph) -> dict[int | None, dict[int, int]]:
    """For each scope the rows of repeats in it: the first scope of each row, and how many there are."""
    children: dict[int | None, list[int]] = {}
    for scope in graph.scopes.values():
        children.setdefault(scope.parent, []).append(scope.id)
    rows: dict[int | None, dict[int, int]] = {}
    alike: list[tuple[int, int]] = []
    for scope in fold(graph).scopes.values():
        if scope.repeats:
            siblings = children[scope.parent]
            place = siblings.index(scope.id)
            count = 1 + len(scope.repeats)
            alike += [(scope.id, other) for other in siblings[place + 1 : place + count]]
            if count >= ROW:
                rows.setdefault(scope.parent, {})[scope.id] = count
    while alike:  # what is inside the repeats is as what is inside the first
        first, other = alike.pop()
        twin = dict(zip(children.get(first, []), children.get(other, []), strict=True))
        alike += twin.items()
        if first in rows:
            rows[other] = {twin[start]: count for start, count in rows[first].items()}
    return rows


def title(node: Node) -> str:
    """What a node's box says first."""
    name = node.call if node.call and node.kind == "op" else node.name
    return f"{node.result} = {name}" if node.result else name
