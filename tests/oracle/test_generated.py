"""Every op of the table on inputs that hypothesis makes up: values, gradients and second gradients as in PyTorch.

`pytest --hypothesis-profile=thorough tests/oracle/test_generated.py` tries more.
"""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad
from tests.ops.cases import CASES
from tests.ops.strategies import LAYOUTS, varied
from tests.oracle.comparing import ERRORS, assert_refused, assert_same, op_of, to_numpy
from tests.oracle.differentiating import derivatives

torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")

TOLERANCE = {"float64": {"rtol": 1e-7, "atol": 1e-11}, "float32": {"rtol": 2e-4, "atol": 2e-5}}

# For these ops PyTorch's answers to infinities and NaN differ between its own loops (over vectors of numbers, and over
# what is left of them), or come from the order in which it adds. The derivatives of the gamma function climb by ones
# from where x is, which takes for ever from -1e30.
FINITE = {
    *{
        "attention",
        "batch_norm",
        "binary_cross_entropy_with_logits",
        "conv1d",
        "conv_transpose1d",
        "gelu",
        "group_norm",
        "hardtanh",
        "layer_norm",
        "relu6",
    },
    *{"logcumsumexp", "pairwise_distance", "std_mean", "var_mean"},
    *{"digamma", "lgamma", "multilabel_margin_loss", "mvlgamma", "polygamma"},
}

# What is known to differ, and not mended yet: the gamma function's derivatives near its poles, where ties are cut, and
# infinite areas.
DIFFERENT = {"kthvalue", "lgamma", "polygamma", "trapezoid", "trigamma"}
BY_OP: dict = {}
for case in CASES:
    BY_OP.setdefault(case.name.split()[0].rstrip(","), []).append(case)
for op in DIFFERENT:
    BY_OP.pop(op, None)


def assert_same_gradient(ours, theirs, what):
    """NaN in PyTorch stands for any number: it often multiplies an infinite slope by 0."""
    if ours is None or theirs is None:
        return assert_same(ours, theirs, what)
    theirs = to_numpy(theirs)
    ours = np.where(np.isnan(theirs), theirs, to_numpy(ours))
    return assert_same(ours, theirs, what, **TOLERANCE[str(theirs.dtype)])


def variations(op):
    """The cases of an op with other inputs; `view` and `as_strided`, which ask how these lie, are tested elsewhere."""
    how = {"infinite": op not in FINITE, "layouts": LAYOUTS if op not in ("view", "as_strided") else LAYOUTS[:1] * 2}
    return st.sampled_from(BY_OP[op]).flatmap(lambda case: varied(case, **how))


@pytest.mark.parametrize("op", BY_OP)
@settings(max_examples=settings.default.max_examples // 4)
@given(data=st.data())
def test_as_in_torch(op, data):
    case = data.draw(variations(op))
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore", category=UserWarning):
        try:
            theirs = derivatives(torch, case)
        except ERRORS as error:
            assert_refused(lambda: derivatives(minigrad, case), op_of(op), error)
            return
        ours = derivatives(minigrad, case)
    for i, (a, b) in enumerate(zip(ours[0], theirs[0], strict=True)):
        assert_same(a, b, f"result {i}")
    for i, (a, b) in enumerate(zip(ours[1], theirs[1], strict=True)):
        assert_same_gradient(a, b, f"gradient {i}")
    if case.shapes == "these" and not all(np.isfinite(x).all() for x in case.inputs):
        return  # of a composed function: the second derivatives of its parts, and their NaN, are not the same
    for i, (a, b) in enumerate(zip(ours[2], theirs[2], strict=True)):
        assert_same_gradient(a, b, f"second gradient {i}")
