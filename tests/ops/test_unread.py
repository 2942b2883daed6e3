"""What rules say they do not read, against what their code reads; and that gradients do not depend on it."""

import dis
import math
from types import CodeType

import pytest

import minigrad
from minigrad.autograd import grad, primitive
from minigrad.autograd.backward import history
from minigrad.autograd.op import Op, Rule, unread
from minigrad.autograd.storage import Unread
from tests.ops.case import Case
from tests.ops.cases import CASES
from tests.ops.test_gradients import declared_ops, each


def loaded(code: CodeType) -> set[str]:
    """The names of variables that code loads, those that functions inside of it take along included."""
    found: set[str] = set()
    for instruction in dis.get_instructions(code):
        if instruction.opname.startswith("LOAD_"):
            value = instruction.argval
            found.update(x for x in (value if isinstance(value, tuple) else (value,)) if isinstance(x, str))
    return found


@pytest.mark.parametrize("op", declared_ops(), ids=lambda op: op.name)
def test_an_underscore_says_that_a_rule_does_not_read_an_argument(op: Op):
    count = 2 if op.variadic else 2 + len(op.rules)
    for rule in filter(None, op.rules):
        code = rule.vjp.__code__
        names = code.co_varnames[: min(count, code.co_argcount)]
        assert [name for name in names if name[0] == "_"] == [name for name in names if name not in loaded(code)]
        assert len(names) == count


@pytest.mark.parametrize("op", [op for op in declared_ops() if op.together is not None], ids=lambda op: op.name)
def test_what_is_worked_out_together_reads_no_more_than_the_rules(op: Op):
    code = op.together.__code__
    names = code.co_varnames[2 : 3 + len(op.rules)]  # after parents and g
    assert [name for name in names if name[0] == "_"] == [name for name in names if name not in loaded(code)]
    read = {i for i, name in enumerate(names) if name[0] != "_"}
    shape_only = {i for i in read if i in frozenset.intersection(*op.unread)}
    assert {names[i] for i in shape_only} <= {"bias"}


def test_what_counts_as_loaded():
    assert loaded((lambda g, y, x: [g for _ in range(2) if x]).__code__) >= {"g", "x"}
    assert "y" not in loaded((lambda g, y, x: (lambda: g + x)()).__code__)


class Callable:
    def method(self, g, _y, _x):
        return g

    def __call__(self, g, _y, _x):
        return g


def test_what_is_no_plain_function_reads_all():
    assert unread(Rule("g", Callable().method), 1) == unread(Rule("g", Callable()), 1) == frozenset()
    assert unread(Rule("g", lambda *all: all[0]), 1) == frozenset()
    assert unread(Rule("g", lambda g, _y, *inputs: g), 2) == {0}
    assert unread(None, 2) == {0, 1, 2}


def derivatives(case: Case) -> tuple[list[bytes | None], bool]:
    """The gradients of a case, of first and second order, bit by bit; and whether something was let go for them."""
    minigrad.manual_seed(0)
    leaves = case.tensors()
    outputs = [y for y in case.call(minigrad, [x * 1 if x.requires_grad else x for x in leaves]) if y.requires_grad]
    wanted = [x for x in leaves if x.requires_grad]
    nodes = history([y.node for y in outputs])
    let_go = any(isinstance(x, Unread) for node in nodes for x in (*node.arrays, node.output))
    ones = [minigrad.ones_like(y) for y in outputs]
    first = grad(outputs, wanted, ones, retain_graph=True, allow_unused=True)
    recorded = grad(outputs, wanted, ones, create_graph=True, allow_unused=True)
    again = [g for g in recorded if g is not None and g.requires_grad]
    ones = [minigrad.full_like(g, 0.5) for g in again]
    second = grad(again, wanted, ones, allow_unused=True) if again else ()
    return [None if g is None else g.detach().numpy().tobytes() for g in (*first, *recorded, *second)], let_go


@each([case for case in CASES if any(x.dtype.kind == "f" for x in case.inputs)])
def test_gradients_are_the_same_bit_for_bit(case: Case, monkeypatch):
    monkeypatch.setattr(primitive, "LARGE", math.inf)
    kept, let_go = derivatives(case)
    assert not let_go
    monkeypatch.setattr(primitive, "LARGE", -1)
    found, let_go = derivatives(case)
    assert let_go
    assert found == kept
