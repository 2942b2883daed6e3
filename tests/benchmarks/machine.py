"""Where and with what it was measured."""

import importlib.metadata
import os
import platform
import time
from pathlib import Path
from typing import Any

from tests.benchmarks.blas import CHOSEN_BY

PACKAGES = ("numpy", "torch", "jax", "mygrad", "autograd")


def processor() -> str:
    """What the processor calls itself."""
    info = Path("/proc/cpuinfo")
    names = [line for line in info.read_text().splitlines() if line.startswith("model name")] if info.exists() else []
    return names[0].split(":")[1].strip() if names else platform.processor()


def versions() -> dict[str, str]:
    """The version of each package that is installed."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "absent"
    return found


def load() -> float:
    """How many processes wanted to run in the last minute, on average; a quiet machine is well below 1."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")


def describe() -> dict[str, Any]:
    """All of it, as JSON can hold it."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    settings = {name: os.environ[name] for name in sorted(os.environ) if name.endswith("_NUM_THREADS")}
    return {
        "date": time.strftime("%Y-%m-%d %H:%M"),
        "processor": processor(),
        "cores": cores,
        "system": platform.platform(),
        "versions": versions(),
        CHOSEN_BY: os.environ.get(CHOSEN_BY, ""),
        "threads set": settings or "none: every library's own default",
        "load at start": load(),
    }
