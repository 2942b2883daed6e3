"""Finding one's way in a graph: nodes by what they are called, and ways from one to another."""

import difflib
from collections import deque
from typing import Any

from minigrad.graph.parts import Node, PlainGraph


def scope_path(graph: PlainGraph, scope: int | None) -> str:
    """The names of a scope and of those around it, with dots between: "layers.0.self_attn.head 1"."""
    parts = []
    while scope is not None:
        parts.append(graph.scopes[scope].name)
        scope = graph.scopes[scope].parent
    return ".".join(filter(None, reversed(parts)))


def find(graph: PlainGraph, name: str) -> list[Node]:
    """The nodes that a name means: see `Graph.find`."""
    paths = {i: scope_path(graph, i) for i in graph.scopes}
    found = [node for node in graph.nodes.values() if name in _names(node, paths)]
    if not found:
        inside = {i for i, path in paths.items() if f".{path}.".startswith(f".{name}.") or path == name}
        found = [node for node in graph.nodes.values() if node.scope in inside]
    if not found:
        known = {known for node in graph.nodes.values() for known in _names(node, paths)} | {*paths.values()}
        near = difflib.get_close_matches(name, sorted(filter(None, known)), n=3, cutoff=0.0)
        said = f"the nearest are {', '.join(map(repr, near))}" if near else "nothing in this graph has a name"
        raise KeyError(f"find: no node, role or module is called {name!r}; {said}")
    return found


def _names(node: Node, paths: dict[int, str]) -> set[str]:
    """What a node is called, by itself and from the outermost module on."""
    short = {node.name, node.result, *node.role.split(", ")} - {""}
    around = "" if node.scope is None else paths[node.scope]
    return short | {f"{around}.{name}" for name in short if around}


def one(graph: PlainGraph, x: Any) -> Node:
    """The node that is meant: see `Graph.node`."""
    if isinstance(x, Node):
        x = x.id
    if isinstance(x, str):
        found = find(graph, x)
        if len(found) > 1:
            ids = ", ".join(str(node.id) for node in found[:8]) + (", …" if len(found) > 8 else "")
            raise KeyError(f"node: {x!r} means {len(found)} nodes; say which by its number: {ids}")
        return found[0]
    if not isinstance(x, int) or x not in graph.nodes:
        raise KeyError(f"node: there is no node {x!r}; it takes a node, its number or its name")
    return graph.nodes[x]


def path(graph: PlainGraph, a: Any, b: Any) -> list[int]:
    """A shortest way along the arrows: see `Graph.path`."""
    start, end = one(graph, a).id, one(graph, b).id
    onward: dict[int, list[int]] = {}
    for edge in graph.edges:
        onward.setdefault(edge.source, []).append(edge.target)
    before: dict[int, int] = {start: start}
    waiting = deque([start])
    while waiting and end not in before:
        here = waiting.popleft()
        for there in onward.get(here, ()):
            if there not in before:
                before[there] = here
                waiting.append(there)
    if end not in before:
        names = [f"{graph.nodes[i].name} (node {i})" for i in (start, end)]
        raise ValueError(f"path: no arrows lead from {names[0]} to {names[1]}")
    way = [end]
    while way[-1] != start:
        way.append(before[way[-1]])
    return way[::-1]


def to_networkx(graph: PlainGraph) -> Any:
    """The same graph for networkx: see `Graph.to_networkx`."""
    try:
        import networkx  # only those who go on with it need it
    except ImportError:
        raise ImportError(
            "to_networkx: needs the package networkx; install it with `pip install 'minigrad[networkx]'`"
        ) from None
    made = networkx.MultiDiGraph()
    for node in graph.nodes.values():
        attributes = {name: getattr(node, name) for name in Node.__dataclass_fields__ if name != "id"}
        made.add_node(node.id, **attributes, path=scope_path(graph, node.scope))
    for edge in graph.edges:
        made.add_edge(edge.source, edge.target, shape=edge.shape, argument=edge.argument, tensors=edge.tensors)
    return made
