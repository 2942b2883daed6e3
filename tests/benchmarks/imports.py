"""Import time: how long a fresh interpreter takes to import each library."""

import importlib.util
import subprocess
import sys
from collections.abc import Callable, Mapping

from tests.benchmarks.ratios import Results, median, minimum
from tests.benchmarks.sizes import Comparison, Options
from tests.benchmarks.tables import number, reasons, table

TITLE = "Import time"
GOAL = 1.2  # times NumPy's, at most
CODE = "import time; t = time.perf_counter(); import {}; print(1000 * (time.perf_counter() - t))"


def prepare(library: str) -> Callable[[], dict[str, float]]:
    """What measures the import of a library, in ms, NumPy included."""
    if importlib.util.find_spec(library) is None:
        raise ImportError(f"no module named {library!r}")
    command = [sys.executable, "-c", CODE.format(library)]

    def measure() -> dict[str, float]:
        return {"ms": float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)}

    return measure


def comparisons(options: Options) -> list[Comparison]:
    """Each library, many times: files are read from the cache of the system."""
    libraries = ("numpy", *options.having("minigrad", "torch", "jax", "mygrad", "autograd"))
    rounds = 5 if options.quick else 3 * options.rounds
    return [Comparison("import", {name: ("imports", {"library": name}) for name in libraries}, "all", rounds)]


def measured_ratios(results: Mapping[str, Results]) -> dict[str, float]:
    """minigrad's time beside NumPy's."""
    found = results["import"]
    ratio = median(found.get("minigrad", {}), "ms") / median(found["numpy"], "ms")
    return {"minigrad to numpy": ratio} if ratio == ratio else {}


def markdown(results: Mapping[str, Results]) -> str:
    """A table of all libraries."""
    found = results["import"]
    numpy = median(found["numpy"], "ms")
    rows = [
        [name, number(median(r, "ms")), number(minimum(r, "ms")), number(median(r, "ms") / numpy)]
        for name, r in found.items()
    ]
    head = ["import", "median, ms", "minimum, ms", "to NumPy"]
    return f"{table(head, rows)}\n\nminigrad is to take at most {GOAL} times NumPy's time.{reasons(results)}"
