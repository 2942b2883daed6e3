"""How the numbers of a tensor are written: aligned, four decimals, lines of 80 characters, large tensors in part.

The layout is PyTorch's, so that what a notebook shows can be compared at a glance.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np


class Options:
    """What `set_printoptions` sets: see there."""

    def __init__(
        self,
        precision: int = 4,
        threshold: float = 1000,
        edgeitems: int = 3,
        linewidth: int = 80,
        sci_mode: bool | None = None,
    ):
        self.precision = precision
        self.threshold = threshold
        self.edgeitems = edgeitems
        self.linewidth = linewidth
        self.sci_mode = sci_mode


PROFILES = {
    "default": Options(),
    "short": Options(precision=2, edgeitems=2),
    "full": Options(threshold=math.inf),
}
options = PROFILES["default"]


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Say how tensors are written from here on.

    Arguments:
        precision: how many decimals.
        threshold: with more elements than this only the edges are written.
        edgeitems: how many at each end.
        linewidth: how many characters a line has at most.
        profile: what the others are unless given: "default", "short" or "full".
        sci_mode: True writes all floats with an exponent, False none; None, also where it is not given, as they need.

    >>> import minigrad
    >>> minigrad.set_printoptions(precision=2)
    >>> minigrad.tensor([1.0, 0.123456])
    tensor([1.00, 0.12])
    >>> minigrad.set_printoptions(profile="default")
    """
    global options
    if profile is not None and profile not in PROFILES:
        raise ValueError(f"set_printoptions: profile = {profile!r} is not known; {', '.join(PROFILES)} are")
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    changes = {name: value for name, value in given.items() if value is not None}
    before: dict[str, Any] = vars(PROFILES[profile] if profile else options)
    options = Options(**{**before, **changes, "sci_mode": sci_mode})


def text_of(array: np.ndarray, indent: int = 0) -> str:
    """The numbers in nested brackets.

    Arguments:
        array: of any shape.
        indent: how far to the right the first bracket will stand.

    >>> import numpy as np
    >>> print(text_of(np.array([[1.0, 0.25], [-30.0, 4.0]])))
    [[  1.0000,   0.2500],
     [-30.0000,   4.0000]]
    """
    shorten = array.size > options.threshold
    write, width = number_format(_edges(array) if shorten else array)
    return _brackets(
        array, indent, shorten, write, max(1, (options.linewidth - indent - array.ndim + 1) // (width + 2))
    )


def number_format(array: np.ndarray) -> tuple[Callable[[float], str], int]:
    """How to write each number, and how wide most of them will be: zeros, infinities and NaN do not count.

    Whole numbers get a point and no decimals; numbers very far apart, very large or very small get an exponent.
    """
    if array.dtype.kind != "f":
        width = max((len(str(x)) for x in array.reshape(-1).tolist()), default=0)
        return lambda x: str(x).rjust(width), width
    values = np.abs(array[np.isfinite(array) & (array != 0)].astype(np.float64))
    if not values.size:
        return _whole, 1
    whole = bool((values == np.ceil(values)).all())
    smallest, largest = float(values.min()), float(values.max())  # whose quotient may be infinite
    exponents = options.sci_mode
    if exponents is None:
        exponents = largest / smallest > 1000 or largest > 1e8 or smallest < 1e-4
    write: Callable[[float], str]
    if exponents:
        write = f"{{:.{options.precision}e}}".format
    else:
        write = _whole if whole else f"{{:.{options.precision}f}}".format
    width = max(len(write(x)) for x in array[np.isfinite(array) & (array != 0)].tolist())
    return lambda x: write(x).rjust(width), width


def _whole(x: float) -> str:
    return f"{x:.0f}." if np.isfinite(x) else f"{x:.0f}"


def _edges(array: np.ndarray) -> np.ndarray:
    edge = options.edgeitems
    for axis, n in enumerate(array.shape):
        if n > 2 * edge:
            array = np.take(array, [*range(edge), *range(n - edge, n)], axis)
    return array


def _brackets(array: np.ndarray, indent: int, shorten: bool, write: Callable[[float], str], per_line: int) -> str:
    if array.ndim == 0:
        return write(array.item())
    edge = options.edgeitems
    cut = shorten and len(array) > 2 * edge
    rows = [*array[:edge], *array[len(array) - edge :]] if cut else list(array)
    parts = [_brackets(np.asarray(row), indent + 1, shorten, write, per_line) for row in rows]
    if cut:
        parts.insert(edge, " ..." if array.ndim == 1 else "...")
    if array.ndim == 1:
        parts = [", ".join(parts[i : i + per_line]) for i in range(0, len(parts), per_line)]
    return "[" + ("," + "\n" * max(array.ndim - 1, 1) + " " * (indent + 1)).join(parts) + "]"


def with_details(text: str, details: list[str], indent: int) -> str:
    """What stands behind the numbers, such as the type: on the same line if there is room.

    Arguments:
        text: the numbers.
        details: what to add, in order.
        indent: where a new line begins.
    """
    room = options.linewidth - (len(text) - text.rfind("\n") + 1)
    for detail in details:
        room -= len(detail) + 2
        if room < 0:
            text += ",\n" + " " * indent + detail
            room = options.linewidth - indent - len(detail)
        else:
            text += ", " + detail
    return text
