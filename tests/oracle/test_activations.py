"""Activation modules and the corners of activation functions, as in PyTorch."""

import copy

import numpy as np
import pytest

import minigrad
from tests.oracle.comparing import assert_same

torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")

MODULES = [
    lambda nn: nn.ReLU(),
    lambda nn: nn.ReLU(True),
    lambda nn: nn.ReLU6(),
    lambda nn: nn.ReLU6(inplace=True),
    lambda nn: nn.LeakyReLU(),
    lambda nn: nn.LeakyReLU(0.2, inplace=True),
    lambda nn: nn.ELU(),
    lambda nn: nn.ELU(0.5, True),
    lambda nn: nn.SELU(True),
    lambda nn: nn.CELU(0.5),
    lambda nn: nn.GELU(),
    lambda nn: nn.GELU("tanh"),
    lambda nn: nn.SiLU(),
    lambda nn: nn.Mish(),
    lambda nn: nn.Softsign(),
    lambda nn: nn.Softplus(),
    lambda nn: nn.Softplus(2, 10),
    lambda nn: nn.Hardtanh(-2, 2, True),
    lambda nn: nn.Hardtanh(),
    lambda nn: nn.Hardsigmoid(True),
    lambda nn: nn.Hardswish(),
    lambda nn: nn.LogSigmoid(),
    lambda nn: nn.GLU(1),
    lambda nn: nn.PReLU(),
    lambda nn: nn.PReLU(4, 0.1),
    lambda nn: nn.Softmin(1),
    lambda nn: nn.Softmax(-1),
    lambda nn: nn.LogSoftmax(dim=0),
    lambda nn: nn.Tanhshrink(),
    lambda nn: nn.Threshold(0.1, 20),
    lambda nn: nn.Hardshrink(),
    lambda nn: nn.Softshrink(0.2),
    lambda nn: nn.Sigmoid(),
    lambda nn: nn.Tanh(),
]


@pytest.mark.parametrize("number", range(len(MODULES)))
def test_modules(number):
    ours, theirs = MODULES[number](minigrad.nn), MODULES[number](torch.nn)
    assert repr(ours) == repr(theirs)
    x = np.random.default_rng(0).standard_normal((3, 4)).astype(np.float32)
    assert_same(ours(minigrad.tensor(x)), theirs(torch.tensor(x)))
    assert_same(copy.deepcopy(ours)(minigrad.tensor(x)), theirs(torch.tensor(x)))
    assert list(ours.state_dict()) == list(theirs.state_dict())


def test_softmax_without_dim_warns():
    for shape in [(3,), (2, 3), (2, 3, 4)]:
        x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
        with pytest.warns(UserWarning, match="dim"):
            ours = minigrad.nn.Softmax()(minigrad.tensor(x))
        with pytest.warns(UserWarning, match="dim"):
            theirs = torch.nn.Softmax()(torch.tensor(x))
        assert_same(ours, theirs)


def test_far_out_in_single_precision():
    """The logarithm of a small probability is what learners first write as a loss."""
    x = [-80.0, -20.0, 20.0]
    assert_same(minigrad.sigmoid(minigrad.tensor(x)).log(), torch.sigmoid(torch.tensor(x)).log(), rtol=1e-5)


REFUSED = [
    lambda m: m.nn.functional.gelu(m.tensor([1])),
    lambda m: m.nn.functional.gelu(m.ones(1), approximate="x"),
    lambda m: m.nn.functional.silu(m.tensor([1])),
    lambda m: m.nn.functional.elu(m.tensor([1])),
    lambda m: m.nn.functional.leaky_relu(m.tensor([1])),
    lambda m: m.nn.functional.softplus(m.tensor([1])),
    lambda m: m.nn.functional.hardswish(m.tensor([1])),
    lambda m: m.nn.functional.hardsigmoid(m.tensor([1])),
    lambda m: m.nn.functional.logsigmoid(m.tensor([1])),
    lambda m: m.nn.functional.celu(m.ones(1), 0.0),
    lambda m: m.nn.functional.hardtanh(m.ones(1), 2, 1),
    lambda m: m.nn.functional.glu(m.ones(3)),
    lambda m: m.nn.functional.glu(m.tensor(1.0)),
    lambda m: m.nn.functional.prelu(m.ones(2, 3, 4), m.ones(4)),
    lambda m: m.nn.functional.prelu(m.ones(3), m.ones(3)),
    lambda m: m.nn.functional.softshrink(m.ones(3), -1.0),
    lambda m: m.nn.functional.relu(m.ones(3, requires_grad=True), inplace=True),
]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_refused(number):
    for library in (torch, minigrad):
        with pytest.raises((RuntimeError, TypeError, ValueError)):
            REFUSED[number](library)
