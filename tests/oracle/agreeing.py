"""Modules of both libraries with the same weights: the same results, and gradients of inputs and parameters."""

import numpy as np
import pytest

import minigrad
from tests.oracle.comparing import assert_same, to_numpy


def leaves(result):
    """The tensors of nested tuples."""
    if isinstance(result, tuple | list):
        return [x for part in result for x in leaves(part)]
    return [] if result is None else [result]


def run(library, module, arrays, call):
    """Results, and gradients of the inputs and of all parameters along fixed directions."""
    rng = np.random.default_rng(1)
    inputs = [library.tensor(x, requires_grad=True) for x in arrays]
    outputs = leaves(call(library, module, *inputs))
    floats = [y for y in outputs if y.requires_grad]
    sum((y * library.tensor(rng.standard_normal(tuple(y.shape)))).sum() for y in floats).backward()
    return outputs, [x.grad for x in inputs], [p.grad for p in module.parameters()]


def assert_agree(make, arrays, call=lambda library, module, *inputs: module(*inputs)):
    torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")
    theirs = make(torch.nn).double()
    ours = make(minigrad.nn).double()
    ours.load_state_dict({name: to_numpy(x) for name, x in theirs.state_dict().items()})
    assert list(ours.state_dict()) == list(theirs.state_dict())
    if "MultiheadAttention" not in repr(theirs):
        assert repr(ours) == repr(theirs)
    results = zip(run(minigrad, ours, arrays, call), run(torch, theirs, arrays, call), strict=True)
    for what, (a, b) in zip(("result", "gradient", "gradient of parameter"), results, strict=True):
        assert len(a) == len(b)
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            assert_same(x, y, f"{what} {i}")
