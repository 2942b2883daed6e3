"""Numbers drawn at random: in range, as likely as they should be, and repeatable."""

import numpy as np
import pytest

import minigrad


def seeded(seed=0):
    return minigrad.Generator().manual_seed(seed)


def test_like():
    x = minigrad.zeros(2, 3, dtype=minigrad.float64)
    for y in (minigrad.rand_like(x), minigrad.randn_like(x), minigrad.randint_like(x, 5), minigrad.empty_like(x)):
        assert (y.shape, y.dtype) == (x.shape, x.dtype)
    y = minigrad.randint_like(x, 3, 5, dtype=minigrad.int64)
    assert y.dtype == minigrad.int64
    assert 3 <= y.min().item() <= y.max().item() < 5
    assert minigrad.randn_like(x, requires_grad=True).requires_grad


def test_types_and_gradients_as_asked_for():
    assert minigrad.randint(0, 3, (2,), dtype=minigrad.int8).dtype == minigrad.int8
    assert minigrad.randperm(4, dtype=minigrad.int32).dtype == minigrad.int32
    assert minigrad.randint(3, (2,), dtype=minigrad.float32, requires_grad=True).requires_grad


def test_normal():
    x = minigrad.normal(minigrad.tensor([0.0, 100.0]), minigrad.tensor([[1.0], [2.0]]), generator=seeded())
    assert x.shape == (2, 2)
    assert (x[:, 1] > 50).all()
    many = minigrad.normal(3.0, 0.5, (5000,), generator=seeded())
    assert many.dtype == minigrad.float32
    assert abs(many.mean().item() - 3) < 0.05
    assert abs(many.std().item() - 0.5) < 0.05
    with pytest.raises(ValueError, match="std"):
        minigrad.normal(0.0, -1.0, (2,))


def test_bernoulli():
    x = minigrad.bernoulli(minigrad.full((5000,), 0.3), generator=seeded())
    assert x.dtype == minigrad.float32
    assert abs(x.mean().item() - 0.3) < 0.03
    with pytest.raises(ValueError, match="probabilities"):
        minigrad.bernoulli(minigrad.tensor([1.5]))


@pytest.mark.parametrize("replacement", [False, True])
def test_multinomial(replacement):
    weights = minigrad.tensor([[1.0, 0.0, 3.0], [2.0, 2.0, 0.0]])
    drawn = minigrad.multinomial(weights, 2, replacement, generator=seeded())
    assert (drawn.shape, drawn.dtype) == ((2, 2), minigrad.int64)
    if not replacement:
        assert [sorted(row) for row in drawn.tolist()] == [[0, 2], [0, 1]]
    first = [
        minigrad.multinomial(weights, 1, replacement, generator=generator)[0].item()
        for generator in [seeded()]
        for _ in range(2000)
    ]
    assert abs(np.mean(np.array(first) == 2) - 0.75) < 0.04
    assert 1 not in first


def test_multinomial_refuses():
    for weights, count in [([0.0, 0.0], 1), ([-1.0, 2.0], 1), ([1.0, 0.0], 2), ([float("nan")], 1), ([1.0], 0)]:
        with pytest.raises((ValueError, RuntimeError), match="multinomial"):
            minigrad.multinomial(minigrad.tensor(weights), count)


def test_the_state_can_be_set_back():
    state = minigrad.get_rng_state()
    x = minigrad.randn(3)
    minigrad.set_rng_state(state)
    assert minigrad.equal(minigrad.randn(3), x)


def test_what_shares_memory():
    array = np.zeros(2)
    for make in (minigrad.as_tensor, minigrad.asarray, minigrad.from_numpy):
        assert np.shares_memory(make(array).array, array)
    assert not np.shares_memory(minigrad.asarray(array, copy=True).array, array)
    assert not np.shares_memory(minigrad.tensor(array).array, array)
    assert not np.shares_memory(minigrad.as_tensor(array, dtype=minigrad.float32).array, array)
    x = minigrad.ones(2)
    assert minigrad.as_tensor(x) is x
    assert minigrad.asarray(x) is x
    assert minigrad.is_tensor(x)
    assert not minigrad.is_tensor(array)
    assert minigrad.numel(minigrad.ones(2, 3)) == 6
