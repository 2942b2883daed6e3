"""Cases of the activations: see `tests.ops.cases`."""

from typing import Any

import minigrad
from tests.ops.case import Case, case, normal, whole

AT = [-7.0, -3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0, 7.0]  # where pieces meet, and beyond


def activation(name: str, *arguments: Any, torch_orders: int = 2, far: float = 100.0, **options: Any) -> list[Case]:
    """A function of `nn.functional` on a matrix, a number and nothing, far out, and where its pieces meet."""

    def f(m: Any, x: Any) -> Any:
        return getattr(m.nn.functional, name)(x, *arguments, **options)

    label = ", ".join([name, *map(str, [*arguments, *options.values()])])
    return [
        case(label, f, normal(3, 4), torch_orders=torch_orders, shapes="broadcast"),
        case(f"{label}, a number", f, normal(), torch_orders=torch_orders),
        case(f"{label}, nothing", f, normal(0, 3), torch_orders=torch_orders),
        case(f"{label}, far out", f, [-far, -25.0, -12.1, 12.3, 25.0, far], torch_orders=torch_orders),
        case(f"{label}, where it bends", f, AT, smooth=False, torch_orders=min(torch_orders, 1)),
    ]


def in_place(name: str, torch_orders: int = 2) -> Case:
    def f(m: Any, x: Any) -> Any:
        y = x * 1.0
        z = getattr(m.nn.functional, name)(y, inplace=True)
        assert z is y
        return y * y + x * x

    return case(f"{name}, in place", f, normal(5), torch_orders=torch_orders)


def sparsemax(m: Any, x: Any, dim: int) -> Any:
    """PyTorch has none; of its ops it is composed by the formula, with the support found by trying each size."""
    if m is minigrad:
        return m.nn.functional.sparsemax(x, dim)
    n = x.shape[dim]
    shape = [n if d == dim % x.ndim else 1 for d in range(x.ndim)]
    falling = x.sort(dim, descending=True)[0]
    sums = falling.cumsum(dim)
    sizes = m.arange(1, n + 1, dtype=x.dtype).reshape(shape)
    k = (1 + sizes * falling > sums).sum(dim, keepdim=True)
    return (x - (sums.gather(dim, k - 1) - 1) / k).clamp(min=0)


IN_PLACE = ["relu", "leaky_relu", "elu", "selu", "celu", "relu6", "hardtanh", "hardswish", "silu", "mish"]

CASES: list[Case] = [
    *(
        case(f"sparsemax {x.shape} along {dim}", lambda m, x, dim=dim: sparsemax(m, x, dim), x, values="these")
        for x, dim in [(normal(3, 5), -1), (normal(4, 2, 3), 0), (3 * normal(3, 7), 1), (normal(2, 1), -1)]
    ),
    *activation("relu"),
    *activation("leaky_relu"),
    *activation("leaky_relu", 0.2),
    *activation("elu"),
    *activation("elu", 2.0),
    *activation("selu"),
    *activation("celu"),
    *activation("celu", 0.5),
    *activation("hardtanh"),
    *activation("hardtanh", -2.0, 0.4),
    *activation("relu6"),
    *activation("hardsigmoid", torch_orders=0),
    *activation("hardswish"),
    *activation("hardshrink"),
    *activation("softshrink", 0.6),
    *activation("threshold", 0.1, -2.0),
    *activation("gelu"),
    *activation("gelu", approximate="tanh"),
    *activation("silu"),
    *activation("mish", far=30.0),
    *activation("softsign"),
    *activation("tanhshrink"),
    *activation("logsigmoid"),
    *activation("softplus"),
    *activation("softplus", 2.0, 1.0),
    *activation("sigmoid"),
    *map(in_place, IN_PLACE),
    in_place("hardsigmoid", torch_orders=0),
    case("prelu", lambda m, x, w: m.nn.functional.prelu(x, w), normal(2, 3, 2), normal(3), values="these"),
    case("prelu, one slope", lambda m, x, w: m.prelu(x, w), normal(2, 3), normal(1), values="these"),
    case("prelu, a number", lambda m, x, w: m.prelu(x, w), normal(), normal(1), values="these"),
    case("prelu, where it bends", lambda m, x, w: m.prelu(x, w), AT, [0.3], smooth=False, torch_orders=1),
    case("glu", lambda m, x: m.nn.functional.glu(x), normal(3, 4)),
    case("glu, along the first", lambda m, x: m.nn.functional.glu(x, 0), normal(4, 3)),
    case("softmin", lambda m, x: m.nn.functional.softmin(x, 1), normal(3, 4)),
    case("softmax, in another type", lambda m, x: m.softmax(x, 0, dtype=m.float64) * 1.0, normal(3)),
    case("log_softmax, in another type", lambda m, x: m.nn.functional.log_softmax(x, 0, dtype=m.float64), normal(3)),
    case(
        "softmax, of integers", lambda m, x, n: x * m.nn.functional.softmax(n, 0, dtype=x.dtype), normal(4), whole(3, 4)
    ),
]
