"""`print(graph)`: a table of the modules."""

import re

import pytest

import minigrad
from minigrad import graph, nn


def rows(text: str) -> dict[str, list[str]]:
    """The cells of each line, by the name that it begins with."""
    lines = [re.split(r"\s{2,}", line.strip("│├└─ ").strip()) for line in text.splitlines()]
    return {line[0]: line[1:] for line in lines[1:]}


def test_modules_are_a_tree_with_shapes_parameters_flops_and_bytes():
    net = nn.Sequential(nn.Linear(100, 50), nn.ReLU(), nn.Linear(50, 10))
    with graph.record() as g:
        y = net(minigrad.randn(32, 100))
    found = rows(str(g))
    sizes = graph.measure(y)
    assert found["all"] == ["(32, 10)", "3", "5,560", "355,520", f"{sizes.saved_bytes:,}"]
    assert found["0 · Linear"][:4] == ["(32, 50)", "1", "5,050", "321,600"]
    assert found["1 · ReLU"][:3] == ["(32, 50)", "1", "1,600"]
    assert str(g).splitlines()[2].startswith("└─ Sequential")
    assert str(g).splitlines()[3].startswith("   ├─ 0 · Linear")


def test_modules_that_repeat_each_other_are_one_line():
    net = nn.Sequential(*(nn.Sequential(nn.Linear(4, 4), nn.ReLU()) for _ in range(3)), nn.Linear(4, 1))
    with graph.record() as g:
        net(minigrad.randn(2, 4))
    found = rows(str(g))
    assert found["0 … 2 · Sequential × 3"][:3] == ["(2, 4)", "2", "20"]
    assert found["all"][1:3] == ["7", "65"]


def test_a_shared_parameter_counts_where_it_is_used_and_once_in_the_sum():
    layer = nn.Linear(3, 3, bias=False)
    with graph.record() as g:
        layer(layer(minigrad.randn(2, 3)))
    found = rows(str(g))
    (used,) = (cells for name, cells in found.items() if name.startswith("Linear"))
    assert used[2] == "9"
    assert found["all"][2] == "9"


def test_ops_are_listed_where_there_are_no_modules():
    a, b = minigrad.tensor(2.0, requires_grad=True), minigrad.tensor(3.0)
    with graph.record() as g:
        c = a * b
        (c + 1).tanh()
    assert list(rows(str(g))) == ["all", "c = mul", "add(·, 1)", "tanh"]


def test_what_failed_says_so():
    layer = nn.Linear(3, 3)
    with pytest.raises(RuntimeError), graph.record() as g:
        layer(minigrad.randn(2, 4))
    assert "failed" in str(g)
    assert rows(str(g))["all"][0] == "failed"


def test_nothing_is_a_table_too():
    assert str(graph.Graph()).splitlines()[0].split() == ["gives", "ops", "parameters", "FLOPs", "bytes", "kept"]
