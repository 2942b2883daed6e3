"""Distributions of what can be counted: yes or no, one of several, how often until."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad import random
from minigrad.creation import arange, full
from minigrad.distributions.distribution import Distribution, broadcast_all
from minigrad.dtypes import finfo, int64
from minigrad.ops.activations import sigmoid, softmax
from minigrad.ops.choosing import clamp
from minigrad.ops.elementwise import log, log1p
from minigrad.ops.indexing import gather
from minigrad.ops.likelihood import binary_cross_entropy_with_logits
from minigrad.ops.reductions import logsumexp
from minigrad.ops.sampling import bernoulli, multinomial
from minigrad.tensor import Tensor


class _ByProbsOrLogits(Distribution):
    """A distribution that is given probabilities, or scores from which they follow: `logits`."""

    def _take(self, probs: Any, logits: Any) -> Tensor:
        """Keep what was given, which has to be one of the two; the other is found when it is asked for."""
        if (probs is None) == (logits is None):
            raise ValueError(f"{type(self).__name__}: give probs or logits, one of the two")
        name = "probs" if logits is None else "logits"
        (given,) = broadcast_all(probs if logits is None else logits)
        self.__dict__[name] = given
        return given

    def __getattr__(self, name: str) -> Tensor:
        if name == "probs" and "logits" in self.__dict__:
            return self._to_probs(self.logits)
        if name == "logits" and "probs" in self.__dict__:
            return self._to_logits(clamp(self.probs, *_almost(self.probs)))
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def _to_probs(self, logits: Tensor) -> Tensor:
        return sigmoid(logits)

    def _to_logits(self, probs: Tensor) -> Tensor:
        return log(probs) - log1p(-probs)

    def _check_probs(self) -> None:
        if "probs" in self.__dict__:
            p = self.probs.array
            self._check("probs", self.probs, (p >= 0) & (p <= 1), "from 0 to 1")


def _almost(probs: Tensor) -> tuple[float, float]:
    """0 and 1, but for a rounding: what has a logarithm."""
    eps = float(finfo(probs.dtype).eps)
    return eps, 1 - eps


class Bernoulli(_ByProbsOrLogits):
    """1 with probability `probs`, else 0; or given `logits`, of which probs are the sigmoid.

    >>> import minigrad
    >>> from minigrad.distributions import Bernoulli
    >>> coin = Bernoulli(minigrad.tensor([0.5, 1.0]))
    >>> coin.log_prob(minigrad.tensor([0.0, 1.0])).exp()
    tensor([0.5000, 1.0000])
    """

    PARAMETERS = ("probs", "logits")
    SUPPORT = "0 or 1"

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None):
        super().__init__(self._take(probs, logits).shape, (), validate_args)
        self._check_probs()

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw zeros and ones."""
        return bernoulli(self.probs.detach().expand(self._extended(sample_shape)))

    def _supports(self, value: np.ndarray) -> Any:
        return (value == 0) | (value == 1)

    def _log_prob(self, value: Tensor) -> Tensor:
        logits, value = broadcast_all(self.logits, value)
        return -binary_cross_entropy_with_logits(logits, value, reduction="none")

    def entropy(self) -> Tensor:
        """-p log p - (1 - p) log(1 - p)."""
        return binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")

    @property
    def mean(self) -> Tensor:
        """probs."""
        return self.probs

    @property
    def variance(self) -> Tensor:
        """p (1 - p)."""
        return self.probs * (1 - self.probs)


class Geometric(_ByProbsOrLogits):
    """How many trials fail before the first that succeeds, as each does with probability `probs`."""

    PARAMETERS = ("probs", "logits")
    SUPPORT = "0 or a positive whole number"

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None):
        super().__init__(self._take(probs, logits).shape, (), validate_args)
        self._check_probs()

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw counts, as floats."""
        probs = self.probs.detach()
        u = random.rand(self._extended(sample_shape), dtype=probs.dtype).clamp(min=finfo(probs.dtype).tiny)
        return (log(u) / log1p(-probs)).floor()

    def _supports(self, value: np.ndarray) -> Any:
        return (value >= 0) & (value == np.floor(value))

    def _log_prob(self, value: Tensor) -> Tensor:
        return value * log1p(-self.probs) + log(self.probs)

    def entropy(self) -> Tensor:
        """That of each trial, over the probability of success."""
        return binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none") / self.probs

    @property
    def mean(self) -> Tensor:
        """1 / p - 1."""
        return 1 / self.probs - 1

    @property
    def variance(self) -> Tensor:
        """(1 / p - 1) / p."""
        return (1 / self.probs - 1) / self.probs


class Categorical(_ByProbsOrLogits):
    """One of the classes 0 to K - 1.

    Arguments:
        probs: weights of the classes, of shape (..., K), which are divided by their sum.
        logits: or scores, of which probs are the softmax.

    >>> import minigrad
    >>> from minigrad.distributions import Categorical
    >>> c = Categorical(minigrad.tensor([1.0, 3.0]))
    >>> c.probs, c.log_prob(minigrad.tensor(1)), c.entropy()
    (tensor([0.2500, 0.7500]), tensor(-0.2877), tensor(0.5623))
    """

    PARAMETERS = ("probs", "logits")
    SUPPORT = "the number of a class"

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None):
        given = self._take(probs, logits)
        if given.ndim == 0:
            raise ValueError(f"{type(self).__name__}: probs or logits of shape () must have a dimension of classes")
        super().__init__(given.shape[:-1], (), validate_args)
        if probs is not None:
            self._check("probs", given, given.array >= 0, "weights of 0 or more")
            self.probs = given / given.sum(-1, keepdim=True)
        else:
            self._check("logits", given, ~np.isnan(given.array), "numbers")
            self.logits = given - logsumexp(given, -1, True)

    @property
    def _num_events(self) -> int:
        return next(iter(self._given().values())).shape[-1]

    def _to_probs(self, logits: Tensor) -> Tensor:
        return softmax(logits, -1)

    def _to_logits(self, probs: Tensor) -> Tensor:
        return log(probs)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw numbers of classes, as int64."""
        rows = self.probs.detach().reshape(-1, self._num_events)
        drawn = multinomial(rows, math.prod(sample_shape), True)
        return drawn.T.reshape(*sample_shape, *self.batch_shape)

    def _supports(self, value: np.ndarray) -> Any:
        return (value >= 0) & (value < self._num_events) & (value == np.floor(value))

    def _log_prob(self, value: Tensor) -> Tensor:
        shape = np.broadcast_shapes(value.shape, self.batch_shape)
        logits = self.logits.expand(*shape, self._num_events)
        return gather(logits, -1, value.to(int64).expand(shape).unsqueeze(-1)).squeeze(-1)

    def entropy(self) -> Tensor:
        """-Σ p log p."""
        lowest = float(finfo(self.logits.dtype).min)  # 0 · log 0 is 0
        return -(self.probs * clamp(self.logits, min=lowest)).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All classes, along a new first dimension."""
        values = arange(self._num_events).reshape(-1, *[1] * len(self.batch_shape))
        return values.expand(-1, *self.batch_shape) if expand else values

    @property
    def mode(self) -> Tensor:
        """The likeliest class."""
        return self.probs.argmax(-1)

    @property
    def mean(self) -> Tensor:
        """NaN: classes are no numbers."""
        return full(self.batch_shape, math.nan, dtype=self.probs.dtype)

    variance = mean


class OneHotCategorical(_ByProbsOrLogits):
    """As `Categorical`, but a draw is a vector with a 1 in the place of the class.

    >>> import minigrad
    >>> from minigrad.distributions import OneHotCategorical
    >>> OneHotCategorical(minigrad.tensor([0.0, 1.0, 0.0])).sample()
    tensor([0., 1., 0.])
    """

    PARAMETERS = ("probs", "logits")
    SUPPORT = "a vector with a single 1, else zeros"

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None):
        self._categorical = Categorical(probs, logits, validate_args)
        self.__dict__.update(self._categorical._given())
        super().__init__(self._categorical.batch_shape, (self._categorical._num_events,), validate_args)

    def _to_probs(self, logits: Tensor) -> Tensor:
        return softmax(logits, -1)

    def _to_logits(self, probs: Tensor) -> Tensor:
        return log(probs)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw vectors."""
        drawn = self._categorical.sample(sample_shape)
        return (drawn.unsqueeze(-1) == arange(self.event_shape[0])).to(self.probs.dtype)

    def _supports(self, value: np.ndarray) -> Any:
        return ((value == 0) | (value == 1)).all(-1) & (value.sum(-1) == 1)

    def _log_prob(self, value: Tensor) -> Tensor:
        return self._categorical.log_prob(value.argmax(-1))

    def entropy(self) -> Tensor:
        """-Σ p log p."""
        return self._categorical.entropy()

    @property
    def mean(self) -> Tensor:
        """probs."""
        return self.probs

    @property
    def variance(self) -> Tensor:
        """p (1 - p)."""
        return self.probs * (1 - self.probs)
