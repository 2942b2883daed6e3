"""What every model here can do: answer all at once, token by token, and show where it looked."""

from typing import Any

import minigrad
from minigrad import Tensor, nn

Maps = dict[str, Tensor]  # attention weights by the name of the module they come from, each (B, heads, Tq, Tk)


class SequenceModel(nn.Module):
    """The base of all models that read a sequence of tokens and write another."""

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Scores for the next token at each place of the answer, all at once (teacher forcing).

        Arguments:
            source: tokens to read, (B, S).
            target: the answer so far, from BOS on, (B, T).

        Returns:
            Scores, of shape (B, T, tokens).
        """
        raise NotImplementedError(f"{type(self).__name__} does not say how it answers")

    def start(self, source: Tensor) -> Any:
        """Read the source, (B, S), and return all that `step` needs."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it reads")

    def step(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Say one token more.

        Arguments:
            tokens: what was said last, (B,); BOS at first.
            state: what `start` or the last `step` returned.

        Returns:
            Scores for the next token, (B, tokens), and the new state.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say how it speaks")

    def attention_maps(self, source: Tensor, target: Tensor) -> Maps:
        """All attention weights, by the name of their module, each of shape (B, heads, queries, keys)."""
        with minigrad.no_grad(), nn.Recorder(self) as seen:
            self(source, target)
        heads: dict[str, list[Tensor]] = {}
        for name, weights in seen.items():
            module, _, part = name.rpartition(".")
            if part == "weights":
                heads.setdefault(module.partition(".head ")[0], []).append(weights)
        return {module: minigrad.stack(found, 1) for module, found in heads.items()}
