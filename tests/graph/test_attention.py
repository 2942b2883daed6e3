"""Where a graph attends: found by the roles of a few nodes and the arrows between them, in every kind of attention."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import minigrad
from minigrad import nn
from minigrad.graph import Graph, read
from minigrad.graph.explorer.attention import attention_of, checked_decoding, checked_tokens
from minigrad.graph.reading import ran
from models.build import build
from models.config import Config
from models.tasks import make_batch


def seen_by(module, *inputs, **options) -> tuple[list[dict[str, Any]], Graph, dict[str, np.ndarray]]:
    """What is found of a call, its graph, and what the module noted, by name."""
    with nn.Recorder(module) as seen:
        output = module(*inputs, **options)
    output = output[0] if isinstance(output, tuple) else output
    loss = (output * output).sum()
    graph = read(loss, values=True)
    engine = dict(zip((i for i in graph.nodes if graph.nodes[i].kind == "op"), ran(loss, "test")[1], strict=True))
    roles = {x.node: name.rpartition(".")[2] for name, x in seen.items() if x.node is not None}
    for i, node in engine.items():
        graph.nodes[i] = replace(graph.nodes[i], role=roles.get(node, ""))
    return attention_of(graph, engine), graph, {name: x.detach().numpy() for name, x in seen.items()}


def value(graph: Graph, node: int | None) -> np.ndarray:
    assert node is not None
    numbers = graph.nodes[node].value
    assert numbers is not None
    return numbers.array


def check(heads: list[dict[str, Any]], graph: Graph, noted: dict[str, np.ndarray], prefix: str = "") -> None:
    """Each head's nodes hold what it noted, and lead from one to the next."""
    for head in heads:
        name = ".".join(filter(None, (prefix, head["head"])))
        name = f"{name}." if name else ""
        for part in ("q", "k", "v", "scores", "weights", "output"):
            np.testing.assert_array_equal(value(graph, head[part]), noted[f"{name}{part}"])
        scores = head["scale"] * value(graph, head["q"]) @ value(graph, head["k"]).swapaxes(-1, -2)
        if head["bias"] is not None:
            scores = scores + value(graph, head["bias"])
        np.testing.assert_allclose(scores, value(graph, head["scores"]), atol=1e-5)
        assert head["chain"][0] == head["scores"]
        assert head["chain"][-1] == head["weights"]
        assert head["missing"] == []


def leaf(*shape: int) -> minigrad.Tensor:
    return minigrad.randn(*shape, requires_grad=True)


def test_heads_side_by_side():
    attention = nn.MultiheadAttention(8, 2, batch_first=True)
    x = leaf(2, 5, 8)
    heads, graph, noted = seen_by(attention, x, x, x, need_weights=False)
    assert [head["head"] for head in heads] == ["head 0", "head 1"]
    assert heads[0]["scale"] == pytest.approx(0.5)
    check(heads, graph, noted)


def test_one_head_with_matrices_of_its_own():
    heads, graph, noted = seen_by(nn.SelfAttention(6), leaf(5, 6))
    check(heads, graph, noted, "attention")


def test_scores_that_are_not_scaled():
    x = leaf(3, 4)
    heads, graph, noted = seen_by(nn.Attention(4, score="dot"), x * 1, x * 2, x * 3)
    assert heads[0]["scale"] == 1
    check(heads, graph, noted)


def test_a_mask_is_found():
    attention = nn.MultiheadAttention(4, 1, batch_first=True)
    x = leaf(1, 3, 4)
    heads, graph, noted = seen_by(attention, x, x, x, need_weights=False, is_causal=True)
    (head,) = heads
    np.testing.assert_array_equal(value(graph, head["mask"]), np.triu(np.ones((3, 3)), 1) > 0)
    check(heads, graph, noted)


def test_a_bias_is_found_and_is_no_mask():
    attention = nn.MultiheadAttention(4, 2, batch_first=True, positions=nn.ALiBi(2))
    x = leaf(1, 3, 4)
    heads, graph, noted = seen_by(attention, x, x, x, need_weights=False)
    assert all(head["bias"] is not None and head["mask"] is None for head in heads)
    check(heads, graph, noted)


@pytest.mark.parametrize("normaliser", ["relu", "sigmoid", "sparsemax"])
def test_other_normalisers(normaliser):
    x = leaf(3, 4)
    heads, graph, noted = seen_by(nn.Attention(4, normaliser=normaliser), x * 1, x * 2, x * 3)
    check(heads, graph, noted)


class Batched(nn.Module):
    """All heads in one tensor, (B, h, T, d), as most code has them."""

    def forward(self, x):
        q, k, v = ((x * n).reshape(2, 5, 3, 4).transpose(1, 2) for n in (1, 2, 3))
        return nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)


def test_heads_in_one_tensor():
    heads, graph, noted = seen_by(Batched(), leaf(2, 5, 12))
    (head,) = heads
    for part in ("scores", "weights", "output"):
        np.testing.assert_array_equal(value(graph, head[part]), noted[part])
    q, k = value(graph, head["q"]), value(graph, head["k"])
    assert q.shape == k.shape == value(graph, head["v"]).shape == (2, 3, 5, 4)
    np.testing.assert_allclose(q @ k.swapaxes(-1, -2) * head["scale"], noted["scores"], atol=1e-5)
    assert head["mask"] is not None


def test_additive_scores_say_that_they_are_no_products():
    x = leaf(3, 4)
    heads, *_ = seen_by(nn.Attention(4, score="additive"), x * 1, x * 2, x * 3)
    (head,) = heads
    assert head["product"] is None
    assert head["missing"] == ["its scores are not products q · k, so their terms are not shown"]
    assert head["v"] is not None


def ids(graph: Graph, node: int | None) -> list[int]:
    return value(graph, node).reshape(-1).tolist()


def test_the_tokens_of_queries_and_keys_are_found():
    """Two sequences equally long, so that only the way that the rows came can tell them apart."""
    model = build(Config(d_model=8, heads=2, feed_forward=8))
    batch = make_batch("reverse", [(1, 2, 3)])
    heads, graph, _ = seen_by(model, batch.source, batch.target_in)
    source, target = batch.source.tolist()[0], batch.target_in.tolist()[0]
    assert source != target
    for head in heads:
        of_decoder, to_itself = head["layer"].startswith("decoder"), head["layer"].endswith("self_attn")
        assert ids(graph, head["queries"]) == (target if of_decoder else source), head["layer"]
        assert ids(graph, head["keys"]) == (target if of_decoder and to_itself else source), head["layer"]
    assert len(heads) == 12


def test_an_rnn_that_looks_back():
    model = build(Config(model="rnn-attention", d_model=8, layers=1))
    batch = make_batch("reverse", [(1, 2, 3)])
    heads, graph, noted = seen_by(model, batch.source, batch.target_in)
    (head,) = heads
    assert head["layer"] == "decoder.attention"
    np.testing.assert_array_equal(value(graph, head["weights"]), noted["decoder.attention.weights"])
    assert ids(graph, head["keys"]) == batch.source.tolist()[0]


def test_a_graph_without_attention():
    heads, *_ = seen_by(nn.Linear(2, 2), leaf(1, 2))
    assert heads == []


def test_tokens_are_texts():
    assert checked_tokens({"source": ("a", "b")}) == {"source": ["a", "b"]}
    assert checked_tokens(None) == []
    for wrong in ("abc", [1, 2], {"source": "abc"}):
        with pytest.raises(ValueError, match="explore: tokens is"):
            checked_tokens(wrong)


def test_decoding_keeps_the_likeliest_ten():
    (step,) = checked_decoding([{"tokens": [], "probabilities": {str(i): i / 66 for i in range(12)}}])
    assert [text for text, _ in step["probabilities"]] == [str(i) for i in range(11, 1, -1)]


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("abc", r"decoding\[0\] is 'abc'"),
        ({"probabilities": {}}, "must be a dict with 'tokens'"),
        ({"tokens": [], "attention": [{"label": "h", "keys": ["a"], "row": [0.5, 0.5]}]}, "2 weights for 1 keys"),
    ],
)
def test_decoding_of_another_form_is_refused(step, message):
    with pytest.raises(ValueError, match=message):
        checked_decoding([step])
