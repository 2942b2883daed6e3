"""What is compared: a list of pieces, each done for itself, so that a comparison can be stopped between any two."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from minigrad.nn.normalisers import NORMALISERS
from minigrad.nn.scores import SCORES
from models.config import MODELS, POSITIONS, TASKS, Config


@dataclass(frozen=True)
class Piece:
    """One piece of work.

    Attributes:
        key: its name, and that of the file with its result.
        kind: "train", "time" or "graph".
        settings: what decides its result, as JSON can hold it.
    """

    key: str
    kind: str
    settings: dict[str, Any]


@dataclass(frozen=True)
class Extent:
    """How much is compared.

    Attributes:
        config: settings that all training runs share.
        seeds: how many times each is trained.
        beyond: lengths past those of training at which the kinds of positions are asked.
        asked: sequences of each length.
        all_pairs: train every score with every normaliser, instead of each with the other's default.
        lengths: of the sequences that are timed.
        rounds: how often each is timed.
        graph_lengths: of the sequences whose graphs are measured.
    """

    config: dict[str, Any]
    seeds: int
    beyond: tuple[int, ...]
    asked: int
    all_pairs: bool
    lengths: tuple[int, ...]
    rounds: int
    graph_lengths: tuple[int, ...]


QUICK = Extent(
    config={
        "max_length": 8,
        "d_model": 32,
        "heads": 2,
        "layers": 1,
        "feed_forward": 64,
        "batch": 32,
        "lr": 5e-3,
        "steps": 450,
        "eval_every": 30,
        "eval_size": 300,
        "solved": 2.0,
    },
    seeds=1,
    beyond=(9, 10, 12, 16),
    asked=100,
    all_pairs=False,
    lengths=(16, 32, 64, 128, 256, 512),
    rounds=7,
    graph_lengths=(8, 16, 32),
)
FULL = Extent(
    config={"max_length": 20, "steps": 1500, "eval_every": 50, "solved": 2.0},
    seeds=3,
    beyond=(21, 22, 25, 30, 40),
    asked=200,
    all_pairs=True,
    lengths=(16, 32, 64, 128, 256, 512),
    rounds=15,
    graph_lengths=(8, 16, 32, 64),
)


def plan(extent: Extent) -> list[Piece]:
    """All pieces, in the order in which they are done; a model that two questions are about is trained once.

    >>> [piece.key for piece in plan(QUICK)][:3]
    ['copy-transformer', 'copy-rnn', 'copy-rnn-attention']
    """
    wanted: dict[str, dict[str, Any]] = {}
    wanted |= {f"{task}-{model}": {"task": task, "model": model} for task in TASKS for model in MODELS}
    wanted |= {f"reverse-{positions}": {"positions": positions} for positions in POSITIONS}
    wanted |= {
        f"reverse-{score}-{normaliser}": {"score": score, "normaliser": normaliser}
        for score in SCORES
        for normaliser in NORMALISERS
        if extent.all_pairs or score == Config.score or normaliser == Config.normaliser
    }
    pieces: dict[Config, Piece] = {}
    for seed in range(extent.seeds):
        for name, settings in wanted.items():
            config = Config(**{**extent.config, "seed": seed, **settings})
            key = name + (f"-{seed}" if seed else "")
            asked = {"config": dataclasses.asdict(config), "beyond": list(extent.beyond), "asked": extent.asked}
            pieces.setdefault(config, Piece(key, "train", asked))
    return [
        *pieces.values(),
        Piece("time", "time", {"lengths": list(extent.lengths), "rounds": extent.rounds}),
        Piece("graph", "graph", {"lengths": list(extent.graph_lengths)}),
    ]
