"""What a report keeps of a model at each evaluation, against the model itself."""

import base64
import json
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import minigrad
from models.build import build
from models.config import Config
from models.decoding import greedy_decode, symbols_of
from models.report import write_pictures
from models.run import Run
from models.snapshots import StepSizes, asked, layer_of, snapshot
from models.tasks import make_batch, samples
from models.training import Trainer, loss_of, train

SMALL = {"d_model": 16, "heads": 2, "layers": 1, "feed_forward": 16, "batch": 8, "eval_size": 20}
MODELS = [{}, {"model": "rnn-attention"}, {"model": "rnn"}]


@pytest.mark.parametrize("settings", MODELS, ids=str)
def test_a_snapshot_is_what_the_model_says_and_where_it_looks(settings):
    config = Config(**(SMALL | settings))
    minigrad.manual_seed(1)
    model = build(config)
    sequences = samples(config)
    found = snapshot(model, "reverse", sequences, 7, {})
    assert model.training
    model.eval()
    assert found["step"] == 7
    for sequence, said in zip(sequences, found["said"], strict=True):
        decoded = greedy_decode(model, make_batch("reverse", [sequence]).source, len(sequence) + 1)
        assert tuple(said) == symbols_of(decoded.tolist()[0])
    batch = make_batch("reverse", sequences[:1])
    maps = model.attention_maps(batch.source, batch.target_in)
    assert found["attention"].keys() == maps.keys()
    assert bool(maps) == (config.model != "rnn")
    labels = asked("reverse", sequences)["labels"]
    for name, weights in maps.items():
        np.testing.assert_allclose(found["attention"][name], weights.numpy()[0], atol=1e-3)
        queries, keys = weights.shape[-2:]
        assert queries == len(labels["says" if name.startswith("decoder") else "reads"])
        assert keys == len(labels["hears" if "decoder" in name and "self_attn" in name else "reads"])


def test_sizes_are_those_of_the_step():
    trainer = Trainer(Config(**SMALL, clip=1e9))
    loss_of(trainer.model, next(trainer.batches)).backward()
    before = {name: p.detach().numpy().copy() for name, p in trainer.model.named_parameters()}
    gradients = {name: p.grad.numpy().copy() for name, p in trainer.model.named_parameters()}
    sizes = StepSizes(trainer.model)
    trainer.optimizer.step()
    found = sizes.after()
    assert set(found) == {layer_of(name) for name in before}
    for layer, size in found.items():
        names = [name for name in before if layer_of(name) == layer]
        flat = lambda arrays: np.concatenate([arrays[name].ravel() for name in names]).astype(float)  # noqa: E731, B023
        after = {name: p.detach().numpy() for name, p in trainer.model.named_parameters()}
        assert size["gradient"] == pytest.approx(np.linalg.norm(flat(gradients)))
        moved = np.linalg.norm(flat(after) - flat(before)) / np.linalg.norm(flat(before))
        assert size["update"] == pytest.approx(moved, rel=1e-4)


@pytest.mark.parametrize("settings", MODELS, ids=str)
def test_the_report_holds_every_evaluation_and_nothing_from_outside(tmp_path, settings):
    run = Run.create(tmp_path / "run", Config(**(SMALL | settings), steps=4, eval_every=2))
    train(run)
    *_, path = write_pictures(run, run.load_model(), samples(run.config))
    assert path.name == "report.html"
    page = path.read_text()
    data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)[1])
    kept = run.snapshots()
    assert [shot["step"] for shot in kept] == [0, 2, 4]
    assert kept[0]["sizes"] == {}
    assert {layer_of(name) for name, _ in run.load_model().named_parameters()} == kept[1]["sizes"].keys()
    assert data["snapshots"] == [{k: v for k, v in shot.items() if k != "sizes"} for shot in kept]
    assert data["metrics"] == run.metrics()
    assert data["explorer"] == "explorer.html"
    assert (run.folder / "explorer.html").is_file()
    for picture in data["pictures"].values():
        ET.fromstring(base64.b64decode(picture.removeprefix("data:image/svg+xml;base64,")))
    assert "default-src 'none'" in page
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", page)
