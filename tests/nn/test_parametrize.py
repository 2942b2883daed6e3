"""Weights that are computed from others. PyTorch's numbers are in tests/oracle."""

import copy

import pytest

import minigrad
from minigrad import nn
from minigrad.nn.utils import parametrizations, parametrize


class Doubled(nn.Module):
    def forward(self, x):
        return 2 * x

    def right_inverse(self, weight):
        return weight / 2


def test_the_original_is_learnt():
    layer = nn.Linear(1, 1, bias=False)
    other = nn.Linear(1, 1, bias=False)
    before = layer.weight.item()
    assert parametrize.register_parametrization(layer, "weight", Doubled()) is layer
    assert layer.weight.item() == pytest.approx(before)
    assert isinstance(layer, nn.Linear)
    assert "weight" in vars(other)  # no other layer is concerned
    assert [name for name, _ in layer.named_parameters()] == ["parametrizations.weight.original"]
    layer(minigrad.ones(1, 1)).sum().backward()
    assert layer.parametrizations.weight.original.grad.item() == 2.0
    layer.weight = minigrad.tensor([[6.0]])
    assert layer.parametrizations.weight.original.item() == 3.0


def test_copies_are_independent():
    layer = parametrize.register_parametrization(nn.Linear(1, 1), "weight", Doubled())
    parametrize.register_parametrization(layer, "bias", Doubled())
    other = copy.deepcopy(layer)
    weight = layer.weight.item()
    parametrize.remove_parametrizations(layer, "weight")
    assert isinstance(layer.weight, nn.Parameter)
    assert parametrize.is_parametrized(layer, "bias")
    parametrize.remove_parametrizations(layer, "bias", leave_parametrized=False)
    assert type(layer) is nn.Linear
    assert list(layer.state_dict()) == ["weight", "bias"]
    assert parametrize.is_parametrized(other, "weight")
    assert other.weight.item() == layer.weight.item() == pytest.approx(weight)


def test_buffers_too():
    norm = parametrize.register_parametrization(nn.BatchNorm1d(2), "running_var", Doubled())
    assert norm.running_var.tolist() == [1.0, 1.0]
    assert "parametrizations.running_var.original" in dict(norm.named_buffers())
    assert parametrize.remove_parametrizations(norm, "running_var").state_dict()["running_var"].tolist() == [1.0, 1.0]


def test_the_spectral_norm_becomes_one():
    minigrad.manual_seed(0)
    layer = parametrizations.spectral_norm(nn.Linear(4, 6), n_power_iterations=50)
    weight = layer.weight.detach()
    values = minigrad.tensor([1.0] * 4)
    for _ in range(200):
        values = weight.T @ (weight @ values)
        values = values / values.norm()
    assert (weight @ values).norm().item() == pytest.approx(1.0, abs=1e-4)
    layer.eval()
    assert minigrad.equal(layer.weight, layer.weight)
