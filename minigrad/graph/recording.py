"""`record` and `trace`: a computation written down while it runs, forward and backward.

What the engine keeps is the way back from a result to the leaves that want gradients. A `Recording` knows the rest
too: what ran under `no_grad`, what was detached, the user's lines, all values as they were when the ops ran, and each
contribution to each gradient in the order in which it arrived.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from minigrad.autograd.node import TensorBase
from minigrad.autograd.watching import user_frame
from minigrad.graph.explain import Explanation, explain
from minigrad.graph.failing import failure
from minigrad.graph.parts import Node
from minigrad.graph.ran import Leaf, Ran, Source
from minigrad.graph.reading import ran as engine_nodes
from minigrad.graph.reading import read, run_backward
from minigrad.graph.replay import Nudged, Replay
from minigrad.graph.representation import Graph
from minigrad.graph.tracking import WRITE, Tracker
from minigrad.graph.writing import Writer, identity


class Recording:
    """What runs inside a `with` block on this thread; made by `record`, which tells what it holds.

    Whatever a `Graph` has, such as `nodes` and `find`, a recording has too. Where a graph takes a node, a recording
    takes a tensor of the computation as well.
    """

    def __init__(self, names: Mapping[str, Any] | None = None):
        self._tracker = Tracker()
        self._given = names or {}
        self._names: dict[str, Any] = {}
        self._outputs: list[TensorBase] = []
        self._graph: Graph | None = None
        self._writer: Writer | None = None
        self._replay: Replay | None = None

    def __enter__(self) -> Self:
        if self._writer is not None or self._tracker.ops:
            raise RuntimeError("record: a Recording holds one block; make another with record()")
        self._tracker.__enter__()
        return self

    def __exit__(self, kind: Any, error: BaseException | None, where: TracebackType | None) -> None:
        self._tracker.__exit__()
        if error is not None and not any(ran.error == str(error) for ran in self._tracker.ops):
            failed = failure(error, where, self._tracker)
            self._tracker.ops += [] if failed is None else [failed]
        self._name(user_frame().f_locals)

    def _name(self, names: Mapping[str, Any]) -> None:
        """Call tensors what the user's variables are called, unless names were given."""
        ours = {name: x for name, x in names.items() if isinstance(x, TensorBase) and not name.startswith("_")}
        self._names = {**ours, **{name: x for name, x in self._given.items() if isinstance(x, TensorBase)}}
        self._graph = None

    # --- what was recorded

    def graph(self) -> Graph:
        """What was recorded, up to now if the block still runs."""
        if self._graph is None or self._writer is None:
            self._writer, self._graph = self._written()
        return self._graph

    @property
    def ran(self) -> dict[int, Ran]:
        """The ops by the numbers of their nodes, with arrays, parameters and what they kept for their rules."""
        self.graph()
        assert self._writer is not None
        return {i: x for x, i in self._writer.ids.items() if isinstance(x, Ran)}

    def node(self, x: Any) -> Node:
        """The node of a tensor, or one that is meant otherwise: see `Graph.node`.

        Raises:
            KeyError: for a tensor that was not recorded, or that was changed since.
        """
        graph = self.graph()
        if not isinstance(x, TensorBase):
            return graph.node(x)
        source = self._tracker.known_tensor(x)
        assert self._writer is not None
        if source not in self._writer.ids:
            raise KeyError(f"node: a tensor of shape {x.array.shape} that is not as it was in the recorded block")
        return graph.nodes[self._writer.ids[source]]

    def path(self, a: Any, b: Any) -> list[int]:
        """A shortest way from one node to another: see `Graph.path`."""
        return self.graph().path(self.node(a), self.node(b))

    def explain(self, x: Any, entry: Sequence[int] | None = None) -> Explanation:
        """How the gradient of a tensor, or of one entry, came about in the last backward pass; `print` shows it.

        Arguments:
            x: a tensor, a node, its number or its name; `x[2, 3]` asks about that entry of a recorded tensor `x`.
            entry: the indices of the entry, another way to say that.

        Returns:
            An `Explanation`: the contribution of each op that used the tensor with its rule, the terms that an entry
            of it is a sum of, and what arrived along each path.

        Raises:
            KeyError: for a tensor that was not recorded.
            RuntimeError: when no gradient arrived there.
            IndexError: for an entry that is not there.

        >>> import minigrad
        >>> x = minigrad.tensor([1.0, 3.0], requires_grad=True)
        >>> with record() as g:
        ...     (x * x).sum().backward()
        >>> g.explain(x[1])  # doctest: +ELLIPSIS
        gradient of x[1], shape (2,): 6
          1. from mul: 3
             ran at ...: (x * x).sum().backward()
             rule of y = mul(a, b): gradient of a = g · b
             g[1] · 3 = 1 · 3 = 3
          2. from mul: 3
             ran at ...: (x * x).sum().backward()
             rule of y = mul(a, b): gradient of b = g · a
             g[1] · 3 = 1 · 3 = 3
          together: 3 + 3 = 6
          the same by paths, of which 2 lead here:
             3  along sum → mul → x
             3  along sum → mul → x
             together: 6
        """
        node, place = self._entry(x)
        return explain(self.graph(), self.ran, node.id, place if entry is None else tuple(entry))

    def _entry(self, x: Any) -> tuple[Node, tuple[int, ...] | None]:
        """The node of a tensor; of `x[2, 3]`, taken of a recorded x afterwards, the node of x and the place."""
        made = x.node if isinstance(x, TensorBase) else None
        if made is None or made.op.name != "getitem" or self._tracker.known_tensor(x) is not None:
            return self.node(x), None
        graph, index = self.graph(), made.params["index"]
        assert self._writer is not None
        source = self._tracker.known_source(made.parents[0])
        place = index if isinstance(index, tuple) else (index,)
        if source not in self._writer.ids or x.array.ndim or not all(isinstance(i, int) for i in place):
            raise KeyError(f"explain: a tensor of shape {x.array.shape} that is neither recorded nor one entry of one")
        return graph.nodes[self._writer.ids[source]], place

    def nudge(self, x: Any, entry: Sequence[int], h: float = 1e-3) -> Nudged:
        """Move one number of a tensor by `h` both ways, and compute the result again, in float64.

        The recorded ops run again, on the recorded values and random masks, and no code of the user's. The result is
        where the last backward pass began; without one, the only scalar among the results.

        Arguments:
            x: a tensor, a node, its number or its name: a leaf, or a result on the way.
            entry: the indices of the number.
            h: how far it is moved.

        Returns:
            The result below and above, and its difference per unit, which the gradient should agree with.

        Raises:
            RuntimeError: where an op cannot be run again, and when the result does not depend on `x`.
            IndexError: for an entry that is not there.

        >>> import minigrad
        >>> x = minigrad.tensor([1.0, 3.0], requires_grad=True)
        >>> with record() as g:
        ...     (x * x).sum().backward()
        >>> g.nudge(x, [1], h=0.5)
        Nudged(below=7.25, above=13.25, difference=6.0)
        """
        node = self.node(x)
        assert self._writer is not None
        sources = {i: source for source, i in self._writer.ids.items() if isinstance(source, Ran | Leaf)}
        if node.id not in sources:
            raise RuntimeError("nudge: an output is what the op before it made; nudge that")
        source = sources[node.id]
        if source.value is None or source.value.dtype.kind != "f":
            raise RuntimeError(f"nudge: {node.name} of {node.dtype} is no tensor of floating-point numbers")
        place, shape = tuple(entry), source.value.shape
        if len(place) != len(shape) or not all(-n <= i < n for i, n in zip(place, shape, strict=True)):
            raise IndexError(f"nudge: entry {place} is not in a tensor of shape {shape}")
        if self._replay is None:
            self._replay = Replay(self._tracker.before + self._tracker.ops, self._root())
        return self._replay.nudge(source, place, h)

    def _root(self) -> Ran:
        results = self._tracker.roots or self._results()
        scalars = [x for x in results if isinstance(x, Ran) and x.output is not None and x.output.size == 1]
        if len(scalars) != 1:
            raise RuntimeError(f"nudge: needs one scalar result, and there are {len(scalars)}; record a loss")
        return scalars[0]

    def __getattr__(self, name: str) -> Any:
        """Whatever a graph has."""
        if name.startswith("_") or not hasattr(Graph, name):
            raise AttributeError(f"a Recording has no {name!r}, and neither has a Graph")
        return getattr(self.graph(), name)

    def __str__(self) -> str:
        return str(self.graph())

    def _repr_svg_(self) -> str | None:
        return self.graph()._repr_svg_()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        self.graph()._repr_pretty_(printer, cycle)

    def __repr__(self) -> str:
        return f"<Recording of {len(self._tracker.ops)} ops>"

    # --- writing it down

    def _written(self) -> tuple[Writer, Graph]:
        leaf_names: dict[Any, str] = {}
        result_names: dict[Source, str] = {}
        for name, x in self._names.items():
            source = self._tracker.known_tensor(x)
            if isinstance(source, Ran):
                result_names[source] = name
            elif source is not None:
                leaf_names[identity(source.origin, source.value)] = name
            elif x.array.dtype.kind != "f":  # positions, of which ops may have taken a copy
                leaf_names[identity(x.array)] = name
        seen = self._tracker.seen
        writer = Writer(leaf_names, result_names, values=True, gradients=seen.gradients)
        for ran in self._kept():
            writer.op(ran)
        results = self._results()
        for i, result in enumerate(results):
            writer.output("output" if len(results) == 1 else f"output[{i}]", result)
        writer.place_leaves()
        steps, seeds = seen.written(writer.ids)
        return writer, Graph(
            writer.nodes, writer.edges, writer.scopes.found, True, bool(steps), False, backward=steps, seeds=seeds
        )

    def _kept(self) -> list[Ran]:
        """The ops to show: writes in place whose result nobody used, such as those of `zero_grad`, are left out."""
        used, kept = set(self._outputs_given()), []
        for ran in reversed(self._tracker.before + self._tracker.ops):
            if ran.op is not WRITE or ran in used:
                kept.append(ran)
                used.update(x for x in ran.inputs if isinstance(x, Ran | Leaf))
        return kept[::-1]

    def _results(self) -> list[Source]:
        """What came out: what `trace` was told, where backward passes began, and what no op used."""
        used = {x for ran in self._kept() for x in ran.inputs if isinstance(x, Ran | Leaf)}
        last = [ran for ran in self._kept() if ran not in used and not ran.error]
        return list(dict.fromkeys([*self._outputs_given(), *self._tracker.roots, *last]))

    def _outputs_given(self) -> list[Source]:
        found = [self._tracker.known_tensor(x) for x in self._outputs]
        return [x for x in found if x is not None]


def record(names: Mapping[str, Any] | None = None) -> Recording:
    """Write down every op that runs in a `with` block on this thread, forward and backward.

    Recorded is, of every op: its inputs and its result, as numbers; the module it ran in; the user's line that ran it;
    and whether it was taken out of history. Of the backward pass each contribution to each gradient, in order; of
    several passes the last. What had been computed before the block is a leaf, unless a backward pass begins there.
    Results, gradients and random numbers are the same, to the last bit, as without; but recurrent layers and
    `scaled_dot_product_attention`, which are else one op, go step by step and are rounded as their steps are.

    Arguments:
        names: what to call tensors; `locals()` will do. Others are called what the variables are called that hold
            them at the end of the block.

    Returns:
        A `Recording`, for a `with` statement. When an error ends the block, what ran until then is kept, with the op
        that failed: its `error` says what was wrong.

    >>> import minigrad
    >>> a, b, c = (minigrad.tensor(x, requires_grad=True) for x in (2.0, -3.0, 10.0))
    >>> with record() as g:
    ...     y = ((a * b) + c).tanh()
    ...     y.backward()
    >>> [(node.result or node.name, node.value.items, node.gradient.items) for node in g.find("mul") + g.find("b")]
    [('mul', -6.0, 0.0013408660888671875), ('b', -3.0, 0.002681732177734375)]
    """
    return Recording(names)


def trace(module: Callable[..., Any], *inputs: Any, **kwargs: Any) -> Recording:
    """Record one run of a module: forward, and backward if it returns one scalar that was recorded, as a loss.

    The module runs as it always does, so a module in training mode draws random numbers, and batch norm moves its
    averages; `.grad` is left alone.

    Arguments:
        module: a module, or a function.
        inputs, kwargs: what to call it with; these are called what its arguments are called.

    Returns:
        The `Recording`.

    >>> import minigrad
    >>> g = trace(minigrad.nn.Linear(3, 2), minigrad.ones(4, 3))
    >>> [(node.kind, node.name) for node in g.nodes.values()]
    [('input', 'input'), ('parameter', 'weight'), ('parameter', 'bias'), ('op', 'linear'), ('output', 'output')]
    """
    recording = Recording(_argument_names(module, inputs, kwargs))
    with recording:
        output = module(*inputs, **kwargs)
        if isinstance(output, TensorBase) and output.array.size == 1 and output.node is not None:
            run_backward(output)
    recording._outputs = [x for x in _flat(output) if isinstance(x, TensorBase)]
    return recording


def _argument_names(module: Callable[..., Any], inputs: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """What a function calls what it is given."""
    try:
        return dict(inspect.signature(getattr(module, "forward", module)).bind(*inputs, **kwargs).arguments)
    except (TypeError, ValueError):  # the call itself will say what is wrong
        return {}


def _flat(output: Any) -> list[Any]:
    if isinstance(output, Mapping):
        return [x for part in output.values() for x in _flat(part)]
    return [x for part in output for x in _flat(part)] if isinstance(output, tuple | list) else [output]


def recorded(
    what: Any, names: Mapping[str, Any] | None, function: str, gradients: bool = True
) -> tuple[Graph, Mapping[int, Any]]:
    """The graph of whatever one is asked to show, and for its ops what they ran on, where that is known.

    Arguments:
        what: a recording, a `Graph`, or what `read` takes.
        names: what to call tensors, if they are to be read.
        function: who asks, for the errors.
        gradients: read gradients too, of a scalar.
    """
    if isinstance(what, Recording):
        return what.graph(), what.ran
    if isinstance(what, Graph):
        return what, {}
    graph = read(what, names, values=True, gradients=gradients)
    _, engine = engine_nodes(what, function)
    ops = [node.id for node in graph.nodes.values() if node.kind == "op"]
    return graph, dict(zip(ops, engine, strict=True))  # both in the order in which they ran
