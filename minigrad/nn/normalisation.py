"""Layers that keep signals at one size, by rows, groups or batches. (`LayerNorm` is in `layers`.)"""

from minigrad.autograd.errors import ShapeError
from minigrad.creation import ones, tensor, zeros
from minigrad.nn import functional as F  # noqa: N812  PyTorch's custom
from minigrad.nn.layers import check_positive
from minigrad.nn.module import Module, Parameter, takes_dtype
from minigrad.tensor import Tensor


class RMSNorm(Module):
    """Each row brought to a mean square of 1, then scaled: see `functional.rms_norm`.

    Arguments:
        normalized_shape: the last dimension or dimensions, which make a row.
        eps: keeps the root away from 0; None for the distance from 1 to the next number of the type.
        elementwise_affine: whether the scale is learnt.

    >>> import minigrad
    >>> minigrad.nn.RMSNorm(3)
    RMSNorm((3,), eps=None, elementwise_affine=True)
    """

    @takes_dtype
    def __init__(
        self, normalized_shape: int | tuple[int, ...], eps: float | None = None, elementwise_affine: bool = True
    ):
        super().__init__()
        self.normalized_shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        for n in self.normalized_shape:
            check_positive("RMSNorm", normalized_shape=n)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self.weight = Parameter(ones(*self.normalized_shape)) if elementwise_affine else None

    def forward(self, input: Tensor) -> Tensor:
        """Normalise a tensor that ends in the dimensions `normalized_shape`."""
        return F.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """The settings."""
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"


class GroupNorm(Module):
    """Each group of channels brought to mean 0 and variance 1: see `functional.group_norm`.

    Arguments:
        num_groups: into how many groups the channels are cut.
        num_channels: how many channels there are.
        eps: keeps the root away from 0.
        affine: whether a scale and a shift of each channel are learnt.
        bias: whether the shift is.

    >>> import minigrad
    >>> minigrad.nn.GroupNorm(2, 4)(minigrad.ones(1, 4, 5)).shape
    (1, 4, 5)
    """

    @takes_dtype
    def __init__(
        self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True, *, bias: bool = True
    ):
        super().__init__()
        check_positive("GroupNorm", num_groups=num_groups, num_channels=num_channels)
        if num_channels % num_groups:
            raise ValueError(f"GroupNorm: num_channels = {num_channels} is not divisible by num_groups = {num_groups}")
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        self.weight = Parameter(ones(num_channels)) if affine else None
        self.bias = Parameter(zeros(num_channels)) if affine and bias else None

    def forward(self, input: Tensor) -> Tensor:
        """Normalise a tensor of shape (N, num_channels, ...)."""
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The settings."""
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class BatchNorm1d(Module):
    """Each channel brought to mean 0 and variance 1 over the batch: see `functional.batch_norm`.

    Arguments:
        num_features: how many channels there are.
        eps: keeps the root away from 0.
        momentum: how much of a new batch goes into the running means; None for the mean over all batches so far.
        affine: whether a scale and a shift of each channel are learnt.
        track_running_stats: keep running means, which `eval` normalises by; without them each batch is its own.
        bias: whether the shift is learnt.

    Shapes: (N, num_features) or (N, num_features, length) to the same.

    >>> import minigrad
    >>> norm = minigrad.nn.BatchNorm1d(2)
    >>> norm(minigrad.tensor([[1.0, 0.0], [3.0, 0.0]])).mean(0).tolist(), norm.running_mean
    ([0.0, 0.0], tensor([0.2000, 0.0000]))
    """

    @takes_dtype
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        bias: bool = True,
    ):
        super().__init__()
        check_positive("BatchNorm1d", num_features=num_features)
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        self.weight = Parameter(ones(num_features)) if affine else None
        self.bias = Parameter(zeros(num_features)) if affine and bias else None
        self.running_mean: Tensor | None
        self.running_var: Tensor | None
        self.num_batches_tracked: Tensor | None
        self.register_buffer("running_mean", zeros(num_features) if track_running_stats else None)
        self.register_buffer("running_var", ones(num_features) if track_running_stats else None)
        self.register_buffer("num_batches_tracked", tensor(0) if track_running_stats else None)

    def reset_running_stats(self) -> None:
        """Forget the batches seen so far."""
        if self.running_mean is not None and self.running_var is not None and self.num_batches_tracked is not None:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def forward(self, input: Tensor) -> Tensor:
        """Normalise; while training, also take the batch into the running means."""
        if input.ndim not in (2, 3) or input.shape[1] != self.num_features:
            raise ShapeError(
                f"BatchNorm1d: input of shape {input.shape} must be (batch, {self.num_features}) or "
                f"(batch, {self.num_features}, length)"
            )
        momentum = 0.0 if self.momentum is None else self.momentum
        if self.training and self.num_batches_tracked is not None:
            self.num_batches_tracked += 1
            if self.momentum is None:
                momentum = 1 / self.num_batches_tracked.item()
        return F.batch_norm(
            input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or self.running_mean is None,
            momentum,
            self.eps,
        )

    def extra_repr(self) -> str:
        """The settings."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )
