"""L-BFGS and its line search: what they promise. PyTorch's numbers are in tests/oracle."""

import math

import numpy as np
import pytest

import minigrad
from minigrad import optim
from minigrad.optim.line_search import C1, C2, SHORTEST, Point, WolfeSearch, cubic_minimum


def minimise(function, start, steps=1, **options):
    x = minigrad.tensor(start, dtype=minigrad.float64, requires_grad=True)
    optimizer, calls = optim.LBFGS([x], **options), []

    def closure():
        optimizer.zero_grad()
        loss = function(x)
        loss.backward()
        calls.append(loss.item())
        return loss

    for _ in range(steps):
        optimizer.step(closure)
    return x, calls, optimizer


def valley(x):
    return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2


def test_a_valley_is_followed_to_its_end():
    x, calls, _ = minimise(valley, [-1.2, 1.0], 4, line_search_fn="strong_wolfe", tolerance_change=1e-16)
    np.testing.assert_allclose(x.array, 1, atol=1e-6)
    assert len(calls) < 100


def test_a_quadratic_of_n_dimensions_takes_about_n_steps():
    scales = minigrad.tensor([1.0, 10.0, 100.0, 1000.0], dtype=minigrad.float64)
    x, calls, _ = minimise(lambda x: (scales * x**2).sum(), [1.0] * 4, 2, line_search_fn="strong_wolfe")
    np.testing.assert_allclose(x.array, 0, atol=1e-5)
    assert len(calls) < 50


def test_limits():
    for options, evaluations, iterations in (
        ({"max_iter": 4}, 4, 4),  # the last iteration does not look where it went
        ({"max_iter": 20, "max_eval": 5}, 5, 4),
        ({"max_iter": 1}, 1, 1),
    ):
        _, calls, optimizer = minimise(valley, [-1.2, 1.0], lr=1e-3, **options)
        state = optimizer.state_dict()["state"][0]
        assert len(calls) == state["func_evals"] == evaluations
        assert state["n_iter"] == iterations
    _, calls, _ = minimise(valley, [1.0, 1.0])
    assert len(calls) == 1  # the gradient is 0


def test_it_continues_from_its_state():
    options = {"max_iter": 4, "line_search_fn": "strong_wolfe"}
    once, _, _ = minimise(valley, [-1.2, 1.0], 6, **options)
    half, _, optimizer = minimise(valley, [-1.2, 1.0], 3, **options)
    x = half.detach().clone().requires_grad_()
    other = optim.LBFGS([x], **options)
    other.load_state_dict(optimizer.state_dict())

    def closure():
        other.zero_grad()
        loss = valley(x)
        loss.backward()
        return loss

    for _ in range(3):
        other.step(closure)
    assert x.tolist() == once.tolist()


def test_what_cannot_be():
    x = minigrad.ones(1, requires_grad=True)
    with pytest.raises(TypeError, match="closure is missing"):
        optim.LBFGS([x]).step()
    with pytest.raises(RuntimeError, match="line_search_fn = 'armijo'"):
        optim.LBFGS([x], line_search_fn="armijo")
    with pytest.raises(ValueError, match="2 parameter groups"):
        optim.LBFGS([{"params": [x]}, {"params": [minigrad.ones(1, requires_grad=True)]}])


CURVES = [
    (lambda t: (t - 3) ** 2, lambda t: 2 * (t - 3)),
    (lambda t: (t - 0.01) ** 4, lambda t: 4 * (t - 0.01) ** 3),
    (lambda t: -t / (t * t + 2), lambda t: (t * t - 2) / (t * t + 2) ** 2),  # Moré and Thuente, 1994, equation 5.1
    (lambda t: (t + 0.004) ** 5 - 2 * (t + 0.004) ** 4, lambda t: 5 * (t + 0.004) ** 4 - 8 * (t + 0.004) ** 3),  # 5.2
    (lambda t: math.cos(t) - 0.01 * t, lambda t: -math.sin(t) - 0.01),
]


@pytest.mark.parametrize("first", [1e-3, 0.1, 1.0, 10.0])
@pytest.mark.parametrize("number", range(len(CURVES)))
def test_the_point_found_meets_both_conditions(number, first):
    f, slope = CURVES[number]
    g = minigrad.zeros(1)
    start = Point(0.0, f(0.0), slope(0.0), g)
    search = WolfeSearch(lambda t: Point(t, f(t), slope(t), g), start, reach=1.0)
    found = search.run(first)
    assert found.loss <= start.loss + C1 * found.t * start.slope
    assert abs(found.slope) <= C2 * abs(start.slope)
    assert search.evaluations <= 26


def test_a_search_without_end_gives_the_lowest_point():
    g = minigrad.zeros(1)
    seen = []

    def falling(t):
        seen.append(t)
        return Point(t, -t, -1.0, g)

    search = WolfeSearch(falling, Point(0.0, 0.0, -1.0, g), reach=1.0)
    assert search.run(1.0).t == max(seen) > 1e6
    assert search.evaluations == len(seen) == 26

    def step(t):  # it falls at once, and rises beyond: no slope is ever flat
        return Point(t, 1.0 if t > 1e-8 else -1.0, 1.0 if t > 1e-8 else -1.0, g)

    search = WolfeSearch(step, Point(0.0, 0.0, -1.0, g), reach=SHORTEST)
    assert search.run(0.5).t == 0.0  # an interval that moves no parameter is left as it is


def test_a_cubic_is_least_where_its_derivative_is_0():
    g = minigrad.zeros(1)

    def point(t):
        return Point(t, t**3 - 3 * t, 3 * t * t - 3, g)

    for a, b in ((0.0, 3.0), (3.0, 0.0), (-0.5, 1.2)):
        assert cubic_minimum(point(a), point(b)) == pytest.approx(1.0)
    assert cubic_minimum(point(2.0), point(3.0), (2.5, 4.0)) == 2.5
    for slope, least in ((1.0, 0.0), (-1.0, 1.0)):
        assert cubic_minimum(Point(0.0, 0.0, slope, g), Point(1.0, slope, slope, g)) == least
