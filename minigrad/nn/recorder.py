"""Reading what happens inside a model: queries, keys, scores and weights, by name, of one call and of no other."""

import difflib
from collections.abc import Iterator, Mapping

from minigrad.autograd.scope import Scope
from minigrad.autograd.watching import Watcher
from minigrad.nn.module import Module
from minigrad.tensor import Tensor


class Recorder(Watcher, Mapping[str, Tensor]):
    """Keeps what the modules of a model `note` while they run inside a `with` block.

    A name is the module's path, the part of it, and what the value is called. Attention notes `q`, `k`, `v`, `scores`
    (before the mask), `weights` and `output`, each head for itself: `"layers.0.self_attn.head 1.weights"`. Heads, which
    otherwise run all at once, run one after the other in the block, and a drawing of what it computed shows each.
    Nothing is left behind on the modules.

    Arguments:
        model: the module whose parts are recorded; it names them.

    >>> import minigrad
    >>> from minigrad import nn
    >>> attention = nn.MultiheadAttention(8, 2, batch_first=True)
    >>> x = minigrad.randn(1, 5, 8)
    >>> with nn.Recorder(attention) as seen:
    ...     output, _ = attention(x, x, x)
    >>> sorted(seen)[:6]
    ['head 0.k', 'head 0.output', 'head 0.q', 'head 0.scores', 'head 0.v', 'head 0.weights']
    >>> seen["head 1.weights"].shape
    (1, 5, 5)
    """

    def __init__(self, model: Module):
        self._paths = {id(module): path for path, module in model.named_modules()}
        self._values: dict[str, list[Tensor]] = {}

    def noted(self, scope: Scope | None, name: str, value: Tensor) -> None:
        """Keep a value, if the module around it belongs to the model."""
        parts = [name]
        while scope is not None and scope.module is None:
            parts.append(scope.name)
            scope = scope.parent
        if scope is not None and id(scope.module) in self._paths:
            parts.append(self._paths[id(scope.module)])
            self._values.setdefault(".".join(filter(None, reversed(parts))), []).append(value)

    def __getitem__(self, name: str) -> Tensor:
        return self.calls(name)[-1]

    def calls(self, name: str) -> list[Tensor]:
        """The values of that name, one for each time that the module ran.

        Raises:
            KeyError: if there is none; it names the nearest ones.
        """
        if name not in self._values:
            near = difflib.get_close_matches(name, self._values, n=3, cutoff=0.0)
            said = f"the nearest are {', '.join(map(repr, near))}" if near else "the modules ran outside of the block"
            raise KeyError(f"Recorder: nothing was recorded as {name!r}; {said}")
        return list(self._values[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)
