"""Backpropagation: walk the graph from its result to its leaves, newest op first, and add up what arrives.

Each op's rule turns the gradient of its output into a contribution to the gradient of each input. An op is visited
when every op that used its output has been visited, so its gradient is complete by then: that is what the order of
`history` guarantees, and why `b = a + a; c = b + b` comes out right. The walk is a loop, not a recursion, and lets
go of each node's arrays once it has used them.
"""

import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from minigrad.autograd.errors import ShapeError
from minigrad.autograd.modes import modes
from minigrad.autograd.node import Hooks, Node, TensorBase
from minigrad.autograd.storage import Absent
from minigrad.autograd.sums import total


def history(roots: Iterable[Node]) -> list[Node]:
    """Every node that the roots were computed from, newest first.

    Arguments:
        roots: nodes to start from; they are part of the result.

    Returns:
        The nodes in an order in which each comes after all the nodes that used its output.
    """
    found = list(dict.fromkeys(roots))
    seen = set(found)
    for node in found:  # which grows meanwhile
        for parent in node.parents:
            if isinstance(parent, Node) and parent not in seen:
                seen.add(parent)
                found.append(parent)
    found.sort(key=operator.attrgetter("tick"), reverse=True)
    return found


def unbroadcast(g: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Sum `g` over the dimensions that broadcasting added or stretched, so that it has `shape` again.

    An input that was used many times gets the sum of the gradients of all its uses. This is the one place where
    broadcasting is undone: rules do not mention it.

    Arguments:
        g: gradient, in the broadcast shape.
        shape: shape of the input before broadcasting.
    """
    added = g.ndim - len(shape)
    if added and g.shape[added:] == shape:
        return total(g, tuple(range(added)))
    stretched = tuple(added + i for i, n in enumerate(shape) if n == 1 and g.shape[added + i] != 1)
    return total(g, tuple(range(added)) + stretched).reshape(shape)


def fit(g: Any, like: np.ndarray | Absent) -> Any:
    """Give a contribution the shape and the element type of the array whose gradient it is."""
    if type(g) is np.ndarray and g.shape == like.shape and g.dtype == like.dtype:
        return g
    if g.shape != like.shape:
        g = g.sum_to_size(like.shape) if isinstance(g, TensorBase) else unbroadcast(np.asarray(g), like.shape)
    if g.dtype != like.dtype:
        g = g.to(like.dtype) if isinstance(g, TensorBase) else g.astype(like.dtype)
    return g


def contributions(node: Node, g: Any, recorded: bool, fit: Callable[[Any, np.ndarray], Any] = fit) -> list[Any]:
    """What the node's rules make of the gradient `g` of its output.

    Arguments:
        node: the op to differentiate.
        g: gradient of its output: an array, or a Tensor if `recorded`.
        recorded: run the rules on Tensors, so that the gradients can themselves be differentiated.
        fit: what undoes the broadcasting.

    Returns:
        For each input a gradient of that input's shape; None where no gradient is wanted.

    Raises:
        RuntimeError: when an earlier backward pass has freed the arrays, or they were changed in place.
    """
    inputs, y = node.saved()
    assert node.arrays is not None
    rules, params = node.op.rules, node.params
    if recorded:
        inputs = tuple([node.tensor(i, x, g) for i, x in enumerate(inputs)])
        y = y if isinstance(y, Absent) else g._result(y, node)
    elif node.kept is not None:
        params = {**params, **node.kept}
    several = None
    if node.op.variadic:  # which has one rule, and a node is made only where there is one
        several = rules[0].vjp(g, y, *inputs, **params)  # type: ignore[union-attr]
    elif node.op.together is not None and not recorded:
        several = node.op.together(node.parents, g, y, *inputs, **params)
    passed: list[Any] = []
    for i, parent in enumerate(node.parents):  # zip(strict=True) would take a fifth of the time of a small op
        x = None
        if parent is not None:
            if several is not None:
                x = several[i]
            elif (rule := rules[i]) is not None:
                x = rule.vjp(g, y, *inputs, **params)
        passed.append(None if x is None else fit(x, node.arrays[i]))
    if recorded:  # a rule may have found a constant
        passed = [p if p is None or isinstance(p, TensorBase) else g._result(p, None) for p in passed]
    return passed


def watched_contributions(node: Node, g: Any, recorded: bool, watchers: tuple[Any, ...]) -> list[Any]:
    """As `contributions`, and tell watchers of them, and of the shapes they had before broadcasting was undone."""
    shapes: list[tuple[int, ...]] = []

    def noting(g: Any, like: np.ndarray) -> Any:
        shapes.append(g.shape)
        return fit(g, like)

    passed = contributions(node, g, recorded, noting)
    before = iter(shapes)
    each = [None if p is None else next(before) for p in passed]
    for watcher in watchers:
        watcher.passed(node, g, passed, each)
    return passed


def propagate(
    roots: Sequence[tuple[Node | TensorBase, Any]],
    recorded: bool = False,
    retain_graph: bool = False,
    wanted: Iterable[Any] | None = None,
) -> dict[Any, Any]:
    """Carry gradients from the roots back to everything they were computed from.

    Arguments:
        roots: where to start, each with the gradient that enters there.
        recorded: let the gradients be differentiated in their turn (PyTorch's `create_graph`).
        retain_graph: keep the arrays of the graph for another pass.
        wanted: the sources whose gradients are sought: the walk visits only what lies between, and lets go of no
            more. All leaves by default.

    Returns:
        The gradient of each leaf tensor reached, or of each source wanted and reached, by the tensor's source.
    """
    order = history([source for source, _ in roots if isinstance(source, Node)])
    sought = frozenset(wanted or ())
    useful = None if wanted is None else leading_to(sought, order)
    found: dict[Any, Any] = {}
    gradients: dict[Any, Any] = {}
    summed: set[int] = set()  # ids of the gradients that are sums made here, so may be added to in place

    def arrive(source: Any, g: Any) -> None:
        if source not in gradients:
            gradients[source] = g
        elif recorded:
            gradients[source] = gradients[source] + g
        elif id(source) in summed:
            np.add(gradients[source], g, out=gradients[source])
        else:
            gradients[source] = np.asarray(gradients[source] + g)
            summed.add(id(source))

    def add_up(node: Node, add: Callable[..., None], g: np.ndarray) -> None:
        (like,), _ = node.saved()
        source = node.parents[0]
        if id(source) not in summed:
            total = np.zeros(like.shape, like.dtype)
            gradients[source] = total if source not in gradients else np.asarray(gradients[source] + total)
            summed.add(id(source))
        add(gradients[source], g, **node.params)

    watchers = modes.watchers
    for source, g in roots:
        arrive(source, g)
    reached: dict[Any, Any] = {}
    before, modes.grad_enabled = modes.grad_enabled, recorded
    for watcher in watchers:
        watcher.began(roots, recorded)
    try:
        for node in order:
            g = gradients.pop(node, None)
            if g is None:
                continue  # reached only through inputs that have no derivative
            if node.hooks:
                g = _through(node.hooks, g)
            if useful is not None:
                if node in sought:
                    found[node] = g
                if node not in useful:
                    continue
            if not (recorded or watchers) and (rule := node.op.rules[0]) is not None and rule.add is not None:
                add_up(node, rule.add, g)
            else:
                if watchers:
                    passed = watched_contributions(node, g, recorded, watchers)
                else:
                    passed = contributions(node, g, recorded)
                for i, parent in enumerate(node.parents):
                    if passed[i] is not None and (useful is None or parent in useful or parent in sought):
                        arrive(parent, passed[i])
            if not (retain_graph or recorded):
                node.release()
        for leaf in [x for x in gradients if x._hooks]:
            gradients[leaf] = _through(leaf._hooks, gradients[leaf])
        reached = gradients | found
    finally:
        modes.grad_enabled = before
        for watcher in watchers:
            watcher.ended(reached)
    return gradients if useful is None else {x: g for x, g in reached.items() if x in sought}


def leading_to(sought: frozenset[Any], order: list[Node]) -> set[Node]:
    """Of the nodes given, newest first, those whose inputs were computed from what is sought, or are it."""
    useful: set[Node] = set()
    for node in reversed(order):
        if any(parent in sought or parent in useful for parent in node.parents if parent is not None):
            useful.add(node)
    return useful


def _through(hooks: Hooks, g: Any) -> Any:
    """A gradient, as the hooks pass it on."""
    for hook in list(hooks.values()):
        g = hook(g)
    return g


def seed(tensor: TensorBase, gradient: Any, function: str) -> Any:
    """The gradient to start with: what the caller gave, or 1 for a scalar.

    Raises:
        RuntimeError: for a tensor without history, and for one that is not a scalar when no gradient is given.
        ShapeError: for a gradient of another shape than the tensor's.
        TypeError: for a gradient that is no tensor.
    """
    array = tensor.array
    if tensor.source() is None:
        raise RuntimeError(
            f"{function}: the tensor of shape {array.shape} has no history: nothing it was computed from "
            "has requires_grad=True, or it was computed under no_grad()"
        )
    if gradient is None:
        if array.size != 1:
            raise RuntimeError(
                f"{function}: a tensor of shape {array.shape} is not a scalar; "
                "pass gradient= of that shape, or reduce it with sum() or mean() first"
            )
        return np.ones_like(array)
    given = gradient.array if isinstance(gradient, TensorBase) else gradient
    if not isinstance(given, np.ndarray):
        raise TypeError(f"{function}: gradient = {gradient!r} must be a tensor of shape {array.shape}, or None")
    if given.shape != array.shape:
        raise ShapeError(
            f"{function}: gradient of shape {given.shape} for a tensor of shape {array.shape}; they must be equal"
        )
    return np.asarray(given, array.dtype)


def backward(
    tensors: TensorBase | Sequence[TensorBase],
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: TensorBase | Sequence[TensorBase] | None = None,
) -> None:
    """Add the gradient of `tensors` to `.grad` of every leaf they were computed from.

    Arguments:
        tensors: what to differentiate, one or several; scalars, unless `grad_tensors` is given.
        grad_tensors: for each of them the gradient of some further scalar, of its shape. Default: 1.
        retain_graph: keep the graph's arrays for another backward pass. Default: as `create_graph`.
        create_graph: let the gradients be differentiated in their turn. A leaf then holds, in `.grad`, a graph that
            holds the leaf: reset it, or use `grad`, which closes no such circle.
        inputs: only the `.grad` of these is filled: leaves, or results inside the graph.

    Raises:
        RuntimeError: no history, not a scalar, or a graph that was freed already.

    >>> import minigrad
    >>> x = minigrad.tensor([1.0, 2.0], requires_grad=True)
    >>> minigrad.autograd.backward((x * x).sum())
    >>> x.grad
    tensor([2., 4.])
    """
    if inputs is not None:
        inputs = [inputs] if isinstance(inputs, TensorBase) else list(inputs)
        found = grad(tensors, inputs, grad_tensors, retain_graph, create_graph, allow_unused=True)
        for x, g in zip(inputs, found, strict=True):
            if g is not None:
                _accumulate(x, g if create_graph else g.array, create_graph)
        return
    outputs, given = _listed(tensors, grad_tensors, "backward")
    for leaf, g in _run(outputs, given, retain_graph, create_graph, "backward").items():
        _accumulate(leaf, g, create_graph)


def _accumulate(leaf: Any, g: Any, create_graph: bool) -> None:
    """Add a gradient, an array or with `create_graph` a tensor, to what is in `.grad`."""
    if create_graph:
        leaf._grad = g.clone() if leaf._grad is None else leaf._grad + g
    elif leaf._grad is None:
        leaf._grad = leaf._result(np.array(g), None)  # a copy: rules may hand on the arrays they were given
    elif leaf._grad.node is None:
        np.add(leaf._grad.array, g, out=leaf._grad.array)
        leaf._grad.mark_written("backward")
    else:
        leaf._grad = leaf._result(leaf._grad.array + g, None)
    if leaf._after_hooks:
        for hook in list(leaf._after_hooks.values()):
            hook(leaf)


def _listed(outputs: Any, gradients: Any, function: str) -> tuple[list[Any], list[Any]]:
    """Outputs and the gradients that enter there, as two lists, however they were given."""
    outputs = [outputs] if isinstance(outputs, TensorBase) else list(outputs)
    if gradients is None:
        gradients = [None] * len(outputs)
    gradients = list(gradients) if isinstance(gradients, list | tuple) else [gradients]
    if len(gradients) != len(outputs):
        raise RuntimeError(f"{function}: {len(outputs)} outputs need as many gradients, not {len(gradients)}")
    return outputs, gradients


def grad(
    outputs: TensorBase | Sequence[TensorBase],
    inputs: TensorBase | Sequence[TensorBase],
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    *,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """The gradients of `outputs` with respect to `inputs`, without touching `.grad`.

    Arguments:
        outputs: a tensor or several; their gradients add up.
        inputs: a tensor or several: leaves, or results inside the graph.
        grad_outputs: for each output the gradient that enters there; None for a scalar's.
        retain_graph: keep the graph's arrays. Default: as `create_graph`.
        create_graph: let the gradients be differentiated in their turn.
        only_inputs: for PyTorch's sake; True, since other leaves get no gradients.
        allow_unused: give None for an input the outputs do not depend on, instead of an error. Default: as
            `materialize_grads`.
        materialize_grads: give zeros for it.

    Returns:
        A tuple with a gradient for each input, of its shape.

    Raises:
        RuntimeError: for an input that is not part of the graph, unless `allow_unused`.

    >>> import minigrad
    >>> x = minigrad.tensor(3.0, requires_grad=True)
    >>> (first,) = minigrad.autograd.grad(x**3, x, create_graph=True)
    >>> (second,) = minigrad.autograd.grad(first, x)
    >>> first.item(), second.item()
    (27.0, 18.0)
    """
    outputs, grad_outputs = _listed(outputs, grad_outputs, "grad")
    inputs = [inputs] if isinstance(inputs, TensorBase) else list(inputs)
    for i, x in enumerate(inputs):
        if x.source() is None:
            raise RuntimeError(f"grad: inputs[{i}] of shape {x.array.shape} does not have requires_grad=True")

    sources = [x.source() for x in inputs]
    gradients = _run(outputs, grad_outputs, retain_graph, create_graph, "grad", sources)
    found = [gradients.get(source) for source in sources]
    for i, (x, g) in enumerate(zip(inputs, found, strict=True)):
        if g is None and not (materialize_grads if allow_unused is None else allow_unused):
            raise RuntimeError(
                f"grad: the outputs do not depend on inputs[{i}] of shape {x.array.shape}; "
                "pass allow_unused=True to get None for it"
            )
    if materialize_grads:
        found = [np.zeros_like(x.array) if g is None else g for x, g in zip(inputs, found, strict=True)]
    return tuple(
        g if g is None or isinstance(g, TensorBase) else x._result(np.array(g), None)
        for x, g in zip(inputs, found, strict=True)
    )


def _run(
    outputs: Sequence[TensorBase],
    gradients: Sequence[Any],
    retain_graph: bool | None,
    create_graph: bool,
    function: str,
    wanted: Iterable[Any] | None = None,
) -> dict[Any, Any]:
    roots: list[tuple[Any, Any]] = []
    for output, given in zip(outputs, gradients, strict=True):
        g: Any = seed(output, given, function)
        if create_graph:
            g = given if isinstance(given, TensorBase) else output._result(g, None)
        roots.append((output.source(), g))
    return propagate(roots, create_graph, create_graph if retain_graph is None else retain_graph, wanted=wanted)
