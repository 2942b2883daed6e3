"""What a trained model says, and how often it is right."""

from dataclasses import dataclass
from typing import Any

import numpy as np

import minigrad
from minigrad import Tensor, nn
from models import tasks
from models.model import SequenceModel
from models.tasks import BOS, EOS, PAD, SPECIAL, Symbols, make_batch


@dataclass
class Score:
    """How a model did on a list of sequences.

    Attributes:
        exact_match: share of sequences whose whole answer is right.
        token_accuracy: share of tokens that are right, given the right ones before them.
        right: for each sequence whether its answer is right.
    """

    exact_match: float
    token_accuracy: float
    right: list[bool]


def evaluate(model: SequenceModel, task: str, sequences: list[Symbols], batch: int = 250) -> Score:
    """Score a model by greedy decoding, in one pass.

    Greedy decoding gives the right answer if and only if the best token is the right one at every place, given the
    right ones before it: as long as it has made no mistake, those are what it sees. So there is no need to decode.

    Arguments:
        model: the model; it is switched to `eval` mode meanwhile.
        task: "copy" or "reverse".
        sequences: what to ask.
        batch: how many at a time.
    """
    was_training = model.training
    model.eval()
    right: list[bool] = []
    tokens_right = tokens = 0
    with minigrad.no_grad():
        for start in range(0, len(sequences), batch):
            asked = make_batch(task, sequences[start : start + batch])
            said = model(asked.source, asked.target_in).argmax(-1)
            counts = (asked.target_out != PAD).numpy()
            hits = (said == asked.target_out).numpy() & counts
            tokens_right += int(hits.sum())
            tokens += int(counts.sum())
            right += (hits.sum(1) == counts.sum(1)).tolist()
    model.train(was_training)
    return Score(float(np.mean(right)), tokens_right / tokens, right)


def greedy_decode(model: SequenceModel, source: Tensor, longest: int) -> Tensor:
    """Say the best token, again and again, until every sequence has ended.

    Arguments:
        model: in `eval` mode.
        source: tokens to read, (B, S).
        longest: tokens to say at most.

    Returns:
        What was said, from BOS on, (B, T); PAD after EOS.
    """
    with minigrad.no_grad():
        state = model.start(source)
        said = [minigrad.full((len(source),), BOS)]
        ended = np.zeros(len(source), bool)
        while len(said) <= longest and not ended.all():
            scores, state = model.step(said[-1], state)
            best = np.where(ended, PAD, scores.argmax(-1).numpy())
            ended |= best == EOS
            said.append(minigrad.from_numpy(best))
    return minigrad.stack(said, 1)


def watched_decode(model: SequenceModel, source: Tensor, longest: int) -> list[dict[str, Any]]:
    """Greedy decoding of one sequence, with what there was to see at each step: `decoding=` of `graph.explore`.

    Arguments:
        model: in `eval` mode.
        source: tokens to read, (1, S).
        longest: tokens to say at most.

    Returns:
        For each token said a dict: "tokens", what was said before it, as texts; "probabilities", of every text to be
        said next; and "attention", for each head of the decoder its "label", the "keys" and the "row" of weights.
    """
    read = [tasks.name(token) for token in source[0].tolist()]
    said = [BOS]
    steps = []
    with minigrad.no_grad():
        state = model.start(source)
        while len(said) <= longest and said[-1] != EOS:
            with nn.Recorder(model) as seen:
                scores, state = model.step(minigrad.tensor([said[-1]]), state)
            texts = [tasks.name(token) for token in said]
            looks = [(name.removesuffix(".weights"), x) for name, x in seen.items() if name.endswith(".weights")]
            steps.append(
                {
                    "tokens": texts,
                    "probabilities": {tasks.name(i): p for i, p in enumerate(scores[0].softmax(-1).tolist())},
                    "attention": [
                        {"label": label, "keys": texts if ".self_attn" in label else read, "row": x[0, -1].tolist()}
                        for label, x in looks
                    ],
                }
            )
            said.append(int(scores[0].argmax()))
    return steps


def symbols_of(tokens: list[int]) -> Symbols:
    """The symbols that were said, up to EOS.

    >>> symbols_of([1, 4, 5, 2, 0])
    (1, 2)
    """
    said = tokens[1:] if tokens[:1] == [BOS] else tokens
    until = said.index(EOS) if EOS in said else len(said)
    return tuple(token - SPECIAL for token in said[:until] if token >= SPECIAL)
