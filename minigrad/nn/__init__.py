"""What networks are built of, with PyTorch's names."""

from minigrad.hints import missing
from minigrad.nn import functional, init, utils
from minigrad.nn.activations import (
    CELU,
    ELU,
    GELU,
    GLU,
    SELU,
    Hardshrink,
    Hardsigmoid,
    Hardswish,
    Hardtanh,
    LeakyReLU,
    LogSigmoid,
    LogSoftmax,
    Mish,
    PReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Softmin,
    Softplus,
    Softshrink,
    Softsign,
    Tanh,
    Tanhshrink,
    Threshold,
)
from minigrad.nn.attention import Attention, MultiheadAttention, SelfAttention
from minigrad.nn.cache import KeyValueCache
from minigrad.nn.cells import GRUCell, LSTMCell, RNNCell
from minigrad.nn.containers import ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential
from minigrad.nn.convolution import AvgPool1d, Conv1d, ConvTranspose1d, MaxPool1d
from minigrad.nn.layers import Bilinear, Dropout, Embedding, Flatten, Identity, LayerNorm, Linear, Unflatten
from minigrad.nn.lazy import LazyBatchNorm1d, LazyConv1d, LazyLinear, UninitializedParameter
from minigrad.nn.losses import (
    BCELoss,
    BCEWithLogitsLoss,
    CosineEmbeddingLoss,
    CosineSimilarity,
    CrossEntropyLoss,
    GaussianNLLLoss,
    HingeEmbeddingLoss,
    HuberLoss,
    KLDivLoss,
    L1Loss,
    MarginRankingLoss,
    MSELoss,
    MultiLabelMarginLoss,
    MultiLabelSoftMarginLoss,
    MultiMarginLoss,
    NLLLoss,
    PairwiseDistance,
    PoissonNLLLoss,
    SmoothL1Loss,
    SoftMarginLoss,
    TripletMarginLoss,
    TripletMarginWithDistanceLoss,
)
from minigrad.nn.module import Module, Parameter
from minigrad.nn.normalisation import BatchNorm1d, GroupNorm, RMSNorm
from minigrad.nn.padding import (
    CircularPad1d,
    ConstantPad1d,
    ConstantPad2d,
    ReflectionPad1d,
    ReplicationPad1d,
    ZeroPad1d,
    ZeroPad2d,
)
from minigrad.nn.position import (
    LearnedPositionEncoding,
    NoPositionEncoding,
    PositionEncoding,
    SinusoidalPositionEncoding,
)
from minigrad.nn.recorder import Recorder
from minigrad.nn.recurrent import GRU, LSTM, RNN
from minigrad.nn.relative import ALiBi, RotaryPositionEncoding
from minigrad.nn.scores import AdditiveScore, GeneralScore
from minigrad.nn.transformer import (
    Transformer,
    TransformerDecoder,
    TransformerDecoderLayer,
    TransformerEncoder,
    TransformerEncoderLayer,
)
from minigrad.paths import open_paths


def __getattr__(name: str) -> object:
    """Say which name was meant, or that it is out of scope."""
    raise missing("minigrad.nn", name, globals())


open_paths(__name__)
