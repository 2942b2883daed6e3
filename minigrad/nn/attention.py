"""Attention, composed of matmul, softmax and concat, so that each step can be seen in the graph.

`Attention` looks, with nothing to learn but what its score needs. `SelfAttention` is the note's: three matrices and
nothing else. `MultiheadAttention` runs several of them side by side and concatenates what they find; its parameters
and arguments are PyTorch's. What each step computed can be read with a `Recorder`.
"""

from typing import Any

import numpy as np

from minigrad.autograd.errors import ShapeError
from minigrad.autograd.modes import modes
from minigrad.autograd.scope import note, scope
from minigrad.creation import empty
from minigrad.nn import functional as F  # noqa: N812  PyTorch's custom
from minigrad.nn import init
from minigrad.nn.cache import KeyValueCache
from minigrad.nn.containers import ModuleList
from minigrad.nn.layers import Linear, check_positive
from minigrad.nn.module import Module, Parameter, takes_dtype
from minigrad.nn.normalisers import Normaliser, normaliser_of
from minigrad.nn.position import PositionEncoding
from minigrad.nn.scores import Score, score_of
from minigrad.ops.joining import cat, stack
from minigrad.tensor import Tensor

Masks = tuple[np.ndarray | None, Tensor | None]  # what is blocked, and what is added to the scores


class Attention(Module):
    """Queries look at keys, and take a mixture of the values: b = Σ α'ᵢ vᵢ.

    Arguments:
        query_dim: width of the queries.
        key_dim: width of the keys; that of the queries by default.
        score: how relevant a key is to a query: "dot", "scaled_dot", "general", "additive", or a function from queries
            (..., Tq, d) and keys (..., Tk, d) to scores (..., Tq, Tk). See `minigrad.nn.scores`.
        normaliser: what makes weights of scores: "softmax", "relu", "sigmoid", "sparsemax", or a function from scores
            to weights of the same shape. See `minigrad.nn.normalisers`.

    >>> import minigrad
    >>> attention = minigrad.nn.Attention(8, 6, score="additive", normaliser="sparsemax")
    >>> keys = minigrad.randn(2, 5, 6)
    >>> output, weights = attention(minigrad.randn(2, 1, 8), keys, keys)
    >>> output.shape, weights.shape
    ((2, 1, 6), (2, 1, 5))
    """

    def __init__(
        self,
        query_dim: int,
        key_dim: int | None = None,
        score: str | Score = "scaled_dot",
        normaliser: str | Normaliser = "softmax",
    ):
        super().__init__()
        key_dim = query_dim if key_dim is None else key_dim
        check_positive("Attention", query_dim=query_dim, key_dim=key_dim)
        self.score = score_of(score, "Attention", query_dim, key_dim)
        self.normaliser = normaliser_of(normaliser, "Attention")

    def forward(
        self, query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Let every query look at every key.

        Arguments:
            query: of shape (..., Tq, query_dim).
            key: of shape (..., Tk, key_dim).
            value: of shape (..., Tk, dv).
            attn_mask: bool, True where a query must not look, or float, added to the scores; broadcasts to
                (..., Tq, Tk).

        Returns:
            The output, of shape (..., Tq, dv), and the weights, of shape (..., Tq, Tk).
        """
        F.check_as_many(key, value)
        for name, x in (("q", query), ("k", key), ("v", value)):
            note(name, x)
        blocked, bias = F.split_mask(attn_mask, true_means="blocked")
        return F.attend(self.score(query, key), value, blocked, bias, normaliser=self.normaliser)


class SelfAttention(Module):
    """One head: each position asks (q), is asked (k), and answers (v). All that is learnt is W^q, W^k and W^v.

    Arguments:
        embed_dim: width of the input and of the output.
        score, normaliser: as for `Attention`.

    >>> import minigrad
    >>> output, weights = minigrad.nn.SelfAttention(8)(minigrad.randn(2, 5, 8))
    >>> output.shape, weights.shape
    ((2, 5, 8), (2, 5, 5))
    """

    def __init__(self, embed_dim: int, score: str | Score = "scaled_dot", normaliser: str | Normaliser = "softmax"):
        super().__init__()
        check_positive("SelfAttention", embed_dim=embed_dim)
        self.q_proj = Linear(embed_dim, embed_dim, bias=False)
        self.k_proj = Linear(embed_dim, embed_dim, bias=False)
        self.v_proj = Linear(embed_dim, embed_dim, bias=False)
        self.attention = Attention(embed_dim, score=score, normaliser=normaliser)

    def forward(self, input: Tensor, attn_mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Let every position look at every other.

        Arguments:
            input: of shape (..., T, embed_dim).
            attn_mask: as for `Attention`, with Tq = Tk = T.

        Returns:
            The output, of shape (..., T, embed_dim), and the weights, of shape (..., T, T).
        """
        return self.attention(self.q_proj(input), self.k_proj(input), self.v_proj(input), attn_mask)


class MultiheadAttention(Module):
    """Several heads that look at the same positions in different ways (Vaswani et al., 2017, section 3.2.2).

    Arguments:
        embed_dim: width of the input and of the output; each head gets `embed_dim / num_heads` of it.
        num_heads: how many heads.
        dropout: the probability with which a weight is dropped while training.
        bias: whether the projections add one.
        add_bias_kv: give keys and values one more position, which is learnt.
        add_zero_attn: give them one more position of zeros.
        kdim, vdim: widths of key and value, if they differ from `embed_dim`.
        batch_first: inputs are (batch, positions, width), instead of PyTorch's default (positions, batch, width).
        score, normaliser: as for `Attention`; a score by name has parameters of its own in each head.
        positions: positions that act inside attention, such as `RotaryPositionEncoding`.

    Parameters, as in PyTorch: `in_proj_weight`, which is W^q, W^k and W^v one above the other, of shape
    (3 embed_dim, embed_dim), or with `kdim` or `vdim` `q_proj_weight`, `k_proj_weight` and `v_proj_weight`;
    `in_proj_bias`; `bias_k` and `bias_v`, the positions that are learnt; and W^O, `out_proj`.

    >>> import minigrad
    >>> attention = minigrad.nn.MultiheadAttention(8, 2, batch_first=True)
    >>> x = minigrad.randn(1, 5, 8)
    >>> output, weights = attention(x, x, x, average_attn_weights=False)
    >>> output.shape, weights.shape
    ((1, 5, 8), (1, 2, 5, 5))
    """

    @takes_dtype
    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        *,
        score: str | Score = "scaled_dot",
        normaliser: str | Normaliser = "softmax",
        positions: PositionEncoding | None = None,
    ):
        super().__init__()
        check_positive("MultiheadAttention", embed_dim=embed_dim, num_heads=num_heads)
        if embed_dim % num_heads:
            divisors = ", ".join(str(n) for n in range(1, embed_dim + 1) if embed_dim % n == 0)
            raise ValueError(
                f"MultiheadAttention: embed_dim = {embed_dim} is not divisible by num_heads = {num_heads}; "
                f"num_heads of {divisors} would do"
            )
        if not 0 <= dropout < 1:
            raise ValueError(f"MultiheadAttention: dropout = {dropout} must lie between 0 and 1")
        self.embed_dim = embed_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        width = embed_dim // num_heads
        scores = [score_of(score, "MultiheadAttention", width, width) for _ in range(num_heads)]
        self.scores: Any = ModuleList(s for s in scores if isinstance(s, Module)) or scores
        self.normaliser = normaliser_of(normaliser, "MultiheadAttention")
        self.positions = positions
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self.add_zero_attn = add_zero_attn
        if self.kdim == self.vdim == embed_dim:
            self.in_proj_weight = Parameter(empty(3 * embed_dim, embed_dim))
        else:
            self.q_proj_weight = Parameter(empty(embed_dim, embed_dim))
            self.k_proj_weight = Parameter(empty(embed_dim, self.kdim))
            self.v_proj_weight = Parameter(empty(embed_dim, self.vdim))
        self.in_proj_bias = Parameter(empty(3 * embed_dim)) if bias else None
        self.bias_k = Parameter(empty(1, 1, embed_dim)) if add_bias_kv else None
        self.bias_v = Parameter(empty(1, 1, embed_dim)) if add_bias_kv else None
        self.out_proj = Linear(embed_dim, embed_dim, bias)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """As PyTorch: Xavier for the projections in, biases 0."""
        for name, weight in self.named_parameters(recurse=False):
            if name.endswith("proj_weight"):
                init.xavier_uniform_(weight)
            elif name in ("bias_k", "bias_v"):
                init.xavier_normal_(weight)
        if self.in_proj_bias is not None:
            init.zeros_(self.in_proj_bias)
        if self.out_proj.bias is not None:
            init.zeros_(self.out_proj.bias)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
        cache: KeyValueCache | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """Let every query look at every key.

        Arguments:
            query: of shape (B, Tq, embed_dim); or, unless `batch_first`, (Tq, B, embed_dim); or (Tq, embed_dim).
            key, value: the same with Tk positions.
            key_padding_mask: bool, of shape (B, Tk): True for keys that are padding.
            need_weights: hand back the weights too.
            attn_mask: bool, True where a query must not look, or float, added to the scores; of shape (Tq, Tk) or
                (B * num_heads, Tq, Tk).
            average_attn_weights: the mean over the heads, instead of each head's.
            is_causal: block later positions.
            cache: what was computed of earlier positions; `key` and `value` are then those that come after them, and
                Tk counts all. See `KeyValueCache`.

        Returns:
            The output, shaped as `query`, and the weights: (B, Tq, Tk), or (B, num_heads, Tq, Tk), or None. A query
            that may look nowhere gets zeros (in PyTorch NaN).
        """
        for name, x, n in (("query", query, self.embed_dim), ("key", key, self.kdim), ("value", value, self.vdim)):
            if x.ndim not in (2, 3) or x.ndim != query.ndim or x.shape[-1] != n:
                wanted = "embed_dim" if n == self.embed_dim else f"{name[0]}dim"
                raise ShapeError(
                    f"MultiheadAttention: {name} of shape {x.shape} must have {query.ndim} dimensions, as query, "
                    f"2 or 3 of them, the last of length {wanted} = {n}"
                )
        batched = query.ndim == 3
        if not batched:
            query, key, value = query.unsqueeze(0), key.unsqueeze(0), value.unsqueeze(0)
            key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
        elif not self.batch_first:
            query, key, value = query.transpose(0, 1), key.transpose(0, 1), value.transpose(0, 1)

        F.check_as_many(key, value)
        start = cache.length if cache is not None and cache.grows else 0
        q, k, v = self._project(query, key, value, cache)  # each (B, T, d)
        at_once = self._are_alike(attn_mask)
        masks = self._masks(q, k, key_padding_mask, attn_mask, is_causal, start)[: 1 if at_once else None]
        if self.bias_k is not None or self.add_zero_attn:
            k, v, masks = self._with_positions_added(k, v, masks)
        found, weights = self._heads_at_once(q, k, v, *masks[0]) if at_once else self._each_head(q, k, v, masks, start)
        output = self.out_proj(found)

        shown = None if not need_weights else weights.mean(1) if average_attn_weights else weights
        if not batched:
            return output.squeeze(0), None if shown is None else shown.squeeze(0)
        return (output if self.batch_first else output.transpose(0, 1)), shown

    def _project(
        self, query: Tensor, key: Tensor, value: Tensor, cache: KeyValueCache | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """W^q · query, W^k · key and W^v · value, each of shape (B, T, embed_dim)."""
        d = self.embed_dim
        together = self.kdim == self.vdim == d

        def project(i: int, name: str, x: Tensor) -> Tensor:
            with scope(name):
                weight = (
                    self.in_proj_weight[i * d : (i + 1) * d] if together else getattr(self, f"{name[0]}_proj_weight")
                )
                bias = None if self.in_proj_bias is None else self.in_proj_bias[i * d : (i + 1) * d]
                return F.linear(x, weight, bias)

        def keys_and_values() -> tuple[Tensor, Tensor]:
            return project(1, "key", key), project(2, "value", value)

        q = project(0, "query", query)
        k, v = keys_and_values() if cache is None else cache.extended(keys_and_values)
        return q, k, v

    def _with_positions_added(self, k: Tensor, v: Tensor, masks: list[Any]) -> tuple[Tensor, Tensor, list[Any]]:
        """Keys and values with one or two more positions, at which every query may look."""
        batch, before = k.shape[0], k.shape[1]
        if self.bias_k is not None and self.bias_v is not None:
            k = cat([k, self.bias_k.expand(batch, 1, -1)], 1)
            v = cat([v, self.bias_v.expand(batch, 1, -1)], 1)
        if self.add_zero_attn:
            k, v = (cat([x, x.new_zeros(batch, 1, self.embed_dim)], 1) for x in (k, v))
        added = (0, k.shape[1] - before)
        longer = [
            (
                None if blocked is None else np.pad(blocked, [*[(0, 0)] * (blocked.ndim - 1), added]),
                None if bias is None else F.pad(bias, added),
            )
            for blocked, bias in masks
        ]
        return k, v, longer

    def _are_alike(self, attn_mask: Tensor | None) -> bool:
        """Whether all heads can be worked out at once: nothing is of one head alone, and nobody watches each."""
        of_one = isinstance(self.scores, ModuleList) or self.positions is not None or (self.training and self.dropout)
        return not of_one and (attn_mask is None or attn_mask.ndim == 2) and not modes.watchers

    def _heads_at_once(
        self, q: Tensor, k: Tensor, v: Tensor, blocked: np.ndarray | None, bias: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """What the heads find, (B, Tq, embed_dim), and their weights, (B, h, Tq, Tk)."""
        with scope("heads"):
            q, k, v = (x.unflatten(-1, (self.num_heads, -1)).transpose(1, 2) for x in (q, k, v))  # (B, h, T, d/h)
            if blocked is not None and blocked.ndim == 3:
                blocked = blocked[:, None]
            if bias is not None and bias.ndim == 3:
                bias = bias.unsqueeze(1)
            found, weights = F.attend(self.scores[0](q, k), v, blocked, bias, normaliser=self.normaliser)
            return found.transpose(1, 2).flatten(2), weights

    def _each_head(self, q: Tensor, k: Tensor, v: Tensor, masks: list[Masks], start: int) -> tuple[Tensor, Tensor]:
        """The same, one head after the other."""
        width = self.embed_dim // self.num_heads
        heads, weights = [], []
        for i in range(self.num_heads):
            with scope(f"head {i}"):
                own = slice(i * width, (i + 1) * width)
                head, weight = self._head(i, q[..., own], k[..., own], v[..., own], *masks[i], start)
            heads.append(head)
            weights.append(weight)
        return cat(heads, -1), stack(weights, 1)

    def _head(
        self, i: int, q: Tensor, k: Tensor, v: Tensor, blocked: np.ndarray | None, bias: Tensor | None, start: int
    ) -> tuple[Tensor, Tensor]:
        """What one head finds, and its weights; q is (B, Tq, d/h), k and v are (B, Tk, d/h)."""
        if self.positions is not None:
            q, k = self.positions.rotate(q, start), self.positions.rotate(k)
            more = self.positions.bias(i, q.shape[-2], k.shape[-2], start)
            bias = more if bias is None else bias if more is None else bias + more
        for name, x in (("q", q), ("k", k), ("v", v)):
            note(name, x)
        dropout = self.dropout if self.training else 0.0
        return F.attend(self.scores[i](q, k), v, blocked, bias, dropout, self.normaliser)

    def _masks(
        self,
        query: Tensor,
        key: Tensor,
        key_padding_mask: Tensor | None,
        attn_mask: Tensor | None,
        is_causal: bool,
        start: int,
    ) -> list[tuple[np.ndarray | None, Tensor | None]]:
        """For each head what is blocked, and what is added to its scores."""
        batch, queries, keys = query.shape[0], query.shape[1], key.shape[1]
        if attn_mask is not None and attn_mask.shape not in (
            (queries, keys),
            (batch * self.num_heads, queries, keys),
        ):
            raise ShapeError(
                f"MultiheadAttention: attn_mask of shape {attn_mask.shape} must be (queries, keys) = {(queries, keys)} "
                f"or (batch * num_heads, queries, keys) = {(batch * self.num_heads, queries, keys)}"
            )
        if key_padding_mask is not None and key_padding_mask.shape != (batch, keys):
            raise ShapeError(
                f"MultiheadAttention: key_padding_mask of shape {key_padding_mask.shape} must be "
                f"(batch, keys) = {(batch, keys)}"
            )
        causal = F.causal_mask(queries, keys, start) if is_causal else None
        padding, padding_bias = F.split_mask(
            None if key_padding_mask is None else key_padding_mask.unsqueeze(1), true_means="blocked"
        )
        masks = []
        for i in range(self.num_heads):
            own = attn_mask if attn_mask is None or attn_mask.ndim == 2 else attn_mask[i :: self.num_heads]
            blocked, bias = F.split_mask(own, true_means="blocked")
            for more in (causal, padding):
                blocked = more if blocked is None else blocked if more is None else blocked | more
            if padding_bias is not None:
                bias = padding_bias if bias is None else bias + padding_bias
            masks.append((blocked, bias))
        return masks

    def extra_repr(self) -> str:
        """The sizes."""
        return f"embed_dim={self.embed_dim}, num_heads={self.num_heads}"
