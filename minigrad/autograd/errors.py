"""The errors of ops: of which kind they are, whom they name, and NumPy's complaints in the words of this library.

Each is PyTorch's `RuntimeError`, and beside it what Python calls such a mistake, so that either way of catching it
works.
"""

import re
import sys
from typing import Any

import numpy as np


class OpError(RuntimeError):
    """What an op cannot do. The message begins with the name of the function that was called.

    Where that function is made of others and one of these refused, both are named: "hstack, in cat: ...".
    """

    def __init__(self, message: str):
        called = _function_called()
        within = called is not None and message.partition(":")[0] != called and not message.startswith(f"{called}, in ")
        super().__init__(f"{called}, in {message}" if within else message)


class ShapeError(OpError, ValueError):
    """Shapes that an op cannot work with: PyTorch's RuntimeError and NumPy's ValueError at once."""


class ArgumentError(OpError, ValueError):
    """Settings that an op does not know, or that do not go together: a RuntimeError and a ValueError at once."""


class DtypeError(OpError, TypeError):
    """Element types that an op cannot work with: PyTorch's RuntimeError and NumPy's TypeError at once."""


class PositionError(OpError, IndexError):
    """Positions and dimensions that are not there: PyTorch's RuntimeError and Python's IndexError at once."""


_NAMED = ("minigrad.ops.", "minigrad.nn.functional")  # where the functions are that a user calls
_BESIDE = ("_", "<", "check_")  # what helps them, and is never what was called
_PASSED = ("minigrad.autograd.", "minigrad.methods", "minigrad.in_place", "minigrad.kinds", "minigrad.tensor")


def _function_called() -> str | None:
    """The outermost public function, of all that are running now, in an unbroken row of functions of ops."""
    frame, name = sys._getframe(2), None
    while frame is not None and (module := frame.f_globals.get("__name__", "")).startswith(_NAMED + _PASSED):
        code = frame.f_code
        if module.startswith(_NAMED) and code.co_name == code.co_qualname and not code.co_name.startswith(_BESIDE):
            name = code.co_name
        frame = frame.f_back  # type: ignore[assignment]  # None at the end
    return name


_NOTHING = "of no elements there is no largest or smallest"
_BROADCAST = "aligned from the right, two dimensions must be equal or one of them 1"
_IN_WORDS = {  # what a complaint of NumPy's is known by, and what it means in terms of tensors
    "broadcast": _BROADCAST,
    "axis remapping": _BROADCAST,
    "cannot reshape array": "the number of elements must stay the same",
    "zero-size array to reduction": _NOTHING,
    "must have same number of dimensions": "they must have as many dimensions",
    "boolean index did not match": "a mask must be as long as the dimensions that it stands for",
    "concatenation axis must match": "they must be equally long in all dimensions but dim",
    "not supported for the input types": "it takes integers and bools; convert with .long() first",
    "object has no attribute 'dtype'": "it takes no numbers, but tensors; tensor() makes one",
    "setting an array element with a sequence": "a single place takes a single number",
    "core dimension": "their shapes do not fit each other",
    "boolean negative": "bools cannot be negated; ~ gives the opposite, or convert with .long() first",
}


_NO_POSITION = r"position \1 is out of range; dim \2 has length \3"


def translated(error: Exception, begin: str) -> OpError:
    """NumPy's complaint, or an op's own, as an error that says more.

    Arguments:
        error: the exception.
        begin: what the message is to begin with: the op and what it was given.
    """
    if isinstance(error, OpError):
        return error
    reason = " ".join(str(error).split())
    reason = re.sub(r"index (-?\d+) is out of bounds for axis (\d+) with size (\d+)", _NO_POSITION, reason)
    if isinstance(error, np.exceptions.AxisError) and error.axis is not None:
        reason = out_of_range(error.axis, error.ndim)
    reason = next((words for sign, words in _IN_WORDS.items() if sign in reason), reason)
    if isinstance(error, IndexError) or reason == _NOTHING:
        return PositionError(f"{begin}: {reason}")
    kind = {TypeError: DtypeError, AttributeError: DtypeError, OverflowError: OpError}.get(type(error), ShapeError)
    return kind(f"{begin}: {reason}")


def out_of_range(dim: Any, ndim: Any, name: str = "dim") -> str:
    """What is said of a dimension that is not there; a number counts as a vector."""
    n = max(ndim, 1)
    return f"{name} = {dim} is out of range; {-n} to {n - 1} would do"


def shown(x: Any) -> str:
    """An argument on one line, as a message names it."""
    if isinstance(x, np.ndarray):
        return f"an array of shape {x.shape}"
    if isinstance(x, slice):
        return ":".join("" if n is None else str(n) for n in (x.start, x.stop, x.step)).removesuffix(":") or ":"
    if type(x) in (tuple, list):
        return f"({', '.join(map(shown, x))}{',' * (len(x) == 1)})"
    return " ".join(repr(x).split())
