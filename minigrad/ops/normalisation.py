"""Layer normalisation, as one fused op, and dropout."""

from typing import Any

import numpy as np

from minigrad.autograd.op import Rule, ShapeError
from minigrad.autograd.primitive import primitive
from minigrad.ops.elementwise import rsqrt
from minigrad.ops.reductions import mean, var


@primitive(
    Rule(
        "σ⁻¹ · (ĝ - mean ĝ - x̂ · mean(ĝ·x̂)), ĝ = g · w",
        lambda g, y, x, weight, bias, dims, eps, **kept: _input_gradient(
            g if weight is None else g * weight, standardised(x, dims, eps, **kept), dims
        ),
    ),
    Rule(
        "g · x̂, summed over rows",
        lambda g, y, x, weight, bias, dims, eps, **kept: g * standardised(x, dims, eps, **kept)[0],
    ),
    Rule("g, summed over rows", lambda g, y, x, weight, bias, dims, eps, **kept: g),
    name="layer_norm",
)
def _layer_norm(input: Any, weight: Any, bias: Any, dims: tuple[int, ...], eps: float) -> Any:
    centred = input - input.mean(dims, keepdims=True)
    inverse_std = 1 / np.sqrt((centred * centred).mean(dims, keepdims=True) + eps)
    standard = centred * inverse_std
    y = standard if weight is None else standard * weight
    if bias is not None:
        y = y + bias
    return y, {"standard": standard, "inverse_std": inverse_std}


def standardised(x: Any, dims: tuple[int, ...], eps: float, standard: Any = None, inverse_std: Any = None) -> Any:
    """x̂ = (x - mean) / σ, and 1/σ: as the forward pass kept them, or recorded anew for a second derivative."""
    if standard is None:
        inverse_std = rsqrt(var(x, dims, correction=0, keepdim=True) + eps)
        standard = (x - mean(x, dims, keepdim=True)) * inverse_std
    return standard, inverse_std


def _input_gradient(g: Any, standardised_x: tuple[Any, Any], dims: tuple[int, ...]) -> Any:
    """What is left of a gradient when its mean and its part along x̂, which normalising removes, are taken out."""
    standard, inverse_std = standardised_x
    along = mean(g * standard, dims, keepdim=True)
    return inverse_std * (g - mean(g, dims, keepdim=True) - standard * along)


def layer_norm(
    input: Any, normalized_shape: tuple[int, ...] | list[int], weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    """Bring each row to mean 0 and variance 1, then scale and shift it: `(x - mean) / sqrt(var + eps) * w + b`.

    Ba, Kiros and Hinton, "Layer Normalization", 2016, equation 3.

    Arguments:
        input: a float tensor whose last dimensions are `normalized_shape`.
        normalized_shape: the dimensions that make a row.
        weight, bias: tensors of that shape, or None.
        eps: keeps the root away from 0.

    Returns:
        A tensor of the shape of `input`.

    >>> import minigrad
    >>> minigrad.nn.functional.layer_norm(minigrad.tensor([1.0, 2.0, 3.0]), (3,))
    tensor([-1.2247,  0.0000,  1.2247])
    """
    shape = tuple(normalized_shape)
    if not shape or input.shape[-len(shape) :] != shape:
        raise ShapeError(f"layer_norm: input of shape {input.shape} must end in normalized_shape {shape}")
    for name, x in (("weight", weight), ("bias", bias)):
        if x is not None and x.shape != shape:
            raise ShapeError(f"layer_norm: {name} of shape {x.shape} must have normalized_shape {shape}")
    return _layer_norm(input, weight, bias, dims=tuple(range(-len(shape), 0)), eps=eps)


@primitive(Rule("g · m", lambda g, y, x, keep: g * keep), name="dropout")
def dropout_by(input: Any, keep: np.ndarray) -> Any:
    """`input` times a mask of zeros and 1/(1-p)."""
    return input * keep
