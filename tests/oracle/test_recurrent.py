"""Recurrent networks with PyTorch's weights, and packed sequences."""

import itertools

import numpy as np
import pytest

import minigrad
from tests.oracle.agreeing import assert_agree
from tests.oracle.comparing import assert_same

torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")


rng = np.random.default_rng(0)
KINDS = [("RNN", {}), ("RNN", {"nonlinearity": "relu"}), ("LSTM", {}), ("GRU", {})]
each_kind = pytest.mark.parametrize(("name", "more"), KINDS, ids=["tanh", "relu", "lstm", "gru"])
OPTIONS = [
    {},
    {"num_layers": 2},
    {"bidirectional": True},
    {"num_layers": 3, "bidirectional": True, "bias": False},
    {"batch_first": True, "num_layers": 2},
]


def states(name, options, *batch):
    count = options.get("num_layers", 1) * (2 if options.get("bidirectional") else 1)
    return [rng.standard_normal((count, *batch, 4)) for _ in range(2 if name == "LSTM" else 1)]


def with_state(library, module, x, *state):
    return module(x, state if len(state) > 1 else state[0]) if state else module(x)


@each_kind
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_sequences(name, more, options):
    def make(nn):
        return getattr(nn, name)(3, 4, **options, **more)

    batch = rng.standard_normal((5, 2, 3))
    if options.get("batch_first"):
        batch = batch.transpose(1, 0, 2).copy()
    for start in ([], states(name, options, 2)):
        assert_agree(make, [batch, *start], with_state)
    for start in ([], states(name, options)):
        assert_agree(make, [rng.standard_normal((6, 3)), *start], with_state)


@each_kind
def test_cells(name, more):
    for bias, batch in itertools.product((True, False), ((), (2,))):

        def make(nn, bias=bias):
            return getattr(nn, name + "Cell")(3, 4, bias, **more)

        x = rng.standard_normal((*batch, 3))
        start = [rng.standard_normal((*batch, 4)) for _ in range(2 if name == "LSTM" else 1)]
        assert_agree(make, [x], with_state)
        assert_agree(make, [x, *start], with_state)


@each_kind
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("lengths", [[5, 4, 4, 1], [2, 5, 1, 5], [3, 3, 3, 3]], ids=str)
def test_packed(name, more, options, lengths):
    def make(nn):
        return getattr(nn, name)(3, 4, **options, **more)

    def call(library, module, x, *start):
        utils = library.nn.utils.rnn
        packed = utils.pack_padded_sequence(x, lengths, module.batch_first, enforce_sorted=False)
        output, last = with_state(library, module, packed, *start)
        return utils.pad_packed_sequence(output, module.batch_first), last, output.data

    x = rng.standard_normal((4, 5, 3) if options.get("batch_first") else (5, 4, 3))
    assert_agree(make, [x], call)
    assert_agree(make, [x, *states(name, options, 4)], call)


@pytest.mark.parametrize("batch_first", [True, False])
def test_packing(batch_first):
    parts = [rng.standard_normal((n, 2)) for n in (3, 1, 4)]
    padded = rng.standard_normal((3, 4, 2) if batch_first else (4, 3, 2))

    def results(library):
        utils = library.nn.utils.rnn
        tensors = [library.tensor(x) for x in parts]
        x = library.tensor(padded)
        packed = utils.pack_sequence(tensors, enforce_sorted=False)
        descending = utils.pack_padded_sequence(x, library.tensor([4, 2, 2]), batch_first)
        return [
            *packed,
            descending.data,
            descending.batch_sizes,
            utils.pad_sequence(tensors, batch_first, 7.0),
            utils.pad_sequence(tensors, batch_first, padding_side="left"),
            *utils.pad_packed_sequence(packed, batch_first, -1.0, total_length=6),
            *utils.unpad_sequence(x, library.tensor([2, 1, 2]), batch_first),
        ]

    for i, (a, b) in enumerate(zip(results(minigrad), results(torch), strict=True)):
        assert_same(a, b, f"result {i}")


def test_padding_and_packing_with_all_arguments():
    values = [rng.standard_normal((n, 2)) for n in (2, 4, 1)]
    results = []
    for library in (minigrad, torch):
        utils = library.nn.utils.rnn
        sequences = [library.tensor(x, requires_grad=True) for x in values]
        outputs = [
            utils.pad_sequence(sequences, batch_first, padding_value, side)
            for batch_first in (True, False)
            for padding_value, side in ((0.0, "right"), (-1.5, "left"))
        ]
        packed = utils.pack_sequence(sequences, enforce_sorted=False)
        outputs += [packed.data, packed.batch_sizes, packed.sorted_indices, packed.unsorted_indices]
        outputs += utils.unpack_sequence(packed)
        outputs += utils.pad_packed_sequence(packed, batch_first=True, padding_value=2.0, total_length=6)
        outputs += utils.unpad_sequence(outputs[1], library.tensor([2, 4, 1]), batch_first=True)
        outputs += [packed.float().data, packed.double().cpu().data, packed.to("cpu").data]
        assert not packed.is_cuda
        sum((x**2).sum() for x in outputs if x.requires_grad).backward()
        results.append([*outputs, *(x.grad for x in sequences)])
    for a, b in zip(*results, strict=True):
        assert_same(a, b)


REFUSED = [
    lambda m: m.nn.utils.rnn.pack_padded_sequence(m.ones(3, 2), [1, 2]),
    lambda m: m.nn.utils.rnn.pack_padded_sequence(m.ones(3, 2), [2, 0]),
    lambda m: m.nn.utils.rnn.pack_padded_sequence(m.ones(3, 2), [3]),
    lambda m: m.nn.utils.rnn.pad_sequence([]),
    lambda m: m.nn.utils.rnn.pad_packed_sequence(m.nn.utils.rnn.pack_sequence([m.ones(3)]), total_length=2),
    lambda m: m.nn.RNN(2, 3, nonlinearity="sigmoid"),
    lambda m: m.nn.RNN(2, 3, dropout=1.5),
    lambda m: m.nn.RNN(2, 0),
    lambda m: m.nn.RNN(2, 3)(m.ones(4, 1, 3)),
    lambda m: m.nn.RNN(2, 3)(m.ones(2)),
    lambda m: m.nn.RNN(2, 3)(m.ones(0, 1, 2)),
    lambda m: m.nn.RNN(2, 3)(m.ones(4, 1, 2), m.ones(1, 2, 3)),
    lambda m: m.nn.LSTM(2, 3)(m.ones(4, 1, 2), m.ones(1, 1, 3)),
    lambda m: m.nn.GRUCell(2, 3)(m.ones(4, 3)),
    lambda m: m.nn.GRUCell(2, 3)(m.ones(4, 2), m.ones(2, 3)),
]


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_refused(number):
    for library in (torch, minigrad):
        with pytest.raises((RuntimeError, ValueError, TypeError, IndexError)):
            REFUSED[number](library)


def test_names_that_code_initialises_weights_by():
    ours, theirs = (
        library.nn.LSTM(2, 3, num_layers=2, bidirectional=True, bias=False) for library in (minigrad, torch)
    )
    assert ours._flat_weights_names == theirs._flat_weights_names
    assert [tuple(w.shape) for w in ours._flat_weights] == [tuple(w.shape) for w in theirs._flat_weights]
    weight, their_weight = minigrad.ones(3, 4, 5), torch.ones(3, 4, 5)
    fans = torch.nn.init._calculate_fan_in_and_fan_out(their_weight)
    assert minigrad.nn.init._calculate_fan_in_and_fan_out(weight) == fans
    assert [minigrad.nn.init._calculate_correct_fan(weight, mode) for mode in ("fan_in", "fan_out")] == list(fans)
