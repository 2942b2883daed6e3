"""Many small parameters, changed as one long one: a rule then costs its few calls of NumPy once, and not for each.

The numbers are the same to the last bit, since a rule marked `elementwise` treats each element by itself. Parameters
and gradients stay where they are, and are copied in and out, which is cheap; only what the optimiser keeps for them
lies in one piece, of which `optimizer.state` shows each parameter its part. PyTorch's setting for it is `foreach`.
"""

import itertools
import operator
from collections import defaultdict
from collections.abc import Callable
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
        params: the parameters, whose elements lie in memory in order.
        states: the optimiser's; those of the parameters hold the same names and numbers, in the same order.
    """

    def __init__(self, params: list[Tensor], states: States):
        self.params = params
        self.arrays = [p.array for p in params]
        self.ends = list(itertools.accumulate(x.size for x in self.arrays))
        self.values = np.empty(self.ends[-1], params[0].dtype)
        # Where each parameter's elements are, and where they stand among the others: both flat, and without copying.
        self.places = [x.reshape(-1) for x in self.arrays]
        self.parts = [part.reshape(-1) for part in self._cut(self.values)]
        self.state = dict(states[params[0]])
        for name, value in self.state.items():
            if isinstance(value, Tensor):
                self.state[name] = wrap(np.concatenate([states[p][name].array for p in params], axis=None))
        self.shown: dict[str, list[Any]] = {}  # by its name what each parameter sees of what the state holds
        self.tensors: list[Tensor] = []  # those among them,
        self.memory: list[np.ndarray] = []  # and their memory
        self._show(states)

    def _cut(self, joined: np.ndarray) -> list[np.ndarray]:
        """For each parameter the part of a long array that is its, in its shape."""
        pieces = zip([0, *self.ends], self.ends, self.arrays, strict=False)
        return [joined[start:end].reshape(array.shape) for start, end, array in pieces]

    def _show(self, states: States) -> None:
        """Let the state of each parameter hold its part of the common one."""
        for name, value in self.state.items():
            if not isinstance(value, Tensor):
                self.shown[name] = [value] * len(self.params)
            elif name not in self.shown:
                parts = self._cut(value.array)
                self.shown[name] = [wrap(part) for part in parts]
                self.tensors += self.shown[name]
                self.memory += parts
            else:  # it lies where it lay
                continue
            for p, part in zip(self.params, self.shown[name], strict=True):
                states[p][name] = part

    def intact(self, states: States) -> bool:
        """Whether nobody gave a parameter, or its state, other memory or numbers since the last step."""
        flat = itertools.chain.from_iterable
        left = list(flat(zip(*self.shown.values(), strict=True)))
        return (
            same(self.arrays, [p.array for p in self.params])
            and same(left, list(flat(states[p].values() for p in self.params)))
            and same(self.memory, [x.array for x in self.tensors])
        )

    def step(self, update: Callable[..., None], states: States, group: dict[str, Any]) -> None:
        """Change the parameters by the rule."""
        np.concatenate(self.places, out=self.values)
        # All of them have a gradient: a parameter without one is in no bundle.
        g = np.concatenate([p.grad.array for p in self.params], axis=None)  # type: ignore[union-attr]
        update(self.values, g, self.state, group)
        for place, part in zip(self.places, self.parts, strict=True):
            place[:] = part
        self._show(states)


def bundled(params: list[Tensor], states: States) -> tuple[list[Bundle], list[Tensor]]:
    """The small ones among some parameters in bundles, and the others."""
    alike = defaultdict(list)
    bundles, others = [], []
    for p, alone in zip(params, _alone(params), strict=True):
        fits = all(x.array.shape == p.array.shape for x in states[p].values() if isinstance(x, Tensor))
        if alone and fits and p.array.flags.c_contiguous and 0 < p.array.size <= SMALL:
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
