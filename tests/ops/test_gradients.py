"""Every rule against finite differences, to first and second order; and no rule without a case."""

import importlib
import pkgutil

import numpy as np
import pytest

import minigrad
import minigrad.ops
from minigrad.autograd import GradcheckError, grad, gradcheck, gradgradcheck
from minigrad.autograd.backward import history
from minigrad.autograd.op import Op, Rule
from minigrad.autograd.primitive import primitive
from tests.ops.case import Case
from tests.ops.cases import CASES

SMOOTH = [case for case in CASES if case.smooth]  # the conventions for kinks are compared with PyTorch's
TWICE = [case for case in SMOOTH if ", ties" not in case.name and ", at 0" not in case.name]


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
        assert y.dtype in (dtype, np.float32) or case.name.endswith("another type")
    wanted = [x for x in inputs if x.requires_grad]
    for x, g in zip(wanted, grad(outputs, wanted, ones, allow_unused=True), strict=True):
        assert g is None or (g.dtype == x.dtype and g.shape == x.shape)


def declared_ops() -> list[Op]:
    """Every op with a rule, found where ops are declared."""
    modules = [importlib.import_module(f"minigrad.ops.{m.name}") for m in pkgutil.iter_modules(minigrad.ops.__path__)]
    modules.append(importlib.import_module("minigrad.kinds"))
    found = {
        id(f.op): f.op for module in modules for f in vars(module).values() if isinstance(getattr(f, "op", None), Op)
    }
    return [op for op in found.values() if any(op.rules)]


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


def test_a_check_of_nothing_is_an_error():
    with pytest.raises(ValueError, match="nothing to check"):
        gradcheck(minigrad.tanh, minigrad.ones(2))


def test_finite_differences_need_double_precision():
    with pytest.raises(TypeError, match="float32"):
        gradcheck(minigrad.tanh, minigrad.ones(2, requires_grad=True))


def rules_run_by(case: Case) -> set[tuple[Op, int]]:
    """The rules that the first and second derivatives of a case go through, as (op, input)."""
    inputs = case.tensors()
    outputs = [y for y in case.call(minigrad, inputs) if y.node is not None]
    if not outputs:
        return set()
    ones = [minigrad.ones_like(y, requires_grad=True) for y in outputs]
    wanted = [x for x in inputs if x.requires_grad]
    gradients = grad(outputs, wanted, ones, create_graph=True, allow_unused=True)
    nodes = history([y.node for y in (*outputs, *gradients) if y is not None and y.node is not None])
    return {(node.op, i) for node in nodes for i, parent in enumerate(node.parents) if parent is not None}


def declared_rules() -> list[tuple[Op, int]]:
    return [(op, i) for op in declared_ops() for i, rule in enumerate(op.rules) if rule is not None]


def test_every_rule_has_a_case():
    """A new op without a case fails here, whether users call it or only other rules do."""
    run = set().union(*map(rules_run_by, CASES))
    assert len(declared_rules()) > 50
    assert not [f"{op.name}, input {i}" for op, i in declared_rules() if (op, i) not in run]


def test_every_rule_is_watched(monkeypatch):
    """Whichever rule is bent a little, some case notices."""
    cases_of = {case.name: rules_run_by(case) for case in TWICE}

    def notices(case: Case) -> bool:
        try:
            gradcheck(checked(case), case.tensors())
            gradgradcheck(checked(case), case.tensors())
        except GradcheckError:
            return True
        return False

    def bent(gradient):
        return [bent(part) for part in gradient] if isinstance(gradient, list | tuple) else gradient * 1.01 + 0.01

    unnoticed = []
    for op, i in declared_rules():
        right = op.rules[i]
        wrong = Rule(right.formula, lambda g, y, *args, right=right, **params: bent(right.vjp(g, y, *args, **params)))
        with monkeypatch.context() as patch:
            patch.setattr(op, "rules", (*op.rules[:i], wrong, *op.rules[i + 1 :]))
            patch.setattr(op, "together", None)  # which is compared with the rules below
            if not any((op, i) in cases_of[case.name] and notices(case) for case in TWICE):
                unnoticed.append(f"{op.name}, input {i}")
    assert unnoticed == ["to, input 0"]  # which finite differences cannot see: PyTorch's values can


def gradients_of(case: Case, wanted: list[int]) -> list[np.ndarray | None]:
    """What backward finds for some of the inputs of a case, the others being constants."""
    inputs = case.tensors()
    for i, x in enumerate(inputs):
        x.requires_grad_(i in wanted)
    outputs = [y for y in case.call(minigrad, inputs) if y.requires_grad]
    rng = np.random.default_rng(0)
    g = [minigrad.from_numpy(np.asarray(rng.standard_normal(y.shape)).astype(y.array.dtype)) for y in outputs]
    found = grad(outputs, [inputs[i] for i in wanted], g, allow_unused=True) if outputs else []
    return [None if x is None else x.numpy() for x in found]


def test_gradients_worked_out_together_are_those_of_the_rules(monkeypatch):
    """Of every op that has a faster way: for all inputs at once, and for each alone."""
    ops = [op for op in declared_ops() if op.together is not None]
    seen = set()
    for case in CASES:
        used = {op for op, _ in rules_run_by(case)}
        floats = [i for i, x in enumerate(case.inputs) if x.dtype.kind == "f"]
        if not used.intersection(ops):
            continue
        seen |= used
        for wanted in (floats, *([i] for i in floats)):
            together = gradients_of(case, wanted)
            with monkeypatch.context() as patch:
                for op in ops:
                    patch.setattr(op, "together", None)
                apart = gradients_of(case, wanted)
            for a, b in zip(together, apart, strict=True):
                assert (a is None) == (b is None)
                if a is not None:
                    np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)
    assert {op.name for op in ops} >= {"linear", "layer_norm", "group_norm", "batch_norm"}
    assert seen.issuperset(ops)


def test_a_gradient_that_nobody_wants_is_not_worked_out_together(monkeypatch):
    """Of the input of a first layer, that is, and of weights that are frozen."""
    products = []
    product = minigrad.threads.matmul
    monkeypatch.setattr(minigrad.threads, "matmul", lambda a, b: products.append((a.shape, b.shape)) or product(a, b))
    for wants in ([False, True], [True, False], [True, True]):
        x = minigrad.ones(5, 3, requires_grad=wants[0])
        weight = minigrad.ones(2, 3, requires_grad=wants[1])
        y = minigrad.nn.functional.linear(x, weight).sum()
        products.clear()
        y.backward()
        assert products == [((5, 2), (2, 3))] * wants[0] + [((2, 5), (5, 3))] * wants[1]
