"""Steps of gated recurrent networks. Each is one op: as a dozen small ones, a step was mostly bookkeeping.

What gates are computed from lies side by side, (B, gates · H), as the products with all their weights leave it.
"""

from typing import Any

import numpy as np

from minigrad.autograd.op import Rule
from minigrad.autograd.primitive import primitive
from minigrad.ops.activations import sigmoid, tanh
from minigrad.ops.elementwise import check_floating
from minigrad.ops.joining import cat


@primitive(
    Rule(
        "x, u: (ĉ·n·i·(1-i), ĉ·c·f·(1-f), ĉ·i·(1-n²), gₕ·h'·(1-o)), c: ĉ·f; ĉ = g_c + gₕ·o·(1-tanh²c')",
        lambda g, y, x, u, c, **kept: _lstm_gradients(g[0], g[1], y[0], c, *_lstm_gates(x, u, y[1], **kept)),
    ),
    variadic=True,
)
def lstm_cell(*tensors: Any) -> Any:
    """A step of an LSTM, c' = f · c + i · n and h' = o · tanh(c'): what it keeps, lets in, and shows.

    Arguments:
        tensors: x and u, products with the input and with the state, that i, f, n and o are computed from, of shape
            (B, 4 H); and the cell c, of shape (B, H).

    Returns:
        h' and c', of shape (2, B, H).
    """
    x, u, c = check_floating(*tensors)
    i, f, n, o = _four_gates(x + u)
    y = np.empty((2, *c.shape), c.dtype)
    y[1] = f * c + i * n
    shown = np.tanh(y[1])
    y[0] = o * shown
    return y, {"opened": (i, f, n, o, shown)}


def _four_gates(a: Any) -> Any:
    width = a.shape[1] // 4
    both = sigmoid(a[:, : 2 * width])
    return both[:, :width], both[:, width:], tanh(a[:, 2 * width : 3 * width]), sigmoid(a[:, 3 * width :])


def _lstm_gates(x: Any, u: Any, c: Any, opened: Any = None) -> Any:
    """i, f, n, o and tanh(c'): as the forward pass kept them, or recorded anew for a second derivative."""
    return (*_four_gates(x + u), tanh(c)) if opened is None else opened


def _lstm_gradients(g: Any, g_cell: Any, h: Any, c: Any, i: Any, f: Any, n: Any, o: Any, shown: Any) -> Any:
    to_cell = g_cell + g * (o - h * shown)  # o · (1 - tanh²), where h' = o · tanh
    let_in, kept = to_cell * i, to_cell * f
    gates = cat([let_in * n * (1 - i), kept * c * (1 - f), let_in * (1 - n * n), g * h * (1 - o)], 1)
    return gates, gates, kept


@primitive(
    Rule(
        "x: (r̂, ẑ, n̂), u: (r̂, ẑ, r·n̂), h: g·z; n̂ = g·(1-z)·(1-n²), ẑ = g·(h-n)·z·(1-z), r̂ = n̂·uₙ·r·(1-r)",
        lambda g, _y, x, u, h, **kept: _gru_gradients(g, u, h, *_gru_gates(x, u, **kept)),
    ),
    variadic=True,
)
def gru_cell(*tensors: Any) -> Any:
    """A step of a GRU, h' = n + z · (h - n) with n = tanh(xₙ + r · uₙ): z mixes the old state with a new one.

    Arguments:
        tensors: x and u, products with the input and with the state, that r, z and n are computed from, of shape
            (B, 3 H), and the state h, of shape (B, H).
    """
    x, u, h = check_floating(*tensors)
    _, z, n = opened = _gru_gates(x, u)
    return n + z * (h - n), {"opened": opened}


def _gru_gates(x: Any, u: Any, opened: Any = None) -> Any:
    """r, z and n, as for `_lstm_gates`."""
    if opened is not None:
        return opened
    width = x.shape[1] // 3
    both = sigmoid(x[:, : 2 * width] + u[:, : 2 * width])
    r, z = both[:, :width], both[:, width:]
    return r, z, tanh(x[:, 2 * width :] + r * u[:, 2 * width :])


def _gru_gradients(g: Any, u: Any, h: Any, r: Any, z: Any, n: Any) -> tuple[Any, Any, Any]:
    mixed = g * z
    to_n = (g - mixed) * (1 - n * n)
    to_z = mixed * (h - n) * (1 - z)
    by_r = to_n * r
    to_r = by_r * u[:, 2 * h.shape[1] :] * (1 - r)
    return cat([to_r, to_z, to_n], 1), cat([to_r, to_z, by_r], 1), mixed
