"""What every model must do: say token by token what it says all at once, and, once trained, look at the right place."""

import numpy as np
import pytest

import minigrad
from models.build import build
from models.config import CELLS, POSITIONS, Config
from models.decoding import evaluate
from models.tasks import held_out, make_batch
from models.training import Trainer

SETTINGS = [
    *({"positions": positions} for positions in POSITIONS),
    *({"model": model, "cell": cell} for model in ("rnn", "rnn-attention") for cell in CELLS),
    {"score": "additive", "normaliser": "relu"},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: " ".join(s.values()))
def test_step_by_step_is_all_at_once(settings):
    minigrad.manual_seed(0)
    model = build(Config(d_model=16, heads=2, feed_forward=32, **settings)).eval()
    batch = make_batch("reverse", [(1, 2, 3, 4), (5,), (6, 7)])
    with minigrad.no_grad():
        together = model(batch.source, batch.target_in)
        state, steps = model.start(batch.source), []
        for tokens in batch.target_in.unbind(1):
            scores, state = model.step(tokens, state)
            steps.append(scores)
    np.testing.assert_allclose(minigrad.stack(steps, 1).numpy(), together.numpy(), atol=1e-5)


TINY = {"vocabulary": 6, "min_length": 2, "max_length": 5, "d_model": 32, "heads": 1, "layers": 1, "feed_forward": 32}


def trained(steps, **settings):
    trainer = Trainer(Config(**(TINY | {"lr": 5e-3, "steps": 400, "eval_size": 300} | settings)))
    for _ in range(steps):
        trainer.train_step()
    return trainer.model.eval()


@pytest.mark.parametrize("model", ["transformer", "rnn-attention"])
@pytest.mark.parametrize("task", ["copy", "reverse"])
def test_it_looks_at_the_symbol_that_it_says(task, model):
    """The alignment map is the diagonal for copy, the anti-diagonal for reverse."""
    network = trained(300 if model == "transformer" else 220, task=task, model=model, batch=32)
    sequences = [s for s in held_out(Config(**TINY)) if len(s) == 5][:50]
    assert evaluate(network, task, sequences).exact_match > 0.9
    batch = make_batch(task, sequences)
    maps = network.attention_maps(batch.source, batch.target_in)
    (cross,) = (w.numpy().mean((0, 1)) for name, w in maps.items() if name.endswith(("multihead_attn", "attention")))
    right = np.eye(5) if task == "copy" else np.eye(5)[::-1]
    assert (cross[:5, :5] * right).sum() / 5 > 0.5
    assert (cross[:5].argmax(1) == right.argmax(1)).mean() >= 0.8


def test_reverse_needs_positions():
    """Without them the encoder sees a set, and no training can tell which symbol came last."""
    sequences = [s for s in held_out(Config(**TINY)) if len(s) == 5 and len(set(s)) > 2]
    right = {
        positions: evaluate(trained(250, positions=positions), "reverse", sequences).exact_match
        for positions in ("none", "sinusoidal")
    }
    assert right["none"] < 0.3
    assert right["sinusoidal"] > 0.8
