"""Counts of ops, parameters, FLOPs and bytes, against what one counts by hand."""

import numpy as np
import pytest

import minigrad
from minigrad import nn
from minigrad.autograd.backward import history
from minigrad.autograd.watching import Watcher
from minigrad.graph import measure
from minigrad.graph.flops import COSTS, ONE_EACH, cost, flops
from minigrad.ops.singular import _svd
from tests.ops.cases import CASES
from tests.ops.test_gradients import declared_ops

F = nn.functional


def leaf(*shape: int) -> minigrad.Tensor:
    return minigrad.randn(*shape, requires_grad=True)


def test_two_layers() -> None:
    net = nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 3, bias=False))
    found = measure(net(minigrad.randn(11, 5)))
    assert found.ops == 3
    assert found.parameters == 7 * 5 + 7 + 3 * 7
    assert found.flops == (2 * 11 * 7 * 5 + 11 * 7) + 11 * 7 + 2 * 11 * 3 * 7
    assert found.saved_bytes == 4 * (11 * 5 + 11 * 7 + 11 * 7 + 11 * 3)
    assert found.depth == 3


def test_the_table_that_is_printed() -> None:
    x = leaf(1000, 1000)
    assert str(measure(x @ x)).split("\n") == [
        "ops                             1",
        "parameters                      0",
        "FLOPs, forward      2,000,000,000",
        "bytes for backward      4,000,000",
        "sequential depth                1",
    ]


# --- ops, parameters, depth


def test_depth_is_the_longest_chain_not_the_number_of_ops() -> None:
    x = leaf(3)
    side_by_side = [x.exp(), x.exp().exp(), x.exp()]
    found = measure(side_by_side[0] + side_by_side[1] + side_by_side[2])
    assert (found.ops, found.depth) == (6, 4)


def test_several_outputs_are_measured_together_and_shared_ops_once() -> None:
    x = leaf(3)
    y = x.exp()
    found = measure({"a": y * 2, "b": [y, None, (y + 1).exp()]})
    assert (found.ops, found.depth) == (4, 3)


def test_a_parameter_that_is_used_twice_counts_once_and_other_leaves_do_not() -> None:
    layer = nn.Linear(4, 4)
    assert measure(layer(layer(leaf(2, 4)))).parameters == 20


# --- FLOPs


def of(result: minigrad.Tensor) -> int:
    return flops(result.grad_fn)


def test_flops_of_products() -> None:
    assert of(leaf(2, 3) @ leaf(3, 4)) == 2 * 2 * 4 * 3
    assert of(leaf(5, 2, 3) @ leaf(3, 4)) == 5 * 2 * 2 * 4 * 3
    assert of(leaf(5, 1, 2, 3) @ leaf(6, 3, 4)) == 5 * 6 * 2 * 2 * 4 * 3
    assert of(F.linear(leaf(5, 2, 3), leaf(4, 3))) == 5 * 2 * 2 * 4 * 3
    assert of(F.linear(leaf(5, 2, 3), leaf(4, 3), leaf(4))) == 5 * 2 * (2 * 4 * 3 + 4)
    assert measure(leaf(3) @ leaf(3)).flops == 2 * 3
    assert measure(minigrad.einsum("bik,bjk->bij", leaf(5, 2, 3), leaf(5, 4, 3))).flops == 5 * 2 * 2 * 4 * 3
    assert measure(F.conv1d(leaf(1, 2, 6), leaf(4, 2, 3))).flops == 2 * 4 * (4 * 2 * 3)


def test_flops_of_elements_sums_and_moves() -> None:
    x = leaf(2, 3)
    assert of(x + leaf(4, 1, 3)) == 4 * 2 * 3
    assert of(x.exp()) == of(x.sum()) == of(x.sum(1)) == of(x.amax(0)) == 6
    assert of(x.softmax(1)) == of(x.log_softmax(0)) == 5 * 6
    assert of(F.layer_norm(x, (3,))) == 7 * 6
    assert of(x.var(1)) == 4 * 6
    assert of(x.cumsum(1)) == 6
    for moved in (
        x.T,
        x[1:],
        x.reshape(6),
        minigrad.cat([x, x]),
        F.pad(x, (1, 1)),
        x.clone(),
        x.flip(0),
        x.tril(),
        x.mT,
        x.unfold(1, 2, 1),
    ):
        assert of(moved) == 0


@pytest.mark.parametrize("layer", [nn.LSTM, nn.GRU, nn.RNN])
@pytest.mark.parametrize("bias", [False, True])
def test_flops_of_a_recurrent_layer_in_one_op_are_those_of_its_steps(layer: type[nn.Module], bias: bool) -> None:
    module, x = layer(3, 4, bias=bias), leaf(5, 2, 3)
    fused = measure(module(x)[0]).flops
    with Watcher():
        assert fused == measure(module(x)[0]).flops


def test_flops_of_linear_algebra() -> None:
    a, b = minigrad.eye(6).requires_grad_(), leaf(6, 2)
    two = minigrad.stack([a, a])
    assert of(minigrad.linalg.inv(two)) == 2 * 2 * 6**3
    assert of(minigrad.linalg.cholesky(a)) == 6**3 / 3
    assert of(minigrad.linalg.solve(a, b)) == 2 * 6**3 / 3 + 2 * 6**2 * 2
    assert of(_svd(b.expand(3, 6, 2))) == 3 * (14 * 6 * 2**2 + 8 * 2**3)
    assert of(minigrad.linalg.det(two)) == 2 * 2 * 6**3 / 3


def test_ops_that_the_table_does_not_name_work_element_by_element_or_sum_and_those_it_names_exist() -> None:
    unnamed, named = set(), {op.name for op in declared_ops()}
    for case in CASES:
        outputs = [y for y in case.call(minigrad, case.tensors()) if y.grad_fn is not None]
        for node in history([y.grad_fn for y in outputs]):
            named.add(node.op.name)
            if cost(node.op) is ONE_EACH:
                unnamed.add(node.op.name)
                whole = np.broadcast_shapes(*(x.shape for x in node.arrays if isinstance(x, np.ndarray)))
                reduces = len(node.parents) == 1 and (node.shape == () or {"dim", "size"} & node.op.params)
                assert node.shape == whole or reduces, f"{node.op.name}, in {case.name}: count its FLOPs in flops.py"
    assert {"add", "exp", "sum", "amax", "dropout", "where"} <= unnamed
    assert named >= COSTS.keys()


# --- bytes


def test_a_view_counts_with_what_it_is_a_view_of_and_that_once() -> None:
    x = leaf(10, 10)
    assert measure(x[0]).saved_bytes == 400  # the whole of x is held by its row
    assert measure(x[0] + x[1]).saved_bytes == 400 + 40
    assert measure(x.T.reshape(100)).saved_bytes == 400 + 400  # a copy
    assert measure(minigrad.broadcast_to(x, (50, 10, 10))).saved_bytes == 400
    assert measure(x.unfold(0, 3, 1)).saved_bytes == 400
    assert measure(x.as_strided((90, 2), (1, 9))[:, 0]).saved_bytes == 400


def test_what_ops_keep_and_what_they_were_given_counts() -> None:
    x = leaf(8, 4)
    norm = measure(F.layer_norm(x, (4,)))
    assert norm.saved_bytes >= 4 * (32 + 32 + 8)  # the input, x̂, and σ of each row; without weight x̂ is the output
    index = minigrad.tensor([1, 2, 3])
    assert measure(x[index]).saved_bytes == 4 * 32 + 8 * 3 + 4 * 12
    assert measure(x[:, index]).saved_bytes == 4 * 32 + 8 * 3 + 4 * 24
    mask = minigrad.zeros(8, 4, dtype=bool)
    assert measure(x.masked_fill(mask, 0.0)).saved_bytes == 4 * 32 + 32 + 4 * 32


def test_a_parameter_does_not_count_even_where_a_view_of_it_is_used() -> None:
    layer = nn.Linear(6, 6, bias=False)
    assert measure(minigrad.ones(2, 3) @ layer.weight[:3]).saved_bytes == 4 * (6 + 12)
    flat = minigrad.ones(100)
    one, other = (nn.Parameter(flat[start : start + 9].reshape(3, 3)) for start in (0, 9))
    assert measure(minigrad.ones(2, 3) @ one @ other).saved_bytes == 4 * (6 + 6 + 6)


# --- errors


def test_errors_say_what_is_missing() -> None:
    x = leaf(3)
    with pytest.raises(RuntimeError, match=r"measure: the output has no history"):
        measure(x)
    with pytest.raises(TypeError, match=r"measure: output\[1\] is a int; it must be a Tensor"):
        measure((x * 2, 3))
    y = x.exp().sum()
    y.backward()
    with pytest.raises(RuntimeError, match=r"measure: backward\(\) has freed .* those of exp .*retain_graph=True"):
        measure(y)
