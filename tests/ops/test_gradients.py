"""Every rule against finite differences, to first and second order; and no rule without a case."""

import importlib
import pkgutil

import numpy as np
import pytest

import minigrad
import minigrad.ops
from minigrad.autograd import GradcheckError, grad, gradcheck, gradgradcheck
from minigrad.autograd.backward import history
from minigrad.autograd.primitive import Op, Rule, primitive
from tests.ops.cases import CASES, Case

SMOOTH = [case for case in CASES if case.smooth]  # the conventions for kinks are compared with PyTorch's
TWICE = [case for case in SMOOTH if "ties" not in case.name and "at 0" not in case.name]


def each(cases: list[Case]):
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.name)


def checked(case: Case):
    return lambda *inputs: case.call(minigrad, list(inputs))


@each(SMOOTH)
def test_first_derivatives(case):
    assert gradcheck(checked(case), case.tensors())


@each(TWICE)
def test_second_derivatives(case):
    assert gradgradcheck(checked(case), case.tensors())


@each(CASES)
@pytest.mark.parametrize("dtype", [np.float32, np.float16], ids=str)
def test_gradients_keep_the_type(case, dtype):
    inputs = case.tensors(dtype)
    outputs = [y for y in case.call(minigrad, inputs) if y.requires_grad]
    ones = [minigrad.ones_like(y) for y in outputs]
    for y in outputs:
        assert y.dtype in (dtype, np.float32)  # float32 where the case converts
    wanted = [x for x in inputs if x.requires_grad]
    for x, g in zip(wanted, grad(outputs, wanted, ones, allow_unused=True), strict=True):
        assert g is None or (g.dtype == x.dtype and g.shape == x.shape)


def declared_ops() -> list[Op]:
    """Every op with a rule, found where ops are declared."""
    modules = [importlib.import_module(f"minigrad.ops.{m.name}") for m in pkgutil.iter_modules(minigrad.ops.__path__)]
    modules.append(importlib.import_module("minigrad.tensor"))
    found = {
        id(f.op): f.op for module in modules for f in vars(module).values() if isinstance(getattr(f, "op", None), Op)
    }
    return [op for op in found.values() if any(op.rules)]


def test_every_rule_has_a_case():
    """A new op without a case fails here, whether users call it or only other rules do."""
    run = set()
    for case in CASES:
        inputs = case.tensors()
        outputs = [y for y in case.call(minigrad, inputs) if y.node is not None]
        ones = [minigrad.ones_like(y, requires_grad=True) for y in outputs]
        wanted = [x for x in inputs if x.requires_grad]
        gradients = grad(outputs, wanted, ones, create_graph=True, allow_unused=True) if outputs else []
        for node in history([y.node for y in (*outputs, *gradients) if y is not None and y.node is not None]):
            run |= {(node.op, i) for i, parent in enumerate(node.parents) if parent is not None}
    missing = [
        f"{op.name}, input {i}"
        for op in declared_ops()
        for i, rule in enumerate(op.rules)
        if rule is not None and (op, i) not in run
    ]
    assert len(declared_ops()) > 40
    assert not missing


@primitive(Rule("g · y", lambda g, y, x: g * y))
def wrong_sine(input):
    return np.sin(input)


@primitive(Rule("g · cos x", lambda g, y, x: g * np.cos(getattr(x, "array", x))))
def sine_with_a_constant_derivative(input):
    return np.sin(input)


def test_a_wrong_rule_is_caught():
    x = minigrad.tensor([0.3, 1.0], dtype=minigrad.float64, requires_grad=True)
    with pytest.raises(GradcheckError, match=r"inputs\[0\] of shape \(2,\)"):
        gradcheck(wrong_sine, x)


def test_a_rule_that_is_right_only_to_first_order_is_caught():
    x = minigrad.tensor([0.3, 1.0], dtype=minigrad.float64, requires_grad=True)
    assert gradcheck(sine_with_a_constant_derivative, x)
    with pytest.raises(GradcheckError):
        gradgradcheck(sine_with_a_constant_derivative, x)


def test_an_op_broken_on_purpose_is_caught(monkeypatch):
    x = minigrad.tensor([0.3, 1.0], dtype=minigrad.float64, requires_grad=True)
    monkeypatch.setattr(minigrad.tanh.op, "rules", (Rule("g · (1 - y)", lambda g, y, x: g * (1 - y)),))
    with pytest.raises(GradcheckError):
        gradcheck(minigrad.tanh, x)


def test_finite_differences_need_double_precision():
    with pytest.raises(TypeError, match="float32"):
        gradcheck(minigrad.tanh, minigrad.ones(2, requires_grad=True))
