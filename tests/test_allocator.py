"""The C allocator keeps freed memory, in large pages: seen in what the system counts, and in nothing else."""

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


PAGES = """
import minigrad

asked = minigrad.allocator.large_pages_enable({large})
arrays = [minigrad.ones(1 << 18).numpy() for _ in range(8)]  # 1 MB each: for those of 4 MB NumPy asks by itself
address = arrays[-1].ctypes.data
found = ""
for line in open("/proc/self/smaps"):
    first, *rest = line.split()
    if "-" in first:
        low, high = (int(end, 16) for end in first.split("-"))
    elif first == "VmFlags:" and low <= address < high:
        found = "large" if "hg" in rest else "small" if "nh" in rest else "as always"
print(asked, found)
"""


@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc" or not Path("/sys/kernel/mm/transparent_hugepage").exists(),
    reason="only Linux hands out large pages on request, and here only through glibc",
)
@pytest.mark.parametrize(("large", "found"), [(True, "large"), (False, "small")])
def test_arrays_lie_in_large_pages(large, found):
    program = [sys.executable, "-c", PAGES.format(large=large)]
    said = subprocess.run(program, capture_output=True, text=True, check=True, cwd=ROOT).stdout.split()
    assert said == ["True", found]


def test_where_there_are_no_thresholds_nothing_happens(monkeypatch):
    for error in (AttributeError, OSError, TypeError):

        def absent(name, error=error):
            raise error(name)

        monkeypatch.setattr(minigrad.allocator.ctypes, "CDLL", absent)
        assert not minigrad.allocator.caching_allocator_enable()
        assert not minigrad.allocator.large_pages_enable()
