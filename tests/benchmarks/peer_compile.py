"""PyTorch by `torch.compile`: the loss, and with it its backward pass, are compiled by a C++ compiler."""

import functools

import torch

from tests.benchmarks.models_torch import Trainer

version = torch.__version__
trainer = functools.partial(Trainer, torch, compile=torch.compile)
