"""The program that is timed from start to end: `python -m tests.benchmarks.solve PEER SETTING`.

It trains the Transformer, as a language model, on sequences that are followed by themselves backwards, until 99 % of a
thousand held-out ones are said backwards exactly. The held-out sequences are those whose sum is a multiple of the
number of symbols; training sees none of these.
"""

import importlib
import json
import sys

import numpy as np

from tests.benchmarks import drawn
from tests.benchmarks.sizes import SOLVED
from tests.benchmarks.worker import peak_memory

ENOUGH = 0.99
EVERY = 10  # steps between two evaluations
HELD_OUT = 1000


def sequences(rng: np.random.Generator, count: int, length: int, symbols: int, held_out: bool) -> np.ndarray:
    """Random sequences of one of the two kinds, (count, length)."""
    rows = rng.integers(symbols, size=(count, length))
    rest = rows.sum(1) % symbols
    rows[:, 0] = (rows[:, 0] - rest if held_out else rows[:, 0] + (rest == 0)) % symbols
    return rows


def tokens(rows: np.ndarray, symbols: int) -> np.ndarray:
    """The sequences, a sign for their end, and the sequences backwards."""
    return np.concatenate([rows, np.full((len(rows), 1), symbols), rows[:, ::-1]], axis=1)


def solve(peer: str, setting: str) -> dict[str, float]:
    """Train until it is solved: after how many steps, and how many are right.

    An answer is right if each of its symbols is the likeliest after those before it. Then, and only then, a model that
    always says the likeliest next says it all; so one forward pass is enough to know.
    """
    chosen = SOLVED[setting]
    weights = drawn.weights("transformer", chosen.size)
    library = importlib.import_module(f"tests.benchmarks.peer_{peer}")
    trainer = library.trainer("transformer", chosen.size, weights, chosen.lr)
    sizes = (chosen.count, chosen.symbols)
    asked = tokens(sequences(np.random.default_rng(2), HELD_OUT, *sizes, held_out=True), chosen.symbols)
    rng = np.random.default_rng(3)
    step, right = 0, 0.0
    while right < ENOUGH and step < chosen.limit:
        for _ in range(EVERY):
            said = tokens(sequences(rng, chosen.size.batch, *sizes, held_out=False), chosen.symbols)
            trainer.step(*trainer.tensors(said[:, :-1].copy(), said[:, 1:].copy()))
        step += EVERY
        answers = trainer.predict(asked[:, :-1].copy())[:, chosen.count :]
        right = float((answers == asked[:, chosen.count + 1 :]).all(1).mean())
    return {"steps": step, "right": right}


if __name__ == "__main__":
    print(json.dumps(solve(*sys.argv[1:]) | {"memory": peak_memory()}))
