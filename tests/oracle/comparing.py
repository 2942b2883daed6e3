"""How results are compared with PyTorch's: values, shapes and types."""

from typing import Any

import numpy as np

import minigrad

TOLERANCE = {"float64": {"rtol": 1e-9, "atol": 1e-11}, "float32": {"rtol": 2e-4, "atol": 2e-5}}


def to_numpy(x: Any) -> np.ndarray:
    """The array of a tensor of either library."""
    return (
        x.array
        if isinstance(x, minigrad.Tensor)
        else np.asarray(x.detach().numpy(force=True) if hasattr(x, "detach") else x)
    )


def assert_same(ours: Any, theirs: Any, what: str = "", **tolerance: float) -> None:
    """Equal in shape and type, and in value within rounding."""
    if theirs is None or ours is None:
        assert theirs is None or not np.any(to_numpy(theirs)), f"{what}: torch has a gradient where minigrad has none"
        assert ours is None or not np.any(to_numpy(ours)), f"{what}: minigrad has a gradient where torch has none"
        return
    a, b = to_numpy(ours), to_numpy(theirs)
    assert a.shape == b.shape, f"{what}: shape {a.shape}, in torch {b.shape}"
    assert a.dtype == b.dtype, f"{what}: {a.dtype}, in torch {b.dtype}"
    np.testing.assert_allclose(a, b, err_msg=what, **(tolerance or TOLERANCE.get(str(b.dtype), {"rtol": 0})))
