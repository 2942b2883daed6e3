"""What each mechanism of speed contributes: a step with all of them, and a step without one, in turns."""

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any

import minigrad
from minigrad import threads
from minigrad.autograd import primitive
from minigrad.autograd.watching import Watcher
from minigrad.ops import linalg, normalisation
from minigrad.optim import bundles
from tests.benchmarks import steps
from tests.benchmarks.ratios import Results, check_losses, median
from tests.benchmarks.sizes import SIZES, Comparison, Options, Size
from tests.benchmarks.steps_report import CORES, cell
from tests.benchmarks.tables import reasons, table

TITLE = "What each mechanism contributes"
ALL = "with all"


def not_bundled() -> None:
    """As `foreach=False` in every optimiser."""
    bundles.SMALL = 0


def kept() -> None:
    """What no rule reads, however large it is."""
    primitive.LARGE = math.inf


def one_by_one() -> None:
    """Each gradient by its own rule."""
    for op in (linalg.linear.op, normalisation._layer_norm.op):
        op.together = None


SWITCHES: dict[str, Callable[[], Any]] = {
    "freed memory kept": lambda: minigrad.allocator.caching_allocator_enable(False),
    "large pages": lambda: minigrad.allocator.large_pages_enable(False),
    "small parameters together": not_bundled,
    "products in pieces": lambda: threads.split_products(False),
    "only what rules read": kept,
    "gradients together": one_by_one,
    "whole layers as one op": lambda: Watcher().__enter__(),
}
NEEDED = {"transformer": tuple(SIZES), "gru": ("small",), "lstm": ("small",)}


def prepare(without: str, model: str, size: dict[str, int], seconds: float) -> Callable[[], dict[str, Any]]:
    """Switch one mechanism off for good, or none, and prepare a step: see `steps.prepare`.

    Arguments:
        without: its name in `SWITCHES`, or "".
        model, size, seconds: as there.
    """
    if without:
        SWITCHES[without]()
    return steps.prepare("minigrad", model, size, seconds)


def task(without: str, model: str, size: Size, seconds: float) -> tuple[str, dict[str, Any]]:
    """What a worker is told."""
    settings = {"without": without, "model": model, "size": dataclasses.asdict(size), "seconds": seconds}
    return "mechanisms", settings


def matters(without: str, cores: str) -> bool:
    """Whether a mechanism can matter: products are cut only where several cores share them."""
    return cores == "all" or without != "products in pieces"


def comparisons(options: Options) -> list[Comparison]:
    """The Transformer at every size, the recurrent models at small."""
    return [
        Comparison(
            f"{model}/{size}/{cores}",
            {ALL: task("", model, SIZES[size], options.seconds)}
            | {name: task(name, model, SIZES[size], options.seconds) for name in SWITCHES if matters(name, cores)},
            cores,
            min(options.rounds, 5),
        )
        for model in options.models
        for cores in options.cores
        for size in options.sizes
        if size in NEEDED[model]
    ]


def measured_ratios(results: Mapping[str, Results]) -> dict[str, float]:
    """None to store: what a mechanism saves is no ratio that is the better the less."""
    return {}


def markdown(results: Mapping[str, Results]) -> str:
    """For each model, on one core and on all, a row for each mechanism."""
    parts: dict[tuple[str, str], dict[str, Results]] = {}
    for key, result in results.items():
        model, size, cores = key.split("/")
        parts.setdefault((model, cores), {})[size] = check_losses(result)
    words = (
        "Milliseconds a step, median (minimum) of the rounds, with all mechanisms; and with one of them switched off, "
        "how many times as long it takes."
    )
    return "\n\n".join([words, *(part(model, cores, sizes) for (model, cores), sizes in parts.items())])


def part(model: str, cores: str, checked: Mapping[str, Results]) -> str:
    """The table of one model, on one core or all; `checked` by size."""
    what = "cpu_ms" if cores == "one" else "ms"  # on one core the processor's time, which neighbours disturb less
    names = dict.fromkeys(name for result in checked.values() for name in result if name != ALL)
    rows = [[ALL, *(cell(result[ALL], what) for result in checked.values())]]
    for name in names:
        times = [median(result[name], what) / median(result[ALL], what) for result in checked.values()]
        rows.append([f"without: {name}", *("–" if x != x else f"× {x:.2f}" for x in times)])
    return f"### {model}, {CORES[cores]}\n\n{table(['', *checked], rows)}{reasons(checked)}"
