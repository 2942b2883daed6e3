"""Graphs as JSON: nothing is lost on the way, and nothing wrong is read."""

import copy
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import minigrad
from minigrad import nn
from minigrad.graph import Graph, read
from tests.graph.strategies import graphs


@given(graphs())
@settings(max_examples=200, deadline=None)
def test_what_is_written_is_read_back(graph: Graph) -> None:
    text = graph.to_json()
    back = Graph.from_json(text)
    assert back == graph
    assert back.to_json() == text


def of_a_model() -> Graph:
    minigrad.manual_seed(0)
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, dropout=0.0)
    return read(layer(minigrad.randn(2, 3, 8)).square().sum(), values=True, gradients=True)


def test_a_model_is_written_and_read_back() -> None:
    graph = of_a_model()
    back = Graph.from_json(graph.to_json())
    assert back == graph
    for step in back.backward:
        for c in step.contributions:
            alone = sum(c.target == other.target for s in back.backward for other in s.contributions) == 1
            assert (c.value is back.nodes[c.target].gradient) == alone


def test_the_form_is_the_one_that_is_documented() -> None:
    x = minigrad.tensor([[1.0, np.nan]], requires_grad=True)
    y = (x + minigrad.tensor([[2.0], [3.0]])).sum()
    whole = json.loads(read(y, {"x": x}, values=True, gradients=True).to_json())
    assert (whole["format"], whole["version"]) == ("minigrad graph", 1)
    node = whole["nodes"][0]
    assert node["value"] == {
        "shape": [1, 2],
        "dtype": "float32",
        "size": 2,
        "low": 1.0,
        "mean": 1.0,
        "high": 1.0,
        "not_finite": 1,
        "zeros": 0,
        "data": "AACAPwAAwH8=",
    }
    add = next(node for node in whole["nodes"] if node["name"] == "add")
    assert whole["rules"][add["rules"]][0][:2] == ["a", "g"]
    assert "error" not in add  # what has its default value is left out
    assert whole["backward"][-1] == {
        "node": add["id"],
        "contributions": [{"target": 0, "argument": 0, "summed": [2, 2], "whole": True}],
    }
    assert whole["seeds"][0]["value"]["data"] == "AACAPw=="


def _changed(change: Callable[[Any], None]) -> str:
    whole = copy.deepcopy(json.loads(of_a_model().to_json()))
    change(whole)
    return json.dumps(whole)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "this is no JSON"),
        ("[" * 100_000, "this is no JSON"),
        ("[]", "this is no graph"),
        ('{"format": "onnx"}', "this is no graph"),
        ('{"format": "minigrad graph", "version": 2}', "version 2 of the form; this minigrad reads version 1"),
        ('{"format": "minigrad graph", "version": NaN}', "NaN is no number"),
        ('{"format": "minigrad graph", "version": 1}', "the graph has no 'nodes'"),
    ],
)
def test_what_is_no_graph_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Graph.from_json(text)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda g: g.pop("edges"), "the graph has no 'edges'"),
        (lambda g: g.update(more=1), "the graph has 'more', which nobody knows"),
        (lambda g: g.update(freed=1), "'freed' of the graph is 1; it must be true or false"),
        (lambda g: g.update(nodes={}), "'nodes' of the graph is {}; it must be a list"),
        (lambda g: g["nodes"][3].pop("shape"), r"nodes\[3\] has no 'shape'"),
        (lambda g: g["nodes"][3].update(kind="op<"), r"'kind' of nodes\[3\] is 'op<'; it must be one of input"),
        (lambda g: g["nodes"][3].update(id=0), r"'id' of nodes\[3\] is 0; it must be another"),
        (lambda g: g["nodes"][3].update(id=True), r"'id' of nodes\[3\] is True; it must be a whole number"),
        (lambda g: g["nodes"][3].update(shape=[-1]), r"'shape' of nodes\[3\] is \[-1\]"),
        (lambda g: g["nodes"][3].update(scope=99), r"'scope' of nodes\[3\] is 99; it must be the id of a scope"),
        (lambda g: g["nodes"][3].update(rules=99), r"'rules' of nodes\[3\] is 99"),
        (lambda g: g["nodes"][3].update(settings=[["a"]]), r"a list of lists of 2 texts"),
        (lambda g: g["nodes"][3]["value"].update(data="AA=="), r"'data' of the value of nodes\[3\] has 1 bytes"),
        (lambda g: g["nodes"][3]["value"].update(data="?"), "it must be bytes in base 64"),
        (lambda g: g["nodes"][3]["value"].update(dtype="object"), r"'dtype' of the value of nodes\[3\] is 'object'"),
        (lambda g: g["nodes"][3]["value"].update(size=1), "it must be the number of elements of shape"),
        (lambda g: g["nodes"][3]["value"].update(low="0"), "it must be a number with a point"),
        (lambda g: g["nodes"][3]["value"].pop("data"), "the thumbnail of the value"),
        (lambda g: g["edges"][0].update(target=1.5), r"'target' of edges\[0\] is 1.5; it must be the id of a node"),
        (lambda g: g["scopes"][1].update(parent=7), "it must be the id of a scope before it"),
        (lambda g: g["rules"].append([["a"]]), "a rule is a list of letter, formula and code"),
        (lambda g: g["backward"][0].update(node=-1), r"'node' of backward\[0\] is -1"),
        (lambda g: g["backward"][0]["contributions"][0].update(target=None), r"contributions\[0\] of backward\[0\]"),
        (lambda g: g["seeds"][0].pop("value"), r"seeds\[0\] has no 'value'"),
    ],
)
def test_what_is_wrong_is_named(change: Callable[[Any], None], said: str) -> None:
    with pytest.raises(ValueError, match=f"from_json: .*{said}"):
        Graph.from_json(_changed(change))
