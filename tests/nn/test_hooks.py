"""Functions called before and after a module's forward."""

import pytest

import minigrad
from minigrad import nn


def test_hooks_see_what_goes_in_and_out_in_order():
    layer, seen = nn.Linear(2, 3), []
    layer.register_forward_pre_hook(lambda m, args: seen.append(("before", args[0].shape)))
    layer.register_forward_hook(lambda m, args, output: seen.append(("after", output.shape)))
    layer.register_forward_pre_hook(lambda m, args: seen.append("first"), prepend=True)
    layer(minigrad.ones(1, 2))
    assert seen == ["first", ("before", (1, 2)), ("after", (1, 3))]


def test_what_hooks_return_is_used():
    layer = nn.Identity()
    layer.register_forward_pre_hook(lambda m, args: args[0] + 1)
    layer.register_forward_hook(lambda m, args, output: (args[0], output * 10))
    seen, output = layer(minigrad.ones(1))
    assert seen.tolist() == [2.0]
    assert output.tolist() == [20.0]


def test_hooks_with_names():
    class Scale(nn.Module):
        def forward(self, x, by=1.0):
            return x * by

    layer = Scale()
    layer.register_forward_pre_hook(lambda m, args, kwargs: (args, {"by": kwargs["by"] + 1}), with_kwargs=True)
    layer.register_forward_hook(lambda m, args, kwargs, output: output + kwargs["by"], with_kwargs=True)
    assert layer(minigrad.ones(1), by=2.0).tolist() == [6.0]


def test_a_handle_takes_its_hook_back():
    layer, seen = nn.Identity(), []
    handle = layer.register_forward_hook(lambda *args: seen.append(1))
    with layer.register_forward_pre_hook(lambda *args: seen.append(2)):
        layer(minigrad.ones(1))
    layer(minigrad.ones(1))
    handle.remove()
    handle.remove()
    layer(minigrad.ones(1))
    assert seen == [2, 1, 1]


def test_a_hook_that_fails_leaves_the_scope():
    layer = nn.Identity()
    layer.register_forward_hook(lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        layer(minigrad.ones(1))
    assert (minigrad.ones(1, requires_grad=True) * 2).grad_fn.scope is None
