"""Batches for functions that were written for single elements."""

from collections.abc import Callable, Iterable
from typing import Any

from minigrad.func.trees import leaves, rebuilt
from minigrad.ops.joining import select, stack
from minigrad.ops.shaping import movedim
from minigrad.tensor import Tensor


def vmap(
    func: Callable[..., Any],
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """Call a function, written for single elements, for each element of a batch, and stack what it gives.

    Arguments:
        func: the function.
        in_dims: the dimension of the batch in every argument, None for what is the same for all; or a tuple of these,
            one for each argument, built as the argument is where that matters.
        out_dims: where the dimension of the batch is put, in every output, or in each.
        randomness, chunk_size: for PyTorch's sake; each call draws numbers of its own.

    Returns:
        A function of the same arguments, batches now. Arguments by name are the same for all.

    >>> import minigrad
    >>> from minigrad.func import grad, vmap
    >>> vmap(grad(lambda x, a: a * x**2), in_dims=(0, None))(minigrad.tensor([1.0, 2.0, 3.0]), 10.0)
    tensor([20., 40., 60.])
    """

    def batched(*args: Any, **kwargs: Any) -> Any:
        dims = in_dims if isinstance(in_dims, tuple) else (in_dims,) * len(args)
        if len(dims) != len(args):
            raise ValueError(f"vmap: in_dims = {in_dims} is for {len(dims)} arguments; {len(args)} are given")
        sizes = {x.shape[d] for x, d in batches(args, dims)}
        if len(sizes) != 1:
            raise ValueError(
                f"vmap: batches of {sorted(sizes)} elements; all must have the same, and there must be one"
            )
        results = []
        for i in range(sizes.pop()):
            results.append(func(*each(args, dims, i), **kwargs))
        return stacked(results, out_dims)

    return batched


def below(tree: Any, dims: Any) -> Iterable[tuple[Any, Any, Any]]:
    """The parts of a list, tuple or dict: each key, with what is there and the dimensions for it."""
    for key in tree if isinstance(tree, dict) else range(len(tree)):
        yield key, tree[key], dims[key] if isinstance(dims, list | tuple | dict) else dims


def batches(tree: Any, dims: Any) -> Iterable[tuple[Tensor, int]]:
    """The tensors in it that are batches, each with the dimension of the batch."""
    if isinstance(tree, Tensor):
        if dims is not None:
            yield tree, dims
    elif isinstance(tree, list | tuple | dict):
        for _, part, d in below(tree, dims):
            yield from batches(part, d)


def each(tree: Any, dims: Any, i: int) -> Any:
    """It, with element `i` of each batch in the place of the batch."""
    if isinstance(tree, Tensor):
        return tree if dims is None else select(tree, dims, i)
    if isinstance(tree, list | tuple | dict):
        parts = {key: each(part, d, i) for key, part, d in below(tree, dims)}
        return parts if isinstance(tree, dict) else type(tree)(parts.values())
    return tree


def stacked(results: list[Any], out_dims: Any) -> Any:
    """Results of one build as one, each of whose tensors has a dimension for the batch."""
    columns = list(zip(*(leaves(result) for result in results), strict=True))
    dims = out_dims if isinstance(out_dims, tuple) else (out_dims,) * len(columns)
    return rebuilt(results[0], [movedim(stack(column), 0, d) for column, d in zip(columns, dims, strict=True)])
