"""Functions with names of their own: PyTorch's `torch.special`, as far as they are ops here."""

from minigrad.hints import missing
from minigrad.ops.activations import log_softmax, softmax
from minigrad.ops.activations import sigmoid as expit
from minigrad.ops.elementwise import exp2, expm1, log1p
from minigrad.ops.reductions import logsumexp
from minigrad.ops.rounding import round
from minigrad.ops.special import erf, erfc, logit, xlogy


def __getattr__(name: str) -> object:
    """Say which name was meant, or that it is out of scope."""
    raise missing("minigrad.special", name, globals())
