"""What the boxes of a picture look like: by what they are, or by how large their gradients are.

Colours are tints of the set of Okabe and Ito ("Color Universal Design", 2008), which colour-blind people can tell
apart; shapes and borders differ too, so that a print in grey can be read. The scale for gradients goes from light to
dark, which a print in grey keeps.
"""

import math
from typing import NamedTuple, Protocol

from minigrad.graph.parts import Node, PlainGraph

TEXT, FAINT, LINE, PATH = "#1a1a1a", "#5f6670", "#7a828c", "#c24e00"


class Look(NamedTuple):
    """How a box is drawn.

    Attributes:
        fill, border, text, faint: colours, the last of small text.
        shape, style: as Graphviz has them.
        legend: what the picture says it means.
    """

    fill: str
    border: str
    shape: str
    style: str
    legend: str
    text: str = TEXT
    faint: str = FAINT


class Palette(Protocol):
    """A choice of looks."""

    def look(self, node: Node) -> Look:
        """How a node is drawn."""

    def legend(self) -> list[Look]:
        """The looks to be explained, in order."""


LOOKS = {
    "input": Look("#d6f0e6", "#00815f", "box", "filled,rounded,bold", "input"),
    "parameter": Look("#fdeccb", "#b87800", "box", "filled", "parameter"),
    "constant": Look("#f1f2f4", "#8a9099", "box", "filled,dashed", "constant"),
    "op": Look("#dff0fb", "#0072b2", "box", "filled,rounded", "op"),
    "module": Look("#f6e3ee", "#a3487d", "box", "filled,rounded,bold", "module, closed"),
    "output": Look("#fbe0d1", "#c24e00", "box", "filled,rounded,bold", "output"),
}
FAILED = Look("#ffffff", "#c0143c", "octagon", "filled,bold", "op that failed")


class ByKind:
    """Colours that tell ops, parameters, inputs and modules apart."""

    def __init__(self, graph: PlainGraph):
        self.graph = graph

    def look(self, node: Node) -> Look:
        """How a node is drawn."""
        return FAILED if node.error else LOOKS[node.kind]

    def legend(self) -> list[Look]:
        """The kinds that occur."""
        shown = {self.look(node) for node in self.graph.nodes.values()}
        return [look for look in (*LOOKS.values(), FAILED) if look in shown]


SHADES = ("#eff6fc", "#c6dff2", "#8fbfe3", "#4a94c9", "#1d639c", "#0b3a66")  # from small to large
NARROW, WIDE = 0.15, 1.0  # how many powers of ten a shade spans, at least and at most
NO_GRADIENT = Look("#ffffff", "#8a9099", "box", "filled,dashed", "no gradient")
ZERO = Look("#ffffff", "#1a1a1a", "box", "filled,bold", "exactly 0")
NOT_FINITE = Look("#f6c6d0", "#c0143c", "octagon", "filled,bold", "infinite or NaN")


class ByGradient:
    """Shades that tell how large a node's gradient is: its entry that is farthest from 0, on a scale of powers.

    The darkest is for the largest gradient of the graph. What is smaller than the lightest spans is in that too.
    """

    def __init__(self, graph: PlainGraph):
        self.sizes = [_size(node) for node in graph.nodes.values()]
        logs = [math.log10(size) for size in self.sizes if size is not None and 0 < size < math.inf] or [0.0]
        self.top = max(logs)
        self.step = min(max((self.top - min(logs)) / len(SHADES), NARROW), WIDE)

    def look(self, node: Node) -> Look:
        """How a node is drawn."""
        size = _size(node)
        if size is None:
            return NO_GRADIENT
        if not math.isfinite(size):
            return NOT_FINITE
        look = ZERO if size == 0 else self._shade(size)
        return look._replace(style=LOOKS[node.kind].style)

    def _shade(self, size: float) -> Look:
        darkest = len(SHADES) - 1
        below = max(0, math.floor((self.top - math.log10(size)) / self.step))
        i = max(0, darkest - below)
        legend = f"gradient up to {10 ** (self.top - (darkest - i) * self.step):.2g}"
        text = "#ffffff" if i >= darkest - 1 else TEXT
        return Look(SHADES[i], SHADES[-1], "box", "filled", legend, text, text)

    def legend(self) -> list[Look]:
        """The shades and states that occur."""
        shades = {self._shade(size) for size in self.sizes if size is not None and 0 < size < math.inf}
        states = {
            ZERO: 0.0 in self.sizes,
            NOT_FINITE: math.inf in self.sizes,
            NO_GRADIENT: None in self.sizes,
        }
        by_size = sorted(shades, key=lambda look: SHADES.index(look.fill))
        return by_size + [look for look, occurs in states.items() if occurs]


def _size(node: Node) -> float | None:
    """How far from 0 the farthest entry of a node's gradient is; None if there is none."""
    numbers = node.gradient
    if numbers is None:
        return None
    if numbers.not_finite:
        return math.inf
    return max(abs(numbers.low), abs(numbers.high)) if numbers.size else 0.0


PALETTES: dict[str, type[ByKind] | type[ByGradient]] = {"kind": ByKind, "gradient": ByGradient}
