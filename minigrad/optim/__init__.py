"""How parameters are changed, given their gradients; PyTorch's names."""

from minigrad.hints import missing
from minigrad.optim import lr_scheduler
from minigrad.optim.adam import Adam, AdamW
from minigrad.optim.optimizer import Optimizer
from minigrad.optim.rmsprop import Adagrad, RMSprop
from minigrad.optim.sgd import SGD
from minigrad.paths import open_paths


def __getattr__(name: str) -> object:
    """Say which name was meant, or that it is out of scope."""
    raise missing("minigrad.optim", name, globals())


open_paths(__name__)
