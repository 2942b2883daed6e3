"""The computation graph: the one thing that stands between recording and every picture, text and file.

Recorders make a `Graph`, transformations (`fold`, `collapse`, `hide`) make another one of it, and writers turn it
into DOT, JSON or whatever else; none of them knows any other.
"""

from dataclasses import dataclass
from typing import Any, Self

from minigrad.graph import finding
from minigrad.graph.exchange import from_json, to_json
from minigrad.graph.parts import Node, PlainGraph
from minigrad.graph.picture import svg_of
from minigrad.graph.summary import summary


@dataclass(frozen=True, slots=True, repr=False)
class Graph(PlainGraph):
    """A computation, and what one may ask of it: to be found in, drawn, printed, and written to a file.

    See `PlainGraph` for its attributes.
    """

    def __repr__(self) -> str:
        ops = sum(node.ops for node in self.nodes.values())
        return f"<Graph of {ops} ops: {len(self.nodes)} nodes, {len(self.edges)} edges, {len(self.scopes)} scopes>"

    def __str__(self) -> str:
        """The modules as a tree, with what each gives, holds and costs."""
        return summary(self.nodes.values(), self.edges, self.scopes.values())

    def _repr_svg_(self) -> str | None:
        """The picture that a notebook shows; None where the table must do."""
        return svg_of(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """The table of modules, for notebooks and IPython."""
        printer.text(str(self))

    def find(self, name: str) -> list[Node]:
        """The nodes that a name means.

        Arguments:
            name: what a node, its result, its role or a module is called, alone or with the path of modules before
                it; a module means all that is inside.

        Returns:
            The nodes, in the order in which they ran.

        Raises:
            KeyError: if there are none, with the names nearest to it.

        >>> import minigrad
        >>> from minigrad.graph import read
        >>> graph = read(minigrad.nn.Sequential(minigrad.nn.Linear(3, 2), minigrad.nn.Tanh())(minigrad.ones(1, 3)))
        >>> [node.name for node in graph.find("0")]
        ['0.weight', '0.bias', 'linear']
        >>> graph.scope_path(graph.find("1.tanh")[0])
        '1'
        """
        return finding.find(self, name)

    def node(self, x: Node | int | str) -> Node:
        """The one node that is meant by a node, its number or its name.

        Raises:
            KeyError: if there is none, or more than one of that name.
        """
        return finding.one(self, x)

    def path(self, a: Node | int | str, b: Node | int | str) -> list[int]:
        """A shortest way from one node to another along the arrows.

        Arguments:
            a, b: nodes, their numbers or their names.

        Returns:
            The numbers of the nodes on the way, both ends included.

        Raises:
            KeyError: for what names no node, or several.
            ValueError: when no arrows lead there.

        >>> import minigrad
        >>> from minigrad.graph import read
        >>> x = minigrad.ones(2, requires_grad=True)
        >>> graph = read((x * 2).exp().sum(), {"x": x})
        >>> [graph.nodes[i].name for i in graph.path("x", "sum")]
        ['x', 'mul', 'exp', 'sum']
        """
        return finding.path(self, a, b)

    def scope_path(self, node: Node | int | str) -> str:
        """Where a node is: the names of the modules around it, with dots between; "" in the outermost, or outside."""
        return finding.scope_path(self, self.node(node).scope)

    def to_networkx(self) -> Any:
        """The same as a `networkx.MultiDiGraph`, whose nodes and edges have the attributes that they have here.

        Raises:
            ImportError: when the package networkx is missing.
        """
        return finding.to_networkx(self)

    def to_json(self) -> str:
        """Write it down as JSON, in the form that `docs/graph.md` describes.

        >>> Graph().to_json()[:40]
        '{"format":"minigrad graph","version":1,"'
        """
        return to_json(self)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote.

        Raises:
            ValueError: for a text that is something else, saying what and where.

        >>> Graph.from_json(Graph().to_json()) == Graph()
        True
        """
        return cls(**from_json(text))
