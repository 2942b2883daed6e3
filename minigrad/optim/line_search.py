"""How far to go along a direction: a line search for the strong Wolfe conditions.

Nocedal and Wright, "Numerical Optimization", 2006, section 3.5. With φ(t) the loss after a step of length t, a good t
makes the loss fall enough, φ(t) ≤ φ(0) + c1 t φ'(0), and the slope flat enough, `|φ'(t)| ≤ c2 |φ'(0)|`. First an
interval is found that holds one (algorithm 3.5), then it is made smaller (algorithm 3.6). Where the book leaves a
choice, which points to try, it is PyTorch's, so that the steps are.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

from minigrad.tensor import Tensor

C1, C2 = 1e-4, 0.9  # the book's values for quasi-Newton methods
LIMIT = 25  # how many points are tried, after the first
SHORTEST = 1e-9  # an interval that moves no parameter by more is not searched further


class Point(NamedTuple):
    """What is known at one step length.

    Attributes:
        t: the step length.
        loss: φ(t).
        slope: φ'(t), the gradient along the direction.
        gradient: the whole gradient, flat.
    """

    t: float
    loss: float
    slope: float
    gradient: Tensor


def cubic_minimum(a: Point, b: Point, bounds: tuple[float, float] | None = None) -> float:
    """Where the cubic through two points, with their slopes, is least within bounds (equation 3.59).

    Arguments:
        a, b: two points.
        bounds: where to look; between the two by default.

    Returns:
        The place of the minimum; the middle of the bounds if the cubic has none.

    >>> import minigrad
    >>> g = minigrad.zeros(1)
    >>> cubic_minimum(Point(0.0, 1.0, -2.0, g), Point(3.0, 4.0, 4.0, g))
    1.0
    """
    a, b = sorted((a, b), key=lambda point: point.t)
    low, high = bounds or (a.t, b.t)
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = d1 * d1 - a.slope * b.slope
    if not square >= 0:
        return (low + high) / 2
    d2 = math.sqrt(square)
    bend = b.slope - a.slope + 2 * d2
    if bend == 0:
        return high if b.slope < 0 else low  # a line, which falls without end
    t = b.t - (b.t - a.t) * ((b.slope + d2 - d1) / bend)
    return min(max(t, low), high)


class WolfeSearch:
    """One search along one direction.

    Arguments:
        evaluate: gives the point at a step length.
        start: the point at 0.
        reach: by how much a step of length 1 moves the parameter that moves most.

    Attributes:
        evaluations: how many points were tried.
    """

    def __init__(self, evaluate: Callable[[float], Point], start: Point, reach: float):
        self._evaluate = evaluate
        self.start = start
        self.reach = reach
        self.evaluations = 0

    def run(self, t: float) -> Point:
        """The point to go to; `t` is the first step length to try."""
        ends = self.bracket(t)
        return ends[0] if len(ends) == 1 else self.zoom(*ends)

    def tried(self, t: float) -> Point:
        """The point at t."""
        self.evaluations += 1
        return self._evaluate(t)

    @property
    def exhausted(self) -> bool:
        """Whether no more points may be tried."""
        return self.evaluations > LIMIT

    def too_high(self, point: Point) -> bool:
        """Whether the loss did not fall enough: the first condition is broken."""
        return point.loss > self.start.loss + C1 * point.t * self.start.slope

    def flat_enough(self, point: Point) -> bool:
        """The second condition."""
        return abs(point.slope) <= -C2 * self.start.slope

    def bracket(self, t: float) -> list[Point]:
        """Go further and further until a good point lies behind (algorithm 3.5).

        Returns:
            The good point itself, or the two ends of an interval that holds one.
        """
        before, point = self.start, self.tried(t)
        while not self.exhausted:
            if self.too_high(point) or (self.evaluations > 2 and point.loss >= before.loss):
                return [before, point]
            if self.flat_enough(point):
                return [point]
            if point.slope >= 0:
                return [before, point]
            bounds = (point.t + 0.01 * (point.t - before.t), 10 * point.t)
            before, point = point, self.tried(cubic_minimum(before, point, bounds))
        return [self.start, point]

    def zoom(self, a: Point, b: Point) -> Point:
        """Make an interval smaller until a good point is found (algorithm 3.6).

        Returns:
            The good point, or the lowest that was found.
        """
        low, high = (a, b) if a.loss <= b.loss else (b, a)
        near_an_end = False
        while not self.exhausted and abs(high.t - low.t) * self.reach >= SHORTEST:
            t, near_an_end = _away_from_ends(cubic_minimum(low, high), low.t, high.t, near_an_end)
            point = self.tried(t)
            if self.too_high(point) or point.loss >= low.loss:
                low, high = (low, point) if low.loss <= point.loss else (point, low)
            elif self.flat_enough(point):
                return point
            else:
                low, high = point, low if point.slope * (high.t - low.t) >= 0 else high
        return low


def _away_from_ends(t: float, a: float, b: float, twice: bool) -> tuple[float, bool]:
    """Move a point a tenth into its interval if it is at an end, or the second time that it is close to one.

    Returns:
        Where to look, and whether it is close to an end.
    """
    least, most = min(a, b), max(a, b)
    margin = 0.1 * (most - least)
    if min(most - t, t - least) >= margin:
        return t, False
    if not (twice or t >= most or t <= least):
        return t, True
    return (most - margin if abs(t - most) < abs(t - least) else least + margin), False
