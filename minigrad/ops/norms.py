"""Norms: how long a vector is, how large a matrix."""

import math
from typing import Any

import numpy as np

from minigrad.autograd.errors import ArgumentError, ShapeError
from minigrad.autograd.op import Rule, numpy_names
from minigrad.autograd.primitive import primitive
from minigrad.ops.choosing import where
from minigrad.ops.elementwise import abs, check_floats, pow, sign
from minigrad.ops.extremes import amax, amin
from minigrad.ops.reductions import Dims, check_dims, restore_dims, sum
from minigrad.ops.shaping import check_dim, in_order, movedim, unsqueeze


@primitive(
    Rule(
        "g · sign x · (|x| / y)^(p-1), 0 where y is 0",
        lambda g, y, x, p, dim, keepdim: _norm_slope(
            restore_dims(g, x.shape, dim, keepdim), restore_dims(y, x.shape, dim, keepdim), x, p
        ),
    ),
    name="norm",
)
def _norm(input: Any, p: float, dim: Dims, keepdim: bool) -> Any:
    dims = check_dims(dim, input.ndim)
    if p == 2:
        return in_order(np.sqrt((input * input).sum(dims, keepdims=keepdim)))
    return in_order(((np.abs(input) ** p).sum(dims, keepdims=keepdim) ** (1 / p)).astype(input.dtype))


def _norm_slope(g: Any, y: Any, x: Any, p: float) -> Any:
    """The derivative; at 0, where a norm has none, 0 is taken."""
    nothing = y == 0
    y = where(nothing, 1.0, y)
    if p == 2:
        return where(nothing, 0.0, g * (x / y))
    if p == 1:
        return g * sign(x)
    zero = (x == 0) | nothing
    return where(zero, 0.0, g * sign(x) * pow(abs(where(zero, 1.0, x)) / y, p - 1))


@numpy_names
def vector_norm(x: Any, ord: float = 2, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The norm `(Σ |x|^ord)^(1/ord)` of the elements along `dim`.

    Arguments:
        x: a float tensor.
        ord: any number; inf: the largest absolute value, -inf: the smallest, 0: how many are not zero.
        dim: a dimension or several; None for all.
        keepdim: keep them, with length 1.
        dtype: convert to this type first.

    >>> import minigrad
    >>> minigrad.linalg.vector_norm(minigrad.tensor([3.0, 4.0]))
    tensor(5.)
    """
    check_floats("vector_norm", x=x)
    x = x if dtype is None else x.to(dtype)
    check_floats("vector_norm", dtype=x)
    if math.isinf(ord):
        return (amax if ord > 0 else amin)(abs(x), dim, keepdim)
    if ord == 0:
        return sum(where(x != 0, 1.0, sign(x)), dim, keepdim)
    return _norm(x, p=ord, dim=dim, keepdim=keepdim)


@numpy_names
def matrix_norm(
    A: Any,
    ord: Any = "fro",
    dim: tuple[int, int] = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: Any = None,
) -> Any:
    """A norm of each matrix.

    Arguments:
        A: a float tensor.
        ord: "fro": the square root of the sum of squares; inf and -inf: the largest and smallest sum of a row's
            absolute values, 1 and -1: of a column's; 2 and -2: the largest and smallest singular value, "nuc": the
            sum of them all.
        dim: the two dimensions in which the matrices lie.
        keepdim: keep them, with length 1.
        dtype: convert to this type first.

    >>> import minigrad
    >>> minigrad.linalg.matrix_norm(minigrad.ones(2, 2))
    tensor(2.)
    """
    if len(dim) != 2:
        raise ShapeError(f"matrix_norm: dim = {dim} must be two dimensions")
    rows, columns = (check_dim(d, A.ndim, "matrix_norm") for d in dim)
    if rows == columns:
        raise ShapeError(f"matrix_norm: dim = {dim} names a dimension twice")
    if ord == "fro":
        return vector_norm(A, 2, (rows, columns), keepdim, dtype=dtype)
    if ord in ("nuc", 2, -2):
        from minigrad.ops.singular import svdvals  # which few need

        stretches = svdvals(movedim(A if dtype is None else A.to(dtype), (rows, columns), (-2, -1)))
        y = sum(stretches, -1) if ord == "nuc" else (amax if ord > 0 else amin)(stretches, -1)
        return unsqueeze(unsqueeze(y, min(rows, columns)), max(rows, columns)) if keepdim else y
    if ord not in (1, -1, math.inf, -math.inf):
        raise ArgumentError(f"matrix_norm: ord = {ord!r} is not known; 'fro', 'nuc', 1, -1, 2, -2, inf and -inf are")
    summed, chosen = (rows, columns) if ord in (1, -1) else (columns, rows)
    sums = vector_norm(A, 1, summed, keepdim=True, dtype=dtype)
    y = (amax if ord > 0 else amin)(sums, chosen, keepdim=True)
    return y if keepdim else y.squeeze((rows, columns))


@numpy_names
def linalg_norm(
    A: Any,
    ord: Any = None,
    dim: Dims = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
) -> Any:
    """`vector_norm` or `matrix_norm`: of two dimensions with `ord` the matrix norm, else the vector norm.

    >>> import minigrad
    >>> minigrad.linalg.norm(minigrad.tensor([[3.0, 4.0]]))
    tensor(5.)
    """
    dims = check_dims(dim, A.ndim)
    if ord is None:
        return vector_norm(A, 2, dim, keepdim, dtype=dtype)
    if len(dims) == 1:
        return vector_norm(A, ord, dims, keepdim, dtype=dtype)
    if len(dims) != 2:
        raise ShapeError(f"norm: with ord = {ord!r} dim = {dim} of shape {A.shape} must be one dimension or two")
    return matrix_norm(A, ord, (dims[0], dims[1]), keepdim, dtype=dtype)


def norm(input: Any, p: Any = "fro", dim: Dims = None, keepdim: bool = False, dtype: Any = None) -> Any:
    """The norm of the elements along `dim`, taken as one vector: `minigrad.linalg.norm` also knows those of matrices.

    Arguments:
        input: a float tensor.
        p: "fro" or a number, or of matrices "nuc": see `minigrad.linalg.vector_norm`.
        dim: a dimension or several; None for all.
        keepdim: keep them, with length 1.
        dtype: convert to this type first.

    >>> import minigrad
    >>> minigrad.norm(minigrad.tensor([[3.0, 4.0], [6.0, 8.0]]), dim=1)
    tensor([ 5., 10.])
    """
    if p == "nuc":
        dims = check_dims(dim, input.ndim)
        if len(dims) != 2:
            raise ShapeError(f"norm: with p = 'nuc' dim = {dim} of shape {input.shape} must be two dimensions")
        return matrix_norm(input, "nuc", (dims[0], dims[1]), keepdim, dtype=dtype)
    if isinstance(p, str) and p != "fro":
        raise ArgumentError(f"norm: p = {p!r} must be 'fro', 'nuc' or a number")
    return vector_norm(input, 2 if p in ("fro", None) else p, dim, keepdim, dtype=dtype)


def dist(input: Any, other: Any, p: float = 2) -> Any:
    """The norm of `input - other`, taken as one vector: how far the two lie apart.

    Arguments:
        input, other: float tensors that broadcast against each other.
        p: as `ord` of `minigrad.linalg.vector_norm`.

    >>> import minigrad
    >>> minigrad.dist(minigrad.tensor([1.0, 2.0]), minigrad.tensor([4.0, 6.0]))
    tensor(5.)
    """
    return vector_norm(input - other, p)
