"""What every optimiser shares: groups of parameters with their settings, and a state for each parameter."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from minigrad.autograd.modes import enable_grad
from minigrad.optim.bundles import Bundle, bundled, same
from minigrad.tensor import Tensor, wrap

_NOT_NEGATIVE = (
    "lr",
    "weight_decay",
    "eps",
    "momentum",
    "alpha",
    "lr_decay",
    "initial_accumulator_value",
    "momentum_decay",
)
_NUMBERS = ("step", "mu_product", "eta", "mu")  # what PyTorch keeps as tensors, and methods here as numbers
_EXECUTION = {"foreach": None, "fused": None, "capturable": False, "differentiable": False}  # PyTorch's defaults

required: Any = object()  # early optimisers' default for what has to be given


class Optimizer:
    """Changes parameters in place, given their gradients; subclasses say how in `update`, or in a `step` of their own.

    Arguments:
        params: tensors, pairs of a name and a tensor, or dicts that each hold a list of such under "params" and
            settings of their own.
        defaults: the settings of groups that do not say otherwise.
        execution: PyTorch's settings of how a step is computed, which change no number and are kept in the groups.
            With `foreach` unless it is False small parameters are changed together, if the rule is `elementwise`: see
            `bundles`. `differentiable` can only be False; the others are for PyTorch's sake.

    Attributes:
        param_groups: the groups, as dicts; a scheduler changes `group["lr"]`.
        state: for each parameter what the method keeps, by PyTorch's names: tensors and numbers.

    >>> import minigrad
    >>> class SignDescent(minigrad.optim.Optimizer):
    ...     def __init__(self, params, lr):
    ...         super().__init__(params, {"lr": lr})
    ...
    ...     def update(self, p, g, state, group):
    ...         p -= group["lr"] * np.sign(g)
    >>> x = minigrad.tensor([1.0, -1.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> SignDescent([x], lr=0.5).step()
    >>> x
    tensor([ 0.5000, -0.5000], requires_grad=True)
    """

    execution: tuple[str, ...] = ()  # those that PyTorch's optimiser of that name takes

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any], execution: dict[str, Any] | None = None):
        name = type(self).__name__
        execution = execution or {}
        if unknown := sorted(execution.keys() - set(self.execution)):
            raise TypeError(f"{name}: got {', '.join(unknown)}; it takes {', '.join([*defaults, *self.execution])}")
        if execution.get("differentiable"):
            raise ValueError(f"{name}: differentiable = True cannot be: steps change parameters outside of history")
        if isinstance(params, Tensor):
            raise TypeError(f"{name}: params must be a list of tensors, such as module.parameters(), not one tensor")
        given = list(params)
        if not given:
            raise ValueError(f"{name}: params is empty; module.parameters() gives a module's parameters")
        groups = given if isinstance(given[0], dict) else [{"params": given}]
        self.defaults = {**defaults, **{key: _EXECUTION[key] for key in self.execution}, **execution}
        self.param_groups: list[dict[str, Any]] = []
        self.state: defaultdict[Any, dict[str, Any]] = defaultdict(dict)
        self._bundles: dict[int, tuple[list[Tensor], list[Bundle], list[Tensor]]] = {}  # by the number of the group
        for group in groups:
            self.add_param_group(group)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Take on more parameters, with settings of their own.

        Arguments:
            param_group: a list of tensors, or one, under "params", and settings that differ from the defaults.

        Raises:
            TypeError: for what is no leaf tensor.
            ValueError: for settings that cannot be, or a parameter that is there already.
        """
        name = type(self).__name__
        if not isinstance(param_group, dict):
            raise TypeError(f"{name}: a parameter group must be a dict, not {type(param_group).__name__}")
        params = param_group["params"]
        tensors = [params] if isinstance(params, Tensor) else list(params)
        names = {}
        if tensors and all(isinstance(p, tuple) for p in tensors):
            names = {"param_names": [p[0] for p in tensors]}
            tensors = [p[1] for p in tensors]
        for i, p in enumerate(tensors):
            if not isinstance(p, Tensor) or not p.is_leaf:
                kind = ValueError if isinstance(p, Tensor) else TypeError
                raise kind(f"{name}: params[{i}] must be a leaf tensor, such as a Parameter, not {p!r}")
        known = set(self._parameters())
        if len(known.union(tensors)) < len(known) + len(tensors):
            raise ValueError(f"{name}: a parameter is given more than once, and would be changed as many times")
        group: dict[str, Any] = {**self.defaults, **param_group, "params": tensors, **names}
        for setting, value in group.items():
            if value is required:
                raise ValueError(f"{name}: {setting} has to be given")
        for setting in _NOT_NEGATIVE:
            if isinstance(group.get(setting), Tensor):
                group[setting] = group[setting].item()
            if isinstance(value := group.get(setting), int | float) and value < 0:  # None may mean: found by itself
                raise ValueError(f"{name}: {setting} = {group[setting]} must not be negative")
        if not all(0 <= beta < 1 for beta in group.get("betas", ())):
            raise ValueError(f"{name}: betas = {group['betas']} must lie in [0, 1)")
        self.param_groups.append(group)

    def _parameters(self) -> list[Tensor]:
        """The parameters of all groups, in order."""
        return [p for group in self.param_groups for p in group["params"]]

    def update(self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        """Change `p` in place, given its gradient `g`; `state` is empty at first, and `kept` puts arrays into it."""
        raise NotImplementedError(f"{type(self).__name__} has no update method; define how it changes a parameter")

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient.

        Arguments:
            closure: a function that computes the loss and its gradients anew, to be called first.

        Returns:
            What the closure returned.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        writer = f"{type(self).__name__}.step"
        for number, group in enumerate(self.param_groups):
            params = [p for p in group["params"] if p.grad is not None]
            bundles, others = self._bundled(number, params)
            for bundle in bundles:
                bundle.step(self.update, self.state, group)
            for p in others:  # those that have a gradient
                self.update(p.array, p.grad.array, self.state[p], group)  # type: ignore[union-attr]
            for p in params:
                p.mark_written(writer)
        return loss

    def _bundled(self, number: int, params: list[Tensor]) -> tuple[list[Bundle], list[Tensor]]:
        """Of the parameters of a group that have a gradient those that are changed together, and the others."""
        if not getattr(self.update, "elementwise", False) or self.param_groups[number].get("foreach") is False:
            return [], params
        before, bundles, others = self._bundles.get(number, ([], [], []))
        if not same(before, params) or not all(bundle.intact(self.state) for bundle in bundles):
            bundles, others = bundled(params, self.state)
            self._bundles[number] = params, bundles, others
        return bundles, others

    def __getstate__(self) -> dict[str, Any]:
        """For copies: bundles are made anew, of the copy's parameters."""
        return {**self.__dict__, "_bundles": {}}

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients; with `set_to_none=False` fill them with zeros instead."""
        for p in self._parameters():
            if set_to_none or p.grad is None:
                p.grad = None
            else:
                p.grad.detach_().zero_()

    def state_dict(self) -> dict[str, Any]:
        """The state and the settings, with parameters numbered in order, in PyTorch's layout."""
        numbers = {p: i for i, p in enumerate(self._parameters())}
        state = {numbers[p]: {k: _saved(v) for k, v in values.items()} for p, values in self.state.items() if values}
        groups = [{**group, "params": [numbers[p] for p in group["params"]]} for group in self.param_groups]
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a state that `state_dict` gave.

        Raises:
            ValueError: when the numbers of groups or parameters differ.
        """
        groups = state_dict["param_groups"]
        sizes, own = [len(g["params"]) for g in groups], [len(g["params"]) for g in self.param_groups]
        if sizes != own:
            raise ValueError(
                f"{type(self).__name__}.load_state_dict: the state has groups of {sizes} parameters, this optimiser "
                f"of {own}"
            )
        for group, saved in zip(self.param_groups, groups, strict=True):
            group.update({k: v for k, v in saved.items() if k != "params"})
        tensors = self._parameters()
        self.state = defaultdict(dict)
        for number, values in state_dict["state"].items():
            p = tensors[int(number)]
            self.state[p] = {k: _restored(v, None if k in _NUMBERS else p.dtype) for k, v in values.items()}

    def __repr__(self) -> str:
        lines = []
        for i, group in enumerate(self.param_groups):
            settings = (f"    {key}: {group[key]}" for key in sorted(group) if key != "params")
            lines += [f"Parameter Group {i}", *settings]
        return "\n".join([f"{type(self).__name__} (", *lines, ")"])


def _saved(value: Any) -> Any:
    """A copy of what a state holds."""
    if isinstance(value, list):
        return [_saved(x) for x in value]
    return value.detach().clone() if isinstance(value, Tensor) else value


def _restored(value: Any, dtype: Any) -> Any:
    """The way back of `_saved`: floats in the parameter's type, or with `dtype` None a number."""
    if isinstance(value, list):
        return [_restored(x, dtype) for x in value]
    if not isinstance(value, Tensor):
        return value
    return value.item() if dtype is None else wrap(np.array(value.array, dtype if value.dtype.kind == "f" else None))


def kept(state: dict[str, Any], name: str, like: np.ndarray, start: float = 0.0) -> np.ndarray:
    """What a state keeps under a name, as an array to change in place; at first it is filled with `start`."""
    if name not in state:
        state[name] = wrap(np.full_like(like, start))
    return state[name].array


def decayed(p: np.ndarray, g: np.ndarray, group: dict[str, Any]) -> np.ndarray:
    """The gradient to descend along, with weight decay added to it; where decay is decoupled, `p` shrinks instead."""
    g = -g if group["maximize"] else g
    decay = group.get("weight_decay", 0)
    if decay and group.get("decoupled_weight_decay"):
        p *= 1 - group["lr"] * decay
    elif decay:
        g = g + decay * p
    return g
