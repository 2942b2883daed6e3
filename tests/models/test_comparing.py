"""The comparison: each piece is done once, what is done is kept, and the report shows what came out."""

import dataclasses
import json

import pytest

from models.cli import main
from models.comparing import comparison as comparison_module
from models.comparing.comparison import Comparison
from models.comparing.plan import FULL, QUICK, Extent, plan
from models.comparing.report import write_report
from models.comparing.work import expected_seconds, steps_of
from models.config import MODELS, POSITIONS, TASKS, Config, UsageError

TINY = Extent(
    config={
        "vocabulary": 4,
        "min_length": 2,
        "max_length": 3,
        "d_model": 8,
        "heads": 2,
        "layers": 1,
        "feed_forward": 8,
        "batch": 4,
        "steps": 4,
        "eval_every": 2,
        "eval_size": 20,
        "solved": 2.0,
    },
    seeds=2,
    beyond=(4,),
    asked=3,
    all_pairs=False,
    lengths=(2, 4, 8),
    rounds=1,
    graph_lengths=(2, 4),
)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    comparison = Comparison(tmp_path_factory.mktemp("compare"), plan(TINY))
    told = []
    comparison.go_on(lambda piece, word: told.append(piece.key))
    return comparison, told


def test_the_plan_asks_every_question_and_trains_nothing_twice():
    for extent, pairs in ((QUICK, 7), (FULL, 16)):
        pieces = plan(extent)
        configs = [Config(**piece.settings["config"]) for piece in pieces if piece.kind == "train"]
        assert len(set(configs)) == len(configs)
        assert len({piece.key for piece in pieces}) == len(pieces)
        first = [c for c in configs if c.seed == 0]
        assert {(c.task, c.model) for c in first} == {(t, m) for t in TASKS for m in MODELS}
        assert {c.positions for c in first if c.task == "reverse"} == set(POSITIONS)
        assert len({(c.score, c.normaliser) for c in first}) == pairs
        assert len(configs) == len(first) * extent.seeds
        assert pieces[-1].settings["lengths"]


def test_every_step_is_told(done):
    comparison, told = done
    assert {key: told.count(key) for key in told} == {piece.key: steps_of(piece) for piece in comparison.pieces}


def test_it_goes_on_where_it_stopped(tmp_path):
    pieces = [piece for piece in plan(TINY) if piece.kind == "train"][:3]
    comparison = Comparison(tmp_path, pieces)

    def interrupt(piece, word):
        if piece is pieces[1]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        comparison.go_on(interrupt)
    assert comparison.missing() == pieces[1:]
    before = comparison.path(pieces[0]).read_bytes()
    told = []
    comparison.go_on(lambda piece, word: told.append(piece))
    assert comparison.missing() == []
    assert pieces[0] not in told
    assert comparison.path(pieces[0]).read_bytes() == before
    results = [comparison.result(piece) for piece in pieces]
    assert results[1]["curve"][0]["step"] == 0
    assert [point["step"] for point in results[1]["curve"]] == [0, 2, 4]


def test_a_result_of_other_settings_is_made_again(tmp_path):
    (piece,) = plan(dataclasses.replace(TINY, seeds=1))[:1]
    comparison = Comparison(tmp_path, [piece])
    comparison.go_on(lambda piece, word: None)
    longer = dataclasses.replace(piece, settings=piece.settings | {"asked": 5})
    assert Comparison(tmp_path, [longer]).missing() == [longer]


def test_a_damaged_result_is_named(tmp_path):
    (piece,) = plan(TINY)[:1]
    comparison = Comparison(tmp_path, [piece])
    comparison.path(piece).parent.mkdir()
    comparison.path(piece).write_text('{"settings": 1')
    with pytest.raises(UsageError, match=r"copy-transformer\.json is damaged.*remove it"):
        comparison.missing()


def test_the_report(done):
    comparison, _ = done
    paths = list(write_report(comparison))
    assert [path.name for path in paths] == [
        *(f"{name}.png" for name in ("budget", "length", "positions", "scores", "time", "paths")),
        "compare.json",
        "compare.md",
    ]
    content = json.loads((comparison.folder / "compare.json").read_text())
    assert len(content["trained"]) == 2 * 16
    assert set(content["time"]["step"]) == {"self-attention", "RNN", "GRU", "LSTM"}
    text = (comparison.folder / "compare.md").read_text()
    for path in paths[:6]:
        assert path.stat().st_size > 5000
        assert f"]({path.name})" in text
    learned = next(line for line in text.splitlines() if line.startswith("| learned |"))
    assert learned.endswith("| - |")  # no vector for position 4
    assert "2 seed(s)" in text
    assert "| self-attention | 2, 4 | O(n²·d) |" in text


def test_the_estimate_is_of_the_right_order(done):
    for piece in done[0].pieces[::8]:
        assert 0 < expected_seconds(piece) < 60


def test_the_command(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("models.comparing.plan.QUICK", dataclasses.replace(TINY, seeds=1))
    assert main(["compare", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr()
    assert "18 of 18 pieces to do, about" in said.err
    assert "compare.md" in said.out
    assert main(["compare", "--out", str(tmp_path)]) == 0  # nothing to do: the report alone
    assert "pieces to do" not in capsys.readouterr().err

    def interrupted(piece, told):
        raise KeyboardInterrupt

    monkeypatch.setattr(comparison_module, "do", interrupted)
    next((tmp_path / "pieces").iterdir()).unlink()
    assert main(["compare", "--out", str(tmp_path)]) == 130
    assert f"goes on from there: python -m models compare --out {tmp_path}" in capsys.readouterr().err
    (tmp_path / "file").touch()
    assert main(["compare", "--out", str(tmp_path / "file")]) == 2
    assert "is a file; a folder is needed" in capsys.readouterr().err
