"""A case in either library: its results, their gradients, and the gradients of these."""

from typing import Any

import numpy as np

import minigrad
from tests.ops.case import Case


def as_tensor(library: Any, x: np.ndarray) -> Any:
    """A tensor on the array's own memory; for PyTorch on a copy, since it does not know all strides in all ops."""
    return library.from_numpy(x if library is minigrad else x.copy()).requires_grad_(x.dtype.kind == "f")


def derivatives(library: Any, case: Case) -> tuple[list[Any], list[Any], list[Any]]:
    """Results, gradients, and gradients of the gradients, all along fixed directions."""
    rng = np.random.default_rng(0)

    def direction(x: Any) -> Any:
        return library.tensor(rng.standard_normal(tuple(x.shape))).to(x.dtype)

    inputs = [as_tensor(library, x) for x in case.inputs]
    wanted = [x for x in inputs if x.requires_grad]
    outputs = case.call(library, inputs)
    chosen = [y for y in outputs if y.requires_grad]
    directions = [direction(y).requires_grad_(True) for y in chosen]
    first = library.autograd.grad(chosen, wanted, directions, create_graph=True, allow_unused=True) if chosen else []
    for g, x in zip(first, wanted, strict=False):
        assert g is None or (g.shape == x.shape and g.dtype == x.dtype)
    probes = [direction(x) for x in wanted]
    again = [
        (g, probe)
        for g, probe in zip(first, probes, strict=False)
        if case.torch_orders > 1 and g is not None and g.requires_grad
    ]
    second_inputs = [*wanted, *directions]
    second = (
        library.autograd.grad([g for g, _ in again], second_inputs, [probe for _, probe in again], allow_unused=True)
        if again
        else [None] * len(second_inputs)
    )
    return outputs, list(first) if case.torch_orders else [], list(second)
