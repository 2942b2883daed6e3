"""The classic non-linear functions between layers, and softmax, which turns scores into weights."""

import math
import warnings
from typing import Any

import numpy as np

from minigrad.autograd.op import Rule, numpy_names
from minigrad.autograd.primitive import primitive
from minigrad.autograd.sums import SMALL, total
from minigrad.ops.choosing import where
from minigrad.ops.elementwise import check_floating, exp, floating
from minigrad.ops.reductions import check_dims, sum
from minigrad.ops.shaping import contiguous, in_order


def relu(input: Any, inplace: bool = False) -> Any:
    """max(x, 0); the derivative at 0 is taken to be 0.

    Arguments:
        input: a tensor.
        inplace: write the result into `input`, as further activations that have this argument do.

    >>> import minigrad
    >>> minigrad.relu(minigrad.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return into(input, _relu(before(input))) if inplace else _relu(input)


@primitive(Rule("0 where y ≤ 0, else g", lambda g, y, _x: g * (y != 0)))  # y is positive, 0 or NaN
def _relu(input: Any) -> Any:
    if input.dtype.kind == "b":
        raise TypeError("input is bool; convert it with .float() first")
    return np.maximum(input, np.zeros(input.shape[-1:], input.dtype))  # NumPy takes twice as long with a number


def before(input: Any) -> Any:
    """The input of an op that will write its result into it: with the history that it has now."""
    return input._before()


def into(input: Any, result: Any) -> Any:
    """Write an op's result into its input; the error for one that may not be written to names the op."""
    return input._become(result, f"{result.node.op.name}_" if result.node is not None else "inplace=True")


@primitive(Rule("g · (1 - y²)", lambda g, y, _x: g * (1 - y * y)))
def tanh(input: Any) -> Any:
    """The hyperbolic tangent: any number, squeezed into (-1, 1).

    >>> import minigrad
    >>> minigrad.tanh(minigrad.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7616])
    """
    return np.tanh(floating(input))


@primitive(Rule("g · y · (1 - y)", lambda g, y, _x: g * y * (1 - y)))
def sigmoid(input: Any) -> Any:
    """1 / (1 + e^-x): any number, squeezed into (0, 1).

    >>> import minigrad
    >>> minigrad.sigmoid(minigrad.tensor([0.0, 1.0]))
    tensor([0.5000, 0.7311])
    """
    with np.errstate(over="ignore"):  # 1 / (1 + ∞) is the 0 that it should be
        return 1 / (1 + np.exp(-floating(input)))


def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """log(1 + e^(βx)) / β, a smooth `relu`.

    Arguments:
        input: a float tensor.
        beta: the larger, the sharper the bend.
        threshold: where βx is larger than this, the result is x itself.

    >>> import minigrad
    >>> minigrad.nn.functional.softplus(minigrad.tensor([0.0]))
    tensor([0.6931])
    """
    return _softplus(input, beta=beta, threshold=threshold)


@primitive(
    Rule(
        "g · sigmoid(βx)",
        lambda g, _y, x, beta, threshold: where(x * beta > threshold, g, g * sigmoid(x * beta)),
    )
)
def _softplus(input: Any, beta: float, threshold: float) -> Any:
    x = check_floating(input)[0]
    scaled = x * beta
    return np.where(scaled > threshold, x, np.logaddexp(scaled, x.dtype.type(0)) / beta)


def logsigmoid(input: Any) -> Any:
    """log(sigmoid(x)), also where the sigmoid itself would be rounded to 0.

    >>> import minigrad
    >>> minigrad.nn.functional.logsigmoid(minigrad.tensor([0.0, -1000.0]))
    tensor([-6.9315e-01, -1.0000e+03])
    """
    return -softplus(-contiguous(input), threshold=math.inf)


@numpy_names
def softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    """exp(x) / Σ exp(x) along `dim`: scores become positive weights that sum to 1.

    Where exp would overflow or vanish, the row's largest score is subtracted first, which changes nothing else. A row
    of which every score is -inf has no softmax: it gives NaN, as in PyTorch.

    Arguments:
        input: a float tensor.
        dim: the dimension along which the weights sum to 1. Without it, PyTorch takes 0 for tensors of 0, 1 or 3
            dimensions and 1 for others, and warns.
        dtype: convert to this type first.

    >>> import minigrad
    >>> minigrad.softmax(minigrad.tensor([1.0, 2.0, 3.0]), dim=-1)
    tensor([0.0900, 0.2447, 0.6652])
    """
    if dim is None or dtype is not None or _stacklevel != 3:
        input, dim = _prepared("softmax", input, dim, _stacklevel, dtype)
    return _softmax(input, dim=dim, masked=None)


def safe_softmax(input: Any, dim: int, masked: float = -math.inf) -> Any:
    """`softmax`, but weights of 0 for rows of which no score is above `masked`, as in attention.

    Arguments:
        input, dim: as for `softmax`.
        masked: a score that is this or less says that nothing is there.

    >>> import math, minigrad
    >>> safe_softmax(minigrad.tensor([[0.0, -math.inf], [-math.inf, -math.inf]]), dim=-1)
    tensor([[1., 0.],
            [0., 0.]])
    """
    return _softmax(input, dim=dim, masked=masked)


@primitive(Rule("y · (g - Σ g·y)", lambda g, y, _x, dim, masked=None: y * (g - sum(g * y, dim, keepdim=True))))
def _softmax(input: Any, dim: int, masked: float | None = None) -> Any:
    e, sums = _exponentials(check_floating(input)[0], dim, masked)
    e /= sums
    return in_order(e)


LEAST, MOST = 1e-4, 1e30  # between these the sum of a row of exponentials neither loses small numbers nor overflows


def _exponentials(x: np.ndarray, dim: int, masked: float | None) -> tuple[np.ndarray, np.ndarray]:
    """The exponentials of rows along `dim`, and their sums.

    Only rows that need it are shifted: looking for the largest number of each row takes NumPy longer than all the rest.
    """
    if x.size < SMALL or x.dtype == np.float16:  # which has no such range; and few numbers are fast in any way
        return shifted_exponentials(x, dim, masked)
    with np.errstate(over="ignore"):
        e = np.exp(x)
        sums = total(e, check_dims(dim, x.ndim), keepdims=True)
    far = ~((sums > LEAST) & (sums < MOST))  # or NaN
    if far.any():
        rows = far.squeeze(dim)
        again = shifted_exponentials(np.moveaxis(x, dim, -1)[rows], 1, masked)
        np.moveaxis(e, dim, -1)[rows], np.moveaxis(sums, dim, -1)[rows] = again
    return e, sums


def shifted_exponentials(x: np.ndarray, dim: int, masked: float | None) -> tuple[np.ndarray, np.ndarray]:
    """The exponentials of rows less their largest number, and their sums; zeros where all is `masked` or less."""
    if masked is None:
        e = np.asarray(np.exp(shifted(x, dim)))
        return e, e.sum(dim, keepdims=True)
    nothing = x.max(dim, keepdims=True, initial=-np.inf) <= masked
    e, sums = shifted_exponentials(np.where(nothing, x.dtype.type(0), x), dim, None)
    return np.where(nothing, x.dtype.type(0), e), sums


def softmin(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    """`softmax` of `-input`: the smallest score gets the largest weight.

    >>> import minigrad
    >>> minigrad.nn.functional.softmin(minigrad.tensor([1.0, 2.0, 3.0]), dim=-1)
    tensor([0.6652, 0.2447, 0.0900])
    """
    return softmax(-input, dim, dtype=dtype)


@numpy_names
def log_softmax(input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    """The logarithm of `softmax`, without the detour through numbers that underflow.

    Arguments:
        input: a float tensor.
        dim: the dimension along which the weights sum to 1; without it as for `softmax`.
        dtype: convert to this type first.

    >>> import minigrad
    >>> minigrad.log_softmax(minigrad.tensor([1.0, 2.0, 3.0]), dim=-1)
    tensor([-2.4076, -1.4076, -0.4076])
    """
    if dim is None or dtype is not None or _stacklevel != 3:
        input, dim = _prepared("log_softmax", input, dim, _stacklevel, dtype)
    return _log_softmax(input, dim=dim)


@primitive(Rule("g - softmax(x) · Σ g", lambda g, y, _x, dim: g - exp(y) * sum(g, dim, keepdim=True)))
def _log_softmax(input: Any, dim: int) -> Any:
    x = shifted(input, dim)
    return in_order(x - np.log(total(np.exp(x), check_dims(dim, x.ndim), keepdims=True)))


def _prepared(function: str, input: Any, dim: int | None, stacklevel: Any, dtype: Any) -> tuple[Any, int]:
    """The scores in the type asked for, and the dimension that PyTorch takes when none is given."""
    if not isinstance(stacklevel, int):  # outside nn.functional the third argument is the type
        dtype = stacklevel
    if dim is None:
        dim = 0 if input.ndim in (0, 1, 3) else 1
        warnings.warn(f"{function}: dim was not given, so dim = {dim} is taken; say so", stacklevel=3)
    return (input if dtype is None else input.to(dtype)), dim


def shifted(x: np.ndarray, dim: int) -> np.ndarray:
    """Scores from 0 down along `dim`: exp of these does not overflow, and gives the same weights."""
    check_floating(x)
    if x.ndim == 2 and dim == 1 and 0 < x.shape[1] <= SHORT:  # the largest of each of many columns is found faster
        return x - x.T.copy().max(0)[:, None]
    return x - x.max(dim, keepdims=True, initial=-np.inf)


SHORT = 64  # numbers in a row, up to which it pays to lay the rows out as columns
