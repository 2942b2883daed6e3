"""How an op is declared: a plain NumPy function, and beside it one `Rule` for each input::

    @primitive(
        Rule("g * b", lambda g, y, a, b: g * b),
        Rule("g * a", lambda g, y, a, b: g * a),
    )
    def mul(input, other):
        return np.multiply(input, other)

The decorated function takes Tensors: it runs the NumPy function on their arrays, wraps the result, and records a
`Node` if a gradient is wanted. Given plain arrays it returns a plain array. So the same rule can be run twice: on
arrays it is the fast first-order backward pass; on Tensors every op in it is recorded in its turn, and the second
derivative comes for free.
"""

import functools
import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minigrad.autograd.modes import modes
from minigrad.autograd.node import Node, TensorBase


class ShapeError(RuntimeError, ValueError):
    """Shapes that an op cannot work with: PyTorch's RuntimeError and NumPy's ValueError at once."""


class Rule(NamedTuple):
    """The derivative of an op with respect to one input, as a vector-Jacobian product.

    Attributes:
        formula: the mathematics, as drawings and texts show it.
        vjp: `vjp(g, y, *inputs, **params)`, the gradient of that input, given the gradient `g` of the output `y`.
            It may leave the sums over broadcast dimensions to the engine: see `backward.fit`.
    """

    formula: str
    vjp: Callable[..., Any]


no_gradient: Rule | None = None  # stands in a rule's place for an input that has no derivative


class Op:
    """What the engine knows of an op.

    Attributes:
        name: PyTorch's name for it.
        forward: the NumPy function. It may return `(result, kept)`, `kept` being a dict of arrays that a first-order
            rule gets as further keyword arguments; run on Tensors the rule computes them itself.
        rules: a Rule, or None, for each input.
        view: whether the result may share memory with the first input.
        variadic: whether there is any number of inputs; the one rule then returns a gradient for each of them.
    """

    __slots__ = ("arguments", "forward", "name", "rules", "variadic", "view")

    def __init__(
        self,
        forward: Callable[..., Any],
        rules: tuple[Rule | None, ...],
        name: str,
        view: bool = False,
        variadic: bool = False,
    ):
        self.name = name
        self.forward = forward
        self.rules = rules
        self.view = view
        self.variadic = variadic
        self.arguments = tuple(inspect.signature(forward).parameters)

    def formula(self, index: int) -> str:
        """The derivative with respect to input `index`, in mathematical notation."""
        rule = self.rules[0 if self.variadic else index]
        return rule.formula if rule is not None else ""

    def explain(self, error: Exception, arrays: list[Any]) -> Exception:
        """NumPy's complaint, with the op, its arguments and all shapes named."""
        if isinstance(error, ShapeError):
            return error
        names = [f"tensors[{i}]" for i in range(len(arrays))] if self.variadic else self.arguments
        given = ", ".join(
            f"{name} of shape {x.shape}" if isinstance(x, np.ndarray) else f"{name} = {x!r}"
            for name, x in zip(names, arrays, strict=False)
            if x is not None
        )
        reason = str(error)
        if "broadcast" in reason:
            reason = "aligned from the right, two dimensions must be equal or one of them 1"
        kind = ShapeError if isinstance(error, ValueError) and not isinstance(error, IndexError) else type(error)
        return kind(f"{self.name}: {given}: {reason}")

    def __repr__(self) -> str:
        return f"Op({self.name!r})"


def primitive(
    *rules: Rule | None, name: str | None = None, view: bool = False, variadic: bool = False
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a differentiable op of a NumPy function: see the top of this file.

    Arguments:
        rules: for each tensor input, in order, its Rule, or `no_gradient`. The function's further arguments are
            parameters: numbers, dims, flags.
        name: the name shown in graphs and messages; the function's own by default.
        view: the result may share memory with the first input.
        variadic: the function takes `*tensors`, and the single rule returns a sequence of gradients.

    Returns:
        A decorator. The `Op` stands on the decorated function as its attribute `op`.
    """

    def decorate(forward: Callable[..., Any]) -> Callable[..., Any]:
        op = Op(forward, rules, name or forward.__name__.strip("_"), view, variadic)
        arity = len(rules)
        parameters = list(inspect.signature(forward).parameters.values())
        input_names = op.arguments[:arity]
        param_names = op.arguments[arity:]
        all_params = frozenset(param_names)
        defaults = {p.name: p.default for p in parameters[arity:] if p.default is not p.empty}

        def bind(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
            """Sort a call's arguments into inputs and parameters, with the defaults filled in."""
            if variadic:
                return args, {**defaults, **kwargs}
            given = dict(zip(param_names, args[arity:], strict=False))
            params = {**defaults, **given, **kwargs}
            inputs = args[:arity]
            for p in parameters[len(inputs) : arity]:
                if p.name not in params and p.default is p.empty:
                    raise TypeError(f"{op.name}: argument {p.name!r} is missing; it takes {', '.join(op.arguments)}")
                inputs += (params.pop(p.name, p.default),)
            if len(args) > len(parameters) or not params.keys() <= all_params:
                unknown = ", ".join(map(repr, params.keys() - all_params)) or f"{len(args)} arguments"
                raise TypeError(f"{op.name}: got {unknown}; it takes {', '.join(op.arguments)}")
            if given.keys() & kwargs.keys():
                raise TypeError(f"{op.name}: got {', '.join(map(repr, given.keys() & kwargs.keys()))} twice")
            return inputs, params

        @functools.wraps(forward)
        def call(*args: Any, **kwargs: Any) -> Any:
            if len(args) != arity or ((kwargs or param_names) and kwargs.keys() != all_params):
                args, kwargs = bind(args, kwargs)
            return apply(op, args, kwargs or _NO_PARAMS)

        call.op = op  # type: ignore[attr-defined]  # functions may carry attributes, which mypy does not know
        call.inputs = input_names  # type: ignore[attr-defined]
        return call

    return decorate


_NO_PARAMS: dict[str, Any] = {}  # one for all nodes: thousands of empty dicts would be work for the collector


def apply(op: Op, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """Run an op, and record it if history is recorded and some input wants a gradient.

    Arguments:
        op: the op.
        inputs: tensors, numbers, arrays or None.
        params: the op's other arguments.

    Returns:
        A tensor, of the class of the first tensor among the inputs; a plain array if there is none.
    """
    arrays: list[Any] = []
    parents: list[Any] = []
    like = None
    wanted = False
    for x in inputs:
        parent = None
        if isinstance(x, TensorBase):
            if like is None:
                like = x
            parent = x.node or (x if x._requires_grad else None)
            if parent is not None:
                wanted = True
            x = x.array
        arrays.append(x)
        parents.append(parent)
    if like is None:
        arrays = [np.asarray(x) if isinstance(x, np.generic) else x for x in arrays]  # 0-dim gradients, in a rule
    try:
        output = op.forward(*arrays, **params)
    except (ValueError, IndexError, TypeError, OverflowError) as error:
        raise op.explain(error, arrays) from None
    kept = None
    if type(output) is tuple:
        output, kept = output
    if like is None:
        return output
    if type(output) is not np.ndarray:
        output = np.asarray(output)  # NumPy's ufuncs turn 0-dim arrays into scalars

    node = None
    if wanted and modes.grad_enabled and output.dtype.kind == "f":
        node = Node(op, inputs, tuple(arrays), params, kept, output, tuple(parents), modes.scope)
    result = like._result(output, node)
    if op.view and np.may_share_memory(output, like.array):
        result.storage = like.shared_storage()
        if node is not None:
            node.storage = result.storage
    return result
