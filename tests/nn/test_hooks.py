"""Functions called before and after a module's forward."""

import copy
import pickle

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


def test_always_called_hooks_are_called_after_an_error():
    class Failing(nn.Module):
        def forward(self, x):
            raise KeyError("no")

    layer, seen = Failing(), []
    layer.register_forward_hook(lambda m, args, output: seen.append("sometimes"))
    layer.register_forward_hook(lambda m, args, kwargs, output: seen.append(output), always_call=True, with_kwargs=True)
    with pytest.raises(KeyError, match="no"):
        layer(1)
    assert seen == [None]
    layer, seen = nn.Identity(), []
    layer.register_forward_hook(lambda m, args, output: seen.append(output), always_call=True)
    layer.register_forward_hook(lambda m, args, output: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        layer(5)
    assert seen == [5]  # once: it was called already


def test_backward_hooks_see_gradients_and_change_them():
    layer, seen = nn.Linear(2, 1, bias=False), []
    with minigrad.no_grad():
        layer.weight.copy_(minigrad.tensor([[2.0, 3.0]]))
    layer.register_full_backward_pre_hook(lambda m, grad_output: (grad_output[0] * 10,))
    layer.register_full_backward_hook(lambda m, grad_input, grad_output: seen.append((grad_input, grad_output)))
    layer.register_full_backward_hook(lambda m, grad_input, grad_output: (grad_input[0] + 1,))
    x = minigrad.tensor([[1.0, 1.0]], requires_grad=True)
    y = layer(x)
    assert y.tolist() == [[5.0]]
    y.sum().backward()
    ((grad_input, grad_output),) = seen
    assert [g.tolist() for g in (*grad_input, *grad_output)] == [[[20.0, 30.0]], [[10.0]]]
    assert x.grad.tolist() == [[21.0, 31.0]]
    assert layer.weight.grad.tolist() == [[10.0, 10.0]]


def test_backward_hooks_where_no_gradient_goes_to_the_inputs():
    layer, seen = nn.Linear(2, 1), []
    layer.register_full_backward_hook(lambda m, grad_input, grad_output: seen.append(grad_input))
    layer(minigrad.ones(1, 2)).sum().backward()
    assert seen == [(None,)]
    with minigrad.no_grad():
        layer(minigrad.ones(1, 2))
    assert len(seen) == 1


def test_backward_hooks_that_return_too_much():
    layer = nn.Identity()
    layer.register_full_backward_hook(lambda m, grad_input, grad_output: (grad_input[0], None))
    y = layer(minigrad.ones(1, requires_grad=True))
    with pytest.raises(RuntimeError, match="register_full_backward_hook: the hook returned 2 gradients in place of 1"):
        y.backward()


def see(module, args):
    module.seen = len(args)


def test_modules_with_hooks_are_copied_and_pickled():
    layer = nn.Linear(2, 1)
    handle = layer.register_forward_pre_hook(see)
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert minigrad.equal(other.weight, layer.weight)
        assert type(other.weight) is nn.Parameter
        other(minigrad.ones(1, 2))
        assert other.seen == 1
    handle.remove()
    layer(minigrad.ones(1, 2))
    assert not hasattr(layer, "seen")


def test_hooks_on_states():
    model = nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1))
    seen = []
    model[0].register_state_dict_pre_hook(lambda m, prefix, keep_vars: seen.append((prefix, keep_vars)))
    model[0].register_state_dict_post_hook(lambda m, state, prefix, _: state.pop(prefix + "bias"))
    state = model.state_dict()
    assert list(state) == ["0.weight", "1.weight", "1.bias"]
    assert seen == [("0.", False)]

    def complete(module, state, prefix, metadata, strict, missing, unexpected, errors):
        assert (module, prefix, strict) == (model[0], "0.", True)
        state[prefix + "bias"] = minigrad.ones(1)

    handle = model[0].register_load_state_dict_pre_hook(complete)
    assert model.load_state_dict(state).missing_keys == []
    assert model[0].bias.tolist() == [1.0]
    assert "0.bias" not in state
    handle.remove()
    with pytest.raises(RuntimeError, match=r'Missing key\(s\) in state_dict: "0.bias"'):
        model.load_state_dict(state)

    model.register_load_state_dict_post_hook(lambda m, keys: keys.missing_keys.clear())
    assert model.load_state_dict(state, strict=False).missing_keys == []


def test_errors_that_hooks_find_are_told():
    layer = nn.Linear(1, 1)
    layer.register_load_state_dict_pre_hook(lambda m, state, *rest: rest[-1].append("it is too old"))
    with pytest.raises(RuntimeError, match="it is too old"):
        layer.load_state_dict(layer.state_dict())


class Counting(nn.Module):
    def __init__(self):
        super().__init__()
        self.count = 0
        self.layer = nn.Linear(1, 1)

    def get_extra_state(self):
        return {"count": self.count}

    def set_extra_state(self, state):
        self.count = state["count"]


def test_states_that_are_no_tensors():
    model, other = nn.Sequential(Counting()), nn.Sequential(Counting())
    model[0].count = 3
    state = model.state_dict()
    assert list(state) == ["0._extra_state", "0.layer.weight", "0.layer.bias"]
    other.load_state_dict(state)
    assert other[0].count == 3
    del state["0._extra_state"]
    with pytest.raises(RuntimeError, match="_extra_state"):
        other.load_state_dict(state)
