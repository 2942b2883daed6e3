"""`Module`: a function with parameters, made of smaller ones.

Parameters, buffers and submodules are plain attributes; what a module has is read off its attributes when somebody
asks. Names, and the keys of `state_dict`, are PyTorch's.
"""

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from minigrad.autograd.modes import modes, no_grad
from minigrad.autograd.scope import Scope
from minigrad.nn import tree
from minigrad.nn.parameter import Parameter
from minigrad.nn.registry import Registry
from minigrad.nn.state import State
from minigrad.tensor import Tensor


def takes_dtype(init: Callable[..., None]) -> Callable[..., None]:
    """Let a module be made in an element type, `dtype=`, and on a device, `device=`, which can only be the CPU.

    >>> import minigrad
    >>> minigrad.nn.Linear(3, 2, dtype=minigrad.float64).weight.dtype
    dtype('float64')
    """

    @functools.wraps(init)
    def call(self: Any, *args: Any, device: Any = None, dtype: Any = None, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        if device is not None or dtype is not None:
            self.to(device=device, dtype=dtype)

    return call


class Module(State):
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
        self._hooks = {}

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; every subclass has its own."""
        raise NotImplementedError(f"{type(self).__name__} has no method 'forward'; define what it computes")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run `forward`, as a scope of its own in the graph."""
        before = modes.scope
        modes.scope = Scope(before, self)
        try:
            return self._forward_with_hooks(args, kwargs) if self._hooks else self.forward(*args, **kwargs)
        finally:
            modes.scope = before

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
        elif "_kept" in own and name in self._kept and not (value is None or isinstance(value, Tensor)):
            raise TypeError(f"cannot assign {type(value).__name__!r} as buffer {name!r} (Tensor or None expected)")
        object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        """Called for what is not there."""
        hint = "" if "_kept" in self.__dict__ else "; begin its __init__ with super().__init__()"
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{hint}")

    def __delattr__(self, name: str) -> None:
        object.__delattr__(self, name)
        self._kept.pop(name, None)
        self._absent.pop(name, None)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Keep a tensor that is part of the module's state but is not learnt.

        Arguments:
            name: the attribute's name.
            tensor: the buffer.
            persistent: whether it is part of `state_dict`.

        Raises:
            KeyError: for a name that cannot be, or that something else has.
            TypeError: for what is no tensor.
        """
        self._check_part("register_buffer", name, tensor, Tensor)
        self._kept[name] = persistent
        setattr(self, name, tensor)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter; None for one that this module does without. Raises as `register_buffer`."""
        self._check_part("register_parameter", name, param, Parameter)
        if param is None:
            self._absent[name] = Parameter
        setattr(self, name, param)

    def add_module(self, name: str, module: "Module | None") -> None:
        """Add a submodule under a name that need not be an identifier. Raises as `register_buffer`."""
        self._check_part("add_module", name, module, Module)
        if module is None:
            self._absent[name] = Module
        setattr(self, name, module)

    def _check_part(self, function: str, name: Any, part: Any, kind: Any) -> None:
        """Refuse what cannot be a part of that name."""
        if not isinstance(name, str) or "." in name or not name:
            raise KeyError(f"{function}: name = {name!r} must be a string that is not empty and has no dot")
        if not (part is None or isinstance(part, kind)):
            raise TypeError(f"{function}: {name!r} is a {type(part).__name__}; it must be a {kind.__name__}, or None")
        if hasattr(self, name) and name not in dict(self._slots(kind)):
            raise KeyError(f"{function}: {type(self).__name__} already has an attribute {name!r}; choose another name")

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

    def set_submodule(self, target: str, module: "Module", strict: bool = False) -> None:
        """Put a module in the place of the one of that dotted name; with `strict` there must be one.

        >>> from minigrad import nn
        >>> net = nn.Sequential(nn.Linear(1, 1), nn.Sequential(nn.ReLU()))
        >>> net.set_submodule("1.0", nn.Tanh())
        >>> net[1][0]
        Tanh()
        """
        path, _, name = target.rpartition(".")
        if not name:
            raise ValueError(f"set_submodule: target = {target!r} must be the name of a module below this one")
        if not isinstance(module, Module):
            raise ValueError(f"set_submodule: module must be a Module, not {type(module).__name__}")
        owner = self.get_submodule(path)
        if strict:
            owner.get_submodule(name)
        setattr(owner, name, module)

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

    def modules(self, remove_duplicate: bool = True) -> Iterator["Module"]:
        """This module and all below it, each once unless `remove_duplicate` is False."""
        return (module for _, module in self.named_modules(remove_duplicate=remove_duplicate))

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

    # --- what one does with it

    def apply(self, fn: Callable[["Module"], None]) -> "Module":
        """Call `fn` on every module below, then on this one; as for initialising weights."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> "Module":
        """Switch dropout and its like on (or off)."""
        if not isinstance(mode, bool):
            raise ValueError(f"train: mode = {mode!r} must be True or False")
        self.training = mode
        for module in self.children():
            module.train(mode)
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

    def to(self, *to: Any, **options: Any) -> "Module":
        """Convert parameters, their gradients, and float buffers to another float type.

        Arguments:
            to: the type, a tensor to take it from, or a device, which can only be the CPU; or both.
            options: `dtype`, `device` and the other arguments of `Tensor.to` by name.

        Raises:
            TypeError: for a type that cannot hold weights.
        """

        def converted(tensor: Tensor) -> Tensor:
            if tensor.dtype.kind != "f":
                return tensor
            result = tensor.to(*to, **options)
            if result.dtype.kind != "f":
                raise TypeError(f"{type(self).__name__}.to: dtype {result.dtype} is not a floating-point type")
            return result

        return self._apply(converted)

    def _apply(self, fn: Callable[[Tensor], Tensor]) -> "Module":
        """Put what `fn` gives in the place of the values of all parameters, their gradients, and buffers."""
        with no_grad():
            for tensor in [*self.parameters(), *self.buffers()]:
                grad = tensor.grad
                values = fn(tensor)
                if values is not tensor:
                    tensor.grad = None
                    tensor.data = values
                    tensor.grad = grad if grad is None else fn(grad)
        return self

    def cpu(self) -> "Module":
        """Itself: it is on the CPU."""
        return self

    def cuda(self, device: Any = None) -> "Module":
        """There is no GPU: raises RuntimeError."""
        return self.to(device="cuda")

    def double(self) -> "Module":
        """Convert to float64."""
        return self.to(np.float64)

    def float(self) -> "Module":
        """Convert to float32."""
        return self.to(np.float32)

    def half(self) -> "Module":
        """Convert to float16."""
        return self.to(np.float16)

    def type(self, dst_type: Any) -> "Module":
        """Convert parameters and all buffers to an element type."""
        return self._apply(lambda tensor: tensor.type(dst_type))

    def to_empty(self, *, device: Any, recurse: bool = True) -> "Module":
        """For a module made on no device, in PyTorch; here all are on the CPU, and it stays as it is."""
        return self.to(device=device)

    def extra_repr(self) -> str:
        """What stands between the brackets when the module is printed."""
        return ""

    def __repr__(self) -> str:
        lines = self._lines()
        extra = self.extra_repr().splitlines()
        if not lines and len(extra) < 2:
            return f"{type(self).__name__}({''.join(extra)})"
        return f"{type(self).__name__}(\n  " + "\n  ".join(extra + lines) + "\n)"

    def _repr_html_(self) -> str:
        """What a notebook shows, beside the text that `print` writes."""
        return tree.html_of(self)

    def _lines(self) -> list[str]:
        """The submodules, as they are printed."""
        return [f"({name}): " + repr(module).replace("\n", "\n  ") for name, module in self._slots(Module)]
