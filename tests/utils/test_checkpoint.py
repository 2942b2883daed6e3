import gc
import weakref

import numpy as np
import pytest

import minigrad
from minigrad import nn
from minigrad.autograd import grad, gradcheck, gradgradcheck
from minigrad.utils.checkpoint import checkpoint, get_device_states, set_device_states


def part(x, y):
    return (x.exp() * y).tanh()


def wanting(*values):
    return minigrad.tensor(np.array(values), requires_grad=True)


def test_gradients_of_first_and_second_order_are_right():
    x, y = wanting(0.3, -0.2), wanting(0.5, 0.7)
    through = lambda x, y: checkpoint(part, x, y)  # noqa: E731
    assert gradcheck(through, (x, y))
    assert gradgradcheck(through, (x, y))


def test_several_outputs_and_plain_arguments():
    x = wanting(0.3, -0.2)
    a, b = checkpoint(lambda x, power, y: (x**power, (x * 2).sum()), x, 3, None)
    (a.sum() + 10 * b).backward()
    np.testing.assert_allclose(x.grad.numpy(), 3 * x.detach().numpy() ** 2 + 20)


@pytest.mark.parametrize("how", ["backward", "grad"])
def test_parameters_get_their_gradients_also_where_no_argument_wants_one(how):
    minigrad.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).double()
    x = minigrad.tensor(np.ones((2, 3)))
    parameters = list(model.parameters())

    def gradients(output):
        if how == "grad":
            return [g.numpy() for g in grad(output.sum(), parameters)]
        model.zero_grad()
        output.sum().backward()
        return [p.grad.numpy() for p in parameters]

    for expected, found in zip(gradients(model(x)), gradients(checkpoint(model, x)), strict=True):
        np.testing.assert_array_equal(expected, found)


def test_dropout_drops_the_same_the_second_time_and_the_stream_goes_on():
    x = minigrad.ones(1000, requires_grad=True)
    minigrad.manual_seed(0)
    y = checkpoint(lambda x: nn.functional.dropout(x, 0.5), x)
    after = minigrad.rand(1)
    y.sum().backward()
    assert minigrad.equal(x.grad, y.detach())  # the mask, either way
    minigrad.manual_seed(0)
    nn.functional.dropout(x, 0.5)
    assert minigrad.equal(minigrad.rand(1), after)


def test_what_is_computed_on_the_way_is_let_go():
    x = wanting(0.3, -0.2)
    seen = []

    def watched(x):
        middle = x.exp()
        seen.append(weakref.ref(middle))
        return middle.exp()

    gc.disable()
    try:
        y = checkpoint(watched, x)
        assert seen[0]() is None
        y.sum().backward()
        assert len(seen) == 2
        assert seen[1]() is None
    finally:
        gc.enable()


def test_without_history_it_is_a_plain_call():
    with minigrad.no_grad():
        assert not checkpoint(part, wanting(1.0), wanting(2.0)).requires_grad
    assert not checkpoint(part, minigrad.ones(1), minigrad.ones(1)).requires_grad


def test_a_result_from_outside_must_be_an_argument():
    x = wanting(1.0, 2.0)
    outside = x * 2
    with pytest.raises(RuntimeError, match=r"uses a result of mul of shape \(2,\) that was computed outside"):
        checkpoint(lambda x: x * outside, x)


def test_agrees_with_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")
    theirs = pytest.importorskip("torch.utils.checkpoint").checkpoint

    def run(library, through):
        x, y = (library.tensor(np.array(v), requires_grad=True) for v in ([0.3, -0.2], [0.5, 0.7]))
        z = through(part, x, y, use_reentrant=False)
        (z * z).sum().backward()
        return x.grad.numpy(), y.grad.numpy()

    for ours, expected in zip(run(minigrad, checkpoint), run(torch, theirs), strict=True):
        np.testing.assert_allclose(ours, expected)


def test_states_of_gpus_that_reversible_networks_keep():
    set_device_states(*get_device_states(minigrad.ones(1)))
    assert get_device_states() == ([], [])
