"""Systems of linear equations: inverse, solution, determinant, Cholesky's factor. NumPy's LAPACK does the work.

Every function takes batches: the matrices lie in the last two dimensions.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minigrad.autograd.errors import DtypeError, ShapeError
from minigrad.autograd.op import Rule, no_gradient
from minigrad.autograd.primitive import primitive
from minigrad.ops.arranging import tril, triu
from minigrad.ops.elementwise import mul
from minigrad.ops.linalg import matmul
from minigrad.ops.shaping import contiguous, transpose, unsqueeze


def _lapack(function: str, compute: Callable[..., Any], *matrices: np.ndarray) -> Any:
    """What LAPACK finds; it knows no half precision, and its complaints name no function of ours."""
    a = matrices[0]
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise ShapeError(f"{function}: A of shape {a.shape} must be square in its last two dimensions")
    if a.dtype.kind != "f":
        raise DtypeError(f"{function}: A is {a.dtype}; convert it with .float() first")
    half = a.dtype == np.float16
    try:
        y = compute(*(x.astype(np.float32) if half else x for x in matrices))
    except np.linalg.LinAlgError as error:
        raise ShapeError(f"{function}: A of shape {a.shape}: {error}") from None
    return y.astype(a.dtype) if half else y


@primitive(Rule("-yᵀ · g · yᵀ", lambda g, y, _A: -matmul(matmul(_t(y), g), _t(y))), name="inv")
def inv(A: Any) -> Any:
    """The inverse of each matrix.

    Arguments:
        A: a float tensor of shape (..., n, n).

    Raises:
        ShapeError: for a matrix that is not square, or has no inverse.

    >>> import minigrad
    >>> minigrad.linalg.inv(minigrad.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    return _lapack("inv", np.linalg.inv, A)


inverse = inv  # its name outside of `minigrad.linalg`


def _t(x: Any) -> Any:
    return transpose(x, -1, -2)


@primitive(
    Rule("-A⁻ᵀ · g · yᵀ", lambda g, y, A, _B: -matmul(_solve(_t(A), g), _t(y))),
    Rule("A⁻ᵀ · g", lambda g, _y, A, _B: _solve(_t(A), g)),
    name="solve",
)
def _solve(A: Any, B: Any) -> Any:
    return _lapack("solve", np.linalg.solve, A, B)


def solve(A: Any, B: Any, *, left: bool = True) -> Any:
    """The solution X of A · X = B.

    Arguments:
        A: a float tensor of shape (..., n, n).
        B: a tensor of shape (..., n, k), or (..., n) for a single right-hand side.
        left: False: of X · A = B.

    Raises:
        ShapeError: for a matrix that is not square, or has no inverse.

    >>> import minigrad
    >>> minigrad.linalg.solve(minigrad.tensor([[2.0, 0.0], [0.0, 4.0]]), minigrad.tensor([2.0, 2.0]))
    tensor([1.0000, 0.5000])
    """
    if B.dtype != A.dtype:
        raise DtypeError(f"solve: A is {A.dtype} and B is {B.dtype}; convert them to one type with .to()")
    vector = B.ndim == 1 or (B.ndim == A.ndim - 1 and B.shape == A.shape[:-1])
    if not left:
        return contiguous(_t(_solve(_t(A), _t(B))))
    return _solve(A, unsqueeze(B, -1)).squeeze(-1) if vector else _solve(A, B)


def solve_triangular(A: Any, B: Any, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Any:
    """As `solve`, with only one triangle of A taken for the matrix. (NumPy has no faster way for it.)

    Arguments:
        A: a float tensor of shape (..., n, n).
        B: a tensor of shape (..., n, k).
        upper: whether the upper triangle is taken, or the lower.
        left: False: X of X · A = B is sought.
        unitriangular: take the diagonal of A for ones.

    >>> import minigrad
    >>> A = minigrad.tensor([[2.0, 9.0], [2.0, 4.0]])
    >>> minigrad.linalg.solve_triangular(A, minigrad.tensor([[2.0], [6.0]]), upper=False)
    tensor([[1.],
            [1.]])
    """
    part = triu(A, int(unitriangular)) if upper else tril(A, -int(unitriangular))
    return solve(part + np.eye(A.shape[-1], dtype=A.dtype) if unitriangular else part, B, left=left)


class TriangularSolve(NamedTuple):
    """What `triangular_solve` gives."""

    solution: Any
    cloned_coefficient: Any


def triangular_solve(
    b: Any, A: Any, upper: bool = True, transpose: bool = False, unitriangular: bool = False
) -> TriangularSolve:
    """`linalg.solve_triangular` under its early name, with its arguments the other way round.

    Arguments:
        b: a tensor of shape (..., n, k).
        A: a float tensor of shape (..., n, n).
        upper: whether the upper triangle is taken, or the lower.
        transpose: solve Aᵀ · X = b.
        unitriangular: take the diagonal of A for ones.

    Returns:
        The solution, and A.

    >>> import minigrad
    >>> A = minigrad.tensor([[2.0, 1.0], [0.0, 4.0]])
    >>> minigrad.triangular_solve(minigrad.tensor([[3.0], [4.0]]), A).solution
    tensor([[1.],
            [1.]])
    """
    part = _t(A) if transpose else A
    return TriangularSolve(solve_triangular(part, b, upper=upper != transpose, unitriangular=unitriangular), A)


@primitive(Rule("g · y · A⁻ᵀ", lambda g, y, A: mul((g * y)[..., None, None], _t(inv(A)))), name="det")
def det(A: Any) -> Any:
    """The determinant of each matrix. (Its derivative is by the inverse, so a singular matrix has none here.)

    >>> import minigrad
    >>> minigrad.linalg.det(minigrad.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor(8.)
    """
    return _lapack("det", np.linalg.det, A)


class SignAndLogarithm(NamedTuple):
    """What `slogdet` gives: the determinant's sign, and the logarithm of its absolute value."""

    sign: Any
    logabsdet: Any


@primitive(Rule("g · A⁻ᵀ", lambda g, _y, A: mul(g[..., None, None], _t(inv(A)))), name="slogdet")
def _logabsdet(A: Any) -> Any:
    return _lapack("slogdet", lambda A: np.linalg.slogdet(A)[1], A)


@primitive(no_gradient)
def _sign_of_det(A: Any) -> Any:
    return _lapack("slogdet", lambda A: np.linalg.slogdet(A)[0], A)


def slogdet(A: Any) -> SignAndLogarithm:
    """The determinant's sign and the logarithm of its absolute value, which does not overflow.

    >>> import minigrad
    >>> minigrad.linalg.slogdet(minigrad.tensor([[2.0, 0.0], [0.0, -4.0]]))
    SignAndLogarithm(sign=tensor(-1.), logabsdet=tensor(2.0794))
    """
    return SignAndLogarithm(_sign_of_det(A), _logabsdet(A))


def logdet(input: Any) -> Any:
    """The logarithm of the determinant; NaN where it is negative.

    >>> import minigrad
    >>> minigrad.logdet(minigrad.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor(2.0794)
    """
    sign, logarithm = slogdet(input)
    return logarithm.masked_fill(sign.array < 0, float("nan"))


@primitive(
    Rule("half of L⁻ᵀ · Φ(Lᵀ · g) · L⁻¹ and its transpose", lambda g, y, _A: _symmetric(_cholesky_slope(g, y))),
    name="cholesky",
)
def _cholesky(A: Any) -> Any:
    return _lapack("cholesky", np.linalg.cholesky, A)


def _cholesky_slope(g: Any, y: Any) -> Any:
    """Iain Murray, "Differentiation of the Cholesky decomposition", 2016; Φ halves the diagonal of a lower triangle."""
    lower = matmul(_t(y), g)
    phi = tril(lower, 0) - mul(lower, 0.5 * np.eye(lower.shape[-1], dtype=lower.dtype))
    return _solve(_t(y), _t(_solve(_t(y), _t(phi))))


def _symmetric(x: Any) -> Any:
    return (x + _t(x)) * 0.5


def cholesky(A: Any, *, upper: bool = False) -> Any:
    """The lower triangle L with L · Lᵀ = A.

    Arguments:
        A: symmetric, positive-definite matrices, of which the lower triangle is read.
        upper: give Lᵀ.

    Raises:
        ShapeError: for a matrix that is not positive-definite.

    >>> import minigrad
    >>> minigrad.linalg.cholesky(minigrad.tensor([[4.0, 2.0], [2.0, 5.0]]))
    tensor([[2., 0.],
            [1., 2.]])
    """
    y = _cholesky(A)
    return _t(y) if upper else y


def matrix_power(A: Any, n: int) -> Any:
    """A · A · … · A, `n` times; of the inverse for negative `n`.

    >>> import minigrad
    >>> minigrad.linalg.matrix_power(minigrad.tensor([[1.0, 1.0], [0.0, 1.0]]), 5)
    tensor([[1., 5.],
            [0., 1.]])
    """
    if A.ndim < 2 or A.shape[-1] != A.shape[-2]:
        raise ShapeError(f"matrix_power: A of shape {A.shape} must be square in its last two dimensions")
    if n < 0:
        A, n = inv(A), -n
    result = A * A.new_zeros(()) + np.eye(A.shape[-1], dtype=A.dtype) if n == 0 else None
    while n:  # squares of squares: log n products
        if n % 2:
            result = A if result is None else matmul(result, A)
        n //= 2
        if n:
            A = matmul(A, A)
    return result
