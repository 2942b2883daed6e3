"""Who asks: a worker process of a `DataLoader`, or nobody of that kind."""

from typing import Any, NamedTuple


class WorkerInfo(NamedTuple):
    """Which worker this is; see `get_worker_info`.

    Attributes:
        id: its number, from 0.
        num_workers: how many there are.
        seed: what its random numbers started from.
        dataset: its copy of the data set.
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any


_info: WorkerInfo | None = None  # set once, at the start of a worker process


def set_worker_info(info: WorkerInfo) -> None:
    """Say that this process is a worker."""
    global _info
    _info = info


def get_worker_info() -> WorkerInfo | None:
    """Which worker of a `DataLoader` this process is; None where it is none.

    A stream asks, so that each worker gives a part of it.

    >>> import minigrad
    >>> class Numbers(minigrad.utils.data.IterableDataset):
    ...     def __iter__(self):
    ...         info = minigrad.utils.data.get_worker_info()
    ...         first, step = (0, 1) if info is None else (info.id, info.num_workers)
    ...         return iter(range(first, 10, step))
    >>> list(Numbers())[:3]
    [0, 1, 2]
    """
    return _info
