"""How the numbers of a tensor are written: aligned, four decimals, lines of 80 characters, large tensors in part.

The layout is PyTorch's, so that what a notebook shows can be compared at a glance.
"""

from collections.abc import Callable

import numpy as np

LINE_WIDTH = 80
DECIMALS = 4
LARGE = 1000  # with more elements than this only the edges are written
EDGE = 3  # how many at each end


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
    shorten = array.size > LARGE
    write, width = number_format(_edges(array) if shorten else array)
    return _brackets(array, indent, shorten, write, max(1, (LINE_WIDTH - indent - array.ndim + 1) // (width + 2)))


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
    smallest, largest = values.min(), values.max()
    write: Callable[[float], str]
    if largest / smallest > 1000 or largest > 1e8 or (smallest < 1e-4 and not whole):
        write = f"{{:.{DECIMALS}e}}".format
    else:
        write = _whole if whole else f"{{:.{DECIMALS}f}}".format
    width = max(len(write(x)) for x in array[np.isfinite(array) & (array != 0)].tolist())
    return lambda x: write(x).rjust(width), width


def _whole(x: float) -> str:
    return f"{x:.0f}." if np.isfinite(x) else f"{x:.0f}"


def _edges(array: np.ndarray) -> np.ndarray:
    for axis, n in enumerate(array.shape):
        if n > 2 * EDGE:
            array = np.take(array, [*range(EDGE), *range(n - EDGE, n)], axis)
    return array


def _brackets(array: np.ndarray, indent: int, shorten: bool, write: Callable[[float], str], per_line: int) -> str:
    if array.ndim == 0:
        return write(array.item())
    cut = shorten and len(array) > 2 * EDGE
    rows = [*array[:EDGE], *array[-EDGE:]] if cut else list(array)
    parts = [_brackets(np.asarray(row), indent + 1, shorten, write, per_line) for row in rows]
    if cut:
        parts.insert(EDGE, " ..." if array.ndim == 1 else "...")
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
    room = LINE_WIDTH - (len(text) - text.rfind("\n") + 1)
    for detail in details:
        room -= len(detail) + 2
        if room < 0:
            text += ",\n" + " " * indent + detail
            room = LINE_WIDTH - indent - len(detail)
        else:
            text += ", " + detail
    return text
