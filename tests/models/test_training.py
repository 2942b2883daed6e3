import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import minigrad
from models.config import Config, UsageError
from models.run import Run
from models.training import NotFiniteError, Trainer, train

ROOT = Path(__file__).parents[2]
TINY = Config(
    task="copy",
    d_model=16,
    heads=2,
    layers=1,
    feed_forward=16,
    dropout=0.1,
    max_length=4,
    batch=8,
    steps=40,
    eval_every=10,
    eval_size=50,
    solved=2.0,
)


def lines(folder):
    """metrics.jsonl without what depends on the clock."""
    read = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [{k: v for k, v in line.items() if k not in ("seconds", "tokens_per_second")} for line in read]


def weights(folder):
    return (folder / "model.safetensors").read_bytes()


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    run = Run.create(tmp_path_factory.mktemp("run") / "whole", TINY)
    train(run)
    return run.folder


def test_the_same_seed_gives_the_same_run_bit_for_bit(tmp_path, uninterrupted):
    train(Run.create(tmp_path / "again", TINY))
    assert lines(tmp_path / "again") == lines(uninterrupted)
    assert weights(tmp_path / "again") == weights(uninterrupted)
    assert [line["step"] for line in lines(uninterrupted)] == [10, 20, 30, 40]


def test_another_seed_gives_another_run(tmp_path, uninterrupted):
    train(Run.create(tmp_path / "other", dataclasses.replace(TINY, seed=1)))
    assert weights(tmp_path / "other") != weights(uninterrupted)


@pytest.mark.parametrize("at", [1, 10, 13, 39, 40])
def test_stopped_at_any_step_and_resumed_it_is_the_same_run(tmp_path, uninterrupted, at):
    run = Run.create(tmp_path / "run", TINY)
    assert train(run, stop=lambda trainer: trainer.step == at) is None
    assert not (run.folder / "result.json").exists()
    result = train(Run.open(run.folder), resume=True)
    assert lines(run.folder) == lines(uninterrupted)
    assert weights(run.folder) == weights(uninterrupted)
    assert result["steps"] == 40
    assert result == json.loads((run.folder / "result.json").read_text())


def test_measurements_after_the_checkpoint_are_made_again(tmp_path, uninterrupted):
    """Killed between writing metrics.jsonl and the checkpoint: the line too many must not stand twice."""
    run = Run.create(tmp_path / "run", TINY)
    train(run, stop=lambda trainer: trainer.step == 15)
    with open(run.folder / "metrics.jsonl", "a") as file:
        file.write(json.dumps({"step": 20, "loss": 0, "exact_match": 0, "seconds": 0}) + "\n")
    train(run, resume=True)
    assert lines(run.folder) == lines(uninterrupted)


def test_a_finished_run_is_not_trained_further(tmp_path, uninterrupted):
    before = weights(uninterrupted)
    assert train(Run.open(uninterrupted), resume=True)["steps"] == 40
    assert weights(uninterrupted) == before


def test_training_ends_when_solved(tmp_path):
    run = Run.create(tmp_path / "run", dataclasses.replace(TINY, solved=1e-9, steps=200, eval_every=100, lr=1e-2))
    result = train(run)
    assert result["steps"] == 100
    assert result["exact_match"] > 0
    assert set(result) == {"task", "steps", "exact_match", "token_accuracy", "seconds"}


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_checkpoint(tmp_path):
    run = Run.create(tmp_path / "run", dataclasses.replace(TINY, steps=20))
    train(run, stop=lambda trainer: trainer.step == 12)
    good = (run.folder / "checkpoint.safetensors").read_bytes()
    run.config = dataclasses.replace(run.config, lr=1e30, steps=100)
    with pytest.raises(NotFiniteError, match=r"became (nan|inf) at step 1[3-9]; a learning rate below 1e\+30"):
        train(run, resume=True)
    assert (run.folder / "checkpoint.safetensors").read_bytes() == good


def test_the_learning_rate_warms_up_and_falls():
    trainer = Trainer(Config(lr=1.0, warmup=4, batch=2, max_length=3, steps=16))
    rates = []
    for _ in range(16):
        rates.append(trainer.optimizer.param_groups[0]["lr"])
        trainer.scheduler.step()
    assert rates[:4] == [0.25, 0.5, 0.75, 1 - 3 / 16]
    assert rates[15] == pytest.approx(1 / 16)
    assert trainer.optimizer.param_groups[0]["lr"] == 0


def test_dropout_is_off_while_evaluating_and_on_again_after():
    trainer = Trainer(TINY)
    state = minigrad.default_generator.get_state()
    trainer.evaluate()
    assert minigrad.default_generator.get_state() == state
    assert trainer.model.training


def test_a_checkpoint_of_another_model_is_refused(tmp_path, uninterrupted):
    run = Run(uninterrupted, dataclasses.replace(TINY, d_model=32))
    with pytest.raises(UsageError, match=r"does not fit the run's config.json"):
        train(run, resume=True)


def command(*arguments):
    return [sys.executable, "-m", "models", *map(str, arguments)]


def test_killed_at_any_moment_the_last_checkpoint_is_whole(tmp_path):
    """SIGKILL at eight moments; whatever is there then must load, and the run must go on from it."""
    out = tmp_path / "run"
    settings = "--d-model 16 --heads 2 --layers 1 --batch 4 --max-length 4 --eval-every 1 --eval-size 10 --solved 2"
    process = subprocess.Popen(
        command("train", "copy", "--out", out, *settings.split()), cwd=ROOT, stderr=subprocess.DEVNULL
    )
    while not (out / "model.safetensors").exists():
        time.sleep(0.01)
        assert process.poll() is None
    process.kill()
    process.wait()
    steps = [Run.open(out).load_checkpoint().state["step"]]
    for i in range(7):
        process = subprocess.Popen(command("train", "--resume", out), cwd=ROOT, stderr=subprocess.DEVNULL)
        before = (out / "checkpoint.safetensors").stat().st_mtime_ns
        while (out / "checkpoint.safetensors").stat().st_mtime_ns == before:
            time.sleep(0.005)
            assert process.poll() is None
        time.sleep(0.003 * i)
        process.kill()
        process.wait()
        run = Run.open(out)
        steps.append(run.load_checkpoint().state["step"])
        run.load_model()
        assert run.metrics()
    assert steps == sorted(steps)
    assert steps[-1] > steps[0]


def test_ctrl_c_saves_and_exits_with_130(tmp_path):
    out = tmp_path / "run"
    settings = "--d-model 16 --heads 2 --layers 1 --batch 4 --max-length 4 --eval-every 50 --eval-size 10 --solved 2"
    process = subprocess.Popen(
        command("train", "copy", "--out", out, *settings.split(), "--steps", 100000),
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not (out / "model.safetensors").exists():
        time.sleep(0.01)
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert f"train --resume {out}" in errors
    assert "Traceback" not in errors
    assert Run.open(out).load_checkpoint().state["step"] > 50


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    from minigrad.utils.files import write_whole

    path = write_whole(tmp_path / "a" / "file", "old")
    monkeypatch.setattr(os, "replace", lambda *names: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space"):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert os.listdir(path.parent) == ["file"]
