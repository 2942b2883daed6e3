"""Which BLAS a process multiplies with, by which kernels, and on how many threads: what it says itself."""

import ctypes
import sys
from pathlib import Path

AFFIXES = (("scipy_openblas_", "64_"), ("scipy_openblas_", ""), ("openblas_", "64_"), ("openblas_", ""))
CHOSEN_BY = "OPENBLAS_CORETYPE"  # the environment variable that overrules which kernels OpenBLAS takes


def openblas() -> list[str]:
    """Each OpenBLAS that is loaded, on Linux: its kernels, named after a processor, and its threads."""
    maps = Path("/proc/self/maps")
    lines = maps.read_text(encoding="utf-8", errors="replace").splitlines() if maps.exists() else []
    paths = dict.fromkeys(line.split(maxsplit=5)[5] for line in lines if "openblas" in line)
    return [words for path in paths if (words := _described(ctypes.CDLL(path)))]


def _described(library: ctypes.CDLL) -> str:
    for before, after in AFFIXES:
        if hasattr(library, f"{before}get_corename{after}"):
            core = getattr(library, f"{before}get_corename{after}")
            core.restype = ctypes.c_char_p
            return f"OpenBLAS {core().decode()} × {getattr(library, f'{before}get_num_threads{after}')()}"
    return ""


def used() -> str:
    """All that is known, such as "OpenBLAS SkylakeX × 1": kernels and threads."""
    found = openblas()
    if torch := sys.modules.get("torch"):
        library = "MKL" if torch.backends.mkl.is_available() else "BLAS"
        found.append(f"PyTorch's {library} {torch.backends.cpu.get_cpu_capability()} × {torch.get_num_threads()}")
    return ", ".join(found)
