"""Optimisers: by hand for one step, and what every one of them promises. PyTorch's numbers are in tests/oracle."""

import copy
import pickle

import numpy as np
import pytest

import minigrad
from minigrad import nn, optim


def parameter(*values):
    return minigrad.tensor(values, requires_grad=True)


def step(p, optimizer, g=2.0):
    p.grad = minigrad.full(p.shape, g)
    optimizer.step()
    return p.tolist()


def test_sgd_by_hand():
    p = parameter(1.0)
    assert step(p, optim.SGD([p], lr=0.25)) == [0.5]
    assert step(p, optim.SGD([p], lr=0.25, maximize=True)) == [1.0]
    assert step(p, optim.SGD([p], lr=0.25, weight_decay=2.0)) == [0.0]


def test_momentum_by_hand():
    p = parameter(0.0)
    optimizer = optim.SGD([p], lr=1.0, momentum=0.5)
    assert step(p, optimizer) == [-2.0]
    assert step(p, optimizer) == [-5.0]  # v = 0.5 · 2 + 2


def test_adams_first_step_has_the_length_of_the_learning_rate():
    for g in (1e-3, 1.0, 1e3):
        p = parameter(1.0)
        assert step(p, optim.Adam([p], lr=0.1), g)[0] == pytest.approx(0.9, abs=1e-5)


def test_adamw_decays_apart_from_the_gradient():
    p = parameter(1.0)
    assert step(p, optim.AdamW([p], lr=0.1, weight_decay=0.5), 0.0)[0] == pytest.approx(0.95)


EVERY = [
    optim.SGD,
    optim.Adam,
    optim.AdamW,
    optim.Adamax,
    optim.NAdam,
    optim.RAdam,
    optim.Adadelta,
    optim.Adagrad,
    optim.RMSprop,
    optim.ASGD,
]


@pytest.mark.parametrize("make", EVERY)
class TestEvery:
    def test_reaches_a_minimum(self, make):
        p = parameter(3.0, -2.0)
        optimizer = make([p], lr={optim.Adadelta: 50.0, optim.Adagrad: 1.0}.get(make, 0.1))
        for _ in range(300):
            optimizer.zero_grad()
            ((p - 1) ** 2).sum().backward()
            optimizer.step()
        np.testing.assert_allclose(p.array, 1.0, atol=1e-2)

    def test_works_in_the_parameters_memory_and_type(self, make):
        p = parameter(1.0, 2.0)
        array, optimizer = p.array, make([p], lr=np.float64(0.1), weight_decay=0.1)
        for _ in range(3):
            step(p, optimizer)
        assert p.array is array
        assert p.dtype == minigrad.float32
        assert p.is_leaf
        for state in optimizer.state.values():
            assert {v.dtype for v in state.values() if isinstance(v, minigrad.Tensor)} <= {np.dtype(np.float32)}

    def test_leaves_the_gradient_as_it_is(self, make):
        p = parameter(1.0, 2.0)
        for options in ({}, {"maximize": True, "weight_decay": 0.5}):
            step(p, make([p], lr=0.1, **options))
            assert p.grad.tolist() == [2.0, 2.0]

    def test_parameters_without_gradients_stay(self, make):
        p, other = parameter(1.0), parameter(5.0)
        step(p, make([p, other], lr=0.1, weight_decay=0.5))
        assert other.tolist() == [5.0]

    def test_groups_have_settings_of_their_own(self, make):
        p, q = parameter(1.0), parameter(1.0)
        optimizer = make([{"params": [p], "lr": 0.0}, {"params": q}], lr=0.1)
        q.grad = minigrad.ones(1)
        assert step(p, optimizer) == [1.0]
        assert q.item() < 1.0
        assert [group["lr"] for group in optimizer.param_groups] == [0.0, 0.1]

    def test_zero_grad(self, make):
        p = parameter(1.0)
        optimizer = make([p], lr=0.1)
        step(p, optimizer)
        optimizer.zero_grad(set_to_none=False)
        assert p.grad.tolist() == [0.0]
        optimizer.zero_grad()
        assert p.grad is None

    def test_continues_from_its_state(self, make):
        options = {"momentum": 0.9} if make is optim.SGD else {}

        def start():
            p = parameter(1.0, 2.0)
            return p, make([p], lr=0.1, **options)

        p, optimizer = start()
        for g in (1.0, 2.0):
            step(p, optimizer, g)
        q, other = start()
        q.data = p.data.clone()
        other.load_state_dict(optimizer.state_dict())
        for g in (3.0, -1.0):
            assert step(p, optimizer, g) == step(q, other, g)

    def test_its_state_is_a_copy(self, make):
        p = parameter(1.0)
        optimizer = make([p], lr=0.1, **({"momentum": 0.9} if make is optim.SGD else {}))
        step(p, optimizer)
        saved = optimizer.state_dict()
        assert saved["param_groups"][0]["params"] == [0]
        before = {k: np.array(getattr(v, "array", v)) for k, v in saved["state"][0].items()}
        step(p, optimizer)
        assert all(np.array_equal(getattr(v, "array", v), before[k]) for k, v in saved["state"][0].items())

    def test_refuses_what_cannot_be(self, make):
        p = parameter(1.0)
        for params, error, words in [
            ([], ValueError, "empty"),
            ([3], TypeError, r"params\[0\]"),
            ([p * 2], ValueError, "leaf"),
            ([p, p], ValueError, "more than once"),
            ([{"params": [p]}, {"params": [p]}], ValueError, "more than once"),
        ]:
            with pytest.raises(error, match=words):
                make(params, lr=0.1)
        for name in ("lr", "weight_decay"):
            with pytest.raises(ValueError, match=f"{name} = -1"):
                make([p], **{"lr": 0.1, name: -1})
        one, two = make([p], lr=0.1), make([{"params": [p]}, {"params": [parameter(1.0)]}], lr=0.1)
        with pytest.raises(ValueError, match="load_state_dict"):
            one.load_state_dict(two.state_dict())


def test_settings_that_cannot_be():
    p = parameter(1.0)
    with pytest.raises(ValueError, match="nesterov"):
        optim.SGD([p], nesterov=True)
    with pytest.raises(ValueError, match="betas"):
        optim.Adam([p], betas=(1.0, 0.9))
    with pytest.raises(ValueError, match="eps"):
        optim.Adam([p], eps=-1)


class Momentum(optim.Optimizer):
    """As code written for PyTorch has its own: a step of its own, with tensors in the state."""

    def __init__(self, params, lr, momentum):
        super().__init__(params, dict(lr=lr, momentum=momentum))  # noqa: C408

    @minigrad.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if len(state) == 0:
                    state["step"] = 0
                    state["buffer"] = minigrad.zeros_like(p)
                state["step"] += 1
                state["buffer"].mul_(group["momentum"]).add_(p.grad)
                p.add_(state["buffer"], alpha=-group["lr"])


def test_an_optimiser_of_ones_own():
    p, q = parameter(1.0, -2.0), parameter(1.0, -2.0)
    ours, theirs = Momentum([p], 0.1, 0.5), optim.SGD([q], 0.1, 0.5)
    for g in (1.0, 3.0):
        assert step(p, ours, g) == step(q, theirs, g)
    saved = ours.state_dict()
    step(p, ours)
    assert saved["state"][0]["buffer"].tolist() == [3.5, 3.5]
    r = q.detach().clone().requires_grad_()
    other = Momentum([r], 0.1, 0.5)
    other.load_state_dict(saved)
    assert type(other.state[r]["buffer"]) is minigrad.Tensor
    assert step(r, other, 2.0) == step(q, theirs, 2.0)
    assert saved["state"][0]["buffer"].tolist() == [3.5, 3.5]


def test_it_is_copied_with_its_parameters():
    p = parameter(1.0)
    optimizer = optim.Adam([p], lr=0.1)
    step(p, optimizer)
    q, other = copy.deepcopy((p, optimizer))
    assert other.param_groups[0]["params"][0] is q
    assert step(q, other) == step(p, optimizer)
    r, another = pickle.loads(pickle.dumps((p, optimizer)))
    assert step(r, another) == step(p, optimizer)


def test_settings_of_how_a_step_is_computed():
    p = parameter(1.0)
    optimizer = optim.AdamW([p], foreach=True, capturable=False)
    assert optimizer.param_groups[0]["foreach"] is True
    assert optimizer.param_groups[0]["fused"] is None
    with pytest.raises(TypeError, match=r"SGD: got capturable; it takes lr, momentum, .*, foreach"):
        optim.SGD([p], capturable=True)
    with pytest.raises(ValueError, match="differentiable = True cannot be"):
        optim.SGD([p], differentiable=True)


def test_names_of_parameters_are_kept():
    layer = nn.Linear(2, 1)
    optimizer = optim.SGD(layer.named_parameters(), lr=0.1)
    assert optimizer.param_groups[0]["params"] == [layer.weight, layer.bias]
    assert optimizer.state_dict()["param_groups"][0]["param_names"] == ["weight", "bias"]


def test_a_rate_that_is_a_tensor():
    p = parameter(1.0)
    assert step(p, optim.SGD([p], lr=minigrad.tensor(0.25))) == [0.5]


def test_a_rate_that_is_assigned():
    p = parameter(1.0)
    optimizer = optim.SGD([p], lr=0.1)
    optimizer.param_groups[0]["lr"] = 0.25
    assert step(p, optimizer) == [0.5]


def test_it_trains_a_model():
    minigrad.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 2))
    x = minigrad.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    exclusive_or = minigrad.tensor([0, 1, 1, 0])
    optimizer = optim.AdamW(model.parameters(), lr=0.05)
    for _ in range(200):
        loss = nn.functional.cross_entropy(model(x), exclusive_or)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert minigrad.equal(model(x).argmax(1), exclusive_or)
    assert loss.item() < 0.05


def test_settings_of_ones_own_need_not_be_numbers():
    class FindsItsRate(minigrad.optim.Optimizer):
        def __init__(self, params):
            super().__init__(params, {"lr": None, "weight_decay": lambda p: 0.0})

    optimizer = FindsItsRate([minigrad.ones(2, requires_grad=True)])
    assert optimizer.param_groups[0]["lr"] is None


def test_a_setting_that_has_to_be_given():
    from minigrad.optim.optimizer import required

    optimizer = minigrad.optim.Optimizer(
        [{"params": [minigrad.ones(2, requires_grad=True)], "lr": 0.1}], {"lr": required}
    )
    assert optimizer.param_groups[0]["lr"] == 0.1
    with pytest.raises(ValueError, match="lr has to be given"):
        minigrad.optim.Optimizer([minigrad.ones(2, requires_grad=True)], {"lr": required})
