"""What is seen of a backward pass: each contribution to each gradient, in the order in which they arrived."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minigrad.autograd.node import Node as EngineNode
from minigrad.autograd.watching import Watcher
from minigrad.graph.numbers import Numbers, Shape
from minigrad.graph.parts import Contribution, Seed, Step

Source = Any  # where a gradient goes: the engine's node, or the tensor itself if it is a leaf


class Backpropagation(Watcher):
    """Watches a backward pass.

    Attributes:
        gradients: of every op's result and every leaf that was reached, complete.
    """

    def __init__(self) -> None:
        self.gradients: dict[Source, Numbers] = {}
        self._seeds: list[tuple[Source, Numbers]] = []
        self._steps: list[tuple[EngineNode, list[tuple[Source, int, Numbers, Shape]]]] = []
        self._lone: dict[Source, tuple[Any, Numbers] | None] = {}  # what arrived; None if more than one thing did

    def began(self, roots: Sequence[tuple[Source, Any]], recorded: bool) -> None:
        """Gradients enter here."""
        self._seeds += [(source, self._arrived(source, g)) for source, g in roots]

    def passed(self, node: EngineNode, g: Any, passed: list[Any], shapes: list[Shape | None]) -> None:
        """An op fired."""
        self.gradients[node] = self._complete(node, g)
        contributions = []
        for i, (parent, contribution, shape) in enumerate(zip(node.parents, passed, shapes, strict=True)):
            if contribution is not None:
                assert shape is not None
                summed = shape if shape != contribution.shape else ()
                contributions.append((parent, i, self._arrived(parent, contribution), summed))
        self._steps.append((node, contributions))

    def ended(self, gradients: Mapping[Source, Any]) -> None:
        """These are the gradients of the leaves."""
        self.gradients |= {leaf: self._complete(leaf, g) for leaf, g in gradients.items()}

    def _arrived(self, source: Source, g: Any) -> Numbers:
        numbers = Numbers.of(_array(g))
        self._lone[source] = None if source in self._lone else (g, numbers)
        return numbers

    def _complete(self, source: Source, g: Any) -> Numbers:
        """The numbers of a gradient that is complete; where it is one contribution, the numbers of that."""
        lone = self._lone.pop(source, None)
        return lone[1] if lone is not None and lone[0] is g else Numbers.of(_array(g))

    def written(self, ids: Mapping[Source, int]) -> tuple[tuple[Step, ...], tuple[Seed, ...]]:
        """The steps and the seeds, with the numbers that nodes have in a `Graph`."""
        steps = [
            Step(ids[node], tuple(Contribution(ids[source], i, g, shape) for source, i, g, shape in contributions))
            for node, contributions in self._steps
        ]
        return tuple(steps), tuple(Seed(ids[source], g) for source, g in self._seeds)


def _array(g: Any) -> np.ndarray:
    array: np.ndarray = getattr(g, "array", g)  # of a tensor, where the gradient is itself to be differentiated
    return array
