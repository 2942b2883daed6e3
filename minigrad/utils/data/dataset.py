"""What batches are made of: data sets that are asked for an element by number, or walked through."""

import bisect
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

import numpy as np

from minigrad.generator import Generator
from minigrad.random import randperm
from minigrad.tensor import Tensor, wrap

T_co = TypeVar("T_co", covariant=True)


class Dataset(Generic[T_co]):
    """A data set by number: subclasses say what `dataset[i]` is, and how many there are (`__len__`).

    >>> class Squares(Dataset):
    ...     def __len__(self):
    ...         return 3
    ...
    ...     def __getitem__(self, index):
    ...         return index**2
    >>> (Squares() + Squares())[4]
    1
    """

    def __getitem__(self, index: Any) -> T_co:
        """The element of that number."""
        raise NotImplementedError(f"{type(self).__name__} has no __getitem__; define what its elements are")

    def __add__(self, other: "Dataset[T_co]") -> "ConcatDataset[T_co]":
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T_co]):
    """A data set that is walked through, such as a stream: subclasses define `__iter__`."""

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError(f"{type(self).__name__} has no __iter__; define how it is walked through")

    def __add__(self, other: Dataset[T_co]) -> "ChainDataset":  # type: ignore[override]  # as in PyTorch
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Tensors side by side: element i is the tuple of their i-th rows.

    >>> import minigrad
    >>> TensorDataset(minigrad.tensor([1, 2]), minigrad.tensor([3, 4]))[0]
    (tensor(1), tensor(3))
    """

    def __init__(self, *tensors: Tensor):
        if len({len(tensor) for tensor in tensors}) != 1:
            raise ValueError(
                f"TensorDataset: tensors of shapes {', '.join(str(t.shape) for t in tensors)} must have as many rows"
            )
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __getitems__(self, indices: list[int]) -> list[tuple[Tensor, ...]]:
        """Several elements at once, which is much faster than one after the other."""
        overridden = type(self).__getitem__ is not TensorDataset.__getitem__
        recorded = any(tensor.requires_grad for tensor in self.tensors)
        if overridden or recorded or not all(isinstance(i, int) for i in indices):
            return [self[i] for i in indices]
        return list(zip(*([wrap(row) for row in _rows(tensor, indices)] for tensor in self.tensors), strict=True))

    def __len__(self) -> int:
        return len(self.tensors[0])


def _rows(tensor: Tensor, indices: list[int]) -> list[np.ndarray]:
    rows = tensor.array[indices]
    return [rows[i, ...] for i in range(len(rows))]  # arrays, also where a row is but a number


class StackDataset(Dataset[Any]):
    """Data sets side by side: element i is the tuple, or with names the dict, of their elements i."""

    def __init__(self, *args: Any, **kwargs: Any):
        if bool(args) == bool(kwargs):
            raise ValueError("StackDataset: give data sets, or data sets by name, and not both")
        self.datasets: Any = kwargs or args
        lengths = {len(dataset) for dataset in (kwargs.values() if kwargs else args)}
        if len(lengths) > 1:
            raise ValueError(f"StackDataset: the data sets have different lengths, {sorted(lengths)}")
        self._length = lengths.pop()

    def __getitem__(self, index: Any) -> Any:
        if isinstance(self.datasets, dict):
            return {name: dataset[index] for name, dataset in self.datasets.items()}
        return tuple(dataset[index] for dataset in self.datasets)

    def __len__(self) -> int:
        return self._length


class ConcatDataset(Dataset[T_co]):
    """Data sets one after the other.

    >>> ConcatDataset(["ab", "cde"])[3]
    'd'
    """

    def __init__(self, datasets: Iterable[Any]):
        self.datasets = list(datasets)
        if not self.datasets:
            raise ValueError("ConcatDataset: datasets is empty; at least one is needed")
        self.cumulative_sizes = list(itertools.accumulate(len(dataset) for dataset in self.datasets))

    def __getitem__(self, index: int) -> T_co:
        if not -len(self) <= index < len(self):
            raise IndexError(f"ConcatDataset: index {index} is out of range; there are {len(self)} elements")
        index %= len(self)
        which = bisect.bisect_right(self.cumulative_sizes, index)
        return self.datasets[which][index - (self.cumulative_sizes[which - 1] if which else 0)]

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]


class ChainDataset(IterableDataset[Any]):
    """Streams one after the other."""

    def __init__(self, datasets: Iterable[Any]):
        self.datasets = datasets

    def __iter__(self) -> Iterator[Any]:
        return itertools.chain.from_iterable(self.datasets)

    def __len__(self) -> int:
        return sum(len(dataset) for dataset in self.datasets)


class Subset(Dataset[T_co]):
    """Some elements of a data set, by their numbers.

    >>> list(Subset("abcd", [3, 0]))
    ['d', 'a']
    """

    def __init__(self, dataset: Any, indices: Sequence[int]):
        self.dataset = dataset
        self.indices = indices

    def __getitem__(self, index: Any) -> T_co:
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __getitems__(self, indices: list[int]) -> list[T_co]:
        """Several elements at once, as the data set itself gives them if it can."""
        numbers = [self.indices[i] for i in indices]
        several = getattr(self.dataset, "__getitems__", None)
        return several(numbers) if several else [self.dataset[i] for i in numbers]

    def __len__(self) -> int:
        return len(self.indices)


def random_split(dataset: Any, lengths: Sequence[float], generator: Generator | None = None) -> list[Subset[Any]]:
    """Cut a data set at random into parts that share no element.

    Arguments:
        dataset: a data set with a length.
        lengths: how long each part is; or fractions that add up to 1, whose rest goes to the first parts, one each.
        generator: where random numbers come from; the default generator if None.

    >>> [len(part) for part in random_split(range(10), [0.7, 0.3])]
    [7, 3]
    """
    total = len(dataset)
    if all(0 <= n <= 1 for n in lengths) and abs(sum(lengths) - 1) < 1e-9 and list(lengths) != [total]:
        counts = [int(total * fraction) for fraction in lengths]
        for i in range(total - sum(counts)):
            counts[i % len(counts)] += 1
    else:
        counts = [int(n) for n in lengths]
    if sum(counts) != total:
        raise ValueError(f"random_split: lengths = {list(lengths)} must add up to {total}, or be fractions adding to 1")
    indices = randperm(total, generator=generator).tolist()
    ends = list(itertools.accumulate(counts))
    return [Subset(dataset, indices[end - n : end]) for end, n in zip(ends, counts, strict=True)]
