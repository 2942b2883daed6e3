"""Large matrix products on several threads, in a way that suits a machine that has other work too.

NumPy's BLAS can use all cores itself, but its threads wait for each other in a loop that keeps the core busy: beside a
program that needs one of the cores, each product takes until the system takes that core away from it, a hundred times
as long as it should. Here BLAS computes on one thread, and a large product is cut into pieces, which threads that sleep
between products help with. A piece that no thread has begun, since its core was busy, is computed by who waits for it.
How a product is cut depends on its shape alone, so results do not depend on who was there to help.
"""

import ctypes
import math
import os
import sys
from _queue import SimpleQueue  # as in queue, which imports more than twice as much
from _thread import allocate_lock  # threading.Lock; threading itself is imported with the first thread
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from threading import Thread

LARGE = 1 << 25  # multiplications; in smaller products, waking a thread costs more than it saves (measured)
PASSES = 200  # multiplications in a product that take as long as a dozen passes over one element (measured)
AT_ONCE = 1 << 17  # elements that are worked on at a time: 512 KB of float32, so that a second cache holds several such


class Piece:
    """A part of some work, done by whoever claims it first.

    Arguments:
        function: does it, given `arguments`.
    """

    __slots__ = ("_call", "_claim", "_done", "_error")

    def __init__(self, function: Callable[..., Any], *arguments: Any):
        self._call: tuple[Any, ...] | None = (function, *arguments)
        self._claim, self._done = allocate_lock(), allocate_lock()
        self._done.acquire()
        self._error: BaseException | None = None

    def work(self) -> None:
        """Do it, unless somebody did, or does."""
        if self._claim.acquire(blocking=False):
            assert self._call is not None
            (function, *arguments), self._call = self._call, None  # what is done keeps no memory while it is in a queue
            try:
                with np.errstate(all="ignore"):  # the same whoever does it; BLAS's own threads do not warn either
                    function(*arguments)
            except BaseException as error:
                self._error = error
            self._done.release()

    def finish(self) -> None:
        """Return when it is done, by oneself if nobody has begun; raise what it raised."""
        self.work()
        self._done.acquire()
        if (error := self._error) is not None:
            self._error = None
            raise error


class Helpers:
    """Threads that do pieces of work. They sleep while there are none, and stop before the process forks."""

    def __init__(self) -> None:
        self.pieces: SimpleQueue[Piece | None] = SimpleQueue()
        self.threads: list[Thread] = []

    def do(self, pieces: list[Piece]) -> None:
        """Do all the pieces, the first of them by oneself, and return when all are done."""
        while len(self.threads) < len(pieces) - 1:
            self._start()
        for piece in pieces[1:]:
            self.pieces.put(piece)
        for piece in pieces:
            piece.finish()

    def _start(self) -> None:
        from threading import Thread

        thread = Thread(target=self._help, daemon=True, name="minigrad")
        self.threads.append(thread)
        thread.start()

    def stop(self) -> None:
        """Let all of them end; `do` makes new ones."""
        threads, self.threads = self.threads, []
        for _ in threads:
            self.pieces.put(None)
        for thread in threads:
            thread.join()

    def _help(self) -> None:
        while (piece := self.pieces.get()) is not None:
            piece.work()


class Blas:
    """OpenBLAS's functions to ask for and to set its number of threads; of other libraries it is taken to be 1."""

    def __init__(self) -> None:
        self.get: Callable[[], int] = lambda: 1
        self.set: Callable[[int], None] = lambda num: None
        for path in _loaded_blas():
            library = ctypes.CDLL(path)
            for name in (
                "scipy_openblas_{}_num_threads64_",
                "scipy_openblas_{}_num_threads",
                "openblas_{}_num_threads",
            ):
                if hasattr(library, name.format("set")):
                    self.get, self.set = getattr(library, name.format("get")), getattr(library, name.format("set"))
                    return


def _loaded_blas() -> Iterator[str]:
    """Where the OpenBLAS is that NumPy loaded: one that comes with NumPy, or, on Linux, of the system."""
    if sys.platform == "linux":
        maps = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace")
        yield from dict.fromkeys(line.split(maxsplit=5)[5] for line in maps.splitlines() if "openblas" in line)
    else:
        numpy = Path(np.__file__).parent
        for folder in (numpy / ".dylibs", numpy.parent / "numpy.libs"):
            yield from map(str, folder.glob("*openblas*"))


class _Settings:
    """How products are computed; read from BLAS when the first is asked for, so that importing costs nothing.

    Attributes:
        blas: BLAS, or None before the first product.
        num: how many threads to use; at first as many as BLAS would.
        split: whether products are cut here; else BLAS has the threads.
    """

    blas: Blas | None = None
    num = 1
    split = True

    def begin(self) -> Blas:
        """Ask BLAS how many threads there are, and take them over."""
        if self.blas is None:
            self.blas = Blas()
            self.num = self.blas.get()
            self.blas.set(1 if self.split else self.num)
        return self.blas


_settings = _Settings()
_helpers = Helpers()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_helpers.stop)


def matmul(a: Any, b: Any) -> Any:
    """The product `a @ b` of arrays, on several threads if it is large.

    Arguments:
        a: shape (..., n, k).
        b: shape (..., k, m).
    """
    if _settings.blas is None:
        _settings.begin()
    large = a.size * b.shape[-1] >= LARGE and a.shape[:-2] == b.shape[:-2]
    if large and _settings.split and _settings.num > 1:
        return _in_pieces(a, b, _settings.num)
    return a @ b


def each(work: Callable[[tuple[slice, ...]], None], x: np.ndarray, multiplications: int, dims: int = 1) -> None:
    """Call `work` with parts of a long array, so that all it does with one happens while that is in the cache.

    If it is much to do, several threads share the parts: NumPy lets others run while it computes.

    Arguments:
        work: takes an index, slices of the first dimension or of several, and writes what it computes into memory of
            that part's own.
        x: the largest array that it works on; parts have about `AT_ONCE` of its elements.
        multiplications: how much it is to do, in all, counted in multiplications of a product.
        dims: how many of the first dimensions may be cut, each where the one before has been cut into single items.
    """
    if x.size <= AT_ONCE:
        work((slice(0, None),))
        return
    parts = list(_parts(x.shape, dims))

    def several(some: Sequence[tuple[slice, ...]]) -> None:
        for part in some:
            work(part)

    _settings.begin()
    num = min(_settings.num, len(parts)) if _settings.split and multiplications >= LARGE else 1
    if num > 1:
        _helpers.do([Piece(several, parts[i::num]) for i in range(num)])
    else:
        several(parts)


def _parts(shape: tuple[int, ...], dims: int) -> Iterator[tuple[slice, ...]]:
    """Indices of parts of about `AT_ONCE` elements, which together are an array of this shape.

    >>> [x[0].stop for x in _parts((3, AT_ONCE // 2), 1)]
    [2, 4]
    >>> len(list(_parts((3, 4, AT_ONCE), 2)))
    12
    """
    length, item = shape[0], math.prod(shape[1:])
    together = max(1, AT_ONCE // item)
    for start in range(0, length, together):
        here = slice(start, start + together)
        if item > AT_ONCE and dims > 1:
            yield from ((here, *rest) for rest in _parts(shape[1:], dims - 1))
        else:
            yield (here,)


def _in_pieces(a: np.ndarray, b: np.ndarray, num: int) -> np.ndarray:
    """The product, cut along its first dimension, or a wide matrix along its second."""
    out = np.empty((*a.shape[:-1], b.shape[-1]), np.result_type(a, b))
    if a.ndim == 2 and b.shape[1] > len(a):
        _helpers.do([Piece(np.matmul, a, b[:, cut], out[:, cut]) for cut in _cuts(b.shape[1], num)])
    else:
        _helpers.do([Piece(np.matmul, a[cut], b if a.ndim == 2 else b[cut], out[cut]) for cut in _cuts(len(a), num)])
    return out


def _cuts(length: int, num: int) -> list[slice]:
    """About equal parts of a dimension; of a long one in multiples of 16, which BLAS's inner loops like.

    >>> _cuts(300, 3)
    [slice(0, 112, None), slice(112, 224, None), slice(224, 300, None)]
    """
    each = -(-length // num)
    if each > 64:
        each = -(-each // 16) * 16
    return [slice(start, min(start + each, length)) for start in range(0, length, each)]


def get_num_threads() -> int:
    """How many threads large matrix products are computed on: at first as many as NumPy's OpenBLAS would use.

    The environment variable OPENBLAS_NUM_THREADS says how many that is, else it is the number of cores. With another
    BLAS it is 1, and that library decides.
    """
    _settings.begin()
    return _settings.num


def set_num_threads(num: int) -> None:
    """Compute large matrix products on `num` threads; more than there are cores make nothing faster.

    >>> import minigrad
    >>> before = minigrad.get_num_threads()
    >>> minigrad.set_num_threads(1)
    >>> minigrad.get_num_threads()
    1
    >>> minigrad.set_num_threads(before)
    """
    if not isinstance(num, int) or num < 1:
        raise ValueError(f"set_num_threads: num = {num!r} must be a whole number from 1 up")
    blas = _settings.begin()
    _settings.num = num
    blas.set(1 if _settings.split else num)


def split_products(value: bool = True) -> None:
    """Cut large products into pieces here, which is the default; with False leave the threads to BLAS.

    Then products are a little faster on a machine that has nothing else to do, and far slower on one that has. The
    results are the same but for the last digits, since sums are added up in another order.
    """
    _settings.split = value
    set_num_threads(get_num_threads())
