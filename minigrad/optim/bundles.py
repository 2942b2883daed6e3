"""Many small parameters, changed as one long one: a rule then costs its few calls of NumPy once, and not for each.

The numbers are the same to the last bit, since a rule marked `elementwise` treats each element by itself. Parameters
and gradients stay where they are, and are copied in and out, which is cheap; only what the optimiser keeps for them
lies in one piece, of which `optimizer.state` shows each parameter its part. PyTorch's setting for it is `foreach`.
"""

import itertools
import operator
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import numpy as np

from minigrad.tensor import Tensor, wrap

F = TypeVar("F", bound=Callable[..., Any])
States = dict[Any, dict[str, Any]]

# In elements, both measured. Above the first, copying costs more than the calls that it saves. With the second, all
# that a rule touches stays in a processor's second cache (of 1 MB).
SMALL = 1 << 12
LONGEST = 1 << 15


def elementwise(update: F) -> F:
    """Say of an optimiser's `update` that it changes each element by itself, given numbers common to all."""
    update.elementwise = True  # type: ignore[attr-defined]  # functions may carry attributes, which mypy does not know
    return update


class Bundle:
    """Parameters of one type and equally many steps, as one long parameter.

    Arguments:
        params: the parameters.
        states: the optimiser's; those of the parameters hold the same names and numbers.
    """

    def __init__(self, params: list[Tensor], states: States):
        self.params = params
        self.ends = list(itertools.accumulate(p.array.size for p in params))
        self.values = np.empty(self.ends[-1], params[0].dtype)
        self.parts = self._cut(self.values)
        self.state = dict(states[params[0]])
        for name, value in self.state.items():
            if isinstance(value, Tensor):
                self.state[name] = wrap(_joined([states[p][name].array for p in params]))
        self.shown: set[str] = set()
        self._show(states)

    def _cut(self, joined: np.ndarray) -> list[np.ndarray]:
        """For each parameter the part of a long array that is its, in its shape."""
        pieces = zip([0, *self.ends], self.ends, self.params, strict=False)
        return [joined[start:end].reshape(p.array.shape) for start, end, p in pieces]

    def _show(self, states: States) -> None:
        """Let the state of each parameter hold its part of the common one."""
        for name, value in self.state.items():
            if not isinstance(value, Tensor):
                for p in self.params:
                    states[p][name] = value
            elif name not in self.shown:
                self.shown.add(name)
                for p, part in zip(self.params, self._cut(value.array), strict=True):
                    states[p][name] = wrap(part)
        self.left = self._held(states)

    def _held(self, states: States) -> list[Any]:
        """All that a user may have put something else in place of."""
        held = [x for p in self.params for x in (p.array, *states[p].values())]
        return held + [x.array for x in held if isinstance(x, Tensor)]

    def intact(self, states: States) -> bool:
        """Whether nobody gave a parameter, or its state, other memory or numbers since the last step."""
        return same(self.left, self._held(states))

    def step(self, update: Callable[..., None], states: States, group: dict[str, Any]) -> None:
        """Change the parameters by the rule."""
        _joined([p.array for p in self.params], out=self.values)
        # All of them have a gradient: a parameter without one is in no bundle.
        update(self.values, _joined([p.grad.array for p in self.params]), self.state, group)  # type: ignore[union-attr]
        for p, part in zip(self.params, self.parts, strict=True):
            p.array[...] = part
        self._show(states)


def bundled(params: list[Tensor], states: States) -> tuple[list[Bundle], list[Tensor]]:
    """The small ones among some parameters in bundles, and the others."""
    alike = defaultdict(list)
    bundles, others = [], []
    for p, alone in zip(params, _alone(params), strict=True):
        fits = all(x.array.shape == p.array.shape for x in states[p].values() if isinstance(x, Tensor))
        if alone and fits and 0 < p.array.size <= SMALL:
            numbers = [(name, x.dtype if isinstance(x, Tensor) else x) for name, x in states[p].items()]
            alike[p.dtype, *numbers].append(p)
        else:
            others.append(p)
    for members in alike.values():
        total = itertools.accumulate(p.array.size for p in members)
        for _, pairs in itertools.groupby(zip(total, members, strict=True), lambda pair: pair[0] // LONGEST):
            some = [p for _, p in pairs]
            if len(some) > 1:
                bundles.append(Bundle(some, states))
            else:
                others += some
    return bundles, others


def _alone(params: list[Tensor]) -> list[bool]:
    """Which parameters share no memory with another: those that do are to be changed one after the other."""
    bounds = [np.lib.array_utils.byte_bounds(p.array) for p in params]
    alone = [True] * len(params)
    order = sorted(range(len(params)), key=bounds.__getitem__)
    last = order[0] if order else 0
    for before, i in itertools.pairwise(order):
        last = max(before, last, key=lambda j: bounds[j][1])  # of those that start before i the one that ends last
        if bounds[i][0] < bounds[last][1]:
            alone[i] = alone[last] = False
    return alone


def same(some: list[Any], others: list[Any]) -> bool:
    """Whether two lists hold the very same things."""
    return len(some) == len(others) and all(map(operator.is_, some, others))


def _joined(arrays: Iterable[np.ndarray], out: np.ndarray | None = None) -> np.ndarray:
    """The elements of all arrays, in one."""
    return np.concatenate([x.reshape(-1) for x in arrays], out=out)
