"""What kind of linear map a rule is, found by asking it: which entries of g make which entry of what it gives, and how.

A vector-Jacobian product is linear in g, whatever the op. Most ops need one entry of g for each entry they give
(elementwise ops, slices, transposes, means, losses), or bring each entry of g to one place (rows of a table). Those are
recognised by a few questions, however large the arrays are. For what is left each entry of g is asked for by itself,
along the dimensions that are mixed.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

Linear = Callable[[np.ndarray], np.ndarray]

BASE = 128  # entries are told apart by the two digits of their number, which float16 still holds
MOST = BASE * BASE


@dataclass(frozen=True)
class Pick:
    """Each entry that the map gives is one entry of g times a factor.

    Attributes:
        index: for each entry given the place of the entry of g, counted in C order; -1 where nothing of g arrives.
        factor: the factor; not finite where the rule's is not.
    """

    index: np.ndarray
    factor: np.ndarray

    def __call__(self, g: np.ndarray) -> np.ndarray:
        """The map itself."""
        taken = np.append(g.reshape(-1), 0)[self.index]
        return np.where(self.index < 0, 0, self.factor * taken)


@dataclass(frozen=True)
class Push:
    """Each entry of g goes to one entry of what the map gives, times a factor; several may meet there.

    Attributes:
        shape: of what the map gives.
        index: for each entry of g the place it goes to; -1 if nowhere.
        factor: its factor.
    """

    shape: tuple[int, ...]
    index: np.ndarray
    factor: np.ndarray

    def __call__(self, g: np.ndarray) -> np.ndarray:
        """The map itself."""
        given = np.zeros(int(np.prod(self.shape)) + 1, g.dtype)
        np.add.at(given, self.index.reshape(-1), (self.factor * g).reshape(-1))
        return given[:-1].reshape(self.shape)


@dataclass(frozen=True)
class Rows:
    """Each entry given is a sum over entries of g, along the dimensions that are mixed.

    Attributes:
        axes: those dimensions; None if all of g is mixed, and what is given has a shape of its own.
        factor: of shape (entries along the mixed dimensions, *shape given).
    """

    axes: tuple[int, ...] | None
    factor: np.ndarray

    def __call__(self, g: np.ndarray) -> np.ndarray:
        """The map itself."""
        if self.axes is None:
            return np.tensordot(g.reshape(-1), self.factor, 1)
        places = itertools.product(*(range(g.shape[a]) for a in self.axes))
        return sum(
            (f * _at(g, self.axes, place) for f, place in zip(self.factor, places, strict=True)),
            np.zeros(self.factor.shape[1:]),
        )


def _at(g: np.ndarray, axes: tuple[int, ...], place: Sequence[int]) -> np.ndarray:
    """The part of g at one place of some dimensions, which stay with length 1."""
    where = [slice(None)] * g.ndim
    for axis, i in zip(axes, place, strict=True):
        where[axis] = slice(i, i + 1)
    return g[tuple(where)]


def find_pick(linear: Linear, shape: tuple[int, ...], dtype: np.dtype) -> Pick | None:
    """The map as a `Pick`, if it is one.

    Arguments:
        linear: the map.
        shape, dtype: of g, which has at most `MOST` entries.
    """
    places = np.arange(int(np.prod(shape))).reshape(shape)
    factor = linear(np.ones(shape, dtype))
    if factor.size == 0 or places.size == 0:
        return Pick(np.full(factor.shape, -1), np.zeros(factor.shape))
    alike = Pick(places, factor)  # as for most ops; a factor of 0 does not hide which entry it belongs to
    if factor.shape == shape and _holds(alike, linear, shape, dtype):
        return alike
    some = np.random.default_rng(0).uniform(1, 2, shape).astype(dtype)
    given = linear(some)
    with np.errstate(all="ignore"):
        digits = [np.rint(linear(some * (places // b % BASE).astype(dtype)) / given) for b in (1, BASE)]
    asked = digits[0] + BASE * digits[1].astype(np.float64)
    known = np.isfinite(given) & (given != 0)
    if not np.all((asked[known] >= 0) & (asked[known] < places.size)):
        return None
    pick = Pick(np.where(known, asked, -1).astype(np.int64), factor)
    return pick if _holds(pick, linear, shape, dtype) else None


def find_push(linear: Linear, adjoint: Linear, shape: tuple[int, ...], dtype: np.dtype) -> Push | None:
    """The map as a `Push`, if it is one: then its adjoint is a `Pick`.

    Arguments:
        linear: the map.
        adjoint: the map that goes the other way.
        shape, dtype: of g.
    """
    given = linear(np.ones(shape, dtype))
    if given.size > MOST:
        return None
    pick = find_pick(adjoint, given.shape, given.dtype)
    if pick is None:
        return None
    push = Push(given.shape, pick.index, pick.factor)
    return push if _holds(push, linear, shape, dtype, sums=True) else None


def inverse(pick: Pick, shape: tuple[int, ...]) -> Push | None:
    """A `Pick` that uses each entry of g once, seen from g: a slice's gradient is g put in its place."""
    used = pick.index >= 0
    taken = pick.index[used]
    if taken.size != np.prod(shape) or np.unique(taken).size != taken.size:
        return None
    index, factor = np.empty(taken.size, np.int64), np.empty(taken.size, pick.factor.dtype)
    index[taken] = np.flatnonzero(used)
    factor[taken] = pick.factor[used]
    return Push(pick.index.shape, index.reshape(shape), factor.reshape(shape))


def find_rows(linear: Linear, shape: tuple[int, ...], dtype: np.dtype, room: int) -> Rows | None:
    """The map written out, if that takes at most `room` factors; None too if it is not linear.

    Arguments:
        linear: the map.
        shape, dtype: of g.
        room: how many factors there may be.
    """
    given = linear(np.ones(shape, dtype))
    axes = tuple(a for a in range(len(shape)) if _mixes(linear, shape, dtype, a)) if given.shape == shape else None
    places = [shape[a] for a in (range(len(shape)) if axes is None else axes)]
    if given.size * int(np.prod(places)) > room:
        return None
    found = []
    for place in itertools.product(*map(range, places)):
        one = np.zeros(shape, dtype)
        _at(one, tuple(range(len(shape))) if axes is None else axes, place)[...] = 1
        found.append(linear(one))
    rows = Rows(axes, np.stack(found))
    return rows if _holds(rows, linear, shape, dtype, sums=True) else None


def _mixes(linear: Linear, shape: tuple[int, ...], dtype: np.dtype, axis: int) -> bool:
    """Whether an entry of g reaches entries at other places along a dimension.

    Any two places differ in a bit of their numbers. So it is enough to see, for each bit, that what is set where the
    bit is 0 stays there, and what is set where it is 1.
    """
    values = np.random.default_rng(1).uniform(1, 2, shape).astype(dtype)
    places: np.ndarray = np.arange(shape[axis]).reshape(-1, *[1] * (len(shape) - axis - 1))
    for bit in range(max(shape[axis] - 1, 0).bit_length()):
        for side in (0, 1):
            own = (places >> bit) % 2 == side
            if np.any(np.where(own, 0, linear(np.where(own, values, 0).astype(dtype)))):
                return True
    return False


def _holds(found: Linear, linear: Linear, shape: tuple[int, ...], dtype: np.dtype, sums: bool = False) -> bool:
    """Whether what was found gives, for other numbers, what the rule gives; of sums small ones may be less exact."""
    rng = np.random.default_rng(2)
    for _ in range(2):
        g = rng.standard_normal(shape).astype(dtype)
        with np.errstate(all="ignore"):
            wanted, given = linear(g), found(g)
            precision = max(np.finfo(x).eps for x in (dtype, wanted.dtype))
            size = 1e3 * (np.abs(wanted) + _size(wanted)) if sums else 64 * np.abs(wanted)
            close = np.abs(given - wanted) <= precision * size
        if not np.all(close | ~np.isfinite(given)):
            return False
    return True


def _size(x: np.ndarray) -> float:
    """The usual size of what is finite in an array."""
    finite = np.abs(x[np.isfinite(x)])
    return float(finite.mean()) if finite.size else 0.0
