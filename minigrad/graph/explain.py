"""`explain`: how the gradient of one tensor, or of one of its entries, came about, as a text that adds up.

A gradient is a sum, three times over. Over the ops that used the tensor: each hands back one contribution. Over the
paths from the loss to the tensor: a contribution is what arrived along all paths that end in that op. And over entries:
a rule is linear in the gradient g that it is given, so each entry of a contribution is a sum of entries of g, each
times a factor. All three are written down, with the rules.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np

from minigrad.autograd.backward import backward, fit
from minigrad.autograd.modes import enable_grad
from minigrad.autograd.op import Op
from minigrad.graph.finding import scope_path
from minigrad.graph.parts import Contribution, Node, Rule, Shape
from minigrad.graph.representation import Graph
from minigrad.tensor import Tensor, wrap

MOST_PATHS = 12  # that are followed one by one
MOST_TERMS = 8  # that are written out
MOST_OPS = 9  # of a path that are named


class Ran(Protocol):
    """An op that ran, and what it ran on: the engine's nodes have these attributes, and a recording's ops."""

    op: Op
    arrays: Any
    output: Any
    params: Any
    kept: Any


@dataclass(frozen=True, slots=True)
class Term:
    """A part of an entry of a contribution.

    Attributes:
        place: of the entry of g that it is made of.
        g: that entry.
        factor: what the rule multiplies it by.
    """

    place: Shape
    g: float
    factor: float

    @property
    def value(self) -> float:
        """What it adds."""
        return self.g * self.factor


@dataclass(frozen=True, slots=True)
class Part:
    """What one op, or one path, adds to the gradient.

    Attributes:
        ops: numbers of the ops, from the loss to the one that used the tensor; of a contribution just that one.
        value: an array of the tensor's shape, or the number at the entry.
    """

    ops: tuple[int, ...]
    value: np.ndarray


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a gradient came about; `print` shows it.

    Attributes:
        node: the tensor's node.
        entry: the place that was asked about; None for the whole.
        gradient: of the tensor, or at the entry.
        contributions: what each op that used the tensor handed back, in the order in which they arrived.
        terms: for an entry, for each contribution the entries of g that it is a sum of, largest first.
        paths: what arrived along each path; empty if there are too many to follow.
        number_of_paths: how many there are.
    """

    graph: Graph = field(repr=False)
    node: Node
    entry: Shape | None
    gradient: np.ndarray
    contributions: tuple[Part, ...]
    terms: tuple[tuple[Term, ...], ...]
    paths: tuple[Part, ...]
    number_of_paths: int

    def __str__(self) -> str:
        return "\n".join(_Writer(self).lines())

    __repr__ = __str__


def explain(graph: Graph, ran: Mapping[int, Ran], node: int, entry: Shape | None = None) -> Explanation:
    """Take the gradient of a node apart.

    Arguments:
        graph: a graph with values, gradients and the steps of a backward pass.
        ran: for each op what it ran on.
        node: the number of the tensor's node.
        entry: a place in the tensor; None for all of it.

    Raises:
        RuntimeError: when no gradient arrived there, or the numbers are not kept.
        IndexError: for a place outside the tensor.
    """
    target = graph.nodes[node]
    if target.gradient is None or target.gradient.array is None:
        raise RuntimeError(f"explain: {_why_none(graph, target)}")
    place = None if entry is None else _checked(target, entry)
    reader = _Reader(graph, ran)
    handed = list(reader.handed_to(node))
    number = reader.count(node)
    paths = tuple(reader.paths(node)) if 0 < number <= MOST_PATHS else ()
    terms = () if place is None else tuple(reader.terms(step, contribution, place) for step, contribution in handed)
    return Explanation(
        graph,
        target,
        place,
        _at(target.gradient.array, place),
        tuple(Part((step,), _at(_array(contribution), place)) for step, contribution in handed),
        terms,
        tuple(Part(ops, _at(value, place)) for ops, value in paths),
        number,
    )


def _why_none(graph: Graph, node: Node) -> str:
    what = f"{node.name} of shape {node.shape}"
    if node.gradient is not None:
        return f"{what} has too many elements for all of its gradient to be kept"
    if not graph.backward:
        return "there was no backward pass yet; call backward() on the loss inside the `with record()` block"
    if node.detached:
        return f"{what} was detached, so no gradient arrived there"
    if not node.requires_grad:
        return f"{what} does not want a gradient; set requires_grad=True before it is used"
    return f"no gradient arrived at {what}; the loss does not depend on it"


def _checked(node: Node, entry: Shape) -> Shape:
    """The entry with places counted from the front."""
    shape = node.shape or ()
    if len(entry) != len(shape) or any(not -n <= i < n for i, n in zip(entry, shape, strict=True)):
        raise IndexError(f"explain: {node.name} of shape {shape} has no entry {entry}")
    return tuple(i % n for i, n in zip(entry, shape, strict=True))


def _at(array: np.ndarray, place: Shape | None) -> np.ndarray:
    return array if place is None else np.asarray(array[place])


def _array(contribution: Contribution) -> np.ndarray:
    assert contribution.value is not None
    assert contribution.value.array is not None
    return contribution.value.array


class _Path(NamedTuple):
    """What arrives along a path: the path up to its last op, that op, and the gradient."""

    before: "_Path | None"
    op: int | None
    g: np.ndarray

    def ops(self) -> tuple[int, ...]:
        """The ops, from the loss on."""
        found, path = [], self
        while path.before is not None and path.op is not None:
            found.append(path.op)
            path = path.before
        return tuple(reversed(found))


class _Reader:
    """A backward pass, read from its end."""

    def __init__(self, graph: Graph, ran: Mapping[int, Ran]):
        self.graph, self.ran = graph, ran
        self.into: dict[int, list[tuple[int, Contribution]]] = {i: [] for i in graph.nodes}
        for step in graph.backward:
            for contribution in step.contributions:
                self.into[contribution.target].append((step.node, contribution))
        self.seeds = {seed.node: seed.value for seed in graph.seeds}
        self._counts: dict[int, int] = {}
        for node in [step.node for step in graph.backward]:  # each after all that hand to it
            self._counts[node] = self.count(node)

    def handed_to(self, node: int) -> list[tuple[int, Contribution]]:
        """The contributions to a node, each with the op that handed it."""
        return self.into[node]

    def count(self, node: int) -> int:
        """How many paths lead from where the pass began to a node."""
        if node not in self._counts:
            self._counts[node] = (node in self.seeds) + sum(self._counts[step] for step, _ in self.into[node])
        return self._counts[node]

    def paths(self, node: int) -> Iterator[tuple[tuple[int, ...], np.ndarray]]:
        """Each path with what arrives along it: ops from the loss on."""
        between = self._between(node)
        arriving: dict[int, list[_Path]] = {i: [] for i in (*between, node)}
        for i, seed in self.seeds.items():
            if i in arriving and seed is not None and seed.array is not None:
                arriving[i].append(_Path(None, None, seed.array))
        for step in self.graph.backward:
            if step.node in between:
                for contribution in step.contributions:
                    if contribution.target in arriving:
                        arriving[contribution.target] += [
                            _Path(path, step.node, self.pushed(step.node, contribution.argument, path.g))
                            for path in arriving[step.node]
                        ]
        return ((path.ops(), path.g) for path in arriving[node])

    def _between(self, node: int) -> set[int]:
        """The ops that lie between where the pass began and a node."""
        found: set[int] = set()
        waiting = [node]
        while waiting:
            steps = {step for step, _ in self.into[waiting.pop()]} - found
            found |= steps
            waiting += steps
        return found

    def pushed(self, op: int, argument: int, g: np.ndarray) -> np.ndarray:
        """What an op's rule makes of a gradient for one of its inputs."""
        ran = self.ran[op]
        params = {**ran.params, **(ran.kept or {})}
        with np.errstate(all="ignore"):
            passed = ran.op.rules[0 if ran.op.variadic else argument].vjp(g, ran.output, *ran.arrays, **params)  # type: ignore[union-attr]  # it handed something
        return np.asarray(fit(passed[argument] if ran.op.variadic else passed, ran.arrays[argument]))

    def terms(self, op: int, contribution: Contribution, place: Shape) -> tuple[Term, ...]:
        """The entries of the op's gradient that an entry of its contribution is a sum of, largest first."""
        numbers = self.graph.nodes[op].gradient
        if numbers is None or numbers.array is None:
            return ()
        g, factors = numbers.array, factors_of(self.ran[op], contribution.argument, place)
        terms = [Term(tuple(map(int, i)), float(g[tuple(i)]), float(factors[tuple(i)])) for i in np.argwhere(factors)]
        return tuple(sorted(terms, key=lambda term: -abs(term.value)))


def factors_of(ran: Ran, argument: int, place: Shape) -> np.ndarray:
    """By what an op's rule multiplies each entry of g in one entry of a contribution.

    The rule is run on tensors, and differentiated with respect to g: since it is linear in g, that is all of it.

    Arguments:
        ran: the op.
        argument: which of its inputs the contribution is for.
        place: the entry of the contribution.

    Returns:
        An array of the shape of g.

    >>> import minigrad
    >>> a, b = minigrad.ones(2, 3, requires_grad=True), minigrad.arange(6.0).reshape(3, 2)
    >>> factors_of((a @ b).grad_fn, 0, (1, 2))
    array([[0., 0.],
           [4., 5.]], dtype=float32)
    """
    rule = ran.op.rules[0 if ran.op.variadic else argument]
    assert rule is not None
    y, *inputs = [wrap(x) if isinstance(x, np.ndarray) else x for x in (ran.output, *ran.arrays)]
    g = wrap(np.ones(ran.output.shape, ran.output.dtype)).requires_grad_()
    with enable_grad(), np.errstate(all="ignore"):
        passed = rule.vjp(g, y, *inputs, **ran.params)
        handed = fit(passed[argument] if ran.op.variadic else passed, ran.arrays[argument])
    if isinstance(handed, Tensor) and handed.requires_grad:
        chosen = np.zeros(handed.shape, handed.array.dtype)
        chosen[place] = 1
        with np.errstate(all="ignore"):
            backward(handed, wrap(chosen))
    return np.zeros(g.shape, g.array.dtype) if g.grad is None else np.asarray(g.grad.array)


class _Writer:
    """An explanation as lines of text."""

    def __init__(self, explanation: Explanation):
        self.explanation = explanation
        self.graph = explanation.graph
        self.name = explanation.node.result or explanation.node.name

    def lines(self) -> list[str]:
        """The text: what is explained, the contributions, and the paths."""
        one = self.explanation
        where = "" if one.entry is None else f"[{', '.join(map(str, one.entry))}]"
        lines = [f"gradient of {self.name}{where}, shape {one.node.shape}: {_number(one.gradient)}"]
        seeded = [seed for seed in self.graph.seeds if seed.node == one.node.id]
        lines += [f"  the backward pass began here, with {_written(seed.value)}" for seed in seeded]
        for n, part in enumerate(one.contributions):
            lines += self._contribution(n, part)
        if len(one.contributions) > 1:
            values = " + ".join(_signed(part.value.item()) for part in one.contributions if part.value.ndim == 0)
            total = np.asarray(sum(part.value.astype(np.float64) for part in one.contributions))
            lines.append(f"  together: {values if one.gradient.ndim == 0 else 'their sum'} = {_number(total)}")
        return lines + self._paths()

    def _contribution(self, n: int, part: Part) -> list[str]:
        (op,) = part.ops
        node = self.graph.nodes[op]
        step = next(step for step in self.graph.backward if step.node == op)
        handed = [x for x in step.contributions if x.target == self.explanation.node.id]
        before = sum(x.ops == part.ops for x in self.explanation.contributions[:n])
        contribution = handed[before]
        rule = _rule(node, contribution.argument)
        many = len(self.explanation.contributions) > 1
        lines = [f"  {f'{n + 1}. ' if many else ''}from {self._op(node)}: {_number(part.value)}"]
        if node.line:
            lines.append(f"     ran at {node.line}: {node.code}")
        letters = ", ".join(rule.letter for rule in node.rules)
        lines.append(f"     rule of y = {node.name}({letters}): gradient of {rule.letter} = {rule.formula}")
        if contribution.summed:
            lines.append(f"     summed from shape {contribution.summed}, as the input was broadcast")
        if self.explanation.terms:
            lines += [f"     {line}" for line in _terms(self.explanation.terms[n])]
        return lines

    def _op(self, node: Node) -> str:
        """An op, with the module that it ran in."""
        path = scope_path(self.graph, node.scope)
        return _name(node) + f" in {path}" * bool(path)

    def _paths(self) -> list[str]:
        one = self.explanation
        if one.number_of_paths < 2:
            return []
        if not one.paths:
            return [f"  {one.number_of_paths:,} paths lead here from where the backward pass began"]
        lines = [f"  the same by paths, of which {one.number_of_paths} lead here:"]
        lines += [f"     {_number(part.value)}  along {self._path(part.ops)}" for part in one.paths]
        total = np.asarray(sum(part.value.astype(np.float64) for part in one.paths))
        return [*lines, f"     together: {_number(total)}"]

    def _path(self, ops: Sequence[int]) -> str:
        names = [_name(self.graph.nodes[op]) for op in ops]
        if len(names) > MOST_OPS:
            half = MOST_OPS // 2
            names = [*names[:half], f"({len(names) - 2 * half} ops)", *names[-half:]]
        return " → ".join([*names, self.name])


def _terms(terms: Sequence[Term]) -> list[str]:
    """An entry of a contribution as a sum of entries of g with their factors."""
    shown = [t for t in terms if t.value != 0][:MOST_TERMS]
    rest = [t for t in terms[len(shown) :] if t.value != 0]
    zeros = len(terms) - len(shown) - len(rest)
    lines = [
        f"g{list(t.place) if t.place else ''} · {_signed(t.factor)} = "
        f"{_signed(t.g)} · {_signed(t.factor)} = {t.value:.4g}"
        for t in shown
    ]
    if rest:
        lines.append(f"and {len(rest):,} smaller ones, which add {sum(t.value for t in rest):.4g}")
    if zeros or not terms:
        lines.append(f"{zeros:,} where g is 0" if zeros else "no entry of g has a part in it")
    return lines


def _rule(node: Node, argument: int) -> Rule:
    return node.rules[min(argument, len(node.rules) - 1)]


def _name(node: Node) -> str:
    if node.kind != "op":
        return node.name
    called = node.call or node.name
    return f"{node.result} = {called}" if node.result else called


def _written(numbers: Any) -> str:
    return "nothing known" if numbers is None or numbers.array is None else _number(numbers.array)


def _signed(x: float) -> str:
    """A number inside a formula."""
    return f"({x:.4g})" if x < 0 else f"{x:.4g}"


def _number(array: np.ndarray) -> str:
    """A number, or of several their size as one."""
    if array.ndim == 0 or array.size == 1:
        return f"{array.item():.4g}"
    return f"norm {np.linalg.norm(array.astype(np.float64)):.4g}"
