"""The methods that change a tensor in place are made of those that do not; assigning to parts has exact gradients."""

import numpy as np
import pytest

import minigrad
from minigrad import Tensor
from minigrad.autograd import grad, gradcheck, gradgradcheck
from minigrad.in_place import InPlace

MADE = sorted(name for name in vars(InPlace) if name.endswith("_") and not name.startswith("_"))
DRAWN = ["bernoulli_", "exponential_", "normal_", "random_", "uniform_"]
OTHERS = [*DRAWN, "copy_", "fill_", "zero_", "fill_diagonal_", "apply_", "map_"]


def double(*shape):
    generator = minigrad.Generator().manual_seed(0)
    return minigrad.randn(*shape, generator=generator, dtype=minigrad.float64).requires_grad_()


@pytest.mark.parametrize("name", [name for name in MADE if name not in OTHERS])
def test_each_has_a_method_that_gives_a_new_tensor(name):
    assert callable(getattr(Tensor, name[:-1]))


@pytest.mark.parametrize("name", ["exp_", "neg_", "abs_", "floor_", "relu_", "sigmoid_", "tril_", "logical_not_"])
def test_in_place_is_as_out_of_place(name):
    x = minigrad.tensor([[0.5, -1.5], [2.0, 3.0]])
    expected, array = getattr(x, name[:-1])().tolist(), x.array
    assert getattr(x, name)() is x
    assert x.tolist() == expected
    assert np.shares_memory(x.array, array)


@pytest.mark.parametrize("name", DRAWN)
def test_random_numbers_in_place_can_be_repeated(name):
    one, two = (getattr(minigrad.zeros(100), name)(generator=minigrad.Generator().manual_seed(3)) for _ in range(2))
    assert minigrad.equal(one, two)
    assert one.abs().sum() > 0


def test_random_numbers_in_place_lie_where_they_should():
    x = minigrad.zeros(1000)
    x.uniform_(2, 3)
    assert 2 <= x.min().item() < x.max().item() <= 3
    assert abs(x.normal_(5, 0.1).mean().item() - 5) < 0.05
    assert x.bernoulli_(0.5).unique().tolist() == [0.0, 1.0]
    assert x.random_(3).unique().tolist() == [0.0, 1.0, 2.0]
    assert x.long().random_(4, 6).unique().tolist() == [4, 5]


def test_what_was_written_over_gets_no_gradient():
    value = double(3)
    x = minigrad.zeros(2, dtype=minigrad.float64)
    x[minigrad.tensor([0, 1, 0])] = value
    x.sum().backward()
    assert x.tolist() == [value[2].item(), value[1].item()]
    assert value.grad.tolist() == [0.0, 1.0, 1.0]


def test_assigning_again_and_over():
    def function(x, v):
        y = x * 2
        y[0] = v * v
        y[minigrad.tensor([1])] = v * v * v
        y[1:] = y.clone()[0] * v
        return y * y

    x, v = double(3, 2), double(2)
    assert gradcheck(function, (x, v))
    assert gradgradcheck(function, (x, v))


def test_part_of_a_longer_source_is_scattered():
    x, source = double(2, 2), double(3, 3)
    index = minigrad.tensor([[1, 0]])
    for method in ("scatter", "scatter_add"):
        assert gradcheck(lambda x, s, method=method: getattr(x, method)(0, index, s), (x, source))


def test_assigning_keeps_what_was_saved():
    x = double(3)
    y = x * 1
    z = (y * y).sum()
    y[0] = 5.0
    (z + y.sum()).backward()
    np.testing.assert_allclose(x.grad.array, 2 * x.array + [0.0, 1.0, 1.0])


def test_slices_add_up_as_if_one_by_one():
    """The sum that slices are added to in place is nobody else's."""
    x = double(4, 4)
    y = x * 1
    total = sum((y[t] * y[t - 1]).sum() for t in range(4)) + (y * y).sum() + y[y > 0].sum() + y[[0, 0]].sum()
    (fast,) = grad(total, x, retain_graph=True)
    (recorded,) = grad(total, x, create_graph=True)
    np.testing.assert_allclose(fast.array, recorded.array)


def test_a_gradient_that_is_handed_to_two_is_not_added_to():
    x, y = double(3), double(3)
    early = x[1:].sum() * 3
    ((x + y).sum() + early).backward()
    assert x.grad.tolist() == [1.0, 4.0, 4.0]
    assert y.grad.tolist() == [1.0, 1.0, 1.0]


def test_a_freed_slice_says_so():
    y = double(3)[1:]
    y.sum().backward()
    with pytest.raises(RuntimeError, match="freed"):
        y.sum().backward()
