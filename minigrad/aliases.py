"""Other names that PyTorch has for what has a name already, of functions and of methods, also those in place."""

ALIASES = {
    "absolute": "abs",
    "arccos": "acos",
    "arccosh": "acosh",
    "arcsin": "asin",
    "arcsinh": "asinh",
    "arctan": "atan",
    "arctan2": "atan2",
    "arctanh": "atanh",
    "clip": "clamp",
    "concat": "cat",
    "concatenate": "cat",
    "divide": "div",
    "fix": "trunc",
    "ger": "outer",
    "greater": "gt",
    "greater_equal": "ge",
    "less": "lt",
    "less_equal": "le",
    "moveaxis": "movedim",
    "multiply": "mul",
    "negative": "neg",
    "not_equal": "ne",
    "row_stack": "vstack",
    "sgn": "sign",
    "subtract": "sub",
    "swapaxes": "transpose",
    "swapdims": "transpose",
    "true_divide": "div",
    "vdot": "dot",
}


def add_aliases(namespace: type) -> type:
    """Give a class the other names of the methods that it has, and of those in place."""
    for alias, name in ALIASES.items():
        for ending in ("", "_"):
            if name + ending in vars(namespace):
                setattr(namespace, alias + ending, vars(namespace)[name + ending])
    return namespace
