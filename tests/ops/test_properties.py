"""What holds for all shapes, types and indices, tried on many."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import minigrad
from minigrad.autograd.backward import unbroadcast

SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
PAIRS = hnp.mutually_broadcastable_shapes(num_shapes=2, min_dims=0, max_dims=4, min_side=0, max_side=4)
BINARY = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.true_divide,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "lt": np.less,
    "eq": np.equal,
    "logical_and": np.logical_and,
}


def numbers(shape):
    """Different numbers from 1 up, in no order."""
    n = int(np.prod(shape))
    return np.random.default_rng(n).permutation(n).reshape(shape) + 1.0


@given(PAIRS, st.sampled_from(sorted(BINARY)))
def test_broadcasting_is_numpys(pair, name):
    a, b = (numbers(shape) for shape in pair.input_shapes)
    y = getattr(minigrad, name)(minigrad.tensor(a), minigrad.tensor(b))
    np.testing.assert_array_equal(y.array, BINARY[name](a, b))
    assert y.shape == pair.result_shape


@given(PAIRS)
def test_gradients_have_the_shapes_of_the_inputs_and_count_uses(pair):
    inputs = [minigrad.tensor(numbers(shape), requires_grad=True) for shape in pair.input_shapes]
    (inputs[0] + inputs[1]).sum().backward()
    for x in inputs:
        uses = np.prod(pair.result_shape) / x.array.size if x.array.size else 0
        np.testing.assert_array_equal(x.grad.array, np.full(x.shape, uses))


@given(SHAPES, SHAPES)
def test_shapes_that_do_not_broadcast_are_refused(a, b):
    try:
        np.broadcast_shapes(a, b)
    except ValueError:
        with pytest.raises(minigrad.ShapeError) as caught:
            minigrad.ones(a) + minigrad.ones(b)
        assert all(word in str(caught.value) for word in ("add", str(a), str(b)))


@given(PAIRS)
def test_sum_to_size_reverses_broadcasting(pair):
    small, large = pair.input_shapes[0], pair.result_shape
    x = minigrad.tensor(numbers(small))
    again = x.expand(large).sum_to_size(small)
    assert again.shape == small
    uses = np.prod(large) / x.array.size if x.array.size else 0
    np.testing.assert_array_equal(again.array, x.array * uses)
    assert unbroadcast(np.ones(large), small).shape == small


@st.composite
def reductions(draw):
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=4, min_side=1, max_side=4))
    dims = draw(st.lists(st.integers(0, max(len(shape) - 1, 0)), unique=True, max_size=len(shape)))
    signed = [d - len(shape) if draw(st.booleans()) else d for d in dims]
    return shape, tuple(signed) or None, draw(st.booleans())


@given(reductions(), st.sampled_from(["sum", "mean", "amax", "amin", "var", "any", "all", "logsumexp"]))
def test_reductions_are_numpys(how, name):
    shape, dim, keepdim = how
    x = numbers(shape)
    given = minigrad.tensor(x)
    y = getattr(given, name)(dim, keepdim=keepdim, **({"correction": 0} if name == "var" else {}))
    reference = {
        "logsumexp": lambda x, **how: np.log(np.exp(x - 50).sum(**how)) + 50,
        "amax": np.max,
        "amin": np.min,
    }.get(name) or getattr(np, name)
    np.testing.assert_allclose(y.array, reference(x, axis=dim, keepdims=keepdim))


@given(reductions())
def test_gradients_of_sums_are_ones(how):
    shape, dim, keepdim = how
    x = minigrad.tensor(numbers(shape), requires_grad=True)
    x.sum(dim, keepdim).sum().backward()
    np.testing.assert_array_equal(x.grad.array, np.ones(shape))


@st.composite
def indexing(draw):
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4))
    kind = draw(st.sampled_from(["basic", "integers", "mask"]))
    if kind == "basic":
        index = draw(hnp.basic_indices(shape, max_dims=5, allow_newaxis=True, allow_ellipsis=True))
    elif kind == "integers":
        index = draw(hnp.integer_array_indices(shape, result_shape=hnp.array_shapes(max_dims=2, max_side=3)))
    else:
        index = draw(hnp.arrays(bool, shape[: draw(st.integers(1, len(shape)))]))
    return shape, index


def as_tensors(index):
    if isinstance(index, np.ndarray):
        return minigrad.tensor(index)
    return tuple(map(as_tensors, index)) if isinstance(index, tuple) else index


@given(indexing())
def test_indexing_is_numpys_and_its_gradient_counts(how):
    shape, index = how
    x = minigrad.tensor(numbers(shape), requires_grad=True)
    y = x[as_tensors(index)]
    np.testing.assert_array_equal(y.array, x.array[index])
    y.sum().backward()
    counts = np.zeros(shape)
    np.add.at(counts, index, 1)
    np.testing.assert_array_equal(x.grad.array, counts)


@given(indexing(), st.booleans())
def test_assigning_is_numpys(how, by_tensor):
    shape, index = how
    ours, theirs = minigrad.tensor(numbers(shape)), numbers(shape)
    ours[as_tensors(index)] = minigrad.tensor(-1.0, dtype=ours.dtype) if by_tensor else -1.0
    theirs[index] = -1.0
    np.testing.assert_array_equal(ours.array, theirs)


@given(hnp.array_shapes(max_dims=3, min_side=0, max_side=5), st.data())
def test_cat_puts_together_what_split_cut(shape, data):
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    x = minigrad.tensor(numbers(shape), requires_grad=True)
    parts = x.split(data.draw(st.integers(1, 6)), dim)
    assert minigrad.equal(minigrad.cat(parts, dim), x)
    assert minigrad.equal(minigrad.cat(x.chunk(3, dim), dim), x)
    if shape[dim]:
        assert minigrad.equal(minigrad.stack(x.unbind(dim), dim), x)
    (minigrad.cat(parts, dim) * x).sum().backward()
    np.testing.assert_array_equal(x.grad.array, 2 * x.array)


@given(SHAPES, st.data())
def test_permuting_and_back(shape, data):
    order = data.draw(st.permutations(range(len(shape))))
    x = minigrad.tensor(numbers(shape))
    y = x.permute(*order)
    assert y.shape == tuple(shape[d] for d in order)
    assert minigrad.equal(y.permute(*np.argsort(order).tolist()), x)


@given(hnp.array_shapes(min_dims=1, max_dims=3), st.floats(-50, 50), st.data())
def test_softmax_is_a_distribution_that_ignores_shifts(shape, shift, data):
    dim = data.draw(st.integers(-len(shape), len(shape) - 1))
    x = minigrad.tensor(numbers(shape) / 10)
    y = x.softmax(dim)
    np.testing.assert_allclose(y.sum(dim).array, 1.0)
    np.testing.assert_allclose((x + shift).softmax(dim).array, y.array, rtol=1e-9)
    np.testing.assert_allclose(x.log_softmax(dim).exp().array, y.array, rtol=1e-9)


@given(st.lists(st.floats(-1e30, 1e30), min_size=1, max_size=4))
def test_stable_functions_stay_finite(values):
    x = minigrad.tensor(values, requires_grad=True)
    loss = (
        x.softmax(0).sum()
        + x.sigmoid().sum()
        + x.tanh().sum()
        + minigrad.nn.functional.cross_entropy(x / 1e20, minigrad.tensor(0))
    )
    loss.backward()
    assert np.isfinite(loss.item())
    assert np.isfinite(x.grad.array).all()


def test_no_float64_where_there_was_none():
    """NumPy's scalars and integers do not widen float32."""
    x = minigrad.tensor([1.0, 2.0], requires_grad=True)
    one = minigrad.tensor(1.0, requires_grad=True)
    for y in (
        x * np.float64(2),
        np.float64(2) * x,
        one * np.float64(2),
        np.float32(2) + one,
        x + minigrad.tensor([1, 2]),
        x * minigrad.tensor(2.0).double(),
        minigrad.cat([minigrad.tensor([1]), x]),
        minigrad.where(minigrad.tensor([True, False]), x, np.float64(1)),
        x.clamp(np.float64(0.5), 3),
        x.masked_fill(x > 1, np.float64(3)),
        minigrad.tensor([1]) / 2,
        minigrad.tensor([1]).sigmoid(),
        minigrad.tensor([1]).exp(),
        minigrad.tensor([1]).tanh(),
        minigrad.tensor([1]).clamp(0.5),
        x.var(),
        one.softmax(0),
        x ** np.float64(2),
    ):
        assert y.dtype == minigrad.float32
        if y.requires_grad:
            x.grad = one.grad = None
            y.sum().backward()
            assert {g.dtype for g in (x.grad, one.grad) if g is not None} == {minigrad.float32}


@pytest.mark.parametrize("name", ["max", "min", "median", "mode", "cummax"])
@pytest.mark.parametrize("options", [{}, {"keepdim": True}], ids=str)
def test_positions_belong_to_the_user(name, options):
    """Changing them does not change where the gradient goes."""
    x = minigrad.tensor([[1.0, 3.0, 2.0], [3.0, 2.0, 2.0]], requires_grad=True)
    options = {} if name == "cummax" else options
    gradients = []
    for change in (False, True):
        values, indices = getattr(x, name)(dim=1, **options)
        if change:
            indices.fill_(2)
        gradients += minigrad.autograd.grad(values.sum(), x)
    assert minigrad.equal(*gradients)


@pytest.mark.parametrize("name", ["var", "std", "var_mean", "std_mean", "cov"])
def test_a_variance_of_one_element_warns_where_it_was_asked_for(name):
    with pytest.warns(UserWarning, match="correction = 1 should be less than the number of") as caught:
        result = getattr(minigrad, name)(minigrad.tensor([3.0]))
    assert [w.filename for w in caught] == [__file__]
    assert np.isnan((result[0] if isinstance(result, tuple) else result).item())


def test_numbers_that_are_not_representable_warn_as_in_numpy():
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        minigrad.tensor([0.0]).log()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        minigrad.tensor([-1000.0, 1000.0]).softmax(0)


@given(st.floats(-1e3, 1e3, width=32), st.integers(2, 9), st.sampled_from([minigrad.float32, minigrad.float64]))
def test_equal_elements_do_not_vary(value, n, dtype):
    x = minigrad.full((n,), value, dtype=dtype, requires_grad=True)
    deviation = x.std()
    assert deviation.item() == 0
    (gradient,) = minigrad.autograd.grad(deviation, x)
    assert not gradient.any()
