"""Time to solved: a whole process, imports included, until reverse is solved; see `solve`."""

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from tests.benchmarks.process import ROOT
from tests.benchmarks.ratios import Results, median, memory, minimum
from tests.benchmarks.sizes import PEERS, SOLVED, Comparison, Options
from tests.benchmarks.tables import number, reasons, table

TITLE = "Time to solved"
GOALS = {"short": 0.25, "long": 0.6}  # of PyTorch's and of JAX's time, at most


def prepare(peer: str, setting: str) -> Callable[[], dict[str, Any]]:
    """What runs the program once and takes its time."""
    if importlib.util.find_spec(peer) is None:
        raise ImportError(f"no module named {peer!r}")
    command = [sys.executable, "-m", "tests.benchmarks.solve", peer, setting]

    def measure() -> dict[str, Any]:
        started, before = time.perf_counter(), os.times()
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        seconds, after = time.perf_counter() - started, os.times()
        worked = after.children_user - before.children_user + after.children_system - before.children_system
        found = json.loads(run.stdout)
        if found["steps"] >= SOLVED[setting].limit:
            raise RuntimeError(f"not solved in {found['steps']} steps: {found['right']:.1%} are right")
        return found | {"seconds": seconds, "cpu_seconds": worked}

    return measure


def comparisons(options: Options) -> list[Comparison]:
    """A short setting, in which starting up counts, and a longer one."""
    peers = options.having("minigrad", "torch", "jax")
    return [
        Comparison(
            f"{setting}/{cores}",
            {peer: ("solved", {"peer": peer, "setting": setting}) for peer in peers},
            cores,
            1 if options.quick else min(options.rounds, 5 if setting == "short" else 3),
        )
        for setting in (("short",) if options.quick else SOLVED)
        for cores in options.cores
    ]


def measured_ratios(results: Mapping[str, Results]) -> dict[str, float]:
    """minigrad's time and memory beside PyTorch's and JAX's."""
    found = {}
    for key, result in results.items():
        own = result.get("minigrad", {})
        for peer in ("torch", "jax"):
            other = result.get(peer, {})
            found[f"{key} to {peer}"] = median(own, "seconds") / median(other, "seconds")
            found[f"{key} memory to {peer}"] = memory(own) / memory(other)
    return {name: value for name, value in found.items() if value == value}


def markdown(results: Mapping[str, Results]) -> str:
    """A table for each setting."""
    parts = ["The whole process, imports included, until 99 % of 1,000 held-out sequences are said backwards exactly."]
    found = measured_ratios(results)
    for key, result in results.items():
        setting, cores = key.split("/")
        chosen, size = SOLVED[setting], SOLVED[setting].size
        rows = [
            [
                PEERS[name],
                f"{number(median(r, 'seconds'))} ({number(minimum(r, 'seconds'))})",
                number(median(r, "cpu_seconds")),
                number(median(r, "steps")),
                number(memory(r)),
                number(found.get(f"{key} to {name}", float("nan"))),
            ]
            for name, r in result.items()
        ]
        head = ["", "seconds", "processor's", "steps", "most memory, MB", "minigrad to it"]
        parts.append(
            f"{setting}, {'pinned to one core' if cores == 'one' else 'all cores'}: length {chosen.count}, "
            f"{chosen.symbols} symbols, width {size.width}, {size.layers} layers, batch {size.batch}; minigrad is to "
            f"take at most {GOALS[setting]} of the others' time.\n\n{table(head, rows)}"
        )
    return "\n\n".join(parts) + reasons(results)
