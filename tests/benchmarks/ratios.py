"""Arithmetic on what was measured: medians, ratios, losses that agree, and what became worse."""

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

TOLERANCE = 1e-3  # by how much losses may differ
WORSE = 1.10  # a ratio above so many times the stored one is reported
BOUND = "gemm"
NO_LIBRARY = ("hand", BOUND)  # they say what could be reached, and are no peers

Results = Mapping[str, Mapping[str, Any]]  # by name: {"rounds": [...]}, {"absent": why} or {"failed": why}


def median(result: Mapping[str, Any], what: str) -> float:
    """The median over the rounds, or NaN."""
    return statistics.median(r[what] for r in result["rounds"]) if result.get("rounds") else math.nan


def minimum(result: Mapping[str, Any], what: str) -> float:
    """The least of the rounds, or NaN."""
    return min(r[what] for r in result["rounds"]) if result.get("rounds") else math.nan


def memory(result: Mapping[str, Any]) -> float:
    """The most memory that the process has held, in MB, or NaN."""
    return max(r["memory"] for r in result["rounds"]) if result.get("rounds") else math.nan


def check_losses(results: Results) -> dict[str, Mapping[str, Any]]:
    """The results, with those marked void whose losses are not the first one's."""
    checked: dict[str, Mapping[str, Any]] = dict(results)
    computing = [name for name in results if name != BOUND and results[name].get("rounds")]
    if computing:
        expected = results[computing[0]]["rounds"][0]["losses"]
        for name in computing:
            gap = largest_gap(expected, results[name]["rounds"][0]["losses"])
            if not gap <= TOLERANCE:  # also for NaN
                checked[name] = {"void": f"losses differ from {computing[0]}'s by {gap:.1g}"}
    return checked


def largest_gap(a: Sequence[float], b: Sequence[float]) -> float:
    """The largest difference, or NaN if any number is none.

    >>> largest_gap([1.0, 2.0], [1.0, 2.5])
    0.5
    """
    gaps = [abs(x - y) for x, y in zip(a, b, strict=True)]
    return math.nan if any(map(math.isnan, gaps)) else max(gaps)


def ratios(results: Results, what: str = "ms", of: str = "minigrad") -> dict[str, float]:
    """The median of one beside those of the others: the fastest peer, PyTorch eager, the step by hand, the GEMM bound.

    >>> rounds = {"minigrad": [3.0], "torch": [6.0], "jax": [4.0], "gemm": [2.0]}
    >>> ratios({name: {"rounds": [{"ms": ms} for ms in times]} for name, times in rounds.items()})
    {'fastest': 0.75, 'torch': 0.5, 'gemm': 1.5}
    """
    own = median(results.get(of, {}), what)
    others = {name: median(result, what) for name, result in results.items() if name != of}
    others = {name: value for name, value in others.items() if not math.isnan(value)}
    found = {}
    if peers := [value for name, value in others.items() if name not in NO_LIBRARY]:
        found["fastest"] = own / min(peers)
    found |= {name: own / others[name] for name in ("torch", *NO_LIBRARY) if name in others}
    return {} if math.isnan(own) else found


def worse(now: Mapping[str, float], stored: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """Which ratios cost more than a tenth more than stored: by name, what was stored and what is.

    >>> worse({"a": 0.8, "b": 0.5, "new": 2.0}, {"a": 0.7, "b": 0.5})
    {'a': (0.7, 0.8)}
    """
    return {name: (stored[name], x) for name, x in now.items() if name in stored and x > WORSE * stored[name]}
