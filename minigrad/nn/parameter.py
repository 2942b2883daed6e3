"""`Parameter`: a tensor that a module learns."""

from minigrad.tensor import Tensor


class Parameter(Tensor):
    """A tensor that a module learns.

    Arguments:
        data: its first values; shared, not copied.
        requires_grad: False freezes it.

    >>> import minigrad
    >>> minigrad.nn.Parameter(minigrad.ones(2))
    Parameter containing:
    tensor([1., 1.], requires_grad=True)
    """

    __slots__ = ()

    def __init__(self, data: Tensor | None = None, requires_grad: bool = True):
        super().__init__()
        if data is not None:
            self.array = data.array
            self.storage = data.shared_storage()
        self.requires_grad = requires_grad

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()
