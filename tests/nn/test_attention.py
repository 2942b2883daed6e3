"""Attention: masks of every kind, rows with nothing to look at, and what does not depend on order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad
from minigrad import nn
from minigrad.autograd import gradcheck
from minigrad.nn import functional as F  # noqa: N812


def inputs(*shape, seed=0):
    return minigrad.randn(*shape, generator=minigrad.Generator().manual_seed(seed), requires_grad=True)


def attention(batch_first=True, **options):
    minigrad.manual_seed(1)
    return nn.MultiheadAttention(8, 2, batch_first=batch_first, **options)


def test_one_head_is_the_formula():
    minigrad.manual_seed(0)
    module, x = nn.SelfAttention(4), inputs(3, 4)
    output, weights = module(x)
    q, k, v = (x.array @ p.weight.array.T for p in (module.q_proj, module.k_proj, module.v_proj))
    scores = np.exp(q @ k.T / 2)
    expected = scores / scores.sum(-1, keepdims=True)
    np.testing.assert_allclose(weights.array, expected, rtol=1e-5)
    np.testing.assert_allclose(output.array, expected @ v, rtol=1e-4, atol=1e-6)
    assert [name for name, _ in module.named_parameters()] == ["q_proj.weight", "k_proj.weight", "v_proj.weight"]


@given(st.permutations(range(5)), st.booleans())
def test_attention_does_not_see_order(order, several_heads):
    """Without positions, reordering the input reorders the output, and nothing else."""
    minigrad.manual_seed(0)
    x = inputs(2, 5, 8)
    shuffled = x[:, order]
    if several_heads:
        module = attention()
        output, after = module(x, x, x)[0], module(shuffled, shuffled, shuffled)[0]
    else:
        module = nn.SelfAttention(8)
        output, after = module(x)[0], module(shuffled)[0]
    np.testing.assert_allclose(after.array, output.array[:, order], rtol=1e-4, atol=1e-5)


def test_positions_let_attention_see_order():
    module, positions, x = attention(), nn.SinusoidalPositionEncoding(8), inputs(1, 3, 8)

    def run(x):
        x = positions(x)
        return module(x, x, x)[0].array

    order = [2, 0, 1]
    assert np.abs(run(x[:, order]) - run(x)[:, order]).max() > 1e-3


def test_causal_positions_do_not_see_later_ones():
    module, x = attention(), inputs(1, 4, 8)
    output, weights = module(x, x, x, is_causal=True)
    assert not np.triu(weights.array[0], 1).any()
    output[:, 1].sum().backward()
    assert not x.grad.array[0, 2:].any()
    assert x.grad.array[0, :2].all()


def test_padding_is_not_seen():
    module, x = attention(), inputs(2, 4, 8)
    padding = minigrad.tensor([[False, False, True, True], [False] * 4])
    output, weights = module(x, x, x, key_padding_mask=padding)
    assert not weights.array[0, :, 2:].any()
    np.testing.assert_allclose(weights.array.sum(-1), 1, rtol=1e-5)
    short = module(x[:1, :2], x[:1, :2], x[:1, :2])[0]
    np.testing.assert_allclose(output.array[0, :2], short.array[0], rtol=1e-4, atol=1e-6)


def masks():
    blocked = np.zeros((4, 4), bool)
    blocked[1] = True
    added = np.where(blocked, -np.inf, 0.0).astype(np.float32)
    yield "bool", {"attn_mask": minigrad.tensor(blocked)}
    yield "float", {"attn_mask": minigrad.tensor(added)}
    yield "by head", {"attn_mask": minigrad.tensor(np.stack([blocked] * 4))}
    yield "padding", {"key_padding_mask": minigrad.tensor([[True] * 4, [False] * 4])}
    yield "float padding", {"key_padding_mask": minigrad.tensor([[-np.inf] * 4, [0.0] * 4])}
    yield (
        "together",
        {
            "attn_mask": minigrad.tensor(blocked),
            "key_padding_mask": minigrad.tensor([[True, False, False, False]] * 2),
            "is_causal": True,
        },
    )


@pytest.mark.parametrize("options", [pytest.param(m, id=name) for name, m in masks()])
def test_a_query_with_nothing_to_look_at_gets_zeros_and_finite_gradients(options):
    module, x = attention(), inputs(2, 4, 8)
    output, weights = module(x, x, x, average_attn_weights=False, **options)
    row = (0, slice(None), 0) if "key_padding_mask" in options else (0, slice(None), 1)
    assert not weights.array[row].any()
    position = output.array[0, row[2]]
    np.testing.assert_array_equal(position, module.out_proj.bias.array)
    (output * output).sum().backward()
    for p in (x, *module.parameters()):
        assert np.isfinite(p.grad.array).all()
    assert np.isfinite(output.array).all()


def test_a_fully_masked_row_to_second_order():
    q, k, v = (minigrad.tensor(inputs(2, 3, seed=i).array.astype(np.float64), requires_grad=True) for i in range(3))
    blocked = np.array([[True, True], [False, True]])
    assert gradcheck(lambda *x: F.attention(*x, blocked)[0], (q, k, v))
    (g,) = minigrad.autograd.grad(F.attention(q, k, v, blocked)[0].sum(), q, create_graph=True)
    (g * g).sum().backward()
    assert np.isfinite(q.grad.array).all()


def test_float_masks_are_added_and_learnt():
    bias = inputs(4, 4)
    module, x = attention(), inputs(1, 4, 8)
    module(x, x, x, attn_mask=bias)[0].sum().backward()
    assert bias.grad.array.any()
    plain = module(x, x, x)[0]
    np.testing.assert_allclose(module(x, x, x, attn_mask=minigrad.zeros(4, 4))[0].array, plain.array)


def test_bool_and_float_masks_agree():
    module, x = attention(), inputs(2, 4, 8)
    blocked = np.random.default_rng(0).random((4, 4)) < 0.4
    added = np.where(blocked, -np.inf, 0.0).astype(np.float32)
    one = module(x, x, x, attn_mask=minigrad.tensor(blocked))
    other = module(x, x, x, attn_mask=minigrad.tensor(added))
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a.array, b.array)


def test_each_head_has_its_mask():
    module, x = attention(), inputs(2, 4, 8)
    blocked = np.random.default_rng(0).random((4, 4, 4)) < 0.4  # (B * heads, T, T), by batch and then by head
    blocked[..., 0] = False
    _, weights = module(x, x, x, attn_mask=minigrad.tensor(blocked), average_attn_weights=False)
    np.testing.assert_array_equal(weights.array == 0, blocked.reshape(2, 2, 4, 4))


def test_layouts_agree():
    first, second = attention(batch_first=True), attention(batch_first=False)
    second.load_state_dict(first.state_dict())
    q, k = inputs(2, 3, 8), inputs(2, 5, 8, seed=1)
    output, weights = first(q, k, k)
    turned, turned_weights = second(q.transpose(0, 1), k.transpose(0, 1), k.transpose(0, 1))
    np.testing.assert_array_equal(turned.transpose(0, 1).array, output.array)
    np.testing.assert_array_equal(turned_weights.array, weights.array)
    for module in (first, second):
        padding = minigrad.tensor([False, True, False, False, True])
        alone, alone_weights = module(q[0], k[0], k[0], key_padding_mask=padding)
        both, both_weights = first(q[:1], k[:1], k[:1], key_padding_mask=padding.unsqueeze(0))
        np.testing.assert_allclose(alone.array, both.array[0], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(alone_weights.array, both_weights.array[0], rtol=1e-5, atol=1e-7)


def test_weights_on_demand():
    module, x = attention(), inputs(2, 4, 8)
    output, weights = module(x, x, x, average_attn_weights=False)
    again, averaged = module(x, x, x)
    alone, none = module(x, x, x, need_weights=False)
    assert none is None
    assert weights.shape == (2, 2, 4, 4)
    np.testing.assert_allclose(averaged.array, weights.array.mean(1), rtol=1e-6)
    for y in (again, alone):
        np.testing.assert_array_equal(y.array, output.array)


def test_dropout_acts_on_weights_while_training():
    module, x = attention(dropout=0.5), inputs(2, 4, 8)
    assert not minigrad.equal(module(x, x, x)[0], module(x, x, x)[0])
    module.eval()
    assert minigrad.equal(module(x, x, x)[0], module(x, x, x)[0])


@pytest.mark.parametrize(
    ("shapes", "options", "words"),
    [
        ([(2, 3, 7)] * 3, {}, ["query", "(2, 3, 7)", "embed_dim = 8"]),
        ([(3, 8), (1, 3, 8), (1, 3, 8)], {}, ["key", "(1, 3, 8)"]),
        ([(2, 3, 8)] * 3, {"attn_mask": (3, 4)}, ["attn_mask", "(3, 4)", "(3, 3)", "(4, 3, 3)"]),
        ([(2, 3, 8)] * 3, {"key_padding_mask": (3, 2)}, ["key_padding_mask", "(3, 2)", "(2, 3)"]),
        ([(2, 3, 8), (2, 4, 8), (2, 5, 8)], {}, ["key", "value", "positions"]),
    ],
)
def test_shapes_that_do_not_fit(shapes, options, words):
    masks = {name: minigrad.zeros(shape).bool() for name, shape in options.items()}
    with pytest.raises(minigrad.ShapeError) as caught:
        attention()(*(minigrad.zeros(shape) for shape in shapes), **masks)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_a_mask_or_causal_but_not_both():
    x = inputs(3, 4)
    with pytest.raises(RuntimeError, match="not both"):
        F.scaled_dot_product_attention(x, x, x, attn_mask=minigrad.ones(3, 3).bool(), is_causal=True)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_masking_is_as_filling_with_a_score_that_has_no_weight(dtype):
    r = np.random.default_rng(0)
    scores, value = (minigrad.tensor((r.standard_normal(n) * 50).astype(dtype)) for n in ((4, 5, 5), (4, 5, 3)))
    blocked = np.triu(np.ones((5, 5), bool), 1)
    filled = scores.masked_fill(blocked, -float("inf"))
    assert minigrad.equal(F.attend(scores, value, blocked)[1], F.softmax(filled, -1))


@pytest.mark.parametrize("options", [{}, {"is_causal": True}, {"mask": True}, {"padding": True}, {"bias": True}])
def test_heads_at_once_find_what_each_finds(options):
    """A `Recorder` has heads worked out one after the other."""
    r = np.random.default_rng(0)
    module = nn.MultiheadAttention(8, 2, batch_first=True, add_zero_attn="mask" in options)
    x, g = (minigrad.tensor(r.standard_normal((3, 5, 8)).astype(np.float32), requires_grad=True) for _ in range(2))
    masks = {"is_causal": "is_causal" in options, "average_attn_weights": False}
    if "mask" in options:
        masks["attn_mask"] = minigrad.tensor(np.triu(np.ones((5, 5), bool), 1))
    if "bias" in options:
        masks["attn_mask"] = minigrad.tensor(r.standard_normal((5, 5)).astype(np.float32))
        masks["key_padding_mask"] = minigrad.tensor(r.standard_normal((3, 5)).astype(np.float32))
    if "padding" in options:
        masks["key_padding_mask"] = minigrad.tensor(np.arange(15).reshape(3, 5) % 5 > np.array([[1], [3], [4]]))

    def run():
        output, weights = module(x, x, x, **masks)
        gradients = minigrad.autograd.grad((output * g).sum() + (weights * weights).sum(), [x, *module.parameters()])
        return output, weights, *gradients

    at_once = run()
    with nn.Recorder(module) as seen:
        each = run()
    assert "head 1.weights" in seen
    for a, b in zip(at_once, each, strict=True):
        np.testing.assert_allclose(a.detach(), b.detach(), rtol=1e-5, atol=1e-6)
