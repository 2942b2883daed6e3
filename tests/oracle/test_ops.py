"""Every case of the table in PyTorch too: values, gradients and second gradients, in both precisions."""

from dataclasses import replace

import pytest

import minigrad
from tests.ops.cases import CASES
from tests.oracle.comparing import assert_same
from tests.oracle.differentiating import derivatives

torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_as_in_torch(case, dtype):
    case = replace(case, inputs=tuple(x.astype(dtype) if x.dtype.kind == "f" else x for x in case.inputs))
    for what, ours, theirs in zip(
        ("result", "gradient", "second gradient"), derivatives(minigrad, case), derivatives(torch, case), strict=True
    ):
        assert len(ours) == len(theirs)
        for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            assert_same(a, b, f"{what} {i}")


# einsum permutes what a matrix product gave, each library in its own way; matrix_power of 1 is here the matrix itself;
# as_strided is about memory and nothing else
LAID_OUT = [c for c in CASES if not c.name.startswith(("einsum", "matrix_power", "as_strided"))]


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("case", LAID_OUT, ids=lambda case: case.name)
def test_what_is_contiguous_in_torch_is_contiguous_here(case, order):  # so that `view` works where it works there
    def results(library):
        return case.call(library, [library.from_numpy(x.copy(order=order)) for x in case.inputs])

    try:
        theirs = results(torch)
    except RuntimeError:
        assert order == "F"  # some see the input in another shape, which then cannot be
        return
    for i, (a, b) in enumerate(zip(results(minigrad), theirs, strict=True)):
        assert a.is_contiguous() or not b.is_contiguous(), f"result {i} has strides {a.stride()}"
