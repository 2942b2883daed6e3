"""Python numbers and tensors of all types in one call, in place, and with `out=`: which type comes of it, what starts
again at a type's other end, and what does not fit and is refused.
"""

import itertools
import warnings

import numpy as np
import pytest

import minigrad
from tests.oracle.comparing import ERRORS, assert_refused, assert_same

torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]
PYTHON = {"bool": True, "int": 3, "float": 2.5}
OPERANDS = [(dtype, shape) for shape in [(2,), ()] for dtype in DTYPES] + [(kind, None) for kind in PYTHON]
BINARY = [
    *["add", "sub", "mul", "div", "floor_divide", "remainder", "fmod", "pow", "float_power", "rsub", "xlogy"],
    *["eq", "ne", "lt", "le", "gt", "ge", "maximum", "minimum", "fmax", "fmin", "atan2", "hypot", "logaddexp"],
    *["logical_and", "logical_or", "logical_xor", "bitwise_and", "bitwise_or", "bitwise_xor"],
    *["bitwise_left_shift", "bitwise_right_shift", "isclose"],
]
TENSORS_ONLY = {"maximum", "minimum", "fmax", "fmin", "atan2", "hypot", "logaddexp", "isclose"}
IN_PLACE = [
    *["add", "sub", "mul", "div", "floor_divide", "remainder", "fmod", "pow", "float_power", "atan2", "hypot", "xlogy"],
    *["eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or", "logical_xor", "bitwise_and", "bitwise_or"],
    *["bitwise_xor", "bitwise_left_shift", "bitwise_right_shift", "copy", "fill", "clamp_min", "clamp_max"],
]
NOT_WRITTEN = "not implemented for"  # by PyTorch, for a type


def operand(library, dtype, shape, values):
    """Numbers of a type: in a tensor, or from Python."""
    if shape is None:
        return PYTHON[dtype]
    values = [v > 0 for v in values] if dtype == "bool" else values
    return library.tensor(values if shape else values[0], dtype=getattr(library, dtype))


def assert_agree(call, op, numbers=False):
    """Equal to PyTorch's result, or refused as there.

    Arguments:
        call: takes the library.
        op: the name that an error begins with.
        numbers: whether an operand is one, which minigrad takes in more places.
    """
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        try:
            theirs = call(torch)
        except ERRORS as error:
            if NOT_WRITTEN not in str(error) and not (numbers and isinstance(error, TypeError)):
                assert_refused(lambda: call(minigrad), op, error)
            return
        assert_same(call(minigrad), theirs, op, rtol=1e-2)


@pytest.mark.parametrize("op", BINARY)
def test_two_operands(op):
    for one, other in itertools.product(OPERANDS, OPERANDS):
        if one[1] is None and other[1] is None:
            continue

        def call(m, a=one, b=other):
            return getattr(m, op)(operand(m, *a, [5, 1]), operand(m, *b, [3, 2]))

        assert_agree(call, op, one[1] is None or other[1] is None)


@pytest.mark.parametrize("op", sorted(TENSORS_ONLY))
def test_an_operand_that_is_no_tensor(op):
    x = minigrad.ones(2)
    for number in PYTHON.values():
        try:
            getattr(minigrad, op)(x, number)  # more than PyTorch takes does no harm
        except TypeError as error:
            assert str(error).startswith(f"{op}: ")  # noqa: PT017  either is right


@pytest.mark.parametrize("op", IN_PLACE)
def test_in_place(op):
    for one, other in itertools.product(OPERANDS, OPERANDS):
        if one[1] is None:
            continue

        def call(m, a=one, b=other):
            return getattr(operand(m, *a, [5, 1]), op + "_")(operand(m, *b, [3, 2]))

        assert_agree(call, op, other[1] is None)


@pytest.mark.parametrize("op", ["add", "sub", "mul", "div", "pow", "atan2", "maximum", "lt", "sqrt", "exp"])
def test_out(op):
    def call(m, dtype, kind):
        x, out = operand(m, dtype, (2,), [4, 1]), m.zeros(2, dtype=kind(m))
        second = () if op in ("sqrt", "exp") else (operand(m, dtype, (2,), [3, 2]),)
        assert getattr(m, op)(x, *second, out=out) is out
        return out

    for dtype, kind in itertools.product(DTYPES, DTYPES):
        assert_agree(lambda m, dtype=dtype, kind=kind: call(m, dtype, lambda m: getattr(m, kind)), op)


def u8(m, *values):
    return m.tensor(values, dtype=m.uint8)


HELD = [  # the op, and a call that fills a tensor with a number, or multiplies by one
    ("full", lambda m: m.full((2,), -1, dtype=m.uint8)),
    ("full", lambda m: m.full((2,), 300, dtype=m.uint8)),
    ("full", lambda m: m.full((2,), 2**40, dtype=m.int32)),
    ("full", lambda m: m.full((2,), 1.5, dtype=m.int64)),
    ("full", lambda m: m.full((2,), 1e30, dtype=m.int64)),
    ("full", lambda m: m.full((2,), 1e30, dtype=m.float16)),
    ("full", lambda m: m.full((2,), -np.inf, dtype=m.float16)),
    ("full_like", lambda m: m.full_like(u8(m, 1), -1)),
    ("full_like", lambda m: m.full_like(u8(m, 1), 256)),
    ("new_full", lambda m: u8(m, 1).new_full((2,), -1)),
    ("scalar_tensor", lambda m: m.scalar_tensor(-1, dtype=m.uint8)),
    ("tensor", lambda m: m.tensor(-1, dtype=m.uint8)),
    ("tensor", lambda m: m.tensor([1, 300], dtype=m.uint8)),
    ("tensor", lambda m: m.tensor([-1.5], dtype=m.uint8)),
    ("tensor", lambda m: m.tensor([-128, 127], dtype=m.int8)),
    ("tensor", lambda m: m.tensor([-129], dtype=m.int8)),
    ("tensor", lambda m: m.tensor(float("nan"), dtype=m.int64)),
    ("tensor", lambda m: m.tensor(2**63)),
    ("tensor", lambda m: m.tensor([2], dtype=m.bool)),
    ("tensor", lambda m: m.tensor([1e30], dtype=m.float16)),
    ("tensor", lambda m: m.tensor([m.tensor(300)], dtype=m.uint8)),
    ("as_tensor", lambda m: m.as_tensor([300], dtype=m.uint8)),
    ("to", lambda m: m.tensor([300, -1]).to(m.uint8)),
    ("arange", lambda m: m.arange(-2, 2, dtype=m.uint8)),
    ("fill_", lambda m: u8(m, 1, 2).fill_(-255)),
    ("fill_", lambda m: u8(m, 1, 2).fill_(-256)),
    ("fill_", lambda m: u8(m, 1, 2).fill_(1.5)),
    ("fill_", lambda m: u8(m, 1, 2).fill_(-1.5)),
    ("fill_", lambda m: u8(m, 1, 2).fill_(m.tensor(-1))),
    ("fill_", lambda m: m.zeros(2, dtype=m.int8).fill_(200)),
    ("fill_", lambda m: m.zeros(2, dtype=m.bool).fill_(0.5)),
    ("fill_diagonal_", lambda m: m.zeros(2, 2, dtype=m.uint8).fill_diagonal_(-1)),
    ("copy_", lambda m: u8(m, 1, 2).copy_(m.tensor([-1, 300]))),
    ("clamp", lambda m: u8(m, 1, 200).clamp(-1, 300)),
    ("clamp", lambda m: u8(m, 1, 200).clamp(max=-1)),
    ("masked_fill", lambda m: u8(m, 1, 2).masked_fill(m.tensor([True, False]), -1)),
    ("masked_fill", lambda m: u8(m, 1, 2).masked_fill(m.tensor([True, False]), 300)),
    ("masked_fill", lambda m: m.ones(2, dtype=m.float16).masked_fill(m.tensor([True, False]), -1e9)),
    ("index_fill", lambda m: u8(m, 1, 2).index_fill(0, m.tensor([0]), -1)),
    ("index_fill", lambda m: u8(m, 1, 2).index_fill(0, m.tensor([0]), 300)),
    ("scatter", lambda m: u8(m, 1, 2).scatter(0, m.tensor([0]), -1)),
    ("pad", lambda m: m.nn.functional.pad(u8(m, 1), (1, 0), value=-1)),
    ("pad", lambda m: m.nn.functional.pad(u8(m, 1), (1, 0), value=255)),
    ("add", lambda m: m.add(u8(m, 1, 2), u8(m, 1, 2), alpha=-1)),
    ("add", lambda m: m.add(u8(m, 1, 2), u8(m, 1, 2), alpha=300)),
    ("add", lambda m: m.add(u8(m, 1, 2), 3, alpha=100)),
    ("add", lambda m: m.add(m.tensor([1, 2]), m.tensor([True, True]), alpha=True)),
    ("add", lambda m: m.add(m.tensor([True, False]), m.tensor([True, True]), alpha=2)),
    ("add", lambda m: m.add(m.tensor([True, False]), m.tensor([True, True]), alpha=0)),
    ("add", lambda m: m.add(m.tensor([True, False]), m.tensor([True, True]), alpha=2.0)),
    ("add", lambda m: m.add(m.tensor([1, 2]), 3, alpha=2.5)),
    ("rsub", lambda m: m.rsub(m.tensor([1, 2]), m.tensor([1, 2]), alpha=2.5)),
    ("rsub", lambda m: m.rsub(m.tensor([1, 2]), 3.5, alpha=2)),
    ("addcmul", lambda m: m.addcmul(m.tensor([1, 2]), m.tensor([1, 2]), m.tensor([1, 2]), value=-1.5)),
    ("addcmul", lambda m: m.addcmul(m.tensor([1, 2]), m.tensor([1.0, 2.0]), m.tensor([1, 2]), value=0.5)),
    ("addcmul", lambda m: m.addcmul(u8(m, 1), u8(m, 1), u8(m, 1), value=-0.5)),
    ("addcmul", lambda m: m.addcmul(u8(m, 1), u8(m, 1), u8(m, 1), value=-2)),
    ("addcmul", lambda m: m.addcmul(u8(m, 1), u8(m, 1), u8(m, 1), value=300)),
    ("addmm", lambda m: m.addmm(*(m.tensor([[3]]),) * 3, beta=-1.5, alpha=2.7)),
    ("addmm", lambda m: m.addmm(*(m.tensor([[3]], dtype=m.uint8),) * 3, alpha=300)),
    ("addmm", lambda m: m.addmm(m.tensor([[3.0]]), m.tensor([[3]]), m.tensor([[3]]))),
    ("addmv", lambda m: m.addmv(m.tensor([3]), m.tensor([[3]]), m.tensor([3]), beta=1.5, alpha=1.5)),
    ("addr", lambda m: m.addr(m.tensor([[3]]), m.tensor([3]), m.tensor([3]), alpha=1.5)),
    ("addr", lambda m: m.addr(m.tensor([[3]]), m.tensor([3.0]), m.tensor([3]), beta=1.5)),
    ("addr", lambda m: m.addr(*(m.tensor([[True]]), m.tensor([True]), m.tensor([True])), alpha=2)),
    ("baddbmm", lambda m: m.baddbmm(*(m.tensor([[[3]]]),) * 3, beta=1.5, alpha=1.5)),
    ("addbmm", lambda m: m.addbmm(m.tensor([[3]]), *(m.tensor([[[3]]]),) * 2, beta=1.5, alpha=1.5)),
    ("index_add", lambda m: m.tensor([1, 2]).index_add(0, m.tensor([0]), m.tensor([3]), alpha=1.5)),
    ("index_add", lambda m: m.tensor([True]).index_add(0, m.tensor([0]), m.tensor([True]), alpha=2)),
    ("index_add", lambda m: u8(m, 1).index_add(0, m.tensor([0]), u8(m, 1), alpha=300)),
    ("div", lambda m: m.tensor(-1, dtype=m.int8) / u8(m, 1, 2)),
    ("matmul", lambda m: u8(m, 20, 20) @ u8(m, 20, 20)),
    ("dropout", lambda m: m.nn.functional.dropout(m.ones(4, dtype=m.int64), 0.1)),
    ("dropout", lambda m: m.nn.functional.dropout(m.ones(4, dtype=m.bool), 1.0)),
    ("dropout", lambda m: m.nn.functional.dropout(m.ones(4, dtype=m.int64), 0.5, training=False)),
    ("avg_pool1d", lambda m: m.nn.functional.avg_pool1d(m.tensor([[-3, -4, 5]]), 2, 1, 1)),
    ("max_pool1d", lambda m: m.nn.functional.max_pool1d(u8(m, 0, 0)[None], 2, 2, 1, return_indices=True)[1]),
    ("hinge_embedding_loss", lambda m: _hinge(m, m.tensor([0, 1, 2]), m.tensor([1, -1, -1]))),
    ("hinge_embedding_loss", lambda m: _hinge(m, m.tensor([0.0, 1, 2]), m.tensor([1, -1, -1]))),
    ("gaussian_nll_loss", lambda m: m.nn.functional.gaussian_nll_loss(*(m.tensor([1]),) * 2, m.tensor([2.0]))),
    ("gaussian_nll_loss", lambda m: m.nn.functional.gaussian_nll_loss(*(m.tensor([1.0]),) * 2, m.tensor([2]))),
    ("sum", lambda m: m.ones(2, 3).sum(0, 1)),
    ("sum", lambda m: u8(m, 200, 100).sum(dtype=m.uint8)),
    ("sum", lambda m: m.tensor([[1, 2]]).sum(1, dtype=m.int16)),
    ("max", lambda m: m.ones(2, 3).max(0, 1)),
    ("amax", lambda m: m.amax(m.ones(2, 3), 0, 1)),
    ("std", lambda m: m.std(m.ones(2, 3), 0, True, 1)),
]


def _hinge(m, x, target):
    return m.nn.functional.hinge_embedding_loss(x, target, margin=1.5, reduction="none")


@pytest.mark.parametrize("number", range(len(HELD)), ids=[f"{i} {op}" for i, (op, _) in enumerate(HELD)])
def test_numbers_that_a_type_holds_and_those_it_does_not(number):
    op, call = HELD[number]
    assert_agree(call, op)


@pytest.mark.parametrize("dtype", ["int64", "float64"])
@pytest.mark.parametrize("value", [1.5, [1.5], [1.5, 2.5], [True]])
@pytest.mark.parametrize("place", ["0", "slice(2)", "[0, 1]", "positions", "a mask", "a mask of one", "a new dim"])
def test_writing_values_of_another_type(place, value, dtype):
    def call(m):
        places = {
            "0": 0,
            "slice(2)": slice(2),
            "[0, 1]": [0, 1],
            "positions": m.tensor([0, 1]),
            "a mask": m.tensor([True, True]),
            "a mask of one": m.tensor([True, False]),
            "a new dim": (None, m.tensor([0, 1])),
        }
        x = m.zeros(2, dtype=getattr(m, dtype))
        x[places[place]] = m.tensor(value, dtype=m.float32)
        return x

    assert_agree(call, "setitem")
