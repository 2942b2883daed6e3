"""`draw`: from a result to a picture of how it was computed, small enough to look at."""

import bisect
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from minigrad.autograd.node import TensorBase
from minigrad.graph import simplify
from minigrad.graph.dot import to_dot
from minigrad.graph.reading import read
from minigrad.graph.recording import Recording, recorded
from minigrad.graph.render import FORMATS, RendererError, render
from minigrad.graph.representation import Graph, hide
from minigrad.graph.scalars import scalars
from minigrad.utils.files import write_whole

BOXES = 40  # how many can be read on a screen


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture of a computation: it shows itself in a notebook, and saves itself.

    Attributes:
        graph: what is shown.
        dot: the picture in the DOT language.
        ops: how many ops ran.
        note: what was left out, and how to see it.
    """

    graph: Graph
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


def draw(
    output: Any,
    *,
    names: Mapping[str, Any] | None = None,
    values: bool = False,
    gradients: bool = False,
    depth: int | Literal["auto", "scalar"] | None = "auto",
    fold: bool = True,
    parameters: bool | None = None,
    constants: bool | None = None,
    direction: str = "TB",
    color: str = "kind",
    highlight: tuple[Any, Any] | None = None,
) -> Drawing:
    """Draw how something was computed.

    Arguments:
        output: a tensor, or nested tuples, lists and dicts of tensors, as modules return; None counts nothing. A
            recording or a `Graph` will do too.
        names: what to call tensors; `locals()` will do.
        values: show the numbers; of large tensors their range.
        gradients: show the gradients of `output`, which must be one scalar then. No `.grad` is changed.
        depth: how many modules inside each other are open; the others are a box each. None opens all, "auto" as many
            as fit a screen, and "scalar" takes small tensors apart: a box for each number, with value and gradient,
            and the slope of each on each at the arrows.
        fold: draw blocks that repeat each other once, as "× 4".
        parameters: show parameters. Default: if they fit.
        constants: show tensors that want no gradient, as masks. Default: if they fit.
        direction: where the forward pass goes: "TB" (top to bottom), "BT", "LR" or "RL".
        color: what the colours tell: the "kind" of a box, or how large its "gradient" is, on a scale of powers of ten.
        highlight: two boxes by name; the shortest way from the first to the second is drawn thick.

    Returns:
        A `Drawing`.

    Raises:
        TypeError: for an output that is no tensor.
        RuntimeError: for an output without history; for values or gradients that are not there any more.
        ValueError: for a depth, a direction or a color that is none.
        KeyError: for a name to highlight that no box has.
        ImportError: when the package graphviz is missing.

    >>> import minigrad
    >>> a, b, c = (minigrad.tensor(x, requires_grad=True) for x in (2.0, -3.0, 10.0))
    >>> draw(((a * b) + c).tanh(), names={"a": a, "b": b, "c": c}, values=True)
    <Drawing of 3 ops in 7 boxes>
    """
    if not (depth in ("auto", "scalar", None) or (isinstance(depth, int) and depth >= 0)):
        raise ValueError(f"draw: depth = {depth!r} must be a whole number from 0 up, None, 'auto' or 'scalar'")
    if depth == "scalar":
        return _scalars(output, names, direction, color, highlight)
    whole = _read(output, names, values, gradients, color)
    graph = simplify.fold(whole) if fold else whole
    wanted = {"parameter": parameters, "constant": constants}
    shown = hide(graph, {kind for kind, yes in wanted.items() if not yes})
    if depth == "auto":
        depth = _fitting_depth(shown)
    for kind in ("constant", "parameter"):  # those nobody decided on come as long as there is room
        if wanted[kind] is None:
            more = hide(graph, {other for other, yes in wanted.items() if not yes and other != kind})
            if _boxes(more, depth) <= BOXES:
                wanted[kind], shown = True, more
    drawn = simplify.collapse(shown, depth)
    hidden = [kind for kind, yes in wanted.items() if not yes]
    ops = sum(node.ops for node in whole.nodes.values())
    way = drawn.path(*highlight) if highlight is not None else ()
    return Drawing(drawn, to_dot(drawn, direction, color, way), ops, _note(whole, graph, drawn, depth, hidden))


def _read(output: Any, names: Mapping[str, Any] | None, values: bool, gradients: bool, color: str) -> Graph:
    """The graph, which says whether numbers are to be written into the boxes."""
    if isinstance(output, Recording | Graph):
        graph, _ = recorded(output, names, "draw")
        missing = "values" if values and not graph.values else "gradients" if gradients and not graph.gradients else ""
        if missing:
            raise RuntimeError(f"draw: {missing}=True, but this graph was made without {missing}")
    else:
        graph = read(output, names, values, gradients or color == "gradient")
    return replace(graph, values=values, gradients=gradients)


def _scalars(
    output: Any, names: Mapping[str, Any] | None, direction: str, color: str, highlight: tuple[Any, Any] | None
) -> Drawing:
    """The drawing of all numbers one by one; of a scalar result with gradients."""
    scalar = isinstance(output, TensorBase) and output.array.size == 1
    whole, ran = recorded(output, names, "draw", gradients=scalar)
    drawn = scalars(whole, ran)
    way = drawn.path(*highlight) if highlight is not None else ()
    ops = sum(node.ops for node in whole.nodes.values())
    return Drawing(drawn, to_dot(drawn, direction, color, way, slopes=True), ops, "")


def _fitting_depth(graph: Graph) -> int | None:
    """The depth that shows the most and still fits a screen; None if everything does."""
    if len(graph.nodes) <= BOXES:
        return None
    depths = range(max(graph.levels().values()) + 1)
    return max(0, bisect.bisect_right(depths, BOXES, key=lambda depth: _boxes(graph, depth)) - 1)


def _boxes(graph: Graph, depth: int | None) -> int:
    """How many boxes a graph has when it is collapsed to a depth."""
    return len(simplify.collapse(graph, depth).nodes)


def _note(whole: Graph, graph: Graph, drawn: Graph, depth: int | None, hidden: list[str]) -> str:
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
