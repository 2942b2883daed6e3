"""What a user holds: making, reading, converting, copying and comparing tensors; random numbers."""

import copy
import operator
import threading

import numpy as np
import pytest

import minigrad
from minigrad import tensor


def test_data_is_copied_or_shared_as_the_name_says():
    array = np.zeros(2, np.float32)
    copied, shared, again = tensor(array), minigrad.from_numpy(array), minigrad.as_tensor(array)
    array[0] = 5
    assert copied.tolist() == [0.0, 0.0]
    assert shared.tolist() == again.tolist() == [5.0, 0.0]
    assert minigrad.as_tensor(shared) is shared
    assert minigrad.as_tensor(shared, dtype=minigrad.float64).dtype == minigrad.float64
    assert shared.numpy() is array
    assert not np.shares_memory(tensor(copied).array, copied.array)
    assert not np.shares_memory(minigrad.Tensor(copied).array, copied.array)


def test_the_default_type_can_be_chosen():
    minigrad.set_default_dtype(minigrad.float64)
    try:
        assert tensor(1.5).dtype == minigrad.zeros(1).dtype == minigrad.randn(1).dtype == minigrad.float64
        assert (tensor([1]) / 2).dtype == minigrad.float64
        assert repr(tensor(1.5)) == "tensor(1.5000)"
        assert minigrad.nn.Linear(1, 1).weight.dtype == minigrad.float64
    finally:
        minigrad.set_default_dtype(minigrad.float32)
    assert minigrad.get_default_dtype() == minigrad.float32
    with pytest.raises(TypeError, match="int64"):
        minigrad.set_default_dtype(minigrad.int64)


def test_reading():
    x = tensor([[1.0, 2.0, 3.0]])
    assert x.shape == x.size() == (1, 3)
    assert x.size(-1) == 3
    assert (x.ndim, x.dim(), x.numel(), len(x)) == (2, 2, 3, 1)
    assert [row.tolist() for row in x] == [[1.0, 2.0, 3.0]]
    assert tensor(2.5).item() == float(tensor([[2.5]])) == 2.5
    assert int(tensor(2)) == 2
    assert ["a", "b"][tensor(1)] == "b"
    assert list(range(tensor(3))) == [0, 1, 2]
    assert f"{tensor(2.0):.3f}" == "2.000"
    assert f"{tensor([2.0])}" == "tensor([2.])"
    assert np.asarray(x) is x.array
    assert np.array(x, np.float64).dtype == np.float64
    assert 2.0 in x
    assert 7.0 not in x


def test_tensors_are_keys():
    x, y = tensor([1.0, 2.0]), tensor([1.0, 2.0])
    assert len({x, y, x}) == 2


@pytest.mark.parametrize("name", ["add", "sub", "mul", "truediv", "pow", "matmul"])
@pytest.mark.parametrize("left", [True, False])
def test_operators_take_numbers_and_arrays_on_both_sides(name, left):
    op = getattr(operator, name)
    x, array = tensor([1.0, 2.0], requires_grad=True), np.array([3.0, 4.0], np.float32)
    numbers = [3.0, 3, *([] if name == "sub" else [True]), np.float32(3), np.float64(3), np.int64(3), np.array(3.0)]
    for other in [array, *([] if name == "matmul" else numbers)]:
        y = op(other, x) if left else op(x, other)
        expected = op(other, x.array) if left else op(x.array, other)
        assert type(y) is minigrad.Tensor
        assert y.requires_grad
        assert y.dtype == minigrad.float32
        np.testing.assert_allclose(y.array, expected, rtol=1e-6)


@pytest.mark.parametrize("name", ["lt", "le", "gt", "ge", "eq", "ne"])
def test_comparisons(name):
    op = getattr(operator, name)
    x, y = tensor([1.0, 2.0, 3.0]), tensor([3, 2, 1])
    assert op(x, y).tolist() == op(x.array, y.array).tolist()
    assert op(x, 2).tolist() == op(x.array, 2).tolist()
    assert op(2, x).tolist() == op(2, x.array).tolist()
    assert op(x, y).dtype == minigrad.bool


def test_logic():
    a, b = tensor([True, True, False]), tensor([True, False, False])
    assert (a & b).tolist() == [True, False, False]
    assert (a | b).tolist() == [True, True, False]
    assert (~a).tolist() == [False, False, True]
    assert (tensor([6]) & tensor([3])).tolist() == [2]
    assert a.logical_and(b).tolist() == [True, False, False]
    assert tensor([2.0, 0.0]).logical_not().tolist() == [False, True]
    assert tensor([1.0, np.nan, np.inf]).isnan().tolist() == [False, True, False]
    assert tensor([1.0, np.nan, np.inf]).isfinite().tolist() == [True, False, False]
    assert a.any()
    assert not a.all()


UNARY = [
    "abs",
    "exp",
    "log",
    "sqrt",
    "rsqrt",
    "sin",
    "cos",
    "tanh",
    "sigmoid",
    "relu",
    "sign",
    "neg",
    "sum",
    "mean",
    "var",
    "std",
    "amax",
    "amin",
    "argmax",
    "argmin",
    "flatten",
    "tril",
    "triu",
    "unbind",
    "clone",
    "isnan",
    "isfinite",
    "logical_not",
    "squeeze",
]


def test_methods_are_the_functions():
    """What exists as a function of a tensor and as its method is the same."""
    x = tensor([[0.5, 2.0], [3.0, 0.25]])
    for name in UNARY:
        one, other = getattr(x, name)(), getattr(minigrad, name)(x)
        for a, b in zip(*([r if isinstance(r, tuple) else (r,) for r in (one, other)]), strict=True):
            assert minigrad.equal(a, b)


def test_allclose_and_equal():
    x = tensor([1.0, 2.0])
    assert minigrad.allclose(x, x + 1e-7)
    assert not minigrad.allclose(x, x + 1e-2)
    assert minigrad.equal(x, x.clone())
    assert not minigrad.equal(x, tensor([1.0]))


def test_conversions_carry_gradients_between_floats():
    x = tensor([1.0, 2.0], requires_grad=True)
    y = x.double()
    assert y.dtype == minigrad.float64
    (y * y).sum().backward()
    assert x.grad.dtype == minigrad.float32
    assert x.grad.tolist() == [2.0, 4.0]
    assert x.to(minigrad.float32) is x
    assert x.to("cpu") is x
    assert x.float() is x
    assert x.long().dtype == minigrad.int64
    assert x.int().dtype == minigrad.int32
    assert x.bool().tolist() == [True, True]
    assert x.to(np.float16).dtype == minigrad.half
    with pytest.raises(TypeError, match="complex64"):
        x.to(np.complex64)


def test_data_and_detach():
    x = tensor([1.0], requires_grad=True)
    assert not x.data.requires_grad
    assert not (x * 2).detach().requires_grad
    y = (x * 2).detach_()
    assert y.is_leaf
    assert not y.requires_grad
    x.data = tensor([3.0])
    assert x.requires_grad
    assert x.tolist() == [3.0]


def test_deep_copies():
    x = tensor([1.0], requires_grad=True)
    (x * 2).sum().backward()
    y = copy.deepcopy({"x": x, "again": x})
    assert y["x"] is y["again"]
    assert y["x"].requires_grad
    assert y["x"].grad.tolist() == [2.0]
    for a, b in ((x, y["x"]), (x.grad, y["x"].grad)):
        assert not np.shares_memory(a.array, b.array)


def test_attributes_can_be_added():
    x = tensor([1.0])
    x.name = "x"
    assert copy.deepcopy(x).name == "x"


def test_broadcasting_takes_no_memory():
    assert minigrad.ones(1).expand(1000, 1000).array.strides == (0, 0)


def test_seeds():
    minigrad.manual_seed(7)
    first = [minigrad.rand(3), minigrad.randn(3), minigrad.randint(0, 9, (3,)), minigrad.randperm(5)]
    minigrad.manual_seed(7)
    again = [minigrad.rand(3), minigrad.randn(3), minigrad.randint(0, 9, (3,)), minigrad.randperm(5)]
    assert all(map(minigrad.equal, first, again))
    assert sorted(again[3].tolist()) == list(range(5))
    minigrad.manual_seed(8)
    assert not minigrad.equal(minigrad.rand(3), first[0])
    minigrad.manual_seed(-1)


def test_generators_are_independent_and_can_be_continued():
    g = minigrad.Generator().manual_seed(0)
    minigrad.manual_seed(0)
    expected = minigrad.rand(4)
    minigrad.rand(3)
    assert minigrad.equal(minigrad.rand(4, generator=g), expected)
    state = g.get_state()
    one = minigrad.randn(3, generator=g)
    assert minigrad.equal(minigrad.randn(3, generator=minigrad.Generator().set_state(state)), one)


def test_ranges_of_random_numbers():
    g = minigrad.Generator().manual_seed(0)
    for dtype in (minigrad.float16, minigrad.float32, minigrad.float64):
        x = minigrad.rand(100_000, generator=g, dtype=dtype)
        assert x.dtype == dtype
        assert x.min().item() >= 0
        assert x.max().item() < 1
    n = minigrad.randint(2, 5, (1000,), generator=g)
    assert set(n.tolist()) == {2, 3, 4}
    assert set(minigrad.randint(2, (1000,), generator=g).tolist()) == {0, 1}
    x = minigrad.randn(100_000, generator=g)
    assert abs(x.mean().item()) < 0.02
    assert x.std().item() == pytest.approx(1, abs=0.01)


def test_ops_on_many_threads():
    """Ticks and modes are kept apart or counted safely."""
    results = []

    def run():
        x = tensor([2.0], requires_grad=True)
        for _ in range(50):
            y = x
            for _ in range(20):
                y = y * 1.0 + 0.0
            y.backward()
        results.append(x.grad.item())

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [50.0] * 4
