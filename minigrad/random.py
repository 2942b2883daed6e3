"""Random numbers that can be repeated: a `Generator`, the default one, and PyTorch's functions that draw from it.

The numbers are NumPy's (PCG64), so they differ from PyTorch's for the same seed.
"""

from typing import Any

import numpy as np

from minigrad import dtypes
from minigrad.creation import check_size
from minigrad.ops.shaping import as_shape
from minigrad.tensor import Tensor, wrap


class Generator:
    """A stream of random numbers.

    >>> import minigrad
    >>> g = minigrad.Generator().manual_seed(0)
    >>> h = minigrad.Generator().manual_seed(0)
    >>> minigrad.equal(minigrad.rand(3, generator=g), minigrad.rand(3, generator=h))
    True
    """

    def __init__(self) -> None:
        self._numpy: Any = None

    @property
    def numpy(self) -> "np.random.Generator":
        """NumPy's generator, made when it is first needed: importing numpy.random takes as long as all of minigrad."""
        if self._numpy is None:
            self._numpy = np.random.Generator(np.random.PCG64())
        return self._numpy

    def manual_seed(self, seed: int) -> "Generator":
        """Start the stream that belongs to `seed`."""
        self._numpy = np.random.Generator(np.random.PCG64(seed % 2**64))
        return self

    def get_state(self) -> dict[str, Any]:
        """Where the stream stands, as plain numbers and strings that JSON can hold."""
        return dict(self.numpy.bit_generator.state)

    def set_state(self, state: dict[str, Any]) -> "Generator":
        """Continue from a state that `get_state` gave."""
        self.numpy.bit_generator.state = state
        return self


default_generator = Generator()


def manual_seed(seed: int) -> Generator:
    """Start the default generator's stream for `seed`; initial weights and dropout are drawn from it.

    Returns:
        The default generator.
    """
    return default_generator.manual_seed(seed)


def _draw(generator: Generator | None) -> "np.random.Generator":
    return (generator or default_generator).numpy


def rand(*size: Any, generator: Generator | None = None, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Numbers spread evenly over [0, 1)."""
    dtype = np.dtype(dtype or dtypes.get_default_dtype())
    values = np.asarray(_draw(generator).random(check_size(as_shape(size), "rand")), dtype)
    below_one = np.nextafter(dtype.type(1), dtype.type(0))  # a shorter type may have rounded up to 1
    return wrap(np.minimum(values, below_one, out=values)).requires_grad_(requires_grad)


def randn(*size: Any, generator: Generator | None = None, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Numbers from the normal distribution with mean 0 and variance 1."""
    values = _draw(generator).standard_normal(check_size(as_shape(size), "randn"))
    return wrap(np.asarray(values, dtype or dtypes.get_default_dtype())).requires_grad_(requires_grad)


def randint(low: int, high: Any, size: Any = None, generator: Generator | None = None) -> Tensor:
    """Whole numbers from `low` up to but not including `high`, as int64; `randint(high, size)` starts from 0.

    >>> import minigrad
    >>> minigrad.randint(1, (2, 3))
    tensor([[0, 0, 0],
            [0, 0, 0]])
    """
    if size is None:
        low, high, size = 0, low, high
    return wrap(np.asarray(_draw(generator).integers(low, high, check_size(size, "randint"))))


def randperm(n: int, generator: Generator | None = None) -> Tensor:
    """The numbers 0 to n - 1 in random order."""
    return wrap(_draw(generator).permutation(n))


def dropout_mask(like: Tensor, p: float, generator: Generator | None = None) -> np.ndarray:
    """Zeros with probability `p`, else 1 / (1 - p), in the shape and type of `like`."""
    keep = _draw(generator).random(like.shape, np.float32) >= p
    return keep * like.dtype.type(1 / (1 - p))
