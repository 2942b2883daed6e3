"""Gradients kept within bounds, so that one odd batch does not throw the parameters far off."""

import math
import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np

from minigrad import dtypes
from minigrad.tensor import Tensor, wrap


def _gradients(parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    return [p.grad for p in ([parameters] if isinstance(parameters, Tensor) else parameters) if p.grad is not None]


def get_total_norm(
    tensors: Tensor | Iterable[Tensor],
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """The norm of all elements of several tensors together.

    Arguments:
        tensors: a tensor or several.
        norm_type: which norm: 2 for the Euclidean one, `inf` for the largest absolute value.
        error_if_nonfinite: refuse a norm that is infinite or NaN.
        foreach: for PyTorch's sake; it changes no number.

    Returns:
        A tensor of shape ().

    >>> import minigrad
    >>> minigrad.nn.utils.get_total_norm([minigrad.tensor([3.0]), minigrad.tensor([4.0])])
    tensor(5.)
    """
    arrays = [x.array for x in ([tensors] if isinstance(tensors, Tensor) else tensors)]
    if not arrays:
        return wrap(np.zeros((), dtypes.get_default_dtype()))
    if norm_type == 2:
        total = np.sqrt(np.sum([np.vdot(x, x) for x in arrays]))
    elif norm_type == math.inf:
        total = np.max([np.abs(x).max(initial=0) for x in arrays])
    else:
        total = np.sum([np.sum(np.abs(x) ** norm_type) for x in arrays]) ** (1 / norm_type)
    if error_if_nonfinite and not np.isfinite(total):
        raise RuntimeError(f"get_total_norm: the norm is {total}; some gradient is infinite or NaN")
    return wrap(np.asarray(total, np.result_type(*arrays)))


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale all gradients down together, so that their common norm is at most `max_norm`.

    Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", 2013, algorithm 1.

    Arguments:
        parameters: tensors whose `.grad` is scaled in place; those without are left out.
        max_norm: the largest norm allowed.
        norm_type, error_if_nonfinite, foreach: see `get_total_norm`.

    Returns:
        The norm before, a tensor of shape ().

    >>> import minigrad
    >>> x = minigrad.tensor([3.0, 4.0], requires_grad=True)
    >>> (x * x / 2).sum().backward()
    >>> minigrad.nn.utils.clip_grad_norm_(x, 1.0)
    tensor(5.)
    >>> x.grad
    tensor([0.6000, 0.8000])
    """
    parameters = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    total = get_total_norm(_gradients(parameters), norm_type, error_if_nonfinite)
    clip_grads_with_norm_(parameters, max_norm, total)
    return total


def clip_grads_with_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Scale all gradients down by max_norm / total_norm, if that is below 1; see `clip_grad_norm_`.

    >>> import minigrad
    >>> x = minigrad.tensor([4.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> clip_grads_with_norm_(x, 1.0, minigrad.tensor(16.0))
    >>> x.grad
    tensor([0.5000])
    """
    scale = float(max_norm) / (total_norm.item() + 1e-6)
    if not scale >= 1:
        for g in _gradients(parameters):
            g.array *= scale


def clip_grad_norm(parameters: Any, max_norm: float, norm_type: float = 2.0) -> Tensor:
    """The name of `clip_grad_norm_` in older code."""
    warnings.warn("nn.utils.clip_grad_norm is deprecated; use clip_grad_norm_", FutureWarning, stacklevel=2)
    return clip_grad_norm_(parameters, max_norm, norm_type)


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None) -> None:
    """Bring each element of all gradients between -clip_value and clip_value.

    >>> import minigrad
    >>> x = minigrad.tensor([1.0, -5.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> minigrad.nn.utils.clip_grad_value_(x, 3.0)
    >>> x.grad
    tensor([ 2., -3.])
    """
    for g in _gradients(parameters):
        np.clip(g.array, -clip_value, clip_value, out=g.array)
