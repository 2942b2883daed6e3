"""Writing in place through views: everybody who sees the memory sees the values, and follows the history."""

import gc
import weakref

import numpy as np
import pytest

import minigrad
from minigrad import nn, no_grad
from minigrad.autograd import grad
from minigrad.in_place import positions_in


def leaf(*values):
    return minigrad.tensor(values, dtype=minigrad.float64, requires_grad=True)


def test_a_write_through_a_view_reaches_its_base():
    x = leaf(1.0, 2.0, 3.0)
    h = x * 1
    h[1:].mul_(x[:2])  # h = x0, x1 x0, x2 x1
    assert h.tolist() == [1.0, 2.0, 6.0]
    h.sum().backward()
    assert x.grad.tolist() == [3.0, 4.0, 2.0]


def test_a_write_to_the_base_reaches_its_views():
    x = leaf(1.0, 2.0)
    h = x * 1
    view = h[0]
    h.mul_(10)
    assert view.item() == 10.0
    view.backward()
    assert x.grad.tolist() == [10.0, 0.0]


def test_views_of_the_same_memory_follow_each_other():
    x = leaf(1.0, 2.0, 3.0, 4.0)
    h = (x * 1).reshape(2, 2)
    row, column, flat = h[0], h.T[1], h.view(-1)
    column.mul_(3)
    assert flat.tolist() == [1.0, 6.0, 3.0, 12.0]
    for view, expected in ((row, [1.0, 3.0, 0.0, 0.0]), (flat, [1.0, 3.0, 1.0, 3.0]), (h, [1.0, 3.0, 1.0, 3.0])):
        assert grad(view.sum(), x, retain_graph=True)[0].tolist() == expected


def test_constants_become_results_through_their_views():
    w = leaf(5.0)
    buffer = minigrad.zeros(3, dtype=minigrad.float64)
    first, last = buffer[0], buffer[2:]
    assert not first.requires_grad
    last.copy_(w)
    assert buffer.requires_grad
    assert first.requires_grad
    assert not first.is_leaf
    (first + buffer.sum() * 2).backward()
    assert w.grad.tolist() == [2.0]


def test_a_second_derivative_through_a_view():
    x = leaf(2.0, 3.0)
    h = x * 1
    h[0].pow_(3)
    (first,) = grad(h.sum(), x, create_graph=True)
    assert first.tolist() == [12.0, 1.0]
    assert grad(first.sum(), x)[0].tolist() == [12.0, 0.0]


def test_parts_of_one_tensor_written_one_by_one():
    x = leaf(1.0, 2.0, 3.0)
    rows = (x * 1).unbind()
    for i, row in enumerate(rows):
        row.mul_(i)
    sum(rows).backward()
    assert x.grad.tolist() == [0.0, 1.0, 2.0]


def test_what_was_detached_sees_the_values_and_not_the_history():
    x = leaf(1.0, 2.0)
    h = x * 1
    apart = h.detach()
    h[0].mul_(5)
    assert apart.tolist() == [5.0, 2.0]
    assert not apart.requires_grad
    with no_grad():
        blind = h[1]
    h.mul_(2)
    assert blind.item() == 4.0
    assert not blind.requires_grad


def test_reshaping_in_place_keeps_following():
    x = leaf(1.0, 2.0)
    h = x * 1
    view = h[:1].unsqueeze_(0)
    h.mul_(x)
    assert view.shape == (1, 1)
    view.sum().backward()
    assert x.grad.tolist() == [2.0, 0.0]


def test_other_memory_ends_the_view():
    h = leaf(1.0, 2.0) * 1
    view = h[0]
    h.data = minigrad.tensor([7.0, 8.0]).double()
    h.mul_(2)
    assert view.item() == 1.0
    assert view.requires_grad


def test_old_values_that_a_derivative_needs_are_refused():
    x = leaf(1.0, 2.0)
    h = x * 1
    y = h[0] * h[1]
    h[0].mul_(4)
    with pytest.raises(RuntimeError, match=r"mul saved an input .* that mul_ changed in place"):
        y.backward()


def test_a_write_that_saves_the_old_values_has_a_copy_of_them():
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    h = x * 1
    h[:].mul_(w)
    h[:].mul_(w)
    h.sum().backward()
    assert x.grad.tolist() == [9.0, 16.0]
    assert w.grad.tolist() == [6.0, 16.0]


def test_expanded_memory_is_not_written():
    wide = (leaf(1.0, 2.0) * 1).expand(3, 2)
    for write in (lambda x: x.add_(1), lambda x: x[0].zero_(), lambda x: x.__setitem__(0, 1.0)):
        with pytest.raises(RuntimeError, match=r"shape \(3, 2\)|shape \(2,\)"):
            write(wide)
        with no_grad(), pytest.raises(RuntimeError, match="expand"):
            write(wide)


def test_the_places_of_a_view():
    whole = np.arange(24).reshape(2, 3, 4)
    for base in (whole, whole.T, whole[:, ::-1], whole[:, 1:]):
        flat = base.ravel()
        for view in (base[0], base.T, base[..., ::-2], base[1, 0, 0, ...], base[:0]):
            np.testing.assert_array_equal(flat[positions_in(base, view)], view)


def test_writing_leaves_no_cycle():
    gc.collect()
    gc.disable()
    try:
        w = leaf(1.0, 2.0)
        steps = minigrad.zeros(4, 2, dtype=minigrad.float64)
        for t in range(1, 4):
            steps[t] = steps[t - 1].clone() * w + w
            steps[t].mul_(w)
        steps.sum()
        watched = weakref.ref(steps)
        del steps
        assert watched() is None
    finally:
        gc.enable()


def test_an_activation_in_place_between_layers():
    """As `nn.ReLU(inplace=True)` in public code: the layer before does not need its output."""
    plain, in_place = (
        nn.Sequential(nn.Linear(2, 3), nn.ReLU(inplace=flag), nn.Linear(3, 1)).double() for flag in (False, True)
    )
    in_place.load_state_dict(plain.state_dict())
    x = leaf(1.0, -2.0)
    for model in (plain, in_place):
        model(x).sum().backward()
    for a, b in zip(plain.parameters(), in_place.parameters(), strict=True):
        assert a.grad.tolist() == b.grad.tolist()
