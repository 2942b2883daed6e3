"""What is measured: sizes of models, and how much of everything."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Size:
    """Sizes of a model and of its batches.

    Attributes:
        width: of the model; the feed-forward layer is four times as wide.
        heads: of attention; recurrent models have none.
        layers: how many.
        vocabulary: how many symbols there are.
        length: positions in a sequence.
        batch: sequences in a batch.
        causal: whether a position of the Transformer looks only at itself and those before.
    """

    width: int
    heads: int
    layers: int
    vocabulary: int
    length: int
    batch: int
    causal: bool = False


SIZES = {
    "tiny": Size(32, 4, 1, 12, 10, 32),
    "small": Size(64, 4, 2, 16, 20, 64),
    "medium": Size(128, 8, 4, 32, 64, 32),
    "large": Size(256, 8, 4, 64, 128, 16),
}


@dataclass(frozen=True)
class Setting:
    """A task to be solved: to say a sequence backwards, symbol by symbol.

    Attributes:
        count: how many symbols a sequence has.
        symbols: how many different ones there are.
        size: of the model, which reads the sequence, a sign for its end, and what it has said so far.
        lr: Adam's learning rate.
        limit: steps after which it counts as not solved.
    """

    count: int
    symbols: int
    size: Size
    lr: float
    limit: int


SOLVED = {
    "short": Setting(10, 10, Size(32, 4, 1, 11, 20, 32, causal=True), lr=3e-3, limit=5000),
    "long": Setting(20, 30, Size(128, 8, 2, 31, 40, 64, causal=True), lr=1e-3, limit=5000),
}
MODELS = ("transformer", "gru", "lstm")
CORES = ("one", "all")
PEERS = {
    "minigrad": "minigrad",
    "torch": "PyTorch",
    "compile": "PyTorch compile",
    "jax": "JAX",
    "mygrad": "MyGrad",
    "autograd": "autograd",
    "hand": "by hand",
    "gemm": "GEMM bound",
}


@dataclass(frozen=True)
class Options:
    """How much is measured.

    Attributes:
        peers, models, sizes, cores: their names.
        rounds: how often each thing is measured.
        seconds: how long a round repeats a step, at least.
        quick: fewer points of each growth, shorter chains.
    """

    peers: tuple[str, ...] = tuple(PEERS)
    models: tuple[str, ...] = MODELS
    sizes: tuple[str, ...] = tuple(SIZES)
    cores: tuple[str, ...] = CORES
    rounds: int = 7
    seconds: float = 0.5
    quick: bool = False

    def having(self, *names: str) -> tuple[str, ...]:
        """Those of the named peers that are asked for."""
        return tuple(name for name in names if name in self.peers)


@dataclass(frozen=True)
class Comparison:
    """Things that are measured in turns.

    Attributes:
        key: what is compared, such as "transformer/small/one".
        tasks: by name, the module of this package that measures, and the arguments of its `prepare`.
        cores: "one" or "all".
        rounds: how often each is measured.
    """

    key: str
    tasks: Mapping[str, tuple[str, Mapping[str, Any]]]
    cores: str
    rounds: int

    @property
    def count(self) -> int:
        """In how many pieces the work can be told."""
        return (self.rounds + 1) * len(self.tasks)
