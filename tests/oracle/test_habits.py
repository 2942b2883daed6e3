"""Habits of public PyTorch code, each a line of `habits.txt` that both libraries run: equal results, or two errors."""

import copy
import math
from pathlib import Path

import numpy as np
import pytest

import minigrad

torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")

LINES = (Path(__file__).parent / "habits.txt").read_text(encoding="utf-8").splitlines()


def described(x):
    """What there is to compare of a result of either library."""
    if isinstance(x, torch.Tensor | minigrad.Tensor):
        array = x.detach().numpy()
        return "tensor", array.dtype, array.shape, array.tolist(), x.requires_grad
    if isinstance(x, np.ndarray):
        return "array", x.dtype, x.shape, x.tolist()
    if isinstance(x, tuple | list | minigrad.Size):
        return [described(part) for part in x]
    if isinstance(x, torch.dtype | np.dtype):
        return str(x).replace("torch.", "")
    return x.replace("torch.", "minigrad.") if isinstance(x, str) else x


def outcome(line, library):
    try:
        return described(eval(line, {"m": library, "np": np, "math": math, "copy": copy}))
    except (TypeError, ValueError, RuntimeError, IndexError, AttributeError) as error:
        return "refused", isinstance(error, AttributeError)


@pytest.mark.filterwarnings("ignore")  # of PyTorch's
@pytest.mark.parametrize("line", LINES)
def test_line(line):
    np.testing.assert_equal(outcome(line, minigrad), outcome(line, torch))
