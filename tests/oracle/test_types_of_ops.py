"""Every op of the table on every element type: the result's type and values are PyTorch's, and so are the refusals."""

import itertools
import warnings
from dataclasses import replace

import numpy as np
import pytest

import minigrad
from tests.ops.cases import CASES
from tests.oracle.comparing import ERRORS, assert_refused, assert_same, op_of
from tests.oracle.differentiating import as_tensor

torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")

DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]
GAPS = ("not implemented for", "Low precision", "must be either float or double", "Half")  # of PyTorch's kernels

# Of numbers that are no floats: what a layer, a loss or a multiple of integers would be is left open.
LEFT_OPEN = {
    *{"addcmul", "addmm", "avg_pool1d", "dropout", "hinge_embedding_loss", "sparsemax", "gaussian_nll_loss", "kl_div"},
    *{
        "kthvalue",
        "poisson_nll_loss",
        "norm",
        "cross_entropy",
        "max_pool1d",
        "topk",
        "softmax",
        "log_softmax",
        "einsum",
    },
    *{
        "add, alpha",
        "index_add, alpha",
        "setitem, a mask",
        "setitem, mixed",
        "setitem, positions",
        "matrix_power 0",
        "addr",
    },
}


def typed(case, wanted):
    """The case with its floats in other types, in which they are numbers that all of these can hold."""
    wanted, inputs = iter(wanted), []
    for x in case.inputs:
        if x.dtype.kind == "f":
            dtype = np.dtype(next(wanted))
            x = np.nan_to_num(x, posinf=3, neginf=-3)
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


TIED = {"kthvalue, ties and NaN"}  # of which of the equal ones a position is, PyTorch does not say


@pytest.mark.parametrize("case", [case for case in CASES if case.name not in TIED], ids=lambda case: case.name)
def test_as_in_torch(case):
    left_open = LEFT_OPEN & {case.name, case.name.split()[0].rstrip(",")}
    for wanted in combinations(case):
        if left_open and any(np.dtype(d).kind != "f" for d in wanted):
            continue
        with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
            variant = typed(case, wanted)
            try:
                theirs = results(torch, variant)
            except ERRORS as error:
                if not any(gap in str(error) for gap in GAPS):
                    assert_refused(lambda variant=variant: results(minigrad, variant), op_of(case.name), error)
                continue
            ours = results(minigrad, variant)
        tolerance = {"rtol": 5e-2, "atol": 5e-2} if "float16" in wanted else {"rtol": 1e-4, "atol": 1e-5}
        for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            assert_same(a, b, f"{wanted}: result {i}", **tolerance)
