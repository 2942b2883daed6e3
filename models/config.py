"""Every setting of a run, with its default, its help text and its check: what the command line offers is read off
this file, and what a run was is written to `config.json` from it.
"""

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from minigrad.nn.normalisers import NORMALISERS
from minigrad.nn.scores import SCORES


class UsageError(ValueError):
    """Something the user asked for cannot be done; the command line prints the sentence and exits with 2."""


TASKS = ("copy", "reverse")
MODELS = ("transformer", "rnn", "rnn-attention")
CELLS = ("rnn", "lstm", "gru")
POSITIONS = ("sinusoidal", "learned", "rotary", "alibi", "none")


def setting(default: Any, help: str, choices: tuple[str, ...] | None = None) -> Any:
    """A field of `Config` with its help text."""
    return field(default=default, metadata={"help": help, "choices": choices})


def listed(choices: Sequence[str]) -> str:
    """Choices as a sentence has them.

    >>> listed(("rnn", "lstm", "gru"))
    'rnn, lstm or gru'
    """
    return " or ".join([", ".join(choices[:-1]), choices[-1]])


def kind_of(f: dataclasses.Field[Any]) -> type:
    """The type of a setting: int, float or str."""
    return cast(type, f.type)


@dataclass(frozen=True)
class Config:
    """The settings of a run.

    >>> Config(task="copy", layers=1).layers
    1
    >>> Config(d_model=30)
    Traceback (most recent call last):
    ...
    models.config.UsageError: d_model = 30 is not divisible by heads = 4; with 4 heads, 28 or 32 would do
    """

    task: str = setting("reverse", "what to learn", TASKS)
    model: str = setting("transformer", "what learns: a Transformer, or an RNN without or with attention", MODELS)
    cell: str = setting("gru", "kind of recurrent layer, of the RNN models", CELLS)
    vocabulary: int = setting(10, "how many symbols there are")
    min_length: int = setting(1, "length of the shortest sequences")
    max_length: int = setting(10, "length of the longest sequences")
    d_model: int = setting(64, "width of the vectors between layers")
    heads: int = setting(4, "attention heads, of the Transformer; they share the width")
    layers: int = setting(2, "encoder layers, and as many decoder layers")
    feed_forward: int = setting(128, "width inside the feed-forward networks, of the Transformer")
    positions: str = setting("sinusoidal", "position encoding, of the Transformer", POSITIONS)
    score: str = setting("scaled_dot", "how relevant a key is to a query", tuple(SCORES))
    normaliser: str = setting("softmax", "what makes weights of scores", tuple(NORMALISERS))
    dropout: float = setting(0.0, "probability of dropping an element while training")
    batch: int = setting(64, "sequences in a step")
    steps: int = setting(600, "steps at most; training ends earlier when solved")
    lr: float = setting(2e-3, "learning rate at its peak")
    warmup: int = setting(50, "steps until the learning rate peaks; from there it falls to 0 at the last step")
    clip: float = setting(1.0, "largest norm of all gradients together")
    label_smoothing: float = setting(0.0, "share of the target spread over all tokens")
    eval_every: int = setting(50, "steps between evaluations, each with a checkpoint")
    eval_size: int = setting(1000, "held-out sequences in an evaluation")
    solved: float = setting(0.999, "exact match at which training ends; above 1 never")
    seed: int = setting(0, "seed of weights, data and dropout")

    def __post_init__(self) -> None:
        for f in dataclasses.fields(self):
            value, kind = getattr(self, f.name), kind_of(f)
            if not isinstance(value, (int, float) if kind is float else kind) or isinstance(value, bool):
                raise UsageError(f"{f.name} = {value!r} must be of type {kind.__name__}")
            choices = f.metadata["choices"]
            if choices and value not in choices:
                raise UsageError(f"{f.name} = {value!r} is unknown; {listed(choices)} would do")
        for name in POSITIVE:
            if getattr(self, name) < 1:
                raise UsageError(f"{name} = {getattr(self, name)} must be 1 or more")
        for name in ("lr", "clip", "solved"):
            if not getattr(self, name) > 0:
                raise UsageError(f"{name} = {getattr(self, name)} must be above 0")
        for name in ("dropout", "label_smoothing"):
            if not 0 <= getattr(self, name) < 1:
                raise UsageError(f"{name} = {getattr(self, name)} must be 0 or more and below 1")
        if not 0 <= self.seed < 2**63:
            raise UsageError(f"seed = {self.seed} must be 0 or more and below 2**63")
        if self.warmup < 0:
            raise UsageError(f"warmup = {self.warmup} must be 0 or more")
        if self.min_length > self.max_length:
            raise UsageError(f"min_length = {self.min_length} must not be above max_length = {self.max_length}")
        if self.d_model % self.heads:
            below = self.d_model // self.heads * self.heads
            near = [n for n in (below, below + self.heads) if n > 0]
            raise UsageError(
                f"d_model = {self.d_model} is not divisible by heads = {self.heads}; "
                f"with {self.heads} heads, {' or '.join(map(str, near))} would do"
            )
        if self.positions == "rotary" and self.d_model // self.heads % 2:
            raise UsageError(
                f"positions = rotary turns numbers in pairs, but each of heads = {self.heads} has the odd width "
                f"{self.d_model // self.heads}; d_model = {self.d_model + self.heads} would do"
            )

    def to_json(self) -> str:
        """The settings as the text of `config.json`."""
        return json.dumps(dataclasses.asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Config":
        """Read what `to_json` wrote.

        Raises:
            UsageError: for text that is no JSON, and for a setting that is unknown or cannot be.
        """
        try:
            values = json.loads(text)
        except ValueError as error:
            raise UsageError(f"it is not JSON: {error}") from None
        if not isinstance(values, dict):
            raise UsageError("it is not a JSON object")
        known = {f.name for f in dataclasses.fields(cls)}
        if unknown := values.keys() - known:
            raise UsageError(f"it has unknown settings: {', '.join(sorted(unknown))}")
        return cls(**values)


POSITIVE = (
    "vocabulary",
    "min_length",
    "max_length",
    "d_model",
    "heads",
    "layers",
    "feed_forward",
    "batch",
    "steps",
    "eval_every",
    "eval_size",
)
