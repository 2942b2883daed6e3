"""The note's example: by vectors, by matrices and by the module, outputs and gradients."""

import numpy as np
import pytest

import minigrad
from models import example
from models.cli import main


def test_the_three_ways_agree():
    assert len(example.compared()) == 5
    assert max(example.compared().values()) < 1e-12


@pytest.mark.parametrize("heads", [1, 2, 3])
@pytest.mark.parametrize("length", [1, 4, 7])
def test_they_agree_for_other_sizes(heads, length):
    rng = np.random.default_rng(heads * 10 + length)
    I, G = (rng.standard_normal((6, length)) for _ in range(2))  # noqa: E741, N806
    w = example.Weights(*(minigrad.tensor(rng.standard_normal((6, 6)), requires_grad=True) for _ in range(4)))
    inputs = minigrad.from_numpy(I)
    outputs = example.by_matrices(inputs, w, heads)
    vectors = minigrad.stack(example.by_vectors(inputs, w, heads), 1)
    np.testing.assert_allclose(vectors.detach().numpy(), outputs.detach().numpy(), rtol=1e-10, atol=1e-12)
    in_module = example.by_module(inputs, example.module(w, heads))
    np.testing.assert_allclose(in_module.detach().numpy(), outputs.detach().numpy(), rtol=1e-10, atol=1e-12)
    by_hand = example.gradients_by_hand(I, w, G, heads)
    for way in (outputs, vectors):
        gradients = minigrad.autograd.grad(way, list(vars(w).values()), minigrad.from_numpy(G))
        for g, expected in zip(gradients, vars(by_hand).values(), strict=True):
            np.testing.assert_allclose(g.numpy(), expected, rtol=1e-9, atol=1e-11)


def test_columns_here_are_rows_there():
    """softmax(Q Kᵀ) V in rows is V A' in columns."""
    I, w = example.inputs(), example.weights()  # noqa: E741, N806
    q, k, v = (I.T @ x.T for x in (w.q, w.k, w.v))
    rows = (q @ k.T).softmax(-1) @ v @ w.o.T
    np.testing.assert_allclose(rows.T.detach().numpy(), example.by_matrices(I, w, heads=1).detach().numpy(), rtol=1e-12)


def test_the_command(tmp_path, capsys):
    assert main(["example", "--out", str(tmp_path / "graph.svg")]) == 0
    said = capsys.readouterr().out
    assert "scores A2 = K2ᵀ Q2\n     0.500   -1.000   -0.500    0.500" in said
    assert "gradients, module and by hand" in said
    svg = (tmp_path / "graph.svg").read_text()
    for word in ("head 1", "head 2", "W^q", "matmul", "softmax", "cat"):
        assert word in svg
    assert main(["example", "--out", "graph.gif"]) == 2
    assert "graph.gif: the format is unknown; a name that ends with .svg" in capsys.readouterr().err
