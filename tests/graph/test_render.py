"""Many graphs laid out at once."""

import os

import pytest

from minigrad.graph.render import EACH, RendererError, lay_out


@pytest.mark.parametrize("cores", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, EACH + 1, 3 * EACH])
def test_each_layout_is_that_of_its_graph(monkeypatch: pytest.MonkeyPatch, cores: int, count: int) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    found = lay_out([f"digraph {{ n{i} -> m; }}" for i in range(count)])
    assert [graph["objects"][0]["name"] for graph in found] == [f"n{i}" for i in range(count)]


def test_what_cannot_be_laid_out_is_told_from_any_process() -> None:
    graphs = ["digraph { a -> b; }"] * (2 * EACH) + ["digraph {"]
    with pytest.raises(RendererError, match="syntax error"):
        lay_out(graphs)
