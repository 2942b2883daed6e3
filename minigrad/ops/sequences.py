"""Recurrent layers as one op each: all steps of an LSTM, a GRU or an RNN in one direction.

Step by step, a layer is a hundred ops, each with arrays of its own. Here a step is a few calls of NumPy that write into
memory that is there already. Going back it is fewer still: whatever does not depend on the gradients of later steps is
worked out for all steps at once, and so are the gradients of the weights and of the input, each by one product. Only
the products with the recurrent weights wait for each other.

Arrays of gates are (gates, N, H): what belongs to one gate lies in one piece, and one call does for several. The N rows
are sorted by time, and `sizes` tells how many each step has. States are stored with the first ones in front, so that
the rows of a step and those of the states before it are a slice each. For sequences that are read from their ends, the
rows of the input and of the output are put in another order, and all else is the same.

The sigmoid is computed as (1 + tanh(x / 2)) / 2, so that one call of tanh does for all gates. The inner half is
multiplied to the weights.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from minigrad import threads
from minigrad.autograd.op import Rule
from minigrad.autograd.primitive import primitive
from minigrad.ops.activations import relu, tanh
from minigrad.ops.joining import cat, stack
from minigrad.ops.linalg import linear, matmul
from minigrad.ops.recurrent import gru_cell, lstm_cell
from minigrad.ops.reductions import sum

Sizes = tuple[int, ...]  # how many sequences there are at each step: never more than at the step before


@primitive(
    Rule(
        "x: â·W, h: (â·U)₁, c: (ĉ·f)₁, W: âᵀ·x, U: âᵀ·h, b: Σ â; â = (ĉ·n·i·(1-i), ĉ·c·f·(1-f), ĉ·i·(1-n²), "
        "ĥ·h'·(1-o)), ĥ = g + (â·U)₊, ĉ = (ĉ·f)₊ + ĥ·o·(1-tanh²c'), ₊ of the next step",
        lambda g, _y, *tensors, sizes, backwards, **kept: (
            _lstm_gradients(g, *tensors, sizes=sizes, backwards=backwards, **kept)
            if kept
            else _recorded_gradients("lstm", g, tensors[:3], tensors[3:], sizes, backwards)
        ),
    ),
    variadic=True,
)
def lstm(*tensors: Any, sizes: Sizes, backwards: bool) -> Any:
    """A layer of an LSTM over all steps: c' = f · c + i · n and h' = o · tanh(c'), as in `lstm_cell`.

    Hochreiter and Schmidhuber, "Long short-term memory", 1997; f is from Gers, Schmidhuber and Cummins, "Learning to
    forget: continual prediction with LSTM", 2000.

    Arguments:
        tensors: the input x, of shape (N, d); the first h and c, (B, H); the weights W, (4 H, d), and U, (4 H, H); and
            no biases or two, (4 H,). All are float32, or all are float64.
        sizes: how many of the N rows each step has, B at first.
        backwards: whether each sequence is read from its end.

    Returns:
        The states h of all steps, in the order of the input, then the last h, and the last c: (N + 2 B, H).
    """
    x, h, c, w, u, *biases = tensors
    x = x[_order(sizes, backwards)]
    half = _column((0.5, 0.5, 1, 0.5), x.dtype)  # i, f and o are sigmoids, n is a tanh
    rest = 1 - half
    gates = _projected(x, w, half, biases[0] + biases[1] if biases else None)
    recurrent = _across(u, half)
    states, cells = _begun(h, x), _begun(c, x)
    product, part = np.empty((4, *h.shape), h.dtype), np.empty_like(h)
    for rows, before, after in _steps(sizes):
        now, some = gates[:, rows], part[: rows.stop - rows.start]
        now += np.matmul(states[before], recurrent, out=product[:, : len(some)])
        np.tanh(now, out=now)
        now *= half
        now += rest
        i, f, n, o = now
        cell = np.multiply(f, cells[before], out=cells[after])
        cell += np.multiply(i, n, out=some)
        np.multiply(o, np.tanh(cell, out=some), out=states[after])
    return _results(sizes, backwards, states, cells), {"gates": gates, "states": states, "cells": cells}


def _lstm_gradients(
    g: Any,
    x: Any,
    h: Any,
    c: Any,
    w: Any,
    u: Any,
    *biases: Any,
    sizes: Sizes,
    backwards: bool,
    gates: Any,
    states: Any,
    cells: Any,
) -> Any:
    order = _order(sizes, backwards)
    g, of_h, of_c = g[: len(x)][order], *_last(g[len(x) :], 2)
    i, f, n, o = gates
    before, after = _before(states, sizes), states[len(of_h) :]
    slopes = 1 - gates  # becomes â
    slopes[0] *= n
    slopes[1] *= _before(cells, sizes)
    np.subtract(1, np.multiply(n, n, out=slopes[2]), out=slopes[2])
    slopes[3] *= after
    to_cell = np.tanh(cells[len(of_c) :])
    np.subtract(o, np.multiply(after, to_cell, out=to_cell), out=to_cell)  # o · (1 - tanh²c'), as h' = o · tanh c'
    weights = _by_gate(u, 4)
    product, part = np.empty((4, *of_h.shape), g.dtype), np.empty_like(of_h)
    for rows, _, _ in reversed(list(_steps(sizes))):
        size = rows.stop - rows.start
        now_h, now_c, now, some = of_h[:size], of_c[:size], slopes[:, rows], part[:size]
        now_h += g[rows]
        now_c += np.multiply(now_h, to_cell[rows], out=some)
        now[::2] *= np.multiply(now_c, i[rows], out=some)
        now_c *= f[rows]
        now[1] *= now_c
        now[3] *= now_h
        np.add.reduce(np.matmul(now, weights, out=product[:, :size]), 0, out=now_h)
    of_gates = _side_by_side(slopes)
    g_w, *g_b = _of_weights(of_gates, x[order], biases)
    g_u, *_ = _of_weights(of_gates, before, ())
    return threads.matmul(of_gates, w)[order], of_h, of_c, g_w, g_u, *g_b, *g_b


@primitive(
    Rule(
        "x: (r̂, ẑ, n̂)·W, h: (ĥ·z + û·U)₁, W: (r̂, ẑ, n̂)ᵀ·x, U: ûᵀ·h, b: Σ; û = (r̂, ẑ, r·n̂), "
        "n̂ = ĥ·(1-z)·(1-n²), ẑ = ĥ·(h-n)·z·(1-z), r̂ = n̂·uₙ·r·(1-r), ĥ = g + (ĥ·z + û·U)₊, ₊ of the next step",
        lambda g, _y, *tensors, sizes, backwards, **kept: (
            _gru_gradients(g, *tensors, sizes=sizes, backwards=backwards, **kept)
            if kept
            else _recorded_gradients("gru", g, tensors[:2], tensors[2:], sizes, backwards)
        ),
    ),
    variadic=True,
)
def gru(*tensors: Any, sizes: Sizes, backwards: bool) -> Any:
    """A layer of a GRU over all steps: h' = n + z · (h - n) with n = tanh(xₙ + r · uₙ), as in `gru_cell`.

    Cho et al., "Learning phrase representations using RNN encoder-decoder for statistical machine translation", 2014;
    with r after the product, as in PyTorch.

    Arguments:
        tensors: as for `lstm`, but no c, and weights and biases of 3 H rows.
        sizes, backwards: as for `lstm`.

    Returns:
        The states h of all steps, in the order of the input, then the last h: (N + B, H).
    """
    x, h, w, u, *biases = tensors
    x = x[_order(sizes, backwards)]
    half = _column((0.5, 0.5, 1), x.dtype)  # r and z are sigmoids, n is a tanh
    of_x, of_u = biases or np.zeros((2, len(w)), x.dtype)
    width = h.shape[1]
    gates = _projected(x, w, half, of_x + np.concatenate([of_u[: 2 * width], np.zeros(width, x.dtype)]))
    recurrent = _across(u, half)
    states, inner = _begun(h, x), np.empty((len(x), width), x.dtype)  # inner: uₙ, of which r lets in a part
    product, part = np.empty((3, *h.shape), h.dtype), np.empty_like(h)
    for rows, before, after in _steps(sizes):
        some = part[: rows.stop - rows.start]
        both, n = gates[:2, rows], gates[2, rows]
        now = np.matmul(states[before], recurrent, out=product[:, : len(some)])
        both += now[:2]
        np.tanh(both, out=both)
        both *= 0.5
        both += 0.5
        r, z = both
        n += np.multiply(r, np.add(now[2], of_u[2 * width :], out=inner[rows]), out=some)
        np.tanh(n, out=n)
        np.subtract(states[before], n, out=some)
        some *= z
        np.add(n, some, out=states[after])
    return _results(sizes, backwards, states), {"gates": gates, "inner": inner, "states": states}


def _gru_gradients(
    g: Any,
    x: Any,
    h: Any,
    w: Any,
    u: Any,
    *biases: Any,
    sizes: Sizes,
    backwards: bool,
    gates: Any,
    inner: Any,
    states: Any,
) -> Any:
    order = _order(sizes, backwards)
    g, of_h = g[: len(x)][order], *_last(g[len(x) :], 1)
    r, z, n = gates
    before = _before(states, sizes)
    slopes = np.empty((4, *z.shape), z.dtype)  # r · n̂, then r̂, ẑ and n̂: the first three are û, the last three of x
    by_r, of_r, of_z, of_n = slopes
    new = 1 - z
    np.subtract(1, np.multiply(n, n, out=of_n), out=of_n)
    of_n *= new
    np.multiply(of_n, r, out=by_r)
    np.multiply(np.subtract(1, r, out=of_r), inner, out=of_r)
    of_r *= by_r
    np.multiply(np.subtract(before, n, out=of_z), z, out=of_z)
    of_z *= new
    width = u.shape[1]
    weights = _by_gate(np.roll(u, width, 0), 3)  # n, r, z, as in the first three
    product, part = np.empty((3, *of_h.shape), g.dtype), np.empty_like(of_h)
    for rows, _, _ in reversed(list(_steps(sizes))):
        size = rows.stop - rows.start
        now_h, now = of_h[:size], slopes[:, rows]
        now_h += g[rows]
        now *= now_h
        now_h *= z[rows]
        now_h += np.add.reduce(np.matmul(now[:3], weights, out=product[:, :size]), 0, out=part[:size])
    of_gates = _side_by_side(slopes)
    g_w, *g_b = _of_weights(of_gates[:, width:], x[order], biases)
    of_u = _of_weights(of_gates[:, : 3 * width], before, biases)
    g_u, *g_c = [np.roll(y, -width, 0) for y in of_u]  # r, z, n again
    return threads.matmul(of_gates[:, width:], w)[order], of_h, g_w, g_u, *g_b, *g_c


@primitive(
    Rule(
        "x: â·W, h: (â·U)₁, W: âᵀ·x, U: âᵀ·h, b: Σ â; â = ĥ·f', f' = 1-h'² of tanh, 1 of relu where h' > 0, else 0; "
        "ĥ = g + (â·U)₊, ₊ of the next step",
        lambda g, _y, *tensors, sizes, backwards, nonlinearity, **kept: (
            _rnn_gradients(g, *tensors, sizes=sizes, backwards=backwards, nonlinearity=nonlinearity, **kept)
            if kept
            else _recorded_gradients(nonlinearity, g, tensors[:2], tensors[2:], sizes, backwards)
        ),
    ),
    variadic=True,
)
def rnn(*tensors: Any, sizes: Sizes, backwards: bool, nonlinearity: str) -> Any:
    """A layer of a plain recurrent network over all steps: h' = tanh(W x + U h), or relu of that.

    Elman, "Finding structure in time", 1990.

    Arguments:
        tensors: as for `lstm`, but no c, and weights and biases of H rows.
        sizes, backwards: as for `lstm`.
        nonlinearity: "tanh" or "relu".

    Returns:
        The states h of all steps, in the order of the input, then the last h: (N + B, H).
    """
    x, h, w, u, *biases = tensors
    x = x[_order(sizes, backwards)]
    whole = _column((1,), x.dtype)
    (sums,) = _projected(x, w, whole, biases[0] + biases[1] if biases else None)
    (recurrent,) = _across(u, whole)
    states = _begun(h, x)
    product, zeros = np.empty_like(h), np.zeros_like(h)
    for rows, before, after in _steps(sizes):
        now = sums[rows]
        now += np.matmul(states[before], recurrent, out=product[: len(now)])
        if nonlinearity == "tanh":
            np.tanh(now, out=states[after])
        else:
            np.maximum(now, zeros[: len(now)], out=states[after])
    return _results(sizes, backwards, states), {"states": states}


def _rnn_gradients(
    g: Any, x: Any, h: Any, w: Any, u: Any, *biases: Any, sizes: Sizes, backwards: bool, nonlinearity: str, states: Any
) -> Any:
    order = _order(sizes, backwards)
    g, of_h = g[: len(x)][order], *_last(g[len(x) :], 1)
    y = states[len(of_h) :]
    slopes = 1 - y * y if nonlinearity == "tanh" else np.asarray(y != 0, y.dtype)  # NaN is not 0
    for rows, _, _ in reversed(list(_steps(sizes))):
        now_h, now = of_h[: rows.stop - rows.start], slopes[rows]
        now_h += g[rows]
        now *= now_h
        np.matmul(now, u, out=now_h)
    g_w, *g_b = _of_weights(slopes, x[order], biases)
    g_u, *_ = _of_weights(slopes, _before(states, sizes), ())
    return threads.matmul(slopes, w)[order], of_h, g_w, g_u, *g_b, *g_b


def _steps(sizes: Sizes) -> Iterator[tuple[slice, slice, slice]]:
    """For each step its rows, and among the states, of which the first stand in front, those before and after it."""
    start, before = 0, 0
    for size in sizes:
        after = start + sizes[0]
        yield slice(start, start + size), slice(before, before + size), slice(after, after + size)
        start, before = start + size, after


def _order(sizes: Sizes, backwards: bool) -> Any:
    """In which order the rows are walked: as they are, or of each sequence the last first; its own inverse."""
    if not backwards:
        return slice(None)
    starts, lengths = _places(sizes)
    time = np.repeat(np.arange(len(sizes)), sizes)
    sequence = np.arange(len(time)) - starts[time]
    return starts[lengths[sequence] - 1 - time] + sequence


def _places(sizes: Sizes) -> tuple[np.ndarray, np.ndarray]:
    """The row in which each step starts, and how long each sequence is.

    >>> _places((3, 3, 1))
    (array([0, 3, 6]), array([3, 2, 2]))
    """
    lengths = len(sizes) - np.searchsorted(sizes[::-1], np.arange(sizes[0]), "right")
    return np.cumsum((0, *sizes[:-1])), lengths


def _column(values: Sequence[float], dtype: np.dtype) -> np.ndarray:
    """A number for each gate, (gates, 1, 1)."""
    return np.array(values, dtype).reshape(-1, 1, 1)


def _by_gate(weight: np.ndarray, gates: int) -> np.ndarray:
    """(gates · H, ...) as (gates, H, ...)."""
    return weight.reshape(gates, -1, *weight.shape[1:])


def _across(weight: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """A weight by gate, times a factor, transposed and in order, as products with small matrices are fastest."""
    return (_by_gate(weight, len(factors)) * factors).mT.copy()


def _projected(x: np.ndarray, w: np.ndarray, factors: np.ndarray, bias: np.ndarray | None) -> np.ndarray:
    """(x · Wᵀ + b) times a factor for each gate: (gates, N, H)."""
    y = threads.matmul(np.broadcast_to(x, (len(factors), *x.shape)), _across(w, factors))
    if bias is not None:
        y += _by_gate(bias, len(factors))[:, None] * factors
    return y


def _begun(first: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Memory for the states of all steps, with the first ones in front."""
    states = np.empty((len(first) + len(x), first.shape[1]), first.dtype)
    states[: len(first)] = first
    return states


def _before(states: np.ndarray, sizes: Sizes) -> np.ndarray:
    """The states before each step, (N, H)."""
    if sizes[-1] == sizes[0]:
        return states[: -sizes[0]]
    return np.concatenate([states[before] for _, before, _ in _steps(sizes)])


def _results(sizes: Sizes, backwards: bool, states: np.ndarray, *cells: np.ndarray) -> np.ndarray:
    """The states of all steps, then the last ones, in memory of their own, which users may write to."""
    starts, lengths = _places(sizes)
    last = starts[lengths - 1] + np.arange(sizes[0]) + sizes[0]
    steps = states[sizes[0] :][_order(sizes, backwards)]
    return np.concatenate([steps, *[each[last] for each in (states, *cells)]])


def _last(g: np.ndarray, count: int) -> list[np.ndarray]:
    """The gradients of the last states, in memory of their own: going back they become those of the first."""
    return list(g.reshape(count, -1, g.shape[1]).copy())


def _side_by_side(slopes: np.ndarray) -> np.ndarray:
    """(gates, N, H) as (N, gates · H), with which the products with all rows are fastest."""
    return slopes.transpose(1, 0, 2).reshape(slopes.shape[1], -1)


def _of_weights(slopes: np.ndarray, x: np.ndarray, biases: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The gradient of what x was multiplied by, âᵀ · x, and if there are biases theirs, Σ â."""
    g = [threads.matmul(slopes.T, x)]
    return [*g, np.ones(len(x), x.dtype) @ slopes] if biases else g


_CELLS: dict[str, tuple[Any, Any]] = {  # a step, and its rule
    "lstm": (lstm_cell, lstm_cell.op.rules[0].vjp),  # type: ignore[attr-defined]  # see `primitive`
    "gru": (gru_cell, gru_cell.op.rules[0].vjp),  # type: ignore[attr-defined]
    "tanh": (lambda x, u, h: tanh(x + u), lambda g, y, x, u, h: (g * (1 - y * y),) * 2 + (0.0,)),
    "relu": (lambda x, u, h: relu(x + u), lambda g, y, x, u, h: (g * (y.array != 0),) * 2 + (0.0,)),
}


def _recorded_gradients(name: str, g: Any, data: Any, weights: Any, sizes: Sizes, backwards: bool) -> Any:
    """The same on tensors, step by step, for a second derivative.

    Arguments:
        name: which of `_CELLS` makes the steps.
        g: the gradient of the layer's output.
        data: the input, and the first states.
        weights: W and U, and biases if there are some.
        sizes, backwards: as for `lstm`.
    """
    (x, *states), (w, u, *biases), (step, rule) = data, weights, _CELLS[name]
    order, count, several = _order(sizes, backwards), len(states), len(states) > 1
    b_w, b_u = biases or (None, None)
    products = linear(x[order], w, b_w)
    walked = []
    for rows, _, _ in _steps(sizes):
        states = [state[: rows.stop - rows.start] for state in states]
        inputs = (products[rows], linear(states[0], u, b_u), states[-1])
        y = step(*inputs)
        walked.append((rows, states[0], inputs, y))
        states = [y[0], y[1]] if several else [y]
    of_steps, of_last = g[: len(x)][order], [g[len(x) + i * sizes[0] :][: sizes[0]] for i in range(count)]
    found = []
    for rows, before, inputs, y in reversed(walked):
        now, later = [each[: len(before)] for each in of_last], [each[len(before) :] for each in of_last]
        now[0] = now[0] + of_steps[rows]
        of_product, of_recurrent, of_state = rule(stack(now) if several else now[0], y, *inputs)
        of_h = matmul(of_recurrent, u)
        passed = [of_h, of_state] if several else [of_h + of_state]
        of_last = [cat(pair) for pair in zip(passed, later, strict=True)]
        found.append((of_product, of_recurrent, before))
    of_products, of_recurrents, befores = (cat(each) for each in zip(*found[::-1], strict=True))
    of_biases = [sum(of_products, 0), sum(of_recurrents, 0)] if biases else []
    g_w, g_u = matmul(of_products.mT, x[order]), matmul(of_recurrents.mT, befores)
    return matmul(of_products, w)[order], *of_last, g_w, g_u, *of_biases
