"""How one piece of a comparison is done: a model trained and asked at every length, layers timed, graphs measured."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

import minigrad
from minigrad import nn
from models.comparing.plan import Piece
from models.config import Config
from models.decoding import evaluate
from models.model import SequenceModel
from models.tasks import Symbols, held_out
from models.training import NotFiniteError, Trainer

Told = Callable[[str], None]  # is called after each step of the work, with a word on how it goes


def steps_of(piece: Piece) -> int:
    """How many steps a piece has."""
    if piece.kind == "train":
        return piece.settings["config"]["steps"]
    return len(piece.settings["lengths"]) * piece.settings.get("rounds", 1)


def do(piece: Piece, told: Told) -> dict[str, Any]:
    """Do a piece of work.

    Arguments:
        piece: what to do.
        told: called after each step.

    Returns:
        The result, as JSON can hold it.
    """
    kinds: dict[str, Callable[..., dict[str, Any]]] = {"train": _train, "time": _time, "graph": _graph}
    return kinds[piece.kind](told, **piece.settings)


def expected_seconds(piece: Piece) -> float:
    """How long a piece will take, from doing a little of it."""
    started = time.perf_counter()
    if piece.kind == "train":
        trainer = Trainer(Config(**piece.settings["config"]))
        evaluations = trainer.config.steps / trainer.config.eval_every + 3  # asking at every length counts for two
        trainer.train_step()
        started = time.perf_counter()
        for _ in range(3):
            trainer.train_step()
        trained = time.perf_counter()
        trainer.evaluate()
        return (trained - started) / 3 * trainer.config.steps + (time.perf_counter() - trained) * evaluations
    lengths = piece.settings["lengths"]
    if piece.kind == "time":
        _time(lambda word: None, lengths[:1], rounds=1)
        return (time.perf_counter() - started) / 2 * (piece.settings["rounds"] + 1) * sum(lengths) / lengths[0]
    minigrad.graph.layer_growth([2, 4])
    return (time.perf_counter() - started) * sum(n * n for n in lengths) / (2 * 2 + 4 * 4)


# --- training


def _train(told: Told, config: dict[str, Any], beyond: list[int], asked: int) -> dict[str, Any]:
    """Train a model to the end of its steps, and ask it for answers of every length."""
    trainer = Trainer(Config(**config))
    curve = [{"step": 0, "exact_match": trainer.evaluate().exact_match}]
    started = time.perf_counter()
    spent = 0.0
    stopped_at = None
    with np.errstate(all="ignore"):
        while trainer.step < trainer.config.steps and stopped_at is None:
            try:
                trainer.train_step()
            except NotFiniteError:
                stopped_at = trainer.step  # reported as it is: this model does not train with these settings
            told(f"exact {curve[-1]['exact_match']:.0%}")
            if trainer.step % trainer.config.eval_every == 0:
                spent += time.perf_counter() - started
                curve.append({"step": trainer.step, "exact_match": trainer.evaluate().exact_match})
                started = time.perf_counter()
    return {
        "curve": curve,
        "exact_match": curve[-1]["exact_match"],
        "step_ms": 1000 * spent / max(curve[-1]["step"], 1),
        "by_length": by_length(trainer.model, trainer.config, beyond, asked),
        "diverged_at": stopped_at,
        "parameters": sum(p.numel() for p in trainer.model.parameters()),
    }


def by_length(model: SequenceModel, config: Config, beyond: list[int], asked: int) -> dict[str, float | None]:
    """Exact match at each length of training, on held-out sequences, and at those beyond, on fresh ones.

    Learned positions have no vector past those of training: there the answer is None.
    """
    known = held_out(config)
    found: dict[str, float | None] = {}
    for length in range(config.min_length, config.max_length + 1):
        if sequences := [s for s in known if len(s) == length]:
            found[str(length)] = evaluate(model, config.task, sequences).exact_match
    for length in beyond:
        if config.model == "transformer" and config.positions == "learned":
            found[str(length)] = None
        else:
            found[str(length)] = evaluate(model, config.task, fresh(length, config.vocabulary, asked)).exact_match
    return found


def fresh(length: int, vocabulary: int, count: int) -> list[Symbols]:
    """Random sequences of one length, the same each time.

    >>> fresh(2, vocabulary=3, count=2)
    [(2, 0), (0, 0)]
    """
    return [tuple(row) for row in np.random.default_rng(length).integers(vocabulary, size=(count, length)).tolist()]


# --- timing

WIDTH, BATCH, HEADS = 64, 4, 4


def layers(width: int, heads: int) -> dict[str, nn.Module]:
    """The layers that are compared: each makes all outputs of a sequence."""
    return {
        "self-attention": nn.MultiheadAttention(width, heads, batch_first=True),
        "RNN": nn.RNN(width, width, batch_first=True),
        "GRU": nn.GRU(width, width, batch_first=True),
        "LSTM": nn.LSTM(width, width, batch_first=True),
    }


def run_layer(layer: nn.Module, x: minigrad.Tensor) -> minigrad.Tensor:
    """All outputs of a layer, of the shape of x."""
    if isinstance(layer, nn.MultiheadAttention):
        return layer(x, x, x, need_weights=False)[0]
    return layer(x)[0]


def _time(told: Told, lengths: list[int], rounds: int) -> dict[str, Any]:
    """Milliseconds to make all outputs, and to train by one step, for each layer and length: medians over the rounds.

    The layers take turns, so that whatever else the machine does meets all of them.
    """
    minigrad.manual_seed(0)
    measured: dict[str, dict[str, dict[str, list[float]]]] = {"outputs": {}, "step": {}}
    compared = layers(WIDTH, HEADS)
    for length in lengths:
        x = minigrad.randn(BATCH, length, WIDTH)
        for i in range(rounds + 1):
            for name, layer in compared.items():
                outputs, step = _timed(layer, x)
                for what, seconds in (("outputs", outputs), ("step", step)):
                    if i:  # the first round only warms up
                        measured[what].setdefault(name, {}).setdefault(str(length), []).append(1000 * seconds)
            if i:
                told(f"T = {length}")
    return {
        what: {name: {n: float(np.median(ms)) for n, ms in times.items()} for name, times in found.items()}
        for what, found in measured.items()
    }


def _timed(layer: nn.Module, x: minigrad.Tensor) -> tuple[float, float]:
    started = time.perf_counter()
    with minigrad.no_grad():
        run_layer(layer, x)
    between = time.perf_counter()
    layer.zero_grad()
    run_layer(layer, x).sum().backward()
    return between - started, time.perf_counter() - between


# --- graphs


def _graph(told: Told, lengths: list[int]) -> dict[str, Any]:
    """Sequential depth and path lengths at several lengths, read from the graphs: see `minigrad.graph.layer_growth`."""
    rows = minigrad.graph.layer_growth(lengths)
    for length in lengths:
        told(f"T = {length}")
    return {
        "table": minigrad.graph.to_markdown(rows),
        "layers": {
            row.name: {"lengths": list(row.lengths), "flops": row.flops, "depth": row.depth, "path": row.path}
            for row in rows
        },
    }
