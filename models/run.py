"""A run's folder: what is in it, and how it is written and read.

    config.json             every setting
    metrics.jsonl           a line for each evaluation
    snapshots.jsonl         what the report shows of the model at the start and at each evaluation
    checkpoint.safetensors  all that is needed to resume: weights, optimiser, random numbers, step
    model.safetensors       the weights alone
    result.json             how it ended
    report.html             how training went, in a browser
    explorer.html           the computation of the loss, to be stepped through in a browser
    curves.png, graph.svg, attention/...   the pictures

Every file is written whole or not at all, so that a run that is killed at any moment can be resumed from its last
checkpoint. Nothing in the folder is code, and nothing that is read from it is executed.
"""

import dataclasses
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import minigrad
from minigrad import Tensor
from minigrad.utils.files import write_whole
from minigrad.utils.markup import CODE, FONT, PLAIN, element, escape, frame
from models.build import build
from models.config import Config, UsageError
from models.model import SequenceModel
from models.snapshots import Snapshot

Line = dict[str, Any]  # one line of metrics.jsonl
HEIGHT = 640  # pixels of a report inside a notebook


@dataclass
class Checkpoint:
    """A moment of a training run.

    Attributes:
        tensors: weights and optimiser moments, by name.
        state: everything else, as JSON can hold it.
    """

    tensors: dict[str, Tensor]
    state: dict[str, Any]


class Run:
    """A run's folder.

    Arguments:
        folder: where it is.
        config: its settings.
    """

    def __init__(self, folder: Path, config: Config):
        self.folder = folder
        self.config = config

    @classmethod
    def create(cls, folder: Path, config: Config) -> "Run":
        """Begin a run. A run that is there already is moved aside, to `<folder>.1`, `<folder>.2`, ...

        Raises:
            UsageError: for a folder that cannot be written, or that holds something other than a run.
        """
        try:
            if folder.exists() and not folder.is_dir():
                raise UsageError(f"--out {folder} is a file; a folder is needed")
            if folder.is_dir() and os.listdir(folder):
                if not (folder / "config.json").is_file():
                    raise UsageError(
                        f"--out {folder} holds files that are not a run's; choose a new or an empty folder"
                    )
                folder.rename(_next_free(folder))
            run = cls(folder, config)
            run.save_config()
        except OSError as error:
            raise UsageError(f"--out {folder} cannot be written: {error.strerror}; choose another folder") from None
        return run

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> "Run":
        """A run that is there.

        Raises:
            UsageError: when there is none, or its settings are damaged.
        """
        folder = Path(folder)
        try:
            return cls(folder, Config.from_json((folder / "config.json").read_text(encoding="utf-8")))
        except (FileNotFoundError, NotADirectoryError):
            raise UsageError(
                f"{folder} is not a run: it has no config.json; "
                f"`python -m models train reverse --out {folder}` makes one"
            ) from None
        except (UsageError, UnicodeDecodeError) as error:
            raise UsageError(f"{folder}/config.json is damaged: {error}") from None
        except OSError as error:
            raise UsageError(f"{folder}/config.json cannot be read: {error.strerror}") from None

    def save_config(self) -> None:
        """Write config.json."""
        write_whole(self.folder / "config.json", self.config.to_json())

    # --- weights and checkpoints

    def load_model(self) -> SequenceModel:
        """The trained model, in `eval` mode.

        Raises:
            UsageError: when the weights are missing or damaged, or do not fit the settings.
        """
        model = build(self.config)
        path = self.folder / "model.safetensors"
        try:
            model.load_state_dict(minigrad.serialization.load_file(path))
        except FileNotFoundError:
            raise UsageError(f"{self.folder} has no model.safetensors yet; train it first") from None
        except (ValueError, RuntimeError, OSError) as error:
            raise UsageError(f"{path} is damaged, or does not belong to this run: {error}") from None
        model.eval()
        return model

    def save_checkpoint(
        self, checkpoint: Checkpoint, model: SequenceModel, metrics: list[Line], snapshots: list[Snapshot]
    ) -> None:
        """Write what has been measured and seen, the checkpoint, and the weights, in this order."""
        for name, lines in (("metrics.jsonl", metrics), ("snapshots.jsonl", snapshots)):
            write_whole(self.folder / name, "".join(json.dumps(line) + "\n" for line in lines))
        minigrad.serialization.save_file(
            checkpoint.tensors, self.folder / "checkpoint.safetensors", {"state": json.dumps(checkpoint.state)}
        )
        minigrad.serialization.save_file(model.state_dict(), self.folder / "model.safetensors")

    def load_checkpoint(self) -> Checkpoint:
        """The last checkpoint.

        Raises:
            UsageError: when there is none, or it is damaged.
        """
        path = self.folder / "checkpoint.safetensors"
        try:
            state = json.loads(minigrad.serialization.load_metadata(path)["state"])
            return Checkpoint(minigrad.serialization.load_file(path), state)
        except FileNotFoundError:
            raise UsageError(f"{self.folder} has no checkpoint to resume from; train it without --resume") from None
        except (ValueError, KeyError, OSError) as error:
            raise UsageError(f"{path} is damaged: {error}") from None

    # --- measurements

    def metrics(self, until: int | None = None) -> list[Line]:
        """The lines of metrics.jsonl, up to a step.

        Raises:
            UsageError: when the file is damaged.
        """
        return self._lines("metrics.jsonl", until)

    def snapshots(self, until: int | None = None) -> list[Snapshot]:
        """The lines of snapshots.jsonl, up to a step; none for a run that was begun before there were any.

        Raises:
            UsageError: when the file is damaged.
        """
        return self._lines("snapshots.jsonl", until)

    def _lines(self, file: str, until: int | None) -> list[dict[str, Any]]:
        path = self.folder / file
        if not path.is_file():
            return []
        try:
            lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
            return [line for line in lines if until is None or line["step"] <= until]
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(f"{path} is damaged: {error}") from None

    def save_result(self, result: dict[str, Any]) -> None:
        """Write result.json."""
        write_whole(self.folder / "result.json", json.dumps(result, indent=2) + "\n")

    # --- telling of it

    def outcome(self) -> str:
        """How it ended, in one line."""
        path = self.folder / "result.json"
        try:
            result = json.loads(path.read_text(encoding="utf-8"))
            return (
                f"{result['task']}: {result['exact_match']:.1%} of held-out sequences exactly right "
                f"after {result['steps']} steps, {result['seconds']:.1f} s"
            )
        except FileNotFoundError:
            return f"{self.config.task}: not finished"
        except (ValueError, KeyError, TypeError, OSError) as error:
            return f"{self.config.task}: {path} is damaged: {error!r}"

    def __repr__(self) -> str:
        return f"<Run in {self.folder}; {self.outcome()}>"

    def _repr_html_(self) -> str:
        """What a notebook shows: how it ended, and its report or, before there is one, its settings."""
        try:
            page = (self.folder / "report.html").read_text(encoding="utf-8")
            below = frame(page, f"Report of {self.folder}", HEIGHT)
        except (OSError, UnicodeDecodeError):
            rows = [f"<th>{name}</th><td>{escape(str(x))}</td>" for name, x in dataclasses.asdict(self.config).items()]
            below = element("table", "".join(element("tr", row, PLAIN) for row in rows), f"{CODE};text-align:left")
        line = f"<b>{escape(str(self.folder))}</b> · {escape(self.outcome())}"
        return element("div", element("div", line, "margin-bottom:4px") + below, FONT)


def _next_free(folder: Path) -> Path:
    number = 1
    while (free := folder.with_name(f"{folder.name}.{number}")).exists():
        number += 1
    return free
