"""The normal distribution, of numbers and of vectors, and what it becomes by exp."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad import random
from minigrad.distributions.distribution import LOG_ROOT_2PI, Distribution, broadcast_all
from minigrad.ops.arranging import diagonal
from minigrad.ops.decompositions import cholesky, inv, solve_triangular
from minigrad.ops.elementwise import exp, expm1, log
from minigrad.ops.linalg import matmul
from minigrad.ops.special import erf
from minigrad.tensor import Tensor


class Normal(Distribution):
    """The normal distribution of mean `loc` and standard deviation `scale`.

    >>> import minigrad
    >>> from minigrad.distributions import Normal
    >>> n = Normal(0.0, 2.0)
    >>> n, n.log_prob(minigrad.tensor(1.0)), n.entropy()
    (Normal(loc: 0.0, scale: 2.0), tensor(-1.7371), tensor(2.1121))
    """

    has_rsample = True
    PARAMETERS = ("loc", "scale")

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None):
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, (), validate_args)
        self._check("scale", self.scale, self.scale.array > 0, "positive")

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw, without history."""
        shape = self._extended(sample_shape)
        return random.normal(self.loc.detach().expand(shape), self.scale.detach().expand(shape))

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """loc + scale · noise."""
        return self.loc + self.scale * random.randn(self._extended(sample_shape), dtype=self.loc.dtype)

    def _log_prob(self, value: Tensor) -> Tensor:
        return -((value - self.loc) ** 2) / (2 * self.scale**2) - log(self.scale) - LOG_ROOT_2PI

    def cdf(self, value: Tensor) -> Tensor:
        """The probability of drawing no more than `value`."""
        return 0.5 * (1 + erf((value - self.loc) / (self.scale * 2**0.5)))

    def entropy(self) -> Tensor:
        """½ + ½ log 2π + log scale."""
        return 0.5 + LOG_ROOT_2PI + log(self.scale)

    @property
    def mean(self) -> Tensor:
        """loc."""
        return self.loc

    @property
    def mode(self) -> Tensor:
        """loc."""
        return self.loc

    @property
    def variance(self) -> Tensor:
        """scale²."""
        return self.scale**2

    @property
    def stddev(self) -> Tensor:
        """scale."""
        return self.scale


class LogNormal(Distribution):
    """exp of what `Normal(loc, scale)` draws."""

    has_rsample = True
    PARAMETERS = ("loc", "scale")
    SUPPORT = "positive"

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None):
        self.base_dist = Normal(loc, scale, validate_args)
        self.loc, self.scale = self.base_dist.loc, self.base_dist.scale
        super().__init__(self.loc.shape, (), validate_args)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """exp(loc + scale · noise)."""
        return exp(self.base_dist.rsample(sample_shape))

    def _supports(self, value: np.ndarray) -> Any:
        return value > 0

    def _log_prob(self, value: Tensor) -> Tensor:
        logarithm = log(value)
        return self.base_dist.log_prob(logarithm) - logarithm

    def entropy(self) -> Tensor:
        """That of the normal distribution, and its mean."""
        return self.base_dist.entropy() + self.loc

    @property
    def mean(self) -> Tensor:
        """exp(loc + scale² / 2)."""
        return exp(self.loc + self.scale**2 / 2)

    @property
    def variance(self) -> Tensor:
        """(exp(scale²) - 1) · exp(2 loc + scale²)."""
        return expm1(self.scale**2) * exp(2 * self.loc + self.scale**2)


class MultivariateNormal(Distribution):
    """The normal distribution of vectors; its parameters give mean and covariance, in one of three ways.

    Arguments:
        loc: the mean, of shape (..., n).
        covariance_matrix: Σ, symmetric and positive definite, of shape (..., n, n).
        precision_matrix: or Σ⁻¹.
        scale_tril: or L, lower triangular with Σ = L Lᵀ: what the others are turned into.

    >>> import minigrad
    >>> from minigrad.distributions import MultivariateNormal
    >>> MultivariateNormal(minigrad.zeros(2), minigrad.eye(2)).log_prob(minigrad.zeros(2))
    tensor(-1.8379)
    """

    has_rsample = True
    PARAMETERS = ("loc", "covariance_matrix", "precision_matrix", "scale_tril")
    SUPPORT = "a vector of real numbers"

    def __init__(
        self,
        loc: Tensor,
        covariance_matrix: Tensor | None = None,
        precision_matrix: Tensor | None = None,
        scale_tril: Tensor | None = None,
        validate_args: bool | None = None,
    ):
        ways = {
            "covariance_matrix": covariance_matrix,
            "precision_matrix": precision_matrix,
            "scale_tril": scale_tril,
        }
        given = {name: x for name, x in ways.items() if x is not None}
        if len(given) != 1:
            raise ValueError(f"MultivariateNormal: give one of {', '.join(ways)}, not {len(given)}")
        ((name, matrix),) = given.items()
        n = loc.shape[-1]
        if matrix.shape[-2:] != (n, n):
            raise ValueError(f"MultivariateNormal: loc of shape {loc.shape} needs {name} of shape {(..., n, n)}")
        batch = np.broadcast_shapes(loc.shape[:-1], matrix.shape[:-2])
        self.loc = loc.expand(*batch, n)
        self.__dict__[name] = matrix = matrix.expand(*batch, n, n)
        super().__init__(batch, (n,), validate_args)
        if name == "scale_tril":
            fine: Any = (np.diagonal(matrix.array, axis1=-2, axis2=-1) > 0).all() and not np.triu(matrix.array, 1).any()
            self._check(name, matrix, fine, "lower triangular with a positive diagonal")
            self._lower = matrix
        else:
            symmetric = np.allclose(matrix.array, np.swapaxes(matrix.array, -1, -2), atol=1e-6)
            self._check(name, matrix, symmetric, "symmetric and positive definite")
            self._lower = cholesky(matrix if name == "covariance_matrix" else inv(matrix))

    def __getattr__(self, name: str) -> Tensor:
        """The ways to say it that were not given."""
        if name == "scale_tril":
            return self._lower
        if name == "covariance_matrix":
            return matmul(self._lower, self._lower.mT)
        if name == "precision_matrix":
            return inv(matmul(self._lower, self._lower.mT))
        raise AttributeError(f"MultivariateNormal has no attribute {name!r}")

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """loc + L · noise."""
        noise = random.randn(self._extended(sample_shape), dtype=self.loc.dtype)
        return self.loc + matmul(self._lower, noise.unsqueeze(-1)).squeeze(-1)

    def _log_prob(self, value: Tensor) -> Tensor:
        n = self.event_shape[0]
        return -0.5 * squared_length(self._lower, value - self.loc) - half_log_det(self._lower) - n * LOG_ROOT_2PI

    def entropy(self) -> Tensor:
        """½ n (1 + log 2π) + ½ log det Σ."""
        return self.event_shape[0] * (0.5 + LOG_ROOT_2PI) + half_log_det(self._lower)

    @property
    def mean(self) -> Tensor:
        """loc."""
        return self.loc

    @property
    def mode(self) -> Tensor:
        """loc."""
        return self.loc

    @property
    def variance(self) -> Tensor:
        """The diagonal of Σ."""
        return (self._lower**2).sum(-1)


def half_log_det(lower: Tensor) -> Tensor:
    """½ log det(L Lᵀ)."""
    return log(diagonal(lower, 0, -2, -1)).sum(-1)


def squared_length(lower: Tensor, x: Tensor) -> Tensor:
    """xᵀ (L Lᵀ)⁻¹ x, the square of the Mahalanobis distance."""
    return (solve_triangular(lower, x.unsqueeze(-1), upper=False) ** 2).sum((-2, -1))
