"""Modules that hold others, in order or by name: `Sequential`, `ModuleList`, `ModuleDict`, and lists of parameters."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from minigrad.nn.module import Module, Parameter
from minigrad.tensor import Tensor


class _Ordered(Module):
    """Modules in order, under the names "0", "1", ... unless they were given others."""

    def _renumber(self, modules: Iterable[Module | None]) -> None:
        modules = list(modules)
        for name, _ in list(self._slots(Module)):
            delattr(self, name)
        for i, module in enumerate(modules):
            self.add_module(str(i), module)

    def _name(self, index: int) -> str:
        names = [name for name, _ in self._slots(Module)]
        if not -len(names) <= index < len(names):
            raise IndexError(f"{type(self).__name__}: index {index} is out of range; there are {len(names)} modules")
        return names[index]

    def append(self, module: Module) -> Any:
        """Add one at the end."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> Any:
        """Add several at the end."""
        for module in list(modules):
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> Any:
        """Put one before that at `index`."""
        modules = list(self)
        modules.insert(index, module)
        self._renumber(modules)
        return self

    def pop(self, index: int = -1) -> Module:
        """Take one out."""
        module = self[index]
        del self[index]
        return module

    def __len__(self) -> int:
        return sum(1 for _ in self._slots(Module))

    def __iter__(self) -> Iterator[Any]:
        return iter([module for _, module in self._slots(Module)])

    def __contains__(self, module: object) -> bool:
        return any(module is held for held in self)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return self._sliced(dict(list(self._slots(Module))[index]))
        return getattr(self, self._name(index))

    def _sliced(self, modules: dict[str, Module]) -> Any:
        raise NotImplementedError

    def __setitem__(self, index: int, module: Module) -> None:
        setattr(self, self._name(index), module)

    def __delitem__(self, index: int | slice) -> None:
        modules = list(self)
        del modules[index]
        self._renumber(modules)

    def __iadd__(self, modules: Iterable[Module]) -> Any:
        return self.extend(modules)


class Sequential(_Ordered):
    """Modules one after the other, each given what the one before returned.

    Arguments:
        modules: modules, or one dict of them with names of their own.

    >>> from minigrad import nn
    >>> nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    Sequential(
      (0): Linear(in_features=2, out_features=3, bias=True)
      (1): ReLU()
    )
    """

    def __init__(self, *modules: Any):
        super().__init__()
        named = modules[0] if len(modules) == 1 and isinstance(modules[0], dict) else None
        for name, module in named.items() if named is not None else enumerate(modules):
            self.add_module(str(name), module)

    def forward(self, input: Any) -> Any:
        """Run the modules in order."""
        for module in self:
            input = module(input)
        return input

    def _sliced(self, modules: dict[str, Module]) -> "Sequential":
        names = list(modules)
        numbered = all(name.isdigit() for name in names)
        return Sequential(*modules.values()) if numbered else Sequential(modules)

    def __add__(self, other: Iterable[Module]) -> "Sequential":
        return Sequential(*self, *other)


class ModuleList(_Ordered):
    """A list of modules; the module that holds it says how they are used.

    >>> from minigrad import nn
    >>> layers = nn.ModuleList(nn.Linear(2, 2) for _ in range(3))
    >>> layers
    ModuleList(
      (0-2): 3 x Linear(in_features=2, out_features=2, bias=True)
    )
    >>> len(layers), list(layers.state_dict())[0]
    (3, '0.weight')
    """

    def __init__(self, modules: Iterable[Module] | None = None):
        super().__init__()
        self.extend(modules or ())

    def _sliced(self, modules: dict[str, Module]) -> "ModuleList":
        return ModuleList(modules.values())

    def __add__(self, other: Iterable[Module]) -> "ModuleList":
        return ModuleList([*self, *other])

    def _lines(self) -> list[str]:
        """Equal ones that follow each other are printed once."""
        runs: list[tuple[int, int, str]] = []
        for i, text in enumerate(map(repr, self)):
            if runs and runs[-1][2] == text:
                runs[-1] = (runs[-1][0], i, text)
            else:
                runs.append((i, i, text))
        return [
            (f"({i}): " if i == j else f"({i}-{j}): {j - i + 1} x ") + text.replace("\n", "\n  ") for i, j, text in runs
        ]


def _pairs(given: Any, function: str) -> list[tuple[str, Any]]:
    """The names and values of a dict, or of a list of pairs."""
    if not isinstance(given, Mapping | Iterable):
        raise TypeError(f"{function}: expected a dict, or pairs of names and values, not {type(given).__name__}")
    items: Any = given.items() if hasattr(given, "items") else given
    return [(name, value) for name, value in items]


class _Named:
    """What `ModuleDict` and `ParameterDict` share: a dict of what the module holds."""

    def _items(self) -> dict[str, Any]:
        raise NotImplementedError

    def __getitem__(self, key: str) -> Any:
        return self._items()[key]

    def __delitem__(self, key: str) -> None:
        if key not in self._items():
            raise KeyError(key)
        delattr(self, key)

    def __len__(self) -> int:
        return len(self._items())

    def __iter__(self) -> Iterator[str]:
        return iter(self._items())

    def __contains__(self, key: object) -> bool:
        return key in self._items()

    def keys(self) -> Iterable[str]:
        """The names."""
        return self._items().keys()

    def values(self) -> Iterable[Any]:
        """What they name."""
        return self._items().values()

    def items(self) -> Iterable[tuple[str, Any]]:
        """Both."""
        return self._items().items()

    def pop(self, key: str) -> Any:
        """Take one out."""
        value = self[key]
        del self[key]
        return value

    def clear(self) -> None:
        """Take all out."""
        for key in list(self):
            del self[key]

    def update(self, given: Any) -> None:
        """Add, or replace, those of a dict or of a list of pairs."""
        for name, value in _pairs(given, type(self).__name__):
            self[name] = value

    def __setitem__(self, key: str, value: Any) -> None:
        raise NotImplementedError


class ModuleDict(_Named, Module):
    """Modules by name; the module that holds it says how they are used.

    >>> from minigrad import nn
    >>> nn.ModuleDict({"up": nn.Linear(1, 2), "relu": nn.ReLU()})
    ModuleDict(
      (up): Linear(in_features=1, out_features=2, bias=True)
      (relu): ReLU()
    )
    """

    def __init__(self, modules: Any = None):
        super().__init__()
        if modules is not None:
            self.update(modules)

    def _items(self) -> dict[str, Module]:
        return dict(self._held())

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)


def _described(items: Iterable[tuple[Any, Any]], type_of: Callable[[Tensor], str]) -> str:
    """What lists and dicts of parameters print: kinds, types and sizes instead of numbers."""
    return "\n".join(
        f"  ({name}): {'Parameter' if isinstance(x, Parameter) else 'Tensor'} containing: "
        f"[{type_of(x)} of size {'x'.join(map(str, x.shape))}]"
        if isinstance(x, Tensor)
        else f"  ({name}): Object of type: {type(x).__name__}"
        for name, x in items
    )


def _parameter(value: Any) -> Any:
    return Parameter(value) if isinstance(value, Tensor) and not isinstance(value, Parameter) else value


class ParameterList(Module):
    """A list of parameters; tensors that are none become some.

    >>> import minigrad
    >>> weights = minigrad.nn.ParameterList([minigrad.ones(2), minigrad.zeros(3)])
    >>> [w.shape for w in weights], list(weights.state_dict())
    ([(2,), (3,)], ['0', '1'])
    """

    def __init__(self, values: Iterable[Any] | None = None):
        super().__init__()
        self.extend(values or ())

    def append(self, value: Any) -> "ParameterList":
        """Add one at the end."""
        setattr(self, str(len(self)), _parameter(value))
        return self

    def extend(self, values: Iterable[Any]) -> "ParameterList":
        """Add several at the end."""
        for value in list(values):
            self.append(value)
        return self

    __iadd__ = extend

    def __len__(self) -> int:
        return sum(name.isdigit() for name in vars(self))

    def __iter__(self) -> Iterator[Any]:
        return iter([getattr(self, str(i)) for i in range(len(self))])

    def __getitem__(self, index: Any) -> Any:
        values = list(self)[index]
        return ParameterList(values) if isinstance(index, slice) else values

    def __setitem__(self, index: int, value: Any) -> None:
        setattr(self, str(range(len(self))[index]), _parameter(value))

    def extra_repr(self) -> str:
        """One line for each value."""
        return _described(enumerate(self), lambda x: f"minigrad.{x.dtype}")


class ParameterDict(_Named, Module):
    """Parameters by name; tensors that are none become some.

    >>> import minigrad
    >>> weights = minigrad.nn.ParameterDict({"left": minigrad.ones(2)})
    >>> weights["left"].requires_grad, list(weights.state_dict())
    (True, ['left'])
    """

    def __init__(self, parameters: Any = None):
        super().__init__()
        if parameters is not None:
            self.update(parameters)

    def _items(self) -> dict[str, Any]:
        return dict(self._own(Parameter))

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(key, str):
            raise TypeError(f"ParameterDict: key = {key!r} must be a string")
        if hasattr(type(self), key):
            raise KeyError(f"ParameterDict: {key!r} is a name of its own; choose another")
        setattr(self, key, _parameter(value))

    def extra_repr(self) -> str:
        """One line for each parameter."""
        return _described(self.items(), Tensor.type)
