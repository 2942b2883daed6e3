"""`Module`: a function with parameters, made of smaller ones.

Parameters, buffers and submodules are plain attributes; what a module has is read off its attributes when somebody
asks. Names, and the keys of `state_dict`, are PyTorch's.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from minigrad.autograd.modes import modes, no_grad
from minigrad.autograd.scope import Scope
from minigrad.tensor import Tensor


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
        self._buffers: dict[str, bool] = {}  # names, and whether each is part of state_dict

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes; every subclass has its own."""
        raise NotImplementedError(f"{type(self).__name__} has no forward method; define what it computes")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run `forward`, as a scope of its own in the graph."""
        before = modes.scope
        modes.scope = Scope(before, self)
        try:
            return self.forward(*args, **kwargs)
        finally:
            modes.scope = before

    # --- what it is made of

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Keep a tensor that is part of the module's state but is not learnt.

        Arguments:
            name: the attribute's name.
            tensor: the buffer.
            persistent: whether it is part of `state_dict`.
        """
        self._buffers[name] = persistent
        setattr(self, name, tensor)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter; None for one that this module does without."""
        setattr(self, name, param)

    def add_module(self, name: str, module: "Module | None") -> None:
        """Add a submodule under a name that need not be an identifier."""
        if not isinstance(name, str) or "." in name or not name:
            raise KeyError(f"add_module: name = {name!r} must be a string that is not empty and has no dot")
        if not (module is None or isinstance(module, Module)):
            raise TypeError(f"add_module: {name!r} is a {type(module).__name__}; it must be a Module, or None")
        setattr(self, name, module)

    def named_children(self) -> Iterator[tuple[str, "Module"]]:
        """The submodules it holds itself, by name."""
        for name, value in vars(self).items():
            if isinstance(value, Module):
                yield name, value

    def children(self) -> Iterator["Module"]:
        """The submodules it holds itself."""
        return (module for _, module in self.named_children())

    def named_modules(self, prefix: str = "", seen: set[int] | None = None) -> Iterator[tuple[str, "Module"]]:
        """This module and all below it, each once, by dotted name."""
        seen = set() if seen is None else seen
        if id(self) in seen:
            return
        seen.add(id(self))
        yield prefix, self
        for name, module in self.named_children():
            yield from module.named_modules(f"{prefix}.{name}" if prefix else name, seen)

    def modules(self) -> Iterator["Module"]:
        """This module and all below it, each once."""
        return (module for _, module in self.named_modules())

    def _own(self, kind: type, persistent_only: bool = False) -> Iterator[tuple[str, Any]]:
        """Its own parameters (`Parameter`) or buffers (`Tensor`), by name."""
        for name, value in vars(self).items():
            if kind is Parameter:
                if isinstance(value, Parameter):
                    yield name, value
            elif name in self._buffers and value is not None and (self._buffers[name] or not persistent_only):
                yield name, value

    def _named(self, kind: type, prefix: str, recurse: bool) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        for path, module in self.named_modules(prefix) if recurse else [(prefix, self)]:
            for name, value in module._own(kind):
                if id(value) not in seen:
                    seen.add(id(value))
                    yield (f"{path}.{name}" if path else name), value

    def named_parameters(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Parameter]]:
        """All parameters, each once, by dotted name."""
        return self._named(Parameter, prefix, recurse)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """All parameters, each once."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Tensor]]:
        """All buffers, each once, by dotted name."""
        return self._named(Tensor, prefix, recurse)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """All buffers, each once."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    # --- state

    def state_dict(self, prefix: str = "") -> dict[str, Tensor]:
        """All parameters and persistent buffers by dotted name, sharing the module's memory."""
        state = {prefix + name: p.detach() for name, p in self._own(Parameter)}
        state.update({prefix + name: b.detach() for name, b in self._own(Tensor, persistent_only=True)})
        for name, module in self.named_children():
            state.update(module.state_dict(f"{prefix}{name}."))
        return state

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> IncompatibleKeys:
        """Take on the values of a `state_dict`.

        Arguments:
            state_dict: tensors or arrays by dotted name.
            strict: refuse keys that are missing or not expected.

        Returns:
            The keys that were missing, and those that were not expected.

        Raises:
            RuntimeError: naming every key that does not fit; nothing is loaded then.
        """
        own = self.state_dict()
        missing = [key for key in own if key not in state_dict]
        unexpected = [key for key in state_dict if key not in own]
        errors = []
        if strict and unexpected:
            errors.append("Unexpected key(s) in state_dict: " + ", ".join(f'"{key}"' for key in unexpected) + ".")
        if strict and missing:
            errors.append("Missing key(s) in state_dict: " + ", ".join(f'"{key}"' for key in missing) + ".")
        errors += [
            f"size mismatch for {key}: the state_dict has shape {tuple(state_dict[key].shape)}, "
            f"the module {own[key].shape}."
            for key in own
            if key in state_dict and tuple(state_dict[key].shape) != own[key].shape
        ]
        if errors:
            raise RuntimeError(f"load_state_dict: {type(self).__name__} does not fit: " + " ".join(errors))
        with no_grad():
            for name, tensor in self._state_tensors():
                if name in state_dict:
                    value = state_dict[name]
                    tensor._become(np.asarray(getattr(value, "array", value), tensor.dtype), "load_state_dict")
        return IncompatibleKeys(missing, unexpected)

    def _state_tensors(self, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
        for name, tensor in [*self._own(Parameter), *self._own(Tensor, persistent_only=True)]:
            yield prefix + name, tensor
        for name, module in self.named_children():
            yield from module._state_tensors(f"{prefix}{name}.")

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

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.grad = None

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
        lines = [f"({name}): " + repr(module).replace("\n", "\n  ") for name, module in self.named_children()]
        extra = self.extra_repr()
        if not lines:
            return f"{type(self).__name__}({extra})"
        return f"{type(self).__name__}(\n  " + "\n  ".join(([extra] if extra else []) + lines) + "\n)"


class Sequential(Module):
    """Modules one after the other, each given what the one before returned.

    >>> from minigrad import nn
    >>> nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    Sequential(
      (0): Linear(in_features=2, out_features=3, bias=True)
      (1): ReLU()
    )
    """

    def __init__(self, *modules: Module):
        super().__init__()
        for i, module in enumerate(modules):
            self.add_module(str(i), module)

    def forward(self, input: Any) -> Any:
        """Run the modules in order."""
        for module in self.children():
            input = module(input)
        return input

    def __len__(self) -> int:
        return len(list(self.children()))

    def __getitem__(self, index: Any) -> Any:
        chosen = list(self.children())[index]
        return Sequential(*chosen) if isinstance(index, slice) else chosen

    def __iter__(self) -> Iterator[Module]:
        return self.children()


class ModuleList(Module):
    """A list of modules; the module that holds it says how they are used.

    >>> from minigrad import nn
    >>> layers = nn.ModuleList(nn.Linear(2, 2) for _ in range(3))
    >>> len(layers), list(layers.state_dict())[0]
    (3, '0.weight')
    """

    def __init__(self, modules: Iterable[Module] = ()):
        super().__init__()
        for module in modules:
            self.append(module)

    def append(self, module: Module) -> "ModuleList":
        """Add one at the end."""
        self.add_module(str(len(self)), module)
        return self

    def __len__(self) -> int:
        return len(list(self.children()))

    def __getitem__(self, index: Any) -> Any:
        chosen = list(self.children())[index]
        return ModuleList(chosen) if isinstance(index, slice) else chosen

    def __iter__(self) -> Iterator[Module]:
        return self.children()
