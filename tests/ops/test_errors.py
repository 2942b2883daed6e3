"""Errors name the function, the argument, the shapes or values, and what would do."""

import re

import pytest

import minigrad
from minigrad import nn, ones, tensor, zeros
from minigrad.nn import functional as F  # noqa: N812

SHAPES = [
    ("matmul", lambda: ones(2, 3) @ ones(4, 5), ["matmul", "(2, 3)", "(4, 5)", "3", "4"]),
    ("matmul, vectors", lambda: ones(3) @ ones(4), ["matmul", "(3", "(4"]),
    ("matmul, batches", lambda: ones(2, 3, 4) @ ones(5, 4, 3), ["matmul", "(2, 3, 4)", "(5, 4, 3)"]),
    ("matmul, a number", lambda: ones(3) @ tensor(2.0), ["matmul", "()", "(3,)", "use *"]),
    ("add", lambda: ones(2, 3) + ones(2, 4), ["add", "(2, 3)", "(2, 4)", "input", "other"]),
    ("mul", lambda: ones(2, 3) * ones(4), ["mul", "(2, 3)", "(4,)"]),
    ("maximum", lambda: minigrad.maximum(ones(2), ones(3)), ["maximum", "(2,)", "(3,)"]),
    ("where", lambda: minigrad.where(ones(2) > 0, ones(3), 0.0), ["where", "condition", "(2,)", "(3,)"]),
    ("masked_fill", lambda: ones(2).masked_fill(ones(3) > 0, 0.0), ["masked_fill", "mask", "(2,)", "(3,)"]),
    ("cat", lambda: minigrad.cat([ones(2, 3), ones(2, 4)]), ["cat", "tensors[0]", "tensors[1]", "(2, 3)", "(2, 4)"]),
    ("hstack", lambda: minigrad.hstack([ones(2), ones(2, 3)]), ["hstack, in cat: ", "(2,)", "(2, 3)", "dim = 0"]),
    ("l1_loss", lambda: F.l1_loss(ones(2, 3), ones(2)), ["l1_loss: ", "(2, 3)", "(2,)"]),
    ("cat, nothing", lambda: minigrad.cat([]), ["cat", "at least one"]),
    ("stack", lambda: minigrad.stack([ones(2), ones(3)]), ["stack", "(2,)", "(3,)"]),
    ("split", lambda: ones(5).split([2, 2]), ["split", "[2, 2]", "4", "5"]),
    ("reshape", lambda: ones(2, 3).reshape(4), ["reshape", "(2, 3)", "(4,)"]),
    ("reshape, two unknown", lambda: ones(2, 3).reshape(-1, -1), ["reshape", "(2, 3)"]),
    ("permute", lambda: ones(2, 3).permute(0, 0), ["permute", "(0, 0)", "2 dimensions"]),
    ("expand", lambda: ones(2, 3).expand(2, 4), ["broadcast_to", "(2, 3)"]),
    ("sum, twice", lambda: ones(2, 3).sum((0, -2)), ["sum", "(0, -2)", "twice"]),
    ("linear", lambda: F.linear(ones(2, 3), ones(5, 4)), ["linear", "(2, 3)", "(5, 4)"]),
    ("linear, bias", lambda: F.linear(ones(2, 4), ones(5, 4), ones(4)), ["linear", "bias", "(4,)", "(5, 4)"]),
    ("Linear", lambda: nn.Linear(4, 5)(ones(2, 3)), ["linear", "(2, 3)", "(5, 4)"]),
    ("layer_norm", lambda: F.layer_norm(ones(2, 3), (4,)), ["layer_norm", "(2, 3)", "(4,)"]),
    ("layer_norm, weight", lambda: F.layer_norm(ones(2, 3), (3,), ones(2)), ["layer_norm", "weight", "(2,)", "(3,)"]),
    ("cross_entropy", lambda: F.cross_entropy(ones(2, 3), tensor([1])), ["cross_entropy", "(1,)", "(2, 3)"]),
    ("cross_entropy, probabilities", lambda: F.cross_entropy(ones(2, 3), ones(2)), ["cross_entropy", "(2,)", "(2, 3)"]),
    ("nll_loss", lambda: F.nll_loss(ones(2, 3), tensor([1])), ["nll_loss", "(1,)", "(2, 3)"]),
    ("mse_loss", lambda: F.mse_loss(ones(2), ones(3)), ["mse_loss", "(2,)", "(3,)"]),
    (
        "bce",
        lambda: F.binary_cross_entropy_with_logits(ones(2), ones(3)),
        ["binary_cross_entropy_with_logits", "(2,)", "(3,)"],
    ),
    ("attention", lambda: F.attention(ones(2, 3), ones(2, 4), ones(2, 4)), ["attention", "(2, 3)", "(2, 4)"]),
    ("attention, positions", lambda: F.attention(ones(2, 3), ones(4, 3), ones(5, 3)), ["(4, 3)", "(5, 3)"]),
    ("gather", lambda: ones(2, 3).gather(1, tensor([0])), ["gather", "(1,)", "(2, 3)"]),
    ("item", lambda: ones(2).item(), ["item", "(2,)"]),
    ("median", lambda: zeros(0, 2).median(0), ["median", "(0, 2)", "dim 0"]),
    ("mode", lambda: zeros(0, 2).mode(0), ["mode", "(0, 2)", "dim 0"]),
    ("quantile", lambda: zeros(2, 0).quantile(0.5), ["quantile", "(2, 0)", "no elements"]),
    ("diff", lambda: tensor(1.0).diff(), ["diff", "()", "at least one"]),
    ("diff, prepend", lambda: ones(2, 3).diff(prepend=ones(3)), ["diff", "prepend", "(3,)", "(2, 3)"]),
    ("tensor", lambda: tensor([[1, 2], [3]]), ["tensor", "rectangular"]),
]


@pytest.mark.parametrize(("run", "words"), [pytest.param(*row[1:], id=row[0]) for row in SHAPES])
def test_shapes(run, words):
    with pytest.raises(minigrad.ShapeError) as caught:
        run()
    assert isinstance(caught.value, RuntimeError)  # PyTorch's
    assert isinstance(caught.value, ValueError)  # NumPy's
    missing = [word for word in words if word not in str(caught.value)]
    assert not missing, str(caught.value)
    assert "\n" not in str(caught.value)


POSITIONS = [
    ("embedding", lambda: F.embedding(tensor([0, 5]), ones(5, 2)), ["embedding", "5", "(5, 2)", "0 to 4"]),
    ("embedding, negative", lambda: F.embedding(tensor([-1]), ones(5, 2)), ["embedding", "-1"]),
    ("gather", lambda: ones(2, 3).gather(1, tensor([[3]])), ["gather", "3", "(2, 3)"]),
    ("gather, negative", lambda: ones(2, 3).gather(1, tensor([[-1]])), ["gather", "-1"]),
    ("cross_entropy", lambda: F.cross_entropy(ones(2, 3), tensor([0, 3])), ["cross_entropy", "class 3", "(2, 3)"]),
    ("getitem", lambda: ones(2, 3)[2], ["getitem", "(2, 3)", "2"]),
    ("getitem, too many", lambda: ones(2, 3)[0, 0, 0], ["getitem", "(2, 3)"]),
    ("sum", lambda: ones(2, 3).sum(2), ["sum", "dim = 2", "-2 to 1"]),
    ("mean", lambda: ones(2, 3).mean(-3), ["mean", "dim = -3"]),
    ("argmax of nothing", lambda: zeros(0).argmax(), ["argmax", "(0,)"]),
    ("max of nothing", lambda: zeros(2, 0).max(1), ["max, in argmax", "(2, 0)", "dim 1"]),
    ("max", lambda: ones(2, 3).max(2), ["argmax", "dim = 2"]),
    ("softmax", lambda: ones(2, 3).softmax(2), ["softmax", "(2, 3)", "2"]),
    ("transpose", lambda: ones(2, 3).transpose(0, 2), ["transpose", "dim = 2", "-2 to 1"]),
    ("unsqueeze", lambda: ones(2, 3).unsqueeze(4), ["unsqueeze", "dim = 4", "-3 to 2"]),
    ("squeeze", lambda: ones(2, 3).squeeze(2), ["squeeze", "dim = 2"]),
    ("flatten", lambda: ones(2, 3).flatten(0, 2), ["flatten", "dim = 2"]),
    ("cat", lambda: minigrad.cat([ones(2)], 1), ["cat", "(2,)", "1"]),
    ("split", lambda: ones(2).split(1, 1), ["split", "dim = 1"]),
    ("size", lambda: ones(2).size(1), ["size", "dim = 1"]),
]


@pytest.mark.parametrize(("run", "words"), [pytest.param(*row[1:], id=row[0]) for row in POSITIONS])
def test_positions(run, words):
    with pytest.raises(IndexError) as caught:
        run()
    assert all(word in str(caught.value) for word in words), str(caught.value)


TYPES = [
    ("add None", lambda: ones(2) + None, ["add", "None", "number"]),
    ("add text", lambda: ones(2) + "a", ["add", "'a'"]),
    ("mul a list", lambda: ones(2) * [1, 2], ["mul", "[1, 2]"]),
    ("mul complex", lambda: ones(2) * 1j, ["mul", "1j"]),
    ("compare with None", lambda: ones(2) < None, ["lt", "None"]),
    ("compare with text", lambda: ones(2).eq("a"), ["eq", "'a'"]),
    ("matmul", lambda: ones(2, 2) @ ones(2, 2).double(), ["matmul", "float32", "float64", ".to()"]),
    ("matmul of integers", lambda: ones(2, 2) @ tensor([[1], [2]]), ["matmul", "float32", "int64"]),
    ("linear", lambda: nn.Linear(2, 2)(ones(2).double()), ["linear", "float32", "float64"]),
    ("embedding", lambda: F.embedding(ones(2), ones(5, 2)), ["embedding", "float32", ".long()"]),
    ("gather", lambda: ones(2).gather(0, ones(1)), ["gather", "float32"]),
    ("mean", lambda: tensor([1, 2]).mean(), ["mean", "int64", ".float()"]),
    ("tensor of text", lambda: tensor(["a"]), ["tensor", "not supported"]),
    ("tensor of None", lambda: tensor(None), ["tensor", "not supported"]),
    ("from_numpy", lambda: minigrad.from_numpy([1.0]), ["from_numpy", "list"]),
    ("len", lambda: len(tensor(1.0)), ["len", "()"]),
    ("iter", lambda: list(tensor(1.0)), ["iter", "()"]),
    ("index", lambda: [1, 2][ones(1)], ["index", "float32"]),
    ("Module.to", lambda: nn.Linear(1, 1).to(minigrad.int64), ["Linear.to", "int64"]),
    ("mean", lambda: tensor([1]).mean(), ["mean", "(1,)", "int64", ".float()"]),
    ("nanmean", lambda: tensor([1]).nanmean(), ["nanmean", "int64", ".float()"]),
    ("var", lambda: tensor([1]).var(), ["var", "(1,)", "int64", ".float()"]),
    ("var, biased by a number", lambda: ones(2).var(0, 0), ["var", "unbiased = 0", "correction"]),
    ("logcumsumexp", lambda: tensor([1]).logcumsumexp(0), ["logcumsumexp", "int64", ".float()"]),
    ("cumsum, of bools", lambda: tensor([True]).cumsum(0, dtype=minigrad.bool), ["cumsum", "bool", "int64"]),
    ("median, of bools", lambda: tensor([True]).median(0), ["median", "bool", ".int()"]),
    ("max, keepdim", lambda: ones(2).max(keepdim=True), ["max", "keepdim", "dim"]),
    ("quantile, type", lambda: ones(2).quantile(tensor(0.5).double()), ["quantile", "float64", "float32"]),
    ("missing argument", lambda: minigrad.exp(), ["exp", "input"]),
    ("missing parameter", lambda: minigrad.add(ones(1)), ["add", "'other'", "missing"]),
    ("unknown argument", lambda: minigrad.sum(ones(2), along=0), ["sum", "'along'", "dim"]),
    ("too many arguments", lambda: minigrad.exp(ones(2), 1, 2), ["exp", "3 arguments"]),
    ("argument given twice", lambda: minigrad.sum(ones(2), 0, dim=0), ["sum", "'dim'", "twice"]),
    ("optimizer of one tensor", lambda: minigrad.optim.SGD(ones(2), lr=0.1), ["SGD", "list"]),
    ("attention mask", lambda: F.split_mask(tensor([1]), "blocked"), ["mask", "int64", "bool"]),
]


@pytest.mark.parametrize(("run", "words"), [pytest.param(*row[1:], id=row[0]) for row in TYPES])
def test_types(run, words):
    with pytest.raises(TypeError) as caught:
        run()
    assert all(word in str(caught.value) for word in words), str(caught.value)


VALUES = [
    ("dropout", lambda: F.dropout(ones(2), 1.5), ["dropout", "1.5", "0 and 1"]),
    ("Dropout", lambda: nn.Dropout(-0.1), ["Dropout", "-0.1"]),
    ("reduction", lambda: F.mse_loss(ones(2), ones(2), reduction="all"), ["mse_loss", "'all'", "'mean'"]),
    ("smoothing", lambda: F.cross_entropy(ones(1, 2), tensor([0]), label_smoothing=2), ["label_smoothing", "2"]),
    ("heads", lambda: nn.MultiheadAttention(8, 3), ["MultiheadAttention", "8", "3", "1, 2, 4, 8"]),
    ("Linear", lambda: nn.Linear(0, 3), ["Linear", "in_features = 0"]),
    ("Embedding", lambda: nn.Embedding(3, 2, padding_idx=3), ["Embedding", "padding_idx = 3"]),
    ("clamp", lambda: ones(2).clamp(), ["clamp", "min and max"]),
    ("chunk", lambda: ones(2).chunk(0), ["chunk", "0"]),
    ("zeros", lambda: zeros(2, -1), ["zeros", "-1"]),
    ("init", lambda: nn.init.xavier_uniform_(ones(2)), ["xavier_uniform_", "(2,)", "two dimensions"]),
    ("gain", lambda: nn.init.calculate_gain("swish"), ["'swish'", "relu"]),
]


@pytest.mark.parametrize(("run", "words"), [pytest.param(*row[1:], id=row[0]) for row in VALUES])
def test_values(run, words):
    with pytest.raises(ValueError, match=re.escape(words[0])) as caught:
        run()
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_a_tensor_is_neither_true_nor_false():
    with pytest.raises(RuntimeError, match=r"shape \(2,\).*any"):
        bool(ones(2))
    assert bool(tensor([1]))
    assert not tensor(0.0)
    with pytest.raises(RuntimeError, match=r"detach\(\)\.numpy"):
        ones(2, requires_grad=True).numpy()
