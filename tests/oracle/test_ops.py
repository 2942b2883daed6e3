"""Every case of the table in PyTorch too: values, gradients and second gradients, in both precisions."""

import numpy as np
import pytest

import minigrad
from tests.ops.cases import CASES
from tests.oracle.comparing import assert_same

torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")


def run(library, case, dtype):
    """Results, gradients, and gradients of the gradients, all along fixed directions."""
    rng = np.random.default_rng(0)

    def direction(x):
        return library.tensor(rng.standard_normal(tuple(x.shape))).to(x.dtype)

    given = [x.astype(dtype) if x.dtype.kind == "f" else x for x in case.inputs]
    inputs = [library.tensor(x, requires_grad=x.dtype.kind == "f") for x in given]
    wanted = [x for x in inputs if x.requires_grad]
    outputs = case.call(library, inputs)
    chosen = [y for y in outputs if y.requires_grad]
    directions = [direction(y).requires_grad_(True) for y in chosen]
    first = library.autograd.grad(chosen, wanted, directions, create_graph=True, allow_unused=True)
    for g, x in zip(first, wanted, strict=True):
        assert g is None or (g.shape == x.shape and g.dtype == x.dtype)
    probes = [direction(x) for x in wanted]
    again = [
        (g, probe)
        for g, probe in zip(first, probes, strict=True)
        if case.torch_orders > 1 and g is not None and g.requires_grad
    ]
    second_inputs = [*wanted, *directions]
    second = (
        library.autograd.grad([g for g, _ in again], second_inputs, [probe for _, probe in again], allow_unused=True)
        if again
        else [None] * len(second_inputs)
    )
    return outputs, first if case.torch_orders else [], second


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_as_in_torch(case, dtype):
    for what, ours, theirs in zip(
        ("result", "gradient", "second gradient"), run(minigrad, case, dtype), run(torch, case, dtype), strict=True
    ):
        assert len(ours) == len(theirs)
        for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            assert_same(a, b, f"{what} {i}")


@pytest.mark.parametrize("case", [c for c in CASES if "einsum" not in c.name], ids=lambda case: case.name)
def test_what_is_contiguous_in_torch_is_contiguous_here(case):  # so that `view` works where it works there
    ours, theirs = (case.call(m, [m.tensor(x) for x in case.inputs]) for m in (minigrad, torch))
    for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        assert a.is_contiguous() or not b.is_contiguous(), f"result {i} has strides {a.stride()}"
