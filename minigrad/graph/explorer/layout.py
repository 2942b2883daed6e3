"""Where the boxes and arrows of the explorer's views lie: Graphviz finds out, when the file is written.

Views that differ in nothing that Graphviz sees, as those of repeated blocks, are laid out once.
"""

from dataclasses import dataclass
from typing import Any

from minigrad.graph.explorer.views import Box, View
from minigrad.graph.render import lay_out

INCH = 72.0
LINE, CHIP, HEIGHT = 9.5, 6.8, 42  # width of a letter of a title and of a chip, and height of a box, in pixels
NARROW, WIDE = 92, 250  # how wide boxes may be
STEP = 12  # of the widths, so that "step 9" and "step 10" are as wide, and views alike are seen to be
NUMBER = 90  # room for a single number's gradient
STUB = 26  # height of a stub


@dataclass(frozen=True, slots=True)
class Layout:
    """Coordinates of a view, in pixels from its upper left corner.

    Attributes:
        width, height: of the whole.
        boxes: centre, width and height of each box.
        arrows: the two boxes by their places in `boxes`, the points of a Bézier curve, and if there is a label, its
            text and where it goes.
        frame: left, top, width and height of the frame around the boxes of an unfolded place; () if there is none.
    """

    width: float
    height: float
    boxes: list[tuple[float, float, float, float]]
    arrows: list[tuple[Any, ...]]
    frame: tuple[float, ...]


def layouts(views: list[View]) -> tuple[list[Layout], list[int]]:
    """Lay out views.

    Arguments:
        views: any number.

    Returns:
        The layouts, and for each view which of them is its own.

    Raises:
        RendererError: when there is no Graphviz.
    """
    texts = [to_dot(view) for view in views]
    which = {text: i for i, text in enumerate(dict.fromkeys(texts))}
    return [_read(found) for found in lay_out(list(which))], [which[text] for text in texts]


def to_dot(view: View) -> str:
    """A view in the DOT language: nothing but sizes and connections, no text of the user's."""
    number = {id: i for i, id in enumerate(view.boxes)}
    sizes = [_size(box) for box in view.boxes.values()]
    inner = [number[id] for id in view.inner]
    lines = [
        "digraph {",
        'graph [nodesep=0.24 ranksep=0.29 pad=0.1 fontsize=10]; node [shape=box fixedsize=true label=""];',
        "edge [arrowhead=none fontsize=9];",
        *(f"b{i} [width={w / INCH:.3f} height={h / INCH:.3f}];" for i, (w, h) in enumerate(sizes)),
    ]
    rows = [(row, _row([number[id] for id in row])) for row in _rows(view)]
    if inner:
        within = " ".join([f"b{i};" for i in inner] + [text for row, text in rows if row[0] in view.inner])
        lines.append(f'subgraph cluster_0 {{ margin=14; label="x"; {within} }}')
    lines += [text for row, text in rows if row[0] not in view.inner]
    for (source, target), label in view.arrows.items():
        shown = f' [label="{label}"]' if label else ""
        lines.append(f"b{number[source]} -> b{number[target]}{shown};")
    return "\n".join([*lines, "}"])


def _row(numbers: list[int]) -> str:
    """Boxes side by side."""
    return f"{{ rank=same; {' -> '.join(f'b{i}' for i in numbers)} [style=invis]; }}"


def _rows(view: View) -> list[list[str]]:
    """Boxes between the same neighbours, such as heads of attention: they stand side by side, in their order."""
    into: dict[str, set[str]] = {}
    out: dict[str, set[str]] = {}
    for source, target in view.arrows:
        into.setdefault(target, set()).add(source)
        out.setdefault(source, set()).add(target)
    alike: dict[Any, list[str]] = {}
    for id, box in view.boxes.items():
        if not box.stub and id in into and id in out:
            alike.setdefault((frozenset(into[id]), frozenset(out[id]), id in view.inner), []).append(id)
    return [row for row in alike.values() if len(row) > 1]


def _size(box: Box) -> tuple[float, float]:
    if box.stub:
        text = 0.8 * LINE * (len(" ".join(box.lines)))
        return -(-min(max(text + 20, 60), WIDE) // STEP) * STEP, STUB
    text = max(len(box.lines[0]) * LINE, *(len(line) * 0.82 * LINE for line in box.lines))
    chips = [min(len(text), 12) * CHIP + 14 for _, text, _ in box.chips]
    columns = [max(chips[i : i + 2]) for i in range(0, len(chips), 2)]
    if box.numbers == 1:
        text += NUMBER
    elif box.numbers:
        text = max(text, 0.8 * LINE * 8 * box.numbers)
    width = min(max(text + 26, NARROW), WIDE) + sum(columns) + 4 * len(columns)
    return -(-width // STEP) * STEP, HEIGHT


def _read(found: dict[str, Any]) -> Layout:
    left, bottom, right, top = map(float, found["bb"].split(","))

    def place(x: str | float, y: str | float) -> tuple[float, float]:
        return round(float(x) - left, 1), round(top - float(y), 1)

    boxes: dict[int, tuple[float, float, float, float]] = {}
    number: dict[int, int] = {}
    frame: tuple[float, ...] = ()
    for thing in found.get("objects", ()):
        if "pos" not in thing and "bb" not in thing:
            continue  # a row, which is no box
        if "bb" in thing:
            x, y, x2, y2 = map(float, thing["bb"].split(","))
            frame = (*place(x, y2), round(x2 - x, 1), round(y2 - y, 1))
        else:
            size = float(thing["width"]) * INCH, float(thing["height"]) * INCH
            number[thing["_gvid"]] = int(thing["name"][1:])
            boxes[int(thing["name"][1:])] = (*place(*thing["pos"].split(",")), round(size[0], 1), round(size[1], 1))
    arrows = []
    for edge in found.get("edges", ()):
        if edge.get("style") == "invis":
            continue
        points = [place(*point.split(",")) for point in edge["pos"].split()]
        label = (edge["label"], *place(*edge["lp"].split(","))) if "lp" in edge else ()
        flat = [coordinate for point in points for coordinate in point]
        arrows.append((number[edge["tail"]], number[edge["head"]], flat, *label))
    return Layout(round(right - left, 1), round(top - bottom, 1), [boxes[i] for i in range(len(boxes))], arrows, frame)


def plain(layout: Layout) -> list[Any]:
    """A layout as a list, for JSON."""
    return [layout.width, layout.height, layout.boxes, layout.arrows, layout.frame]
