"""What happens inside attention, read by name."""

import numpy as np
import pytest

import minigrad
from minigrad import nn

PARTS = ("q", "k", "v", "scores", "weights", "output")


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.MultiheadAttention(8, 2, batch_first=True) for _ in range(2)])

    def forward(self, x, memory, **masks):
        x, _ = self.layers[0](x, x, x, is_causal=True)
        return self.layers[1](x, memory, memory, **masks)[0]


@pytest.fixture
def model():
    minigrad.manual_seed(0)
    return Model()


def test_every_value_of_every_head(model):
    x, memory = minigrad.randn(2, 3, 8), minigrad.randn(2, 5, 8)
    with nn.Recorder(model) as seen:
        model(x, memory)
    assert set(seen) == {f"layers.{i}.head {h}.{part}" for i in (0, 1) for h in (0, 1) for part in PARTS}
    own = {part: seen[f"layers.0.head 1.{part}"] for part in PARTS}
    cross = {part: seen[f"layers.1.head 1.{part}"].shape for part in PARTS}
    assert cross == {
        "q": (2, 3, 4),
        "k": (2, 5, 4),
        "v": (2, 5, 4),
        "scores": (2, 3, 5),
        "weights": (2, 3, 5),
        "output": (2, 3, 4),
    }
    np.testing.assert_allclose(own["scores"].array, own["q"].array @ own["k"].mT.array / 2, rtol=1e-4, atol=1e-6)
    assert (own["scores"].array[:, 0, 1:] != 0).all()  # before the mask
    assert (own["weights"].array[:, 0] == [1, 0, 0]).all()
    np.testing.assert_allclose(own["output"].array, own["weights"].array @ own["v"].array, rtol=1e-4, atol=1e-6)


def test_padding_and_additive_masks(model):
    x, memory = minigrad.randn(1, 3, 8), minigrad.randn(1, 2, 8)
    with nn.Recorder(model) as seen:
        model(x, memory, key_padding_mask=minigrad.tensor([[False, True]]), attn_mask=minigrad.ones(3, 2))
    assert (seen["layers.1.head 0.weights"].array == [1, 0]).all()


def test_what_is_recorded_is_part_of_the_graph(model):
    x, memory = minigrad.randn(1, 3, 8), minigrad.randn(1, 2, 8)
    with nn.Recorder(model) as seen:
        loss = model(x, memory).sum()
    weights = seen["layers.1.head 0.weights"]
    weights.retain_grad()
    loss.backward()
    assert weights.grad.shape == (1, 3, 2)


def test_several_calls_and_nothing_afterwards(model):
    x, memory = minigrad.randn(1, 3, 8), minigrad.randn(1, 2, 8)
    before = set(vars(model.layers[0]))
    with nn.Recorder(model) as seen:
        model(x, memory)
        model(2 * x, memory)
    model(3 * x, memory)
    first, second = seen.calls("layers.0.head 0.k")
    assert seen["layers.0.head 0.k"] is second
    assert not np.array_equal(first.array, second.array)
    assert set(vars(model.layers[0])) == before


def test_one_recorder_in_another(model):
    x, memory = minigrad.randn(1, 3, 8), minigrad.randn(1, 2, 8)
    with nn.Recorder(model) as outer:
        with nn.Recorder(model.layers[0]) as inner:
            model(x, memory)
        model(x, memory)
    assert set(inner) == {f"head {h}.{part}" for h in (0, 1) for part in PARTS}
    assert len(outer.calls("layers.1.head 0.q")) == 2


def test_a_name_that_is_not_there(model):
    with nn.Recorder(model) as seen:
        pass
    with pytest.raises(KeyError, match="ran outside of the block"):
        seen["layers.0.head 0.q"]
    with nn.Recorder(model) as seen:
        model(minigrad.randn(1, 3, 8), minigrad.randn(1, 2, 8))
    with pytest.raises(KeyError, match=r"recorded as 'layer.0.head 0.q'; the nearest are 'layers.0.head 0.q'"):
        seen["layer.0.head 0.q"]
