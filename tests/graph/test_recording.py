"""What is recorded while ops run, against what was computed."""

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest

import minigrad
from minigrad import nn
from minigrad.autograd.modes import modes
from minigrad.autograd.watching import Watcher
from minigrad.graph import Graph, Node, read, record, trace
from models.config import MODELS, Config
from models.training import Trainer
from tests.graph.test_reading import Net


def only(graph: Any, name: str) -> Node:
    (node,) = graph.find(name)
    return node


def sources(graph: Any, node: Node) -> list[str]:
    return [graph.nodes[edge.source].name for edge in graph.edges if edge.target == node.id]


def test_a_recording_is_what_reading_afterwards_gives_and_more() -> None:
    x = minigrad.randn(2, 3)
    net = Net()
    with record() as g:
        loss = net(x).square().mean()
        loss.backward(retain_graph=True)
    after = read(loss, {"x": x, "loss": loss}, values=True, gradients=True)
    assert [node.name for node in g.nodes.values()] == [node.name for node in after.nodes.values()]
    assert g.edges == after.edges
    assert g.scopes == after.scopes
    for mine, theirs in zip(g.nodes.values(), after.nodes.values(), strict=True):
        for name in ("kind", "shape", "scope", "result", "settings", "value", "gradient", "flops", "saved_bytes"):
            assert getattr(mine, name) == getattr(theirs, name), (mine.name, name)
    assert g.backward == after.backward
    assert g.seed == after.seed


def test_each_op_has_the_user_s_line() -> None:
    x = minigrad.ones(2, requires_grad=True)
    with record() as g:
        nn.functional.softmax(x * 2, -1).sum()  # this line
    assert {node.code for node in g.nodes.values() if node.kind == "op"} == {
        "nn.functional.softmax(x * 2, -1).sum()  # this line"
    }
    file, number = only(g, "mul").line.split(":")
    assert file == "test_recording.py"
    assert int(number) > 40


def test_variables_are_called_what_the_user_calls_them() -> None:
    given = minigrad.ones(2, requires_grad=True)
    with record(names={"mine": given}) as g:
        doubled = given * 2
        _hidden = doubled.exp()
    assert [node.name for node in g.nodes.values() if node.kind == "input"] == ["mine"]
    assert [node.result for node in g.nodes.values() if node.kind == "op"] == ["doubled", ""]


def test_roles_are_what_modules_note() -> None:
    attention = nn.MultiheadAttention(8, 2, batch_first=True)
    x = minigrad.randn(1, 3, 8)
    g = trace(attention, x, x, x)
    weights = [node for node in g.find("weights") if node.role == "weights"]
    assert [(node.name, node.shape, g.scope_path(node)) for node in weights] == [
        ("softmax", (1, 3, 3), "head 0"),
        ("softmax", (1, 3, 3), "head 1"),
    ]
    assert {role for node in g.nodes.values() for role in node.role.split(", ")} >= {"q", "k", "v", "scores", "output"}


def test_without_gradients_ops_are_recorded_too() -> None:
    x = minigrad.ones(2, requires_grad=True)
    with record() as g, minigrad.no_grad():
        y = x * 2
        (y + 1).sum()
        minigrad.ones(3).exp()
    ops = [(node.name, node.requires_grad, node.detached) for node in g.nodes.values() if node.kind == "op"]
    assert ops == [("mul", False, True), ("add", False, True), ("sum", False, True), ("exp", False, False)]
    assert only(g, "y").value.items == [2.0, 2.0]


def test_what_was_detached_is_seen_to_be() -> None:
    x = minigrad.ones(2, requires_grad=True)
    with record() as g:
        y = x * 2
        z = y.detach() * y
        again = y.detach().requires_grad_()
        (z.sum() + (again * 3).sum()).backward()
    detached = g.find("detach")
    assert [(node.detached, node.requires_grad) for node in detached] == [(True, False), (True, True)]
    assert [sources(g, node) for node in detached] == [["mul"], ["mul"]]
    assert detached[0].gradient is None
    assert detached[1].gradient.items == [3.0, 3.0]
    assert only(g, "y").gradient.items == [2.0, 2.0]


def test_a_write_in_place_with_history() -> None:
    x = minigrad.ones(3, requires_grad=True)
    with record() as g:
        y = x * 2
        first = y[0]
        y[1:] = 7.0
        y.mul_(3)
        (y.sum() + first).backward()
    np.testing.assert_array_equal(g.node(x).gradient.array, x.grad.array)
    assert g.node(y).value.items == [6.0, 21.0, 21.0]
    assert only(g, "setitem").value.items == [2.0, 7.0, 7.0]


def test_a_write_in_place_without_history_makes_other_numbers_of_the_same_tensor() -> None:
    x = minigrad.ones(2)
    with record() as g:
        before = x * 1
        x += 4
        x[0] = 9.0
        after = x * 1
        unused = minigrad.zeros(2)
        unused.fill_(3.0)
    assert [node.name for node in g.nodes.values() if node.kind == "op"] == ["mul", "add", "add_", "setitem", "mul"]
    assert (g.node(before).value.items, g.node(after).value.items) == ([1.0, 1.0], [9.0, 5.0])
    assert sources(g, only(g, "setitem")) == ["add_"]


def test_a_step_of_an_optimizer_makes_another_version_of_the_parameters() -> None:
    layer = nn.Linear(2, 1)
    optimizer = minigrad.optim.SGD(layer.parameters(), lr=0.5)
    x = minigrad.ones(3, 2)
    weights, gradients = [], []
    with record() as g:
        for _ in range(2):
            optimizer.zero_grad(set_to_none=False)
            weights.append(layer.weight.detach().clone().numpy())
            layer(x).sum().backward()
            gradients.append(layer.weight.grad.numpy().copy())
            optimizer.step()
    first, second = [node for node in g.nodes.values() if node.name == "weight"]
    np.testing.assert_array_equal(first.value.array, weights[0])
    np.testing.assert_array_equal(second.value.array, weights[1])
    assert first.gradient is None  # of several backward passes the last is kept
    np.testing.assert_array_equal(second.gradient.array, gradients[1])


def test_views_and_random_numbers() -> None:
    minigrad.manual_seed(3)
    x = minigrad.ones(2, 3, requires_grad=True)
    with record() as g:
        flat = x.T.reshape(-1)
        loss = nn.functional.dropout(flat, 0.5).sum()
        loss.backward()
    keep = only(g, "keep")
    assert (keep.kind, set(keep.value.array.tolist())) == ("constant", {0.0, 2.0})
    np.testing.assert_array_equal(g.node(x).gradient.array, keep.value.array.reshape(3, 2).T)


def test_a_function_of_the_user_s_is_one_op() -> None:
    class Cube(minigrad.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return 3 * x * x * g

    x = minigrad.tensor(2.0, requires_grad=True)
    with record() as g:
        Cube.apply(x).backward()
    assert [(node.kind, node.name) for node in g.nodes.values()] == [
        ("input", "x"),
        ("op", "Cube"),
        ("output", "output"),
    ]
    assert g.node(x).gradient.items == 12.0
    with pytest.raises(RuntimeError, match="nudge: Cube is a Function of the user's"):
        g.nudge(x, ())


def test_a_checkpoint_is_one_op_in_the_backward_pass() -> None:
    x = minigrad.tensor([0.5, 1.0], requires_grad=True)
    with record() as g:
        minigrad.utils.checkpoint.checkpoint(lambda x: x.exp() * x, x, use_reentrant=False).sum().backward()
    np.testing.assert_array_equal(g.node(x).gradient.array, x.grad.array)


def test_what_was_before_the_block_is_a_leaf() -> None:
    x = minigrad.ones(2, requires_grad=True)
    before = x * 3
    with record() as g:
        before.exp().sum().backward()
    assert (g.nodes[0].kind, g.nodes[0].name) == ("input", "before")
    np.testing.assert_allclose(g.node(before).gradient.array, np.exp([3.0, 3.0]), rtol=1e-6)
    assert all(c.target in g.nodes for step in g.backward for c in step.contributions)


def test_unless_the_backward_pass_begins_there() -> None:
    net = Net()
    loss = net(minigrad.ones(2, 3)).square().sum()
    with record() as g:
        loss.backward()
    found = {node.name for node in g.nodes.values() if node.kind == "parameter" and node.gradient is not None}
    assert found == dict(net.named_parameters()).keys()
    assert g.seed.node == g.node(loss).id


def test_gradients_that_are_differentiated_themselves() -> None:
    x = minigrad.tensor(3.0, requires_grad=True)
    with record() as g:
        (slope,) = minigrad.autograd.grad(x**3, x, create_graph=True)
        (slope * slope).backward()
    assert g.node(x).gradient.items == x.grad.item() == 2 * 27 * 18
    assert g.node(slope).value.items == 27.0


def test_grad_for_some_inputs_only() -> None:
    x, w = minigrad.tensor(3.0, requires_grad=True), minigrad.tensor(2.0, requires_grad=True)
    with record() as g:
        y = x * w
        minigrad.autograd.grad((y * w), y)
    assert g.node(y).gradient.items == 2.0
    assert g.node(x).gradient is None
    assert [[c.target for c in step.contributions] for step in g.backward] == [[g.node(y).id]]


def failing_op(x: Any) -> Any:
    return x.exp() @ minigrad.ones(4, 2)


def failing_check(x: Any) -> Any:
    y = x.exp()
    return nn.MultiheadAttention(4, 2, batch_first=True)(y, y, y)


@pytest.mark.parametrize(
    ("run", "name", "shapes", "scopes"),
    [
        (failing_op, "matmul", [(2, 3), (4, 2)], 0),
        (failing_check, "MultiheadAttention", [(2, 3)] * 3, 1),
        (lambda x: nn.Linear(5, 2)(x.exp()), "linear", [(2, 3), (2, 5), (2,)], 1),
        (lambda x: nn.functional.cross_entropy(x.exp(), minigrad.ones(7).long()), "cross_entropy", [(2, 3), (7,)], 0),
    ],
)
def test_what_failed_is_marked(run: Callable[[Any], Any], name: str, shapes: Any, scopes: int) -> None:
    x = minigrad.ones(2, 3, requires_grad=True)
    with pytest.raises((RuntimeError, ValueError)) as error, record() as g:
        run(x)
    (failed,) = [node for node in g.nodes.values() if node.error]
    assert failed.error == str(error.value)
    assert (failed.kind, failed.name, failed.shape, failed.value) == ("op", name, None, None)
    given = [g.nodes[edge.source].shape for edge in g.edges if edge.target == failed.id]
    assert given[: len(shapes)] == shapes
    assert only(g, "exp").value is not None
    assert failed.line.startswith("test_recording.py:")
    assert len(g.scopes) == scopes
    assert Graph.from_json(g.to_json()) == g.graph()


def test_an_error_of_the_user_s_own_is_no_op_s() -> None:
    def run() -> None:
        minigrad.ones(1).exp()
        1 / 0  # noqa: B018

    with pytest.raises(ZeroDivisionError), record() as g:
        run()
    assert [node.error for node in g.nodes.values() if node.error] == []
    assert modes.watchers == ()


def test_a_failed_op_that_was_caught_stays() -> None:
    x = minigrad.ones(2)
    with record() as g:
        try:
            x + minigrad.ones(3)
        except RuntimeError:
            y = x + 1
    assert [bool(node.error) for node in g.find("add")] == [True, False]
    assert g.node(y).value.items == [2.0, 2.0]


def test_a_recording_holds_one_block_and_only_what_runs_in_it() -> None:
    with record() as g:
        y = minigrad.ones(2) * 2
    y + 1
    assert [node.name for node in g.nodes.values() if node.kind == "op"] == ["mul"]
    with pytest.raises(RuntimeError, match="record: a Recording holds one block"), g:
        pass
    with pytest.raises(AttributeError, match="a Recording has no 'colour', and neither has a Graph"):
        g.colour  # noqa: B018
    with pytest.raises(KeyError, match="node: a tensor of shape"):
        g.node(minigrad.ones(5))


def test_reading_inside_a_recording_is_not_recorded() -> None:
    x = minigrad.ones(2, requires_grad=True)
    with record() as g:
        y = (x * 2).sum()
        read(y, gradients=True)
    assert g.backward == ()


def test_trace_runs_backward_of_a_loss_and_leaves_grad_alone() -> None:
    net = Net()
    x = minigrad.ones(2, 3)
    g = trace(lambda x: net(x).square().sum(), x)
    assert g.find("x")[0].kind == "input"
    assert all(p.grad is None for p in net.parameters())
    assert len(g.backward) == sum(node.kind == "op" for node in g.nodes.values())
    assert trace(net, x).backward == ()


def test_what_was_recorded_stays_when_everything_changes_afterwards() -> None:
    x = minigrad.ones(2, requires_grad=True)
    mask = np.array([True, False])
    with record() as g:
        y = x.masked_fill(minigrad.tensor(mask), 5.0)
        y.sum().backward()
    with minigrad.no_grad():
        y.zero_()
        x.zero_()
    x.grad.zero_()
    assert only(g, "masked_fill").value.items == [5.0, 1.0]
    assert only(g, "x").value.items == [1.0, 1.0]
    assert only(g, "x").gradient.items == [0.0, 1.0]
    ran = g.ran[only(g, "masked_fill").id]
    assert (ran.op.name, ran.output.tolist(), ran.arrays[0].tolist()) == ("masked_fill", [5.0, 1.0], [1.0, 1.0])


def steps(config: Config, watched: bool) -> tuple[list[float], dict[str, np.ndarray]]:
    """The losses of two steps of training, and the weights after them."""
    trainer = Trainer(config)
    losses = []
    for _ in range(2):
        if watched:
            with record() as g:
                losses.append(trainer.train_step())
            assert len(g.backward) > 50
        else:
            with Watcher() if "rnn" in config.model else nullcontext():  # else a recurrent layer is one op
                losses.append(trainer.train_step())
    return losses, {name: p.detach().numpy() for name, p in trainer.model.named_parameters()}


@pytest.mark.parametrize("model", MODELS)
def test_a_recorded_training_gives_the_same_losses_and_weights_to_the_last_bit(model: str) -> None:
    config = Config(model=model, dropout=0.1, batch=8)
    (losses, weights), (watched_losses, watched_weights) = steps(config, False), steps(config, True)
    assert losses == watched_losses
    for name, w in weights.items():
        assert w.tobytes() == watched_weights[name].tobytes(), name


def test_tokens_that_ops_take_a_copy_of_keep_their_name():
    tokens, embedding = minigrad.tensor([[2, 0, 1]])[:, :2], nn.Embedding(3, 4)
    with record() as g:
        embedding(tokens)
    (node,) = g.find("tokens")
    assert (node.kind, node.shape) == ("input", (1, 2))


def test_a_module_that_is_made_inside_the_block():
    x = minigrad.randn(5, 2, 3)
    with record() as g:
        layer = nn.LSTM(3, 4)
        layer(x)[0].sum().backward()
    for name, p in layer.named_parameters():
        np.testing.assert_array_equal(g.node(p).gradient.array, p.grad.numpy(), name)
