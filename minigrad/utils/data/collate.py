"""How single elements become what a `DataLoader` gives: tensors in place of arrays, and batches."""

import copy
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy as np

from minigrad import dtypes
from minigrad.ops.joining import stack
from minigrad.tensor import Tensor, wrap


def default_convert(data: Any) -> Any:
    """An element as it is, but for arrays and numbers of NumPy's in it, which become tensors; tuples become lists.

    >>> default_convert((1, np.array([1, 2])))
    [1, tensor([1, 2])]
    """
    if isinstance(data, np.ndarray | np.generic):
        array = np.asarray(data)
        return data if array.dtype.kind in "SUO" else wrap(array)
    if isinstance(data, Mapping):
        return _mapped(data, lambda key: default_convert(data[key]))
    if isinstance(data, Sequence) and not isinstance(data, str | bytes):
        return _rowed(data, [default_convert(x) for x in data])
    return data


def default_collate(batch: Sequence[Any]) -> Any:
    """One batch of many elements: tensors are stacked, numbers become a tensor, and tuples and dicts are gone through.

    Arguments:
        batch: elements of one kind: tensors, arrays, numbers, strings, or tuples, lists or dicts of such.

    Raises:
        TypeError: for elements of another kind.

    >>> default_collate([(1, "a"), (2, "b")])
    [tensor([1, 2]), ('a', 'b')]
    >>> default_collate([{"x": 0.5}, {"x": 1.5}])
    {'x': tensor([0.5000, 1.5000], dtype=minigrad.float64)}
    """
    first = batch[0]
    if isinstance(first, Tensor):
        return _stacked(batch)
    if isinstance(first, np.ndarray | np.generic) and first.dtype.kind not in "SUO":
        return wrap(np.stack([np.asarray(x) for x in batch]))
    if isinstance(first, float):
        return wrap(np.array(batch, dtypes.float64))
    if isinstance(first, int):
        return wrap(np.array(batch))
    if isinstance(first, str | bytes):
        return batch
    if isinstance(first, Mapping):
        return _mapped(first, lambda key: default_collate([element[key] for element in batch]))
    if isinstance(first, Sequence):
        if len({len(element) for element in batch}) > 1:
            raise RuntimeError(
                "default_collate: each element in list of batch should be of equal size; "
                f"here they have different lengths, {sorted({len(element) for element in batch})}: pass collate_fn="
            )
        return _rowed(first, [default_collate(column) for column in zip(*batch, strict=True)])
    raise TypeError(
        f"default_collate: a batch of {type(first).__name__} cannot be made; elements must be tensors, arrays, "
        "numbers, strings, or tuples, lists or dicts of them, or pass collate_fn="
    )


def _stacked(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors stacked; where there is no history, which is as good as always, in one call."""
    if any(x.requires_grad for x in tensors) or len({x.array.shape for x in tensors}) > 1:
        return stack(list(tensors))
    return wrap(np.array([x.array for x in tensors]))


def _mapped(like: Mapping[Any, Any], value: Callable[[Any], Any]) -> Any:
    """A mapping of the same kind with other values; a dict, if its kind cannot be made so."""
    values = {key: value(key) for key in like}
    try:
        if isinstance(like, MutableMapping):
            made: Any = copy.copy(like)  # keeps attributes, such as the default of a defaultdict
            made.update(values)
            return made
        return type(like)(values)  # type: ignore[call-arg]
    except TypeError:
        return values


def _rowed(like: Sequence[Any], values: list[Any]) -> Any:
    """A sequence of the same kind with other values; a list for tuples, and for kinds that cannot be made so."""
    if hasattr(like, "_fields"):
        return type(like)(*values)
    if isinstance(like, tuple | list):
        return values
    try:
        if isinstance(like, MutableSequence):
            made = copy.copy(like)
            made[:] = values
            return made
        return type(like)(values)  # type: ignore[call-arg]
    except TypeError:
        return values
