"""How measures grow with the length of a sequence: the textbook's table of layers, and what is measured beside it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from minigrad import nn
from minigrad.autograd.watching import Watcher
from minigrad.graph.measures import measure
from minigrad.graph.positions import paths
from minigrad.random import randn
from minigrad.tensor import Tensor

Run = Callable[[int], tuple[Tensor, Tensor, int]]


@dataclass(frozen=True, slots=True)
class Growth:
    """What was measured of one layer at several lengths n, and what the textbook says of it.

    Attributes:
        name: the layer.
        complexity, sequential, maximum_path: the textbook's orders of growth, as texts: operations of a layer, those
            that must follow each other, and the longest way between two positions.
        lengths: the numbers of positions, n.
        flops, depth, path: at each of them `Measures.flops`, `Measures.depth` and `Paths.maximum`.
    """

    name: str
    complexity: str
    sequential: str
    maximum_path: str
    lengths: tuple[int, ...]
    flops: tuple[int, ...]
    depth: tuple[int, ...]
    path: tuple[int, ...]

    @property
    def exponents(self) -> tuple[float, float, float]:
        """By which power of n FLOPs, depth and path grow: see `exponent`."""
        flops, depth, path = (exponent(self.lengths, values) for values in (self.flops, self.depth, self.path))
        return flops, depth, path


def exponent(lengths: Sequence[float], values: Sequence[float]) -> float:
    """The power p with which values grow as lengths^p: the slope, by least squares, of their logarithms.

    It is 0 for what is constant, 1 for what is proportional, NaN if there is nothing that grows. A constant beside the
    growth, as in 3n + 6, makes it smaller, the less so the longer the lengths.

    >>> round(exponent([8, 16, 32], [64, 256, 1024]), 3)
    2.0
    """
    if min(values) <= 0:
        return math.nan
    return float(np.polyfit(np.log(lengths), np.log(values), 1)[0])


def growth(
    name: str,
    run: Run,
    lengths: Sequence[int],
    textbook: tuple[str, str, str] = ("", "", ""),
    outputs: Sequence[int] | None = None,
) -> Growth:
    """Measure one layer at several lengths.

    Arguments:
        name: what to call it.
        run: `run(n)` computes with n positions; it returns the output, the input, which must want a gradient, and
            the dimension of both that the positions lie along.
        lengths: the numbers of positions.
        textbook: complexity, sequential operations and maximum path length, as texts.
        outputs: the output positions that paths are followed to: see `Paths.maximum`.

    Raises:
        ValueError: unless there are two different lengths, all of them positive.

    >>> linear = nn.Linear(4, 4)
    >>> def run(n):
    ...     x = randn(n, 4, requires_grad=True)
    ...     return linear(x), x, 0
    >>> growth("linear", run, [2, 4, 8]).flops
    (72, 144, 288)
    """
    if len(set(lengths)) < 2 or min(lengths) < 1:
        raise ValueError(f"growth: lengths = {tuple(lengths)} must be positive, and two of them different at least")
    flops, depth, path = [], [], []
    for n in lengths:
        with Watcher():  # else a recurrent layer is one op, whatever n
            output, input, dim = run(n)
        measured = measure(output)
        flops.append(measured.flops)
        depth.append(measured.depth)
        path.append(paths(output, input, dim).maximum(outputs))
    return Growth(name, *textbook, tuple(lengths), tuple(flops), tuple(depth), tuple(path))


ATTENTION = ("O(n²·d)", "O(1)", "O(1)")  # Vaswani et al., "Attention Is All You Need", 2017, table 1
RECURRENT = ("O(n·d²)", "O(n)", "O(n)")
CONVOLUTIONAL = ("O(k·n·d²)", "O(1)", "O(log n)")
KERNEL = 3


def layer_growth(
    lengths: Sequence[int] = (16, 32, 64), width: int = 4, outputs: Sequence[int] | None = (0, -1)
) -> list[Growth]:
    """The textbook's table of layers (Vaswani et al., 2017, table 1), each row with what is measured.

    The row of convolutions is, as the table's path length is meant, a stack of layers whose kernels of 3 reach three
    times as far from layer to layer, up to the whole sequence; the table's other two columns are about one of them.

    Arguments:
        lengths: the numbers of positions.
        width: of the vectors at each of them. The smaller, the sooner n² wins over n.
        outputs: the output positions that paths are followed to. In all these layers the farthest from an input
            position is one of the two ends; None makes sure.

    Returns:
        A row for each layer; `to_markdown` makes a table of them.
    """
    rows = {
        "self-attention": (_batch_first(nn.SelfAttention(width), width), ATTENTION),
        "Transformer layer": (
            _batch_first(nn.TransformerEncoderLayer(width, 1, 4 * width, dropout=0.0, batch_first=True), width),
            ATTENTION,
        ),
        "RNN": (_batch_first(nn.RNN(width, width, batch_first=True), width), RECURRENT),
        "RNN, both ways": (_batch_first(nn.RNN(width, width, batch_first=True, bidirectional=True), width), RECURRENT),
        "LSTM": (_batch_first(nn.LSTM(width, width, batch_first=True), width), RECURRENT),
        "GRU": (_batch_first(nn.GRU(width, width, batch_first=True), width), RECURRENT),
        "convolutions": (_convolutions(width), CONVOLUTIONAL),
    }
    return [growth(name, run, lengths, textbook, outputs) for name, (run, textbook) in rows.items()]


def _batch_first(module: nn.Module, width: int) -> Run:
    def run(n: int) -> tuple[Tensor, Tensor, int]:
        x = randn(1, n, width, requires_grad=True)
        output = module(x)
        return output[0] if isinstance(output, tuple) else output, x, 1

    return run


def _convolutions(width: int) -> Run:
    def run(n: int) -> tuple[Tensor, Tensor, int]:
        layers = math.ceil(math.log(2 * n - 1, KERNEL))  # all of them reach over KERNEL**layers positions
        x = y = randn(1, width, n, requires_grad=True)
        for i in range(layers):
            y = nn.Conv1d(width, width, KERNEL, dilation=KERNEL**i, padding="same")(y)
        return y, x, 2

    return run


def to_markdown(rows: Sequence[Growth]) -> str:
    """A table: for each layer what the textbook says, what was measured at each n, and the exponents fitted to it."""
    head = (
        "layer",
        "n",
        *("complexity", "FLOPs", "∝ n^"),
        *("sequential operations", "depth", "∝ n^"),
        *("maximum path length", "ops on it", "∝ n^"),
    )
    lines = [head, ("---",) * len(head)]
    for row in rows:
        measured = [", ".join(f"{n:,}" for n in values) for values in (row.flops, row.depth, row.path)]
        textbook = (row.complexity, row.sequential, row.maximum_path)
        cells = [row.name, ", ".join(map(str, row.lengths))]
        for order, numbers, power in zip(textbook, measured, row.exponents, strict=True):
            cells += [order, numbers, f"{power:z.2f}"]
        lines.append(tuple(cells))
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
