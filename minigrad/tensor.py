"""What a user holds: an array that may want a gradient, under PyTorch's names.

What it says of itself is in `kinds.py`, what can be computed with it in `methods.py`, what it can do to itself in
`in_place.py`.
"""

import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from minigrad import display, dtypes, printing
from minigrad.arrays import legacy_array
from minigrad.autograd.backward import backward
from minigrad.autograd.errors import ShapeError
from minigrad.autograd.node import Hooks, Node
from minigrad.kinds import Kinds
from minigrad.ops import joining
from minigrad.utils.hooks import RemovableHandle


def wrap(array: np.ndarray, node: Node | None = None) -> "Tensor":
    """A tensor around an array, without copying."""
    tensor = Tensor.__new__(Tensor)
    tensor.array = array
    tensor.node = node
    tensor.storage = None
    tensor.base = None
    tensor._grad = None
    tensor._requires_grad = False
    return tensor


class Tensor(Kinds):
    """An n-dimensional array of numbers that can remember how it was computed.

    Arguments:
        data: nested lists, an array or a tensor; copied. As in PyTorch's legacy constructor it becomes the default
            float type, and plain numbers are a shape, to be filled with zeros: `minigrad.tensor` does neither.
        requires_grad: whether to record what is computed from it, so that `backward()` can fill `.grad`.

    >>> import minigrad
    >>> a = minigrad.tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> loss = (a * a).sum()
    >>> loss.backward()
    >>> a.grad
    tensor([2., 4., 6.])
    """

    # No __getattr__: with one, Python looks up every attribute in a slower way, also those that are there.
    __slots__ = ("__dict__", "__weakref__")
    _result = staticmethod(wrap)  # what ops make of their results
    __array_priority__ = 1000  # so that `array * tensor` comes here

    def __init__(self, *data: Any, requires_grad: bool = False):
        self.array = legacy_array(data, dtypes.get_default_dtype(), "Tensor")
        self.node = None
        self.storage = None
        self.base = None
        self._grad: Tensor | None = None
        self._requires_grad = False
        self.requires_grad = requires_grad

    # --- history and gradients

    @property
    def requires_grad(self) -> bool:
        """Whether what is computed from this tensor is recorded."""
        return self.source() is not None

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        self.requires_grad_(wanted)

    def requires_grad_(self, requires_grad: bool = True) -> "Tensor":
        """Start, or stop, recording what is computed from this leaf.

        Raises:
            RuntimeError: for integers and bools, which have no derivatives; and when a result is to stop.
        """
        if requires_grad and self.array.dtype.kind != "f":
            raise RuntimeError(
                f"requires_grad_: a tensor of dtype {self.dtype} cannot have gradients; only floating-point tensors "
                "can: convert it with .float() first"
            )
        if not requires_grad and (node := self.grad_fn) is not None:
            raise RuntimeError(f"requires_grad_: the result of {node.op.name} has history; use detach() instead")
        if requires_grad and not self._requires_grad and self.is_leaf:
            self.base = None  # a leaf has no history to follow
        self._requires_grad = bool(requires_grad)
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether it was made by the user rather than computed from something that wants a gradient."""
        return self.grad_fn is None

    @property
    def grad_fn(self) -> Node | None:
        """The op that made this tensor, or None for a leaf."""
        source = self.source()
        return source if isinstance(source, Node) else None

    @property
    def grad(self) -> "Tensor | None":
        """The gradient that `backward()` has added up here, or None."""
        return self._grad

    @grad.setter
    def grad(self, value: "Tensor | None") -> None:
        if value is not None and not isinstance(value, Tensor):
            raise TypeError(f"grad: {value!r} must be a tensor of shape {self.shape}, or None")
        if value is not None and (value.shape != self.shape or value.dtype != self.dtype):
            raise ShapeError(
                f"grad: a tensor of shape {value.shape} and {value.dtype} cannot be the gradient of one of shape "
                f"{self.shape} and {self.dtype}"
            )
        self._grad = value

    def backward(
        self,
        gradient: "Tensor | None" = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Any = None,
    ) -> None:
        """Add the gradient of this tensor to `.grad` of every leaf: see `minigrad.autograd.backward`."""
        backward(self, gradient, retain_graph, create_graph, inputs)

    def retain_grad(self) -> None:
        """Let `backward()` fill `.grad` of this result too, not only of the leaves.

        Raises:
            RuntimeError: if no gradient will come here.
        """
        if self.is_leaf:
            if not self._requires_grad:
                raise RuntimeError(f"retain_grad: the tensor of shape {self.shape} does not have requires_grad=True")
            return
        me = weakref.ref(self)  # the node must not keep its own result alive

        def keep(g: Any) -> Any:
            if (tensor := me()) is not None:
                kept = g if isinstance(g, Tensor) else wrap(np.array(g))
                tensor._grad = kept if tensor._grad is None else tensor._grad + kept
            return g

        self._hooks_in_force()["retain_grad"] = keep

    def register_hook(self, hook: Callable[["Tensor"], "Tensor | None"]) -> RemovableHandle:
        """Have a function called with the gradient of this tensor whenever one is complete.

        Arguments:
            hook: takes the gradient; what it returns takes the gradient's place, unless it returns None.

        Returns:
            A handle whose `remove()` takes the hook away.

        Raises:
            RuntimeError: if no gradient will come here.

        >>> import minigrad
        >>> x = minigrad.tensor([1.0, 2.0], requires_grad=True)
        >>> handle = x.register_hook(lambda g: g * 10)
        >>> (x * x).sum().backward()
        >>> x.grad
        tensor([20., 40.])
        """
        if not self.requires_grad:
            raise RuntimeError(f"register_hook: the tensor of shape {self.shape} does not have requires_grad=True")

        def call(g: Any) -> Any:
            recorded = isinstance(g, Tensor)
            found = hook(g if recorded else wrap(g))
            if found is None:
                return g
            if not isinstance(found, Tensor) or found.shape != g.shape:
                raise ShapeError(
                    f"register_hook: the hook returned {_described(found)} for a gradient of shape {g.shape}; "
                    "it must return a tensor of that shape, or None"
                )
            return found if recorded else found.array

        hooks = self._hooks_in_force()
        handle = RemovableHandle(hooks, call)
        if "retain_grad" in hooks:
            hooks["retain_grad"] = hooks.pop("retain_grad")  # what is kept is what the other hooks made of it
        return handle

    def register_post_accumulate_grad_hook(self, hook: Callable[["Tensor"], None]) -> RemovableHandle:
        """Have a function called with this leaf whenever `backward` has added to its `.grad`.

        So an optimiser can take its step for each weight at once, and let go of the gradient.

        Returns:
            A handle whose `remove()` takes the hook away.

        >>> import minigrad
        >>> x = minigrad.tensor([1.0, 2.0], requires_grad=True)
        >>> handle = x.register_post_accumulate_grad_hook(lambda x: print(x.grad))
        >>> (x * x).sum().backward()
        tensor([2., 4.])
        """
        if self.node is not None or not self._requires_grad:
            raise RuntimeError("register_post_accumulate_grad_hook: only leaves that require a gradient gather one")
        if self._after_hooks is None:
            self._after_hooks = {}
        return RemovableHandle(self._after_hooks, hook)

    def _hooks_in_force(self) -> Hooks:
        """The hooks on the gradient of this tensor: those of a result are its node's."""
        if (node := self.grad_fn) is not None:
            if node.hooks is None:
                node.hooks = {}
            return node.hooks
        if self._hooks is None:
            self._hooks = {}
        return self._hooks

    @property
    def retains_grad(self) -> bool:
        """Whether `retain_grad` was asked for."""
        return self.node is not None and "retain_grad" in (self.node.hooks or ())

    def detach(self) -> "Tensor":
        """The same memory, without the history."""
        result = wrap(self.array)
        result.storage = self.shared_storage()
        return result

    @property
    def data(self) -> "Tensor":
        """The same memory, without the history."""
        return self.detach()

    @data.setter
    def data(self, value: "Tensor") -> None:
        self.array, self.storage = value.array, value.shared_storage()

    # --- to and from Python and NumPy

    def numpy(self) -> np.ndarray:
        """The array itself: it shares memory with the tensor.

        Raises:
            RuntimeError: if the tensor wants a gradient, since changing the array would go unseen: `detach()` first.
        """
        if self.requires_grad:
            raise RuntimeError("numpy: the tensor requires a gradient; use tensor.detach().numpy()")
        return self.array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.numpy(), dtype, copy=copy)

    def __array_wrap__(self, array: np.ndarray, context: Any = None, return_scalar: bool = False) -> "Tensor":
        return wrap(np.asarray(array))  # so that NumPy's functions of one tensor, such as np.exp, give a tensor

    def item(self) -> Any:
        """The only element, as a Python number."""
        if self.array.size != 1:
            raise ShapeError(f"item: a tensor of shape {self.shape} has {self.array.size} elements; only one will do")
        return self.array.item()

    def tolist(self) -> Any:
        """Nested lists of Python numbers."""
        return self.array.tolist()

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self.array.dtype.kind not in "iu" or self.array.size != 1:
            raise TypeError(f"only an integer tensor with one element is an index, not {self.dtype} of {self.shape}")
        return int(self.array.item())

    def __bool__(self) -> bool:
        if self.array.size != 1:
            raise RuntimeError(
                f"bool: a tensor of shape {self.shape} is neither true nor false; use .any() or .all(), "
                "or minigrad.equal(a, b)"
            )
        return bool(self.array.item())

    def __len__(self) -> int:
        if self.ndim == 0:
            raise TypeError("len: a tensor of shape () has no length")
        return self.array.shape[0]

    def __contains__(self, value: Any) -> bool:
        return bool((self == value).any())

    def __iter__(self) -> Iterator["Tensor"]:
        if self.ndim == 0:
            raise TypeError("iter: a tensor of shape () cannot be iterated over")
        return iter(joining.unbind(self))

    def __reversed__(self) -> "Tensor":
        return self if self.ndim == 0 else self.flip(0)

    def __repr__(self) -> str:
        array, details = self.array, []
        if array.size == 0 and array.ndim != 1:
            details.append(f"size={self.shape}")
        if self.dtype not in (dtypes.get_default_dtype(), *((dtypes.int64, dtypes.bool) if array.size else ())):
            details.append(f"dtype=minigrad.{self.dtype}")
        if (node := self.grad_fn) is not None:
            details.append(f"grad_fn=<{node.op.name}>")
        elif self._requires_grad:
            details.append("requires_grad=True")
        start = "tensor("
        numbers = printing.text_of(array, len(start)) if array.size else "[]"
        return printing.with_details(start + numbers, details, len(start)) + ")"

    def _repr_html_(self) -> str:
        """What a notebook shows, beside the text that `print` writes."""
        node = self.grad_fn
        history = (
            f"grad_fn=<{node.op.name}>" if node is not None else "requires_grad=True" if self._requires_grad else ""
        )
        return display.html_of(self.array, type(self).__name__, history)

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec or self.ndim == 0 else repr(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> "Tensor":
        if not self.is_leaf:
            raise RuntimeError("deepcopy: only leaves can be copied deeply; use detach().clone()")
        copy = type(self).__new__(type(self))
        Tensor.__init__(copy)
        copy.array = self.array.copy()
        copy._requires_grad = self._requires_grad
        if self._grad is not None:
            copy._grad = wrap(self._grad.array.copy())
        copy.__dict__.update({name: value for name, value in self.__dict__.items() if not name.endswith("_hooks")})
        memo[id(self)] = copy
        return copy

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        """How pickle, and processes that hand on tensors, take one apart: values, without history."""
        kept = {name: value for name, value in self.__dict__.items() if not name.endswith("_hooks")}
        return _rebuild, (type(self), self.array, self.requires_grad, kept)

    def detach_(self) -> "Tensor":
        """Forget the history."""
        self.node = self.base = None
        self._requires_grad = False
        return self


def _described(x: Any) -> str:
    return f"a tensor of shape {x.shape}" if isinstance(x, Tensor) else repr(x)


def _rebuild(kind: type[Tensor], array: np.ndarray, requires_grad: bool, attributes: dict[str, Any]) -> Tensor:
    """The other end of `Tensor.__reduce_ex__`."""
    tensor = kind.__new__(kind)
    Tensor.__init__(tensor)
    tensor.array = array
    tensor._requires_grad = requires_grad
    tensor.__dict__.update(attributes)
    return tensor
