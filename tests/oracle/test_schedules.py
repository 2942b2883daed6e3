"""Learning rates over time, against PyTorch's."""

import numpy as np
import pytest

import minigrad

torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")

pytestmark = pytest.mark.filterwarnings("ignore:The epoch parameter in:UserWarning")


SCHEDULES = [
    ("two functions", lambda o, s: s.LambdaLR(o, [lambda t: 0.9**t, lambda t: 1 / (1 + t)])),
    ("stairs", lambda o, s: s.StepLR(o, 3, 0.5)),
    ("told stairs", lambda o, s: s.MultiStepLR(o, [7, 3, 3, 15])),
    ("a power", lambda o, s: s.ExponentialLR(o, 0.8)),
    ("one stair", lambda o, s: s.ConstantLR(o, 0.25, 4)),
    ("restarts", lambda o, s: s.CosineAnnealingWarmRestarts(o, 4, eta_min=0.01)),
    ("longer restarts", lambda o, s: s.CosineAnnealingWarmRestarts(o, 2, 2)),
    ("one cycle", lambda o, s: s.OneCycleLR(o, 0.5, 25, cycle_momentum=False)),
    ("one cycle, linear", lambda o, s: s.OneCycleLR(o, [0.5, 1.0], None, 5, 6, 0.4, "linear", base_momentum=0.6)),
    ("one cycle, three phases", lambda o, s: s.OneCycleLR(o, 0.5, 22, three_phase=True, final_div_factor=10)),
    ("a function", lambda o, s: s.LambdaLR(o, lambda t: 0.9**t)),
    ("a line", lambda o, s: s.LinearLR(o, start_factor=0.1, end_factor=0.8, total_iters=7)),
    ("a line by default", lambda o, s: s.LinearLR(o)),
    ("a cosine", lambda o, s: s.CosineAnnealingLR(o, T_max=20, eta_min=0.01)),
    ("a cosine and back", lambda o, s: s.CosineAnnealingLR(o, T_max=8)),
    (
        "warm-up and cosine",
        lambda o, s: s.SequentialLR(
            o, [s.LinearLR(o, 0.01, total_iters=5), s.CosineAnnealingLR(o, 12)], milestones=[5]
        ),
    ),
    (
        "three parts",
        lambda o, s: s.SequentialLR(
            o,
            [s.LinearLR(o, 0.1, total_iters=3), s.LambdaLR(o, lambda t: 1 / (1 + t)), s.LinearLR(o, 0.5, 0.1, 4)],
            milestones=[3, 9],
        ),
    ),
    ("factors", lambda o, s: s.MultiplicativeLR(o, lambda t: 1 - 0.5 / t)),
    ("two factors", lambda o, s: s.MultiplicativeLR(o, [lambda t: 0.9, lambda t: 1.1])),
    ("a falling line", lambda o, s: s.LinearLR(o, 1.0, 0.0, total_iters=7)),
    ("a power of a line", lambda o, s: s.PolynomialLR(o, 12, power=2.0)),
    ("a polynomial by default", lambda o, s: s.PolynomialLR(o)),
    ("triangles", lambda o, s: s.CyclicLR(o, 0.1, 0.5, step_size_up=3)),
    ("uneven triangles", lambda o, s: s.CyclicLR(o, [0.1, 0.2], [0.5, 1.0], 4, 2, cycle_momentum=False)),
    ("smaller triangles", lambda o, s: s.CyclicLR(o, 0.1, 0.5, 3, mode="triangular2", base_momentum=0.5)),
    ("triangles in a power", lambda o, s: s.CyclicLR(o, 0.1, 0.5, 3, 4, mode="exp_range", gamma=0.9)),
    ("triangles of one's own", lambda o, s: s.CyclicLR(o, 0.1, 0.5, 3, scale_fn=lambda x: 1 / (5**x))),
    (
        "triangles by steps",
        lambda o, s: s.CyclicLR(o, 0.1, 0.5, 3, scale_fn=lambda x: 0.9**x, scale_mode="iterations"),
    ),
    ("all at once", lambda o, s: s.ChainedScheduler([s.ConstantLR(o, 0.1, 4), s.ExponentialLR(o, 0.9)])),
    (
        "three at once",
        lambda o, s: s.ChainedScheduler([s.LinearLR(o, 0.1), s.StepLR(o, 4), s.CosineAnnealingLR(o, 9, 0.01)], o),
    ),
    (
        "a stair after a function",
        lambda o, s: s.SequentialLR(
            o, [s.MultiplicativeLR(o, lambda t: 0.9), s.StepLR(o, 3, 0.5), s.ExponentialLR(o, 0.9)], milestones=[4, 12]
        ),
    ),
]
NAMED = [pytest.param(row[1], id=row[0]) for row in SCHEDULES]


def optimizers(momentum=0.9, **settings):
    """One of each library, with two groups."""
    for library in (minigrad, torch):
        groups = [{"params": [library.zeros(1, requires_grad=True)], "lr": lr, **settings} for lr in (0.1, 2.0)]
        yield library, library.optim.SGD(groups, lr=0.1, momentum=momentum)


def advance(optimizer, schedule, steps, interfere=None):
    """The rates at each step, as the schedule says and as they stand; and the momenta."""
    rates = [schedule.get_last_lr()]
    for i in range(steps):
        optimizer.step()
        if interfere == i:
            optimizer.param_groups[0]["lr"] = 0.077
        schedule.step()
        rates.append(schedule.get_last_lr())
        rates.append([group["lr"] for group in optimizer.param_groups])
        rates.append([group["momentum"] for group in optimizer.param_groups])
    return rates


@pytest.mark.parametrize("interfere", [None, 5])
@pytest.mark.parametrize("make", NAMED)
def test_schedules(make, interfere):
    """Also when somebody sets a rate by hand on the way."""
    seen = [
        advance(optimizer, make(optimizer, library.optim.lr_scheduler), 20, interfere)
        for library, optimizer in optimizers()
    ]
    np.testing.assert_allclose(*seen, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("make", NAMED)
def test_state_goes_out_and_in(make):
    """With PyTorch's keys, but for those of its inner workings."""
    seen, keys = [], []
    for library, optimizer in optimizers():
        schedule = make(optimizer, library.optim.lr_scheduler)
        advance(optimizer, schedule, 6)
        ((_, other),) = ((a, b) for a, b in optimizers() if a is library)
        continued = make(other, library.optim.lr_scheduler)
        continued.load_state_dict(schedule.state_dict())
        other.load_state_dict(optimizer.state_dict())
        keys.append(schedule.state_dict().keys())
        seen.append(advance(other, continued, 6))
    np.testing.assert_allclose(*seen, rtol=1e-9, atol=1e-12)
    inner = {"factor", "use_beta1", "base_momentums", "max_momentums"}
    assert {key for key in keys[1] - keys[0] - inner if not key.startswith("_")} == set()


CLOSED = [
    "stairs",
    "told stairs",
    "a power",
    "one stair",
    "a line",
    "a cosine",
    "a power of a line",
    "a function",
    "restarts",
    "longer restarts",
]


@pytest.mark.parametrize("make", [pytest.param(row[1], id=row[0]) for row in SCHEDULES if row[0] in CLOSED])
def test_a_step_to_a_given_epoch(make):
    seen = []
    for library, optimizer in optimizers():
        schedule = make(optimizer, library.optim.lr_scheduler)
        rates = []
        for epoch in (3, 7, 2, None, None, 12):
            optimizer.step()
            schedule.step(epoch)
            rates.append([*schedule.get_last_lr(), schedule.last_epoch])
        seen.append(rates)
    np.testing.assert_allclose(*seen, rtol=1e-9, atol=1e-12)


def test_restarts_by_fractions_of_an_epoch():
    seen = []
    for library, optimizer in optimizers():
        schedule = library.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 2, 2, 0.01)
        rates = []
        for epoch in (0.25, 1.5, None, 2.75, None, None, 5.5, 6.25):
            schedule.step(epoch)
            rates.append([*schedule.get_last_lr(), schedule.last_epoch])
        seen.append(rates)
    np.testing.assert_allclose(*seen, rtol=1e-9)


@pytest.mark.parametrize(
    "make",
    [
        lambda o, s: s.LambdaLR(o, lambda t: 0.7**t, last_epoch=5),
        lambda o, s: s.MultiplicativeLR(o, lambda t: 0.7, last_epoch=5),
        lambda o, s: s.StepLR(o, 3, 0.5, last_epoch=5),
        lambda o, s: s.MultiStepLR(o, [4, 7], 0.5, last_epoch=5),
        lambda o, s: s.ConstantLR(o, 0.5, 8, last_epoch=5),
        lambda o, s: s.LinearLR(o, 0.5, total_iters=9, last_epoch=5),
        lambda o, s: s.ExponentialLR(o, 0.9, last_epoch=5),
        lambda o, s: s.PolynomialLR(o, 9, 2.0, last_epoch=5),
        lambda o, s: s.CosineAnnealingLR(o, 9, 0.01, last_epoch=5),
        lambda o, s: s.CosineAnnealingWarmRestarts(o, 4, 1, 0.01, last_epoch=5),
        lambda o, s: s.CyclicLR(o, 0.1, 0.5, 3, cycle_momentum=False, last_epoch=5),
    ],
)
def test_schedules_are_continued(make):
    seen = []
    for library, optimizer in optimizers(initial_lr=0.5):
        schedule = make(optimizer, library.optim.lr_scheduler)
        seen.append([[*schedule.get_last_lr(), schedule.last_epoch], *advance(optimizer, schedule, 4)[2::3]])
    np.testing.assert_allclose(seen[0][0], seen[1][0], rtol=1e-9)
    np.testing.assert_allclose(seen[0][1:], seen[1][1:], rtol=1e-9)


def test_schedules_of_ones_own():
    seen = []
    for library, optimizer in optimizers():

        class Noam(library.optim.lr_scheduler._LRScheduler):
            def __init__(self, optimizer, warmup, last_epoch=-1):
                self.warmup = warmup
                super().__init__(optimizer, last_epoch)

            def get_lr(self):
                n = max(1, self._step_count)
                return [base * min(n**-0.5, n * self.warmup**-1.5) for base in self.base_lrs]

        seen.append(advance(optimizer, Noam(optimizer, 4), 10))
    np.testing.assert_allclose(*seen, rtol=1e-9)


PLATEAUS = [{}, {"mode": "max"}, {"threshold": 0.1, "threshold_mode": "abs"}, {"cooldown": 2, "min_lr": [0.02, 0.3]}]


@pytest.mark.parametrize("options", PLATEAUS, ids=str)
def test_plateaus(options):
    values = np.random.default_rng(0).normal(size=40)
    seen = []
    for library in (minigrad, torch):
        groups = [{"params": [library.zeros(1, requires_grad=True)], "lr": lr} for lr in (0.1, 2.0)]
        optimizer = library.optim.SGD(groups, lr=0.1)
        schedule = library.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=2, **options)
        rates = []
        for value in values:
            schedule.step(library.tensor(value))
            rates.append(schedule.get_last_lr())
        seen.append(rates)
    np.testing.assert_allclose(*seen)
