"""The explorer's page: one HTML file that holds everything it needs and may fetch nothing."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from minigrad.graph.explorer.layout import layouts, plain
from minigrad.graph.explorer.places import Places
from minigrad.graph.explorer.pool import Pool, pooled
from minigrad.graph.explorer.views import Box, View, views
from minigrad.graph.numbers import KEPT, Numbers
from minigrad.graph.representation import Graph
from minigrad.utils.page import joined, self_contained, to_json

FOLDER = Path(__file__).with_name("page")
SCRIPTS = (
    "core.js",
    "parts.js",
    "maps.js",
    "heat.js",
    "grids.js",
    "summary.js",
    "matrix.js",
    "terms.js",
    "formula.js",
    "ledger.js",
    "naive.js",
    "check.js",
    "decoding.js",
    "attention.js",
    "story.js",
    "camera.js",
    "boxes.js",
    "states.js",
    "graph.js",
    "paint.js",
    "about.js",
    "stepper.js",
    "search.js",
    "keys.js",
    "start.js",
)
STYLES = ("base.css", "graph.css", "panels.css")
LARGEST = 2_990_000  # characters of a page, if there is any way
LIMITS = (KEPT, 8192, 4096, 2048, 1024, 512, 256, 64)  # sizes of tensors kept whole, the first that fits


def page(graph: Graph, title: str, more: dict[str, Any]) -> str:
    """Write the page.

    Arguments:
        graph: what it shows.
        title: what stands above it.
        more: what the panels need besides: maps, attention, checks, decoding, tokens, notes.

    Returns:
        The HTML.

    Raises:
        RendererError: when there is no Graphviz to lay it out.
    """
    styles, scripts = ([FOLDER / name for name in names] for names in (STYLES, SCRIPTS))
    data = _data(graph, title, more)
    fixed = sum(map(len, (joined(styles), joined(scripts), to_json(data))))
    limit, numbers = _numbers(graph, LARGEST - fixed)
    data |= numbers
    if limit < KEPT:
        data["notes"] += [f"Tensors of more than {limit:,} elements are summarised, to keep this page small."]
    return self_contained(FOLDER / "page.html", styles, scripts, title, data)


def _data(graph: Graph, title: str, more: dict[str, Any]) -> dict[str, Any]:
    places = Places(graph)
    closed, opened = views(graph, places)
    found, which = layouts([*closed.values(), *opened.values()])
    boxes = {box.id: _box(box) for view in closed.values() for box in view.boxes.values() if not box.stub}
    numbers = [[which[i], _names(view)] for i, view in enumerate([*closed.values(), *opened.values()])]
    return {
        "maps": {},
        "attention": [],
        "decoding": [],
        "checks": [],
        "tokens": {},
        **more,
        "notes": [*more.get("notes", ())],
        "version": 1,
        "title": title,
        "places": {
            key: {"parent": place.parent, "kind": place.kind, "label": place.label, "about": place.about}
            for key, place in places.all.items()
        },
        "homes": places.home,
        "start": "",
        "boxes": boxes,
        "layouts": [plain(layout) for layout in found],
        "views": dict(zip(closed, numbers, strict=False)),
        "unfolded": dict(zip(opened, numbers[len(closed) :], strict=True)),
    }


def _box(box: Box) -> dict[str, Any]:
    more = {"chips": box.chips, "numbers": box.numbers, "result": box.result}
    return {"kind": box.kind, "lines": box.lines, **{name: value for name, value in more.items() if value}}


def _names(view: View) -> list[str]:
    """The boxes of a view; of stubs, which differ from view to view, also what is added to their names."""
    return [f"{box.id}~{box.lines[1]}" if box.stub else box.id for box in view.boxes.values()]


# --- the numbers


def _numbers(graph: Graph, room: int) -> tuple[int, dict[str, Any]]:
    """The graph with its numbers in a pool, and the size from which on tensors are summarised to fit into `room`."""
    arrays = [x.array for x in _all(graph) if x.array is not None]
    for limit in LIMITS:
        if limit > LIMITS[-1] and Pool(x.tobytes() for x in arrays if x.size <= limit).size > room:
            continue
        content, pool = pooled(json.loads(_slim(graph, limit).to_json()))
        if pool.size + len(to_json(content)) <= room:
            break
    return limit, {"graph": content, "pool": pool.entries}


def _all(graph: Graph) -> list[Numbers]:
    """Everything that numbers were kept of."""
    own = [x for node in graph.nodes.values() for x in (node.value, node.gradient)]
    given = [contribution.value for step in graph.backward for contribution in step.contributions]
    return [x for x in (*own, *given, *(seed.value for seed in graph.seeds)) if x is not None]


def _slim(graph: Graph, limit: int) -> Graph:
    """The graph with summaries in place of arrays of more than `limit` elements."""
    if limit >= KEPT:
        return graph
    seen: dict[int, Numbers] = {}

    def slim(x: Numbers | None) -> Numbers | None:
        if x is None or x.size <= limit:
            return x
        if id(x) not in seen:
            seen[id(x)] = x.summary()
        return seen[id(x)]

    nodes = {i: replace(node, value=slim(node.value), gradient=slim(node.gradient)) for i, node in graph.nodes.items()}
    backward = tuple(
        replace(step, contributions=tuple(replace(c, value=slim(c.value)) for c in step.contributions))
        for step in graph.backward
    )
    return replace(graph, nodes=nodes, backward=backward)
