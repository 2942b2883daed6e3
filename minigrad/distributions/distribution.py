"""What all distributions share: shapes, drawing without history, and the checks of what they are given."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad import dtypes
from minigrad.autograd.modes import no_grad
from minigrad.ops.elementwise import exp, sqrt
from minigrad.ops.shaping import Size, broadcast_tensors
from minigrad.tensor import Tensor, wrap


class Distribution:
    """A law of random numbers; many at once, one for each position of its `batch_shape`.

    Attributes:
        batch_shape: the shape of independent draws that one `sample()` makes, each with its own parameters.
        event_shape: the shape of a single draw: () for a number.
        has_rsample: whether gradients flow through samples.
        PARAMETERS: the names of what it is made with.
        SUPPORT: in words, which values can occur.
    """

    has_rsample = False
    PARAMETERS: tuple[str, ...] = ()
    SUPPORT = "a real number"

    def __init__(
        self,
        batch_shape: Sequence[int] = (),
        event_shape: Sequence[int] = (),
        validate_args: bool | None = None,
    ):
        self.batch_shape, self.event_shape = Size(batch_shape), Size(event_shape)
        self._validate = validate_args is not False

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw, without history.

        Arguments:
            sample_shape: how many, as a shape.

        Returns:
            A tensor of shape `(*sample_shape, *batch_shape, *event_shape)`.
        """
        with no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draw so that gradients flow through the samples into the parameters."""
        raise NotImplementedError(f"{type(self).__name__} has no rsample: its samples are no smooth function")

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density, or of the probability, of what was drawn.

        Arguments:
            value: a tensor that broadcasts to `(..., *batch_shape, *event_shape)`.

        Returns:
            A tensor of shape `(..., *batch_shape)`.

        Raises:
            ValueError: for a value that cannot occur.
        """
        if self._validate and not np.all(self._supports(value.array)):
            raise ValueError(f"{type(self).__name__}.log_prob: value {value} must be {self.SUPPORT}")
        return self._log_prob(value)

    def _log_prob(self, value: Tensor) -> Tensor:
        raise NotImplementedError

    def _supports(self, value: np.ndarray) -> Any:
        """Where a value is one that can occur."""
        return ~np.isnan(value)

    def entropy(self) -> Tensor:
        """How uncertain a draw is: the mean of -log_prob, of shape batch_shape, in nats."""
        raise NotImplementedError(f"{type(self).__name__} has no formula for its entropy")

    def perplexity(self) -> Tensor:
        """exp of the entropy: among how many equally likely values one would be as uncertain."""
        return exp(self.entropy())

    @property
    def mean(self) -> Tensor:
        """The mean, of shape `(*batch_shape, *event_shape)`."""
        raise NotImplementedError

    @property
    def variance(self) -> Tensor:
        """The variance of each number, of shape `(*batch_shape, *event_shape)`."""
        raise NotImplementedError

    @property
    def stddev(self) -> Tensor:
        """The standard deviation: the root of the variance."""
        return sqrt(self.variance)

    def expand(self, batch_shape: Sequence[int]) -> "Distribution":
        """The same law for a larger batch, to which its own broadcasts."""
        n = len(self.batch_shape)
        expanded: dict[str, Any] = {name: x.expand(*batch_shape, *x.shape[n:]) for name, x in self._given().items()}
        return type(self)(**expanded, validate_args=self._validate)

    def _given(self) -> dict[str, Tensor]:
        """The parameters that the user gave, by name: what was found from others is not in the object's dict."""
        return {name: self.__dict__[name] for name in self.PARAMETERS if name in self.__dict__}

    def _extended(self, sample_shape: Sequence[int]) -> tuple[int, ...]:
        return (*sample_shape, *self.batch_shape, *self.event_shape)

    def _check(self, name: str, values: Tensor, fine: Any, what: str) -> None:
        """Refuse a parameter unless it is `fine` everywhere."""
        if self._validate and not np.all(fine):
            raise ValueError(f"{type(self).__name__}: {name} {values} must be {what}")

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}: {x.item() if x.ndim == 0 else x.shape}" for name, x in self._given().items())
        return f"{type(self).__name__}({shown})"


class Independent(Distribution):
    """A distribution whose last batch dimensions are taken together as one draw: their log-probabilities add up.

    >>> import minigrad
    >>> from minigrad.distributions import Independent, Normal
    >>> each = Normal(minigrad.zeros(4, 3), minigrad.ones(4, 3))
    >>> together = Independent(each, 1)
    >>> together.batch_shape, together.event_shape, together.log_prob(together.sample()).shape
    ((4,), (3,), (4,))
    """

    def __init__(
        self,
        base_distribution: Distribution,
        reinterpreted_batch_ndims: int,
        validate_args: bool | None = None,
    ):
        shape = base_distribution.batch_shape
        if not 0 <= reinterpreted_batch_ndims <= len(shape):
            raise ValueError(
                f"Independent: reinterpreted_batch_ndims = {reinterpreted_batch_ndims} of batch_shape {shape}"
            )
        self.base_dist, self.reinterpreted_batch_ndims = base_distribution, reinterpreted_batch_ndims
        cut = len(shape) - reinterpreted_batch_ndims
        super().__init__(shape[:cut], shape[cut:] + base_distribution.event_shape, validate_args)
        self.has_rsample = base_distribution.has_rsample

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """As the base distribution draws."""
        return self.base_dist.sample(sample_shape)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """As the base distribution draws."""
        return self.base_dist.rsample(sample_shape)

    def log_prob(self, value: Tensor) -> Tensor:
        """The sum of the log-probabilities of what belongs together."""
        return self.sum_last(self.base_dist.log_prob(value))

    def entropy(self) -> Tensor:
        """The sum of the entropies of what belongs together."""
        return self.sum_last(self.base_dist.entropy())

    def sum_last(self, x: Tensor) -> Tensor:
        """A sum over the dimensions that are taken together."""
        n = self.reinterpreted_batch_ndims
        return x.sum(tuple(range(-n, 0))) if n else x

    @property
    def mean(self) -> Tensor:
        """As of the base distribution."""
        return self.base_dist.mean

    @property
    def variance(self) -> Tensor:
        """As of the base distribution."""
        return self.base_dist.variance

    def expand(self, batch_shape: Sequence[int]) -> "Independent":
        """The same law for a larger batch."""
        together = self.base_dist.batch_shape[len(self.batch_shape) :]
        return Independent(self.base_dist.expand((*batch_shape, *together)), self.reinterpreted_batch_ndims)

    def __repr__(self) -> str:
        return f"Independent({self.base_dist}, {self.reinterpreted_batch_ndims})"


def broadcast_all(*values: Any) -> tuple[Tensor, ...]:
    """Numbers and tensors as tensors of one shape; numbers take the type of the first tensor, or the default one."""
    dtype = next((x.dtype for x in values if isinstance(x, Tensor)), dtypes.get_default_dtype())
    return broadcast_tensors(*(x if isinstance(x, Tensor) else wrap(np.asarray(x, dtype)) for x in values))


LOG_ROOT_2PI = math.log(2 * math.pi) / 2
