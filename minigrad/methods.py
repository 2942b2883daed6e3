"""What can be computed with a tensor: PyTorch's operators and methods, each one line into `minigrad.ops`, where its
forward pass and its derivative stand. Files that most programs do without are imported with their first method.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from minigrad.aliases import add_aliases
from minigrad.autograd.node import TensorBase
from minigrad.in_place import InPlace
from minigrad.later import Unread
from minigrad.ops import (
    arithmetic,
    choosing,
    comparison,
    elementwise,
    indexing,
    joining,
    linalg,
    reductions,
    rounding,
    shaping,
)

if TYPE_CHECKING:
    from minigrad.ops import (
        activations,
        arranging,
        cumulative,
        decompositions,
        extremes,
        gamma,
        norms,
        products,
        quantiles,
        sampling,
        scattering,
        searching,
        sorting,
        special,
        strides,
        trigonometry,
        variance,
    )
else:  # see `later`
    activations = Unread("minigrad.ops.activations")
    arranging = Unread("minigrad.ops.arranging")
    cumulative = Unread("minigrad.ops.cumulative")
    decompositions = Unread("minigrad.ops.decompositions")
    extremes = Unread("minigrad.ops.extremes")
    gamma = Unread("minigrad.ops.gamma")
    norms = Unread("minigrad.ops.norms")
    products = Unread("minigrad.ops.products")
    quantiles = Unread("minigrad.ops.quantiles")
    sampling = Unread("minigrad.ops.sampling")
    scattering = Unread("minigrad.ops.scattering")
    searching = Unread("minigrad.ops.searching")
    sorting = Unread("minigrad.ops.sorting")
    special = Unread("minigrad.ops.special")
    strides = Unread("minigrad.ops.strides")
    trigonometry = Unread("minigrad.ops.trigonometry")
    variance = Unread("minigrad.ops.variance")


def _reflected(op: Callable[..., Any]) -> Callable[..., Any]:
    """The operator for a number on the left: `2 - x`."""
    return lambda self, other: op(other, self)


_COMPARED = (TensorBase, np.ndarray, np.generic, int, float)


@add_aliases
class Methods(InPlace):
    """The operators and methods of tensors that give new tensors."""

    __slots__ = ()

    # --- operators

    __add__ = elementwise.add
    __radd__ = _reflected(elementwise.add)
    __sub__ = elementwise.sub
    __rsub__ = _reflected(elementwise.sub)
    __mul__ = elementwise.mul
    __rmul__ = _reflected(elementwise.mul)
    __truediv__ = elementwise.div
    __rtruediv__ = _reflected(elementwise.div)
    __floordiv__ = rounding.floor_divide
    __rfloordiv__ = _reflected(rounding.floor_divide)
    __mod__ = rounding.remainder
    __rmod__ = _reflected(rounding.remainder)
    __pow__ = elementwise.pow
    __rpow__ = _reflected(elementwise.pow)
    __matmul__ = linalg.matmul
    __rmatmul__ = _reflected(linalg.matmul)
    __neg__ = elementwise.neg
    __abs__ = elementwise.abs

    def __pos__(self) -> Self:
        return self

    __getitem__ = indexing.getitem

    def __eq__(self, other: object) -> Any:  # a tensor; but what is no number is just something else
        return comparison.eq(self, other) if isinstance(other, _COMPARED) else NotImplemented

    def __ne__(self, other: object) -> Any:
        return comparison.ne(self, other) if isinstance(other, _COMPARED) else NotImplemented

    __lt__ = comparison.lt
    __le__ = comparison.le
    __gt__ = comparison.gt
    __ge__ = comparison.ge
    __and__ = __rand__ = comparison.bitwise_and
    __or__ = __ror__ = comparison.bitwise_or
    __xor__ = __rxor__ = comparison.bitwise_xor
    __lshift__ = comparison.bitwise_left_shift
    __rlshift__ = _reflected(comparison.bitwise_left_shift)
    __rshift__ = comparison.bitwise_right_shift
    __rrshift__ = _reflected(comparison.bitwise_right_shift)
    __invert__ = comparison.bitwise_not
    __hash__ = object.__hash__

    # --- methods

    add = arithmetic.add
    sub = arithmetic.sub
    mul = elementwise.mul
    div = arithmetic.div
    neg = elementwise.neg
    pow = elementwise.pow
    square = elementwise.square
    abs = elementwise.abs
    sign = elementwise.sign
    reciprocal = elementwise.reciprocal
    exp = elementwise.exp
    exp2 = elementwise.exp2
    expm1 = elementwise.expm1
    log = elementwise.log
    log2 = elementwise.log2
    log10 = elementwise.log10
    log1p = elementwise.log1p
    sqrt = elementwise.sqrt
    rsqrt = elementwise.rsqrt
    lerp = arithmetic.lerp
    addcmul = arithmetic.addcmul
    addcdiv = arithmetic.addcdiv
    float_power = arithmetic.float_power

    sin = trigonometry.sin
    cos = trigonometry.cos
    tan = trigonometry.tan
    asin = trigonometry.asin
    acos = trigonometry.acos
    atan = trigonometry.atan
    atan2 = trigonometry.atan2
    hypot = trigonometry.hypot
    deg2rad = trigonometry.deg2rad
    rad2deg = trigonometry.rad2deg
    sinh = trigonometry.sinh
    cosh = trigonometry.cosh
    asinh = trigonometry.asinh
    acosh = trigonometry.acosh
    atanh = trigonometry.atanh
    digamma = gamma.digamma
    lgamma = gamma.lgamma

    def polygamma(self, n: int) -> Any:
        """The derivative of order `n` of ψ: as `minigrad.polygamma`."""
        return gamma.polygamma(n, self)

    erf = special.erf
    erfc = special.erfc
    logit = special.logit
    logaddexp = special.logaddexp
    xlogy = special.xlogy
    floor = rounding.floor
    ceil = rounding.ceil
    trunc = rounding.trunc
    round = rounding.round
    frac = rounding.frac
    floor_divide = rounding.floor_divide
    remainder = rounding.remainder
    fmod = rounding.fmod

    maximum = choosing.maximum
    minimum = choosing.minimum
    fmax = choosing.fmax
    fmin = choosing.fmin
    clamp = choosing.clamp
    clamp_min = choosing.clamp_min
    clamp_max = choosing.clamp_max
    masked_fill = choosing.masked_fill
    nan_to_num = choosing.nan_to_num

    eq = comparison.eq
    ne = comparison.ne
    lt = comparison.lt
    le = comparison.le
    gt = comparison.gt
    ge = comparison.ge
    logical_and = comparison.logical_and
    logical_or = comparison.logical_or
    logical_xor = comparison.logical_xor
    logical_not = comparison.logical_not
    bitwise_and = comparison.bitwise_and
    bitwise_or = comparison.bitwise_or
    bitwise_xor = comparison.bitwise_xor
    bitwise_not = comparison.bitwise_not
    bitwise_left_shift = comparison.bitwise_left_shift
    bitwise_right_shift = comparison.bitwise_right_shift
    isnan = comparison.isnan
    isfinite = comparison.isfinite
    isinf = comparison.isinf
    isposinf = comparison.isposinf
    isneginf = comparison.isneginf
    isclose = comparison.isclose
    allclose = comparison.allclose
    equal = comparison.equal

    sum = reductions.sum
    mean = reductions.mean
    nansum = reductions.nansum
    nanmean = reductions.nanmean
    logsumexp = reductions.logsumexp
    any = reductions.any
    all = reductions.all
    count_nonzero = reductions.count_nonzero
    var = variance.var
    std = variance.std
    cov = variance.cov
    corrcoef = variance.corrcoef
    amax = extremes.amax
    amin = extremes.amin
    aminmax = extremes.aminmax
    argmax = extremes.argmax
    argmin = extremes.argmin
    max = extremes.max
    min = extremes.min
    median = quantiles.median
    nanmedian = quantiles.nanmedian
    quantile = quantiles.quantile
    nanquantile = quantiles.nanquantile
    kthvalue = quantiles.kthvalue
    histc = quantiles.histc
    mode = quantiles.mode
    prod = cumulative.prod
    cumsum = cumulative.cumsum
    cumprod = cumulative.cumprod
    logcumsumexp = cumulative.logcumsumexp
    cummax = cumulative.cummax
    cummin = cumulative.cummin
    diff = cumulative.diff

    reshape = shaping.reshape
    reshape_as = shaping.reshape_as
    view = shaping.view
    view_as = shaping.view_as
    contiguous = shaping.contiguous
    flatten = shaping.flatten
    ravel = shaping.ravel
    permute = shaping.permute
    transpose = shaping.transpose
    t = shaping.t
    movedim = shaping.movedim
    unflatten = shaping.unflatten
    squeeze = shaping.squeeze
    unsqueeze = shaping.unsqueeze
    expand = shaping.expand
    expand_as = shaping.expand_as
    flip = arranging.flip
    flipud = arranging.flipud
    fliplr = arranging.fliplr
    diagflat = arranging.diagflat
    roll = arranging.roll
    rot90 = arranging.rot90
    repeat = arranging.repeat
    tile = arranging.tile
    repeat_interleave = arranging.repeat_interleave
    unfold = arranging.unfold
    as_strided = strides.as_strided
    diagonal = arranging.diagonal
    diag = arranging.diag
    diag_embed = arranging.diag_embed
    tril = arranging.tril
    triu = arranging.triu
    split = joining.split
    chunk = joining.chunk
    tensor_split = joining.tensor_split
    hsplit = joining.hsplit
    vsplit = joining.vsplit
    dsplit = joining.dsplit
    unbind = joining.unbind
    narrow = joining.narrow
    select = joining.select
    gather = indexing.gather
    index_select = indexing.index_select
    take = indexing.take
    take_along_dim = indexing.take_along_dim
    masked_select = indexing.masked_select
    scatter = scattering.scatter
    scatter_add = scattering.scatter_add
    index_add = scattering.index_add
    index_copy = scattering.index_copy
    index_fill = scattering.index_fill
    index_put = scattering.index_put
    put = scattering.put
    masked_scatter = scattering.masked_scatter
    sort = sorting.sort
    argsort = sorting.argsort
    topk = sorting.topk
    msort = sorting.msort
    bernoulli = sampling.bernoulli
    multinomial = sampling.multinomial
    nonzero = searching.nonzero
    argwhere = searching.argwhere
    unique = searching.unique
    unique_consecutive = searching.unique_consecutive
    bincount = searching.bincount

    matmul = linalg.matmul
    mm = products.mm
    bmm = products.bmm
    mv = products.mv
    dot = products.dot
    outer = products.outer
    inner = products.inner
    addmm = products.addmm
    addmv = products.addmv
    addr = products.addr
    baddbmm = products.baddbmm
    addbmm = products.addbmm
    kron = products.kron
    trace = products.trace
    cross = products.cross
    norm = norms.norm
    dist = norms.dist
    inverse = decompositions.inv
    det = decompositions.det
    slogdet = decompositions.slogdet
    logdet = decompositions.logdet
    cholesky = decompositions.cholesky
    triangular_solve = decompositions.triangular_solve
    matrix_power = decompositions.matrix_power

    relu = activations.relu
    tanh = activations.tanh
    sigmoid = activations.sigmoid
    softmax = activations.softmax
    log_softmax = activations.log_softmax

    clone = elementwise.clone

    def broadcast_to(self, size: tuple[int, ...]) -> Any:
        """Repeated, without copying, to the shape `size`: see `minigrad.broadcast_to`."""
        return shaping.broadcast_to(self, tuple(size))

    def where(self, condition: Any, other: Any) -> Any:
        """This tensor where `condition` is true, `other` elsewhere: see `minigrad.where`."""
        return choosing.where(condition, self, other)

    def sum_to_size(self, *size: Any) -> Any:
        """Summed over the dimensions in which `size` has 1, or none: the reverse of broadcasting."""
        return reductions.sum_to_size(self, shaping.as_shape(size))

    @property
    def T(self) -> Any:  # noqa: N802  PyTorch's name
        """The dimensions in reverse order; a matrix transposed."""
        return shaping.permute(self, tuple(range(self.array.ndim))[::-1])

    @property
    def H(self) -> Any:  # noqa: N802  PyTorch's name
        """A matrix transposed: there are no complex numbers, which it would conjugate."""
        return shaping.t(self)

    @property
    def mT(self) -> Any:  # noqa: N802  PyTorch's name
        """Each matrix of the last two dimensions transposed."""
        return shaping.transpose(self, -1, -2)

    mH = mT  # noqa: N815  PyTorch's name

    def adjoint(self) -> Any:
        """Each matrix of the last two dimensions transposed: there are no complex numbers."""
        return self.mT

    def conj(self) -> Self:
        """The tensor itself: there are no complex numbers."""
        return self

    @property
    def real(self) -> Self:
        """The tensor itself: there are no complex numbers."""
        return self

    positive = resolve_conj = conj

    def get_device(self) -> int:
        """The number of the GPU: -1, since there is none."""
        return -1
