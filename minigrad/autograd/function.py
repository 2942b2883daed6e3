"""Ops of your own: a forward and a backward in a class, as PyTorch's `torch.autograd.Function`."""

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from minigrad.autograd.errors import ShapeError
from minigrad.autograd.modes import modes, no_grad
from minigrad.autograd.node import TensorBase
from minigrad.autograd.op import Op, Rule
from minigrad.autograd.primitive import apply
from minigrad.autograd.storage import clock


class FunctionCtx:
    """What `forward` leaves for `backward`; attributes may be set freely.

    Attributes:
        needs_input_grad: for each argument whether a gradient is wanted.
    """

    def __init__(self, args: tuple[Any, ...], name: str):
        self.needs_input_grad = tuple(isinstance(x, TensorBase) and x.source() is not None for x in args)
        self._name = name
        self._args = args
        self._made = 0  # the tick after `forward`
        self._saved: tuple[Any, ...] = ()
        self._outputs: tuple[Any, ...] = ()
        self._constant: set[int] = set()
        self._materialize = True
        self._recorded: dict[int, Any] = {}  # what stands for a saved tensor while the backward pass is recorded

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep inputs or outputs for `backward`."""
        self._saved = tensors

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What `save_for_backward` was given.

        Raises:
            RuntimeError: if one of them was changed in place since.
        """
        for x in self._saved:
            if isinstance(x, TensorBase) and x.storage is not None and x.storage.written > self._made:
                raise x.storage.stale(self._name, "a tensor", x.array).error
        return tuple(self._recorded.get(id(x), x) for x in self._saved)

    def mark_non_differentiable(self, *outputs: Any) -> None:
        """Say of outputs that nothing flows back through them."""
        self._constant = {id(x) for x in outputs}

    def set_materialize_grads(self, value: bool) -> None:
        """Say whether `backward` is given zeros, or None, for an output that nothing flowed back through."""
        self._materialize = value

    def mark_dirty(self, *inputs: Any) -> None:
        """Inputs changed in place are not supported: return a new tensor instead."""
        raise RuntimeError(
            "mark_dirty: a Function that changes its inputs in place is not supported; return new tensors"
        )


class Function:
    """The base of ops with a derivative of your own.

    `forward(ctx, *args)` computes with tensors, of which no history is recorded; `backward(ctx, *gradients)` is given
    the gradient of each output and returns one for each argument, None for those that have none. Written with
    tensors, it can be differentiated again. Instead of taking `ctx`, `forward` may be followed by
    `setup_context(ctx, inputs, output)`. Call `apply`.

    >>> import minigrad
    >>> class Cube(minigrad.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x * x * x
    ...
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (x,) = ctx.saved_tensors
    ...         return 3 * x * x * g
    >>> x = minigrad.tensor(2.0, requires_grad=True)
    >>> y = Cube.apply(x)
    >>> y.backward()
    >>> y, x.grad
    (tensor(8., grad_fn=<Cube>), tensor(12.))
    """

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Compute the outputs: a tensor, or a tuple of them."""
        raise NotImplementedError("Function: define forward(ctx, *args)")

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        """Compute the gradients of the arguments."""
        raise NotImplementedError("Function: define backward(ctx, *gradients)")

    setup_context: Any = None

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run the op.

        Arguments:
            args: tensors and whatever else `forward` takes.
            kwargs: the same by name; `setup_context` finds them among its inputs, in `forward`'s order.

        Returns:
            What `forward` returned, with history.
        """
        if cls.setup_context is not None:
            args, kwargs = _in_order(cls.forward, args, kwargs), {}
        ctx = FunctionCtx(args, cls.__name__)
        with no_grad(), _told(cls.__name__):
            if cls.setup_context is None:
                outputs = cls.forward(ctx, *args, **kwargs)
            else:
                outputs = cls.forward(*args)
                cls.setup_context(ctx, args, outputs)
        ctx._made = next(clock)
        single = isinstance(outputs, TensorBase)
        ctx._outputs = (outputs,) if single else tuple(outputs)
        flowing = [x for x in ctx._outputs if _flows(x) and id(x) not in ctx._constant]
        if not (modes.grad_enabled and any(ctx.needs_input_grad) and flowing):
            own = [x.detach() if any(x is y for y in args) else x for x in ctx._outputs]  # what comes out is new
            return own[0] if single else type(outputs)(own)
        # A node has one output. Several become one vector, which is cut again.
        vector = flowing[0].array.copy() if single else np.concatenate([x.array.ravel() for x in flowing])
        op = Op(lambda *arrays: vector, (Rule(f"{cls.__name__}.backward", cls._rule),), cls.__name__, variadic=True)
        result = apply(op, (*args, ctx), {})
        if single:
            return result
        parts = iter(_cut(result, flowing))
        flows = {id(x) for x in flowing}
        return type(outputs)(next(parts) if id(x) in flows else x for x in ctx._outputs)

    @classmethod
    def _rule(cls, g: Any, y: Any, *inputs: Any) -> list[Any]:
        """The gradients that `backward` finds, with tensors in and tensors or arrays out, as the engine runs it."""
        *args, ctx = inputs
        recorded = isinstance(g, TensorBase)
        flowing = [x for x in ctx._outputs if _flows(x) and id(x) not in ctx._constant]
        single = len(ctx._outputs) == 1 and flowing[0].array.shape == y.shape
        gradients = [g] if single else _cut(g, flowing)
        if recorded:
            now = [y] if single else _cut(y, flowing)
            ctx._recorded = {id(x): z for x, z in zip((*ctx._args, *flowing), (*args, *now), strict=True)}
        else:
            gradients = [x._result(part, None) for x, part in zip(flowing, gradients, strict=True)]
        given = {id(x): part for x, part in zip(flowing, gradients, strict=True)}
        if ctx._materialize:
            filled = [given[id(x)] if id(x) in given else _zeros(x) for x in ctx._outputs]
        else:  # what flowed nowhere is seen to be zero
            some = {i: part for i, part in given.items() if recorded or part.array.any()}
            filled = [some.get(id(x)) for x in ctx._outputs]
        try:
            found = cls.backward(ctx, *filled)
        finally:
            ctx._recorded = {}
        found = found if isinstance(found, tuple) else (found,)
        if len(found) < len(args) or any(x is not None for x in found[len(args) :]):
            raise RuntimeError(
                f"{cls.__name__}.backward returned {len(found)} gradients for {len(args)} arguments; "
                "it must return one for each, None for those that have none"
            )
        for i, (x, arg) in enumerate(zip(found, args, strict=False)):
            shape = getattr(arg, "shape", None)
            if x is not None and shape is not None and not _sums_to(x.shape, shape):
                raise ShapeError(
                    f"{cls.__name__}.backward returned a gradient of shape {x.shape} for argument {i} of shape "
                    f"{shape}; it must have that shape, or one that sums to it"
                )
        return [x if recorded or x is None else x.array for x in found[: len(args)]] + [None]


@contextlib.contextmanager
def _told(name: str) -> Iterator[None]:
    """Tell watchers that what runs in this block is the inside of one op."""
    watchers = modes.watchers
    for watcher in watchers:
        watcher.entered(name)
    try:
        yield
    finally:
        for watcher in watchers:
            watcher.left()


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a `backward` that must not itself be differentiated: one that leaves tensors for NumPy, for example.

    It runs without history. To differentiate what it gave with respect to the gradients it was given is an error.

    >>> import minigrad
    >>> class Sign(minigrad.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         return minigrad.tensor(np.sign(x.detach().numpy()))
    ...
    ...     @staticmethod
    ...     @once_differentiable
    ...     def backward(ctx, g):
    ...         return minigrad.tensor(np.clip(g.numpy(), -1, 1))
    >>> x = minigrad.tensor([0.5, -2.0], requires_grad=True)
    >>> (Sign.apply(x) * 5).sum().backward()
    >>> x.grad
    tensor([1., 1.])
    """

    @functools.wraps(backward)
    def once(ctx: Any, *gradients: Any) -> Any:
        with no_grad():
            found = backward(ctx, *gradients)
        if not modes.grad_enabled:
            return found
        several = found if isinstance(found, tuple) else (found,)
        guarded = tuple(_Once.apply(x, *gradients) if isinstance(x, TensorBase) else x for x in several)
        return guarded if isinstance(found, tuple) else guarded[0]

    return once


class _Once(Function):
    """What `once_differentiable` found, tied to the gradients it was found from."""

    @staticmethod
    def forward(ctx: Any, found: Any, *gradients: Any) -> Any:
        return found

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        raise RuntimeError("once_differentiable: this backward cannot be differentiated; write it with tensors")


def _in_order(forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """The arguments of a call in the order in which `forward` names them, defaults included."""
    code, defaults = forward.__code__, forward.__defaults__ or ()
    names = code.co_varnames[: code.co_argcount]
    rest = names[len(args) :]
    bound = {**dict(zip(names[len(names) - len(defaults) :], defaults, strict=True)), **kwargs}
    if missing := [name for name in rest if name not in bound]:
        raise TypeError(f"apply: forward({', '.join(names)}) is not given {', '.join(missing)}")
    return (*args, *(bound[name] for name in rest))


def _sums_to(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether `wanted` is what broadcasts to `shape`."""
    pairs = zip(reversed(shape), reversed(wanted), strict=False)
    return len(shape) >= len(wanted) and all(n in (1, m) for m, n in pairs)


def _flows(x: Any) -> bool:
    return isinstance(x, TensorBase) and x.array.dtype.kind == "f"


def _zeros(x: Any) -> Any:
    return x._result(np.zeros_like(x.array), None) if isinstance(x, TensorBase) else None


def _cut(vector: Any, like: list[Any]) -> list[Any]:
    """A vector cut into parts of the shapes of `like`."""
    parts, start = [], 0
    for x in like:
        parts.append(vector[start : start + x.array.size].reshape(x.array.shape))
        start += x.array.size
    return parts
