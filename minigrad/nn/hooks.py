"""Functions that others ask to have called when a module runs, forward and back."""

from collections.abc import Callable
from typing import Any, NamedTuple

from minigrad.autograd.function import Function
from minigrad.tensor import Tensor
from minigrad.utils.hooks import RemovableHandle


class ForwardHook(NamedTuple):
    """What is called before or after `forward`; see `Hooks.register_forward_hook`."""

    function: Callable[..., Any]
    with_kwargs: bool
    always_call: bool = False

    def before(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """The arguments to go on with."""
        if self.with_kwargs:
            changed = self.function(module, args, kwargs)
            return (args, kwargs) if changed is None else changed
        changed = self.function(module, args)
        if changed is None:
            return args, kwargs
        return changed if isinstance(changed, tuple) else (changed,), kwargs

    def after(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> Any:
        """The output to go on with."""
        changed = self.function(module, args, *([kwargs] if self.with_kwargs else []), output)
        return output if changed is None else changed


class Hooks:
    """The part of a `Module` that calls hooks.

    Attributes:
        _hooks: by occasion the hooks in force, by handle, in the order in which they are called.
    """

    _hooks: dict[str, dict[Any, Any]]
    forward: Callable[..., Any]

    def _hooks_on(self, occasion: str) -> list[Any]:
        return list(self._hooks.get(occasion, {}).values())

    def _register(self, occasion: str, hook: Any, prepend: bool = False) -> RemovableHandle:
        hooks = self._hooks.setdefault(occasion, {})
        earlier = dict(hooks) if prepend else {}
        for key in earlier:
            del hooks[key]
        handle = RemovableHandle(hooks, hook)
        hooks.update(earlier)
        return handle

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, args)` before each `forward`; what it returns, if anything, is used as arguments instead.

        Arguments:
            hook: the function; with `with_kwargs` it gets `(module, args, kwargs)` and returns both.
            prepend: call it before the hooks that are there already.
            with_kwargs: see `hook`.

        Returns:
            A handle, whose `remove()` takes the hook away.
        """
        return self._register("before forward", ForwardHook(hook, with_kwargs), prepend)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, args, output)` after each `forward`; what it returns, if anything, is the output instead.

        Arguments:
            hook: the function; with `with_kwargs` it gets `(module, args, kwargs, output)`.
            prepend: call it before the hooks that are there already.
            with_kwargs: see `hook`.
            always_call: call it also when `forward`, or a hook before it, raises something; `output` is None then.

        Returns:
            A handle, whose `remove()` takes the hook away.

        >>> import minigrad
        >>> from minigrad import nn
        >>> layer = nn.Linear(2, 3)
        >>> handle = layer.register_forward_hook(lambda module, args, output: print(output.numel()))
        >>> _ = layer(minigrad.ones(1, 2))
        3
        >>> handle.remove()
        """
        return self._register("after forward", ForwardHook(hook, with_kwargs, always_call), prepend)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call `hook(module, grad_output)` when the gradients of the outputs are known.

        Arguments:
            hook: takes a tuple with a gradient for each output; what it returns, if anything, takes their place.
            prepend: call it before the hooks that are there already.

        Returns:
            A handle, whose `remove()` takes the hook away.
        """
        return self._register("before backward", hook, prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call `hook(module, grad_input, grad_output)` when the gradients of the inputs are known.

        Arguments:
            hook: takes tuples with a gradient for each positional argument and for each output, None for what has
                none; what it returns, if anything, takes the place of the first.
            prepend: call it before the hooks that are there already.

        Returns:
            A handle, whose `remove()` takes the hook away.

        >>> import minigrad
        >>> from minigrad import nn
        >>> layer = nn.ReLU()
        >>> handle = layer.register_full_backward_hook(lambda module, grad_input, grad_output: (grad_input[0] * 2,))
        >>> x = minigrad.tensor([1.0, -1.0], requires_grad=True)
        >>> layer(x).sum().backward()
        >>> x.grad
        tensor([2., 0.])
        """
        return self._register("after backward", hook, prepend)

    register_backward_hook = register_full_backward_hook  # its older name

    def _forward_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        waiting = self._hooks_on("after forward")
        try:
            for hook in self._hooks_on("before forward"):
                args, kwargs = hook.before(self, args, kwargs)
            way_back = WayBack(self)
            args = way_back.enter(args)
            output = self.forward(*args, **kwargs)
            while waiting:
                output = waiting.pop(0).after(self, args, kwargs, output)
            return way_back.leave(output)
        except BaseException:
            for hook in waiting:
                if hook.always_call:
                    hook.after(self, args, kwargs, None)
            raise


class WayBack:
    """The backward hooks of one call of a module: it sees the gradients where they come in, and where they go out."""

    def __init__(self, module: Hooks):
        self.module = module
        self.before = module._hooks_on("before backward")
        self.after = module._hooks_on("after backward")
        self.grad_output: tuple[Any, ...] | None = None
        self.inputs = 0
        self.reaches_inputs = False

    def enter(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments, on their way in."""
        self.inputs = len(args)
        self.reaches_inputs = bool(self.after) and any(map(_flows, args))
        return _passed(args, self.at_inputs) if self.reaches_inputs else args

    def leave(self, output: Any) -> Any:
        """The output, on its way out."""
        if not (self.before or self.after):
            return output
        if isinstance(output, tuple):
            return _passed(output, self.at_outputs)
        return _passed((output,), self.at_outputs)[0]

    def at_outputs(self, gradients: tuple[Any, ...]) -> tuple[Any, ...]:
        """Called in the backward pass when the gradients of the outputs are known; returns what they are to be."""
        for hook in self.before:
            gradients = _replaced(hook(self.module, gradients), gradients, "register_full_backward_pre_hook")
        self.grad_output = gradients
        if not self.reaches_inputs:
            self.at_inputs((None,) * self.inputs)
        return gradients

    def at_inputs(self, gradients: tuple[Any, ...]) -> tuple[Any, ...]:
        """Called in the backward pass when the gradients of the inputs are known; returns what they are to be."""
        if self.grad_output is None:  # they came by another way, as those of a second derivative do
            return gradients
        for hook in self.after:
            changed = hook(self.module, gradients, self.grad_output)
            gradients = _replaced(changed, gradients, "register_full_backward_hook")
        self.grad_output = None
        return gradients


def _replaced(changed: Any, gradients: tuple[Any, ...], function: str) -> tuple[Any, ...]:
    """What a hook returned, in place of the gradients it was given; they themselves, if that is None."""
    if changed is None:
        return gradients
    changed = changed if isinstance(changed, tuple | list) else (changed,)
    if len(changed) != len(gradients):
        raise RuntimeError(
            f"{function}: the hook returned {len(changed)} gradients in place of {len(gradients)}; "
            "it must return as many, or None"
        )
    return tuple(changed)


def _flows(x: Any) -> bool:
    return isinstance(x, Tensor) and x.requires_grad


class _Passage(Function):
    """Tensors, passed on as they are; their gradients together go through a function on their way back."""

    @staticmethod
    def forward(ctx: Any, seen: Callable[..., Any], *tensors: Tensor) -> tuple[Tensor, ...]:
        ctx.seen = seen
        return tuple(x.detach() for x in tensors)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Any, ...]:
        return (None, *ctx.seen(gradients))


def _passed(values: tuple[Any, ...], seen: Callable[[tuple[Any, ...]], tuple[Any, ...]]) -> tuple[Any, ...]:
    """Values as they are; `seen` gets their gradients, None for those without, and says what they are to be."""
    flowing = [i for i, x in enumerate(values) if _flows(x)]
    if not flowing:
        return values

    def in_place_of(gradients: tuple[Any, ...]) -> list[Any]:
        at = dict(zip(flowing, gradients, strict=True))
        changed = seen(tuple(at.get(i) for i in range(len(values))))
        return [changed[i] for i in flowing]

    through = dict(zip(flowing, _Passage.apply(in_place_of, *(values[i] for i in flowing)), strict=True))
    return tuple(through.get(i, x) for i, x in enumerate(values))
