import copy

import numpy as np
import pytest

import minigrad


def wanting(*values):
    return minigrad.tensor(np.array(values), requires_grad=True)


def test_a_hook_sees_the_complete_gradient_once():
    x = wanting(1.0, 2.0)
    y = x * 3
    seen = []
    y.register_hook(lambda g: seen.append(g.tolist()))
    (y * 2 + y).sum().backward()
    assert seen == [[3.0, 3.0]]
    assert x.grad.tolist() == [9.0, 9.0]


def test_a_hook_may_replace_the_gradient_of_a_result_and_of_a_leaf():
    x = wanting(1.0, 2.0)
    y = x * 3
    y.register_hook(lambda g: g * 10)
    x.register_hook(lambda g: g + 1)
    y.sum().backward()
    assert x.grad.tolist() == [31.0, 31.0]


def test_hooks_run_in_order_and_can_be_removed():
    x = wanting(2.0)
    first = x.register_hook(lambda g: g + 1)
    x.register_hook(lambda g: g * 10)
    (x * 1).sum().backward()
    assert x.grad.tolist() == [20.0]
    first.remove()
    first.remove()
    x.grad = None
    (x * 1).sum().backward()
    assert x.grad.tolist() == [10.0]


def test_retain_grad_keeps_what_the_hooks_made_of_it():
    x = wanting(2.0)
    y = x * 3
    y.retain_grad()
    y.register_hook(lambda g: g * 10)
    y.sum().backward()
    assert y.grad.tolist() == [10.0]
    assert x.grad.tolist() == [30.0]


def test_a_hook_is_differentiated_when_the_gradient_is():
    x = wanting(2.0)
    x.register_hook(lambda g: g * g)
    (slope,) = minigrad.autograd.grad((x**3).sum(), x, create_graph=True)
    assert slope.item() == 144.0  # (3x²)²
    slope.sum().backward()  # 36x³, squared in its turn by the hook
    assert x.grad.item() == (36 * 8.0) ** 2


def test_grad_of_a_result_is_what_its_hooks_return():
    x = wanting(2.0)
    y = x * 3
    y.register_hook(lambda g: g * 10)
    assert minigrad.autograd.grad(y.sum(), y)[0].item() == 10.0


@pytest.mark.parametrize("made", ["a leaf", "a result"])
def test_agrees_with_pytorch(made):
    torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")

    def run(library):
        x = library.tensor(np.array([1.0, 2.0]), requires_grad=True)
        y = x * 3
        hooked = x if made == "a leaf" else y
        hooked.register_hook(lambda g: g * g + 1)
        hooked.register_hook(lambda g: None)
        y.retain_grad()
        ((y**2).sum() + (x**3).sum()).backward()
        return x.grad.numpy(), y.grad.numpy()

    for ours, theirs in zip(run(minigrad), run(torch), strict=True):
        np.testing.assert_allclose(ours, theirs)


def test_misuse_is_named():
    with pytest.raises(RuntimeError, match=r"register_hook: the tensor of shape \(2,\) does not have requires_grad"):
        minigrad.ones(2).register_hook(print)
    x = wanting(1.0)
    x.register_hook(lambda g: 3)
    with pytest.raises(RuntimeError, match=r"the hook returned 3 for a gradient of shape \(1,\)"):
        (x * 1).sum().backward()


def test_a_copy_has_no_hooks():
    import copy

    x = wanting(1.0)
    x.register_hook(lambda g: g * 10)
    y = copy.deepcopy(x)
    (y * 1).sum().backward()
    assert y.grad.tolist() == [1.0]


def test_a_hook_after_the_gradient_was_added():
    w = minigrad.tensor([1.0, 2.0], requires_grad=True)
    seen = []

    def step(leaf):
        seen.append(leaf.grad.tolist())
        with minigrad.no_grad():
            leaf -= 0.1 * leaf.grad
        leaf.grad = None

    handle = w.register_post_accumulate_grad_hook(step)
    for _ in range(2):
        (w * w).sum().backward()
    minigrad.autograd.grad((w * w).sum(), w)  # which adds to no .grad
    handle.remove()
    (w * w).sum().backward()
    np.testing.assert_allclose(seen, [[2.0, 4.0], [1.6, 3.2]], rtol=1e-6)
    np.testing.assert_allclose(w.detach().numpy(), [0.64, 1.28], rtol=1e-6)
    assert w.grad is not None
    with pytest.raises(RuntimeError, match="only leaves"):
        (w * w).register_post_accumulate_grad_hook(step)


def test_hooks_are_not_copied():
    w = minigrad.tensor([1.0], requires_grad=True)
    w.register_post_accumulate_grad_hook(lambda leaf: pytest.fail("called"))
    (copy.deepcopy(w) * 2).sum().backward()
