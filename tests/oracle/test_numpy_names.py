"""PyTorch's functions understand the names that NumPy gives to their arguments, and so do these."""

import pytest

import minigrad
from tests.oracle.comparing import assert_same

torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")

CALLS = {
    "sum": lambda m, x, i: m.sum(x, axis=1, keepdims=True),
    "mean": lambda m, x, i: x.mean(axis=(0, 1)),
    "argmax": lambda m, x, i: x.argmax(axis=1),
    "max": lambda m, x, i: m.max(x, x2=-x),
    "maximum": lambda m, x, i: m.maximum(x1=x, x2=-x),
    "exp": lambda m, x, i: m.exp(x=x) + m.exp(a=x),
    "argsort": lambda m, x, i: m.argsort(x, axis=0),
    "sort": lambda m, x, i: m.sort(x, axis=0)[0],
    "topk": lambda m, x, i: x.topk(1, axis=1)[0],
    "cat": lambda m, x, i: m.cat([x, x], axis=1),
    "stack": lambda m, x, i: m.stack([x, x], axis=1),
    "chunk": lambda m, x, i: m.chunk(x, 2, axis=1)[0],
    "tensor_split": lambda m, x, i: x.tensor_split(2, axis=1)[1],
    "unbind": lambda m, x, i: m.unbind(x, axis=1)[2],
    "narrow": lambda m, x, i: m.narrow(x, axis=1, start=0, length=1),
    "select": lambda m, x, i: x.select(axis=1, index=0),
    "squeeze": lambda m, x, i: m.squeeze(x[:1], axis=0),
    "unsqueeze": lambda m, x, i: m.unsqueeze(x, axis=-1),
    "softmax": lambda m, x, i: m.softmax(x, axis=1) - x.log_softmax(axis=0),
    "gather": lambda m, x, i: m.gather(x, axis=0, index=i),
    "index_select": lambda m, x, i: x.index_select(axis=0, index=i[0]),
    "take_along_dim": lambda m, x, i: m.take_along_dim(x, i, axis=0),
    "scatter": lambda m, x, i: m.scatter(x, axis=0, index=i, value=1.0),
    "scatter_add": lambda m, x, i: x.scatter_add(axis=0, index=i, src=x),
    "index_add": lambda m, x, i: x.index_add(axis=0, index=i[0, :1], source=x[:1]),
    "index_copy": lambda m, x, i: x.index_copy(axis=0, index=i[0, :1], source=x[1:]),
    "index_fill": lambda m, x, i: x.index_fill(axis=0, index=i[0, :1], value=3.0),
    "repeat_interleave": lambda m, x, i: m.repeat_interleave(x, 2, axis=1),
    "cross": lambda m, x, i: m.cross(x, -x[[1, 0]], axis=1),
    "vector_norm": lambda m, x, i: m.linalg.vector_norm(x, axis=1, keepdims=True),
    "matrix_norm": lambda m, x, i: m.linalg.matrix_norm(x, axis=(0, 1)),
    "norm": lambda m, x, i: m.linalg.norm(x, axis=1),
}


@pytest.mark.parametrize("name", CALLS)
def test_as_in_torch(name):
    results = []
    for library in (minigrad, torch):
        x = library.tensor([[1.0, -2.0, 0.5], [0.3, 3.0, -1.0]])
        results.append(CALLS[name](library, x, library.tensor([[0, 1, 0]])))
    assert_same(*results)


@pytest.mark.parametrize("call", [lambda m: m.sum(m.ones(2), 0, axis=0), lambda m: m.cat([m.ones(2)], dim=0, axis=0)])
def test_a_dim_given_twice_is_refused(call):
    for library in (torch, minigrad):
        with pytest.raises(TypeError):
            call(library)
