"""Decoding with what is known of earlier positions equals decoding without."""

import numpy as np
import pytest

import minigrad
from minigrad import nn

POSITIONS = {
    "none": lambda: None,
    "rotary": lambda: nn.RotaryPositionEncoding(4),
    "alibi": lambda: nn.ALiBi(2),
}


@pytest.mark.parametrize("positions", POSITIONS)
@pytest.mark.parametrize("sizes", [[1] * 6, [2, 1, 3], [6]])
def test_self_attention_in_parts(positions, sizes):
    minigrad.manual_seed(0)
    attention = nn.MultiheadAttention(8, 2, batch_first=True, positions=POSITIONS[positions]())
    x = minigrad.randn(3, 6, 8)
    whole, weights = attention(x, x, x, is_causal=True, average_attn_weights=False)
    cache, parts, start = nn.KeyValueCache(), [], 0
    for size in sizes:
        part = x[:, start : start + size]
        output, w = attention(part, part, part, is_causal=True, average_attn_weights=False, cache=cache)
        assert w.shape == (3, 2, size, start + size)
        np.testing.assert_allclose(w.array, weights.array[:, :, start : start + size, : start + size], atol=1e-6)
        parts.append(output)
        start += size
        assert cache.length == start
    np.testing.assert_allclose(minigrad.cat(parts, 1).array, whole.array, atol=1e-6)


def test_padding_counts_all_keys():
    minigrad.manual_seed(0)
    attention, x = nn.MultiheadAttention(8, 2, batch_first=True), minigrad.randn(2, 3, 8)
    padding = minigrad.tensor([[True, False, False], [False, False, False]])
    whole, _ = attention(x, x, x, padding, is_causal=True)
    cache = nn.KeyValueCache()
    attention(x[:, :2], x[:, :2], x[:, :2], padding[:, :2], is_causal=True, cache=cache)
    last, _ = attention(x[:, 2:], x[:, 2:], x[:, 2:], padding, is_causal=True, cache=cache)
    np.testing.assert_allclose(last.array, whole.array[:, 2:], atol=1e-6)


def test_cross_attention_computes_its_keys_once():
    minigrad.manual_seed(0)
    attention = nn.MultiheadAttention(8, 2, batch_first=True)
    x, memory = minigrad.randn(2, 3, 8), minigrad.randn(2, 5, 8)
    whole, _ = attention(x, memory, memory)
    cache = nn.KeyValueCache(grows=False)
    with nn.Recorder(attention) as seen:
        parts = [attention(x[:, [t]], memory, memory, cache=cache)[0] for t in range(3)]
    np.testing.assert_allclose(minigrad.cat(parts, 1).array, whole.array, atol=1e-6)
    first, second, _ = seen.calls("head 0.k")
    assert np.shares_memory(first.array, second.array)
