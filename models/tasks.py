"""The tasks: say a sequence again (copy), or backwards (reverse).

Symbols are the numbers 0 to vocabulary - 1; the model sees them as tokens behind three special ones. Sequences that
are held out for evaluation never occur in the training stream.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

import minigrad
from minigrad import Tensor
from models.config import Config, UsageError

PAD, BOS, EOS = 0, 1, 2  # fill up; begin; end
SPECIAL = 3
SPECIAL_NAMES = ("PAD", "BOS", "EOS")

Symbols = tuple[int, ...]


@dataclass
class Batch:
    """Sequences as the model takes them; B of them, each padded to the longest.

    Attributes:
        source: the tokens to read, with EOS; (B, S).
        target_in: what the decoder has said so far: BOS and the answer; (B, T).
        target_out: what it is to say next: the answer and EOS; (B, T).
    """

    source: Tensor
    target_in: Tensor
    target_out: Tensor


def answer(task: str, symbols: Sequence[int]) -> Symbols:
    """What a task makes of a sequence.

    >>> answer("reverse", [3, 1, 4])
    (4, 1, 3)
    """
    return tuple(symbols) if task == "copy" else tuple(symbols)[::-1]


def check_symbols(symbols: Sequence[int], vocabulary: int) -> Symbols:
    """The sequence, if it is one.

    Raises:
        UsageError: for an empty sequence, and for a symbol outside the vocabulary.
    """
    if not len(symbols):
        raise UsageError("the sequence is empty; give at least one symbol, such as 3 1 4 1 5")
    for symbol in symbols:
        if not 0 <= symbol < vocabulary:
            raise UsageError(
                f"symbol {symbol} is outside the vocabulary; "
                f"this model knows {vocabulary} symbols, 0 to {vocabulary - 1}"
            )
    return tuple(symbols)


def make_batch(task: str, sequences: Sequence[Symbols]) -> Batch:
    """Tokens for a list of sequences.

    >>> batch = make_batch("reverse", [(0, 1), (2,)])
    >>> batch.source.tolist(), batch.target_in.tolist(), batch.target_out.tolist()
    ([[3, 4, 2], [5, 2, 0]], [[1, 4, 3], [1, 5, 0]], [[4, 3, 2], [5, 2, 0]])
    """
    width = 1 + max(map(len, sequences))
    source = np.full((len(sequences), width), PAD)
    target_in, target_out = source.copy(), source.copy()
    for row, symbols in enumerate(sequences):
        n = len(symbols)
        source[row, :n] = np.asarray(symbols) + SPECIAL
        source[row, n] = EOS
        target_out[row, :n] = np.asarray(answer(task, symbols)) + SPECIAL
        target_out[row, n] = EOS
    target_in[:, 0] = BOS
    target_in[:, 1:] = np.where(target_out[:, :-1] == EOS, PAD, target_out[:, :-1])
    return Batch(*map(minigrad.from_numpy, (source, target_in, target_out)))


def held_out(config: Config) -> list[Symbols]:
    """Different sequences that are never trained on: the same for every seed.

    The lengths are spread evenly as far as there are enough sequences; of those of one length at most a fifth is held
    out, so that training sees each length.

    Raises:
        UsageError: when there are so few sequences that none can be held out.
    """
    rng = np.random.default_rng(config.vocabulary)
    lengths = range(config.min_length, config.max_length + 1)
    chosen: list[Symbols] = []
    for i, length in enumerate(lengths):
        share = (config.eval_size - len(chosen)) // (len(lengths) - i)
        wanted = min(share, config.vocabulary**length // 5)
        found: dict[Symbols, None] = {}  # in the order found: a set's order differs from run to run
        while len(found) < wanted:
            found[tuple(rng.integers(config.vocabulary, size=length).tolist())] = None
        chosen += found
    if not chosen:
        raise UsageError(
            f"vocabulary = {config.vocabulary} and max_length = {config.max_length} allow too few sequences to hold "
            "any out; a larger one of the two would do"
        )
    return chosen


def stream(config: Config, generator: minigrad.Generator) -> Iterator[Batch]:
    """Batches without end: lengths and symbols evenly spread, held-out sequences left out.

    Arguments:
        config: the task and its sizes.
        generator: where the numbers are drawn from; its state is all there is to resume the stream.
    """
    forbidden = set(held_out(config))
    while True:
        sequences: list[Symbols] = []
        while len(sequences) < config.batch:
            missing = config.batch - len(sequences)
            lengths = minigrad.randint(config.min_length, config.max_length + 1, (missing,), generator).tolist()
            rows = minigrad.randint(0, config.vocabulary, (missing, config.max_length), generator).tolist()
            drawn = (tuple(row[:n]) for row, n in zip(rows, lengths, strict=True))
            sequences += [symbols for symbols in drawn if symbols not in forbidden]
        yield make_batch(config.task, sequences)


def name(token: int) -> str:
    """A token as a person reads it: the symbol, or the special token's name."""
    return SPECIAL_NAMES[token] if token < SPECIAL else str(token - SPECIAL)


def samples(config: Config) -> list[Symbols]:
    """Three sequences to show: the longest, a middling one, a short one."""
    lengths = sorted({config.max_length, (config.min_length + config.max_length) // 2, config.min_length}, reverse=True)
    return [tuple((7 * i + 3) % config.vocabulary for i in range(n)) for n in lengths]
