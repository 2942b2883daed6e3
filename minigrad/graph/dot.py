"""From a `Graph` to DOT: the one file that knows Graphviz's language, and what the pictures look like.

Colours are tints of the set of Okabe and Ito ("Color Universal Design", 2008), which colour-blind people can tell
apart; shapes and borders differ too, so that a print in grey can be read.
"""

import html
from typing import Any, NamedTuple

from minigrad.graph.numbers import Numbers
from minigrad.graph.parts import Edge, Node
from minigrad.graph.representation import Graph

FONT = "Helvetica,Arial,sans-serif"
TEXT, FAINT, LINE = "#1a1a1a", "#5f6670", "#7a828c"
DIRECTIONS = ("TB", "BT", "LR", "RL")


class Look(NamedTuple):
    """How a kind of node is drawn."""

    fill: str
    border: str
    shape: str
    style: str
    legend: str


LOOKS = {
    "input": Look("#d6f0e6", "#00815f", "box", "filled,rounded,bold", "input"),
    "parameter": Look("#fdeccb", "#b87800", "box", "filled", "parameter"),
    "constant": Look("#f1f2f4", "#8a9099", "box", "filled,dashed", "constant"),
    "op": Look("#dff0fb", "#0072b2", "box", "filled,rounded", "op"),
    "module": Look("#f6e3ee", "#a3487d", "box", "filled,rounded,bold", "module, closed"),
    "output": Look("#fbe0d1", "#c24e00", "box", "filled,rounded,bold", "output"),
}


def to_dot(graph: Graph, direction: str = "TB") -> str:
    """Write a graph in the DOT language.

    Arguments:
        graph: the graph.
        direction: where the forward pass goes: "TB" (top to bottom), "BT", "LR" or "RL".

    Returns:
        The text.

    Raises:
        ImportError: when the package graphviz is missing.
        ValueError: for a direction that is none.
    """
    if direction not in DIRECTIONS:
        raise ValueError(f"draw: direction = {direction!r} is none of {', '.join(map(repr, DIRECTIONS))}")
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
            "label": _legend(graph),
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
        parts[node.scope].node(f"n{node.id}", **_node(node, graph))
    levels = graph.levels()
    for scope in sorted(graph.scopes.values(), key=lambda scope: -levels[scope.id]):  # inner ones first
        parts[scope.parent].subgraph(parts[scope.id])
    for edge in graph.edges:
        whole.edge(f"n{edge.source}", f"n{edge.target}", **_edge(edge, graph))
    return str(whole.source)


def _node(node: Node, graph: Graph) -> dict[str, str]:
    look = LOOKS[node.kind]
    title = node.call if node.call and node.kind == "op" else node.name
    if node.result:
        title = f"{node.result} = {title}"
    lines = [f"<B>{_text(title)}</B>" if node.kind in ("op", "module") else _text(title)]
    about = " ".join(part for part in ("" if node.shape is None else str(node.shape), node.dtype) if part)
    if node.kind == "module":
        about = " · ".join(part for part in (node.call or f"{node.ops} ops", about) if part)
    if about:
        lines.append(_small(about))
    lines += [_small(line) for line in _numbers(node, graph)]
    return {
        "label": _stacked(lines),
        "tooltip": _tip(*_tooltip(node)),
        "shape": look.shape,
        "style": look.style,
        "fillcolor": look.fill,
        "color": look.border,
    }


def _numbers(node: Node, graph: Graph) -> list[str]:
    """The lines that tell a node's value and gradient, where they were asked for."""
    lines = []
    if node.value is not None:
        lines += _listed("value", node.value)
    if node.gradient is not None:
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


def _edge(edge: Edge, graph: Graph) -> dict[str, str]:
    shape = str(edge.shape)
    if edge.tensors > 1:
        shape = f"{edge.tensors} tensors {shape}"
    to = f" as {edge.argument}" if edge.argument else ""
    return {
        "label": f"<{_text(' ' + shape + ' ')}>",
        "tooltip": _tip(shape + to),
        "labeltooltip": _tip(shape + to),
    }


def _legend(graph: Graph) -> str:
    """The kinds that occur, each in its colour."""
    kinds = {node.kind for node in graph.nodes.values()}
    cells = "".join(
        f'<TD BORDER="1" COLOR="{look.border}" BGCOLOR="{look.fill}" WIDTH="18"></TD><TD>{look.legend}   </TD>'
        for kind, look in LOOKS.items()
        if kind in kinds
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


def _small(text: str) -> str:
    return f'<FONT POINT-SIZE="9" COLOR="{FAINT}">{_text(text)}</FONT>'


def _tip(*lines: str) -> str:
    """Lines for a tooltip, where Graphviz reads backslashes more than once: a sign that looks alike stands for them."""
    return "&#10;".join(html.escape(_visible(line)).replace("\\", "⧵") for line in lines)
