"""What tests of memory share."""

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture
def no_collector() -> Iterator[None]:
    """What is freed meanwhile is freed by counting references alone."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()
