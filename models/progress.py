"""The progress bars: of a training run, and of a comparison."""

import sys
import time
from typing import Any

from models.comparing.plan import Piece
from models.comparing.work import steps_of
from models.run import Line
from models.training import Observer, Trainer


class Bar(Observer):
    """A bar with loss, exact match and tokens per second, by tqdm, on the error stream, from the first step on."""

    def __init__(self) -> None:
        from tqdm import tqdm  # here, so that a missing package is told before training begins

        self.make_bar = tqdm
        self.bar: Any = None
        self.shown: dict[str, str] = {}
        self.started: tuple[float, int] | None = None

    def stepped(self, trainer: Trainer, loss: float) -> None:
        """Move on by one."""
        if self.bar is None:
            self.bar = self.make_bar(
                total=trainer.config.steps,
                initial=trainer.step - 1,
                desc=trainer.config.task,
                unit="step",
                file=sys.stderr,
                dynamic_ncols=True,
                mininterval=0.2,
            )
        if self.started is None:
            self.started = (time.perf_counter(), trainer.tokens)
        seconds, tokens = time.perf_counter() - self.started[0], trainer.tokens - self.started[1]
        if seconds > 0 and tokens > 0:
            self.shown["tokens/s"] = f"{tokens / seconds:,.0f}"
        self.shown["loss"] = f"{loss:.4f}"
        self.bar.set_postfix(self.shown, refresh=False)
        self.bar.update()

    def evaluated(self, line: Line) -> None:
        """Show the exact match."""
        self.shown["exact"] = f"{line['exact_match']:.1%}"
        self.bar.set_postfix(self.shown)
        self.started = None

    def close(self) -> None:
        """Leave the bar as it stands."""
        if self.bar is not None:
            self.bar.close()


class Pieces:
    """One bar over all steps of all pieces of a comparison.

    Arguments:
        pieces: those that are to be done.
    """

    def __init__(self, pieces: list[Piece]):
        from tqdm import tqdm

        self.make_bar = tqdm
        self.total = sum(map(steps_of, pieces))
        self.numbers = {piece.key: i for i, piece in enumerate(pieces, 1)}
        self.bar: Any = None

    def stepped(self, piece: Piece, word: str) -> None:
        """Move on by one."""
        if self.bar is None:
            options = {"unit": "step", "file": sys.stderr, "dynamic_ncols": True, "mininterval": 0.2}
            self.bar = self.make_bar(total=self.total, **options)
        self.bar.set_description(f"{self.numbers[piece.key]}/{len(self.numbers)} {piece.key}", refresh=False)
        self.bar.set_postfix_str(word, refresh=False)
        self.bar.update()

    def close(self) -> None:
        """Leave the bar as it stands."""
        if self.bar is not None:
            self.bar.close()
