"""Training on several machines as public code asks for it: there is one process, and code that asks is told so."""

from minigrad.hints import missing


def is_available() -> bool:
    """Whether processes can be joined into a group: no.

    >>> is_available()
    False
    """
    return False


def is_initialized() -> bool:
    """Whether this process is one of a group: never."""
    return False


def is_torchelastic_launched() -> bool:
    """Whether a launcher of groups started this process: no."""
    return False


def __getattr__(name: str) -> object:
    """Say which name was meant, or that it is out of scope."""
    raise missing("minigrad.distributed", name, globals())
