"""What IPython, and with it every notebook, makes of tensors, modules, graphs, pictures, explorers and runs."""

import shutil
from pathlib import Path
from typing import Any

import pytest

import minigrad
from minigrad import graph, nn
from models.config import Config
from models.run import Run
from tests.markup import parsed

formatters = pytest.importorskip("IPython.core.formatters", reason="needs IPython: pip install 'minigrad[notebook]'")


def bundle(shown: Any) -> dict[str, str]:
    """What a notebook is sent of an object, by the type of the content; without those whose method failed."""
    return formatters.DisplayFormatter().format(shown)[0]


def recorded() -> graph.Recording:
    return graph.trace(nn.Sequential(nn.Linear(3, 2), nn.Tanh()), minigrad.ones(1, 3))


@pytest.mark.parametrize(
    "make",
    [
        lambda: minigrad.randn(3, 4, requires_grad=True),
        lambda: minigrad.randn(100, 100),
        lambda: minigrad.tensor(2.0),
        lambda: nn.Parameter(minigrad.zeros(2)),
        lambda: nn.Sequential(nn.Linear(3, 2), nn.Tanh()),
        lambda: nn.LazyLinear(3),
        lambda: nn.LazyLinear(3).weight,
        lambda: nn.ModuleList([nn.Linear(2, 2)]),
        lambda: Run(Path("nowhere"), Config()),
    ],
)
def test_html_beside_the_text_that_print_writes(make):
    shown = make()
    made = bundle(shown)
    assert set(made) == {"text/plain", "text/html"}
    assert made["text/plain"] == repr(shown)
    parsed(made["text/html"])


def test_tensors_inside_other_things_stay_text():
    pair = (minigrad.ones(2), {"a": minigrad.ones(1)})
    assert bundle(pair) == {"text/plain": repr(pair)}


def test_a_graph_is_a_picture_beside_its_table():
    recording = recorded()
    for shown in (recording, recording.graph()):
        made = bundle(shown)
        assert set(made) == {"text/plain", "image/svg+xml"}
        assert made["text/plain"] == str(shown)
        assert made["image/svg+xml"].count('class="node"') >= len(recording.nodes)


def test_without_graphviz_a_graph_is_its_table(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda program: None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    recording = recorded()
    assert bundle(recording) == {"text/plain": str(recording)}


def test_a_graph_that_is_too_large_to_look_at_is_its_table():
    with graph.record() as recording:
        x = minigrad.ones(1, requires_grad=True)
        for _ in range(3000):
            x = x + 1
    assert set(bundle(recording)) == {"text/plain"}


def test_in_a_terminal_no_picture_is_made(monkeypatch):
    """IPython at a terminal asks for text alone; drawing for it would be wasted time."""
    monkeypatch.setattr("minigrad.graph.representation.svg_of", lambda graph: pytest.fail("it was drawn"))
    terminal = formatters.DisplayFormatter(active_types=["text/plain"])
    recording = recorded()
    assert terminal.format(recording)[0] == {"text/plain": str(recording)}


def test_an_explorer_is_a_frame():
    x = minigrad.tensor(2.0, requires_grad=True)
    made = bundle(graph.explore((x * x).tanh()))
    assert set(made) == {"text/plain", "text/html"}
    (frame,) = parsed(made["text/html"]).all("iframe")
    assert frame.attributes["sandbox"] == "allow-scripts"
