"""What the chapters of `docs/course/` share: small models that are trained in seconds, and pictures that are written
when what they show has changed.
"""

import functools
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.graph import Drawing
from minigrad.utils.files import write_whole
from models.config import Config
from models.training import Trainer

PICTURES = Path(__file__).parent.parent / "docs" / "course" / "pictures"
SIZES = {"vocabulary": 6, "min_length": 2, "max_length": 5, "d_model": 32, "heads": 1, "layers": 1, "feed_forward": 32}
TINY: dict[str, Any] = {**SIZES, "batch": 32, "lr": 5e-3, "steps": 300, "eval_size": 300}


@functools.cache
def trained(**settings: Any) -> Trainer:
    """A small model, trained once however often it is asked for.

    Arguments:
        settings: those of `Config` that differ from `TINY`.

    Returns:
        What trained it, with `model`, in `eval` mode, and the sequences that are `held_out`.
    """
    trainer = Trainer(Config(**(TINY | settings)))
    while trainer.step < trainer.config.steps:
        trainer.train_step()
    trainer.model.eval()
    return trainer


def keep(picture: Any, name: str, folder: Path = PICTURES, tolerance: float = 0.1) -> None:
    """Write a picture of the course, unless the one that is there shows the same.

    Another version of Matplotlib or Graphviz sets another pixel, and another processor rounds differently. So it is
    what a picture shows that is compared: of a figure the words and numbers, which are written into the file too; of a
    drawn graph its words.

    Arguments:
        picture: a figure of Matplotlib's, or what `minigrad.graph.draw` returned.
        name: the file's, ending with .png for a figure and with .svg for a drawing.
        folder: where to write.
        tolerance: how far a line or a map may differ, as a share of its largest value.
    """
    path = folder / name
    if isinstance(picture, Drawing):
        content = picture.render("svg")
        if not path.exists() or _words(content) != _words(path.read_bytes()):
            write_whole(path, content)
        return
    shown = _shown(picture)
    if path.exists() and _alike(_read(path), shown, tolerance):
        return
    buffer = io.BytesIO()
    picture.savefig(buffer, format="png", dpi=120, metadata={"Description": json.dumps(shown), "Software": None})
    write_whole(path, buffer.getvalue())


def _words(svg: bytes) -> list[bytes]:
    return sorted(re.findall(rb"<text[^>]*>(.*?)</text>", svg, re.DOTALL))


def _read(path: Path) -> dict[str, Any]:
    """What the figure in a file shows, as `keep` wrote it."""
    from PIL import Image  # comes with Matplotlib

    with Image.open(path) as image:
        return json.loads(image.info.get("Description", "{}"))


def _shown(figure: Any) -> dict[str, Any]:
    """The words and numbers of a figure."""
    from matplotlib.ticker import FixedFormatter

    words, numbers = [figure.get_suptitle(), figure.get_supxlabel(), figure.get_supylabel()], []
    for axes in figure.axes:
        words += [axes.get_title(), axes.get_xlabel(), axes.get_ylabel()]
        legend = axes.get_legend()
        words += [text.get_text() for text in legend.get_texts()] if legend else []
        for axis in (axes.xaxis, axes.yaxis):
            formatter = axis.get_major_formatter()
            words += formatter.seq if isinstance(formatter, FixedFormatter) else []
        numbers += [line.get_xydata() for line in axes.lines]
        numbers += [image.get_array() for image in axes.images]
        numbers += [[patch.get_bbox().bounds for patch in axes.patches]]
    return {"words": words, "numbers": [np.round(np.asarray(x, float), 4).tolist() for x in numbers]}


def _alike(old: dict[str, Any], new: dict[str, Any], tolerance: float) -> bool:
    if not old or old["words"] != new["words"] or len(old["numbers"]) != len(new["numbers"]):
        return False
    for a, b in zip(map(np.array, old["numbers"]), map(np.array, new["numbers"]), strict=True):
        if a.shape != b.shape or not np.allclose(a, b, rtol=0, atol=tolerance * np.abs(a).max(initial=0)):
            return False
    return True
