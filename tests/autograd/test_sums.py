"""Sums as products with ones beside NumPy's own."""

import itertools

import numpy as np
import pytest

import minigrad
from minigrad.autograd.sums import dots, total

SHAPES = [(64, 20), (2, 3, 64, 20), (300,), (1, 512), (512, 1), (0, 400), (4, 2000), (3, 4), (2, 8, 16, 2)]
rng = np.random.default_rng(0)


def all_dims(ndim):
    return [dims for n in range(1, ndim + 1) for dims in itertools.combinations(range(ndim), n)]


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int64"])
@pytest.mark.parametrize("shape", SHAPES)
def test_sums_are_numpys(shape, dtype):
    x = (rng.standard_normal(shape) * 8).astype(dtype)
    for layout, dims, keepdims in itertools.product((1, -1), all_dims(len(shape)), (False, True)):
        y = x[..., ::layout]
        ours, theirs = total(y, dims, keepdims), y.sum(dims, keepdims=keepdims)
        assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
        size = np.abs(y).sum(dims, keepdims=keepdims) * np.finfo(dtype).eps if ours.dtype.kind == "f" else 0
        assert (np.abs(ours - theirs) <= 4 * size).all()


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@pytest.mark.parametrize("shape", [(64, 20), (2, 3, 64, 20), (3, 4), (50, 40), (2, 2000), (0, 8), (300,), (40, 1)])
@pytest.mark.parametrize("swapped", [False, True])
def test_dots_are_sums_of_products(shape, dtype, swapped):
    a, b = ((rng.standard_normal(shape) * 4).astype(dtype) for _ in "ab")
    if swapped and len(shape) > 2:  # as heads of attention lie in memory
        a, b = a.swapaxes(0, -2), b.copy().swapaxes(0, -2)
    for dims in [(a.ndim - 1,), (0,), tuple(range(a.ndim))]:
        found, products = dots(a, b, dims), a.astype(float) * b
        assert found.dtype == a.dtype
        assert found.shape == products.sum(dims, keepdims=True).shape
        bound = 4 * np.abs(products).sum(dims, keepdims=True) * np.finfo(dtype).eps
        assert (np.abs(found - products.sum(dims, keepdims=True)) <= bound).all()


def test_dimensions_may_be_named_in_any_order():
    x = rng.standard_normal((8, 8, 8))
    np.testing.assert_allclose(total(x, (1, 0)), x.sum((0, 1)), rtol=1e-12)
    np.testing.assert_allclose(total(x, (2, 1), keepdims=True), x.sum((1, 2), keepdims=True), rtol=1e-12)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_stays_in_its_own_sum(odd):
    x = np.ones((40, 24), np.float32)
    x[7, 5] = odd
    for dim, place in ((0, 5), (1, 7)):
        sums = total(x, (dim,))
        np.testing.assert_array_equal(sums[place], odd)
        assert (np.delete(sums, place) == x.shape[dim]).all()


def test_a_gradient_is_summed_over_a_batch_as_over_its_rows_one_by_one():
    x, w = (minigrad.tensor(rng.standard_normal(n), requires_grad=True) for n in ((64, 20), (20,)))
    (x * w).sum().backward()
    np.testing.assert_allclose(w.grad.array, x.array.sum(0), rtol=1e-12)
