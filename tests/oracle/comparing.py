"""How results are compared with PyTorch's: values, shapes and types; and what both refuse."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

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


ERRORS = (RuntimeError, IndexError, ValueError, TypeError, OverflowError)  # what PyTorch refuses with; in this order
CALLED = {
    "GRU": "linear|gru_cell",
    "GRUCell": "gru_cell",
    "LSTM": "linear|lstm_cell",
    "LSTMCell": "lstm_cell",
    "RNN": "linear|tanh|relu",
    "attention": "scaled_dot_product_attention",
    "bce": "binary_cross_entropy_with_logits",
    "linalg.norm": "linalg_norm",
}
REFUSING = {  # cases in which it is another op that refuses
    "cross_entropy, impossible classes": "sub",
    "logdet, negative": "neg|slogdet",
    "nansum, in another type": "nanmean",
    "nll_loss": "log_softmax",
    "norm, dtype": "vector_norm",
    "softmax, masked": "masked_fill|softmax",
    "sum, NumPy's names": "mean",
    "triplet_margin_with_distance_loss": "sub",
    "vector_norm, at 0": "norm",
}
OF_NUMPY = (  # how NumPy and Python complain to those who do not know what is inside
    "could not be broadcast|out of bounds|ufunc|cannot reshape|Input operand|setting an array|scalar array"
    "|object is not|has no attribute|unsupported operand|integer data type|NoneType|numpy\\.|must be real"
    "|zero-size array|interpreted as|boolean index|need at least one array|shape mismatch|not supported between"
    "|axis|axes|dtype\\("
)


def op_of(case: str) -> str:
    """The name of the function that a case calls, and its message names."""
    op = re.split("[ ,]", case)[0].rstrip("_")
    return REFUSING.get(case, CALLED.get(op, op))


def assert_refused(call: Callable[[], Any], op: str, theirs: Exception) -> None:
    """What PyTorch refused is refused: with an error of PyTorch's kind, and one sentence of minigrad's own.

    Arguments:
        call: the same call with minigrad.
        op: the name of the function that is called.
        theirs: PyTorch's error.
    """
    with pytest.raises(ERRORS) as caught:
        print(f"refused in torch: {theirs}", call())
    kind, message = next(kind for kind in ERRORS if isinstance(theirs, kind)), str(caught.value)
    assert isinstance(caught.value, kind), f"{message!r} is a {caught.type.__name__}, in torch {type(theirs).__name__}"
    assert "\n" not in message, f"{message!r} is not one line"
    assert re.match(rf"({op})_?\b", message), f"{message!r} does not begin with {op}"
    said = re.sub(op, "", message, count=1)
    assert re.search(r"\d|'|\(\)|\b(bools?|True|False)\b", said), f"{message!r} names no value, shape or type"
    assert not re.search(OF_NUMPY, said), f"{message!r} is not in words of minigrad's"
