"""`explore`: a recorded computation as one HTML file, to be followed from modules down to single numbers."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minigrad.autograd.node import TensorBase
from minigrad.graph.explain import Ran
from minigrad.graph.explorer.attention import attention_of, checked_decoding, checked_tokens
from minigrad.graph.explorer.checks import checks_of
from minigrad.graph.explorer.maps import maps_of
from minigrad.graph.explorer.page import page
from minigrad.graph.recording import Recording, recorded
from minigrad.graph.representation import Graph
from minigrad.utils.files import write_whole
from minigrad.utils.markup import frame

HEIGHT = 640  # pixels of an explorer inside a notebook


@dataclass(frozen=True, slots=True)
class Explorer:
    """A page in which a computation can be followed; it shows itself in a notebook, and saves itself.

    Attributes:
        html: the page, which needs nothing besides.
        title: what stands above it.
    """

    html: str
    title: str

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to a file, whole or not at all.

        Arguments:
            path: where to.

        Returns:
            The path.
        """
        return write_whole(path, self.html)

    def _repr_html_(self) -> str:
        """The page in a frame that is cut off from the notebook around it."""
        return frame(self.html, self.title, HEIGHT)

    def __repr__(self) -> str:
        return f"<Explorer of {self.title}; {len(self.html.encode()):,} bytes>"


def explore(
    what: Any,
    path: str | os.PathLike[str] | None = None,
    *,
    title: str | None = None,
    names: Mapping[str, Any] | None = None,
    tokens: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
    decoding: Sequence[Mapping[str, Any]] | None = None,
) -> Explorer:
    """Make a page in which a computation can be followed forward and backward, from modules down to numbers.

    Arguments:
        what: a recording, a `Graph`, or a scalar tensor such as a loss, which is read then; no `.grad` is changed.
        path: where to save the page.
        title: what stands above it.
        names: what to call tensors, if `what` is one; `locals()` will do.
        tokens: the texts of token ids, or a mapping from names of inputs to such texts.
        decoding: steps of decoding, to be shown beside the attention: for each a dict with "tokens", the texts so far;
            "probabilities", a dict from what may come next to its probability; and "attention", a list of dicts with
            "label", "keys" (texts) and "row" (a weight for each key). The last two may be missing.

    Returns:
        An `Explorer`, whose `html` is the page.

    Raises:
        TypeError: for something that cannot be explored.
        ValueError: for tokens or decoding of another form.
        RendererError: when there is no Graphviz to lay the page out.

    >>> import minigrad
    >>> a = minigrad.tensor(2.0, requires_grad=True)
    >>> explore((a * a).tanh(), names={"a": a}).title
    'tanh'
    """
    graph, engine, checks = _recorded(what, names)
    title = _title(graph) if title is None else title
    more = {
        "maps": maps_of(graph, engine),
        "attention": attention_of(graph, engine),
        "tokens": checked_tokens(tokens),
        "decoding": checked_decoding(decoding),
        "checks": checks,
    }
    explorer = Explorer(page(graph, title, more), title)
    if path is not None:
        explorer.save(path)
    return explorer


def _recorded(what: Any, names: Mapping[str, Any] | None) -> tuple[Graph, Mapping[int, Ran], list[dict[str, Any]]]:
    """The graph; for its ops what they ran on, where that is known; and what nudging some entries does."""
    if not isinstance(what, Recording | Graph | TensorBase):
        raise TypeError(f"explore: what is a {type(what).__name__}; it must be a recording, a Graph or a scalar tensor")
    return *recorded(what, names, "explore"), checks_of(what) if isinstance(what, Recording) else []


def _title(graph: Graph) -> str:
    """The outermost modules, or the op that came last."""
    modules = [scope.label for scope in graph.scopes.values() if scope.parent is None]
    ops = [node.name for node in graph.nodes.values() if node.kind == "op"]
    return ", ".join(dict.fromkeys(modules)) or (ops[-1] if ops else "graph")
