"""How far a word of the source is from what is said: with attention the length of the source does not matter."""

import pytest

from minigrad.autograd.watching import Watcher
from minigrad.graph import Paths, paths
from models.build import build
from models.config import Config
from models.tasks import make_batch


def ways(model: str, n: int) -> Paths:
    """From each token of a source of length n, as it is embedded, to each place of the answer."""
    network = build(Config(model=model, d_model=8, heads=2, dropout=0.0))
    batch = make_batch("reverse", [tuple(i % 10 for i in range(n))])
    embedded = []
    network.embedding.register_forward_hook(lambda module, inputs, output: embedded.append(output))
    with Watcher():  # else a recurrent layer is one op, whatever n
        output = network(batch.source, batch.target_in)
    return paths(output, embedded[0], 1)


@pytest.mark.parametrize("model", ["transformer", "rnn-attention"])
def test_a_decoder_that_looks_at_the_source_is_equally_near_to_all_of_it(model: str) -> None:
    short, long = ways(model, 4), ways(model, 12)
    assert long.maximum((0, -1)) == short.maximum() == short.shortest.min()


def test_one_that_does_not_is_the_further_the_more_words_lie_between() -> None:
    short, long = ways("rnn", 4), ways("rnn", 12)
    a_step = long.between(0, 12).shortest - long.between(0, 11).shortest
    assert a_step >= 1
    assert long.maximum((0, -1)) - short.maximum() >= 8 * a_step
