"""Normalisation, convolution and pooling."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.ops.case import Case, case, normal, positive


def f(name: str, *args: Any, **options: Any) -> Callable[..., Any]:
    return lambda m, *inputs: getattr(m.nn.functional, name)(*inputs, *args, **options)


def batch_norm(training: bool, **options: Any) -> Callable[..., Any]:
    """With running means of its own."""

    def call(m: Any, x: Any, *parameters: Any) -> Any:
        mean, var = m.ones(x.shape[1]).to(x.dtype), m.full((x.shape[1],), 2.0).to(x.dtype)
        return m.nn.functional.batch_norm(x, mean, var, *parameters, training=training, **options)

    return call


def cell(name: str) -> Callable[..., Any]:
    """A step of a recurrent cell, with weights that are inputs too."""

    def call(m: Any, x: Any, *inputs: Any) -> Any:
        *state, weight_ih, weight_hh, bias_ih, bias_hh = inputs
        weights = {"weight_ih": weight_ih, "weight_hh": weight_hh, "bias_ih": bias_ih, "bias_hh": bias_hh}
        module = getattr(m.nn, name)(x.shape[-1], state[0].shape[-1])
        return m.func.functional_call(module, weights, (x, tuple(state) if len(state) == 2 else state[0]))

    return call


def of_cell(gates: int, states: int) -> list[np.ndarray]:
    """Input, state and weights of a cell from width 3 to width 2, for a batch of 4."""
    rows = gates * 2
    return [
        normal(4, 3),
        *(normal(4, 2) for _ in range(states)),
        normal(rows, 3),
        normal(rows, 2),
        normal(rows),
        normal(rows),
    ]


def over_time(name: str, **options: Any) -> Callable[..., Any]:
    """A recurrent layer over three sequences of which one is shorter, with weights that are inputs too."""

    def call(m: Any, x: Any, *inputs: Any) -> Any:
        count = 2 if name == "LSTM" else 1
        module = getattr(m.nn, name)(x.shape[-1], inputs[0].shape[-1], **options)
        names = [name for name, _ in module.named_parameters()]
        packed = m.nn.utils.rnn.pack_padded_sequence(x, [3, 3, 1])
        weights = dict(zip(names, inputs[count:], strict=True))
        y, last = m.func.functional_call(module, weights, (packed, inputs[:2] if count == 2 else inputs[0]))
        return (y.data, *last) if count == 2 else (y.data, last)

    return call


def of_layer(gates: int, states: int, bias: bool = True, directions: int = 1) -> list[np.ndarray]:
    """Input of width 3, states of width 2, and weights, for `over_time`."""
    rows = gates * 2
    weights = [(rows, 3), (rows, 2), *[(rows,), (rows,)] * bias] * directions
    return [normal(3, 3, 3), *(normal(directions, 3, 2) for _ in range(states)), *(normal(*shape) for shape in weights)]


X, LONG = normal(2, 4, 3), normal(2, 4, 9)

CONVOLUTIONS: list[tuple[tuple[int, ...], dict[str, Any]]] = [
    ((6, 4, 3), {}),
    ((6, 4, 3), {"stride": 2, "padding": 1}),
    ((6, 4, 2), {"dilation": 3, "padding": (2,), "stride": (2,)}),
    ((6, 4, 3), {"padding": "same", "dilation": 2}),
    ((6, 4, 1), {"padding": "valid"}),
    ((6, 2, 3), {"groups": 2, "padding": 1}),
    ((4, 1, 3), {"groups": 4, "stride": 3}),
]

CASES: list[Case] = [
    case("rms_norm", lambda m, x, w: m.nn.functional.rms_norm(x, (3,), w), X, normal(3)),
    case("rms_norm, two dims", lambda m, x, w: m.nn.functional.rms_norm(x, (4, 3), w, 0.1), X, normal(4, 3)),
    case("rms_norm, plain", lambda m, x: m.nn.functional.rms_norm(x, [3]), X),
    case("group_norm", lambda m, x, w, b: m.nn.functional.group_norm(x, 2, w, b), X, normal(4), normal(4)),
    case("group_norm, plain", lambda m, x: m.nn.functional.group_norm(x, 1, eps=0.1), X),
    case("group_norm, no positions", lambda m, x: m.nn.functional.group_norm(x, 2), normal(3, 12)),
    case("group_norm, more", lambda m, x, w: m.nn.functional.group_norm(x, 2, w), normal(2, 4, 2, 3), normal(4)),
    case("batch_norm", batch_norm(True), X, normal(4), normal(4)),
    case("batch_norm, plain", batch_norm(True, momentum=0.7, eps=0.1), normal(5, 3)),
    case("batch_norm, evaluating", batch_norm(False), X, normal(4), normal(4)),
    case("batch_norm, evaluating, plain", batch_norm(False, eps=0.1), normal(5, 3)),
    case(
        "batch_norm, none running",
        lambda m, x: m.nn.functional.batch_norm(x, None, None, training=True),
        normal(2, 3, 2, 2),
    ),
    *[
        case(f"conv1d {shape} {options}", f("conv1d", **options), LONG, normal(*shape), normal(shape[0]))
        for shape, options in CONVOLUTIONS
    ],
    case("conv1d, no bias", f("conv1d"), LONG, normal(2, 4, 9)),
    *[
        case(
            f"conv_transpose1d {shape} {options}",
            f("conv_transpose1d", **options),
            normal(2, 4, 5),
            normal(*shape),
            normal(shape[1] * options.get("groups", 1)),
        )
        for shape, options in [
            ((4, 3, 3), {}),
            ((4, 2, 4), {"stride": 2, "padding": 1}),
            ((4, 1, 3), {"stride": (3,), "output_padding": 2, "groups": 2}),
            ((4, 2, 2), {"dilation": 3, "padding": 4, "output_padding": (1,), "groups": 2}),
            ((4, 2, 1), {"stride": 2, "padding": 1}),
        ]
    ],
    case("conv_transpose1d, one", f("conv_transpose1d", stride=2), normal(2, 3), normal(2, 3, 2)),
    case("conv1d, one", f("conv1d", padding=1, groups=2), LONG[0], normal(2, 2, 3)),
    *[
        case(f"avg_pool1d {options}", f("avg_pool1d", **options), LONG)
        for options in (
            {"kernel_size": 2},
            {"kernel_size": (3,), "stride": 2, "padding": 1},
            {"kernel_size": 3, "stride": 2, "padding": 1, "count_include_pad": False},
            {"kernel_size": 4, "ceil_mode": True},
            {"kernel_size": 4, "stride": 3, "padding": 2, "ceil_mode": True, "count_include_pad": False},
            {"kernel_size": 3, "stride": 5, "padding": 1, "ceil_mode": True},
        )
    ],
    *[
        case(f"max_pool1d {options}", f("max_pool1d", **options), LONG)
        for options in (
            {"kernel_size": 2},
            {"kernel_size": 3, "stride": 2, "padding": 1},
            {"kernel_size": 2, "stride": 3, "dilation": 3},
            {"kernel_size": 4, "ceil_mode": True, "return_indices": True},
            {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True, "return_indices": True},
        )
    ],
    case("max_pool1d, ties", f("max_pool1d", 3), np.zeros((1, 1, 6)), smooth=False),
    case("max_pool1d, one", f("max_pool1d", 2), positive(3, 5)),
    *[
        case(name, cell(name), *of_cell(gates, states))
        for name, gates, states in (("LSTMCell", 4, 2), ("GRUCell", 3, 1))
    ],
    *[
        case(f"{name} {options}", over_time(name, **options), *of_layer(gates, states, options.get("bias", True), n))
        for name, gates, states in (("LSTM", 4, 2), ("GRU", 3, 1), ("RNN", 1, 1))
        for options, n in (({}, 1), ({"bias": False}, 1), ({"bidirectional": True}, 2))
    ],
    case("RNN of relu", over_time("RNN", nonlinearity="relu"), *of_layer(1, 1)),
]
