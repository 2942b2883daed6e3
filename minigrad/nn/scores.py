"""How relevant a key is to a query: the ways to compute a score, of which the note says that there are many.

A score takes queries of shape (..., Tq, d) and keys of shape (..., Tk, d) and returns scores of shape (..., Tq, Tk).
"""

import math
from collections.abc import Callable

from minigrad.autograd.errors import ShapeError
from minigrad.nn.layers import Linear, check_positive
from minigrad.nn.module import Module
from minigrad.ops.activations import tanh
from minigrad.tensor import Tensor

Score = Callable[[Tensor, Tensor], Tensor]


def dot(query: Tensor, key: Tensor) -> Tensor:
    """q · k.

    Arguments:
        query: of shape (..., Tq, d).
        key: of shape (..., Tk, d).

    >>> import minigrad
    >>> dot(minigrad.tensor([[1.0, 2.0]]), minigrad.tensor([[3.0, 4.0], [5.0, 6.0]]))
    tensor([[11., 17.]])
    """
    _check(query, key, query.shape[-1], query.shape[-1])
    return query @ key.mT


def scaled_dot(query: Tensor, key: Tensor) -> Tensor:
    """q · k / √d, whose variance does not grow with the width d (Vaswani et al., 2017, equation 1)."""
    return dot(query, key) * (1 / math.sqrt(query.shape[-1]))


class GeneralScore(Module):
    """qᵀ W k, with a learnt W: a bilinear form (Luong et al., 2015, "general").

    Arguments:
        query_dim: width of the queries.
        key_dim: width of the keys; that of the queries by default.

    >>> import minigrad
    >>> GeneralScore(4, 6)(minigrad.randn(2, 4), minigrad.randn(3, 6)).shape
    (2, 3)
    """

    def __init__(self, query_dim: int, key_dim: int | None = None):
        super().__init__()
        key_dim = query_dim if key_dim is None else key_dim
        check_positive("GeneralScore", query_dim=query_dim, key_dim=key_dim)
        self.w = Linear(query_dim, key_dim, bias=False)

    def forward(self, query: Tensor, key: Tensor) -> Tensor:
        """Scores of shape (..., Tq, Tk)."""
        _check(query, key, self.w.in_features, self.w.out_features)
        return self.w(query) @ key.mT


class AdditiveScore(Module):
    """w · tanh(W^q q + W^k k), a small network (Bahdanau et al., 2015).

    Arguments:
        query_dim: width of the queries.
        key_dim: width of the keys; that of the queries by default.
        hidden: width inside; that of the queries by default.

    >>> import minigrad
    >>> AdditiveScore(4, 6)(minigrad.randn(2, 4), minigrad.randn(3, 6)).shape
    (2, 3)
    """

    def __init__(self, query_dim: int, key_dim: int | None = None, hidden: int | None = None):
        super().__init__()
        key_dim = query_dim if key_dim is None else key_dim
        hidden = query_dim if hidden is None else hidden
        check_positive("AdditiveScore", query_dim=query_dim, key_dim=key_dim, hidden=hidden)
        self.w_q = Linear(query_dim, hidden, bias=False)
        self.w_k = Linear(key_dim, hidden, bias=False)
        self.w = Linear(hidden, 1, bias=False)

    def forward(self, query: Tensor, key: Tensor) -> Tensor:
        """Scores of shape (..., Tq, Tk)."""
        _check(query, key, self.w_q.in_features, self.w_k.in_features)
        pairs = self.w_q(query).unsqueeze(-2) + self.w_k(key).unsqueeze(-3)  # (..., Tq, Tk, hidden)
        return self.w(tanh(pairs)).squeeze(-1)


SCORES: dict[str, Callable[[int, int], Score]] = {  # each made for a width of queries and of keys
    "dot": lambda query_dim, key_dim: dot,
    "scaled_dot": lambda query_dim, key_dim: scaled_dot,
    "general": GeneralScore,
    "additive": AdditiveScore,
}


def score_of(score: str | Score, function: str, query_dim: int, key_dim: int) -> Score:
    """A score by its name, new for these widths, or the callable itself.

    Arguments:
        score: a name in `SCORES`, or a function of queries and keys.
        function: who asks, for the message.
        query_dim, key_dim: the widths of queries and keys.

    Raises:
        ValueError: for an unknown name, listing those that there are.
    """
    if callable(score):
        return score
    if score not in SCORES:
        raise ValueError(
            f"{function}: score = {score!r} is unknown; {', '.join(SCORES)} would do, or a function from queries "
            "(..., Tq, d) and keys (..., Tk, d) to scores (..., Tq, Tk)"
        )
    return SCORES[score](query_dim, key_dim)


def _check(query: Tensor, key: Tensor, query_dim: int, key_dim: int) -> None:
    if (query.shape[-1], key.shape[-1]) != (query_dim, key_dim):
        raise ShapeError(
            f"score: query of shape {query.shape} and key of shape {key.shape} must have last dimensions "
            f"{query_dim} and {key_dim}"
        )
