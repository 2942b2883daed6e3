"""In which order the elements of a data set are asked for. Samplers hand out numbers as they are wanted."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

import numpy as np

from minigrad.generator import Generator, default_generator
from minigrad.tensor import Tensor

T_co = TypeVar("T_co", covariant=True)

_CHUNK = 4096  # how many random numbers are drawn at once


class Sampler(Generic[T_co]):
    """The base of samplers: subclasses define `__iter__`, and `__len__` where it is known."""

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError(f"{type(self).__name__} has no __iter__; define the order")


class SequentialSampler(Sampler[int]):
    """One after the other.

    >>> list(SequentialSampler("abc"))
    [0, 1, 2]
    """

    def __init__(self, data_source: Any):
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class EndlessSampler(Sampler[None]):
    """None, again and again: asks a stream for its next element."""

    def __iter__(self) -> Iterator[None]:
        return itertools.repeat(None)


class RandomSampler(Sampler[int]):
    """In random order.

    Arguments:
        data_source: a data set with a length.
        replacement: draw each time from all elements.
        num_samples: how many to draw; by default as many as there are elements.
        generator: where random numbers come from; the default generator if None.

    >>> sorted(RandomSampler("abc"))
    [0, 1, 2]
    >>> endless = iter(RandomSampler("abc", replacement=True, num_samples=int(1e10)))
    >>> next(endless) in (0, 1, 2)
    True
    """

    def __init__(
        self,
        data_source: Any,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ):
        if not isinstance(replacement, bool):
            raise TypeError(f"RandomSampler: replacement = {replacement!r} must be True or False")
        if num_samples is not None and (not isinstance(num_samples, int) or num_samples <= 0):
            raise ValueError(f"RandomSampler: num_samples = {num_samples!r} must be a whole number from 1 up")
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator

    @property
    def num_samples(self) -> int:
        """How many numbers are drawn."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def __iter__(self) -> Iterator[int]:
        random, n = (self.generator or default_generator).numpy, len(self.data_source)
        wanted = self.num_samples
        while wanted > 0:
            drawn = random.integers(n, size=min(wanted, _CHUNK)) if self.replacement else random.permutation(n)[:wanted]
            wanted -= len(drawn)
            yield from drawn.tolist()

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """Given numbers, in random order.

    >>> sorted(SubsetRandomSampler([5, 3]))
    [3, 5]
    """

    def __init__(self, indices: Sequence[int], generator: Generator | None = None):
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        for i in (self.generator or default_generator).numpy.permutation(len(self.indices)).tolist():
            yield self.indices[i]

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Numbers drawn with given weights.

    Arguments:
        weights: how likely each number is, up to a common factor.
        num_samples: how many to draw.
        replacement: whether a number may be drawn again.
        generator: where random numbers come from; the default generator if None.

    >>> list(WeightedRandomSampler([0.0, 1.0], num_samples=3))
    [1, 1, 1]
    """

    def __init__(self, weights: Any, num_samples: int, replacement: bool = True, generator: Generator | None = None):
        values = np.asarray(weights.array if isinstance(weights, Tensor) else weights, np.float64)
        if values.ndim != 1 or (values < 0).any() or not values.sum() > 0:
            raise ValueError(
                f"WeightedRandomSampler: weights of shape {values.shape} must be a row of numbers from 0 up"
            )
        if not isinstance(num_samples, int) or num_samples <= 0:
            raise ValueError(f"WeightedRandomSampler: num_samples = {num_samples!r} must be a whole number from 1 up")
        self.weights = values
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        random, p = (self.generator or default_generator).numpy, self.weights / self.weights.sum()
        if not self.replacement:
            yield from random.choice(len(p), self.num_samples, replace=False, p=p).tolist()
            return
        for start in range(0, self.num_samples, _CHUNK):
            yield from random.choice(len(p), min(_CHUNK, self.num_samples - start), p=p).tolist()

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """The numbers of another sampler, several at a time.

    Arguments:
        sampler: a sampler, or any iterable of numbers.
        batch_size: how many at a time.
        drop_last: leave out a last batch that is not full.

    >>> list(BatchSampler(range(5), 2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[Any], batch_size: int, drop_last: bool):
        if not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size <= 0:
            raise ValueError(f"BatchSampler: batch_size = {batch_size!r} must be a whole number from 1 up")
        if not isinstance(drop_last, bool):
            raise ValueError(f"BatchSampler: drop_last = {drop_last!r} must be True or False")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        batch: list[int] = []
        for index in self.sampler:
            batch.append(index)
            if len(batch) == self.batch_size:
                yield batch
                batch = []
        if batch and not self.drop_last:
            yield batch

    def __len__(self) -> int:
        n: int = len(self.sampler)  # type: ignore[arg-type]  # a sampler of unknown length says so itself
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)
