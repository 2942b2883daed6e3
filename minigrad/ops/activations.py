"""The non-linear functions between layers, and softmax, which turns scores into weights."""

from typing import Any

import numpy as np

from minigrad.autograd.op import Rule
from minigrad.autograd.primitive import primitive
from minigrad.ops.elementwise import exp, floating
from minigrad.ops.reductions import sum


@primitive(Rule("g where y > 0, else 0", lambda g, y, x: g * (y > 0)))
def relu(input: Any) -> Any:
    """max(x, 0); the derivative at 0 is taken to be 0.

    >>> import minigrad
    >>> minigrad.relu(minigrad.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return np.maximum(input, np.zeros(input.shape[-1:], input.dtype))  # NumPy takes twice as long with a number


@primitive(Rule("g · (1 - y²)", lambda g, y, x: g * (1 - y * y)))
def tanh(input: Any) -> Any:
    """The hyperbolic tangent: any number, squeezed into (-1, 1).

    >>> import minigrad
    >>> minigrad.tanh(minigrad.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7616])
    """
    return np.tanh(floating(input))


@primitive(Rule("g · y · (1 - y)", lambda g, y, x: g * y * (1 - y)))
def sigmoid(input: Any) -> Any:
    """1 / (1 + e^-x): any number, squeezed into (0, 1). (By way of tanh, which does not overflow.)

    >>> import minigrad
    >>> minigrad.sigmoid(minigrad.tensor([0.0, 1.0]))
    tensor([0.5000, 0.7311])
    """
    return 0.5 * np.tanh(0.5 * floating(input)) + 0.5


@primitive(Rule("g · sigmoid(x)", lambda g, y, x: g * sigmoid(x)))
def softplus(input: Any) -> Any:
    """log(1 + e^x), a smooth `relu`.

    >>> import minigrad
    >>> minigrad.nn.functional.softplus(minigrad.tensor([0.0]))
    tensor([0.6931])
    """
    x = floating(input)
    return np.logaddexp(x, x.dtype.type(0))


@primitive(Rule("y · (g - Σ g·y)", lambda g, y, x, dim: y * (g - sum(g * y, dim, keepdim=True))))
def softmax(input: Any, dim: int) -> Any:
    """exp(x) / Σ exp(x) along `dim`: scores become positive weights that sum to 1.

    The largest score is subtracted first, which changes nothing but keeps exp from overflowing. A row of which every
    score is -inf has no softmax: it gives NaN, as in PyTorch (attention, which masks, never asks for one).

    Arguments:
        input: a float tensor.
        dim: the dimension along which the weights sum to 1.

    >>> import minigrad
    >>> minigrad.softmax(minigrad.tensor([1.0, 2.0, 3.0]), dim=-1)
    tensor([0.0900, 0.2447, 0.6652])
    """
    e = np.exp(shifted(input, dim))
    e /= e.sum(dim, keepdims=True)
    return e


def shifted(x: np.ndarray, dim: int) -> np.ndarray:
    """Scores from 0 down along `dim`: exp of these does not overflow, and gives the same weights."""
    x = floating(x)
    return x - x.max(dim, keepdims=True, initial=-np.inf)


@primitive(Rule("g - softmax(x) · Σ g", lambda g, y, x, dim: g - exp(y) * sum(g, dim, keepdim=True)))
def log_softmax(input: Any, dim: int) -> Any:
    """The logarithm of `softmax`, without the detour through numbers that underflow.

    Arguments:
        input: a float tensor.
        dim: the dimension along which the weights sum to 1.

    >>> import minigrad
    >>> minigrad.log_softmax(minigrad.tensor([1.0, 2.0, 3.0]), dim=-1)
    tensor([-2.4076, -1.4076, -0.4076])
    """
    x = shifted(input, dim)
    return x - np.log(np.exp(x).sum(dim, keepdims=True))
