"""Nodes by their names, and ways between them."""

import sys

import pytest

import minigrad
from minigrad import nn
from minigrad.graph import Graph, Recording, read, trace
from tests.graph.test_reading import Net


@pytest.fixture(scope="module")
def g() -> Recording:
    minigrad.manual_seed(0)
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, dropout=0.0)
    return trace(nn.TransformerEncoder(layer, 2), minigrad.randn(1, 3, 8))


def names(found: list) -> list[str]:
    return [node.name for node in found]


def test_nodes_are_found_by_name_role_and_module(g: Recording) -> None:
    assert len(g.find("softmax")) == 4
    assert names(g.find("weights")) == ["softmax"] * 4
    assert names(g.find("layers.1.self_attn.head 0.softmax")) == ["softmax"]
    assert g.find("layers.1.self_attn.head 0.weights") == g.find("layers.1.self_attn.head 0.softmax")
    inside = g.find("layers.0.linear1")
    assert names(inside) == ["layers.0.linear1.weight", "layers.0.linear1.bias", "linear"]
    assert g.scope_path(inside[-1]) == "layers.0.linear1"
    assert set(map(g.scope_path, g.find("layers.0"))) > {"layers.0", "layers.0.self_attn", "layers.0.self_attn.head 1"}


def test_a_name_that_is_not_there_brings_those_near_it(g: Recording) -> None:
    with pytest.raises(KeyError, match="find: no node, role or module is called 'sofmax'; the nearest are 'softmax'"):
        g.find("sofmax")
    with pytest.raises(KeyError, match="nothing in this graph has a name"):
        Graph().find("x")


def test_one_node_is_one_node(g: Recording) -> None:
    node = g.find("softmax")[0]
    assert g.node(node.id) == g.node(node) == node
    with pytest.raises(KeyError, match=f"'softmax' means 4 nodes; say which by its number: {node.id}, "):
        g.node("softmax")
    for wrong in (10_000, None, [1]):
        with pytest.raises(KeyError, match="it takes a node, its number or its name"):
            g.node(wrong)


def test_a_path_is_a_shortest_one() -> None:
    x = minigrad.ones(2, requires_grad=True)
    y = x.exp()
    graph = read(((y.sin().cos() * y).sum(), x * 2), {"x": x, "y": y})
    assert names([graph.nodes[i] for i in graph.path("x", "sum")]) == ["x", "exp", "mul", "sum"]
    assert graph.path("y", "y") == [graph.node("y").id]
    with pytest.raises(ValueError, match=r"path: no arrows lead from sum \(node \d+\) to x \(node \d+\)"):
        graph.path("sum", "x")


def test_a_recording_knows_tensors() -> None:
    net, x = Net(), minigrad.ones(2, 3)
    g = trace(net, x)
    path = g.path(x, "output")
    assert g.nodes[path[0]] == g.node(x)
    assert g.path(net.layers[1].linear.weight, "output")[0] == g.node("layers.1.linear.weight").id


def test_networkx_gets_everything(g: Recording) -> None:
    networkx = pytest.importorskip("networkx")
    made = g.to_networkx()
    assert (len(made), made.number_of_edges()) == (len(g.nodes), len(g.edges))
    assert networkx.is_directed_acyclic_graph(made)
    node = g.find("softmax")[0]
    assert (made.nodes[node.id]["name"], made.nodes[node.id]["path"]) == ("softmax", "layers.0.self_attn.head 0")
    assert made.nodes[node.id]["value"] is node.value


def test_networkx_is_named_where_it_is_missing(g: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "networkx", None)
    with pytest.raises(ImportError, match=r"pip install 'minigrad\[networkx\]'"):
        g.to_networkx()
