"""How an op is declared: a plain NumPy function, and beside it one `Rule` for each input::

    @primitive(
        Rule("g * b", lambda g, _y, _a, b: g * b),
        Rule("g * a", lambda g, _y, a, _b: g * a),
    )
    def mul(input, other):
        return np.multiply(input, other)

The decorated function takes Tensors: it runs the NumPy function on their arrays, wraps the result, and records a
`Node` if a gradient is wanted. Given plain arrays it returns a plain array. So the same rule can be run twice: on
arrays it is the fast first-order backward pass; on Tensors every op in it is recorded in its turn, and the second
derivative comes for free.

A rule gets the gradient g of the output, the output y, and the inputs. What it does not read of them has a name that
begins with an underscore, as is the custom in Python. The engine goes by these names: a large array that no rule of the
op reads is not kept for the backward pass.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.autograd.errors import DtypeError, ShapeError
from minigrad.autograd.modes import modes
from minigrad.autograd.node import Node, TensorBase
from minigrad.autograd.op import Op, Rule
from minigrad.autograd.storage import Storage
from minigrad.dtypes import RANK


def primitive(
    *rules: Rule | None,
    name: str | None = None,
    view: bool = False,
    variadic: bool = False,
    together: Callable[..., list[Any]] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a differentiable op of a NumPy function: see the top of this file.

    Arguments:
        rules: for each tensor input, in order, its Rule, or `no_gradient`. The function's further arguments are
            parameters: numbers, dims, flags.
        name: the name shown in graphs and messages; the function's own by default.
        view: the result may share memory with the first input.
        variadic: the function takes `*tensors`, and the single rule returns a sequence of gradients.
        together: a function that gives what all the rules give, on arrays and in one go: see `Op`.

    Returns:
        A decorator. The `Op` stands on the decorated function as its attribute `op`.
    """

    def decorate(forward: Callable[..., Any]) -> Callable[..., Any]:
        op = Op(forward, rules, name or forward.__name__.strip("_"), view, variadic, together)
        arity, params = len(rules), op.params

        @functools.wraps(forward)
        def call(*args: Any, **kwargs: Any) -> Any:
            if len(args) != arity or kwargs.keys() != params:  # else there is nothing to sort or to fill in
                if "out" in kwargs:
                    return into(kwargs.pop("out"), call(*args, **kwargs), op.name)
                args, kwargs = op.bind(args, kwargs)
            for x in args:
                if isinstance(x, TensorBase):
                    return apply(op, args, kwargs or _NO_PARAMS)
            return on_arrays(op, args, kwargs)

        call.op = op  # type: ignore[attr-defined]  # functions may carry attributes, which mypy does not know
        return call

    return decorate


def into(out: Any, result: Any, function: str) -> Any:
    """Write a result into the tensor that was given as `out=`, and return that; the result itself for None.

    Raises:
        RuntimeError: where history is recorded, which would not follow.
        ShapeError: for a tensor of another shape.
        TypeError: for one of an element type that does not hold the result's.
    """
    if out is None:
        return result
    if result.node is not None or (modes.grad_enabled and out.source() is not None):
        raise RuntimeError(f"{function}: out= does not go with gradients; use no_grad(), or take the result")
    if out.array.shape != result.array.shape:
        raise ShapeError(f"{function}: out of shape {out.array.shape} does not hold a result of {result.array.shape}")
    if RANK[result.array.dtype.kind] > RANK[out.array.dtype.kind]:
        raise DtypeError(f"{function}: out of {out.array.dtype} does not hold a result of {result.array.dtype}")
    np.copyto(out.array, result.array, casting="unsafe")
    out.mark_written(function)
    return out


# Elements of a result above which an op keeps only what its rules read. Of smaller ones it keeps all: to let go of them
# saves little and takes a microsecond, and up to here a graph that is read later shows tensors number by number.
LARGE: float = 16_384

_NO_PARAMS: dict[str, Any] = {}  # one for all nodes: thousands of empty dicts would be work for the collector


def on_arrays(op: Op, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """Run an op on plain arrays and numbers: as a rule does, unless what it computes is itself recorded."""
    arrays = [np.asarray(x) if isinstance(x, np.generic) else x for x in inputs]  # 0-dim gradients
    try:
        output = op.forward(*arrays, **params)
    except _MISUSE as error:
        raise _explained(error, op, inputs, arrays, params) from None
    return output[0] if type(output) is tuple else output


# What NumPy raises for arguments that do not fit.
_MISUSE = (ValueError, IndexError, TypeError, AttributeError, OverflowError)


def _explained(
    error: Exception, op: Op, inputs: tuple[Any, ...], arrays: list[Any], params: dict[str, Any]
) -> Exception:
    """What went wrong in an op, as a sentence that names its arguments; watchers are told."""
    explained = op.explain(error, arrays, params)
    for watcher in modes.watchers:
        watcher.failed(op, inputs, arrays, params, explained)
    return explained


def apply(op: Op, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """Run an op, and record it if history is recorded and some input wants a gradient.

    Arguments:
        op: the op.
        inputs: tensors, at least one, numbers, arrays or None.
        params: the op's other arguments.

    Returns:
        A tensor, of the class of the first tensor among the inputs.
    """
    arrays: list[Any] = []
    parents: list[Any] = []
    like: Any = None
    wanted = False
    constants: dict[int, Storage] | None = None
    for x in inputs:
        parent = None
        if isinstance(x, TensorBase):
            if like is None:
                like = x
            if x.base is not None and x.made != x.storage.written:  # type: ignore[union-attr]  # a view has a storage
                x.follow()
            parent = x.node or (x if x._requires_grad else None)
            if parent is not None:
                wanted = True
            else:
                if x.storage is None:
                    x.storage = Storage()
                if constants is None:
                    constants = {}
                constants[len(arrays)] = x.storage
            x = x.array
        arrays.append(x)
        parents.append(parent)
    try:
        output = op.forward(*arrays, **params)
    except _MISUSE as error:
        raise _explained(error, op, inputs, arrays, params) from None
    kept = None
    if type(output) is tuple:
        output, kept = output
    if type(output) is not np.ndarray:
        output = np.asarray(output)  # NumPy's ufuncs turn 0-dim arrays into scalars

    node = None
    if wanted and modes.grad_enabled and output.dtype.kind == "f":
        node = Node(op, tuple(arrays), params, kept, output, tuple(parents), constants, modes.scope)
        if output.size > LARGE and not modes.watchers:  # who watches is shown all that there was
            node.let_go()
    result = like._result(output, node)
    if op.view and _shares_memory(output, like.array):
        result.storage = like.shared_storage()
        if node is not None:
            node.storage = result.storage
        if modes.grad_enabled and output.dtype == like.array.dtype:
            result.base = like if like.base is None else like.base
            result.made = result.storage.written
    for watcher in modes.watchers:
        watcher.ran(op, inputs, arrays, params, kept, result)
    return result


def _shares_memory(y: np.ndarray, x: np.ndarray) -> bool:
    """Whether what an op made of `x` lies in the same memory; nearly always what NumPy has noted of it says so."""
    return y.base is not None and (y.base is x or y.base is x.base or np.may_share_memory(y, x))
