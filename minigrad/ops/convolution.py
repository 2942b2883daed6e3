"""Windows that slide along a sequence: convolution and pooling, each composed of `pad`, `unfold` and a reduction."""

from typing import Any

import numpy as np

from minigrad.autograd.errors import ArgumentError, DtypeError, ShapeError
from minigrad.ops.arranging import fold, unfold
from minigrad.ops.choosing import maximum
from minigrad.ops.extremes import argmax, chosen, picking
from minigrad.ops.linalg import linear, matmul, types_differ
from minigrad.ops.padding import pad
from minigrad.ops.reductions import sum
from minigrad.ops.rounding import divide_and_round
from minigrad.ops.shaping import contiguous, flatten, permute, transpose, unflatten

Size = int | tuple[int, ...] | list[int]


def single(size: Size, function: str, name: str, least: int = 1) -> int:
    """The number meant by 3 or (3,).

    Raises:
        RuntimeError: for anything else, or less than allowed.
    """
    n = size[0] if isinstance(size, tuple | list) and len(size) == 1 else size
    if not isinstance(n, int | np.integer) or n < least:
        raise ArgumentError(f"{function}: {name} = {size!r} must be a whole number from {least} up")
    return int(n)


def _check_input(input: Any, function: str) -> None:
    if input.ndim not in (2, 3):
        raise ShapeError(
            f"{function}: input of shape {input.shape} must be (batch, channels, length) or (channels, length)"
        )


def conv1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Size = 1,
    padding: Size | str = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Any:
    """Each output is a weighted sum over a window of all channels: `Σ weight[c, k] · input[c, t · stride + k]`.

    As in PyTorch the kernel is not flipped, so this is what mathematicians call a cross-correlation.

    Arguments:
        input: of shape (N, channels, length), or (channels, length).
        weight: of shape (out_channels, channels / groups, kernel length).
        bias: of shape (out_channels,), or None.
        stride: how far the window moves from one output to the next.
        padding: how many zeros to put at both ends; "valid" for none, "same" for an output as long as the input.
        dilation: how far apart the window's elements are.
        groups: cut channels into so many groups, each with kernels of its own.

    Returns:
        A tensor of shape (N, out_channels, output length).

    >>> import minigrad
    >>> x, kernel = minigrad.tensor([[[1.0, 2.0, 4.0]]]), minigrad.tensor([[[-1.0, 1.0]]])
    >>> minigrad.nn.functional.conv1d(x, kernel)
    tensor([[[1., 2.]]])
    """
    _check_input(input, "conv1d")
    if weight.ndim != 3 or groups < 1 or input.shape[-2] != weight.shape[1] * groups or weight.shape[0] % groups:
        raise ShapeError(
            f"conv1d: input of shape {input.shape} with weight of shape {weight.shape} and groups = {groups}: weight "
            "must be (out_channels, channels / groups, kernel length), and groups divide out_channels"
        )
    if bias is not None and bias.shape != weight.shape[:1]:
        raise ShapeError(f"conv1d: bias of shape {bias.shape} must be {weight.shape[:1]}")
    if input.dtype != weight.dtype:
        raise types_differ("conv1d", input=input, weight=weight)
    step, apart = single(stride, "conv1d", "stride"), single(dilation, "conv1d", "dilation")
    reach = apart * (weight.shape[2] - 1) + 1
    x = pad(input if input.ndim == 3 else input.unsqueeze(0), _padding(padding, step, reach))
    if x.shape[2] < reach:
        raise ShapeError(
            f"conv1d: a kernel that reaches over {reach} elements does not fit input of shape {input.shape} with "
            f"padding = {padding!r}"
        )
    windows = unfold(x, 2, reach, step)[..., ::apart]  # (N, C, T, K)
    if groups == 1:
        y = contiguous(transpose(linear(flatten(transpose(windows, 1, 2), 2), flatten(weight, 1), bias), 1, 2))
    else:
        rows = flatten(permute(unflatten(windows, 1, (groups, -1)), 0, 1, 3, 2, 4), 3)  # (N, groups, T, C/groups · K)
        kernels = flatten(unflatten(weight, 0, (groups, -1)), 2)  # (groups, O/groups, C/groups · K)
        y = flatten(matmul(kernels, transpose(rows, 2, 3)), 1, 2)
        if bias is not None:
            y = y + bias.unsqueeze(1)
    return y if input.ndim == 3 else y.squeeze(0)


def conv_transpose1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Size = 1,
    padding: Size = 0,
    output_padding: Size = 0,
    groups: int = 1,
    dilation: Size = 1,
) -> Any:
    """Each input element puts its multiple of the kernel into the output: what `conv1d` does to gradients going back.

    Every element's multiples of the kernel are a window of the output; windows are added up where they overlap.

    Arguments:
        input: of shape (N, channels, length), or (channels, length).
        weight: of shape (channels, out_channels / groups, kernel length).
        bias: of shape (out_channels,), or None.
        stride: how far apart neighbours put their kernels.
        padding: how many elements are cut off at both ends.
        output_padding: how many more there are at the right end; less than `stride` or `dilation`.
        groups: cut channels into so many groups, each with kernels of its own.
        dilation: how far apart the kernel's elements are put.

    Returns:
        A tensor of shape (N, out_channels, output length).

    >>> import minigrad
    >>> x, kernel = minigrad.tensor([[[1.0, 2.0]]]), minigrad.tensor([[[1.0, 10.0]]])
    >>> minigrad.nn.functional.conv_transpose1d(x, kernel, stride=2)
    tensor([[[ 1., 10.,  2., 20.]]])
    """
    _check_input(input, "conv_transpose1d")
    if weight.ndim != 3 or groups < 1 or weight.shape[0] != input.shape[-2] or weight.shape[0] % groups:
        raise ShapeError(
            f"conv_transpose1d: input of shape {input.shape} with weight of shape {weight.shape} and groups = {groups}"
            ": weight must be (channels, out_channels / groups, kernel length), and groups divide channels"
        )
    step, apart = single(stride, "conv_transpose1d", "stride"), single(dilation, "conv_transpose1d", "dilation")
    extra = single(output_padding, "conv_transpose1d", "output_padding", least=0)
    if extra >= step and extra >= apart:
        raise ArgumentError(
            f"conv_transpose1d: output_padding = {extra} must be less than stride = {step} or dilation = {apart}"
        )
    if bias is not None and bias.shape != (weight.shape[1] * groups,):
        raise ShapeError(f"conv_transpose1d: bias of shape {bias.shape} must be {(weight.shape[1] * groups,)}")
    if input.dtype != weight.dtype:
        raise types_differ("conv_transpose1d", input=input, weight=weight)
    cut, reach = single(padding, "conv_transpose1d", "padding", least=0), apart * (weight.shape[2] - 1) + 1
    whole = (input.shape[-1] - 1) * step + reach
    if whole + extra - 2 * cut < 1:
        raise ShapeError(f"conv_transpose1d: padding = {padding!r} leaves nothing of input of shape {input.shape}")
    x = input if input.ndim == 3 else input.unsqueeze(0)
    rows = transpose(unflatten(x, 1, (groups, -1)), 2, 3)  # (N, groups, T, C/groups)
    kernels = flatten(unflatten(weight, 0, (groups, -1)), 2)  # (groups, C/groups, O/groups · K)
    windows = unflatten(matmul(rows, kernels), 3, weight.shape[1:])  # (N, groups, T, O/groups, K)
    windows = flatten(transpose(windows, 2, 3), 1, 2)  # (N, O, T, K)
    if apart > 1:
        windows = flatten(pad(windows.unsqueeze(-1), (0, apart - 1)), 3)[..., :reach]  # zeros between its elements
    y = pad(fold(windows, (*windows.shape[:2], whole), 2, reach, step), (-cut, extra - cut))
    y = y if bias is None else y + bias.unsqueeze(1)
    return y if input.ndim == 3 else y.squeeze(0)


def _padding(padding: Size | str, step: int, reach: int) -> tuple[int, int]:
    if padding == "valid":
        return 0, 0
    if padding == "same":
        if step != 1:
            raise ArgumentError(f"conv1d: padding='same' needs stride 1, not {step}")
        return (reach - 1) // 2, reach // 2
    if isinstance(padding, str):
        raise ArgumentError(f"conv1d: padding = {padding!r} is neither a number nor 'valid' nor 'same'")
    n = single(padding, "conv1d", "padding", least=0)
    return n, n


def _pooled(
    function: str,
    input: Any,
    kernel_size: Size,
    stride: Size | None,
    padding: Size,
    dilation: Size,
    ceil_mode: bool,
    value: float,
) -> tuple[Any, int, int, int, np.ndarray]:
    """The windows, (..., T, K); kernel length, padding and dilation; and where each window begins in the input."""
    _check_input(input, function)
    length = input.shape[-1]
    k, apart = single(kernel_size, function, "kernel_size"), single(dilation, function, "dilation")
    step = k if stride is None or stride == [] else single(stride, function, "stride")
    p = single(padding, function, "padding", least=0)
    if p > k // 2:
        raise ArgumentError(f"{function}: padding = {p} must be at most half of kernel_size = {k}")
    reach = apart * (k - 1) + 1
    room = length + 2 * p - reach
    count = (room + (step - 1 if ceil_mode else 0)) // step + 1
    if ceil_mode and (count - 1) * step >= length + p:
        count -= 1  # a window must begin in the input or in the padding before it
    if count < 1:
        raise ArgumentError(
            f"{function}: a window that reaches over {reach} elements does not fit input of shape {input.shape} with "
            f"padding = {p}"
        )
    beyond = (count - 1) * step - room
    windows = unfold(pad(input, (p, p + beyond), value=value) if p or beyond else input, -1, reach, step)
    return windows[..., ::apart], k, p, apart, np.arange(count) * step - p


def avg_pool1d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:
    """The mean of each window.

    Arguments:
        input: of shape (N, channels, length), or (channels, length).
        kernel_size: how long a window is.
        stride: how far the window moves; its own length by default.
        padding: how many zeros to put at both ends.
        ceil_mode: allow a last window that reaches beyond the end.
        count_include_pad: count the zeros at the ends when dividing.

    >>> import minigrad
    >>> minigrad.nn.functional.avg_pool1d(minigrad.tensor([[1.0, 3.0, 5.0, 7.0]]), 2)
    tensor([[2., 6.]])
    """
    windows, k, p, _, starts = _pooled("avg_pool1d", input, kernel_size, stride, padding, 1, ceil_mode, 0.0)
    length = input.shape[-1]
    ends = np.minimum(starts + k, length + p)
    counts = ends - starts if count_include_pad else np.minimum(ends, length) - np.maximum(starts, 0)
    total = sum(windows, -1)
    if input.dtype.kind == "f":
        return total / counts.astype(input.dtype)
    if input.dtype.kind == "b":
        raise DtypeError("avg_pool1d: input is bool; convert it with .float() first")
    return divide_and_round(total, counts, rounding_mode="trunc").to(input.dtype)


_largest = picking("max")


def max_pool1d(
    input: Any,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of each window, the first one if several tie.

    Arguments:
        input: of shape (N, channels, length), or (channels, length).
        kernel_size: how long a window is.
        stride: how far the window moves; its own length by default.
        padding: by how much the first and the last window may reach beyond the ends.
        dilation: how far apart a window's elements are.
        ceil_mode: allow a last window that reaches beyond the end.
        return_indices: also give the positions of the elements.

    >>> import minigrad
    >>> minigrad.nn.functional.max_pool1d(minigrad.tensor([[1.0, 3.0, 7.0, 5.0]]), 2)
    tensor([[3., 7.]])
    """
    floats = input.dtype.kind == "f"  # other numbers are padded in a type that can hold less than any of them
    x, smallest = (input, -np.inf) if floats else (input.to(np.dtype(np.int64)), np.iinfo(np.int64).min)
    windows, _, _, apart, starts = _pooled("max_pool1d", x, kernel_size, stride, padding, dilation, ceil_mode, smallest)
    before = np.maximum(-(starts // apart), 0)  # how many elements of each window lie before the input
    indices = maximum(argmax(windows, -1, keepdim=True), before[:, None])  # -∞ is found in the input, not beside it
    values, indices = chosen(_largest, windows, indices, -1, keepdim=False)
    values = values if floats else values.to(input.dtype)
    return (values, indices * apart + starts) if return_indices else values
