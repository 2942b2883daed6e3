"""Transformer modules with PyTorch's weights: outputs, and gradients of inputs and of all parameters."""

import numpy as np
import pytest

import minigrad
from tests.oracle.agreeing import assert_agree
from tests.oracle.comparing import assert_same

torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")
pytestmark = pytest.mark.filterwarnings("ignore:enable_nested_tensor is True:UserWarning")

rng = np.random.default_rng(0)
SOURCE, TARGET = rng.standard_normal((2, 5, 8)), rng.standard_normal((2, 4, 8))
PADDING = np.array([[False] * 5, [False, False, False, True, True]])
CAUSAL = np.triu(np.ones((4, 4), bool), 1)
ACROSS = np.triu(np.ones((4, 5), bool), 2)
OPTIONS = [
    {},
    {"norm_first": True},
    {"activation": "gelu"},
    {"activation": "tanh"},
    {"bias": False, "layer_norm_eps": 0.1},
]
each = pytest.mark.parametrize("options", OPTIONS, ids=str)
either = pytest.mark.parametrize("batch_first", [True, False])


def settings(nn, options, batch_first):
    """The options with a function for "tanh"."""
    library = minigrad if nn is minigrad.nn else torch
    options = {**options, "activation": library.tanh} if options.get("activation") == "tanh" else options
    if options.get("activation") == "gelu" and not hasattr(minigrad.nn.functional, "gelu"):
        pytest.skip("there is no gelu yet")
    return {"dropout": 0.0, "batch_first": batch_first, **options}


def turned(x, batch_first):
    return x if batch_first else x.transpose(1, 0, 2).copy()


@each
@either
def test_encoder(options, batch_first):
    def layer(nn):
        return nn.TransformerEncoderLayer(8, 2, 12, **settings(nn, options, batch_first))

    x = turned(SOURCE, batch_first)
    blocked = np.triu(np.ones((5, 5), bool), 2)
    assert_agree(layer, [x])
    assert_agree(layer, [SOURCE[0]])
    assert_agree(layer, [x], lambda m, layer, x: layer(x, m.tensor(blocked), m.tensor(PADDING)))
    assert_agree(
        lambda nn: nn.TransformerEncoder(layer(nn), 2, nn.LayerNorm(8)),
        [x],
        lambda m, stack, x: (
            stack(x, m.tensor(blocked), m.tensor(PADDING)),
            stack(x, m.nn.Transformer.generate_square_subsequent_mask(5).double(), is_causal=True),
        ),
    )


@each
@either
def test_decoder(options, batch_first):
    def layer(nn):
        return nn.TransformerDecoderLayer(8, 2, 12, **settings(nn, options, batch_first))

    def masked(m, module, x, memory):
        return module(x, memory, m.tensor(CAUSAL), m.tensor(ACROSS), m.tensor(PADDING[:, :4]), m.tensor(PADDING))

    inputs = [turned(TARGET, batch_first), turned(SOURCE, batch_first)]
    assert_agree(layer, inputs)
    assert_agree(layer, inputs, masked)
    assert_agree(lambda nn: nn.TransformerDecoder(layer(nn), 2), inputs, masked)


@each
def test_transformer(options):
    def make(nn):
        return nn.Transformer(8, 2, 2, 1, 12, **settings(nn, options, batch_first=True))

    def call(m, module, x, y):
        causal = m.nn.Transformer.generate_square_subsequent_mask(4).double()
        padding = m.tensor(np.where(PADDING, -np.inf, 0))
        return module(
            x, y, tgt_mask=causal, src_key_padding_mask=padding, memory_key_padding_mask=padding, tgt_is_causal=True
        )

    assert_agree(make, [SOURCE, TARGET], call)


def test_causal_without_a_mask():
    """Here `is_causal` alone is enough, where PyTorch wants a mask beside it."""
    layer = minigrad.nn.TransformerEncoderLayer(8, 2, 12, 0.0, batch_first=True)
    x = minigrad.tensor(SOURCE).float()
    mask = minigrad.nn.Transformer.generate_square_subsequent_mask(5)
    assert_same(layer(x, is_causal=True), layer(x, mask))


def test_layers_of_a_stack_are_copies():
    layer = minigrad.nn.TransformerEncoderLayer(8, 2, 12)
    stack = minigrad.nn.TransformerEncoder(layer, 2)
    first, second = stack.layers
    assert minigrad.equal(first.linear1.weight, layer.linear1.weight)
    assert first.linear1.weight is not second.linear1.weight
    assert not np.shares_memory(first.linear1.weight.array, layer.linear1.weight.array)


def test_an_unknown_activation_is_refused():
    with pytest.raises(RuntimeError, match=r"TransformerEncoderLayer: activation = 'swish'"):
        minigrad.nn.TransformerEncoderLayer(8, 2, activation="swish")
