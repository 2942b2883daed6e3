"""The report: where it was measured, then section by section."""

from collections.abc import Mapping
from typing import Any

from tests.benchmarks.blas import CHOSEN_BY
from tests.benchmarks.ratios import Results
from tests.benchmarks.sections import SECTIONS


def place(machine: Mapping[str, Any]) -> str:
    """Where and with what it was measured."""
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    lines = [f"- {name}: {value}" for name, value in machine.items() if name not in ("versions", CHOSEN_BY)]
    if kernels := machine.get(CHOSEN_BY):
        lines = [
            f"**{CHOSEN_BY} is set to {kernels}.** OpenBLAS takes those kernels whatever the processor could do, so "
            "NumPy's products may be slower than they are elsewhere; PyTorch's and JAX's do not change.\n",
            *lines,
        ]
    return "\n".join([*lines, f"- versions: {versions}"])


def markdown(found: Mapping[str, Any]) -> str:
    """The whole report, but for the comparison with what is stored."""
    parts = [f"## {SECTIONS[name].TITLE}\n\n{SECTIONS[name].markdown(r)}" for name, r in found["results"].items()]
    return "\n\n".join(["# How fast it is", place(found["machine"]), *parts])


def measured_ratios(results: Mapping[str, Mapping[str, Results]]) -> dict[str, float]:
    """All ratios that are worth storing: the less the better."""
    return {
        f"{name} {key}": value
        for name, section in results.items()
        for key, value in SECTIONS[name].measured_ratios(section).items()
    }
