"""What finds, counts or places elements, and what writes in place: results equal PyTorch's in value, shape and type."""

import numpy as np
import pytest

import minigrad
from tests.oracle.comparing import assert_same

torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")

NUMBERS = np.random.default_rng(0).integers(0, 5, (3, 4))
FLOATS = np.array([[2.0, np.nan, -1.0, 2.0], [np.inf, 0.0, -np.inf, -0.0]])


def written(m, method, *args, start=None, **options):
    """A tensor after a method in place, and what the method returned."""
    x = m.tensor(np.arange(6.0).reshape(2, 3) + 0.5 if start is None else start)
    return getattr(x, method)(*args, **options), x


def assigned(m, index, value, start=None):
    x = m.tensor(np.arange(12).reshape(3, 4) if start is None else start)
    x[index(m) if callable(index) else index] = value(m) if callable(value) else value
    return x


SAME = [
    lambda m, n, f: m.nonzero(n),
    lambda m, n, f: n.nonzero(as_tuple=True),
    lambda m, n, f: (m.nonzero(m.tensor(3)), m.nonzero(m.tensor(0)), *m.nonzero(m.tensor(3), as_tuple=True)),
    lambda m, n, f: (m.argwhere(n), f.argwhere()),
    lambda m, n, f: m.where(f > 0),
    lambda m, n, f: f.where(f > 0, 7.0),
    lambda m, n, f: (m.argsort(n, stable=True), *m.sort(n, dim=0, stable=True), *n.sort(descending=True, stable=True)),
    lambda m, n, f: (*f.sort(stable=True), *f.sort(dim=1, descending=True, stable=True)),
    lambda m, n, f: (*m.sort(f[0, :0]), *m.sort(m.tensor(2.0)), m.argsort(m.tensor(2))),
    lambda m, n, f: (n.topk(2)[0], f.topk(3)[0], f.topk(2, 0, largest=False)[0]),
    lambda m, n, f: m.unique(n),
    lambda m, n, f: m.unique_consecutive(n, return_inverse=True, return_counts=True),
    lambda m, n, f: m.unique_consecutive(n.sort()[0]),
    lambda m, n, f: m.tensor([[1, 1, 2], [1, 1, 2], [3, 1, 2]]).unique_consecutive(True, True, 0),
    lambda m, n, f: m.tensor([[1, 1, 2], [1, 1, 2], [3, 3, 2]]).unique_consecutive(dim=1),
    lambda m, n, f: m.unique_consecutive(m.tensor([float("nan"), float("nan"), 1.0])),
    lambda m, n, f: m.unique_consecutive(m.zeros(0)),
    lambda m, n, f: m.unique(n, return_inverse=True, return_counts=True),
    lambda m, n, f: n.unique(return_counts=True, dim=1),
    lambda m, n, f: n.unique(return_inverse=True, dim=0),
    lambda m, n, f: m.unique(f, return_counts=True),
    lambda m, n, f: m.unique(n[:0], return_inverse=True),
    lambda m, n, f: (m.nn.functional.one_hot(n), m.nn.functional.one_hot(n[0], 9), m.nn.functional.one_hot(n[0, 0])),
    lambda m, n, f: m.nn.functional.one_hot(n[:0], 3),
    lambda m, n, f: (m.bincount(n[0]), n[0].bincount(minlength=8), m.bincount(n[0], m.ones(4))),
    lambda m, n, f: (m.bincount(n[0], m.ones(4).double()), m.bincount(n[0, :0]), m.bincount(n[0], n[1])),
    lambda m, n, f: (m.searchsorted(n.sort()[0], n), m.searchsorted(n.sort()[0], n, right=True)),
    lambda m, n, f: m.searchsorted(m.tensor([1, 3, 3, 5]), n, side="right", out_int32=True),
    lambda m, n, f: m.searchsorted(n, n, sorter=m.argsort(n)),
    lambda m, n, f: m.searchsorted(m.tensor([1.0, 3.0]), 3.0),
    lambda m, n, f: (m.bucketize(n, m.tensor([1, 3])), m.bucketize(n, m.tensor([1, 3]), right=True)),
    lambda m, n, f: m.bucketize(3, m.tensor([1, 3]), out_int32=True),
    lambda m, n, f: (
        n[m.tensor(1)],
        n[[]],
        n[m.tensor([], dtype=m.int64)],
        n[..., m.tensor(0)],
        n[[True, False, True]],
    ),
    lambda m, n, f: (n[True], n[False], n[None, m.tensor(True)]),
    lambda m, n, f: m.repeat_interleave(n[0]),
    lambda m, n, f: n.scatter(0, m.zeros(1, 2, dtype=m.int64), m.ones(2, 3).long()),
    lambda m, n, f: m.tensor([*n.stride(), *n.T.stride(), n.T.stride(-1), *n[:, ::2].stride()]),
    lambda m, n, f: m.tensor([*n.expand(2, 3, 4).stride(), *m.tensor(1.0).stride()]),
    lambda m, n, f: m.tensor([x.is_contiguous() for x in (n, n.T, n[1:], n[:, 1:], n.T.contiguous(), n[:, [0, 1]])]),
    # creation
    lambda m, n, f: (m.logspace(0, 3, 4), m.logspace(0, 3, 4, base=2), m.logspace(-1, 1, 3, dtype=m.float64)),
    lambda m, n, f: (m.tril_indices(3, 4), m.tril_indices(3, 2, -1), m.triu_indices(3, 4, 1), m.triu_indices(2, 2)),
    lambda m, n, f: (f.new_zeros(2, 3), n.new_ones((2,)), n.new_full((2,), 3), f.new_tensor([1, 2])),
    lambda m, n, f: (n.new_zeros(2, dtype=m.float32), m.asarray([1.0, 2.0]), m.asarray(f, dtype=m.float32)),
    lambda m, n, f: m.tensor([m.finfo(m.float32).eps, m.finfo(f.dtype).eps, m.finfo(m.float16).tiny]),
    lambda m, n, f: m.tensor([m.iinfo(m.int8).max, m.iinfo(n.dtype).min, m.iinfo(m.uint8).bits]),
    # in place
    lambda m, n, f: assigned(m, 0, 7),
    lambda m, n, f: assigned(m, 0, 7.9),
    lambda m, n, f: assigned(m, (slice(None), 1), lambda m: m.tensor([1, 2, 3])),
    lambda m, n, f: assigned(m, lambda m: m.tensor([[0, 2], [1, 1]]), lambda m: m.arange(4)),
    lambda m, n, f: assigned(m, lambda m: m.tensor(NUMBERS) > 2, -1),
    lambda m, n, f: assigned(m, lambda m: (slice(0, 2), m.tensor([True, False, True, False])), 3),
    lambda m, n, f: assigned(m, 0, True, np.zeros(3, bool)),
    lambda m, n, f: assigned(m, 1, 2.5, np.zeros(3, np.float16)),
    lambda m, n, f: written(m, "zero_"),
    lambda m, n, f: written(m, "fill_", 2),
    lambda m, n, f: written(m, "fill_", m.tensor(2.5)),
    lambda m, n, f: written(m, "fill_diagonal_", 0.0),
    lambda m, n, f: written(m, "copy_", m.tensor([1, 2, 3])),
    lambda m, n, f: written(m, "clamp_", 1.0, 3.0),
    lambda m, n, f: written(m, "floor_divide_", 2),
    lambda m, n, f: written(m, "remainder_", 2),
    lambda m, n, f: written(m, "lt_", 2),
    lambda m, n, f: written(m, "logical_not_"),
    lambda m, n, f: written(m, "masked_fill_", m.tensor([True, False, True]), 9),
    lambda m, n, f: written(m, "masked_scatter_", m.tensor([True, False, True]), m.arange(6).double()),
    lambda m, n, f: written(m, "scatter_", 1, m.tensor([[0], [2]]), 1.0),
    lambda m, n, f: written(m, "scatter_add_", 1, m.tensor([[0, 0], [2, 1]]), m.ones(2, 2).double()),
    lambda m, n, f: written(m, "index_add_", 1, m.tensor([0, 0]), m.ones(2, 2).double(), alpha=3),
    lambda m, n, f: written(m, "index_copy_", 0, m.tensor([1]), m.ones(1, 3).double()),
    lambda m, n, f: written(m, "index_fill_", 1, m.tensor([0, 2]), -1),
    lambda m, n, f: written(m, "index_put_", (m.tensor([0, 1, 0]),), m.tensor(1.0).double(), accumulate=True),
    lambda m, n, f: written(m, "put_", m.tensor([0, -1]), m.tensor([9.0, 8.0]).double()),
    lambda m, n, f: written(m, "unsqueeze_", 1),
    lambda m, n, f: written(m, "t_"),
    lambda m, n, f: written(m, "add_", m.tensor([1, 2, 3], dtype=m.int8), start=np.array([1, 2, 250], np.uint8)),
    lambda m, n, f: written(m, "mul_", True, start=np.array([1, 2])),
    lambda m, n, f: written(m, "pow_", 2, start=np.array([1, 2])),
    lambda m, n, f: written(m, "bitwise_and_", 3, start=np.array([1, 6])),
]


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("number", range(len(SAME)))
def test_same(number):
    ours, theirs = (SAME[number](m, m.tensor(NUMBERS), m.tensor(FLOATS)) for m in (minigrad, torch))
    if not isinstance(ours, tuple):
        ours, theirs = (ours,), (theirs,)
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert_same(a, b)


def by_bytes(m):
    """What older code does with masks of uint8."""
    mask, x = m.tensor([1, 0, 2], dtype=m.uint8), m.tensor([1.5, 2.5, 3.5], requires_grad=True)
    y = x.clone()
    y[mask] = m.tensor([0.5, 4.5])
    results = x[mask], m.where(mask, x, 0.0), x.where(mask, x * x), y
    sum((r * r).sum() for r in results).backward()
    return *results, x.grad


@pytest.mark.filterwarnings("ignore:.*uint8.*is (now )?deprecated:UserWarning")
def test_masks_of_bytes():
    for ours, theirs in zip(by_bytes(minigrad), by_bytes(torch), strict=True):
        assert_same(ours, theirs)


@pytest.mark.filterwarnings("ignore:torch.range is deprecated:UserWarning")
@pytest.mark.parametrize("bounds", [(0, 4), (1, 4, 0.5), (4, 1, -1), (0, 4.9), (2, 2), (5,), (0, -1), (0, 4, 0)])
def test_range(bounds):
    try:
        expected = torch.range(*bounds)
    except (RuntimeError, TypeError) as error:
        with pytest.raises(type(error), match="range: "):
            minigrad.range(*bounds)
    else:
        assert_same(minigrad.range(*bounds), expected)
