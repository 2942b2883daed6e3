"""The note's example, small enough for paper: four inputs, two heads, computed in three ways that must agree.

The note's vectors are columns, a¹ ... a⁴, so a sequence is the matrix I = [a¹ a² a³ a⁴], the scores are A = Kᵀ Q,
softmax goes down each column, and the outputs are O = V A'. The code's vectors are rows: the same is softmax(Q Kᵀ) V.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

import minigrad
from minigrad import Tensor, nn

HEADS = 2


@dataclass
class Weights:
    """W^q, W^k, W^v and W^O, each of shape (d, d); the first half of the first three's rows is the first head's."""

    q: Any
    k: Any
    v: Any
    o: Any


def inputs() -> Tensor:
    """I: four vectors of width 4, as columns."""
    columns = [[1, 0, 1, 0], [0, 2, 0, 1], [1, 1, 0, 0], [0, 0, 1, 2]]
    return minigrad.tensor(columns, dtype=minigrad.float64).T.contiguous().requires_grad_()


def weights() -> Weights:
    """Matrices of small numbers."""
    q = [[1, 0, 0.5, 0], [0, 1, 0, -0.5], [0.5, 0, 0, 1], [0, -1, 1, 0]]
    k = [[1, 0.5, 0, 0], [0, 0, 1, 0.5], [0, 1, 0, 0.5], [1, 0, -0.5, 0]]
    v = [[1, 0, 0, 1], [0, 1, 1, 0], [1, -1, 0, 0], [0, 0, 1, -1]]
    o = [[1, 0, 0.5, 0], [0, 1, 0, 0.5], [0.5, 0, 1, 0], [0, 0.5, 0, 1]]
    return Weights(*(minigrad.tensor(w, dtype=minigrad.float64, requires_grad=True) for w in (q, k, v, o)))


def by_vectors(I: Tensor, w: Weights, heads: int = HEADS) -> list[Tensor]:  # noqa: E741, N803  the note's name
    """Each output by itself, as the note introduces it: b^i = W^O [Σⱼ α'ᵢⱼ v^{j,1}; Σⱼ α'ᵢⱼ v^{j,2}].

    Arguments:
        I: the inputs as columns, (d, N).
        w: the matrices.
        heads: how many heads.

    Returns:
        b¹ ... b^N, each of shape (d,).
    """
    a = I.unbind(1)
    d = len(a[0]) // heads
    outputs = []
    for i in range(len(a)):
        parts = []
        for h in range(heads):
            own = slice(h * d, (h + 1) * d)
            q = (w.q @ a[i])[own]
            alpha = [((w.k @ a_j)[own] * q).sum() for a_j in a]  # α_ij = q^i · k^j
            exps = [x.exp() for x in alpha]
            total = sum(exps)
            parts.append(sum(e / total * (w.v @ a_j)[own] for e, a_j in zip(exps, a, strict=True)))
        outputs.append(w.o @ minigrad.cat(parts))
    return outputs


def by_matrices(I: Tensor, w: Weights, heads: int = HEADS) -> Tensor:  # noqa: E741, N803
    """All outputs at once, in the note's columns: A = Kᵀ Q, softmax down each column, O = V A'.

    Arguments:
        I, w, heads: as for `by_vectors`.

    Returns:
        [b¹ ... b^N], of shape (d, N).
    """
    Q, K, V = w.q @ I, w.k @ I, w.v @ I  # noqa: N806
    parts = []
    for h, (q, k, v) in enumerate(zip(*(x.chunk(heads) for x in (Q, K, V)), strict=True)):
        with minigrad.autograd.scope(f"head {h + 1}"):
            alpha = (k.T @ q).softmax(0)  # A', column i for query i
            parts.append(v @ alpha)
    return w.o @ minigrad.cat(parts)


def module(w: Weights, heads: int = HEADS) -> nn.MultiheadAttention:
    """The same weights in a module, whose vectors are rows."""
    attention = nn.MultiheadAttention(len(w.q), heads, bias=False, score="dot", batch_first=True)
    attention.double()
    with minigrad.no_grad():
        attention.in_proj_weight.copy_(minigrad.cat([w.q, w.k, w.v]))
        attention.out_proj.weight.copy_(w.o)
    return attention


def by_module(I: Tensor, attention: nn.MultiheadAttention) -> Tensor:  # noqa: E741, N803
    """What the module makes of the inputs, as columns again; (d, N)."""
    rows = I.T
    return attention(rows, rows, rows)[0].T


def gradients_by_hand(I: np.ndarray, w: Weights, G: np.ndarray, heads: int = HEADS) -> Weights:  # noqa: E741, N803
    """The gradients of the four matrices, from formulas derived on paper, in NumPy alone.

    For a loss whose gradient with respect to the outputs [b¹ ... b^N] is G, with O the heads' outputs one above the
    other, and for each head the part of dO = W^Oᵀ G that is its own:

        dW^O = G Oᵀ
        dV = dO A'ᵀ            dW^v = dV Iᵀ
        dA' = Vᵀ dO            dA = A' ∘ (dA' - 1 · column sums of A' ∘ dA')
        dQ = K dA              dW^q = dQ Iᵀ
        dK = Q dAᵀ             dW^k = dK Iᵀ

    Arguments:
        I: the inputs as columns, (d, N).
        w: the matrices, as arrays or tensors.
        G: of shape (d, N).
        heads: how many heads.

    Returns:
        The gradients, in the place of the matrices.
    """
    W = {name: np.asarray(getattr(x, "array", x)) for name, x in vars(w).items()}  # noqa: N806
    Q, K, V = (np.split(W[name] @ I, heads) for name in "qkv")  # noqa: N806
    dO = np.split(W["o"].T @ G, heads)  # noqa: N806
    O, dQ, dK, dV = [], [], [], []  # noqa: E741, N806
    for q, k, v, do in zip(Q, K, V, dO, strict=True):
        e = np.exp(k.T @ q)
        A = e / e.sum(0)  # noqa: N806  A' of the note
        dA_ = v.T @ do  # noqa: N806
        dA = A * (dA_ - (A * dA_).sum(0))  # noqa: N806
        O.append(v @ A)
        dV.append(do @ A.T)
        dQ.append(k @ dA)
        dK.append(q @ dA.T)
    q, k, v = (np.concatenate(part) @ I.T for part in (dQ, dK, dV))
    return Weights(q, k, v, G @ np.concatenate(O).T)


def compared() -> dict[str, float]:
    """The largest difference between the three ways, and between the engine's gradients and those by hand."""
    I, w = inputs(), weights()  # noqa: E741, N806
    attention = module(w)
    ways = [minigrad.stack(by_vectors(I, w), 1), by_matrices(I, w), by_module(I, attention)]
    G = np.random.default_rng(0).standard_normal(ways[0].shape)  # noqa: N806
    own = [w.q, w.k, w.v, w.o]
    packed = (attention.in_proj_weight, attention.out_proj.weight)
    found = [minigrad.autograd.grad(way, own, minigrad.from_numpy(G)) for way in ways[:2]]
    in_proj, out_proj = minigrad.autograd.grad(ways[2], packed, minigrad.from_numpy(G))
    found.append((*in_proj.chunk(3), out_proj))
    by_hand = list(vars(gradients_by_hand(I.detach().numpy(), w, G)).values())
    outputs = [way.detach().numpy() for way in ways]
    return {
        "outputs, vectors and matrices": _apart([outputs[0]], [outputs[1]]),
        "outputs, vectors and module": _apart([outputs[0]], [outputs[2]]),
        **{
            f"gradients, {name} and by hand": _apart([g.numpy() for g in gradients], by_hand)
            for name, gradients in zip(("vectors", "matrices", "module"), found, strict=True)
        },
    }


def _apart(some: list[np.ndarray], others: list[np.ndarray]) -> float:
    return max(float(np.abs(a - b).max()) for a, b in zip(some, others, strict=True))


def draw(**options: Any) -> Any:
    """The computation graph of the matrices, with their shapes.

    Arguments:
        options: as for `minigrad.graph.draw`.
    """
    I, w = inputs(), weights()  # noqa: E741, N806
    names = {"I": I, "W^q": w.q, "W^k": w.k, "W^v": w.v, "W^O": w.o}
    return minigrad.graph.draw(by_matrices(I, w), names=names, **options)


def text() -> str:
    r"""The example as one would write it down: every vector, score, weight and output of both heads.

    >>> print(text().split("\n\n")[1])
    queries Q1 = Wq1 I
         1.500    0.000    1.000    0.500
         0.000    1.500    1.000   -1.000
    """
    I, w = inputs(), weights()  # noqa: E741, N806
    attention = module(w)
    with minigrad.no_grad(), nn.Recorder(attention) as seen:
        output = by_module(I, attention)
    parts = [_matrix("inputs I = [a1 a2 a3 a4]", I)]
    for h in range(HEADS):
        names = [("q", f"queries Q{h + 1} = Wq{h + 1} I"), ("k", f"keys K{h + 1}"), ("v", f"values V{h + 1}")]
        names += [("scores", f"scores A{h + 1} = K{h + 1}ᵀ Q{h + 1}")]
        names += [("weights", f"weights A'{h + 1}: softmax down each column"), ("output", f"V{h + 1} A'{h + 1}")]
        parts += [_matrix(title, seen[f"head {h}.{name}"].squeeze(0).T) for name, title in names]
    parts.append(_matrix("outputs [b1 b2 b3 b4] = Wo (both heads, one above the other)", output))
    differences = "\n".join(f"  {name:<34}{value:.1e}" for name, value in compared().items())
    return "\n\n".join([*parts, f"largest differences\n{differences}"])


def _matrix(title: str, x: Tensor) -> str:
    rows = "\n".join("  " + " ".join(f"{value:8.3f}" for value in row) for row in x.tolist())
    return f"{title}\n{rows}"
