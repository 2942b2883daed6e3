"""The scalar level: boxes for numbers, and the slopes between them, against finite differences and the engine."""

import numpy as np
import pytest

import minigrad
from minigrad import graph
from minigrad.graph.scalars import MOST, scalars


def small():
    x = minigrad.tensor([[1.0, 2.0], [-1.0, 0.5]])
    w = minigrad.tensor([[0.3, -0.2], [0.1, 0.4]], requires_grad=True)
    with graph.record() as g:
        h = (x @ w).relu()
        loss = h.sum()
        loss.backward()
    return scalars(g.graph(), g.ran), w


def test_each_number_has_a_box_with_value_and_gradient():
    found, w = small()
    boxes = {node.result or node.name: node for node in found.nodes.values()}
    for place in np.ndindex(2, 2):
        box = boxes[f"w{list(place)}"]
        assert box.value.items == w.detach().numpy()[place]
        assert box.gradient.items == w.grad.numpy()[place]
    assert boxes["matmul[1, 0]"].value.items == pytest.approx(-0.25)
    assert boxes["h[0, 1]"].name == "relu"
    assert [scope.name for scope in found.scopes.values()] == ["x", "w", "matmul", "h = relu"]


def test_gradients_are_what_the_slopes_make_of_them():
    """The chain rule, number by number: a gradient is the sum of slope times gradient over all arrows."""
    found, _ = small()
    for node in found.nodes.values():
        onward = [edge for edge in found.edges if edge.source == node.id and edge.argument]
        if onward and node.gradient is not None:
            slopes = [float(edge.argument.removeprefix("· ")) for edge in onward]
            handed = sum(s * found.nodes[edge.target].gradient.items for s, edge in zip(slopes, onward, strict=True))
            assert node.gradient.items == pytest.approx(handed, rel=1e-2)


def test_a_closed_relu_has_an_arrow_of_slope_0_and_other_numbers_have_none():
    found, _ = small()
    names = {i: node.result or node.name for i, node in found.nodes.items()}
    arrows = {(names[edge.source], names[edge.target]): edge.argument for edge in found.edges}
    assert arrows["matmul[1, 0]", "h[1, 0]"] == "· 0"
    assert ("matmul[1, 0]", "h[0, 0]") not in arrows
    assert arrows["w[0, 0]", "matmul[1, 0]"] == "· -1"
    assert ("w[0, 0]", "matmul[0, 1]") not in arrows


def test_variadic_ops_and_indices():
    a, b = minigrad.tensor([1.0, 2.0], requires_grad=True), minigrad.tensor([3.0], requires_grad=True)
    with graph.record() as g:
        c = minigrad.cat([a, b])[minigrad.tensor([2, 0])]
        (c * c).sum().backward()
    found = scalars(g.graph(), g.ran)
    names = {i: node.result or node.name for i, node in found.nodes.items()}
    arrows = [(names[edge.source], names[edge.target]) for edge in found.edges]
    assert ("a[1]", "cat[1]") in arrows
    assert ("b[0]", "cat[2]") in arrows
    assert ("cat[2]", "c[0]") in arrows
    assert not any(target == "c[0]" and source != "cat[2]" for source, target in arrows)


def test_it_is_drawn_of_a_tensor_and_of_a_recording():
    a, b, c = (minigrad.tensor(x, requires_grad=True) for x in (2.0, -3.0, 10.0))
    drawing = graph.draw(((a * b) + c).tanh(), names={"a": a, "b": b, "c": c}, depth="scalar")
    assert "grad -0.004023" in drawing.dot
    assert "· -3" in drawing.dot
    assert drawing.render("svg").startswith(b"<?xml")


def test_too_many_numbers_are_refused():
    x = minigrad.ones(MOST, requires_grad=True)
    with pytest.raises(ValueError, match=f"depth='scalar' draws {MOST} numbers at most, and this computation has 4"):
        graph.draw((x * 2).sum(), depth="scalar")
    with graph.record() as g:
        minigrad.ones(2, requires_grad=True) * 2
    with pytest.raises(ValueError, match="needs to know what the ops ran on"):
        graph.draw(g.graph(), depth="scalar")
