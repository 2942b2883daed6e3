"""Areas under curves that are given at points: the trapezoidal rule."""

from typing import Any

from minigrad.autograd.errors import DtypeError, ShapeError
from minigrad.autograd.op import numpy_names
from minigrad.ops.cumulative import cumsum, diff
from minigrad.ops.joining import narrow, select
from minigrad.ops.reductions import sum
from minigrad.ops.shaping import check_dim, reshape


@numpy_names
def trapezoid(y: Any, x: Any = None, *, dx: float | None = None, dim: int = -1) -> Any:
    """The area under `y` along `dim`, whose points are joined by straight lines: `Σ (y[i] + y[i+1]) / 2 · width[i]`.

    Arguments:
        y: a tensor of heights.
        x: where they are: a vector, or a tensor that broadcasts against `y` and has as many along `dim`.
        dx: instead of `x`, how far apart they are; 1 by default.
        dim: the dimension to go along.

    >>> import minigrad
    >>> minigrad.trapezoid(minigrad.tensor([1.0, 2.0, 4.0]))
    tensor(4.5000)
    >>> minigrad.trapezoid(minigrad.tensor([1.0, 2.0, 4.0]), minigrad.tensor([0.0, 1.0, 3.0]))
    tensor(7.5000)
    """
    dim = _check("trapezoid", y, x, dx, dim)
    if x is not None or y.shape[dim] == 0:
        return sum(_areas("trapezoid", y, x, dx, dim), dim)
    ends = select(y, dim, 0) + select(y, dim, -1)  # all others belong to two trapezoids, each by half
    return (sum(y, dim) - ends / 2) * (1 if dx is None else dx)


trapz = trapezoid


@numpy_names
def cumulative_trapezoid(y: Any, x: Any = None, *, dx: float | None = None, dim: int = -1) -> Any:
    """The area under `y` along `dim` up to each point but the first. Arguments as for `trapezoid`.

    >>> import minigrad
    >>> minigrad.cumulative_trapezoid(minigrad.tensor([1.0, 2.0, 4.0]))
    tensor([1.5000, 4.5000])
    """
    dim = _check("cumulative_trapezoid", y, x, dx, dim)
    return cumsum(_areas("cumulative_trapezoid", y, x, dx, dim), dim)


def _check(function: str, y: Any, x: Any, dx: float | None, dim: int) -> int:
    """The dimension, counted from the front."""
    if y.dtype.kind == "b":
        raise DtypeError(f"{function}: y is bool; convert it with .float() first")
    if x is not None and dx is not None:
        raise TypeError(f"{function}: give x or dx, not both")
    return check_dim(dim, y.ndim, function)


def _areas(function: str, y: Any, x: Any, dx: float | None, dim: int) -> Any:
    """The areas of the trapezoids between one point and the next."""
    n = y.shape[dim]
    between = max(n - 1, 0)
    sums = narrow(y, dim, min(n, 1), between) + narrow(y, dim, 0, between)
    return sums * (_widths(function, y, x, dim) if x is not None else 1 if dx is None else dx) / 2


def _widths(function: str, y: Any, x: Any, dim: int) -> Any:
    if x.ndim == 1:
        aligned = reshape(x, (-1,) + (1,) * (y.ndim - dim - 1))
    else:
        aligned = reshape(x, (1,) * (y.ndim - x.ndim) + tuple(x.shape))
    along = dim - y.ndim
    if -along > aligned.ndim or aligned.shape[along] != y.shape[dim]:
        raise ShapeError(f"{function}: x of shape {x.shape} and y of shape {y.shape} must have as many along dim {dim}")
    return diff(aligned, dim=along)
