"""Weights that are computed from others: what is learnt is an original, and each use of the weight computes it anew."""

from typing import Any

from minigrad.autograd.modes import no_grad
from minigrad.nn.containers import ModuleDict, ModuleList
from minigrad.nn.module import Module
from minigrad.nn.parameter import Parameter
from minigrad.tensor import Tensor


class ParametrizationList(ModuleList):
    """The modules that compute one weight, one after the other, and the originals that they start from.

    Attributes:
        original: what is learnt; `original0`, `original1`, ... where the first module takes several.

    Arguments:
        parametrization: the first module.
        weight: the weight as it is; its `right_inverse`, if it has one, says which originals give it.
    """

    def __init__(self, parametrization: Module, weight: Tensor):
        super().__init__([parametrization])
        found = _inverse(parametrization, weight)
        self.names = ["original"] if isinstance(found, Tensor) else [f"original{i}" for i in range(len(found))]
        for name, original in zip(self.names, [found] if isinstance(found, Tensor) else found, strict=True):
            is_parameter = isinstance(weight, Parameter)
            kept = original.detach()
            register: Any = self.register_parameter if is_parameter else self.register_buffer
            register(name, Parameter(kept, weight.requires_grad) if is_parameter else kept)

    def forward(self) -> Tensor:
        """The weight."""
        first, *others = self
        weight = first(*(getattr(self, name) for name in self.names))
        for parametrization in others:
            weight = parametrization(weight)
        return weight

    @no_grad()
    def assign(self, weight: Tensor) -> None:
        """Change the originals so that they give a weight, as `right_inverse` says."""
        found: Any = weight
        for parametrization in reversed(list(self)):
            if not hasattr(parametrization, "right_inverse"):
                raise RuntimeError(f"assign: {type(parametrization).__name__} has no right_inverse; define one")
            found = parametrization.right_inverse(found)
        for name, value in zip(self.names, [found] if isinstance(found, Tensor) else found, strict=True):
            getattr(self, name).copy_(value)


@no_grad()
def _inverse(parametrization: Module, weight: Tensor) -> Any:
    return parametrization.right_inverse(weight) if hasattr(parametrization, "right_inverse") else weight


def register_parametrization(module: Any, tensor_name: str, parametrization: Module, *, unsafe: bool = False) -> Any:
    """Let a weight be computed by a module, each time that it is used.

    Arguments:
        module: whose weight it is. Its class becomes one of its own, in which the weight is a property.
        tensor_name: the name of a parameter or buffer.
        parametrization: a module that gives the weight for an original of the same shape; with a method
            `right_inverse` that gives an original, or several, for a weight. A second one works on what the first
            gives.
        unsafe: let it give another shape or type than the weight had.

    Returns:
        The module.

    Raises:
        ValueError: for a name that is no parameter or buffer, or a weight of another shape or type.

    >>> import minigrad
    >>> from minigrad import nn
    >>> class Symmetric(nn.Module):
    ...     def forward(self, x):
    ...         return x.triu() + x.triu(1).T
    >>> layer = register_parametrization(nn.Linear(3, 3), "weight", Symmetric())
    >>> minigrad.equal(layer.weight, layer.weight.T), list(layer.state_dict())
    (True, ['bias', 'parametrizations.weight.original'])
    """
    before: Any = getattr(module, tensor_name, None)
    if is_parametrized(module, tensor_name):
        parametrized = module.parametrizations[tensor_name]
        parametrized.append(parametrization)
    elif tensor_name in {**module._parameters, **module._buffers} and isinstance(before, Tensor):
        parametrized = ParametrizationList(parametrization, before)
        delattr(module, tensor_name)
        if not is_parametrized(module):
            module.parametrizations = ModuleDict()
        module.parametrizations[tensor_name] = parametrized
        _give_class(module)
    else:
        raise ValueError(
            f"register_parametrization: {type(module).__name__} has no parameter or buffer {tensor_name!r}"
        )
    after = getattr(module, tensor_name)
    if not unsafe and (after.shape, after.dtype) != (before.shape, before.dtype):
        raise ValueError(
            f"register_parametrization: {type(parametrization).__name__} gives a weight of shape {tuple(after.shape)} "
            f"and {after.dtype} in place of {tuple(before.shape)} and {before.dtype}; pass unsafe=True if it is meant"
        )
    return module


def _give_class(module: Any) -> None:
    """Make the parametrized weights of this one module properties: its class becomes a subclass of its own."""
    kind = type(module)
    if getattr(kind, "_parametrized", False):
        kind = kind.__bases__[0]
    properties = {name: _property(name) for name in module.parametrizations}
    said = {"__module__": kind.__module__, "_parametrized": True}
    module.__class__ = type(f"Parametrized{kind.__name__}", (kind,), {**said, **properties}) if properties else kind


def _property(name: str) -> property:
    return property(
        lambda self: self.parametrizations[name](), lambda self, value: self.parametrizations[name].assign(value)
    )


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether a weight of a module, or any if no name is given, is computed from an original."""
    held = vars(module).get("parametrizations")
    return isinstance(held, ModuleDict) and (len(held) > 0 if tensor_name is None else tensor_name in held)


def remove_parametrizations(module: Any, tensor_name: str, leave_parametrized: bool = True) -> Any:
    """Make a weight a plain parameter or buffer again.

    Arguments:
        module: whose weight it is.
        tensor_name: its name.
        leave_parametrized: it becomes what it was computed to be; with False, what its original is.

    Returns:
        The module.
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"remove_parametrizations: {tensor_name!r} of {type(module).__name__} is not parametrized")
    parametrized = module.parametrizations[tensor_name]
    if not leave_parametrized and len(parametrized.names) > 1:
        raise ValueError("remove_parametrizations: leave_parametrized = False needs a single original; there are more")
    original = getattr(parametrized, parametrized.names[0])
    value = (getattr(module, tensor_name) if leave_parametrized else original).detach()
    del module.parametrizations[tensor_name]
    _give_class(module)
    if isinstance(original, Parameter):
        module.register_parameter(tensor_name, Parameter(value, original.requires_grad))
    else:
        module.register_buffer(tensor_name, value)
    if not len(module.parametrizations):
        del module.parametrizations
    return module
