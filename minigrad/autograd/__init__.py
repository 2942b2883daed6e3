"""How gradients flow. Knows nothing of particular ops: those are declared in `minigrad.ops`, by `primitive`."""

import importlib
from typing import TYPE_CHECKING, Any

from minigrad.autograd.backward import backward, grad
from minigrad.autograd.modes import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled
from minigrad.autograd.scope import Scope, scope
from minigrad.hints import missing
from minigrad.paths import open_paths

if TYPE_CHECKING:  # for editors, which list what is in them
    from minigrad.autograd import functional
    from minigrad.autograd.anomaly import detect_anomaly, set_detect_anomaly
    from minigrad.autograd.checks import GradcheckError, gradcheck, gradgradcheck
    from minigrad.autograd.function import Function
    from minigrad.legacy import Variable

# What most programs do without is imported when it is first asked for: here is which file has it.
_ELSEWHERE = {
    "Function": "autograd.function",
    "GradcheckError": "autograd.checks",
    "Variable": "legacy",
    "detect_anomaly": "autograd.anomaly",
    "gradcheck": "autograd.checks",
    "gradgradcheck": "autograd.checks",
    "set_detect_anomaly": "autograd.anomaly",
}


def __getattr__(name: str) -> Any:
    """Find what is in a file that was not imported yet."""
    if name == "functional":
        return importlib.import_module("minigrad.autograd.functional")
    if name in _ELSEWHERE:
        return getattr(importlib.import_module(f"minigrad.{_ELSEWHERE[name]}"), name)
    raise missing("minigrad.autograd", name, __dir__())


def __dir__() -> list[str]:
    return sorted({*globals(), *_ELSEWHERE, "functional"})


open_paths(__name__)
