"""Pictures: what can be read in them, and how they are saved."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import minigrad
from minigrad import nn
from minigrad.graph import Drawing, Graph, RendererError, draw, record
from minigrad.graph.dot import to_dot
from minigrad.graph.looks import NOT_FINITE, SHADES, ZERO
from minigrad.graph.picture import BOXES

SVG = "{http://www.w3.org/2000/svg}"
TIP = "{http://www.w3.org/1999/xlink}title"


def expression(**options: object) -> Drawing:
    a, b, c = (minigrad.tensor(x, requires_grad=True) for x in (2.0, -3.0, 7.5))
    y = ((a * b) + c).tanh()
    return draw(y, names={"a": a, "b": b, "c": c, "y": y}, **options)


def read(drawing: Drawing) -> tuple[list[str], list[str]]:
    """All texts and all tooltips of a picture."""
    root = ET.fromstring(drawing.render("svg"))
    texts = ["".join(text.itertext()).replace("\xa0", " ") for text in root.iter(f"{SVG}text")]
    return texts, [link.get(TIP, "") for link in root.iter(f"{SVG}a")]


def clusters(drawing: Drawing) -> list[str]:
    return [scope.label for scope in drawing.graph.scopes.values()]


def layers(count: int) -> nn.Module:
    return nn.Sequential(*(nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.LayerNorm(4)) for _ in range(count)))


def without_graphviz(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda program: None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


# --- what can be read


def test_colours_tell_how_large_gradients_are() -> None:
    x = minigrad.tensor([1.0], requires_grad=True)
    y = minigrad.tensor([2.0], requires_grad=True)
    nothing = minigrad.tensor([3.0], requires_grad=True)
    loss = (x * 1e-3 + y * 10 + nothing * 0).sum()
    drawing = draw(loss, names={"x": x, "y": y, "nothing": nothing}, color="gradient")
    fills = dict(re.findall(r"<TR><TD>(\w+)</TD>.*?fillcolor=\"(#\w+)\"", drawing.dot))
    assert fills["x"] == SHADES[0]
    assert fills["y"] == SHADES[-1]
    assert fills["nothing"] == ZERO.fill
    texts, _ = read(drawing)
    assert "exactly 0" in " ".join(texts)
    assert "gradient up to 10" in " ".join(texts)
    assert not any(text.startswith("grad ") for text in texts)  # the numbers were not asked for


def test_a_gradient_that_is_not_finite_looks_like_nothing_else() -> None:
    x = minigrad.tensor([0.0, 1.0], requires_grad=True)
    with np.errstate(divide="ignore"):
        drawing = draw(x.sqrt().sum(), names={"x": x}, color="gradient")
    assert NOT_FINITE.legend in " ".join(read(drawing)[0])
    assert "octagon" in drawing.dot


def test_a_way_is_drawn_thick() -> None:
    drawing = expression(highlight=("a", "y"))
    thick = re.findall(r"n(\d+) -> n(\d+) \[.*penwidth=2.6", drawing.dot)
    names = {str(i): node.name for i, node in drawing.graph.nodes.items()}
    assert [(names[a], names[b]) for a, b in thick] == [("a", "mul"), ("mul", "add"), ("add", "tanh")]
    with pytest.raises(KeyError, match="no node, role or module is called 'z'"):
        expression(highlight=("z", "y"))


def test_a_leaf_that_goes_to_many_places_is_named_there() -> None:
    w = minigrad.ones(2, 2, requires_grad=True)
    h = minigrad.ones(1, 2)
    for _ in range(6):
        h = (h @ w).tanh()
    drawing = draw(h.sum(), names={"w": w})
    texts, _ = read(drawing)
    assert texts.count("w") == 1
    assert texts.count("w ↝") == 5
    texts, _ = read(draw(h.sum(), names={"w": w}, highlight=("w", "output")))
    assert texts.count("w ↝") == 0  # of what is highlighted every arrow is drawn


def test_an_op_that_failed_says_why() -> None:
    with pytest.raises(RuntimeError), record() as g:
        minigrad.ones(2, 3).exp() @ minigrad.ones(4, 2)
    texts, _ = read(draw(g))
    assert "op that failed" in " ".join(texts)
    assert "(2, 3)" in " ".join(texts)


def test_a_recording_is_drawn_with_the_numbers_that_were_asked_for() -> None:
    with record() as g:
        a = minigrad.tensor(2.0, requires_grad=True)
        (a * a).backward()
    assert "value 4" not in read(draw(g))[0]
    assert "value 4" in read(draw(g, values=True, gradients=True))[0]
    assert "grad 4" in read(draw(g, values=True, gradients=True))[0]
    with pytest.raises(RuntimeError, match="gradients=True, but this graph was made without gradients"):
        draw(Graph(), gradients=True)


@pytest.mark.parametrize("options", [{"color": "size"}, {"direction": "up"}], ids=str)
def test_an_option_that_is_none_is_refused(options: dict[str, str]) -> None:
    ((name, value),) = options.items()
    with pytest.raises(ValueError, match=f"draw: {name} = '{value}'"):
        expression(**options)


def test_nodes_show_op_shape_dtype_value_and_gradient() -> None:
    texts, tips = read(expression(values=True, gradients=True))
    for text in ("a", "mul", "y = tanh", "output", "value -6", "grad -0.5421", "() float32"):
        assert text in texts
    assert any("gradient of a = g · b\ngradient of b = g · a" in tip for tip in tips)


def test_a_tensor_without_gradient_says_so() -> None:
    x = minigrad.tensor([1.0], requires_grad=True)
    texts, _ = read(draw((x * minigrad.tensor([2.0])).sum(), gradients=True))
    assert texts.count("no gradient") == 1


def test_edges_carry_shapes() -> None:
    x, w = minigrad.ones(2, 3, requires_grad=True), minigrad.ones(3, 5)
    texts, _ = read(draw(x @ w))
    assert [text.strip() for text in texts].count("(3, 5)") == 1


def test_modules_are_dashed_clusters_inside_each_other() -> None:
    drawing = draw(layers(1)(minigrad.ones(2, 4)))
    assert clusters(drawing) == ["Sequential", "0 · Sequential", "0 · Linear", "1 · ReLU", "2 · LayerNorm"]
    root = ET.fromstring(drawing.render())
    frames = [group for group in root.iter(f"{SVG}g") if group.get("class") == "cluster"]
    assert len(frames) == 5
    assert all(path.get("stroke-dasharray") for group in frames for path in group.iter(f"{SVG}path"))
    assert drawing.dot.index("cluster_0") < drawing.dot.index("cluster_1") < drawing.dot.index("cluster_2")


AWKWARD = '<b>"x|{y}\n'


@settings(max_examples=25)
@given(st.text(st.characters(), min_size=1, max_size=12))
@example(AWKWARD)
@example("<b>")
@example("\\N\\G\\L\\l\\\\")
@example("</script>]]>%&amp;&#10;")
@example("日本\u202e\x00\x7f\ud800\ufffe")
@example("  two  spaces ")
def test_whatever_a_name_holds_is_drawn_as_text(name: str) -> None:
    class Awkward(nn.Module):
        def forward(self, x: minigrad.Tensor) -> minigrad.Tensor:
            with minigrad.autograd.scope(name):
                return x.exp() * 2

    x = minigrad.ones(2, requires_grad=True)
    module = nn.Sequential()
    setattr(module, "m" + name, Awkward())
    y = module(x)
    texts, tips = read(draw(y, names={name: x, "y" + name: y}))
    shown = "".join(chr(0x2400 + ord(c)) if ord(c) < 32 else "␡" if 127 <= ord(c) < 160 else c for c in name)
    shown = "".join("\ufffd" if 0xD800 <= ord(c) < 0xE000 or c in "\ufffe\uffff" else c for c in shown)
    shown = shown.replace("\xa0", " ")
    assert shown in texts, "the leaf, or the cluster of the scope"
    assert texts.count(shown) == 2
    assert f"m{shown} · Awkward" in texts
    assert f"y{shown} = mul(·, 2)" in texts
    assert any(tip.replace("\xa0", " ").startswith(shown.replace("\\", "⧵")) for tip in tips)


def test_awkward_names_make_a_png() -> None:
    x = minigrad.ones(2, requires_grad=True)
    assert draw(x * x, names={AWKWARD: x}).render("png").startswith(b"\x89PNG")


def test_the_direction_can_be_chosen() -> None:
    assert "rankdir=LR" in expression(direction="LR").dot
    with pytest.raises(ValueError, match="direction = 'down' is none of 'TB'"):
        expression(direction="down")


# --- how much is shown


def test_a_small_graph_is_shown_whole() -> None:
    drawing = draw(layers(1)(minigrad.ones(2, 4)))
    assert {node.kind for node in drawing.graph.nodes.values()} == {"input", "parameter", "op", "output"}
    assert drawing.note == ""


def test_a_large_graph_fits_a_screen_and_says_what_is_closed() -> None:
    drawing = draw(layers(30)(minigrad.ones(2, 4)), fold=False)
    assert len(drawing.graph.nodes) == 32
    assert len(drawing.graph.nodes) <= BOXES
    assert drawing.note == "30 modules are closed: depth=2 opens the next ones, depth=None opens everything"
    assert drawing.note in repr(drawing)
    assert len(draw(layers(30)(minigrad.ones(2, 4)), fold=False, depth=None).graph.nodes) == 92


def test_repeats_are_folded_unless_one_asks_not_to() -> None:
    y = layers(30)(minigrad.ones(2, 4))
    drawing = draw(y)
    assert "0 … 29 · Sequential × 30" in clusters(drawing)
    assert drawing.ops == 90
    assert drawing.note.startswith("blocks marked × are alike and drawn once: fold=False draws each")
    assert "drawn once, with the numbers of the first:" in draw(y, values=True).note


def test_depth_closes_what_lies_deeper() -> None:
    drawing = draw(layers(2)(minigrad.ones(2, 4)), depth=1, fold=False)
    assert clusters(drawing) == ["Sequential"]
    texts, _ = read(drawing)
    assert "1 · Sequential" in texts
    assert "3 ops · (2, 4) float32" in texts


@pytest.mark.parametrize("depth", [-1, 1.5, "all"])
def test_a_depth_that_is_none_is_refused(depth: object) -> None:
    words = f"depth = {depth!r} must be a whole number from 0 up, None, 'auto' or 'scalar'"
    with pytest.raises(ValueError, match=re.escape(words)):
        expression(depth=depth)


def test_a_module_of_one_op_tells_what_it_is() -> None:
    texts, tips = read(draw(layers(2)(minigrad.ones(2, 4)), depth=2, fold=False))
    assert texts.count("linear · (2, 4) float32") == 2
    assert sum("gradient of weight = gᵀ · x" in tip for tip in tips) == 2


@pytest.mark.parametrize("kind", ["parameter", "constant"])
def test_parameters_and_constants_can_be_shown_or_hidden(kind: str) -> None:
    y = nn.Sequential(*(nn.Linear(4, 4) for _ in range(30)))(minigrad.ones(2, 4, requires_grad=True)) * minigrad.ones(4)
    count = {
        shown: sum(
            node.kind == kind for node in draw(y, depth=None, fold=False, **{f"{kind}s": shown}).graph.nodes.values()
        )
        for shown in (True, False)
    }
    assert count == {True: 60 if kind == "parameter" else 1, False: 0}
    assert f"{kind}s=True shows them" in draw(y, **{f"{kind}s": False}).note


def test_a_freed_graph_can_be_drawn() -> None:
    loss = layers(1)(minigrad.ones(2, 4)).sum()
    loss.backward()
    drawing = draw(loss)
    assert "sum" in read(drawing)[0]
    assert "retain_graph=True keeps them" in drawing.note


def test_10_000_ops_are_drawn_without_delay() -> None:
    y = layers(3400)(minigrad.ones(1, 4))
    start = time.process_time()
    drawing = draw(y, depth=1, fold=False)
    assert time.process_time() - start < 4, "about 0.7 s on a small machine"
    assert drawing.ops == 10_200
    assert len(drawing.graph.nodes) == 3402


def test_drawing_changes_no_result() -> None:
    net = layers(2)
    x = minigrad.tensor(np.linspace(-1, 1, 8, dtype=np.float32).reshape(2, 4))
    loss = (net(x) ** 2).sum()
    expected = minigrad.autograd.grad(loss, list(net.parameters()), retain_graph=True)
    draw(loss, values=True, gradients=True).render()
    assert all(p.grad is None for p in net.parameters())
    loss.backward()
    for p, g in zip(net.parameters(), expected, strict=True):
        np.testing.assert_array_equal(p.grad.array, g.array)


# --- saving


@pytest.mark.parametrize(
    ("suffix", "start"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF"), ("dot", b"digraph minigrad")]
)
def test_the_suffix_says_the_format(tmp_path: Path, suffix: str, start: bytes) -> None:
    path = expression().save(tmp_path / f"new folder/graph.{suffix}")
    assert path.read_bytes().startswith(start)
    assert expression().save(tmp_path / "other", format=suffix).read_bytes().startswith(start)


def test_an_unknown_format_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="format 'jpg' is none of 'dot', 'svg'"):
        expression().save(tmp_path / "graph.jpg")
    assert not list(tmp_path.iterdir())


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = expression().save(tmp_path / "graph.dot")
    before = path.read_text()

    def fail(file: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        expression(values=True).save(path)
    assert path.read_text() == before
    assert [file.name for file in tmp_path.iterdir()] == ["graph.dot"]


def test_without_graphviz_the_error_names_both_ways_and_the_dot_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawing = expression()
    without_graphviz(monkeypatch)
    with pytest.raises(RendererError) as error:
        drawing.save(tmp_path / "graph.png")
    for part in ("apt install graphviz", "brew install graphviz", "pip install 'minigrad[render]'", "graph.dot"):
        assert part in str(error.value)
    assert (tmp_path / "graph.dot").read_text() == drawing.dot
    assert not (tmp_path / "graph.png").exists()


def test_without_graphviz_a_notebook_shows_the_error_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    drawing = expression()
    assert set(drawing._repr_mimebundle_()) == {"image/svg+xml", "text/plain"}
    without_graphviz(monkeypatch)
    (text,) = drawing._repr_mimebundle_().values()
    assert "pip install 'minigrad[render]'" in text


def test_without_the_package_graphviz_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "graphviz", None)
    with pytest.raises(ImportError, match=r"pip install 'minigrad\[render\]'"):
        expression()


def test_what_graphviz_says_is_shown_when_it_fails() -> None:
    drawing = expression()
    broken = Drawing(drawing.graph, "digraph { a -> ", drawing.ops, "")
    with pytest.raises(RendererError, match=r"Graphviz failed with exit code 1; it said: .*syntax error"):
        broken.render("svg")


def test_a_dot_program_on_the_path_is_taken_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "dot"
    program.write_text('#!/bin/sh\necho "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert expression().render("svg") == b"-Tsvg\n"


def test_importing_minigrad_imports_nothing_of_the_drawings() -> None:
    code = "import sys, minigrad; print([m for m in sys.modules if m.split('.')[0] in ('graphviz', 'pygraphviz')]"
    code += " + ['minigrad.graph' in sys.modules]); minigrad.graph.draw"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[False]\n"


def test_a_graph_of_ones_own_can_be_written() -> None:
    assert to_dot(expression().graph) == expression().dot
