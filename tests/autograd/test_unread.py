"""Of large results an op keeps only what its rules read; the others are freed when nobody else needs them."""

import math
import weakref

import numpy as np
import pytest

import minigrad
from minigrad.autograd import primitive
from minigrad.autograd.op import Rule
from minigrad.autograd.storage import Unread
from minigrad.autograd.watching import Watcher
from minigrad.nn.functional import linear, relu

N = 150  # whose square is large
assert N * N > primitive.LARGE


pytestmark = pytest.mark.usefixtures("no_collector")


def leaf(*shape: int, seed: int = 0) -> minigrad.Tensor:
    values = np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
    return minigrad.tensor(values, requires_grad=True)


def two_layers(library, x, first, second):
    """The result, and what says whether the array before relu is there still."""
    functional = library.nn.functional
    before = functional.linear(x, first)
    watched = weakref.ref(before.array) if library is minigrad else None
    return functional.linear(functional.relu(before), second), watched


def layers():
    return leaf(N, N), leaf(N, N, seed=1), leaf(N, N, seed=2)


def gradients() -> list[np.ndarray]:
    inputs = layers()
    two_layers(minigrad, *inputs)[0].sum().backward()
    return [x.grad.numpy() for x in inputs]


def test_what_relu_was_given_is_freed():
    y, before = two_layers(minigrad, *layers())
    assert before() is None
    y.sum().backward()


def test_gradients_are_those_with_everything_kept(monkeypatch):
    found = gradients()
    monkeypatch.setattr(primitive, "LARGE", math.inf)
    _, before = kept = two_layers(minigrad, *layers())
    assert before() is not None
    del kept
    assert [g.tobytes() for g in found] == [g.tobytes() for g in gradients()]


def test_gradients_are_those_of_torch():
    torch = pytest.importorskip("torch")
    theirs = [torch.tensor(x.detach().numpy(), requires_grad=True) for x in layers()]
    two_layers(torch, *theirs)[0].sum().backward()
    for ours, x in zip(gradients(), theirs, strict=True):
        np.testing.assert_allclose(ours, x.grad.numpy(), rtol=1e-4, atol=1e-3)


def test_small_results_are_kept():
    y = leaf(3) * 2 + 1
    assert not any(isinstance(x, Unread) for x in (*y.node.arrays, y.node.output))


def test_everything_is_kept_while_somebody_watches():
    with Watcher():
        y = leaf(N, N) * 2 + 1
    assert y.node.output is y.array


def test_only_rules_of_inputs_that_want_a_gradient_count():
    """The factor's rule would read what is multiplied by it, but is never asked."""
    x = leaf(N, N) + 1
    assert isinstance((x * 2.0).node.arrays[0], Unread)
    assert (x * leaf(N, N)).node.arrays[0] is x.array


def test_what_no_op_made_is_kept():
    x, constant = leaf(N, N), minigrad.ones(N, N)
    first, second = (x + constant).node.arrays
    assert first is x.array
    assert second is constant.array


def test_shape_and_type_are_known():
    node = (leaf(N, N) + 1).node
    assert isinstance(node.output, Unread)
    assert (node.shape, node.dtype, node.released) == ((N, N), np.float32, False)
    node.release()
    assert (node.shape, node.dtype, node.released) == ((N, N), np.float32, True)


def test_broadcasting_is_undone_and_types_come_back():
    x, row = leaf(N, N), leaf(N)
    ((x * 1.0).to(minigrad.float64) + row * 1.0).sum().backward()
    assert (x.grad.shape, x.grad.dtype, row.grad.shape, row.grad.dtype) == ((N, N), x.dtype, (N,), row.dtype)
    assert row.grad.tolist() == [N] * N


def changed_in_place(library, op: str):
    """Change what an op was given, then what it gave, and go back: which of the two are errors."""
    errors = []
    for which in (0, 1):
        x = library.full((N, N), 0.5, requires_grad=True)
        given = x * 1.0
        y = getattr(library, op)(given, given) if op in ("add", "mul") else getattr(library, op)(given)
        result = y * 1.0  # without a rule that reads y
        with library.no_grad():
            (given, y)[which].add_(1.0)
        try:
            result.sum().backward()
            errors.append(False)
        except RuntimeError:
            errors.append(True)
    return errors


@pytest.mark.parametrize(
    ("op", "errors"),
    [("add", [False, False]), ("mul", [True, False]), ("exp", [False, True]), ("sin", [True, False])],
)
def test_changes_in_place_of_what_no_rule_reads_are_allowed(op, errors):
    torch = pytest.importorskip("torch")
    assert changed_in_place(minigrad, op) == changed_in_place(torch, op) == errors


def test_a_name_that_promises_too_much_is_an_error():
    @primitive.primitive(Rule("2 · g · x", lambda g, y, _x: g * _x * 2))
    def square(input):
        return input * input

    (square(minigrad.tensor([3.0], requires_grad=True) * 1)).backward()
    y = square(leaf(N, N) * 1).sum()
    with pytest.raises(RuntimeError, match=r"shape \(150, 150\) was not kept for backward.*underscore"):
        y.backward()


def test_the_gradient_of_a_gradient():
    def second() -> np.ndarray:
        x = leaf(N, N)
        y = relu(linear(x + x, leaf(N, N, seed=1))) * 2.0
        (g,) = minigrad.autograd.grad((y.tanh() + y).mean(), x, create_graph=True)
        return minigrad.autograd.grad((g * g).sum(), x)[0].numpy()

    found = second()
    with Watcher():
        assert second().tobytes() == found.tobytes()


def test_gradients_worked_out_together_find_what_they_read():
    """The norm's weight is read together with the gradient of what is normalised, even where that is not wanted."""
    weight = leaf(N)
    y = minigrad.nn.functional.layer_norm(leaf(N, N).detach(), (N,), weight * 1.0, weight * 2.0)
    y.sum().backward()
    assert np.isfinite(weight.grad.numpy()).all()
