"""A very long chain: a million ops one after the other, forward and backward, as an RNN over a long text makes them."""

import importlib
import time
from collections.abc import Callable, Mapping

import numpy

from tests.benchmarks.ratios import Results, median, memory
from tests.benchmarks.sizes import PEERS, Comparison, Options
from tests.benchmarks.tables import number, reasons, table

TITLE = "A long chain"


def prepare(peer: str, length: int) -> Callable[[], dict[str, float]]:
    """What runs a chain of so many multiplications and differentiates it; seconds forward, backward and to let go."""
    start = numpy.ones(1, numpy.float32)
    one = numpy.float32(1)
    if peer == "autograd":
        from autograd import make_vjp

        def measure_autograd() -> dict[str, float]:
            began = time.perf_counter()
            vjp, y = make_vjp(lambda x: run(x))(start)
            forward = time.perf_counter()
            gradient = vjp(numpy.ones_like(y))
            backward = time.perf_counter()
            del vjp, y
            return tell(began, forward, backward, gradient)

        def run(x: object) -> object:
            for _ in range(length):
                x = x * one
            return x

        return measure_autograd
    library = importlib.import_module(peer)
    factor = one if peer == "mygrad" else library.tensor(start)

    def measure() -> dict[str, float]:
        x = library.tensor(start) if peer == "mygrad" else library.tensor(start, requires_grad=True)
        began = time.perf_counter()
        y = x
        for _ in range(length):
            y = y * factor
        forward = time.perf_counter()
        y.backward()
        backward = time.perf_counter()
        del y
        return tell(began, forward, backward, x.grad)

    return measure


def tell(began: float, forward: float, backward: float, gradient: object) -> dict[str, float]:
    """The times, if the gradient is right."""
    freed = time.perf_counter()
    if numpy.asarray(gradient) != 1:
        raise ArithmeticError(f"the gradient of a chain of products with 1 is {gradient}")
    return {"forward": forward - began, "backward": backward - forward, "free": freed - backward}


def comparisons(options: Options) -> list[Comparison]:
    """Every eager peer."""
    length = 100_000 if options.quick else 1_000_000
    peers = options.having("minigrad", "torch", "mygrad", "autograd")
    tasks = {peer: ("chain", {"peer": peer, "length": length}) for peer in peers}
    return [Comparison(f"{length:,} ops", tasks, "one", 1 if options.quick else 3)]


def measured_ratios(results: Mapping[str, Results]) -> dict[str, float]:
    """minigrad's time and memory beside PyTorch's."""
    found = {}
    for key, result in results.items():
        own, torch = (result.get(peer, {}) for peer in ("minigrad", "torch"))
        found |= {f"{key} {what} to torch": median(own, what) / median(torch, what) for what in ("forward", "backward")}
        found[f"{key} memory to torch"] = memory(own) / memory(torch)
    return {name: value for name, value in found.items() if value == value}


def markdown(results: Mapping[str, Results]) -> str:
    """A table of all peers."""
    parts = []
    for key, result in results.items():
        rows = [
            [PEERS[name], *(number(median(r, what)) for what in ("forward", "backward", "free")), number(memory(r))]
            for name, r in result.items()
        ]
        head = ["", "forward, s", "backward, s", "to let go, s", "most memory, MB"]
        parts.append(f"{key}, each a product of one number with 1:\n\n{table(head, rows)}")
    return "\n\n".join(parts) + reasons(results)
