"""The tests mirror the rooms of the package; `oracle` compares with PyTorch, where that is installed."""
