"""Element types under PyTorch's names, and PyTorch's rules for mixing them.

A dtype is NumPy's own `np.dtype`. Where PyTorch and NumPy promote differently, PyTorch's way is taken: an integer
tensor with a float tensor gives the float tensor's type (never float64 unless one was there), and a Python number
changes the type of a tensor only if it is of a higher kind (bool < int < float).
"""

import builtins
import functools
import math
from typing import Any

import numpy as np

dtype = np.dtype  # what `isinstance(x.dtype, torch.dtype)` asks
float16 = half = np.dtype(np.float16)
float32 = float = np.dtype(np.float32)
float64 = double = np.dtype(np.float64)
int8 = np.dtype(np.int8)
int16 = short = np.dtype(np.int16)
int32 = int = np.dtype(np.int32)
int64 = long = np.dtype(np.int64)
uint8 = np.dtype(np.uint8)
bool = np.dtype(np.bool_)


class AbsentType:
    """A type of PyTorch's that NumPy does not have: code may name it, but no tensor can have it."""

    def __init__(self, name: str):
        self.name = name

    @property
    def dtype(self) -> np.dtype:
        """What NumPy asks whatever stands for a type, so that every use ends here."""
        raise TypeError(f"dtype {self.name} is not supported, since NumPy has no such type; float32 would do")

    def __repr__(self) -> str:
        return f"minigrad.{self.name}"


bfloat16 = AbsentType("bfloat16")  # tables of types by name list it, also where float32 is chosen

LEGACY_NAMES: dict[np.dtype, str] = {  # what `Tensor.type()` says, and the constructors of PyTorch's early days
    float16: "minigrad.HalfTensor",
    float32: "minigrad.FloatTensor",
    float64: "minigrad.DoubleTensor",
    int8: "minigrad.CharTensor",
    int16: "minigrad.ShortTensor",
    int32: "minigrad.IntTensor",
    int64: "minigrad.LongTensor",
    uint8: "minigrad.ByteTensor",
    bool: "minigrad.BoolTensor",
}


def by_legacy_name(name: str) -> np.dtype:
    """The element type that PyTorch's name stands for: "torch.LongTensor", or "LongTensor"."""
    for dtype, known in LEGACY_NAMES.items():
        if name.rpartition(".")[2] == known.rpartition(".")[2]:
            return dtype
    raise ValueError(f"type: {name!r} is no name of a type; {', '.join(LEGACY_NAMES.values())} are")


class finfo:  # noqa: N801  PyTorch's name
    """What a float type can hold, as Python numbers.

    Arguments:
        type: float16, float32 or float64; by default the default type.

    Attributes:
        bits: how many an element has.
        eps: from 1 to the next larger number.
        max, min: the largest and the most negative number.
        tiny: the smallest positive number of full precision, also `smallest_normal`.
        resolution: how exact decimals are.

    >>> import minigrad
    >>> minigrad.finfo(minigrad.float32).max
    3.4028234663852886e+38
    """

    def __init__(self, type: Any = None):
        info = np.finfo(_default if type is None else type)
        self.bits = info.bits
        self.dtype = str(info.dtype)
        self.eps, self.max, self.min = info.eps.item(), info.max.item(), info.min.item()
        self.tiny = self.smallest_normal = info.tiny.item()
        self.resolution = info.resolution.item()


iinfo = np.iinfo  # what integer types can hold: bits, max, min

_default = float32
_KINDS = "buif"  # bool, then the two kinds of integers, then floats
RANK = {"b": 0, "u": 1, "i": 1, "f": 2}  # a mixture has the type of the highest


def get_default_dtype() -> np.dtype:
    """The type of new tensors made from Python floats."""
    return _default


def set_default_dtype(d: np.dtype) -> None:
    """Set the type of new tensors made from Python floats.

    Arguments:
        d: float16, float32 or float64.
    """
    global _default
    dtype = np.dtype(d)
    if dtype.kind != "f":
        raise TypeError(f"set_default_dtype: d = {dtype} is not a floating-point type; float32 or float64 would do")
    _default = dtype


def set_default_tensor_type(t: Any) -> None:
    """As `set_default_dtype`, in PyTorch's early way: `minigrad.DoubleTensor`, or its name."""
    set_default_dtype(by_legacy_name(t) if isinstance(t, str) else t.dtype)


def check_supported(dtype: Any, function: str) -> np.dtype:
    """The NumPy dtype, or an error for one that tensors cannot have (objects, strings, complex numbers)."""
    dtype = np.dtype(dtype)
    if not dtype.isnative:
        raise ValueError(
            f"{function}: dtype {dtype.str} has another machine's order of bytes; convert it with .astype()"
        )
    if dtype.kind not in _KINDS or dtype == np.longdouble:
        raise TypeError(f"{function}: dtype {dtype} is not supported; bool, integer and float types are")
    return dtype


def promote(a: Any, b: Any) -> tuple[Any, Any]:
    """Bring two operands to the type that PyTorch would compute in.

    Arguments:
        a, b: arrays or Python numbers.

    Returns:
        The operands, arrays converted where they need be; NumPy does the rest.
    """
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        if a.dtype is b.dtype:
            return a, b
    elif isinstance(a, np.ndarray) and type(b) in _EXACT.get(a.dtype.char, ()):
        return a, b
    dtype = result_type(a, b)
    return _convert(a, dtype), _convert(b, dtype)


# The Python numbers that leave an array's type as it is, in NumPy as in PyTorch; in short integers they may not fit.
_EXACT: dict[str, tuple[type, ...]] = {
    **dict.fromkeys((d.char for d in (float16, float32, float64)), (builtins.float, builtins.int, builtins.bool)),
    int64.char: (builtins.int, builtins.bool),
    bool.char: (builtins.bool,),
}


def result_type(*operands: Any) -> np.dtype:
    """PyTorch's type promotion: tensors decide before 0-dim tensors, and those before Python numbers.

    Arguments:
        operands: arrays or Python numbers.

    >>> import numpy as np
    >>> result_type(np.ones(2, np.int64), np.ones(2, np.float32))
    dtype('float32')
    >>> result_type(np.ones(2, np.float32), np.array(1.0, np.float64)), result_type(np.ones(2, np.int64), 0.5)
    (dtype('float32'), dtype('float32'))
    """
    result: np.dtype | None = None
    for group in _by_priority(operands):
        dtype = _join(group)
        if result is None or RANK[dtype.kind] > RANK[result.kind]:
            result = dtype
    if result is None:
        raise TypeError("result_type: at least one operand is needed")
    return result


def _by_priority(operands: tuple[Any, ...]) -> list[list[np.dtype]]:
    groups: list[list[np.dtype]] = [[], [], []]
    for x in operands:
        if isinstance(x, np.ndarray):
            groups[0 if x.ndim else 1].append(x.dtype)
        elif isinstance(x, builtins.bool | builtins.int | builtins.float | np.generic):
            groups[2].append(x.dtype if isinstance(x, np.generic) and x.dtype.kind != "f" else of_python(type(x)))
        else:
            raise TypeError(f"{x!r} is neither a tensor nor a number")
    return [group for group in groups if group]


def of_python(kind: type) -> np.dtype:
    """The element type that Python's bools, ints or floats become."""
    return {builtins.bool: bool, builtins.int: int64}.get(kind, _default)


def promote_types(*types: Any) -> np.dtype:
    """The element type of a sum of tensors of these types.

    >>> import minigrad
    >>> minigrad.promote_types(minigrad.int64, minigrad.float16)
    dtype('float16')
    """
    return _join([np.dtype(kind) for kind in types])


def _join(dtypes: list[np.dtype]) -> np.dtype:
    highest = max(RANK[d.kind] for d in dtypes)
    return np.result_type(*(d for d in dtypes if RANK[d.kind] == highest))


def _convert(x: Any, dtype: np.dtype) -> Any:
    return x.astype(dtype, copy=False) if isinstance(x, np.ndarray) else number(x, dtype)


def number(x: Any, dtype: np.dtype) -> Any:
    """A Python number in an array's type; integers beyond its range start again at its other end, as in PyTorch."""
    whole = dtype.kind in "iu" and isinstance(x, builtins.int)
    if whole and not -(2**63) <= x < 2**63:
        raise OverflowError(f"{x} does not fit into int64, the widest type of integers")
    return np.asarray(x).astype(dtype)[()] if whole else dtype.type(x)


@functools.cache  # not at import, since NumPy finds out about floats by trying
def _range(dtype: np.dtype) -> tuple[Any, Any]:
    """The smallest and the largest number of a type."""
    info = np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype)
    return dtype.type(info.min).item(), dtype.type(info.max).item()


def fitting(x: Any, dtype: np.dtype) -> Any:
    """A Python number in a type that is to hold it, as PyTorch fills memory.

    It may be negative where the type has no signs, and then starts again at the other end; what is larger than the
    type can tell is refused.

    Raises:
        OverflowError: naming the number, and what the type holds.
    """
    if isinstance(x, np.ndarray) or dtype.kind == "b":
        return number(x, dtype)
    low, high = _range(dtype)
    least = -high if dtype.kind == "u" and not isinstance(x, builtins.float) else low
    if not least <= x <= high and (dtype.kind != "f" or math.isfinite(x)):
        raise OverflowError(f"{x} does not fit into {dtype}, which holds {low} to {high}")
    return number(x, dtype)
