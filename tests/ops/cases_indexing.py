"""Cases of the ops that pick elements or write at positions: indexing, assigning, scattering, sorting."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.ops.case import Case, case, mask, normal, positive


def assigned(index: Callable[..., Any]) -> Callable[..., Any]:
    """What becomes of a result, part of which is assigned to."""

    def function(m: Any, x: Any, value: Any, *rest: Any) -> Any:
        y = x * 1
        y[index(m, *rest)] = value
        return y * y + x * x

    return function


def in_place(name: str, *args: Any, **options: Any) -> Callable[..., Any]:
    def function(m: Any, x: Any, *tensors: Any) -> Any:
        y = x * 1
        result = getattr(y, name)(*args, *tensors, **options)
        assert result is y
        return y * 2

    return function


def padded_with(m: Any, x: Any) -> Any:
    """A constant that becomes part of a graph, row by row."""
    rows = m.zeros(4, 3, dtype=x.dtype)
    for i in range(2):
        rows[2 * i] = x[i] * (i + 1)
    return rows * rows


ROWS = np.array([2, 0, 2])

CASES: list[Case] = [
    case("getitem, number tensors", lambda m, x, i: (x[i], x[1:, i], x[i, i]), normal(3, 3), 1),
    case(
        "getitem, numbers before arrays",
        lambda m, x, i, c: (x[0, :, i], x[:, 1, c], x[i[:1], 0, i], x[..., 0, :, c]),
        normal(2, 3, 4),
        [1, 0, 1],
        [True, False, True, True],
    ),
    case("getitem, no positions", lambda m, x: x[[]], normal(3, 2)),
    case("getitem, two masks", lambda m, x, a: x[:, a], normal(2, 3), [True, False, True]),
    case("getitem, row by row", lambda m, x: sum(x[t] * x[t - 1] for t in range(4)), normal(4, 2)),
    case("index_select", lambda m, x, i: (m.index_select(x, 0, i), x.T.index_select(-1, i)), normal(3, 2), ROWS),
    case("index_select, a number", lambda m, x, i: x.index_select(0, i), normal(3), 1),
    case("index_select, of a number", lambda m, x, i: x.index_select(0, i), normal(), [0]),
    case("take", lambda m, x, i: (m.take(x, i), x.T.take(i)), normal(2, 3), [[0, -1], [5, 0]]),
    case("take_along_dim", lambda m, x, i: m.take_along_dim(x, i, 1), normal(2, 3), [[2, 2], [0, 1]]),
    case("take_along_dim, broadcast", lambda m, x, i: x.take_along_dim(i, dim=-1), normal(3, 2), [[1]]),
    case("take_along_dim, flat", lambda m, x, i: x.take_along_dim(i), normal(3, 2), [[5, 1]]),
    case("masked_select", lambda m, x, c: m.masked_select(x, c), normal(2, 3), mask(2, 3)),
    case("masked_select, broadcast", lambda m, x, c: x.masked_select(c), normal(3, 1), [True, False]),
    case("gather, a number", lambda m, x, i: x.gather(0, i), normal(), 0),
    case("gather, nothing", lambda m, x: x.gather(1, m.zeros(0, 2, dtype=m.int64)), normal(2, 3)),
    # assigning
    case("setitem", assigned(lambda m: 1), normal(2, 3), normal(3)),
    case("setitem, a number", assigned(lambda m: (0, -1)), normal(2, 3), normal()),
    case("setitem, slices", assigned(lambda m: (slice(1, None), ..., slice(None, None, 2))), normal(3, 4), normal(2)),
    case("setitem, broadcast", assigned(lambda m: slice(0, 2)), normal(3, 2), normal(1, 1, 2)),
    case("setitem, a mask", assigned(lambda m, c: c), normal(2, 2), normal(2), [[True, False], [False, True]]),
    case("setitem, of a mask", assigned(lambda m, c: c), normal(2, 2), normal(), [[True, False], [False, True]]),
    case("setitem, positions", assigned(lambda m, i: i), normal(3, 2), normal(2, 2), [2, 0]),
    case("setitem, mixed", assigned(lambda m, i: (i, slice(None), 1)), normal(3, 2, 2), normal(2, 1), [2, 0]),
    case("setitem, everything", assigned(lambda m: ...), normal(2, 2), normal(2)),
    case("setitem, nothing", assigned(lambda m: slice(0, 0)), normal(2, 2), normal(0, 2)),
    case("setitem, a constant", lambda m, x: assigned(lambda m: 0)(m, x, 2.0), normal(2, 2)),
    case("setitem, into a constant", padded_with, normal(2, 3)),
    # scattering
    case(
        "scatter",
        lambda m, x, i, s: (m.scatter(x, 1, i, s), x.scatter(-1, i, 2.0), x.scatter(1, i, value=1)),
        normal(2, 3),
        [[0, 2], [1, 0]],
        normal(2, 2),
    ),
    case("scatter, of a number", lambda m, x, i, s: x.scatter(0, i, s), normal(), 0, normal()),
    case("scatter, no positions", lambda m, x, s: x.scatter(0, m.zeros(0, dtype=m.int64), s), normal(2), normal(0)),
    case("scatter_add", lambda m, x, i, s: m.scatter_add(x, 0, i, s), normal(3, 2), [[2, 0], [2, 0]], normal(2, 2)),
    case("scatter_add, a row", lambda m, x, i, s: x.scatter_add(1, i, s), normal(2, 3), [[1, 1, 2]], normal(1, 3)),
    case("index_add", lambda m, x, i, s: m.index_add(x, 1, i, s), normal(2, 3), ROWS, normal(2, 3)),
    case("index_add, alpha", lambda m, x, i, s: x.index_add(0, i, s, alpha=-2), normal(3), ROWS, normal(3)),
    case("index_add, of a number", lambda m, x, i, s: x.index_add(0, i, s), normal(), [0], normal()),
    case("index_copy", lambda m, x, i, s: m.index_copy(x, 0, i, s), normal(3, 2), [2, 0], normal(2, 2)),
    case("index_fill", lambda m, x, i: (m.index_fill(x, 1, i, 3), x.index_fill(0, i, -1.0)), normal(3, 3), ROWS),
    case("index_put", lambda m, x, i, s: m.index_put(x, (i,), s), normal(3, 2), [2, 0], normal(2)),
    case("index_put, added", lambda m, x, i, s: x.index_put((i, i), s, accumulate=True), normal(3, 3), ROWS, normal(1)),
    case("put", lambda m, x, i, s: m.put(x, i, s), normal(2, 3), [[5, 1]], normal(2)),
    case("put, added", lambda m, x, i, s: x.put(i, s, accumulate=True), normal(2, 3), [-1, 5], normal(2)),
    case("masked_scatter", lambda m, x, c, s: m.masked_scatter(x, c, s), normal(2, 2), [True, False], normal(5)),
    case("masked_scatter, all", lambda m, x, c, s: x.masked_scatter(c, s), normal(2), [True, True], normal(2, 2)),
    # sorting
    case("sort", lambda m, x: m.sort(x), normal(3, 4)),
    case("sort, descending", lambda m, x: x.sort(0, descending=True), normal(3, 4)),
    case("sort, a number", lambda m, x: x.sort(), normal()),
    case("sort, nothing", lambda m, x: x.sort(1), normal(2, 0)),
    case("sort, stable ties", lambda m, x: m.sort(x, stable=True, descending=True), [1.0, 2.0, 1.0, 2.0], smooth=False),
    case("topk", lambda m, x: m.topk(x, 2), normal(3, 4), values="these"),
    case("topk, smallest", lambda m, x: x.topk(1, 0, largest=False), normal(3, 4), values="these"),
    case("topk, all or none", lambda m, x: (*x.topk(3), *x.topk(0)), normal(3), values="these"),
    case("topk, a number", lambda m, x: x.topk(1), normal(), values="these"),
    # in place: the one mechanism, in all its ways of being called
    case("add_, with history", in_place("add_"), normal(2, 3), normal(3)),
    case("sub_, with history", in_place("sub_", 1.0), normal(2, 3)),
    case("mul_, with history", in_place("mul_"), normal(2, 3), normal(2, 1)),
    case("div_, with history", in_place("div_"), normal(2, 3), positive(3)),
    case("pow_, with history", in_place("pow_", 2), normal(3)),
    case("exp_, with history", in_place("exp_"), normal(3)),
    case("sqrt_, with history", in_place("sqrt_"), positive(3)),
    case("clamp_, with history", in_place("clamp_", min=0.1), normal(3, 3)),
    case("relu_, with history", in_place("relu_"), normal(3, 3)),
    case("copy_, with history", in_place("copy_"), normal(2, 3), normal(3)),
    case("fill_, with history", in_place("fill_"), normal(2, 3), normal()),
    case("zero_, with history", lambda m, x: in_place("zero_")(m, x) + x, normal(2, 3)),
    case("masked_fill_, with history", lambda m, x, c: in_place("masked_fill_")(m, x, c, 2.0), normal(2), mask(2)),
    case("scatter_, with history", in_place("scatter_", 0), normal(3), [2, 0], normal(2)),
    case("scatter_add_, with history", in_place("scatter_add_", 0), normal(3), [2, 2], normal(2)),
    case("index_add_, with history", in_place("index_add_", 0, alpha=2), normal(3), [2, 2], normal(2)),
    case("tril_, with history", in_place("tril_", -1), normal(3, 3)),
    case("unsqueeze_, with history", in_place("unsqueeze_", 0), normal(3)),
    case("transpose_, with history", in_place("transpose_", 0, 1), normal(3, 2)),
    case("squeeze_ and t_", lambda m, x: in_place("t_")(m, in_place("squeeze_")(m, x)), normal(3, 1, 2)),
]
