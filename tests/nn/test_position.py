"""Position encodings: the formula, at any width and length."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad
from minigrad import nn
from minigrad.nn.position import sinusoidal_table


@given(st.integers(1, 40), st.integers(1, 9), st.data())
def test_the_formula(length, width, data):
    table = sinusoidal_table(length, width)
    t, i = data.draw(st.integers(0, length - 1)), data.draw(st.integers(0, width - 1))
    angle = t / 10000 ** ((i - i % 2) / width)
    assert table.shape == (length, width)
    assert table[t, i] == pytest.approx(math.cos(angle) if i % 2 else math.sin(angle))


@pytest.mark.parametrize("width", [1, 4, 5])
def test_any_length(width):
    encoding = nn.SinusoidalPositionEncoding(width)
    for length in (3, 100, 1, 250):
        y = encoding(minigrad.zeros(2, length, width))
        assert y.dtype == minigrad.float32
        np.testing.assert_allclose(y.array[1], sinusoidal_table(length, width), atol=1e-6)
    assert list(encoding.state_dict()) == []


def test_gradients_pass():
    x = minigrad.zeros(2, 3, 4, requires_grad=True)
    nn.SinusoidalPositionEncoding(4)(x).sum().backward()
    assert x.grad.tolist() == np.ones((2, 3, 4)).tolist()


def test_learned_positions():
    minigrad.manual_seed(0)
    encoding = nn.LearnedPositionEncoding(5, 4)
    x = minigrad.randn(2, 3, 4)
    np.testing.assert_allclose((encoding(x) - x).array, np.tile(encoding.weight.array[:3], (2, 1, 1)), atol=1e-6)
    encoding(x).sum().backward()
    assert encoding.weight.grad.array[:, 0].tolist() == [2.0, 2.0, 2.0, 0.0, 0.0]


def test_too_many_positions():
    with pytest.raises(minigrad.ShapeError, match=r"\(6, 4\) reaches to position 6.*num_positions = 5"):
        nn.LearnedPositionEncoding(5, 4)(minigrad.zeros(6, 4))


@pytest.mark.parametrize("encoding", [nn.SinusoidalPositionEncoding(4), nn.LearnedPositionEncoding(5, 4)])
def test_another_width(encoding):
    for shape in ((3, 5), (4,)):
        with pytest.raises(minigrad.ShapeError, match=r"positions, 4"):
            encoding(minigrad.zeros(shape))
