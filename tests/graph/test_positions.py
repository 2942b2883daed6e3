"""Paths between positions: counted by hand, by brute force, and against what changes when an input changes."""

from collections.abc import Callable

import numpy as np
import pytest

import minigrad
from minigrad import nn
from minigrad.autograd.backward import contributions, history
from minigrad.autograd.node import Node
from minigrad.autograd.watching import Watcher
from minigrad.graph import Path, paths
from minigrad.nn.normalisers import NORMALISERS
from minigrad.nn.scores import SCORES

F = nn.functional
Tensor = minigrad.Tensor


def leaf(*shape: int) -> Tensor:
    return minigrad.randn(*shape, requires_grad=True)


def lengths(output: Tensor, input: Tensor, dim: int = 0, input_dim: int | None = None) -> tuple[list, list]:
    found = paths(output, input, dim, input_dim)
    return found.shortest.tolist(), found.longest.tolist()


# --- counted by hand


def test_a_short_and_a_long_way() -> None:
    x = leaf(2, 3)
    found = paths(x.exp().tanh() + x, x, 0)
    assert found.between(1, 1) == Path(shortest=1, longest=3)
    assert found.shortest.tolist() == [[1, -1], [-1, 1]]
    assert found.longest.tolist() == [[3, -1], [-1, 3]]


def test_a_running_sum() -> None:
    x = leaf(3, 2)
    state, states = x[0], []
    for t in range(3):
        state = state.tanh() if t == 0 else (state + x[t]).tanh()
        states.append(state)
    expected = [[4, 6, 8], [-1, 5, 7], [-1, -1, 5]]  # select, add, tanh, ..., and two ops of stack
    assert lengths(minigrad.stack(states), x) == (expected, expected)


def test_the_same_through_unbind_and_reshape() -> None:
    x = leaf(1, 3, 2)
    a, b, c = x.transpose(0, 1).unbind(0)  # select after transpose: 2 ops
    y = minigrad.cat([c, a + b]).reshape(4).reshape(2, 2)  # cat and twice reshape: 3
    assert lengths(y, x, 0, 1)[0] == [[-1, 6], [-1, 6], [5, -1]]


def test_positions_and_widths_that_are_reshaped_into_one() -> None:
    x = leaf(2, 3)
    y = x.T.reshape(6)  # x00 x10 x01 x11 x02 x12
    assert lengths(y, x)[0] == [[2, -1, 2, -1, 2, -1], [-1, 2, -1, 2, -1, 2]]


def test_a_product_along_time_goes_where_the_matrix_is_not_zero() -> None:
    x = leaf(3, 2)
    matrix = minigrad.tensor([[0.5, 0.0, 0.0], [0.0, 0.0, 2.0]])
    assert lengths(matrix @ x, x)[0] == [[1, -1], [-1, -1], [-1, 1]]
    assert lengths(leaf(2, 3) @ x, x)[0] == [[1, 1]] * 3


def test_layer_norm_mixes_the_width_and_softmax_what_it_sums_over() -> None:
    x = leaf(3, 4)
    apart, mixed = np.where(np.eye(3), 1, -1).tolist(), [[1] * 3] * 3
    assert lengths(F.layer_norm(x, (4,)), x)[0] == apart
    assert lengths(x.softmax(1), x)[0] == apart
    assert lengths(x.softmax(0), x)[0] == mixed
    assert lengths(F.linear(x, leaf(5, 4)), x)[0] == apart


def test_from_an_embedding_which_is_a_result() -> None:
    table = nn.Embedding(10, 4)
    embedded = table(minigrad.tensor([[3, 3, 1]]))
    assert lengths(embedded.flip(1) * 2, embedded, 1)[0] == [[-1, -1, 2], [-1, 2, -1], [2, -1, -1]]


def test_tokens_reach_the_table_by_their_numbers() -> None:
    table = leaf(4, 2)
    assert lengths(F.embedding(minigrad.tensor([2, 0, 2]), table), table)[0] == [
        [-1, 1, -1],
        [-1, -1, -1],
        [1, -1, 1],
        [-1, -1, -1],
    ]


def test_only_what_lies_after_an_inner_input_counts() -> None:
    x = leaf(2, 2)
    inner = x.exp().exp()
    assert paths(inner.tanh() + x, inner, 0).between(0, 0) == Path(2, 2)


def test_writing_into_a_buffer() -> None:
    x = leaf(3, 2)
    buffer = minigrad.zeros(3, 2)
    for t in range(3):
        buffer[t] = x[2 - t]
    shortest, _ = lengths(buffer, x)
    assert (np.array(shortest) >= 0).tolist() == np.eye(3, dtype=bool)[::-1].tolist()


def test_the_farthest_of_some_outputs() -> None:
    x = leaf(3, 2)
    found = paths(minigrad.cat([x[:1].exp(), x[1:2].exp().exp(), x[2:]]), x, 0)
    assert found.maximum() == 4
    assert found.maximum((0, -1)) == 3
    assert found.maximum([-1]) == 2
    assert repr(found) == "<Paths from 3 positions to 3>"


def test_a_batch_is_looked_at_as_a_whole() -> None:
    x = leaf(2, 3)
    y = minigrad.stack([x[0], x[1].flip(0)])
    assert (np.array(lengths(y, x, 1)[0]) >= 0).tolist() == [
        [True, False, True],
        [False, True, False],
        [True, False, True],
    ]


# --- what is zero by chance, and what is zero by construction


def test_a_relu_that_happens_to_be_closed_hides_nothing() -> None:
    x = minigrad.full((3, 2), -1.0, requires_grad=True)
    expected = np.where(np.eye(3), 1, -1).tolist()
    assert lengths(x.relu(), x)[0] == expected
    gated = x.relu() * x.detach().requires_grad_()
    assert lengths(gated, x)[1] == np.where(np.eye(3), 2, -1).tolist()


def test_weights_that_are_still_zero_hide_nothing() -> None:
    layer = nn.Linear(2, 2)
    nn.init.zeros_(layer.weight)
    x = leaf(3, 2)
    assert lengths(layer(x), x)[0] == np.where(np.eye(3), 1, -1).tolist()


def test_where_equal_numbers_say_nothing_random_ones_do() -> None:
    weight = leaf(3)  # by what it multiplies: deviations from the mean
    assert lengths(F.layer_norm(leaf(4, 3), (3,), weight), weight, 1, 0)[0] == np.where(np.eye(3), 1, -1).tolist()


def test_a_maximum_depends_on_all_it_is_taken_of() -> None:
    x = leaf(20, 3)
    assert lengths(x.amax(0, keepdim=True), x)[0] == [[1]] * 20
    assert lengths(minigrad.maximum(x[:10], x[10:]), x)[0] == np.where(np.tile(np.eye(10), (2, 1)), 2, -1).tolist()


def test_attention_by_relu_reaches_all_values_in_one_op() -> None:
    x, v = leaf(12, 4), leaf(12, 4)
    assert lengths((x @ x.T).relu() @ v, v)[0] == [[1] * 12] * 12


def test_softmax_of_what_a_mask_blocks_is_zero_by_construction() -> None:
    q, k, v = leaf(1, 4, 2), leaf(1, 4, 2), leaf(1, 4, 2)
    blocked = F.causal_mask(4, 4)
    for output in (
        F.attention(q, k, v, blocked)[0],
        F.attention(q, k, v, bias=minigrad.tensor(np.where(blocked, -1e9, 0).astype(np.float32)))[0],
        F.attention(q, k, v, bias=minigrad.tensor(np.where(blocked, -800, 0).astype(np.float32)))[0],
        (q @ k.mT).masked_fill(minigrad.tensor(blocked), -np.inf).softmax(-1) @ v,
    ):
        assert (paths(output, v, 1).shortest >= 0).tolist() == (~blocked.T).tolist()
        keys = ~blocked.T & (np.arange(4) > 0)  # position 0 sees one key only: its weight is 1, whatever the key
        assert (paths(output, k, 1).shortest >= 0).tolist() == keys.tolist()
    output = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    assert (paths(output, v, 1).shortest >= 0).tolist() == (~blocked.T).tolist()
    assert (paths(output, k, 1).shortest >= 0)[:, 1:].tolist() == (~blocked.T)[:, 1:].tolist()  # rounds at position 0


@pytest.mark.parametrize("normaliser", NORMALISERS)
@pytest.mark.parametrize("score", SCORES)
def test_attention_of_any_kind_is_as_far_as_its_mask_lets_it(score: str, normaliser: str) -> None:
    x = leaf(1, 6, 4)
    blocked = minigrad.tensor(F.causal_mask(6, 6))
    attend = nn.SelfAttention(4, score, normaliser)
    assert lengths(attend(x)[0], x, 1)[0] == [[2] * 6] * 6
    assert lengths(attend(x, blocked)[0], x, 1)[0] == np.where(blocked.numpy().T, -1, 2).tolist()


def test_dropout_drops_what_it_dropped() -> None:
    minigrad.manual_seed(0)
    x = leaf(50, 1)
    y = F.dropout(x, 0.5)
    assert (np.diag(paths(y, x, 0).shortest) > 0).tolist() == (y != 0).flatten().tolist()


def test_ops_that_cannot_run_again_are_asked_as_they_ran() -> None:
    class Shift(minigrad.autograd.Function):
        @staticmethod
        def forward(ctx, x):  # type: ignore[no-untyped-def]
            return minigrad.roll(x, 1, 0)

        @staticmethod
        def backward(ctx, g):  # type: ignore[no-untyped-def]
            return minigrad.roll(g, -1, 0)

    x = leaf(3, 3)
    around = [[-1, 1, -1], [-1, -1, 1], [1, -1, -1]]
    assert lengths(Shift.apply(x), x)[0] == around
    assert lengths(Shift.apply(x.relu()).relu(), x)[0] == [[n + 2 * (n > 0) for n in row] for row in around]
    closed = minigrad.full((3, 3), -1.0, requires_grad=True)
    assert lengths(Shift.apply(closed).relu(), closed)[0] == [[n + (n > 0) for n in row] for row in around]
    square = minigrad.eye(3).requires_grad_()
    assert lengths(minigrad.linalg.cholesky(square), square)[0] == np.where(np.tri(3).T, 1, -1).tolist()
    assert lengths(minigrad.linalg.inv(x), x)[0] == [[1] * 3] * 3


def test_outside_the_domain_of_an_op() -> None:
    x = minigrad.rand(3, 2, requires_grad=True)
    apart = np.where(np.eye(3), 3, -1).tolist()
    assert lengths((x.log().exp() @ leaf(2, 2)), x)[0] == apart
    assert lengths((x.acos() @ minigrad.rand(2, 2)).sqrt(), x)[0] == apart


# --- networks


Build = Callable[[], tuple[Callable[[Tensor], Tensor], Tensor]]


def first(module: nn.Module, **options: object) -> Callable[[Tensor], Tensor]:
    return lambda x: module(x, **options)[0]


class AttentiveDecoder(nn.Module):
    """An RNN reads the input; another, which begins with nothing, looks at all its states at each step."""

    def __init__(self, width: int):
        super().__init__()
        self.encoder = nn.RNN(width, width, batch_first=True)
        self.cell = nn.GRUCell(width, width)

    def forward(self, x: Tensor) -> Tensor:
        states, _ = self.encoder(x)
        h, outputs = minigrad.zeros(1, x.shape[2]), []
        for _ in range(x.shape[1]):
            context, _ = F.attention(h.unsqueeze(1), states, states)
            h = self.cell(context[:, 0], h)
            outputs.append(h)
        return minigrad.stack(outputs, 1)


def modules(width: int, n: int) -> dict[str, Callable[[Tensor], Tensor]]:
    """Functions from (1, n, width) to (1, n, width or more)."""
    causal = minigrad.tensor(F.causal_mask(n, n))
    padding = minigrad.tensor([[i == n - 1 for i in range(n)]])
    options = {"dropout": 0.0, "batch_first": True}
    decoder = nn.TransformerDecoderLayer(width, 2, 6, **options)
    memory = minigrad.randn(1, n, width)
    norm_first = nn.TransformerEncoderLayer(width, 2, 6, norm_first=True, **options)
    multihead = nn.MultiheadAttention(width, 2, batch_first=True)
    kernel = leaf(width, width, 3)
    return {
        "RNN": first(nn.RNN(width, 3, batch_first=True)),
        "RNN, relu": first(nn.RNN(width, 3, nonlinearity="relu", batch_first=True)),
        "RNN, both ways, two layers": first(nn.RNN(width, 3, 2, batch_first=True, bidirectional=True)),
        "LSTM": first(nn.LSTM(width, 3, batch_first=True)),
        "GRU, both ways": first(nn.GRU(width, 3, batch_first=True, bidirectional=True)),
        "attention": first(nn.SelfAttention(width)),
        "attention, causal": first(nn.SelfAttention(width), attn_mask=causal),
        "heads, causal": lambda x: multihead(x, x, x, attn_mask=causal)[0],
        "heads, padding": lambda x: multihead(x, x, x, key_padding_mask=padding)[0],
        "Transformer layer": nn.TransformerEncoderLayer(width, 2, 6, **options),
        "Transformer layer, causal": lambda x: norm_first(x, src_mask=causal),
        "decoder layer": lambda x: decoder(x, memory, tgt_mask=causal),
        "decoder layer, from its memory": lambda x: decoder(memory, x, tgt_mask=causal),
        "convolution": lambda x: F.conv1d(x.transpose(1, 2), kernel, padding=1).transpose(1, 2),
        "RNN with attention": AttentiveDecoder(width),
    }


NAMES = list(modules(4, 3))


def changed(run: Callable[[Tensor], Tensor], n: int, width: int, draws: int = 6) -> np.ndarray:
    """Which output positions change when an input position does: no derivative, and no graph, is asked."""
    found = np.zeros((n, n), bool)
    with minigrad.no_grad():
        for _ in range(draws):
            x = minigrad.randn(1, n, width) * 2
            before = run(x).numpy()
            for i in range(n):
                other = x.clone()
                other[0, i] = minigrad.randn(width) * 2
                found[i] |= (run(other).numpy() != before).any((0, 2))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_there_is_a_path_where_a_change_is_seen_and_nowhere_else(name: str) -> None:
    minigrad.manual_seed(1)
    n, width = 5, 4
    run = modules(width, n)[name]
    x = leaf(1, n, width)
    assert (paths(run(x), x, 1).shortest >= 0).tolist() == changed(run, n, width).tolist()


@pytest.mark.parametrize("name", NAMES)
def test_no_path_where_the_gradient_of_the_whole_is_zero_nor_the_other_way_round(name: str) -> None:
    n, width = 4, 4
    found = np.zeros((n, n), bool)
    for seed in range(6):  # relu is closed now here, now there
        minigrad.manual_seed(seed)
        x = leaf(1, n, width)
        y = modules(width, n)[name](x)
        for j in range(n):
            (g,) = minigrad.autograd.grad(y[:, j], x, minigrad.rand(1, y.shape[2]), retain_graph=True)
            found[:, j] |= (g != 0).any(2).flatten().numpy()
    assert (paths(y, x, 1).shortest >= 0).tolist() == found.tolist()


def by_brute_force(output: Tensor, input: Tensor, dim: int) -> tuple[np.ndarray, np.ndarray]:
    """The same lengths, of a graph without masks and kinks, element by element: each with all paths to each input."""
    nowhere = range(input.shape[dim])
    by_node: dict[object, np.ndarray] = {}

    table = np.empty(input.shape, object)
    for index in np.ndindex(*input.shape):
        table[index] = {i: {0} if i == index[dim] else set() for i in nowhere}
    by_node[input] = table
    assert isinstance(output.grad_fn, Node)
    for node in reversed(history([output.grad_fn])):
        table = np.empty(node.shape, object)
        for index in np.ndindex(*node.shape):
            one = np.zeros(node.shape, np.float32)
            one[index] = 1
            table[index] = {i: set() for i in nowhere}
            for parent, g in zip(node.parents, contributions(node, one, recorded=False), strict=True):
                for place in zip(*np.nonzero(g), strict=True) if parent in by_node else ():
                    for i, found in by_node[parent][place].items():
                        table[index][i] |= {length + 1 for length in found}
        by_node[node] = table
    table = np.moveaxis(by_node[output.grad_fn], dim, 0)
    shape = (len(nowhere), len(table))
    shortest, longest = np.full(shape, -1), np.full(shape, -1)
    for i, j in np.ndindex(*shape):
        if found := set().union(*(element[i] for element in table[j].flat)):
            shortest[i, j], longest[i, j] = min(found), max(found)
    return shortest, longest


@pytest.mark.parametrize(
    "name", ["RNN, both ways, two layers", "LSTM", "GRU, both ways", "attention", "RNN with attention"]
)
def test_lengths_are_those_of_all_paths_written_out(name: str) -> None:
    x = leaf(1, 3, 4)
    y = modules(4, 3)[name](x)
    found = paths(y, x, 1)
    shortest, longest = by_brute_force(y, x, 1)
    assert found.shortest.tolist() == shortest.tolist()
    assert found.longest.tolist() == longest.tolist()


@pytest.mark.parametrize("seed", range(25))
def test_random_computations_by_brute_force(seed: int) -> None:
    """Ops drawn at random, each on results drawn at random."""
    random = np.random.default_rng(seed)
    x = leaf(3, 3)
    square = [  # from (3, 3) to (3, 3)
        lambda a, b: a + b,
        lambda a, b: a * b,
        lambda a, b: a @ b,
        lambda a, b: a.T,
        lambda a, b: a.tanh(),
        lambda a, b: a.softmax(1),
        lambda a, b: minigrad.cat([a[1:], b[:1]]),
        lambda a, b: minigrad.stack([a[0], b[2], a[1]]),
        lambda a, b: a.tril() + b.flip(0),
        lambda a, b: a.reshape(9).flip(0).reshape(3, 3),
        lambda a, b: a - b.mean(0),
        lambda a, b: a[minigrad.tensor([2, 0, 2])],
        lambda a, b: F.layer_norm(a, (3,)),
    ]
    made = [x]
    for _ in range(6):
        a, b = (made[random.integers(len(made))] for _ in range(2))
        made.append(square[random.integers(len(square))](a, b))
    y = made[-1]
    found = paths(y, x, 0)
    shortest, longest = by_brute_force(y, x, 0)
    assert found.shortest.tolist() == shortest.tolist()
    assert found.longest.tolist() == longest.tolist()


def test_a_recurrent_network_takes_n_steps_and_attention_does_not() -> None:
    minigrad.manual_seed(0)
    far = {}
    for n in (8, 24):
        for name, run in modules(4, n).items():
            x = leaf(1, n, 4)
            with Watcher():  # else a recurrent layer is one op, whatever n
                y = run(x)
            far[name, n] = paths(y, x, 1).maximum((0, -1))
    for name in ("RNN", "RNN, both ways, two layers", "LSTM", "GRU, both ways"):
        assert far[name, 24] - far[name, 8] >= 16  # an op a step, at least
    for name in ("attention", "attention, causal", "heads, padding", "Transformer layer", "RNN with attention"):
        assert far[name, 24] == far[name, 8]


# --- nothing is changed, and errors


def test_nothing_is_changed() -> None:
    layer = nn.Linear(2, 2)
    x = leaf(3, 2)
    called = []
    y = layer(x)
    y.register_hook(called.append)
    z = y.tanh()
    before = minigrad.get_rng_state()
    found = paths(z, x, 0)
    assert found.maximum() == 2
    assert minigrad.get_rng_state() == before
    assert called == []
    assert x.grad is None
    assert layer.weight.grad is None
    z.sum().backward()
    assert x.grad is not None
    assert len(called) == 1


def test_errors_say_what_is_wrong() -> None:
    x, other = leaf(3, 2), leaf(3, 2)
    y = x[1:] * other[:2]
    found = paths(y, x, 0)
    with pytest.raises(IndexError, match=r"paths: output position 2 is out of range; there are 2, from 0 to 1"):
        found.between(0, 2)
    with pytest.raises(IndexError, match=r"paths: input position -4 is out of range; there are 3, from 0 to 2"):
        found.between(-4, 0)
    with pytest.raises(RuntimeError, match=r"paths: output position 0 does not depend on input position 0"):
        found.between(0, 0)
    with pytest.raises(IndexError, match=r"paths: output position 5 is out of range"):
        found.maximum([0, 5])
    assert found.between(-1, -1) == Path(2, 2)
    with pytest.raises(RuntimeError, match=r"paths: no position of the output depends on any of the input"):
        _ = paths(x.sign(), x, 0).maximum()
    with pytest.raises(IndexError, match=r"paths of output: dim = 2 is out of range"):
        paths(y, x, 2)
    with pytest.raises(IndexError, match=r"paths of input: dim = 3 is out of range"):
        paths(y, x, 1, 3)
    with pytest.raises(RuntimeError, match=r"paths: the output of shape \(3, 2\) has no history"):
        paths(x, other, 0)
    with pytest.raises(RuntimeError, match=r"paths: the output of shape \(2, 2\) was not computed from the input"):
        paths(y, leaf(3, 2), 0)
    with pytest.raises(RuntimeError, match=r"paths: the input of shape \(3, 2\) is not recorded; call requires_grad_"):
        paths(y, minigrad.ones(3, 2), 0)
    with pytest.raises(TypeError, match=r"paths: the output is a tuple; it must be one Tensor"):
        paths((y, y), x, 0)
    with pytest.raises(minigrad.ShapeError, match=r"paths: the output of shape \(0, 2\) has no elements"):
        paths(x[:0], x, 0)
    y.sum().backward()
    with pytest.raises(RuntimeError, match=r"paths: backward\(\) has freed .*retain_graph=True"):
        paths(y, x, 0)
