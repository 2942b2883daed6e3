import numpy as np
import pytest

import minigrad
from minigrad.autograd import functional, gradcheck

CASES = {
    "one to one": (lambda x: x**3 + x.sum(), lambda rng: (rng.standard_normal(3),)),
    "two inputs": (lambda x, y: x * y.sum() + x**2, lambda rng: (rng.standard_normal(2), rng.standard_normal(3))),
    "two outputs": (lambda x: (x.sin(), (x * x).sum()), lambda rng: (rng.standard_normal(3),)),
    "an input not used": (lambda x, y: x * 2, lambda rng: (rng.standard_normal(2), rng.standard_normal(2))),
    "matrix": (lambda x: x @ x, lambda rng: (rng.standard_normal((2, 2)),)),
}


def arrays(x):
    """Nested tuples of tensors, flat, as arrays."""
    return [a for part in x for a in arrays(part)] if isinstance(x, tuple) else [x.detach().numpy()]


def both(name, compute):
    """What `compute(library, function, inputs)` gives with minigrad and with PyTorch."""
    torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")
    function, make = CASES[name]
    values = make(np.random.default_rng(0))
    for library in (minigrad, torch):
        inputs = tuple(library.tensor(v) for v in values)
        yield arrays(compute(library, function, inputs if len(inputs) > 1 else inputs[0]))


def assert_same(name, compute):
    ours, theirs = both(name, compute)
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12)


def ones_like(library, x):
    return tuple(library.ones_like(t) for t in x) if isinstance(x, tuple) else library.ones_like(x)


@pytest.mark.parametrize("name", CASES)
def test_jacobian_vjp_and_jvp_agree_with_pytorch(name):
    assert_same(name, lambda lib, f, x: lib.autograd.functional.jacobian(f, x))
    assert_same(name, lambda lib, f, x: lib.autograd.functional.jvp(f, x, ones_like(lib, x)))
    outputs = lambda f, x: f(*x) if isinstance(x, tuple) else f(x)  # noqa: E731
    assert_same(name, lambda lib, f, x: lib.autograd.functional.vjp(f, x, ones_like(lib, outputs(f, x))))


@pytest.mark.parametrize("name", ["one to one", "two inputs", "matrix", "an input not used"])
def test_hessian_and_hvp_agree_with_pytorch(name):
    scalar = lambda f: lambda *x: (f(*x) ** 2).sum()  # noqa: E731
    assert_same(name, lambda lib, f, x: lib.autograd.functional.hessian(scalar(f), x))
    assert_same(name, lambda lib, f, x: lib.autograd.functional.hvp(scalar(f), x, ones_like(lib, x)))


def test_results_can_be_differentiated():
    x = minigrad.tensor([0.5, -1.0], dtype=minigrad.float64, requires_grad=True)
    v = minigrad.tensor([1.0, 2.0], dtype=minigrad.float64)
    assert gradcheck(lambda x: functional.jacobian(lambda x: x**3, x, create_graph=True), x)
    assert gradcheck(lambda x: functional.jvp(lambda x: x**3, x, v, create_graph=True)[1], x)
    assert gradcheck(lambda x: functional.hvp(lambda x: (x**4).sum(), x, v, create_graph=True)[1], x)


def test_without_create_graph_results_have_no_history():
    x = minigrad.tensor([0.5, -1.0], requires_grad=True)
    assert not functional.jacobian(lambda x: x * x, x).requires_grad
    assert x.grad is None


def test_misuse_is_named():
    x = minigrad.ones(2)
    with pytest.raises(RuntimeError, match=r"hessian: func must return one number, not \(2,\)"):
        functional.hessian(lambda x: x * 2, x)
    with pytest.raises(RuntimeError, match="v is needed"):
        functional.jvp(lambda x: x * 2, x)
