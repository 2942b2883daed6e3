"""What can be computed, one family of ops a file; each op's forward, derivative and formula stand together.

Every function takes Tensors and returns Tensors; given NumPy arrays it returns NumPy arrays (see
`minigrad.autograd.primitive`). Users find them as `minigrad.exp`, `Tensor.exp` and in `minigrad.nn.functional`.
"""
