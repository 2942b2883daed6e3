"""The process that measures: `python -m tests.benchmarks.worker WHAT SETTINGS CORES`.

It imports the module of what is measured, lets it prepare, and says that it is ready. Then, whenever it is told to go,
it measures once. It answers each time with a line of JSON. Threads are left at what the libraries choose.
"""

import importlib
import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

from tests.benchmarks import blas


def peak_memory() -> float:
    """The most memory that this process has held, in MB.

    Linux keeps it for the program that runs (VmHWM); `ru_maxrss` would count the parent too, of which each process is
    a copy before it becomes itself.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KB elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1024**2


def threads() -> int:
    """How many threads this process has, those of BLAS and the like among them."""
    tasks = Path("/proc/self/task")
    return len(list(tasks.iterdir())) if tasks.exists() else 0


def pin(cores: str) -> None:
    """Keep this process on one core; on "all" it stays where it may run."""
    if cores == "one" and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def why(error: BaseException) -> str:
    """What went wrong, in one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0][:200] if lines else ''}"


def main() -> None:
    """Prepare, then measure once for each line of input."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print shall not stand between the answers

    def answer(**what: Any) -> None:
        print(json.dumps(what), file=answers, flush=True)

    what, settings, cores = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]
    pin(cores)
    try:
        measure = importlib.import_module(f"tests.benchmarks.{what}").prepare(**settings)
        answer(ready=True)
    except ImportError as error:
        answer(absent=why(error))
    except Exception as error:  # such as a compiler that is not there
        answer(failed=why(error))
    for _ in sys.stdin:
        try:
            found = measure()
            answer(**{"memory": peak_memory(), "threads": threads(), "blas": blas.used()} | found)
        except Exception as error:
            answer(failed=why(error))


if __name__ == "__main__":
    main()
