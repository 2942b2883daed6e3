"""What the engine knows of an op: its NumPy function, and the derivative with respect to each input, as a `Rule`."""

import functools
from collections.abc import Callable
from types import FunctionType
from typing import Any, NamedTuple

import numpy as np

from minigrad.autograd.errors import shown, translated
from minigrad.autograd.storage import Absent


class Rule(NamedTuple):
    """The derivative of an op with respect to one input, as a vector-Jacobian product.

    Attributes:
        formula: the mathematics, as drawings and texts show it.
        vjp: `vjp(g, y, *inputs, **params)`, the gradient of that input, given the gradient `g` of the output `y`.
            It may leave the sums over broadcast dimensions to the engine: see `backward.fit`. What it does not read
            of y and the inputs has a name that begins with an underscore, and need not be kept for it.
        add: for an op of one input whose gradient is mostly zeros, `add(total, g, **params)`, which adds that
            gradient to a sum in place. So the T slices of a sequence cost T slices going back, not T sequences.
    """

    formula: str
    vjp: Callable[..., Any]
    add: Callable[..., None] | None = None


def unread(rule: Rule | None, inputs: int) -> frozenset[int]:
    """What a rule does not read, as its arguments' names say: 0 for the output, 1, 2, ... for the inputs.

    Arguments:
        rule: the rule; None reads nothing.
        inputs: how many inputs the op has.

    >>> sorted(unread(Rule("g · b", lambda g, _y, _a, b: g * b), 2))
    [0, 1]
    """
    if rule is None:
        return frozenset(range(inputs + 1))
    if not isinstance(rule.vjp, FunctionType):
        return frozenset()  # a method, or something else that can be called
    code = rule.vjp.__code__  # what is gathered in `*inputs` is not among these names, so it counts as read
    return frozenset([i for i, name in enumerate(code.co_varnames[1 : code.co_argcount]) if name[0] == "_"])


no_gradient: Rule | None = None  # stands in a rule's place for an input that has no derivative


# NumPy's names of arguments, which PyTorch understands too.
NUMPY_NAMES = {"axis": "dim", "keepdims": "keepdim", "a": "input", "x": "input", "x1": "input", "x2": "other"}


def as_in_torch(kwargs: dict[str, Any], arguments: tuple[str, ...]) -> dict[str, Any]:
    """Keyword arguments with PyTorch's names in place of NumPy's, where a function has those."""
    if kwargs.keys().isdisjoint(NUMPY_NAMES):
        return kwargs
    return {_in_torch(name, kwargs, arguments): value for name, value in kwargs.items()}


def _in_torch(name: str, kwargs: dict[str, Any], arguments: tuple[str, ...]) -> str:
    other = NUMPY_NAMES.get(name)
    return other if other in arguments and name not in arguments and other not in kwargs else name


def first_flag(function: Callable[..., Any], arguments: tuple[str, ...]) -> int:
    """The place of the first argument that is True or False; the number of arguments if there is none."""
    kinds = function.__annotations__
    return next((i for i, name in enumerate(arguments) if kinds.get(name) is bool), len(arguments))


def check_flag(function: str, argument: str, value: Any) -> None:
    """Refuse `x.sum(0, 1)`: it asks for two dimensions, and would get one that is kept."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{function}: {argument} = {value!r} must be True or False; several dimensions are one tuple")


def numpy_names(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function be called with NumPy's names of arguments too, as an op can: `axis` for `dim`, and so on."""
    code = function.__code__
    arguments = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    flag = first_flag(function, arguments[: code.co_argcount])

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if flag < len(args) <= len(arguments):
            check_flag(function.__name__, arguments[flag], args[flag])
        return function(*args, **(as_in_torch(kwargs, arguments) if kwargs else kwargs))

    return call


class Op:
    """An op: a function, and the rules that differentiate it.

    Arguments:
        forward: the NumPy function. Its first arguments are the inputs, one for each rule; the others are parameters.
            It may return `(result, kept)`, `kept` being a dict of arrays that a first-order rule gets as further
            keyword arguments; run on Tensors the rule computes them itself.
        rules: a Rule, or None, for each input.
        name: PyTorch's name for it.
        view: whether the result may share memory with the first input.
        variadic: whether there is any number of inputs; the one rule then returns a gradient for each of them.
        together: what all rules give on arrays, in one go, where that is faster: `together(parents, g, y, *inputs,
            **params)` returns a gradient for each input that has a parent, and anything for the others. It may read
            what some rule reads.

    Attributes:
        arguments: the names of all arguments, in order; `names` is the set of them.
        params: the names of those that are parameters.
        defaults: what arguments are when they are not given; `optional` holds those of parameters.
        flag: the place of the first argument that is True or False.
        unread: for each rule what it does not read; see the function of that name.
    """

    __slots__ = (
        "arguments",
        "defaults",
        "flag",
        "forward",
        "name",
        "names",
        "optional",
        "params",
        "rules",
        "together",
        "unread",
        "variadic",
        "view",
    )

    def __init__(
        self,
        forward: Callable[..., Any],
        rules: tuple[Rule | None, ...],
        name: str,
        view: bool = False,
        variadic: bool = False,
        together: Callable[..., list[Any]] | None = None,
    ):
        self.name = name
        self.forward = forward
        self.rules = rules
        self.view = view
        self.variadic = variadic
        self.together = together
        # Read off the function itself: inspect.signature would take most of the time of `import minigrad`.
        code, defaults = forward.__code__, forward.__defaults__ or ()
        self.arguments = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        self.defaults = dict(zip(self.arguments[code.co_argcount - len(defaults) :], defaults, strict=False))
        self.flag = first_flag(forward, self.arguments)
        self.names = frozenset(self.arguments)
        self.params = frozenset(self.arguments if variadic else self.arguments[len(rules) :])
        self.optional = {name: value for name, value in self.defaults.items() if name in self.params}
        self.unread = tuple([unread(rule, len(rules)) for rule in rules])

    def formula(self, index: int) -> str:
        """The derivative with respect to input `index`, in mathematical notation."""
        rule = self.rules[0 if self.variadic else index]
        return rule.formula if rule is not None else ""

    def bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Sort a call's arguments into inputs and parameters, with the defaults filled in.

        Raises:
            TypeError: for arguments that are missing, unknown, or given twice.
        """
        if self.variadic:
            return args, kwargs
        arity = len(self.rules)
        if len(args) > self.flag and len(args) <= len(self.arguments):
            check_flag(self.name, self.arguments[self.flag], args[self.flag])
        if len(args) >= arity:  # as most calls have it: inputs in order, then parameters by place or by name
            given = {**dict(zip(self.arguments[arity:], args[arity:])), **kwargs}  # noqa: B905  see below
            bound = {**self.optional, **given}
            if bound.keys() == self.params and len(given) == len(args) - arity + len(kwargs):
                return args[:arity], bound
        if kwargs:
            kwargs = as_in_torch(kwargs, self.arguments)
        given = dict(zip(self.arguments, args))  # noqa: B905  to say strict= would double the time
        bound = {**self.defaults, **given, **kwargs}
        twice = kwargs and not given.keys().isdisjoint(kwargs)
        if len(args) > len(given) or bound.keys() != self.names or twice:
            raise self._misfit(args, given, kwargs)
        inputs = tuple([bound.pop(name) for name in self.arguments[:arity]])
        return inputs, bound

    def _misfit(self, args: tuple[Any, ...], given: dict[str, Any], kwargs: dict[str, Any]) -> TypeError:
        """What is wrong with a call's arguments."""
        known = self.defaults.keys() | given.keys() | kwargs.keys()
        if len(args) > len(given):
            wrong = f"got {len(args)} arguments"
        elif twice := given.keys() & kwargs.keys():
            wrong = f"got {', '.join(map(repr, sorted(twice)))} twice"
        elif unknown := known - self.names:
            wrong = f"got {', '.join(map(repr, sorted(unknown)))}"
        else:
            wrong = f"argument {next(name for name in self.arguments if name not in known)!r} is missing"
        return TypeError(f"{self.name}: {wrong}; it takes {', '.join(self.arguments)}")

    def explain(self, error: Exception, arrays: list[Any], params: dict[str, Any]) -> Exception:
        """NumPy's complaint, with the op, its arguments and all shapes named."""
        if absent := [x for x in arrays if isinstance(x, Absent)]:
            return absent[0].error  # which is why the op did not know what to do with it
        names = [f"tensors[{i}]" for i in range(len(arrays))] if self.variadic else self.arguments
        given = [
            f"{name} of shape {x.shape}" if isinstance(x, np.ndarray) else f"{name} = {shown(x)}"
            for name, x in (*zip(names, arrays, strict=False), *params.items())
            if x is not None
        ]
        return translated(error, f"{self.name}: {', '.join(given)}")

    def __repr__(self) -> str:
        return f"Op({self.name!r})"
