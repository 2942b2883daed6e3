"""Singular values: every matrix is a rotation, a stretching along axes, and another rotation.

NumPy's LAPACK finds the three at once, so one op gives them as one array: below each other U, S as a row, and V.
"""

from typing import Any, NamedTuple

import numpy as np

from minigrad.autograd.errors import ArgumentError, ShapeError
from minigrad.autograd.op import Rule
from minigrad.autograd.primitive import primitive
from minigrad.ops.choosing import where
from minigrad.ops.linalg import matmul
from minigrad.ops.shaping import transpose


@primitive(
    Rule("U · (F ∘ skew(Uᵀ · gU) · S + S · F ∘ skew(Vᵀ · gV) + gS) · Vᵀ", lambda g, y, A: _slope(g, y, A)), name="svd"
)
def _svd(A: Any) -> Any:
    if A.ndim < 2 or A.dtype.kind != "f":
        raise ShapeError(f"svd: A of {A.dtype} and shape {A.shape} must be float matrices")
    half = A.dtype == np.float16
    u, s, vt = np.linalg.svd(A.astype(np.float32) if half else A, full_matrices=False)
    return np.concatenate([u, s[..., None, :], np.swapaxes(vt, -1, -2)], -2).astype(A.dtype, copy=False)


def _parts(packed: Any, rows: int) -> tuple[Any, Any, Any]:
    """U, S and V, or their gradients, of a matrix with so many rows."""
    return packed[..., :rows, :], packed[..., rows, :], packed[..., rows + 1 :, :]


def _slope(g: Any, y: Any, A: Any) -> Any:
    """James Townsend, "Differentiating the singular value decomposition", 2016; F is 1 / (s_j² - s_i²).

    Where two singular values are equal, U and V have no derivatives, and 0 is taken; S has.
    """
    rows, columns = A.shape[-2:]
    (g_u, g_s, g_v), (u, s, v) = _parts(g, rows), _parts(y, rows)
    across, down = s[..., None, :], s[..., :, None]
    f = inverse_or_0(across * across - down * down)
    turn_u, turn_v = matmul(_t(u), g_u), matmul(_t(v), g_v)
    inner = (turn_u - _t(turn_u)) * f * across + down * f * (turn_v - _t(turn_v))
    result = matmul(matmul(u, inner + g_s[..., None, :] * np.eye(s.shape[-1], dtype=s.dtype)), _t(v))
    if rows > columns:  # U may also turn out of the space that it spans
        result = result + matmul((g_u - matmul(u, turn_u)) * inverse_or_0(across), _t(v))
    if columns > rows:
        result = result + matmul(u * inverse_or_0(across), _t(g_v - matmul(v, turn_v)))
    return result


def _t(x: Any) -> Any:
    return transpose(x, -1, -2)


def inverse_or_0(x: Any) -> Any:
    """1 / x, and 0 where x is 0."""
    nothing = x == 0
    return where(nothing, 0.0, 1 / where(nothing, 1.0, x))


class SVD(NamedTuple):
    """What `svd` gives."""

    U: Any
    S: Any
    Vh: Any


def svd(A: Any, full_matrices: bool = True) -> SVD:
    """A = U · S · Vᵀ: the columns of U are orthogonal and of length 1, so are those of V, and S is a diagonal.

    Arguments:
        A: float matrices, of shape (..., m, n).
        full_matrices: False gives U and V without the columns that S makes nothing of. True is for square matrices
            alone, which have none.

    Returns:
        U of shape (..., m, k), S of shape (..., k), falling, and Vᵀ of shape (..., k, n); k is the lesser of m and n.

    >>> import minigrad
    >>> minigrad.linalg.svd(minigrad.tensor([[0.0, 2.0], [1.0, 0.0]])).S
    tensor([2., 1.])
    """
    if full_matrices and A.shape[-1] != A.shape[-2]:
        raise ArgumentError(f"svd: of A of shape {A.shape}, not square, full_matrices = False gives what matters")
    u, s, v = _parts(_svd(A), A.shape[-2])
    return SVD(u.contiguous(), s.contiguous(), _t(v).contiguous())


def svdvals(A: Any) -> Any:
    """The singular values of each matrix, from the largest down.

    >>> import minigrad
    >>> minigrad.linalg.svdvals(minigrad.tensor([[0.0, 2.0], [1.0, 0.0]]))
    tensor([2., 1.])
    """
    return _parts(_svd(A), A.shape[-2])[1].contiguous()
