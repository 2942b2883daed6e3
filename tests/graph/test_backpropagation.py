"""The steps of the backward pass that are written down, against what the engine computes."""

import numpy as np
import pytest

import minigrad
from minigrad import nn
from minigrad.graph import Graph, Numbers, read


def ledger(graph: Graph, node: int) -> list[np.ndarray]:
    """What arrived at a node, in order."""
    arrived = [seed.value.array for seed in graph.seeds if seed.node == node]
    return arrived + [c.value.array for step in graph.backward for c in step.contributions if c.target == node]


def test_each_contribution_to_a_gradient_is_written_down_in_order() -> None:
    a = minigrad.tensor(3.0, requires_grad=True)
    b = a + a
    c = b * b
    graph = read(c, {"a": a, "b": b, "c": c}, gradients=True)
    named = {node.result or node.name: node.id for node in graph.nodes.values()}
    steps = [
        (step.node, [(x.target, x.argument, x.value.items) for x in step.contributions]) for step in graph.backward
    ]
    assert steps == [
        (named["c"], [(named["b"], 0, 6.0), (named["b"], 1, 6.0)]),
        (named["b"], [(named["a"], 0, 12.0), (named["a"], 1, 12.0)]),
    ]
    assert (graph.seed.node, graph.seed.value.items) == (named["c"], 1.0)
    assert graph.seed.value is graph.nodes[named["c"]].gradient
    assert graph.nodes[named["a"]].gradient.items == 24.0


def test_the_shape_before_the_sum_is_told_where_something_was_broadcast() -> None:
    x, w = minigrad.ones(2, 3, requires_grad=True), minigrad.ones(3, requires_grad=True)
    graph = read((x * w).sum(), {"x": x, "w": w}, gradients=True)
    mul = graph.backward[-1]
    assert [(graph.nodes[c.target].name, c.summed) for c in mul.contributions] == [("x", ()), ("w", (2, 3))]
    assert mul.contributions[1].value.array.tolist() == [2.0, 2.0, 2.0]


@pytest.mark.parametrize("model", ["transformer", "lstm"])
def test_the_contributions_to_each_gradient_add_up_to_it(model: str) -> None:
    minigrad.manual_seed(0)
    if model == "lstm":
        net: nn.Module = nn.LSTM(4, 5, num_layers=2, batch_first=True)
        loss = net(minigrad.randn(2, 6, 4))[0].square().mean()
    else:
        net = nn.Transformer(8, 2, 1, 1, 16, dropout=0.0, batch_first=True)
        loss = net(minigrad.randn(2, 4, 8), minigrad.randn(2, 3, 8)).square().mean()
    graph = read(loss, gradients=True)
    loss.backward()
    gradients = {name: p.grad.numpy() for name, p in net.named_parameters()}
    seen = set()
    for node in graph.nodes.values():
        if node.kind == "output" or node.gradient is None:
            continue
        first, *others = ledger(graph, node.id)
        total = first
        for g in others:
            total = total + g
        np.testing.assert_array_equal(total, node.gradient.array)
        if node.kind == "parameter":
            seen.add(node.name)
            np.testing.assert_array_equal(node.gradient.array, gradients[node.name])
    assert seen == gradients.keys()


def test_without_gradients_there_are_no_steps() -> None:
    graph = read(minigrad.ones(2, requires_grad=True).sum())
    assert (graph.backward, graph.seeds, graph.seed) == ((), (), None)


def test_a_lone_contribution_is_the_gradient_itself() -> None:
    x = minigrad.ones(2, requires_grad=True)
    graph = read(x.exp().sum(), gradients=True)
    values: list[Numbers] = [c.value for step in graph.backward for c in step.contributions]
    assert [value is graph.nodes[i].gradient for value, i in zip(values, (1, 0), strict=True)] == [True, True]
