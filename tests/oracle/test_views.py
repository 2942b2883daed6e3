"""Writing in place through views, as PyTorch does it: whole programs of views and writes, generated."""

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

import minigrad
from tests.oracle.comparing import ERRORS, assert_refused

torch = pytest.importorskip("torch", reason="compares with PyTorch, which is not installed")

VIEWS = {
    "row": lambda x: x[0],
    "last": lambda x: x[..., -1],
    "step": lambda x: x[1::2],
    "column": lambda x: x[:, 1:],
    "transpose": lambda x: x.transpose(0, 1),
    "flat": lambda x: x.view(-1),
    "unsqueeze": lambda x: x.unsqueeze(1),
    "diagonal": lambda x: x.diagonal(),
    "narrow": lambda x: x.narrow(0, 1, 1),
    "permute": lambda x: x.permute(tuple(range(x.ndim))[::-1]),
    "detach": lambda x: x.detach(),
    "itself": lambda x: x,
}
WRITES = {
    "add_": lambda x, w: x.add_(w),
    "mul_": lambda x, w: x.mul_(w),
    "mul_ by itself": lambda x, w: x.mul_(x),
    "div_": lambda x, w: x.div_(2 + w),
    "exp_": lambda x, w: x.mul_(0.1).exp_(),
    "sigmoid_": lambda x, w: x.sigmoid_(),
    "clamp_": lambda x, w: x.clamp_(-0.5, 0.5),
    "fill_": lambda x, w: x.fill_(1.5),
    "copy_": lambda x, w: x.copy_(w),
    "zero_": lambda x, w: x.zero_(),
    "setitem": lambda x, w: x.__setitem__(0, w),
    "masked_fill_": lambda x, w: x.masked_fill_(x > 0, 0.25),
    "unsqueeze_": lambda x, w: x.unsqueeze_(0),
}


def run(library, program, wanted, parts, step=0.0):
    """The values of all tensors at the end, and the gradients of their weighted sum.

    What gradients are wanted of may be a step further in the direction of (1, ..., 1).
    """
    x = library.linspace(-1, 1, 12, dtype=library.float64).reshape(3, 4) + (step if "x" in wanted else 0)
    w = library.tensor(0.75 + (step if "w" in wanted else 0), dtype=library.float64, requires_grad="w" in wanted)
    x.requires_grad_("x" in wanted)
    tensors = [x * 1.0]
    for source, view, target, write in program:
        tensors.append(VIEWS[view](tensors[source % len(tensors)]))
        if write:
            WRITES[write](tensors[target % len(tensors)], w)
    loss = sum((t * t * (i + 1)).sum() for i, t in enumerate(tensors) if i in parts)
    leaves = [leaf for leaf in (x, w) if leaf.requires_grad]
    gradients = []
    if loss.requires_grad:
        gradients = library.autograd.grad(loss, leaves, allow_unused=True)
    return [t.tolist() for t in tensors], [g if g is None else g.tolist() for g in gradients], loss.item()


def assert_right(gradients, program, wanted, parts):
    """PyTorch refuses some programs whose gradients there are: it says of more tensors that it needs them unchanged."""
    if any(view == "detach" for _, view, _, _ in program):
        reject()  # what is written through it changes the numbers, but by intention not the gradients
    after, before = (run(minigrad, program, wanted, parts, step)[2] for step in (1e-6, -1e-6))
    slope = sum(np.sum(g) for g in gradients if g is not None)
    np.testing.assert_allclose(slope, (after - before) / 2e-6, rtol=1e-5, atol=1e-6)


steps = st.tuples(
    st.integers(0, 5), st.sampled_from(sorted(VIEWS)), st.integers(0, 6), st.sampled_from(["", *sorted(WRITES)])
)


@settings(max_examples=200)
@given(
    st.lists(steps, min_size=1, max_size=5), st.sampled_from(["x", "w", "xw"]), st.sets(st.integers(0, 5), min_size=1)
)
def test_programs_of_views_and_writes(program, wanted, parts):
    """Right, wherever PyTorch is: never a wrong gradient, and nothing refused that PyTorch allows."""
    parts = parts | {0}
    try:
        expected = run(torch, program, wanted, parts)
    except ERRORS as error:
        try:
            _, gradients, _ = run(minigrad, program, wanted, parts)
        except ERRORS:
            assert_refused(lambda: run(minigrad, program, wanted, parts), "[a-z_]+", error)  # by any step
        else:
            assert_right(gradients, program, wanted, parts)
        return
    values, gradients, _ = run(minigrad, program, wanted, parts)
    for ours, theirs in zip((*values, *gradients), (*expected[0], *expected[1]), strict=True):
        assert (ours is None) == (theirs is None)
        if theirs is not None:
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)
