"""Layers, initial weights, dropout and losses as modules."""

import math

import numpy as np
import pytest

import minigrad
from minigrad import nn
from minigrad.nn import functional as F  # noqa: N812
from minigrad.nn import init


@pytest.fixture(autouse=True)
def _seed():
    minigrad.manual_seed(0)


def spread(x):
    return float(x.array.mean()), float(x.array.std())


@pytest.mark.parametrize(
    ("fill", "bound"),
    [
        (lambda w: init.uniform_(w, -0.5, 0.5), 0.5),
        (init.xavier_uniform_, math.sqrt(6 / 500)),
        (lambda w: init.xavier_uniform_(w, gain=2.0), 2 * math.sqrt(6 / 500)),
        (lambda w: init.kaiming_uniform_(w, a=math.sqrt(5)), 1 / math.sqrt(300)),
        (lambda w: init.kaiming_uniform_(w, nonlinearity="relu"), math.sqrt(6 / 300)),
        (lambda w: init.kaiming_uniform_(w, nonlinearity="relu", mode="fan_out"), math.sqrt(6 / 200)),
    ],
)
def test_even_spreads(fill, bound):
    w = nn.Parameter(minigrad.empty(200, 300))
    assert fill(w) is w
    mean, std = spread(w)
    assert np.abs(w.array).max() <= bound * (1 + 1e-6)
    assert np.abs(w.array).max() > 0.99 * bound
    assert abs(mean) < 0.01 * bound
    assert std == pytest.approx(bound / math.sqrt(3), rel=0.01)


@pytest.mark.parametrize(
    ("fill", "expected"),
    [
        (init.normal_, 1.0),
        (lambda w: init.normal_(w, std=0.02), 0.02),
        (init.xavier_normal_, math.sqrt(2 / 500)),
        (lambda w: init.kaiming_normal_(w, nonlinearity="relu"), math.sqrt(2 / 300)),
        (lambda w: init.kaiming_normal_(w, nonlinearity="tanh", mode="fan_out"), 5 / 3 / math.sqrt(200)),
    ],
)
def test_normal_spreads(fill, expected):
    w = minigrad.empty(200, 300)
    fill(w)
    mean, std = spread(w)
    assert abs(mean) < 0.02 * expected
    assert std == pytest.approx(expected, rel=0.01)
    assert w.dtype == minigrad.float32


def test_constants_and_convolution_like_weights():
    assert init.ones_(minigrad.empty(2)).tolist() == [1.0, 1.0]
    assert init.zeros_(minigrad.empty(2)).tolist() == [0.0, 0.0]
    assert init.constant_(minigrad.empty(1), 0.5).tolist() == [0.5]
    w = init.kaiming_uniform_(minigrad.empty(20, 30, 2, 2), nonlinearity="relu")
    assert np.abs(w.array).max() == pytest.approx(math.sqrt(6 / 120), rel=0.01)
    assert init.calculate_gain("leaky_relu", 1.0) == 1.0


def test_the_same_seed_gives_the_same_weights():
    minigrad.manual_seed(3)
    one = nn.Linear(4, 4)
    minigrad.manual_seed(3)
    assert minigrad.equal(one.weight, nn.Linear(4, 4).weight)
    assert not minigrad.equal(one.weight, nn.Linear(4, 4).weight)


def test_linear_starts_as_in_torch():
    linear = nn.Linear(100, 200)
    assert np.abs(linear.weight.array).max() == pytest.approx(0.1, rel=0.01)
    assert np.abs(linear.bias.array).max() == pytest.approx(0.1, rel=0.05)
    assert nn.Linear(2, 2, bias=False).bias is None


def test_dropout_keeps_the_mean_and_uses_one_mask():
    x = minigrad.ones(200, 200, requires_grad=True)
    y = nn.Dropout(0.3)(x)
    assert set(np.unique(y.array).tolist()) == {0.0, float(np.float32(1 / 0.7))}
    assert float(y.array.mean()) == pytest.approx(1.0, rel=0.01)
    assert y.dtype == minigrad.float32
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.array, y.array)
    assert not minigrad.equal(y, nn.Dropout(0.3)(x))


def test_dropout_off():
    x = minigrad.randn(3, 3)
    assert minigrad.equal(nn.Dropout(0.5).eval()(x), x)
    assert minigrad.equal(nn.Dropout(0.0)(x), x)
    assert not nn.Dropout(1.0)(x).any()
    number = minigrad.tensor(1.0, requires_grad=True)
    F.dropout(number, 0.5).backward()
    assert number.grad.item() in (0.0, 2.0)


def test_a_padding_index_is_zero_and_stays_so():
    embedding = nn.Embedding(4, 3, padding_idx=-2)
    assert embedding.padding_idx == 2
    assert not embedding.weight[2].any()
    embedding(minigrad.tensor([[2, 1], [2, 2]])).sum().backward()
    assert embedding.weight.grad.tolist() == [[0.0] * 3, [1.0] * 3, [0.0] * 3, [0.0] * 3]
    minigrad.optim.SGD(embedding.parameters(), lr=1.0).step()
    assert not embedding.weight[2].any()


def test_layer_norm_normalises():
    x = minigrad.randn(4, 5, 6) * 3 + 7
    for shape in (6, (5, 6)):
        y = nn.LayerNorm(shape)(x).array.reshape(4, -1) if shape != 6 else nn.LayerNorm(6)(x).array
        np.testing.assert_allclose(y.mean(-1), 0, atol=1e-5)
        np.testing.assert_allclose(y.std(-1), 1, atol=1e-4)
    assert list(nn.LayerNorm(3, elementwise_affine=False).parameters()) == []
    assert nn.LayerNorm(3, bias=False).bias is None


@pytest.mark.parametrize(
    ("module", "function"),
    [
        (nn.ReLU(), minigrad.relu),
        (nn.Tanh(), minigrad.tanh),
        (nn.Sigmoid(), minigrad.sigmoid),
        (nn.Softplus(), F.softplus),
        (nn.Softmax(0), lambda x: minigrad.softmax(x, 0)),
        (nn.LogSoftmax(0), lambda x: minigrad.log_softmax(x, 0)),
    ],
)
def test_activations_are_the_functions(module, function):
    x = minigrad.randn(3, 2)
    assert minigrad.equal(module(x), function(x))


def test_losses_are_the_functions():
    scores, target, weight = minigrad.randn(4, 3), minigrad.tensor([0, 2, 1, 1]), minigrad.tensor([1.0, 2.0, 3.0])
    loss = nn.CrossEntropyLoss(weight, ignore_index=1, reduction="sum", label_smoothing=0.1)
    assert minigrad.equal(
        loss(scores, target),
        F.cross_entropy(scores, target, weight, ignore_index=1, reduction="sum", label_smoothing=0.1),
    )
    assert list(loss.state_dict()) == ["weight"]
    assert list(loss.parameters()) == []
    assert minigrad.equal(nn.NLLLoss(weight)(scores, target), F.nll_loss(scores, target, weight))
    assert minigrad.equal(nn.MSELoss(reduction="sum")(scores, scores), F.mse_loss(scores, scores, reduction="sum"))
    yes = (scores > 0).float()
    assert minigrad.equal(nn.BCEWithLogitsLoss()(scores, yes), F.binary_cross_entropy_with_logits(scores, yes))


def test_clipping():
    a, b = minigrad.tensor([3.0], requires_grad=True), minigrad.tensor([4.0], requires_grad=True)
    unused = minigrad.ones(1, requires_grad=True)
    (a * a / 2 + b * b / 2).sum().backward()
    norm = nn.utils.clip_grad_norm_([a, b, unused], 1.0)
    assert norm.item() == pytest.approx(5.0)
    np.testing.assert_allclose([a.grad.item(), b.grad.item()], [0.6, 0.8], rtol=1e-5)
    again = nn.utils.clip_grad_norm_((p for p in [a, b]), 10.0)
    assert again.item() == pytest.approx(1.0)
    assert b.grad.item() == pytest.approx(0.8)
    assert nn.utils.clip_grad_norm_([unused], 1.0).item() == 0.0
    wide = minigrad.tensor([3.0, 4.0], dtype=minigrad.float64, requires_grad=True)
    (wide * wide).sum().backward()
    assert nn.utils.clip_grad_norm_(wide, 1.0).dtype == minigrad.float64


def test_more_first_weights():
    init = nn.init
    values = init.trunc_normal_(minigrad.empty(1000), 1.0, 2.0, 0.0, 3.0).numpy()
    assert values.min() >= 0
    assert values.max() <= 3
    for shape in ((5, 3), (3, 5), (4, 2, 2)):
        w = init.orthogonal_(minigrad.empty(*shape, dtype=minigrad.float64), gain=2.0).numpy().reshape(shape[0], -1)
        small = w @ w.T if shape[0] <= w.shape[1] else w.T @ w
        np.testing.assert_allclose(small, 4 * np.eye(len(small)), atol=1e-12)
    assert ((init.sparse_(minigrad.empty(10, 4), 0.25) == 0).sum(0) == 3).all()
    for function in (init.eye_, init.orthogonal_, init.dirac_, lambda x: init.sparse_(x, 0.1)):
        with pytest.raises(ValueError, match=r"\(3,\)"):
            function(minigrad.empty(3))


def test_an_even_kernel_pads_more_behind():
    x, w = minigrad.randn(1, 2, 7), minigrad.randn(3, 2, 4)
    padded = nn.functional.pad(x, (1, 2))
    assert minigrad.allclose(nn.functional.conv1d(x, w, padding="same"), nn.functional.conv1d(padded, w), atol=1e-6)
