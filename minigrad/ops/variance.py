"""How far elements lie from their mean: variance and standard deviation, each one fused op; and covariance.

PyTorch calls the first two in two ways: with `correction`, a number, or as in its early days with `unbiased`, a bool.
"""

import warnings
from typing import Any

import numpy as np

from minigrad.autograd.errors import DtypeError, ShapeError
from minigrad.autograd.op import Rule, numpy_names
from minigrad.autograd.primitive import primitive
from minigrad.ops.arranging import diagonal
from minigrad.ops.choosing import clamp, where
from minigrad.ops.elementwise import sqrt
from minigrad.ops.linalg import matmul
from minigrad.ops.reductions import Dims, check_dims, count, mean, spread, sum
from minigrad.ops.shaping import in_order, reshape, transpose, unsqueeze


@primitive(
    Rule(
        "g · 2 (x - mean x) / (n - correction)",
        lambda g, _y, x, dim, correction, keepdim, **kept: (
            spread(g * (2 * _weight(x, dim, correction)), x, dim, keepdim) * _centred(x, dim, **kept)
        ),
    ),
    name="var",
)
def _var(input: Any, dim: Dims, correction: float, keepdim: bool) -> Any:
    return _squares(input, dim, correction, keepdim)


@primitive(
    Rule(
        "g / y · (x - mean x) / (n - correction), 0 where y is 0",
        lambda g, y, x, dim, correction, keepdim, **kept: (
            spread(_divided(g, y) * _weight(x, dim, correction), x, dim, keepdim) * _centred(x, dim, **kept)
        ),
    ),
    name="std",
)
def _std(input: Any, dim: Dims, correction: float, keepdim: bool) -> Any:
    variance, kept = _squares(input, dim, correction, keepdim)
    return np.sqrt(variance), kept


def _squares(x: np.ndarray, dim: Dims, correction: float, keepdim: bool) -> tuple[Any, dict[str, np.ndarray]]:
    """The variance, and the distances from the mean, which the derivative needs."""
    if x.dtype.kind != "f":
        raise TypeError(f"a variance of {x.dtype} is not defined; convert with .float() first")
    dims, n = check_dims(dim, x.ndim), count(x.shape, dim)
    first = x[tuple(slice(0, 1) if d in dims else slice(None) for d in range(x.ndim))]
    moved = x - np.where(np.isfinite(first), first, 0)  # so that equal elements vary by exactly 0
    centred = moved - moved.mean(dims, keepdims=True) if n else x
    total = in_order((centred * centred).sum(dims, keepdims=keepdim))
    if n > correction:
        return total / (n - correction), {"centred": centred}
    warnings.warn(f"var: correction = {correction} should be less than the number of elements, {n}", stacklevel=7)
    with np.errstate(divide="ignore", invalid="ignore"):
        return total / x.dtype.type(0), {"centred": centred}


def _centred(x: Any, dim: Dims, centred: Any = None) -> Any:
    return x - mean(x, dim, keepdim=True) if centred is None else centred


def _weight(x: Any, dim: Dims, correction: float) -> float:
    """What a square counts in a variance."""
    degrees = count(x.shape, dim) - correction
    return 1 / degrees if degrees else np.inf


def _divided(g: Any, y: Any) -> Any:
    """g / y, and 0 where y is 0: where nothing varies the root has no derivative, and PyTorch takes 0."""
    still = y == 0
    return where(still, 0.0, g / where(still, 1.0, y))


def _asked(function: str, dim: Any, unbiased: bool | None, correction: float | None) -> tuple[Dims, float]:
    """The dimensions and the correction of a call in either of PyTorch's ways."""
    if isinstance(dim, bool):  # var(x, False)
        dim, unbiased = None, dim
    if unbiased is None:
        return dim, 1 if correction is None else correction
    if correction is not None or not isinstance(unbiased, bool):
        raise DtypeError(
            f"{function}: unbiased = {unbiased!r}, correction = {correction!r}; give unbiased=True or False, "
            "or instead of it correction=, a number"
        )
    return dim, int(unbiased)


@numpy_names
def var(
    input: Any,
    dim: Dims = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Any:
    """The variance along `dim`: the sum of the squared distances from the mean, divided by n - `correction`.

    Arguments:
        input: a float tensor.
        dim: the dimension or dimensions; None for all. A bool in this place is `unbiased`.
        unbiased: True as `correction=1`, False as `correction=0`.
        keepdim: keep the dimensions, with length 1.
        correction: 1, the default, for a sample (Bessel's correction), 0 for a whole population.

    Where n is not larger than `correction` the result is NaN or infinite, with a warning.

    >>> import minigrad
    >>> minigrad.var(minigrad.tensor([1.0, 2.0, 3.0, 4.0]))
    tensor(1.6667)
    >>> minigrad.var(minigrad.tensor([1.0, 2.0, 3.0, 4.0]), unbiased=False)
    tensor(1.2500)
    """
    dim, correction = _asked("var", dim, unbiased, correction)
    return _var(input, dim=dim, correction=correction, keepdim=keepdim)


@numpy_names
def std(
    input: Any,
    dim: Dims = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Any:
    """The standard deviation along `dim`: the square root of `var`, which has the arguments.

    >>> import minigrad
    >>> minigrad.std(minigrad.tensor([1.0, 2.0, 3.0, 4.0]))
    tensor(1.2910)
    """
    dim, correction = _asked("std", dim, unbiased, correction)
    return _std(input, dim=dim, correction=correction, keepdim=keepdim)


@numpy_names
def var_mean(
    input: Any,
    dim: Dims = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Any, Any]:
    """The variance and the mean along `dim`. Arguments as for `var`.

    >>> import minigrad
    >>> minigrad.var_mean(minigrad.tensor([1.0, 2.0, 3.0, 4.0]))
    (tensor(1.6667), tensor(2.5000))
    """
    dim, correction = _asked("var_mean", dim, unbiased, correction)
    return _var(input, dim=dim, correction=correction, keepdim=keepdim), mean(input, dim, keepdim)


@numpy_names
def std_mean(
    input: Any,
    dim: Dims = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Any, Any]:
    """The standard deviation and the mean along `dim`. Arguments as for `var`.

    >>> import minigrad
    >>> minigrad.std_mean(minigrad.tensor([1.0, 2.0, 3.0, 4.0]))
    (tensor(1.2910), tensor(2.5000))
    """
    dim, correction = _asked("std_mean", dim, unbiased, correction)
    return _std(input, dim=dim, correction=correction, keepdim=keepdim), mean(input, dim, keepdim)


# --- of several variables together


def cov(input: Any, *, correction: float = 1, fweights: Any = None, aweights: Any = None) -> Any:
    """How variables vary together: for each two of them the mean product of their distances from their means.

    Arguments:
        input: (variables, observations), or a vector of observations of one variable.
        correction: what is taken off the number of observations, as for `var`.
        fweights: how often each observation was made: an integer vector.
        aweights: how much each observation counts: a float vector.

    Returns:
        The covariance matrix, (variables, variables); of one variable its variance, of shape ().

    >>> import minigrad
    >>> minigrad.cov(minigrad.tensor([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    if input.ndim > 2 or input.dtype.kind == "b":
        raise ShapeError(
            f"cov: input of shape {input.shape} and {input.dtype} must be a matrix of numbers, or a vector"
        )
    rows = reshape(input, (1, -1)) if input.ndim < 2 else input
    weights = _observation_weights(rows.shape[1], fweights, aweights)
    if weights is None:
        total: Any = rows.shape[1]
        degrees: Any = total - correction
        weighted = rows
    else:
        total = sum(weights)
        if total.item() == 0:
            raise RuntimeError("cov: the weights of the observations are all 0; some must be positive")
        degrees = total - correction * (1 if aweights is None else sum(weights * aweights) / total)
        weighted = rows * weights
    if not degrees > 0:
        warnings.warn(f"cov: correction = {correction} should be less than the number of observations", stacklevel=2)
        degrees = 0
    with np.errstate(divide="ignore", invalid="ignore"):
        centred = rows - sum(weighted, 1, keepdim=True) / total
        y = matmul(centred, transpose(centred if weights is None else centred * weights, 0, 1)) / degrees
    return y if len(rows) > 1 else reshape(y, ())


def _observation_weights(n: int, fweights: Any, aweights: Any) -> Any:
    """The product of the two kinds of weights, checked; None without any."""
    weights = None
    for name, w, kind, kinds in (("fweights", fweights, "integers", "iu"), ("aweights", aweights, "floats", "f")):
        if w is None:
            continue
        if w.dtype.kind not in kinds or w.shape != (n,) or not (w.array >= 0).all():
            raise ShapeError(f"cov: {name} of shape {w.shape} and {w.dtype} must be {n} {kind}, none of them negative")
        weights = w if weights is None else weights * w
    return weights


def corrcoef(input: Any) -> Any:
    """How variables vary together, each measured by its own standard deviation: `cov`, brought into [-1, 1].

    Arguments:
        input: (variables, observations), or a vector of observations of one variable.

    Returns:
        The matrix of Pearson's correlation coefficients, (variables, variables); of one variable a 1, of shape ().

    >>> import minigrad
    >>> minigrad.corrcoef(minigrad.tensor([[1.0, 2.0, 3.0], [6.0, 4.0, 2.0]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    c = cov(input)
    if c.ndim == 0:
        return c / c
    deviations = sqrt(diagonal(c))
    return clamp(c / unsqueeze(deviations, 1) / deviations, -1, 1)
