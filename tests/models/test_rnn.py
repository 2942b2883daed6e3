"""Recurrent encoder-decoders, without attention and with it."""

import numpy as np
import pytest

import minigrad
from models.build import build
from models.config import CELLS, Config
from models.tasks import PAD, make_batch
from models.training import loss_of


def make(model="rnn-attention", cell="gru", **settings):
    minigrad.manual_seed(0)
    return build(Config(model=model, cell=cell, d_model=12, heads=2, **settings)).eval()


each = pytest.mark.parametrize(("model", "cell"), [(m, c) for m in ("rnn", "rnn-attention") for c in CELLS])


@each
def test_later_tokens_do_not_reach_earlier_scores(model, cell):
    network = make(model, cell)
    batch = make_batch("copy", [(1, 2, 3, 4)])
    changed = batch.target_in.clone()
    changed[0, 3] = 9
    before, after = network(batch.source, batch.target_in).detach(), network(batch.source, changed).detach()
    np.testing.assert_array_equal(before.numpy()[:, :3], after.numpy()[:, :3])
    assert not np.allclose(before.numpy()[:, 3:], after.numpy()[:, 3:])


@each
def test_padding_changes_nothing(model, cell):
    network = make(model, cell)
    alone, padded = make_batch("reverse", [(5, 6)]), make_batch("reverse", [(5, 6), (1, 2, 3, 4, 5, 6, 7)])
    one, two = (network(batch.source, batch.target_in).detach().numpy() for batch in (alone, padded))
    np.testing.assert_allclose(one[0], two[0, :3], atol=1e-5)


@each
def test_every_parameter_gets_a_gradient(model, cell):
    network = make(model, cell)
    loss_of(network.train(), make_batch("copy", [(1, 2, 3), (4,)])).backward()
    assert not [name for name, p in network.named_parameters() if p.grad is None or not p.grad.numpy().any()]


def test_without_attention_nothing_but_the_last_state_is_kept():
    batch = make_batch("copy", [(1, 2, 3)])
    assert make("rnn").start(batch.source).memory is None
    model = make("rnn-attention")
    state = model.start(batch.source)
    before, _ = model.step(minigrad.tensor([1]), state)
    state.memory = state.memory * 0
    after, _ = model.step(minigrad.tensor([1]), state)
    assert not minigrad.allclose(before, after, atol=1e-5)


def test_the_alignment_map():
    model = make(score="additive", normaliser="sparsemax")
    batch = make_batch("copy", [(1, 2, 3), (4,)])
    maps = model.attention_maps(batch.source, batch.target_in)
    assert list(maps) == ["decoder.attention"]
    weights = maps["decoder.attention"].numpy()
    assert weights.shape == (2, 1, 4, 4)
    np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-5)
    assert not weights[1][:, :, (batch.source == PAD).numpy()[1]].any()
    assert make("rnn").attention_maps(batch.source, batch.target_in) == {}
