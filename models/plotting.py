"""How plots are made here: one look for all, and colours that are safe for colour-blind readers."""

import io
import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.utils.files import write_whole

# Okabe and Ito, "Color Universal Design", 2008; lines differ in their marks and dashes too.
BLUE, ORANGE, GREEN, PINK, AMBER, SKY, BLACK, GREY = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#000000",
    "#7F7F7F",
)
STYLES: list[dict[str, Any]] = [
    {"color": color, "marker": marker, "linestyle": dashes, "markersize": 4}
    for color, marker, dashes in [
        (BLUE, "o", "-"),
        (ORANGE, "s", "--"),
        (GREEN, "^", "-."),
        (PINK, "D", ":"),
        (AMBER, "v", "-"),
        (SKY, "P", "--"),
        (BLACK, "x", "-."),
        (GREY, "*", ":"),
    ]
]

Series = Mapping[str, tuple[Sequence[float], Sequence[float]]]  # by label: where, and how much


def figure(width: float, height: float) -> Any:
    """An empty figure, of so many inches."""
    from matplotlib.figure import Figure  # the object, without pyplot's global state and windows

    return Figure(figsize=(width, height), layout="constrained")


def save(figure: Any, path: Path) -> Path:
    """Write a figure, in the format that the file's name ends with."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format=path.suffix[1:], dpi=120)
    return write_whole(path, buffer.getvalue())


def draw_lines(axes: Any, series: Series, **labels: Any) -> None:
    """Draw a line for each label, with marks, a grid and a legend.

    Arguments:
        axes: where.
        series: the lines.
        labels: what `axes.set` takes: title, xlabel, ylabel, scales.
    """
    for (label, (x, y)), style in zip(series.items(), itertools.cycle(STYLES), strict=False):
        axes.plot(x, y, label=label, **style)
    axes.set(**labels)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, **({"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)} if len(series) > 4 else {}))


def draw_map(
    axes: Any, values: Any, rows: Sequence[str], columns: Sequence[str], numbers: str = "", **options: Any
) -> Any:
    """Draw a heat map, with a name for each row and column.

    Arguments:
        axes: where.
        values: of shape (rows, columns).
        rows, columns: their names.
        numbers: how to write each value into its cell, such as ".2f"; not at all by default.
        options: as for `imshow`: the colours, and the values at their ends.

    Returns:
        The image, for a colour bar.
    """
    image = axes.imshow(values, **({"cmap": "viridis"} | options))
    axes.set_xticks(range(len(columns)), columns, fontsize=7)
    axes.set_yticks(range(len(rows)), rows, fontsize=7)
    axes.tick_params(length=0)
    if numbers:
        for (i, j), value in np.ndenumerate(values):
            red, green, blue, _ = image.cmap(image.norm(value))
            dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
            axes.text(j, i, format(value, numbers), ha="center", va="center", fontsize=7, color="w" if dark else "k")
    return image
