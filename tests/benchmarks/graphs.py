"""Pictures: what reading a graph off the engine and drawing it cost, against how many ops there are."""

import itertools
import time
from collections.abc import Callable, Mapping
from typing import Any

import minigrad
from tests.benchmarks import drawn
from tests.benchmarks.models_torch import Trainer
from tests.benchmarks.ratios import Results, median
from tests.benchmarks.sizes import Comparison, Options, Size
from tests.benchmarks.tables import number, reasons, table

TITLE = "Reading and drawing graphs"
WHATS = ("forward", "read", "read with gradients", "draw", "render")


def prepare(layers: int) -> Callable[[], dict[str, Any]]:
    """What reads, draws and renders the loss of a Transformer with so many layers; all in ms."""
    size = Size(width=32, heads=4, layers=layers, vocabulary=12, length=10, batch=8)
    trainer = Trainer(minigrad, "transformer", size, drawn.weights("transformer", size))
    batch = trainer.tensors(*drawn.batches(size, 1)[0])

    def measure() -> dict[str, Any]:
        times = [time.perf_counter()]
        loss = trainer.loss(*batch)
        times.append(time.perf_counter())
        minigrad.graph.read(loss)
        times.append(time.perf_counter())
        minigrad.graph.read(loss, gradients=True)
        times.append(time.perf_counter())
        drawing = minigrad.graph.draw(loss)  # reads by itself
        times.append(time.perf_counter())
        drawing.render("svg")
        times.append(time.perf_counter())
        found = {what: 1000 * (b - a) for what, (a, b) in zip(WHATS, itertools.pairwise(times), strict=True)}
        return found | {"ops": drawing.ops}

    measure()
    return measure


def comparisons(options: Options) -> list[Comparison]:
    """Transformers of more and more layers."""
    layers = (1, 4, 16) if options.quick else (1, 2, 4, 8, 16, 32, 64)
    tasks = {str(n): ("graphs", {"layers": n}) for n in layers}
    return [Comparison("layers", tasks, "one", min(options.rounds, 5))]


def measured_ratios(results: Mapping[str, Results]) -> dict[str, float]:
    """What reading and drawing cost beside the forward pass that they show."""
    return {
        f"{layers} layers {what} to forward": median(r, what) / median(r, "forward")
        for layers, r in results["layers"].items()
        if r.get("rounds")
        for what in ("read", "draw")
    }


def markdown(results: Mapping[str, Results]) -> str:
    """A row for each number of layers."""
    rows = [
        [layers, number(median(r, "ops")), *(number(median(r, what)) for what in WHATS)]
        for layers, r in results["layers"].items()
    ]
    head = ["layers", "ops", *(f"{what}, ms" for what in WHATS)]
    words = "`draw` reads, folds and writes DOT; `render` lets Graphviz make an SVG of it."
    return f"A Transformer's loss. {words}\n\n{table(head, rows)}{reasons(results)}"
