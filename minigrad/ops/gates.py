"""Smooth activations, most of them gates: x times a number between 0 and 1 that itself depends on x."""

import math
from typing import Any

import numpy as np

from minigrad.autograd.errors import ArgumentError, ShapeError
from minigrad.autograd.op import Rule
from minigrad.autograd.primitive import primitive
from minigrad.ops.activations import before, into, sigmoid, softplus, tanh
from minigrad.ops.elementwise import abs, check_floating, check_floats, exp
from minigrad.ops.indexing import getitem
from minigrad.ops.shaping import check_dim
from minigrad.ops.special import erf_of, erfc

_ROOT_HALF = math.sqrt(0.5)
_PEAK = 1 / math.sqrt(2 * math.pi)  # the normal density at 0
_TANH_SCALE, _TANH_CUBE = math.sqrt(2 / math.pi), 0.044715


def gelu(input: Any, approximate: str = "none") -> Any:
    """x · Φ(x): x times the probability that a normal number lies below it.

    Hendrycks and Gimpel, "Gaussian error linear units", 2016.

    Arguments:
        input: a float tensor.
        approximate: "none" for Φ itself, by the error function; "tanh" for that paper's approximation of it.

    >>> import minigrad
    >>> minigrad.nn.functional.gelu(minigrad.tensor([-1.0, 0.0, 2.0]))
    tensor([-0.1587,  0.0000,  1.9545])
    """
    if approximate == "none":
        return _gelu(input)
    if approximate == "tanh":
        return _gelu_tanh(input)
    raise ArgumentError(f"gelu: approximate = {approximate!r} must be 'none' or 'tanh'")


@primitive(
    Rule(
        "g · (Φ(x) + x · φ(x))",
        lambda g, _y, x, below=None: g * (_below(x, below) + x * exp(x * x * -0.5) * _PEAK),
    )
)
def _gelu(input: Any) -> Any:
    check_floating(input)
    below = 0.5 * erf_of(input * -_ROOT_HALF, complement=True)
    return input * below, {"below": below}


def _below(x: Any, below: Any) -> Any:
    """Φ(x), as the forward pass kept it, or recorded anew for a second derivative."""
    return erfc(x * -_ROOT_HALF) * 0.5 if below is None else below


@primitive(
    Rule(
        "g · (1 + t + x · (1 - t²) · u') / 2, t = tanh u",
        lambda g, _y, x, t=None: g * _gelu_tanh_slope(x, tanh(_gelu_argument(x)) if t is None else t),
    )
)
def _gelu_tanh(input: Any) -> Any:
    check_floating(input)
    t = np.tanh(_gelu_argument(input))
    return 0.5 * input * (1 + t), {"t": t}


def _gelu_argument(x: Any) -> Any:
    """u = √(2/π) · (x + 0.044715 x³)."""
    return x * (_TANH_SCALE + _TANH_SCALE * _TANH_CUBE * (x * x))


def _gelu_tanh_slope(x: Any, t: Any) -> Any:
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * (_TANH_SCALE + 3 * _TANH_SCALE * _TANH_CUBE * (x * x))


def silu(input: Any, inplace: bool = False) -> Any:
    """x · sigmoid(x), also called swish.

    Arguments:
        input: a float tensor.
        inplace: write the result into `input`.

    >>> import minigrad
    >>> minigrad.nn.functional.silu(minigrad.tensor([-1.0, 0.0, 2.0]))
    tensor([-0.2689,  0.0000,  1.7616])
    """
    y = _silu(before(input) if inplace else input)
    return into(input, y) if inplace else y


@primitive(Rule("g · s · (1 + x · (1 - s)), s = sigmoid(x)", lambda g, _y, x: g * _silu_slope(x, sigmoid(x))))
def _silu(input: Any) -> Any:
    check_floating(input)
    return input * sigmoid(input)


def _silu_slope(x: Any, s: Any) -> Any:
    return s * (1 + x * (1 - s))


def mish(input: Any, inplace: bool = False) -> Any:
    """x · tanh(softplus(x)).

    Misra, "Mish: a self regularized non-monotonic activation function", 2020.

    >>> import minigrad
    >>> minigrad.nn.functional.mish(minigrad.tensor([-1.0, 0.0, 2.0]))
    tensor([-0.3034,  0.0000,  1.9440])
    """
    x = before(input) if inplace else input
    y = x * tanh(softplus(x))
    return into(input, y) if inplace else y


def glu(input: Any, dim: int = -1) -> Any:
    """a · sigmoid(b), where a and b are the two halves of `input` along `dim`.

    Dauphin et al., "Language modeling with gated convolutional networks", 2017.

    Arguments:
        input: a float tensor, of even length along `dim`.
        dim: the dimension that is halved.

    >>> import minigrad
    >>> minigrad.nn.functional.glu(minigrad.tensor([1.0, 2.0, 0.0, 100.0]))
    tensor([0.5000, 2.0000])
    """
    if input.ndim == 0:
        raise ShapeError("glu: input of shape () has no dimension to halve")
    check_floats("glu", input=input)
    dim = check_dim(dim, input.ndim, "glu")
    half, odd = divmod(input.shape[dim], 2)
    if odd:
        raise ShapeError(f"glu: input of shape {input.shape} must have an even length along dim = {dim}")
    a, b = (getitem(input, (slice(None),) * dim + (part,)) for part in (slice(half), slice(half, None)))
    return a * sigmoid(b)


def softsign(input: Any) -> Any:
    """`x / (1 + |x|)`: any number, squeezed into (-1, 1), more slowly than by `tanh`.

    >>> import minigrad
    >>> minigrad.nn.functional.softsign(minigrad.tensor([-1.0, 3.0]))
    tensor([-0.5000,  0.7500])
    """
    return input / (abs(input) + 1)


def tanhshrink(input: Any) -> Any:
    """x - tanh(x).

    >>> import minigrad
    >>> minigrad.nn.functional.tanhshrink(minigrad.tensor([0.0, 1.0]))
    tensor([0.0000, 0.2384])
    """
    return input - tanh(input)
