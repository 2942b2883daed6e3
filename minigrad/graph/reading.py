"""From what the engine remembers to a `Graph`.

The engine's nodes point back to where their inputs came from, and to the module call they ran in. The reader goes
through them once, oldest first, and writes down what it sees.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from minigrad.autograd.backward import history, propagate
from minigrad.autograd.modes import modes
from minigrad.autograd.node import Node as EngineNode
from minigrad.autograd.node import TensorBase
from minigrad.autograd.op import Op
from minigrad.autograd.scope import Scope as EngineScope
from minigrad.graph.backpropagation import Backpropagation
from minigrad.graph.numbers import Numbers
from minigrad.graph.parts import Edge, Node, Scope
from minigrad.graph.representation import Graph
from minigrad.graph.rules import rules_of
from minigrad.nn.module import Parameter


def read(outputs: Any, names: Mapping[str, Any] | None = None, values: bool = False, gradients: bool = False) -> Graph:
    """Write down everything that `outputs` were computed from. Nothing is changed by it, `.grad` included.

    Arguments:
        outputs: a tensor, or nested tuples, lists and dicts of tensors; None counts nothing.
        names: what to call tensors; `locals()` will do, for what is no tensor is skipped.
        values: note the numbers.
        gradients: note the gradients of `outputs`, which must be one scalar then.

    Returns:
        The graph, with nothing folded, collapsed or hidden.

    Raises:
        TypeError: for outputs that are no tensors.
        RuntimeError: for outputs without history; for values or gradients that are not there any more.

    >>> import minigrad
    >>> x = minigrad.tensor([1.0, 2.0], requires_grad=True)
    >>> [node.name for node in read((x * x).sum(), names={"x": x}).nodes.values()]
    ['x', 'mul', 'sum', 'output']
    """
    tensors, engine_nodes = ran(outputs, "draw")
    if values or gradients:
        _check_kept(engine_nodes, "values" if values else "gradients")
    seen = Backpropagation()
    if gradients:
        _run_backward([tensor for _, tensor in tensors], engine_nodes, seen)
    writer = _Writer(names or {}, values, seen)
    for node in engine_nodes:
        writer.op(node)
    for name, tensor in tensors:
        writer.output(name, tensor)
    return replace(writer.graph(), values=values, gradients=gradients)


def ran(outputs: Any, function: str) -> tuple[list[tuple[str, TensorBase]], list[EngineNode]]:
    """What there is to say something about: tensors, and the ops that ran for them.

    Arguments:
        outputs: a tensor, or nested tuples, lists and dicts of tensors; None counts nothing.
        function: who asks, for the errors.

    Returns:
        The tensors, each with its path in `outputs`, and every op they were computed from, oldest first.

    Raises:
        TypeError: for outputs that are no tensors.
        RuntimeError: for outputs without history.
    """
    tensors = list(_tensors(outputs, "output", function))
    roots = [source for _, tensor in tensors if isinstance(source := tensor.source(), EngineNode)]
    if not roots:
        raise RuntimeError(
            f"{function}: the output has no history; it is a leaf, or it was computed under no_grad(), "
            "or nothing it was computed from has requires_grad=True"
        )
    return tensors, history(roots)[::-1]


def _tensors(outputs: Any, name: str, function: str) -> Iterator[tuple[str, TensorBase]]:
    """The tensors in what a module returned, each with its path."""
    if isinstance(outputs, TensorBase):
        yield name, outputs
    elif isinstance(outputs, Mapping):
        for key, part in outputs.items():
            yield from _tensors(part, f"{name}[{key!r}]", function)
    elif isinstance(outputs, tuple | list):
        for i, part in enumerate(outputs):
            yield from _tensors(part, f"{name}[{i}]", function)
    elif outputs is not None:
        raise TypeError(
            f"{function}: {name} is a {type(outputs).__name__}; it must be a Tensor, or a tuple, list or dict of them"
        )


def _check_kept(engine_nodes: list[EngineNode], wanted: str) -> None:
    """Raises RuntimeError if a backward pass has freed some of the arrays."""
    for node in engine_nodes:
        if node.released:
            raise RuntimeError(
                f"draw: {wanted}=True, but backward() has freed the arrays of this graph, those of {node.op.name} "
                "among them; draw before backward(), or pass retain_graph=True to it"
            )


def _run_backward(tensors: list[TensorBase], engine_nodes: list[EngineNode], seen: Backpropagation) -> None:
    """Go back from the one output, and look at what arrives at every op's result and every leaf."""
    if len(tensors) != 1 or tensors[0].array.size != 1:
        shapes = ", ".join(str(tensor.array.shape) for tensor in tensors)
        raise RuntimeError(
            f"draw: gradients=True needs one scalar output, but the shapes are {shapes}; "
            "draw a loss, or reduce the output with sum() or mean() first"
        )
    root = tensors[0]
    assert root.node is not None
    watchers, hooks = modes.watchers, [(node, node.hooks) for node in engine_nodes if node.hooks]
    try:
        for node, _ in hooks:
            node.hooks = None  # they would fill .grad
        modes.watchers = (seen,)  # others watch what the user runs
        propagate([(root.node, np.ones_like(root.array))], retain_graph=True)
    finally:
        modes.watchers = watchers
        for node, in_force in hooks:
            node.hooks = in_force


class _Writer:
    """A graph while it is being written down."""

    def __init__(self, names: Mapping[str, Any], values: bool, seen: Backpropagation):
        tensors = {name: x for name, x in names.items() if isinstance(x, TensorBase)}
        self.leaf_names = {_identity(x.array): name for name, x in tensors.items() if x.node is None}
        self.result_names = {x.source(): name for name, x in tensors.items()}
        self.values = values
        self.seen = seen
        self.freed = False
        self.nodes: dict[int, Node] = {}
        self.edges: list[Edge] = []
        self.ids: dict[Any, int] = {}  # of nodes: by the engine's node, the leaf, or a constant's `_identity`
        self.leaves: dict[int, Any] = {}  # the tensor or array of each leaf and constant
        self.users: dict[int, list[int]] = {}  # the nodes it goes to
        self.scopes: dict[int, Scope] = {}
        self.scope_ids: dict[EngineScope, int] = {}
        self.modules: dict[int | None, Any] = {None: None}  # for each scope the innermost module around its ops
        self.outermost: dict[int, Any] = {}  # modules called outside any other, by id()
        self.levels: dict[int | None, int] = {None: 0}
        self.first_op: dict[int, int] = {}  # of each scope
        self.entrances: dict[int, int | None] = {}  # of each scope: see `_enter`
        self.paths: dict[int, dict[int, str]] = {}  # of a module's submodules, by id(): see `_path`

    # --- nodes and edges

    def op(self, node: EngineNode) -> None:
        """Write down an op, after the leaves it uses, and the arrows into it."""
        sources, settings = self._read(node)
        scope = self._scope(node.scope, len(self.nodes))
        arrows = [(self._source(source, name, scope), name) for name, source in sources]
        me = self._add(
            node,
            kind="op",
            name=node.op.name,
            shape=node.shape,
            dtype=str(node.dtype),
            scope=scope,
            result=self.result_names.get(node, ""),
            call=_call(node),
            settings=tuple(settings.items()),
            rules=rules_of(node.op),
            value=self._value(node.output),
            gradient=self.seen.gradients.get(node),
            ops=1,
            requires_grad=True,
        )
        for source, name in arrows:
            self._arrow(source, me, name)
        self._enter(me, [self.nodes[source] for source, _ in arrows])

    def output(self, name: str, tensor: TensorBase) -> None:
        """Write down that a tensor is a result of the whole."""
        origin = tensor.source()
        source = self._source(tensor.array if origin is None else origin)
        made = self.nodes[source]
        me = self._add(
            (name, len(self.nodes)),
            kind="output",
            name=name,
            shape=made.shape,
            dtype=made.dtype,
            value=made.value,
            gradient=made.gradient,
            requires_grad=made.requires_grad,
        )
        self._arrow(source, me, "")

    def _read(self, node: EngineNode) -> tuple[list[tuple[str, Any]], dict[str, str]]:
        """Where an op's tensors come from, and its other arguments as texts, each with the argument's name."""
        self.freed |= node.released
        names = _arguments(node.op, len(node.parents))
        arrays = node.arrays or [None] * len(names)
        inputs = [
            (name, x if parent is None else parent) for name, parent, x in zip(names, node.parents, arrays, strict=True)
        ]
        sources: list[tuple[str, Any]] = []
        settings = {}
        for i, (name, x) in enumerate([*inputs, *node.params.items()]):
            if isinstance(x, EngineNode | TensorBase) or (isinstance(x, np.ndarray) and (x.ndim or i < len(inputs))):
                sources.append((name, x))
            elif x is not None:
                settings[name] = _written(x)
        return sources, settings

    def _source(self, source: Any, argument: str = "", scope: int | None = None) -> int:
        """The number of the node that an arrow starts from; equal masks are one constant within one module call."""
        key = _identity(source) if isinstance(source, np.ndarray) else source
        if isinstance(key, tuple) and key not in self.leaf_names:
            key = (*key, self._module_call(scope))
        if key in self.ids:
            return self.ids[key]
        array = source if isinstance(source, np.ndarray) else source.array
        me = self._add(
            key,
            kind="constant" if source is array else "parameter" if isinstance(source, Parameter) else "input",
            name="" if argument in ("input", "other") or argument.endswith("]") else argument,
            shape=array.shape,
            dtype=str(array.dtype),
            value=self._value(array),
            gradient=self.seen.gradients.get(key),
            requires_grad=source is not array,
        )
        self.leaves[me] = array
        self.users[me] = []
        return me

    def _add(self, key: Any, **attributes: Any) -> int:
        me = self.ids[key] = len(self.nodes)
        self.nodes[me] = Node(id=me, **attributes)
        return me

    def _arrow(self, source: int, target: int, argument: str) -> None:
        shape = self.nodes[source].shape
        assert shape is not None
        self.edges.append(Edge(source, target, shape, argument))
        if source in self.users:
            self.users[source].append(target)

    def _value(self, array: np.ndarray | None) -> Numbers | None:
        return Numbers.of(array) if self.values and array is not None else None

    # --- scopes

    def _scope(self, scope: EngineScope | None, op: int) -> int | None:
        """The number of a scope; it and those around it are written down when their first op comes."""
        new = []
        while scope is not None and scope not in self.scope_ids:
            new.append(scope)
            scope = scope.parent
        me = None if scope is None else self.scope_ids[scope]
        for scope in reversed(new):
            me, parent = len(self.scopes), me
            self.scope_ids[scope] = me
            self.levels[me] = self.levels[parent] + 1
            self.first_op[me] = op
            around = self.modules[parent]
            self.modules[me] = around if scope.module is None else scope.module
            if around is None and scope.module is not None:
                self.outermost[id(scope.module)] = scope.module
            module = "" if scope.module is None else type(scope.module).__name__
            self.scopes[me] = Scope(me, parent, scope.name or self._path(around, scope.module), module)
        return me

    def _path(self, outer: Any, module: Any) -> str:
        """A module's name inside the module that called it: "layers.0" also where the list `layers` is not called."""
        if outer is None or module is None:
            return ""
        if id(outer) not in self.paths:
            self.paths[id(outer)] = {id(inner): path for path, inner in outer.named_modules()}
        return self.paths[id(outer)].get(id(module), "")

    def _module_call(self, scope: int | None) -> int | None:
        """The innermost scope around an op that is a module's, rather than a named part."""
        while scope is not None and not self.scopes[scope].module:
            scope = self.scopes[scope].parent
        return scope

    # --- leaves

    def graph(self) -> Graph:
        """What was written down, with every leaf named and put into the scope where it belongs."""
        parameters: dict[int, str] = {}
        buffers: dict[int, str] = {}
        for module in self.outermost.values():
            parameters.update({_identity(p.array): name for name, p in module.named_parameters()})
            buffers.update({_identity(b.array): name for name, b in module.named_buffers()})
        for leaf, array in self.leaves.items():
            node, key = self.nodes[leaf], _identity(array)
            name = parameters.get(key) or buffers.get(key) or self.leaf_names.get(key) or node.name
            kind, home = node.kind, self._common_scope(leaf)
            if key in parameters:
                kind = "parameter"
            elif key in self.leaf_names and key not in buffers:
                kind = "input"
            elif kind == "constant":
                home = self._entrance(leaf, home)
                if home is None and all(self.nodes[user].scope is not None for user in self.users[leaf]):
                    kind = "input"  # of modules
            self.nodes[leaf] = replace(node, kind=kind, name=name or kind, scope=None if kind == "input" else home)
        steps, seeds = self.seen.written(self.ids)
        return Graph(self.nodes, self.edges, self.scopes, freed=self.freed, backward=steps, seeds=seeds)

    def _common_scope(self, leaf: int) -> int | None:
        """The innermost scope around everything the leaf goes to."""
        scopes = {self.nodes[user].scope for user in self.users[leaf]}
        common = scopes.pop()
        for other in scopes:
            while common != other:
                if self.levels[common] >= self.levels[other]:
                    common = self.scopes[common].parent  # type: ignore[index]  # None has the least level
                else:
                    other = self.scopes[other].parent  # type: ignore[index]
        return common

    def _enter(self, op: int, sources: list[Node]) -> None:
        """Note the op that first took something from outside its scope, if that was nothing but constants.

        What a module begins with was, in all likelihood, given to it. Constants it uses later, as masks, it made.
        """
        scope = self.nodes[op].scope
        while scope is not None:
            if scope not in self.entrances:
                if any(x.kind == "input" or (x.kind == "op" and x.id < self.first_op[scope]) for x in sources):
                    self.entrances[scope] = None
                elif any(x.kind == "constant" for x in sources):
                    self.entrances[scope] = op
            scope = self.scopes[scope].parent

    def _entrance(self, leaf: int, scope: int | None) -> int | None:
        """The scope that a constant came in from."""
        while scope is not None and self.entrances.get(scope) in self.users[leaf]:
            scope = self.scopes[scope].parent
        return scope


def _identity(array: np.ndarray) -> Any:
    """What tells one constant from another: the array itself; of positions and masks, which ops copy, the content."""
    if array.dtype.kind == "f":
        return id(array)
    return array.shape, array.dtype.str, hashlib.blake2b(array.tobytes()).digest()


# --- texts


def _call(node: EngineNode) -> str:
    """An op with its numbers, and dots where tensors go; "" if all its inputs are tensors."""
    inputs = [x for x in node.arrays or () if x is not None]
    if not any(isinstance(x, bool | int | float | np.generic) for x in inputs):
        return ""
    return f"{node.op.name}({', '.join('·' if isinstance(x, np.ndarray) else f'{x:.4g}' for x in inputs)})"


def _arguments(op: Op, count: int) -> list[str]:
    """What an op calls its inputs."""
    if op.variadic or len(op.arguments) < count:
        return [f"tensors[{i}]" for i in range(count)]
    return list(op.arguments[:count])


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
