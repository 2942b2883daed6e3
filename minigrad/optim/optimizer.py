"""What every optimiser shares: groups of parameters with their settings, and a state for each parameter."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from minigrad.autograd.modes import enable_grad
from minigrad.tensor import Tensor, wrap


class Optimizer:
    """Changes parameters in place, given their gradients; subclasses say how in `update`.

    Arguments:
        params: tensors, or dicts that each hold a list of them under "params" and settings of their own.
        defaults: the settings of groups that do not say otherwise.

    Attributes:
        param_groups: the groups, as dicts; a scheduler changes `group["lr"]`.
        state: for each parameter, by the id of the tensor, the arrays and numbers the method keeps.
    """

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]):
        name = type(self).__name__
        if isinstance(params, Tensor):
            raise TypeError(f"{name}: params must be a list of tensors, such as module.parameters(), not one tensor")
        given = list(params)
        if not given:
            raise ValueError(f"{name}: params is empty; module.parameters() gives a module's parameters")
        groups = given if isinstance(given[0], dict) else [{"params": given}]
        self.defaults = defaults
        self.param_groups: list[dict[str, Any]] = []
        self.state: dict[int, dict[str, Any]] = {}
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
        for i, p in enumerate(tensors):
            if not isinstance(p, Tensor) or not p.is_leaf:
                raise TypeError(f"{name}: params[{i}] must be a leaf tensor, such as a Parameter, not {p!r}")
        known = {id(p) for group in self.param_groups for p in group["params"]}
        if len(known | {id(p) for p in tensors}) < len(known) + len(tensors):
            raise ValueError(f"{name}: a parameter is given more than once, and would be changed as many times")
        group: dict[str, Any] = {**self.defaults, **param_group, "params": tensors}
        for setting in ("lr", "weight_decay", "eps", "momentum", "alpha", "lr_decay", "initial_accumulator_value"):
            if group.get(setting, 0) < 0:
                raise ValueError(f"{name}: {setting} = {group[setting]} must not be negative")
        if not all(0 <= beta < 1 for beta in group.get("betas", ())):
            raise ValueError(f"{name}: betas = {group['betas']} must lie in [0, 1)")
        self.param_groups.append(group)

    def update(self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        """Change `p` in place, given its gradient `g`; `state` is empty at first."""
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
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    self.update(p.array, p.grad.array, self.state.setdefault(id(p), {}), group)
                    p.mark_written(f"{type(self).__name__}.step")
        return loss

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients; with `set_to_none=False` fill them with zeros instead."""
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none or p.grad is None:
                    p.grad = None
                else:
                    p.grad.zero_()

    def state_dict(self) -> dict[str, Any]:
        """The state and the settings, with parameters numbered in order, in PyTorch's layout."""
        numbers = {id(p): i for i, p in enumerate(p for group in self.param_groups for p in group["params"])}
        state = {
            numbers[key]: {k: wrap(v.copy()) if isinstance(v, np.ndarray) else v for k, v in values.items()}
            for key, values in self.state.items()
        }
        groups = [{**group, "params": [numbers[id(p)] for p in group["params"]]} for group in self.param_groups]
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
        tensors = [p for group in self.param_groups for p in group["params"]]
        for group, saved in zip(self.param_groups, groups, strict=True):
            group.update({k: v for k, v in saved.items() if k != "params"})
        self.state = {
            id(tensors[int(number)]): {k: np.array(v.array) if isinstance(v, Tensor) else v for k, v in values.items()}
            for number, values in state_dict["state"].items()
        }
