"""The C allocator keeps freed memory: seen in page faults, and in nothing else."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

import minigrad

ROOT = Path(minigrad.__file__).parent.parent
PROGRAM = """
import resource
import minigrad

if not {keep}:
    assert minigrad.allocator.caching_allocator_enable(False)
x = minigrad.linspace(-1, 1, 1 << 18).reshape(512, 512).requires_grad_()  # 1 MB
def step():
    y = x
    for _ in range(4):
        y = minigrad.tanh(y * 1.5 + 0.1)
    (y * y).mean().backward()
step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before, x.grad.numpy().tobytes().hex())
"""


def run(keep: bool) -> tuple[int, str]:
    """How many page faults five steps take, and the bytes of the gradient."""
    program = [sys.executable, "-c", PROGRAM.format(keep=keep)]
    faults, gradient = subprocess.run(program, capture_output=True, text=True, check=True, cwd=ROOT).stdout.split()
    return int(faults), gradient


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other allocators are left alone")
def test_later_steps_get_the_memory_of_earlier_ones():
    (kept, gradient), (returned, same) = run(keep=True), run(keep=False)
    assert gradient == same
    assert kept < 500  # an array of 1 MB has 256 pages, and a step makes a dozen arrays or more
    assert returned > 5000


def test_where_there_are_no_thresholds_nothing_happens(monkeypatch):
    for error in (AttributeError, OSError, TypeError):

        def absent(name, error=error):
            raise error(name)

        monkeypatch.setattr(minigrad.allocator.ctypes, "CDLL", absent)
        assert not minigrad.allocator.caching_allocator_enable()
