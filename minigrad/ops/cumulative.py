"""Running sums, products and extremes along a dimension; the product of all, whose derivative needs them; differences.

The derivatives of products divide by nothing, so that zeros are no special case. What they share is `recurrence`, the
loop `h = b + a · h`, whose derivative is the same loop run backwards.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad import return_types
from minigrad.autograd.errors import ArgumentError, ShapeError
from minigrad.autograd.op import Rule, no_gradient, numpy_names
from minigrad.autograd.primitive import primitive
from minigrad.ops.arranging import flip
from minigrad.ops.choosing import where
from minigrad.ops.comparison import logical_xor
from minigrad.ops.elementwise import exp
from minigrad.ops.indexing import gather
from minigrad.ops.joining import cat, narrow
from minigrad.ops.reductions import check_all
from minigrad.ops.shaping import check_dim, in_order, reshape, unsqueeze


def _along(op: Callable[..., Any], input: Any, dim: int, function: str) -> Any:
    """Run an op along `dim`, counted from the front; a number is taken for a vector of one element."""
    dim = check_dim(dim, max(input.ndim, 1), function)
    return op(input, dim=dim) if input.ndim else reshape(op(reshape(input, 1), dim=0), ())


def _accumulating(input: Any, dtype: Any) -> Any:
    """`input` in the type in which PyTorch adds up or multiplies: `dtype`, or int64 for integers and bools."""
    return input.to(np.dtype(np.int64 if dtype is None and input.dtype.kind in "biu" else dtype or input.dtype))


def _running(accumulate: Callable[..., np.ndarray], x: np.ndarray, dim: int) -> np.ndarray:
    if x.dtype.kind == "b":
        raise TypeError("dtype is bool, which running sums and products do not fit into; int64 would do")
    return in_order(accumulate(x, dim, dtype=x.dtype))


# --- sums


@primitive(
    Rule("g summed from the end", lambda g, _y, _x, dim: flip(_cumsum(flip(g, dim), dim=dim), dim)), name="cumsum"
)
def _cumsum(input: Any, dim: int) -> Any:
    return _running(np.cumsum, input, dim)


@numpy_names
def cumsum(input: Any, dim: int, *, dtype: Any = None) -> Any:
    """The sum, along `dim`, of each element and all before it; of integers and bools as int64.

    Arguments:
        input: a tensor.
        dim: the dimension to sum along.
        dtype: convert to this type first.

    >>> import minigrad
    >>> minigrad.cumsum(minigrad.tensor([1.0, 2.0, 3.0]), dim=0)
    tensor([1., 3., 6.])
    """
    return _along(_cumsum, _accumulating(input, dtype), dim, "cumsum")


@primitive(
    Rule(
        "e^(x - y) · Σ over k from here on of g[k] · e^(y - y[k])",
        lambda g, y, x, dim: _ratio(x, y) * recurrence(g, _ratio(moved(y, dim, 1), y), dim, backwards=True),
    ),
    name="logcumsumexp",
)
def _logcumsumexp(input: Any, dim: int) -> Any:
    if input.dtype.kind != "f":
        raise TypeError(f"input is {input.dtype}; convert it with .float() first")
    return in_order(np.logaddexp.accumulate(input, dim))


def _ratio(a: Any, b: Any) -> Any:
    """e^(a - b), also 1 where both are the same infinity."""
    return exp(where(a == b, 0.0, a - b))


@numpy_names
def logcumsumexp(input: Any, dim: int) -> Any:
    """The logarithm of the running sum of exp(input) along `dim`, without overflow.

    Arguments:
        input: a float tensor.
        dim: the dimension to sum along.

    >>> import minigrad
    >>> minigrad.logcumsumexp(minigrad.tensor([1000.0, 1000.0]), dim=0)
    tensor([1000.0000, 1000.6932])
    """
    return _along(_logcumsumexp, input, dim, "logcumsumexp")


# --- products


@primitive(
    Rule(
        "product before · Σ over k from here on of g[k] · product between",
        lambda g, y, x, dim: _product_before(y, dim) * recurrence(g, x, dim, backwards=True),
    ),
    name="cumprod",
)
def _cumprod(input: Any, dim: int) -> Any:
    return _running(np.cumprod, input, dim)


def _product_before(products: Any, dim: int) -> Any:
    """The product of what comes before each element, given the running products; 1 for the first."""
    one = np.zeros((products.shape[dim],) + (1,) * (products.ndim - dim - 1), products.dtype)
    one[:1] = 1
    return moved(products, dim, 1) + one


@numpy_names
def cumprod(input: Any, dim: int, *, dtype: Any = None) -> Any:
    """The product, along `dim`, of each element and all before it; of integers and bools as int64.

    Arguments:
        input: a tensor.
        dim: the dimension to multiply along.
        dtype: convert to this type first.

    >>> import minigrad
    >>> minigrad.cumprod(minigrad.tensor([1.0, 2.0, 3.0]), dim=0)
    tensor([1., 2., 6.])
    """
    return _along(_cumprod, _accumulating(input, dtype), dim, "cumprod")


@primitive(
    Rule("g · product of all others", lambda g, _y, x, dim: unsqueeze(g, dim) * _product_of_others(x, dim)), name="prod"
)
def _prod(input: Any, dim: int) -> Any:
    return in_order(np.prod(input, dim, dtype=input.dtype))


def _product_of_others(x: Any, dim: int) -> Any:
    before = _product_before(_cumprod(x, dim=dim), dim)
    return before * flip(_product_before(_cumprod(flip(x, dim), dim=dim), dim), dim)


@numpy_names
def prod(input: Any, dim: int | None = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The product of the elements along `dim`; of integers and bools as int64.

    Arguments:
        input: a tensor.
        dim: one dimension; None for all.
        keepdim: keep it, with length 1.
        dtype: convert to this type first.

    >>> import minigrad
    >>> minigrad.prod(minigrad.tensor([[1.0, 2.0], [3.0, 4.0]]), dim=1)
    tensor([ 2., 12.])
    """
    input = _accumulating(input, dtype)
    if dim is None:
        check_all("prod", keepdim)
        return _prod(reshape(input, -1), dim=0)
    dim = check_dim(dim, max(input.ndim, 1), "prod")
    if input.ndim == 0:
        return _prod(reshape(input, 1), dim=0)
    y = _prod(input, dim=dim)
    return unsqueeze(y, dim) if keepdim else y


# --- what the derivatives are made of


@primitive(Rule("g moved back", lambda g, _y, _x, dim, step: moved(g, dim, -step)))
def moved(input: Any, dim: int, step: int) -> Any:
    """The elements one place further along `dim`, or with `step` -1 one place back; 0 enters."""
    result = np.zeros_like(input)
    ahead, behind = (slice(None),) * dim + (slice(1, None),), (slice(None),) * dim + (slice(-1),)
    if step == 1:
        result[ahead] = input[behind]
    else:
        result[behind] = input[ahead]
    return result


@primitive(
    Rule(
        "the recurrence the other way, on g",
        lambda g, _y, _b, a, dim, backwards: recurrence(g, a, dim, not backwards),
    ),
    Rule(
        "gradient of b · the y before",
        lambda g, y, _b, a, dim, backwards: _factor_gradient(recurrence(g, a, dim, not backwards), y, dim, backwards),
    ),
)
def recurrence(terms: Any, factors: Any, dim: int, backwards: bool) -> Any:
    """`y[i] = terms[i] + factors[i] · y[i-1]` along `dim`; backwards `y[i] = terms[i] + factors[i+1] · y[i+1]`.

    The two are each other's derivative. All places are computed at once: of steps i-1 and i one step is made, then of
    two such double steps one, and so on, log₂ n times. (Blelloch, "Prefix Sums and Their Applications", 1990, 1.4.)

    Arguments:
        terms, factors: tensors of one shape.
        dim: the dimension to go along.
        backwards: from the end to the start.
    """
    y, a = np.array(np.moveaxis(terms, dim, 0)), np.array(np.moveaxis(factors, dim, 0))
    if backwards:
        y, a = y[::-1], np.roll(a, -1, 0)[::-1]
    step, n = 1, len(y)
    while step < n:
        y[step:] += a[step:] * y[:-step]
        a[step:] = a[step:] * a[:-step]
        step *= 2
    return np.moveaxis(y[::-1] if backwards else y, 0, dim)


def _factor_gradient(terms_gradient: Any, y: Any, dim: int, backwards: bool) -> Any:
    return moved(terms_gradient, dim, 1) * y if backwards else terms_gradient * moved(y, dim, 1)


# --- extremes


@primitive(no_gradient)
def _running_position(input: Any, dim: int, accumulate: Callable[..., np.ndarray]) -> Any:
    """Where the extreme element up to each place stands: the last one of those that tie, and any NaN."""
    new = (input == accumulate(input, dim)) | np.isnan(input)
    places = np.arange(input.shape[dim]).reshape((-1,) + (1,) * (input.ndim - dim - 1))
    return in_order(np.maximum.accumulate(np.where(new, places, 0), dim))


def _running_extreme(input: Any, dim: int, accumulate: Callable[..., np.ndarray], function: str) -> tuple[Any, Any]:
    indices = _along(lambda x, dim: _running_position(x, dim=dim, accumulate=accumulate), input, dim, function)
    return gather(input, dim, indices), indices


@numpy_names
def cummax(input: Any, dim: int) -> Any:
    """The largest, along `dim`, of each element and all before it, and its position: the last one's, if several tie.

    Arguments:
        input: a tensor.
        dim: the dimension to go along.

    Returns:
        The pair (values, indices); the gradient goes to the position that is given.

    >>> import minigrad
    >>> values, indices = minigrad.cummax(minigrad.tensor([1.0, 3.0, 2.0, 3.0]), dim=0)
    >>> values, indices
    (tensor([1., 3., 3., 3.]), tensor([0, 1, 1, 3]))
    """
    return return_types.cummax(_running_extreme(input, dim, np.maximum.accumulate, "cummax"))


@numpy_names
def cummin(input: Any, dim: int) -> Any:
    """The smallest, along `dim`, of each element and all before it, and its position. As `cummax`.

    >>> import minigrad
    >>> minigrad.cummin(minigrad.tensor([2.0, 3.0, 1.0]), dim=0).values
    tensor([2., 2., 1.])
    """
    return return_types.cummin(_running_extreme(input, dim, np.minimum.accumulate, "cummin"))


# --- differences


@numpy_names
def diff(input: Any, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """Each element minus the one before it along `dim`: what `cumsum` adds up. Of bools whether the two differ.

    Arguments:
        input: a tensor of at least one dimension.
        n: how often.
        dim: the dimension to go along.
        prepend, append: tensors that are put before and after `input` along `dim` first.

    >>> import minigrad
    >>> minigrad.diff(minigrad.tensor([1.0, 3.0, 6.0]))
    tensor([2., 3.])
    """
    if input.ndim == 0:
        raise ShapeError("diff: input of shape () must have at least one dimension")
    if n < 0:
        raise ArgumentError(f"diff: n = {n} must not be negative")
    dim = check_dim(dim, input.ndim, "diff")
    if parts := [x for x in (prepend, append) if x is not None]:
        if any(x.ndim != input.ndim for x in parts):
            shapes = " and ".join(str(x.shape) for x in parts)
            raise ShapeError(
                f"diff: prepend or append of shape {shapes} must have the dimensions of input, {input.shape}"
            )
        input = cat([x for x in (prepend, input, append) if x is not None], dim)
    minus = logical_xor if input.dtype.kind == "b" else lambda a, b: a - b
    for _ in range(min(n, input.shape[dim])):
        length = input.shape[dim] - 1
        input = minus(narrow(input, dim, 1, length), narrow(input, dim, 0, length))
    return input
