"""From a `Graph` to DOT: the one file that knows Graphviz's language."""

import collections
import html
import itertools
import textwrap
from collections.abc import Sequence
from typing import Any

from minigrad.graph.looks import FAINT, LINE, PALETTES, PATH, TEXT, Palette
from minigrad.graph.numbers import Numbers
from minigrad.graph.parts import Edge, Node, PlainGraph

FONT = "Helvetica,Arial,sans-serif"
DIRECTIONS = ("TB", "BT", "LR", "RL")
ARROWS = 4  # from a parameter, constant or input; if it goes to more places, these name it instead


def to_dot(
    graph: PlainGraph, direction: str = "TB", color: str = "kind", path: Sequence[int] = (), slopes: bool = False
) -> str:
    """Write a graph in the DOT language.

    Arguments:
        graph: the graph.
        direction: where the forward pass goes: "TB" (top to bottom), "BT", "LR" or "RL".
        color: what the colours of the boxes tell: their "kind", or how large the "gradient" is.
        path: numbers of nodes, from one to the next along edges, to be highlighted.
        slopes: write the arguments of edges at them, in place of the shapes.

    Returns:
        The text. A parameter, a constant or an input that goes to many places has one arrow; its other uses have a
        label with its name instead, so that no arrows run across the whole picture.

    Raises:
        ImportError: when the package graphviz is missing.
        ValueError: for a direction or a color that is none.
    """
    if direction not in DIRECTIONS:
        raise ValueError(f"draw: direction = {direction!r} is none of {', '.join(map(repr, DIRECTIONS))}")
    if color not in PALETTES:
        raise ValueError(f"draw: color = {color!r} is none of {', '.join(map(repr, PALETTES))}")
    palette = PALETTES[color](graph)
    try:
        import graphviz  # only those who draw need it
    except ImportError:
        raise ImportError(
            "draw: needs the package graphviz; install it with `pip install 'minigrad[render]'`"
        ) from None
    whole = graphviz.Digraph(
        "minigrad",
        graph_attr={
            "rankdir": direction,
            "fontname": FONT,
            "fontsize": "10",
            "fontcolor": FAINT,
            "label": _legend(palette),
            "labelloc": "b",
            "labeljust": "l",
            "nodesep": "0.28",
            "ranksep": "0.34",
            "pad": "0.25",
            "bgcolor": "white",
            "tooltip": " ",
        },
        node_attr={
            "fontname": FONT,
            "fontsize": "12",
            "fontcolor": TEXT,
            "margin": "0.12,0.04",
            "height": "0.3",
            "width": "0.5",
            "penwidth": "1.1",
        },
        edge_attr={
            "fontname": FONT,
            "fontsize": "8",
            "fontcolor": FAINT,
            "color": LINE,
            "arrowsize": "0.6",
            "penwidth": "0.9",
        },
    )
    parts: dict[int | None, Any] = {None: whole}
    for scope in graph.scopes.values():
        label = f"<<B>{_text(scope.label)}</B>>"
        parts[scope.id] = graphviz.Digraph(
            f"cluster_{scope.id}",
            graph_attr={
                "label": label,
                "tooltip": " ",
                "style": "dashed,rounded",
                "color": LINE,
                "fontname": FONT,
                "fontsize": "10",
                "fontcolor": FAINT,
                "labeljust": "l",
                "labelloc": "t",
                "margin": "10",
            },
        )
    for node in graph.nodes.values():
        parts[node.scope].node(f"n{node.id}", **_node(node, graph, palette, node.id in path))
    stubs = _stubs(graph, path)
    for i, node in stubs.items():
        parts[graph.nodes[graph.edges[i].target].scope].node(f"stub{i}", **_stub(node, palette))
    levels = graph.levels()
    for scope in sorted(graph.scopes.values(), key=lambda scope: -levels[scope.id]):  # inner ones first
        parts[scope.parent].subgraph(parts[scope.id])
    steps = set(itertools.pairwise(path))
    for i, edge in enumerate(graph.edges):
        if i in stubs:
            whole.edge(f"stub{i}", f"n{edge.target}", **_edge(edge, False, slopes))
        else:
            whole.edge(f"n{edge.source}", f"n{edge.target}", **_edge(edge, (edge.source, edge.target) in steps, slopes))
    return str(whole.source)


def _stubs(graph: PlainGraph, path: Sequence[int]) -> dict[int, Node]:
    """The edges that have a label instead of an arrow, by their place, each with the node that it comes from."""
    count = collections.Counter(edge.source for edge in graph.edges)
    seen = set(path)  # of which all arrows are drawn
    stubs = {}
    for i, edge in enumerate(graph.edges):
        node = graph.nodes[edge.source]
        if edge.source in seen and edge.source not in path:
            stubs[i] = node
        elif count[edge.source] > ARROWS and node.kind in ("parameter", "constant", "input"):
            seen.add(edge.source)
    return stubs


def _stub(node: Node, palette: Palette) -> dict[str, str]:
    look = palette.look(node)
    label = f"<{_small(f'{node.name} ↝')}>"
    tip = _tip(f"{node.name} {node.shape}, drawn once elsewhere")
    return {"label": label, "tooltip": tip, "shape": "plaintext", "fontcolor": look.border, "height": "0.1"}


def _node(node: Node, graph: PlainGraph, palette: Palette, highlighted: bool) -> dict[str, str]:
    look = palette.look(node)
    title = node.call if node.call and node.kind == "op" else node.name
    if node.result:
        title = f"{node.result} = {title}"
    lines = [f"<B>{_text(title)}</B>" if node.kind in ("op", "module") else _text(title)]
    about = " ".join(part for part in ("" if node.shape is None else str(node.shape), node.dtype) if part)
    if node.kind == "module":
        about = " · ".join(part for part in (node.call or f"{node.ops} ops", about) if part)
    if about:
        lines.append(_small(about, look.faint))
    lines += [_small(line, look.faint) for line in _numbers(node, graph)]
    if node.error:
        lines += [_small(line, look.border) for line in textwrap.wrap(node.error, 48)]
    return {
        "label": _stacked(lines),
        "tooltip": _tip(*_tooltip(node)),
        "shape": look.shape,
        "style": look.style,
        "fillcolor": look.fill,
        "color": PATH if highlighted else look.border,
        "penwidth": "3" if highlighted else "1.1",
        "fontcolor": look.text,
    }


def _numbers(node: Node, graph: PlainGraph) -> list[str]:
    """The lines that tell a node's value and gradient, where they were asked for."""
    lines = []
    if graph.values and node.value is not None:
        lines += _listed("value", node.value)
    if graph.gradients and node.gradient is not None:
        lines += _listed("grad", node.gradient)
    elif graph.gradients and node.kind != "module":
        lines.append("no gradient")
    return lines


def _listed(name: str, numbers: Numbers) -> list[str]:
    first, *others = numbers.text()
    return [f"{name} {first}", *others]


def _tooltip(node: Node) -> list[str]:
    """What one reads when the pointer rests on a node: settings, and derivatives by the letters of their formulas."""
    lines = [f"{node.name}  {'' if node.shape is None else node.shape} {node.dtype}".rstrip()]
    lines += [f"{name} = {text}" for name, text in node.settings]
    if formulas := [f"gradient of {rule.letter} = {rule.formula}" for rule in node.rules if rule.formula]:
        lines += ["", "backward, given the gradient g of the output y:", *formulas]
    return lines


def _edge(edge: Edge, highlighted: bool, slopes: bool) -> dict[str, str]:
    shape = edge.argument if slopes else str(edge.shape)
    if edge.tensors > 1:
        shape = f"{edge.tensors} tensors {shape}"
    to = f" as {edge.argument}" if edge.argument and not slopes else ""
    return {
        "label": f"<{_text(' ' + shape + ' ')}>",
        "tooltip": _tip(shape + to),
        "labeltooltip": _tip(shape + to),
        **({"color": PATH, "penwidth": "2.6", "fontcolor": PATH} if highlighted else {}),
    }


def _legend(palette: Palette) -> str:
    """What the colours mean."""
    cells = "".join(
        f'<TD BORDER="1" COLOR="{look.border}" BGCOLOR="{look.fill}" WIDTH="18"></TD><TD>{look.legend}   </TD>'
        for look in palette.legend()
    )
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="3"><TR>{cells}</TR></TABLE>>'


# --- text


def _visible(text: str) -> str:
    """Text in which everything can be drawn: control characters as their pictures, such as ␊ for a new line."""
    shown = "".join(chr(0x2400 + ord(c)) if ord(c) < 0x20 else "␡" if "\x7f" <= c <= "\x9f" else c for c in text)
    return "".join("\ufffd" if "\ud800" <= c <= "\udfff" or c in "\ufffe\uffff" else c for c in shown)


def _text(text: str) -> str:
    """Text for the inside of an HTML-like label, where Graphviz still reads backslashes."""
    return html.escape(_visible(text).replace("\\", "\\\\")) or "&#160;"


def _stacked(lines: list[str]) -> str:
    """An HTML-like label of several lines, with room between them."""
    rows = "".join(f"<TR><TD>{line}</TD></TR>" for line in lines)
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">{rows}</TABLE>>'


def _small(text: str, color: str = FAINT) -> str:
    return f'<FONT POINT-SIZE="9" COLOR="{color}">{_text(text)}</FONT>'


def _tip(*lines: str) -> str:
    """Lines for a tooltip, where Graphviz reads backslashes more than once: a sign that looks alike stands for them."""
    return "&#10;".join(html.escape(_visible(line)).replace("\\", "⧵") for line in lines)
