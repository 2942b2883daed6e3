"""Losses and distances."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.ops.case import Case, case, normal, positive, whole

SIGNS = np.array([1, -1, 1, -1])


def loss(name: str, *args: Any, **options: Any) -> Callable[..., Any]:
    return lambda m, *inputs: getattr(m.nn.functional, name)(*inputs, *args, **options)


def probabilities(*shape: int) -> np.ndarray:
    return 1 / (1 + np.exp(-normal(*shape)))


def each(name: str, *inputs: np.ndarray, label: str = "", torch_orders: int = 2, **options: Any) -> list[Case]:
    """Every reduction."""
    return [
        case(
            f"{name}{label}, {reduction}",
            loss(name, reduction=reduction, **options),
            *inputs,
            torch_orders=torch_orders,
        )
        for reduction in ("mean", "sum", "none")
    ]


def weighted(name: str, weight: np.ndarray, keyword: str = "weight", **options: Any) -> Callable[..., Any]:
    """With a weight, which PyTorch takes to be a constant."""
    return lambda m, x, *inputs: getattr(m.nn.functional, name)(
        x, *inputs, **{keyword: m.tensor(weight).to(x.dtype)}, **options
    )


X, Y = normal(4, 3), 3 * normal(4, 3)
SPACED = np.array([[-4.0, 0.3], [0.05, 1.7]])
NOT_FLOAT = np.array([[2, 0], [1, 0]])
CLASSES = np.array([0, 2, 2, 1])

CASES: list[Case] = [
    *[
        case(f"cdist, {p}", lambda m, x, y, p=p: m.cdist(x, y, p), normal(2, 3, 4), normal(1, 2, 4), torch_orders=1)
        for p in (1.0, 2.0, 3.0, float("inf"))
    ],
    *each("mse_loss", X, Y),
    *each("l1_loss", X, Y),
    *each("smooth_l1_loss", X, Y),
    *each("smooth_l1_loss", X, Y, label=" beta", beta=0.3),
    *each("smooth_l1_loss", X, Y, label=" beta 0", beta=0.0),
    *each("huber_loss", X, Y),
    *each("huber_loss", X, Y, label=" delta", delta=0.4),
    case("huber_loss, far", loss("huber_loss", reduction="none"), [4e4, -4e4, 0.2], [0.0, 0.0, 0.1], smooth=False),
    case("mse_loss, weighted", weighted("mse_loss", positive(4, 3)), X, Y),
    case("l1_loss, weighted", weighted("l1_loss", positive(4, 3)), X, Y),
    case("huber_loss, weighted", weighted("huber_loss", positive(4, 3)), X, Y),
    case("mse_loss, counts", loss("mse_loss"), SPACED, NOT_FLOAT),
    case("l1_loss, equal", loss("l1_loss"), [1.0, 2.0], [1.0, 4.0], smooth=False),
    *each("poisson_nll_loss", X, np.abs(Y)),
    *each("poisson_nll_loss", X, np.array(np.abs(Y)), label=" full", full=True),
    *each("poisson_nll_loss", positive(4, 3), np.abs(Y), label=" not log", log_input=False),
    *each("gaussian_nll_loss", X, Y, positive(4, 3)),
    *each("gaussian_nll_loss", X, Y, positive(4, 1), label=" full", full=True),
    case("gaussian_nll_loss, no last dim", loss("gaussian_nll_loss"), X, Y, positive(4)),
    case("gaussian_nll_loss, a number", loss("gaussian_nll_loss", 0.5), X, Y),
    case(
        "gaussian_nll_loss, tiny variance",
        loss("gaussian_nll_loss", eps=0.1),
        X[0],
        Y[0],
        [0.0, 0.02, 2.0],
        smooth=False,
    ),
    *each("binary_cross_entropy", probabilities(4, 3), probabilities(4, 3)),
    case(
        "binary_cross_entropy, weighted",
        weighted("binary_cross_entropy", positive(3)),
        probabilities(4, 3),
        probabilities(4, 3),
    ),
    *each("binary_cross_entropy_with_logits", X, probabilities(4, 3)),
    case(
        "binary_cross_entropy_with_logits, weighted",
        weighted("binary_cross_entropy_with_logits", positive(3)),
        X,
        probabilities(4, 3),
    ),
    case(
        "binary_cross_entropy_with_logits, for yes",
        weighted("binary_cross_entropy_with_logits", positive(3), "pos_weight"),
        X,
        probabilities(4, 3),
    ),
    case("bce, far out", loss("binary_cross_entropy_with_logits", reduction="sum"), [-90.0, 90.0], [1.0, 1.0]),
    *[
        case(
            f"kl_div, {reduction}, {log_target}",
            loss("kl_div", reduction=reduction, log_target=log_target),
            X,
            Y if log_target else probabilities(4, 3),
        )
        for reduction in ("batchmean", "sum", "none")
        for log_target in (False, True)
    ],
    case("kl_div, of zeros", lambda m, x: m.nn.functional.kl_div(x, m.zeros(3).to(x.dtype), reduction="sum"), X[0]),
    *[
        case(f"normalize, {options}", loss("normalize", **options), normal(2, 3, 4))
        for options in ({}, {"dim": -1, "p": 1}, {"dim": 0, "p": 3.0}, {"p": float("inf")}, {"eps": 5.0})
    ],
    case("normalize, nothing", loss("normalize", eps=0.1), np.zeros((2, 3)), smooth=False, torch_orders=1),
    case("cosine_similarity", loss("cosine_similarity"), X, Y),
    case("cosine_similarity, broadcast", loss("cosine_similarity", dim=-1), normal(2, 1, 4), normal(3, 4)),
    case("cosine_similarity, vectors", loss("cosine_similarity", dim=0), X[0], Y[0]),
    *[
        case(f"pairwise_distance, {options}", loss("pairwise_distance", **options), X, Y)
        for options in ({}, {"p": 1.0}, {"p": 3.0, "keepdim": True}, {"eps": 0.3}, {"p": float("inf")})
    ],
    case("pairwise_distance, equal", loss("pairwise_distance", eps=0.0), X, X, smooth=False, torch_orders=1),
    case("pairwise_distance, vectors", loss("pairwise_distance"), X[0], Y),
    *each("cosine_embedding_loss", X, Y, SIGNS),
    case("cosine_embedding_loss, margin", loss("cosine_embedding_loss", margin=-0.9), X, Y, SIGNS),
    case("cosine_embedding_loss, one", loss("cosine_embedding_loss"), X[0], Y[0], 1),
    *each("margin_ranking_loss", X[:, 0], Y[:, 0], SIGNS),
    case("margin_ranking_loss, margin", loss("margin_ranking_loss", margin=2.0), X[:, 0], Y[:, 0], SIGNS),
    case("margin_ranking_loss, at it", loss("margin_ranking_loss"), [1.0], [1.0], [1], smooth=False),
    *each("hinge_embedding_loss", X[:, 0], SIGNS),
    case("hinge_embedding_loss, margin", loss("hinge_embedding_loss", margin=0.2), Y[:, 0], SIGNS),
    *each("triplet_margin_loss", X, Y, normal(4, 3)),
    case("triplet_margin_loss, options", loss("triplet_margin_loss", margin=3.0, p=3.0, swap=True), X, Y, normal(4, 3)),
    *each("multi_margin_loss", X, CLASSES, torch_orders=1),
    case("multi_margin_loss, squared", loss("multi_margin_loss", p=2, margin=0.7), X, CLASSES, torch_orders=1),
    case("multi_margin_loss, one", loss("multi_margin_loss"), X[0], 2, torch_orders=1),
    case(
        "multi_margin_loss, weighted",
        lambda m, x, t: m.nn.functional.multi_margin_loss(x, t, weight=m.tensor([0.5, 2.0, 1.0]).to(x.dtype)),
        X,
        CLASSES,
        torch_orders=1,
    ),
    *each("soft_margin_loss", X[:, 0], SIGNS),
    case("nll_loss, two more dims", loss("nll_loss"), normal(2, 3, 4, 2), whole(3, 2, 4, 2)),
    case("nll_loss, one row", loss("nll_loss"), normal(3), 1),
    *each("multilabel_soft_margin_loss", normal(3, 4), probabilities(3, 4)),
    *each(
        "multilabel_margin_loss", normal(3, 4), np.array([[0, 3, -1, 1], [-1, 0, 1, 2], [3, 2, 1, 0]]), torch_orders=1
    ),
    case(
        "multilabel_margin_loss, one row",
        loss("multilabel_margin_loss"),
        normal(3),
        np.array([2, -1, 0]),
        torch_orders=1,
    ),
    case(
        "multilabel_soft_margin_loss, weighted",
        weighted("multilabel_soft_margin_loss", positive(4)),
        normal(3, 4),
        probabilities(3, 4),
    ),
    case(
        "triplet_margin_with_distance_loss",
        lambda m, *x: m.nn.functional.triplet_margin_with_distance_loss(
            *x, distance_function=lambda a, b: (a - b).square().sum(-1), margin=2.0, swap=True
        ),
        *(normal(3, 4) for _ in range(3)),
    ),
]
