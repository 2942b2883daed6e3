"""Whatever things are called, nothing breaks out of JSON, DOT and SVG."""

import json
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad
from minigrad import nn
from minigrad.graph import Graph, draw, record
from minigrad.graph.dot import to_dot
from minigrad.graph.render import render
from tests.graph.strategies import graphs, names

SVG = "{http://www.w3.org/2000/svg}"
ALLOWED = {f"{SVG}{tag}" for tag in ("svg", "g", "a", "title", "polygon", "path", "text", "polyline", "ellipse")}


def look(svg: bytes, graph: Graph) -> None:
    """The picture is well-formed, and holds the boxes and arrows of the graph and nothing else."""
    root = ET.fromstring(svg)
    assert {element.tag for element in root.iter()} <= ALLOWED
    titles = [element.text for element in root.iter(f"{SVG}title")]
    assert {f"n{i}" for i in graph.nodes} <= set(titles)
    assert len([t for t in titles if "->" in (t or "")]) == len(graph.edges)
    attributes = {name.rpartition("}")[2] for element in root.iter() for name in element.attrib}
    assert not {name for name in attributes if name.startswith("on")}
    links = {element.get("{http://www.w3.org/1999/xlink}href") for element in root.iter(f"{SVG}a")}
    assert links <= {None}


@given(graphs(arrays=st.none()))
@settings(max_examples=40, deadline=None)
def test_any_names_in_any_graph(graph: Graph) -> None:
    look(render(to_dot(graph), "svg"), graph)


@given(names, names, names)
@settings(max_examples=15, deadline=None)
def test_any_names_of_the_user_s(variable: str, scope: str, key: str) -> None:
    x = minigrad.ones(2, requires_grad=True)
    with record(names={variable: x}) as g, minigrad.autograd.scope(scope):
        y = {key: x * 2}
    graph = g.graph()
    assert Graph.from_json(graph.to_json()) == graph
    drawing = draw(y, names={variable: x})
    look(drawing.render("svg"), drawing.graph)


def test_json_is_ascii_and_holds_lone_surrogates() -> None:
    x = minigrad.ones(2, requires_grad=True)
    with record(names={"\ud800</script>é": x}) as g:
        x * 2
    text = g.to_json()
    assert text.isascii()
    assert json.loads(text)["nodes"][0]["name"] == "\ud800</script>é"


def test_a_class_whose_name_is_markup() -> None:
    layer = type("<b>]]>&\"'", (nn.Tanh,), {})()
    drawing = draw(layer(minigrad.ones(1, requires_grad=True)), depth=None)
    look(drawing.render("svg"), drawing.graph)


@pytest.mark.parametrize("name", ["", " ", "\n", "\0"])
def test_names_of_nothing(name: str) -> None:
    x = minigrad.ones(1, requires_grad=True)
    drawing = draw(x * 2, names={name: x})
    look(drawing.render("svg"), drawing.graph)
