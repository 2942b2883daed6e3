"""From what the engine remembers to a `Graph`.

The engine's nodes point back to where their inputs came from, and to the module call they ran in. The reader goes
through them once, oldest first, and writes down what it sees.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from minigrad.autograd.backward import history, propagate
from minigrad.autograd.modes import modes
from minigrad.autograd.node import Node as EngineNode
from minigrad.autograd.node import TensorBase
from minigrad.graph.backpropagation import Backpropagation
from minigrad.graph.memory import Held
from minigrad.graph.ran import Leaf, Ran, Source
from minigrad.graph.representation import Graph
from minigrad.graph.writing import Writer, identity
from minigrad.nn.module import Parameter


def read(outputs: Any, names: Mapping[str, Any] | None = None, values: bool = False, gradients: bool = False) -> Graph:
    """Write down everything that `outputs` were computed from. Nothing is changed by it, `.grad` included.

    Arguments:
        outputs: a tensor, or nested tuples, lists and dicts of tensors; None counts nothing.
        names: what to call tensors; `locals()` will do, for what is no tensor is skipped.
        values: note the numbers, but those of large results that no rule reads: ops let go of them, unless somebody
            watches, as `record` does.
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
    made = _Made()
    ops = [made.op(node) for node in engine_nodes]
    seen = Backpropagation(made.sources.get)
    if gradients:
        _watch_backward([tensor for _, tensor in tensors], seen)
    named = {name: x for name, x in (names or {}).items() if isinstance(x, TensorBase)}
    leaf_names = {identity(x.array): name for name, x in named.items() if x.node is None}
    results_named = [(name, x) for name, x in named.items() if x.source() in made.sources and x.node]
    result_names = {made.source(x.node, x.array): name for name, x in results_named}
    writer = Writer(leaf_names, result_names, values, seen.gradients)
    results = [(name, made.source(tensor.source(), tensor.array)) for name, tensor in tensors]
    for op in ops:
        writer.op(op)
    for name, result in results:
        writer.output(name, result)
    writer.place_leaves()
    steps, seeds = seen.written(writer.ids)
    freed = any(node.released for node in engine_nodes)
    return Graph(writer.nodes, writer.edges, writer.scopes.found, values, gradients, freed, steps, seeds)


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


def _watch_backward(tensors: list[TensorBase], seen: Backpropagation) -> None:
    """Go back from the one output, and look at what arrives at every op's result and every leaf."""
    if len(tensors) != 1 or tensors[0].array.size != 1:
        shapes = ", ".join(str(tensor.array.shape) for tensor in tensors)
        raise RuntimeError(
            f"draw: gradients=True needs one scalar output, but the shapes are {shapes}; "
            "draw a loss, or reduce the output with sum() or mean() first"
        )
    before, modes.watchers = modes.watchers, (seen,)  # others watch what the user runs
    try:
        run_backward(tensors[0])
    finally:
        modes.watchers = before


def run_backward(loss: TensorBase) -> None:
    """Go back from a scalar for those who watch: no `.grad` is changed, no hook runs, and nothing is freed."""
    assert loss.node is not None
    hooks: list[tuple[Any, Any]] = [(node, node.hooks) for node in history([loss.node]) if node.hooks]
    try:
        for node, _ in hooks:
            node.hooks = None
        propagate([(loss.node, np.ones_like(loss.array))], retain_graph=True)
    finally:
        for node, in_force in hooks:
            node.hooks = in_force


class _Made:
    """What the engine's nodes and leaves are made to.

    Attributes:
        sources: ops by the engine's node, leaves that want a gradient by the tensor.
    """

    def __init__(self) -> None:
        self.sources: dict[Any, Source] = {}
        self._constants: dict[int, Leaf] = {}  # by id() of the array
        self._held = Held()

    def op(self, node: EngineNode) -> Ran:
        """An op, whose inputs are made before it."""
        arrays = node.arrays or (None,) * len(node.parents)
        op = self.sources[node] = Ran(
            op=node.op,
            inputs=tuple([self.source(parent, x) for parent, x in zip(node.parents, arrays, strict=True)]),
            arrays=node.arrays,
            params=node.params,
            kept=node.kept,
            output=node.output,
            shape=node.shape,
            dtype=node.dtype,
            scope=node.scope,
            beside={name: self._leaf(x) for name, x in node.params.items() if isinstance(x, np.ndarray) and x.ndim},
            wanted=node,
            saved_bytes=0 if node.released else self._held.more(node),
        )
        return op

    def source(self, parent: EngineNode | TensorBase | None, array: Any) -> Source | Any:
        """Where an op's input comes from: an op, a leaf; what is no array is left as it is."""
        if parent is None:
            return self._leaf(array) if isinstance(array, np.ndarray) else array
        if parent not in self.sources:
            assert isinstance(parent, TensorBase)
            leaf = Leaf(parent.array, parent.array, parent, isinstance(parent, Parameter))
            self.sources[parent] = leaf
        source = self.sources[parent]
        if isinstance(source, Ran) and isinstance(array, np.ndarray):
            source.output = array  # which the op that made it may have let go of
        return source

    def _leaf(self, array: np.ndarray) -> Leaf:
        return self._constants.setdefault(id(array), Leaf(array, array))
