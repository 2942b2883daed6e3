"""`DataLoader`: asks a data set for elements in some order, and makes batches of them."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from minigrad import dtypes
from minigrad.generator import Generator
from minigrad.ops.joining import stack
from minigrad.tensor import Tensor, wrap
from minigrad.utils.data.dataset import IterableDataset
from minigrad.utils.data.sampler import BatchSampler, RandomSampler, SequentialSampler


def default_collate(batch: Sequence[Any]) -> Any:
    """One batch of many elements: tensors are stacked, numbers become a tensor, and tuples and dicts are gone through.

    Arguments:
        batch: elements of one kind: tensors, arrays, numbers, strings, or tuples, lists or dicts of such.

    Raises:
        TypeError: for elements of another kind.

    >>> default_collate([(1, "a"), (2, "b")])
    [tensor([1, 2]), ('a', 'b')]
    """
    first = batch[0]
    if isinstance(first, Tensor):
        return stack(batch)
    if isinstance(first, np.ndarray | np.generic):
        return wrap(np.stack([np.asarray(x) for x in batch]))
    if isinstance(first, float):
        return wrap(np.array(batch, dtypes.float64))
    if isinstance(first, int):
        return wrap(np.array(batch))
    if isinstance(first, str | bytes):
        return batch
    if isinstance(first, Mapping):
        return {key: default_collate([element[key] for element in batch]) for key in first}
    if isinstance(first, tuple | list):
        if len({len(element) for element in batch}) > 1:
            raise RuntimeError("default_collate: the elements of a batch have different lengths; pass collate_fn=")
        columns = [default_collate(column) for column in zip(*batch, strict=True)]
        return type(first)(*columns) if hasattr(first, "_fields") else columns
    raise TypeError(
        f"default_collate: a batch of {type(first).__name__} cannot be made; elements must be tensors, arrays, "
        "numbers, strings, or tuples, lists or dicts of them, or pass collate_fn="
    )


class DataLoader:
    """Batches of a data set.

    Arguments:
        dataset: something with `__len__` and `__getitem__`, or an `IterableDataset`.
        batch_size: how many elements make a batch; None for single elements.
        shuffle: ask for them in random order, another one each time.
        sampler: a sampler, or any iterable of numbers, that says in which order; instead of `shuffle`.
        batch_sampler: an iterable of lists of numbers; instead of all that says how to make batches.
        num_workers: for PyTorch's sake: elements are fetched in this process, in the same order.
        collate_fn: makes a batch of a list of elements; `default_collate` by default, or for single elements nothing.
        drop_last: leave out a last batch that is not full.
        generator: where random numbers come from; the default generator if None.

    The other arguments are PyTorch's settings of workers and GPUs, and have no effect.

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
        if num_workers < 0:
            raise ValueError(f"DataLoader: num_workers = {num_workers} must not be negative")
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
        if sampler is None and not self.streamed:
            sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        if batch_size is not None:
            batch_sampler = BatchSampler(itertools.count() if sampler is None else sampler, batch_size, drop_last)
        self.dataset = dataset
        self.batch_size = batch_size
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.num_workers = num_workers
        self.pin_memory = pin_memory
        self.drop_last = drop_last
        self.generator = generator
        self.collate_fn = collate_fn or (default_collate if batch_sampler is not None else _single)

    def __iter__(self) -> Iterator[Any]:
        return map(self.collate_fn, self._fetched())

    def _fetched(self) -> Iterator[Any]:
        """Lists of elements; or single elements, without a `batch_size`."""
        if self.streamed:
            elements = iter(self.dataset)
            if self.batch_size is None:
                yield from elements
                return
            while batch := list(itertools.islice(elements, self.batch_size)):
                if len(batch) == self.batch_size or not self.drop_last:
                    yield batch
        elif self.batch_sampler is None:
            for index in self.sampler or ():
                yield self.dataset[index]
        else:
            several = getattr(self.dataset, "__getitems__", None)
            for numbers in self.batch_sampler:
                yield several(numbers) if several else [self.dataset[i] for i in numbers]

    def __len__(self) -> int:
        if self.streamed:
            n = len(self.dataset)
            if self.batch_size is None:
                return n
            return n // self.batch_size if self.drop_last else -(-n // self.batch_size)
        counted: Any = self.sampler if self.batch_sampler is None else self.batch_sampler
        return len(counted)


def _single(element: Any) -> Any:
    """An element as it is, but for arrays and numbers of NumPy's, which become tensors."""
    return wrap(np.asarray(element)) if isinstance(element, np.ndarray | np.generic) else element
