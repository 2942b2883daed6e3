"""Bad input gets one clear line and exit code 2; good input gets what it asked for."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from models.cli import main
from models.config import Config
from models.run import Run
from models.tasks import answer
from models.training import train

ROOT = Path(__file__).parents[2]
SIZES = {
    "d-model": 16,
    "heads": 2,
    "layers": 1,
    "batch": 8,
    "max-length": 4,
    "steps": 4,
    "eval-every": 2,
    "eval-size": 20,
}
QUICK = [f"--{name}={value}" for name, value in SIZES.items()]


def quick(task, **settings):
    sizes = {"d_model": 16, "heads": 2, "layers": 1, "batch": 8, "max_length": 4, "steps": 4}
    return Config(task=task, **{**sizes, "eval_every": 2, "eval_size": 20, **settings})


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    run = Run.create(tmp_path_factory.mktemp("runs") / "copy", quick("copy"))
    train(run)
    return run.folder


@pytest.fixture
def refused(capsys):
    """Run a command that must be refused; gives the one line that it prints."""

    def refuse(*arguments):
        try:
            code = main([str(a) for a in arguments])
        except SystemExit as leaving:  # what argparse refuses by itself
            code = leaving.code
        output = capsys.readouterr()
        assert code == 2
        assert output.out == ""
        assert output.err.count("\n") == 1, output.err
        return output.err

    return refuse


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("", "COMMAND"),
        ("teach reverse", "'teach'"),
        ("train", "copy or reverse; or --resume RUN"),
        ("train sort", "task = 'sort' is unknown; copy or reverse would do"),
        ("train copy --d-model 30", "d_model = 30 is not divisible by heads = 4; with 4 heads, 28 or 32 would do"),
        ("train copy --layers 0", "layers = 0 must be 1 or more"),
        ("train copy --batch -3", "batch = -3 must be 1 or more"),
        ("train copy --steps ten", "argument --steps: invalid int value: 'ten'"),
        (
            "train copy --positions fourier",
            "positions = 'fourier' is unknown; sinusoidal, learned, rotary, alibi or none would do",
        ),
        ("train copy --lr 0", "lr = 0.0 must be above 0"),
        ("train copy --vocabulary 1 --max-length 1", "too few sequences"),
        ("eval nowhere", "nowhere is not a run: it has no config.json"),
        ("predict nowhere 1", "nowhere is not a run"),
        ("train --resume nowhere", "nowhere is not a run"),
    ],
)
def test_bad_arguments(tmp_path, monkeypatch, refused, arguments, words):
    monkeypatch.chdir(tmp_path)
    assert words in refused(*arguments.split())
    assert not [p for p in tmp_path.rglob("*") if p.name != "config.json" and p.is_file()]


@pytest.mark.parametrize(
    ("symbols", "words"),
    [("", "the sequence is empty"), ("3 10", "symbol 10 is outside the vocabulary"), ("-- -1", "symbol -1 is outside")],
)
def test_bad_sequences(run, refused, symbols, words):
    assert words in refused("predict", run, *symbols.split())


def test_a_sequence_longer_than_learnt_positions(tmp_path, refused, capsys):
    learned = Run.create(tmp_path / "run", quick("copy", positions="learned", steps=2))
    train(learned)
    assert main(["predict", str(learned.folder), "1", "2", "3", "4"]) == 0
    capsys.readouterr()
    assert "5 symbols, but this model learnt positions for 4" in refused("predict", learned.folder, 1, 2, 3, 4, 5)


@pytest.mark.parametrize(
    ("name", "content", "command", "words"),
    [
        ("config.json", b"{", "eval", "config.json is damaged: it is not JSON"),
        ("config.json", b"\xff\xfe", "eval", "config.json is damaged"),
        ("config.json", b'{"layers": 0}', "eval", "config.json is damaged: layers = 0"),
        ("model.safetensors", b"half", "eval", "model.safetensors is damaged"),
        ("model.safetensors", None, "eval", "has no model.safetensors yet"),
        ("model.safetensors", b"half", "predict", "model.safetensors is damaged"),
        ("checkpoint.safetensors", b"half", "train", "checkpoint.safetensors is damaged"),
        ("checkpoint.safetensors", None, "train", "has no checkpoint to resume from"),
        ("metrics.jsonl", b"{", "train", "metrics.jsonl is damaged"),
    ],
)
def test_damaged_run_folders(tmp_path, refused, name, content, command, words):
    run = Run.create(tmp_path / "run", quick("copy", steps=2))
    train(run)
    if content is None:
        (run.folder / name).unlink()
    else:
        (run.folder / name).write_bytes(content)
    arguments = {"eval": ["eval"], "predict": ["predict"], "train": ["train", "--resume"]}[command]
    assert words in refused(*arguments, run.folder, *(["1"] if command == "predict" else []))


def test_output_that_cannot_be_written(tmp_path, refused):
    file = tmp_path / "file"
    file.write_text("mine")
    assert "is a file; a folder is needed" in refused("train", "copy", *QUICK, "--out", file)
    assert "cannot be written" in refused("train", "copy", *QUICK, "--out", file / "below")
    assert file.read_text() == "mine"


def test_a_folder_with_other_files_is_left_alone(tmp_path, refused):
    (tmp_path / "thesis.tex").write_text("mine")
    assert "holds files that are not a run's" in refused("train", "copy", *QUICK, "--out", tmp_path)
    assert os.listdir(tmp_path) == ["thesis.tex"]


def test_an_earlier_run_is_moved_aside(tmp_path):
    config = quick("copy", steps=2)
    for _ in range(3):
        train(Run.create(tmp_path / "run", config))
    assert sorted(os.listdir(tmp_path)) == ["run", "run.1", "run.2"]
    assert all((tmp_path / name / "result.json").exists() for name in os.listdir(tmp_path))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--lr", "0.5"], "--lr 0.5 differs from the run's own, 0.002"),
        (["--out", "elsewhere"], "a run is resumed in its own folder"),
    ],
)
def test_a_resumed_run_keeps_its_settings(run, refused, arguments, words):
    assert words in refused("train", "--resume", run, *arguments)


def test_a_resumed_run_can_be_given_more_steps(tmp_path):
    run = Run.create(tmp_path / "run", quick("copy", steps=2))
    train(run)
    assert main(["train", "--resume", str(run.folder), "--steps", "4"]) == 0
    assert json.loads((run.folder / "result.json").read_text())["steps"] == 4
    assert Run.open(run.folder).config.steps == 4


def test_train_writes_everything_it_says(tmp_path, capsys):
    out = tmp_path / "run"
    assert main(["train", "reverse", *QUICK, "--out", str(out)]) == 0
    written = {str(p.relative_to(out)) for p in out.rglob("*") if p.is_file()}
    assert written == {
        "config.json",
        "metrics.jsonl",
        "snapshots.jsonl",
        "checkpoint.safetensors",
        "model.safetensors",
        "result.json",
        "curves.png",
        "graph.svg",
        "explorer.html",
        "report.html",
        *(f"attention/sample-{i}-{kind}.png" for i in range(3) for kind in ("cross", "encoder", "decoder")),
    }
    said = capsys.readouterr().out
    assert all(str(out / name) in said for name in written if name.endswith(("png", "svg", "html")))
    result = json.loads((out / "result.json").read_text())
    assert result["task"] == "reverse"
    assert result["steps"] == 4
    assert (out / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_eval_prints_the_score_that_training_measured(run, capsys):
    assert main(["eval", str(run)]) == 0
    said = capsys.readouterr().out
    result = json.loads((run / "result.json").read_text())
    assert f"exact match     {result['exact_match']:.2%} of 20 held-out sequences" in said
    assert f"token accuracy  {result['token_accuracy']:.2%}" in said


def test_predict_prints_the_answer_of_a_trained_model(tmp_path, capsys):
    config = Config(task="reverse", vocabulary=4, max_length=3, d_model=32, heads=2, layers=1, steps=300, lr=5e-3)
    run = Run.create(tmp_path / "run", config)
    assert train(run)["exact_match"] == 1
    assert main(["predict", str(run.folder), "3", "0", "1"]) == 0
    assert capsys.readouterr().out == "1 0 3\n"
    assert main(["predict", str(run.folder), "3", "0", "1", "--plot"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == " ".join(map(str, answer("reverse", (3, 0, 1))))
    assert "EOS" in said[3]  # the heading of the map
    assert (run.folder / "attention" / "predict-3-0-1-cross.png").exists()


@pytest.mark.parametrize(("format", "begins"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF"), ("dot", b"")])
def test_draw(run, tmp_path, capsys, format, begins):
    path = tmp_path / f"graph.{format}"
    assert main(["draw", str(run), "--depth", "1", "--format", format, "--out", str(path)]) == 0
    assert capsys.readouterr().out.strip() == str(path)
    assert path.read_bytes().startswith(begins)
    assert b"Transformer" in path.read_bytes() or format in ("png", "pdf")


@pytest.mark.parametrize(
    ("arguments", "words"), [("--format gif", "--format gif is unknown"), ("--depth -1", "--depth -1")]
)
def test_draw_refuses(run, refused, arguments, words):
    assert words in refused("draw", run, *arguments.split())


def test_explore_writes_a_page_for_the_sequence_that_is_asked_for(run, tmp_path, capsys, refused):
    page = tmp_path / "there" / "page.html"
    assert main(["explore", str(run), "2", "1", "--out", str(page)]) == 0
    assert capsys.readouterr().out == f"{page}\n"
    assert "Transformer, 1+1 layers, 2 heads on copy" in page.read_text()
    assert "symbol 99 is outside" in refused("explore", run, 99)


def test_a_loss_that_is_not_finite_is_told_with_its_step(tmp_path, capsys):
    settings = [*QUICK, "--lr", "1e30", "--steps", "50", "--warmup", "0"]
    assert main(["train", "copy", *settings, "--out", str(tmp_path / "run")]) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert "training stopped: the loss became" in error
    assert "at step" in error


def test_the_process_has_no_traceback_and_exits_with_2():
    process = subprocess.run(
        [sys.executable, "-m", "models", "train", "sort"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert process.returncode == 2
    assert process.stderr == "python -m models train: error: task = 'sort' is unknown; copy or reverse would do\n"


@pytest.mark.parametrize("command", ["", "train", "eval", "predict", "draw", "explore", "example", "compare"])
def test_help(command, capsys):
    with pytest.raises(SystemExit) as leaving:
        main([*command.split(), "--help"])
    assert leaving.value.code == 0
    assert "usage: python -m models" in capsys.readouterr().out
