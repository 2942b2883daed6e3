"""Streams of random numbers that can be repeated; everything random draws from one. The numbers are NumPy's (PCG64)."""

from typing import Any

import numpy as np

from minigrad.device import device as _device


class Generator:
    """A stream of random numbers.

    >>> import minigrad
    >>> g = minigrad.Generator().manual_seed(0)
    >>> h = minigrad.Generator().manual_seed(0)
    >>> minigrad.equal(minigrad.rand(3, generator=g), minigrad.rand(3, generator=h))
    True
    """

    def __init__(self, device: Any = None) -> None:
        self.device = _device(device or "cpu")
        self._seed: int | None = None
        self._numpy: Any = None

    @property
    def numpy(self) -> "np.random.Generator":
        """NumPy's generator, made when it is first needed: importing numpy.random takes as long as all of minigrad."""
        if self._numpy is None:
            self.seed()
        return self._numpy

    def manual_seed(self, seed: int) -> "Generator":
        """Start the stream that belongs to `seed`."""
        self._seed = seed
        self._numpy = np.random.Generator(np.random.PCG64(seed % 2**64))
        return self

    def seed(self) -> int:
        """Start a stream that cannot be foretold, and give the seed it belongs to."""
        self.manual_seed(np.random.SeedSequence().generate_state(1, np.uint64).item() // 2)
        return self.initial_seed()

    def initial_seed(self) -> int:
        """The seed that the stream was started with."""
        return self.seed() if self._seed is None else self._seed

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


def seed() -> int:
    """Start a stream of the default generator that cannot be foretold, and give the seed it belongs to."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed that the default generator's stream was started with."""
    return default_generator.initial_seed()


def get_rng_state() -> dict[str, Any]:
    """Where the default generator's stream stands."""
    return default_generator.get_state()


def set_rng_state(new_state: dict[str, Any]) -> None:
    """Continue the default generator's stream from a state that `get_rng_state` gave.

    >>> import minigrad
    >>> state = minigrad.get_rng_state()
    >>> x = minigrad.rand(3)
    >>> minigrad.set_rng_state(state)
    >>> minigrad.equal(minigrad.rand(3), x)
    True
    """
    default_generator.set_state(new_state)


def draw(generator: Generator | None) -> "np.random.Generator":
    """NumPy's generator behind a `Generator`, or behind the default one."""
    return (generator or default_generator).numpy
