"""Activations as modules: a function of `nn.functional`, and the settings it is called with."""

from collections.abc import Callable
from typing import Any

from minigrad.creation import full
from minigrad.nn import functional as F  # noqa: N812  PyTorch's custom
from minigrad.nn.module import Module, Parameter, takes_dtype
from minigrad.tensor import Tensor


class Activation(Module):
    """A function without parameters, with its arguments as attributes.

    Arguments:
        settings: what the function is given besides its input.
    """

    function: Callable[..., Tensor]  # a staticmethod

    def __init__(self, **settings: Any):
        super().__init__()
        self.settings = tuple(settings)
        for name, value in settings.items():
            setattr(self, name, value)

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function."""
        return self.function(input, **{name: getattr(self, name) for name in self.settings})

    def extra_repr(self) -> str:
        """The settings."""
        shown = {name: getattr(self, name) for name in self.settings}
        return ", ".join(f"{name}={value!r}" for name, value in shown.items() if name != "inplace" or value)


class Tanh(Activation):
    """The hyperbolic tangent."""

    function = staticmethod(F.tanh)


class Sigmoid(Activation):
    """1 / (1 + e^-x)."""

    function = staticmethod(F.sigmoid)


class LogSigmoid(Activation):
    """log(sigmoid(x)): see `functional.logsigmoid`."""

    function = staticmethod(F.logsigmoid)


class Softsign(Activation):
    """`x / (1 + |x|)`."""

    function = staticmethod(F.softsign)


class Tanhshrink(Activation):
    """x - tanh(x)."""

    function = staticmethod(F.tanhshrink)


class ReLU(Activation):
    """max(x, 0).

    >>> import minigrad
    >>> minigrad.nn.ReLU(inplace=True)
    ReLU(inplace=True)
    """

    function = staticmethod(F.relu)

    def __init__(self, inplace: bool = False):
        super().__init__(inplace=inplace)


class ReLU6(ReLU):
    """`ReLU`, cut off at 6."""

    function = staticmethod(F.relu6)


class SELU(ReLU):
    """The self-normalising exponential unit: see `functional.selu`."""

    function = staticmethod(F.selu)


class SiLU(ReLU):
    """x · sigmoid(x)."""

    function = staticmethod(F.silu)


class Mish(ReLU):
    """x · tanh(softplus(x))."""

    function = staticmethod(F.mish)


class Hardswish(ReLU):
    """x times `Hardsigmoid`."""

    function = staticmethod(F.hardswish)

    def extra_repr(self) -> str:
        """Nothing, as in PyTorch."""
        return ""


class Hardsigmoid(Hardswish):
    """A sigmoid of three straight pieces."""

    function = staticmethod(F.hardsigmoid)


class LeakyReLU(Activation):
    """x where it is positive, else x times a small slope: see `functional.leaky_relu`."""

    function = staticmethod(F.leaky_relu)

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False):
        super().__init__(negative_slope=negative_slope, inplace=inplace)


class ELU(Activation):
    """x where it is positive, else α · (e^x - 1): see `functional.elu`."""

    function = staticmethod(F.elu)

    def __init__(self, alpha: float = 1.0, inplace: bool = False):
        super().__init__(alpha=alpha, inplace=inplace)


class CELU(ELU):
    """x where it is positive, else α · (e^(x/α) - 1): see `functional.celu`."""

    function = staticmethod(F.celu)


class GELU(Activation):
    """x · Φ(x): see `functional.gelu`."""

    function = staticmethod(F.gelu)

    def __init__(self, approximate: str = "none"):
        super().__init__(approximate=approximate)


class Hardtanh(Activation):
    """x, cut off at two bounds: see `functional.hardtanh`."""

    function = staticmethod(F.hardtanh)

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False):
        if not max_val > min_val:
            raise ValueError(f"Hardtanh: max_val = {max_val} must be greater than min_val = {min_val}")
        super().__init__(min_val=min_val, max_val=max_val, inplace=inplace)


class Softplus(Activation):
    """log(1 + e^(βx)) / β: see `functional.softplus`."""

    function = staticmethod(F.softplus)

    def __init__(self, beta: float = 1.0, threshold: float = 20.0):
        super().__init__(beta=beta, threshold=threshold)


class Threshold(Activation):
    """x where it is above a threshold, else a given value."""

    function = staticmethod(F.threshold)

    def __init__(self, threshold: float, value: float, inplace: bool = False):
        super().__init__(threshold=threshold, value=value, inplace=inplace)


class Hardshrink(Activation):
    """x, but 0 from -λ to λ."""

    function = staticmethod(F.hardshrink)

    def __init__(self, lambd: float = 0.5):
        super().__init__(lambd=lambd)

    def extra_repr(self) -> str:
        """λ."""
        return repr(getattr(self, *self.settings))


class Softshrink(Hardshrink):
    """x, drawn towards 0 by λ."""

    function = staticmethod(F.softshrink)


class GLU(Activation):
    """The first half of the input, gated by the second: see `functional.glu`."""

    function = staticmethod(F.glu)

    def __init__(self, dim: int = -1):
        super().__init__(dim=dim)


class Softmax(Activation):
    """exp(x) / Σ exp(x) along `dim`: see `functional.softmax`."""

    function = staticmethod(F.softmax)

    def __init__(self, dim: int | None = None):
        super().__init__(dim=dim)


class LogSoftmax(Softmax):
    """The logarithm of `Softmax`."""

    function = staticmethod(F.log_softmax)


class Softmin(Softmax):
    """`Softmax` of the negated input."""

    function = staticmethod(F.softmin)


class PReLU(Module):
    """`LeakyReLU` with slopes that are learnt: see `functional.prelu`.

    Arguments:
        num_parameters: 1 for one slope, or the number of channels for one each.
        init: what they start as.

    >>> import minigrad
    >>> minigrad.nn.PReLU()(minigrad.tensor([-1.0, 2.0])).tolist()
    [-0.25, 2.0]
    """

    @takes_dtype
    def __init__(self, num_parameters: int = 1, init: float = 0.25):
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(full((num_parameters,), init))

    def forward(self, input: Tensor) -> Tensor:
        """Apply it; dimension 1 of the input counts the channels."""
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        """How many slopes there are."""
        return f"num_parameters={self.num_parameters}"
