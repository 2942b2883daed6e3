"""Layers that slide a window along a sequence: convolution and pooling."""

import math
from typing import Any

from minigrad.creation import empty
from minigrad.nn import functional as F  # noqa: N812  PyTorch's custom
from minigrad.nn import init
from minigrad.nn.layers import check_positive
from minigrad.nn.module import Module, Parameter, takes_dtype
from minigrad.ops.convolution import Size, single
from minigrad.tensor import Tensor


class _Convolution(Module):
    """What both kinds of convolution share: first weights."""

    weight: Parameter
    bias: Parameter | None

    def reset_parameters(self) -> None:
        """Even spread over ±1/√(elements in a window), as PyTorch."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(math.prod(self.weight.shape[1:]))
            init.uniform_(self.bias, -bound, bound)


class Conv1d(_Convolution):
    """A weighted sum over a window of all channels: see `functional.conv1d`.

    Arguments:
        in_channels: how many channels the input has.
        out_channels: how many the output has.
        kernel_size: how long the window is.
        stride: how far it moves from one output to the next.
        padding: how many zeros to put at both ends, or "valid" or "same".
        dilation: how far apart the window's elements are.
        groups: cut channels into so many groups, each with kernels of its own.
        bias: whether to add one.
        padding_mode: "zeros", or what else to put at the ends: "reflect", "replicate" or "circular", see
            `functional.pad`.

    Shapes: (N, in_channels, length) to (N, out_channels, output length); `weight` is
    (out_channels, in_channels / groups, kernel_size).

    >>> import minigrad
    >>> minigrad.nn.Conv1d(2, 3, kernel_size=3, padding=1)(minigrad.ones(5, 2, 7)).shape
    (5, 3, 7)
    """

    @takes_dtype
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size | str = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
    ):
        super().__init__()
        check_positive("Conv1d", in_channels=in_channels, out_channels=out_channels, groups=groups)
        if in_channels % groups or out_channels % groups:
            raise ValueError(
                f"Conv1d: groups = {groups} must divide in_channels = {in_channels} and out_channels = {out_channels}"
            )
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = (single(kernel_size, "Conv1d", "kernel_size"),)
        self.stride = (single(stride, "Conv1d", "stride"),)
        self.padding = padding if isinstance(padding, str) else (single(padding, "Conv1d", "padding", least=0),)
        self.dilation = (single(dilation, "Conv1d", "dilation"),)
        self.groups = groups
        if isinstance(padding, str) and padding not in ("valid", "same"):
            raise ValueError(f"Conv1d: padding = {padding!r} is neither a number nor 'valid' nor 'same'")
        if padding == "same" and self.stride != (1,):
            raise ValueError(f"Conv1d: padding='same' needs stride 1, not {self.stride[0]}")
        if padding_mode not in ("zeros", "reflect", "replicate", "circular"):
            raise ValueError(
                f"Conv1d: padding_mode = {padding_mode!r} is none of 'zeros', 'reflect', 'replicate', 'circular'"
            )
        self.padding_mode = padding_mode
        self.weight = Parameter(empty(out_channels, in_channels // groups, self.kernel_size[0]))
        self.bias = Parameter(empty(out_channels)) if bias else None
        self.reset_parameters()

    def forward(self, input: Tensor) -> Tensor:
        """Slide over a tensor of shape (N, in_channels, length)."""
        padding: Any = self.padding
        if self.padding_mode != "zeros":
            input, padding = F.pad(input, self._ends(), mode=self.padding_mode), 0
        return F.conv1d(input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)

    def _ends(self) -> tuple[int, int]:
        """How much is put at both ends."""
        if isinstance(self.padding, tuple):
            return self.padding * 2
        total = self.dilation[0] * (self.kernel_size[0] - 1) if self.padding == "same" else 0
        return total // 2, total - total // 2

    def extra_repr(self) -> str:
        """The settings that are not the default."""
        parts = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"]
        parts += [f"padding={self.padding}"] if self.padding != (0,) else []
        parts += [f"dilation={self.dilation}"] if self.dilation != (1,) else []
        parts += [f"groups={self.groups}"] if self.groups != 1 else []
        parts += ["bias=False"] if self.bias is None else []
        parts += [f"padding_mode={self.padding_mode}"] if self.padding_mode != "zeros" else []
        return ", ".join(parts)


class ConvTranspose1d(_Convolution):
    """The reverse of a convolution in shape, as decoders stretch sequences: see `functional.conv_transpose1d`.

    Arguments:
        in_channels: how many channels the input has.
        out_channels: how many the output has.
        kernel_size: how long the kernel is that each element puts into the output.
        stride: how far apart neighbours put theirs.
        padding: how many elements are cut off at both ends.
        output_padding: how many more there are at the right end.
        groups: cut channels into so many groups, each with kernels of its own.
        bias: whether to add one.
        dilation: how far apart the kernel's elements are put.

    Shapes: (N, in_channels, length) to (N, out_channels, output length); `weight` is
    (in_channels, out_channels / groups, kernel_size).

    >>> import minigrad
    >>> minigrad.nn.ConvTranspose1d(2, 3, kernel_size=4, stride=2, padding=1)(minigrad.ones(5, 2, 7)).shape
    (5, 3, 14)
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size = 0,
        output_padding: Size = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Size = 1,
    ):
        super().__init__()
        check_positive("ConvTranspose1d", in_channels=in_channels, out_channels=out_channels, groups=groups)
        if in_channels % groups or out_channels % groups:
            raise ValueError(
                f"ConvTranspose1d: groups = {groups} must divide in_channels = {in_channels} and out_channels = "
                f"{out_channels}"
            )
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = (single(kernel_size, "ConvTranspose1d", "kernel_size"),)
        self.stride = (single(stride, "ConvTranspose1d", "stride"),)
        self.padding = (single(padding, "ConvTranspose1d", "padding", least=0),)
        self.output_padding = (single(output_padding, "ConvTranspose1d", "output_padding", least=0),)
        self.dilation = (single(dilation, "ConvTranspose1d", "dilation"),)
        self.groups = groups
        self.weight = Parameter(empty(in_channels, out_channels // groups, self.kernel_size[0]))
        self.bias = Parameter(empty(out_channels)) if bias else None
        self.reset_parameters()

    def forward(self, input: Tensor) -> Tensor:
        """Stretch a tensor of shape (N, in_channels, length)."""
        settings = (self.stride, self.padding, self.output_padding, self.groups, self.dilation)
        return F.conv_transpose1d(input, self.weight, self.bias, *settings)

    def extra_repr(self) -> str:
        """The settings that are not the default."""
        parts = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"]
        parts += [f"padding={self.padding}"] if self.padding != (0,) else []
        parts += [f"dilation={self.dilation}"] if self.dilation != (1,) else []
        parts += [f"output_padding={self.output_padding}"] if self.output_padding != (0,) else []
        parts += [f"groups={self.groups}"] if self.groups != 1 else []
        parts += ["bias=False"] if self.bias is None else []
        return ", ".join(parts)


class AvgPool1d(Module):
    """The mean of each window: see `functional.avg_pool1d`.

    >>> import minigrad
    >>> minigrad.nn.AvgPool1d(2)(minigrad.tensor([[1.0, 3.0, 5.0, 7.0]]))
    tensor([[2., 6.]])
    """

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ):
        super().__init__()
        self.kernel_size = (single(kernel_size, "AvgPool1d", "kernel_size"),)
        self.stride = self.kernel_size if stride is None else (single(stride, "AvgPool1d", "stride"),)
        self.padding = (single(padding, "AvgPool1d", "padding", least=0),)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        """Pool a tensor of shape (N, channels, length)."""
        return F.avg_pool1d(input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad)

    def extra_repr(self) -> str:
        """The settings."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxPool1d(Module):
    """The largest element of each window: see `functional.max_pool1d`.

    >>> import minigrad
    >>> minigrad.nn.MaxPool1d(2)(minigrad.tensor([[1.0, 3.0, 7.0, 5.0]]))
    tensor([[3., 7.]])
    """

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        dilation: Size = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ):
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Any:
        """Pool a tensor of shape (N, channels, length)."""
        return F.max_pool1d(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )

    def extra_repr(self) -> str:
        """The settings."""
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )
