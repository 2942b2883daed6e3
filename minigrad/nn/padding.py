"""Layers that add elements at the ends of the last dimension, or of the last two: see `functional.pad`."""

from typing import Any

from minigrad.nn import functional as F  # noqa: N812  PyTorch's custom
from minigrad.nn.module import Module


class _Pad(Module):
    """What the padding layers share: how many dimensions they pad, and with what.

    Arguments:
        padding: how many elements to add before and after the last dimension, then the last but one; negative numbers
            take away. A single number is meant for all ends.
    """

    dimensions = 1
    mode = "constant"
    value: float | None = None

    def __init__(self, padding: int | tuple[int, ...]):
        super().__init__()
        self.padding = (padding,) * (2 * self.dimensions) if isinstance(padding, int) else tuple(padding)
        if len(self.padding) != 2 * self.dimensions:
            raise ValueError(
                f"{type(self).__name__}: padding = {padding!r} must be a number or {2 * self.dimensions} of them"
            )

    def forward(self, input: Any) -> Any:
        return F.pad(input, self.padding, self.mode, self.value)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ConstantPad1d(_Pad):
    """A number at the ends of the last dimension.

    Arguments:
        padding: how many before and after; see `functional.pad`.
        value: the number.

    >>> import minigrad
    >>> minigrad.nn.ConstantPad1d((1, 2), 7.0)(minigrad.ones(1, 2))
    tensor([[7., 1., 1., 7., 7.]])
    """

    def __init__(self, padding: int | tuple[int, ...], value: float):
        super().__init__(padding)
        self.value = value

    def extra_repr(self) -> str:
        """The amounts, and the number."""
        return f"padding={self.padding}, value={self.value}"


class ConstantPad2d(ConstantPad1d):
    """A number at the ends of the last two dimensions, the last one first."""

    dimensions = 2


class ZeroPad1d(_Pad):
    """Zeros at the ends of the last dimension."""


class ZeroPad2d(_Pad):
    """Zeros at the ends of the last two dimensions, the last one first.

    With (0, 0, 1, -1) it moves a sequence of vectors on by one step: what came before stands beside what is now.

    >>> import minigrad
    >>> minigrad.nn.ZeroPad2d((0, 0, 1, -1))(minigrad.tensor([[[1.0, 2.0], [3.0, 4.0]]]))
    tensor([[[0., 0.],
             [1., 2.]]])
    """

    dimensions = 2


class ReflectionPad1d(_Pad):
    """The last dimension mirrored at its ends."""

    mode = "reflect"


class ReplicationPad1d(_Pad):
    """The outermost elements of the last dimension, repeated."""

    mode = "replicate"


class CircularPad1d(_Pad):
    """At each end of the last dimension what stands at the other."""

    mode = "circular"
