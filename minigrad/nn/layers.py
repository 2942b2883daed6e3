"""The common layers: linear, embedding, layer norm and dropout."""

import math
from typing import Any

import numpy as np

from minigrad.creation import empty
from minigrad.nn import functional as F  # noqa: N812  PyTorch's custom
from minigrad.nn import init
from minigrad.nn.module import Module, Parameter, takes_dtype
from minigrad.tensor import Tensor


def check_positive(function: str, **sizes: Any) -> None:
    """Raises ValueError for a size that is not a whole number from 1 up."""
    for name, n in sizes.items():
        if not isinstance(n, int | np.integer) or n < 1:
            raise ValueError(f"{function}: {name} = {n!r} must be a whole number from 1 up")


class Linear(Module):
    """`x · Wᵀ + b`.

    Arguments:
        in_features: width of the input.
        out_features: width of the output.
        bias: whether to add b.

    Shapes: (..., in_features) to (..., out_features); `weight` is (out_features, in_features).

    >>> import minigrad
    >>> minigrad.nn.Linear(3, 2)(minigrad.ones(5, 3)).shape
    (5, 2)
    """

    @takes_dtype
    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        super().__init__()
        check_positive("Linear", in_features=in_features, out_features=out_features)
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(empty(out_features, in_features))
        self.bias = Parameter(empty(out_features)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Even spread over ±1/√in_features, as PyTorch."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features)
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        """Apply the layer to a tensor of shape (..., in_features)."""
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The sizes."""
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class Bilinear(Module):
    """x1 · W · x2 + b, with a matrix W for each output.

    Arguments:
        in1_features, in2_features: widths of the two inputs.
        out_features: width of the output.
        bias: whether to add b.

    Shapes: (..., in1_features) and (..., in2_features) to (..., out_features).

    >>> import minigrad
    >>> minigrad.nn.Bilinear(3, 4, 2)(minigrad.ones(5, 3), minigrad.ones(5, 4)).shape
    (5, 2)
    """

    @takes_dtype
    def __init__(self, in1_features: int, in2_features: int, out_features: int, bias: bool = True):
        super().__init__()
        check_positive("Bilinear", in1_features=in1_features, in2_features=in2_features, out_features=out_features)
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        self.weight = Parameter(empty(out_features, in1_features, in2_features))
        self.bias = Parameter(empty(out_features)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Even spread over ±1/√in1_features, as PyTorch."""
        bound = 1 / math.sqrt(self.in1_features)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        """Apply the layer to two tensors that agree before their last dimensions."""
        return F.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The sizes."""
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


class Embedding(Module):
    """A vector for each token: a table that is looked up.

    Arguments:
        num_embeddings: how many tokens there are.
        embedding_dim: the width of a vector.
        padding_idx: a token whose vector starts as 0 and is never learnt.
        max_norm, norm_type, scale_grad_by_freq, sparse: see `functional.embedding`.

    Shapes: integers of any shape (...) to (..., embedding_dim).

    >>> import minigrad
    >>> minigrad.nn.Embedding(10, 4)(minigrad.tensor([[1, 2, 3]])).shape
    (1, 3, 4)
    """

    @takes_dtype
    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ):
        super().__init__()
        check_positive("Embedding", num_embeddings=num_embeddings, embedding_dim=embedding_dim)
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise ValueError(
                f"Embedding: padding_idx = {padding_idx} must lie within num_embeddings = {num_embeddings}"
            )
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = None if padding_idx is None else padding_idx % num_embeddings
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.sparse = sparse
        self.weight = Parameter(empty(num_embeddings, embedding_dim))
        self.reset_parameters()

    @classmethod
    def from_pretrained(cls, embeddings: Tensor, freeze: bool = True, *args: Any, **kwargs: Any) -> "Embedding":
        """A table of vectors that are known already.

        Arguments:
            embeddings: the vectors, of shape (tokens, width); the module shares their memory.
            freeze: whether they stay as they are.
            args, kwargs: `padding_idx` and what follows it.

        >>> import minigrad
        >>> minigrad.nn.Embedding.from_pretrained(minigrad.tensor([[1.0, 2.0]]))(minigrad.tensor([0]))
        tensor([[1., 2.]])
        """
        module = cls(*embeddings.shape, *args, **kwargs)
        module.weight = Parameter(embeddings, requires_grad=not freeze)
        return module

    def reset_parameters(self) -> None:
        """Normal distribution of variance 1, as PyTorch."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            self.weight.array[self.padding_idx] = 0

    def forward(self, input: Tensor) -> Tensor:
        """Look up the vectors of integer tokens."""
        return F.embedding(
            input,
            self.weight,
            self.padding_idx,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
        )

    def extra_repr(self) -> str:
        """The sizes."""
        settings = {
            "padding_idx": None,
            "max_norm": None,
            "norm_type": 2.0,
            "scale_grad_by_freq": False,
            "sparse": False,
        }
        told = "".join(
            f", {name}={getattr(self, name)}" for name, usual in settings.items() if getattr(self, name) != usual
        )
        return f"{self.num_embeddings}, {self.embedding_dim}{told}"


class LayerNorm(Module):
    """Each row brought to mean 0 and variance 1, then scaled and shifted: see `functional.layer_norm`.

    Arguments:
        normalized_shape: the last dimension or dimensions, which make a row.
        eps: keeps the root away from 0.
        elementwise_affine: whether scale and shift are learnt.
        bias: whether the shift is.

    >>> import minigrad
    >>> minigrad.nn.LayerNorm(3)
    LayerNorm((3,), eps=1e-05, elementwise_affine=True, bias=True)
    """

    @takes_dtype
    def __init__(
        self,
        normalized_shape: int | tuple[int, ...],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
    ):
        super().__init__()
        self.normalized_shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        for n in self.normalized_shape:
            check_positive("LayerNorm", normalized_shape=n)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self.weight = Parameter(empty(self.normalized_shape)) if elementwise_affine else None
        self.bias = Parameter(empty(self.normalized_shape)) if elementwise_affine and bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Scale 1, shift 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """Normalise a tensor that ends in the dimensions `normalized_shape`."""
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The settings."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )


class Dropout(Module):
    """While training, sets elements to 0 with probability `p`: see `functional.dropout`.

    (`inplace` is PyTorch's, to save memory; here the result is always a new tensor.)

    >>> import minigrad
    >>> minigrad.nn.Dropout(0.1).eval()(minigrad.ones(2))
    tensor([1., 1.])
    """

    def __init__(self, p: float = 0.5, inplace: bool = False):
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"Dropout: p = {p} must lie between 0 and 1")
        self.p = p
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Drop elements, unless in `eval` mode."""
        return F.dropout(input, self.p, self.training)

    def extra_repr(self) -> str:
        """The probability."""
        return f"p={self.p}, inplace={self.inplace}"


class Identity(Module):
    """Its input, unchanged; any arguments are ignored, so that it can stand in for another layer.

    >>> import minigrad
    >>> minigrad.nn.Identity(3, bias=False)(minigrad.ones(2))
    tensor([1., 1.])
    """

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        """Return the input."""
        return input


class Flatten(Module):
    """Dimensions run into one; by default all but the first, the batch.

    >>> import minigrad
    >>> minigrad.nn.Flatten()(minigrad.ones(2, 3, 4)).shape
    (2, 12)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1):
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Tensor) -> Tensor:
        """Flatten a tensor."""
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        """The dimensions."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """One dimension cut into several.

    >>> import minigrad
    >>> minigrad.nn.Unflatten(1, (3, 4))(minigrad.ones(2, 12)).shape
    (2, 3, 4)
    """

    def __init__(self, dim: int, unflattened_size: tuple[int, ...]):
        super().__init__()
        self.dim = dim
        self.unflattened_size = unflattened_size

    def forward(self, input: Tensor) -> Tensor:
        """Unflatten a tensor."""
        return input.unflatten(self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        """The dimension and the lengths."""
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
