"""What attention has computed of earlier positions, so that decoding does not compute it again for each new token."""

from collections.abc import Callable

from minigrad.ops.joining import cat
from minigrad.tensor import Tensor


class KeyValueCache:
    """The keys and values of one attention module, as far as they are known.

    Give the same cache to each call: a decoder's self-attention then needs the newest position alone as query, key and
    value, and its cross-attention computes the keys and values of the source once.

    Arguments:
        grows: new keys and values are added to those that are there (self-attention). False: those of the first call
            are all there are (cross-attention).

    >>> import minigrad
    >>> from minigrad import nn
    >>> attention, x = nn.MultiheadAttention(8, 2, batch_first=True), minigrad.randn(1, 5, 8)
    >>> whole, _ = attention(x, x, x, is_causal=True)
    >>> cache = nn.KeyValueCache()
    >>> parts = [attention(x[:, [t]], x[:, [t]], x[:, [t]], is_causal=True, cache=cache)[0] for t in range(5)]
    >>> minigrad.allclose(minigrad.cat(parts, 1), whole, atol=1e-6)
    True
    """

    def __init__(self, grows: bool = True):
        self.grows = grows
        self.keys: Tensor | None = None  # (B, T, embed_dim)
        self.values: Tensor | None = None

    @property
    def length(self) -> int:
        """How many positions there are."""
        return 0 if self.keys is None else self.keys.shape[1]

    def extended(self, compute: Callable[[], tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
        """All keys and values, with those that `compute` finds."""
        if self.keys is None or self.values is None:
            self.keys, self.values = compute()
        elif self.grows:
            key, value = compute()
            self.keys, self.values = cat([self.keys, key], 1), cat([self.values, value], 1)
        return self.keys, self.values
