"""PyTorch's paths to names that stand elsewhere here: `from torch.nn.modules.linear import Linear` and its like.

Each path leads to its package itself, which has the names: `minigrad.nn.modules.linear` has all that `minigrad.nn` has.
"""

import sys
import types

PATHS = {
    "minigrad.autograd": "anomaly_mode grad_mode variable",
    "minigrad.distributions": "bernoulli categorical exponential geometric gumbel independent kl laplace log_normal "
    "multivariate_normal one_hot_categorical uniform",
    "minigrad.nn": "modules modules.activation modules.batchnorm modules.container modules.conv modules.distance "
    "modules.dropout modules.flatten modules.linear modules.loss modules.module modules.normalization modules.padding "
    "modules.pooling modules.rnn modules.sparse modules.transformer",
    "minigrad.optim": "adagrad adamw",
    "minigrad.utils.data": "_utils _utils.collate",
}


def open_paths(package: str) -> None:
    """Make the paths below a package, which calls this when it has its names.

    >>> from minigrad.nn.modules.linear import Linear
    >>> from minigrad import nn
    >>> Linear is nn.Linear is nn.modules.linear.Linear
    True
    """
    home = vars(sys.modules[package])
    for path in PATHS[package].split():
        parent, _, last = f"{package}.{path}".rpartition(".")
        module = types.ModuleType(f"{parent}.{last}", f"Another path to `{package}`.")
        vars(module).update({name: x for name, x in home.items() if name == "__getattr__" or not name.startswith("_")})
        sys.modules[f"{parent}.{last}"] = module  # where `import` looks first
        setattr(sys.modules[parent], last, module)
