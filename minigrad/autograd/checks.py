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
    function: Callable[..., Any],
    inputs: Any,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    directions: int = 4,
) -> bool:
    """Check the gradients of `function` against central differences along random directions.

    Arguments:
        function: takes the inputs, returns a tensor or several.
        inputs: a tensor or a sequence; those with `requires_grad` are checked, and must be float64.
        eps: half the step of the difference quotient.
        atol, rtol: how far apart the two may be, absolutely and relatively to the numerical one.
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
    outputs = _outputs(function, inputs)
    weights = [np.asarray(rng.standard_normal(y.array.shape)) for y in outputs]
    chosen = [(y, w) for y, w in zip(outputs, weights, strict=True) if y.source() is not None]
    analytic = grad(
        [y for y, _ in chosen],
        [inputs[i] for i in checked],
        [y._result(w, None) for y, w in chosen],
        allow_unused=True,
    )

    def weighted_sum(values: Sequence[Any]) -> float:
        return sum(float(np.sum(y.array * w)) for y, w in zip(_outputs(function, values), weights, strict=True))

    for i, g in zip(checked, analytic, strict=True):
        x = inputs[i]
        for _ in range(directions):
            direction = rng.standard_normal(x.array.shape)
            ends = []
            for sign in (1, -1):
                moved = x._result(np.asarray(x.array + sign * eps * direction), None)
                moved._requires_grad = True  # a function that asks for gradients itself must find the same input
                ends.append(weighted_sum((*inputs[:i], moved, *inputs[i + 1 :])))
            numerical = (ends[0] - ends[1]) / (2 * eps)
            by_rule = 0.0 if g is None else float(np.sum(g.array * direction))
            if not abs(by_rule - numerical) <= atol + rtol * abs(numerical):
                raise GradcheckError(
                    f"gradcheck: along a random direction of inputs[{i}] of shape {x.array.shape} the rules give "
                    f"{by_rule:.8g}, the finite difference {numerical:.8g}"
                )
    return True


def gradgradcheck(function: Callable[..., Any], inputs: Any, **tolerances: Any) -> bool:
    """Check second derivatives: `gradcheck` of the gradient of `function`.

    Arguments:
        function: takes the inputs, returns a tensor or several.
        inputs: a tensor or a sequence, as for `gradcheck`.
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
    outputs = [y for y in _outputs(function, inputs) if y.source() is not None]
    weights = []
    for y in outputs:
        w = y._result(np.asarray(rng.standard_normal(y.array.shape)), None)
        w._requires_grad = True  # the gradient is linear in these: its derivative is checked too
        weights.append(w)
    wanted = [i for i, x in enumerate(inputs) if isinstance(x, TensorBase) and x.source() is not None]

    def gradient(*values: Any) -> list[Any]:
        given, ws = values[: len(inputs)], values[len(inputs) :]
        ys = [y for y in _outputs(function, given) if y.source() is not None]
        found = grad(ys, [given[i] for i in wanted], list(ws), create_graph=True, allow_unused=True)
        return [g for g in found if g is not None]

    return gradcheck(gradient, (*inputs, *weights), **tolerances)


def _outputs(function: Callable[..., Any], inputs: Sequence[Any]) -> list[Any]:
    result = function(*inputs)
    return [result] if isinstance(result, TensorBase) else list(result)
