"""Tables in Markdown, and numbers as one reads them."""

import math
from collections.abc import Mapping, Sequence
from typing import Any


def number(x: float) -> str:
    """Three digits, and no more zeros than needed.

    >>> [number(x) for x in (0.12345, 3.14159, 271.8281, 31415.9)]
    ['0.123', '3.14', '272', '31,416']
    """
    if math.isnan(x):
        return "–"
    if x == 0 or abs(x) >= 100:
        return f"{x:,.0f}"
    return f"{x:.{max(0, 2 - math.floor(math.log10(abs(x))))}f}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose columns stand below one another: the first to the left, the others to the right.

    >>> print(table(["peer", "ms"], [["JAX", "1.25"]]))
    | peer |   ms |
    |:-----|-----:|
    | JAX  | 1.25 |
    """
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]

    def line(row: Sequence[str]) -> str:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(n) for cell, n in zip(row[1:], widths[1:], strict=True))]
        return f"| {' | '.join(cells)} |"

    rule = [":" + "-" * (widths[0] + 1), *("-" * (n + 1) + ":" for n in widths[1:])]
    return "\n".join([line(head), f"|{'|'.join(rule)}|", *map(line, rows)])


def reasons(results: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    """Why something was not measured: a line each, after an empty one; nothing if all was."""
    lines = [
        f"- {name}, {key}: {kind}: {result[kind]}"
        for key, found in results.items()
        for name, result in found.items()
        for kind in ("absent", "failed", "void")
        if kind in result
    ]
    return "\n\n" + "\n".join(lines) if lines else ""
