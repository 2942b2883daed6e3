"""Element types: which one a mixture has, and which one new tensors have."""

import itertools

import numpy as np
import pytest

import minigrad
from tests.oracle.comparing import assert_same

torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]
KINDS = ["dimensioned", "a number in a tensor", "a Python number"]
PYTHON = {"bool": True, "int64": 1, "float32": 1.0}


def operand(library, dtype, kind):
    if kind == "a Python number":
        return PYTHON[dtype]
    return library.ones(2 if kind == "dimensioned" else (), dtype=getattr(library, dtype))


OPERANDS = [(dtype, kind) for kind in KINDS for dtype in (PYTHON if kind == "a Python number" else DTYPES)]
FUNCTIONS = {
    "add": (lambda m, a, b: a + b),
    "mul": (lambda m, a, b: a * b),
    "div": (lambda m, a, b: a / b),
    "lt": (lambda m, a, b: a < b),
    "where": (lambda m, a, b: m.where(m.tensor([True, False]), a, b)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_promotion(name):
    function, wrong = FUNCTIONS[name], []
    for one, other in itertools.product(OPERANDS, OPERANDS):
        if one[1] == other[1] == "a Python number":
            continue
        theirs = function(torch, operand(torch, *one), operand(torch, *other))
        ours = function(minigrad, operand(minigrad, *one), operand(minigrad, *other))
        if str(theirs.dtype) != f"torch.{ours.dtype}" or tuple(theirs.shape) != ours.shape:
            wrong.append(f"{one} with {other}: {ours.dtype}, in torch {theirs.dtype}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", ["maximum", "minimum", "pow", "cat"])
def test_promotion_between_tensors(name):
    wrong = []
    for one, other in itertools.product(DTYPES, DTYPES):
        if (one, other) == ("bool", "bool") and name == "pow":
            continue  # neither library has powers of bools
        results = []
        for library in (torch, minigrad):
            a, b = operand(library, one, "dimensioned"), operand(library, other, "dimensioned")
            results.append(library.cat([a, b]) if name == "cat" else getattr(library, name)(a, b))
        if str(results[0].dtype) != f"torch.{results[1].dtype}":
            wrong.append(f"{one} with {other}: {results[1].dtype}, in torch {results[0].dtype}")
    assert not wrong, "\n".join(wrong)


WRAPPED = [
    lambda m, x: (x * -2, x + 300, x - 300, -1 + x, x // 3, x == -1, x > -1, x.masked_fill(x > 6, -1)),
    lambda m, x: (x.clamp(min=-1), m.where(x > 6, x, -1), m.maximum(x, m.tensor(-1))),
]


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "int64"])
@pytest.mark.parametrize("function", WRAPPED)
def test_numbers_beyond_a_type_start_again_at_its_other_end(function, dtype):
    ours, theirs = (function(m, m.tensor([5, 120], dtype=getattr(m, dtype))) for m in (minigrad, torch))
    for a, b in zip(ours, theirs, strict=True):
        assert_same(a, b)


def test_whole_numbers_to_negative_powers():
    base, exponent = [2, 1, -1, -1, 3], [-1, -1, -1, -2, 2]
    assert_same(minigrad.tensor(base) ** minigrad.tensor(exponent), torch.tensor(base) ** torch.tensor(exponent))
    assert_same(2 ** minigrad.tensor([-1, 2]), 2 ** torch.tensor([-1, 2]))
    for library in (minigrad, torch):
        with pytest.raises(RuntimeError, match="negative"):
            library.tensor([2], dtype=library.uint8) ** -1


REDUCED = ["sum", "amax", "argmax", "any", "all", "exp", "sqrt", "sin", "sigmoid", "tanh", "abs", "neg", "relu", "sign"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", REDUCED)
def test_one_operand(name, dtype):
    results = []
    for library in (torch, minigrad):
        x = library.ones(3, dtype=getattr(library, dtype))
        try:
            results.append(getattr(x, name)())
        except (RuntimeError, TypeError):
            results.append(None)
    theirs, ours = results
    if theirs is not None and ours is not None:
        assert str(theirs.dtype) == f"torch.{ours.dtype}"
        np.testing.assert_allclose(ours.array, theirs.numpy(), rtol=1e-3)


MADE = [
    lambda m: m.tensor(1),
    lambda m: m.tensor(1.5),
    lambda m: m.tensor(True),
    lambda m: m.tensor([1, 2.5]),
    lambda m: m.tensor([True, False]),
    lambda m: m.tensor([True, 2]),
    lambda m: m.tensor([]),
    lambda m: m.tensor([[], []]),
    lambda m: m.tensor(np.ones(2)),
    lambda m: m.tensor(np.ones(2, np.float32)),
    lambda m: m.tensor(np.float64(1.0)),
    lambda m: m.tensor(np.arange(3)),
    lambda m: m.tensor([m.tensor(1), m.tensor(2)]),
    lambda m: m.tensor([1, 2], dtype=m.float32),
    lambda m: m.tensor([1.7, -1.7], dtype=m.int64),
    lambda m: m.tensor([0.5, 0.0], dtype=m.bool),
    lambda m: m.Tensor([1, 2]),
    lambda m: m.from_numpy(np.ones(2)),
    lambda m: m.as_tensor([1.0]),
    lambda m: m.zeros(2, 3),
    lambda m: m.zeros((2, 3)),
    lambda m: m.zeros(()),
    lambda m: m.ones(2, dtype=m.int32),
    lambda m: m.full((2,), 1),
    lambda m: m.full((2,), 1.5),
    lambda m: m.full((2,), True),
    lambda m: m.full((2, 2), 3, dtype=m.float64),
    lambda m: m.eye(3),
    lambda m: m.eye(2, 3),
    lambda m: m.arange(5),
    lambda m: m.arange(5.0),
    lambda m: m.arange(1, 3),
    lambda m: m.arange(1, 2, 0.25),
    lambda m: m.arange(0, 1, 0.1),
    lambda m: m.arange(5, 0, -2),
    lambda m: m.arange(3, dtype=m.float64),
    lambda m: m.linspace(0, 1, 5),
    lambda m: m.linspace(-1, 1, 1),
    lambda m: m.zeros_like(m.ones(2, dtype=m.int64)),
    lambda m: m.ones_like(m.ones(2, dtype=m.bool)),
    lambda m: m.full_like(m.ones(2), 3),
    lambda m: m.full_like(m.ones(2, dtype=m.int64), 3.7),
    lambda m: m.tensor([1, 2]).float(),
    lambda m: m.tensor([1.5]).to(m.tensor([1])),
    lambda m: m.tensor([1.5]).type_as(m.tensor([True])),
    lambda m: m.randn(2, 2) * 0,
    lambda m: m.rand(2) * 0,
    lambda m: m.randperm(1),
    lambda m: m.randint(3, 4, (2,)),
]


@pytest.mark.parametrize("make", MADE)
def test_new_tensors(make):
    assert_same(make(minigrad), make(torch), rtol=1e-6, atol=1e-7)
