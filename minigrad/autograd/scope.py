"""Where in a model an op ran: inside which call of which module.

A node keeps one pointer, to the innermost `Scope`; from there the chain of parents leads out to the whole model, and
drawings make their clusters of it.
"""

import contextlib
from collections.abc import Iterator
from typing import Any, Optional

from minigrad.autograd.modes import modes


class Scope:
    """One call of a module, or a named part of one.

    Attributes:
        parent: the scope around it, or None.
        module: the module that was called; None for a part that only has a name.
        name: the name of such a part.
    """

    __slots__ = ("module", "name", "parent")

    def __init__(self, parent: Optional["Scope"], module: Any = None, name: str = ""):
        self.parent = parent
        self.module = module
        self.name = name


@contextlib.contextmanager
def scope(name: str) -> Iterator[None]:
    """Draw what is computed in this block as a cluster of that name.

    Arguments:
        name: what the cluster is called.

    >>> import minigrad
    >>> x = minigrad.ones(2, requires_grad=True)
    >>> with minigrad.autograd.scope("twice"):
    ...     y = x + x
    >>> y.grad_fn.scope.name
    'twice'
    """
    before = modes.scope
    modes.scope = Scope(before, name=name)
    try:
        yield
    finally:
        modes.scope = before


def note(name: str, value: Any) -> None:
    """Offer a value inside a computation, such as attention's weights, to who watches: see `minigrad.nn.Recorder`.

    Arguments:
        name: what it is called inside the current scope.
        value: a tensor.
    """
    for watcher in modes.watchers:
        watcher.noted(modes.scope, name, value)
