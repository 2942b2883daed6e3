"""What is kept of a tensor's elements: all of them, or of a large tensor what can be seen of it from far away."""

import functools
import math
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

Shape = tuple[int, ...]

KEPT = 16_384  # elements up to which an array is kept whole
SMALL = 6  # elements up to which they are written out in pictures
BINS = 24  # of the histogram of a larger one
SIDE = 32  # rows and columns of the thumbnail of a larger one, at most


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Numbers:
    """The elements of a tensor as they were at one moment; nobody else writes into the arrays.

    Attributes:
        shape, dtype, size: of the tensor.
        low, mean, high: of those elements that are finite; NaN if none is.
        not_finite: how many are infinite or NaN.
        zeros: how many are exactly 0.
        array: a copy of them all, if there are at most `KEPT`; else None.
        histogram: of a larger tensor how many of the finite elements lie in each of `BINS` equal parts of the range
            from `low` to `high`; () if the array is kept.
        thumbnail: of a larger tensor, seen as a matrix whose columns are its last dimension, the means of blocks, at
            most `SIDE` rows and columns of them; None if the array is kept.
    """

    shape: Shape
    dtype: str
    size: int
    low: float
    mean: float
    high: float
    not_finite: int
    zeros: int
    array: np.ndarray | None = None
    histogram: tuple[int, ...] = ()
    thumbnail: np.ndarray | None = None

    @classmethod
    def of(cls, array: np.ndarray) -> Self:
        """Look at an array, and keep a copy of it or a summary.

        >>> Numbers.of(np.arange(10.0)).text()
        ['min 0  mean 4.5  max 9']
        >>> Numbers.of(np.array([[1.0, 2.0], [3.0, 0.25]])).text()
        ['[1, 2]', '[3, 0.25]']
        """
        size, finite = array.size, array
        low, high = _extremes(array)
        if not (math.isfinite(low) and math.isfinite(high)):
            finite = array[np.isfinite(array)]
            low, high = _extremes(finite)
        known = (low, _mean(finite, low, high), high, size - finite.size, size - int(np.count_nonzero(array)))
        shape, dtype = array.shape, dtype_name(array.dtype)
        if size <= KEPT:
            return cls(shape, dtype, size, *known, array.copy())
        return cls(shape, dtype, size, *known, None, _histogram(finite, low, high), _thumbnail(array))

    def summary(self) -> Self:
        """The same without the elements, whatever their number.

        >>> Numbers.of(np.arange(48.0)).summary().histogram[:3]
        (2, 2, 2)
        """
        if self.array is None or not self.size:
            return self
        finite = self.array[np.isfinite(self.array)]
        seen = _histogram(finite, self.low, self.high), _thumbnail(np.atleast_1d(self.array))
        return replace(self, array=None, histogram=seen[0], thumbnail=seen[1])

    @property
    def items(self) -> Any:
        """The elements as `tolist()` gives them, if there are at most `SMALL`; else None."""
        return self.array.tolist() if self.array is not None and self.size <= SMALL else None

    def text(self) -> list[str]:
        """Lines to show: the numbers, a matrix row by row, or their range."""
        if self.size == 0:
            return ["empty"]
        items = self.items
        if items is not None:
            nested = isinstance(items, list) and isinstance(items[0], list)
            return [_written(row) for row in items] if nested else [_written(items)]
        lines = [f"min {_written(self.low)}  mean {_written(self.mean)}  max {_written(self.high)}"]
        if self.not_finite == self.size:
            lines = []
        return lines + [f"{self.not_finite} of {self.size} not finite"] * (self.not_finite > 0)

    def __repr__(self) -> str:
        return f"<Numbers of shape {self.shape}, {self.dtype}: {'; '.join(self.text())}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Numbers) and self._content() == other._content()

    def __hash__(self) -> int:
        return hash(self._content())

    def _content(self) -> tuple[Any, ...]:
        """All of it, such that NaN is equal to NaN."""
        arrays = [x if x is None else (x.shape, x.tobytes()) for x in (self.array, self.thumbnail)]
        known = np.array([self.low, self.mean, self.high]).tobytes()
        return self.shape, self.dtype, self.size, known, self.not_finite, self.zeros, self.histogram, *arrays


dtype_name = functools.lru_cache(str)  # NumPy puts it together each time


def _extremes(array: np.ndarray) -> tuple[float, float]:
    """The least and the greatest element; NaN if one of them is, or if there are none."""
    if not array.size:
        return math.nan, math.nan
    return float(np.minimum.reduce(array, None)), float(np.maximum.reduce(array, None))


def _mean(finite: np.ndarray, low: float, high: float) -> float:
    if not finite.size:
        return math.nan
    if max(-low, high) < 1e290:
        return float(np.add.reduce(finite, None, np.float64)) / finite.size
    return float(np.add.reduce(finite / finite.size, None))  # of the numbers themselves the sum may not be finite


def _histogram(finite: np.ndarray, low: float, high: float) -> tuple[int, ...]:
    if not finite.size:
        return (0,) * BINS
    half = 0.5 if finite.dtype.kind == "f" else 1  # so that the width of the range is finite too
    counts, _ = np.histogram(finite.astype(np.float64) * half, BINS, (low * half, high * half))
    return tuple(counts.tolist())


def _thumbnail(array: np.ndarray) -> np.ndarray:
    """Means of blocks; NaN where a block holds something that is not finite."""
    matrix = array.reshape(-1, array.shape[-1])
    with np.errstate(all="ignore"):
        for axis in (0, 1):
            starts = np.unique(np.linspace(0, matrix.shape[axis], SIDE, endpoint=False, dtype=np.int64))
            lengths = np.diff(starts, append=matrix.shape[axis])
            sums = np.add.reduceat(matrix, starts, axis, dtype=np.float64)
            matrix = sums / lengths.reshape((-1, 1) if axis == 0 else (1, -1))
        means = matrix.astype(np.float32)
    means[~np.isfinite(means)] = np.nan
    return means


def _written(x: Any) -> str:
    if isinstance(x, list):
        return "[" + ", ".join(map(_written, x)) + "]"
    return f"{x:.4g}" if isinstance(x, float) else str(x)
