"""The table of ops in `docs/ops.md`, made from the code: `python -m tests.ops.table` writes it.

Which cases test an op is found by running them all and noting which rules they use.
"""

import inspect
from collections import Counter
from pathlib import Path
from typing import Any

import minigrad
from minigrad.autograd.op import Op
from minigrad.graph.rules import letters_of
from tests.ops.cases import CASES
from tests.ops.test_gradients import declared_ops, rules_run_by

PATH = Path(__file__).parents[2] / "docs" / "ops.md"

HEAD = """# The ops

Everything with a derivative, made from the code by `python -m tests.ops.table`; a test fails when this page is not
what the code says. In the formulas g is the gradient of the output y, and the other letters are the inputs. *Cases*
counts the calls by which the derivative is compared with finite differences, and where the derivative is smooth to
second order, and with PyTorch.

"""


def table() -> str:
    """The page, as Markdown."""
    cases = Counter(op for case in CASES for op in {op for op, _ in rules_run_by(case)})
    text = HEAD
    family = ""
    for op in sorted(declared_ops(), key=lambda op: (op.forward.__module__, op.forward.__code__.co_firstlineno)):
        module = inspect.getmodule(op.forward)
        assert module is not None
        if module.__name__ != family:
            family = module.__name__
            text += f"## {family.rpartition('.')[2].capitalize()}\n\n{summary(module)}\n\n"
            text += "| op | what it does | derivative | cases |\n|---|---|---|---|\n"
        text += f"| `{op.name}` | {cell(summary(public(op)))} | {cell(derivatives(op))} | {cases[op]} |\n"
        text = text.rstrip("\n") + "\n"
    return text.replace("|\n##", "|\n\n##")


def public(op: Op) -> Any:
    """The function that a user calls; the op's own where it has no other name."""
    for place in (minigrad, minigrad.nn.functional, minigrad.Tensor):
        if found := getattr(place, op.name, None):
            return found
    return op.forward


def summary(thing: Any) -> str:
    """The first paragraph of a docstring."""
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())


def derivatives(op: Op) -> str:
    """The formula for each input, by its letter; inputs of one formula together."""
    by_formula: dict[str, list[str]] = {}
    for i, rule in enumerate(op.rules):
        if rule is not None:
            letters = letters_of(rule.vjp)
            by_formula.setdefault(op.formula(i), []).append(letters[i] if i < len(letters) else "each")
    return "<br>".join(f"{', '.join(letters)}: {formula}" for formula, letters in by_formula.items())


def cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PATH.write_text(table(), encoding="utf-8")
    print(PATH)
