"""Linear algebra: PyTorch's `torch.linalg`."""

from typing import Any

from minigrad.ops import products
from minigrad.ops.arranging import diagonal as _diagonal
from minigrad.ops.decompositions import cholesky, det, inv, matrix_power, slogdet, solve, solve_triangular
from minigrad.ops.linalg import matmul
from minigrad.ops.norms import linalg_norm as norm
from minigrad.ops.norms import matrix_norm, vector_norm
from minigrad.ops.orthogonal import eigh, eigvalsh, pinv, qr
from minigrad.ops.products import multi_dot
from minigrad.ops.singular import svd, svdvals


def cross(input: Any, other: Any, *, dim: int = -1) -> Any:
    """The cross product of vectors with three elements, along `dim`: as `minigrad.cross`."""
    return products.cross(input, other, dim)


def diagonal(A: Any, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """The diagonals of matrices: as `minigrad.diagonal`, but of the last two dimensions."""
    return _diagonal(A, offset, dim1, dim2)
