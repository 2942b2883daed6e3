"""From numbers to batches: the same in the process that asks and in those that work for it."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from minigrad.utils.data.dataset import IterableDataset


class Recipe(NamedTuple):
    """What batches are made of, and how.

    Attributes:
        dataset: the data set.
        collate: makes a batch of a list of elements, or converts a single one.
        batched: whether there are batches, or single elements.
        drop_last: leave out a last batch of a stream that is not full.
    """

    dataset: Any
    collate: Callable[[Any], Any]
    batched: bool
    drop_last: bool

    @property
    def streamed(self) -> bool:
        """Whether the data set is walked through."""
        return isinstance(self.dataset, IterableDataset)

    def batches(self, samples: Iterator[Any]) -> Iterator[Any]:
        """Fetch what a sampler asks for, until it or the stream ends."""
        fetch = self.fetcher()
        for numbers in samples:
            try:
                batch = fetch(numbers)
            except StopIteration:
                return
            yield batch

    def fetcher(self) -> Callable[[Any], Any]:
        """Start at the beginning.

        Returns:
            A function that takes what a sampler gives, a list of numbers or a single one, and gives a batch. Of a
            stream it takes as many elements as there are numbers, and raises StopIteration when there are no more.
        """
        return self._from_stream() if self.streamed else self._by_number

    def _by_number(self, numbers: Any) -> Any:
        if not self.batched:
            return self.collate(self.dataset[numbers])
        several = getattr(self.dataset, "__getitems__", None)
        return self.collate(several(numbers) if several else [self.dataset[i] for i in numbers])

    def _from_stream(self) -> Callable[[Any], Any]:
        elements = iter(self.dataset)

        def fetch(numbers: Any) -> Any:
            if not self.batched:
                return self.collate(next(elements))
            batch = list(itertools.islice(elements, len(numbers)))
            if not batch or (self.drop_last and len(batch) < len(numbers)):
                raise StopIteration
            return self.collate(batch)

        return fetch
