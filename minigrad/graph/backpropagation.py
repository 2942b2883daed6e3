"""What is seen of a backward pass: each contribution to each gradient, in the order in which they arrived."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from minigrad.autograd.node import Node as EngineNode
from minigrad.autograd.watching import Watcher
from minigrad.graph.numbers import Numbers, Shape
from minigrad.graph.parts import Contribution, Seed, Step
from minigrad.graph.ran import Leaf, Source


class Backpropagation(Watcher):
    """Watches a backward pass.

    Arguments:
        resolve: what stands for an engine's node or a leaf tensor here; None for one that nothing is known of.

    Attributes:
        gradients: of every op's result and every leaf that was reached, complete.
    """

    def __init__(self, resolve: Callable[[Any], Source | None]):
        self._resolve = resolve
        self.gradients: dict[Source, Numbers] = {}
        self._seeds: list[tuple[Source, Numbers]] = []
        self._steps: list[tuple[Source, list[tuple[Source, int, Numbers, Shape]]]] = []
        self._lone: dict[Source, tuple[Any, Numbers] | None] = {}  # what arrived; None if more than one thing did

    def began(self, roots: Sequence[tuple[Any, Any]], recorded: bool) -> None:
        """Gradients enter here."""
        for root, g in roots:
            if (source := self._resolve(root)) is not None:
                self._seeds.append((source, self._arrived(source, g)))

    def passed(self, node: EngineNode, g: Any, passed: list[Any], shapes: list[Shape | None]) -> None:
        """An op fired."""
        if (me := self._resolve(node)) is None:
            return
        self.gradients[me] = self._complete(me, g)
        if isinstance(me, Leaf):
            return  # made by an op that nothing is known of
        contributions = []
        for i, (parent, contribution, shape) in enumerate(zip(node.parents, passed, shapes, strict=True)):
            if contribution is not None and (source := self._resolve(parent)) is not None:
                assert shape is not None
                summed = shape if shape != contribution.shape else ()
                contributions.append((source, i, self._arrived(source, contribution), summed))
        self._steps.append((me, contributions))

    def ended(self, gradients: Mapping[Any, Any]) -> None:
        """These are the gradients where the pass ended."""
        for x, g in gradients.items():
            if (source := self._resolve(x)) is not None:
                self.gradients[source] = self._complete(source, g)

    def _arrived(self, source: Source, g: Any) -> Numbers:
        numbers = Numbers.of(_array(g))
        self._lone[source] = None if source in self._lone else (g, numbers)
        return numbers

    def _complete(self, source: Source, g: Any) -> Numbers:
        """The numbers of a gradient that is complete; where it is one contribution, the numbers of that."""
        lone = self._lone.pop(source, None)
        return lone[1] if lone is not None and lone[0] is g else Numbers.of(_array(g))

    def written(self, ids: Mapping[Source, int]) -> tuple[tuple[Step, ...], tuple[Seed, ...]]:
        """The steps and the seeds, with the numbers that nodes have in a `Graph`.

        What arrived where the pass did not go on, since only other gradients were asked for, is left out.
        """
        steps = []
        for node, contributions in self._steps:
            arrived = [x for x in contributions if x[0] in self.gradients]
            parts = [Contribution(ids[source], i, g, summed) for source, i, g, summed in arrived]
            steps.append(Step(ids[node], tuple(parts)))
        return tuple(steps), tuple(Seed(ids[source], g) for source, g in self._seeds)


def _array(g: Any) -> np.ndarray:
    array: np.ndarray = getattr(g, "array", g)  # of a tensor, where the gradient is itself to be differentiated
    return array
