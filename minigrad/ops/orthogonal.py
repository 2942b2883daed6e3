"""Matrices taken apart along directions at right angles: QR, the eigenvectors of symmetric ones, the pseudo-inverse.

As in `singular.py` one op gives all that LAPACK finds as one array, and a function cuts it up.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minigrad.autograd.errors import ArgumentError, ShapeError
from minigrad.autograd.op import Rule
from minigrad.autograd.primitive import primitive
from minigrad.ops.arranging import tril
from minigrad.ops.decompositions import solve_triangular
from minigrad.ops.elementwise import check_floats
from minigrad.ops.joining import cat
from minigrad.ops.linalg import matmul
from minigrad.ops.shaping import transpose
from minigrad.ops.singular import inverse_or_0


def _t(x: Any) -> Any:
    return transpose(x, -1, -2)


def _check_matrices(function: str, A: Any, square: bool = False) -> None:
    if A.ndim < 2 or (square and A.shape[-1] != A.shape[-2]):
        raise ShapeError(f"{function}: A of shape {A.shape} must be {'square' if square else 'matrices'}")
    check_floats(function, A=A)


def _computed(A: Any, compute: Callable[[Any], Any]) -> Any:
    """What LAPACK finds, which knows no half precision."""
    return compute(A.astype(np.float32) if A.dtype == np.float16 else A).astype(A.dtype, copy=False)


# --- QR


@primitive(Rule("(gQ + Q · sym(R · gRᵀ - gQᵀ · Q)) · R⁻ᵀ", lambda g, y, A: _qr_slope(g, y, A)), name="qr")
def _qr(A: Any) -> Any:
    """Q, and below it R, of matrices that are no wider than high."""
    return _computed(A, lambda A: np.concatenate(np.linalg.qr(A), -2))


def _qr_slope(g: Any, y: Any, A: Any) -> Any:
    """Walter and Lehmann, "Algorithmic differentiation of linear algebra functions", 2018, section 3.3."""
    rows = A.shape[-2]
    (g_q, g_r), (q, r) = ((x[..., :rows, :], x[..., rows:, :]) for x in (g, y))
    lower = tril(matmul(r, _t(g_r)) - matmul(_t(g_q), q))
    mirrored = lower + _t(tril(lower, -1))
    return _t(solve_triangular(r, _t(g_q + matmul(q, mirrored)), upper=True))


class QR(NamedTuple):
    """What `qr` gives."""

    Q: Any
    R: Any


def qr(A: Any, mode: str = "reduced") -> QR:
    """A = Q · R: the columns of Q are orthogonal and of length 1, and R is an upper triangle.

    Arguments:
        A: float matrices, of shape (..., m, n).
        mode: "reduced"; "complete", which differs for matrices that are higher than wide, and is refused for them.

    Returns:
        Q of shape (..., m, k) and R of shape (..., k, n); k is the lesser of m and n.

    >>> import minigrad
    >>> q, r = minigrad.linalg.qr(minigrad.tensor([[3.0, 1.0], [4.0, 2.0]]))
    >>> (q @ r).round(decimals=4)
    tensor([[3., 1.],
            [4., 2.]])
    """
    _check_matrices("qr", A)
    rows, columns = A.shape[-2:]
    if mode not in ("reduced", "complete") or (mode == "complete" and rows > columns):
        raise ArgumentError(f"qr: mode = {mode!r} for A of shape {A.shape}; 'reduced' gives all that has a derivative")
    packed = _qr(A[..., :rows] if columns > rows else A)
    q, r = packed[..., :rows, :].contiguous(), packed[..., rows:, :].contiguous()
    return QR(q, cat([r, matmul(_t(q), A[..., rows:])], -1) if columns > rows else r)


# --- eigenvectors


@primitive(Rule("V · (F ∘ Vᵀ · gV + gL) · Vᵀ", lambda g, y, _A: _eigh_slope(g, y)), name="eigh")
def _eigh(A: Any) -> Any:
    """The eigenvalues as a row, and below it the eigenvectors as columns; of the lower triangle."""

    def compute(A: Any) -> Any:
        values, vectors = np.linalg.eigh(A)
        return np.concatenate([values[..., None, :], vectors], -2)

    return _computed(A, compute)


def _eigh_slope(g: Any, y: Any) -> Any:
    """Giles, "An extended collection of matrix derivative results", 2008, section 3.1; F is 1 / (l_j - l_i).

    Where two eigenvalues are equal, V has no derivative, and 0 is taken; L has.
    """
    (g_l, g_v), (values, v) = ((x[..., 0, :], x[..., 1:, :]) for x in (g, y))
    f = inverse_or_0(values[..., None, :] - values[..., :, None])
    inner = f * matmul(_t(v), g_v) + g_l[..., None, :] * np.eye(v.shape[-1], dtype=v.dtype)
    return matmul(matmul(v, inner), _t(v))


class Eigh(NamedTuple):
    """What `eigh` gives."""

    eigenvalues: Any
    eigenvectors: Any


def eigh(A: Any, UPLO: str = "L") -> Eigh:
    """A = V · L · Vᵀ for symmetric matrices: the columns of V are orthogonal and of length 1, and L is a diagonal.

    Arguments:
        A: symmetric float matrices, of shape (..., n, n).
        UPLO: which triangle is read, the lower, "L", or the upper, "U".

    Returns:
        The eigenvalues of shape (..., n), rising, and the eigenvectors, the columns of V, of shape (..., n, n).

    >>> import minigrad
    >>> minigrad.linalg.eigh(minigrad.tensor([[2.0, 1.0], [1.0, 2.0]])).eigenvalues
    tensor([1., 3.])
    """
    _check_matrices("eigh", A, square=True)
    if UPLO not in ("L", "U"):
        raise ArgumentError(f"eigh: UPLO = {UPLO!r} must be 'L' or 'U'")
    packed = _eigh(A if UPLO == "L" else _t(A))
    return Eigh(packed[..., 0, :].contiguous(), packed[..., 1:, :].contiguous())


def eigvalsh(A: Any, UPLO: str = "L") -> Any:
    """The eigenvalues of symmetric matrices, rising: see `eigh`.

    >>> import minigrad
    >>> minigrad.linalg.eigvalsh(minigrad.tensor([[2.0, 1.0], [1.0, 2.0]]))
    tensor([1., 3.])
    """
    return eigh(A, UPLO).eigenvalues


# --- the pseudo-inverse


@primitive(
    Rule(
        "-Pᵀ · g · Pᵀ + (1 - A · P) · gᵀ · P · Pᵀ + Pᵀ · P · gᵀ · (1 - P · A)",
        lambda g, y, A, atol, rtol: _pinv_slope(g, y, A),
    ),
    name="pinv",
)
def _pinv(A: Any, atol: float, rtol: float) -> Any:

    def compute(A: Any) -> Any:
        u, s, vt = np.linalg.svd(A, full_matrices=False)
        kept = s > np.maximum(atol, rtol * s.max(-1, keepdims=True, initial=0))
        inverse = np.divide(1, s, out=np.zeros_like(s), where=kept)
        return np.swapaxes(u * inverse[..., None, :] @ vt, -1, -2).copy()

    return _computed(A, compute)


def _pinv_slope(g: Any, y: Any, A: Any) -> Any:
    """Golub and Pereyra, "The differentiation of pseudo-inverses", 1973, equation 4.12."""
    p, gt = y, _t(g)
    rows, columns = (np.eye(n, dtype=A.dtype) for n in A.shape[-2:])
    beyond = matmul(matmul(rows - matmul(A, p), gt), matmul(p, _t(p)))
    before = matmul(matmul(_t(p), p), matmul(gt, columns - matmul(p, A)))
    return beyond + before - matmul(matmul(_t(p), g), _t(p))


def pinv(A: Any, *, atol: float | None = None, rtol: float | None = None) -> Any:
    """The pseudo-inverse: of all X for which A · X comes nearest to 1, the smallest.

    Arguments:
        A: float matrices, of shape (..., m, n).
        atol, rtol: singular values up to `atol`, or to `rtol` times the largest, count as 0. By default `atol` is 0
            and `rtol` the larger of m and n times the distance from 1 to the next number, or 0 where `atol` is given.

    Returns:
        Matrices of shape (..., n, m).

    >>> import minigrad
    >>> minigrad.linalg.pinv(minigrad.tensor([[2.0, 0.0], [0.0, 4.0], [0.0, 0.0]]))
    tensor([[0.5000, 0.0000, 0.0000],
            [0.0000, 0.2500, 0.0000]])
    """
    _check_matrices("pinv", A)
    if rtol is None:
        rtol = 0.0 if atol else max(A.shape[-2:]) * float(np.finfo(A.dtype).eps)
    return _pinv(A, atol=atol or 0.0, rtol=rtol)
