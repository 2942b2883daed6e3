"""What is written down of a computation, against what was computed."""

import numpy as np
import pytest

import minigrad
from minigrad import nn
from minigrad.graph import Edge, Graph, Node, read


def named(graph: Graph, name: str) -> Node:
    (node,) = [node for node in graph.nodes.values() if node.name == name]
    return node


def kinds(graph: Graph) -> list[tuple[str, str]]:
    return [(node.kind, node.name) for node in graph.nodes.values()]


def expression() -> dict[str, minigrad.Tensor]:
    a, b, c = (minigrad.tensor(x, requires_grad=True) for x in (2.0, -3.0, 7.5))
    return {"a": a, "b": b, "c": c, "y": ((a * b) + c).tanh()}


class Layer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 3)
        self.register_buffer("shift", minigrad.ones(3))

    def forward(self, x: minigrad.Tensor) -> minigrad.Tensor:
        with minigrad.autograd.scope("inner"):
            y = self.linear(x) * 0.5
        return y + self.shift


class Net(nn.Module):
    def __init__(self, layers: int = 2) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer() for _ in range(layers))

    def forward(self, x: minigrad.Tensor) -> minigrad.Tensor:
        for layer in self.layers:
            x = layer(x)
        return x


def test_an_expression_is_written_down_as_it_ran() -> None:
    names = expression()
    graph = read(names["y"], names)
    assert kinds(graph) == [
        ("input", "a"),
        ("input", "b"),
        ("op", "mul"),
        ("input", "c"),
        ("op", "add"),
        ("op", "tanh"),
        ("output", "output"),
    ]
    assert graph.edges == [
        Edge(0, 2, (), "input"),
        Edge(1, 2, (), "other"),
        Edge(2, 4, (), "input"),
        Edge(3, 4, (), "other"),
        Edge(4, 5, (), "input"),
        Edge(5, 6, (), ""),
    ]
    assert named(graph, "tanh").result == "y"
    assert [rule[:2] for rule in named(graph, "mul").rules] == [("a", "g · b"), ("b", "g · a")]
    assert {node.dtype for node in graph.nodes.values()} == {"float32"}


def test_each_use_of_a_tensor_is_an_arrow() -> None:
    x = minigrad.ones(2, requires_grad=True)
    graph = read(x + x)
    assert [(edge.source, edge.target, edge.argument) for edge in graph.edges[:2]] == [(0, 1, "input"), (0, 1, "other")]


def test_numbers_and_settings_are_texts_and_tensors_without_gradient_are_constants() -> None:
    x, w = minigrad.ones(2, 3, requires_grad=True), minigrad.ones(3)
    mask = minigrad.tensor([True, False, True])
    graph = read((1.5 - x * w).masked_fill(mask, 0.25).sum(1))
    assert named(graph, "sub").call == "sub(1.5, ·)"
    assert dict(named(graph, "sum").settings)["dim"] == "1"
    constants = [(node.name, node.shape, node.dtype) for node in graph.nodes.values() if node.kind == "constant"]
    assert constants == [("constant", (3,), "float32"), ("mask", (3,), "bool")]


def test_scopes_have_the_names_that_modules_have_inside_each_other() -> None:
    graph = read(Net()(minigrad.ones(2, 3)))
    assert [(scope.parent, scope.label) for scope in graph.scopes.values()] == [
        (None, "Net"),
        (0, "layers.0 · Layer"),
        (1, "inner"),
        (2, "linear · Linear"),
        (0, "layers.1 · Layer"),
        (4, "inner"),
        (5, "linear · Linear"),
    ]
    muls = [graph.scopes[node.scope].label for node in graph.nodes.values() if node.name == "mul"]
    assert muls == ["inner", "inner"]


def test_parameters_and_buffers_have_their_path_and_stand_where_they_are_used() -> None:
    graph = read(Net()(minigrad.ones(2, 3)))
    weight, shift = named(graph, "layers.1.linear.weight"), named(graph, "layers.1.shift")
    assert (weight.kind, graph.scopes[weight.scope].label) == ("parameter", "linear · Linear")
    assert (shift.kind, graph.scopes[shift.scope].label) == ("constant", "layers.1 · Layer")


def test_a_buffer_stays_a_constant_when_the_user_has_a_name_for_it() -> None:
    net = Net()
    shift = named(read(net(minigrad.ones(2, 3)), {"mine": net.layers[1].shift}), "layers.1.shift")
    assert shift.kind == "constant"


def test_a_shared_parameter_stands_in_the_scope_around_all_its_uses() -> None:
    net = Net()
    net.layers[1].linear.weight = net.layers[0].linear.weight
    graph = read(net(minigrad.ones(2, 3)))
    assert graph.scopes[named(graph, "layers.0.linear.weight").scope].label == "Net"


def test_a_frozen_parameter_is_a_parameter_still() -> None:
    net = Net()
    net.layers[0].linear.requires_grad_(False)
    graph = read(net(minigrad.ones(2, 3, requires_grad=True)))
    assert named(graph, "layers.0.linear.weight").kind == "parameter"


def test_what_a_model_is_given_stands_outside_of_it() -> None:
    x = minigrad.ones(2, 3)
    graph = read(Net()(x))
    (given,) = [node for node in graph.nodes.values() if node.kind == "input"]
    assert (given.scope, given.name, given.shape) == (None, "input", (2, 3))
    assert named(read(Net()(x), {"x": x}), "x").kind == "input"


def test_copied_positions_are_known_by_their_content() -> None:
    tokens = minigrad.tensor([[1, 2]])
    graph = read(nn.Embedding(4, 2)(tokens), {"tokens": tokens})
    assert (named(graph, "tokens").kind, named(graph, "tokens").shape) == ("input", (1, 2))


def test_equal_masks_are_one_constant_within_a_module_call_but_not_beyond() -> None:
    attention = nn.MultiheadAttention(4, 2, batch_first=True)
    x = minigrad.ones(1, 3, 4)
    with nn.Recorder(attention):  # so that heads are worked out one by one, each with the mask
        graph = read(attention(attention(x, x, x, is_causal=True)[0], x, x, is_causal=True)[0])
    masks = [node for node in graph.nodes.values() if node.kind == "constant"]
    assert [(node.name, graph.scopes[node.scope].label) for node in masks] == [("mask", "MultiheadAttention")] * 2
    assert masks[0].scope != masks[1].scope


def test_nested_outputs_are_named_by_their_path() -> None:
    x = minigrad.ones(2, requires_grad=True)
    graph = read({"y": (x * 2, None), "z": [x.exp()]})
    assert [node.name for node in graph.nodes.values() if node.kind == "output"] == ["output['y'][0]", "output['z'][0]"]


def test_outputs_without_history_beside_others_are_shown_as_what_they_are() -> None:
    x, c = minigrad.ones(2, requires_grad=True), minigrad.ones(3)
    graph = read((x * 2, x, c))
    sources = [graph.nodes[edge.source] for edge in graph.edges[-3:]]
    assert [(node.kind, node.shape) for node in sources] == [("op", (2,)), ("input", (2,)), ("constant", (3,))]


@pytest.mark.parametrize("output", [minigrad.ones(2), minigrad.ones(2, requires_grad=True), (None, minigrad.ones(1))])
def test_an_output_without_history_is_refused(output: object) -> None:
    with pytest.raises(RuntimeError, match="draw: the output has no history"):
        read(output)


def test_what_is_no_tensor_is_refused() -> None:
    with pytest.raises(TypeError, match=r"draw: output\[1\] is a float"):
        read((minigrad.ones(1, requires_grad=True) * 2, 3.0))


def test_values_are_those_that_were_computed() -> None:
    names = expression()
    graph = read(names["y"], names, values=True)
    assert {node.name: node.value.items for node in graph.nodes.values() if node.value} == {
        "a": 2.0,
        "b": -3.0,
        "mul": -6.0,
        "c": 7.5,
        "add": 1.5,
        "tanh": names["y"].item(),
        "output": names["y"].item(),
    }


def test_gradients_are_those_of_backward_and_nothing_is_touched() -> None:
    names = expression()
    product = names["a"] * names["b"]
    y = (product + names["c"]).tanh()
    product.retain_grad()
    graph = read(y, {**names, "y": y}, gradients=True)
    assert all(names[name].grad is None for name in "abc")
    assert product.grad is None
    y.backward()
    for name in "abc":
        assert named(graph, name).gradient.items == names[name].grad.item()
    assert named(graph, "mul").gradient.items == product.grad.item()
    assert named(graph, "tanh").gradient.items == 1.0


def test_what_gets_no_gradient_has_none_rather_than_zero() -> None:
    x = minigrad.tensor([1.0, 2.0], requires_grad=True)
    graph = read((x * minigrad.tensor([0.0, 0.0])).sum(), gradients=True)
    assert [node.gradient and node.gradient.items for node in graph.nodes.values()][:2] == [[0.0, 0.0], None]


def test_gradients_need_one_scalar() -> None:
    x = minigrad.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"gradients=True needs one scalar output, but the shapes are \(2,\)"):
        read(x * 2, gradients=True)


def test_a_freed_graph_keeps_its_structure_but_has_no_numbers() -> None:
    net = Net()
    kept = read(net(minigrad.ones(2, 3)).sum())
    loss = net(minigrad.ones(2, 3)).sum()
    loss.backward()
    freed = read(loss)
    assert freed.freed
    assert not kept.freed
    ops = [
        [(n.name, n.shape, n.dtype) for n in g.nodes.values() if n.kind in ("op", "parameter")] for g in (kept, freed)
    ]
    assert ops[0] == ops[1]
    for options in ({"values": True}, {"gradients": True}):
        with pytest.raises(RuntimeError, match=r"draw before backward\(\), or pass retain_graph=True"):
            read(loss, **options)
    loss = net(minigrad.ones(2, 3)).sum()
    loss.backward(retain_graph=True)
    assert named(read(loss, values=True, gradients=True), "sum").gradient.items == 1.0


def test_a_chain_of_100_000_ops_is_recorded() -> None:
    y = x = minigrad.ones((), requires_grad=True)
    for _ in range(100_000):
        y = y + 0.0
    graph = read(y, {"x": x})
    assert len(graph.nodes) == 100_002
    assert all(edge.target == edge.source + 1 for edge in graph.edges)


def test_large_tensors_are_summed_up_and_what_is_not_finite_is_told() -> None:
    x = minigrad.tensor([*np.arange(10.0), np.inf, np.nan], requires_grad=True)
    y = minigrad.tensor([np.nan] * 7, requires_grad=True)
    graph = read((x * 2, y * 2, y[:0] * 2), {"x": x, "y": y}, values=True)
    assert named(graph, "x").value.text() == ["min 0  mean 4.5  max 9", "2 of 12 not finite"]
    assert named(graph, "y").value.text() == ["7 of 7 not finite"]
    assert named(graph, "output[2]").value.text() == ["empty"]


def test_padding_is_a_setting_of_embedding() -> None:
    """And no constant beside the tokens."""
    tokens = minigrad.tensor([[1, 0], [2, 3]])
    graph = read(nn.Embedding(5, 3, padding_idx=0)(tokens).sum(), names={"tokens": tokens})
    assert sorted(node.name for node in graph.nodes.values()) == ["embedding", "output", "sum", "tokens", "weight"]
