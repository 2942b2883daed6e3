"""Products under PyTorch's many names, each composed of `matmul`: of vectors, matrices, batches, and with a sum."""

import math
from typing import Any

from minigrad.autograd.errors import DtypeError, ShapeError
from minigrad.autograd.op import numpy_names
from minigrad.dtypes import result_type
from minigrad.ops.arithmetic import as_factor
from minigrad.ops.arranging import diagonal, roll
from minigrad.ops.linalg import matmul, types_differ
from minigrad.ops.shaping import broadcast_tensors, broadcast_to, check_dim, permute, reshape, unsqueeze


def _check_dims(function: str, *dims: int, **tensors: Any) -> None:
    """Refuse tensors that have not as many dimensions as the name of the product says."""
    for (name, x), ndim in zip(tensors.items(), dims, strict=True):
        if x.ndim != ndim:
            kind = ("a number", "a vector", "a matrix", "a batch of matrices, of 3 dimensions")[ndim]
            raise ShapeError(f"{function}: {name} of shape {x.shape} must be {kind}; matmul() takes others")


def mm(input: Any, mat2: Any) -> Any:
    """The product of two matrices: `matmul` that does not broadcast.

    >>> import minigrad
    >>> minigrad.mm(minigrad.tensor([[1.0, 2.0]]), minigrad.tensor([[3.0], [4.0]]))
    tensor([[11.]])
    """
    _check_dims("mm", 2, 2, input=input, mat2=mat2)
    return matmul(input, mat2)


def bmm(input: Any, mat2: Any) -> Any:
    """The products of two batches of matrices, of shapes (B, n, k) and (B, k, m)."""
    _check_dims("bmm", 3, 3, input=input, mat2=mat2)
    if len(input) != len(mat2):
        raise ShapeError(f"bmm: input of shape {input.shape} and mat2 of shape {mat2.shape} must be equally long")
    return matmul(input, mat2)


def mv(input: Any, vec: Any) -> Any:
    """The product of a matrix and a vector."""
    _check_dims("mv", 2, 1, input=input, vec=vec)
    return matmul(input, vec)


def dot(input: Any, tensor: Any) -> Any:
    """The product of two vectors: the sum of the products of their elements.

    >>> import minigrad
    >>> minigrad.dot(minigrad.tensor([1.0, 2.0]), minigrad.tensor([3.0, 4.0]))
    tensor(11.)
    """
    _check_dims("dot", 1, 1, input=input, tensor=tensor)
    return matmul(input, tensor)


def outer(input: Any, vec2: Any) -> Any:
    """The products of each element of one vector with each of another, of shape (n, m).

    >>> import minigrad
    >>> minigrad.outer(minigrad.tensor([1, 2]), minigrad.tensor([3, 4]))
    tensor([[3, 4],
            [6, 8]])
    """
    _check_dims("outer", 1, 1, input=input, vec2=vec2)
    return unsqueeze(input, 1) * vec2


def inner(input: Any, other: Any) -> Any:
    """The products of the vectors along the last dimensions, each of `input` with each of `other`.

    >>> import minigrad
    >>> minigrad.inner(minigrad.ones(2, 3), minigrad.ones(4, 3)).shape
    (2, 4)
    """
    if input.ndim == 0 or other.ndim == 0:
        return input * other
    return tensordot(input, other, ([-1], [-1]))


def tensordot(a: Any, b: Any, dims: Any = 2) -> Any:
    """The product summed over some dimensions of both.

    Arguments:
        a, b: tensors.
        dims: how many, the last of `a` with the first of `b`; or two lists, the dimensions of each.

    Returns:
        A tensor of the other dimensions of `a`, then those of `b`.

    >>> import minigrad
    >>> minigrad.tensordot(minigrad.ones(2, 3, 4), minigrad.ones(4, 3, 5), dims=([1, 2], [1, 0])).shape
    (2, 5)
    """
    if isinstance(dims, int):
        if not 0 <= dims <= min(a.ndim, b.ndim):
            raise ShapeError(f"tensordot: dims = {dims} must lie between 0 and {min(a.ndim, b.ndim)}")
        dims = (range(a.ndim - dims, a.ndim), range(dims))
    of_a, of_b = ([check_dim(d, x.ndim, "tensordot") for d in ds] for x, ds in zip((a, b), dims, strict=True))
    if len(set(of_a)) < len(of_a) or len(set(of_b)) < len(of_b):
        raise ShapeError(f"tensordot: dims = {dims} names a dimension twice")
    if [a.shape[d] for d in of_a] != [b.shape[d] for d in of_b]:
        raise ShapeError(
            f"tensordot: the dimensions {of_a} of a, of shape {a.shape}, and {of_b} of b, of shape {b.shape}, "
            "must be equally long"
        )
    rest_a, rest_b = ([d for d in range(x.ndim) if d not in ds] for x, ds in ((a, of_a), (b, of_b)))
    length = math.prod(a.shape[d] for d in of_a)
    shape_a, shape_b = tuple(a.shape[d] for d in rest_a), tuple(b.shape[d] for d in rest_b)
    left = reshape(permute(a, rest_a + of_a), (math.prod(shape_a), length))
    right = reshape(permute(b, of_b + rest_b), (length, math.prod(shape_b)))
    return reshape(matmul(left, right), shape_a + shape_b)


def _plus(function: str, input: Any, product: Any, beta: Any, alpha: Any, cut: bool = True) -> Any:
    """beta · input + alpha · product; `input` is ignored, NaN and all, when beta is 0."""
    try:
        input = broadcast_to(input, product.shape)
    except ShapeError:
        raise ShapeError(
            f"{function}: input of shape {input.shape} does not broadcast to the product, of shape {product.shape}"
        ) from None
    if cut and input.dtype != product.dtype:  # as matrix products do, which take one type
        raise types_differ(function, input=input, product=product)
    dtype = result_type(input.array, product.array)
    alpha, beta = (as_factor(function, name, n, dtype, cut) for name, n in (("alpha", alpha), ("beta", beta)))
    product = product if alpha == 1 else product * alpha
    if beta == 0:
        return product
    return (input if beta == 1 else input * beta) + product


def addmm(input: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """beta · input + alpha · (mat1 · mat2), for matrices.

    >>> import minigrad
    >>> minigrad.addmm(minigrad.ones(2), minigrad.ones(1, 3), minigrad.ones(3, 2), beta=10)
    tensor([[13., 13.]])
    """
    return _plus("addmm", input, mm(mat1, mat2), beta, alpha)


def addmv(input: Any, mat: Any, vec: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """beta · input + alpha · (mat · vec), for a matrix and a vector."""
    return _plus("addmv", input, mv(mat, vec), beta, alpha)


def addr(input: Any, vec1: Any, vec2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """beta · input + alpha · outer(vec1, vec2)."""
    return _plus("addr", input, outer(vec1, vec2), beta, alpha, cut=False)


def baddbmm(input: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """beta · input + alpha · (batch1 · batch2), for batches of matrices."""
    return _plus("baddbmm", input, bmm(batch1, batch2), beta, alpha)


def addbmm(input: Any, batch1: Any, batch2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """beta · input + alpha · the sum over the batch of batch1 · batch2."""
    return _plus("addbmm", input, bmm(batch1, batch2).sum(0, dtype=batch1.dtype), beta, alpha)


def kron(input: Any, other: Any) -> Any:
    """Kronecker's product: each element of `input` times the whole of `other`, in its place.

    >>> import minigrad
    >>> minigrad.kron(minigrad.tensor([1, 10]), minigrad.tensor([1, 2, 3]))
    tensor([ 1,  2,  3, 10, 20, 30])
    """
    ndim = max(input.ndim, other.ndim)
    a, b = ((1,) * (ndim - x.ndim) + x.shape for x in (input, other))
    apart = reshape(input, tuple(n for length in a for n in (length, 1)))
    product = apart * reshape(other, tuple(n for length in b for n in (1, length)))
    return reshape(product, tuple(n * m for n, m in zip(a, b, strict=True)))


def trace(input: Any) -> Any:
    """The sum of the diagonal of a matrix.

    >>> import minigrad
    >>> minigrad.trace(minigrad.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor(5.)
    """
    _check_dims("trace", 2, input=input)
    if input.dtype.kind == "b":
        raise DtypeError("trace: input is bool; convert it with .long() first")
    return diagonal(input).sum()


@numpy_names
def cross(input: Any, other: Any, dim: int | None = None) -> Any:
    """The cross product of vectors with three elements.

    Arguments:
        input, other: tensors that broadcast against each other.
        dim: the dimension along which the vectors lie; None: the first of length 3 (in `minigrad.linalg`: the last).

    >>> import minigrad
    >>> minigrad.cross(minigrad.tensor([1.0, 0.0, 0.0]), minigrad.tensor([0.0, 1.0, 0.0]))
    tensor([0., 0., 1.])
    """
    if input.ndim != other.ndim:
        raise ShapeError(f"cross: input of shape {input.shape} and other of {other.shape} must have as many dimensions")
    if dim is None:
        dim = next((d for d, n in enumerate(input.shape) if n == 3), -1)
    dim = check_dim(dim, input.ndim, "cross")
    if input.shape[dim] != 3 or other.shape[dim] != 3:
        raise ShapeError(
            f"cross: dim {dim} of input of shape {input.shape} and other of shape {other.shape} must have length 3"
        )
    a, b = broadcast_tensors(input, other)
    return roll(a, -1, dim) * roll(b, -2, dim) - roll(a, -2, dim) * roll(b, -1, dim)


def multi_dot(tensors: Any) -> Any:
    """The product of several matrices, in the order that costs least; the first and the last may be vectors.

    Cormen et al., "Introduction to Algorithms", "Matrix-chain multiplication": of all places where the last product
    may be taken the one of least cost, found for ever longer stretches.

    >>> import minigrad
    >>> minigrad.linalg.multi_dot([minigrad.ones(1, 100), minigrad.ones(100, 100), minigrad.ones(100, 1)])
    tensor([[10000.]])
    """
    if len(tensors) < 2:
        raise ShapeError(f"multi_dot: {len(tensors)} tensors; there must be at least two")
    n = len(tensors)
    sizes = [tensors[0].shape[0] if tensors[0].ndim == 2 else 1, *(x.shape[-1] if x.ndim == 2 else 1 for x in tensors)]
    for i, x in enumerate(tensors[1:], 1):
        if x.shape[0] != tensors[i - 1].shape[-1]:
            raise ShapeError(
                f"multi_dot: tensors[{i - 1}] of shape {tensors[i - 1].shape} and tensors[{i}] of shape {x.shape} "
                "do not fit: the last dimension of the one must be the first of the other"
            )
    cheapest: dict[tuple[int, int], tuple[int, int]] = {(i, i): (0, i) for i in range(n)}
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            cheapest[i, j] = min(
                (cheapest[i, k][0] + cheapest[k + 1, j][0] + sizes[i] * sizes[k + 1] * sizes[j + 1], k)
                for k in range(i, j)
            )

    def product(i: int, j: int) -> Any:
        if i == j:
            return tensors[i]
        k = cheapest[i, j][1]
        return matmul(product(i, k), product(k + 1, j))

    return product(0, n - 1)


def chain_matmul(*matrices: Any) -> Any:
    """As `minigrad.linalg.multi_dot`, of matrices alone."""
    return multi_dot(matrices) if len(matrices) > 1 else matrices[0]
