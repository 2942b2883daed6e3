"""From DOT to a picture: Graphviz does the layout, whichever one is there.

A `dot` program on the PATH is taken first, else the Graphviz that comes inside the wheel of pygraphviz. That one runs
in a process of its own (`wheel.py`): what its C libraries print to stderr stays out of sight unless it fails, and a
crash there does not take the user's program along.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

FORMATS = ("svg", "png", "pdf")
EACH = 16  # graphs for which a process of Graphviz is worth its start
DPI = 144  # of PNG, so that it is sharp on fine screens


class RendererError(RuntimeError):
    """There is no Graphviz, or it failed."""


def render(dot: str, format: str) -> bytes:
    """Lay out a graph and draw it.

    Arguments:
        dot: the graph in the DOT language.
        format: "svg", "png" or "pdf".

    Returns:
        The content of the file.

    Raises:
        RendererError: when there is no Graphviz, saying how to get one; or with what it said when it failed.
    """
    return _run(_command(format), dot)


def lay_out(dots: Sequence[str]) -> list[dict[str, Any]]:
    """Lay out many graphs, in a process for each core.

    Arguments:
        dots: the graphs in the DOT language.

    Returns:
        For each what Graphviz's format json0 says of it.

    Raises:
        RendererError: as `render` does.
    """
    workers = min(os.cpu_count() or 1, -(-len(dots) // EACH))
    if workers < 2:
        return _laid_out(dots)
    with ThreadPoolExecutor(workers) as pool:  # threads that wait for processes
        shares = [dots[len(dots) * i // workers : len(dots) * (i + 1) // workers] for i in range(workers)]
        return [graph for share in pool.map(_laid_out, shares) for graph in share]


def _laid_out(dots: Sequence[str]) -> list[dict[str, Any]]:
    """Lay out graphs in one process."""
    if not dots:
        return []
    said = _run(_command("json0"), "\0".join(dots)).decode()
    decoder, found, at = json.JSONDecoder(), [], 0
    while at < len(said):
        graph, end = decoder.raw_decode(said, at)
        found.append(graph)
        at = end + len(said[end:]) - len(said[end:].lstrip())
    return found


def _run(command: list[str], dots: str) -> bytes:
    """Start a Graphviz on graphs with a NUL between them, for the program `dot` a new line."""
    input = (dots if command[0] == sys.executable else dots.replace("\0", "\n")).encode()
    done = subprocess.run(command, input=input, capture_output=True, check=False)
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip() or "nothing"
        raise RendererError(f"draw: Graphviz failed with exit code {done.returncode}; it said: {said}")
    return done.stdout


def _command(format: str) -> list[str]:
    """How to start the Graphviz that is there."""
    if program := shutil.which("dot"):
        return [program, f"-T{format}", *([f"-Gdpi={DPI}"] if format == "png" else [])]
    if importlib.util.find_spec("pygraphviz"):
        child = Path(__file__).with_name("wheel.py")
        return [sys.executable, "-P", str(child), format, str(DPI if format == "png" else 72)]
    raise RendererError(
        "draw: there is no Graphviz to draw with; install the system's, as with `apt install graphviz` or "
        "`brew install graphviz`, or the one for Python, with `pip install 'minigrad[render]'`"
    )
