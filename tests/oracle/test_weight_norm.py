"""Weights learnt as lengths and directions, as in PyTorch."""

import copy
import pickle

import numpy as np
import pytest

import minigrad
from minigrad import nn
from minigrad.nn.utils import remove_weight_norm, weight_norm
from tests.oracle.agreeing import assert_agree

torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")
X = np.random.default_rng(0).standard_normal((2, 3, 4))


@pytest.mark.filterwarnings("ignore:.*weight_norm.* is deprecated:FutureWarning")
@pytest.mark.parametrize(
    "make",
    [
        lambda nn: nn.utils.weight_norm(nn.Linear(4, 5)),
        lambda nn: nn.utils.weight_norm(nn.Linear(4, 5, bias=False), dim=1),
        lambda nn: nn.utils.weight_norm(nn.Linear(4, 5), dim=None),
        lambda nn: nn.utils.weight_norm(nn.Linear(4, 5), dim=-1),
        lambda nn: nn.utils.weight_norm(nn.Conv1d(3, 2, 3)),
        lambda nn: nn.utils.weight_norm(nn.utils.weight_norm(nn.LSTM(4, 5), "weight_hh_l0"), "weight_ih_l0"),
        lambda nn: nn.utils.remove_weight_norm(nn.utils.weight_norm(nn.Linear(4, 5))),
    ],
)
def test_same_as_in_pytorch(make):
    assert_agree(make, [X])


def test_the_weight_is_kept_until_length_or_direction_changes():
    layer = nn.Linear(4, 5)
    before = layer.weight.detach().clone()
    weight_norm(layer)
    assert minigrad.allclose(layer.weight, before)
    with minigrad.no_grad():
        layer.weight_g.mul_(2)
        layer.weight_v.mul_(7)
    layer(minigrad.ones(1, 4))
    assert minigrad.allclose(layer.weight, 2 * before)
    remove_weight_norm(layer)
    assert minigrad.allclose(layer.weight, 2 * before)
    assert list(layer.state_dict()) == ["bias", "weight"]
    layer.weight.data.zero_()
    assert not layer(minigrad.zeros(1, 4)).sub(layer.bias).any()


def test_a_copy_normalises_weights_of_its_own():
    with minigrad.no_grad():
        layer = weight_norm(nn.Linear(2, 2))
        for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
            other.weight_g.mul_(3)
            assert minigrad.allclose(other(minigrad.eye(2)) - other.bias, 3 * layer.weight.T)


def test_refusals():
    layer = weight_norm(nn.Linear(2, 2))
    with pytest.raises(RuntimeError, match="weight_norm: 'weight' of Linear is normalised already"):
        weight_norm(layer)
    with pytest.raises(ValueError, match="remove_weight_norm: 'bias' of Linear is not normalised"):
        remove_weight_norm(layer, "bias")
