"""Pictures: from a graph to one that is small enough to look at, and from that to files."""

import bisect
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from minigrad.graph import finding, simplify
from minigrad.graph.dot import to_dot
from minigrad.graph.parts import PlainGraph
from minigrad.graph.render import FORMATS, RendererError, render
from minigrad.utils.files import write_whole

BOXES = 40  # how many can be read on a screen
SHOWN = 4 * BOXES  # how many a notebook draws without being asked: Graphviz takes less than a second for them


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture of a computation: it shows itself in a notebook, and saves itself.

    Attributes:
        graph: what is shown.
        dot: the picture in the DOT language.
        ops: how many ops ran.
        note: what was left out, and how to see it.
    """

    graph: PlainGraph
    dot: str
    ops: int
    note: str

    def render(self, format: str = "svg") -> bytes:
        """The picture, as the content of a file.

        Arguments:
            format: "svg", "png", "pdf" or "dot".

        Raises:
            ValueError: for another format.
            RendererError: when there is no Graphviz.
        """
        if format == "dot":
            return self.dot.encode()
        if format not in FORMATS:
            raise ValueError(f"draw: format {format!r} is none of 'dot', {', '.join(map(repr, FORMATS))}")
        return render(self.dot, format)

    def save(self, path: str | os.PathLike[str], format: str | None = None) -> Path:
        """Write the picture to a file, whole or not at all.

        Arguments:
            path: where to; the suffix says the format.
            format: "svg", "png", "pdf" or "dot", instead of the suffix.

        Returns:
            The path.

        Raises:
            ValueError: for another format.
            RendererError: when there is no Graphviz; the DOT is saved then, beside where the picture would be.
        """
        path = Path(path)
        try:
            return write_whole(path, self.render(format or path.suffix.removeprefix(".").lower()))
        except RendererError as error:
            kept = write_whole(path.with_suffix(".dot"), self.dot)
            raise RendererError(f"{error}; the graph itself is saved in {kept}") from None

    def _repr_svg_(self) -> str:
        return self.render("svg").decode()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        try:
            return {"image/svg+xml": self._repr_svg_(), "text/plain": repr(self)}
        except RendererError as error:
            return {"text/plain": f"{self!r}\n{error}"}

    def __repr__(self) -> str:
        return f"<Drawing of {self.ops} ops in {len(self.graph.nodes)} boxes{'; ' if self.note else ''}{self.note}>"


def picture(
    whole: PlainGraph,
    *,
    depth: Any = "auto",
    fold: bool = True,
    parameters: bool | None = None,
    constants: bool | None = None,
    direction: str = "TB",
    color: str = "kind",
    highlight: tuple[Any, Any] | None = None,
) -> Drawing:
    """Draw a graph; of the arguments `minigrad.graph.draw` tells."""
    graph = simplify.fold(whole) if fold else whole
    wanted = {"parameter": parameters, "constant": constants}
    shown = simplify.hide(graph, {kind for kind, yes in wanted.items() if not yes})
    if depth == "auto":
        depth = _fitting_depth(shown)
    for kind in ("constant", "parameter"):  # those nobody decided on come as long as there is room
        if wanted[kind] is None:
            more = simplify.hide(graph, {other for other, yes in wanted.items() if not yes and other != kind})
            if _boxes(more, depth) <= BOXES:
                wanted[kind], shown = True, more
    drawn = simplify.collapse(shown, depth)
    hidden = [kind for kind, yes in wanted.items() if not yes]
    ops = sum(node.ops for node in whole.nodes.values())
    way = finding.path(drawn, *highlight) if highlight is not None else ()
    return Drawing(drawn, to_dot(drawn, direction, color, way), ops, _note(whole, graph, drawn, depth, hidden))


def svg_of(graph: PlainGraph) -> str | None:
    """What a notebook shows of a graph: its drawing at module level; None if that is large, or there is no Graphviz."""
    least = simplify.hide(simplify.fold(graph), {"parameter", "constant"})
    if _boxes(least, 0) > SHOWN:
        return None
    try:
        return picture(replace(graph, values=False, gradients=False)).render("svg").decode()
    except RendererError:
        return None


def _fitting_depth(graph: PlainGraph) -> int | None:
    """The depth that shows the most and still fits a screen; None if everything does."""
    if len(graph.nodes) <= BOXES:
        return None
    depths = range(max(graph.levels().values()) + 1)
    return max(0, bisect.bisect_right(depths, BOXES, key=lambda depth: _boxes(graph, depth)) - 1)


def _boxes(graph: PlainGraph, depth: int | None) -> int:
    """How many boxes a graph has when it is collapsed to a depth."""
    return len(simplify.collapse(graph, depth).nodes)


def _note(whole: PlainGraph, graph: PlainGraph, drawn: PlainGraph, depth: int | None, hidden: list[str]) -> str:
    """What a drawing leaves out, and how to see it."""
    modules = [node for node in drawn.nodes.values() if node.kind == "module"]
    notes = []
    if depth is not None and modules:
        count = "1 module is" if len(modules) == 1 else f"{len(modules)} modules are"
        deeper = f"depth={depth + 1} opens the next ones, " if any(node.ops > 1 for node in modules) else ""
        notes.append(f"{count} closed: {deeper}depth=None opens everything")
    if len(graph.scopes) < len(whole.scopes):
        numbers = ", with the numbers of the first" if whole.values or whole.gradients else ""
        notes.append(f"blocks marked × are alike and drawn once{numbers}: fold=False draws each")
    for kind in hidden:
        if any(node.kind == kind for node in whole.nodes.values()):
            notes.append(f"{kind}s are hidden: {kind}s=True shows them")
    if len(drawn.nodes) > BOXES and not whole.scopes:
        notes.append(
            "there are no modules to close: `with minigrad.autograd.scope(name):` makes parts of a computation"
        )
    if whole.freed:
        notes.append("constants are unknown, since backward() freed the graph: retain_graph=True keeps them")
    return "; ".join(notes)
