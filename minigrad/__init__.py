"""minigrad: tensors that remember how they were computed, on NumPy alone, with PyTorch's names.

>>> import minigrad
>>> x = minigrad.tensor([1.0, 2.0, 3.0], requires_grad=True)
>>> loss = (x * x).sum()
>>> loss.backward()
>>> x.grad
tensor([2., 4., 6.])
"""

import importlib
import sys
from math import e, inf, nan, pi
from typing import TYPE_CHECKING, Any

from minigrad import autograd
from minigrad.aliases import ALIASES
from minigrad.allocator import caching_allocator_enable, large_pages_enable
from minigrad.autograd import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled
from minigrad.autograd.errors import ShapeError
from minigrad.creation import (
    arange,
    as_tensor,
    asarray,
    empty,
    empty_like,
    eye,
    from_numpy,
    full,
    full_like,
    linspace,
    logspace,
    ones,
    ones_like,
    scalar_tensor,
    tensor,
    tril_indices,
    triu_indices,
    zeros,
    zeros_like,
)
from minigrad.device import contiguous_format, device, preserve_format, strided
from minigrad.dtypes import (
    bfloat16,
    bool,
    double,
    dtype,
    finfo,
    float,
    float16,
    float32,
    float64,
    get_default_dtype,
    half,
    iinfo,
    int,
    int8,
    int16,
    int32,
    int64,
    long,
    set_default_dtype,
    short,
    uint8,
)
from minigrad.generator import Generator, default_generator, get_rng_state, manual_seed, set_rng_state
from minigrad.hints import missing
from minigrad.ops.arithmetic import add, addcdiv, addcmul, div, float_power, lerp, rsub, sub
from minigrad.ops.choosing import clamp, clamp_max, clamp_min, fmax, fmin, masked_fill, maximum, minimum, nan_to_num
from minigrad.ops.comparison import (
    allclose,
    bitwise_and,
    bitwise_left_shift,
    bitwise_not,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
    eq,
    equal,
    ge,
    gt,
    isclose,
    isfinite,
    isinf,
    isnan,
    isneginf,
    isposinf,
    le,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    lt,
    ne,
)
from minigrad.ops.elementwise import (
    abs,
    clone,
    detach,
    exp,
    exp2,
    expm1,
    log,
    log1p,
    log2,
    log10,
    mul,
    neg,
    pow,
    reciprocal,
    rsqrt,
    sign,
    sqrt,
    square,
)
from minigrad.ops.indexing import gather, index_select, masked_select, take, take_along_dim
from minigrad.ops.joining import (
    block_diag,
    cartesian_prod,
    cat,
    chunk,
    column_stack,
    dsplit,
    dstack,
    hsplit,
    hstack,
    narrow,
    select,
    split,
    stack,
    tensor_split,
    unbind,
    vsplit,
    vstack,
)
from minigrad.ops.linalg import matmul
from minigrad.ops.reductions import all, any, count_nonzero, logsumexp, mean, nanmean, nansum, sum
from minigrad.ops.rounding import (
    ceil,
    floor,
    floor_divide,
    fmod,
    frac,
    remainder,
    round,
    trunc,
)
from minigrad.ops.shaping import (
    atleast_1d,
    atleast_2d,
    atleast_3d,
    broadcast_tensors,
    broadcast_to,
    flatten,
    movedim,
    permute,
    ravel,
    reshape,
    squeeze,
    t,
    transpose,
    unflatten,
    unsqueeze,
)
from minigrad.tensor import Tensor

__version__ = "0.1.0"

caching_allocator_enable()
large_pages_enable()

if TYPE_CHECKING:  # for editors, which list what is in them
    from minigrad import (
        accelerator,
        amp,
        backends,
        cuda,
        distributed,
        distributions,
        func,
        graph,
        jit,
        linalg,
        nn,
        optim,
        random,
        return_types,
        serialization,
        special,
        utils,
    )
    from minigrad.amp import autocast, is_autocast_enabled
    from minigrad.asking import (
        broadcast_shapes,
        can_cast,
        is_complex,
        is_floating_point,
        is_nonzero,
        is_same_size,
        is_tensor,
        numel,
        result_type,
        typename,
    )
    from minigrad.device import get_default_device, set_default_device
    from minigrad.dtypes import promote_types, set_default_tensor_type
    from minigrad.func import vmap
    from minigrad.generator import initial_seed, seed
    from minigrad.jit import compile
    from minigrad.legacy import (
        BoolTensor,
        ByteTensor,
        CharTensor,
        DoubleTensor,
        FloatTensor,
        HalfTensor,
        IntTensor,
        LongTensor,
        ShortTensor,
        range,
    )
    from minigrad.ops.activations import log_softmax, relu, sigmoid, softmax, tanh
    from minigrad.ops.arranging import (
        diag,
        diag_embed,
        diagflat,
        diagonal,
        flip,
        fliplr,
        flipud,
        meshgrid,
        repeat_interleave,
        roll,
        rot90,
        tile,
        tril,
        triu,
    )
    from minigrad.ops.cumulative import cummax, cummin, cumprod, cumsum, diff, logcumsumexp, prod
    from minigrad.ops.decompositions import cholesky, det, inverse, logdet, matrix_power, slogdet, triangular_solve
    from minigrad.ops.einsum import einsum
    from minigrad.ops.extremes import amax, amin, aminmax, argmax, argmin, max, min
    from minigrad.ops.gamma import digamma, lgamma, polygamma
    from minigrad.ops.integrals import cumulative_trapezoid, trapezoid, trapz
    from minigrad.ops.norms import dist, norm
    from minigrad.ops.products import (
        addbmm,
        addmm,
        addmv,
        addr,
        baddbmm,
        bmm,
        chain_matmul,
        cross,
        dot,
        inner,
        kron,
        mm,
        mv,
        outer,
        tensordot,
        trace,
    )
    from minigrad.ops.quantiles import histc, kthvalue, median, mode, nanmedian, nanquantile, quantile
    from minigrad.ops.rectifiers import celu, hardshrink, prelu, selu, threshold
    from minigrad.ops.sampling import bernoulli, multinomial
    from minigrad.ops.scattering import (
        index_add,
        index_copy,
        index_fill,
        index_put,
        masked_scatter,
        put,
        scatter,
        scatter_add,
    )
    from minigrad.ops.searching import (
        argwhere,
        bincount,
        bucketize,
        isin,
        nonzero,
        searchsorted,
        unique,
        unique_consecutive,
        where,
    )
    from minigrad.ops.shaping import Size
    from minigrad.ops.sorting import argsort, msort, sort, topk
    from minigrad.ops.special import (
        erf,
        erfc,
        logaddexp,
        logit,
        xlogy,
    )
    from minigrad.ops.strides import as_strided
    from minigrad.ops.trigonometry import (
        acos,
        acosh,
        asin,
        asinh,
        atan,
        atan2,
        atanh,
        cos,
        cosh,
        deg2rad,
        hypot,
        rad2deg,
        sin,
        sinh,
        tan,
    )
    from minigrad.ops.variance import corrcoef, cov, std, std_mean, var, var_mean
    from minigrad.printing import set_printoptions
    from minigrad.random import (
        normal,
        rand,
        rand_like,
        randint,
        randint_like,
        randn,
        randn_like,
        randperm,
    )
    from minigrad.serialization import load, save

newaxis = None

# What most programs do without is imported when it is first asked for: whole rooms, and names by the file they are in.
_ROOMS = (
    "accelerator",
    "amp",
    "backends",
    "cuda",
    "distributed",
    "distributions",
    "func",
    "graph",
    "jit",
    "linalg",
    "nn",
    "optim",
    "random",
    "return_types",
    "serialization",
    "special",
    "utils",
)
_ELSEWHERE = {
    name: file
    for file, names in {
        "amp": "autocast is_autocast_enabled",
        "asking": "broadcast_shapes can_cast is_complex is_floating_point is_nonzero is_same_size is_tensor numel "
        "result_type typename",
        "backends": "are_deterministic_algorithms_enabled get_float32_matmul_precision set_float32_matmul_precision "
        "use_deterministic_algorithms",
        "device": "get_default_device set_default_device",
        "dtypes": "promote_types set_default_tensor_type",
        "func": "vmap",
        "generator": "initial_seed seed",
        "jit": "compile",
        "legacy": "BoolTensor ByteTensor CharTensor DoubleTensor FloatTensor HalfTensor IntTensor LongTensor "
        "ShortTensor range",
        "nn.functional": "dropout",
        "ops.activations": "log_softmax relu sigmoid softmax tanh",
        "ops.arranging": "diag diag_embed diagflat diagonal flip fliplr flipud meshgrid repeat_interleave roll rot90 "
        "tile tril triu",
        "ops.cumulative": "cummax cummin cumprod cumsum diff logcumsumexp prod",
        "ops.decompositions": "cholesky det inverse logdet matrix_power slogdet triangular_solve",
        "ops.distances": "cdist",
        "ops.einsum": "einsum",
        "ops.extremes": "amax amin aminmax argmax argmin max min",
        "ops.gamma": "digamma lgamma polygamma",
        "ops.integrals": "cumulative_trapezoid trapezoid trapz",
        "ops.norms": "dist norm",
        "ops.products": "addbmm addmm addmv addr baddbmm bmm chain_matmul cross dot inner kron mm mv outer tensordot "
        "trace",
        "ops.quantiles": "histc kthvalue median mode nanmedian nanquantile quantile",
        "ops.rectifiers": "celu hardshrink prelu selu threshold",
        "ops.sampling": "bernoulli multinomial",
        "ops.scattering": "index_add index_copy index_fill index_put masked_scatter put scatter scatter_add",
        "ops.searching": "argwhere bincount bucketize isin nonzero searchsorted unique unique_consecutive where",
        "ops.shaping": "Size",
        "ops.sorting": "argsort msort sort topk",
        "ops.special": "erf erfc logaddexp logit xlogy",
        "ops.strides": "as_strided",
        "ops.trigonometry": "acos acosh asin asinh atan atan2 atanh cos cosh deg2rad hypot rad2deg sin sinh tan",
        "ops.variance": "corrcoef cov std std_mean var var_mean",
        "printing": "set_printoptions",
        "random": "normal rand rand_like randint randint_like randn randn_like randperm",
        "serialization": "load save",
        "threads": "get_num_threads set_num_threads",
    }.items()
    for name in names.split()
}


def __getattr__(name: str) -> Any:
    """Find what is in a file that was not imported yet."""
    if name in _ROOMS:
        return importlib.import_module(f"minigrad.{name}")
    if name == "__all__":  # for `from minigrad import *`
        return [name for name in __dir__() if not name.startswith("_")]
    if name in _ELSEWHERE:
        found = getattr(importlib.import_module(f"minigrad.{_ELSEWHERE[name]}"), name)
    elif name in ALIASES:
        found = getattr(sys.modules[__name__], ALIASES[name])
    elif name.endswith("_") and not name.startswith("_") and hasattr(Tensor, name):
        return getattr(Tensor, name)  # PyTorch's functions that change a tensor in place, such as relu_
    else:
        raise missing("minigrad", name, __dir__())
    globals()[name] = found  # where it is found at once from here on
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_ROOMS, *_ELSEWHERE, *ALIASES})
