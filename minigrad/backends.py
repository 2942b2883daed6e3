"""Libraries that PyTorch computes with and minigrad does not: code asks for them and sets their switches.

The answers are no. A switch may be set, and changes nothing: there is only NumPy, whose results do not vary. The
functions at the end stand in `minigrad` itself.
"""

import sys
import types


def _absent(name: str, **attributes: object) -> types.ModuleType:
    """A module that says it is not there, and is found by `import` too: `import torch.backends.cudnn as cudnn`."""
    module = types.ModuleType(f"minigrad.backends.{name}", "A library that is not used here.")
    vars(module).update(is_available=lambda: False, is_built=lambda: False, version=lambda: None, **attributes)
    sys.modules[module.__name__] = module
    return module


cudnn = _absent("cudnn", enabled=False, benchmark=False, deterministic=True, allow_tf32=False)
cuda = _absent("cuda", matmul=types.SimpleNamespace(allow_tf32=False))
mps = _absent("mps")
mkl = _absent("mkl")
mkldnn = _absent("mkldnn")
openmp = _absent("openmp")


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Ask for results that are the same each time, which they are anyway."""


def are_deterministic_algorithms_enabled() -> bool:
    """Whether results are the same each time: yes."""
    return True


def set_float32_matmul_precision(precision: str) -> None:
    """Say how exact products of matrices need to be: they are always as exact as float32 is.

    Arguments:
        precision: "highest", or less: "high", "medium".
    """
    if precision not in ("highest", "high", "medium"):
        raise ValueError(
            f"set_float32_matmul_precision: precision = {precision!r} is none of 'highest', 'high', 'medium'"
        )


def get_float32_matmul_precision() -> str:
    """How exact products of matrices are: "highest"."""
    return "highest"
