"""Decoding that is watched: it says what greedy decoding says, and shows what the model saw."""

import numpy as np
import pytest

import minigrad
from minigrad.graph.explorer.attention import checked_decoding
from models import tasks
from models.build import build
from models.config import Config
from models.decoding import greedy_decode, watched_decode
from models.tasks import make_batch

SMALL = {"d_model": 16, "heads": 2, "layers": 1, "feed_forward": 16}


@pytest.fixture(params=["transformer", "rnn-attention", "rnn"])
def model(request):
    minigrad.manual_seed(3)
    return build(Config(model=request.param, **SMALL)).eval()


def test_it_says_what_greedy_decoding_says(model):
    source = make_batch("copy", [(1, 2, 3)]).source
    said = [tasks.name(token) for token in greedy_decode(model, source, 5)[0].tolist()]
    steps = watched_decode(model, source, 5)
    assert [step["tokens"] for step in steps] == [said[: i + 1] for i in range(len(said) - 1)]
    best = [max(step["probabilities"], key=step["probabilities"].get) for step in steps]
    assert best == said[1:]


def test_probabilities_and_rows_of_weights_sum_to_1(model):
    for step in watched_decode(model, make_batch("copy", [(1, 2, 3)]).source, 4):
        assert sum(step["probabilities"].values()) == pytest.approx(1, abs=1e-5)
        for head in step["attention"]:
            assert sum(head["row"]) == pytest.approx(1, abs=1e-5)
            assert len(head["row"]) == len(head["keys"])


def test_the_last_row_is_that_of_all_at_once():
    minigrad.manual_seed(3)
    model = build(Config(**SMALL)).eval()
    source = make_batch("copy", [(1, 2, 3)]).source
    last = watched_decode(model, source, 4)[-1]
    said = greedy_decode(model, source, 4)[:, :-1]
    maps = model.attention_maps(source, said)
    for head in last["attention"]:
        module, _, number = head["label"].partition(".head ")
        np.testing.assert_allclose(head["row"], maps[module][0, int(number), -1].tolist(), atol=1e-6)
    assert {head["label"] for head in last["attention"]} == {
        f"decoder.layers.0.{part}.head {i}" for part in ("self_attn", "multihead_attn") for i in range(2)
    }


def test_an_explorer_takes_it(model):
    steps = checked_decoding(watched_decode(model, make_batch("copy", [(1, 2)]).source, 3))
    assert all(len(step["probabilities"]) == 10 for step in steps)
