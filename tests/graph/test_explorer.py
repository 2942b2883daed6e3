"""The explorer's page: its places, what they show, and that nothing in it can become markup."""

import base64
import hashlib
import html
import importlib
import json
import os
import re

import pytest

import minigrad
from minigrad import graph, nn
from minigrad.graph.explorer.places import MOST, Places
from minigrad.graph.explorer.views import views


def data(explorer: graph.Explorer) -> dict:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', explorer.html, re.S)
    return json.loads(found[1])


def product(names=None):
    a, b, c = (minigrad.tensor(x, requires_grad=True) for x in (2.0, -3.0, 10.0))
    return ((a * b) + c).tanh(), {"a": a, "b": b, "c": c, **(names or {})}


class Deep(nn.Module):
    def __init__(self, layers: int):
        super().__init__()
        self.layers = nn.ModuleList([nn.Sequential(nn.Linear(4, 4), nn.Tanh()) for _ in range(layers)])

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


class Unrolled(nn.Module):
    """A recurrent layer by hand: the same ops at each of many steps."""

    def __init__(self, steps: int):
        super().__init__()
        self.steps = steps
        self.linear = nn.Parameter(minigrad.ones(3, 3) / 4)

    def forward(self, x):
        for _ in range(self.steps):
            x = (x @ self.linear + 1).tanh() * 0.5
        return x


def test_every_node_has_one_place_and_every_place_fits_a_screen():
    recorded = graph.read(Unrolled(400)(minigrad.ones(2, 3)).sum(), values=True)
    places = Places(recorded)
    for place in places.all.values():
        assert len(place.items) <= MOST, place
    shown = [item for place in places.all.values() for item in place.items]
    assert len(shown) == len(set(shown))
    own = {node.id for node in recorded.nodes.values()} - places.attached
    assert own == {item for item in shown if isinstance(item, int)}
    assert own == set(places.home)


def test_a_long_run_is_divided_where_it_repeats_itself():
    places = Places(graph.read(Unrolled(100)(minigrad.ones(2, 3)).sum()))
    steps = [place for place in places.all.values() if place.kind == "step"]
    names = {tuple(places.graph.nodes[item].name for item in place.items) for place in steps}
    assert len(steps) >= 99
    assert len(names) == 1
    assert len(next(iter(names))) == 4


def test_repeats_stand_in_a_row_and_each_can_be_reached():
    places = Places(graph.read(Deep(5)(minigrad.ones(2, 4)).sum()))
    row = next(place for place in places.all.values() if place.kind == "row")
    assert row.label == "Sequential × 5"
    assert [places.all[item].label for item in row.items] == [f"layers.{i}" for i in range(5)]


def test_neighbours_are_stubs_and_arrows_join_boxes_of_the_view():
    recorded = graph.read(Deep(3)(minigrad.ones(2, 4)).sum())
    closed, opened = views(recorded, Places(recorded))
    second = next(
        view for key, view in closed.items() if key in opened and "layers.1" in str(Places(recorded).all[key])
    )
    for view in [*closed.values(), *opened.values()]:
        for source, target in view.arrows:
            assert source in view.boxes
            assert target in view.boxes
            assert not (view.boxes[source].stub and view.boxes[target].stub)
    assert any(box.stub for box in second.boxes.values())


def test_parameters_are_named_in_the_op_that_uses_them():
    recorded = graph.read(nn.Sequential(nn.Linear(2, 2), nn.Tanh())(minigrad.ones(1, 2)).sum())
    closed, _ = views(recorded, Places(recorded))
    linear = next(box for view in closed.values() for box in view.boxes.values() if box.chips)
    assert [text for _, text, _ in linear.chips] == ["weight", "bias"]


def test_the_policy_allows_only_what_is_in_the_page():
    loss, names = product()
    page = graph.explore(loss, names=names).html
    policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1])
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    for tag in ("script", "style"):
        code = re.search(rf"<{tag}>(.*?)</{tag}>", page, re.S)[1]
        digest = base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert " style=" not in page
    assert not re.search(r"(src|href)=[\"'](?!#)", page.replace("srcdoc=", ""))


@pytest.mark.parametrize(
    "name", ["</script><script>alert(1)</script>", "<!--", '"><img src=x>', "a\nb\0c", "�\ud800 ∂", "]]>"]
)
def test_no_name_becomes_markup(name):
    loss, names = product()
    names[name] = names.pop("a")
    explorer = graph.explore(loss, names=names, title=name)
    assert explorer.html.count("<script") == explorer.html.count("</script>") == 2
    assert data(explorer)["graph"]["nodes"][0]["name"] == name
    explorer.html.encode()


class GatedSteps(nn.Module):
    """A GRU by hand, with every step as ops of its own."""

    def __init__(self, width: int):
        super().__init__()
        self.width = width
        self.x, self.h = nn.Linear(width, 3 * width), nn.Linear(width, 3 * width)

    def forward(self, x):
        h, states = minigrad.zeros(1, self.width), []
        for t in range(x.shape[0]):
            (xr, xz, xn), (hr, hz, hn) = self.x(x[t]).chunk(3, -1), self.h(h).chunk(3, -1)
            r, z = (xr + hr).sigmoid(), (xz + hz).sigmoid()
            h = (1 - z) * (xn + r * hn).tanh() + z * h
            states.append(h)
        return minigrad.stack(states)


def test_ten_thousand_ops_are_written_within_fifteen_seconds():
    loss = (GatedSteps(8)(minigrad.randn(512, 1, 8)) ** 2).sum()
    start = processor_time()
    written = data(graph.explore(loss))
    assert processor_time() - start < 15
    assert sum(node["kind"] == "op" for node in written["graph"]["nodes"]) >= 10_000
    assert sum(place["kind"] == "step" for place in written["places"].values()) >= 511


def processor_time() -> float:
    """Seconds that this process and its children have computed, however busy the machine is."""
    return sum(os.times()[:4])


def test_saving_is_whole_or_not_at_all(tmp_path):
    loss, names = product()
    explorer = graph.explore(loss, tmp_path / "new" / "page.html", names=names)
    assert (tmp_path / "new" / "page.html").read_text(encoding="utf-8") == explorer.html


def test_a_notebook_gets_an_isolated_frame():
    loss, names = product()
    explorer = graph.explore(loss, names=names)
    frame = explorer._repr_html_()
    assert 'sandbox="allow-scripts"' in frame
    assert "allow-same-origin" not in frame
    assert html.unescape(re.search(r'srcdoc="([^"]*)"', frame)[1]) == explorer.html


def test_what_cannot_be_explored_is_an_error_that_says_so():
    with pytest.raises(TypeError, match="explore: what is a int"):
        graph.explore(3)


def test_large_tensors_are_summarised_only_where_the_page_would_be_too_large(monkeypatch):
    x = minigrad.randn(100, 100, requires_grad=True)
    loss = (x * x).sum()
    whole = data(graph.explore(loss))
    assert whole["notes"] == []
    assert all("data" in node["value"] for node in whole["graph"]["nodes"])
    page = importlib.import_module("minigrad.graph.explorer.page")  # whose name in the package is the function's
    monkeypatch.setattr(page, "LARGEST", len(graph.explore(loss).html) - 10_000)
    small = graph.explore(loss)
    assert "more than 8,192 elements are summarised" in data(small)["notes"][0]
    assert "histogram" in data(small)["graph"]["nodes"][0]["value"]
    assert len(small.html) < len(graph.explore(x.sum()).html)


def test_the_page_has_no_comments_of_its_scripts():
    page = graph.explore((minigrad.ones(2, requires_grad=True) * 2).sum()).html
    script = page[page.rindex("<script>") :]
    assert "app.set" in script
    assert "\n//" not in script
    assert "\n  " not in script
