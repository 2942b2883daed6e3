"""Normalisation over rows, groups or batches, as one fused op, and dropout."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad import threads
from minigrad.autograd.backward import unbroadcast
from minigrad.autograd.errors import ArgumentError, ShapeError
from minigrad.autograd.op import Rule
from minigrad.autograd.primitive import primitive
from minigrad.autograd.sums import average, dots
from minigrad.ops.elementwise import check_floating, check_floats, rsqrt
from minigrad.ops.reductions import count, mean
from minigrad.ops.shaping import contiguous, reshape
from minigrad.ops.variance import var


def _standardised(x: Any, dims: tuple[int, ...], eps: float) -> tuple[Any, Any]:
    """x̂ = (x - mean) / σ, and 1/σ."""
    inverse_std = rsqrt(var(x, dims, correction=0, keepdim=True) + eps)
    return (x - mean(x, dims, keepdim=True)) * inverse_std, inverse_std


def _input_gradient(g: Any, x: Any, weight: Any, dims: tuple[int, ...], eps: float) -> Any:
    """What is left of a gradient when its mean and its part along x̂, which normalising removes, are taken out."""
    g = g if weight is None else g * weight
    standard, inverse_std = _standardised(x, dims, eps)
    return inverse_std * (g - mean(g, dims, True, None) - standard * mean(g * standard, dims, True, None))


_RULES = (
    Rule(
        "σ⁻¹ · (ĝ - mean ĝ - x̂ · mean(ĝ·x̂)), ĝ = g · w",
        lambda g, _y, x, weight, _bias, dims, eps, **kept: _input_gradient(g, x, weight, dims, eps),
    ),
    Rule(
        "g · x̂, summed over rows",
        lambda g, _y, x, _weight, _bias, dims, eps, **kept: g * _standardised(x, dims, eps)[0],
    ),
    Rule("g, summed over rows", lambda g, _y, _x, _weight, _bias, **kept: g),
)


def _gradients(
    parents: Any,
    g: Any,
    _y: Any,
    _x: Any,
    weight: Any,
    bias: Any,
    dims: Any,
    eps: float,
    standard: Any,
    inverse_std: Any,
) -> list[Any]:
    """What the rules give, in one walk: each part of g and of x̂ is read once, while the cache holds it."""
    result = np.empty(g.shape, g.dtype)
    n = math.prod([g.shape[d] for d in dims])
    sums: dict[int, list[Any]] = {}  # the gradients of weight and bias, by where their part begins

    def work(some: tuple[slice, ...]) -> None:
        into, part, out = g[some], standard[some], result[some]
        product = into * part
        sums[some[0].start] = [
            None if weight is None else unbroadcast(product, weight.shape),
            None if bias is None else unbroadcast(into, bias.shape),
        ]
        if weight is not None:
            into = np.multiply(into, weight, out=out)
        along = dots(into, part, dims) / n
        np.subtract(into, average(into, dims), out=out)
        out -= np.multiply(part, along, out=product)
        out *= inverse_std[some]

    _in_parts(work, g, dims)
    first, *others = [sums[start] for start in sorted(sums)]  # in order, whichever thread was first
    for other in others:
        first = [None if a is None else a + b for a, b in zip(first, other, strict=True)]
    return [result, *first]


def _normalise(input: Any, weight: Any, bias: Any, dims: tuple[int, ...], eps: float) -> Any:
    x = check_floating(input)[0]
    y, standard = np.empty(x.shape, x.dtype), np.empty(x.shape, x.dtype)
    inverse_std = np.empty([1 if d in dims else n for d, n in enumerate(x.shape)], x.dtype)
    n = math.prod([x.shape[d] for d in dims])

    def work(some: tuple[slice, ...]) -> None:
        part = np.subtract(x[some], average(x[some], dims), out=standard[some])
        root = np.sqrt(dots(part, part, dims) / n + eps)
        part *= np.reciprocal(root, out=inverse_std[some])
        out = y[some]
        if weight is None:
            out[...] = part
        else:
            np.multiply(part, weight, out=out)
        if bias is not None:
            out += bias

    _in_parts(work, x, dims)
    return y, {"standard": standard, "inverse_std": inverse_std}


def _in_parts(work: Callable[[tuple[slice, ...]], None], x: np.ndarray, dims: tuple[int, ...]) -> None:
    """Call `work` for parts of the first dimension, or with all of it if that is normalised over."""
    if 0 in dims:
        work((slice(0, None),))
    else:
        threads.each(work, x, threads.PASSES * x.size)


# Three names for one computation, over other dimensions and with weights of other shapes.
_layer_norm = primitive(*_RULES, name="layer_norm", together=_gradients)(_normalise)
_group_norm = primitive(*_RULES, name="group_norm", together=_gradients)(_normalise)
_batch_norm = primitive(*_RULES, name="batch_norm", together=_gradients)(_normalise)


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
    dims = _check_rows("layer_norm", input, tuple(normalized_shape), weight=weight, bias=bias)
    return _layer_norm(input, weight, bias, dims=dims, eps=eps)


def rms_norm(
    input: Any, normalized_shape: tuple[int, ...] | list[int], weight: Any = None, eps: float | None = None
) -> Any:
    """Bring each row to a mean square of 1, then scale it: `x / sqrt(mean(x²) + eps) · w`.

    Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019, equation 4.

    Arguments:
        input: a float tensor whose last dimensions are `normalized_shape`.
        normalized_shape: the dimensions that make a row.
        weight: a tensor of that shape, or None.
        eps: keeps the root away from 0; by default the distance from 1 to the next number of the type.

    >>> import minigrad
    >>> minigrad.nn.functional.rms_norm(minigrad.tensor([3.0, 4.0, 0.0, 0.0]), (4,))
    tensor([1.2000, 1.6000, 0.0000, 0.0000])
    """
    dims, input = _check_rows("rms_norm", input, tuple(normalized_shape), weight=weight), contiguous(input)
    check_floats("rms_norm", input=input)
    tiny = float(np.finfo(input.dtype).eps) if eps is None else eps
    y = input * rsqrt(mean(input * input, dims, keepdim=True) + tiny)
    return y if weight is None else y * weight


def _check_rows(function: str, input: Any, shape: tuple[int, ...], **parameters: Any) -> tuple[int, ...]:
    """The dimensions that make a row of `shape`.

    Raises:
        ShapeError: for an input, or a weight, that does not fit.
    """
    if not shape or input.shape[-len(shape) :] != shape:
        raise ShapeError(f"{function}: input of shape {input.shape} must end in normalized_shape {shape}")
    for name, x in parameters.items():
        if x is not None and x.shape != shape:
            raise ShapeError(f"{function}: {name} of shape {x.shape} must have normalized_shape {shape}")
    return tuple(range(input.ndim - len(shape), input.ndim))


def group_norm(input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """As `layer_norm`, but each row is a group of channels with all their positions (Wu and He, 2018).

    Arguments:
        input: of shape (N, channels, ...).
        num_groups: into how many groups the channels are cut.
        weight, bias: a number for each channel, or None.
        eps: keeps the root away from 0.

    >>> import minigrad
    >>> minigrad.nn.functional.group_norm(minigrad.tensor([[1.0, 3.0, 5.0, 9.0]]), 2)
    tensor([[-1.0000,  1.0000, -1.0000,  1.0000]])
    """
    if input.ndim < 2 or num_groups < 1 or input.shape[1] % num_groups:
        raise ShapeError(
            f"group_norm: input of shape {input.shape} must be (batch, channels, ...) with channels that "
            f"num_groups = {num_groups} divides"
        )
    _check_channels("group_norm", input, weight=weight, bias=bias)
    each = (num_groups, -1) + (1,) * (input.ndim - 2)  # one number for each channel of each group
    grouped = reshape(input, (input.shape[0], num_groups, input.shape[1] // num_groups, *input.shape[2:]))
    weight, bias = (None if w is None else reshape(w, each) for w in (weight, bias))
    return reshape(_group_norm(grouped, weight, bias, dims=tuple(range(2, grouped.ndim)), eps=eps), input.shape)


def _check_channels(function: str, input: Any, **parameters: Any) -> None:
    for name, x in parameters.items():
        if x is not None and x.shape != input.shape[1:2]:
            raise ShapeError(
                f"{function}: {name} of shape {x.shape} must have one number for each channel of input, "
                f"which has shape {input.shape}"
            )


def batch_norm(
    input: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """Bring each channel to mean 0 and variance 1 over the batch, then scale and shift it.

    Ioffe and Szegedy, "Batch Normalization", 2015, algorithm 1.

    Arguments:
        input: of shape (N, channels, ...).
        running_mean, running_var: means over past batches, one number for each channel; changed in place while
            training, used instead of the batch's own otherwise. None if there are none.
        weight, bias: a number for each channel, or None.
        training: normalise by the batch.
        momentum: how much of a new batch goes into the running means.
        eps: keeps the root away from 0.

    >>> import minigrad
    >>> x = minigrad.tensor([[1.0], [3.0]])
    >>> minigrad.nn.functional.batch_norm(x, None, None, training=True)
    tensor([[-1.0000],
            [ 1.0000]])
    """
    if input.ndim < 2:
        raise ShapeError(f"batch_norm: input of shape {input.shape} must be (batch, channels, ...)")
    check_floats("batch_norm", input=input)
    _check_channels("batch_norm", input, running_mean=running_mean, running_var=running_var, weight=weight, bias=bias)
    each = (-1,) + (1,) * (input.ndim - 2)
    weight, bias = (None if w is None else reshape(w, each) for w in (weight, bias))
    if not training:
        if running_mean is None or running_var is None:
            raise ArgumentError("batch_norm: without training=True running_mean and running_var are needed")
        y = (contiguous(input) - reshape(running_mean, each)) * rsqrt(reshape(running_var, each) + eps)
        y = y if weight is None else y * weight
        return y if bias is None else y + bias
    dims = (0, *range(2, input.ndim))
    n = count(input.shape, dims)
    if n <= 1:
        raise ArgumentError(f"batch_norm: input of shape {input.shape} has {n} value a channel; training needs two")
    for running, new in (
        (running_mean, input.array.mean(dims)),
        (running_var, input.array.var(dims, ddof=1)),
    ):
        if running is not None:
            running.array[...] = (1 - momentum) * running.array + momentum * new
            running.mark_written("batch_norm")
    return _batch_norm(input, weight, bias, dims=dims, eps=eps)


@primitive(Rule("g · m", lambda g, _y, _x, keep: g * keep), name="dropout")
def dropout_by(input: Any, keep: np.ndarray) -> Any:
    """`input` times a mask of zeros and 1/(1-p)."""
    return input * keep
