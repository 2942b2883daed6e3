"""How parameters are changed, given their gradients; PyTorch's names."""

import importlib
from typing import TYPE_CHECKING, Any

from minigrad.hints import missing
from minigrad.optim import lr_scheduler
from minigrad.optim.adam import Adam, AdamW
from minigrad.optim.optimizer import Optimizer
from minigrad.optim.sgd import SGD
from minigrad.paths import open_paths

if TYPE_CHECKING:  # for editors, which list what is in them
    from minigrad.optim.adadelta import Adadelta
    from minigrad.optim.adamax import Adamax
    from minigrad.optim.asgd import ASGD
    from minigrad.optim.lbfgs import LBFGS
    from minigrad.optim.nadam import NAdam
    from minigrad.optim.radam import RAdam
    from minigrad.optim.rmsprop import Adagrad, RMSprop
    from minigrad.optim.rprop import Rprop

# What most programs do without is imported when it is first asked for, by the file it is in.
_ELSEWHERE = {
    "ASGD": "asgd",
    "Adadelta": "adadelta",
    "Adagrad": "rmsprop",
    "Adamax": "adamax",
    "LBFGS": "lbfgs",
    "NAdam": "nadam",
    "RAdam": "radam",
    "RMSprop": "rmsprop",
    "Rprop": "rprop",
}


def __getattr__(name: str) -> Any:
    """Find what is in a file that was not imported yet; or say which name was meant, or that it is out of scope."""
    if name == "swa_utils":
        return importlib.import_module("minigrad.optim.swa_utils")
    if name in _ELSEWHERE:
        return getattr(importlib.import_module(f"minigrad.optim.{_ELSEWHERE[name]}"), name)
    raise missing("minigrad.optim", name, __dir__())


def __dir__() -> list[str]:
    return sorted({*globals(), *_ELSEWHERE, "swa_utils"})


open_paths(__name__)
