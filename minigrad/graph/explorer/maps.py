"""How each contribution to a gradient was made of g, the gradient that its op was given: the page's "maps".

A map says for each entry of a contribution which entries of g it is a sum of, and with which factors. For matrix
products, softmax and the norms the page works the factors out from values it holds anyway; for any other op they are
found by probing its rule, so that a new op needs nothing here.

A map is a dict with a "kind". "pick", "push" and "rows" are those of `probing`, with the "shape" of what the rule gives
before broadcasting is undone. An "index" is {"start", "strides"} where it rises evenly, else data; a "factor" is a
number, {"node"} for the value of a node, broadcast, or data; data has "dtype", "size" and "data", in base 64. "matmul"
and "linear" name the node of the "other" matrix; "none" says "why".
"""

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from minigrad.autograd.backward import backward
from minigrad.autograd.modes import enable_grad
from minigrad.graph.explain import Ran
from minigrad.graph.explorer.probing import MOST, Linear, Pick, Push, Rows, find_pick, find_push, find_rows, inverse
from minigrad.graph.representation import Graph
from minigrad.tensor import Tensor, wrap

Map = dict[str, Any]
Answers = dict[bytes, Any]  # what a rule makes of some g

PROBED = 5000  # contributions at most whose rules are probed
ROOM = 20_000  # factors at most of one map
ALL_ROOM = 1_000_000  # and of all maps together

PRODUCTS = {"matmul": ("input", "other"), "linear": ("input", "weight")}
NORMS = ("layer_norm", "group_norm", "batch_norm")


def maps_of(graph: Graph, ran: Mapping[int, Ran]) -> dict[str, Map]:
    """A map for each contribution of a graph's backward pass, by "number of the op:number of the input".

    Arguments:
        graph: the graph.
        ran: for the ops what they ran on; those that are missing are not probed.
    """
    sources = _sources(graph)
    found: dict[str, Map] = {}
    room, last = ALL_ROOM, None
    answers: Answers = {}
    for node, argument in _contributions(graph):
        if node != last:
            last, answers = node, {}
        known = by_name(graph.nodes[node].name, argument, sources[node], ran.get(node))
        if known is None and node not in ran:
            known = {"kind": "none", "why": "what the op ran on is not known any more"}
        if known is None and len(found) >= PROBED:
            known = {"kind": "none", "why": f"rules are probed for the first {PROBED} contributions"}
        if known is None:
            arrays = _arrays(graph, node, sources[node], ran[node], argument)
            known, used = probed(ran[node], argument, arrays, min(ROOM, room), answers)
            room -= used
        found[f"{node}:{argument}"] = known
    return found


def _contributions(graph: Graph) -> Iterator[tuple[int, int]]:
    for step in graph.backward:
        for contribution in step.contributions:
            yield step.node, contribution.argument


def _sources(graph: Graph) -> dict[int, dict[str, int]]:
    """For each node the nodes that its arguments come from."""
    sources: dict[int, dict[str, int]] = {node: {} for node in graph.nodes}
    for edge in graph.edges:
        sources[edge.target][edge.argument] = edge.source
    return sources


def _arrays(graph: Graph, node: int, sources: Mapping[str, int], ran: Ran, argument: int) -> dict[int, np.ndarray]:
    """The arrays that a rule's formula names, of those that the page holds, by the nodes that have them.

    That an array holds the same numbers as the factors is not enough: it may be chance.
    """
    rules = graph.nodes[node].rules
    if ran.op.variadic or argument >= len(rules):
        return {}
    named = {rule.letter: sources.get(name) for rule, name in zip(rules, ran.op.arguments, strict=False)} | {"y": node}
    letters = set(re.findall(r"\w+", rules[argument].formula))
    values = {i: graph.nodes[i].value for letter, i in named.items() if i is not None and letter in letters}
    return {i: value.array for i, value in values.items() if value is not None and value.array is not None}


# --- by name


def by_name(name: str, argument: int, sources: Mapping[str, int], ran: Ran | None) -> Map | None:
    """The map of an op whose factors the page can work out from values, or None.

    Arguments:
        name: the op's.
        argument: which of its inputs.
        sources: the nodes that its arguments come from, by the arguments' names.
        ran: what it ran on, if that is known; products do without.
    """
    if name in PRODUCTS and argument < 2:
        other = sources.get(PRODUCTS[name][1 - argument])
        return None if other is None else {"kind": name, "argument": argument, "other": other}
    if ran is None or argument > 1 or ran.output.ndim == 0:
        return None
    if name == "softmax":
        return {"kind": "softmax", "dim": ran.params["dim"] % ran.output.ndim}
    if name in NORMS and "input" in sources:
        dims = sorted(dim % ran.output.ndim for dim in ran.params["dims"])
        return {
            "kind": "standard" if argument else "norm",
            "dims": dims,
            "eps": ran.params["eps"],
            "input": sources["input"],
            "weight": sources.get("weight"),
        }
    return None


# --- by probing


def probed(
    ran: Ran, argument: int, arrays: Mapping[int, np.ndarray], room: int, answers: Answers | None = None
) -> tuple[Map, int]:
    """The map of a contribution, found by asking the rule.

    Arguments:
        ran: the op and what it ran on.
        argument: which of its inputs.
        arrays: arrays that need not be written down, since the page has them, by their nodes.
        room: how many factors may be written down.
        answers: what the rule said before, when it was asked about other inputs.

    Returns:
        The map, and how many factors it takes.
    """
    shape, dtype = ran.output.shape, ran.output.dtype
    if max(ran.output.size, np.size(ran.arrays[argument])) > MOST:
        return {"kind": "none", "why": f"more than {MOST} entries"}, 0
    with np.errstate(all="ignore"):
        linear = linear_of(ran, argument, {} if answers is None else answers)
        found: Pick | Push | Rows | None = find_pick(linear, shape, dtype)
        if isinstance(found, Pick):
            found = _simplest(found, shape)
        else:
            found = _push(ran, argument, linear) or find_rows(linear, shape, dtype, room)
    if found is None:
        return {"kind": "none", "why": f"more than {room} factors, or a rule that is not linear in g"}, 0
    written = _written(found, arrays)
    used = sum(part["size"] for part in written.values() if isinstance(part, dict) and "size" in part)
    return (written, used) if used <= room else ({"kind": "none", "why": f"more than {room} factors"}, 0)


def linear_of(ran: Ran, argument: int, answers: Answers) -> Linear:
    """The rule of one input as a function of g alone, before broadcasting is undone.

    A rule for any number of inputs answers for all of them at once. It is asked the same about each, and only once.
    """
    rule = ran.op.rules[0 if ran.op.variadic else argument]
    assert rule is not None
    params = {**ran.params, **(ran.kept or {})}

    def linear(g: np.ndarray) -> np.ndarray:
        if not ran.op.variadic:
            return np.asarray(rule.vjp(g, ran.output, *ran.arrays, **params))
        asked = g.tobytes()
        if asked not in answers:
            answers[asked] = rule.vjp(g, ran.output, *ran.arrays, **params)
        return np.asarray(answers[asked][argument])

    return linear


def _push(ran: Ran, argument: int, linear: Linear) -> Push | None:
    """As `find_push`; the adjoint is the rule's own derivative, which running it on tensors gives."""
    rule = ran.op.rules[0 if ran.op.variadic else argument]
    assert rule is not None
    shape, dtype = ran.output.shape, ran.output.dtype
    y, *inputs = [wrap(x) if isinstance(x, np.ndarray) else x for x in (ran.output, *ran.arrays)]

    def adjoint(v: np.ndarray) -> np.ndarray:
        g = wrap(np.ones(shape, dtype))
        g.requires_grad = True
        with enable_grad():
            passed = rule.vjp(g, y, *inputs, **ran.params)
            given = passed[argument] if ran.op.variadic else passed
        if not isinstance(given, Tensor) or not given.requires_grad:
            return np.zeros(shape, dtype)
        backward(given, wrap(v))
        return np.zeros(shape, dtype) if g.grad is None else g.grad.array

    try:
        return find_push(linear, adjoint, shape, dtype)
    except RuntimeError:  # a Function whose backward cannot be differentiated
        return None


def _simplest(pick: Pick, shape: tuple[int, ...]) -> Pick | Push:
    """A pick, or the push that says the same in fewer words."""
    if affine(pick.index) is not None:
        return pick
    push = inverse(pick, shape)
    return push if push is not None and affine(push.index) is not None else pick


# --- as data


def _written(found: Pick | Push | Rows, arrays: Mapping[int, np.ndarray]) -> Map:
    if isinstance(found, Rows):
        axes = None if found.axes is None else list(found.axes)
        return {"kind": "rows", "axes": axes, "shape": list(found.factor.shape[1:]), "factor": _data(found.factor)}
    kind, shape = ("push", found.shape) if isinstance(found, Push) else ("pick", found.index.shape)
    index = affine(found.index) or _data(found.index)
    return {"kind": kind, "shape": list(shape), "index": index, "factor": _factor(found, arrays)}


def affine(index: np.ndarray) -> Map | None:
    """Numbers that rise evenly along each dimension: where they start, and by how much they rise; None for others.

    >>> affine(np.array([[0, 3], [1, 4]]))
    {'start': 0, 'strides': [1, 3]}
    """
    if index.size == 0:
        return {"start": 0, "strides": [0] * index.ndim}
    start = int(index.flat[0])
    strides = [int(np.take(index, 1, axis).flat[0]) - start if n > 1 else 0 for axis, n in enumerate(index.shape)]
    steps = np.ix_(*(np.arange(n) * stride for n, stride in zip(index.shape, strides, strict=True)))
    grown = start + sum(steps, np.zeros(index.shape, np.int64))
    return {"start": start, "strides": strides} if start >= 0 and np.array_equal(grown, index) else None


def _factor(found: Pick | Push, arrays: Mapping[int, np.ndarray]) -> Any:
    """The factors: one number, the node whose value they are, or data."""
    factor = found.factor
    used = factor[found.index >= 0]
    if used.size == 0:
        return 0
    for node, array in arrays.items():
        fits = array.ndim <= factor.ndim and all(
            n in (1, m) for n, m in zip(array.shape[::-1], factor.shape[::-1], strict=False)
        )
        if fits and np.array_equal(np.broadcast_to(array, factor.shape), factor, equal_nan=array.dtype.kind == "f"):
            return {"node": node}
    if np.isfinite(used[0]) and np.all(used == used[0]):
        return float(used[0])
    return _data(factor)


def _data(array: np.ndarray) -> Map:
    """An array as text, in the smallest type that holds it."""
    if array.dtype.kind != "f":
        dtype = next(t for t in ("int8", "int16", "int32") if abs(array).max(initial=0) <= np.iinfo(t).max)
    elif np.all(np.isfinite(array)) and np.all(abs(array) <= 127) and np.all(array == np.rint(array)):
        dtype = "int8"
    else:
        dtype = "float64" if array.dtype == np.float64 else "float32"
    data = np.ascontiguousarray(array, np.dtype(dtype).newbyteorder("<"))
    return {
        "dtype": dtype,
        "size": array.size,
        "data": base64.b64encode(data.tobytes()).decode("ascii"),
    }
