"""Every fused op beside the same composed of elementary ones: values, gradients and second gradients agree."""

import math

import numpy as np
import pytest

import minigrad
from minigrad.autograd import grad
from minigrad.nn import functional as F  # noqa: N812
from minigrad.ops.cumulative import recurrence
from minigrad.ops.recurrent import gru_cell, lstm_cell

rng = np.random.default_rng(0)


def softmax(x):
    e = (x - x.amax(-1, keepdim=True).detach()).exp()
    return e / e.sum(-1, keepdim=True)


def layer_norm(x, w, b):
    centred = x - x.mean(-1, keepdim=True)
    return centred / ((centred * centred).mean(-1, keepdim=True) + 1e-5).sqrt() * w + b


def cross_entropy(x, labels, smoothing):
    logs = softmax(x).log()
    picked = logs.gather(1, labels.unsqueeze(1)).squeeze(1)
    return -((1 - smoothing) * picked + smoothing * logs.mean(1)).mean()


def attention(q, k, v, mask):
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    return softmax(minigrad.where(mask, -1e30, scores)) @ v


def stepwise(b, a):
    y = [b[0]]
    for t in range(1, len(b)):
        y.append(b[t] + a[t] * y[-1])
    return minigrad.stack(y)


def var(x):
    centred = x - x.mean((0, 2), keepdim=True)
    return (centred * centred).sum((0, 2)) / 7


LABELS = minigrad.tensor([0, 2, 1])


def lstm(x, u, cell):
    i, f, n, o = (x + u).chunk(4, 1)
    cell = f.sigmoid() * cell + i.sigmoid() * n.tanh()
    return minigrad.stack([o.sigmoid() * cell.tanh(), cell])


def gru(x, u, h):
    (r, z, n), (r_of_h, z_of_h, n_of_h) = x.chunk(3, 1), u.chunk(3, 1)
    r, z = (r + r_of_h).sigmoid(), (z + z_of_h).sigmoid()
    n = (n + r * n_of_h).tanh()
    return (1 - z) * n + z * h


CAUSAL = np.triu(np.ones((3, 3), bool), 1)

TWINS = {
    "softmax": ([(2, 3)], lambda x: F.softmax(x, -1), softmax),
    "log_softmax": ([(2, 3)], lambda x: F.log_softmax(x, -1), lambda x: softmax(x).log()),
    "layer_norm": ([(2, 3, 4), (4,), (4,)], lambda x, w, b: F.layer_norm(x, (4,), w, b), layer_norm),
    "linear": ([(2, 3, 4), (5, 4), (5,)], F.linear, lambda x, w, b: (x.unsqueeze(-2) * w).sum(-1) + b),
    "cross_entropy": (
        [(3, 4)],
        lambda x: F.cross_entropy(x, LABELS, label_smoothing=0.1),
        lambda x: cross_entropy(x, LABELS, 0.1),
    ),
    "attention": (
        [(2, 3, 4), (2, 3, 4), (2, 3, 5)],
        lambda q, k, v: F.attention(q, k, v, CAUSAL)[0],
        lambda q, k, v: attention(q, k, v, minigrad.tensor(CAUSAL)),
    ),
    "attention, in one op": (
        [(2, 3, 4), (2, 3, 4), (2, 3, 5)],
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=0.7),
        lambda q, k, v: attention(q * 1.4, k, v, minigrad.tensor(CAUSAL)),
    ),
    "matmul": ([(2, 3, 4), (4, 5)], minigrad.matmul, lambda a, b: (a.unsqueeze(-1) * b).sum(-2)),
    "sigmoid": ([(5,)], minigrad.sigmoid, lambda x: 1 / (1 + (-x).exp())),
    "var": ([(2, 3, 4)], lambda x: x.var((0, 2)), var),
    "std": ([(2, 3, 4)], lambda x: x.std((0, 2)), lambda x: var(x).sqrt()),
    "logsumexp": ([(2, 3)], lambda x: x.logsumexp(1), lambda x: x.exp().sum(1).log()),
    "prod": ([(2, 3)], lambda x: x.prod(1), lambda x: x[:, 0] * x[:, 1] * x[:, 2]),
    "cumprod": ([(4, 2)], lambda x: x.cumprod(0)[3], lambda x: x[0] * x[1] * x[2] * x[3]),
    "logcumsumexp": ([(2, 5)], lambda x: x.logcumsumexp(1), lambda x: x.exp().cumsum(1).log()),
    "recurrence": ([(5, 2), (5, 2)], lambda b, a: recurrence(b, a, 0, False), stepwise),
    "recurrence, backwards": (
        [(5, 2), (5, 2)],
        lambda b, a: recurrence(b, a, 0, True),
        lambda b, a: stepwise(b.flip(0), a.roll(-1, 0).flip(0)).flip(0),
    ),
    "lstm": ([(2, 12), (2, 12), (2, 3)], lstm_cell, lstm),
    "gru": ([(2, 9), (2, 9), (2, 3)], gru_cell, gru),
    "softplus": ([(5,)], F.softplus, lambda x: (1 + x.exp()).log()),
    "rsqrt": ([(5,)], lambda x: (x * x).rsqrt(), lambda x: (x * x) ** -0.5),
    "embedding": ([(4, 2)], lambda w: F.embedding(LABELS, w), lambda w: w[LABELS]),
}


def derivatives(function, arrays):
    inputs = [minigrad.tensor(x, requires_grad=True) for x in arrays]
    y = function(*inputs)
    directions = np.random.default_rng(1)
    v = minigrad.tensor(directions.standard_normal(y.shape), requires_grad=True)
    first = grad(y, inputs, v, create_graph=True)
    along = [minigrad.tensor(directions.standard_normal(g.shape)) for g in first]
    return [y, *first, *grad(list(first), [*inputs, v], along, allow_unused=True)]


@pytest.mark.parametrize("name", TWINS)
def test_twins_agree(name):
    shapes, fused, composed = TWINS[name]
    arrays = [rng.standard_normal(shape) for shape in shapes]
    for a, b in zip(derivatives(fused, arrays), derivatives(composed, arrays), strict=True):
        a, b = (np.zeros(()) if x is None else x.array for x in (a, b))
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def by_rows(x):
    """Softmax of each row by itself, in double precision."""
    e = np.exp(x.astype(np.float64) - x.max(-1, keepdims=True).astype(np.float64))
    return e / e.sum(-1, keepdims=True)


@pytest.mark.parametrize("apart", [0, 5, 15, -30, 80, -200, 1e30])
def test_softmax_does_not_mind_how_far_rows_lie_apart(apart):
    x = rng.standard_normal((30, 20)).astype(np.float32) - np.float32(apart) * (np.arange(30) % 3)[:, None]
    for dim, scores in ((1, x), (0, x.T)):
        weights = F.softmax(minigrad.tensor(scores), dim).array
        np.testing.assert_allclose(weights if dim else weights.T, by_rows(x), rtol=2e-6, atol=1e-35)


def test_a_row_of_a_softmax_does_not_depend_on_the_others():
    x = rng.standard_normal((2, 30, 20)).astype(np.float32)
    weights = F.softmax(minigrad.tensor(x), -1).array
    for other in (-100, 0.5, 100, np.nan, np.inf):
        x[:, 20:] = other
        with np.errstate(invalid="ignore"):
            assert (F.softmax(minigrad.tensor(x), -1).array[:, :20] == weights[:, :20]).all()


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_softmax_keeps_what_is_not_finite_in_its_row(odd):
    x = rng.standard_normal((30, 20)).astype(np.float32)
    spoilt = x.copy()
    spoilt[7] = odd
    with np.errstate(invalid="ignore"):
        for function in (F.softmax, F.log_softmax):
            y, expected = (function(minigrad.tensor(a), -1).array for a in (spoilt, x))
            assert np.isnan(y[7]).all()
            np.testing.assert_allclose(np.delete(y, 7, 0), np.delete(expected, 7, 0), rtol=1e-6)


def test_triangular_solve_is_solve_triangular_by_another_name():
    r = np.random.default_rng(0)
    a, b = minigrad.tensor(r.standard_normal((3, 3)) + 3 * np.eye(3)), minigrad.tensor(r.standard_normal((3, 2)))
    for upper in (False, True):
        solution, same = minigrad.triangular_solve(b, a, upper)
        assert same is a
        assert minigrad.equal(solution, minigrad.linalg.solve_triangular(a, b, upper=upper))
        turned = b.triangular_solve(a, upper, transpose=True, unitriangular=True).solution
        assert minigrad.equal(turned, minigrad.linalg.solve_triangular(a.mT, b, upper=not upper, unitriangular=True))


def test_sums_of_exponentials_may_overflow_in_silence():
    x = np.full((2, 300), 85, np.float32)  # e^85 is finite, the sum of 300 is not
    np.testing.assert_allclose(F.softmax(minigrad.tensor(x), -1).array, 1 / 300, rtol=1e-6)
