"""Every score with every normaliser: gradients, masks, and that something can be learnt with it."""

import itertools

import numpy as np
import pytest

import minigrad
from minigrad import nn
from minigrad.autograd import gradcheck, gradgradcheck
from minigrad.nn.normalisers import NORMALISERS
from minigrad.nn.scores import SCORES


def nearness(query, key):
    return 4 / (1 + ((query.unsqueeze(-2) - key.unsqueeze(-3)) ** 2).sum(-1))


def softplus_weights(scores):
    return nn.functional.softplus(scores) / scores.shape[-1]


ALL = list(itertools.product([*SCORES, nearness], [*NORMALISERS, softplus_weights]))
every_combination = pytest.mark.parametrize(("score", "normaliser"), ALL, ids=lambda x: getattr(x, "__name__", x))


def draw(*shape, seed=0):
    generator = minigrad.Generator().manual_seed(seed)
    return minigrad.randn(*shape, generator=generator, dtype=minigrad.float64, requires_grad=True)


def make(score, normaliser, cls=nn.Attention, *sizes):
    minigrad.manual_seed(0)
    return cls(*(sizes or (4,)), score=score, normaliser=normaliser).double()


@every_combination
def test_gradients(score, normaliser):
    module, q, k, v = make(score, normaliser), draw(2, 4), draw(3, 4, seed=1), draw(3, 2, seed=2)
    mask = minigrad.tensor([[False, False, True], [False, False, False]])
    weights = dict(module.named_parameters())

    def run(q, k, v, *values):
        for name, value in zip(weights, values, strict=True):
            owner, _, attribute = name.rpartition(".")
            vars(module.get_submodule(owner))[attribute] = value
        return module(q, k, v, mask)

    assert gradcheck(run, (q, k, v, *weights.values()))
    assert gradgradcheck(run, (q, k, v, *weights.values()))


@every_combination
def test_what_is_blocked_is_not_seen(score, normaliser):
    """Whatever stands there, and however the mask says it."""
    module, q, k, v = make(score, normaliser), draw(2, 4), draw(3, 4, seed=1), draw(3, 2, seed=2)
    blocked = minigrad.tensor([[False, True, False], [True, True, True]])
    added = minigrad.zeros(2, 3, dtype=minigrad.float64).masked_fill(blocked, -np.inf)
    output, weights = module(q, k, v, blocked)
    assert (weights.array[blocked.array] == 0).all()
    assert (output.array[1] == 0).all()
    np.testing.assert_array_equal(module(q, k, v, added)[0].array, output.array)
    other_k, other_v = k.detach().clone(), v.detach().clone()
    other_k[1], other_v[1] = 100.0, -100.0
    np.testing.assert_array_equal(module(q, other_k, other_v, blocked)[0].array, output.array)
    output.sum().backward()
    assert (k.grad.array[1] == 0).all()
    assert (v.grad.array[1] == 0).all()


@pytest.mark.parametrize("dtype", [minigrad.float16, minigrad.float32, minigrad.float64])
@pytest.mark.parametrize("normaliser", NORMALISERS.values())
def test_a_query_that_finds_only_minus_infinity_gets_no_weights(normaliser, dtype):
    """Nor does what is blocked, which has a score too."""
    scores = minigrad.tensor([[-np.inf, 3.0], [-np.inf, -np.inf], [2.0, 1.0]], dtype=dtype, requires_grad=True)
    value = minigrad.tensor([[1.0], [1.0]], dtype=dtype)
    blocked = np.array([[False, True], [False, False], [False, True]])
    output, weights = nn.functional.attend(scores, value, blocked, normaliser=normaliser)
    assert weights.tolist()[:2] == [[0.0, 0.0], [0.0, 0.0]]
    assert weights.tolist()[2][1] == 0 < output.tolist()[2][0]
    output.sum().backward()
    assert scores.grad.tolist()[:2] == [[0.0, 0.0], [0.0, 0.0]]


@every_combination
def test_something_can_be_learnt(score, normaliser):
    """To add to each vector the sum of all, which needs a look at the others."""
    minigrad.manual_seed(0)
    module = nn.SelfAttention(8, score, normaliser)
    read = nn.Linear(8, 8)
    optimizer = minigrad.optim.Adam([*module.parameters(), *read.parameters()], lr=0.02)
    x = minigrad.randn(16, 6, 8)
    target = x.sum(1, keepdim=True) / 3 + x
    losses = []
    for _ in range(60):
        loss = nn.functional.mse_loss(read(module(x)[0]), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert np.isfinite(losses).all()
    assert losses[-1] < 0.8 * losses[0]


@every_combination
def test_in_several_heads(score, normaliser):
    module, x = make(score, normaliser, nn.MultiheadAttention, 4, 2), draw(3, 1, 4)
    output, weights = module(x, x, x, is_causal=True, average_attn_weights=False)
    assert output.shape == (3, 1, 4)
    assert (weights.array[..., np.triu_indices(3, 1)[0], np.triu_indices(3, 1)[1]] == 0).all()
    output.sum().backward()
    assert all(p.grad is not None for p in module.parameters())


def test_the_formulas():
    q, k = draw(2, 4), draw(3, 4, seed=1)
    general, additive = make("general", "softmax"), make("additive", "softmax")
    a, b = q.array, k.array
    expected = {
        "dot": a @ b.T,
        "scaled_dot": a @ b.T / 2,
        "general": a @ general.score.w.weight.array.T @ b.T,
        "additive": np.array(
            [
                [
                    additive.score.w.weight.array[0]
                    @ np.tanh(additive.score.w_q.weight.array @ qi + additive.score.w_k.weight.array @ kj)
                    for kj in b
                ]
                for qi in a
            ]
        ),
    }
    for name, module in (("general", general), ("additive", additive), *((n, make(n, "relu")) for n in SCORES)):
        np.testing.assert_allclose(module.score(q, k).array, expected[name], rtol=1e-12, err_msg=name)


def test_the_normalisers():
    scores = minigrad.tensor([[2.0, 1.5, -1.0, 0.0]], dtype=minigrad.float64)
    e = np.exp(scores.array)
    expected = {
        "softmax": e / e.sum(),
        "relu": [[0.5, 0.375, 0.0, 0.0]],
        "sigmoid": 1 / (1 + np.exp(-(scores.array - np.log(4)))),
        "sparsemax": [[0.75, 0.25, 0.0, 0.0]],
    }
    for name, normalise in NORMALISERS.items():
        np.testing.assert_allclose(normalise(scores).array, expected[name], rtol=1e-12, err_msg=name)


def test_each_head_has_a_score_of_its_own():
    module = nn.MultiheadAttention(8, 2, score="additive")
    assert [name for name, _ in module.named_parameters() if name.startswith("scores")] == [
        f"scores.{head}.{part}.weight" for head in (0, 1) for part in ("w_q", "w_k", "w")
    ]
    assert not any("scores" in name for name in nn.MultiheadAttention(8, 2).state_dict())


@pytest.mark.parametrize("cls", [nn.Attention, nn.SelfAttention, lambda d, **o: nn.MultiheadAttention(d, 2, **o)])
def test_unknown_names_list_the_valid_ones(cls):
    with pytest.raises(ValueError, match=r"score = 'cosine' is unknown; dot, scaled_dot, general, additive would do"):
        cls(4, score="cosine")
    with pytest.raises(ValueError, match=r"normaliser = 'max' is unknown; softmax, relu, sigmoid, sparsemax would do"):
        cls(4, normaliser="max")


@pytest.mark.parametrize("score", SCORES)
def test_widths_that_do_not_fit(score):
    with pytest.raises(minigrad.ShapeError, match=r"query of shape \(2, 4\) and key of shape \(3, 5\)"):
        make(score, "softmax")(draw(2, 4), draw(3, 5), draw(3, 2))


def test_masks_and_values_that_do_not_fit():
    module, q, k = make("dot", "softmax"), draw(2, 4), draw(3, 4)
    with pytest.raises(minigrad.ShapeError, match=r"mask of shape \(2, 2\).*\(2, 3\)"):
        module(q, k, k, minigrad.zeros(2, 2, dtype=minigrad.bool))
    with pytest.raises(minigrad.ShapeError, match=r"key of shape \(3, 4\) and value of shape \(4, 4\)"):
        module(q, k, draw(4, 4))


@pytest.mark.parametrize("name", NORMALISERS)
def test_padding_changes_nothing(name):
    """Weights depend on the keys that a query may look at, not on how many there are beside them."""
    module, x = nn.SelfAttention(4, normaliser=name).double(), draw(3, 4)
    padded = minigrad.cat([x, draw(2, 4, seed=1)])
    alone, _ = module(x)
    beside, _ = module(padded, minigrad.tensor([[False] * 3 + [True] * 2] * 5))
    np.testing.assert_allclose(beside.array[:3], alone.array, rtol=1e-12)


@pytest.mark.parametrize("name", NORMALISERS)
def test_a_sequence_of_length_0(name):
    module = nn.SelfAttention(4, normaliser=name)
    output, weights = module(minigrad.zeros(2, 0, 4))
    assert output.shape == (2, 0, 4)
    assert weights.shape == (2, 0, 0)
