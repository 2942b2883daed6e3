"""Averaged models and their schedule, against PyTorch's."""

import numpy as np
import pytest

import minigrad
from tests.oracle.comparing import assert_same

torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")

AVERAGES = [
    lambda s: {},
    lambda s: {"avg_fn": s.get_ema_avg_fn(0.9)},
    lambda s: {"multi_avg_fn": s.get_ema_multi_avg_fn(0.8)},
    lambda s: {"avg_fn": s.get_swa_avg_fn(), "use_buffers": True},
    lambda s: {"multi_avg_fn": s.get_swa_multi_avg_fn()},
    lambda s: {"avg_fn": lambda averaged, current, count: 0.3 * averaged + 0.7 * current, "device": "cpu"},
]


def swa(library):
    if library is torch:
        return torch.optim.swa_utils
    from minigrad.optim import swa_utils

    return swa_utils


@pytest.mark.parametrize("options", AVERAGES)
def test_averaged_models(options):
    rng = np.random.default_rng(0)
    values = [[rng.standard_normal(shape) for shape in ((3, 2), (3,), (3,), (3,))] for _ in range(4)]
    x = [rng.standard_normal((6, 2)) for _ in range(4)]
    results = []
    for library in (minigrad, torch):
        nn, utils = library.nn, swa(library)
        model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Dropout(0.0)).double()
        averaged = utils.AveragedModel(model, **options(utils))
        found = [repr(averaged), list(averaged.state_dict())]
        for row, batch in zip(values, x, strict=True):
            with library.no_grad():
                for p, value in zip(model.parameters(), row, strict=True):
                    p.copy_(library.tensor(value))
            model(library.tensor(batch))
            averaged.update_parameters(model)
        found += [value.clone() for value in averaged.state_dict().values()]
        utils.update_bn([library.tensor(batch) for batch in x], averaged)
        utils.update_bn([(library.tensor(batch), 0) for batch in x], model.eval())
        assert averaged.training
        assert not model.training
        assert averaged.module[1].momentum == 0.1
        found += [*averaged.state_dict().values(), *model.state_dict().values()]
        results.append([*found, averaged.eval()(library.tensor(x[0]))])
    for a, b in zip(*results, strict=True):
        if isinstance(a, minigrad.Tensor):
            assert_same(a, b, rtol=1e-6, atol=1e-9)  # PyTorch counts in float32
        else:
            assert a == b


@pytest.mark.parametrize(
    "options",
    [
        {"swa_lr": 0.05},
        {"swa_lr": [0.05, 0.3], "anneal_epochs": 4, "anneal_strategy": "linear"},
        {"swa_lr": 0.5, "anneal_epochs": 0},
        {"swa_lr": 0.5, "anneal_epochs": 1},
    ],
    ids=str,
)
def test_its_schedule(options):
    """Also after another schedule, which it takes over from."""
    seen = []
    for library in (minigrad, torch):
        groups = [{"params": [library.zeros(1, requires_grad=True)], "lr": lr} for lr in (0.1, 2.0)]
        optimizer = library.optim.SGD(groups, lr=0.1)
        decay = library.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
        schedule = swa(library).SWALR(optimizer, **options)
        rates = []
        for step in range(18):
            optimizer.step()
            (decay if step < 3 else schedule).step()
            rates.append([group["lr"] for group in optimizer.param_groups])
        seen.append(rates)
    np.testing.assert_allclose(*seen, rtol=1e-7)


@pytest.mark.parametrize(
    "make",
    [
        lambda s, o, m: s.SWALR(o, 0.1, anneal_strategy="x"),
        lambda s, o, m: s.SWALR(o, 0.1, anneal_epochs=-1),
        lambda s, o, m: s.SWALR(o, [0.1, 0.2]),
        lambda s, o, m: s.get_ema_avg_fn(1.5),
        lambda s, o, m: s.AveragedModel(m, avg_fn=s.get_swa_avg_fn(), multi_avg_fn=s.get_swa_multi_avg_fn()),
    ],
)
def test_what_is_refused(make):
    for library in (minigrad, torch):
        model = library.nn.Linear(1, 1)
        with pytest.raises((ValueError, AssertionError), match=r"\w"):
            make(swa(library), library.optim.SGD(model.parameters(), lr=0.1), model)
