"""Libraries that PyTorch computes with and minigrad does not: code asks for them and sets their switches.

The answers are no. A switch may be set, and changes nothing: there is only NumPy, whose results do not vary.
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
