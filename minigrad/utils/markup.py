"""Pieces of HTML for notebooks: text that cannot become markup, tints for numbers, frames for pages.

What a notebook shows is styled in place and has no script, so that it changes nothing around it. Tints are laid over
whatever is below, and text keeps the notebook's colour, so that light and dark are both readable. Blue and orange are
those of Okabe and Ito, which colour-blind people can tell apart.
"""

import functools

import numpy as np

BLUE, ORANGE = "#0072b2", "#d55e00"
FULL = 150  # how opaque the strongest tint is, of 255: text on it is readable in light and in dark
HUGE = 1e30  # numbers from here on are masks, as a rule; the others would have no colour beside them
FONT = "font:13px/1.5 system-ui,sans-serif"
CODE = "font:12px/1.5 ui-monospace,Menlo,Consolas,monospace"
FAINT = "opacity:.65"
PLAIN = "background:none"  # for rows of tables, which notebooks stripe

_MARKS = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})


def escape(text: str) -> str:
    """Text for the inside of an element or an attribute; halves of characters are written as such.

    It does what `html.escape` does; the module `html` would make every import of minigrad a millisecond longer.

    >>> escape("<a href='x'>")
    '&lt;a href=&#x27;x&#x27;&gt;'
    """
    return text.translate(_MARKS).encode("utf-8", "backslashreplace").decode()


def element(tag: str, content: str, style: str = "", **attributes: str) -> str:
    """An element of HTML.

    Arguments:
        tag: its name.
        content: HTML.
        style: of this element.
        attributes: texts, which are escaped.

    >>> element("td", "1.5", "padding:2px", title="<weight>")
    '<td title="&lt;weight&gt;" style="padding:2px">1.5</td>'
    """
    given = {**attributes, "style": style} if style else attributes
    written = "".join(f' {name}="{escape(text)}"' for name, text in given.items())
    return f"<{tag}{written}>{content}</{tag}>"


def tints(numbers: np.ndarray) -> list[str]:
    """A style for each number: blue below zero, orange above, and what is no ordinary number in a way of its own.

    Arguments:
        numbers: a vector; colours are full at the size of the largest.

    >>> tints(np.array([-0.5, 1.0, 0.0]))
    ['background:#0072b24b', 'background:#d55e0096', 'opacity:.4']
    """
    x = numbers.astype(np.float64)
    most = np.abs(x).max(where=np.abs(x) < HUGE, initial=0.0)
    with np.errstate(over="ignore"):  # of a mask by a very small number
        levels = np.nan_to_num(np.clip(x / (most or 1.0), -1, 1)) * FULL
    styles = [_tint(level) for level in np.rint(levels).tolist()]
    for i in np.flatnonzero((x == 0) | ~np.isfinite(x)).tolist():
        styles[i] = _sign(x[i])
    return styles


@functools.cache
def _tint(level: float) -> str:
    return f"background:{BLUE if level < 0 else ORANGE}{int(abs(level)):02x}"


def _sign(x: float) -> str:
    """The style of zero, of NaN and of the infinities."""
    if x == 0:
        return "opacity:.4"
    if np.isnan(x):
        return "font-weight:bold;background:repeating-linear-gradient(45deg,#8888 0 3px,transparent 3px 7px)"
    return f"font-weight:bold;{_tint(FULL if x > 0 else -FULL)};box-shadow:inset 0 0 0 2px {ORANGE if x > 0 else BLUE}"


def frame(page: str, title: str, height: int) -> str:
    """A page in a frame that is cut off from the notebook around it: its scripts reach nothing outside.

    Arguments:
        page: the HTML.
        title: what it is, for those who cannot see it.
        height: in pixels.
    """
    return (
        f'<iframe sandbox="allow-scripts" title="{escape(title)}" width="100%" height="{height}" '
        f'style="border: 1px solid #8888; border-radius: 6px" srcdoc="{escape(page)}"></iframe>'
    )
