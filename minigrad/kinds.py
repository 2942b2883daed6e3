"""Of which type, how large and where: what tensors say of themselves, and how others are made of them."""

from typing import Any, Self

import numpy as np

from minigrad import dtypes
from minigrad.arrays import filled, legacy_array, to_array
from minigrad.autograd.node import TensorBase
from minigrad.autograd.op import Rule
from minigrad.autograd.primitive import primitive
from minigrad.device import CPU, strided, takes_device
from minigrad.device import device as Device  # noqa: N812  tensors have an attribute of that name
from minigrad.methods import Methods
from minigrad.ops import shaping
from minigrad.ops.elementwise import clone


@primitive(Rule("g, converted back", lambda g, _y, x, dtype: _convert(g, x.dtype)), name="to")
def _convert(input: Any, dtype: np.dtype) -> Any:
    return input.astype(dtype)


class Kinds(Methods):
    """What kind of tensor it is, and the same numbers, or others, in another."""

    __slots__ = ()

    @property
    def shape(self) -> shaping.Size:
        """The length of each dimension."""
        return shaping.Size(self.array.shape)

    @property
    def dtype(self) -> np.dtype:
        """The element type."""
        return self.array.dtype

    @property
    def ndim(self) -> int:
        """How many dimensions there are."""
        return self.array.ndim

    @property
    def device(self) -> Device:
        """Where it lives: on the CPU."""
        return CPU

    is_cpu, layout = True, strided
    is_cuda = is_mps = is_xpu = is_meta = is_sparse = is_quantized = is_nested = False

    def dim(self) -> int:
        """How many dimensions there are."""
        return self.array.ndim

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the length of dimension `dim`."""
        return self.shape if dim is None else self.array.shape[shaping.check_dim(dim, self.ndim, "size")]

    def numel(self) -> int:
        """How many elements there are."""
        return self.array.size

    def stride(self, dim: int | None = None) -> Any:
        """How many elements further in memory the next position of each dimension, or of `dim`, is."""
        strides = tuple(n // self.array.itemsize for n in self.array.strides)
        return strides if dim is None else strides[shaping.check_dim(dim, self.ndim, "stride")]

    def is_contiguous(self) -> bool:
        """Whether the elements lie in memory in order, row after row."""
        return self.array.flags.c_contiguous

    ndimension, nelement = dim, numel

    def element_size(self) -> int:
        """How many bytes an element takes."""
        return self.array.itemsize

    @property
    def itemsize(self) -> int:
        """How many bytes an element takes."""
        return self.array.itemsize

    @property
    def nbytes(self) -> int:
        """How many bytes the elements take together."""
        return self.array.nbytes

    def data_ptr(self) -> int:
        """The address of the first element in memory."""
        return self.array.ctypes.data

    def is_floating_point(self) -> bool:
        """Whether the elements are floats."""
        return self.array.dtype.kind == "f"

    def is_complex(self) -> bool:
        """Whether the elements are complex numbers: never."""
        return False

    def is_signed(self) -> bool:
        """Whether the type has negative numbers."""
        return self.array.dtype.kind in "if"

    def is_same_size(self, other: Any) -> bool:
        """Whether the other tensor has this shape."""
        return self.array.shape == other.array.shape

    def is_shared(self) -> bool:
        """Whether the memory is shared with other processes: no."""
        return False

    def share_memory_(self) -> Self:
        """Itself: processes are handed copies."""
        return self

    def pin_memory(self) -> Self:
        """Itself: there is no GPU to hurry to."""
        return self

    def is_pinned(self) -> bool:
        """Whether the memory is held ready for a GPU: no."""
        return False

    # --- new ones of the same type

    @takes_device
    def new_tensor(self, data: Any, *, dtype: Any = None, requires_grad: bool = False) -> Any:
        """A tensor with a copy of `data`, by default of this type."""
        return self._new(to_array(data, dtype or self.dtype, copy=True), requires_grad)

    @takes_device
    def new_full(self, size: Any, fill_value: Any, *, dtype: Any = None, requires_grad: bool = False) -> Any:
        """A tensor of shape `size` filled with a number, by default of this type."""
        return self._new(filled("new_full", tuple(size), fill_value, dtype or self.dtype), requires_grad)

    @takes_device
    def new_zeros(self, *sizes: Any, size: Any = None, dtype: Any = None, requires_grad: bool = False) -> Any:
        """Zeros, by default of this type."""
        return self.new_full(shaping.as_shape(sizes, size), 0, dtype=dtype, requires_grad=requires_grad)

    @takes_device
    def new_ones(self, *sizes: Any, size: Any = None, dtype: Any = None, requires_grad: bool = False) -> Any:
        """Ones, by default of this type."""
        return self.new_full(shaping.as_shape(sizes, size), 1, dtype=dtype, requires_grad=requires_grad)

    @takes_device
    def new_empty(self, *sizes: Any, size: Any = None, dtype: Any = None, requires_grad: bool = False) -> Any:
        """A tensor whose values are not set, by default of this type."""
        return self._new(np.empty(shaping.as_shape(sizes, size), dtype or self.dtype), requires_grad)

    def new(self, *data: Any) -> Any:
        """PyTorch's early way: of this type, from a list, or of a shape given as numbers (zeros then)."""
        return self._result(legacy_array(data, self.dtype, "new"), None)

    def _new(self, array: np.ndarray, requires_grad: Any) -> Any:
        return self._result(array, None).requires_grad_(requires_grad)  # type: ignore[attr-defined]  # in Tensor

    # --- converting

    def to(
        self,
        *to: Any,
        dtype: Any = None,
        device: Any = None,
        non_blocking: bool = False,
        copy: bool = False,
        memory_format: Any = None,
    ) -> Any:
        """This tensor with another element type; itself if it has that type already.

        Arguments:
            to: an element type, a tensor to take it from, or a device, which can only be the CPU; or both.
            dtype, device: the same by name.
            non_blocking, memory_format: for PyTorch's sake; nothing blocks, and elements lie row after row.
            copy: make a copy also where nothing changes.
        """
        for x in (*to, device):
            if isinstance(x, TensorBase):
                dtype = x.array.dtype
            elif isinstance(x, str | Device):
                Device(x)  # which raises unless it is the CPU
            elif x is not None:
                dtype = x
        dtype = self.dtype if dtype is None else dtypes.check_supported(dtype, "to")
        if dtype == self.dtype:
            return clone(self) if copy else self
        return _convert(self, dtype=dtype)

    def cpu(self) -> Any:
        """Itself: it is on the CPU."""
        return self

    def cuda(self, device: Any = None) -> Any:
        """There is no GPU: raises RuntimeError."""
        return self.to(device="cuda")

    def type(self, dtype: Any = None) -> Any:
        """With an element type the converted tensor; without one PyTorch's name of its own, such as "FloatTensor".

        Arguments:
            dtype: an element type, a legacy one such as `minigrad.FloatTensor`, or the name of that.
        """
        if dtype is None:
            return dtypes.LEGACY_NAMES[self.dtype]
        return self.to(dtypes.by_legacy_name(dtype) if isinstance(dtype, str) else dtype)

    def half(self) -> Any:
        """As float16."""
        return self.to(dtypes.float16)

    def float(self) -> Any:
        """As float32."""
        return self.to(dtypes.float32)

    def double(self) -> Any:
        """As float64."""
        return self.to(dtypes.float64)

    def long(self) -> Any:
        """As int64."""
        return self.to(dtypes.int64)

    def int(self) -> Any:
        """As int32."""
        return self.to(dtypes.int32)

    def short(self) -> Any:
        """As int16."""
        return self.to(dtypes.int16)

    def char(self) -> Any:
        """As int8."""
        return self.to(dtypes.int8)

    def byte(self) -> Any:
        """As uint8."""
        return self.to(dtypes.uint8)

    def bool(self) -> Any:
        """As bool: whether each element differs from zero."""
        return self.to(dtypes.bool)

    def type_as(self, other: Any) -> Any:
        """With the element type of `other`."""
        return self.to(other.dtype)
