"""How a notebook shows a tensor: its numbers in tables, tinted by sign and size, each with its exact value.

They are written as `print` writes them. Of a large tensor only the edges are shown, so that it takes milliseconds, and
the line below the tables says so.
"""

import itertools
import math
from typing import Any

import numpy as np

from minigrad.printing import number_format
from minigrad.utils.markup import CODE, FAINT, FONT, PLAIN, element, escape, tints

CELLS = 1024  # up to so many numbers are shown all
EDGE = 5  # of more numbers so many at each end of an axis
WIDTH = 10  # how many numbers of a vector stand in a row
SLICES = 8  # how many matrices are shown of a tensor that has more dimensions
RANGED = 1_000_000  # up to so many numbers are looked through for the smallest and the largest
PAD = "padding:2px 6px"
GAP = element("td", "…", f"{PAD};text-align:center;{FAINT}")
TABLE = f"{CODE};width:max-content;margin:0;border-collapse:collapse;text-align:right"


def html_of(array: np.ndarray, kind: str, history: str) -> str:
    """What a notebook shows of a tensor.

    Arguments:
        array: its numbers.
        kind: what it is, as "Parameter".
        history: whether it wants a gradient, or what made it; may be empty.

    Returns:
        HTML: a heading, up to `SLICES` tables, and what they leave out.
    """
    facts = escape(" · ".join([str(array.shape), str(array.dtype), *filter(None, [history])]))
    heading = element("div", f"<b>{escape(kind)}</b> {facts}", "margin-bottom:4px")
    return element("div", heading + (_tables(array) if array.size else ""), FONT)


def _tables(array: np.ndarray) -> str:
    """A table for each matrix in a tensor, and what they leave out."""
    starts = list(itertools.islice(np.ndindex(array.shape[:-2]), SLICES))
    axes = array.shape[-2:]
    shown = [_shown(n, whole=len(starts) * math.prod(axes) <= CELLS) for n in axes]
    numbers = np.stack([array[start][np.ix_(*shown)] for start in starts])
    names = [[str(i) for i in axis] for axis in shown]
    places = [", ".join(place) for start in starts for place in itertools.product(*([str(i)] for i in start), *names)]
    cells = _cells(numbers.reshape(-1), places)
    each = len(cells) // len(starts)
    tables = [_table(start, cells[i * each : (i + 1) * each], axes, names) for i, start in enumerate(starts)]
    side_by_side = "display:flex;flex-wrap:wrap;gap:10px 24px;max-height:460px;overflow:auto"
    return element("div", "".join(tables), side_by_side) + _left_out(array, len(cells), len(starts))


def _shown(n: int, whole: bool) -> list[int]:
    """Which indices of an axis are shown."""
    return [*range(n)] if whole or n <= 2 * EDGE else [*range(EDGE), *range(n - EDGE, n)]


def _cells(numbers: np.ndarray, places: list[str]) -> list[str]:
    """A cell for each number, with its place and exact value for whoever points at it."""
    write, _ = number_format(numbers)
    titles = [f"[{place}] = {x}" if place else x for place, x in zip(places, map(str, numbers), strict=True)]
    return [
        f'<td title="{title}" style="{PAD};{style}">{write(x).strip()}</td>'
        for title, style, x in zip(titles, tints(numbers), numbers.tolist(), strict=True)
    ]


def _table(start: tuple[int, ...], cells: list[str], axes: tuple[int, ...], names: list[list[str]]) -> str:
    """The table of one matrix; a vector is one row, or wrapped.

    Arguments:
        start: which of the matrices it is.
        cells: of the numbers that are shown, row by row.
        axes: the lengths of its axes.
        names: the indices that are shown of each.
    """
    rows, columns = [[""], [""], *names][-2:]
    wrapped = len(axes) == 1 and len(columns) == axes[0] > WIDTH
    if wrapped:
        rows, columns = columns[::WIDTH], [f"+{i}" for i in range(WIDTH)]
    lines = [cells[i : i + len(columns)] for i in range(0, len(cells), len(columns))]
    if axes and len(columns) < axes[-1] and not wrapped:
        columns, lines = _with_gap(columns, ""), [_with_gap(line, GAP) for line in lines]
    if len(axes) == 2 and len(rows) < axes[0]:
        rows, lines = _with_gap(rows, ""), _with_gap(lines, [GAP] * len(columns))
    if rows != [""]:
        lines = [[_head("row", name), *line] for name, line in zip(rows, lines, strict=True)]
        columns = ["", *columns]
    above = [[_head("col", name) for name in columns]] if axes else []
    title = element("caption", str([*start]), "caption-side:top;text-align:left") if start else ""
    return element("table", title + "".join(element("tr", "".join(line), PLAIN) for line in above + lines), TABLE)


def _with_gap(items: list[Any], gap: Any) -> list[Any]:
    return [*items[:EDGE], gap, *items[EDGE:]]


def _head(scope: str, name: str) -> str:
    return element("th", name, f"{PAD};font-weight:normal;text-align:right;{FAINT}", scope=scope)


def _left_out(array: np.ndarray, cells: int, slices: int) -> str:
    """What the tables do not show, and between which numbers all of it lies."""
    if cells == array.size:
        return ""
    text = f"{cells:,} of {array.size:,} numbers"
    if more := math.prod(array.shape[:-2]) - slices:
        text += f", and {more:,} more matri{'ces' if more > 1 else 'x'}"
    if array.size <= RANGED:
        finite = array[np.isfinite(array)]
        strange = array.size - finite.size
        text += f"; all from {finite.min()!s} to {finite.max()!s}" if finite.size else ""
        text += f"; {strange:,} NaN or infinite" if strange else ""
    return element("div", text, f"margin-top:4px;{FAINT}")
