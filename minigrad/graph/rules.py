"""What an op's derivatives look like, on paper and in Python: both are read off its `Rule`s."""

import ast
import functools
import inspect
import linecache
from collections.abc import Callable
from types import CodeType
from typing import Any

from minigrad.autograd.op import Op
from minigrad.graph.parts import Rule


@functools.lru_cache(maxsize=1024)
def rules_of(op: Op) -> tuple[Rule, ...]:
    """For each input of an op the letter that its formulas use, the derivative, and the code that computes it.

    Arguments:
        op: the op. One with any number of inputs has one rule for all.

    >>> from minigrad.ops.elementwise import mul
    >>> rules_of(mul.op)[0]
    Rule(letter='a', formula='g · b', code='lambda g, _y, _a, b: g * b')
    """
    found = []
    letters = next((letters_of(rule.vjp) for rule in op.rules if rule is not None), [])
    for i, rule in enumerate(op.rules):
        own = letters if rule is None else letters_of(rule.vjp)
        letter = own[i] if i < len(own) else f"input {i}"
        found.append(Rule(letter, op.formula(i), "" if rule is None else code_of(rule.vjp)))
    return tuple(found)


def letters_of(vjp: Callable[..., Any]) -> list[str]:
    """What a rule calls the inputs: its arguments after g and y, without the underscore of those it does not read."""
    return [name.removeprefix("_") for name in list(inspect.signature(vjp).parameters)[2:]]


def code_of(function: Callable[..., Any]) -> str:
    """The source of a function: a lambda by itself, without the line it stands in; "" if it is not there."""
    owner = getattr(function, "__self__", None)
    if isinstance(owner, type) and hasattr(owner, "backward"):  # the rule of a user's `Function`
        function = owner.backward
    function = inspect.unwrap(function)
    code = getattr(function, "__code__", None)
    if code is None:
        return ""
    text, tree = _parsed(code.co_filename)
    kind = ast.Lambda if code.co_name == "<lambda>" else ast.FunctionDef
    places = [x for x in ast.walk(tree) if isinstance(x, kind) and code.co_firstlineno in _first_lines(x)]
    if len(places) > 1:
        places = [x for x in places if _holds(x, code)]
    if not places:
        return ""
    found = ast.get_source_segment(text, places[0]) or ""
    lines = found.splitlines()
    if kind is ast.Lambda:
        return " ".join(line.strip() for line in lines)
    return "\n".join([*lines[:1], *(line[places[0].col_offset :] for line in lines[1:])])


@functools.lru_cache(maxsize=256)
def _parsed(file: str) -> tuple[str, ast.AST]:
    text = "".join(linecache.getlines(file))
    try:
        return text, ast.parse(text)
    except SyntaxError:  # what is at that place now is not what ran
        return "", ast.Module([], [])


def _first_lines(place: Any) -> set[int]:
    """The lines that may count as a function's first: its own, or that of its first decorator."""
    return {place.lineno, *(decorator.lineno for decorator in getattr(place, "decorator_list", []))}


def _holds(place: Any, code: CodeType) -> bool:
    """Whether code is that of a place, by where in the text its instructions come from."""
    spots = [(line, column) for line, _, column, _ in code.co_positions() if line is not None and column]
    start, end = (place.lineno, place.col_offset), (place.end_lineno, place.end_col_offset)
    inner = [x for x in ast.walk(place) if x is not place and isinstance(x, ast.Lambda)]
    return all(start <= spot < end for spot in spots) and not any(_holds(x, code) for x in inner)
