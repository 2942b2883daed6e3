"""Random programs in both libraries: the same values and gradients, or an error, but never another gradient."""

import numpy as np
import pytest

import minigrad
from tests.oracle.comparing import assert_same

torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")

# Each takes the library, a random generator, and two tensors.
STEPS = [
    lambda m, r, a, b: a + b,
    lambda m, r, a, b: a - 2 * b,
    lambda m, r, a, b: a * b,
    lambda m, r, a, b: a / (b * b + 1),
    lambda m, r, a, b: a * a,
    lambda m, r, a, b: m.tanh(a),
    lambda m, r, a, b: m.sigmoid(a) * b,
    lambda m, r, a, b: m.exp(-a * a),
    lambda m, r, a, b: m.sin(a) + m.cos(b),
    lambda m, r, a, b: m.softmax(a, -1),
    lambda m, r, a, b: m.log_softmax(a, 0),
    lambda m, r, a, b: a @ b.transpose(-1, -2) @ b,
    lambda m, r, a, b: a.transpose(0, 1).reshape(3, 3),
    lambda m, r, a, b: a.sum(0) + b,
    lambda m, r, a, b: a.mean(1, keepdim=True) * b,
    lambda m, r, a, b: a - a.amax(0, keepdim=True),
    lambda m, r, a, b: m.maximum(a, b),
    lambda m, r, a, b: m.where(a > b, a, b * 0.5),
    lambda m, r, a, b: a[m.tensor(r.integers(0, 3, 3))],
    lambda m, r, a, b: m.cat([a[1:], b[:1]]),
    lambda m, r, a, b: m.stack([a[0], b[1], a[2]]),
    lambda m, r, a, b: m.nn.functional.layer_norm(a, (3,), b[0], b[1]),
    lambda m, r, a, b: m.nn.functional.linear(a, b, a[0]),
    lambda m, r, a, b: m.nn.functional.scaled_dot_product_attention(a, b, a, is_causal=True),
    lambda m, r, a, b: m.tril(a) + m.triu(b, 1),
    lambda m, r, a, b: a.clamp(-0.5, 0.5) + b,
    lambda m, r, a, b: a.gather(1, m.tensor(r.integers(0, 3, (3, 3)))),
    lambda m, r, a, b: a.var(0, keepdim=True) + b.detach(),
    lambda m, r, a, b: a.expand(2, 3, 3).sum(0),
    lambda m, r, a, b: a.masked_fill(b > 0.3, 0.0),
]


def program(library, seed):
    """Twenty random steps from two leaves to a number; its value, gradients and gradients of those."""
    r = np.random.default_rng(seed)
    leaves = [library.tensor(r.standard_normal((3, 3)), requires_grad=True) for _ in range(2)]
    values = list(leaves)
    for _ in range(20):
        step = STEPS[r.integers(len(STEPS))]
        one, other = (values[-1 - r.integers(min(4, len(values)))] for _ in range(2))
        values.append(library.tanh(step(library, r, one, other)))
    loss = sum(v.sum() for v in values[-3:])
    first = library.autograd.grad(loss, leaves, create_graph=True, allow_unused=True)
    again = [(g * g).sum() for g in first if g is not None and g.requires_grad]
    second = library.autograd.grad(sum(again), leaves, allow_unused=True) if again else (None, None)
    return [loss, *first, *second]


@pytest.mark.parametrize("seed", range(60))
def test_pure_programs(seed):
    for ours, theirs in zip(program(minigrad, seed), program(torch, seed), strict=True):
        assert_same(ours, theirs, rtol=1e-7, atol=1e-9)


def write(value):
    return lambda m, r, a, b: getattr(a, ["add_", "mul_", "sub_"][r.integers(3)])(value(b))


def silently(write):
    def step(m, r, a, b):
        with m.no_grad():
            return write(m, r, a, b)

    return step


WRITING = [
    *[lambda m, r, a, b: a * b] * 3,
    *[lambda m, r, a, b: a + b] * 2,
    *[lambda m, r, a, b: m.exp(a * 0.1)] * 2,
    lambda m, r, a, b: a[:2],
    lambda m, r, a, b: a.reshape(-1)[:3],
    lambda m, r, a, b: a.detach(),
    lambda m, r, a, b: a.clone(),
    write(lambda b: b),
    write(lambda b: 1.5),
    silently(write(lambda b: b)),
    silently(write(lambda b: 0.5)),
    silently(lambda m, r, a, b: a.__setitem__(0, 1.0) or a),
]


def writing_program(library, seed):
    """Steps of which some write in place; the values at the end, and the gradients, or the error's kind."""
    r = np.random.default_rng(seed)
    leaves = [library.tensor(r.standard_normal(3), requires_grad=True) for _ in range(2)]
    values = [x * 1 for x in leaves]
    try:
        for _ in range(r.integers(3, 9)):
            step = WRITING[r.integers(len(WRITING))]
            one, other = (values[r.integers(len(values))] for _ in range(2))
            if one.shape != other.shape:
                other = 0.5
            values.append(step(library, r, one, other))
        loss = sum(v.sum() for v in values)
        return values, library.autograd.grad(loss, leaves, allow_unused=True)
    except RuntimeError as error:
        return error, None


def test_programs_that_write_in_place_are_right_or_refused():
    outcomes = {"agree": 0, "refused by both": 0, "refused here": 0, "refused there": 0}
    for seed in range(600):
        values, gradients = writing_program(minigrad, seed)
        their_values, their_gradients = writing_program(torch, seed)
        if gradients is not None and their_gradients is not None:
            outcomes["agree"] += 1
            for ours, theirs in zip([*values, *gradients], [*their_values, *their_gradients], strict=True):
                assert_same(ours, theirs, f"program {seed}", rtol=1e-9, atol=1e-9)
        elif gradients is None:
            outcomes["refused by both" if their_gradients is None else "refused here"] += 1
        else:
            outcomes["refused there"] += 1  # here, values that were saved before the change are kept
    assert outcomes["agree"] > 100, outcomes
    assert outcomes["refused by both"] > 50, outcomes
