"""There is no GPU here, and code that asks is told so: `minigrad.cuda.is_available()`."""


def is_available() -> bool:
    """Whether there is a GPU to compute on: never.

    >>> is_available()
    False
    """
    return False


def device_count() -> int:
    """How many GPUs there are: none."""
    return 0


def manual_seed_all(seed: int) -> None:
    """Seed every GPU, of which there are none."""
