"""A case in either library: its results, their gradients, and the gradients of these."""

from typing import Any

import numpy as np

import minigrad
from tests.ops.case import Case

Derivatives = tuple[list[Any], list[Any], list[Any]]


def as_tensor(library: Any, x: np.ndarray, memory: str = "own") -> Any:
    """A tensor on the array's own memory; for PyTorch on a copy, since it does not know all strides in all ops."""
    if library is not minigrad:
        x = x.copy() if memory == "own" else repeated(x, 64) if memory == "long" else repeated(x, 2)[..., 0]
    return library.from_numpy(x).requires_grad_(x.dtype.kind == "f")


def repeated(x: np.ndarray, times: int) -> np.ndarray:
    """Every element so many times side by side, along a further dimension at the end."""
    return np.repeat(x[..., None], times, -1)


def derivatives(library: Any, case: Case, memory: str = "own") -> Derivatives:
    """Results, gradients, and gradients of the gradients, all along fixed directions.

    PyTorch treats the elements of a tensor one by one where these lie "apart" in memory, and vectors of several at
    once where they lie side by side. With `memory` "long" every element becomes a row of 64 of its kind.
    """
    rng = np.random.default_rng(0)

    def direction(x: Any) -> Any:
        if memory == "long":
            return library.tensor(repeated(np.asarray(rng.standard_normal(tuple(x.shape[:-1]))), 64)).to(x.dtype)
        return library.tensor(rng.standard_normal(tuple(x.shape))).to(x.dtype)

    inputs = [as_tensor(library, x, memory) for x in case.inputs]
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
