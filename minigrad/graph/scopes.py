"""The module calls of a computation, numbered and named as the modules are inside each other."""

from collections.abc import Iterable
from typing import Any

from minigrad.autograd.scope import Scope as EngineScope
from minigrad.graph.parts import Scope


class Scopes:
    """The scopes of a graph while it is being written down.

    Attributes:
        found: by number, each after its parent.
        first_op: the number of the first op of each.
    """

    def __init__(self) -> None:
        self.found: dict[int, Scope] = {}
        self.first_op: dict[int, int] = {}
        self._ids: dict[EngineScope, int] = {}
        self._modules: dict[int | None, Any] = {None: None}  # for each scope the innermost module around its ops
        self._outermost: dict[int, Any] = {}  # by id()
        self._levels: dict[int | None, int] = {None: 0}
        self._paths: dict[int, dict[int, str]] = {}  # of a module's submodules, by id()

    @property
    def outermost(self) -> Iterable[Any]:
        """The modules that were called outside any other."""
        return self._outermost.values()

    def number(self, scope: EngineScope | None, op: int) -> int | None:
        """The number of a scope; it and those around it are written down when their first op comes."""
        if scope is None:
            return None
        if scope in self._ids:
            return self._ids[scope]
        new = []
        outer: EngineScope | None = scope
        while outer is not None and outer not in self._ids:
            new.append(outer)
            outer = outer.parent
        me = None if outer is None else self._ids[outer]
        for scope in reversed(new):
            me, parent = len(self.found), me
            self._ids[scope] = me
            self._levels[me] = self._levels[parent] + 1
            self.first_op[me] = op
            around = self._modules[parent]
            self._modules[me] = around if scope.module is None else scope.module
            if around is None and scope.module is not None:
                self._outermost[id(scope.module)] = scope.module
            module = "" if scope.module is None else type(scope.module).__name__
            self.found[me] = Scope(me, parent, scope.name or self._path(around, scope.module), module)
        return me

    def _path(self, outer: Any, module: Any) -> str:
        """A module's name inside the module that called it: "layers.0" also where the list `layers` is not called."""
        if outer is None or module is None:
            return ""
        if id(outer) not in self._paths:
            self._paths[id(outer)] = {id(inner): path for path, inner in outer.named_modules()}
        return self._paths[id(outer)].get(id(module), "")

    def around(self, scope: int | None) -> Iterable[int]:
        """A scope and those around it, from the inside."""
        while scope is not None:
            yield scope
            scope = self.found[scope].parent

    def module_call(self, scope: int | None) -> int | None:
        """The innermost scope around an op that is a module's, rather than a named part."""
        return next((i for i in self.around(scope) if self.found[i].module), None)

    def common(self, scopes: set[int | None]) -> int | None:
        """The innermost scope around all of these."""
        common = scopes.pop()
        for other in scopes:
            while common != other:
                if self._levels[common] >= self._levels[other]:
                    common = self.found[common].parent  # type: ignore[index]  # None has the least level
                else:
                    other = self.found[other].parent  # type: ignore[index]
        return common
