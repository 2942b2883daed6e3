"""Gradients kept within bounds, so that one odd batch does not throw the parameters far off."""

from collections.abc import Iterable

import numpy as np

from minigrad import dtypes
from minigrad.tensor import Tensor, wrap


def clip_grad_norm_(parameters: Tensor | Iterable[Tensor], max_norm: float) -> Tensor:
    """Scale all gradients down together, so that their common Euclidean norm is at most `max_norm`.

    Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", 2013, algorithm 1.

    Arguments:
        parameters: tensors whose `.grad` is scaled in place; those without are left out.
        max_norm: the largest norm allowed.

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
    parameters = [parameters] if isinstance(parameters, Tensor) else parameters
    gradients = [p.grad.array for p in parameters if p.grad is not None]
    total = np.sqrt(np.sum([np.vdot(g, g) for g in gradients] or np.zeros((), dtypes.get_default_dtype())))
    scale = float(max_norm) / (float(total) + 1e-6)
    if scale < 1:
        for g in gradients:
            g *= scale
    return wrap(np.asarray(total))
