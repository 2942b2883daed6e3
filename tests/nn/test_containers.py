"""Lists and dicts of modules and of parameters, beside PyTorch's where it is installed."""

import copy
import pickle
from collections import OrderedDict

import pytest

import minigrad
from minigrad import nn


def kinds(modules):
    return [type(m).__name__ for m in modules]


def edited_list(nn):
    layers = nn.ModuleList([nn.ReLU(), nn.Tanh()])
    layers.insert(1, nn.Linear(1, 2))
    layers.extend([nn.Sigmoid(), nn.Identity(), nn.Identity()])
    layers[0] = nn.Linear(2, 2)
    del layers[2]
    layers += [nn.ReLU()]
    last = layers.pop(-1)
    return layers + nn.ModuleList([last]), layers[1:3], layers[-1]


def edited_sequential(nn):
    model = nn.Sequential(OrderedDict([("first", nn.Linear(2, 3)), ("second", nn.ReLU())]))
    return model, model.append(nn.Tanh()), model[:2], nn.Sequential(nn.ReLU()).extend([nn.Tanh(), nn.Tanh()])


def edited_dict(nn):
    parts = nn.ModuleDict([("a", nn.ReLU()), ("b", nn.Linear(1, 1))])
    parts.update({"c": nn.Tanh()})
    parts["a"] = nn.Sigmoid()
    parts.pop("b")
    assert list(parts) == list(parts.keys()) == ["a", "c"]
    assert "a" in parts
    assert "b" not in parts
    assert kinds(parts.values()) == [type(m).__name__ for _, m in parts.items()]
    return (parts,)


@pytest.mark.parametrize("edit", [edited_list, edited_sequential, edited_dict])
def test_as_in_torch(edit):
    torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")
    for ours, theirs in zip(edit(minigrad.nn), edit(torch.nn), strict=True):
        assert repr(ours) == repr(theirs)
        assert list(ours.state_dict()) == list(theirs.state_dict())
        assert [name for name, _ in ours.named_modules()] == [name for name, _ in theirs.named_modules()]


def test_a_list_is_edited():
    layers = nn.ModuleList([nn.ReLU(), nn.Tanh()])
    layers.insert(0, nn.Sigmoid())
    assert kinds(layers) == ["Sigmoid", "ReLU", "Tanh"]
    del layers[1:]
    assert kinds(layers) == ["Sigmoid"]
    assert [name for name, _ in layers.named_children()] == ["0"]
    with pytest.raises(IndexError, match="ModuleList: index 1"):
        layers[1] = nn.ReLU()


def test_a_module_that_is_used_twice_runs_twice():
    relu = nn.ReLU()
    model = nn.Sequential(relu, nn.Tanh(), relu)
    assert len(model) == 3
    assert len(list(model.children())) == 2


def test_names_that_are_taken():
    parts = nn.ModuleDict()
    for name in ("keys", "training", "forward"):
        with pytest.raises(KeyError):
            parts[name] = nn.ReLU()
    with pytest.raises(KeyError):
        nn.ParameterDict({"values": minigrad.ones(1)})


def test_parameters_in_lists_and_dicts_are_learnt():
    weights = nn.ParameterList([minigrad.ones(2), nn.Parameter(minigrad.zeros(1))])
    weights.append(minigrad.ones(3))
    weights[-1] = minigrad.ones(4)
    assert [p.shape for p in weights.parameters()] == [(2,), (1,), (4,)]
    assert [w.shape for w in weights[1:]] == [(1,), (4,)]
    named = nn.ParameterDict({"a": minigrad.ones(2)})
    named["b"] = minigrad.ones(1)
    assert [name for name, _ in named.named_parameters()] == ["a", "b"]
    del named["a"]
    assert list(named) == ["b"]


def test_modules_are_pickled_and_copied():
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.ModuleDict({"x": nn.LSTM(2, 2)}))
    model[0].weight.requires_grad_(False)
    for other in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        assert repr(other) == repr(model)
        assert type(other[0].weight) is nn.Parameter
        assert not other[0].weight.requires_grad
        assert all(minigrad.equal(a, b) for a, b in zip(other.parameters(), model.parameters(), strict=True))
        other[0].bias.array[:] = 7
        assert not minigrad.equal(other[0].bias, model[0].bias)


def test_places_without_a_module_are_kept():
    layers = nn.ModuleList([nn.ReLU(), None])
    layers.append(None)
    assert len(layers) == 3
    assert layers[1] is None
    assert list(layers)[1:] == [None, None]
    assert repr(layers) == "ModuleList(\n  (0): ReLU()\n  (1-2): 2 x None\n)"
    assert list(layers.children()) == [layers[0]]
    assert list(layers.modules()) == [layers, layers[0]]
    layers[0] = None
    layers[2] = nn.Linear(1, 1)
    assert list(layers[:2]) == [None, None]
    assert list(layers.state_dict()) == ["2.weight", "2.bias"]
    assert [layer for layer, _ in zip(layers, range(3), strict=True) if layer] == [layers[2]]


def test_lists_and_dicts_of_parameters_print_types_and_sizes():
    values = [minigrad.ones(2, 3), nn.Parameter(minigrad.ones(1))]
    first, second = (f"  ({i}): Parameter containing: [minigrad.float32 of size {s}]" for i, s in enumerate(("2x3", 1)))
    assert repr(nn.ParameterList(values)) == f"ParameterList(\n  {first}\n  {second}\n)"
    assert repr(nn.ParameterList(values[:1])) == f"ParameterList({first})"
    dictionary = nn.ParameterDict({"a": minigrad.ones(2).double()})
    assert repr(dictionary) == "ParameterDict(  (a): Parameter containing: [minigrad.DoubleTensor of size 2])"
