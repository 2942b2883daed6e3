"""Cases of linear algebra: products under their many names, einsum, norms, inverse and its kin."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.ops.case import Case, case, normal


def einsum(equation: str, *shapes: tuple[int, ...]) -> Case:
    return case(
        f"einsum {equation} of {shapes}", lambda m, *x: m.einsum(equation, *x), *(normal(*shape) for shape in shapes)
    )


def spread(*shape: int) -> np.ndarray:
    """Matrices far from singular."""
    return normal(*shape) + 3 * np.eye(shape[-1])


def definite(m: Any, x: Any) -> Any:
    return x @ x.mT + 2 * m.eye(x.shape[-1], dtype=x.dtype)


ORDERS = [2, 1, 3, 2.5, 0, float("inf"), -float("inf"), -1]


def unsigned(u: Any, s: Any, v: Any) -> tuple[Any, ...]:
    """What does not depend on the signs of singular vectors, which nothing determines."""
    return u.square(), s, v.square(), (u * s[..., None, :]) @ v


def unsigned_columns(values: Any, vectors: Any) -> tuple[Any, ...]:
    """What does not depend on the signs of eigenvectors."""
    return values, vectors.square(), (vectors * values[..., None, :] * 2) @ vectors.mT


def regular(name: str, function: Callable[..., Any], *inputs: np.ndarray) -> Case:
    """A case that other values could make singular."""
    return case(name, function, *inputs, values="these")


CASES: list[Case] = [
    case("multi_dot", lambda m, *x: m.linalg.multi_dot(x), normal(2, 5), normal(5, 1), normal(1, 4), normal(4, 3)),
    case("multi_dot, vectors", lambda m, *x: m.linalg.multi_dot(x), normal(2), normal(2, 3), normal(3)),
    case("multi_dot, two", lambda m, *x: m.linalg.multi_dot(x), normal(2, 3), normal(3, 1)),
    # products
    case("mm", lambda m, x, y: (m.mm(x, y), x.mm(y)), normal(2, 3), normal(3, 2)),
    case("bmm", lambda m, x, y: m.bmm(x, y), normal(2, 3, 2), normal(2, 2, 1)),
    case("mv and dot", lambda m, x, y: (m.mv(x, y), m.dot(y, x[0])), normal(2, 3), normal(3)),
    case("outer", lambda m, x, y: m.outer(x, y), normal(2), normal(3)),
    case("inner", lambda m, x, y: (m.inner(x, y), m.inner(x[0], y[0])), normal(2, 3), normal(4, 3)),
    case("inner, a number", lambda m, x, y: m.inner(x, y), normal(2, 3), normal()),
    case("addmm", lambda m, b, x, y: m.addmm(b, x, y, beta=0.5, alpha=2), normal(2), normal(3, 2), normal(2, 2)),
    case("addmm, without", lambda m, b, x, y: b.addmm(x, y, beta=0) + b * b, normal(3, 2), normal(3, 2), normal(2, 2)),
    case("addmv", lambda m, b, x, y: m.addmv(b, x, y), normal(), normal(3, 2), normal(2)),
    case("addr", lambda m, b, x, y: m.addr(b, x, y, alpha=-1), normal(2), normal(3), normal(2)),
    case("baddbmm", lambda m, b, x, y: m.baddbmm(b, x, y), normal(3, 1), normal(2, 3, 2), normal(2, 2, 2)),
    case("addbmm", lambda m, b, x, y: b.addbmm(x, y), normal(3, 2), normal(2, 3, 2), normal(2, 2, 2)),
    *[
        case(f"tensordot {dims}", lambda m, x, y, dims=dims: m.tensordot(x, y, dims), normal(*a), normal(*b))
        for dims, a, b in [
            (1, (2, 3), (3, 2)),
            (0, (2,), (3,)),
            (2, (2, 3, 4), (3, 4)),
            (([0, -1], [2, 0]), (2, 3, 4), (4, 2, 2)),
        ]
    ],
    case("kron", lambda m, x, y: (m.kron(x, y), m.kron(x, y[0]), m.kron(y[1], x)), normal(2, 3), normal(2, 2)),
    case("trace", lambda m, x: m.trace(x), normal(2, 3)),
    case("cross", lambda m, x, y: m.linalg.cross(x, y), normal(2, 3), normal(1, 3)),
    case("cross, dim", lambda m, x, y: m.cross(x, y, 0), normal(3, 2), normal(3, 2)),
    case(
        "bilinear",
        lambda m, x, y, w, b: m.nn.functional.bilinear(x, y, w, b),
        normal(2, 3),
        normal(2, 2),
        normal(4, 3, 2),
        normal(4),
    ),
    case("bilinear, many", lambda m, x, w: m.nn.functional.bilinear(x, x, w), normal(2, 2, 3), normal(1, 3, 3)),
    # einsum
    einsum("ij,jk->ik", (2, 3), (3, 2)),
    einsum("bik,bkj->bij", (2, 3, 2), (2, 2, 3)),
    einsum("ij,ij->", (2, 3), (2, 3)),
    einsum("ij,jk", (2, 3), (3, 2)),
    einsum("ba", (2, 3)),
    einsum("ij->ji", (2, 3)),
    einsum("ii", (3, 3)),
    einsum("ii->i", (3, 3)),
    einsum("iji->j", (2, 3, 2)),
    einsum("iii->i", (2, 2, 2)),
    einsum("i,j", (2,), (3,)),
    einsum("i->", (3,)),
    einsum(",i->i", (), (3,)),
    einsum("...ij,...jk->...ik", (2, 1, 2, 3), (3, 3, 2)),
    einsum("...ij->...ji", (2, 3, 4)),
    einsum("b...h,h->b...", (2, 3, 4), (4,)),
    einsum("...i,...i", (2, 3), (3,)),
    einsum("i...->...", (2, 3)),
    einsum("bhqd,bhkd->bhqk", (2, 2, 3, 4), (2, 2, 2, 4)),
    einsum("ij,jk,kl->il", (2, 3), (3, 2), (2, 4)),
    einsum("bn,anm,bm->ba", (2, 3), (4, 3, 2), (2, 2)),
    einsum("ij,j->ij", (2, 1), (3,)),
    einsum("ij,kj->ik", (2, 3), (2, 1)),
    einsum(" a b , b -> a ", (2, 3), (3,)),
    einsum("ij,jk->ik", (2, 0), (0, 2)),
    case("einsum, lists", lambda m, x, y: m.einsum(x, [0, 1], y, [1, 30], [30, 0]), normal(2, 3), normal(3, 2)),
    case("einsum, dots in lists", lambda m, x: m.einsum(x, [..., 0, 1], [..., 1, 0]), normal(2, 3, 2)),
    # norms
    *[
        case(
            f"vector_norm {p}",
            lambda m, x, p=p: (
                m.linalg.vector_norm(x, p),
                m.linalg.vector_norm(x, p, dim=1, keepdim=True),
                m.linalg.vector_norm(x, p, dim=(0, -1)),
            ),
            normal(2, 3),
        )
        for p in ORDERS
    ],
    case("vector_norm, at 0", lambda m, x: (m.norm(x), x.norm(3)), np.zeros(3), smooth=False, torch_orders=1),
    case("norm", lambda m, x: (m.norm(x), x.norm(1), x.norm(dim=0), x.norm(3, 1, True), x.norm("fro")), normal(2, 3)),
    case("norm, a number", lambda m, x: x.norm(), normal()),
    case("norm, dtype", lambda m, x: m.linalg.vector_norm(x, dtype=m.float64).to(x.dtype), normal(3)),
    *[
        case(
            f"matrix_norm {p}",
            lambda m, x, p=p: (m.linalg.matrix_norm(x, p), m.linalg.matrix_norm(x, p, (2, 0), keepdim=True)),
            normal(2, 3, 4),
        )
        for p in ("fro", 1, -1, float("inf"), -float("inf"))
    ],
    case(
        "linalg.norm",
        lambda m, x: (m.linalg.norm(x), m.linalg.norm(x, 1), m.linalg.norm(x, 3, 0), m.linalg.norm(x, dim=(0, 1))),
        normal(2, 3),
    ),
    # decompositions
    regular("inv", lambda m, x: (m.linalg.inv(x), m.inverse(x[0])), spread(2, 3, 3)),
    regular("solve", lambda m, a, b: m.linalg.solve(a, b), spread(2, 3, 3), normal(2, 3, 2)),
    regular("solve, a vector", lambda m, a, b: m.linalg.solve(a, b), spread(3, 3), normal(3)),
    regular("solve, vectors", lambda m, a, b: m.linalg.solve(a, b), spread(2, 3, 3), normal(2, 3)),
    regular("solve, broadcast", lambda m, a, b: m.linalg.solve(a, b), spread(3, 3), normal(2, 3, 1)),
    regular("solve, from the right", lambda m, a, b: m.linalg.solve(a, b, left=False), spread(3, 3), normal(2, 3)),
    regular("det", lambda m, x: (m.linalg.det(x), x[0].det()), spread(2, 3, 3)),
    regular(
        "solve_triangular",
        lambda m, x, y: (
            m.linalg.solve_triangular(x, y, upper=False)
            + m.linalg.solve_triangular(x, y, upper=True, unitriangular=True)
            + m.linalg.solve_triangular(x, y.mT, upper=True, left=False).mT
        ),
        spread(2, 3, 3),
        normal(2, 3, 2),
    ),
    regular("slogdet", lambda m, x: (*m.linalg.slogdet(x), m.logdet(x)), spread(2, 2, 2)),
    regular("logdet, negative", lambda m, x: m.linalg.slogdet(-x)[1] + m.slogdet(-x)[0], spread(3, 3)),
    regular("cholesky", lambda m, x: m.linalg.cholesky(definite(m, x)), normal(2, 3, 3)),
    regular("cholesky, upper", lambda m, x: m.linalg.cholesky(definite(m, x), upper=True), normal(2, 2)),
    *[regular(f"matrix_power {n}", lambda m, x, n=n: m.matrix_power(x, n), spread(2, 3, 3)) for n in (-2, 0, 1, 2, 5)],
    *[
        regular(f"matrix_norm {shape} {ord}", lambda m, x, ord=ord: m.linalg.matrix_norm(x, ord), normal(*shape))
        for shape in [(3, 3), (2, 4), (4, 2), (2, 3, 2)]
        for ord in ("nuc", 2, -2)
    ],
    regular("matrix_norm nuc, kept", lambda m, x: m.linalg.matrix_norm(x, "nuc", (2, 0), True), normal(2, 3, 4)),
    regular(
        "norm nuc",
        lambda m, x: (m.norm(x[0], "nuc"), x.norm("nuc", (0, 2)), m.linalg.norm(x, 2, (0, 1))),
        normal(3, 2, 2),
    ),
    *[
        regular(f"qr {shape}", lambda m, x: m.linalg.qr(x), normal(*shape))
        for shape in [(3, 3), (4, 2), (2, 4), (2, 3, 2)]
    ],
    regular("eigh", lambda m, x: unsigned_columns(*m.linalg.eigh(x + x.mT)), spread(2, 3, 3)),
    regular("eigvalsh", lambda m, x: m.linalg.eigvalsh(x + x.mT, "U"), spread(3, 3)),
    *[
        regular(f"pinv {shape}", lambda m, x: m.linalg.pinv(x), normal(*shape))
        for shape in [(3, 3), (4, 2), (2, 4), (2, 3, 2)]
    ],
    regular("pinv, equal singular values", lambda m, x: m.linalg.pinv(x), np.eye(3)),
    regular("svdvals", lambda m, x: m.linalg.svdvals(x), normal(2, 3, 4)),
    *[
        regular(
            f"svd {shape}",
            lambda m, x, shape=shape: unsigned(*m.linalg.svd(x, full_matrices=shape[-1] == shape[-2])),
            normal(*shape),
        )
        for shape in [(3, 3), (4, 2), (2, 4), (2, 3, 2)]
    ],
]
