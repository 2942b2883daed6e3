"""From the ops that ran to a `Graph`: every tensor numbered, named, and put where it belongs."""

import functools
import hashlib
import linecache
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from minigrad.autograd.function import FunctionCtx
from minigrad.autograd.op import Op
from minigrad.graph.flops import flops
from minigrad.graph.numbers import Numbers, dtype_name
from minigrad.graph.parts import Edge, Node
from minigrad.graph.ran import Leaf, Ran, Source
from minigrad.graph.rules import rules_of
from minigrad.graph.scopes import Scopes


class Writer:
    """A graph while it is being written down.

    Arguments:
        leaf_names: what the user calls leaves, by the `identity` of their arrays.
        result_names: what the user calls results of ops.
        values: note the numbers.
        gradients: those that are known.

    Attributes:
        ids: the number of each op and leaf; of leaves that are equal masks, of one of them.
    """

    def __init__(
        self,
        leaf_names: Mapping[Any, str],
        result_names: Mapping[Source, str],
        values: bool,
        gradients: Mapping[Source, Numbers],
    ):
        self.leaf_names, self.result_names = leaf_names, result_names
        self.values, self.gradients = values, gradients
        self.nodes: dict[int, Node] = {}
        self.edges: list[Edge] = []
        self.ids: dict[Any, int] = {}  # by the op, the leaf, or the content of a mask in a module call
        self.scopes = Scopes()
        self.leaves: dict[int, Leaf] = {}
        self.users: dict[int, list[int]] = {}  # for each leaf the nodes it goes to
        self.entrances: dict[int, int | None] = {}  # of each scope: see `_enter`

    # --- nodes and edges

    def op(self, ran: Ran) -> int:
        """Write down an op, after the leaves it uses, and the arrows into it."""
        sources, settings = _read(ran)
        scope = self.scopes.number(ran.scope, len(self.nodes))
        arrows = [(self._source(source, name, scope), name) for name, source in sources]
        line, code = _line(ran.place)
        me = self._add(
            ran,
            kind="op",
            name=ran.name or ran.op.name,
            shape=ran.shape,
            dtype="" if ran.dtype is None else dtype_name(ran.dtype),
            scope=scope,
            result=self.result_names.get(ran, ""),
            call=_call(ran),
            settings=settings,
            rules=rules_of(ran.op),
            ops=1,
            flops=0 if ran.arrays is None or ran.shape is None else flops(ran),  # type: ignore[arg-type]  # it has all
            saved_bytes=ran.saved_bytes,
            line=line,
            code=code,
            error=ran.error,
            detached=ran.detached,
        )
        for source, name in arrows:
            self._arrow(source, me, name)
        self._enter(me, [self.nodes[source] for source, _ in arrows])
        return me

    def output(self, name: str, source: Source) -> None:
        """Write down that a tensor is a result of the whole."""
        origin = self._source(source)
        made = self.nodes[origin]
        me = len(self.nodes)
        self.nodes[me] = Node(
            id=me,
            kind="output",
            name=name,
            shape=made.shape,
            dtype=made.dtype,
            value=made.value,
            gradient=made.gradient,
            requires_grad=made.requires_grad,
        )
        self._arrow(origin, me, "")

    def _source(self, source: Source, argument: str = "", scope: int | None = None) -> int:
        """The number of the node that an arrow starts from; equal masks are one constant within one module call."""
        if source in self.ids:
            return self.ids[source]
        assert isinstance(source, Leaf)
        key = None
        if source.wanted is None and source.value.dtype.kind != "f":
            key = identity(source.origin, source.value)
            if key not in self.leaf_names:
                key = (*key, self.scopes.module_call(scope))
            if key in self.ids:
                self.ids[source] = self.ids[key]
                return self.ids[key]
        me = self._add(
            source,
            kind="constant" if source.wanted is None else "parameter" if source.parameter else "input",
            name="" if argument in ("input", "other") or argument.endswith("]") else argument,
            shape=source.value.shape,
            dtype=dtype_name(source.value.dtype),
        )
        if key is not None:
            self.ids[key] = me
        self.leaves[me] = source
        self.users[me] = []
        return me

    def _add(self, source: Source, **attributes: Any) -> int:
        me = self.ids[source] = len(self.nodes)
        value = source.value
        self.nodes[me] = Node(
            id=me,
            value=Numbers.of(value) if self.values and isinstance(value, np.ndarray) else None,
            gradient=self.gradients.get(source),
            requires_grad=source.wanted is not None,
            role=", ".join(source.roles),
            **attributes,
        )
        return me

    def _arrow(self, source: int, target: int, argument: str) -> None:
        shape = self.nodes[source].shape
        assert shape is not None
        self.edges.append(Edge(source, target, shape, argument))
        if source in self.users:
            self.users[source].append(target)

    # --- leaves

    def place_leaves(self) -> None:
        """Give every leaf its name, and the scope where it belongs."""
        parameters: dict[Any, str] = {}
        buffers: dict[Any, str] = {}
        for module in self.scopes.outermost:
            parameters.update({identity(p.array): name for name, p in module.named_parameters()})
            buffers.update({identity(b.array): name for name, b in module.named_buffers()})
        for i, leaf in self.leaves.items():
            node, key = self.nodes[i], identity(leaf.origin, leaf.value)
            name = parameters.get(key) or buffers.get(key) or self.leaf_names.get(key) or node.name
            kind, home = node.kind, self.scopes.common({self.nodes[user].scope for user in self.users[i]})
            if key in parameters:
                kind = "parameter"
            elif key in self.leaf_names and key not in buffers:
                kind = "input"
            elif kind == "constant":
                home = self._entrance(i, home)
                home = home if (around := self.scopes.module_call(home)) is None else around  # a module's, of all parts
                if home is None and all(self.nodes[user].scope is not None for user in self.users[i]):
                    kind = "input"  # of modules
            self.nodes[i] = replace(node, kind=kind, name=name or kind, scope=None if kind == "input" else home)

    def _enter(self, op: int, sources: list[Node]) -> None:
        """Note the op that first took something from outside its scope, if that was nothing but constants.

        What a module begins with was, in all likelihood, given to it. Constants it uses later, as masks, it made.
        """
        for scope in self.scopes.around(self.nodes[op].scope):
            if scope not in self.entrances:
                first = self.scopes.first_op[scope]
                if any(x.kind == "input" or (x.kind == "op" and x.id < first) for x in sources):
                    self.entrances[scope] = None
                elif any(x.kind == "constant" for x in sources):
                    self.entrances[scope] = op

    def _entrance(self, leaf: int, scope: int | None) -> int | None:
        """The scope that a constant came in from."""
        while scope is not None and self.entrances.get(scope) in self.users[leaf]:
            scope = self.scopes.found[scope].parent
        return scope


def identity(array: np.ndarray, value: np.ndarray | None = None) -> Any:
    """What tells one leaf from another: the array itself; of positions and masks, which ops copy, the content.

    Arguments:
        array: the array.
        value: its content, if that was another when it was used.
    """
    if array.dtype.kind == "f":
        return id(array)
    content = array if value is None else value
    return content.shape, content.dtype.str, hashlib.blake2b(content.tobytes()).digest()


# --- texts


def _read(ran: Ran) -> tuple[list[tuple[str, Source]], tuple[tuple[str, str], ...]]:
    """Where an op's tensors come from, and its other arguments as texts, each with the argument's name."""
    sources: list[tuple[str, Source]] = []
    settings: list[tuple[str, str]] = []
    for name, x in zip(_arguments(ran.op, len(ran.inputs)), ran.inputs, strict=True):
        if isinstance(x, Ran | Leaf):
            sources.append((name, x))
        elif x is not None and not isinstance(x, FunctionCtx):
            settings.append((name, _written(x)))
    for name, x in ran.params.items():
        if name in ran.beside:
            sources.append((name, ran.beside[name]))
        elif x is not None:
            settings.append((name, _written(x)))
    return sources, tuple(settings)


def _arguments(op: Op, count: int) -> tuple[str, ...]:
    """What an op calls its inputs."""
    if op.variadic or len(op.arguments) < count:
        return tuple(f"tensors[{i}]" for i in range(count))
    return op.arguments[:count]


def _call(ran: Ran) -> str:
    """An op with its numbers, and dots where tensors go; "" if all its inputs are tensors."""
    if not any(isinstance(x, bool | int | float | np.generic) for x in ran.inputs):
        return ""
    inputs = [x for x in ran.inputs if x is not None]
    parts = [f"{x:.4g}" if isinstance(x, bool | int | float | np.generic) else "·" for x in inputs]
    return f"{ran.op.name}({', '.join(parts)})"


@functools.lru_cache(maxsize=4096)
def _line(place: tuple[str, int] | None) -> tuple[str, str]:
    """The user's line that ran an op: where it is, and what is written there."""
    if place is None:
        return "", ""
    file, number = place
    return f"{os.path.basename(file)}:{number}", linecache.getline(file, number).strip()


def _written(x: Any) -> str:
    """An op's setting, as one would write it."""
    if isinstance(x, slice):
        return ":".join(
            "" if part is None else str(part) for part in (x.start, x.stop, x.step)[: 2 + (x.step is not None)]
        )
    if x is Ellipsis:
        return "..."
    if isinstance(x, tuple):
        return "(" + ", ".join(map(_written, x)) + ("," if len(x) == 1 else "") + ")"
    if isinstance(x, np.ndarray) and x.ndim:
        return f"array of shape {x.shape}"
    if isinstance(x, np.ndarray | np.generic):
        return str(x.item())
    return str(x) if isinstance(x, np.dtype | str) else repr(x)
