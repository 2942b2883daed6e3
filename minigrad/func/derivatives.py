"""Gradients, Jacobians, and products with them, as functions made of functions.

There is one engine beneath, which goes backward: what PyTorch finds going forward is found here by going backward
twice. A result can be differentiated where something outside, that wants a gradient, had a part in it.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigrad import autograd
from minigrad.autograd.backward import history
from minigrad.autograd.modes import enable_grad, modes
from minigrad.func.trees import leaves, map_tensors, rebuilt
from minigrad.ops.joining import stack
from minigrad.tensor import Tensor, wrap

Argnums = int | tuple[int, ...]


def grad(func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The gradient of a function that gives one number.

    Arguments:
        func: the function.
        argnums: which argument the gradient is with respect to; with several, as a tuple, there is a tuple of results.
        has_aux: whether the function returns `(number, something else)`; so does the gradient then.

    Returns:
        A function of the same arguments. Its result is built as the argument is, of tensors, lists, tuples and dicts.

    >>> import minigrad
    >>> from minigrad.func import grad
    >>> cube = lambda x: x**3
    >>> grad(cube)(minigrad.tensor(2.0)), grad(grad(cube))(minigrad.tensor(2.0))
    (tensor(12.), tensor(12.))
    """
    with_value = grad_and_value(func, argnums, has_aux)

    def gradient(*args: Any, **kwargs: Any) -> Any:
        found, value = with_value(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return gradient


def grad_and_value(func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """As `grad`, but the result is the pair of the gradient and what the function gave."""

    def both(*args: Any, **kwargs: Any) -> Any:
        with enable_grad():
            given, wanted = _with_fresh(args, argnums)
            output = func(*given, **kwargs)
            number = output[0] if has_aux else output
            if not isinstance(number, Tensor) or number.numel() != 1:
                raise RuntimeError(f"grad: func must return one number, not {_described(number)}")
            found = _gradients([number], wanted, None)
        settle = _settling(wanted)
        return rebuilt(_chosen(args, argnums), map(settle, found)), map_tensors(settle, output)

    return both


def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """What a function gives, and the function that takes a vector v to vᵀJ, J being the Jacobian.

    Arguments:
        func: the function.
        primals: what it is called with.
        has_aux: whether the function returns `(output, something else)`.

    Returns:
        The output; a function of what is built as the output is, that gives a tuple with a gradient for each primal;
        and with `has_aux` the something else.

    >>> import minigrad
    >>> from minigrad.func import vjp
    >>> y, back = vjp(lambda x: x * x, minigrad.tensor([1.0, 2.0]))
    >>> y, back(minigrad.tensor([1.0, 10.0]))
    (tensor([1., 4.]), (tensor([ 2., 40.]),))
    """
    with enable_grad():
        given = map_tensors(_fresh, primals)
        wanted = list(leaves(given))
        output, aux = func(*given) if has_aux else (func(*given), None)
    settle = _settling(wanted)

    def back(*cotangents: Any) -> Any:
        with enable_grad():
            found = _gradients(list(leaves(output)), wanted, list(leaves(cotangents)))
        return rebuilt(primals, map(settle, found))

    seen = map_tensors(settle, output)
    return (seen, back, map_tensors(settle, aux)) if has_aux else (seen, back)


def jvp(func: Callable[..., Any], primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Any, Any]:
    """What a function gives, and how that moves when its arguments move along the tangents: J v.

    The product vᵀJ is linear in v: differentiating it with respect to v gives the other product.

    Arguments:
        func: the function.
        primals: a tuple of what it is called with.
        tangents: as the primals are built.

    >>> import minigrad
    >>> from minigrad.func import jvp
    >>> jvp(lambda x: x * x, (minigrad.tensor([1.0, 2.0]),), (minigrad.tensor([1.0, 10.0]),))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    with enable_grad():
        given = map_tensors(_fresh, primals)
        wanted = list(leaves(given))
        output = func(*given)
        outputs = list(leaves(output))
        rows = [_leaf(np.zeros_like(y.array)) for y in outputs]
        backward = _gradients(outputs, wanted, rows)
        found = _gradients(backward, rows, list(leaves(tangents)))
    settle = _settling([*wanted, *rows])
    return map_tensors(settle, output), rebuilt(output, map(settle, found))


def jacrev(func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """All derivatives of what a function gives, by a backward pass for each number of it.

    Arguments:
        func: the function.
        argnums: which argument the derivatives are with respect to, or which ones, as a tuple.
        has_aux: whether the function returns `(output, something else)`; so does the result then.

    Returns:
        A function of the same arguments. For an output of shape s and an argument of shape t it gives a tensor of
        shape `(*s, *t)`, built as the output is, and within that as the argument is.

    >>> import minigrad
    >>> from minigrad.func import jacrev
    >>> jacrev(lambda x: x * x)(minigrad.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """

    def jacobian(*args: Any, **kwargs: Any) -> Any:
        with enable_grad():
            given, wanted = _with_fresh(args, argnums)
            output, aux = func(*given, **kwargs) if has_aux else (func(*given, **kwargs), None)
            blocks = [_block(y, wanted) for y in leaves(output)]
        settle = _settling(wanted)
        chosen = _chosen(args, argnums)
        result = rebuilt(output, [rebuilt(chosen, map(settle, block)) for block in blocks])
        return (result, map_tensors(settle, aux)) if has_aux else result

    return jacobian


def jacfwd(func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """As `jacrev`: PyTorch finds the same derivatives going forward."""
    return jacrev(func, argnums, has_aux)


def hessian(func: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """All second derivatives: the Jacobian of the Jacobian.

    >>> import minigrad
    >>> from minigrad.func import hessian
    >>> hessian(lambda x: (x**3).sum())(minigrad.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacfwd(jacrev(func, argnums), argnums)


# --- helpers


def _leaf(array: np.ndarray) -> Tensor:
    return wrap(array).requires_grad_()


def _fresh(x: Tensor) -> Tensor:
    """What stands for an argument inside: apart from its history, or a new part of it."""
    if x.array.dtype.kind != "f":
        return x
    return x.reshape(x.shape) if x.requires_grad else _leaf(x.array)


def _chosen(args: Sequence[Any], argnums: Argnums) -> Any:
    return tuple(args[i] for i in argnums) if isinstance(argnums, tuple) else args[argnums]


def _with_fresh(args: tuple[Any, ...], argnums: Argnums) -> tuple[list[Any], list[Tensor]]:
    """The arguments, with new tensors in those that derivatives are sought for, and a list of these."""
    given = list(args)
    for i in argnums if isinstance(argnums, tuple) else (argnums,):
        given[i] = map_tensors(_fresh, args[i])
    return given, list(leaves(_chosen(given, argnums)))


def _gradients(outputs: list[Tensor], wanted: list[Tensor], v: list[Tensor] | None) -> list[Tensor]:
    """Gradients that can be differentiated, with zeros where nothing flows."""
    flowing = [i for i, y in enumerate(outputs) if y.requires_grad]
    found: Any = [None] * len(wanted)
    if flowing:
        weights = None if v is None else [v[i] for i in flowing]
        found = autograd.grad([outputs[i] for i in flowing], wanted, weights, create_graph=True, allow_unused=True)
    return [wrap(np.zeros_like(x.array)) if g is None else g for x, g in zip(wanted, found, strict=True)]


def _block(y: Tensor, wanted: list[Tensor]) -> list[Tensor]:
    """The derivatives of one output: a backward pass for each of its numbers, stacked."""
    rows = []
    for i in range(y.numel()):
        one = np.zeros_like(y.array)
        one.reshape(-1)[i] = 1
        rows.append(_gradients([y], wanted, [wrap(one)]))
    return [
        stack([row[k] for row in rows]).reshape(*y.shape, *x.shape)
        if rows
        else wrap(np.zeros((*y.shape, *x.shape), x.dtype))
        for k, x in enumerate(wanted)
    ]


def _settling(made: list[Tensor]) -> Callable[[Tensor], Tensor]:
    """What frees a result of its history, unless something beside the leaves made here had a part in it."""
    ours = {id(x) for x in made if x.node is None}

    def settle(x: Tensor) -> Tensor:
        if x.node is None:
            return x.detach() if id(x) in ours else x
        ends = (parent for node in history([x.node]) for parent in node.parents if isinstance(parent, Tensor))
        return x if modes.grad_enabled and any(id(end) not in ours for end in ends) else x.detach()

    return settle


def _described(x: Any) -> str:
    return f"a tensor of shape {x.shape}" if isinstance(x, Tensor) else repr(x)
