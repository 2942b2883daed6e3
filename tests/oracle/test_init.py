"""How weights start: what is certain equals PyTorch's, and what is drawn has PyTorch's mean, deviation and bounds."""

import warnings

import numpy as np
import pytest

import minigrad
from tests.oracle.comparing import assert_same, to_numpy

torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")

DRAWN = [
    ("uniform_", (40, 50), {"a": -2.0, "b": 5.0}),
    ("normal_", (40, 50), {"mean": 3.0, "std": 0.5}),
    ("trunc_normal_", (40, 50), {"std": 2.0, "a": -1.0, "b": 3.0}),
    ("xavier_uniform_", (30, 70), {"gain": 2.0}),
    ("xavier_normal_", (20, 10, 9), {}),
    ("kaiming_uniform_", (30, 70), {"a": 0.5}),
    ("kaiming_uniform_", (30, 70), {"mode": "fan_out", "nonlinearity": "selu"}),
    ("kaiming_normal_", (20, 10, 9), {"nonlinearity": "relu"}),
    ("orthogonal_", (30, 60), {"gain": 3.0}),
    ("orthogonal_", (60, 5, 3), {}),
    ("sparse_", (40, 50), {"sparsity": 0.3, "std": 2.0}),
]


@pytest.mark.parametrize(("name", "shape", "options"), DRAWN, ids=str)
def test_what_is_drawn(name, shape, options):
    minigrad.manual_seed(0)
    torch.manual_seed(0)
    ours, theirs = (
        to_numpy(getattr(library.nn.init, name)(library.empty(*shape), **options)) for library in (minigrad, torch)
    )
    deviation = theirs.std()
    assert abs(ours.mean() - theirs.mean()) < 0.1 * deviation
    assert abs(ours.std() - deviation) < 0.1 * deviation
    if "uniform" in name or "trunc" in name:
        assert ours.max() <= theirs.max() + 0.3 * deviation
        assert ours.min() >= theirs.min() - 0.3 * deviation
    assert (ours == 0).sum() == (theirs == 0).sum()
    if name == "orthogonal_":
        a, b = (x.reshape(shape[0], -1) for x in (ours, theirs))
        a, b = (x @ x.T if len(x) < x.shape[1] else x.T @ x for x in (a, b))
        np.testing.assert_allclose(a, b, atol=1e-4)


def test_what_is_certain():
    for name, shape, options in (
        ("eye_", (2, 3), {}),
        ("dirac_", (4, 2, 3), {}),
        ("dirac_", (6, 2, 5), {"groups": 3}),
        ("constant_", (2, 2), {"val": 0.3}),
        ("zeros_", (3,), {}),
        ("ones_", (), {}),
    ):
        ours, theirs = (getattr(m.nn.init, name)(m.rand(shape), **options) for m in (minigrad, torch))
        assert_same(ours, theirs)
    gains = ["linear", "conv1d", "conv_transpose2d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"]
    for args in [*((name,) for name in gains), ("leaky_relu", 0.2)]:
        assert minigrad.nn.init.calculate_gain(*args) == pytest.approx(torch.nn.init.calculate_gain(*args))


def test_names_of_older_code():
    for library in (minigrad, torch):
        for name in ("xavier_uniform", "kaiming_normal", "orthogonal", "normal"):
            with pytest.warns(FutureWarning, match=f"nn.init.{name}"):
                getattr(library.nn.init, name)(library.empty(3, 2))
        with warnings.catch_warnings(), pytest.raises(AttributeError):
            library.nn.init.xavier  # noqa: B018


@pytest.mark.parametrize(
    "call",
    [
        lambda init, empty: init.xavier_uniform_(empty(3)),
        lambda init, empty: init.kaiming_normal_(empty(3, 2), mode="x"),
        lambda init, empty: init.calculate_gain("cosine"),
        lambda init, empty: init.calculate_gain("leaky_relu", "x"),
        lambda init, empty: init.eye_(empty(3)),
        lambda init, empty: init.dirac_(empty(3, 2)),
        lambda init, empty: init.dirac_(empty(3, 2, 3), groups=2),
        lambda init, empty: init.orthogonal_(empty(3)),
        lambda init, empty: init.sparse_(empty(3), 0.1),
    ],
)
def test_what_is_refused(call):
    for library in (minigrad, torch):
        with pytest.raises(ValueError, match=r"\w"):
            call(library.nn.init, library.empty)
