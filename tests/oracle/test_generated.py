"""Every op of the table on inputs that hypothesis makes up: values, gradients and second gradients as in PyTorch.

`pytest --hypothesis-profile=thorough tests/oracle/test_generated.py` tries more.
"""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import minigrad
from tests.ops.case import case
from tests.ops.cases import CASES
from tests.ops.strategies import FINITE, INFINITE, LAYOUTS, varied
from tests.oracle.comparing import ERRORS, assert_refused, assert_same, op_of, to_numpy
from tests.oracle.differentiating import derivatives
from tests.oracle.differing import whose_nan

torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")
from torch.nn.attention import SDPBackend, sdpa_kernel  # noqa: E402

INF, NAN = np.inf, np.nan
TOLERANCE = {"float64": {"rtol": 1e-7, "atol": 1e-11}, "float32": {"rtol": 2e-4, "atol": 2e-5}}
PARTS = ("result", "gradient", "second gradient")

# PyTorch's loop over vectors of numbers and its loop over single ones answer NaN or ∞ differently; each may be right.
BY_TWO_LOOPS = {"celu", "elu", "gelu", "hardshrink", "hardswish", "hardtanh", "relu6", "selu", "softshrink"}

# Inputs that PyTorch's rounding, or its order, decides about: each by its op, or by its case.
SPARED = {
    "mode": {"special": INFINITE},  # it sorts by `<`, which NaN leaves without order
    "cdist, inf": {"special": FINITE},  # whether a NaN is passed over depends on how many numbers it takes at once
    "logcumsumexp () along 0": {"special": INFINITE},  # of a number alone, even NaN, PyTorch passes the gradient on
    "std": {"exact": True},  # of equal elements, whose mean is rounded, a deviation may be left, or none
    "std_mean": {"exact": True},
}

# Ops that may find any of equal elements, or of several NaN.
CHOOSING = {"kthvalue", "nanmedian", "max_pool1d"}

# Inputs of which the second derivative is what rounding leaves.
ROUNDED = {
    "hypot": lambda a, b: any((abs(x[x != 0]) < 1e-20).any() for x in (a, b)),  # 1/y - a²/y³
    "corrcoef": lambda x: x.ndim == 2 and rows_alike(x),  # they are cut off at 1, or just below it are not
}


def rows_alike(x):
    """Whether a row is another one's multiple."""
    x = x - x.mean(1, keepdims=True)
    products = x @ x.T
    return (np.triu(products**2 > (1 - 1e-5) * np.outer(products.diagonal(), products.diagonal()), 1)).any()


BY_OP: dict = {}
for each in CASES:
    BY_OP.setdefault(each.name.split()[0].rstrip(","), []).append(each)


def variations(op):
    """The cases of an op with other inputs; `view` and `as_strided`, which ask how these lie, are tested elsewhere."""
    layouts = LAYOUTS if op not in ("view", "as_strided") else LAYOUTS[:1] * 2

    def others(case):
        return varied(case, **{**SPARED.get(op, {}), **SPARED.get(case.name, {})}, layouts=layouts)

    return st.sampled_from(BY_OP[op]).flatmap(others)


def answers_in_torch(op, case):
    """What PyTorch gives; of ops that it has two loops for, what either gives too."""
    ways = ["own"]
    if op in BY_TWO_LOOPS and not all_finite(case):
        ways += ["long", "apart"]
    # Attention by blocks passes over some NaN; einsum multiplies from the left, where nobody looks for a shorter way.
    with sdpa_kernel(SDPBackend.MATH), torch.backends.opt_einsum.flags(enabled=False):
        return [derivatives(torch, case, way) for way in ways]


def all_finite(case):
    return all(np.isfinite(x).all() for x in case.inputs)


def ties(case):
    """Whether elements are equal, NaN among them."""
    return any(np.unique(x).size < x.size for x in case.inputs)


def whichever_was_found(case, found):
    """What does not tell equal elements apart: the numbers that were found, and gradients summed over equal ones."""
    results, gradients, _ = found
    sums = []
    for x, gradient in zip(case.inputs, gradients, strict=True):
        _, which = np.unique(x, return_inverse=True)
        sums.append(np.bincount(which.ravel(), to_numpy(gradient).ravel()).astype(x.dtype))
    return [y for y in results if y.requires_grad], sums, []


def nearest(ours, theirs):
    """Of several answers, element by element the one that ours is close to, or else the first."""
    if ours is None or any(x is None for x in theirs) or len(theirs) == 1:
        return theirs[0]
    first, *others = [to_numpy(x) for x in theirs]
    for other in others:
        other = other[..., 0] if other.ndim > first.ndim else other
        first = np.where(np.isclose(to_numpy(ours), other, equal_nan=True), other, first)
    return first


def compare(op, part, finite, ours, theirs, what):
    """Assert that two tensors are equal, but for what `differing` lists."""
    if ours is None or theirs is None:
        return assert_same(ours, theirs, what)
    ours, theirs = to_numpy(ours), to_numpy(theirs)
    side = whose_nan(op, part, finite)
    if side and ours.shape == theirs.shape:
        left_out = np.isnan(theirs) & (side != "ours") | np.isnan(ours) & (side != "theirs")
        ours, theirs = (np.where(left_out, 0, x).astype(x.dtype) for x in (ours, theirs))
    return assert_same(ours, theirs, what, **({} if part == "result" else tolerance(theirs)))


def tolerance(theirs):
    """Of derivatives, which are sums: an error is measured by the largest number too."""
    sizes = np.abs(theirs[np.isfinite(theirs)])
    rtol, atol = TOLERANCE[str(theirs.dtype)].values()
    return {"rtol": rtol, "atol": max(atol, 4 * np.finfo(theirs.dtype).eps * sizes.max(initial=0))}


def agree(op, case):
    """Assert that the two libraries give the same for a case, or both refuse it."""
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore", category=UserWarning):
        if op in ROUNDED and ROUNDED[op](*case.inputs):
            case = replace(case, torch_orders=1)
        try:
            theirs = answers_in_torch(op, case)
        except ERRORS as error:
            assert_refused(lambda: derivatives(minigrad, case), op_of(op), error)
            return
        ours = derivatives(minigrad, case)
    if op in CHOOSING and ties(case):
        ours, *theirs = (whichever_was_found(case, found) for found in (ours, *theirs))
    for part, a, *b in zip(PARTS, ours, *theirs, strict=True):
        for i, (x, *answers) in enumerate(zip(a, *b, strict=True)):
            compare(op, part, all_finite(case), x, nearest(x, answers), f"{part} {i}")


@pytest.mark.parametrize("op", BY_OP)
@settings(max_examples=settings.default.max_examples // 4)
@given(data=st.data())
def test_as_in_torch(op, data):
    agree(op, data.draw(variations(op)))


ROWS = [[1.0, 3.0, 3.0, -2.0], [0.0, -1.0, 0.5, 1.0]]
FOUND = [  # by the test above, and mended
    case("pow", lambda m, x, y: x**y, [0.0, 0.0, 2.0], [-1.0, -0.5, -1.0], torch_orders=1),
    case("pow", lambda m, x, y: x**y, [-2.0, -3.0], [0.0, 0.0]),
    case("pow", lambda m, x, y: x**y, [INF, -INF, 2.0], [0.0, -0.0, 1.0]),
    case("pow", lambda m, x: x**0, [INF, -INF, NAN]),
    case("pow", lambda m, y: m.tensor(0.0) ** y, [-1.0, 0.0, 2.0], torch_orders=1),
    case("div", lambda m, x, y: x / y, [-0.0], [1e-40]),
    case("cross_entropy", lambda m, x, t: m.nn.functional.cross_entropy(x, t), [[0.5, -1.0], [NAN, 0.0]], [0, -100]),
    case("clamp", lambda m, x, a: m.clamp(x, min=a), [1.0, 2.0], [INF, 0.0]),
    case("prelu", lambda m, x, w: m.prelu(x, w), [NAN, -1.0], [0.3]),
    case("hardswish", lambda m, x: m.nn.functional.hardswish(x), [INF, -INF, NAN]),
    case("huber_loss", lambda m, x, y: m.nn.functional.huber_loss(x, y), [NAN, 3.0, 0.5], [0.0, 0.0, 0.0]),
    case(
        "multilabel_margin_loss",
        lambda m, x, t: m.nn.functional.multilabel_margin_loss(x, t),
        [NAN, 0.0, 1.0],
        [2, -1, 0],
        torch_orders=1,
    ),
    case("gaussian_nll_loss", lambda m, x, y: m.nn.functional.gaussian_nll_loss(x, y, 1.0), [INF, 1.0], [0.0, 1.0]),
    case("vector_norm", lambda m, x: m.linalg.vector_norm(x, 0), [NAN, 0.0, 2.0], torch_orders=1),
    case("cdist", lambda m, x, y: m.cdist(x, y, p=INF), ROWS, np.zeros((2, 4)), torch_orders=1),
    case(
        "max_pool1d, padded",
        lambda m, x: m.nn.functional.max_pool1d(x, 3, stride=2, padding=1, return_indices=True),
        [[-INF, -INF, -INF, 1.0]],
    ),
    case("trapezoid", lambda m, x: m.trapezoid(x), [INF, 1.0, 2.0]),
    case("polygamma", lambda m, x: m.polygamma(1, x), [-1.0, -2.0, 0.0, -1.25, -1e15], torch_orders=0),
    case("cov", lambda m, x, w: m.cov(x, aweights=w), ROWS, [1.0, NAN, 1.0, 1.0]),
    case("cov", lambda m, x, w: m.cov(x, aweights=w), ROWS, [0.0, 0.0, 0.0, 0.0]),
]


@pytest.mark.parametrize("precision", [np.float32, np.float64])
@pytest.mark.parametrize("case", FOUND, ids=lambda case: case.name)
def test_what_was_found(case, precision):
    inputs = [x.astype(precision) if x.dtype.kind == "f" else x for x in case.inputs]
    agree(case.name, replace(case, inputs=tuple(inputs)))


OF_ROWS = {  # the value that is found, and where, by either library
    "kthvalue": lambda m, x: x.kthvalue(2),
    "median": lambda m, x: x.median(0),
    "nanmedian": lambda m, x: x.nanmedian(0),
    "max": lambda m, x: x.max(0),
    "mode": lambda m, x: x.mode(0),
    "max_pool1d": lambda m, x: [y[0, 0] for y in m.nn.functional.max_pool1d(x[None], len(x), return_indices=True)],
}


@pytest.mark.parametrize("op", OF_ROWS)
@given(values=st.lists(st.sampled_from([1.0, 2.0, 3.0, np.inf, -np.inf, np.nan]), min_size=2, max_size=6))
def test_the_gradient_goes_to_the_one_of_equal_elements_that_is_named(op, values):
    """Which one, PyTorch leaves open."""
    x = minigrad.tensor(values, dtype=minigrad.float64, requires_grad=True)
    value, index = OF_ROWS[op](minigrad, x)
    if op != "mode" or not np.isnan(values).any():
        assert_same(value, OF_ROWS[op](torch, torch.tensor(values, dtype=torch.float64))[0])
    np.testing.assert_equal(values[index.item()], value.item())
    (gradient,) = minigrad.autograd.grad(value, x)
    assert gradient.tolist() == [float(i == index.item()) for i in range(len(values))]


@given(rows=hnp.arrays(np.float64, (2, 3), elements=st.sampled_from([0.0, 1.0, -2.0, np.inf, -np.inf, np.nan])))
def test_the_largest_distance_is_numpys(rows):
    """Also where NaN is among the differences: see docs/differences.md."""
    with np.errstate(invalid="ignore"):
        found = minigrad.cdist(minigrad.tensor(rows), minigrad.tensor(rows[::-1].copy()), np.inf).array
        np.testing.assert_array_equal(found, abs(rows[:, None] - rows[::-1]).max(-1))
