"""The benchmarks' own arithmetic, and that all peers compute the same. (How fast they are is never a test.)"""

import dataclasses
import doctest
import importlib
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks import blas, drawn, mechanisms, ratios, tables
from tests.benchmarks.__main__ import compare, options_of, parser
from tests.benchmarks.plots import draw_all
from tests.benchmarks.process import Worker, take_turns
from tests.benchmarks.report import markdown, measured_ratios
from tests.benchmarks.sections import SECTIONS
from tests.benchmarks.sizes import MODELS, SIZES, Comparison, Options, Size
from tests.benchmarks.solve import sequences, tokens
from tests.benchmarks.steps import task

SMALL = Size(width=8, heads=2, layers=2, vocabulary=5, length=6, batch=3)
ROOT = Path(__file__).parent.parent


def rounds(*ms: float, losses: tuple[float, ...] = (1.0, 0.5)) -> dict:
    """A result, as a worker answers."""
    return {"rounds": [{"ms": x, "cpu_ms": x, "losses": list(losses), "memory": 10 * x, "threads": 1} for x in ms]}


def losses(peer: str, model: str) -> list[float]:
    trainer = importlib.import_module(f"tests.benchmarks.peer_{peer}").trainer(
        model, SMALL, drawn.weights(model, SMALL), lr=0.01
    )
    return [float(trainer.step(*trainer.tensors(*batch))) for batch in drawn.batches(SMALL, 20)]


def looks_ahead(peer: str, causal: bool) -> bool:
    """Whether what comes later changes what a model says at the first four places."""
    size = dataclasses.replace(SMALL, batch=50, causal=causal)
    weights = {name: 3 * w for name, w in drawn.weights("transformer", size).items()}  # answers differ more
    (said, _), (other, _) = drawn.batches(size, 2)
    changed = np.concatenate([said[:, :4], other[:, 4:]], axis=1)
    model = importlib.import_module(f"tests.benchmarks.peer_{peer}").trainer("transformer", size, weights)
    return bool((model.predict(said)[:, :4] != model.predict(changed)[:, :4]).any())


def elsewhere(peer: str, call: str):
    """What a function of this file returns in its own process; threads of JAX would stay where later tests fork."""
    if peer != "minigrad" and importlib.util.find_spec(peer) is None:
        pytest.skip(f"{peer}, to compare with, is not installed")
    program = f"import json, tests.test_benchmarks as t; print(json.dumps(t.{call}))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("peer", ["torch", "jax", "mygrad", "autograd"])
def test_peers_train_alike(peer, model):
    expected = losses("minigrad", model)
    assert expected[0] != expected[-1]
    np.testing.assert_allclose(elsewhere(peer, f"losses({peer!r}, {model!r})"), expected, atol=ratios.TOLERANCE)


def test_the_step_by_hand_trains_alike():
    np.testing.assert_allclose(losses("hand", "transformer"), losses("minigrad", "transformer"), atol=1e-5)
    with pytest.raises(ImportError, match="only the Transformer"):
        losses("hand", "gru")


def test_the_bound_has_every_product_of_a_step():
    """Counted by hand for one layer: 2 · m · n · k each."""
    gemm = importlib.import_module("tests.benchmarks.peer_gemm")
    one = Size(width=8, heads=2, layers=1, vocabulary=5, length=6, batch=3)
    rows, d = one.batch * one.length, one.width
    linear = rows * (4 * d * d + 2 * 4 * d * d + d * one.vocabulary)
    attention = 2 * one.batch * one.length**2 * d
    flops = sum(2 * a.size * b.shape[-1] for a, b, _ in gemm.transformer(one))
    assert flops == 3 * 2 * (linear + attention)
    recurrent = sum(2 * a.size * b.shape[-1] for a, b, _ in gemm.recurrent(one, gates=3))
    assert recurrent == 3 * 2 * rows * (2 * d * 3 * d + d * one.vocabulary)
    for model in MODELS:
        trainer = gemm.trainer(model, one, {})
        trainer.step(None, None)
        assert all(np.isfinite(out).all() for _, _, out in trainer.products)


def test_doctests():
    """This package is out of pytest's way, its examples are not."""
    for module in (ratios, tables):
        found = doctest.testmod(module)
        assert found.attempted
        assert not found.failed


def test_ratios_are_of_medians_and_to_the_fastest_peer():
    results = {
        "minigrad": rounds(3, 1, 9),
        "torch": rounds(6, 5, 7),
        "jax": rounds(4),
        "hand": rounds(2),
        "gemm": rounds(1),
    }
    assert ratios.ratios(results) == {"fastest": 0.75, "torch": 0.5, "hand": 1.5, "gemm": 3.0}
    del results["jax"]
    assert ratios.ratios(results | {"jax": {"absent": "no jax"}}) == {
        "fastest": 0.5,
        "torch": 0.5,
        "hand": 1.5,
        "gemm": 3.0,
    }
    assert ratios.ratios({"torch": rounds(1)}) == {}
    assert ratios.minimum(results["torch"], "ms") == 5
    assert ratios.memory(results["torch"]) == 70


@pytest.mark.parametrize("wrong", [(1.0, 0.502), (1.0, float("nan"))])
def test_other_losses_make_a_row_void(wrong):
    results = {"minigrad": rounds(1), "torch": rounds(2, losses=(1.0, 0.5005)), "jax": rounds(2, losses=wrong)}
    checked = ratios.check_losses({"gemm": rounds(1, losses=(float("nan"),)), **results})
    assert "void" in checked["jax"]
    assert checked["torch"]["rounds"]
    assert checked["gemm"]["rounds"]
    assert ratios.ratios(checked)["fastest"] == 0.5


def test_report_and_baseline(tmp_path):
    results = {"transformer/tiny/one": {"minigrad": rounds(2), "torch": rounds(4), "jax": {"absent": "no jax"}}}
    found = {"machine": {"cores": 2, "versions": {"numpy": "2"}}, "results": {"steps": results}}
    text = markdown(found)
    assert "- cores: 2" in text
    assert "| to PyTorch          | 0.50 (≤ 0.35) |" in text
    assert "- jax, tiny: absent: no jax" in text
    stored = tmp_path / "baseline.json"
    assert "0 of 3" in compare(found, stored, store=True)
    assert json.loads(stored.read_text())["ratios"]["steps transformer/tiny/one to torch"] == 0.5
    results["transformer/tiny/one"]["minigrad"] = rounds(2.3)
    told = compare(found, stored, store=False)
    assert "steps transformer/tiny/one to torch: 0.50 → 0.57" in told


def test_kernels_are_told_and_who_chose_them():
    results = {"minigrad": rounds(2), "torch": rounds(4)}
    results["minigrad"]["rounds"][0]["blas"] = "OpenBLAS Haswell × 1"
    found = {"machine": {"versions": {}}, "results": {"steps": {"transformer/tiny/one": results}}}
    text = markdown(found)
    assert "by kernels × threads: minigrad: OpenBLAS Haswell × 1." in text
    assert "OPENBLAS_CORETYPE" not in text
    found["machine"]["OPENBLAS_CORETYPE"] = "Haswell"
    first = markdown(found).splitlines()[2]
    assert first.startswith("**OPENBLAS_CORETYPE is set to Haswell.**")


@pytest.mark.skipif(not blas.openblas(), reason="NumPy has another BLAS here")
def test_a_process_knows_its_own_blas():
    code = "import numpy; from tests.benchmarks.blas import openblas; print(*openblas())"
    settings = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OPENBLAS_CORETYPE": "Haswell"}
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=settings)
    assert found.stdout.split()[0] == "OpenBLAS", found.stderr
    assert found.stdout.split()[-1] == "1"


def test_a_worker_measures_and_says_why_it_does_not():
    settings = task("minigrad", "transformer", SMALL, seconds=0.001)
    found = take_turns(Comparison("k", {"a": settings, "b": task("none", "gru", SMALL, 0.001)}, "one", 2), print)
    first, second = found["a"]["rounds"]
    assert first["ms"] > 0
    assert second["memory"] > 10
    assert len(second["losses"]) == 20
    assert found["b"]["absent"] == "ModuleNotFoundError: No module named 'tests.benchmarks.peer_none'"
    worker = Worker("steps", {"peer": "minigrad", "model": "transformer", "seconds": 1, "size": {}})
    assert "TypeError" in worker.state["failed"]
    worker.close()


def test_every_section_plans():
    """Keys do not repeat, and quick is less."""
    for section in SECTIONS.values():
        plan = section.comparisons(Options())
        assert len({c.key for c in plan}) == len(plan) > 0
        quick = section.comparisons(options_of(parser().parse_args(["--quick"])))
        assert 0 < sum(c.count for c in quick) < sum(c.count for c in plan)


TASKS = {
    "steps": {"transformer/tiny/one": {"minigrad": task("minigrad", "transformer", SMALL, 0.001)}},
    "solved": {"short/one": {"minigrad": ("solved", {"peer": "minigrad", "setting": "short"})}},
    "mechanisms": {"transformer/tiny/all": {mechanisms.ALL: mechanisms.task("", "transformer", SMALL, 0.001)}},
    "growth": {f"length/{n}/one": {"minigrad": task("minigrad", "transformer", SMALL, 0.001)} for n in (16, 32)},
    "busy": {"small": {"minigrad": ("busy", task("minigrad", "transformer", SMALL, 0.001)[1])}},
    "imports": {"import": {name: ("imports", {"library": name}) for name in ("numpy", "minigrad")}},
    "overhead": {"ops": {"minigrad": ("overhead", {"peer": "minigrad", "repeats": 1})}},
    "chain": {"100 ops": {"minigrad": ("chain", {"peer": "minigrad", "length": 100})}},
    "graphs": {"layers": {"1": ("graphs", {"layers": 1})}},
}


def measured(what: str, settings: dict) -> dict:
    """What a worker answers, but in this process."""
    answer = importlib.import_module(f"tests.benchmarks.{what}").prepare(**settings)()
    return {"rounds": [{"memory": 100.0, "threads": 1} | answer]}


def test_every_section_measures_tells_and_draws(tmp_path):
    assert TASKS.keys() == SECTIONS.keys()
    found = {
        section: {key: {name: measured(*asked) for name, asked in tasks.items()} for key, tasks in keys.items()}
        for section, keys in TASKS.items()
    }
    text = markdown({"machine": {"versions": {}}, "results": found})
    assert all(f"## {section.TITLE}" in text for section in SECTIONS.values())
    assert not {"absent", "failed", "void"} & set(text.split())
    assert found["solved"]["short/one"]["minigrad"]["rounds"][0]["right"] >= 0.99
    assert measured_ratios(found)["imports minigrad to numpy"] > 1
    files = draw_all(found, tmp_path)
    assert len(files) == 6
    assert all(file.stat().st_size > 5000 for file in files)


def test_each_mechanism_can_be_switched_off_and_changes_no_more_than_rounding():
    """Each in a process of its own, since it stays off there."""
    tasks = {name: mechanisms.task(name, "transformer", SMALL, 0.001) for name in ("", *mechanisms.SWITCHES)}
    found = take_turns(Comparison("transformer/tiny/all", tasks, "all", 1), print)
    losses = {name: result["rounds"][0]["losses"] for name, result in found.items()}
    for name in ("freed memory kept", "large pages", "small parameters together", "only what rules read"):
        assert losses[name] == losses[""]
    np.testing.assert_allclose([losses[name] for name in losses], [losses[""]] * len(losses), rtol=1e-5)
    text = mechanisms.markdown({"transformer/tiny/all": {name or mechanisms.ALL: r for name, r in found.items()}})
    assert all(f"| without: {name}" in text for name in mechanisms.SWITCHES)


def test_what_is_held_out_is_not_trained_on():
    rng = np.random.default_rng(0)
    asked = sequences(rng, 500, length=3, symbols=5, held_out=True)
    trained = sequences(rng, 500, length=3, symbols=5, held_out=False)
    assert asked.min() == trained.min() == 0
    assert asked.max() == trained.max() == 4
    assert not {tuple(row) for row in asked} & {tuple(row) for row in trained}
    assert tokens(np.array([[1, 2, 3]]), 5).tolist() == [[1, 2, 3, 5, 3, 2, 1]]


@pytest.mark.parametrize("peer", ["minigrad", "torch", "jax"])
def test_a_causal_transformer_does_not_look_ahead(peer):
    assert not elsewhere(peer, f"looks_ahead({peer!r}, causal=True)")
    assert elsewhere(peer, f"looks_ahead({peer!r}, causal=False)")


def test_options():
    options = options_of(parser().parse_args(["--peers", "minigrad", "torch", "--sizes", "tiny", "--rounds", "2"]))
    assert (options.peers, options.sizes, options.rounds) == (("minigrad", "torch"), ("tiny",), 2)
    assert options.models == MODELS
    assert set(SIZES) == {"tiny", "small", "medium", "large"}


def test_help():
    run = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", "--help"], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert "--quick" in run.stdout


def test_a_process_that_dies_is_a_failed_measurement():
    worker = Worker("steps", task("minigrad", "transformer", SMALL, seconds=0.001)[1])
    worker.process.kill()
    assert worker.measure() == {"failed": "the process ended: SIGKILL"}
    worker.close()
