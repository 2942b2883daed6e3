"""Eager overhead: what one op costs on arrays so small that the numbers cost nothing, forward and backward.

A chain of the same op is run and differentiated, so each op waits for the one before, as in real code.
"""

import importlib
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy

from tests.benchmarks.ratios import Results, median
from tests.benchmarks.sizes import PEERS, Comparison, Options
from tests.benchmarks.tables import number, reasons, table

TITLE = "Overhead of an op"
LENGTH = 200  # ops in a chain
Op = Callable[[Any, Any], Any]

OPERATORS: dict[str, Op] = {
    "add": lambda x, w: x + w,
    "mul": lambda x, w: x * w,
    "sub": lambda x, w: x - w,
    "matmul": lambda x, w: x @ w,
    "reshape": lambda x, w: x.reshape(2, 2),
    "index": lambda x, w: x[:],
}


def functions(library: Any) -> dict[str, Op]:
    """Ops under PyTorch's names."""
    functional = library.nn.functional
    return OPERATORS | {
        "sin": lambda x, w: library.sin(x),
        "tanh": lambda x, w: library.tanh(x),
        "relu": lambda x, w: functional.relu(x),
        "transpose": lambda x, w: x.transpose(0, 1),
        "linear": lambda x, w: functional.linear(x, w),
        "softmax": lambda x, w: functional.softmax(x, -1),
        "layer_norm": lambda x, w: functional.layer_norm(x, (2,)),
        "mean": lambda x, w: x.mean(0, keepdim=True) + w,  # and an addition that makes the shape whole again
    }


def runner(peer: str) -> tuple[dict[str, Op], Callable[[Op], tuple[float, float]]]:
    """The ops of a peer, and what runs a chain of one: seconds forward, and seconds backward."""
    start = numpy.array([[0.25, 0.5], [0.125, 0.75]], numpy.float32)
    other = numpy.eye(2, dtype=numpy.float32)  # with which no chain overflows
    if peer == "autograd":
        import autograd.numpy as anp
        from autograd import make_vjp

        def run_autograd(op: Op) -> tuple[float, float]:
            began = time.perf_counter()
            vjp, y = make_vjp(lambda x: chain(op, x, other))(start)
            between = time.perf_counter()
            vjp(numpy.ones_like(y))
            return between - began, time.perf_counter() - between

        return OPERATORS | {"sin": lambda x, w: anp.sin(x), "tanh": lambda x, w: anp.tanh(x)}, run_autograd
    library = importlib.import_module(peer)
    if peer == "mygrad":
        w = library.tensor(other, constant=True)
        ops = OPERATORS | {"sin": lambda x, w: library.sin(x), "tanh": lambda x, w: library.tanh(x)}
    else:
        w, ops = library.from_numpy(other), functions(library)

    def run(op: Op) -> tuple[float, float]:
        x = library.tensor(start) if peer == "mygrad" else library.tensor(start, requires_grad=True)
        began = time.perf_counter()
        y = chain(op, x, w)
        between = time.perf_counter()
        y.sum().backward()
        return between - began, time.perf_counter() - between

    return ops, run


def chain(op: Op, x: Any, w: Any) -> Any:
    """The op, again and again on what it gave."""
    for _ in range(LENGTH):
        x = op(x, w)
    return x


def prepare(peer: str, repeats: int) -> Callable[[], dict[str, float]]:
    """What measures every op of a peer: µs an op, forward, and forward and backward; the best of the repeats."""
    ops, run = runner(peer)

    def measure() -> dict[str, float]:
        found = {}
        for name, op in ops.items():
            times = [run(op) for _ in range(repeats)]
            found[f"{name} forward"] = 1e6 / LENGTH * min(forward for forward, _ in times)
            found[f"{name} both"] = 1e6 / LENGTH * min(map(sum, times))
        return found

    return measure


def comparisons(options: Options) -> list[Comparison]:
    """All ops in each eager peer, pinned to one core: there is nothing to share."""
    peers = options.having("minigrad", "torch", "mygrad", "autograd")
    repeats = 5 if options.quick else 20
    tasks = {peer: ("overhead", {"peer": peer, "repeats": repeats}) for peer in peers}
    return [Comparison("ops", tasks, "one", options.rounds)]


def measured_ratios(results: Mapping[str, Results]) -> dict[str, float]:
    """minigrad's cost beside PyTorch's, of each op."""
    own, torch = (results["ops"].get(peer, {}) for peer in ("minigrad", "torch"))
    if not (own.get("rounds") and torch.get("rounds")):
        return {}
    return {f"{what} to torch": median(own, what) / median(torch, what) for what in whats(own)}


def whats(result: Mapping[str, Any]) -> list[str]:
    """The names of what was measured: "add forward", "add both", ..."""
    return [what for what in result["rounds"][0] if what.endswith((" forward", " both"))]


def markdown(results: Mapping[str, Results]) -> str:
    """Two tables, forward, and forward and backward."""
    found = {name: r for name, r in results["ops"].items() if r.get("rounds")}
    ratios = measured_ratios(results)
    names = [what.removesuffix(" both") for what in whats(next(iter(found.values()))) if what.endswith("both")]
    parts = []
    for kind, word in (("forward", "Forward, recorded"), ("both", "Forward and backward")):
        rows = [
            [
                name,
                *(
                    number(median(r, f"{name} {kind}")) if f"{name} {kind}" in r["rounds"][0] else "–"
                    for r in found.values()
                ),
                number(ratios.get(f"{name} {kind} to torch", float("nan"))),
            ]
            for name in names
        ]
        parts.append(
            f"{word}, µs an op on 2 × 2 numbers:\n\n{table(['op', *map(PEERS.get, found), 'to PyTorch'], rows)}"
        )
    return "\n\n".join(parts) + reasons(results)
