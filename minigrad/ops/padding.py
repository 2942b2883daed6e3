"""Elements added, or taken away, at the ends of the last dimensions: `nn.functional.pad`."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigrad import dtypes
from minigrad.autograd.errors import ArgumentError, ShapeError
from minigrad.autograd.op import Rule
from minigrad.autograd.primitive import primitive
from minigrad.ops.arranging import flip
from minigrad.ops.joining import cat, narrow
from minigrad.ops.shaping import broadcast_to, in_order


@primitive(
    Rule(
        "g without the padding",
        lambda g, _y, x, ends, value: g[tuple(slice(a, a + n) for (a, _), n in zip(ends, x.shape, strict=True))],
    ),
    name="pad",
)
def _pad_constant(input: Any, ends: list[tuple[int, int]], value: float) -> Any:
    return in_order(np.pad(input, ends, constant_values=dtypes.fitting(float(value), input.dtype)))


def _mirrored(x: Any, dim: int, before: int, after: int) -> list[Any]:
    n = x.shape[dim]
    return [flip(narrow(x, dim, 1, before), dim), x, flip(narrow(x, dim, n - 1 - after, after), dim)]


def _replicated(x: Any, dim: int, before: int, after: int) -> list[Any]:
    def times(end: Any, k: int) -> Any:
        return broadcast_to(end, (*x.shape[:dim], k, *x.shape[dim + 1 :]))

    return [times(narrow(x, dim, 0, 1), before), x, times(narrow(x, dim, -1, 1), after)]


def _from_the_other_end(x: Any, dim: int, before: int, after: int) -> list[Any]:
    n = x.shape[dim]
    return [narrow(x, dim, n - before, before), x, narrow(x, dim, 0, after)]


# For each mode what is joined along a dimension, and how much less than its length can be added at an end.
_MODES: dict[str, tuple[Callable[..., list[Any]], float]] = {
    "reflect": (_mirrored, 1),
    "replicate": (_replicated, -np.inf),
    "circular": (_from_the_other_end, 0),
}


def pad(input: Any, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Any:
    """Elements added at the ends of the last dimensions.

    Arguments:
        input: a tensor.
        pad: how many to add before and after the last dimension, then before and after the last but one, and so on;
            negative numbers take away.
        mode: "constant"; "reflect" (mirrored at the outermost elements, which are not repeated), "replicate" (the
            outermost elements repeated) or "circular" (from the other end). All but "constant" pad the dimensions
            after the first, or after the first two.
        value: what is added in mode "constant"; 0 by default.

    Raises:
        ShapeError: for more padding than there are dimensions, or than there is to mirror.

    >>> import minigrad
    >>> minigrad.nn.functional.pad(minigrad.tensor([1, 2, 3]), (1, 2))
    tensor([0, 1, 2, 3, 0, 0])
    >>> minigrad.nn.functional.pad(minigrad.tensor([[1, 2, 3]]), (1, 2), mode="reflect")
    tensor([[2, 1, 2, 3, 2, 1]])
    """
    if mode not in ("constant", *_MODES):
        raise ArgumentError(f"pad: mode = {mode!r} must be 'constant', 'reflect', 'replicate' or 'circular'")
    padded = len(pad) // 2
    free = input.ndim - padded
    if len(pad) % 2 or free < 0 or (mode != "constant" and pad and (free not in (1, 2) or padded > 3)):
        raise ShapeError(
            f"pad: pad = {tuple(pad)} does not fit an input of shape {input.shape}; two numbers for each padded "
            "dimension, from the last one on, would do" + ("" if mode == "constant" else "; one or two stay unpadded")
        )
    ends = [(0, 0)] * free + [(int(pad[i]), int(pad[i + 1])) for i in range(0, len(pad), 2)][::-1]
    if any(n + a + b < 0 or n + min(a, 0) + min(b, 0) < 0 for (a, b), n in zip(ends, input.shape, strict=True)):
        raise ShapeError(f"pad: pad = {tuple(pad)} takes away more than there is in shape {input.shape}")
    if any(a < 0 or b < 0 for a, b in ends):
        input = input[tuple(slice(max(-a, 0), n - max(-b, 0)) for (a, b), n in zip(ends, input.shape, strict=True))]
        ends = [(max(a, 0), max(b, 0)) for a, b in ends]
    if mode == "constant":
        return _pad_constant(input, ends=ends, value=0.0 if value is None else value)
    if value is not None:
        raise ArgumentError(f"pad: value = {value} belongs to mode 'constant', not {mode!r}")
    join, less = _MODES[mode]
    for dim, (before, after) in enumerate(ends):
        if max(before, after) > input.shape[dim] - less:
            raise ShapeError(
                f"pad: {max(before, after)} at an end of dim {dim} of shape {input.shape} is more than {mode!r} can add"
            )
        if before or after:
            input = cat(join(input, dim, before, after), dim)
    return input
