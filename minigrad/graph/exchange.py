"""A graph as JSON and back, for other programs and for pages: `docs/graph.md` describes the form.

Reading trusts nothing: whatever is missing, unknown, of another type, or points to something that is not there is an
error that says where. No number is lost on the way, NaN and infinities in arrays included, for their bytes are
written.
"""

import base64
import binascii
import dataclasses
import json
from collections.abc import Iterable
from typing import Any

import numpy as np

from minigrad.graph.numbers import BINS, KEPT, SIDE, Numbers
from minigrad.graph.parts import KINDS, Contribution, Edge, Node, PlainGraph, Rule, Scope, Seed, Step

FORMAT, VERSION = "minigrad graph", 1
DTYPES = ("bool", "float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8")


# --- writing


def to_json(graph: PlainGraph) -> str:
    """Write a graph down."""
    rules: dict[tuple[Rule, ...], int] = {}  # each op's once, however often it ran
    whole = {
        "format": FORMAT,
        "version": VERSION,
        "nodes": [_node(node, rules) for node in graph.nodes.values()],
        "edges": [_plain(edge) for edge in graph.edges],
        "scopes": [_plain(scope) for scope in graph.scopes.values()],
        "rules": list(rules),
        "backward": [
            {"node": step.node, "contributions": [_contribution(c, graph) for c in step.contributions]}
            for step in graph.backward
        ],
        "seeds": [{"node": seed.node, "value": _numbers(seed.value)} for seed in graph.seeds],
        "values": graph.values,
        "gradients": graph.gradients,
        "freed": graph.freed,
    }
    return json.dumps(whole, separators=(",", ":"), allow_nan=False)


def _plain(part: Node | Edge | Scope) -> dict[str, Any]:
    """A part by the names of its attributes, without those that have their default value."""
    found = {}
    for field in dataclasses.fields(part):
        value = getattr(part, field.name)
        if field.default is dataclasses.MISSING or value != field.default:
            found[field.name] = value
    return found


def _node(node: Node, rules: dict[tuple[Rule, ...], int]) -> dict[str, Any]:
    found = _plain(node)
    if node.rules:
        found["rules"] = rules.setdefault(node.rules, len(rules))
    for name in ("value", "gradient"):
        if name in found:
            found[name] = _numbers(found[name])
    return found


def _contribution(contribution: Contribution, graph: PlainGraph) -> dict[str, Any]:
    value = contribution.value
    whole = value is not None and value is graph.nodes[contribution.target].gradient
    found = {"target": contribution.target, "argument": contribution.argument, "summed": contribution.summed}
    return {**found, "whole": True} if whole else {**found, "value": _numbers(value)}


def _numbers(numbers: Numbers | None) -> dict[str, Any] | None:
    if numbers is None:
        return None
    found: dict[str, Any] = {"shape": numbers.shape, "dtype": numbers.dtype, "size": numbers.size}
    for name in ("low", "mean", "high"):
        value = getattr(numbers, name)
        found[name] = value if np.isfinite(value) else None
    found |= {"not_finite": numbers.not_finite, "zeros": numbers.zeros}
    if numbers.array is not None:
        return {**found, "data": _encoded(numbers.array)}
    assert numbers.thumbnail is not None
    thumbnail = {"shape": numbers.thumbnail.shape, "data": _encoded(numbers.thumbnail)}
    return {**found, "histogram": numbers.histogram, "thumbnail": thumbnail}


def _encoded(array: np.ndarray) -> str:
    """The elements in row-major order, little-endian, in base 64."""
    return base64.b64encode(array.astype(array.dtype.newbyteorder("<")).tobytes()).decode()


# --- reading


def from_json(text: str) -> dict[str, Any]:
    """Read the parts of a graph, by the names that `Graph` has for them.

    Raises:
        ValueError: saying what is wrong, and where.
    """
    try:
        whole = json.loads(text, parse_constant=_no_number)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"from_json: this is no JSON: {error}") from None
    if not isinstance(whole, dict) or whole.get("format") != FORMAT:
        raise ValueError(f'from_json: this is no graph; one begins with {{"format": {FORMAT!r}}}'.replace("'", '"'))
    if whole.get("version") != VERSION:
        raise ValueError(
            f"from_json: version {whole.get('version')!r} of the form; this minigrad reads version {VERSION}"
        )
    names = ("nodes", "edges", "scopes", "rules", "backward", "seeds", "values", "gradients", "freed")
    top = _Part(whole, "the graph", ("format", "version", *names))
    rules = [tuple(_rule(rule, f"rules[{i}]") for rule in _list(x, f"rules[{i}]")) for i, x in top.each("rules")]
    nodes: dict[int, Node] = {}
    scopes: dict[int, Scope] = {}
    for i, x in top.each("scopes"):
        scope = _read_scope(_Part(x, f"scopes[{i}]", ("id", "parent", "name", "module"), ("repeats",)), scopes)
        scopes[scope.id] = scope
    for i, x in top.each("nodes"):
        node = _read_node(_Part(x, f"nodes[{i}]", _NODE[:5], _NODE[5:]), rules, scopes, nodes)
        nodes[node.id] = node
    return {
        "nodes": nodes,
        "edges": [
            _read_edge(_Part(x, f"edges[{i}]", ("source", "target", "shape"), ("argument", "tensors")), nodes)
            for i, x in top.each("edges")
        ],
        "scopes": scopes,
        "backward": tuple(
            _read_step(_Part(x, f"backward[{i}]", ("node", "contributions")), nodes) for i, x in top.each("backward")
        ),
        "seeds": tuple(_read_seed(_Part(x, f"seeds[{i}]", ("node", "value")), nodes) for i, x in top.each("seeds")),
        **{name: top.get(name, bool) for name in ("values", "gradients", "freed")},
    }


def _no_number(name: str) -> None:
    raise ValueError(f"from_json: {name} is no number in JSON")


_NODE = tuple(field.name for field in dataclasses.fields(Node))


class _Part:
    """An object of the JSON text that is being read, and where it stands, for the errors.

    Arguments:
        content: what is there.
        where: its place.
        required, optional: the names of what belongs into it.
    """

    def __init__(self, content: Any, where: str, required: Iterable[str], optional: Iterable[str] = ()):
        self.where = where
        if not isinstance(content, dict):
            raise ValueError(f"from_json: {where} is {content!r:.60}; it must be an object")
        self.content = content
        if missing := [name for name in required if name not in content]:
            raise ValueError(f"from_json: {where} has no {missing[0]!r}")
        if unknown := content.keys() - {*required, *optional}:
            raise ValueError(f"from_json: {where} has {min(unknown)!r}, which nobody knows")

    def wrong(self, name: str, wanted: str) -> ValueError:
        """What to say of something that is not as it must be."""
        return ValueError(f"from_json: {name!r} of {self.where} is {self.content[name]!r:.60}; it must be {wanted}")

    def get(self, name: str, kind: type, default: Any = None) -> Any:
        """What has a name, if it is of a kind."""
        value = self.content.get(name, default)
        if type(value) is not kind:
            raise self.wrong(name, {int: "a whole number", str: "a text", bool: "true or false"}[kind])
        return value

    def count(self, name: str, default: Any = None) -> int:
        """A whole number that is not negative."""
        value: int = self.get(name, int, default)
        if value < 0:
            raise self.wrong(name, "0 or more")
        return value

    def one_of(self, name: str, known: Any, what: str) -> Any:
        """The number, or the name, of something that is known."""
        value = self.content[name]
        if type(value) not in (int, str) or value not in known:
            raise self.wrong(name, what)
        return value

    def shape(self, name: str, default: Any = None) -> tuple[int, ...]:
        """The shape of a tensor."""
        value = self.content.get(name, default)
        if not isinstance(value, list) or not all(type(n) is int and n >= 0 for n in value):
            raise self.wrong(name, "a list of whole numbers from 0 up")
        return tuple(value)

    def texts(self, name: str, each: int | None = None) -> tuple[Any, ...]:
        """Texts, or with `each` rows of so many texts."""
        value = self.content.get(name, [])
        for row in _list(value, f"{name!r} of {self.where}"):
            texts = [row] if each is None else row if isinstance(row, list) and len(row) == each else [None]
            if not all(isinstance(text, str) for text in texts):
                raise self.wrong(name, "a list of texts" if each is None else f"a list of lists of {each} texts")
        return tuple(value) if each is None else tuple(tuple(row) for row in value)

    def each(self, name: str) -> Iterable[tuple[int, Any]]:
        """The elements of a list, with their places."""
        return enumerate(_list(self.content[name], f"{name!r} of {self.where}"))


def _list(content: Any, where: str) -> list[Any]:
    if not isinstance(content, list):
        raise ValueError(f"from_json: {where} is {content!r:.60}; it must be a list")
    return content


def _rule(content: Any, where: str) -> Rule:
    if len(_list(content, where)) != 3 or not all(isinstance(text, str) for text in content):
        raise ValueError(f"from_json: {where} has {content!r:.60}; a rule is a list of letter, formula and code")
    return Rule(*content)


def _read_scope(part: _Part, before: dict[int, Scope]) -> Scope:
    if (me := part.count("id")) in before:
        raise part.wrong("id", "another than those before")
    parent = None if part.content["parent"] is None else part.one_of("parent", before, "the id of a scope before it")
    return Scope(me, parent, part.get("name", str), part.get("module", str), part.texts("repeats"))


def _read_node(part: _Part, rules: list[Any], scopes: dict[int, Scope], before: dict[int, Node]) -> Node:
    if (me := part.count("id")) in before:
        raise part.wrong("id", "another than those before")
    has = part.content
    return Node(
        id=me,
        kind=part.one_of("kind", KINDS, f"one of {', '.join(KINDS)}"),
        name=part.get("name", str),
        shape=None if has["shape"] is None else part.shape("shape"),
        dtype=part.get("dtype", str),
        scope=part.one_of("scope", scopes, "the id of a scope") if "scope" in has else None,
        settings=part.texts("settings", each=2),
        rules=rules[part.one_of("rules", range(len(rules)), "a place in the graph's rules")] if "rules" in has else (),
        value=_read_numbers(has.get("value"), f"the value of {part.where}"),
        gradient=_read_numbers(has.get("gradient"), f"the gradient of {part.where}"),
        ops=part.count("ops", 0),
        flops=part.count("flops", 0),
        saved_bytes=part.count("saved_bytes", 0),
        **{name: part.get(name, str, "") for name in ("result", "call", "line", "code", "role", "error")},
        **{name: part.get(name, bool, False) for name in ("requires_grad", "detached")},
    )


def _read_edge(part: _Part, nodes: dict[int, Node]) -> Edge:
    source, target = (part.one_of(name, nodes, "the id of a node") for name in ("source", "target"))
    return Edge(source, target, part.shape("shape"), part.get("argument", str, ""), part.count("tensors", 1))


def _read_step(part: _Part, nodes: dict[int, Node]) -> Step:
    contributions = [
        _read_contribution(
            _Part(x, f"contributions[{i}] of {part.where}", ("target", "argument", "summed"), ("whole", "value")), nodes
        )
        for i, x in part.each("contributions")
    ]
    return Step(part.one_of("node", nodes, "the id of a node"), tuple(contributions))


def _read_contribution(part: _Part, nodes: dict[int, Node]) -> Contribution:
    target = part.one_of("target", nodes, "the id of a node")
    if part.get("whole", bool, False):
        value = nodes[target].gradient
    else:
        value = _read_numbers(part.content.get("value"), f"the value of {part.where}")
    return Contribution(target, part.count("argument"), value, part.shape("summed"))


def _read_seed(part: _Part, nodes: dict[int, Node]) -> Seed:
    value = _read_numbers(part.content["value"], f"the value of {part.where}")
    return Seed(part.one_of("node", nodes, "the id of a node"), value)


def _read_numbers(content: Any, where: str) -> Numbers | None:
    if content is None:
        return None
    known = ("shape", "dtype", "size", "low", "mean", "high", "not_finite", "zeros")
    part = _Part(content, where, known, ("data", "histogram", "thumbnail"))
    shape, dtype = part.shape("shape"), part.one_of("dtype", DTYPES, f"one of {', '.join(DTYPES)}")
    array = thumbnail = None
    histogram: tuple[int, ...] = ()
    if "data" in content:
        array = _decoded(part, shape, np.dtype(dtype))
    else:
        small = _Part(content.get("thumbnail"), f"the thumbnail of {where}", ("shape", "data"))
        thumbnail = _decoded(small, small.shape("shape"), np.dtype(np.float32))
        if thumbnail.ndim != 2 or max(thumbnail.shape) > SIDE:
            raise small.wrong("shape", f"that of a matrix of at most {SIDE} rows and columns")
        histogram = part.shape("histogram")
        if len(histogram) != BINS:
            raise part.wrong("histogram", f"a list of {BINS} counts")
    if part.count("size") != int(np.prod(shape, dtype=object)):
        raise part.wrong("size", f"the number of elements of shape {shape}")
    if array is not None and part.count("size") > KEPT:
        raise part.wrong("size", f"at most {KEPT}, since there is 'data'")
    means = [np.nan if content[name] is None else content[name] for name in ("low", "mean", "high")]
    for name, mean in zip(("low", "mean", "high"), means, strict=True):
        if type(mean) is not float:
            raise part.wrong(name, "a number with a point, or null if none is finite")
    low, mean, high = means
    counts = part.count("not_finite"), part.count("zeros")
    return Numbers(shape, dtype, part.count("size"), low, mean, high, *counts, array, histogram, thumbnail)


def _decoded(part: _Part, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """The array that `_encoded` wrote."""
    try:
        data = base64.b64decode(part.get("data", str), validate=True)
    except binascii.Error:
        raise part.wrong("data", "bytes in base 64") from None
    count = int(np.prod(shape, dtype=object))
    if len(data) != count * dtype.itemsize:
        raise ValueError(
            f"from_json: 'data' of {part.where} has {len(data)} bytes; shape {shape} of {dtype} has "
            f"{count * dtype.itemsize}"
        )
    try:
        return np.frombuffer(data, dtype.newbyteorder("<")).astype(dtype).reshape(shape)
    except (ValueError, OverflowError):
        raise part.wrong("shape", "one that NumPy has") from None
