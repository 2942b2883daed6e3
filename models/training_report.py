"""`report.html`: how a run went, as one page that needs nothing besides. Moving a slider through training shows what
the model said and where it looked at each moment, so that the pattern that solves the task is seen to emerge.
"""

import base64
import dataclasses
import io
from pathlib import Path
from typing import Any

from minigrad.utils.files import write_whole
from minigrad.utils.page import self_contained
from models.plotting import draw_lines
from models.plotting import figure as new_figure
from models.run import Run
from models.snapshots import Snapshot, asked
from models.tasks import samples

FOLDER = Path(__file__).with_name("page")


def write_report(run: Run, curves: Any, graph: bytes) -> Path:
    """Write the report of a run.

    Arguments:
        run: the run, with its metrics and snapshots.
        curves: a figure of the loss and of the accuracies.
        graph: the computation graph, as SVG.

    Returns:
        The path of `report.html`.
    """
    metrics, snapshots = run.metrics(), run.snapshots()
    config = run.config
    data = {
        **asked(config.task, samples(config)),
        "task": config.task,
        "model": config.model,
        "settings": dataclasses.asdict(config),
        "metrics": metrics,
        "snapshots": [{what: shot[what] for what in ("step", "said", "attention")} for shot in snapshots],
        "explorer": "explorer.html" if (run.folder / "explorer.html").is_file() else "",
        "pictures": {"curves": _picture(curves), "sizes": _picture(_sizes(snapshots)), "graph": _svg(graph)},
    }
    page = self_contained(
        FOLDER / "report.html", [FOLDER / "report.css"], [FOLDER / "report.js"], f"{config.task}: a run", data
    )
    return write_whole(run.folder / "report.html", page)


def _sizes(snapshots: list[Snapshot]) -> Any:
    """The figure of gradients and updates against steps, a line for each layer."""
    seen = [snapshot for snapshot in snapshots if snapshot["sizes"]]
    steps = [snapshot["step"] for snapshot in seen]
    figure = new_figure(9, 3.6)
    axes = figure.subplots(1, 2)
    titles = {"gradient": "norm of the gradient", "update": "one step's change, by the norm of the weights"}
    for i, (what, title) in enumerate(titles.items()):
        layers = seen[0]["sizes"] if seen else {}
        series = {layer: (steps, [snapshot["sizes"][layer][what] for snapshot in seen]) for layer in layers}
        draw_lines(axes[i], series, xlabel="step", title=title, yscale="log")
        if i == 0:
            axes[i].get_legend().remove()  # the other has the same
    return figure


def _picture(figure: Any) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg")
    return _svg(buffer.getvalue())


def _svg(content: bytes) -> str:
    """A picture as an address that holds it; inside an image no script runs."""
    return f"data:image/svg+xml;base64,{base64.b64encode(content).decode()}"
