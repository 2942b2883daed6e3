"""Beside a busy neighbour: a step while another process keeps one core at work, against a step in quiet."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.benchmarks import steps
from tests.benchmarks.ratios import Results, median
from tests.benchmarks.sizes import PEERS, SIZES, Comparison, Options
from tests.benchmarks.tables import number, reasons, table

TITLE = "Beside a busy neighbour"
GOAL = 2.5  # times the quiet step, at most
LOOP = """
import os
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
print(flush=True)
while os.getppid() != 1:
    pass
"""


@contextmanager
def neighbour() -> Iterator[None]:
    """A process that keeps the first core busy."""
    process = subprocess.Popen([sys.executable, "-c", LOOP], stdout=subprocess.PIPE)
    try:
        assert process.stdout
        process.stdout.readline()
        yield
    finally:
        process.kill()
        process.communicate()


def prepare(peer: str, model: str, size: dict[str, int], seconds: float) -> Callable[[], dict[str, Any]]:
    """What measures a step in quiet and beside a neighbour, in ms."""
    if hasattr(os, "sched_getaffinity") and len(os.sched_getaffinity(0)) < 2:
        raise ImportError("there is one core only")
    step = steps.prepare(peer, model, size, seconds)

    def measure() -> dict[str, Any]:
        quiet = step()["ms"]
        with neighbour():
            time.sleep(0.1)
            busy = step()["ms"]
        return {"quiet": quiet, "busy": busy}

    return measure


def comparisons(options: Options) -> list[Comparison]:
    """At small, where threads begin to help."""
    peers = options.having("minigrad", "torch", "jax")
    tasks = {peer: ("busy", steps.task(peer, "transformer", SIZES["small"], options.seconds)[1]) for peer in peers}
    return [Comparison("small", tasks, "all", options.rounds)]


def measured_ratios(results: Mapping[str, Results]) -> dict[str, float]:
    """minigrad's busy step beside its quiet one."""
    own = results["small"].get("minigrad", {})
    return {"minigrad busy to quiet": median(own, "busy") / median(own, "quiet")} if own.get("rounds") else {}


def markdown(results: Mapping[str, Results]) -> str:
    """A row for each peer."""
    rows = [
        [PEERS[name], number(quiet), number(busy), number(busy / quiet)]
        for name, r in results["small"].items()
        for quiet, busy in [(median(r, "quiet"), median(r, "busy"))]
    ]
    words = "The Transformer at small with all cores, medians; the neighbour keeps the first core busy."
    return (
        f"{words}\n\n{table(['', 'quiet, ms', 'busy, ms', 'busy to quiet'], rows)}\n\n"
        f"minigrad is to take at most {GOAL} times its quiet step.{reasons(results)}"
    )
