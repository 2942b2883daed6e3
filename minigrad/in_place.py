"""Changing a tensor's memory in place: the one mechanism, and the methods made by it of those that give a new tensor.

Right or refused: a change that history could not follow is an error, and so is a backward pass through an op whose
arrays were changed since.
"""

from collections.abc import Callable
from typing import Any, Self

import numpy as np

from minigrad.aliases import add_aliases
from minigrad.autograd.errors import DtypeError, ShapeError, shown, translated
from minigrad.autograd.modes import enable_grad, modes
from minigrad.autograd.node import TensorBase
from minigrad.dtypes import RANK
from minigrad.generator import Generator, draw
from minigrad.ops.elementwise import clone
from minigrad.ops.indexing import (
    assign,
    check_written_type,
    getitem,
    numbers_first,
    plain_index,
    take,
    takes_numbers_first,
    write,
)


def wants_gradient(x: Any) -> bool:
    """Whether `x` is a tensor of which history is recorded."""
    return isinstance(x, TensorBase) and x.source() is not None


def positions_in(base: np.ndarray, view: np.ndarray) -> np.ndarray:
    """Where the elements of a view lie in the flat array that it shows a part of, by their addresses in memory."""
    places, wanted = _addresses(base).ravel(), _addresses(view)
    order = np.argsort(places)
    return order[np.searchsorted(places, wanted, sorter=order)]


def _addresses(array: np.ndarray) -> np.ndarray:
    """The address of each element."""
    start = np.array(array.__array_interface__["data"][0])
    return sum((i * step for i, step in zip(np.ogrid[*map(slice, array.shape)], array.strides, strict=True)), start)


def in_place(name: str) -> Callable[..., Any]:
    """The method `name_`, which changes a tensor into what its method `name` gives.

    Arguments:
        name: a method of tensors, such as "add".
    """

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        others, named = [self._apart(x) for x in args], {key: self._apart(x) for key, x in kwargs.items()}
        return self._become(getattr(self._before(), name)(*others, **named), name + "_")

    method.__name__ = method.__qualname__ = name + "_"
    method.__doc__ = f"As `{name}`, but this tensor takes on the result."
    return method


def reshaped_in_place(name: str) -> Callable[..., Any]:
    """The method `name_`, after which a tensor looks at the same memory as its method `name` would."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self.node is None and self._requires_grad and modes.grad_enabled:
            raise RuntimeError(f"{name}_: a leaf that requires a gradient cannot be changed; use {name}()")
        storage = self.own_storage()
        result = getattr(self._now(), name)(*args, **kwargs)
        self.array, self.node, self.made = result.array, result.node, storage.written
        if self.node is not None:
            self.node.storage = storage
        return self

    method.__name__ = method.__qualname__ = name + "_"
    method.__doc__ = f"As `{name}`, but this tensor is seen so from now on."
    return method


def _each(function: Callable[..., Any], *arrays: np.ndarray) -> np.ndarray:
    """What a function of Python numbers makes of each element."""
    arrays = tuple(np.broadcast_arrays(*arrays))
    values = [function(*numbers) for numbers in zip(*(x.reshape(-1).tolist() for x in arrays), strict=True)]
    return np.array(values, arrays[0].dtype).reshape(arrays[0].shape)


@add_aliases
class InPlace(TensorBase):
    """What tensors can do to themselves. Methods return the tensor."""

    __slots__ = ()

    def _become(self, value: Any, writer: str) -> Self:
        """Take on the values of `value` in place; the one way in which a tensor's memory is ever written.

        It is noted when: an op that had saved the old values refuses to differentiate with the new. Where history is
        concerned the tensor takes over that of `value`. A view is a part of another tensor, its base: then the base
        becomes itself with `value` put in the view's place, and the view, as all others, follows it from then on.

        Arguments:
            value: a new tensor, of this one's shape.
            writer: the name of the method, for messages.
        """
        if RANK[value.dtype.kind] > RANK[self.array.dtype.kind]:
            raise DtypeError(
                f"{writer}: {value.dtype} does not fit into a tensor of {self.array.dtype}; convert it with .to()"
            )
        if value.shape != self.array.shape:
            raise ShapeError(f"{writer}: shape {value.shape} does not fit into shape {self.array.shape}")
        if not (modes.grad_enabled and (wants_gradient(self) or wants_gradient(value))):
            self._overwrite(value, writer)
            return self
        base = self._whole()
        if base.node is None and base._requires_grad:
            raise RuntimeError(
                f"{writer}: {'a leaf' if base is self else 'a view of a leaf'} that requires a gradient cannot be "
                "changed in place while history is recorded; use no_grad(), or make a new tensor"
            )
        value = value.to(self.array.dtype)
        if value.node is None:
            value = write(self._now(), value, ...)  # a constant, through which nothing flows back
        if self.storage is None or not self.storage.shared:  # nobody else sees the memory
            self.array, self.node = value.array, value.node
        else:
            whole = value if base is self else base._now().put(positions_in(base.array, self.array), value)
            self._overwrite(value, writer)
            self.storage.written = whole.node.tick  # the arrays of older ops are stale, but not its own
            base.node = whole.node
        if base.node is not None:
            base.node.storage = base.storage  # it goes on knowing of earlier writes
        return self

    def _overwrite(self, values: Any, writer: str, place: Any = ...) -> None:
        """Write numbers into the memory, which its views see, and note when."""
        watchers = modes.watchers
        for watcher in watchers:
            watcher.writes(self, place, values, writer)
        try:
            assign(self.array, place, getattr(values, "array", values))
        except (ValueError, IndexError, TypeError, OverflowError) as error:
            shape = self.array.shape
            if not self.array.flags.writeable:
                raise RuntimeError(
                    f"{writer}: the memory of this tensor of shape {shape} must not be written: several of its "
                    "elements are one, as expand() makes them, or it belongs to another; change a clone()"
                ) from None
            what = f"value of shape {values.shape}" if hasattr(values, "shape") else f"value = {shown(values)}"
            where = "" if place is ... else f", index = {shown(place)}"
            raise translated(error, f"{writer}: input of shape {shape}, {what}{where}") from None
        self.mark_written(writer)
        for watcher in watchers:
            watcher.wrote(self)

    def _whole(self) -> Any:
        """The tensor that this one is a view of, or itself."""
        return self if self.base is None or self.base.storage is not self.storage else self.base

    def follow(self) -> None:
        """For a view whose memory was written since it was made: take its history from its base again."""
        base, storage = self._whole(), self.own_storage()
        if base is self:  # one of the two was given other memory, by `.data`
            self.base = None
        elif storage.written != self.made:
            self.made = storage.written
            if base.source() is not None:
                with enable_grad():
                    self.node = take(base, positions_in(base.array, self.array)).node
                self.node.storage = storage

    def _now(self) -> Any:
        """This tensor as it is now, for the history of what it becomes."""
        self.source()
        return self._result(self.array, self.node)

    def _before(self) -> Any:
        """As `_now`, for ops that may save its values: a copy, if they are about to be overwritten."""
        shared = modes.grad_enabled and self.storage is not None and self.storage.shared
        return clone(self._now()) if shared else self._now()

    def _apart(self, x: Any) -> Any:
        """An argument: a copy, if it is on this memory too, which is about to be overwritten: `x.mul_(x)`."""
        storage = x.storage if isinstance(x, TensorBase) else None
        return clone(x) if storage and storage is self.storage and storage.shared and modes.grad_enabled else x

    def copy_(self, src: Any, non_blocking: bool = False) -> Self:
        """Take on the values of `src`, which broadcasts to this shape."""
        return self._put(..., src, "copy_")

    def fill_(self, value: Any) -> Self:
        """Set every element to a number, or to a tensor of shape ()."""
        if isinstance(value, TensorBase) and value.array.ndim:
            raise ShapeError(f"fill_: value of shape {value.array.shape} must be a number, or a tensor of shape ()")
        return self._put(..., value, "fill_")

    def float_power_(self, exponent: Any) -> Self:
        """As `float_power`, whose results are float64, but this tensor takes on the result."""
        if self.array.dtype != np.float64:
            raise DtypeError(f"float_power_: float64 does not fit into a tensor of {self.array.dtype}; use float_power")
        return self._become(self._before().float_power(exponent), "float_power_")

    def zero_(self) -> Self:
        """Set every element to 0."""
        return self.fill_(0)

    def apply_(self, callable: Callable[[Any], Any]) -> Self:
        """Replace every element by what a function makes of it, one after the other."""
        return self._become(self._constant(_each(callable, self.array)), "apply_")

    def map_(self, tensor: Any, callable: Callable[[Any, Any], Any]) -> Self:
        """Replace every element by what a function makes of it and of that of another tensor."""
        return self._become(self._constant(_each(callable, self.array, tensor.array)), "map_")

    def fill_diagonal_(self, fill_value: Any) -> Self:
        """Set every element of the main diagonal of a matrix to a number."""
        n = range(min(self.array.shape))
        self[tuple(np.array(n) for _ in self.array.shape)] = fill_value
        return self

    def __setitem__(self, index: Any, value: Any) -> None:
        place = plain_index(index)
        if isinstance(value, TensorBase) and value.array.dtype != self.array.dtype:
            check_written_type(place, value.array, self.array.dtype)
        if takes_numbers_first(place):
            numbers, place = numbers_first(place)
            getitem(self, numbers)._put(place, value, "setitem")
        else:
            self._put(place, value, "setitem")

    def _put(self, place: Any, value: Any, writer: str) -> Self:
        """Set the elements at a place, an index of arrays and numbers."""
        if modes.grad_enabled and (wants_gradient(self) or wants_gradient(value)):
            return self._become(write(self._now(), value, place), writer)
        self._overwrite(value, writer, place)
        return self

    def _constant(self, values: Any) -> Any:
        """Values without history, in the shape and type of this tensor."""
        array = np.empty_like(self.array)
        array[...] = values
        return self._result(array, None)

    # --- random numbers

    def uniform_(self, from_: float = 0.0, to: float = 1.0, *, generator: Generator | None = None) -> Self:
        """Numbers spread evenly, from `from_` up to but not including `to`."""
        return self._become(self._constant(draw(generator).uniform(from_, to, self.array.shape)), "uniform_")

    def normal_(self, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Self:
        """Numbers from the normal distribution."""
        return self._become(self._constant(draw(generator).normal(mean, std, self.array.shape)), "normal_")

    def exponential_(self, lambd: float = 1.0, *, generator: Generator | None = None) -> Self:
        """Numbers from the exponential distribution, of mean 1 / lambd."""
        return self._become(self._constant(draw(generator).exponential(1 / lambd, self.array.shape)), "exponential_")

    def bernoulli_(self, p: Any = 0.5, *, generator: Generator | None = None) -> Self:
        """1 with probability `p`, a number or a tensor, else 0."""
        values = draw(generator).random(self.array.shape) < getattr(p, "array", p)
        return self._become(self._constant(values), "bernoulli_")

    def random_(self, from_: int = 0, to: int | None = None, *, generator: Generator | None = None) -> Self:
        """Whole numbers from `from_` up to but not including `to`; `random_(to)` starts from 0."""
        if to is None and from_:
            from_, to = 0, from_
        kind = self.array.dtype
        most = 2 ** (np.finfo(kind).nmant + 1) if kind.kind == "f" else 2 if kind.kind == "b" else np.iinfo(kind).max
        values = draw(generator).integers(from_, most if to is None else to, self.array.shape)
        return self._become(self._constant(values), "random_")

    # --- of the methods that give a new tensor

    add_ = in_place("add")
    sub_ = in_place("sub")
    mul_ = in_place("mul")
    div_ = in_place("div")
    floor_divide_ = in_place("floor_divide")
    remainder_ = in_place("remainder")
    fmod_ = in_place("fmod")
    pow_ = in_place("pow")
    addcmul_ = in_place("addcmul")
    addcdiv_ = in_place("addcdiv")
    lerp_ = in_place("lerp")
    __iadd__ = add_
    __isub__ = sub_
    __imul__ = mul_
    __itruediv__ = div_
    __ifloordiv__ = floor_divide_
    __imod__ = remainder_
    __ipow__ = pow_

    neg_ = in_place("neg")
    abs_ = in_place("abs")
    sign_ = in_place("sign")
    square_ = in_place("square")
    reciprocal_ = in_place("reciprocal")
    sqrt_ = in_place("sqrt")
    rsqrt_ = in_place("rsqrt")
    exp_ = in_place("exp")
    exp2_ = in_place("exp2")
    expm1_ = in_place("expm1")
    log_ = in_place("log")
    log2_ = in_place("log2")
    log10_ = in_place("log10")
    log1p_ = in_place("log1p")
    sin_ = in_place("sin")
    cos_ = in_place("cos")
    tan_ = in_place("tan")
    asin_ = in_place("asin")
    acos_ = in_place("acos")
    atan_ = in_place("atan")
    sinh_ = in_place("sinh")
    cosh_ = in_place("cosh")
    tanh_ = in_place("tanh")
    sigmoid_ = in_place("sigmoid")
    relu_ = in_place("relu")
    digamma_ = in_place("digamma")
    lgamma_ = in_place("lgamma")
    erf_ = in_place("erf")
    atan2_ = in_place("atan2")
    asinh_ = in_place("asinh")
    acosh_ = in_place("acosh")
    atanh_ = in_place("atanh")
    hypot_ = in_place("hypot")
    erfc_ = in_place("erfc")
    logit_ = in_place("logit")
    xlogy_ = in_place("xlogy")
    floor_ = in_place("floor")
    ceil_ = in_place("ceil")
    round_ = in_place("round")
    trunc_ = in_place("trunc")
    frac_ = in_place("frac")
    clamp_ = in_place("clamp")
    clamp_min_ = in_place("clamp_min")
    clamp_max_ = in_place("clamp_max")
    deg2rad_ = in_place("deg2rad")
    rad2deg_ = in_place("rad2deg")
    nan_to_num_ = in_place("nan_to_num")

    eq_ = in_place("eq")
    ne_ = in_place("ne")
    lt_ = in_place("lt")
    le_ = in_place("le")
    gt_ = in_place("gt")
    ge_ = in_place("ge")
    logical_and_ = in_place("logical_and")
    logical_or_ = in_place("logical_or")
    logical_xor_ = in_place("logical_xor")
    logical_not_ = in_place("logical_not")
    bitwise_and_ = __iand__ = in_place("bitwise_and")
    bitwise_or_ = __ior__ = in_place("bitwise_or")
    bitwise_xor_ = __ixor__ = in_place("bitwise_xor")
    bitwise_not_ = in_place("bitwise_not")
    bitwise_left_shift_ = __ilshift__ = in_place("bitwise_left_shift")
    bitwise_right_shift_ = __irshift__ = in_place("bitwise_right_shift")

    cumsum_ = in_place("cumsum")
    cumprod_ = in_place("cumprod")
    masked_fill_ = in_place("masked_fill")
    masked_scatter_ = in_place("masked_scatter")
    scatter_ = in_place("scatter")
    scatter_add_ = in_place("scatter_add")
    index_add_ = in_place("index_add")
    index_copy_ = in_place("index_copy")
    index_fill_ = in_place("index_fill")
    index_put_ = in_place("index_put")
    put_ = in_place("put")
    addmm_ = in_place("addmm")
    addmv_ = in_place("addmv")
    addr_ = in_place("addr")
    addbmm_ = in_place("addbmm")
    baddbmm_ = in_place("baddbmm")
    tril_ = in_place("tril")
    triu_ = in_place("triu")

    squeeze_ = reshaped_in_place("squeeze")
    unsqueeze_ = reshaped_in_place("unsqueeze")
    transpose_ = reshaped_in_place("transpose")
    t_ = reshaped_in_place("t")
