"""Matrix products: nearly all the work of a network, and nearly all that attention is made of."""

import math
from typing import Any

from minigrad import threads
from minigrad.autograd.errors import DtypeError, ShapeError
from minigrad.autograd.op import Rule
from minigrad.autograd.primitive import into, primitive
from minigrad.autograd.sums import total
from minigrad.ops.shaping import squeeze, unsqueeze


@primitive(
    Rule("g · bᵀ", lambda g, _y, _a, b: _matmul(g, b.mT)),
    Rule("aᵀ · g", lambda g, _y, a, b: _right_gradient(g, a, b)),
    name="matmul",
)
def _matmul(input: Any, other: Any) -> Any:
    """The product of the last two dimensions; those before them are broadcast."""
    a, b = input, other
    if a.dtype != b.dtype:
        raise types_differ("matmul", input=a, other=b)
    if a.shape[-1] != b.shape[-2]:
        raise ShapeError(
            f"matmul: input of shape {a.shape} times other of shape {b.shape}: the last dimension of input "
            f"({a.shape[-1]}) must equal the last but one of other ({b.shape[-2]})"
        )
    if b.ndim == 2 and a.ndim > 2:  # one large product instead of one for each matrix of the batch
        return threads.matmul(rows_of(a), b).reshape(*a.shape[:-1], b.shape[-1])
    return threads.matmul(a, b)


def rows_of(x: Any) -> Any:
    """All but the last dimension run into one, also where there are no elements to work it out from."""
    return x if x.ndim == 2 else x.reshape(math.prod(x.shape[:-1]), x.shape[-1])


def types_differ(function: str, **arguments: Any) -> DtypeError:
    """Why different types are not multiplied, as in PyTorch: a stray float64 would make all that follows slow."""
    types = ", ".join(f"{name} is {x.dtype}" for name, x in arguments.items())
    return DtypeError(f"{function}: {types}; convert them to one type with .to()")


def _right_gradient(g: Any, a: Any, b: Any) -> Any:
    """aᵀ · g; for a matrix that multiplied a whole batch it is one product over all the rows of the batch."""
    if b.ndim == 2 and a.ndim > 2:
        a, g = rows_of(a), rows_of(g)
    return _matmul(a.mT, g)


def matmul(input: Any, other: Any, *, out: Any = None) -> Any:
    """The matrix product.

    Arguments:
        input: a tensor of shape (..., n, k), or (k,).
        other: a tensor of shape (..., k, m), or (k,). Dimensions before the last two are broadcast.
        out: a tensor to write the result into.

    Returns:
        A tensor of shape (..., n, m); a vector's dimension is left out.

    Raises:
        ShapeError: when the inner dimensions differ, or a number is given.

    >>> import minigrad
    >>> minigrad.matmul(minigrad.tensor([[1.0, 2.0], [3.0, 4.0]]), minigrad.tensor([1.0, 10.0]))
    tensor([21., 43.])
    """
    if out is not None:
        return into(out, matmul(input, other), "matmul")
    if input.ndim == 0 or other.ndim == 0:
        raise ShapeError(
            f"matmul: input of shape {input.shape} times other of shape {other.shape}: both need at least one "
            "dimension; to multiply by a number use *"
        )
    row, column = input.ndim == 1, other.ndim == 1
    y = _matmul(unsqueeze(input, 0) if row else input, unsqueeze(other, 1) if column else other)
    if column:
        y = squeeze(y, -1)
    return squeeze(y, -1 if column else -2) if row else y


def _linear_gradients(parents: Any, g: Any, _y: Any, x: Any, weight: Any, _bias: Any) -> list[Any]:
    """What the rules of `linear` give: g is laid out as rows once for all of them."""
    rows = rows_of(g)
    return [
        None if parents[0] is None else threads.matmul(rows, weight).reshape(x.shape),
        None if parents[1] is None else threads.matmul(rows.T, rows_of(x)),
        None if parents[2] is None else total(rows, (0,)),
    ]


@primitive(
    Rule("g · W", lambda g, _y, _x, weight, _bias: matmul(g, weight)),
    Rule("gᵀ · x", lambda g, _y, x, _weight, _bias: _weight_gradient(g, x)),
    Rule("g, summed over rows", lambda g, _y, _x, _weight, _bias: g),
    together=_linear_gradients,
)
def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """`input · weightᵀ + bias`, the linear layer (one fused op: a composition of matmul and add gives the same).

    Arguments:
        input: a tensor of shape (..., in_features).
        weight: a tensor of shape (out_features, in_features).
        bias: a tensor of shape (out_features,), or None.

    Returns:
        A tensor of shape (..., out_features).

    >>> import minigrad
    >>> minigrad.nn.functional.linear(minigrad.ones(1, 2), minigrad.tensor([[1.0, 2.0]]), minigrad.tensor([0.5]))
    tensor([[3.5000]])
    """
    if weight.ndim != 2 or input.ndim == 0 or input.shape[-1] != weight.shape[-1]:
        raise ShapeError(
            f"linear: input of shape {input.shape} with weight of shape {weight.shape}: the last dimension of input "
            "must equal the second of weight, which is (out_features, in_features)"
        )
    if bias is not None and bias.shape != (weight.shape[0],):
        raise ShapeError(
            f"linear: bias of shape {bias.shape} with weight of shape {weight.shape} must have one "
            f"element for each of the {weight.shape[0]} rows of weight"
        )
    if input.dtype != weight.dtype:
        raise types_differ("linear", input=input, weight=weight)
    y = threads.matmul(rows_of(input), weight.T)
    if bias is not None:
        y += bias
    return y.reshape(*input.shape[:-1], weight.shape[0])


def _weight_gradient(g: Any, x: Any) -> Any:
    return _matmul(rows_of(g).mT, rows_of(x))
