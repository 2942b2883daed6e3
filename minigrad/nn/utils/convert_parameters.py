"""All parameters as one vector, and back."""

from collections.abc import Iterable

import numpy as np

from minigrad.autograd.errors import ShapeError
from minigrad.autograd.modes import no_grad
from minigrad.ops.joining import cat
from minigrad.tensor import Tensor


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """The elements of all parameters, one after the other; gradients flow through.

    >>> import minigrad
    >>> parameters_to_vector([minigrad.ones(2, 1), minigrad.zeros(1)])
    tensor([1., 1., 0.])
    """
    return cat([parameter.reshape(-1) for parameter in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Give parameters the values that `parameters_to_vector` would put into `vec`; the values are copied.

    Raises:
        ShapeError: for a vector that is too short.

    >>> import minigrad
    >>> x = minigrad.zeros(2, requires_grad=True)
    >>> vector_to_parameters(minigrad.tensor([3.0, 4.0]), [x])
    >>> x
    tensor([3., 4.], requires_grad=True)
    """
    start = 0
    for parameter in parameters:
        values = vec.array[start : start + parameter.numel()]
        if values.size != parameter.numel():
            raise ShapeError(f"vector_to_parameters: vec of shape {vec.shape} is too short for the parameters")
        with no_grad():
            parameter._become(np.asarray(values.reshape(parameter.shape), parameter.dtype), "vector_to_parameters")
        start += parameter.numel()
