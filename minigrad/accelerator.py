"""There is no accelerator of any make, and code that asks is told so: PyTorch's `torch.accelerator`."""

from minigrad.cuda import device_count, is_available, synchronize


def current_accelerator(check_available: bool = False) -> None:
    """The accelerator to compute on: None.

    >>> import minigrad
    >>> device = minigrad.accelerator.current_accelerator() if minigrad.accelerator.is_available() else "cpu"
    >>> device
    'cpu'
    """
