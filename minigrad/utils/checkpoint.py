"""Compute again instead of keeping: less memory for a longer backward pass (Chen et al., 2016).

What a checkpointed part computed on its way is let go after the forward pass; when its gradient is wanted, the part
is run once more, from its inputs.
"""

from collections.abc import Callable
from typing import Any

from minigrad.autograd import Function, enable_grad, grad, is_grad_enabled
from minigrad.autograd.backward import history
from minigrad.autograd.storage import clock
from minigrad.generator import default_generator
from minigrad.tensor import Tensor


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool = False,
    preserve_rng_state: bool = True,
    **kwargs: Any,
) -> Any:
    """Run `function(*args, **kwargs)` without keeping what its backward pass needs.

    Arguments:
        function: computes with tensors, a module for instance; it will be called again, and must then do the same.
        args, kwargs: what it is called with. Tensors in `args` get gradients, and so do the parameters it uses.
        use_reentrant: for PyTorch's sake; both ways are the same here.
        preserve_rng_state: draw the same random numbers, as for dropout, the second time.

    Returns:
        What the function returns: a tensor, or a tuple of tensors.

    Raises:
        RuntimeError: when the function uses a result computed outside that is not among `args`.

    >>> import minigrad
    >>> from minigrad.utils.checkpoint import checkpoint
    >>> x = minigrad.tensor([1.0, 2.0], requires_grad=True)
    >>> checkpoint(lambda x: x.exp().exp(), x).sum().backward()
    >>> plain = minigrad.tensor([1.0, 2.0], requires_grad=True)
    >>> plain.exp().exp().sum().backward()
    >>> minigrad.equal(x.grad, plain.grad)
    True
    """
    if not is_grad_enabled():
        return function(*args, **kwargs)
    before = default_generator.get_state() if preserve_rng_state else None
    inside = [_apart(x) for x in args]
    start = next(clock)
    outputs = function(*inside, **kwargs)
    leaves = _leaves(outputs, inside, start)

    def again(*given: Any) -> Any:
        now = default_generator.get_state()
        if before is not None:
            default_generator.set_state(before)
        try:
            return function(*given, **kwargs)
        finally:
            if before is not None:
                default_generator.set_state(now)

    found = outputs.detach() if isinstance(outputs, Tensor) else tuple(x.detach() for x in outputs)
    del outputs  # and with it the graph
    return _Recompute.apply(again, found, len(args), *args, *leaves)


def get_device_states(*args: Any) -> tuple[list[int], list[Any]]:
    """The GPUs that tensors are on, and the states of their random numbers, as reversible networks keep them: none."""
    return [], []


def set_device_states(devices: Any, states: Any, *, device_type: str | None = None) -> None:
    """Go back to what `get_device_states` gave: nothing to do."""


class _Recompute(Function):
    """The part as one op; its inputs are the arguments, then the parameters it uses."""

    @staticmethod
    def forward(ctx: Any, again: Callable[..., Any], outputs: Any, count: int, *inputs: Any) -> Any:
        ctx.again, ctx.count = again, count
        ctx.inputs = [... if isinstance(x, Tensor) else x for x in inputs]  # dots where a saved tensor belongs
        ctx.save_for_backward(*[x for x in inputs if isinstance(x, Tensor)])
        return outputs

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        tensors = iter(ctx.saved_tensors)
        inputs = [next(tensors) if x is ... else x for x in ctx.inputs]
        recorded = is_grad_enabled()
        given = [x.reshape(x.shape) if recorded and isinstance(x, Tensor) else _apart(x) for x in inputs[: ctx.count]]
        with enable_grad():
            outputs = ctx.again(*given)
        outputs = [outputs] if isinstance(outputs, Tensor) else list(outputs)
        wanted = [x for x in (*given, *inputs[ctx.count :]) if isinstance(x, Tensor) and x.requires_grad]
        flowing = [(y, g) for y, g in zip(outputs, gradients, strict=True) if y.requires_grad]
        ys, gs = [y for y, _ in flowing], [g for _, g in flowing]
        found = iter(grad(ys, wanted, gs, create_graph=recorded, allow_unused=True))
        after = [
            next(found) if isinstance(x, Tensor) and x.requires_grad else None for x in (*given, *inputs[ctx.count :])
        ]
        return (None, None, None, *after)


def _apart(x: Any) -> Any:
    """A tensor without its history; what is computed from it is recorded if that was so before."""
    return x.detach().requires_grad_(x.requires_grad) if isinstance(x, Tensor) else x


def _leaves(outputs: Any, inside: list[Any], start: int) -> list[Tensor]:
    """The leaves that outputs were computed from, besides the arguments: parameters.

    Raises:
        RuntimeError: for a result that is older than the part, so was computed outside.
    """
    results = [outputs] if isinstance(outputs, Tensor) else list(outputs)
    nodes = history([y.node for y in results if y.node is not None])
    arguments = {id(x) for x in inside}
    found: dict[int, Tensor] = {}
    for node in nodes:
        if node.tick < start:
            raise RuntimeError(
                f"checkpoint: the function uses a result of {node.op.name} of shape {node.shape} that was computed "
                "outside; pass it as an argument, so that its gradient can be found"
            )
        for parent in node.parents:
            if isinstance(parent, Tensor) and id(parent) not in arguments:
                found[id(parent)] = parent
    return list(found.values())
