"""What is built of tensors: lists, tuples and dicts of them, and of whatever else."""

from collections.abc import Callable, Iterable
from typing import Any

from minigrad.tensor import Tensor


def leaves(tree: Any) -> Iterable[Tensor]:
    """The tensors in it, in order."""
    if isinstance(tree, Tensor):
        yield tree
    elif isinstance(tree, list | tuple | dict):
        for part in tree.values() if isinstance(tree, dict) else tree:
            yield from leaves(part)


def map_tensors(change: Callable[[Tensor], Any], tree: Any) -> Any:
    """It, with each tensor changed."""
    if isinstance(tree, Tensor):
        return change(tree)
    if isinstance(tree, dict):
        return type(tree)((key, map_tensors(change, part)) for key, part in tree.items())
    if isinstance(tree, list | tuple):
        parts = [map_tensors(change, part) for part in tree]
        return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)
    return tree


def rebuilt(tree: Any, values: Iterable[Any]) -> Any:
    """It, with other values in the places of its tensors."""
    following = iter(values)
    return map_tensors(lambda x: next(following), tree)
