"""How a contribution was made of g: the map that the page reads must give what the rule gave, for every op."""

import base64
import itertools
from typing import Any

import numpy as np
import pytest

import minigrad
from minigrad.autograd.backward import contributions, history, unbroadcast
from minigrad.graph.explorer.maps import by_name, probed
from tests.ops.case import Case
from tests.ops.cases import CASES

ROOM = 20_000
OUTPUT = 99  # stands for the op itself among the nodes


def decoded(data: Any) -> np.ndarray:
    return np.frombuffer(base64.b64decode(data["data"]), np.dtype(data["dtype"]).newbyteorder("<"))


def places(index: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Where an index points, whether it is written as strides or as numbers."""
    if "strides" not in index:
        return decoded(index).reshape(shape)
    steps = (np.arange(n) * s for n, s in zip(shape, index["strides"], strict=True))
    return index["start"] + sum(np.ix_(*steps), np.zeros(shape, np.int64))


def factors(factor: Any, shape: tuple[int, ...], arrays: dict[int, np.ndarray]) -> np.ndarray:
    if isinstance(factor, dict):
        return np.broadcast_to(arrays[factor["node"]], shape) if "node" in factor else decoded(factor).reshape(shape)
    return np.full(shape, factor)


def row(x: np.ndarray, along: tuple[int, ...]) -> np.ndarray:
    return x.mean(along, keepdims=True)


def by_values(found: dict[str, Any], g: np.ndarray, arrays: dict[int, np.ndarray]) -> np.ndarray:
    """What a map with a name makes of g."""
    if found["kind"] == "matmul":
        other = arrays[found["other"]].swapaxes(-1, -2)
        return other @ g if found["argument"] else g @ other
    if found["kind"] == "linear":
        other = arrays[found["other"]]
        return g.reshape(-1, g.shape[-1]).T @ other.reshape(-1, other.shape[-1]) if found["argument"] else g @ other
    if found["kind"] == "softmax":
        y = arrays[OUTPUT]
        return y * (g - (g * y).sum(found["dim"], keepdims=True))
    assert found["kind"] in ("norm", "standard")
    x, dims = arrays[found["input"]], tuple(found["dims"])
    centred = x - row(x, dims)
    scale = 1 / np.sqrt(row(centred**2, dims) + found["eps"])
    if found["kind"] == "standard":
        return g * centred * scale
    g = g if found["weight"] is None else g * arrays[found["weight"]]
    return scale * (g - row(g, dims) - centred * scale * row(g * centred * scale, dims))


def applied(found: dict[str, Any], g: np.ndarray, arrays: dict[int, np.ndarray]) -> np.ndarray:
    """What a map makes of g, read off its data alone, as the page reads it."""
    if "shape" not in found:
        return by_values(found, g, arrays)
    shape = tuple(found["shape"])
    if found["kind"] == "pick":
        index = places(found["index"], shape)
        taken = np.append(g.reshape(-1), 0)[index]
        return np.where(index < 0, 0, taken * factors(found["factor"], shape, arrays))
    if found["kind"] == "push":
        given = np.zeros(int(np.prod(shape)) + 1)
        np.add.at(given, places(found["index"], g.shape), g * factors(found["factor"], g.shape, arrays))
        return given[:-1].reshape(shape)
    assert found["kind"] == "rows"
    factor = decoded(found["factor"]).reshape(-1, *shape)
    if found["axes"] is None:
        return np.tensordot(g.reshape(-1), factor, 1)
    total = np.zeros(shape)
    for f, place in zip(factor, itertools.product(*(range(g.shape[a]) for a in found["axes"])), strict=True):
        where: list[Any] = [slice(None)] * g.ndim
        for axis, i in zip(found["axes"], place, strict=True):
            where[axis] = slice(i, i + 1)
        total += f * g[tuple(where)]
    return total


def nodes_of(case: Case) -> list[Any]:
    outputs = [y for y in case.call(minigrad, case.tensors()) if y.node is not None]
    return history([y.node for y in outputs]) if outputs else []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_map_gives_what_the_rule_gives(case):
    for node in nodes_of(case):
        g = np.random.default_rng(3).standard_normal(node.shape).astype(node.dtype)
        with np.errstate(all="ignore"):
            passed = contributions(node, np.asarray(g), False)
        arrays = {i: x for i, x in enumerate(node.arrays) if isinstance(x, np.ndarray)} | {OUTPUT: node.output}
        sources = {name: i for i, name in enumerate(node.op.arguments[: len(node.op.rules)]) if i in arrays}
        for argument, wanted in enumerate(passed):
            if wanted is None:
                continue
            found = by_name(node.op.name, argument, sources, node)
            found = found or probed(node, argument, arrays, ROOM)[0]
            assert found["kind"] != "none", f"{node.op.name}, input {argument}: {found['why']}"
            with np.errstate(all="ignore"):
                given = unbroadcast(applied(found, g, arrays), wanted.shape)
            np.testing.assert_allclose(given, wanted, rtol=1e-6, atol=1e-9, err_msg=f"{node.op.name}, {argument}")


def probe(y: minigrad.Tensor, arrays: dict[int, np.ndarray] | None = None, argument: int = 0) -> dict[str, Any]:
    return probed(y.node, argument, arrays or {}, ROOM)[0]


def leaf(*shape: int) -> minigrad.Tensor:
    return minigrad.randn(*shape, requires_grad=True)


def test_a_factor_that_the_page_has_is_named_and_not_written_down():
    a, b = leaf(2, 3), leaf(3)
    assert probe(a * b, {7: b.data.numpy()})["factor"] == {"node": 7}


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        (lambda x: x.T, "pick"),
        (lambda x: x.mean(1), "pick"),
        (lambda x: x.relu(), "pick"),
        (lambda x: x[1:, ::2], "push"),
        (lambda x: minigrad.cat([x, x])[1:5], "push"),
        (lambda x: x[minigrad.tensor([0, 2, 0])], "push"),
        (lambda x: x.cumsum(1), "rows"),
    ],
)
def test_the_simplest_kind_is_found(function, kind):
    assert probe(function(leaf(3, 4)))["kind"] == kind


def test_a_slice_is_written_as_strides():
    assert probe(leaf(6, 4)[2:4])["index"] == {"start": 8, "strides": [4, 1]}


def test_the_gradient_of_a_large_slice_takes_little_room():
    assert len(str(probe(leaf(192, 64)[64:128]))) < 200


def test_a_sum_along_one_dimension_is_not_asked_for_along_the_others():
    assert probe(leaf(2, 3, 4).cumsum(1))["axes"] == [1]


def test_a_factor_of_zero_does_not_hide_which_entry_it_belongs_to():
    found = probe(minigrad.tensor([-1.0, -2.0], requires_grad=True).relu())
    assert found["index"] == {"start": 0, "strides": [1]}
    assert found["factor"] == 0


def test_a_factor_that_is_not_finite_is_kept():
    found = probe(minigrad.tensor([0.0, 4.0], requires_grad=True).sqrt())
    np.testing.assert_array_equal(factors(found["factor"], (2,), {}), [np.inf, 0.25])


class Clipped(minigrad.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 1

    @staticmethod
    def backward(ctx, g):
        return g.clamp(-0.5, 0.5)


def test_a_backward_that_is_not_linear_is_said_to_have_no_map():
    found = probe(Clipped.apply(leaf(3)))
    assert found["kind"] == "none"
    assert "not linear" in found["why"]


class Once(minigrad.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.cumsum(0)

    @staticmethod
    @minigrad.autograd.function.once_differentiable
    def backward(ctx, g):
        return minigrad.tensor(g.numpy()[::-1].cumsum()[::-1].copy())


def test_a_backward_that_cannot_be_differentiated_is_written_out():
    found = probe(Once.apply(leaf(3)))
    np.testing.assert_array_equal(decoded(found["factor"]).reshape(3, 3), np.tril(np.ones((3, 3))))


def test_what_is_too_large_says_so():
    assert "16384" in probe(leaf(200, 100).exp())["why"]
    assert "factors" in probe(leaf(300).cumsum(0))["why"]


def test_a_half_tells_all_entries_apart():
    x = leaf(128, 128).half()
    assert probe(x.T.exp())["index"] == {"start": 0, "strides": [128, 1]}
