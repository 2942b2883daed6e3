"""`measure`: how large a computation is, read from what was recorded of it."""

from dataclasses import dataclass
from typing import Any

from minigrad.autograd.node import Node
from minigrad.graph.flops import flops
from minigrad.graph.memory import Held
from minigrad.graph.reading import ran
from minigrad.nn.module import Parameter


@dataclass(frozen=True, slots=True)
class Measures:
    """The size of a computation; `print` shows a table.

    Attributes:
        ops: how many ops ran.
        parameters: how many numbers there are in the parameters that were used, each counted once.
        flops: floating-point operations of the forward pass, by the table in `flops.py`.
        saved_bytes: the memory that the graph holds for the backward pass: inputs, outputs and what else ops kept.
            Memory that several tensors share counts once, a view with the whole of what it is a view of. Parameters
            do not count, for they are there without the graph too.
        depth: the length of the longest chain of ops of which each needs the result of the one before: how many
            steps are left when all that can be done at once is done at once.
    """

    ops: int
    parameters: int
    flops: int
    saved_bytes: int
    depth: int

    def __str__(self) -> str:
        rows = {
            "ops": self.ops,
            "parameters": self.parameters,
            "FLOPs, forward": self.flops,
            "bytes for backward": self.saved_bytes,
            "sequential depth": self.depth,
        }
        width = max(len(f"{n:,}") for n in rows.values())
        return "\n".join(f"{name:<20}{n:>{width},}" for name, n in rows.items())


def measure(output: Any) -> Measures:
    """Measure what was computed for an output. Nothing is changed by it.

    Arguments:
        output: a tensor, or nested tuples, lists and dicts of tensors, as modules return; None counts nothing.

    Returns:
        The `Measures`, of everything recorded: what was computed without a gradient wanted is not there to be seen.

    Raises:
        TypeError: for an output that is no tensor.
        RuntimeError: for an output without history, or one whose graph was freed by a backward pass.

    >>> import minigrad
    >>> layer = minigrad.nn.Sequential(minigrad.nn.Linear(100, 50), minigrad.nn.ReLU(), minigrad.nn.Linear(50, 10))
    >>> print(measure(layer(minigrad.randn(32, 100))))
    ops                       3
    parameters            5,560
    FLOPs, forward      355,520
    bytes for backward   26,880
    sequential depth          3
    """
    _, nodes = ran(output, "measure")
    for node in nodes:
        if node.released:
            raise RuntimeError(
                f"measure: backward() has freed the arrays of this graph, those of {node.op.name} among them; "
                "measure before backward(), or pass retain_graph=True to it"
            )
    parameters = {parent for node in nodes for parent in node.parents if isinstance(parent, Parameter)}
    return Measures(
        ops=len(nodes),
        parameters=sum(p.array.size for p in parameters),
        flops=sum(map(flops, nodes)),
        saved_bytes=sum(map(Held().more, nodes)),
        depth=_depth(nodes),
    )


def _depth(nodes: list[Node]) -> int:
    """The length of the longest chain of ops, given oldest first."""
    depth: dict[Any, int] = {}
    for node in nodes:
        depth[node] = 1 + max(depth.get(parent, 0) for parent in node.parents)
    return max(depth.values())
