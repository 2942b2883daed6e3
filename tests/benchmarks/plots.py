"""Plots of what was measured, one file each, for the docs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.plotting import STYLES, draw_lines, figure, save
from tests.benchmarks import graphs, growth, overhead
from tests.benchmarks.ratios import Results, check_losses, median, memory
from tests.benchmarks.sizes import PEERS
from tests.benchmarks.tables import number

Section = Mapping[str, Results]
CORES = {"one": "pinned to one core", "all": "all cores"}


def style(name: str) -> dict[str, Any]:
    """The same colour, mark and dashes for a peer in every plot."""
    return STYLES[list(PEERS).index(name) % len(STYLES)]


def draw_bars(axes: Any, groups: Mapping[str, Mapping[str, float]], top: float | None = None, **labels: Any) -> None:
    """Bars side by side: a group for each label, a bar with its number for each peer that has one.

    Arguments:
        axes: where.
        groups: by label, a number for each peer.
        top: where bars are cut off; their numbers tell how far they go.
        labels: what `axes.set` takes.
    """
    peers = [name for name in PEERS if any(name in group for group in groups.values())]
    width = 1 / (len(peers) + 1)
    for i, peer in enumerate(peers):
        places = [g + (i + 1) * width - 0.5 for g in range(len(groups))]
        heights = [group.get(peer, float("nan")) for group in groups.values()]
        shown = [min(h, top) if top else h for h in heights]
        bars = axes.bar(places, shown, width, label=PEERS[peer], color=style(peer)["color"])
        texts = ["" if h != h else number(h) for h in heights]
        axes.bar_label(bars, texts, fontsize=6, rotation=90, padding=2)
    axes.set_xticks(range(len(groups)), groups, fontsize=8)
    axes.margins(y=0.15)
    axes.set(**labels)
    axes.grid(axis="y", alpha=0.3)
    axes.set_axisbelow(True)


def add_legend(drawn: Any) -> None:
    """One legend for all axes, below them."""
    by_label = {text: mark for axes in drawn.axes for mark, text in zip(*axes.get_legend_handles_labels(), strict=True)}
    drawn.legend(by_label.values(), by_label.keys(), loc="outside lower center", ncols=len(by_label), fontsize=8)


def plot_steps(section: Section) -> Any:
    """Step time of every peer as a multiple of minigrad's: a row for each model, a column for one core and for all."""
    panels: dict[tuple[str, str], dict[str, dict[str, float]]] = {}
    for key, result in section.items():
        model, size, cores = key.split("/")
        result = check_losses(result)
        own = median(result.get("minigrad", {}), "ms")
        times = {name: median(r, "ms") / own for name, r in result.items()}
        panels.setdefault((model, cores), {})[size] = times
    models, columns = (list(dict.fromkeys(key[i] for key in panels)) for i in (0, 1))
    drawn = figure(1 + 4.5 * len(columns), 0.6 + 2.6 * len(models))
    for (model, cores), groups in panels.items():
        axes = drawn.add_subplot(
            len(models), len(columns), models.index(model) * len(columns) + columns.index(cores) + 1
        )
        draw_bars(axes, groups, title=f"{model}, {CORES[cores]}", top=3, ylabel="step time ÷ minigrad's")
        axes.axhline(1, color="black", linewidth=0.8)
    add_legend(drawn)
    return drawn


def plot_growth(section: Section, cores: str) -> Any:
    """Step time above, memory below, against each size that grows."""
    found = {name: points for (name, which), points in growth.series(section).items() if which == cores}
    drawn = figure(3.4 * len(found), 6)
    for column, (name, points) in enumerate(found.items(), 1):
        for row, (what, label) in enumerate([("ms", "ms a step"), ("memory", "most memory, MB")]):
            axes = drawn.add_subplot(2, len(found), row * len(found) + column)
            for peer in dict.fromkeys(peer for result in points.values() for peer in result):
                measured = [result.get(peer, {}) for result in points.values()]
                heights = [memory(r) if what == "memory" else median(r, what) for r in measured]
                axes.plot(list(points), heights, label=PEERS[peer], **style(peer))
            axes.set(xlabel=name, ylabel=label, xscale="log", yscale="log")
            axes.grid(alpha=0.3)
            axes.set_xticks(list(points), map(str, points))
            axes.set_xticks([], minor=True)
    add_legend(drawn)
    drawn.suptitle(f"A step of the Transformer, {CORES[cores]}")
    return drawn


def plot_overhead(section: Section) -> Any:
    """What an op costs in each eager peer."""
    found = {name: r for name, r in section["ops"].items() if r.get("rounds")}
    names = [what.removesuffix(" both") for what in overhead.whats(next(iter(found.values()))) if what.endswith("both")]
    drawn = figure(11, 6)
    for row, (kind, word) in enumerate((("forward", "forward, recorded"), ("both", "forward and backward")), 1):
        groups = {
            name: {peer: median(r, f"{name} {kind}") for peer, r in found.items() if f"{name} {kind}" in r["rounds"][0]}
            for name in names
        }
        draw_bars(drawn.add_subplot(2, 1, row), groups, title=f"An op on 2 × 2 numbers, {word}", ylabel="µs")
    add_legend(drawn)
    return drawn


def plot_graphs(section: Section) -> Any:
    """What reading and drawing cost against the number of ops."""
    found = [r for r in section["layers"].values() if r.get("rounds")]
    ops = [median(r, "ops") for r in found]
    lines = {what: (ops, [median(r, what) for r in found]) for what in graphs.WHATS}
    drawn = figure(6.5, 4)
    labels = {"title": "A Transformer's loss", "xlabel": "ops in the graph", "ylabel": "ms"}
    axes = drawn.add_subplot()
    draw_lines(axes, lines, xscale="log", yscale="log", **labels)
    axes.set_xticks(ops, [f"{n:.0f}" for n in ops])
    axes.minorticks_off()
    return drawn


def plot_solved(section: Section) -> Any:
    """Seconds and memory until reverse is solved."""
    drawn = figure(8, 3.5)
    keys = {key: f"{key.split('/')[0]},\n{CORES[key.split('/')[1]]}" for key in section}
    for place, (what, label) in enumerate([("seconds", "seconds, imports included"), ("memory", "most memory, MB")], 1):
        groups = {
            keys[key]: {name: memory(r) if what == "memory" else median(r, what) for name, r in result.items()}
            for key, result in section.items()
        }
        draw_bars(drawn.add_subplot(1, 2, place), groups, ylabel=label)
    add_legend(drawn)
    drawn.suptitle("From the start of the process until reverse is solved")
    return drawn


def plot_chain(section: Section) -> Any:
    """Seconds forward and backward, and memory, of the long chain."""
    (key, result), *_ = section.items()
    drawn = figure(8, 3.5)
    times = {what: {name: median(r, what) for name, r in result.items()} for what in ("forward", "backward")}
    draw_bars(drawn.add_subplot(1, 2, 1), times, ylabel="seconds", title=f"A chain of {key}")
    held = {"": {name: memory(r) for name, r in result.items()}}
    draw_bars(drawn.add_subplot(1, 2, 2), held, ylabel="most memory, MB")
    add_legend(drawn)
    return drawn


def draw_all(results: Mapping[str, Section], folder: Path) -> list[Path]:
    """Write a plot of each section that has one.

    Arguments:
        results: by section, what was measured.
        folder: where to.

    Returns:
        The files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    kinds = {
        "steps": plot_steps,
        "solved": plot_solved,
        "overhead": plot_overhead,
        "chain": plot_chain,
        "graphs": plot_graphs,
    }
    files = [save(kinds[name](results[name]), folder / f"benchmark-{name}.png") for name in kinds if name in results]
    for cores in CORES:
        if any(key.endswith(f"/{cores}") for key in results.get("growth", {})):
            files.append(save(plot_growth(results["growth"], cores), folder / f"benchmark-growth-{cores}.png"))
    return files
