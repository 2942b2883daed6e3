"""Which op made the first NaN? While `detect_anomaly` is on, every result and every gradient is looked at.

An op is to blame that was given finite numbers and made others: infinities that the user put in, as into a mask, are
not held against it.
"""

from typing import Any

import numpy as np

from minigrad.autograd.modes import modes
from minigrad.autograd.node import Node
from minigrad.autograd.op import Op
from minigrad.autograd.watching import Watcher, user_line


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
        self.before: list[tuple[tuple[Any, ...], Any]] = []

    def __enter__(self) -> None:
        quiet = np.errstate(all="ignore")
        quiet.__enter__()
        self.before.append((modes.watchers, quiet))
        _look(self.check_nan)

    def __exit__(self, *exc_info: object) -> None:
        before, quiet = self.before.pop()
        _look(_LOOKING in before)
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
        self.before = _LOOKING in modes.watchers
        _look(mode and check_nan)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc_info: object) -> None:
        _look(self.before)


class _Looking(Watcher):
    """Looks at every result and every gradient."""

    def ran(
        self, op: Op, inputs: tuple[Any, ...], arrays: list[Any], params: dict[str, Any], kept: Any, result: Any
    ) -> None:
        """Note the user's line, and refuse a result that is not finite though everything the op was given is.

        Raises:
            RuntimeError: naming the op, its result and the line.
        """
        line, output = _written(*user_line()), result.array
        if result.node is not None:
            result.node.line = line
        if not _finite(output) and all(_finite(x) for x in (*arrays, *params.values())):
            raise RuntimeError(
                f"detect_anomaly: {op.name} made a result of shape {output.shape} with {_culprit(output)} in it "
                f"from finite numbers; it ran in {line}"
            )

    def passed(self, node: Node, g: Any, passed: list[Any], shapes: list[tuple[int, ...] | None]) -> None:
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
                    f"detect_anomaly: {node.op.name} made a gradient of shape {array.shape} with {_culprit(array)} in "
                    f"it from finite numbers; it ran in {node.line or 'a line before detect_anomaly was on'}"
                )


_LOOKING = _Looking()


def _look(wanted: bool) -> None:
    """Look from here on, or no longer."""
    others = tuple([watcher for watcher in modes.watchers if watcher is not _LOOKING])
    modes.watchers = (*others, _LOOKING) if wanted else others


def _written(file: str, number: int) -> str:
    import linecache  # only those who look for anomalies need it

    return f"{file}, line {number}: {linecache.getline(file, number).strip()}"


def _array(x: Any) -> Any:
    return getattr(x, "array", x)


def _finite(x: Any) -> bool:
    if isinstance(x, np.ndarray):
        return x.dtype.kind != "f" or bool(np.isfinite(x).all())
    return not isinstance(x, float) or bool(np.isfinite(x))


def _culprit(array: np.ndarray) -> str:
    return "nan" if np.isnan(array).any() else "inf"
