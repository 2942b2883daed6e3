"""Layers that read the width of their input off the first one they are given: `LazyLinear` and its like.

Until then their parameters have no shape; an optimiser may be given them, and finds the same objects afterwards.
"""

from typing import Any

import numpy as np

from minigrad.nn.convolution import Conv1d
from minigrad.nn.layers import Linear
from minigrad.nn.module import Module, Parameter
from minigrad.nn.normalisation import BatchNorm1d
from minigrad.tensor import Tensor
from minigrad.utils.markup import escape


class UninitializedParameter(Parameter):
    """A parameter whose shape is not known yet."""

    __slots__ = ()

    @property
    def shape(self) -> Any:
        """Not known yet: raises RuntimeError."""
        raise RuntimeError("a parameter of a lazy layer has no shape yet; run the layer once, or the model it is in")

    def numel(self) -> int:
        """Not known yet: raises RuntimeError."""
        return self.shape.numel()

    def materialize(self, values: Tensor) -> None:
        """Become a parameter of these values."""
        self.array = values.array
        self.__class__ = Parameter  # type: ignore[assignment]  # which lays out memory in the same way

    def __repr__(self) -> str:
        return "<UninitializedParameter>"

    def _repr_html_(self) -> str:
        return escape(repr(self))


class _Lazy(Module):
    """What lazy layers share: until the first input they keep the arguments that the layer will be made with.

    Attributes:
        whole: the class that the layer then becomes.
        width: the attribute that says how wide the input is.
        dim: the dimension of the input which that is.
    """

    whole: Any
    width: str
    dim: int

    def __init__(self, *args: Any, **kwargs: Any):
        self.whole.__init__(self, kwargs.get("groups", 1), *args, **kwargs)  # as narrow as can be, for now
        self._arguments = args, kwargs
        setattr(self, self.width, 0)
        for parameter in self.parameters():
            parameter.array = np.empty(0, parameter.array.dtype)
            parameter.__class__ = UninitializedParameter

    def __call__(self, input: Any, *args: Any, **kwargs: Any) -> Any:
        """Take the width of the input, become a layer of that width, and run it."""
        given, named = vars(self).pop("_arguments")
        made: Any = self.whole(input.shape[self.dim], *given, **named)
        setattr(self, self.width, getattr(made, self.width))
        for name, buffer in made.named_buffers(recurse=False):
            setattr(self, name, buffer.to(getattr(self, name).dtype))
        for name, parameter in list(self.named_parameters(recurse=False)):
            if isinstance(parameter, UninitializedParameter):
                parameter.materialize(getattr(made, name).detach().to(parameter.dtype))
        self.__class__ = self.whole
        return self(input, *args, **kwargs)


class LazyLinear(_Lazy, Linear):
    """`Linear` for an input of any width; arguments as there, without the first.

    >>> import minigrad
    >>> layer = minigrad.nn.LazyLinear(2)
    >>> layer(minigrad.ones(5, 3)).shape
    (5, 2)
    >>> layer
    Linear(in_features=3, out_features=2, bias=True)
    """

    whole, width, dim = Linear, "in_features", -1


class LazyConv1d(_Lazy, Conv1d):
    """`Conv1d` for an input of any number of channels; arguments as there, without the first."""

    whole, width, dim = Conv1d, "in_channels", -2


class LazyBatchNorm1d(_Lazy, BatchNorm1d):
    """`BatchNorm1d` for an input of any number of features; arguments as there, without the first."""

    whole, width, dim = BatchNorm1d, "num_features", 1
