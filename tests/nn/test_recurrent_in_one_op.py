"""Recurrent layers as one op each: what their steps give, whatever the options, the lengths and the types."""

import tracemalloc

import numpy as np
import pytest

import minigrad
from minigrad import nn
from minigrad.autograd import grad
from minigrad.autograd.backward import history
from minigrad.autograd.watching import Watcher
from minigrad.graph import record
from minigrad.nn.utils.rnn import pack_padded_sequence

KINDS = {"lstm": (nn.LSTM, {}), "gru": (nn.GRU, {}), "rnn": (nn.RNN, {}), "relu": (nn.RNN, {"nonlinearity": "relu"})}
each_kind = pytest.mark.parametrize("kind", KINDS)
OPTIONS = [
    {},
    {"num_layers": 3, "bidirectional": True, "bias": False},
    {"num_layers": 2, "batch_first": True, "dropout": 0.5},
    {"num_layers": 2, "bidirectional": True, "dtype": minigrad.float64},
]


def make(kind, **options):
    minigrad.manual_seed(0)
    layer, more = KINDS[kind]
    return layer(3, 4, **options, **more)


def leaves(*shapes, dtype="float32"):
    random = np.random.default_rng(0)
    return [minigrad.tensor(random.standard_normal(shape).astype(dtype), requires_grad=True) for shape in shapes]


def flat(results):
    return [x for y in results for x in flat(y)] if isinstance(results, tuple | list) else [results]


def results(module, x, start=None, lengths=None, create_graph=False):
    """Outputs, last states, and the gradients of all that has one; and the names of the ops that ran."""
    minigrad.manual_seed(1)  # for dropout
    given = x if lengths is None else pack_padded_sequence(x, lengths, module.batch_first, enforce_sorted=False)
    output, last = module(given, start)
    outputs = flat([output if lengths is None else output.data, last])
    inputs = [x, *flat([] if start is None else start), *module.parameters()]
    loss = minigrad.stack([(y * y * (i + 1)).sum() for i, y in enumerate(outputs)]).sum()
    gradients = grad(loss, inputs, create_graph=create_graph)
    if create_graph:
        gradients += grad(minigrad.stack([(g * g).sum() for g in gradients]).sum(), inputs)
    return [x.array for x in (*outputs, *gradients)], {node.op.name for node in history([loss.grad_fn])}


def both(module, *args, **options):
    """The results by one op for each layer and direction, and by steps, which somebody watches."""
    found, names = results(module, *args, **options)
    assert names & {"lstm", "gru", "rnn"}
    with Watcher():
        expected, names = results(module, *args, **options)
    assert not names & {"lstm", "gru", "rnn"}
    return found, expected


def agree(found, expected, tolerance=1e-6):
    for a, b in zip(found, expected, strict=True):
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        np.testing.assert_allclose(a, b, rtol=0, atol=tolerance * max(1, np.abs(b).max()))


@each_kind
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("lengths", [None, [5, 2, 4], [5, 5, 5]], ids=str)
def test_one_op_gives_what_its_steps_give(kind, options, lengths):
    module, dtype = make(kind, **options), str(np.dtype(options.get("dtype", "float32")))
    states = module.num_layers * (2 if module.bidirectional else 1), 3, 4
    x, *start = leaves((3, 5, 3) if module.batch_first else (5, 3, 3), *[states] * (1 + module.has_cell), dtype=dtype)
    agree(*both(module, x, lengths=lengths))
    agree(*both(module, x, tuple(start) if module.has_cell else start[0], lengths))


@each_kind
@pytest.mark.parametrize("bidirectional", [False, True])
def test_second_derivatives_are_those_of_the_steps(kind, bidirectional):
    module = make(kind, bidirectional=bidirectional, dtype=minigrad.float64)
    (x,) = leaves((5, 3, 3), dtype="float64")
    agree(*both(module, x, lengths=[5, 4, 1], create_graph=True), tolerance=1e-12)


@each_kind
def test_gates_that_are_wide_open_or_shut(kind):
    module = make(kind)
    (x,) = leaves((5, 3, 3))
    agree(*both(module, (x * 1e4).detach().requires_grad_()), tolerance=1e-5)


@each_kind
def test_without_a_history_the_outputs_are_the_same(kind):
    module = make(kind, num_layers=2, bidirectional=True)
    (x,) = leaves((5, 3, 3))
    expected = flat(module(x))
    with minigrad.no_grad():
        for a, b in zip(flat(module(x)), expected, strict=True):
            assert a.grad_fn is None
            assert minigrad.equal(a, b)


@each_kind
@pytest.mark.parametrize("shape", [(5, 3), (1, 1, 3)], ids=str)
def test_one_sequence_and_one_step(kind, shape):
    agree(*both(make(kind, bidirectional=True), *leaves(shape)))


@each_kind
def test_outputs_may_be_written_to_but_weights_may_not(kind):
    module = make(kind)
    (x,) = leaves((5, 3, 3))
    expected = grad((module(x)[0] * 2).sum(), x)[0]
    output = module(x)[0]
    output *= 2
    assert minigrad.equal(grad(output.sum(), x)[0], expected)
    output = module(x)[0]
    with minigrad.no_grad():
        module.weight_hh_l0 *= 2
    with pytest.raises(RuntimeError, match=r"(lstm|gru|rnn) saved an input of shape"):
        output.sum().backward()


@each_kind
def test_types_that_are_unusual_go_step_by_step(kind):
    module = make(kind).half()
    assert module(minigrad.ones(5, 3, 3).half())[0].dtype == minigrad.float16
    with pytest.raises(TypeError, match="linear: input"):
        make(kind)(minigrad.ones(5, 3, 3).half())


@each_kind
def test_steps_are_recorded_where_somebody_watches(kind):
    module = make(kind)
    with record() as graph:
        module(*leaves((2, 3, 3)))
    assert {"step 0", "step 1"} <= {scope.name for scope in graph.scopes.values()}


def peak(module, x):
    """The most memory that a training step holds, in bytes."""
    module(x)[0].sum().backward()  # makes the gradients, and caches
    tracemalloc.start()
    module(x)[0].sum().backward()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


@each_kind
def test_one_op_needs_no_more_memory_than_its_steps(kind):
    layer, more = KINDS[kind]
    module, x = layer(32, 32, 2, **more), minigrad.ones(20, 32, 32)
    fused = peak(module, x)
    with Watcher():
        assert fused <= peak(module, x)
