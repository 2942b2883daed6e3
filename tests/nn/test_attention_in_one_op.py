"""Attention worked out as one op: what its parts give, whatever the scores, the layout, the mask or the cores."""

import numpy as np
import pytest

import minigrad
from minigrad import threads
from minigrad.autograd.watching import Watcher
from minigrad.nn import functional as F  # noqa: N812

NAME = "scaled_dot_product_attention"


def leaves(*shapes, larger=1.0, dtype="float32"):
    random = np.random.default_rng(0)
    arrays = [random.standard_normal(shape).astype(dtype) for shape in shapes]
    arrays[0] *= arrays[0].dtype.type(larger)
    return [minigrad.tensor(x, requires_grad=True) for x in arrays]


def results(inputs, change=lambda x: x, **options):
    """The output and the gradients, by what runs; and the op that gave the output."""
    output = F.scaled_dot_product_attention(*map(change, inputs), **options)
    found = [output, *minigrad.autograd.grad((output * output).sum(), inputs)]
    return [x.array if isinstance(x, minigrad.Tensor) else x for x in found], output.grad_fn.op.name


def both(inputs, change=lambda x: x, **options):
    """The results by one op, and by its parts, which somebody watches."""
    fused, name = results(inputs, change, **options)
    assert name == NAME
    with Watcher():
        composed, name = results(inputs, change, **options)
    assert name == "matmul"
    return fused, composed


def agree(fused, composed, tolerance=2e-6):
    for a, b in zip(fused, composed, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=0, atol=tolerance * np.abs(b).max())


def heads(x):
    """(B, T, h · d) as heads, (B, h, T, d): views whose rows lie apart."""
    return x.reshape(*x.shape[:2], 2, -1).transpose(1, 2)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("width", [8, 34])  # on both sides of NARROW
def test_one_op_gives_what_its_parts_give(dtype, causal, width):
    inputs = leaves((3, 5, 2 * width), (3, 7, 2 * width), (3, 7, 12), dtype=dtype)
    agree(*both(inputs, heads, is_causal=causal))


@pytest.mark.parametrize("parts", [1, 100, 1 << 17])
@pytest.mark.parametrize("num", [1, 3])
@pytest.mark.parametrize("split", [lambda x: x, heads], ids=["sequences", "heads"])
def test_results_depend_neither_on_parts_nor_on_cores(monkeypatch, parts, num, split):
    inputs = leaves((8, 6, 16), (8, 6, 16), (8, 6, 16))
    expected, _ = results(inputs, split, is_causal=True)
    monkeypatch.setattr(threads, "AT_ONCE", parts)
    monkeypatch.setattr(threads, "LARGE", 1)
    before = minigrad.get_num_threads()
    minigrad.set_num_threads(num)
    try:
        found, _ = results(inputs, split, is_causal=True)
    finally:
        minigrad.set_num_threads(before)
    agree(found, expected)


@pytest.mark.parametrize("larger", [30, 1000, 1e10])
def test_scores_of_which_exponentials_overflow(larger):
    fused, composed = both(leaves((2, 4, 3), (2, 5, 3), (2, 5, 3), larger=larger))
    assert all(np.isfinite(x).all() for x in fused)
    agree(fused[:1], composed[:1])


@pytest.mark.parametrize("score", [60.0, -60.0])
def test_scores_far_from_zero_but_near_each_other(score):
    q, k, v = leaves((2, 4, 3), (2, 5, 3), (2, 5, 3))
    with minigrad.no_grad():
        q[..., 0], k[..., 0] = score, 3.0
    agree(*both([q, k, v], scale=0.3), tolerance=1e-5)


@pytest.mark.parametrize("causal", [False, True])
def test_a_query_whose_scores_are_all_minus_infinity_finds_nothing(causal):
    """As in PyTorch, and by the parts; those that a mask leaves out are none of its scores."""
    q, k, v = (x.detach() for x in leaves((1, 2, 3), (1, 4, 3), (1, 4, 3)))
    q[0, 1, 0], k[..., 0] = np.inf, -1.0
    with np.errstate(invalid="ignore"):  # BLAS may multiply the infinity by zeros of its own
        fused = F.scaled_dot_product_attention(q, k, v, is_causal=causal).numpy()
        with Watcher():
            composed = F.scaled_dot_product_attention(q, k, v, is_causal=causal).numpy()
    assert (fused[0, 1] == 0).all()
    np.testing.assert_allclose(fused, composed, atol=1e-6)


def test_a_query_does_not_depend_on_the_others():
    q, k, v = leaves((2, 4, 3), (2, 5, 3), (2, 5, 3))
    expected = F.scaled_dot_product_attention(q, k, v).array[:, :2]
    for other in (1e4, np.inf, np.nan):
        with minigrad.no_grad():
            q[:, 2:] = other
        with np.errstate(invalid="ignore"):
            assert (F.scaled_dot_product_attention(q, k, v).array[:, :2] == expected).all()


@pytest.mark.parametrize("shape", [(4, 5), (2, 1, 4, 5), (1, 3, 1, 5), (2, 3, 4, 5)])
def test_masks_of_every_shape(shape):
    allowed = np.random.default_rng(1).random(shape) < 0.5
    allowed[..., 2] = True
    agree(*both(leaves((2, 3, 4, 6), (2, 3, 5, 6), (2, 3, 5, 6)), attn_mask=minigrad.tensor(allowed)))


UNUSUAL = {
    "a query with nothing to look at": ([(2, 3, 4)] * 3, {"attn_mask": minigrad.zeros(3, 3).bool()}),
    "a bias": ([(2, 3, 4)] * 3, {"attn_mask": minigrad.ones(3, 3)}),
    "dropout": ([(2, 3, 4)] * 3, {"dropout_p": 0.5}),
    "one sequence": ([(3, 4)] * 3, {}),
    "keys for all": ([(2, 3, 4), (1, 3, 4), (1, 3, 4)], {}),
    "no keys": ([(2, 3, 4), (2, 0, 4), (2, 0, 4)], {}),
}


@pytest.mark.parametrize("name", UNUSUAL)
def test_what_is_unusual_is_composed(name):
    shapes, options = UNUSUAL[name]
    assert results(leaves(*shapes), **options)[1] == "matmul"


def test_memory_is_not_in_the_way_of_joining_heads():
    y = F.scaled_dot_product_attention(*map(heads, leaves((3, 5, 8), (3, 5, 8), (3, 5, 8))))
    assert y.transpose(1, 2).is_contiguous()
