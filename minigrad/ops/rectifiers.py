"""Activations made of pieces: relatives of `relu` that let some numbers pass and bend, scale or cut off the others."""

from typing import Any

import numpy as np

from minigrad import dtypes
from minigrad.autograd.errors import ArgumentError, DtypeError, ShapeError
from minigrad.autograd.op import Rule
from minigrad.autograd.primitive import primitive
from minigrad.ops.activations import before, into
from minigrad.ops.choosing import masked_fill, where
from minigrad.ops.elementwise import abs, check_floating, check_floats, exp, mul
from minigrad.ops.shaping import reshape


def leaky_relu(input: Any, negative_slope: float = 0.01, inplace: bool = False) -> Any:
    """x where it is positive, else x times a small slope, so that a gradient always passes.

    Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic models", 2013.

    Arguments:
        input: a float tensor.
        negative_slope: the slope left of 0.
        inplace: write the result into `input`.

    >>> import minigrad
    >>> minigrad.nn.functional.leaky_relu(minigrad.tensor([-1.0, 2.0]))
    tensor([-0.0100,  2.0000])
    """
    y = _leaky_relu(before(input) if inplace else input, negative_slope=negative_slope)
    return into(input, y) if inplace else y


@primitive(Rule("g where x > 0, else g · slope", lambda g, _y, x, negative_slope: where(x > 0, g, g * negative_slope)))
def _leaky_relu(input: Any, negative_slope: float) -> Any:
    check_floating(input)
    return np.where(input > 0, input, input * negative_slope)


def prelu(input: Any, weight: Any) -> Any:
    """`leaky_relu` with a slope that is learnt, one for all or one for each channel.

    He et al., "Delving deep into rectifiers", 2015.

    Arguments:
        input: a float tensor; its dimension 1 counts the channels.
        weight: the slopes, of shape (1,) or (channels,).

    >>> import minigrad
    >>> minigrad.prelu(minigrad.tensor([-1.0, 2.0]), minigrad.tensor([0.25]))
    tensor([-0.2500,  2.0000])
    """
    check_floats("prelu", input=input, weight=weight)
    channels = input.shape[1] if input.ndim > 1 else 1
    if weight.ndim > 1 or weight.numel() not in (1, channels):
        raise ShapeError(
            f"prelu: weight of shape {weight.shape} must hold one slope, or one for each of the {channels} channels of "
            f"input of shape {input.shape}"
        )
    slope = reshape(weight, (-1, *(1,) * (input.ndim - 2)) if weight.numel() > 1 else ())
    return where(input > 0, input, mul(slope, where(input > 0, 0.0, input)))


def elu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """x where it is positive, else α · (e^x - 1), which runs out towards -α.

    Clevert, Unterthiner and Hochreiter, "Fast and accurate deep network learning by exponential linear units", 2016.

    Arguments:
        input: a float tensor.
        alpha: how far down it goes.
        inplace: write the result into `input`.

    >>> import minigrad
    >>> minigrad.nn.functional.elu(minigrad.tensor([-1.0, 2.0]))
    tensor([-0.6321,  2.0000])
    """
    y = _elu(before(input) if inplace else input, alpha=alpha)
    return into(input, y) if inplace else y


@primitive(
    Rule("g · α · e^x where x ≤ 0, else g", lambda g, _y, x, alpha: where(x <= 0, g * alpha * exp(_below_0(x)), g))
)
def _elu(input: Any, alpha: float) -> Any:
    check_floating(input)
    return np.where(input > 0, input, alpha * np.expm1(np.minimum(input, 0)))


def _below_0(x: Any) -> Any:
    """x, and a constant 0 from 0 up, so that exp does not overflow where it is not asked for."""
    return where(x < 0, x, 0.0)


def selu(input: Any, inplace: bool = False) -> Any:
    """`elu`, scaled so that activations keep mean 0 and variance 1 through many layers.

    Klambauer et al., "Self-normalizing neural networks", 2017, equation 2, with its constants.

    >>> import minigrad
    >>> minigrad.selu(minigrad.tensor([-1.0, 2.0]))
    tensor([-1.1113,  2.1014])
    """
    y = _elu(before(input) if inplace else input, alpha=1.6732632423543772) * 1.0507009873554805
    return into(input, y) if inplace else y


def celu(input: Any, alpha: float = 1.0, inplace: bool = False) -> Any:
    """`elu` without a kink for any α: x where it is positive, else α · (e^(x/α) - 1).

    Barron, "Continuously differentiable exponential linear units", 2017.

    Arguments:
        input: a float tensor.
        alpha: how far down it goes, not 0.
        inplace: write the result into `input`.

    >>> import minigrad
    >>> minigrad.celu(minigrad.tensor([-1.0, 2.0]), alpha=0.5)
    tensor([-0.4323,  2.0000])
    """
    if alpha == 0:
        raise ArgumentError("celu: alpha = 0 must not be 0, since x is divided by it")
    check_floats("celu", input=input)
    x = before(input) if inplace else input
    y = _elu(x, alpha=1.0) if alpha == 1 else _elu(x / alpha, alpha=1.0) * alpha
    return into(input, y) if inplace else y


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Any:
    """x, cut off at `min_val` and `max_val`. As `clamp`, but with derivative 0 at the two bounds.

    Arguments:
        input: a tensor.
        min_val, max_val: the bounds.
        inplace: write the result into `input`.

    >>> import minigrad
    >>> minigrad.nn.functional.hardtanh(minigrad.tensor([-3.0, 0.5, 3.0]))
    tensor([-1.0000,  0.5000,  1.0000])
    """
    if min_val > max_val:
        raise ArgumentError(f"hardtanh: min_val = {min_val} must not be greater than max_val = {max_val}")
    y = _hardtanh(before(input) if inplace else input, min_val=min_val, max_val=max_val)
    return into(input, y) if inplace else y


@primitive(
    Rule(
        "g where min < x < max, else 0",
        lambda g, _y, x, min_val, max_val: where((x > min_val) & (x < max_val), g, 0.0),
    )
)
def _hardtanh(input: Any, min_val: float, max_val: float) -> Any:
    if input.dtype.kind == "b":
        raise TypeError("input is bool; convert it with .float() first")
    return np.clip(input, *(dtypes.fitting(float(bound), input.dtype) for bound in (min_val, max_val)))


def relu6(input: Any, inplace: bool = False) -> Any:
    """`relu`, cut off at 6.

    >>> import minigrad
    >>> minigrad.nn.functional.relu6(minigrad.tensor([-3.0, 0.5, 8.0]))
    tensor([0.0000, 0.5000, 6.0000])
    """
    return hardtanh(input, 0.0, 6.0, inplace)


def hardsigmoid(input: Any, inplace: bool = False) -> Any:
    """A sigmoid of three straight pieces: `relu6(x + 3) / 6`.

    >>> import minigrad
    >>> minigrad.nn.functional.hardsigmoid(minigrad.tensor([-4.0, 0.0, 1.5]))
    tensor([0.0000, 0.5000, 0.7500])
    """
    y = relu6(_float(before(input) if inplace else input, "hardsigmoid") + 3) / 6
    return into(input, y) if inplace else y


def hardswish(input: Any, inplace: bool = False) -> Any:
    """x times `hardsigmoid`: a cheap `silu`.

    Howard et al., "Searching for MobileNetV3", 2019, section 5.2.

    >>> import minigrad
    >>> minigrad.nn.functional.hardswish(minigrad.tensor([-4.0, 1.0, 4.0]))
    tensor([-0.0000, 0.6667, 4.0000])
    """
    y = _hardswish(before(input) if inplace else input)
    return into(input, y) if inplace else y


@primitive(
    Rule(
        "g · (x/3 + ½) between -3 and 3, 0 below, g above",
        lambda g, _y, x: where(abs(x) < 3, g * (where(abs(x) < 3, x, 0.0) / 3 + 0.5), where(x <= -3, 0.0, g)),
    )
)
def _hardswish(input: Any) -> Any:
    check_floating(input)
    return input * np.clip(input + 3, 0, 6) / 6


def _float(x: Any, function: str) -> Any:
    if x.dtype.kind != "f":
        raise DtypeError(f"{function}: input is {x.dtype}; convert it with .float() first")
    return x


def threshold(input: Any, threshold: float, value: float, inplace: bool = False) -> Any:
    """x where it is above `threshold`, else `value`.

    >>> import minigrad
    >>> minigrad.nn.functional.threshold(minigrad.tensor([0.5, 2.0]), 1.0, -9.0)
    tensor([-9.,  2.])
    """
    x = before(input) if inplace else input
    y = masked_fill(x, x <= threshold, value)
    return into(input, y) if inplace else y


def hardshrink(input: Any, lambd: float = 0.5) -> Any:
    """x, but 0 from -λ to λ.

    >>> import minigrad
    >>> minigrad.nn.functional.hardshrink(minigrad.tensor([-1.0, 0.3, 2.0]))
    tensor([-1.,  0.,  2.])
    """
    check_floats("hardshrink", input=input)
    return where((input >= -lambd) & (input <= lambd), 0.0, input)


def softshrink(input: Any, lambd: float = 0.5) -> Any:
    """x, drawn towards 0 by λ, and 0 from -λ to λ.

    >>> import minigrad
    >>> minigrad.nn.functional.softshrink(minigrad.tensor([-1.0, 0.3, 2.0]))
    tensor([-0.5000,  0.0000,  1.5000])
    """
    if lambd < 0:
        raise ArgumentError(f"softshrink: lambd = {lambd} must not be negative")
    check_floats("softshrink", input=input)
    return where(input > lambd, input - lambd, where(input < -lambd, input + lambd, input * 0.0))
