"""Which op made the first NaN? While `detect_anomaly` is on, every result and every gradient is looked at.

An op is to blame that was given finite numbers and made others: infinities that the user put in, as into a mask, are
not held against it.
"""

import sys
from typing import Any

import numpy as np

from minigrad.autograd.modes import modes
from minigrad.autograd.node import Node
from minigrad.autograd.op import Op


class detect_anomaly:  # noqa: N801  PyTorch's name
    """Stop at the first op that makes NaN or an infinity of finite numbers, forward or backward.

    NumPy's warnings are silent meanwhile: the error says more.

    Arguments:
        check_nan: False checks nothing.

    >>> import minigrad
    >>> x = minigrad.tensor([4.0, 0.0], requires_grad=True)
    >>> with minigrad.autograd.detect_anomaly():
    ...     y = x.sqrt().sum()  # its slope is infinite at 0
    ...     y.backward()  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    RuntimeError: detect_anomaly: sqrt made a gradient of shape (2,) with inf in it from finite numbers; it ran in ...
    """

    def __init__(self, check_nan: bool = True):
        self.check_nan = check_nan
        self.before: list[tuple[bool, Any]] = []

    def __enter__(self) -> None:
        quiet = np.errstate(all="ignore")
        quiet.__enter__()
        self.before.append((modes.anomaly, quiet))
        modes.anomaly = self.check_nan

    def __exit__(self, *exc_info: object) -> None:
        modes.anomaly, quiet = self.before.pop()
        quiet.__exit__(*exc_info)


class set_detect_anomaly:  # noqa: N801  PyTorch's name
    """Look for NaN and infinities from here on, or no longer; the end of a `with` block switches back.

    Arguments:
        mode: whether to look.
        check_nan: False checks nothing.

    >>> import minigrad
    >>> with minigrad.autograd.set_detect_anomaly(True):
    ...     y = minigrad.tensor([1.0, 2.0]).log()
    """

    def __init__(self, mode: bool, check_nan: bool = True):
        self.before = modes.anomaly
        modes.anomaly = mode and check_nan

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc_info: object) -> None:
        modes.anomaly = self.before


def check_forward(op: Op, arrays: list[Any], params: dict[str, Any], output: np.ndarray, node: Node | None) -> None:
    """Note the user's line, and refuse a result that is not finite though everything the op was given is.

    Raises:
        RuntimeError: naming the op, its result and the line.
    """
    line = user_line()
    if node is not None:
        node.line = line
    if not _finite(output) and all(_finite(x) for x in (*arrays, *params.values())):
        raise RuntimeError(
            f"detect_anomaly: {op.name} made a result of shape {output.shape} with {_culprit(output)} in it "
            f"from finite numbers; it ran in {line}"
        )


def check_backward(node: Node, g: Any, passed: list[Any]) -> None:
    """Refuse a contribution to a gradient that is not finite though the gradient it was made of is.

    Raises:
        RuntimeError: naming the op, the contribution and the line that ran the op.
    """
    if not _finite(_array(g)):
        return
    for contribution in passed:
        array = _array(contribution)
        if array is not None and not _finite(array):
            raise RuntimeError(
                f"detect_anomaly: {node.op.name} made a gradient of shape {array.shape} with {_culprit(array)} in it "
                f"from finite numbers; it ran in {node.line or 'a line before detect_anomaly was on'}"
            )


def user_line() -> str:
    """The innermost line of code outside minigrad that is running: file, number and text."""
    import linecache  # only those who look for anomalies need it

    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "minigrad":
        frame = frame.f_back
    file, number = frame.f_code.co_filename, frame.f_lineno
    return f"{file}, line {number}: {linecache.getline(file, number).strip()}"


def _array(x: Any) -> Any:
    return getattr(x, "array", x)


def _finite(x: Any) -> bool:
    if isinstance(x, np.ndarray):
        return x.dtype.kind != "f" or bool(np.isfinite(x).all())
    return not isinstance(x, float) or bool(np.isfinite(x))


def _culprit(array: np.ndarray) -> str:
    return "nan" if np.isnan(array).any() else "inf"
