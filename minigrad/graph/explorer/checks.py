"""What happens to the loss when one number is moved a little: for a few entries, to be set beside gradients."""

from typing import Any

import numpy as np

from minigrad.graph.parts import Node
from minigrad.graph.recording import Recording

TENSORS = 100  # of which entries are moved, at most
OPS = 1000  # at most, for all of them may run again for each entry
H = 1e-3


def checks_of(recording: Recording) -> list[dict[str, Any]]:
    """Nudge a few entries of inputs and parameters.

    Arguments:
        recording: a computation that ended in a loss, or anything else; then there is nothing to nudge.

    Returns:
        For each entry a dict: "node" and "entry"; "h", how far it was moved; "down" and "up", the loss then; and its
        "gradient".

    >>> import minigrad
    >>> from minigrad.graph import record
    >>> x = minigrad.tensor([1.0, 3.0], requires_grad=True)
    >>> with record() as g:
    ...     (x * x).sum().backward()
    >>> [(check["entry"], round(check["up"] - check["down"], 6)) for check in checks_of(g)]
    [([1], 0.012), ([0], 0.004)]
    """
    graph = recording.graph()
    if sum(node.kind == "op" for node in graph.nodes.values()) > OPS:
        return []
    leaves = [node for node in graph.nodes.values() if node.kind in ("input", "parameter") and _entries(node)]
    found: list[dict[str, Any]] = []
    for node in leaves[:: max(1, -(-len(leaves) // TENSORS))]:
        for entry in _entries(node):
            try:
                nudged = recording.nudge(node.id, entry, H)
            except RuntimeError:  # an op that cannot run again, or no single loss; the page says that there are none
                return found
            known = {"h": H, "down": nudged.below, "up": nudged.above, "gradient": _gradient(node, entry)}
            found.append({"node": node.id, "entry": entry, **known})
    return found


def _gradient(node: Node, entry: list[int]) -> float:
    assert node.gradient is not None
    assert node.gradient.array is not None
    return float(node.gradient.array[tuple(entry)])


def _entries(node: Node) -> list[list[int]]:
    """The entry with the largest gradient, and the first."""
    gradient = None if node.gradient is None else node.gradient.array
    if gradient is None or gradient.size == 0 or not np.isfinite(gradient).all():
        return []
    largest = int(np.abs(gradient).argmax())
    return [[int(i) for i in np.unravel_index(flat, gradient.shape)] for flat in dict.fromkeys([largest, 0])]
