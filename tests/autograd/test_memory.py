"""A graph lives as long as somebody needs it, and not until the collector comes round."""

import gc
import weakref

import pytest

import minigrad
from minigrad import nn
from minigrad.autograd.node import Node

pytestmark = pytest.mark.usefixtures("no_collector")


def test_a_graph_dies_with_its_result():
    x = minigrad.ones(2, requires_grad=True)
    inner = x * 2
    y = (inner.exp() @ inner).softmax(0)
    watched = [weakref.ref(inner), weakref.ref(y)]
    del inner, y
    assert [w() for w in watched] == [None, None]


def test_a_graph_dies_with_its_result_after_backward():
    x = minigrad.ones(2, requires_grad=True)
    inner = x * 2
    inner.retain_grad()
    loss = (inner * inner).sum()
    loss.backward(retain_graph=True)
    watched = weakref.ref(inner)
    del inner, loss
    assert watched() is None


def test_backward_frees_as_it_goes():
    """By the time the first op's rule runs, the results after it are gone."""
    x = minigrad.ones(2, requires_grad=True)
    y = x.exp()
    z = y.exp()
    loss = z.sum()
    watched = weakref.ref(z)
    del z
    alive = []
    y.register_hook(lambda g: alive.append(watched() is not None))
    loss.backward()
    assert alive == [False]
    assert loss.grad_fn.released


def test_an_error_leaves_no_cycle():
    x = minigrad.ones(2, requires_grad=True)
    y = x * 2
    watched = weakref.ref(y)
    with pytest.raises(RuntimeError):
        y.backward()
    with pytest.raises(RuntimeError):
        y @ minigrad.ones(3)
    del y
    gc.collect()  # pytest's record of the error is a cycle of its own
    assert watched() is None


def test_a_gradient_with_history_can_be_dropped():
    x = minigrad.ones(2, requires_grad=True)
    (g,) = minigrad.autograd.grad((x**3).sum(), x, create_graph=True)
    watched = weakref.ref(g)
    del g
    assert watched() is None


class Small(nn.Module):
    """An MLP on top of attention, with everything that is made anew in each step: masks, dropout, views."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(5, 8)
        self.positions = nn.SinusoidalPositionEncoding(8)
        self.attention = nn.MultiheadAttention(8, 2, dropout=0.1, batch_first=True)
        self.norm = nn.LayerNorm(8)
        self.mlp = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 5))

    def forward(self, tokens):
        x = self.positions(self.embedding(tokens))
        x = self.norm(x + self.attention(x, x, x, key_padding_mask=tokens == 0, is_causal=True)[0])
        return self.mlp(x)


def test_a_thousand_steps_leave_nothing_behind():
    minigrad.manual_seed(0)
    model = Small()
    optimizer = minigrad.optim.AdamW(model.parameters(), lr=0.01)
    schedule = minigrad.optim.lr_scheduler.CosineAnnealingLR(optimizer, 1000)
    tokens = minigrad.randint(0, 5, (2, 3))

    def step():
        loss = nn.functional.cross_entropy(model(tokens).transpose(1, 2), tokens, label_smoothing=0.1)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()

    for _ in range(20):
        step()
    before = len(gc.get_objects())
    for _ in range(1000):
        step()
    after = len(gc.get_objects())
    assert after - before < 100
    assert not any(type(x) is Node for x in gc.get_objects())
