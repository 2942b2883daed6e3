"""Finite differences of recorded computations, against running them again and against their gradients."""

import numpy as np
import pytest

import minigrad
from minigrad import nn
from minigrad.graph import record, trace
from models.build import build
from models.config import Config
from models.tasks import stream
from models.training import loss_of


def test_what_is_moved_is_one_number_of_the_leaf() -> None:
    minigrad.manual_seed(0)
    layer = nn.Linear(3, 2).double()
    x = minigrad.randn(4, 3).double()
    with record() as g:
        loss = layer(x).tanh().square().mean()
        loss.backward()
    below, above, difference = g.nudge("weight", (1, 2), h=1e-2)
    for moved, step in ((below, -1e-2), (above, 1e-2)):
        with minigrad.no_grad():
            layer.weight[1, 2] += step
        assert layer(x).tanh().square().mean().item() == pytest.approx(moved, rel=1e-12)
        with minigrad.no_grad():
            layer.weight[1, 2] -= step
    assert difference == pytest.approx((above - below) / 2e-2)


@pytest.mark.parametrize("model", ["transformer", "rnn-attention"])
def test_differences_agree_with_the_gradients_of_a_model(model: str) -> None:
    config = Config(model=model, dropout=0.2, batch=4, d_model=16, heads=2, layers=1, feed_forward=16)
    minigrad.manual_seed(1)
    net = build(config)
    batch = next(stream(config, minigrad.Generator().manual_seed(0)))
    with record() as g:
        loss_of(net, batch).backward()
    random = np.random.default_rng(0)
    for name, p in net.named_parameters():
        entry = np.unravel_index(np.abs(p.grad.array).argmax(), p.shape)
        for place in (entry, tuple(random.integers(n) for n in p.shape)):
            found = g.nudge(p, place, h=1e-5).difference
            assert found == pytest.approx(p.grad.array[place], rel=1e-3, abs=1e-6), (name, place)


def test_a_result_on_the_way_can_be_moved_too() -> None:
    x = minigrad.tensor([1.0, 2.0], requires_grad=True)
    with record() as g:
        y = x * x
        z = y.sum() * 3
    assert g.nudge(y, [0], h=0.5).difference == 3.0
    assert g.nudge(x, [-1], h=0.5).difference == 12.0
    assert z.item() == 15.0


def test_a_cast_does_not_spoil_the_difference() -> None:
    x = minigrad.tensor([0.3, 2.0], dtype=minigrad.float64, requires_grad=True)
    with record() as g:
        x.float().exp().sum()
    assert g.nudge(x, [0], h=1e-6).difference == pytest.approx(np.exp(0.3), rel=1e-8)


def test_writes_in_place_run_again_too() -> None:
    x = minigrad.tensor([1.0, 2.0], requires_grad=True)
    buffer = minigrad.zeros(2)
    with record() as g:
        y = x * 2
        y[0] = 5.0
        with minigrad.no_grad():
            buffer += 3
        (y * buffer).sum().backward()
    assert [g.nudge(x, [i], h=0.5).difference for i in (0, 1)] == [0.0, 6.0]


def test_what_cannot_be_moved_is_refused() -> None:
    x, w = minigrad.ones(2, requires_grad=True), minigrad.ones(2, requires_grad=True)
    with record() as g:
        y = (x * 2).sum()
        w * 2
        (x.argmax() + 1).float()
        y.backward()
    with pytest.raises(IndexError, match=r"nudge: entry \(2,\) is not in a tensor of shape \(2,\)"):
        g.nudge(x, (2,))
    with pytest.raises(RuntimeError, match="does not depend on this tensor"):
        g.nudge(w, (0,))
    with pytest.raises(RuntimeError, match="nudge: argmax of int64 is no tensor of floating-point numbers"):
        g.nudge("argmax", ())
    with pytest.raises(RuntimeError, match="nudge: needs one scalar result, and there are 0"):
        trace(nn.Tanh(), x).nudge(0, (0,))


def test_a_result_that_does_not_come_out_again_is_refused() -> None:
    random = np.random.default_rng(0)
    noisy = minigrad.autograd.primitive.primitive(minigrad.autograd.op.Rule("g", lambda g, _y, _x: g), name="noisy")(
        lambda input: input + random.standard_normal(input.shape)
    )
    x = minigrad.zeros(2, requires_grad=True)
    with record() as g:
        noisy(x).sum()
    with pytest.raises(RuntimeError, match=r"nudge: run again, the recorded ops give .* instead of"):
        g.nudge(x, (0,))
