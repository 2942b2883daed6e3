"""Learning rates over time. PyTorch's numbers are in tests/oracle."""

import pytest

import minigrad
from minigrad.optim import SGD, lr_scheduler


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
    o = optimizer(1.0)
    schedule = warmup_and_decay(o)
    rates(schedule, 3)
    other = warmup_and_decay(optimizer(1.0))
    other.load_state_dict(schedule.state_dict())
    assert other.get_last_lr() == schedule.get_last_lr()
    assert rates(other, 1) == rates(schedule, 1)


def test_rates_are_plain_numbers():
    import numpy as np

    o = optimizer(1.0)
    lr_scheduler.LambdaLR(o, lambda t: np.float64(0.5))
    assert type(o.param_groups[0]["lr"]) is float
