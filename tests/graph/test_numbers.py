"""What is kept of arrays, against NumPy."""

import numpy as np
import pytest

from minigrad.graph import Numbers
from minigrad.graph.numbers import BINS, KEPT, SIDE


def test_a_small_array_is_copied_whole() -> None:
    array = np.array([[1.0, -0.0], [np.nan, np.inf]], np.float32)
    numbers = Numbers.of(array)
    array[:] = 7
    np.testing.assert_array_equal(numbers.array, np.array([[1.0, -0.0], [np.nan, np.inf]], np.float32))
    assert (numbers.low, numbers.mean, numbers.high) == (0.0, 0.5, 1.0)
    assert (numbers.shape, numbers.dtype, numbers.size) == ((2, 2), "float32", 4)
    assert (numbers.not_finite, numbers.zeros) == (2, 1)
    assert (numbers.histogram, numbers.thumbnail) == ((), None)


def test_a_large_array_is_summed_up() -> None:
    array = np.random.default_rng(0).standard_normal((3, 70, 90)).astype(np.float32)
    array[0, 0, :3] = np.nan, np.inf, 0.0
    numbers = Numbers.of(array)
    finite = array[np.isfinite(array)].astype(np.float64)
    assert numbers.array is None
    assert (numbers.low, numbers.high) == (finite.min(), finite.max())
    assert numbers.mean == pytest.approx(finite.mean(), rel=1e-12)
    assert (numbers.not_finite, numbers.zeros) == (2, 1)
    assert numbers.histogram == tuple(np.histogram(finite, BINS)[0])
    assert numbers.thumbnail.shape == (SIDE, SIDE)
    assert np.isnan(numbers.thumbnail[0, 0])
    rows, columns = (np.linspace(0, n, SIDE, endpoint=False).astype(int) for n in (210, 90))
    block = array.reshape(210, 90)[rows[2] : rows[3], columns[5] : columns[6]]
    assert numbers.thumbnail[2, 5] == pytest.approx(block.mean(), rel=1e-5)


@pytest.mark.parametrize("shape", [(KEPT + 1,), (KEPT + 1, 1), (1, 2, 3 * KEPT)])
def test_thumbnails_of_narrow_arrays_have_no_empty_blocks(shape: tuple[int, ...]) -> None:
    numbers = Numbers.of(np.ones(shape, np.float32))
    np.testing.assert_array_equal(numbers.thumbnail, 1)
    assert max(numbers.thumbnail.shape) == SIDE


@pytest.mark.parametrize("value", [1.7e308, -1.7e308, np.nan, 0.0])
def test_extreme_numbers_are_no_trouble(value: float) -> None:
    array = np.full(KEPT + 2, value)
    array[1] = -value
    numbers = Numbers.of(array)
    assert np.isfinite(numbers.mean) or np.isnan(value)
    assert sum(numbers.histogram) == (0 if np.isnan(value) else KEPT + 2)


def test_whole_numbers_and_truth_values() -> None:
    assert Numbers.of(np.array([True, False, True])).zeros == 1
    assert Numbers.of(np.arange(7)).mean == 3.0
    assert sum(Numbers.of(np.arange(KEPT + 1)).histogram) == KEPT + 1
    assert sum(Numbers.of(np.ones(KEPT + 1, bool)).histogram) == KEPT + 1


def test_equal_is_what_has_equal_elements_nan_included() -> None:
    a, b = np.array([np.nan, 1.0]), np.array([np.nan, 2.0])
    assert Numbers.of(a) == Numbers.of(a)
    assert hash(Numbers.of(a)) == hash(Numbers.of(a))
    assert Numbers.of(a) != Numbers.of(b)
    assert Numbers.of(a) != Numbers.of(a.reshape(1, 2))
