"""L-BFGS against PyTorch's: the same points one after the other, and the same state."""

import numpy as np
import pytest

import minigrad
from tests.oracle.comparing import assert_same

torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")


def valley(library, x, y):
    """Rosenbrock's function, in several dimensions."""
    z = library.cat([x.flatten(), y.flatten()])
    return (100 * (z[1:] - z[:-1] ** 2) ** 2 + (1 - z[:-1]) ** 2).sum()


def waves(library, x, y):
    """Not convex."""
    return (library.sin(3 * x) + 0.1 * x**2).sum() + library.sqrt(0.01 + (y - x.sum()) ** 2).sum()


def bowl(library, x, y):
    return (library.exp(0.3 * x) * x**2).sum() + ((y - 2) ** 4).sum()


OPTIONS = [
    {},
    {"lr": 0.05, "max_iter": 7},
    {"history_size": 2, "max_iter": 30},
    {"max_eval": 4},
    {"tolerance_grad": 0.5},
    {"tolerance_change": 0.05},
]


def trace(library, function, options, steps):
    """Every point at which the closure was called, what each step gave, and the state in the end."""
    rng = np.random.default_rng(0)
    x, y = (library.tensor(0.5 * rng.standard_normal(shape), requires_grad=True) for shape in ((2, 2), (3,)))
    unused = library.zeros(1, dtype=library.float64, requires_grad=True)
    optimizer, seen = library.optim.LBFGS([x, unused, y], **options), []

    def closure():
        optimizer.zero_grad()
        loss = function(library, x, y)
        loss.backward()
        seen.append([*x.detach().flatten().tolist(), *y.tolist(), loss.item()])
        return loss

    losses = [optimizer.step(closure).item() for _ in range(steps)]
    return seen, losses, [*x.detach().flatten().tolist(), *y.tolist()], optimizer.state_dict()


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("search", [None, "strong_wolfe"])
@pytest.mark.parametrize("function", [bowl, valley, waves], ids=lambda f: f.__name__)
def test_the_same_points(function, search, options):
    options = {"lr": 1e-3 if search is None else 1, **options, "line_search_fn": search}
    ours, theirs = (trace(library, function, options, 4) for library in (minigrad, torch))
    assert len(ours[0]) == len(theirs[0])
    for i in range(3):
        np.testing.assert_allclose(ours[i], theirs[i], rtol=1e-5, atol=1e-6)
    assert ours[3]["param_groups"] == theirs[3]["param_groups"]
    state, their_state = ours[3]["state"][0], theirs[3]["state"][0]
    assert state.keys() == their_state.keys() - {"al"}  # room to compute in, which PyTorch makes if it is not there
    assert all(state[name] == their_state[name] for name in ("func_evals", "n_iter"))
    for name in ("old_dirs", "old_stps"):
        for a, b in zip(state[name], their_state[name], strict=True):
            assert_same(a, b, rtol=1e-3, atol=1e-5)


def test_a_model_is_fitted_as_in_torch():
    rng = np.random.default_rng(0)
    weights = [rng.standard_normal(shape).astype(np.float32) for shape in ((8, 1), (8,), (1, 8), (1,))]
    x = np.linspace(-2, 2, 20, dtype=np.float32)[:, None]
    losses = []
    for library in (minigrad, torch):
        model = library.nn.Sequential(library.nn.Linear(1, 8), library.nn.Tanh(), library.nn.Linear(8, 1))
        with library.no_grad():
            for p, w in zip(model.parameters(), weights, strict=True):
                p.copy_(library.tensor(w))
        inputs, targets = library.tensor(x), library.tensor(np.sin(2 * x))
        optimizer = library.optim.LBFGS(model.parameters(), lr=0.5, max_iter=5, line_search_fn="strong_wolfe")

        def closure(model=model, library=library, optimizer=optimizer, inputs=inputs, targets=targets):
            optimizer.zero_grad()
            loss = library.nn.functional.mse_loss(model(inputs), targets)
            loss.backward()
            return loss

        losses.append([optimizer.step(closure).item() for _ in range(8)])
    np.testing.assert_allclose(*losses, rtol=2e-2)
    np.testing.assert_allclose(losses[0][:4], losses[1][:4], rtol=1e-4)
