"""Sequences of different lengths in one batch: padded to the longest, or packed without padding.

A packed batch is sorted by length, longest first, and written time by time: first the first row of every sequence,
then the second row of those that have one. So each step of a recurrent network is a slice, and no padding is computed.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Optional

import numpy as np

from minigrad import dtypes
from minigrad.autograd.errors import ShapeError
from minigrad.ops.joining import cat
from minigrad.tensor import Tensor, wrap


class _Packed(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None = None
    unsorted_indices: Tensor | None = None


class PackedSequence(_Packed):
    """Sequences without padding, as `pack_padded_sequence` makes them.

    Attributes:
        data: the rows of all sequences by time, of shape (sum of lengths, ...).
        batch_sizes: for each time how many sequences have a row.
        sorted_indices: for each sequence in here its number in the batch it came from; None if that was sorted.
        unsorted_indices: the way back.
    """

    __slots__ = ()

    def __new__(
        cls,
        data: Tensor,
        batch_sizes: Tensor,
        sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> "PackedSequence":
        """Make one; the way back follows from `sorted_indices`."""
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *to: Any, **options: Any) -> "PackedSequence":
        """The same with data of another type; arguments as for `Tensor.to`."""
        return self._replace(data=self.data.to(*to, **options))

    def float(self) -> "PackedSequence":
        """The same with data of float32."""
        return self.to(dtypes.float32)

    def double(self) -> "PackedSequence":
        """The same with data of float64."""
        return self.to(dtypes.float64)

    def cpu(self) -> "PackedSequence":
        """Itself: it is on the CPU."""
        return self

    @property
    def is_cuda(self) -> bool:
        """Whether it is on a GPU: never."""
        return False


def invert_permutation(permutation: Tensor | None) -> Optional[Tensor]:  # noqa: UP045
    """The permutation that undoes another; None for None."""
    return None if permutation is None else wrap(np.argsort(permutation.array))


def _lengths(lengths: Any) -> np.ndarray:
    return np.asarray(lengths.array if isinstance(lengths, Tensor) else lengths, np.int64)


def pack_padded_sequence(
    input: Tensor, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Pack a padded batch.

    Arguments:
        input: of shape (T, B, ...), or with `batch_first` (B, T, ...).
        lengths: how long each sequence is, as a list or tensor.
        batch_first: see `input`.
        enforce_sorted: refuse a batch that is not sorted by length, longest first; False sorts it.

    Raises:
        RuntimeError: for lengths that are not sorted, that are 0, or that do not fit the input.

    >>> import minigrad
    >>> padded = minigrad.tensor([[1.0, 2.0, 0.0], [3.0, 4.0, 5.0]])
    >>> packed = pack_padded_sequence(padded, [2, 3], batch_first=True, enforce_sorted=False)
    >>> packed.data, packed.batch_sizes, packed.sorted_indices
    (tensor([3., 1., 4., 2., 5.]), tensor([2, 2, 1]), tensor([1, 0]))
    """
    counts = _lengths(lengths)
    x = input.transpose(0, 1) if batch_first else input
    length, batch = x.shape[:2]
    if counts.shape != (batch,) or not batch:
        raise ShapeError(
            f"pack_padded_sequence: {counts.size} lengths for an input of shape {input.shape}; its batch has {batch}"
        )
    if counts.min() < 1 or counts.max() > length:
        raise ShapeError(
            f"pack_padded_sequence: lengths = {counts.tolist()} must lie between 1 and the {length} positions of the "
            f"input of shape {input.shape}"
        )
    order: np.ndarray | None = None
    if enforce_sorted:
        if np.any(np.diff(counts) > 0):
            raise RuntimeError(
                f"pack_padded_sequence: lengths = {counts.tolist()} are not sorted, longest first; sort the batch, or "
                "pass enforce_sorted=False"
            )
    else:
        order = np.argsort(-counts, kind="stable")
        counts = counts[order]
    there = np.arange(int(counts.max()))[:, None] < counts  # (T, B), True where a sequence has a row
    times, columns = np.nonzero(there)
    data = x[times, columns if order is None else order[columns]]
    return PackedSequence(data, wrap(there.sum(1)), None if order is None else wrap(order))


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Tensor, Tensor]:
    """Undo `pack_padded_sequence`.

    Arguments:
        sequence: a packed batch.
        batch_first: give (B, T, ...) instead of (T, B, ...).
        padding_value: what stands behind the end of a sequence.
        total_length: how long to make the result; as long as the longest by default.

    Returns:
        The padded batch, and the length of each sequence.

    >>> import minigrad
    >>> packed = pack_sequence([minigrad.tensor([1.0, 2.0, 3.0]), minigrad.tensor([4.0])])
    >>> pad_packed_sequence(packed, batch_first=True)
    (tensor([[1., 2., 3.],
            [4., 0., 0.]]), tensor([3, 1]))
    """
    sizes = sequence.batch_sizes.array
    longest, batch = len(sizes), int(sizes[0])
    if total_length is not None and total_length < longest:
        raise ValueError(f"pad_packed_sequence: total_length = {total_length} is less than the longest, {longest}")
    there = np.zeros((total_length or longest, batch), bool)
    there[:longest] = np.arange(batch) < sizes[:, None]
    rows = np.cumsum(there.reshape(-1)).reshape(there.shape) - 1  # rows of data are in this order
    lengths = there.sum(0)
    if sequence.unsorted_indices is not None:
        back = sequence.unsorted_indices.array
        there, rows, lengths = there[:, back], rows[:, back], lengths[back]
    return _padded(sequence.data, rows, there, batch_first, padding_value), wrap(lengths)


def _padded(data: Tensor, rows: np.ndarray, there: np.ndarray, batch_first: bool, padding_value: float) -> Tensor:
    """The rows of `data` at their places in a batch, and padding where there are none."""
    if batch_first:
        rows, there = rows.T, there.T
    blank = ~there.reshape(there.shape + (1,) * (data.ndim - 1))
    return data[np.where(there, rows, 0)].masked_fill(blank, padding_value)


def pad_sequence(
    sequences: Sequence[Tensor], batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Tensor:
    """Sequences of different lengths side by side, padded to the longest.

    Arguments:
        sequences: tensors of shape (length, ...).
        batch_first: give (B, T, ...) instead of (T, B, ...).
        padding_value: what is put where a sequence has ended.
        padding_side: "right", or "left" to let all end together.

    >>> import minigrad
    >>> pad_sequence([minigrad.tensor([1, 2, 3]), minigrad.tensor([4])], batch_first=True)
    tensor([[1, 2, 3],
            [4, 0, 0]])
    """
    if padding_side not in ("right", "left"):
        raise ValueError(f"pad_sequence: padding_side = {padding_side!r} is neither 'right' nor 'left'")
    sequences = list(sequences)
    if not sequences:
        raise ShapeError("pad_sequence: sequences is empty; at least one tensor is needed")
    lengths = np.array([len(x) for x in sequences])
    positions = np.arange(lengths.max())[:, None]  # (T, 1)
    if padding_side == "left":
        positions = positions - (lengths.max() - lengths)
    starts = np.cumsum(lengths) - lengths
    there = (positions >= 0) & (positions < lengths)
    return _padded(cat(sequences), positions + starts, there, batch_first, padding_value)


def unpad_sequence(padded_sequences: Tensor, lengths: Any, batch_first: bool = False) -> list[Tensor]:
    """The sequences of a padded batch, each without its padding.

    >>> import minigrad
    >>> unpad_sequence(minigrad.tensor([[1, 2], [4, 0]]), [2, 1], batch_first=True)
    [tensor([1, 2]), tensor([4])]
    """
    x = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    return [x[i, :n] for i, n in enumerate(_lengths(lengths).tolist())]


def pack_sequence(sequences: Sequence[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Pack tensors of shape (length, ...): `pack_padded_sequence` of `pad_sequence`.

    >>> import minigrad
    >>> pack_sequence([minigrad.tensor([1, 2]), minigrad.tensor([3])]).data
    tensor([1, 3, 2])
    """
    return pack_padded_sequence(pad_sequence(sequences), [len(x) for x in sequences], enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences of a packed batch, each as long as it is: undoes `pack_sequence`.

    >>> import minigrad
    >>> unpack_sequence(pack_sequence([minigrad.tensor([1, 2]), minigrad.tensor([3])]))
    [tensor([1, 2]), tensor([3])]
    """
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
