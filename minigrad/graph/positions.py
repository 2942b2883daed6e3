"""`paths`: over how many ops a position of an input reaches a position of an output.

Followed are elements, not whole tensors: a slice reads some of them, attention mixes all positions, layer norm only
the width of each. Nothing here knows that. What an op's output depends on is what its own rule says: run on a
gradient that is zero but for some elements of the output, and generic there, it returns gradients that are zero but
for the elements of the inputs that those depend on.

A derivative may also be zero by chance, as that of relu where a number happens to be negative. So the numbers of the
recorded run are not used. All ops are run again, several times, on random parameters and inputs. What comes out the
same each time, or nearly, is fixed: a score that a mask put at -1e9, for example, and the weight 0 that comes of it.
Each rule is then asked twice: about the last of those runs, and with one positive number in place of everything that
is not fixed, so that relu is open and the elements that a maximum is taken of tie. An element depends on another if
either answer says so. Only decisions that ops were given ready-made stay as they were, such as the positions that
`sort`, or `max` along one dimension, had found.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigrad.autograd.backward import contributions, history, leading_to
from minigrad.autograd.errors import ShapeError
from minigrad.autograd.function import FunctionCtx
from minigrad.autograd.modes import no_grad
from minigrad.autograd.node import Node, TensorBase
from minigrad.ops.shaping import check_dim

Source = Any  # where a tensor comes from: a Node, or the tensor itself if it is a leaf

RUNS = 16  # a relu is closed in all of them, and taken for fixed, once in 65536 times
NEARLY = 0.01  # a mask must put scores below -745 for exp to make 0 of them; they vary less than this there
TIED = 0.5  # inside the domains of log, sqrt and acos, and between the bounds of relu6 and hardtanh
NOWHERE = np.iinfo(np.int64).max  # the length of the shortest path where there is none
SMALL = 1024  # elements of a result up to which answers are kept


@dataclass(frozen=True, slots=True)
class Path:
    """How many ops lie on the shortest and on the longest chain from one position to another."""

    shortest: int
    longest: int


def paths(output: TensorBase, input: TensorBase, dim: int, input_dim: int | None = None) -> "Paths":
    """The chains of ops that lead from the positions of an input to those of an output.

    A chain starts at any element of a position of `input` and ends at any element of a position of `output`; each op
    on it makes an element that depends on the one before. Ops that only move elements count too.

    Arguments:
        output: a result.
        input: what it was computed from: a leaf that wants a gradient, or a result on the way. Tokens, which are
            whole numbers, have no gradient; take what they were embedded to.
        dim: the dimension of `output` that the positions lie along, time as a rule.
        input_dim: the same of `input`, if it is another.

    Returns:
        The `Paths`, which are found when they are asked for.

    Raises:
        TypeError: for what is no tensor.
        RuntimeError: when nothing is recorded of `output` or `input`, when the one was not computed from the other,
            or when a backward pass has freed the graph.
        IndexError: for a dimension that is not there.
        ShapeError: for an output or an input without elements.

    >>> import minigrad
    >>> x = minigrad.randn(4, 3, requires_grad=True)
    >>> sums = [x[0]]
    >>> for t in range(1, 4):
    ...     sums.append(sums[-1] + x[t])
    >>> found = paths(minigrad.cat(sums), x, dim=0, input_dim=0)
    >>> found.between(0, 11)
    Path(shortest=5, longest=5)
    """
    for name, x in (("output", output), ("input", input)):
        if not isinstance(x, TensorBase):
            raise TypeError(f"paths: the {name} is a {type(x).__name__}; it must be one Tensor")
        if x.array.size == 0:
            raise ShapeError(f"paths: the {name} of shape {x.array.shape} has no elements")
    of_output = check_dim(dim, output.array.ndim, "paths of output")
    of_input = check_dim(dim if input_dim is None else input_dim, input.array.ndim, "paths of input")
    root, source = output.source(), input.source()
    if not isinstance(root, Node):
        raise RuntimeError(
            f"paths: the output of shape {output.array.shape} has no history; it is a leaf, or it was computed under "
            "no_grad(), or nothing it was computed from has requires_grad=True"
        )
    if source is None:
        raise RuntimeError(
            f"paths: the input of shape {input.array.shape} is not recorded; "
            "call requires_grad_() on it before the output is computed from it"
        )
    order = history([root])
    for node in order:
        if node.released:
            raise RuntimeError(
                f"paths: backward() has freed the arrays of this graph, those of {node.op.name} among them; "
                "look for paths before backward(), or pass retain_graph=True to it"
            )
    between = leading_to(frozenset([source]), order)
    if root not in between:
        raise RuntimeError(
            f"paths: the output of shape {output.array.shape} was not computed from the input of shape "
            f"{input.array.shape}"
        )
    with no_grad(), np.errstate(all="ignore"):
        probes = _probes(order[::-1], between, source)
    return Paths(root, of_output, source, input.array.shape, of_input, probes)


class Paths:
    """The lengths of paths from the positions of an input to those of an output; made by `paths`.

    Attributes:
        inputs, outputs: how many positions there are.
    """

    def __init__(
        self,
        root: Node,
        dim: int,
        source: Source,
        input_shape: tuple[int, ...],
        input_dim: int,
        probes: dict[Node, list[Node]],
    ):
        self.inputs, self.outputs = input_shape[input_dim], root.shape[dim]
        self._root, self._dim, self._source = root, dim, source
        self._input_shape = input_shape
        self._others = tuple(i for i in range(len(input_shape)) if i != input_dim)
        self._probes = probes  # newest first
        self._random = np.random.default_rng(1)
        self._found: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self._kept: dict[Any, list[tuple[Source, np.ndarray]]] = {}

    def between(self, input: int, output: int) -> Path:
        """The path from one position to another.

        Arguments:
            input, output: the positions; negative ones count from the end.

        Raises:
            IndexError: for a position that is not there.
            RuntimeError: when what is at the output position does not depend on what is at the input position.
        """
        i, j = _counted(input, self.inputs, "input"), _counted(output, self.outputs, "output")
        shortest, longest = (lengths[i] for lengths in self._to(j))
        if longest < 0:
            raise RuntimeError(f"paths: output position {output} does not depend on input position {input}")
        return Path(int(shortest), int(longest))

    @property
    def shortest(self) -> np.ndarray:
        """The length of the shortest path from each input position (row) to each output position (column), or -1."""
        return self._matrix(0)

    @property
    def longest(self) -> np.ndarray:
        """The same of the longest path."""
        return self._matrix(1)

    def maximum(self, outputs: Sequence[int] | None = None) -> int:
        """The shortest path between the two positions that are farthest from each other.

        This is the "maximum path length" of Vaswani et al., "Attention Is All You Need", 2017, section 4: the fewer
        ops a signal has to go through, the easier it is to learn what depends on what. Positions of which one does
        not depend on the other do not count.

        Arguments:
            outputs: the output positions to look at; all by default. Where ways get longer along the sequence,
                (0, -1) finds the same, much sooner.

        Raises:
            IndexError: for a position that is not there.
            RuntimeError: when nothing depends on the input.
        """
        places = range(self.outputs) if outputs is None else [_counted(j, self.outputs, "output") for j in outputs]
        maximum = max((int(self._to(j)[0].max()) for j in places), default=-1)
        if maximum < 0:
            raise RuntimeError("paths: no position of the output depends on any of the input")
        return maximum

    def __repr__(self) -> str:
        return f"<Paths from {self.inputs} positions to {self.outputs}>"

    def _matrix(self, which: int) -> np.ndarray:
        return np.stack([self._to(j)[which] for j in range(self.outputs)], 1)

    def _to(self, position: int) -> tuple[np.ndarray, np.ndarray]:
        """The shortest and the longest path from each input position to one output position, -1 where there is none."""
        if position not in self._found:
            found = self._walk(position)
            shortest, longest = found.shortest.min(self._others), found.longest.max(self._others)
            self._found[position] = np.where(longest < 0, -1, shortest), longest
        return self._found[position]

    def _walk(self, position: int) -> "_Lengths":
        """Go back from one output position, as gradients do, and carry along the lengths of the paths."""
        root = _Lengths(self._root.shape)
        root.extend((slice(None),) * self._dim + (position,), 0, 0)
        reached: dict[Source, _Lengths] = {self._root: root}
        with no_grad(), np.errstate(all="ignore"):
            for node in self._probes:
                for elements, path in reached.pop(node).each() if node in reached else ():
                    for parent, read in self._reads(node, elements):
                        if parent not in reached:
                            reached[parent] = _Lengths(read.shape)
                        reached[parent].extend(read, path.shortest + 1, path.longest + 1)
        return reached.get(self._source) or _Lengths(self._input_shape)

    def _reads(self, node: Node, elements: np.ndarray) -> list[tuple[Source, np.ndarray]]:
        """Which elements the given elements of an op's output depend on: each input of which there are some, and where.

        In a loop over time most are the same whichever output position is looked at, so answers are kept if small.
        """
        key = (node, elements.tobytes()) if elements.size <= SMALL else None
        if key in self._kept:
            return self._kept[key]
        found: list[Any] = [False] * len(node.parents)
        for probe in self._probes[node]:
            g = (elements * self._random.uniform(0.5, 1.5, elements.shape)).astype(probe.dtype)
            for i, gradient in enumerate(contributions(probe, g, recorded=False)):
                if gradient is not None:
                    found[i] |= np.isfinite(gradient) & (gradient != 0)  # what is not a number says nothing
        reads = [(x, read) for x, read in zip(node.parents, found, strict=True) if np.any(read)]
        if key is not None:
            self._kept[key] = reads
        return reads


def _counted(position: int, count: int, name: str) -> int:
    """A position counted from the front."""
    if not -count <= position < count:
        raise IndexError(f"paths: {name} position {position} is out of range; there are {count}, from 0 to {count - 1}")
    return position % count


class _Lengths:
    """For each element of a tensor the lengths of the paths from it to the output position that is looked at."""

    def __init__(self, shape: tuple[int, ...]):
        self.shortest = np.full(shape, NOWHERE)
        self.longest = np.full(shape, -1)

    def extend(self, elements: Any, shortest: int, longest: int) -> None:
        """There are such paths from these elements too."""
        self.shortest[elements] = np.minimum(self.shortest[elements], shortest)
        self.longest[elements] = np.maximum(self.longest[elements], longest)

    def each(self) -> Iterator[tuple[np.ndarray, Path]]:
        """The lengths that occur, each pair with the elements that have it."""
        some = self.longest >= 0
        for shortest, longest in set(zip(self.shortest[some].tolist(), self.longest[some].tolist(), strict=True)):
            yield (self.shortest == shortest) & (self.longest == longest), Path(shortest, longest)


# --- running the ops again


def _probes(order: list[Node], between: set[Node], source: Source) -> dict[Node, list[Node]]:
    """For each op between input and output, newest first, the same op at the numbers at which its rules are asked.

    Arguments:
        order: all ops, oldest first.
        between: those that lie between.
        source: the input.
    """
    random = np.random.default_rng(0)
    first: dict[Source, np.ndarray] = {}
    fixed: dict[Source, Any] = {}
    for _ in range(RUNS):
        values, runs = _run_all(order, random)
        for x, array in values.items():
            fixed[x] = fixed.get(x, True) & _nearly_equal(array, first.setdefault(x, array))
    tied = {x: np.where(fixed[x], values[x], TIED) for x in values}
    probes = {}
    for node in reversed(order):
        if node in between:
            ways = tuple(x if x is source or x in between else None for x in node.parents)
            probes[node] = [_asked(run or node, ways) for run in (runs[node], _run(node, tied))]
    return probes


def _nearly_equal(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a == b) | (np.abs(a - b) <= NEARLY * np.abs(b))  # the first also where both are infinite


def _asked(run: Node, ways: tuple[Source, ...]) -> Node:
    """An op as it ran, with no way back but those that lead to the input."""
    assert run.arrays is not None
    assert run.output is not None
    return Node(run.op, run.arrays, run.params, run.kept, run.output, ways, None, None)


def _run_all(order: list[Node], random: np.random.Generator) -> tuple[dict[Source, np.ndarray], dict[Node, Any]]:
    """Run all ops once more on random leaves: what all leaves and results are then, and the ops, None as by `_run`."""

    def draw(shape: tuple[int, ...]) -> np.ndarray:
        return random.standard_normal(shape) / np.sqrt(shape[-1] if shape else 1)  # so that sums do not grow

    values: dict[Source, np.ndarray] = {}
    runs: dict[Node, Any] = {}
    for node in order:
        for x in node.parents:
            if isinstance(x, TensorBase) and x not in values:
                values[x] = draw(x.array.shape)
        runs[node] = _run(node, values)
        values[node] = draw(node.shape) if runs[node] is None else runs[node].output
    return values, runs


def _run(node: Node, values: dict[Source, np.ndarray]) -> Node | None:
    """Run an op once more, in float64, on other inputs.

    Returns:
        The op as it ran; or None if it cannot: a `Function` of the user's remembers what it was given, and an op may
        refuse numbers, as `cholesky` most matrices. Such an op is asked as it was recorded.
    """
    recorded, _ = node.saved()
    inputs = tuple(
        values[parent] if parent is not None else _wide(x) for parent, x in zip(node.parents, recorded, strict=True)
    )
    if isinstance(inputs[-1], FunctionCtx):
        return None
    try:
        result = node.op.forward(*inputs, **node.params)
    except ValueError:
        return None
    output, kept = result if type(result) is tuple else (result, None)
    return Node(node.op, inputs, node.params, kept, np.asarray(output, np.float64), node.parents, None, None)


def _wide(x: Any) -> Any:
    return x.astype(np.float64) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x
