"""The state of a module, out and in: tensors by dotted name, with PyTorch's keys."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from minigrad.autograd.modes import no_grad
from minigrad.nn.hooks import Hooks
from minigrad.nn.parameter import Parameter
from minigrad.tensor import Tensor, wrap
from minigrad.utils.hooks import RemovableHandle

EXTRA = "_extra_state"  # the key of what `get_extra_state` gives


class IncompatibleKeys(NamedTuple):
    """What `load_state_dict` did not find, and what it had no place for."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not (self.missing_keys or self.unexpected_keys):
            return "<All keys matched successfully>"
        return f"IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


class State(Hooks):
    """The part of a `Module` that gives and takes states."""

    _own: Callable[..., Iterator[tuple[str, Any]]]
    _held: Callable[[], Iterator[tuple[str, Any]]]
    named_modules: Callable[..., Iterator[tuple[str, Any]]]

    def state_dict(self, *, destination: Any = None, prefix: str = "", keep_vars: bool = False) -> dict[str, Any]:
        """All parameters and persistent buffers by dotted name, sharing the module's memory.

        Arguments:
            destination: a dict to put them into; a new one by default.
            prefix: put before the names.
            keep_vars: give the parameters themselves, instead of detached tensors.
        """
        state = {} if destination is None else destination
        for hook in self._hooks_on("before state_dict"):
            hook(self, prefix, keep_vars)
        for name, value in self._values():
            state[prefix + name] = value if keep_vars or not isinstance(value, Tensor) else value.detach()
        for name, module in self._held():
            module.state_dict(destination=state, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        for hook in self._hooks_on("after state_dict"):
            hook(self, state, prefix, {})
        return state

    def _values(self) -> Iterator[tuple[str, Any]]:
        """What its own state is made of, by name."""
        yield from self._own(Parameter)
        yield from self._own(Tensor, persistent_only=True)
        if self._has_extra_state():
            yield EXTRA, self.get_extra_state()

    def _has_extra_state(self) -> bool:
        return type(self).get_extra_state is not State.get_extra_state

    def get_extra_state(self) -> Any:
        """What else belongs to the state; a subclass that defines it defines `set_extra_state` too."""
        raise NotImplementedError(f"{type(self).__name__} has no get_extra_state method")

    def set_extra_state(self, state: Any) -> None:
        """Take on what `get_extra_state` gave."""
        raise NotImplementedError(f"{type(self).__name__} has no set_extra_state method; define what to do with it")

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
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"load_state_dict: state_dict must be a dict of tensors, not {type(state_dict).__name__}")
        given = dict(state_dict)  # hooks may change it
        modules = [(f"{path}." if path else "", m) for path, m in self.named_modules(remove_duplicate=False)]
        missing: list[str] = []
        unexpected: list[str] = []
        errors: list[str] = []
        for prefix, module in modules:
            for hook in module._hooks_on("before load_state_dict"):
                hook(module, given, prefix, {}, strict, missing, unexpected, errors)
        own = {prefix + name: (module, name, value) for prefix, module in modules for name, value in module._values()}
        missing += [key for key in own if key not in given and key not in missing]
        unexpected += [key for key in given if key not in own and key not in unexpected]
        errors += [
            problem
            for key, (_, name, value) in own.items()
            if key in given and name != EXTRA and (problem := _misfit(key, given[key], value))
        ]
        if strict:
            for what, keys in (("Unexpected", unexpected), ("Missing", missing)):
                if keys:
                    errors.insert(0, f"{what} key(s) in state_dict: " + ", ".join(f'"{key}"' for key in keys) + ". ")
        if errors:
            raise RuntimeError("\n\t".join([f"Error(s) in loading state_dict for {type(self).__name__}:", *errors]))
        with no_grad():
            for key, (module, name, value) in own.items():
                if key in given:
                    _load(module, name, value, given[key], assign)
        result = IncompatibleKeys(missing, unexpected)
        for _, module in reversed(modules):
            for hook in module._hooks_on("after load_state_dict"):
                hook(module, result)
        return result

    # --- hooks on all that

    def register_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, prefix, keep_vars)` before `state_dict` gathers this module's part; gives a handle."""
        return self._register("before state_dict", hook)

    def register_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, state_dict, prefix, {})` with what has been gathered so far, to change it in place.

        Returns:
            A handle, whose `remove()` takes the hook away.
        """
        return self._register("after state_dict", hook)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call a hook before a state is loaded, with a copy of it to change in place.

        Arguments:
            hook: takes `(module, state_dict, prefix, {}, strict, missing_keys, unexpected_keys, error_msgs)`, of which
                it may add to the last three.

        Returns:
            A handle, whose `remove()` takes the hook away.

        >>> import minigrad
        >>> layer = minigrad.nn.Linear(1, 1, bias=False)
        >>> def renamed(module, state_dict, prefix, *others):
        ...     state_dict[prefix + "weight"] = state_dict.pop(prefix + "w")
        >>> handle = layer.register_load_state_dict_pre_hook(renamed)
        >>> layer.load_state_dict({"w": minigrad.ones(1, 1)})
        <All keys matched successfully>
        """
        return self._register("before load_state_dict", hook)

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, incompatible_keys)` after a state was loaded; it may change the lists in place.

        Returns:
            A handle, whose `remove()` takes the hook away.
        """
        return self._register("after load_state_dict", hook)

    _register_state_dict_hook = register_state_dict_post_hook  # the names in older code

    def _register_load_state_dict_pre_hook(
        self, hook: Callable[..., Any], with_module: bool = False
    ) -> RemovableHandle:
        return self.register_load_state_dict_pre_hook(hook if with_module else lambda module, *rest: hook(*rest))


def _misfit(key: str, given: Any, own: Tensor) -> str:
    """Why a value cannot be loaded; nothing if it can."""
    if not hasattr(given, "shape"):
        return (
            f'While copying the parameter named "{key}", expected a tensor from checkpoint but received '
            f"{type(given).__name__}."
        )
    if tuple(given.shape) != own.shape:
        return (
            f"size mismatch for {key}: copying a param with shape {tuple(given.shape)} from checkpoint, the shape in "
            f"current model is {tuple(own.shape)}."
        )
    return ""


def _load(module: Any, name: str, own: Any, given: Any, assign: bool) -> None:
    if name == EXTRA:
        module.set_extra_state(given)
    elif assign:
        setattr(module, name, _assigned(given, own))
    else:
        own._become(np.asarray(getattr(given, "array", given), own.dtype), "load_state_dict")


def _assigned(value: Any, like: Tensor) -> Tensor:
    """A tensor to put in the place of another: a Parameter, if that is one."""
    tensor = value if isinstance(value, Tensor) else wrap(np.asarray(value))
    if not isinstance(like, Parameter) or isinstance(value, Parameter):
        return tensor
    return Parameter(tensor, like.requires_grad)
