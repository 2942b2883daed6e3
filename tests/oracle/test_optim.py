"""Optimisers over twenty steps, schedules and clipping, against PyTorch's."""

import numpy as np
import pytest

import minigrad
from tests.oracle.comparing import assert_same

torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")

OPTIMIZERS = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("SGD", {"momentum": 0.9, "dampening": 0.3}),
    ("SGD", {"momentum": 0.5, "weight_decay": 0.1}),
    ("SGD", {"maximize": True, "momentum": 0.9, "weight_decay": 0.1}),
    ("Adam", {}),
    ("Adam", {"betas": (0.5, 0.9), "eps": 1e-3}),
    ("Adam", {"weight_decay": 0.1}),
    ("Adam", {"maximize": True}),
    ("AdamW", {}),
    ("AdamW", {"weight_decay": 0.3, "betas": (0.8, 0.99)}),
    ("AdamW", {"maximize": True, "weight_decay": 0.1}),
    ("Adam", {"amsgrad": True, "betas": (0.5, 0.6)}),
    ("AdamW", {"amsgrad": True}),
    ("Adam", {"decoupled_weight_decay": True, "weight_decay": 0.3}),
    ("Adamax", {}),
    ("Adamax", {"betas": (0.5, 0.9), "eps": 1e-2, "weight_decay": 0.1, "maximize": True}),
    ("NAdam", {}),
    ("NAdam", {"betas": (0.5, 0.9), "weight_decay": 0.1, "momentum_decay": 0.1, "maximize": True}),
    ("NAdam", {"weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("RAdam", {}),
    ("RAdam", {"betas": (0.5, 0.9), "eps": 1e-2, "weight_decay": 0.1, "maximize": True}),
    ("RAdam", {"weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("Adadelta", {}),
    ("Adadelta", {"rho": 0.7, "eps": 1e-3, "weight_decay": 0.1, "maximize": True}),
    ("ASGD", {}),
    ("ASGD", {"lambd": 0.1, "alpha": 0.5, "t0": 7, "weight_decay": 0.1, "maximize": True}),
    ("Rprop", {}),
    ("Rprop", {"etas": (0.3, 1.5), "step_sizes": (0.01, 0.1), "maximize": True}),
    ("SGD", {"foreach": False, "fused": False}),
    ("RMSprop", {}),
    ("RMSprop", {"momentum": 0.9, "alpha": 0.8, "weight_decay": 0.1}),
    ("RMSprop", {"centered": True, "maximize": True}),
    ("Adagrad", {}),
    ("Adagrad", {"lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.5, "maximize": True}),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("name", "options"), OPTIMIZERS)
def test_twenty_steps(name, options, dtype):
    rng = np.random.default_rng(0)
    starts = [rng.standard_normal(shape).astype(dtype) for shape in ((3, 2), (4,), ())]
    noise = [[rng.standard_normal(x.shape).astype(dtype) for x in starts] for _ in range(20)]
    runs = []
    for library in (minigrad, torch):
        parameters = [library.tensor(x, requires_grad=True) for x in starts]
        unused = library.tensor(np.ones(2, dtype), requires_grad=True)
        optimizer = getattr(library.optim, name)([*parameters, unused], lr=0.05, **options)
        runs.append((library, parameters, optimizer))

    def train(library, parameters, optimizer):
        for step in noise:
            optimizer.zero_grad()
            loss = sum(((p - 1) * (p + library.tensor(n))).sum() for p, n in zip(parameters, step, strict=True))
            loss.backward()
            optimizer.step()

    rounding = {"rtol": 1e-4, "atol": 1e-5} if dtype == np.float32 else {}
    if name in ("NAdam", "ASGD") and dtype == np.float64:
        rounding = {"rtol": 1e-7}  # PyTorch keeps mu_product and eta as float32

    def check():
        for a, b in zip(runs[0][1], runs[1][1], strict=True):
            assert_same(a.detach(), b.detach(), **rounding)

    for run in runs:
        train(*run)
    check()
    (_, _, ours), (_, _, theirs) = runs
    our_state, their_state = ours.state_dict(), theirs.state_dict()
    assert our_state["param_groups"] == their_state["param_groups"]
    assert repr(ours) == repr(theirs)
    for i, state in our_state["state"].items():
        expected = {key: value for key, value in their_state["state"][i].items() if value is not None}
        assert state.keys() == expected.keys()
        for key, value in state.items():
            if isinstance(value, minigrad.Tensor):
                assert_same(value, expected[key], key, **rounding)
            else:
                assert value == pytest.approx(expected[key].item(), rel=1e-6)
    ours.load_state_dict(moved(their_state, lambda x: minigrad.tensor(x.numpy())))
    theirs.load_state_dict(moved(our_state, lambda x: torch.tensor(x.numpy())))
    for run in runs:
        train(*run)
    check()


def moved(state_dict, convert):
    """A state of one library for the other."""
    state = {
        i: {key: convert(x) if hasattr(x, "numpy") else x for key, x in values.items()}
        for i, values in state_dict["state"].items()
    }
    return {"state": state, "param_groups": state_dict["param_groups"]}


def test_groups_are_added_and_closures_called():
    seen = []
    for library in (minigrad, torch):
        x, y = (library.ones(2, requires_grad=True) for _ in range(2))
        optimizer = library.optim.SGD([x], lr=0.1, momentum=0.5)
        optimizer.add_param_group({"params": y, "lr": 0.01})

        def closure(x=x, y=y, optimizer=optimizer):
            optimizer.zero_grad()
            loss = (x * y * y).sum()
            loss.backward()
            return loss

        with library.no_grad():
            losses = [optimizer.step(closure).item() for _ in range(3)]
        seen.append([*losses, *x.tolist(), *y.tolist()])
    np.testing.assert_allclose(*seen, rtol=1e-6)


@pytest.mark.parametrize("max_norm", [0.5, 1e6])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_clipping(max_norm, dtype):
    rng = np.random.default_rng(0)
    values = [rng.standard_normal(shape).astype(dtype) for shape in ((3, 2), (4,))]
    results = []
    for library in (minigrad, torch):
        parameters = [library.tensor(x, requires_grad=True) for x in values]
        sum((p**3).sum() for p in parameters).backward()
        norm = library.nn.utils.clip_grad_norm_(parameters, max_norm)
        results.append([norm, *(p.grad for p in parameters)])
    for a, b in zip(*results, strict=True):
        assert_same(a, b)


@pytest.mark.parametrize("norm_type", [1.0, 2.0, 3.0, float("inf")])
def test_norms_and_vectors(norm_type):
    rng = np.random.default_rng(0)
    values = [rng.standard_normal(shape) for shape in ((3, 2), (4,), ())]
    results = []
    for library in (minigrad, torch):
        utils = library.nn.utils
        parameters = [library.tensor(x, requires_grad=True) for x in values]
        vector = utils.parameters_to_vector(parameters)
        (vector**3).sum().backward()
        total = utils.clip_grad_norm_(parameters, 0.7, norm_type, foreach=False)
        again = utils.get_total_norm([p.grad for p in parameters], norm_type)
        clipped = [p.grad.clone() for p in parameters]
        utils.clip_grads_with_norm_(parameters, 0.2, total)
        clipped += [p.grad.clone() for p in parameters]
        utils.clip_grad_value_(parameters, 0.05)
        utils.vector_to_parameters(vector * 2, parameters)
        results.append([vector, total, again, *clipped, *(p.grad for p in parameters), *parameters])
    for a, b in zip(*results, strict=True):
        assert_same(a, b)
