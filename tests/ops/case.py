"""What a case is, and short ways to write many at once: of one input, of two, of a reduction."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import minigrad


@dataclass(frozen=True)
class Case:
    """A call, and what it is called with.

    Attributes:
        name: the op first, then what is special.
        function: `function(library, *inputs)` returns a tensor or several.
        inputs: arrays; float ones are differentiated with respect to.
        smooth: whether the derivative exists, so that finite differences find it (not at ties and kinks).
        torch_orders: how many times PyTorch can differentiate it, in the precision that it computes in.
        shapes: what other shapes the inputs may have: "these" alone, any that "broadcast", or any that is "reduced",
            when the function also takes `dim` and `keep`.
        values: what other values they may have: "any", or "these" alone.
    """

    name: str
    function: Callable[..., Any]
    inputs: tuple[np.ndarray, ...]
    smooth: bool = True
    torch_orders: int = 2
    shapes: str = "these"
    values: str = "any"

    def call(self, library: Any, inputs: list[Any]) -> list[Any]:
        """The results, as a list."""
        result = self.function(library, *inputs)
        return list(result) if isinstance(result, tuple | list) else [result]

    def tensors(self, dtype: Any = np.float64) -> list[minigrad.Tensor]:
        """The inputs as tensors, the floats of the given type and with gradients wanted."""
        return [
            minigrad.tensor(x.astype(dtype), requires_grad=True) if x.dtype.kind == "f" else minigrad.tensor(x)
            for x in self.inputs
        ]


_rng = np.random.default_rng(0)


def normal(*shape: int) -> np.ndarray:
    return np.asarray(_rng.standard_normal(shape))


def positive(*shape: int) -> np.ndarray:
    return np.abs(normal(*shape)) + 0.5


def whole(high: int, *shape: int) -> np.ndarray:
    return np.asarray(_rng.integers(0, high, shape))


def mask(*shape: int) -> np.ndarray:
    return np.asarray(_rng.random(shape) < 0.5)


def case(name: str, function: Callable[..., Any], *inputs: Any, **options: Any) -> Case:
    return Case(name, function, tuple(np.asarray(x) for x in inputs), **options)


def unary(name: str, draw: Callable[..., np.ndarray] = normal) -> list[Case]:
    def f(m: Any, x: Any) -> Any:
        return getattr(m, name)(x)

    return [
        case(name, f, draw(3, 4), shapes="broadcast"),
        case(f"{name}, a number", f, draw()),
        case(f"{name}, nothing", f, draw(0, 3)),
        case(f"{name}, of a view", lambda m, x: getattr(m, name)(x.transpose(0, 1)[1:, ::2]), draw(3, 4)),
        case(f"{name}, one length 1", f, draw(1, 1)),
    ]


BROADCASTS = [
    ((3, 4), (3, 4)),
    ((3, 4), (4,)),
    ((2, 1, 3), (4, 1)),
    ((), (2, 3)),
    ((), ()),
    ((0, 3), (1, 3)),
    ((1,), ()),
]


def binary(name: str, draw_a: Callable[..., np.ndarray] = normal, draw_b: Any = None) -> list[Case]:
    return [
        case(
            f"{name} {a} {b}",
            lambda m, x, y: getattr(m, name)(x, y),
            draw_a(*a),
            (draw_b or draw_a)(*b),
            shapes="broadcast",
        )
        for a, b in BROADCASTS
    ]


DIMS: list[tuple[tuple[int, ...], Any, bool]] = [
    ((3, 4), None, False),
    ((3, 4), 1, False),
    ((3, 4), -2, True),
    ((2, 3, 4), (0, 2), False),
    ((2, 3, 4), (-1, 0), True),
    ((2, 1, 3), 1, False),
    ((), None, False),
]


def reduction(name: str, all_by_none: bool = True, **options: Any) -> list[Case]:
    return [
        case(
            f"{name} {shape} over {dim}" + (", kept" if keep else ""),
            lambda m, x, dim=dim, keep=keep: (
                getattr(m, name)(x, **options) if dim is None else getattr(m, name)(x, dim, keepdim=keep, **options)
            ),
            normal(*shape),
            shapes="reduced",
        )
        for shape, dim, keep in DIMS
        if dim is not None or all_by_none
    ]
