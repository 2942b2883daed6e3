"""Graphs of large tensors that are read afterwards: what ops let go of is missing, and nothing else is."""

import pytest

import minigrad
from minigrad.graph import draw, explore, measure, paths, read, record
from minigrad.graph.flops import flops

N = 200


def computed() -> dict[str, minigrad.Tensor]:
    x = minigrad.randn(N, N, requires_grad=True)
    w = minigrad.randn(N, requires_grad=True)
    shifted = x * 2.0 + w
    return {"x": x, "w": w, "loss": (shifted.relu() + minigrad.ones(N, N)).mean(), "shifted": shifted}


def test_what_is_known_is_shown():
    made = computed()
    graph = read(made["loss"], {name: made[name] for name in ("x", "w")}, values=True, gradients=True)
    assert not graph.freed
    assert [node.name for node in graph.nodes.values() if node.value is None] == ["mul", "add"]  # but not the last add
    ops = [node for node in graph.nodes.values() if node.kind == "op"]
    assert [node.name for node in ops] == ["mul", "add", "relu", "add", "mean"]
    assert all(node.shape is not None and node.gradient is not None for node in ops)


def test_a_tensor_that_the_user_holds_is_known():
    made = computed()
    graph = read(made["loss"], made, values=True)
    (node,) = [node for node in graph.nodes.values() if node.result == "shifted"]
    assert node.value.mean == pytest.approx(made["shifted"].mean().item(), rel=1e-4)


def test_work_and_shapes_are_those_of_a_recording():
    with record() as recording:
        inside = computed()["loss"]
    outside = computed()["loss"]
    ours, theirs = read(outside).nodes.values(), recording.graph().nodes.values()
    assert [x.flops for x in ours if x.kind == "op"] == [x.flops for x in theirs if x.kind == "op"]
    assert measure(outside).flops == measure(inside).flops
    assert measure(outside).saved_bytes < measure(inside).saved_bytes
    assert flops((minigrad.ones(N, N, requires_grad=True) * 2).grad_fn) == N * N


def test_it_is_drawn():
    made = computed()
    for values in (False, True):
        assert draw(made["loss"], names=made, values=values, gradients=True, depth=None)
    assert explore(made["loss"], names=made)
    with pytest.raises(ValueError, match="draws 200 numbers at most"):
        draw(made["loss"], depth="scalar")


def test_positions():
    x = minigrad.randn(N, 100, requires_grad=True)
    assert paths(x * 2.0 + 1.0, x, dim=0).between(3, 3).longest == 2


def test_a_recording_that_begins_at_the_loss():
    made = computed()
    with record(made) as recording:
        made["loss"].backward()
    graph = recording.graph()
    (node,) = graph.find("mul")
    assert (node.shape, node.value) == ((N, N), None)
    found = recording.explain(made["w"], [0])
    assert "summed from shape (200, 200)" in str(found)
    assert found.gradient.item() == pytest.approx(made["w"].grad[0].item())
    assert recording.nudge(made["w"], [0], 1e-6).difference == pytest.approx(made["w"].grad[0].item(), rel=1e-3)
