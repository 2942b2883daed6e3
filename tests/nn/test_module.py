"""What a module is made of, its state, and how it prints."""

import copy
import pickle

import numpy as np
import pytest

import minigrad
from minigrad import nn


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.child = nn.Linear(2, 2)
        self.scale = nn.Parameter(minigrad.ones(2))
        self.register_buffer("seen", minigrad.zeros(1))
        self.register_buffer("cache", minigrad.zeros(3), persistent=False)
        self.register_buffer("nothing", None)
        self.plain = minigrad.ones(1)
        self.frozen = nn.Parameter(minigrad.ones(1), requires_grad=False)

    def forward(self, x):
        return self.child(x) * self.scale


def test_names_and_order():
    block = Block()
    assert [name for name, _ in block.named_parameters()] == ["scale", "frozen", "child.weight", "child.bias"]
    assert [name for name, _ in block.named_parameters("net", recurse=False)] == ["net.scale", "net.frozen"]
    assert [name for name, _ in block.named_buffers()] == ["seen", "cache"]
    assert [name for name, _ in block.named_modules()] == ["", "child"]
    assert [name for name, _ in block.named_children()] == ["child"]
    assert list(block.state_dict()) == ["scale", "frozen", "seen", "child.weight", "child.bias"]
    assert len(list(block.parameters())) == 4
    assert len(list(block.buffers())) == 2


def test_what_is_shared_is_counted_once():
    linear = nn.Linear(2, 2)
    model = nn.Sequential(linear, nn.ReLU(), linear)
    tied = nn.Linear(2, 2, bias=False)
    tied.weight = linear.weight
    model.add_module("tied", tied)
    assert [name for name, _ in model.named_parameters()] == ["0.weight", "0.bias"]
    assert [name for name, _ in model.named_modules()] == ["", "0", "1", "tied"]
    assert list(model.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias", "tied.weight"]
    model.load_state_dict(model.state_dict())
    model(minigrad.ones(1, 2)).sum().backward()
    assert linear.weight.grad is tied.weight.grad


def test_state_goes_out_and_in():
    minigrad.manual_seed(0)
    one, other = Block(), Block()
    x = minigrad.ones(1, 2)
    assert not minigrad.equal(one(x), other(x))
    result = other.load_state_dict(one.state_dict())
    assert result.missing_keys == result.unexpected_keys == []
    assert minigrad.equal(one(x), other(x))
    assert not np.shares_memory(one.scale.array, other.scale.array)
    assert np.shares_memory(one.scale.array, one.state_dict()["scale"].array)
    assert not one.state_dict()["scale"].requires_grad


def test_state_that_does_not_fit_is_named_and_not_loaded():
    block = Block()
    before = {name: x.clone() for name, x in block.state_dict().items()}
    state = {name: x + 1 for name, x in block.state_dict().items()}
    state["extra"] = minigrad.ones(1)
    del state["seen"]
    state["child.weight"] = minigrad.ones(3, 2)
    with pytest.raises(RuntimeError) as caught:
        block.load_state_dict(state)
    for words in (
        "Block",
        'Unexpected key(s) in state_dict: "extra"',
        'Missing key(s) in state_dict: "seen"',
        "size mismatch for child.weight",
        "(3, 2)",
        "(2, 2)",
    ):
        assert words in str(caught.value)
    with pytest.raises(RuntimeError, match="size mismatch"):
        block.load_state_dict(state, strict=False)
    assert all(minigrad.equal(x, before[name]) for name, x in block.state_dict().items())

    state["child.weight"] = minigrad.zeros(2, 2)
    result = block.load_state_dict(state, strict=False)
    assert result == (["seen"], ["extra"])
    assert block.child.weight.tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert block.seen.tolist() == [0.0]


def test_loading_keeps_the_type_and_takes_arrays():
    linear = nn.Linear(2, 1, bias=False)
    linear.load_state_dict({"weight": np.array([[1.0, 2.0]])})
    assert linear.weight.dtype == minigrad.float32
    assert linear.weight.tolist() == [[1.0, 2.0]]


def test_train_and_eval_reach_everything():
    model = nn.Sequential(nn.Sequential(nn.Dropout()), nn.ModuleList([nn.Dropout()]))
    assert all(m.training for m in model.modules())
    assert model.eval() is model
    assert not any(m.training for m in model.modules())
    model.train()
    assert all(m.training for m in model.modules())


def test_apply_visits_children_first():
    seen = []
    model = nn.Sequential(nn.Linear(1, 1), nn.Sequential(nn.ReLU()))
    model.apply(lambda m: seen.append(type(m).__name__))
    assert seen == ["Linear", "ReLU", "Sequential", "Sequential"]


def test_freezing():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[0].requires_grad_(False)
    model(minigrad.ones(1, 2)).sum().backward()
    assert [p.grad is None for p in model.parameters()] == [True, True, False, False]
    model.zero_grad()
    assert all(p.grad is None for p in model.parameters())


def test_a_deep_copy_is_independent():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[1].weight = model[0].weight
    model(minigrad.ones(1, 2)).sum().backward()
    other = copy.deepcopy(model)
    assert type(other[0].weight) is nn.Parameter
    assert other[1].weight is other[0].weight
    assert minigrad.equal(other[0].weight.grad, model[0].weight.grad)
    before = model[0].weight.clone()
    minigrad.optim.SGD(other.parameters(), lr=1.0).step()
    assert minigrad.equal(model[0].weight, before)
    assert not minigrad.equal(other[0].weight, before)
    with pytest.raises(RuntimeError, match="leaves"):
        copy.deepcopy(model[0].weight * 2)


def test_converting_types():
    block = Block()
    block(minigrad.ones(1, 2)).sum().backward()
    block.register_buffer("count", minigrad.tensor([1]))
    assert block.double() is block
    assert {p.dtype for p in block.parameters()} == {minigrad.float64}
    assert block.scale.grad.dtype == block.seen.dtype == minigrad.float64
    assert block.count.dtype == minigrad.int64
    block(minigrad.ones(1, 2, dtype=minigrad.float64)).sum().backward()
    assert block.float().scale.dtype == minigrad.float32
    assert block.to("cpu") is block


def test_parameters():
    p = nn.Parameter(minigrad.ones(2))
    assert p.requires_grad
    assert p.is_leaf
    assert isinstance(p, minigrad.Tensor)
    assert type(p * 2) is minigrad.Tensor
    assert not nn.Parameter(minigrad.ones(2), requires_grad=False).requires_grad


def test_what_has_no_forward_says_so():
    class Empty(nn.Module):
        pass

    with pytest.raises(NotImplementedError, match="Empty has no method 'forward'"):
        Empty()(1)


def test_sequential():
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    assert len(model) == 3
    assert model[-1] is list(model)[2]
    x = minigrad.ones(4, 2)
    assert minigrad.equal(model(x), model[2](model[1](model[0](x))))
    head = model[:2]
    assert isinstance(head, nn.Sequential)
    assert list(head.state_dict()) == ["0.weight", "0.bias"]
    with pytest.raises(IndexError):
        model[3]
    assert nn.Sequential()(x) is x


def test_module_list():
    layers = nn.ModuleList([nn.Linear(1, 1)])
    layers.append(nn.ReLU())
    assert len(layers) == 2
    assert [type(m) for m in layers] == [nn.Linear, nn.ReLU]
    assert layers[1] is list(layers)[-1]
    assert isinstance(layers[:1], nn.ModuleList)
    assert list(layers.state_dict()) == ["0.weight", "0.bias"]


def test_names_of_modules():
    model = nn.Module()
    for name in ("", "a.b", 3):
        with pytest.raises(KeyError):
            model.add_module(name, nn.ReLU())
    with pytest.raises(TypeError, match=r"add_module.*'x'.*int"):
        model.add_module("x", 3)
    model.add_module("none", None)
    assert list(model.children()) == []


def test_scopes_are_put_back_after_an_error():
    class Failing(nn.Module):
        def forward(self, x):
            raise KeyError

    with pytest.raises(KeyError):
        Failing()(1)
    y = minigrad.ones(1, requires_grad=True) * 2
    assert y.grad_fn.scope is None


def test_ops_know_the_module_they_ran_in():
    model = nn.Sequential(nn.Linear(1, 1))
    y = model(minigrad.ones(1, 1))
    assert y.grad_fn.scope.module is model[0]
    assert y.grad_fn.scope.parent.module is model


def test_printing():
    assert repr(nn.Linear(2, 3)) == "Linear(in_features=2, out_features=3, bias=True)"
    assert repr(nn.Embedding(4, 2, padding_idx=-1)) == "Embedding(4, 2, padding_idx=3)"
    assert repr(nn.Dropout(0.1)) == "Dropout(p=0.1, inplace=False)"
    assert repr(nn.Softmax(1)) == "Softmax(dim=1)"
    assert "(out_proj): Linear" in repr(nn.MultiheadAttention(4, 2))


def test_a_module_that_forgot_to_start():
    class Forgetful(nn.Module):
        def __init__(self):
            self.layer = nn.ReLU()

    with pytest.raises(AttributeError, match=r"cannot assign module before Module.__init__\(\) call"):
        Forgetful()

    class Empty(nn.Module):
        def __init__(self):
            self.number = 3

    with pytest.raises(AttributeError, match=r"begin its __init__ with super\(\).__init__\(\)"):
        Empty()(1)
    with pytest.raises(AttributeError, match=r"'Linear' object has no attribute 'weigth'$"):
        _ = nn.Linear(1, 1).weigth


def test_a_parameter_is_not_replaced_by_mistake():
    block = Block()
    with pytest.raises(TypeError, match=r"cannot assign 'Tensor' as parameter 'scale' \(Parameter or None expected\)"):
        block.scale = minigrad.ones(2)
    with pytest.raises(TypeError, match="as child module 'child'"):
        block.child = 3
    block.child = None
    block.scale = nn.Parameter(minigrad.zeros(2))
    assert [name for name, _ in block.named_parameters()] == ["scale", "frozen"]


def test_parts_by_dotted_name():
    model = nn.Sequential(Block(), nn.ModuleDict({"x": nn.BatchNorm1d(2)}))
    assert model.get_submodule("") is model
    assert model.get_submodule("1.x") is model[1]["x"]
    assert model.get_parameter("0.child.weight") is model[0].child.weight
    assert model.get_buffer("1.x.running_mean") is model[1]["x"].running_mean
    for get, name in (
        (model.get_submodule, "1.y"),
        (model.get_submodule, "0.scale"),
        (model.get_parameter, "0.seen"),
        (model.get_buffer, "0.scale"),
    ):
        with pytest.raises(AttributeError, match=name):
            get(name)


def test_names_with_duplicates():
    linear = nn.Linear(1, 1)
    model = nn.Sequential(linear, linear)
    assert [name for name, _ in model.named_parameters(remove_duplicate=False)] == list(model.state_dict())
    assert [name for name, _ in model.named_modules(remove_duplicate=False)] == ["", "0", "1"]
    assert [name for name, _ in model.named_children()] == ["0"]


def test_assigning_takes_the_tensors_themselves():
    block = Block()
    state = {name: x.double() for name, x in block.state_dict().items()}
    assert repr(block.load_state_dict(state, assign=True)) == "<All keys matched successfully>"
    assert type(block.scale) is nn.Parameter
    assert block.scale.dtype == block.seen.dtype == minigrad.float64
    assert np.shares_memory(block.scale.array, state["scale"].array)
    assert not block.frozen.requires_grad
    assert block.state_dict(keep_vars=True)["scale"] is block.scale


def test_what_a_module_has_as_pytorchs_dicts():
    model = nn.Module()
    model.register_parameter("bias", None)
    model.register_buffer("mean", None)
    model.add_module("inner", None)
    model.weight = nn.Parameter(minigrad.ones(2))
    model.plain = None
    assert dict(model._parameters.items()) == {"bias": None, "weight": model.weight}
    assert dict(model._buffers) == {"mean": None}
    assert dict(model._modules) == {"inner": None}
    assert repr(model) == "Module(\n  (inner): None\n)"
    del model._parameters["weight"]
    model.weight = minigrad.zeros(3)  # a plain attribute from now on, as weight normalisation has it
    model._parameters["other"] = nn.Parameter(minigrad.ones(1))
    model._buffers["mean"] = minigrad.ones(4)
    model._modules["inner"] = nn.ReLU()
    assert [name for name, _ in model.named_parameters()] == ["other"]
    assert [name for name, _ in model.named_buffers()] == ["mean"]
    assert list(model.children()) == [model.inner]
    model.other = None
    assert list(model._parameters) == ["bias", "other"]
    assert list(model.parameters()) == []
    with pytest.raises(KeyError):
        model._modules["outer"]


def test_every_way_to_convert():
    block = Block()
    block.register_buffer("count", minigrad.tensor([1]))
    assert block.half().scale.dtype == minigrad.float16
    assert block.to(minigrad.zeros(1, dtype=minigrad.float64), non_blocking=True).scale.dtype == minigrad.float64
    assert block.count.dtype == minigrad.int64
    assert block.type(minigrad.float32).scale.dtype == block.count.dtype == minigrad.float32
    assert block.to(device="cpu", dtype=minigrad.float64).cpu().scale.dtype == minigrad.float64
    with pytest.raises(RuntimeError, match="'cuda' is not available"):
        block.cuda()
    with pytest.raises(TypeError, match=r"Block\.to: dtype int64 is not a floating-point type"):
        block.to(minigrad.int64)


def test_a_conversion_keeps_parameters_themselves():
    block = Block()
    optimizer = minigrad.optim.SGD(block.parameters(), lr=1.0)
    before, scale = block.scale.clone(), block.scale
    block.double()
    assert block.scale is scale
    block(minigrad.ones(1, 2, dtype=minigrad.float64)).sum().backward()
    optimizer.step()
    assert not minigrad.equal(block.scale, before.double())


def test_modules_of_ones_own_that_answer_to_train():
    """As frozen layers do: `train` of a model asks its children."""

    class Frozen(nn.BatchNorm1d):
        def train(self, mode=True):
            return super().train(False)

    model = nn.Sequential(Frozen(2), nn.Dropout())
    model.train()
    assert [m.training for m in model.modules()] == [True, False, True]
    with pytest.raises(ValueError, match="train: mode = 'yes'"):
        model.train("yes")


@pytest.mark.parametrize(
    ("function", "value"),
    [
        ("register_parameter", nn.Parameter(minigrad.ones(1))),
        ("register_buffer", minigrad.ones(1)),
        ("add_module", nn.ReLU()),
    ],
)
def test_names_and_values_of_parts_are_checked(function, value):
    block = Block()
    for name in ("", "a.b", 3, "forward", "plain", "training"):
        with pytest.raises(KeyError, match=function):
            getattr(block, function)(name, value)
    with pytest.raises(TypeError, match=rf"{function}: 'x' is a int; it must be a .*, or None"):
        getattr(block, function)("x", 3)
    getattr(block, function)("x", value)
    getattr(block, function)("x", None)  # again, by the same way
    getattr(block, function)("x", value)
    assert block.x is value
    for other in {"register_parameter", "register_buffer", "add_module"} - {function}:
        with pytest.raises(KeyError, match=f"{other}: Block already has an attribute 'x'"):
            getattr(block, other)("x", None)


def test_a_buffer_stays_one_until_it_is_deleted():
    block = Block()
    with pytest.raises(TypeError, match=r"cannot assign 'int' as buffer 'seen' \(Tensor or None expected\)"):
        block.seen = 3
    block.seen = minigrad.ones(2)
    assert block.state_dict()["seen"].tolist() == [1.0, 1.0]
    del block.seen
    block.seen = minigrad.ones(2)
    assert "seen" not in block.state_dict()
    with pytest.raises(AttributeError):
        del block.nothing_of_that_name


def test_submodules_are_exchanged():
    model = nn.Sequential(nn.Linear(1, 1), nn.Sequential(nn.ReLU()))
    model.set_submodule("1.0", nn.Tanh())
    assert type(model[1][0]) is nn.Tanh
    model.set_submodule("1.more", nn.ReLU())
    assert len(model[1]) == 2
    with pytest.raises(AttributeError, match="other"):
        model.set_submodule("1.other", nn.ReLU(), strict=True)
    for target, module in (("", nn.ReLU()), ("0", 3)):
        with pytest.raises(ValueError, match="set_submodule: "):
            model.set_submodule(target, module)


def test_states_are_gathered_into_a_dict_that_is_given():
    state = {"other": 1}
    assert nn.Linear(1, 1).state_dict(destination=state, prefix="net.") is state
    assert list(state) == ["other", "net.weight", "net.bias"]
    linear = nn.Linear(1, 1)
    model = nn.Sequential(linear, linear)
    assert len(list(model.modules())) == 2
    assert len(list(model.modules(remove_duplicate=False))) == 3


def test_what_is_no_state():
    with pytest.raises(TypeError, match="state_dict must be a dict of tensors, not list"):
        nn.Linear(1, 1).load_state_dict([])
    with pytest.raises(RuntimeError, match='parameter named "weight", expected a tensor from checkpoint but received'):
        nn.Linear(1, 1, bias=False).load_state_dict({"weight": "w"})


def test_a_module_is_pickled():
    model = nn.Sequential(Block(), nn.BatchNorm1d(2), nn.GRU(2, 3))
    model(minigrad.ones(4, 2))[0].sum().backward()
    other = pickle.loads(pickle.dumps(model))
    assert repr(other) == repr(model)
    state = other.state_dict()
    assert all(minigrad.equal(x, state[name]) for name, x in model.state_dict().items())
    assert [type(p) for p in other.parameters()] == [nn.Parameter] * len(list(model.parameters()))
    assert [p.requires_grad for p in other.parameters()] == [p.requires_grad for p in model.parameters()]
