"""What came out of a comparison: tables and plots, as `compare.md` with its pictures and `compare.json`."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import minigrad
from minigrad.nn.normalisers import NORMALISERS
from minigrad.nn.scores import SCORES
from minigrad.utils.files import write_whole
from models.comparing.comparison import Comparison
from models.comparing.work import BATCH, HEADS, WIDTH
from models.config import MODELS, POSITIONS, TASKS, Config
from models.plotting import BLUE, STYLES, Series, draw_lines, figure, save

Result = dict[str, Any]  # of a model that was trained: its settings, and what came out

NAMES = {"transformer": "Transformer", "rnn": "RNN without attention", "rnn-attention": "RNN with attention"}


@dataclass
class Section:
    """A part of the report: a question, a table, and a plot.

    Attributes:
        name: that of the plot's file.
        title: the heading.
        words: what is shown, and how it was measured.
        table: the numbers, as Markdown.
        draw: makes the plot.
    """

    name: str
    title: str
    words: str
    table: str
    draw: Callable[[], Any]


def write_report(comparison: Comparison) -> Iterator[Path]:
    """Write tables and plots of all results, one file after the other; results that are missing are left out."""
    done = [(piece, result) for piece in comparison.pieces if (result := comparison.result(piece)) is not None]
    trained = [piece.settings["config"] | result for piece, result in done if piece.kind == "train"]
    others = {piece.kind: result for piece, result in done if piece.kind != "train"}
    sections = [budget(trained), lengths(trained), positions(trained), scores(trained)] if trained else []
    sections += [times(others["time"])] if "time" in others else []
    sections += [graphs(others["graph"])] if "graph" in others else []
    text = ["# The models side by side"]
    for section in sections:
        yield save(section.draw(), comparison.folder / f"{section.name}.png")
        text += [f"## {section.title}", section.words, section.table, f"![{section.title}]({section.name}.png)"]
    yield write_whole(comparison.folder / "compare.json", json.dumps({"trained": trained, **others}, indent=2) + "\n")
    yield write_whole(comparison.folder / "compare.md", "\n\n".join(text) + "\n")


def table(rows: Sequence[Sequence[Any]]) -> str:
    """Rows as Markdown has them.

    >>> print(table([["model", "right"], ["RNN", 0.5], ["none", None]]))
    | model | right |
    |---|---|
    | RNN | 50.0 % |
    | none | - |
    """
    lines = ["| " + " | ".join(map(_cell, row)) + " |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]])


def _cell(x: Any) -> str:
    return "-" if x is None else f"{x:.1%}".replace("%", " %") if isinstance(x, float) else str(x)


def select(trained: list[Result], **settings: Any) -> list[Result]:
    """The results with these settings and else the defaults of what is compared: one for each seed."""
    wanted = {name: getattr(Config, name) for name in ("task", "model", "cell", "positions", "score", "normaliser")}
    wanted |= settings
    return [result for result in trained if all(result[name] == value for name, value in wanted.items())]


def mean(results: list[Result], value: Callable[[Result], float | None]) -> float | None:
    """The mean over the seeds, or None where there is nothing."""
    found = [x for x in map(value, results) if x is not None]
    return float(np.mean(found)) if found else None


def curve(results: list[Result]) -> tuple[list[float], list[float]]:
    """Exact match against steps, the mean over the seeds."""
    steps = [point["step"] for point in results[0]["curve"]]
    values = [mean(results, lambda r, i=i: r["curve"][i]["exact_match"]) for i in range(len(steps))]  # type: ignore[misc]
    return steps, [float("nan") if v is None else v for v in values]


def against_length(results: list[Result]) -> tuple[list[float], list[float]]:
    """Exact match against length, the mean over the seeds; where there is no answer, no point."""
    found = {int(n): mean(results, lambda r, n=n: r["by_length"][n]) for n in results[0]["by_length"]}  # type: ignore[misc]
    points = [(float(n), v) for n, v in found.items() if v is not None]
    return [n for n, _ in points], [v for _, v in points]


# --- (a) models


def budget(trained: list[Result]) -> Section:
    """Exact match against the training budget, for each task and model."""
    found = {task: {NAMES[m]: select(trained, task=task, model=m) for m in MODELS} for task in TASKS}
    rows: list[list[Any]] = [["task", "model", "parameters", "ms a step", "exact match after training"]]
    for task, models in found.items():
        for name, results in models.items():
            if results:
                ms = mean(results, lambda r: r["step_ms"])
                rows.append([task, name, f"{results[0]['parameters']:,}", f"{ms:.1f}", mean(results, _exact)])
    first = trained[0]
    return Section(
        "budget",
        "How fast each learns",
        f"Whole sequences right, of held-out ones of {first['min_length']} to {first['max_length']} out of "
        f"{first['vocabulary']} symbols, against training steps of {first['batch']} sequences; "
        f"{len({r['seed'] for r in trained})} seed(s).",
        table(rows),
        lambda: _side_by_side(
            {task: {name: curve(rs) for name, rs in models.items() if rs} for task, models in found.items()},
            xlabel="training step",
            ylabel="whole sequences right",
            ylim=(-0.03, 1.03),
        ),
    )


def _exact(result: Result) -> float:
    return result["exact_match"]


def lengths(trained: list[Result]) -> Section:
    """Exact match against length, for each task and model, within and beyond the lengths of training."""
    found = {
        task: {NAMES[m]: against_length(rs) for m in MODELS if (rs := select(trained, task=task, model=m))}
        for task in TASKS
    }
    most = trained[0]["max_length"]
    return Section(
        "length",
        "How each does as sequences get longer",
        f"Whole sequences right at each length. Training saw lengths up to {most}, left of the line.",
        _by_length({f"{task}, {name}": points for task, ms in found.items() for name, points in ms.items()}),
        lambda: _side_by_side(
            found, line=most + 0.5, xlabel="symbols in the sequence", ylabel="whole sequences right", ylim=(-0.03, 1.03)
        ),
    )


def _by_length(series: Series) -> str:
    numbers = sorted({n for x, _ in series.values() for n in x})
    chosen = [n for i, n in enumerate(numbers) if len(numbers) <= 10 or i % 2 or n == numbers[-1]]
    rows: list[list[Any]] = [["", *(f"{n:.0f}" for n in chosen)]]
    for name, (x, y) in series.items():
        known = dict(zip(x, y, strict=True))
        rows.append([name, *(known.get(n) for n in chosen)])
    return table(rows)


# --- (b) positions, (c) scores and normalisers


def positions(trained: list[Result]) -> Section:
    """Exact match against length for each kind of positions, on reverse."""
    found = {p: against_length(rs) for p in POSITIONS if (rs := select(trained, task="reverse", positions=p))}
    most = trained[0]["max_length"]

    def draw() -> Any:
        return _side_by_side(
            {"reverse": found},
            line=most + 0.5,
            xlabel="symbols in the sequence",
            ylabel="whole sequences right",
            ylim=(-0.03, 1.03),
        )

    return Section(
        "positions",
        "What positions do",
        f"The Transformer on reverse with each kind of positions; training saw lengths up to {most}. Learned positions "
        "have no vector for longer ones.",
        _by_length(found),
        draw,
    )


def scores(trained: list[Result]) -> Section:
    """Exact match for scores and normalisers, on reverse."""
    found = {
        f"{s}, {n}": results for s in SCORES for n in NORMALISERS if (results := select(trained, score=s, normaliser=n))
    }
    rows: list[list[Any]] = [["score", "normaliser", "exact match after training"]]
    rows += [[*name.split(", "), mean(results, _exact)] for name, results in found.items()]

    def draw() -> Any:
        picture = figure(7.5, 0.9 + 0.32 * len(found))
        axes = picture.subplots()
        values = [mean(results, _exact) for results in found.values()]
        bars = axes.barh(list(found), [v or 0.0 for v in values], color=BLUE)
        axes.bar_label(bars, [f"{v or 0.0:.0%}" for v in values], padding=3, fontsize=8)
        axes.set(xlabel="whole sequences right after training", xlim=(0, 1.12), title="score, normaliser")
        axes.invert_yaxis()
        axes.grid(axis="x", alpha=0.3)
        return picture

    return Section(
        "scores",
        "Other scores and normalisers",
        "The Transformer on reverse, with attention of each kind.",
        table(rows),
        draw,
    )


# --- (d) time, (e) graphs


def times(result: Result) -> Section:
    """Milliseconds against length, for each layer, and the power of the length that they grow with."""
    titles = {"outputs": "all outputs", "step": "one training step"}
    found = {titles[what]: {name: _numbers(ms) for name, ms in layers.items()} for what, layers in result.items()}
    rows: list[list[Any]] = [["", "layer", *(f"T = {n:.0f}" for n in next(iter(found["all outputs"].values()))[0])]]
    rows[0].append("grows as")
    labelled: dict[str, Series] = {}
    for title, layers in found.items():
        powers = {name: minigrad.graph.exponent(x[-3:], y[-3:]) for name, (x, y) in layers.items()}
        labelled[title] = {f"{name}, ∝ T^{powers[name]:.2f}": points for name, points in layers.items()}
        rows += [[title, name, *(f"{v:.2f}" for v in y), f"T^{powers[name]:.2f}"] for name, (_, y) in layers.items()]
    return Section(
        "time",
        "How long one layer takes",
        "Milliseconds, medians of rounds in which the layers took turns, and the exponent fitted to the three longest. "
        f"Batch {BATCH}, width {WIDTH}, {HEADS} heads.",
        table(rows),
        lambda: _side_by_side(labelled, xlabel="T, positions", ylabel="milliseconds", xscale="log", yscale="log"),
    )


def _numbers(by_length: dict[str, float]) -> tuple[list[float], list[float]]:
    return [float(n) for n in by_length], list(by_length.values())


def graphs(result: Result) -> Section:
    """Sequential depth and longest path against length, read from the graphs."""
    layers = result["layers"]
    plots = {
        title: {name: (row["lengths"], row[what]) for name, row in layers.items()}
        for title, what in (("sequential depth", "depth"), ("longest of the shortest paths", "path"))
    }
    return Section(
        "paths",
        "How far one position is from another",
        "What the textbook says (Vaswani et al., 2017, table 1), and beside it what was read from recorded graphs: ops "
        "on the longest chain of all, and on the shortest chain between the two positions that are furthest apart.",
        result["table"],
        lambda: _side_by_side(plots, xlabel="n, positions", ylabel="ops", xscale="log", yscale="log"),
    )


def _side_by_side(plots: Mapping[str, Series], line: float | None = None, **labels: Any) -> Any:
    """A panel for each title."""
    picture = figure(5.2 * len(plots) + (1.5 if len(plots) == 1 else 0), 3.9)
    for axes, (title, series) in zip(picture.subplots(1, len(plots), squeeze=False)[0], plots.items(), strict=True):
        draw_lines(axes, series, title=title, **labels)
        if labels.get("xscale") == "log":
            ticks = sorted({n for x, _ in series.values() for n in x})
            axes.set_xticks(ticks, [f"{n:.0f}" for n in ticks])
            axes.minorticks_off()
        if line is not None:
            axes.axvline(line, color=STYLES[-1]["color"], linewidth=0.8, linestyle=":")
    return picture
