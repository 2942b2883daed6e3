"""Tensors print as PyTorch's do, but for the name of the library and of the ops."""

import re

import numpy as np
import pytest

import minigrad

torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")

CASES = [
    1,
    1.0,
    1.5,
    True,
    [],
    [[], []],
    [1, -20, 300],
    [1.0, 2.0],
    [1.0, -2.5],
    [[1.0, 2.0], [-3.0, 40.25]],
    [True, False],
    [0.0, 1e-5],
    [1e-3, 1.0],
    [1e-4, 1.0],
    [1e-4, 0.5, 0.01],
    [0.001, 0.9, 0.5],
    [1e8, 1.0],
    [1e9],
    [123456789.0],
    [99999.0, 0.5],
    [1000.5, 0.25],
    [1e-10, 1e10],
    [0.1, 100.0, 12345.678],
    [float("nan"), 1.0],
    [float("inf"), -1.0],
    [float("inf"), 1.5, float("nan")],
    [float("nan")],
    [0.0],
    [-0.0, 1.5],
    [[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]],
    list(range(30)),
    [i / 7 for i in range(30)],
    [[i / 7 + j for i in range(14)] for j in range(3)],
    [[[i * j * 1.5 for i in range(12)] for j in range(2)] for _ in range(2)],
    list(range(2000)),
    [i / 3 for i in range(2000)],
    [[float(i + j) for i in range(40)] for j in range(40)],
]


def alike(ours, theirs):
    theirs = re.sub(r"grad_fn=<(\w+)Backward0>", "grad_fn=<>", theirs.replace("torch.", "minigrad."))
    return re.sub(r"grad_fn=<\w+>", "grad_fn=<>", ours), theirs


@pytest.mark.parametrize("data", CASES, ids=lambda data: str(data)[:30])
def test_values(data):
    assert repr(minigrad.tensor(data)) == repr(torch.tensor(data))


@pytest.mark.parametrize("dtype", ["float16", "float64", "int32", "uint8", "int8"])
def test_types(dtype):
    for data in ([1, 2, 3], [], [[1, 2], [30, 4]]):
        ours, theirs = alike(
            repr(minigrad.tensor(data, dtype=getattr(minigrad, dtype))),
            repr(torch.tensor(data, dtype=getattr(torch, dtype))),
        )
        assert ours == theirs


@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0), (2, 0, 3)])
def test_nothing(shape):
    assert repr(minigrad.zeros(shape)) == repr(torch.zeros(shape))
    ours, theirs = alike(repr(minigrad.zeros(shape, dtype=minigrad.int64)), repr(torch.zeros(shape, dtype=torch.int64)))
    assert ours == theirs


def test_history():
    for make in (
        lambda m: m.tensor([1.0, 2.0], requires_grad=True),
        lambda m: m.tensor([1.0, 2.0], requires_grad=True) * 2,
        lambda m: m.tensor([1.0, 2.0], dtype=m.float64, requires_grad=True).sum(),
        lambda m: m.nn.Parameter(m.ones(2)),
        lambda m: m.nn.Parameter(m.ones(2), requires_grad=False),
    ):
        ours, theirs = alike(repr(make(minigrad)), repr(make(torch)))
        assert ours == theirs


def test_many_random_values():
    rng = np.random.default_rng(0)
    wrong = []
    for _ in range(300):
        shape = tuple(rng.integers(1, 6, rng.integers(0, 4)))
        scale = 10.0 ** rng.integers(-6, 9)
        data = (rng.standard_normal(shape) * scale).astype(np.float32)
        if rng.random() < 0.3:
            data = np.asarray(np.round(data))
        ours, theirs = repr(minigrad.tensor(data)), repr(torch.tensor(data))
        if ours != theirs:
            wrong.append(f"{ours}\n{theirs}")
    assert not wrong, f"{len(wrong)}\n" + "\n\n".join(wrong[:3])


OPTIONS = [
    {"precision": 2},
    {"precision": 0},
    {"linewidth": 40},
    {"sci_mode": False},
    {"sci_mode": True},
    {"threshold": 5, "edgeitems": 2},
    {"profile": "short"},
    {"profile": "full"},
]


@pytest.fixture
def options():
    """Whatever a test sets is set back."""
    yield
    for library in (torch, minigrad):
        library.set_printoptions(profile="default")


@pytest.mark.usefixtures("options")
@pytest.mark.parametrize("given", OPTIONS, ids=str)
def test_print_options(given):
    for library in (torch, minigrad):
        library.set_printoptions(**given)
    special = np.array([0.0, -0.0, np.nan, np.inf, -np.inf, 1.0, 1e-5, 1e5, 123456.789, 1e-45])
    rng = np.random.default_rng(0)
    for shape in [(), (3,), (12,), (2, 9), (3, 2, 4), (1200,)]:
        for data in (rng.standard_normal(shape), rng.standard_normal(shape) * 1000, rng.choice(special, shape)):
            data = np.asarray(data, np.float32)
            assert repr(minigrad.tensor(data)) == repr(torch.tensor(data))
            assert repr(minigrad.tensor(data > 0)) == repr(torch.tensor(data > 0))


@pytest.mark.usefixtures("options")
def test_print_options_stay_until_they_are_set_again():
    for library in (torch, minigrad):
        library.set_printoptions(precision=2, sci_mode=True)
        library.set_printoptions(linewidth=40)
    assert repr(minigrad.tensor([1.0, 0.5])) == repr(torch.tensor([1.0, 0.5])) == "tensor([1.00, 0.50])"
    with pytest.raises(ValueError, match="profile = 'long' is not known; default, short, full are"):
        minigrad.set_printoptions(profile="long")
