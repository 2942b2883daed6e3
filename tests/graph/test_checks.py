"""Entries that are nudged for the page: they agree with the gradients, and there are none where they would mislead."""

import numpy as np
import pytest

import minigrad
from minigrad import graph, nn
from minigrad.graph.explorer import checks
from minigrad.graph.explorer.checks import checks_of
from models.build import build
from models.config import Config
from models.tasks import make_batch


def slope(check: dict) -> float:
    return (check["up"] - check["down"]) / (2 * check["h"])


@pytest.mark.parametrize("kind", ["transformer", "rnn-attention"])
def test_they_agree_with_the_gradients_of_a_model(kind):
    minigrad.manual_seed(0)
    model = build(Config(model=kind, d_model=16, heads=2, layers=1))
    batch = make_batch("reverse", [(1, 2, 3)])
    with graph.record() as g:
        scores = model(batch.source, batch.target_in)
        nn.functional.cross_entropy(scores.reshape(-1, 13), batch.target_out.reshape(-1)).backward()
    found = checks_of(g)
    tensors = {check["node"] for check in found}
    assert {g.nodes[i].name for i in tensors} == {name for name, _ in model.named_parameters()}
    for check in found:
        gradient = g.nodes[check["node"]].gradient.array[tuple(check["entry"])]
        assert slope(check) == pytest.approx(gradient, rel=1e-3, abs=1e-6)


def test_the_entry_with_the_largest_gradient_and_the_first_are_nudged():
    x = minigrad.tensor([[1.0, 2.0], [-5.0, 4.0]], requires_grad=True)
    with graph.record() as g:
        (x * x).sum().backward()
    assert [check["entry"] for check in checks_of(g)] == [[1, 0], [0, 0]]


def test_many_tensors_are_thinned_out(monkeypatch):
    monkeypatch.setattr(checks, "TENSORS", 4)
    leaves = [minigrad.tensor(float(i), requires_grad=True) for i in range(10)]
    with graph.record() as g:
        sum(leaves).backward()
    assert len(checks_of(g)) == 4


def test_without_a_loss_there_are_none():
    x = minigrad.ones(2, requires_grad=True)
    with graph.record() as g:
        _ = x * 2
    assert checks_of(g) == []


def test_gradients_that_are_not_finite_are_left_alone():
    x = minigrad.tensor([0.0, 1.0], requires_grad=True)
    with graph.record() as g, np.errstate(all="ignore"):
        x.sqrt().sum().backward()
    assert checks_of(g) == []
