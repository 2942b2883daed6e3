"""The Python code of rules that is shown, against what they are."""

import ast

import minigrad
from minigrad.autograd.op import Op
from minigrad.graph.rules import code_of, rules_of
from minigrad.ops.elementwise import mul
from tests.ops.test_gradients import declared_ops

A, B = (lambda g: g * 2), (lambda g: g * 3)
NESTED = lambda g: (lambda h: h + 1)(g)  # noqa: E731  what is tested are lambdas


def halved(g: float) -> float:
    """Half of it."""
    return g / 2


def test_a_lambda_is_shown_by_itself() -> None:
    assert [rule.code for rule in rules_of(mul.op)] == ["lambda g, _y, _a, b: g * b", "lambda g, _y, a, _b: g * a"]
    assert (code_of(A), code_of(B)) == ("lambda g: g * 2", "lambda g: g * 3")
    assert code_of(NESTED) == "lambda g: (lambda h: h + 1)(g)"


def test_a_function_is_shown_whole() -> None:
    assert code_of(halved) == 'def halved(g: float) -> float:\n    """Half of it."""\n    return g / 2'


def test_what_has_no_source_is_shown_as_nothing() -> None:
    assert code_of(len) == ""
    assert code_of(eval("lambda g: g")) == ""


def test_a_function_of_the_user_s_is_shown_as_its_backward() -> None:
    class Twice(minigrad.autograd.Function):
        @staticmethod
        def forward(ctx, x):  # type: ignore[no-untyped-def]
            return x * 2

        @staticmethod
        def backward(ctx, g):  # type: ignore[no-untyped-def]
            return g * 2

    y = Twice.apply(minigrad.ones(1, requires_grad=True))
    assert "return g * 2" in rules_of(y.grad_fn.op)[0].code


def test_every_op_has_code_for_each_rule() -> None:
    for op in declared_ops():
        assert isinstance(op, Op)
        for rule, shown in zip(op.rules, rules_of(op), strict=True):
            assert bool(shown.code) == bool(shown.formula) == (rule is not None), op
            ast.parse(shown.code)
