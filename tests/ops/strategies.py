"""The cases of the table with other inputs: as hypothesis draws them, each op's in the ways that its family allows.

Values come from those of the table, so that a logarithm gets positive numbers, with ties, zeros, infinities and NaN
mixed in. Arrays lie in memory in every way that views can, and a case says what becomes of its shapes.
"""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.ops.case import Case

FINITE = (0.0, 1.0, -1.0)
INFINITE = (*FINITE, np.inf, -np.inf)
SPECIAL = (*INFINITE, np.nan)
EXTREME = (-0.0, 1e-40, -1e-40, 1e-30, 1e30, -1e30, 65504.0)  # denormal in float32, tiny and huge
SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)


# --- memory


def every_second(x: np.ndarray) -> np.ndarray:
    room = np.zeros([2 * n for n in x.shape], x.dtype)
    view = room[(slice(None, None, 2),) * x.ndim]
    view[...] = x
    return view


def reversed_(x: np.ndarray) -> np.ndarray:
    back = (slice(None, None, -1),) * x.ndim
    return np.array(x[back], order="C")[back]


def transposed(x: np.ndarray) -> np.ndarray:
    return np.array(x.swapaxes(0, -1), order="C").swapaxes(0, -1) if x.ndim else x


def expanded(x: np.ndarray) -> np.ndarray:
    """The first along the first dimension, in place of all: a stride of 0, as `expand` gives it."""
    return np.lib.stride_tricks.as_strided(x, strides=(0, *x.strides[1:])) if x.size and x.ndim else x


LAYOUTS = [np.array, np.asfortranarray, every_second, reversed_, transposed, expanded]


def laid_out(draw: Any, x: np.ndarray, layouts: list[Any]) -> np.ndarray:
    """The array somewhere else in memory."""
    return draw(st.sampled_from(layouts))(x) if x.ndim else x


# --- values


def filled(
    draw: Any, pool: np.ndarray, shape: tuple[int, ...], mixed_in: tuple[float, ...], exact: bool = False
) -> np.ndarray:
    """Values from a pool, some of them rounded so that there are ties, and some special.

    With `exact` all are quarters: the mean of equal ones is that number, without rounding.
    """
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    pool = pool.ravel() if pool.size else np.linspace(-2, 2, 9)
    x = rng.choice(pool, shape).astype(pool.dtype)
    if draw(st.booleans()):
        x = np.asarray(np.round(x))
    if exact:
        x = np.asarray(np.round(4 * x) / 4)
    if mixed_in and draw(st.booleans()):
        x = np.where(rng.random(shape) < 0.3, rng.choice(mixed_in, shape), x)
    return np.asarray(x)


# --- cases


@st.composite
def varied(
    draw: Any,
    case: Case,
    special: tuple[float, ...] = SPECIAL,
    extreme: tuple[float, ...] = EXTREME,
    exact: bool = False,
    layouts: Any = LAYOUTS,
) -> Case:
    """A case with other inputs.

    Arguments:
        case: one of the table.
        special: values to mix in, where any will do.
        extreme: further ones for functions that treat each element alone.
        exact: whether sums of the values must be without rounding.
        layouts: how the inputs may lie in memory; the last way also repeats elements.
    """
    shapes, function = [x.shape for x in case.inputs], case.function
    if case.shapes == "broadcast":
        side = {"min_dims": 0, "max_dims": 3, "min_side": 0, "max_side": 3}
        shapes = draw(hnp.mutually_broadcastable_shapes(num_shapes=len(shapes), **side)).input_shapes
    elif case.shapes == "reduced":
        shapes = [draw(SHAPES)]
        function = partial(function, dim=draw(dims(len(shapes[0]))), keep=draw(st.booleans()))
    mixed_in = draw(st.sampled_from([(), special, (*special, *(extreme if case.shapes == "broadcast" else ()))]))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    inputs = []
    for x, shape in zip(case.inputs, shapes, strict=True):
        free = case.values == "any" and x.dtype.kind == "f"  # what is not a float may be positions, or a mask
        if free:
            x = filled(draw, x, shape, mixed_in, exact)
        elif shape != x.shape:
            x = filled(draw, x, shape, ())
        ways = layouts if free else layouts[:-1]
        inputs.append(laid_out(draw, x.astype(dtype) if x.dtype.kind == "f" else x, ways))
    return replace(case, function=function, inputs=tuple(inputs))


@st.composite
def dims(draw: Any, ndim: int) -> tuple[int, ...]:
    """Some dimensions, counted from the front or from the back."""
    chosen = draw(st.lists(st.integers(0, ndim - 1), min_size=1, unique=True)) if ndim else []
    return tuple(d - ndim if draw(st.booleans()) else d for d in chosen)
