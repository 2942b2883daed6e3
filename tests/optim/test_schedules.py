"""Learning rates over time. PyTorch's numbers are in tests/oracle."""

import pytest

import minigrad
from minigrad.optim import SGD, Adagrad, lr_scheduler


def optimizer(*rates):
    return SGD([{"params": [minigrad.ones(1, requires_grad=True)], "lr": rate} for rate in rates])


def rates(schedule, steps):
    seen = [schedule.get_last_lr()]
    for _ in range(steps):
        schedule.step()
        seen.append(schedule.get_last_lr())
    return [rate[0] if len(rate) == 1 else rate for rate in seen]


def test_a_function():
    assert rates(lr_scheduler.LambdaLR(optimizer(1.0, 2.0), lambda t: 1 / (1 + t)), 1) == [[1.0, 2.0], [0.5, 1.0]]


def test_a_line():
    schedule = lr_scheduler.LinearLR(optimizer(1.0), 0.5, 1.0, total_iters=2)
    assert rates(schedule, 3) == [0.5, 0.75, 1.0, 1.0]
    with pytest.raises(ValueError, match="start_factor = 0"):
        lr_scheduler.LinearLR(optimizer(1.0), 0)


def test_a_cosine():
    seen = rates(lr_scheduler.CosineAnnealingLR(optimizer(1.0), 4, eta_min=0.2), 4)
    assert seen == pytest.approx([1.0, 0.2 + 0.8 * (2 + 2**0.5) / 4, 0.6, 0.2 + 0.8 * (2 - 2**0.5) / 4, 0.2])


def warmup_and_decay(o):
    return lr_scheduler.SequentialLR(
        o, [lr_scheduler.LinearLR(o, 0.5, total_iters=2), lr_scheduler.CosineAnnealingLR(o, 2)], milestones=[2]
    )


def test_one_after_the_other():
    assert rates(warmup_and_decay(optimizer(1.0)), 4) == pytest.approx([0.5, 0.75, 1.0, 0.5, 0.0])
    o = optimizer(1.0)
    with pytest.raises(ValueError, match="2 schedulers need 1 milestones, not 2"):
        lr_scheduler.SequentialLR(o, [lr_scheduler.LinearLR(o)] * 2, [1, 2])


def test_it_continues_from_its_state():
    for steps in (1, 3):
        o, fresh = optimizer(1.0), optimizer(1.0)
        schedule = warmup_and_decay(o)
        rates(schedule, steps)
        other = warmup_and_decay(fresh)
        other.load_state_dict(schedule.state_dict())
        fresh.load_state_dict(o.state_dict())
        assert rates(other, 2) == rates(schedule, 2)


def test_a_rate_set_by_hand_stays():
    o = optimizer(1.0)
    schedule = lr_scheduler.StepLR(o, 2, 0.5)
    schedule.step()
    o.param_groups[0]["lr"] = 0.2
    assert rates(schedule, 2)[1:] == [0.1, 0.1]


def test_a_given_epoch_is_reached_at_once():
    schedule = lr_scheduler.StepLR(optimizer(1.0), 2, 0.5)
    schedule.step(5)
    assert schedule.get_last_lr() == [0.25]
    assert rates(schedule, 1)[1] == 0.125


def test_a_rate_that_was_zero_comes_back():
    schedule = lr_scheduler.CosineAnnealingLR(optimizer(1.0), 2)
    assert rates(schedule, 4) == pytest.approx([1.0, 0.5, 0.0, 0.5, 1.0])


def test_triangles_move_the_momentum_the_other_way():
    o = SGD([minigrad.ones(1, requires_grad=True)], lr=1.0, momentum=0.5)
    schedule = lr_scheduler.CyclicLR(o, 0.0, 1.0, step_size_up=2, mode="triangular2")
    seen = []
    for _ in range(6):
        schedule.step()
        seen.append((o.param_groups[0]["lr"], round(o.param_groups[0]["momentum"], 4)))
    assert seen == [(0.5, 0.85), (1.0, 0.8), (0.5, 0.85), (0.0, 0.9), (0.25, 0.875), (0.5, 0.85)]


def test_functions_with_attributes_are_part_of_the_state():
    class Halving:
        def __init__(self):
            self.base = 0.5

        def __call__(self, step):
            return self.base**step

    schedule = lr_scheduler.LambdaLR(optimizer(1.0, 1.0), [Halving(), lambda step: 1.0])
    schedule.lr_lambdas[0].base = 0.25
    state = schedule.state_dict()
    assert state["lr_lambdas"] == [{"base": 0.25}, None]
    other = lr_scheduler.LambdaLR(optimizer(1.0, 1.0), [Halving(), lambda step: 1.0])
    other.load_state_dict(state)
    assert rates(other, 1)[1] == [0.25, 1.0]


@pytest.mark.parametrize(
    "make",
    [
        lambda o: lr_scheduler.CyclicLR(o, 0.1, 0.2),  # without momentum
        lambda o: lr_scheduler.CyclicLR(o, 0.1, 0.2, mode="round"),
        lambda o: lr_scheduler.CyclicLR(o, [0.1, 0.1], 0.2),
        lambda o: lr_scheduler.ChainedScheduler([]),
        lambda o: lr_scheduler.ChainedScheduler([lr_scheduler.StepLR(o, 1), lr_scheduler.StepLR(optimizer(1.0), 1)]),
        lambda o: lr_scheduler.SequentialLR(optimizer(1.0), [lr_scheduler.StepLR(o, 1)], []),
        lambda o: lr_scheduler.MultiplicativeLR(o, [abs, abs]),
    ],
)
def test_what_cannot_be(make):
    with pytest.raises(ValueError, match=r"^(CyclicLR|ChainedScheduler|SequentialLR|MultiplicativeLR): "):
        make(Adagrad([minigrad.ones(1, requires_grad=True)]))


def test_one_without_get_lr_says_so():
    with pytest.raises(NotImplementedError, match="LRScheduler has no get_lr method"):
        lr_scheduler.LRScheduler(optimizer(1.0))


def test_rates_are_plain_numbers():
    import numpy as np

    o = optimizer(1.0)
    lr_scheduler.LambdaLR(o, lambda t: np.float64(0.5))
    assert type(o.param_groups[0]["lr"]) is float
