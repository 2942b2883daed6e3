"""Functions with names of their own: the error function, log-odds, and logarithms of sums and products."""

import math
from typing import Any

import numpy as np

from minigrad.autograd.op import Rule
from minigrad.autograd.primitive import primitive
from minigrad.dtypes import promote
from minigrad.ops.activations import sigmoid
from minigrad.ops.choosing import where
from minigrad.ops.elementwise import check_floating, exp, floating, floating_pair, log

# W. J. Cody, "Rational Chebyshev approximations for the error function", Mathematics of Computation 23 (1969): the
# coefficients of numerator and denominator in each of his three intervals, highest power first.
_NEAR = (
    "1.85777706184603153e-1 3.16112374387056560e0 1.13864154151050156e2 3.77485237685302021e2 3.20937758913846947e3",
    "1 2.36012909523441209e1 2.44024637934444173e2 1.28261652607737228e3 2.84423683343917062e3",
)
_MIDDLE = (
    "2.15311535474403846e-8 5.64188496988670089e-1 8.88314979438837594e0 6.61191906371416295e1 2.98635138197400131e2 "
    "8.81952221241769090e2 1.71204761263407058e3 2.05107837782607147e3 1.23033935479799725e3",
    "1 1.57449261107098347e1 1.17693950891312499e2 5.37181101862009858e2 1.62138957456669019e3 "
    "3.29079923573345963e3 4.36261909014324716e3 3.43936767414372164e3 1.23033935480374942e3",
)
_FAR = (
    "1.63153871373020978e-2 3.05326634961232344e-1 3.60344899949804439e-1 1.25781726111229246e-1 "
    "1.60837851487422766e-2 6.58749161529837803e-4",
    "1 2.56852019228982242e0 1.87295284992346725e0 5.27905102951428412e-1 6.05183413124413191e-2 "
    "2.33520497626869185e-3",
)
_SLOPE = 2 / math.sqrt(math.pi)


@primitive(Rule("g · 2/√π · e^(-x²)", lambda g, _y, x: g * exp(-x * x) * _SLOPE))
def erf(input: Any) -> Any:
    """The error function: 2/√π times the area under e^(-t²) from 0 to x.

    >>> import minigrad
    >>> minigrad.erf(minigrad.tensor([0.0, -1.0, 10.0]))
    tensor([ 0.0000, -0.8427,  1.0000])
    """
    return erf_of(floating(input), complement=False)


@primitive(Rule("-g · 2/√π · e^(-x²)", lambda g, _y, x: g * exp(-x * x) * -_SLOPE))
def erfc(input: Any) -> Any:
    """1 - erf(x), exact also where erf(x) is so near to 1 that nothing would be left of the difference.

    >>> import minigrad
    >>> minigrad.erfc(minigrad.tensor([0.0, 1.0, -10.0]))
    tensor([1.0000, 0.1573, 2.0000])
    """
    return erf_of(floating(input), complement=True)


def erf_of(x: np.ndarray, complement: bool) -> np.ndarray:
    """erf(x), or erfc(x) = 1 - erf(x), to within a few units in the last place.

    Arguments:
        x: a float array.
        complement: give erfc.
    """
    if x.dtype == np.float16:
        return erf_of(x.astype(np.float32), complement).astype(np.float16)
    y = np.minimum(np.abs(x), x.dtype.type(30))  # beyond, erfc is 0 in every type
    near, far = y <= 0.46875, y > 4
    tail = np.empty_like(x)  # erfc(|x|), where |x| is not near to 0
    between = ~(near | far)
    t = y[between]
    tail[between] = _ratio(_MIDDLE, t) * _exp_of_minus_square(t)
    t = y[far]
    inverse = 1 / (t * t)
    tail[far] = (1 / math.sqrt(math.pi) - inverse * _ratio(_FAR, inverse)) / t * _exp_of_minus_square(t)
    result = np.asarray(np.where(x < 0, 2 - tail, tail) if complement else np.copysign(1 - tail, x))
    t = x[near]
    small = t * _ratio(_NEAR, t * t)
    result[near] = 1 - small if complement else small
    return result


def _ratio(polynomials: tuple[str, str], t: np.ndarray) -> np.ndarray:
    """A polynomial over another, by Horner's rule."""
    values = []
    for coefficients in polynomials:
        highest, *others = map(float, coefficients.split())
        value = np.full_like(t, highest)
        for coefficient in others:
            value *= t
            value += coefficient
        values.append(value)
    return values[0] / values[1]


def _exp_of_minus_square(t: np.ndarray) -> np.ndarray:
    """e^(-t²). Cody: t² is rounded, and exp enlarges the error; so the square of a short number is taken apart."""
    short = np.trunc(t * 16) / 16
    return np.exp(-short * short) * np.exp(-(t - short) * (t + short))


@primitive(Rule("g / (x · (1 - x)) inside, else 0", lambda g, _y, x, eps: _logit_slope(g, x, eps)))
def logit(input: Any, eps: float | None = None) -> Any:
    """log(x / (1 - x)), the log-odds of a probability: what undoes `sigmoid`.

    Arguments:
        input: a tensor of numbers from 0 to 1.
        eps: bring these into the range from `eps` to 1 - `eps` first; None: beyond 0 and 1 the result is NaN.

    >>> import minigrad
    >>> minigrad.logit(minigrad.tensor([0.5, 0.9]))
    tensor([0.0000, 2.1972])
    """
    x = floating(input)
    if eps is not None:
        x = np.clip(x, eps, 1 - eps)
    return np.log(x / (1 - x))


def _logit_slope(g: Any, x: Any, eps: float | None) -> Any:
    """g times the slope of `logit`: 0 where `eps` cut x off, NaN where x is no probability."""
    low, outside = (0.0, math.nan) if eps is None else (eps, 0.0)
    inside = (x >= low) & (x <= 1 - low)
    return where(inside, g / where(inside, x * (1 - x), 1.0), outside)


@primitive(
    Rule("g · sigmoid(a - b)", lambda g, _y, a, b: g * sigmoid(a - b)),
    Rule("g · sigmoid(b - a)", lambda g, _y, a, b: g * sigmoid(b - a)),
)
def logaddexp(input: Any, other: Any) -> Any:
    """log(e^input + e^other), without overflow.

    Arguments:
        input, other: float tensors that broadcast against each other.

    >>> import minigrad
    >>> minigrad.logaddexp(minigrad.tensor([0.0, 1000.0]), minigrad.tensor([0.0, 1000.0]))
    tensor([6.9315e-01, 1.0007e+03])
    """
    return np.logaddexp(*check_floating(*promote(input, other)))


@primitive(
    Rule("g · log b, 0 where a = 0", lambda g, _y, a, b: g * _log_where_asked(a, b)),
    Rule("g · a / b", lambda g, _y, a, b: g * a / b),
)
def xlogy(input: Any, other: Any) -> Any:
    """input · log(other), and 0 where `input` is 0, unless `other` is NaN.

    Arguments:
        input, other: tensors that broadcast against each other, or one of them a number.

    >>> import minigrad
    >>> minigrad.xlogy(minigrad.tensor([0.0, 2.0]), minigrad.tensor([0.0, 1.0]))
    tensor([0., 0.])
    """
    a, b = floating_pair(input, other)
    return np.where((a == 0) & ~np.isnan(b), a.dtype.type(0), a * np.log(np.where((a == 0) & (b <= 0), 1, b)))


def _log_where_asked(a: Any, b: Any) -> Any:
    """log b, and 0 where a is 0 and b has no logarithm."""
    if isinstance(b, int | float):
        return where(a == 0, 0.0, math.log(b)) if b <= 0 else math.log(b)
    unasked = (a == 0) & (b <= 0)
    return where(unasked, 0.0, log(where(unasked, 1.0, b)))
