"""How many floating-point operations each op takes, going forward: one table, with reasons.

What is counted is arithmetic on numbers that depend on the input, as a textbook counts it. Views take nothing. Any
other op that the table does not name takes 1 for each element of the largest tensor it reads or makes: a function of
one element counts 1, `exp` like `add`; and a sum over n elements takes n - 1 additions, which is n but for one.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from minigrad.autograd.node import Node
from minigrad.autograd.op import Op
from minigrad.autograd.storage import Absent


class Cost(NamedTuple):
    """What an op takes.

    Attributes:
        flops: `flops(node)`, the number of floating-point operations of an op that ran.
        reason: why so many.
    """

    flops: Callable[[Node], float]
    reason: str


def flops(node: Node) -> int:
    """How many floating-point operations an op took going forward.

    Arguments:
        node: the op, with its arrays.

    >>> import minigrad
    >>> a, b = minigrad.ones(2, 3, requires_grad=True), minigrad.ones(3, 4)
    >>> flops((a @ b).grad_fn), flops((a + 1).grad_fn), flops(a.T.grad_fn)
    (48, 6, 0)
    """
    return round(cost(node.op).flops(node))


def cost(op: Op) -> Cost:
    """What an op takes."""
    return COSTS.get(op.name, MOVED if op.view else ONE_EACH)


def _shapes(node: Node) -> list[tuple[int, ...]]:
    return [x.shape for x in node.arrays or () if isinstance(x, np.ndarray | Absent)]


def _largest(node: Node) -> int:
    return max(math.prod(shape) for shape in (*_shapes(node), node.shape))


def _per_element(passes: int, steps: str) -> Cost:
    return Cost(lambda node: passes * _largest(node), f"{passes} an element: {steps}")


def _per_matrix(flops: Callable[[int], float], reason: str) -> Cost:
    def count(node: Node) -> float:
        *batch, n, _ = _shapes(node)[0]
        return math.prod(batch) * flops(n)

    return Cost(count, reason)


def _per_state(flops: int, steps: str) -> Cost:
    return Cost(lambda node: flops * math.prod(_shapes(node)[-1]), f"{flops} an element of the state: {steps}")


def _product(node: Node) -> int:
    return 2 * math.prod(node.shape) * _shapes(node)[0][-1]


def _linear(node: Node) -> int:
    return _product(node) + (len(_shapes(node)) == 3) * math.prod(node.shape)


def _solve(node: Node) -> float:
    (*_, n, _), right = _shapes(node)
    return math.prod(node.shape) // (n * right[-1]) * (2 / 3 * n**3 + 2 * n**2 * right[-1])


def _svd(node: Node) -> float:
    *batch, m, n = _shapes(node)[0]
    m, n = max(m, n), min(m, n)
    return math.prod(batch) * (14 * m * n**2 + 8 * n**3)


def _qr(node: Node) -> float:
    *batch, m, n = _shapes(node)[0]
    m, n = max(m, n), min(m, n)
    return math.prod(batch) * (4 * m * n**2 - 4 / 3 * n**3)


def _attention(node: Node) -> int:
    q, k, v = _shapes(node)
    return math.prod(q[:-1]) * k[-2] * (2 * q[-1] + 6 + 2 * v[-1])


def _over_time(gates: int, flops: int) -> Cost:
    def count(node: Node) -> int:
        (rows, width), (_, hidden), *others = _shapes(node)
        biases = 2 * (len(others[-1]) == 1)
        return rows * hidden * (gates * (2 * width + 2 * hidden + biases) + flops)

    return Cost(count, f"for each state {gates}·(2·d + 2·H + 2) for its products and biases, and {flops} as in a cell")


ONE_EACH = _per_element(1, "one function of it, or one addition in a sum")
MOVED = Cost(lambda node: 0, "0: elements are moved, repeated or left out, and nothing is computed")
_ADDED = Cost(lambda node: math.prod(_shapes(node)[0]), "1 for each element of the input: it is added at its place")
_NORMALISED = _per_element(7, "mean, difference, square, mean, times 1/σ, times weight, plus bias")
_ELIMINATED = "⅔ n³ for each matrix: elimination (Golub and Van Loan, 2013, section 3.2)"

COSTS: dict[str, Cost] = {
    **dict.fromkeys(("cat", "gather", "setitem", "embedding", "pad", "flip", "moved"), MOVED),
    **dict.fromkeys(("diagonal_put", "tril", "triu", "clone", "to"), MOVED),
    **dict.fromkeys(("put_at", "scatter_add_zeros", "sum_rows", "fold"), _ADDED),
    "matmul": Cost(_product, "2·m·n·k: k products and k additions for each of the m·n elements"),
    "linear": Cost(_linear, "2·m·n·k as matmul, and m·n for the bias, if there is one"),
    "scaled_dot_product_attention": Cost(
        _attention,
        "for each score 2·d for its product, 1 for the scale, 5 for its softmax, and 2·dv for what it weighs",
    ),
    "softmax": _per_element(5, "maximum, difference, exp, sum, quotient"),
    "log_softmax": _per_element(5, "maximum, difference, exp, sum, difference"),
    "logsumexp": _per_element(4, "maximum, difference, exp, sum"),
    "logcumsumexp": _per_element(5, "maximum, difference, exp, sum, log"),
    "sparsemax": _per_element(
        8, "maximum, difference, bound, sum, product, comparison, difference, bound; sorting is 0"
    ),
    "cross_entropy": _per_element(7, "maximum, difference, exp, sum, difference, product, sum"),
    **dict.fromkeys(("layer_norm", "group_norm", "batch_norm"), _NORMALISED),
    "cdist": _per_element(2, "absolute value, maximum"),
    "norm": _per_element(2, "power, sum"),
    "var": _per_element(4, "sum, difference, square, sum"),
    "std": _per_element(4, "sum, difference, square, sum"),
    "lstm_cell": _per_state(13, "4 sums and 4 functions for the gates, 2 products and a sum, tanh, product"),
    "gru_cell": _per_state(10, "2 sums and 2 functions for the gates, product, sum, tanh, difference, product, sum"),
    "lstm": _over_time(4, 13),
    "gru": _over_time(3, 10),
    "rnn": _over_time(1, 2),
    "recurrence": _per_element(2, "product, sum"),
    **dict.fromkeys(("det", "slogdet", "sign_of_det"), _per_matrix(lambda n: 2 / 3 * n**3, _ELIMINATED)),
    "inv": _per_matrix(lambda n: 2 * n**3, "2 n³ for each matrix: elimination, and n systems with unit vectors"),
    "cholesky": _per_matrix(lambda n: n**3 / 3, "⅓ n³ for each matrix: half of elimination"),
    "svd": Cost(_svd, "14 m n² + 8 n³ for each matrix, m ≥ n (Golub and Van Loan, 2013, section 8.6)"),
    "qr": Cost(_qr, "4 m n² - 4/3 n³ for each matrix, m ≥ n: R, and as much for Q (Golub and Van Loan, section 5.2)"),
    "eigh": _per_matrix(lambda n: 9 * n**3, "9 n³ for each matrix (Golub and Van Loan, 2013, section 8.3)"),
    "pinv": Cost(lambda node: _svd(node) + 2 * math.prod(node.shape) * min(node.shape[-2:]), "svd, then one product"),
    "solve": Cost(_solve, "⅔ n³ for each matrix, then 2 n² for each right-hand side"),
}
