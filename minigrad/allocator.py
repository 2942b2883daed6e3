"""The C allocator is told to keep memory that was freed, since a training step asks for the same sizes again.

NumPy takes a fresh array for each result. By glibc's defaults a large one is a mapping of its own, and what is freed
at the end of the heap goes back to the system: at the next step the system hands out, and fills with zeros, the same
pages anew. Those page faults were a third of the time of a small model's step.
"""

import ctypes

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of glibc's <malloc.h>
_KEEPING = {_M_MMAP_THRESHOLD: 32 << 20, _M_TRIM_THRESHOLD: 1 << 30}  # bytes; 32 MB is the most that glibc allows
_STARTING = {_M_MMAP_THRESHOLD: 128 << 10, _M_TRIM_THRESHOLD: 128 << 10}  # what glibc starts a process with


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
