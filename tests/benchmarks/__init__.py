"""How fast minigrad is beside its peers: `python -m tests.benchmarks --help`.

Every measurement runs in a process of its own (`worker`), and those that are compared take turns (`process`). What is
measured has a file each: `steps`, `solved`, `growth`, `busy`, `imports`, `overhead`, `chain` and `graphs`. The peers
are the files `peer_*`; `models_torch` and `models_numpy` hold the models that they share. This package imports nothing
heavy: what the parent process holds must not show in what it measures.
"""
