"""Modules as functions of their parameters."""

from collections.abc import Sequence
from typing import Any

from minigrad.nn.module import Module
from minigrad.ops.joining import stack
from minigrad.tensor import Tensor


def functional_call(
    module: Module,
    parameter_and_buffer_dicts: dict[str, Tensor] | Sequence[dict[str, Tensor]],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call a module with other parameters than its own, which it keeps.

    Arguments:
        module: the module.
        parameter_and_buffer_dicts: tensors by their names in `named_parameters` and `named_buffers`; or several such
            dicts. What is not named stays as it is.
        args: what the module is called with: a tuple, or a single thing.
        kwargs: the same by name.
        tie_weights: whether what is shared under several names is replaced under all of them.
        strict: refuse to leave a parameter or buffer as it is.

    >>> import minigrad
    >>> from minigrad import nn
    >>> from minigrad.func import functional_call
    >>> layer = nn.Linear(1, 1)
    >>> functional_call(layer, {"weight": minigrad.tensor([[3.0]]), "bias": minigrad.tensor([1.0])}, minigrad.ones(1))
    tensor([4.])
    """
    dicts = parameter_and_buffer_dicts
    given = dict(dicts) if isinstance(dicts, dict) else {name: x for one in dicts for name, x in one.items()}
    own = {
        **dict(module.named_parameters(remove_duplicate=False)),
        **dict(module.named_buffers(remove_duplicate=False)),
    }
    if unknown := given.keys() - own.keys():
        raise RuntimeError(f"functional_call: {type(module).__name__} has no {', '.join(sorted(unknown))}")
    if strict and (missing := own.keys() - given.keys()):
        raise RuntimeError(f"functional_call: strict, and {', '.join(sorted(missing))} is not given")
    instead = {id(own[name]): x for name, x in given.items()}
    places = []
    for prefix, part in module.named_modules(remove_duplicate=False):
        for name, value in vars(part).items():
            path = f"{prefix}.{name}" if prefix else name
            new = instead.get(id(value)) if tie_weights else given.get(path)
            if new is not None:
                places.append((vars(part), name, value, new))
    try:
        for attributes, name, _, new in places:
            attributes[name] = new
        return module(*(args if isinstance(args, tuple) else () if args is None else (args,)), **(kwargs or {}))
    finally:
        for attributes, name, old, _ in places:
            attributes[name] = old


def stack_module_state(models: Sequence[Module]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The parameters and the buffers of modules of one kind, stacked, for `vmap` over `functional_call`.

    Returns:
        Two dicts of tensors with a first dimension for the models; the parameters are leaves that want gradients.
    """
    parameters = [dict(model.named_parameters()) for model in models]
    buffers = [dict(model.named_buffers()) for model in models]
    return (
        {
            name: stack([p[name].detach() for p in parameters]).requires_grad_(x.requires_grad)
            for name, x in parameters[0].items()
        },
        {name: stack([b[name].detach() for b in buffers]) for name in buffers[0]},
    )
