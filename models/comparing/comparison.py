"""A comparison's folder: which pieces are done, and doing the others.

Each result is a file of its own, written whole when its piece is done; so a comparison that is stopped, by whatever,
goes on from there when the same command is given again.
"""

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from minigrad.utils.files import write_whole
from models.comparing.plan import Piece
from models.comparing.work import do, expected_seconds
from models.config import UsageError


class Comparison:
    """The pieces of a comparison and their results.

    Arguments:
        folder: where results are kept.
        pieces: what there is to do.
    """

    def __init__(self, folder: Path, pieces: list[Piece]):
        self.folder = folder
        self.pieces = pieces

    def path(self, piece: Piece) -> Path:
        """The file of a piece's result."""
        return self.folder / "pieces" / f"{piece.key}.json"

    def result(self, piece: Piece) -> dict[str, Any] | None:
        """What came out, or None if it was not done, or with other settings.

        Raises:
            UsageError: for a file that is damaged.
        """
        path = self.path(piece)
        if not path.is_file():
            return None
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            return content["result"] if content["settings"] == json.loads(json.dumps(piece.settings)) else None
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(f"{path} is damaged: {error}; remove it, and it will be made again") from None

    def missing(self) -> list[Piece]:
        """The pieces that are still to be done."""
        return [piece for piece in self.pieces if self.result(piece) is None]

    def estimate(self) -> float:
        """How many seconds the missing pieces will take, from a little of each."""
        found: dict[str, float] = {}
        seconds = 0.0
        for piece in self.missing():
            alike = _alike(piece)
            if alike not in found:
                found[alike] = expected_seconds(piece)
            seconds += found[alike]
        return seconds

    def go_on(self, told: Callable[[Piece, str], None]) -> None:
        """Do what is missing, piece by piece.

        Arguments:
            told: called after each step of a piece, with a word on how it goes.
        """
        for piece in self.missing():
            result = do(piece, functools.partial(told, piece))
            content = json.dumps({"settings": piece.settings, "result": result}, indent=2) + "\n"
            write_whole(self.path(piece), content)


def _alike(piece: Piece) -> str:
    """The same for pieces that take as long."""
    settings = dict(piece.settings)
    if piece.kind == "train":
        settings["config"] = settings["config"] | {"seed": 0, "task": ""}
    return json.dumps([piece.kind, settings])
