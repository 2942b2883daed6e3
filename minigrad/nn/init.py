"""How weights start. Each function fills a tensor in place and returns it; names and formulas are PyTorch's."""

import math
import warnings
from typing import Any

import numpy as np

from minigrad.autograd.modes import no_grad
from minigrad.generator import Generator, default_generator
from minigrad.hints import missing
from minigrad.tensor import Tensor, wrap


def _fill(tensor: Tensor, values: Any, function: str) -> Tensor:
    with no_grad():
        return tensor._become(wrap(np.asarray(values, tensor.dtype)), function)


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Numbers spread evenly from `a` to `b`."""
    return _fill(tensor, (generator or default_generator).numpy.uniform(a, b, tensor.shape), "uniform_")


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Numbers from the normal distribution."""
    return _fill(tensor, (generator or default_generator).numpy.normal(mean, std, tensor.shape), "normal_")


def constant_(tensor: Tensor, val: float) -> Tensor:
    """One number everywhere."""
    return _fill(tensor, np.full(tensor.shape, val), "constant_")


def zeros_(tensor: Tensor) -> Tensor:
    """Zeros."""
    return constant_(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """Ones."""
    return constant_(tensor, 1.0)


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By how much to scale weights so that signals keep their size through a non-linear function.

    Arguments:
        nonlinearity: "linear", "sigmoid", "tanh", "relu", "leaky_relu" or "selu", or the name of a convolution, such
            as "conv1d", which is linear.
        param: the negative slope of "leaky_relu", 0.01 by default.

    >>> calculate_gain("relu")
    1.4142135623730951
    """
    gains = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 3 / 4}
    if nonlinearity.startswith("conv"):
        nonlinearity = "linear"
    if nonlinearity == "leaky_relu":
        if not isinstance(param, int | float | None) or isinstance(param, bool):
            raise ValueError(f"calculate_gain: param = {param!r} must be a number, the negative slope of leaky_relu")
        return math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in gains:
        raise ValueError(f"calculate_gain: nonlinearity = {nonlinearity!r} is none of {', '.join(gains)}, leaky_relu")
    return gains[nonlinearity]


def _calculate_fan_in_and_fan_out(tensor: Tensor, function: str = "_calculate_fan_in_and_fan_out") -> tuple[int, int]:
    """How many inputs reach one output, and how many outputs one input reaches."""
    if tensor.ndim < 2:
        raise ValueError(f"{function}: a tensor of shape {tensor.shape} needs at least two dimensions")
    receptive_field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * receptive_field, tensor.shape[0] * receptive_field


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Even spread of variance 2 / (fan_in + fan_out) (Glorot and Bengio, 2010, equation 16)."""
    bound = gain * math.sqrt(6 / sum(_calculate_fan_in_and_fan_out(tensor, "xavier_uniform_")))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Normal distribution of variance 2 / (fan_in + fan_out) (Glorot and Bengio, 2010, equation 12)."""
    return normal_(
        tensor, 0.0, gain * math.sqrt(2 / sum(_calculate_fan_in_and_fan_out(tensor, "xavier_normal_"))), generator
    )


def _calculate_correct_fan(tensor: Tensor, mode: str, function: str = "_calculate_correct_fan") -> int:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"{function}: mode = {mode!r} is neither 'fan_in' nor 'fan_out'")
    return _calculate_fan_in_and_fan_out(tensor, function)[mode == "fan_out"]


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str, function: str) -> float:
    return calculate_gain(nonlinearity, a) / math.sqrt(_calculate_correct_fan(tensor, mode, function))


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Even spread of variance gain² / fan (He et al., 2015, equations 10 and 14)."""
    bound = math.sqrt(3) * _kaiming_std(tensor, a, mode, nonlinearity, "kaiming_uniform_")
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Normal distribution of variance gain² / fan (He et al., 2015, equations 10 and 14)."""
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity, "kaiming_normal_"), generator)


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """Numbers from the normal distribution; those outside of [a, b] are drawn again.

    Raises:
        ValueError: for bounds between which next to nothing lies.
    """
    if a >= b or b < mean - 5 * std or a > mean + 5 * std:
        raise ValueError(f"trunc_normal_: between a = {a} and b = {b} lies next to nothing of the distribution")
    random = (generator or default_generator).numpy
    values = random.normal(mean, std, tensor.shape)
    while (outside := (values < a) | (values > b)).any():
        values[outside] = random.normal(mean, std, int(outside.sum()))
    return _fill(tensor, values, "trunc_normal_")


def eye_(tensor: Tensor) -> Tensor:
    """The identity matrix."""
    if tensor.ndim != 2:
        raise ValueError(f"eye_: a tensor of shape {tensor.shape} is no matrix")
    return _fill(tensor, np.eye(tensor.shape[0], tensor.shape[1]), "eye_")


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Kernels of a convolution that passes its input on, as far as there are channels for it."""
    if tensor.ndim not in (3, 4, 5) or tensor.shape[0] % groups:
        raise ValueError(
            f"dirac_: a tensor of shape {tensor.shape} must have three to five dimensions, and groups = {groups} must "
            "divide the first"
        )
    values, each = np.zeros(tensor.shape), tensor.shape[0] // groups
    middle = tuple(n // 2 for n in tensor.shape[2:])
    for group in range(groups):
        for i in range(min(each, tensor.shape[1])):
            values[(group * each + i, i, *middle)] = 1
    return _fill(tensor, values, "dirac_")


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """Rows, or columns if there are fewer, at right angles and of length `gain` (Saxe et al., 2013).

    >>> import minigrad
    >>> w = orthogonal_(minigrad.empty(2, 3))
    >>> minigrad.allclose(w @ w.T, minigrad.eye(2), atol=1e-6)
    True
    """
    if tensor.ndim < 2:
        raise ValueError(f"orthogonal_: a tensor of shape {tensor.shape} needs at least two dimensions")
    rows, columns = tensor.shape[0], math.prod(tensor.shape[1:])
    drawn = (generator or default_generator).numpy.normal(size=(max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(drawn)
    q = q * np.sign(np.diag(r))  # else not all directions are equally likely
    return _fill(tensor, gain * (q if rows >= columns else q.T).reshape(tensor.shape), "orthogonal_")


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Generator | None = None) -> Tensor:
    """Normal distribution, and in each column a part `sparsity` of zeros (Martens, 2010)."""
    if tensor.ndim != 2:
        raise ValueError(f"sparse_: a tensor of shape {tensor.shape} is no matrix")
    random, (rows, columns) = (generator or default_generator).numpy, tensor.shape
    values = random.normal(0, std, tensor.shape)
    for column in range(columns):
        values[random.permutation(rows)[: math.ceil(sparsity * rows)], column] = 0
    return _fill(tensor, values, "sparse_")


def __getattr__(name: str) -> Any:
    """The names of older code, without the underscore."""
    if name.islower() and f"{name}_" in globals():
        warnings.warn(f"nn.init.{name} is deprecated; use nn.init.{name}_", FutureWarning, stacklevel=2)
        return globals()[f"{name}_"]
    raise missing("minigrad.nn.init", name, globals())
