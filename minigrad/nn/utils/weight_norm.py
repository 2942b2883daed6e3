"""Weight normalisation: a weight is learnt as a length and a direction (Salimans and Kingma, 2016)."""

from typing import Any

from minigrad.nn.module import Module, Parameter
from minigrad.ops.norms import vector_norm
from minigrad.tensor import Tensor


class WeightNorm:
    """The hook that makes the weight anew before each `forward`: w = g · v / ‖v‖.

    Arguments:
        name: the weight's name; its length and direction are `{name}_g` and `{name}_v`.
        dim: the dimension along which each slice has a length of its own; None, or as in
            PyTorch -1, gives the whole weight one.
    """

    def __init__(self, name: str, dim: int | None):
        self.name = name
        self.dim = dim

    def length(self, v: Tensor) -> Tensor:
        """The norms of the slices of `v`, in a shape that broadcasts to it."""
        if self.dim in (None, -1):
            return vector_norm(v)
        return vector_norm(v, dim=tuple(i for i in range(v.ndim) if i != self.dim), keepdim=True)

    def weight(self, module: Module) -> Tensor:
        """The weight that the module's length and direction make."""
        g, v = getattr(module, self.name + "_g"), getattr(module, self.name + "_v")
        return v * (g / self.length(v))

    def __call__(self, module: Module, args: Any) -> None:
        """Called before `forward`."""
        setattr(module, self.name, self.weight(module))


def weight_norm(module: Any, name: str = "weight", dim: int | None = 0) -> Any:
    """Let a module learn the length g and the direction v of a weight w = g · v / ‖v‖, instead of w itself.

    Arguments:
        module: the module; its parameter `name` gives way to `{name}_g` and `{name}_v`.
        name: the weight's name.
        dim: the dimension along which each slice has a length of its own: 0 is an output each; None, or as in
            PyTorch -1: one for all.

    Returns:
        The module.

    Raises:
        RuntimeError: if that weight is normalised already.

    >>> import minigrad
    >>> layer = weight_norm(minigrad.nn.Linear(20, 40))
    >>> {name: tuple(p.shape) for name, p in layer.named_parameters()}
    {'bias': (40,), 'weight_g': (40, 1), 'weight_v': (40, 20)}
    """
    if _hooks(module, name):
        raise RuntimeError(f"weight_norm: {name!r} of {type(module).__name__} is normalised already")
    norm, weight = WeightNorm(name, dim), getattr(module, name)
    delattr(module, name)
    module.register_parameter(name + "_g", Parameter(norm.length(weight).detach()))
    module.register_parameter(name + "_v", Parameter(weight.detach()))
    setattr(module, name, norm.weight(module))
    module.register_forward_pre_hook(norm)
    return module


def remove_weight_norm(module: Any, name: str = "weight") -> Any:
    """Make a plain parameter again of a weight that `weight_norm` normalised; returns the module.

    Raises:
        ValueError: if that weight is not normalised.
    """
    for key in _hooks(module, name):
        weight = module._hooks["before forward"].pop(key).function.weight(module).detach()
        for part in (name, name + "_g", name + "_v"):
            delattr(module, part)
        module.register_parameter(name, Parameter(weight))
        return module
    raise ValueError(f"remove_weight_norm: {name!r} of {type(module).__name__} is not normalised")


def _hooks(module: Module, name: str) -> list[Any]:
    """The keys of the hooks that normalise the weight of that name: one, or none."""
    return [
        key
        for key, hook in module._hooks.get("before forward", {}).items()
        if isinstance(hook.function, WeightNorm) and hook.function.name == name
    ]
