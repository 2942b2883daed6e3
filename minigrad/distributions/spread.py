"""Distributions of numbers other than the normal one: even, waiting times, and those with heavier tails."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad import random
from minigrad.creation import empty
from minigrad.distributions.distribution import Distribution, broadcast_all
from minigrad.dtypes import finfo
from minigrad.ops.elementwise import abs, exp, log, log1p, sign
from minigrad.tensor import Tensor


class Uniform(Distribution):
    """Numbers spread evenly from `low` up to but not including `high`.

    >>> import minigrad
    >>> from minigrad.distributions import Uniform
    >>> u = Uniform(0.0, 4.0)
    >>> u.mean, u.log_prob(minigrad.tensor(1.0)), u.entropy()
    (tensor(2.), tensor(-1.3863), tensor(1.3863))
    """

    has_rsample = True
    PARAMETERS = ("low", "high")
    SUPPORT = "between low and high"

    def __init__(self, low: Any, high: Any, validate_args: bool | None = None):
        self.low, self.high = broadcast_all(low, high)
        super().__init__(self.low.shape, (), validate_args)
        self._check("low", self.low, self.low.array < self.high.array, f"below high {self.high}")

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """low + noise · (high - low)."""
        noise = random.rand(self._extended(sample_shape), dtype=self.low.dtype)
        return self.low + noise * (self.high - self.low)

    def _supports(self, value: np.ndarray) -> Any:
        return (self.low.array <= value) & (value <= self.high.array)

    def _log_prob(self, value: Tensor) -> Tensor:
        inside = ((self.low <= value) & (value < self.high)).to(self.low.dtype)
        with np.errstate(divide="ignore"):  # -∞ is the logarithm of what cannot occur
            return log(inside) - log(self.high - self.low)

    def entropy(self) -> Tensor:
        """log(high - low)."""
        return log(self.high - self.low)

    @property
    def mean(self) -> Tensor:
        """The middle."""
        return (self.high + self.low) / 2

    @property
    def variance(self) -> Tensor:
        """(high - low)² / 12."""
        return (self.high - self.low) ** 2 / 12


class Exponential(Distribution):
    """The waiting time for what happens `rate` times in a unit of time, whenever it likes."""

    has_rsample = True
    PARAMETERS = ("rate",)
    SUPPORT = "0 or more"

    def __init__(self, rate: Any, validate_args: bool | None = None):
        (self.rate,) = broadcast_all(rate)
        super().__init__(self.rate.shape, (), validate_args)
        self._check("rate", self.rate, self.rate.array > 0, "positive")

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """A waiting time at rate 1, divided by the rate."""
        return empty(self._extended(sample_shape), dtype=self.rate.dtype).exponential_() / self.rate

    def _supports(self, value: np.ndarray) -> Any:
        return value >= 0

    def _log_prob(self, value: Tensor) -> Tensor:
        return log(self.rate) - self.rate * value

    def entropy(self) -> Tensor:
        """1 - log rate."""
        return 1 - log(self.rate)

    @property
    def mean(self) -> Tensor:
        """1 / rate."""
        return 1 / self.rate

    @property
    def variance(self) -> Tensor:
        """1 / rate²."""
        return 1 / self.rate**2


class Laplace(Distribution):
    """`exp(-|x - loc| / scale)`, on both sides: what makes the absolute error the likely one."""

    has_rsample = True
    PARAMETERS = ("loc", "scale")

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None):
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, (), validate_args)
        self._check("scale", self.scale, self.scale.array > 0, "positive")

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """A waiting time on the one side or the other: `-sign(u) · log(1 - |u|)` for u from -1 to 1."""
        dtype = self.loc.dtype
        u = empty(self._extended(sample_shape), dtype=dtype).uniform_(finfo(dtype).eps - 1, 1)
        return self.loc - self.scale * sign(u) * log1p(-abs(u))

    def _log_prob(self, value: Tensor) -> Tensor:
        return -log(2 * self.scale) - abs(value - self.loc) / self.scale

    def entropy(self) -> Tensor:
        """1 + log(2 scale)."""
        return 1 + log(2 * self.scale)

    @property
    def mean(self) -> Tensor:
        """loc."""
        return self.loc

    @property
    def variance(self) -> Tensor:
        """2 scale²."""
        return 2 * self.scale**2


class Gumbel(Distribution):
    """The largest of many numbers; added to scores, the position of the largest is drawn as softmax says.

    Jang, Gu and Poole, "Categorical Reparameterization with Gumbel-Softmax", 2017.
    """

    has_rsample = True
    PARAMETERS = ("loc", "scale")

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None):
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, (), validate_args)
        self._check("scale", self.scale, self.scale.array > 0, "positive")

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """loc - scale · log(-log u) for u from 0 to 1."""
        limits = finfo(self.loc.dtype)
        u = random.rand(self._extended(sample_shape), dtype=self.loc.dtype).clamp(limits.tiny, 1 - limits.eps)
        return self.loc - self.scale * log(-log(u))

    def _log_prob(self, value: Tensor) -> Tensor:
        y = (self.loc - value) / self.scale
        return y - exp(y) - log(self.scale)

    def entropy(self) -> Tensor:
        """1 + log scale + Euler's constant."""
        return log(self.scale) + (1 + np.euler_gamma)

    @property
    def mean(self) -> Tensor:
        """loc + scale · Euler's constant."""
        return self.loc + self.scale * np.euler_gamma

    @property
    def variance(self) -> Tensor:
        """π² scale² / 6."""
        return (math.pi**2 / 6) * self.scale**2
