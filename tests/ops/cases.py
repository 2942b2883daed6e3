"""Every differentiable function, called in every way that matters: one table for all comparisons.

The finite differences of `test_gradients` and the PyTorch of `tests/oracle` go through the same cases. A case is
written once, in the names that the two libraries share: it gets the library as its first argument.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

import minigrad
from minigrad.ops.normalisation import dropout_by
from tests.ops import (
    cases_activations,
    cases_elementwise,
    cases_indexing,
    cases_layers,
    cases_linalg,
    cases_losses,
    cases_reductions,
    cases_shaping,
)
from tests.ops.case import Case, binary, case, mask, normal, positive, unary, whole

KEEP = np.array([[0.0, 2.0, 2.0], [2.0, 0.0, 0.0]])
SCORES, CLASSES = normal(4, 3), np.array([0, 2, -100, 1])


def _dropped(m: Any, x: Any) -> Any:
    """The op with a mask that is given, beside the product that it is."""
    return dropout_by(x, keep=KEEP.astype(x.dtype)) if m is minigrad else x * m.tensor(KEEP, dtype=x.dtype)


WEIGHT = np.array([0.5, 2.0, 1.0])


def _loss(name: str, weighted: bool = False, **options: Any) -> Callable[..., Any]:
    return lambda m, x, target: getattr(m.nn.functional, name)(
        x, target, **options, **({"weight": m.tensor(WEIGHT).to(x.dtype)} if weighted else {})
    )


CASES: list[Case] = [
    # elementwise
    *binary("add"),
    *binary("sub"),
    *binary("mul"),
    *binary("div", normal, positive),
    *binary("pow", positive, normal),
    *binary("maximum"),
    *binary("minimum"),
    case("add, twice the same", lambda m, x: x + x, normal(3)),
    case("mul, twice the same", lambda m, x: x * x, normal(3)),
    case("operators with numbers", lambda m, x: 2 - (3 * x + 1) / 4 + 1 / x, positive(3)),
    case("operators with numbers, a number", lambda m, x: 2 - (3 * x + 1) / 4 + 1 / x, positive()),
    case("pow, a square", lambda m, x: x**2, normal(3)),
    case("pow, a cube of a number", lambda m, x: x**3, normal()),
    case("pow, a root", lambda m, x: x**0.5, positive(3)),
    case("pow, to the 0", lambda m, x: x**0, np.array([0.0, 1.5])),
    case("pow, of 0", lambda m, x: x**2, np.array([0.0, 1.5])),
    case("pow, 0 to tensors", lambda m, x, y: x**y, [0.0, 0.0, 2.0], [1.0, 2.0, 0.0], smooth=False, torch_orders=1),
    case("pow, of a number", lambda m, x: 2.0**x, normal(3)),
    case("pow, to integers", lambda m, x, n: x**n, positive(3), [0, 1, 3]),
    case("add, an integer tensor", lambda m, x, n: x + n, normal(3), [0, 1, 3]),
    case("div, an integer by a tensor", lambda m, x, n: n / x, positive(3), [0, 1, 3]),
    case("maximum, ties", lambda m, x, y: m.maximum(x, y), [1.0, 2.0, 3.0], [1.0, 3.0, 2.0]),
    case("minimum, ties", lambda m, x, y: m.minimum(x, y), [1.0, 2.0, 3.0], [1.0, 3.0, 2.0]),
    case("maximum, ties with integers", lambda m, x, n: m.maximum(x, n), [1.0, 2.0, 3.0], [1, 3, 2]),
    case("minimum, ties with integers", lambda m, x, n: m.minimum(x, n), [1.0, 2.0, 3.0], [1, 3, 2]),
    *unary("neg"),
    *unary("abs"),
    *unary("sign"),
    *unary("exp"),
    *unary("log", positive),
    *unary("sqrt", positive),
    *unary("rsqrt", positive),
    *unary("sin"),
    *unary("cos"),
    *unary("tanh"),
    *unary("sigmoid"),
    *unary("relu"),
    case("abs, at 0", lambda m, x: x.abs(), [-1.0, 0.0, 2.0]),
    case("relu, at 0", lambda m, x: m.relu(x), [-1.0, 0.0, 2.0], smooth=False),
    case("sigmoid, far out", lambda m, x: m.sigmoid(x), [-1000.0, 1000.0, 5.0]),
    case("softplus", lambda m, x: m.nn.functional.softplus(x), normal(3, 4)),
    case("clamp", lambda m, x: m.clamp(x, -0.5, 0.5), normal(9)),
    case("clamp, from below", lambda m, x: x.clamp(min=0.1), normal(3, 3)),
    case("clamp, from above", lambda m, x: x.clamp(max=0.1), normal()),
    case("clamp, at the bounds", lambda m, x: x.clamp(-1.0, 2.0), [-1.0, 0.5, 2.0], smooth=False),
    case("where", lambda m, c, x, y: m.where(c, x, y), mask(3, 4), normal(3, 4), normal(3, 4)),
    case("where, broadcast", lambda m, c, x, y: m.where(c, x, y), mask(3, 1), normal(4), normal()),
    case("where, numbers", lambda m, c, x: m.where(c, x, 0.0), mask(), normal()),
    case("where, numbers first", lambda m, c, x: m.where(c, 1.0, x), mask(3), normal(2, 1)),
    case("masked_fill", lambda m, x, c: x.masked_fill(c, -1.0), normal(3, 4), mask(4)),
    case("masked_fill, a number", lambda m, x, c: x.masked_fill(c, 2.0), normal(), np.array(True)),
    case("masked_fill, of a broadcast input", lambda m, x, c: m.masked_fill(x, c, 2.0), normal(1, 4), mask(3, 4)),
    case("clone", lambda m, x: x.clone() * x, normal(2, 3)),
    case("to", lambda m, x: x.float() * x, normal(2, 3), smooth=False),
    # shaping
    case("reshape", lambda m, x: x.reshape(3, -1), normal(2, 6)),
    case("reshape, to a number", lambda m, x: x.reshape(()), normal(1, 1)),
    case("reshape, of a view", lambda m, x: x.transpose(0, 1).reshape(12), normal(3, 4)),
    case("reshape, nothing", lambda m, x: x.reshape(3, 0), normal(0, 3)),
    case("view", lambda m, x: x.view(-1, 2), normal(3, 4)),
    case("flatten", lambda m, x: m.flatten(x, 1, 2), normal(2, 3, 2, 2)),
    case("flatten, a number", lambda m, x: x.flatten(), normal()),
    case("permute", lambda m, x: x.permute(2, 0, -2), normal(2, 3, 4)),
    case("transpose", lambda m, x: m.transpose(x, 0, -1), normal(2, 3, 4)),
    case("T and mT", lambda m, x: (x.T, x.mT), normal(3, 4)),
    case("unsqueeze", lambda m, x: (x.unsqueeze(1), x.unsqueeze(-1)), normal(2, 3)),
    case("unsqueeze, a number", lambda m, x: x.unsqueeze(0), normal()),
    case("squeeze", lambda m, x: (x.squeeze(), x.squeeze(1), x.squeeze(-1), x.squeeze((0, 1))), normal(1, 1, 3)),
    case("broadcast_to", lambda m, x: m.broadcast_to(x, (2, 3, 4)), normal(3, 1)),
    case("expand", lambda m, x: x.expand(2, -1, 4), normal(3, 1)),
    case("flip", lambda m, x: m.flip(x, (0, -1)), normal(2, 3, 4)),
    case("tril", lambda m, x: m.tril(x), normal(2, 3, 4)),
    case("triu", lambda m, x: x.triu(-1), normal(3, 4)),
    case("cat", lambda m, x, y: m.cat([x, y], 1), normal(2, 3), normal(2, 1)),
    case("cat, with itself", lambda m, x: m.cat((x, x, x), -1), normal(2, 2)),
    case("cat, with nothing", lambda m, x, y: m.cat([x, y]), normal(2, 2), normal(0, 2)),
    case("cat, an integer tensor", lambda m, x, n: m.cat([n, x]), normal(2), [1, 2]),
    case("stack", lambda m, x, y: m.stack([x, y], 1), normal(2, 3), normal(2, 3)),
    case("stack, numbers", lambda m, x, y: m.stack([x, y]), normal(), normal()),
    case("split", lambda m, x: m.split(x, 2, 1), normal(2, 5)),
    case("split, some parts", lambda m, x: x.split([1, 0, 3], -1)[2], normal(2, 4)),
    case("chunk", lambda m, x: m.chunk(x, 3, 1), normal(2, 7)),
    case("unbind", lambda m, x: m.unbind(x, 1), normal(2, 3)),
    # indexing
    case("getitem, a number", lambda m, x: (x[1], x[-1, 2]), normal(2, 3)),
    case("getitem, of a vector", lambda m, x: x[1], normal(3)),
    case("getitem, slices", lambda m, x: x[:, 1::2, None], normal(2, 5)),
    case("getitem, dots", lambda m, x: x[..., 0], normal(2, 3, 4)),
    case("getitem, nothing", lambda m, x: x[2:], normal(2, 3)),
    case("getitem, a tensor", lambda m, x, i: x[i], normal(3, 2), [[0, 2], [2, 2]]),
    case("getitem, a list", lambda m, x: x[[0, 0, 1]], normal(3, 2)),
    case("getitem, two tensors", lambda m, x, i, j: x[i, j], normal(3, 2), [0, 2, 2], [1, 0, 0]),
    case("getitem, tensor and slice", lambda m, x, i: x[1:, i], normal(3, 2, 2), [1, 1, 0]),
    case("getitem, a mask", lambda m, x, c: x[c], normal(3, 4), mask(3, 4)),
    case("getitem, a mask of rows", lambda m, x, c: x[c], normal(3, 4), [True, False, True]),
    case("gather", lambda m, x, i: m.gather(x, 1, i), normal(2, 3), [[0, 0], [1, 2]]),
    case("gather, dim -2", lambda m, x, i: x.gather(-2, i), normal(3, 2), [[2, 2]]),
    case("gather, a corner", lambda m, x, i: x.gather(0, i), normal(3, 4), [[2], [0]]),
    case("embedding", lambda m, i, w: m.nn.functional.embedding(i, w), [[0, 1], [1, 1]], normal(3, 2)),
    case(
        "embedding, padding",
        lambda m, i, w: m.nn.functional.embedding(i, w, -1),
        [[0, 2], [1, 2]],
        normal(3, 2),
        smooth=False,
    ),
    case("embedding, one number", lambda m, i, w: m.nn.functional.embedding(i, w), 2, normal(3, 2)),
    case(
        "embedding, nothing",
        lambda m, i, w: m.nn.functional.embedding(i, w),
        np.zeros((0, 2), int),
        normal(3, 2),
        torch_orders=1,
    ),
    case("embedding, many rows", lambda m, i, w: m.nn.functional.embedding(i, w), [700, 3, 700], normal(701, 1)),
    # products
    *[
        case(f"matmul {a} {b}", lambda m, x, y: m.matmul(x, y), normal(*a), normal(*b))
        for a, b in [
            ((2, 3), (3, 4)),
            ((3,), (3,)),
            ((2, 3), (3,)),
            ((3,), (3, 4)),
            ((3,), (2, 3, 4)),
            ((2, 5, 3), (3,)),
            ((2, 5, 3), (3, 4)),
            ((5, 3), (2, 3, 4)),
            ((2, 5, 3), (2, 3, 4)),
            ((2, 1, 5, 3), (4, 3, 2)),
            ((2, 0, 3), (3, 4)),
            ((2, 3, 0), (0, 4)),
            ((2, 0), (0, 4)),
        ]
    ],
    case("matmul, of views", lambda m, x, y: x.mT @ y[:, ::2], normal(3, 2), normal(3, 4)),
    case("matmul, with itself", lambda m, x: x @ x.mT, normal(2, 2, 3)),
    *[
        case(f"linear {shape}", lambda m, x, w, *b: m.nn.functional.linear(x, w, *b), normal(*shape), normal(5, 4), *b)
        for shape, b in [
            ((3, 4), [normal(5)]),
            ((2, 3, 4), [normal(5)]),
            ((4,), [normal(5)]),
            ((2, 3, 4), []),
            ((4,), []),
            ((0, 4), [normal(5)]),
        ]
    ],
    # softmax and normalisation
    *[
        case(f"{name} {shape} along {dim}", lambda m, x, name=name, dim=dim: getattr(m, name)(x, dim), normal(*shape))
        for name in ("softmax", "log_softmax")
        for shape, dim in [((3, 4), -1), ((3, 4), 0), ((2, 3, 4), 1), ((), 0), ((0, 3), -1), ((3, 1), 1)]
    ],
    case("softmax, of nothing", lambda m, x: m.softmax(x, -1), normal(2, 0)),
    case("softmax, far apart", lambda m, x: m.softmax(x, -1), [[1000.0, -1000.0, 999.0]]),
    case("log_softmax, far apart", lambda m, x: m.log_softmax(x, -1), [[1000.0, -1000.0, 999.0]]),
    case(
        "softmax, masked", lambda m, x, c: m.softmax(x.masked_fill(c, -np.inf), -1), normal(2, 3), [True, False, False]
    ),
    case(
        "layer_norm",
        lambda m, x, w, b: m.nn.functional.layer_norm(x, (4,), w, b),
        normal(2, 3, 4),
        normal(4),
        normal(4),
    ),
    case("layer_norm, weight only", lambda m, x, w: m.nn.functional.layer_norm(x, (4,), w), normal(3, 4), normal(4)),
    case(
        "layer_norm, bias only",
        lambda m, x, b: m.nn.functional.layer_norm(x, (4,), None, b),
        normal(3, 4),
        normal(4),
        torch_orders=1,
    ),
    case("layer_norm, plain", lambda m, x: m.nn.functional.layer_norm(x, (4,), eps=0.1), normal(3, 4)),
    case(
        "layer_norm, of two dims",
        lambda m, x, w, b: m.nn.functional.layer_norm(x, (3, 4), w, b),
        normal(2, 3, 4),
        normal(3, 4),
        normal(3, 4),
    ),
    case("layer_norm, no rows", lambda m, x, w: m.nn.functional.layer_norm(x, (4,), w), normal(0, 4), normal(4)),
    case("dropout", _dropped, normal(2, 3)),
    case("dropout, all", lambda m, x: m.nn.functional.dropout(x, 1.0), normal(2, 3)),
    case("dropout, not training", lambda m, x: m.nn.functional.dropout(x, 0.5, False) * 2, normal(2, 3)),
    # losses
    case("cross_entropy", _loss("cross_entropy"), SCORES, CLASSES),
    case("cross_entropy, sum", _loss("cross_entropy", reduction="sum"), SCORES, CLASSES),
    case("cross_entropy, none", _loss("cross_entropy", reduction="none"), SCORES, CLASSES),
    case("cross_entropy, smooth", _loss("cross_entropy", label_smoothing=0.1), SCORES, CLASSES),
    case("cross_entropy, ignoring", _loss("cross_entropy", ignore_index=1), SCORES, [0, 1, 2, 1]),
    case("cross_entropy, weighted", _loss("cross_entropy", True), SCORES, CLASSES),
    case("cross_entropy, weighted, smooth", _loss("cross_entropy", True, label_smoothing=0.2), SCORES, CLASSES),
    case("cross_entropy, one row", _loss("cross_entropy"), normal(3), 1),
    case("cross_entropy, one row, none", _loss("cross_entropy", reduction="none"), normal(3), 1),
    case("cross_entropy, more dims", _loss("cross_entropy"), normal(2, 3, 4), whole(3, 2, 4)),
    case(
        "cross_entropy, more dims, none",
        _loss("cross_entropy", reduction="none"),
        normal(2, 3, 4, 1),
        whole(3, 2, 4, 1),
    ),
    case("cross_entropy, probabilities", _loss("cross_entropy"), SCORES, positive(4, 3)),
    case("cross_entropy, probabilities, one row", _loss("cross_entropy"), normal(3), positive(3)),
    case(
        "cross_entropy, probabilities, more dims",
        _loss("cross_entropy", reduction="sum"),
        normal(2, 3, 2),
        positive(2, 3, 2),
    ),
    case(
        "cross_entropy, probabilities, weighted",
        _loss("cross_entropy", True, label_smoothing=0.1),
        SCORES,
        positive(4, 3),
    ),
    case("cross_entropy, far apart", _loss("cross_entropy"), [[1000.0, -1000.0]], [1]),
    case(
        "cross_entropy, impossible classes",
        lambda m, x, t: m.nn.functional.cross_entropy(m.cat([x, m.zeros(4, 1, dtype=x.dtype) - np.inf], 1), t),
        SCORES,
        CLASSES,
    ),
    case("nll_loss", lambda m, x, t: m.nn.functional.nll_loss(m.log_softmax(x, 1), t), SCORES, CLASSES),
    case("nll_loss, weighted", _loss("nll_loss", True), SCORES, CLASSES),
    case("nll_loss, none", _loss("nll_loss", reduction="none"), normal(2, 3, 2), whole(3, 2, 2)),
    *cases_losses.CASES,
    *cases_layers.CASES,
    # attention
    *[
        case(
            f"attention{name}",
            lambda m, q, k, v, *b, options=options: m.nn.functional.scaled_dot_product_attention(
                q, k, v, *b, **options
            ),
            normal(2, 3, 4),
            normal(2, 5, 4),
            normal(2, 5, 6),
            *more,
        )
        for name, options, more in [
            ("", {}, []),
            (", causal", {"is_causal": True}, []),
            (", scaled", {"scale": 0.3}, []),
            (", bool mask", {}, [[[True, True, False, True, False]] * 3]),
            (", float mask", {}, [normal(3, 5)]),
        ]
    ],
    case(
        "attention, of one sequence",
        lambda m, q, k, v: m.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True),
        normal(3, 4),
        normal(5, 4),
        normal(5, 6),
    ),
    # one file a family
    *cases_activations.CASES,
    *cases_elementwise.CASES,
    *cases_shaping.CASES,
    *cases_indexing.CASES,
    *cases_linalg.CASES,
    *cases_reductions.CASES,
]
