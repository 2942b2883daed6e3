"""Step time: one step of training (forward, cross entropy, backward, Adam) in every peer."""

import dataclasses
import importlib
import time
from collections.abc import Callable
from typing import Any

from tests.benchmarks import drawn
from tests.benchmarks.sizes import SIZES, Comparison, Options, Size
from tests.benchmarks.steps_report import markdown, measured_ratios

__all__ = ["comparisons", "markdown", "measured_ratios", "prepare"]
TITLE = "Step time"

CHECKED = 20  # steps whose losses must agree


def prepare(peer: str, model: str, size: dict[str, int], seconds: float) -> Callable[[], dict[str, Any]]:
    """Build and warm up a model in one peer.

    Arguments:
        peer: its name, as in `peer_NAME`.
        model: "transformer", "gru" or "lstm".
        size: its sizes.
        seconds: how long to go on with steps in a round, at least.

    Returns:
        What measures: ms a step, by the clock and of the processor, and the losses of the first steps.
    """
    sizes = Size(**size)
    trainer = importlib.import_module(f"tests.benchmarks.peer_{peer}").trainer(
        model, sizes, drawn.weights(model, sizes)
    )
    batches = [trainer.tensors(*batch) for batch in drawn.batches(sizes, CHECKED)]
    losses = [float(trainer.step(*batch)) for batch in batches]
    started = time.perf_counter()
    for batch in batches[:3]:
        loss = trainer.step(*batch)
    float(loss)
    count = max(1, round(seconds / ((time.perf_counter() - started) / 3)))

    def measure() -> dict[str, Any]:
        started, worked = time.perf_counter(), time.process_time()
        for i in range(count):
            loss = trainer.step(*batches[i % CHECKED])
        float(loss)  # waits, where steps are computed in the background
        seconds, worked = time.perf_counter() - started, time.process_time() - worked
        return {"ms": 1000 * seconds / count, "cpu_ms": 1000 * worked / count, "losses": losses}

    return measure


def task(peer: str, model: str, size: Size, seconds: float) -> tuple[str, dict[str, Any]]:
    """What a worker is told."""
    return "steps", {"peer": peer, "model": model, "size": dataclasses.asdict(size), "seconds": seconds}


def comparisons(options: Options) -> list[Comparison]:
    """Every model at every size, on one core and on all."""
    return [
        Comparison(
            f"{model}/{size}/{cores}",
            {peer: task(peer, model, SIZES[size], options.seconds) for peer in options.peers},
            cores,
            options.rounds,
        )
        for model in options.models
        for cores in options.cores
        for size in options.sizes
    ]
