"""PyTorch, eager: the code that minigrad runs, with another import."""

import functools

import torch

from tests.benchmarks.models_torch import Trainer

version = torch.__version__
trainer = functools.partial(Trainer, torch)
