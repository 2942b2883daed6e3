"""How far one distribution is from another of its family: the mean of log p - log q over what p draws."""

from collections.abc import Callable
from typing import Any

from minigrad.distributions.choices import Bernoulli, Categorical, Geometric, OneHotCategorical
from minigrad.distributions.distribution import Distribution, Independent
from minigrad.distributions.normal import LogNormal, MultivariateNormal, Normal, half_log_det, squared_length
from minigrad.distributions.spread import Exponential, Laplace, Uniform
from minigrad.ops.activations import softplus
from minigrad.ops.choosing import where
from minigrad.ops.decompositions import solve_triangular
from minigrad.ops.elementwise import abs, exp, log, log1p
from minigrad.tensor import Tensor

_FORMULAS: dict[tuple[type, type], Callable[..., Tensor]] = {}


def register_kl(type_p: type, type_q: type) -> Callable[[Callable[..., Tensor]], Callable[..., Tensor]]:
    """A decorator: the function `formula(p, q)` serves for distributions of these types."""

    def register(formula: Callable[..., Tensor]) -> Callable[..., Tensor]:
        _FORMULAS[type_p, type_q] = formula
        return formula

    return register


def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    """The Kullback-Leibler divergence KL(p ‖ q), of shape batch_shape.

    Raises:
        NotImplementedError: for a pair of families with no formula.

    >>> import minigrad
    >>> from minigrad.distributions import Normal, kl_divergence
    >>> kl_divergence(Normal(1.0, 1.0), Normal(0.0, 1.0))
    tensor(0.5000)
    """
    for one in type(p).__mro__:
        for other in type(q).__mro__:
            if (one, other) in _FORMULAS:
                return _FORMULAS[one, other](p, q)
    raise NotImplementedError(
        f"kl_divergence: no formula for {type(p).__name__} and {type(q).__name__}; register_kl takes one of yours"
    )


@register_kl(Normal, Normal)
def _normal(p: Normal, q: Normal) -> Tensor:
    ratio = (p.scale / q.scale) ** 2
    return 0.5 * (ratio + ((p.loc - q.loc) / q.scale) ** 2 - 1 - log(ratio))


@register_kl(LogNormal, LogNormal)
def _log_normal(p: LogNormal, q: LogNormal) -> Tensor:
    return _normal(p.base_dist, q.base_dist)


@register_kl(MultivariateNormal, MultivariateNormal)
def _multivariate_normal(p: MultivariateNormal, q: MultivariateNormal) -> Tensor:
    trace = (solve_triangular(q.scale_tril, p.scale_tril, upper=False) ** 2).sum((-2, -1))
    distance = squared_length(q.scale_tril, q.loc - p.loc)
    return half_log_det(q.scale_tril) - half_log_det(p.scale_tril) + 0.5 * (trace + distance - p.event_shape[0])


@register_kl(Bernoulli, Bernoulli)
def _bernoulli(p: Bernoulli, q: Bernoulli) -> Tensor:
    yes = _weighted(p.probs, q.probs, softplus(-q.logits) - softplus(-p.logits))
    no = _weighted(1 - p.probs, 1 - q.probs, softplus(q.logits) - softplus(p.logits))
    return yes + no


@register_kl(Categorical, Categorical)
@register_kl(OneHotCategorical, OneHotCategorical)
def _categorical(p: Any, q: Any) -> Tensor:
    return _weighted(p.probs, q.probs, p.logits - q.logits).sum(-1)


def _weighted(p: Tensor, q: Tensor, log_ratio: Tensor) -> Tensor:
    """p log(p / q): 0 where p is 0, ∞ where only q is."""
    return where(p == 0, 0.0, where(q == 0, float("inf"), p * log_ratio))


@register_kl(Geometric, Geometric)
def _geometric(p: Geometric, q: Geometric) -> Tensor:
    return -p.entropy() - log1p(-q.probs) / p.probs - q.logits


@register_kl(Uniform, Uniform)
def _uniform(p: Uniform, q: Uniform) -> Tensor:
    outside = (q.low > p.low) | (q.high < p.high)
    return where(outside, float("inf"), log((q.high - q.low) / (p.high - p.low)))


@register_kl(Exponential, Exponential)
def _exponential(p: Exponential, q: Exponential) -> Tensor:
    ratio = q.rate / p.rate
    return ratio - 1 - log(ratio)


@register_kl(Laplace, Laplace)
def _laplace(p: Laplace, q: Laplace) -> Tensor:
    ratio, distance = p.scale / q.scale, abs(p.loc - q.loc)
    return distance / q.scale + ratio * exp(-distance / p.scale) - 1 - log(ratio)


@register_kl(Independent, Independent)
def _independent(p: Independent, q: Independent) -> Tensor:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError("kl_divergence: Independent distributions that take different dimensions together")
    return p.sum_last(kl_divergence(p.base_dist, q.base_dist))
