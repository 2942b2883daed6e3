"""Batches from data sets: PyTorch's `torch.utils.data`."""

from minigrad.paths import open_paths
from minigrad.utils.data.dataloader import DataLoader, default_collate
from minigrad.utils.data.dataset import (
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    StackDataset,
    Subset,
    TensorDataset,
    random_split,
)
from minigrad.utils.data.sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

open_paths(__name__)
