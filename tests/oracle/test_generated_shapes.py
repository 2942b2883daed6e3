"""Ops that are about shapes, beside PyTorch's, on generated shapes and arguments: empty ones, negative dimensions, and
arguments that do not fit, which both must refuse.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad
from tests.ops.case import Case
from tests.ops.strategies import LAYOUTS, laid_out
from tests.oracle.comparing import ERRORS, assert_refused, assert_same, op_of

torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")

from tests.oracle.differentiating import derivatives  # noqa: E402  only where PyTorch is

side = st.integers(0, 3)
shapes = st.lists(side, min_size=0, max_size=4).map(tuple)
filled = st.lists(st.integers(1, 3), max_size=4).map(tuple)
matrices = st.tuples(side, side)
anywhere = st.integers(-4, 4)  # a dimension or a position, which need not be there


def floats(draw, shape):
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    return laid_out(draw, rng.standard_normal(shape), LAYOUTS[:-1])


def of_one(name, *arguments, shape=shapes):
    """An op of one tensor of any shape, with drawn arguments."""

    def build(draw):
        given = [draw(argument) for argument in arguments]
        return lambda m, x: getattr(x, name)(*given), [floats(draw, draw(shape))]

    return build


def resized(name):
    """An op that takes a new shape: the old one in another order or split, or any."""

    def build(draw):
        shape = draw(shapes)
        sizes = draw(st.one_of(st.permutations(shape), shapes, st.just((*shape[:1], -1)), st.just((-1, 1))))
        return lambda m, x: getattr(x, name)(tuple(sizes)), [floats(draw, shape)]

    return build


def joined(name):
    def build(draw):
        shape, dim = draw(shapes.filter(lambda shape: shape != (0,))), draw(anywhere)
        parts = [list(shape) for _ in range(draw(st.integers(1, 3)))]
        if name == "cat" and shape and draw(st.booleans()):
            for part in parts:
                part[dim % len(shape)] = draw(side)
        return lambda m, *xs: getattr(m, name)(xs, dim), [floats(draw, part) for part in parts]

    return build


def product(name):
    """A product of matrices, vectors or batches: of shapes that fit, but for a chance."""

    def build(draw):
        n, k, m_ = draw(side), draw(side), draw(side)
        other = k if draw(st.integers(0, 9)) else draw(side)
        batch = [draw(st.lists(st.sampled_from([1, 2]), max_size=2)) for _ in range(2)]
        by_name = {"mm": ((), ()), "bmm": ((2,), (2,)), "matmul": batch}
        left, right = (*by_name[name][0], n, k), (*by_name[name][1], other, m_)
        if name == "matmul":
            left, right = draw(st.sampled_from([left, (k,)])), draw(st.sampled_from([right, (other,)]))
        return lambda m, a, b: getattr(m, name)(a, b), [floats(draw, left), floats(draw, right)]

    return build


def one_index(draw, n, outside):
    """What may stand in one place of an index along a dimension of length n; with a place outside of it, or not."""
    ends = st.none() | st.integers(-4, 4)
    kinds = [
        st.builds(slice, ends, ends, st.none() | st.integers(1, 2)),
        st.lists(st.booleans(), min_size=n, max_size=n).map(lambda i: np.array(i, bool)),
    ]
    if n:
        number = st.integers(-n - outside, n - 1 + outside)
        kinds += [number, st.lists(number, min_size=1, max_size=3).map(lambda i: np.array(i, np.int64))]
    return draw(st.one_of(kinds))


def full_index(draw, shape):
    outside = 0 not in shape and draw(st.integers(0, 9)) == 0  # of what is empty, PyTorch asks no places
    parts = [one_index(draw, n, outside) for n in shape[: draw(st.integers(0, len(shape)))]]
    if draw(st.booleans()):
        parts.insert(draw(st.integers(0, len(parts))), draw(st.sampled_from([None, ...])))
    return tuple(parts)


def in_library(m, index):
    return tuple(m.from_numpy(part) if isinstance(part, np.ndarray) else part for part in index)


def getitem(draw):
    shape = draw(shapes)
    index = full_index(draw, shape)
    return lambda m, x: x[in_library(m, index)], [floats(draw, shape)]


def setitem(draw):
    shape = draw(shapes)
    index = full_index(draw, shape)
    if sum(isinstance(part, np.ndarray) and part.dtype != bool and part.size > 1 for part in index):
        index = tuple(part[:1] if isinstance(part, np.ndarray) and part.dtype != bool else part for part in index)

    def write(m, x, value):
        y = x * 1
        y[in_library(m, index)] = value
        return y

    return write, [floats(draw, shape), floats(draw, draw(st.sampled_from([(), (1,), shape[1:]])))]


def along(name):
    """gather, scatter and their like: an index within another tensor's shape, but for a chance."""

    def build(draw):
        shape = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3).map(tuple))
        dim = draw(st.integers(-len(shape), len(shape) - 1 + (draw(st.integers(0, 9)) == 0)))
        high = shape[dim % len(shape)] - (draw(st.integers(0, 9)) != 0)
        rng = np.random.default_rng(draw(st.integers(0, 999)))
        if name.startswith("index"):
            index = rng.integers(0, high + 1, draw(side))
        else:
            index = rng.integers(0, high + 1, [max(n - draw(st.integers(0, 1)), 0) for n in shape])
        if name in ("scatter", "index_copy"):
            index = index[tuple(slice(1) for _ in index.shape)]  # a place named twice is PyTorch's to choose
        source = list(index.shape)  # a larger one PyTorch takes, and refuses to differentiate
        if name.startswith("index"):
            source = [*shape[: dim % len(shape)], len(index), *shape[dim % len(shape) + 1 :]]
        inputs = [floats(draw, shape)]
        if name in ("gather", "index_select"):
            return lambda m, x: getattr(x, name)(dim, m.from_numpy(index)), inputs
        return lambda m, x, s: getattr(x, name)(dim, m.from_numpy(index), s), [*inputs, floats(draw, source)]

    return build


sizes = st.lists(st.integers(0, 3), max_size=4).map(tuple)
several = st.lists(anywhere, max_size=3).map(tuple)
OPS = {
    "reshape": resized("reshape"),
    "expand": resized("expand"),
    "permute": of_one("permute", st.permutations(range(3)).map(tuple)),
    "transpose": of_one("transpose", anywhere, anywhere),
    "movedim": of_one("movedim", anywhere, anywhere),
    "squeeze": of_one("squeeze", anywhere),
    "squeeze, several": of_one("squeeze", several),
    "unsqueeze": of_one("unsqueeze", st.integers(-5, 5)),
    "flatten": of_one("flatten", anywhere, anywhere),
    "unflatten": of_one("unflatten", anywhere, st.sampled_from([(1, -1), (-1, 1), (2, 1), (1, 3)])),
    "repeat": of_one("repeat", sizes),
    "tile": of_one("tile", sizes),
    "repeat_interleave": of_one("repeat_interleave", st.integers(0, 2), anywhere),
    "flip": of_one("flip", several),
    "roll": of_one("roll", st.integers(-4, 4), anywhere, shape=filled),  # PyTorch asks no dim of empty ones
    "split": of_one("split", st.integers(0, 3), anywhere),
    "split, sizes": of_one("split", st.lists(side, min_size=1, max_size=3), anywhere),
    "chunk": of_one("chunk", st.integers(0, 3), anywhere),
    "tensor_split": of_one("tensor_split", st.integers(0, 3), anywhere),
    "unbind": of_one("unbind", anywhere),
    "narrow": of_one("narrow", anywhere, st.integers(-3, 3), st.integers(-1, 3)),
    "select": of_one("select", anywhere, st.integers(-4, 4)),
    "diagonal": of_one("diagonal", st.integers(-3, 3), anywhere, anywhere),
    "diag_embed": of_one("diag_embed", st.integers(-2, 2)),
    "tril": of_one("tril", st.integers(-3, 3)),
    "triu": of_one("triu", st.integers(-3, 3)),
    "unfold": of_one("unfold", anywhere, st.integers(0, 3), st.integers(1, 2)),
    "cat": joined("cat"),
    "stack": joined("stack"),
    "hstack": lambda draw: (lambda m, *xs: m.hstack(xs), [floats(draw, draw(shapes)) for _ in range(2)]),
    "vstack": lambda draw: (lambda m, *xs: m.vstack(xs), [floats(draw, draw(shapes)) for _ in range(2)]),
    "matmul": product("matmul"),
    "mm": product("mm"),
    "bmm": product("bmm"),
    "getitem": getitem,
    "setitem": setitem,
    "gather": along("gather"),
    "scatter": along("scatter"),
    "scatter_add": along("scatter_add"),
    "index_select": along("index_select"),
    "index_add": along("index_add"),
    "index_copy": along("index_copy"),
}


@pytest.mark.parametrize("op", OPS)
@settings(max_examples=settings.default.max_examples // 2)
@given(data=st.data())
def test_as_in_torch(op, data):
    function, inputs = OPS[op](data.draw)
    case = Case(op, function, tuple(inputs))
    try:
        theirs = derivatives(torch, case)
    except ERRORS as error:
        assert_refused(lambda: derivatives(minigrad, case)[0], op_of(op), error)
        return
    ours = derivatives(minigrad, case)
    for what, a, b in zip(("result", "gradient", "second gradient"), ours, theirs, strict=True):
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            assert_same(x, y, what)
