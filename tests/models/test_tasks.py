import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigrad
from models.config import Config, UsageError
from models.tasks import BOS, EOS, PAD, SPECIAL, answer, check_symbols, held_out, make_batch, stream

sequences = st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=8).map(tuple), min_size=1, max_size=5)


@given(sequences, st.sampled_from(["copy", "reverse"]))
def test_a_batch_holds_the_sequence_its_answer_and_the_answer_so_far(rows, task):
    batch = make_batch(task, rows)
    for symbols, source, target_in, target_out in zip(
        rows, batch.source.tolist(), batch.target_in.tolist(), batch.target_out.tolist(), strict=True
    ):
        said = [s + SPECIAL for s in (symbols if task == "copy" else reversed(symbols))]
        n = len(symbols)
        assert source == [s + SPECIAL for s in symbols] + [EOS] + [PAD] * (len(source) - n - 1)
        assert target_out == [*said, EOS] + [PAD] * (len(source) - n - 1)
        assert target_in == [BOS, *said] + [PAD] * (len(source) - n - 1)


def test_reverse_and_copy():
    assert answer("reverse", (1, 2, 3)) == (3, 2, 1)
    assert answer("copy", (1, 2, 3)) == (1, 2, 3)


def test_held_out_sequences_are_different_and_of_every_length_that_allows_it():
    chosen = held_out(Config())
    assert len(chosen) == len(set(chosen)) == 1000
    assert {len(s) for s in chosen} == set(range(1, 11))
    assert all(0 <= symbol < 10 for s in chosen for symbol in s)


def test_training_never_sees_a_held_out_sequence_but_sees_every_length():
    config = Config(vocabulary=3, max_length=4, batch=200)
    forbidden = set(held_out(config))
    seen = set()
    for batch in itertools.islice(stream(config, minigrad.Generator().manual_seed(0)), 20):
        for row in batch.source.tolist():
            seen.add(tuple(token - SPECIAL for token in row if token >= SPECIAL))
    assert not seen & forbidden
    possible = {s for n in range(1, 5) for s in itertools.product(range(3), repeat=n)}
    assert seen == possible - forbidden  # and everything else does come


def test_the_stream_is_decided_by_its_generator_and_goes_on_from_its_state():
    config = Config(batch=8)
    one, two = minigrad.Generator().manual_seed(3), minigrad.Generator().manual_seed(3)
    first = stream(config, one)
    again = stream(config, two)
    for _ in range(3):
        assert np.array_equal(next(first).source.numpy(), next(again).source.numpy())
    resumed = stream(config, minigrad.Generator().set_state(one.get_state()))
    assert np.array_equal(next(first).source.numpy(), next(resumed).source.numpy())


@pytest.mark.parametrize("symbols", [(), (10,), (3, -1)])
def test_sequences_that_are_none_are_refused(symbols):
    with pytest.raises(UsageError, match="empty" if not symbols else f"symbol {symbols[-1]} is outside the vocabulary"):
        check_symbols(symbols, 10)


def test_too_few_sequences_to_hold_any_out():
    with pytest.raises(UsageError, match="vocabulary = 2 and max_length = 2 allow too few"):
        held_out(Config(vocabulary=2, max_length=2))
