"""Every op of the table on every element type: the result's type and values are PyTorch's, and so are the refusals."""

import itertools
import warnings
from dataclasses import replace

import numpy as np
import pytest

import minigrad
from tests.ops.cases import CASES
from tests.oracle.comparing import ERRORS, assert_refused, assert_same, op_of, to_numpy
from tests.oracle.differentiating import as_tensor

torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]
GAPS = ("not implemented for", "Low precision", "must be either float or double", "Half")  # of PyTorch's kernels

# PyTorch has an answer where it has nothing to compute, or one number, of a type that it refuses for any more.
BY_ACCIDENT = {
    "kthvalue () along 0": ["bool"],
    "log_softmax (0, 3) along -1": DTYPES[:6],
    "softmax (0, 3) along -1": DTYPES[:6],
    "softmax, of nothing": DTYPES[:6],
}
OF_OUR_OWN = {"sparsemax"}  # which PyTorch does not have: of floats it is composed there
TIED = {"kthvalue, ties and NaN"}  # of which of the equal ones a position is, PyTorch does not say
RANKED = {"kthvalue", "topk"}  # so these get no equal integers


def typed(case, wanted):
    """The case with its floats in other types, in which they are numbers that all of these can hold."""
    wanted, inputs = iter(wanted), []
    for x in case.inputs:
        if x.dtype.kind == "f":
            dtype = np.dtype(next(wanted))
            x = np.nan_to_num(x, posinf=3, neginf=-3)
            if case.name in RANKED and dtype.kind in "iu":
                x = x.ravel().argsort().argsort().reshape(x.shape).astype(float)
            x = x > 0.5 if dtype.kind == "b" else np.abs(x).round() if dtype.kind == "u" else x
            x = np.clip(x, -100, 100).round() if dtype.kind in "iu" else x
            x = x.astype(dtype)
        inputs.append(x)
    return replace(case, inputs=tuple(inputs))


def combinations(case):
    floats = [x for x in case.inputs if x.dtype.kind == "f"]
    if case.shapes == "broadcast" and len(floats) == 2:
        return list(itertools.product(DTYPES, DTYPES))
    return [(dtype,) * len(floats) for dtype in DTYPES] if floats else []


def results(library, case):
    inputs = [as_tensor(library, np.asarray(x)).requires_grad_(False) for x in case.inputs]
    return case.call(library, inputs)


def within(*dtypes):
    return {"rtol": 5e-2, "atol": 5e-2} if "float16" in dtypes else {"rtol": 1e-4, "atol": 1e-5}


def assert_refused_or_right(case, variant, dtype):
    """What PyTorch has not written, for this type: refused, or in the same type what it is for float64."""
    try:
        ours = results(minigrad, variant)
    except ERRORS as error:
        assert_refused(lambda: results(minigrad, variant), op_of(case.name), error)
        return
    pairs = zip(case.inputs, variant.inputs, strict=True)
    exact = replace(case, inputs=tuple(given.astype(float) if x.dtype.kind == "f" else given for x, given in pairs))
    for i, (a, b) in enumerate(zip(ours, map(to_numpy, results(torch, exact)), strict=True)):
        assert_same(a, b if b.dtype.kind == "i" else b.astype(dtype), f"{dtype}: result {i}", **within(dtype))


@pytest.mark.parametrize("case", [case for case in CASES if case.name not in TIED], ids=lambda case: case.name)
def test_as_in_torch(case):
    for wanted in combinations(case):
        if any(np.dtype(d).kind != "f" for d in wanted) and case.name.split()[0] in OF_OUR_OWN:
            continue
        with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
            variant = typed(case, wanted)
            try:
                theirs = results(torch, variant)
            except ERRORS as error:
                if any(gap in str(error) for gap in GAPS):
                    assert_refused_or_right(case, variant, wanted[0])
                else:
                    assert_refused(lambda variant=variant: results(minigrad, variant), op_of(case.name), error)
                continue
            if wanted[0] in BY_ACCIDENT.get(case.name, ()):
                assert_refused(lambda variant=variant: results(minigrad, variant), op_of(case.name), RuntimeError())
                continue
            ours = results(minigrad, variant)
        for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            assert_same(a, b, f"{wanted}: result {i}", **within(*wanted))
