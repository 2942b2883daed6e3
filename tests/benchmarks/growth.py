"""Growth: how step time and memory grow with length, depth, width and batch."""

import dataclasses
from collections.abc import Mapping

from tests.benchmarks import steps
from tests.benchmarks.ratios import Results, check_losses, median, memory, minimum, ratios
from tests.benchmarks.sizes import PEERS, Comparison, Options, Size
from tests.benchmarks.tables import number, reasons, table

TITLE = "Growth"
BASE = Size(width=64, heads=4, layers=2, vocabulary=16, length=32, batch=8)
POINTS = {
    "length": (16, 32, 64, 128, 256, 512),
    "layers": (1, 2, 4, 8, 16),
    "width": (16, 32, 64, 128, 256, 512),
    "batch": (1, 4, 16, 64, 256),
}


def comparisons(options: Options) -> list[Comparison]:
    """One size grows, the others stay."""
    peers = options.having("minigrad", "torch", "jax")
    return [
        Comparison(
            f"{name}/{value}/{cores}",
            {
                peer: steps.task(peer, "transformer", dataclasses.replace(BASE, **{name: value}), options.seconds / 2)
                for peer in peers
            },
            cores,
            min(options.rounds, 5),
        )
        for name, values in ({"length": (32, 128, 512)} if options.quick else POINTS).items()
        for cores in options.cores
        for value in values
    ]


def series(results: Mapping[str, Results]) -> dict[tuple[str, str], dict[int, Results]]:
    """The results by what grows and the cores, and then by its value."""
    found: dict[tuple[str, str], dict[int, Results]] = {}
    for key, result in results.items():
        name, value, cores = key.split("/")
        found.setdefault((name, cores), {})[int(value)] = check_losses(result)
    return found


def measured_ratios(results: Mapping[str, Results]) -> dict[str, float]:
    """minigrad's time beside PyTorch's, at each point."""
    found = {key: ratios(check_losses(result)) for key, result in results.items()}
    return {f"{key} to torch": ratio["torch"] for key, ratio in found.items() if "torch" in ratio}


def markdown(results: Mapping[str, Results]) -> str:
    """A table for all that grows."""
    base = ", ".join(f"{name} {value}" for name, value in dataclasses.asdict(BASE).items() if name != "causal")
    parts = [f"Steps of the Transformer at {base}, one of them changed; median (minimum) of the rounds."]
    for (name, cores), points in series(results).items():
        peers = list(dict.fromkeys(peer for result in points.values() for peer in result))
        rows = [
            [
                str(value),
                *(f"{number(median(r, 'ms'))} ({number(minimum(r, 'ms'))})" for r in map(result.get, peers) if r),
                *(f"{ratios(result).get(to, float('nan')):.2f}" for to in ("torch", "fastest")),
                *(number(memory(r)) for r in map(result.get, peers) if r),
            ]
            for value, result in points.items()
        ]
        head = [
            name,
            *(f"{PEERS[p]}, ms" for p in peers),
            "to PyTorch",
            "to the fastest",
            *(f"{PEERS[p]}, MB" for p in peers),
        ]
        parts += [f"{name}, {'pinned to one core' if cores == 'one' else 'all cores'}:", table(head, rows)]
    return "\n\n".join(parts) + reasons(
        {f"{n} {v}": r for (n, _), points in series(results).items() for v, r in points.items()}
    )
