"""Graphs as hypothesis makes them up, for what must hold of any."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

from minigrad.graph import Contribution, Edge, Graph, Node, Numbers, Rule, Scope, Seed, Step
from minigrad.graph.exchange import DTYPES
from minigrad.graph.parts import KINDS

# What could break out of JSON, DOT, SVG or HTML, and what could not be encoded.
NASTY = ['"', "'", "<b>", "</script>", "<!--", "]]>", "&amp;", "\\", "\\n", "\n", "\r", "\0", "\x1b", "\x85", "\ud800"]
NASTY += ["\udfff", "\ufffe", "\u2028", "\u202e", "语", "🙂", "%s", "{}", "`", "-->", '"]; a -> b; "', "> -> <", "HTML"]
names = st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=4)), max_size=4).map("".join)
# Two halves of one character that came to stand side by side are that character, in JSON as in UTF-16.
names = names.map(lambda text: text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass"))
shapes = st.lists(st.integers(0, 4), max_size=3).map(tuple)


@st.composite
def numbers(draw: Any) -> Numbers:
    """Small arrays of all types, and now and then one too large to be kept."""
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    shape = draw(st.one_of(shapes, st.sampled_from([(3, 70, 90), (20_000,)])))
    random = np.random.default_rng(draw(st.integers(0, 9)))
    array = (random.standard_normal(shape) * 50).astype(dtype)
    if dtype.kind == "f" and array.size:
        array.flat[:: draw(st.integers(1, 50))] = draw(st.sampled_from([np.nan, np.inf, -np.inf, 0.0, 1.5]))
        array.flat[0] = draw(st.floats(width=16))
    return Numbers.of(array).summary() if draw(st.booleans()) else Numbers.of(array)


@st.composite
def graphs(draw: Any, texts: Any = names, arrays: Any = None) -> Graph:
    """Any graph whose parts point to each other: it need not make sense."""
    arrays = st.none() | numbers() if arrays is None else arrays
    scopes: dict[int, Scope] = {}
    for i in range(draw(st.integers(0, 3))):
        parent = draw(st.sampled_from([None, *scopes]))
        scopes[i] = Scope(i, parent, draw(texts), draw(texts), tuple(draw(st.lists(texts, max_size=2))))
    nodes: dict[int, Node] = {}
    for i in range(draw(st.integers(1, 5))):
        nodes[i] = Node(
            i,
            draw(st.sampled_from(KINDS)),
            draw(texts),
            draw(st.none() | shapes),
            draw(st.sampled_from(DTYPES)),
            draw(st.sampled_from([None, *scopes])),
            *(draw(texts) for _ in range(2)),
            settings=tuple(draw(st.lists(st.tuples(texts, texts), max_size=2))),
            rules=tuple(draw(st.lists(st.builds(Rule, texts, texts, texts), max_size=2))),
            value=draw(arrays),
            gradient=draw(arrays),
            **{name: draw(st.integers(0, 3)) for name in ("ops", "flops", "saved_bytes")},
            requires_grad=draw(st.booleans()),
            **{name: draw(texts) for name in ("line", "code", "role", "error")},
            detached=draw(st.booleans()),
        )
    ids = st.sampled_from(list(nodes))
    edges = draw(st.lists(st.builds(Edge, ids, ids, shapes, texts, st.integers(1, 3)), max_size=4))

    def contribution(target: int, argument: int, value: Numbers | None, whole: bool, summed: Any) -> Contribution:
        return Contribution(target, argument, nodes[target].gradient if whole else value, summed)

    parts = st.builds(contribution, ids, st.integers(0, 2), arrays, st.booleans(), shapes)
    steps = draw(st.lists(st.builds(Step, ids, st.lists(parts, max_size=2).map(tuple)), max_size=3))
    seeds = draw(st.lists(st.builds(Seed, ids, arrays), max_size=2))
    return Graph(
        nodes, edges, scopes, *(draw(st.booleans()) for _ in range(3)), backward=tuple(steps), seeds=tuple(seeds)
    )
