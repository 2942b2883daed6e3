"""How gradients add up, what is kept, and what is refused."""

import threading

import numpy as np
import pytest

import minigrad
from minigrad import nn
from minigrad.autograd import grad


def leaf(*values):
    return minigrad.tensor(values, dtype=minigrad.float64, requires_grad=True)


def test_a_result_used_twice_gets_both_gradients():
    a = leaf(3.0)
    b = a + a
    c = b + b
    c.backward()
    assert a.grad.tolist() == [4.0]


def test_a_diamond():
    x = leaf(2.0)
    y = x * x
    (y * x + y).sum().backward()  # x³ + x²
    assert x.grad.tolist() == [3 * 4 + 2 * 2]


def test_branches_of_different_length_meet_complete():
    x = leaf(1.5)
    short = x * 2
    long = short
    for _ in range(5):
        long = long * 1.0 + 0.0
    (short * long).sum().backward()  # (2x)²
    assert x.grad.tolist() == [8 * 1.5]


def test_gradients_of_several_passes_add_up():
    x = leaf(1.0, 2.0)
    for _ in range(3):
        (x * x).sum().backward()
    assert x.grad.tolist() == [6.0, 12.0]


def test_a_deep_chain_needs_no_recursion():
    x = leaf(1.0)
    y = x
    for _ in range(100_000):
        y = y * 1.0
    y.backward()
    assert x.grad.tolist() == [1.0]
    del y


def test_a_deep_chain_that_is_never_differentiated_can_be_dropped():
    y = leaf(1.0)
    for _ in range(100_000):
        y = y * 1.0
    del y


def test_a_second_pass_needs_the_graph():
    x = leaf(2.0)
    y = (x * x).exp().sum()
    y.backward()
    with pytest.raises(RuntimeError, match=r"freed at sum by an earlier backward pass.*retain_graph=True"):
        y.backward()


def test_part_of_a_freed_graph_is_an_error_too():
    x = leaf(2.0)
    y = x * x
    y.sum().backward()
    with pytest.raises(RuntimeError, match="freed at mul"):
        (y * 3).sum().backward()


def test_retain_graph():
    x = leaf(2.0)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [8.0]


def test_create_graph_gives_a_gradient_with_history():
    x = leaf(2.0)
    (x**3).sum().backward(create_graph=True)
    first, x.grad = x.grad, None
    assert first.requires_grad
    first.sum().backward()
    assert first.tolist() == [12.0]
    assert x.grad.tolist() == [12.0]


def test_third_derivatives():
    x = leaf(2.0)
    y = x**4
    for expected in (32.0, 48.0, 48.0):
        (y,) = grad(y, x, create_graph=True)
        assert y.tolist() == [expected]


def test_a_gradient_penalty():
    """The gradient of ‖∂y/∂x‖², by hand: y = Σ w x² gives 4 Σ w² x², so 8 w x²."""
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    (g,) = grad((w * x * x).sum(), x, create_graph=True)
    (g * g).sum().backward()
    np.testing.assert_allclose(w.grad.array, 8 * w.array * x.array**2)
    np.testing.assert_allclose(x.grad.array, 8 * w.array**2 * x.array)


def test_gradients_share_no_memory():
    a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
    given = minigrad.ones(2, dtype=minigrad.float64)
    for create_graph in (False, True):
        a.grad = b.grad = None
        (a + b).backward(given, create_graph=create_graph)
        arrays = [a.grad.array, b.grad.array, given.array]
        assert not any(np.shares_memory(x, y) for i, x in enumerate(arrays) for y in arrays[:i])
        assert a.grad.array.flags.writeable


def test_gradients_of_grad_share_no_memory():
    a, b = leaf(1.0), leaf(3.0)
    ga, gb = grad((a + b).sum(), [a, b])
    assert not np.shares_memory(ga.array, gb.array)


def test_grad_leaves_the_grad_attribute_alone():
    x = leaf(2.0)
    (g,) = grad((x * x).sum(), x)
    assert g.tolist() == [4.0]
    assert x.grad is None


def test_grad_with_respect_to_results_inside_the_graph():
    x = leaf(2.0)
    y = x * x
    z = y * y
    gy, gx, gz = grad(z, [y, x, z])
    assert (gy.tolist(), gx.tolist(), gz.tolist()) == ([8.0], [32.0], [1.0])


def test_grad_with_respect_to_an_inner_result_to_second_order():
    x = leaf(2.0)
    y = x * x
    (g,) = grad((y**3).sum(), y, create_graph=True)
    assert grad(g, y, retain_graph=True)[0].tolist() == [24.0]
    assert grad(g, x)[0].tolist() == [24.0 * 4.0]


def test_grad_of_several_outputs_adds_up_and_takes_their_gradients():
    x = leaf(1.0, 2.0)
    outputs = [x * 2, (x * x).sum()]
    (g,) = grad(outputs, x, [minigrad.tensor([1.0, 10.0]).double(), None])
    assert g.tolist() == [2.0 + 2.0, 20.0 + 4.0]


def test_grad_of_an_input_that_is_not_used():
    x, other = leaf(1.0), leaf(2.0)
    with pytest.raises(RuntimeError, match=r"do not depend on inputs\[1\].*allow_unused=True"):
        grad(x * 2, [x, other])
    used, unused = grad(x * 2, [x, other], allow_unused=True)
    assert used.tolist() == [2.0]
    assert unused is None


def test_grad_of_an_input_that_wants_none():
    with pytest.raises(RuntimeError, match=r"inputs\[0\].*requires_grad"):
        grad(leaf(1.0) * 2, minigrad.ones(1))


def test_as_many_grad_outputs_as_outputs():
    x = leaf(1.0)
    with pytest.raises(RuntimeError, match="2 outputs need as many gradients, not 1"):
        grad([x * 2, x * 3], x, [None])


def test_a_leaf_can_be_its_own_output():
    x = leaf(2.0)
    assert grad(x, x)[0].tolist() == [1.0]
    x.backward()
    assert x.grad.tolist() == [1.0]


def test_what_is_not_a_scalar_needs_a_gradient():
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match=r"shape \(2,\) is not a scalar"):
        (x * 2).backward()
    with pytest.raises(RuntimeError, match=r"gradient of shape \(3,\) for a tensor of shape \(2,\)"):
        (x * 2).backward(minigrad.ones(3))
    with pytest.raises(TypeError, match=r"gradient = 2.0 must be a tensor of shape \(2,\)"):
        (x * 2).backward(2.0)
    (x * 2).backward(minigrad.tensor([1.0, 10.0]))
    assert x.grad.tolist() == [2.0, 20.0]
    assert x.grad.dtype == minigrad.float64


def test_backward_without_history():
    with pytest.raises(RuntimeError, match="has no history"):
        minigrad.ones(1).backward()
    with minigrad.no_grad():
        y = leaf(1.0) * 2
    with pytest.raises(RuntimeError, match="no_grad"):
        y.backward()


@pytest.mark.parametrize("dtype", [minigrad.int64, minigrad.uint8, minigrad.bool], ids=str)
def test_integers_have_no_gradients(dtype):
    with pytest.raises(RuntimeError, match=f"{dtype} cannot have gradients"):
        minigrad.tensor([1, 0], dtype=dtype, requires_grad=True)
    x = minigrad.tensor([1, 0]).to(dtype)
    with pytest.raises(RuntimeError, match="floating-point"):
        x.requires_grad = True
    assert not leaf(1.0).to(dtype).requires_grad
    assert not (leaf(1.0) > 0).requires_grad


def test_a_float_made_of_an_integer_made_of_a_float_has_no_history():
    assert not leaf(1.5).long().double().requires_grad


def test_retain_grad():
    x = leaf(2.0)
    y = x * x
    y.retain_grad()
    (y * 3).sum().backward(retain_graph=True)
    (y * 3).sum().backward()
    assert y.grad.tolist() == [6.0]
    assert x.grad.tolist() == [24.0]


def test_results_keep_no_gradient_unless_asked():
    y = leaf(2.0) * 2
    y.sum().backward()
    assert y.grad is None


def test_retain_grad_of_a_tensor_without_history():
    leaf(1.0).retain_grad()  # a leaf keeps it anyway
    with pytest.raises(RuntimeError, match="retain_grad"):
        minigrad.ones(1).retain_grad()


def test_a_result_cannot_stop_wanting_gradients():
    y = leaf(1.0) * 2
    with pytest.raises(RuntimeError, match=r"result of mul.*detach"):
        y.requires_grad_(False)
    assert not y.detach().requires_grad


def test_a_gradient_of_another_shape_cannot_be_assigned():
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match=r"shape \(3,\) and float64 cannot be the gradient of one of shape \(2,\)"):
        x.grad = minigrad.ones(3, dtype=minigrad.float64)
    with pytest.raises(RuntimeError, match=r"float32 cannot be the gradient of .*float64"):
        x.grad = minigrad.ones(2)
    with pytest.raises(TypeError, match="5"):
        x.grad = 5


def test_a_frozen_leaf_gets_no_gradient():
    x, w = leaf(1.0), leaf(2.0)
    w.requires_grad_(False)
    (x * w).sum().backward()
    assert x.grad.tolist() == [2.0]
    assert w.grad is None


def train(seed):
    """A small model, trained; its last loss and weights."""
    generator = minigrad.Generator().manual_seed(seed)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    for p in model.parameters():
        nn.init.uniform_(p, -1, 1, generator=generator)
    optimizer = minigrad.optim.Adam(model.parameters(), lr=0.01)
    x = minigrad.randn(8, 3, generator=generator)
    for _ in range(60):
        optimizer.zero_grad()
        loss = (model(x) - x.sum(1, keepdim=True)).abs().mean()
        loss.backward()
        optimizer.step()
    return [loss.item(), *(p.array.tolist() for p in model.parameters())]


def test_two_threads_train_as_each_would_alone():
    alone = [train(seed) for seed in (0, 1)]
    together = [None, None]

    def run(seed):
        together[seed] = train(seed)

    threads = [threading.Thread(target=run, args=(seed,)) for seed in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == alone


def test_only_the_inputs_that_are_named_get_a_gradient():
    x, w = minigrad.tensor([1.0, 2.0], requires_grad=True), minigrad.tensor([3.0, 4.0], requires_grad=True)
    middle = x * w
    (middle * 2).sum().backward(inputs=[x, middle])
    assert x.grad.tolist() == [6.0, 8.0]
    assert middle.grad.tolist() == [2.0, 2.0]
    assert w.grad is None
    (x * w).sum().backward(inputs=x)
    assert x.grad.tolist() == [9.0, 12.0]


def test_several_tensors_are_differentiated_at_once():
    x = minigrad.tensor([1.0, 2.0], requires_grad=True)
    minigrad.autograd.backward([x.sum(), x * x], [None, minigrad.tensor([1.0, 10.0])])
    assert x.grad.tolist() == [3.0, 41.0]


def test_grad_goes_no_further_than_its_inputs():
    x = leaf(1.0, 2.0)
    seen = []
    x.register_hook(lambda g: seen.append("x") or g)
    y = x * x
    y.register_hook(lambda g: g * 10)
    other = x.exp()
    (g,) = grad((y * other).sum(), y)
    assert g.tolist() == pytest.approx((10 * np.exp([1.0, 2.0])).tolist())
    assert seen == []  # nothing arrived at x, whose gradient nobody asked for
    y.sum().backward()  # and what lies behind y, and beside it, was not freed
    other.sum().backward()
    assert x.grad.tolist() == pytest.approx((20 * np.array([1.0, 2.0]) + np.exp([1.0, 2.0])).tolist())


def test_an_input_of_grad_may_have_been_computed_from_another():
    x = leaf(3.0)
    y = x * x
    z = y * x
    g_x, g_y, g_z = grad(z * y, [x, y, z])
    assert (g_x.item(), g_y.item(), g_z.item()) == (5 * 3.0**4, 2 * 3.0**3, 9.0)
    assert grad(y, [y])[0].item() == 1.0


def test_the_graph_can_be_walked_as_in_pytorch():
    x = leaf(1.0)
    y = 2 * x.sin()
    (sine, _), (nothing, _) = y.grad_fn.next_functions
    assert (sine.name(), nothing) == ("sin", None)
    ((end, _),) = sine.next_functions
    assert end.name() == "AccumulateGrad"
    assert end.variable is x
    assert end.next_functions == ()


def test_gradients_that_nothing_flows_to():
    x, unused = leaf(3.0), leaf(4.0)
    (g, zero) = grad((x * x).sum(), [x, unused], only_inputs=True, materialize_grads=True)
    assert g.tolist() == [6.0]
    assert zero.tolist() == [0.0]
    with pytest.raises(RuntimeError, match="do not depend on inputs"):
        grad((x * x).sum(), [x, unused], allow_unused=False, materialize_grads=True)
