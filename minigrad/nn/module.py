"""`Module`: a function with parameters, made of smaller ones.

Parameters, buffers and submodules are plain attributes; what a module has is read off its attributes when somebody
asks. Names, and the keys of `state_dict`, are PyTorch's.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from minigrad.autograd.modes import modes, no_grad
from minigrad.autograd.scope import Scope
from minigrad.nn.registry import Registry
from minigrad.tensor import Tensor, wrap
from minigrad.utils.hooks import RemovableHandle


class Parameter(Tensor):
    """A tensor that a module learns.

    Arguments:
        data: its first values; shared, not copied.
        requires_grad: False freezes it.

    >>> import minigrad
    >>> minigrad.nn.Parameter(minigrad.ones(2))
    Parameter containing:
    tensor([1., 1.], requires_grad=True)
    """

    __slots__ = ()

    def __init__(self, data: Tensor | None = None, requires_grad: bool = True):
        super().__init__()
        if data is not None:
            self.array = data.array
            self.storage = data.shared_storage()
        self.requires_grad = requires_grad

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()


class IncompatibleKeys(NamedTuple):
    """What `load_state_dict` did not find, and what it had no place for."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not (self.missing_keys or self.unexpected_keys):
            return "<All keys matched successfully>"
        return f"IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


class Module:
    """The base of all layers and models: assign parameters and submodules in `__init__`, compute in `forward`.

    >>> import minigrad
    >>> from minigrad import nn
    >>> class Scale(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.factor = nn.Parameter(minigrad.tensor([2.0]))
    ...
    ...     def forward(self, x):
    ...         return x * self.factor
    >>> Scale()(minigrad.tensor([3.0]))
    tensor([6.], grad_fn=<mul>)
    >>> list(Scale().state_dict())
    ['factor']
    """

    def __init__(self) -> None:
        self.training = True
        self._kept: dict[str, bool] = {}  # the names of buffers, and whether each is part of state_dict
        self._absent: dict[str, type] = {}  # the names of parts it does without, and what they would be
        self._before: dict[Any, Callable[..., Any]] = {}  # hooks
        self._after: dict[Any, Callable[..., Any]] = {}

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; every subclass has its own."""
        raise NotImplementedError(f"{type(self).__name__} has no forward method; define what it computes")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run `forward`, as a scope of its own in the graph."""
        before = modes.scope
        modes.scope = Scope(before, self)
        try:
            if not (self._before or self._after):
                return self.forward(*args, **kwargs)
            return self._forward_with_hooks(args, kwargs)
        finally:
            modes.scope = before

    def _forward_with_hooks(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        for hook in tuple(self._before.values()):
            changed = hook(self, args, kwargs)
            if changed is not None:
                args, kwargs = changed
        output = self.forward(*args, **kwargs)
        for hook in tuple(self._after.values()):
            changed = hook(self, args, kwargs, output)
            if changed is not None:
                output = changed
        return output

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

        def without_names(module: Module, args: Any, kwargs: Any) -> Any:
            changed = hook(module, args)
            return None if changed is None else (changed if isinstance(changed, tuple) else (changed,), kwargs)

        return _register(self._before, hook if with_kwargs else without_names, prepend)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, args, output)` after each `forward`; what it returns, if anything, is the output instead.

        Arguments:
            hook: the function; with `with_kwargs` it gets `(module, args, kwargs, output)`.
            prepend: call it before the hooks that are there already.
            with_kwargs: see `hook`.

        Returns:
            A handle, whose `remove()` takes the hook away.

        >>> import minigrad
        >>> from minigrad import nn
        >>> layer = nn.Linear(2, 3)
        >>> handle = layer.register_forward_hook(lambda module, args, output: print(output.shape))
        >>> _ = layer(minigrad.ones(1, 2))
        (1, 3)
        >>> handle.remove()
        """

        def without_names(module: Module, args: Any, kwargs: Any, output: Any) -> Any:
            return hook(module, args, output)

        return _register(self._after, hook if with_kwargs else without_names, prepend)

    # --- what it is made of

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.__dict__
        if isinstance(value, Module | Parameter):
            if "_kept" not in own:
                what = "module" if isinstance(value, Module) else "parameters"
                raise AttributeError(
                    f"cannot assign {what} before Module.__init__() call; begin {type(self).__name__}.__init__ with "
                    "super().__init__()"
                )
        elif isinstance(old := own.get(name), Module | Parameter):
            what, kind = ("child module", Module) if isinstance(old, Module) else ("parameter", Parameter)
            if value is not None:
                raise TypeError(
                    f"cannot assign {type(value).__name__!r} as {what} {name!r} ({kind.__name__} or None expected)"
                )
            self._absent[name] = kind
        object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        """Called for what is not there."""
        hint = "" if "_kept" in self.__dict__ else "; begin its __init__ with super().__init__()"
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{hint}")

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Keep a tensor that is part of the module's state but is not learnt.

        Arguments:
            name: the attribute's name.
            tensor: the buffer.
            persistent: whether it is part of `state_dict`.
        """
        self._kept[name] = persistent
        setattr(self, name, tensor)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter; None for one that this module does without."""
        if param is None:
            self._absent[name] = Parameter
        setattr(self, name, param)

    def add_module(self, name: str, module: "Module | None") -> None:
        """Add a submodule under a name that need not be an identifier."""
        if not isinstance(name, str) or "." in name or not name:
            raise KeyError(f"add_module: name = {name!r} must be a string that is not empty and has no dot")
        if not (module is None or isinstance(module, Module)):
            raise TypeError(f"add_module: {name!r} is a {type(module).__name__}; it must be a Module, or None")
        if hasattr(type(self), name) or not isinstance(vars(self).get(name), Module | None):
            raise KeyError(f"add_module: {type(self).__name__} already has an attribute {name!r}; choose another name")
        if module is None:
            self._absent[name] = Module
        setattr(self, name, module)

    register_module = add_module

    def get_submodule(self, target: str) -> "Module":
        """The module below this one of that dotted name; itself for "".

        Raises:
            AttributeError: if there is none.
        """
        module: Any = self
        for name in target.split(".") if target else ():
            module = vars(module).get(name)
            if not isinstance(module, Module):
                raise AttributeError(
                    f"get_submodule: {type(self).__name__} has no module {target!r} ({name!r} is none)"
                )
        return module

    def get_parameter(self, target: str) -> Parameter:
        """The parameter of that dotted name; raises AttributeError if there is none."""
        return self._get(target, Parameter, "get_parameter")

    def get_buffer(self, target: str) -> Tensor:
        """The buffer of that dotted name; raises AttributeError if there is none."""
        return self._get(target, Tensor, "get_buffer")

    def _get(self, target: str, kind: type, function: str) -> Any:
        path, _, name = target.rpartition(".")
        found = dict(self.get_submodule(path)._own(kind))
        if name not in found:
            raise AttributeError(f"{function}: {type(self).__name__} has none of the name {target!r}")
        return found[name]

    def _held(self) -> Iterator[tuple[str, "Module"]]:
        """The submodules it holds itself, by name; one that is held twice comes twice."""
        for name, value in vars(self).items():
            if isinstance(value, Module):
                yield name, value

    def _slots(self, kind: type) -> Iterator[tuple[str, Any]]:
        """Its own parameters (`Parameter`), buffers (`Tensor`) or submodules by name; None where it does without."""
        for name, value in vars(self).items():
            if name in self._kept if kind is Tensor else isinstance(value, kind):
                yield name, value
            elif value is None and self._absent.get(name) is kind:
                yield name, None

    @property
    def _parameters(self) -> Registry:
        return Registry(self, lambda: self._slots(Parameter), self.register_parameter)

    @property
    def _buffers(self) -> Registry:
        return Registry(self, lambda: self._slots(Tensor), self.register_buffer)

    @property
    def _modules(self) -> Registry:
        return Registry(self, lambda: self._slots(Module), self.add_module)

    def named_children(self) -> Iterator[tuple[str, "Module"]]:
        """The submodules it holds itself, each once, by name."""
        seen = set()
        for name, module in self._held():
            if module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator["Module"]:
        """The submodules it holds itself."""
        return (module for _, module in self.named_children())

    def named_modules(
        self, memo: set["Module"] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, "Module"]]:
        """This module and all below it by dotted name, each once.

        Arguments:
            memo: modules to leave out; those that were found are added.
            prefix: put before the names.
            remove_duplicate: False gives a module that is held several times under each of its names.
        """
        memo = set() if memo is None else memo
        if remove_duplicate:
            if self in memo:
                return
            memo.add(self)
        yield prefix, self
        for name, module in self._held():
            yield from module.named_modules(memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)

    def modules(self) -> Iterator["Module"]:
        """This module and all below it, each once."""
        return (module for _, module in self.named_modules())

    def _own(self, kind: type, persistent_only: bool = False) -> Iterator[tuple[str, Any]]:
        """Its own parameters (`Parameter`) or buffers (`Tensor`), by name."""
        for name, value in vars(self).items():
            if kind is Parameter:
                if isinstance(value, Parameter):
                    yield name, value
            elif name in self._kept and value is not None and (self._kept[name] or not persistent_only):
                yield name, value

    def _named(self, kind: type, prefix: str, recurse: bool, remove_duplicate: bool) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        modules = self.named_modules(None, prefix, remove_duplicate) if recurse else [(prefix, self)]
        for path, module in modules:
            for name, value in module._own(kind):
                if id(value) not in seen or not remove_duplicate:
                    seen.add(id(value))
                    yield (f"{path}.{name}" if path else name), value

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """All parameters by dotted name, each once unless `remove_duplicate` is False."""
        return self._named(Parameter, prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """All parameters, each once."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """All buffers by dotted name, each once unless `remove_duplicate` is False."""
        return self._named(Tensor, prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """All buffers, each once."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    # --- state

    def state_dict(self, prefix: str = "", keep_vars: bool = False) -> dict[str, Tensor]:
        """All parameters and persistent buffers by dotted name, sharing the module's memory.

        Arguments:
            prefix: put before the names.
            keep_vars: give the parameters themselves, instead of detached tensors.
        """
        return {name: x if keep_vars else x.detach() for name, (_, _, x) in self._state(prefix)}

    def _state(self, prefix: str = "") -> Iterator[tuple[str, tuple["Module", str, Tensor]]]:
        """What the state is made of: by dotted name the module, the name in it, and the tensor."""
        for name, tensor in [*self._own(Parameter), *self._own(Tensor, persistent_only=True)]:
            yield prefix + name, (self, name, tensor)
        for name, module in self._held():
            yield from module._state(f"{prefix}{name}.")

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> IncompatibleKeys:
        """Take on the values of a `state_dict`.

        Arguments:
            state_dict: tensors or arrays by dotted name.
            strict: refuse keys that are missing or not expected.
            assign: take over the tensors themselves, with their types, instead of copying their values.

        Returns:
            The keys that were missing, and those that were not expected.

        Raises:
            RuntimeError: naming every key that does not fit; nothing is loaded then.
        """
        own = dict(self._state())
        missing = [key for key in own if key not in state_dict]
        unexpected = [key for key in state_dict if key not in own]
        errors = []
        for what, keys in (("Missing", missing), ("Unexpected", unexpected)):
            if strict and keys:
                errors.append(f"{what} key(s) in state_dict: " + ", ".join(f'"{key}"' for key in keys) + ".")
        errors += [
            f"size mismatch for {key}: copying a param with shape {tuple(state_dict[key].shape)} from checkpoint, the "
            f"shape in current model is {tensor.shape}."
            for key, (_, _, tensor) in own.items()
            if key in state_dict and tuple(state_dict[key].shape) != tensor.shape
        ]
        if errors:
            raise RuntimeError("\n\t".join([f"Error(s) in loading state_dict for {type(self).__name__}:", *errors]))
        with no_grad():
            for key, (module, name, tensor) in own.items():
                if key in state_dict:
                    value = state_dict[key]
                    if assign:
                        setattr(module, name, _assigned(value, tensor))
                    else:
                        tensor._become(np.asarray(getattr(value, "array", value), tensor.dtype), "load_state_dict")
        return IncompatibleKeys(missing, unexpected)

    # --- what one does with it

    def apply(self, fn: Callable[["Module"], None]) -> "Module":
        """Call `fn` on every module below, then on this one; as for initialising weights."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> "Module":
        """Switch dropout and its like on (or off)."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> "Module":
        """Switch dropout and its like off."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> "Module":
        """Learn the parameters, or freeze them."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters; with `set_to_none=False` fill them with zeros instead."""
        for parameter in self.parameters():
            if set_to_none or parameter.grad is None:
                parameter.grad = None
            else:
                parameter.grad.zero_()

    def to(self, *to: Any, dtype: Any = None, device: Any = None) -> "Module":
        """Convert parameters, their gradients, and float buffers to another float type.

        Arguments:
            to: the type, or a device, which can only be the CPU; or both.
            dtype, device: the same by name.

        Raises:
            TypeError: for a type that cannot hold weights.
        """
        for tensor in [*self.parameters(), *self.buffers()]:
            if tensor.dtype.kind == "f":
                converted = tensor.detach().to(*to, dtype=dtype, device=device)
                if converted.dtype.kind != "f":
                    raise TypeError(f"{type(self).__name__}.to: dtype {converted.dtype} is not a floating-point type")
                if converted.dtype != tensor.dtype:
                    tensor.data = converted
                    if tensor.grad is not None:
                        tensor.grad = tensor.grad.detach().to(converted.dtype)
        return self

    def cpu(self) -> "Module":
        """Itself: it is on the CPU."""
        return self

    def double(self) -> "Module":
        """Convert to float64."""
        return self.to(np.float64)

    def float(self) -> "Module":
        """Convert to float32."""
        return self.to(np.float32)

    def extra_repr(self) -> str:
        """What stands between the brackets when the module is printed."""
        return ""

    def __repr__(self) -> str:
        lines = self._lines()
        extra = self.extra_repr().splitlines()
        if not lines and len(extra) < 2:
            return f"{type(self).__name__}({''.join(extra)})"
        return f"{type(self).__name__}(\n  " + "\n  ".join(extra + lines) + "\n)"

    def _lines(self) -> list[str]:
        """The submodules, as they are printed."""
        return [f"({name}): " + repr(module).replace("\n", "\n  ") for name, module in self._slots(Module)]


def _register(hooks: dict[Any, Callable[..., Any]], hook: Callable[..., Any], prepend: bool) -> RemovableHandle:
    earlier = dict(hooks) if prepend else {}
    for key in earlier:
        del hooks[key]
    handle = RemovableHandle(hooks, hook)
    hooks.update(earlier)
    return handle


def _assigned(value: Any, like: Tensor) -> Tensor:
    """A tensor to put in the place of another: a Parameter, if that is one."""
    tensor = value if isinstance(value, Tensor) else wrap(np.asarray(value))
    if not isinstance(like, Parameter) or isinstance(value, Parameter):
        return tensor
    return Parameter(tensor, like.requires_grad)
