"""The C allocator is told to keep memory that was freed, and to take it in large pages.

NumPy takes a fresh array for each result, and a training step asks for the same sizes again and again. By glibc's
defaults a large array is a mapping of its own, and what is freed at the end of the heap goes back to the system: at the
next step the system hands out, and fills with zeros, the same pages anew. Those page faults were a third of the time of
a small model's step. And a step walks through more pages of 4 KB than the processor remembers the places of; of pages
of 2 MB it needs a few.
"""

import ctypes
from typing import Any

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3  # of glibc's <malloc.h>
_KEEPING = {_M_MMAP_THRESHOLD: 32 << 20, _M_TRIM_THRESHOLD: 1 << 30}  # bytes; 32 MB is the most that glibc allows
_STARTING = {_M_MMAP_THRESHOLD: 128 << 10, _M_TRIM_THRESHOLD: 128 << 10}  # what glibc starts a process with

_MADV_HUGEPAGE, _MADV_NOHUGEPAGE = 14, 15  # of Linux's <sys/mman.h>
_PAGE = 2 << 20  # bytes of a large page on x86-64 and on most of ARM
_PAGED = 256 << 20  # how much of the heap is to lie in large pages


class _Heap:
    """The part of the heap that may lie in large pages: addresses where it starts and ends, once it was made."""

    start = end = 0


def caching_allocator_enable(value: bool = True) -> bool:
    """Keep freed memory for the next arrays, up to 1 GB; `import minigrad` asks for it once.

    PyTorch has the name in `torch.cuda`. It changes no result, and memory in use at most by little: what is kept was
    needed before.

    Arguments:
        value: False sets the thresholds that glibc starts a process with. It no longer adapts them by itself then, as
            it does before the first call; programs that want that back restart.

    Returns:
        Whether the allocator took it: glibc's does, others have no such thresholds and are left alone.

    >>> import minigrad
    >>> minigrad.allocator.caching_allocator_enable(False) == minigrad.allocator.caching_allocator_enable()
    True
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # macOS and musl have no mallopt, Windows has no CDLL(None)
        return False
    taken = [mallopt(name, size) == 1 for name, size in (_KEEPING if value else _STARTING).items()]
    return all(taken)


def large_pages_enable(value: bool = True) -> bool:
    """Let the first 256 MB of the heap lie in pages of 2 MB; `import minigrad` asks for it once.

    It changes no result. Memory in use may be a few MB more, since whole pages are handed out. Where the system gives
    no large pages (`/sys/kernel/mm/transparent_hugepage/enabled` says "never"), nothing changes.

    Arguments:
        value: False asks for pages of 4 KB from here on.

    Returns:
        Whether the system took it: Linux does, with glibc.

    >>> import minigrad
    >>> minigrad.allocator.large_pages_enable(False) == minigrad.allocator.large_pages_enable()
    True
    """
    try:
        libc = ctypes.CDLL(None)
        libc.mallopt, libc.sbrk, libc.madvise  # noqa: B018  asks whether they are there
    except (AttributeError, OSError, TypeError):
        return False
    if not _Heap.end:
        _Heap.start, _Heap.end = _grown(libc)
    length = _Heap.end - _Heap.start
    advice = _MADV_HUGEPAGE if value else _MADV_NOHUGEPAGE
    return length > 0 and libc.madvise(ctypes.c_void_p(_Heap.start), ctypes.c_size_t(length), advice) == 0


def _grown(libc: Any) -> tuple[int, int]:
    """Let the heap grow, which takes addresses and no memory; returns where the new part starts and ends."""
    libc.sbrk.restype = libc.malloc.restype = ctypes.c_void_p
    before = libc.sbrk(0)
    libc.mallopt(_M_TOP_PAD, _PAGED)
    libc.free(ctypes.c_void_p(libc.malloc(ctypes.c_size_t(_KEEPING[_M_MMAP_THRESHOLD] // 2))))
    libc.mallopt(_M_TOP_PAD, 128 << 10)  # glibc's default
    return -(-before // _PAGE) * _PAGE, libc.sbrk(0) // _PAGE * _PAGE
