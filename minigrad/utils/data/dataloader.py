"""`DataLoader`: asks a data set for elements in some order, and makes batches of them."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from minigrad.generator import Generator, draw
from minigrad.utils.data.collate import default_collate, default_convert
from minigrad.utils.data.dataset import IterableDataset
from minigrad.utils.data.fetching import Recipe
from minigrad.utils.data.sampler import BatchSampler, EndlessSampler, RandomSampler, SequentialSampler


class DataLoader:
    """Batches of a data set.

    Arguments:
        dataset: something with `__len__` and `__getitem__`, or an `IterableDataset`.
        batch_size: how many elements make a batch; None for single elements.
        shuffle: ask for them in random order, another one each time.
        sampler: a sampler, or any iterable of numbers, that says in which order; instead of `shuffle`.
        batch_sampler: an iterable of lists of numbers; instead of all that says how to make batches.
        num_workers: how many processes fetch elements and make batches, ahead of time; 0 for this process itself. The
            batches and their order are the same, unless chance plays a part in `dataset`.
        collate_fn: makes a batch of a list of elements; `default_collate` by default, or for single elements
            `default_convert`.
        pin_memory, pin_memory_device: for PyTorch's sake; there is no GPU to hand batches to.
        drop_last: leave out a last batch that is not full.
        timeout: how many seconds to wait for a batch of a worker; 0 for as long as it takes.
        worker_init_fn: called in each worker with its number, at its start. Its random numbers are seeded by then.
        multiprocessing_context: how processes are made, "fork" or "spawn"; Python's own way by default.
        generator: where random numbers come from, those for the seeds of workers too; the default generator if None.
        prefetch_factor: how many batches each worker has to do, at most; 2 by default.
        persistent_workers: keep the workers from one epoch to the next.
        in_order: False gives batches as they come.

    A stream is walked through by each worker: it divides the work by `get_worker_info()`. What is raised in a worker is
    raised here too. Workers end with the iterator, or where they persist with the loader.

    >>> import minigrad
    >>> data = minigrad.utils.data.TensorDataset(minigrad.arange(5), minigrad.arange(5) * 10)
    >>> for x, y in minigrad.utils.data.DataLoader(data, batch_size=3):
    ...     print(x, y)
    tensor([0, 1, 2]) tensor([ 0, 10, 20])
    tensor([3, 4]) tensor([30, 40])
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[Any] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Any = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ):
        for name, number in (("num_workers", num_workers), ("timeout", timeout)):
            if number < 0:
                raise ValueError(f"DataLoader: {name} = {number} must not be negative")
        for name, given in (
            ("prefetch_factor", prefetch_factor is not None),
            ("persistent_workers", persistent_workers),
            ("multiprocessing_context", multiprocessing_context is not None),
        ):
            if given and not num_workers:
                raise ValueError(f"DataLoader: {name} is for workers; with num_workers = 0 there are none")
        self.streamed = isinstance(dataset, IterableDataset)
        if self.streamed and (shuffle or sampler is not None or batch_sampler is not None):
            raise ValueError(
                "DataLoader: an IterableDataset has an order of its own; shuffle and samplers do not apply"
            )
        if sampler is not None and shuffle:
            raise ValueError("DataLoader: give sampler or shuffle=True, not both")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError("DataLoader: batch_sampler goes without batch_size, shuffle, sampler and drop_last")
            batch_size = None
        elif batch_size is None and drop_last:
            raise ValueError("DataLoader: drop_last needs a batch_size")
        if sampler is None and self.streamed:
            sampler = EndlessSampler()
        elif sampler is None:
            sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        if batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.dataset = dataset
        self.batch_size = batch_size
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.num_workers = num_workers
        self.collate_fn = collate_fn or (default_collate if batch_sampler is not None else default_convert)
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.drop_last = drop_last
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.generator = generator
        self.prefetch_factor = 2 if num_workers and prefetch_factor is None else prefetch_factor
        self.persistent_workers = persistent_workers
        self.in_order = in_order
        self._crew: Any = None  # the workers that persist, while no iterator has them

    def __iter__(self) -> Iterator[Any]:
        seed = int(draw(self.generator).integers(2**62))  # also without workers: the order is to be the same
        recipe = Recipe(self.dataset, self.collate_fn, self.batch_sampler is not None, self.drop_last)
        samples = iter(self.sampler if self.batch_sampler is None else self.batch_sampler)
        if not self.num_workers:
            return recipe.batches(samples)
        from minigrad.utils.data.workers import Crew  # processes take long to import, and are rarely wanted

        crew, self._crew = self._crew or Crew(recipe, self, seed), None
        return self._made_by(crew, samples)

    def _made_by(self, crew: Any, samples: Iterator[Any]) -> Iterator[Any]:
        persist = False
        try:
            with contextlib.suppress(GeneratorExit):  # somebody had enough of this epoch
                yield from crew.batches(samples)
            persist = self.persistent_workers
        finally:
            if persist:
                self._crew = crew
            else:
                crew.end()

    def __len__(self) -> int:
        if self.streamed:
            n = len(self.dataset)
            if self.batch_size is None:
                return n
            return n // self.batch_size if self.drop_last else -(-n // self.batch_size)
        counted: Any = self.sampler if self.batch_sampler is None else self.batch_sampler
        return len(counted)
