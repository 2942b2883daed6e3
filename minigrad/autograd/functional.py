"""Products with Jacobians and Hessians, and these matrices themselves, of functions of tensors.

A backward pass gives a row of the Jacobian, vᵀJ; what goes forward, Jv, comes of differentiating that once more, since
vᵀJ is linear in v.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.autograd.backward import grad
from minigrad.autograd.modes import enable_grad
from minigrad.autograd.node import TensorBase


def vjp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """vᵀJ, the product of a vector with the Jacobian of `func` at `inputs`.

    Arguments:
        func: takes the inputs, returns a tensor or a tuple of tensors.
        inputs: a tensor or a tuple of tensors.
        v: of the shape of the outputs; not needed for a scalar.
        create_graph: let the result be differentiated.

    Returns:
        The outputs, and the product, of the shape of the inputs.

    >>> import minigrad
    >>> x = minigrad.tensor([1.0, 2.0])
    >>> minigrad.autograd.functional.vjp(lambda x: x * x, x, minigrad.tensor([1.0, 10.0]))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    with enable_grad():
        given = _fresh(inputs, create_graph)
        outputs = func(*given)
        gradients = _gradients(_tuple(outputs), given, None if v is None else _tuple(v), create_graph)
    return _like(outputs, _done(_tuple(outputs), create_graph)), _like(inputs, _done(gradients, create_graph))


def jvp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """Jv, the product of the Jacobian of `func` at `inputs` with a vector: how the outputs move along it.

    Arguments:
        func: takes the inputs, returns a tensor or a tuple of tensors.
        inputs: a tensor or a tuple of tensors.
        v: of the shape of the inputs; not needed for a single number.
        create_graph: let the result be differentiated.

    Returns:
        The outputs, and the product, of the shape of the outputs.

    >>> import minigrad
    >>> x = minigrad.tensor([1.0, 2.0])
    >>> minigrad.autograd.functional.jvp(lambda x: x.sum(), x, minigrad.tensor([1.0, 10.0]))
    (tensor(3.), tensor(11.))
    """
    with enable_grad():
        given = _fresh(inputs, create_graph)
        outputs = func(*given)
        row = [_wanting(y, np.zeros_like(y.array)) for y in _tuple(outputs)]
        gradients = _gradients(_tuple(outputs), given, row, True)
        products = _gradients(gradients, row, _direction(given, v), create_graph)
    return _like(outputs, _done(_tuple(outputs), create_graph)), _like(outputs, _done(products, create_graph))


def jacobian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    *,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """All derivatives of every output with respect to every input.

    Arguments:
        func: takes the inputs, returns a tensor or a tuple of tensors.
        inputs: a tensor or a tuple of tensors.
        create_graph: let the result be differentiated.
        vectorize, strategy: for PyTorch's sake: how it computes, which is row by row here.

    Returns:
        For an output of shape `s` and an input of shape `t` a tensor of shape `(*s, *t)`; of several outputs or
        inputs nested tuples, outputs first.

    >>> import minigrad
    >>> minigrad.autograd.functional.jacobian(lambda x: x * x, minigrad.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    with enable_grad():
        given = _fresh(inputs, create_graph)
        outputs = func(*given)
        blocks = [_like(inputs, _done(_rows(y, given, create_graph), create_graph)) for y in _tuple(outputs)]
    return _like(outputs, blocks)


def _rows(y: Any, given: tuple[Any, ...], create_graph: bool) -> list[Any]:
    """The Jacobian of one output, put together of a backward pass for each of its elements."""
    rows = []
    for i in range(y.array.size):
        one = np.zeros_like(y.array)
        one.reshape(-1)[i] = 1
        rows.append(_gradients((y,), given, (y._result(one, None),), create_graph, retain_graph=True))
    blocks = []
    for k, x in enumerate(given):
        shape = (*y.array.shape, *x.array.shape)
        if not create_graph:
            stacked = np.array([row[k].array for row in rows], x.array.dtype).reshape(shape)
            blocks.append(x._result(stacked, None))
        else:
            total = x._result(np.zeros((max(len(rows), 1), x.array.size), x.array.dtype), None)
            for i, row in enumerate(rows):
                place = np.zeros((len(rows), 1), x.array.dtype)
                place[i] = 1
                total = total + row[k].reshape(1, -1) * place
            blocks.append(total[: len(rows)].reshape(shape))
    return blocks


def hessian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    *,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """All second derivatives of a function that gives one number: the Jacobian of its gradient.

    Arguments:
        func: takes the inputs, returns a tensor with one element.
        inputs: a tensor or a tuple of tensors.
        create_graph: let the result be differentiated.
        vectorize, outer_jacobian_strategy: for PyTorch's sake: how it computes, which is row by row here.

    Returns:
        For inputs of shapes `s` and `t` a tensor of shape `(*s, *t)`; of several inputs nested tuples.

    >>> import minigrad
    >>> minigrad.autograd.functional.hessian(lambda x: (x**3).sum(), minigrad.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """

    def gradient(*given: Any) -> Any:
        return _like(inputs, _gradients(_tuple(_scalar(func(*given), "hessian")), given, None, True))

    return jacobian(gradient, inputs, create_graph)


def hvp(func: Callable[..., Any], inputs: Any, v: Any = None, create_graph: bool = False) -> tuple[Any, Any]:
    """Hv, the product of the Hessian with a vector, without building the Hessian.

    Arguments:
        func: takes the inputs, returns a tensor with one element.
        inputs: a tensor or a tuple of tensors.
        v: of the shape of the inputs.
        create_graph: let the result be differentiated.

    Returns:
        The output, and the product, of the shape of the inputs.

    >>> import minigrad
    >>> x, v = minigrad.tensor([1.0, 2.0]), minigrad.tensor([1.0, 1.0])
    >>> minigrad.autograd.functional.hvp(lambda x: (x**3).sum(), x, v)
    (tensor(9.), tensor([ 6., 12.]))
    """
    with enable_grad():
        given = _fresh(inputs, create_graph)
        output = _scalar(func(*given), "hvp")
        gradients = _gradients((output,), given, None, True)
        products = _gradients(gradients, given, _direction(given, v), create_graph)
    return _done([output], create_graph)[0], _like(inputs, _done(products, create_graph))


vhp = hvp  # the Hessian is symmetric


# --- helpers


def _tuple(x: Any) -> tuple[Any, ...]:
    return (x,) if isinstance(x, TensorBase) else tuple(x)


def _like(pattern: Any, values: Any) -> Any:
    """One value where the user gave or got one, else a tuple."""
    return values[0] if isinstance(pattern, TensorBase) else tuple(values)


def _fresh(inputs: Any, create_graph: bool) -> tuple[Any, ...]:
    """The inputs as the function shall see them: wanting gradients, and apart from the user's history or part of it."""
    return tuple(
        x.reshape(x.array.shape) if create_graph and x.source() is not None else _wanting(x, x.array)
        for x in _tuple(inputs)
    )


def _wanting(x: Any, array: np.ndarray) -> Any:
    return x._result(array, None).requires_grad_()


def _direction(given: tuple[Any, ...], v: Any) -> tuple[Any, ...]:
    if v is not None:
        return _tuple(v)
    if len(given) != 1 or given[0].array.size != 1:
        raise RuntimeError("functional: v is needed unless the input is a single number; it has the inputs' shape")
    return (given[0]._result(np.ones_like(given[0].array), None),)


def _scalar(output: Any, function: str) -> Any:
    if not isinstance(output, TensorBase) or output.array.size != 1:
        shape = output.array.shape if isinstance(output, TensorBase) else "several tensors"
        raise RuntimeError(f"{function}: func must return one number, not {shape}")
    return output


def _gradients(outputs: Any, inputs: Any, v: Any, create_graph: bool, retain_graph: bool | None = None) -> list[Any]:
    """Gradients, with zeros where nothing flows."""
    flowing = [i for i, y in enumerate(outputs) if y.source() is not None]
    found: Any = [None] * len(inputs)
    if flowing:
        weights = None if v is None else [v[i] for i in flowing]
        found = grad(
            [outputs[i] for i in flowing], list(inputs), weights, retain_graph, create_graph, allow_unused=True
        )
    return [x._result(np.zeros_like(x.array), None) if g is None else g for x, g in zip(inputs, found, strict=True)]


def _done(tensors: Any, create_graph: bool) -> list[Any]:
    return list(tensors) if create_graph else [x.detach() for x in tensors]
