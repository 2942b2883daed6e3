"""Graphs that lack something, or have much of it: the page opens, and every node, tab and step can be seen."""

import pytest

import minigrad
from minigrad import graph, nn
from minigrad.graph import Graph
from tests.browser.conftest import Explored

# In the page: every tab for every node, every node revealed at the first step and the last, and each box approached.
EVERYTHING = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const ids = app.data.graph.nodes.map((node) => node.id);
  for (const time of [0, app.forward.length, Infinity]) {
    app.goTo(time);
    for (const panel of app.panels) {
      for (const node of [null, ...ids]) {
        app.set({ panel: panel.name, node });
        app.flush();
      }
    }
    const seen = new Set();
    for (const id of ids) {
      app.reveal(id);
      app.flush();
      if (seen.has(app.state.view)) continue;
      seen.add(app.state.view);
      app.set({ side: time === Infinity ? "gradient" : "value" });
      for (const box of [...app.layer.boxes.values()].filter((box) => box.node !== null)) {
        app.enter(box);
        await frame();
      }
    }
  }
}"""


def without_numbers():
    model = nn.Sequential(nn.Linear(4, 4), nn.Tanh())
    return graph.read(model(minigrad.ones(3, 4)).sum())


def read_from_json():
    x = minigrad.ones(3, 4, requires_grad=True)
    return Graph.from_json(graph.read((x * x).sum(), values=True, gradients=True).to_json())


def large_tensors():
    x = minigrad.linspace(-1, 1, 40_000).reshape(200, 200).requires_grad_()
    return (x @ x).tanh().sum()


def without_gradients():
    with graph.record() as recording, minigrad.no_grad():
        nn.Linear(4, 2)(minigrad.ones(3, 4)) * 2
    return recording


def element_types():
    with graph.record() as recording:
        empty = minigrad.zeros(0, 3, requires_grad=True)
        halves = minigrad.ones(2, dtype=minigrad.float16) * 3
        whole = minigrad.tensor([1, 2]) > 1
        (empty.sum() + halves.float().sum() + whole.float().sum()).backward()
    return recording


def passes_one_after_the_other():
    with graph.record() as recording:
        x = minigrad.ones(3, requires_grad=True)
        (x * 2).sum().backward()
        (x * 3).sum().backward()
    return recording


CASES = (
    Graph,
    without_numbers,
    read_from_json,
    large_tensors,
    without_gradients,
    element_types,
    passes_one_after_the_other,
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_everything_can_be_seen(visit, tmp_path, case):
    graph.explore(case(), tmp_path / "page.html")
    page = visit(Explored(tmp_path / "page.html", {}, 0), reduced_motion="reduce")
    page.evaluate(EVERYTHING)
    assert page.locator("#panel").inner_text()


def test_what_is_summarised_is_said(visit, tmp_path):
    graph.explore(large_tensors(), tmp_path / "page.html", names={})
    page = visit(Explored(tmp_path / "page.html", {}, 0))
    page.evaluate("app.reveal(app.data.graph.nodes[0].id)")
    page.keyboard.press("m")
    page.wait_for_timeout(100)
    assert "summarised" in page.locator("#panel").inner_text()
