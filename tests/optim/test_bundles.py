"""Small parameters changed together (`foreach`): what one sees is what one sees when each is changed by itself."""

import copy
import pickle

import numpy as np
import pytest

import minigrad
from minigrad import nn, optim
from minigrad.optim.bundles import LONGEST, SMALL, bundled, elementwise

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
    optim.Rprop,
    optim.ASGD,
]
OPTIONS = {optim.SGD: {"momentum": 0.9}, optim.RMSprop: {"momentum": 0.9, "centered": True}}


class Run:
    """A few parameters of several shapes, one of them large, and an optimiser of them."""

    def __init__(self, make, foreach, dtype=minigrad.float32):
        shapes = [(3, 4), (4,), (), (2, 1, 5), (SMALL + 1,), (7,)]
        self.numbers = np.random.default_rng(0)
        self.params = [nn.Parameter(self.draw(shape).to(dtype)) for shape in shapes]
        self.optimizer = make(self.params, lr=0.1, foreach=foreach, **OPTIONS.get(make, {}))

    def draw(self, shape):
        return minigrad.tensor(self.numbers.standard_normal(shape).astype("float32"))

    def step(self, times=2, without=()):
        for _ in range(times):
            for i, p in enumerate(self.params):
                g = self.draw(p.shape).to(p.dtype)
                p.grad = None if i in without else g
            self.optimizer.step()

    def all(self):
        """Every number that there is."""
        state = self.optimizer.state_dict()["state"]
        return [p.detach().numpy() for p in self.params] + [
            np.array(getattr(value, "array", value)) for i in sorted(state) for _, value in sorted(state[i].items())
        ]


def unlike(found, expected):
    return [i for i, (x, y) in enumerate(zip(found, expected, strict=True)) if x.tobytes() != y.tobytes()]


@pytest.mark.parametrize("dtype", [minigrad.float32, minigrad.float64])
@pytest.mark.parametrize("make", EVERY)
def test_each_rule_gives_the_same_bits(make, dtype):
    together, alone = Run(make, None, dtype), Run(make, False, dtype)
    for run in (together, alone):
        run.step(5)
    assert not unlike(together.all(), alone.all())
    assert together.optimizer._bundles[0][1]
    assert not alone.optimizer._bundles


def no_gradient_for_some(run):
    run.step(1, without={1, 2})
    run.step(2, without={0})
    run.step(2)


def frozen(run):
    run.params[0].requires_grad_(False)
    run.step(without={0})
    run.params[0].requires_grad_(True)
    run.step()


def data_is_assigned(run):
    run.step()
    run.params[1].data = minigrad.ones(4)
    run.params[3].data = run.params[3].data.transpose(0, 2).clone().transpose(0, 2)
    run.step()


def data_is_written(run):
    run.step()
    with minigrad.no_grad():
        run.params[0] *= 2
        run.params[1].data[0] = 5.0
    run.step()


def gradients_are_assigned(run):
    run.step()
    for p in run.params:
        p.grad = p.detach() * 2
    run.params[0].grad = run.params[0].detach()  # the parameter's own memory
    run.optimizer.step()


def memory_is_shared(run):
    run.step()
    run.params[1].data = run.params[3].data.flatten()[2:6]
    run.params[5].data = run.params[3].data.flatten()[3:10]
    run.step()


def state_is_loaded(run):
    run.step()
    saved = run.optimizer.state_dict()
    run.step()
    run.optimizer.load_state_dict(saved)
    run.step()


def state_is_changed(run):
    run.step()
    state, p = run.optimizer.state, run.params
    state[p[0]]["exp_avg"] = minigrad.ones(3, 4)
    state[p[1]]["exp_avg"].data = minigrad.ones(4)
    state[p[2]]["exp_avg"].zero_()
    state[p[3]]["step"] = 1
    state[p[5]].clear()
    run.step()
    del state[p[5]]
    run.step()


def groups_are_changed(run):
    run.step()
    first = run.optimizer.param_groups[0]
    run.params += [nn.Parameter(minigrad.ones(3)), nn.Parameter(minigrad.ones(2))]
    run.optimizer.add_param_group({"params": run.params[-2:], "lr": 0.5})
    run.step()
    first["params"].reverse()
    first["lr"] = 0.01
    run.step()


def type_is_changed(run):
    run.step()
    for p in run.params:
        p.data = p.data.double()
    run.optimizer.state.clear()
    run.step()


def copied(run):
    run.step()
    run.params, run.optimizer = copy.deepcopy((run.params, run.optimizer))
    run.step()


def pickled(run):
    run.step()
    run.params, run.optimizer = pickle.loads(pickle.dumps((run.params, run.optimizer)))
    run.step()


SCENES = [
    no_gradient_for_some,
    frozen,
    data_is_assigned,
    data_is_written,
    gradients_are_assigned,
    memory_is_shared,
    state_is_loaded,
    state_is_changed,
    groups_are_changed,
    type_is_changed,
    copied,
    pickled,
]


@pytest.mark.parametrize("scene", SCENES)
def test_nobody_sees_it(scene):
    together, alone = Run(optim.Adam, None), Run(optim.Adam, False)
    for run in (together, alone):
        scene(run)
    assert not unlike(together.all(), alone.all())
    assert together.optimizer._bundles[0][1]


def test_parameters_keep_their_memory():
    run = Run(optim.Adam, None)
    arrays = [p.detach().numpy() for p in run.params]
    run.step()
    assert all(p.detach().numpy() is array for p, array in zip(run.params, arrays, strict=True))


def test_a_graph_from_before_the_step_is_refused():
    p, q = nn.Parameter(minigrad.ones(2)), nn.Parameter(minigrad.ones(2))
    loss = (p * q).sum()
    p.grad = q.grad = minigrad.ones(2)
    optim.SGD([p, q], lr=0.1).step()
    with pytest.raises(RuntimeError, match=r"mul saved an input of shape \(2,\) that SGD\.step changed"):
        loss.backward()


class Normed(optim.Optimizer):
    """One rule that looks at all elements of a parameter."""

    execution = ("foreach",)

    def __init__(self, params):
        super().__init__(params, {"lr": 1.0})
        self.calls = []

    def update(self, p, g, state, group):
        self.calls.append(p.shape)
        p -= group["lr"] * g / np.linalg.norm(g)


class Signed(Normed):
    @elementwise
    def update(self, p, g, state, group):
        self.calls.append(p.shape)
        p -= group["lr"] * np.sign(g)


class NormedAdam(optim.Adam):
    def update(self, p, g, state, group):
        super().update(p, g / np.linalg.norm(g), state, group)


def test_only_rules_that_say_so_see_parameters_together():
    params = [nn.Parameter(minigrad.zeros(n)) for n in (2, 3)]
    for p in params:
        p.grad = minigrad.full(p.shape, 2.0)
    for make, calls in ((Normed, [(2,), (3,)]), (Signed, [(5,)])):
        optimizer = make(params)
        optimizer.step()
        assert optimizer.calls == calls
    optimizer = NormedAdam(params)
    optimizer.step()
    assert not optimizer._bundles
    assert optimizer.state[params[1]]["exp_avg"].tolist() == pytest.approx([0.1 / 3**0.5] * 3)


def test_bundles_are_no_longer_than_the_cache_likes():
    params = [nn.Parameter(minigrad.zeros(SMALL)) for _ in range(20)]
    bundles, others = bundled(params, {p: {} for p in params})
    assert [p for bundle in bundles for p in bundle.params] + others == params
    assert max(bundle.values.size for bundle in bundles) < LONGEST + SMALL
