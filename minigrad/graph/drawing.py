"""`draw`: from a result to a picture of how it was computed, small enough to look at."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from minigrad.autograd.node import TensorBase
from minigrad.graph.dot import to_dot
from minigrad.graph.picture import Drawing, picture
from minigrad.graph.reading import read
from minigrad.graph.recording import Recording, recorded
from minigrad.graph.representation import Graph
from minigrad.graph.scalars import scalars


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
    return picture(
        whole,
        depth=depth,
        fold=fold,
        parameters=parameters,
        constants=constants,
        direction=direction,
        color=color,
        highlight=highlight,
    )


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
