"""minigrad, as its users write it."""

import functools

import minigrad
from tests.benchmarks.models_torch import Trainer

version = minigrad.__version__
trainer = functools.partial(Trainer, minigrad)
