"""Helpers for training: PyTorch's `torch.nn.utils`."""

from minigrad.nn.utils import rnn
from minigrad.nn.utils.clip_grad import clip_grad_norm_
