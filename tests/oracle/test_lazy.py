"""Layers that read the width of their input off the first one, as in PyTorch."""

import copy

import numpy as np
import pytest

import minigrad
from tests.oracle.comparing import assert_same, to_numpy

torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")


def model(nn):
    return nn.Sequential(
        nn.LazyConv1d(6, 3, padding=1, groups=2), nn.LazyBatchNorm1d(), nn.ReLU(), nn.Flatten(), nn.LazyLinear(3)
    )


def trained(library, net, x):
    """Losses of training, with an optimiser made before any width is known."""
    optimizer = library.optim.Adam(net.parameters(), lr=0.01)
    yield repr(net).count("Lazy")
    net(library.tensor(x))
    yield repr(net)
    yield net
    for _ in range(5):
        optimizer.zero_grad()
        loss = net(library.tensor(x)).square().sum()
        loss.backward()
        optimizer.step()
        yield loss


def test_same_as_in_pytorch():
    x = np.random.default_rng(0).standard_normal((3, 4, 5)).astype(np.float32)
    ours, theirs = trained(minigrad, model(minigrad.nn), x), trained(torch, model(torch.nn), x)
    assert next(ours) == next(theirs) == 3
    assert next(ours) == next(theirs)
    net, their_net = next(ours), next(theirs)
    net.load_state_dict({name: to_numpy(value) for name, value in their_net.state_dict().items()})
    for loss, their_loss in zip(ours, theirs, strict=True):
        assert_same(loss, their_loss)


def test_before_the_first_input():
    layer = minigrad.nn.LazyLinear(2, bias=False).double()
    weight = layer.weight
    assert repr(layer) == "LazyLinear(in_features=0, out_features=2, bias=False)"
    assert repr(weight) == "<UninitializedParameter>"
    other = copy.deepcopy(layer)
    for ask in (lambda: weight.shape, weight.numel, lambda: minigrad.nn.init.xavier_uniform_(weight)):
        with pytest.raises(RuntimeError, match="a parameter of a lazy layer has no shape yet; run the layer once"):
            ask()
    layer(minigrad.ones(4, 3).double())
    other(minigrad.ones(4, 5).double())
    assert layer.weight is weight
    assert type(weight) is minigrad.nn.Parameter
    assert (weight.shape, weight.dtype, other.weight.shape) == ((2, 3), minigrad.float64, (2, 5))
    assert type(layer) is minigrad.nn.Linear
