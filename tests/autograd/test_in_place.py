"""Changing memory in place: allowed where no gradient can go wrong, an error everywhere else."""

import numpy as np
import pytest

import minigrad
from minigrad import nn, no_grad
from minigrad.autograd import grad


def leaf(*values):
    return minigrad.tensor(values, dtype=minigrad.float64, requires_grad=True)


def stale(op, writer):
    return pytest.raises(RuntimeError, match=f"{op} saved .* that {writer} changed in place")


WRITES = {
    "add_": lambda x: x.add_(1),
    "sub_": lambda x: x.sub_(1),
    "mul_": lambda x: x.mul_(2),
    "div_": lambda x: x.div_(2),
    "fill_": lambda x: x.fill_(3.0),
    "copy_": lambda x: x.copy_(minigrad.zeros(2)),
    "setitem": lambda x: x.__setitem__(0, 5.0),
}


@pytest.mark.parametrize("name", [*WRITES, "zero_"])
def test_a_saved_input_that_was_changed(name):
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    y = (x * w).sum()
    with no_grad():
        WRITES.get(name, lambda x: x.zero_())(w)
    with stale("mul", "fill_" if name == "zero_" else name):
        y.backward()
    assert x.grad is None


@pytest.mark.parametrize("name", WRITES)
def test_a_saved_output_that_was_changed(name):
    x = leaf(1.0, 2.0)
    y = x.exp()
    with no_grad():
        WRITES[name](y)
    with stale("exp", name):
        y.sum().backward()


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x[0],
        lambda x: x[1:],
        lambda x: x.reshape(2, 1),
        lambda x: x.detach(),
        lambda x: x.data,
        lambda x: x.T,
        lambda x: x.unsqueeze(0).squeeze(0).detach(),
    ],
)
@pytest.mark.parametrize("late", [False, True])
def test_changes_through_views_are_noticed(view, late):
    for watched in ("input", "output"):
        h = leaf(1.0, 2.0).exp()
        early = None if late else view(h)
        y = h * h if watched == "input" else h
        seen = view(h) if late else early
        with no_grad():
            seen.fill_(7.0)
        with stale("mul" if watched == "input" else "exp", "fill_"):
            y.sum().backward()


def test_a_change_before_the_op_does_no_harm():
    w = leaf(3.0)
    with no_grad():
        w.mul_(2)
    (w * w).sum().backward()
    assert w.grad.tolist() == [12.0]


def test_an_optimizer_step_between_forward_and_backward():
    model = nn.Linear(2, 1)
    optimizer = minigrad.optim.SGD(model.parameters(), lr=0.1)
    x = minigrad.ones(3, 2, requires_grad=True)
    first, second = model(x).sum(), model(x).sum()
    first.backward()
    optimizer.step()
    with stale("linear", r"SGD\.step"):
        second.backward()


def test_loading_weights_between_forward_and_backward():
    model = nn.Linear(2, 1)
    y = model(minigrad.ones(3, 2, requires_grad=True)).sum()
    model.load_state_dict(model.state_dict())
    with stale("linear", "load_state_dict"):
        y.backward()


def test_new_data_between_forward_and_backward():
    """What was saved is the old memory, which nobody wrote: the gradient is the old values'; but not a second one."""
    w, other = leaf(3.0), leaf(5.0)
    y, z = (w * w).sum(), (other * other).sum()
    w.data = other.data
    z.backward()
    assert other.grad.tolist() == [10.0]
    assert grad(y, w, retain_graph=True)[0].tolist() == [6.0]
    with pytest.raises(RuntimeError, match=r"mul saved a leaf of shape \(1,\) whose .data was assigned"):
        grad(y, w, create_graph=True)
    assert grad((w + other).sum(), w, create_graph=True)[0].tolist() == [1.0]


def test_new_data_shares_memory_and_knows_it():
    w, values = leaf(3.0), minigrad.tensor([5.0]).double()
    w.data = values
    y = (w * w).sum()
    values.zero_()
    assert w.tolist() == [0.0]
    with stale("mul", "fill_"):
        y.backward()


def test_a_parameter_shares_memory_and_knows_it():
    values = minigrad.tensor([3.0, 4.0])
    p = nn.Parameter(values)
    y = (p * p).sum()
    values.add_(1)
    assert p.tolist() == [4.0, 5.0]
    with stale("mul", "add_"):
        y.backward()


def test_an_index_may_be_changed_after_use():
    x, i = leaf(1.0, 2.0, 3.0), minigrad.tensor([0, 1])
    w = leaf(1.0, 2.0, 3.0)
    results = [x[i], x[i, None], x.gather(0, i), nn.functional.embedding(i, w.unsqueeze(1))]
    i.add_(1)
    sum(y.sum() for y in results).backward()
    assert x.grad.tolist() == [3.0, 3.0, 0.0]
    assert w.grad.tolist() == [1.0, 1.0, 0.0]


def test_masks_and_conditions_that_were_changed():
    for use in (lambda x, c: x.masked_fill(c, 0.0), lambda x, c: minigrad.where(c, x, 0.0)):
        x, c = leaf(1.0, 2.0), minigrad.tensor([True, False])
        y = use(x, c)
        c.fill_(True)
        with pytest.raises(RuntimeError, match="changed in place"):
            y.sum().backward()


def test_a_gradient_that_was_added_to():
    x, w = leaf(2.0), leaf(3.0)
    (x * x).sum().backward()
    y = (w * x.grad).sum()
    (x * x).sum().backward()
    with stale("mul", "backward"):
        y.backward()


def test_a_leaf_is_not_changed_while_history_is_recorded():
    x = leaf(1.0, 2.0)
    for name, write in WRITES.items():
        with pytest.raises(RuntimeError, match=r"(leaf that requires a gradient|assigning to part)"):
            write(x)
        assert x.tolist() == [1.0, 2.0], name
    x.detach().add_(1)
    assert x.tolist() == [2.0, 3.0]


def test_a_view_of_a_leaf_is_not_changed_while_history_is_recorded():
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match=r"mul_: a view of a leaf that requires a gradient"):
        x[1:].mul_(2)
    with no_grad():
        x[1:].mul_(2)
    assert x.tolist() == [1.0, 4.0]


def test_changes_that_no_rule_notices_are_allowed():
    """As in PyTorch: what was overwritten is only needed where a derivative reads its values."""
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    h = x * 1
    y = (h + w).sum() + h.reshape(2, 1).sum() + (h - w).mean() + minigrad.cat([h, w]).sum()
    with no_grad():
        h.fill_(float("nan"))
    y.backward()
    assert x.grad.tolist() == [3.5, 3.5]
    first, second = (x * minigrad.ones(2)).relu(), nn.functional.linear(x, minigrad.eye(2).double())
    nn.functional.relu(second, inplace=True).sum().backward()
    assert x.grad.tolist() == [4.5, 4.5]
    first.relu_()


def test_a_stale_array_in_a_rule_that_is_itself_recorded():
    x = leaf(1.0, 2.0)
    h = x * 1
    (first,) = grad((h * h * h).sum(), x, create_graph=True)
    with no_grad():
        h.mul_(2)
    with stale("mul", "mul_"):
        first.sum().backward()


def test_a_result_changed_in_place_has_the_history_of_the_change():
    x = leaf(1.0, 2.0)
    h = x * 3
    h += 1
    h *= x
    h.sum().backward()  # 3x² + x
    assert x.grad.tolist() == [7.0, 13.0]


def test_what_was_computed_before_the_change_keeps_its_values():
    x = leaf(1.0, 2.0)
    h = x * 1
    y = (h * h).sum()
    h += 1
    (first,) = grad(y, x, create_graph=True)
    assert first.tolist() == [2.0, 4.0]
    assert grad(first.sum(), x)[0].tolist() == [2.0, 2.0]


def test_a_constant_that_became_a_result_was_a_constant():
    x, b = leaf(2.0), minigrad.ones(1, dtype=minigrad.float64)
    y = x * x * b
    b += x
    (first,) = grad(y, x, create_graph=True)
    assert first.tolist() == [4.0]
    assert grad(first, x)[0].tolist() == [2.0]


def test_a_change_before_the_rebinding_is_still_noticed():
    x = leaf(1.0, 2.0)
    h = x * 1
    y = (h * h).sum()
    with no_grad():
        h.mul_(2)
    h += x
    with stale("mul", "mul_"):
        y.backward()


def test_a_sum_of_losses_that_starts_as_a_constant():
    x = leaf(2.0)
    total = minigrad.zeros(1, dtype=minigrad.float64)
    total.zero_()
    for _ in range(3):
        total += x * x
    total.backward()
    assert x.grad.tolist() == [12.0]


def test_a_change_keeps_type_and_shape():
    x = leaf(1.0, 2.0)
    h = (x * 1).float()
    h += minigrad.ones(2, dtype=minigrad.float64)
    assert h.dtype == minigrad.float32
    n = minigrad.tensor([1, 2])
    for value in (0.5, x):
        with pytest.raises((TypeError, RuntimeError), match=r"add_.*float.*int64"):
            n += value
    with pytest.raises(RuntimeError, match=r"add_.*\(3, 2\).*\(2,\)"):
        h += minigrad.ones(3, 2)
    with pytest.raises(RuntimeError, match=r"add_.*\(3, 2\).*\(2,\)"):
        minigrad.ones(2).add_(minigrad.ones(3, 2))


def test_setitem():
    x = minigrad.zeros(2, 3)
    x[0] = minigrad.tensor([1.0, 2.0, 3.0])
    x[:, 1] = 7
    x[minigrad.tensor([1]), 0] = 9.0
    assert x.tolist() == [[1.0, 7.0, 3.0], [9.0, 7.0, 0.0]]
    x[x > 6] = 0.0
    assert x.tolist() == [[1.0, 0.0, 3.0], [0.0, 0.0, 0.0]]
    x[0] += 1
    assert x.tolist() == [[2.0, 1.0, 4.0], [0.0, 0.0, 0.0]]
    with pytest.raises(RuntimeError, match=r"setitem.*\(2,\)"):
        x[0] = minigrad.ones(2)


def test_one_element_of_any_shape_fits_a_single_place():
    x, w = minigrad.zeros(3, dtype=minigrad.float64), leaf(5.0)
    x[0] = minigrad.tensor([[4.0]])
    x[1] = w
    assert x.tolist() == [4.0, 5.0, 0.0]
    (x * x).sum().backward()
    assert w.grad.tolist() == [10.0]


def test_views_write_through():
    x = minigrad.zeros(2, 2)
    x[0].fill_(1.0)
    x[1, 1].fill_(2.0)
    x.T[0].add_(5.0)
    assert x.tolist() == [[6.0, 1.0], [5.0, 2.0]]
    y = minigrad.zeros(3)
    y[0].fill_(4.0)
    assert y.tolist() == [4.0, 0.0, 0.0]


def test_detach_shares_and_clone_does_not():
    x = leaf(1.0)
    assert np.shares_memory(x.detach().array, x.array)
    assert not np.shares_memory(x.clone().array, x.array)
    assert x.clone().requires_grad


@pytest.mark.parametrize(
    ("change", "gradient"),
    [
        (lambda x: x.mul_(x), [4.0, 6.0]),  # x²
        (lambda x: x.mul_(x[1:]), [3.0, 8.0]),  # x₀x₁ + x₁²
        (lambda x: x.addcmul_(x, x), [5.0, 7.0]),
        (lambda x: x[:1].mul_(x[1:]), [3.0, 3.0]),
        (lambda x: x.sub_(other=x[1:]), [1.0, -1.0]),
    ],
)
def test_a_tensor_changed_by_itself(change, gradient):
    x = minigrad.tensor([2.0, 3.0], requires_grad=True)
    y = x * 1.0
    view = y[1:]
    change(y)
    y.sum().backward()
    assert x.grad.tolist() == gradient
    assert view.tolist() == y[1:].tolist()
