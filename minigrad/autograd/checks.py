"""Is a derivative right? Compare it with a finite difference, to first and to second order.

The numerical derivative along a random direction costs two evaluations, whatever the number of inputs, and a wrong
rule is caught by it with probability one: that is how HIPS autograd checks its rules. PyTorch's names.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigrad.autograd.backward import grad
from minigrad.autograd.node import TensorBase


class GradcheckError(RuntimeError):
    """A derivative that differs from the finite difference."""


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    directions: int = 4,
) -> bool:
    """Check the gradients of `func` against central differences along random directions.

    Arguments:
        func: takes the inputs, returns a tensor or several.
        inputs: a tensor or a sequence; those with `requires_grad` are checked, and must be float64.
        eps: half the step of the difference quotient.
        atol, rtol: how far apart the two may be, absolutely and relatively to the numerical one.
        raise_exception: False gives False instead of an error for a derivative that differs.
        directions: how many random directions are tried for each input.

    Returns:
        True; otherwise it raises.

    Raises:
        GradcheckError: naming the input, with both numbers.
        TypeError: for an input in less than double precision, where differences of 1e-6 drown in rounding.
        ValueError: when no input has `requires_grad`, so that there is nothing to check.

    >>> import minigrad
    >>> x = minigrad.tensor([0.5, -1.5], dtype=minigrad.float64, requires_grad=True)
    >>> minigrad.autograd.gradcheck(minigrad.tanh, x)
    True
    """
    inputs = (inputs,) if isinstance(inputs, TensorBase) else tuple(inputs)
    checked = [i for i, x in enumerate(inputs) if isinstance(x, TensorBase) and x.source() is not None]
    if not checked:
        raise ValueError("gradcheck: no input has requires_grad=True, so there is nothing to check")
    for i in checked:
        if inputs[i].array.dtype != np.float64:
            raise TypeError(f"gradcheck: inputs[{i}] is {inputs[i].array.dtype}; finite differences need float64")
    rng = np.random.default_rng(0)
    outputs = _outputs(func, inputs)
    weights = [np.asarray(rng.standard_normal(y.array.shape)) for y in outputs]
    chosen = [(y, w) for y, w in zip(outputs, weights, strict=True) if y.source() is not None]
    analytic = grad(
        [y for y, _ in chosen],
        [inputs[i] for i in checked],
        [y._result(w, None) for y, w in chosen],
        allow_unused=True,
    )

    def weighted_sum(values: Sequence[Any]) -> float:
        return sum(float(np.sum(y.array * w)) for y, w in zip(_outputs(func, values), weights, strict=True))

    for i, g in zip(checked, analytic, strict=True):
        x = inputs[i]
        for _ in range(directions):
            direction = rng.standard_normal(x.array.shape)
            ends = []
            for sign in (1, -1):
                moved = x._result(np.asarray(x.array + sign * eps * direction), None)
                moved._requires_grad = True  # a func that asks for gradients itself must find the same input
                ends.append(weighted_sum((*inputs[:i], moved, *inputs[i + 1 :])))
            numerical = (ends[0] - ends[1]) / (2 * eps)
            by_rule = 0.0 if g is None else float(np.sum(g.array * direction))
            if not abs(by_rule - numerical) <= atol + rtol * abs(numerical):
                if not raise_exception:
                    return False
                raise GradcheckError(
                    f"gradcheck: along a random direction of inputs[{i}] of shape {x.array.shape} the rules give "
                    f"{by_rule:.8g}, the finite difference {numerical:.8g}"
                )
    return True


def gradgradcheck(func: Callable[..., Any], inputs: Any, grad_outputs: Any = None, **tolerances: Any) -> bool:
    """Check second derivatives: `gradcheck` of the gradient of `func`.

    Arguments:
        func: takes the inputs, returns a tensor or several.
        inputs: a tensor or a sequence, as for `gradcheck`.
        grad_outputs: what the outputs are weighted by; random numbers if not given.
        tolerances: as for `gradcheck`.

    Returns:
        True; otherwise it raises `GradcheckError`.

    >>> import minigrad
    >>> x = minigrad.tensor([0.5, -1.5], dtype=minigrad.float64, requires_grad=True)
    >>> minigrad.autograd.gradgradcheck(minigrad.tanh, x)
    True
    """
    inputs = (inputs,) if isinstance(inputs, TensorBase) else tuple(inputs)
    rng = np.random.default_rng(1)
    outputs = [y for y in _outputs(func, inputs) if y.source() is not None]
    weights = [] if grad_outputs is None else _listed(grad_outputs)
    for y in outputs if grad_outputs is None else ():
        w = y._result(np.asarray(rng.standard_normal(y.array.shape)), None)
        w._requires_grad = True  # the gradient is linear in these: its derivative is checked too
        weights.append(w)
    wanted = [i for i, x in enumerate(inputs) if isinstance(x, TensorBase) and x.source() is not None]

    def gradient(*values: Any) -> list[Any]:
        given, ws = values[: len(inputs)], values[len(inputs) :]
        ys = [y for y in _outputs(func, given) if y.source() is not None]
        found = grad(ys, [given[i] for i in wanted], list(ws), create_graph=True, allow_unused=True)
        return [g for g in found if g is not None]

    return gradcheck(gradient, (*inputs, *weights), **tolerances)


def _outputs(function: Callable[..., Any], inputs: Sequence[Any]) -> list[Any]:
    return _listed(function(*inputs))


def _listed(tensors: Any) -> list[Any]:
    return [tensors] if isinstance(tensors, TensorBase) else list(tensors)
