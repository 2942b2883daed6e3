"""The Transformer of Vaswani et al., 2017, as PyTorch's modules: layers of attention and feed-forward, and stacks.

Every block is `x + sublayer(x)` with a layer norm: after the sum as in the paper (figure 1), or with `norm_first`
before the sublayer, which trains more easily (Xiong et al., 2020).
"""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad import dtypes
from minigrad.nn import functional as F  # noqa: N812  PyTorch's custom
from minigrad.nn import init
from minigrad.nn.attention import MultiheadAttention
from minigrad.nn.containers import ModuleList
from minigrad.nn.layers import Dropout, LayerNorm, Linear
from minigrad.nn.module import Module, takes_dtype
from minigrad.tensor import Tensor, wrap

Activation = str | Callable[[Tensor], Tensor]


def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Tensor:
    """A mask to add to the scores: -inf where a position would look at a later one, else 0.

    Arguments:
        sz: how many positions.
        device: "cpu", or None.
        dtype: a float type.

    >>> generate_square_subsequent_mask(2)
    tensor([[0., -inf],
            [0., 0.]])
    """
    later = np.triu(np.full((sz, sz), -np.inf), 1)
    return wrap(later.astype(dtype or dtypes.get_default_dtype()))


def _activation(function: str, activation: Activation) -> Callable[[Tensor], Tensor]:
    if callable(activation):
        return activation
    if activation not in ("relu", "gelu"):
        raise RuntimeError(f"{function}: activation = {activation!r} must be 'relu', 'gelu', or a function")
    return getattr(F, activation)


class _Layer(Module):
    """What the layers of encoder and decoder share: settings, and the feed-forward block."""

    @takes_dtype
    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
    ):
        super().__init__()
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first)
        if self.attentions == 2:
            self.multihead_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first)
        self.linear1 = Linear(d_model, dim_feedforward, bias)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias)
        self.norm_first = norm_first
        blocks = range(1, self.attentions + 2)
        for i in blocks:
            self.add_module(f"norm{i}", LayerNorm(d_model, layer_norm_eps, bias=bias))
        for i in blocks:
            self.add_module(f"dropout{i}", Dropout(dropout))
        self.activation = _activation(type(self).__name__, activation)

    attentions = 1

    def _feed_forward(self, x: Tensor) -> Tensor:
        return self.linear2(self.dropout(self.activation(self.linear1(x))))

    def _block(self, i: int, x: Tensor, sublayer: Callable[[Tensor], Tensor]) -> Tensor:
        """Block number i: add what the sublayer finds."""
        norm, dropout = getattr(self, f"norm{i}"), getattr(self, f"dropout{i}")
        return x + dropout(sublayer(norm(x))) if self.norm_first else norm(x + dropout(sublayer(x)))


class TransformerEncoderLayer(_Layer):
    """Self-attention, then a feed-forward network at each position.

    Arguments:
        d_model: the width of each position.
        nhead: how many heads.
        dim_feedforward: the width of the hidden layer of the feed-forward network.
        dropout: the probability of dropping, in attention, in the network, and after each.
        activation: "relu", "gelu", or a function.
        layer_norm_eps: see `LayerNorm`.
        batch_first: tensors are (batch, positions, width) instead of (positions, batch, width).
        norm_first: normalise before each sublayer instead of after the sum.
        bias: whether linear layers and layer norms add one.

    >>> import minigrad
    >>> layer = minigrad.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    >>> layer(minigrad.ones(3, 5, 8)).shape
    (3, 5, 8)
    """

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        """Transform a sequence.

        Arguments:
            src: of shape (T, B, d_model), with `batch_first` (B, T, d_model), or (T, d_model).
            src_mask: `attn_mask` of `MultiheadAttention`.
            src_key_padding_mask: of shape (B, T), True for padding.
            is_causal: block later positions.
        """

        def attend(x: Tensor) -> Tensor:
            return self.self_attn(x, x, x, src_key_padding_mask, False, src_mask, is_causal=is_causal)[0]

        return self._block(2, self._block(1, src, attend), self._feed_forward)


class TransformerDecoderLayer(_Layer):
    """Self-attention, then attention to what an encoder made, then a feed-forward network at each position.

    Arguments as for `TransformerEncoderLayer`.

    >>> import minigrad
    >>> layer = minigrad.nn.TransformerDecoderLayer(8, 2, 16, batch_first=True)
    >>> layer(minigrad.ones(3, 5, 8), minigrad.ones(3, 4, 8), tgt_is_causal=True).shape
    (3, 5, 8)
    """

    attentions = 2

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Transform a sequence, given the encoder's.

        Arguments:
            tgt: of shape (T, B, d_model), with `batch_first` (B, T, d_model), or (T, d_model).
            memory: the encoder's output, the same with S positions.
            tgt_mask, memory_mask: `attn_mask` of the two attentions, of shapes (T, T) and (T, S).
            tgt_key_padding_mask, memory_key_padding_mask: of shapes (B, T) and (B, S), True for padding.
            tgt_is_causal, memory_is_causal: block later positions.
        """

        def attend(x: Tensor) -> Tensor:
            return self.self_attn(x, x, x, tgt_key_padding_mask, False, tgt_mask, is_causal=tgt_is_causal)[0]

        def look(x: Tensor) -> Tensor:
            return self.multihead_attn(
                x, memory, memory, memory_key_padding_mask, False, memory_mask, is_causal=memory_is_causal
            )[0]

        return self._block(3, self._block(2, self._block(1, tgt, attend), look), self._feed_forward)


class _Stack(Module):
    """Copies of a layer, one after the other, and a norm at the end if there is one."""

    def __init__(self, layer: Module, num_layers: int, norm: Module | None = None):
        super().__init__()
        self.layers = ModuleList(copy.deepcopy(layer) for _ in range(num_layers))
        self.num_layers = num_layers
        self.norm = norm

    def _run(self, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        for layer in self.layers:
            x = layer(x, *args, **kwargs)
        return x if self.norm is None else self.norm(x)


class TransformerEncoder(_Stack):
    """Encoder layers one after the other.

    Arguments:
        encoder_layer: a `TransformerEncoderLayer`; each layer is a copy, with the same first weights.
        num_layers: how many.
        norm: a module that is applied at the end, such as a `LayerNorm`.
        enable_nested_tensor, mask_check: PyTorch's settings of a faster path; nothing here.

    >>> from minigrad import nn
    >>> encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16), num_layers=2)
    >>> len(encoder.layers)
    2
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ):
        super().__init__(encoder_layer, num_layers, norm)

    def forward(
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool | None = None,
    ) -> Tensor:
        """Run the layers; arguments as for `TransformerEncoderLayer`."""
        return self._run(src, mask, src_key_padding_mask, is_causal=bool(is_causal))


class TransformerDecoder(_Stack):
    """Decoder layers one after the other.

    Arguments:
        decoder_layer: a `TransformerDecoderLayer`; each layer is a copy, with the same first weights.
        num_layers: how many.
        norm: a module that is applied at the end, such as a `LayerNorm`.

    >>> from minigrad import nn
    >>> decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(8, 2, 16), num_layers=2)
    >>> len(decoder.layers)
    2
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None):
        super().__init__(decoder_layer, num_layers, norm)

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Run the layers; arguments as for `TransformerDecoderLayer`."""
        return self._run(
            tgt,
            memory,
            tgt_mask,
            memory_mask,
            tgt_key_padding_mask,
            memory_key_padding_mask,
            tgt_is_causal=bool(tgt_is_causal),
            memory_is_causal=memory_is_causal,
        )


class Transformer(Module):
    """An encoder that reads, and a decoder that answers; embedding and output are left to the user.

    Arguments:
        d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias: as for
            `TransformerEncoderLayer`.
        num_encoder_layers, num_decoder_layers: how many of each.
        custom_encoder, custom_decoder: modules to use instead.

    >>> import minigrad
    >>> model = minigrad.nn.Transformer(8, 2, 1, 1, 16, batch_first=True)
    >>> model(minigrad.ones(3, 4, 8), minigrad.ones(3, 5, 8)).shape
    (3, 5, 8)
    """

    @takes_dtype
    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = "relu",
        custom_encoder: Any = None,
        custom_decoder: Any = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
    ):
        super().__init__()
        sizes = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias)

        def norm() -> LayerNorm:
            return LayerNorm(d_model, layer_norm_eps, bias=bias)

        self.encoder = custom_encoder or TransformerEncoder(TransformerEncoderLayer(*sizes), num_encoder_layers, norm())
        self.decoder = custom_decoder or TransformerDecoder(TransformerDecoderLayer(*sizes), num_decoder_layers, norm())
        for parameter in self.parameters():
            if parameter.ndim > 1:
                init.xavier_uniform_(parameter)
        self.d_model = d_model
        self.nhead = nhead
        self.batch_first = batch_first

    generate_square_subsequent_mask = staticmethod(generate_square_subsequent_mask)

    def forward(
        self,
        src: Tensor,
        tgt: Tensor,
        src_mask: Tensor | None = None,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Read `src`, and transform `tgt`; masks as for the layers.

        Returns:
            A tensor of the shape of `tgt`.
        """
        memory = self.encoder(src, src_mask, src_key_padding_mask, src_is_causal)
        return self.decoder(
            tgt,
            memory,
            tgt_mask,
            memory_mask,
            tgt_key_padding_mask,
            memory_key_padding_mask,
            tgt_is_causal,
            memory_is_causal,
        )
