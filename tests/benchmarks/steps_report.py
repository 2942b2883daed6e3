"""What is told of step times: milliseconds, memory, and minigrad's ratios beside where they must stand."""

from collections.abc import Mapping

from tests.benchmarks.ratios import Results, check_losses, median, memory, minimum, ratios
from tests.benchmarks.sizes import PEERS, SIZES
from tests.benchmarks.tables import number, reasons, table

GOALS = {  # at most, of the Transformer, by size
    "fastest": (0.65, 0.75, 0.85, 0.85),
    "torch": (0.35, 0.70, 0.85, 0.80),
    "gemm": (2.0, 1.15, 1.15, 1.1),  # on one core
    "memory": (0.3, 0.3, 1.0, 1.0),
}
WORDS = {
    "fastest": "to the fastest peer",
    "torch": "to PyTorch",
    "hand": "to the step by hand",
    "gemm": "to the GEMM bound",
}
CORES = {"one": "pinned to one core", "all": "all cores"}


def cell(result: Mapping[str, object], what: str) -> str:
    """Median and minimum, or why there is none."""
    for reason in ("absent", "failed", "void"):
        if reason in result:
            return reason
    return f"{number(median(result, what))} ({number(minimum(result, what))})"


def measured_ratios(results: Mapping[str, Results]) -> dict[str, float]:
    """Every ratio of minigrad's time and memory, by what is compared."""
    found = {}
    for key, result in results.items():
        result = check_losses(result)
        found |= {f"{key} to {name}": value for name, value in ratios(result).items()}
        if "torch" in result:
            found[f"{key} memory to torch"] = memory(result.get("minigrad", {})) / memory(result["torch"])
    return {name: value for name, value in found.items() if value == value}  # none that is NaN


def goal(model: str, cores: str, size: str, name: str) -> str:
    """Where a ratio must stand, or nothing."""
    if model == "transformer" and name in GOALS and (name != "gemm" or cores == "one"):
        return f" (≤ {GOALS[name][list(SIZES).index(size)]})"
    return " (≤ 1.0)" if size == "small" and name == "torch" else ""


def own_ratios(model: str, cores: str, checked: Mapping[str, Results], what: str) -> list[list[str]]:
    """Rows of minigrad's ratios, beside where those of time must stand."""
    rows = []
    for name, word in WORDS.items():
        found = {size: ratios(result, what).get(name) for size, result in checked.items()}
        cells = ["–" if x is None else f"{x:.2f}" + goal(model, cores, size, name) for size, x in found.items()]
        rows.append([word, *cells])
    return rows


def times(model: str, cores: str, checked: Mapping[str, Results], what: str) -> str:
    """A row for each peer, and minigrad's ratios below."""
    peers = dict.fromkeys(name for result in checked.values() for name in result)
    rows = [[PEERS[name], *(cell(result.get(name, {}), what) for result in checked.values())] for name in peers]
    return table(["", *checked], rows + own_ratios(model, cores, checked, what))


def products(result: Results) -> str:
    """What each peer's process said of the BLAS that it has loaded."""
    said = {name: r["rounds"][-1].get("blas") for name, r in result.items() if r.get("rounds")}
    return "; ".join(f"{PEERS[name]}: {words}" for name, words in said.items() if words)


def part(model: str, cores: str, results: Mapping[str, Results]) -> str:
    """The tables of one model, on one core or all; `results` by size."""
    checked = {size: check_losses(result) for size, result in results.items()}
    peers = list(dict.fromkeys(name for result in results.values() for name in result))
    held = [[PEERS[name], *(number(memory(result.get(name, {}))) for result in checked.values())] for name in peers]
    first = next(iter(checked))
    running = [f"{PEERS[name]} {r['rounds'][-1]['threads']}" for name, r in checked[first].items() if r.get("rounds")]
    parts = [
        f"### {model}, {CORES[cores]}",
        "Milliseconds a step, median (minimum) of the rounds, and minigrad's median as a ratio:",
        times(model, cores, checked, "ms"),
    ]
    if cores == "one":
        parts += [
            "The same of the processor's time, which leaves out what other processes did on that core:",
            times(model, cores, checked, "cpu_ms"),
        ]
    parts += ["Most memory of the whole process, MB:", table(["", *checked], held)]
    parts += [f"Threads of the process at {first}: {', '.join(running)}.{reasons(checked)}"]
    if kernels := products(checked[first]):
        parts += [f"Products at {first}, by kernels × threads: {kernels}."]
    return "\n\n".join(parts)


def markdown(results: Mapping[str, Results]) -> str:
    """All tables of step times; `results` by "model/size/cores"."""
    parts: dict[tuple[str, str], dict[str, Results]] = {}
    for key, result in results.items():
        model, size, cores = key.split("/")
        parts.setdefault((model, cores), {})[size] = result
    return "\n\n".join(part(model, cores, sizes) for (model, cores), sizes in parts.items())
