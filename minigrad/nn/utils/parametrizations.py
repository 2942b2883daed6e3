"""Ways to compute weights from others, for `minigrad.nn.utils.parametrize`."""

from typing import Any

from minigrad.autograd.modes import no_grad
from minigrad.nn.functional import normalize
from minigrad.nn.module import Module
from minigrad.nn.utils.parametrize import register_parametrization
from minigrad.nn.utils.weight_norm import WeightNorm
from minigrad.ops.linalg import matmul
from minigrad.random import randn
from minigrad.tensor import Tensor


class _WeightNorm(Module):
    def __init__(self, dim: int):
        super().__init__()
        self.dim = dim

    def forward(self, g: Tensor, v: Tensor) -> Tensor:
        return v * (g / WeightNorm("weight", self.dim).length(v))

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        return WeightNorm("weight", self.dim).length(weight), weight


def weight_norm(module: Any, name: str = "weight", dim: int = 0) -> Any:
    """Let a module learn the length g and the direction v of a weight w = g · v / ‖v‖ (Salimans and Kingma, 2016).

    Arguments:
        module: the module; it is changed.
        name: the weight's name; what is learnt is `parametrizations.{name}.original0`, g, and `original1`, v.
        dim: the dimension along which each slice has a length of its own; -1 for one for all.

    >>> import minigrad
    >>> list(weight_norm(minigrad.nn.Linear(2, 3)).state_dict())
    ['bias', 'parametrizations.weight.original0', 'parametrizations.weight.original1']
    """
    return register_parametrization(module, name, _WeightNorm(dim), unsafe=True)


class _SpectralNorm(Module):
    _u: Tensor
    _v: Tensor

    def __init__(self, weight: Tensor, n_power_iterations: int, dim: int, eps: float):
        super().__init__()
        self.n_power_iterations = n_power_iterations
        self.dim = dim
        self.eps = eps
        if weight.ndim > 1:
            matrix = self.matrix(weight)
            self.register_buffer("_u", normalize(randn(matrix.shape[0], dtype=weight.dtype), dim=0, eps=eps))
            self.register_buffer("_v", normalize(randn(matrix.shape[1], dtype=weight.dtype), dim=0, eps=eps))
            self.iterate(matrix, 15)

    def matrix(self, weight: Tensor) -> Tensor:
        """The weight with `dim` as rows, and all other dimensions as columns."""
        return weight.movedim(self.dim, 0).flatten(1)

    @no_grad()
    def iterate(self, matrix: Tensor, times: int) -> None:
        """Bring the two vectors nearer to those of the largest singular value, by the power method."""
        for _ in range(times):
            self._u = normalize(matmul(matrix, self._v), dim=0, eps=self.eps)
            self._v = normalize(matmul(matrix.T, self._u), dim=0, eps=self.eps)

    def forward(self, weight: Tensor) -> Tensor:
        if weight.ndim == 1:
            return normalize(weight, dim=0, eps=self.eps)
        matrix = self.matrix(weight)
        if self.training:
            self.iterate(matrix.detach(), self.n_power_iterations)
        return weight / matmul(self._u, matmul(matrix, self._v))


def spectral_norm(
    module: Any, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Any:
    """Divide a weight by its largest singular value, as the power method knows it.

    Miyato et al., "Spectral Normalization for Generative Adversarial Networks", 2018, algorithm 1.

    Arguments:
        module: the module; it is changed.
        name: the weight's name; what is learnt is `parametrizations.{name}.original`.
        n_power_iterations: how many steps of the power method are made each time, while training.
        eps: keeps divisors away from 0.
        dim: which dimension of the weight are the rows of a matrix; by default 0.

    >>> import minigrad
    >>> layer = spectral_norm(minigrad.nn.Linear(5, 4))
    >>> for _ in range(100):
    ...     weight = layer.weight
    >>> (weight @ weight.T).det().item() <= 1
    True
    """
    weight = getattr(module, name)
    return register_parametrization(module, name, _SpectralNorm(weight.detach(), n_power_iterations, dim or 0, eps))
