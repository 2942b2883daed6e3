"""Positions that act inside attention: what depends on distance depends on nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad
from minigrad import nn
from minigrad.autograd import gradcheck


@given(st.integers(1, 6).map(lambda n: 2 * n), st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_rotary_scores_depend_on_the_distance_alone(width, i, j, shift):
    rng = np.random.default_rng(width)
    q, k = (minigrad.from_numpy(rng.standard_normal((1, width))) for _ in range(2))
    rotary = nn.RotaryPositionEncoding(width)
    here = rotary.rotate(q, i) @ rotary.rotate(k, j).mT
    there = rotary.rotate(q, i + shift) @ rotary.rotate(k, j + shift).mT
    np.testing.assert_allclose(here.array, there.array, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(rotary.rotate(q, i).array), np.linalg.norm(q.array))


def test_rotary_turns_by_the_paper():
    """Pair m at position t is turned by t · base^(-2m/d)."""
    x = minigrad.from_numpy(np.random.default_rng(0).standard_normal((5, 6)))
    y = nn.RotaryPositionEncoding(6).rotate(x).array
    for t in range(5):
        for m in range(3):
            before = x.array[t, m] + 1j * x.array[t, m + 3]
            after = y[t, m] + 1j * y[t, m + 3]
            assert after == pytest.approx(before * np.exp(1j * t * 10000 ** (-2 * m / 6)))


def test_rotary_gradients():
    x = minigrad.randn(3, 4, dtype=minigrad.float64, requires_grad=True)
    assert gradcheck(lambda x: nn.RotaryPositionEncoding(4).rotate(x, 2), x)


def test_alibi_by_the_paper():
    alibi = nn.ALiBi(8)
    slopes = [-alibi.bias(head, 1, 2).array[0, 1] for head in range(8)]
    assert slopes == [1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 64, 1 / 128, 1 / 256]
    np.testing.assert_array_equal(alibi.bias(0, 1, 4, start=3).array, [[-1.5, -1.0, -0.5, 0.0]])


def test_alibi_prefers_what_is_near():
    minigrad.manual_seed(0)
    attention = nn.MultiheadAttention(8, 2, batch_first=True, positions=nn.ALiBi(2))
    x = minigrad.randn(1, 1, 8).expand(1, 6, 8)
    _, weights = attention(x, x, x, average_attn_weights=False)
    assert (np.diff(weights.array[0, :, 0]) < 0).all()


@pytest.mark.parametrize("positions", [nn.RotaryPositionEncoding(4), nn.ALiBi(2)])
def test_attention_sees_order_by_them(positions):
    minigrad.manual_seed(0)
    attention, x = nn.MultiheadAttention(8, 2, batch_first=True, positions=positions), minigrad.randn(1, 4, 8)
    order = [2, 0, 3, 1]
    shuffled = x[:, order]
    assert not minigrad.allclose(attention(shuffled, shuffled, shuffled)[0], attention(x, x, x)[0][:, order], atol=1e-3)
    assert positions(x) is x
    assert list(attention.state_dict()) == list(nn.MultiheadAttention(8, 2).state_dict())


def test_where_each_acts():
    assert {cls.__name__: cls.acts_on for cls in nn.PositionEncoding.__subclasses__()} == {
        "NoPositionEncoding": "nothing",
        "SinusoidalPositionEncoding": "input",
        "LearnedPositionEncoding": "input",
        "RotaryPositionEncoding": "queries and keys",
        "ALiBi": "scores",
    }


def test_bad_input():
    with pytest.raises(ValueError, match=r"head_dim = 5 is odd.*6 would do"):
        nn.RotaryPositionEncoding(5)
    with pytest.raises(minigrad.ShapeError, match=r"\(3, 6\) must be \(..., positions, 4\)"):
        nn.RotaryPositionEncoding(4).rotate(minigrad.zeros(3, 6))
    with pytest.raises(ValueError, match="head = 2 is not one of num_heads = 2"):
        nn.ALiBi(2).bias(2, 3, 3)
    attention = nn.MultiheadAttention(8, 2, batch_first=True, positions=nn.RotaryPositionEncoding(8))
    with pytest.raises(minigrad.ShapeError, match=r"\(1, 3, 4\) must be \(..., positions, 8\)"):
        attention(*[minigrad.zeros(1, 3, 8)] * 3)
