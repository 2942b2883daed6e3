"""The names and arguments of the face: what PyTorch has, in its order and with its defaults.

PyTorch's own functions have signatures that Python can read; those it has from C++ have schemas, one for each way to
call them. What differs on purpose stands in `DIFFERENT`.
"""

import inspect

import pytest

import minigrad

torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")

ELEMENTWISE = """add sub mul div remainder fmod floor_divide pow neg abs sign reciprocal square sqrt rsqrt exp exp2
expm1 log log2 log10 log1p sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh erf erfc sigmoid logit
clamp clip minimum maximum fmin fmax lerp addcmul addcdiv where floor ceil round trunc frac isnan isinf isfinite
nan_to_num logaddexp xlogy hypot eq ne lt le gt ge logical_and logical_or logical_xor logical_not bitwise_and bitwise_or
bitwise_xor bitwise_not isclose allclose equal absolute negative multiply subtract divide true_divide greater less
greater_equal less_equal not_equal arccos arcsin arctan arctan2 fix"""
REDUCTIONS = "sum mean var std amax amin max min argmax argmin logsumexp norm any all"
SHAPES = """reshape permute transpose t squeeze unsqueeze broadcast_to tile repeat_interleave flatten unflatten movedim
swapaxes flip roll cat stack hstack vstack split chunk unbind tensor_split narrow select diagonal diag diag_embed tril
triu atleast_1d atleast_2d atleast_3d meshgrid"""
INDEXING = """index_select gather scatter scatter_add index_add index_fill masked_fill masked_select take_along_dim take
topk sort argsort nonzero unique unique_consecutive bincount searchsorted bucketize"""
PRODUCTS = "matmul mm bmm mv dot outer einsum addmm baddbmm tensordot kron trace"
CREATION = """tensor as_tensor from_numpy zeros ones full empty eye arange linspace logspace zeros_like ones_like
full_like empty_like tril_indices triu_indices rand randn randint randperm rand_like randn_like randint_like normal
bernoulli multinomial manual_seed Generator finfo iinfo get_default_dtype set_default_dtype is_tensor numel
is_floating_point result_type promote_types can_cast set_printoptions device no_grad enable_grad set_grad_enabled
inference_mode save load"""
FUNCTIONAL = """relu leaky_relu elu selu celu gelu silu mish softplus softsign hardtanh hardsigmoid hardswish
logsigmoid glu prelu softmax softmin log_softmax linear bilinear embedding dropout layer_norm rms_norm group_norm
batch_norm cross_entropy nll_loss mse_loss l1_loss smooth_l1_loss huber_loss binary_cross_entropy
binary_cross_entropy_with_logits kl_div cosine_similarity cosine_embedding_loss margin_ranking_loss
hinge_embedding_loss multi_margin_loss soft_margin_loss triplet_margin_loss multilabel_margin_loss
multilabel_soft_margin_loss triplet_margin_with_distance_loss poisson_nll_loss gaussian_nll_loss normalize
pairwise_distance scaled_dot_product_attention conv1d avg_pool1d max_pool1d one_hot pad"""
MODULES = """Module Parameter Linear Bilinear Embedding Dropout LayerNorm RMSNorm GroupNorm BatchNorm1d Conv1d
AvgPool1d MaxPool1d Flatten Unflatten Identity Sequential ModuleList ModuleDict ParameterList ParameterDict RNN LSTM
GRU RNNCell LSTMCell GRUCell MultiheadAttention TransformerEncoderLayer TransformerDecoderLayer TransformerEncoder
TransformerDecoder Transformer CrossEntropyLoss NLLLoss MSELoss L1Loss SmoothL1Loss HuberLoss BCELoss
BCEWithLogitsLoss KLDivLoss PoissonNLLLoss GaussianNLLLoss CosineEmbeddingLoss MarginRankingLoss HingeEmbeddingLoss
TripletMarginLoss MultiMarginLoss SoftMarginLoss MultiLabelMarginLoss MultiLabelSoftMarginLoss
TripletMarginWithDistanceLoss CosineSimilarity PairwiseDistance ReLU LeakyReLU ELU SELU CELU GELU SiLU Mish Softplus
Softsign Hardtanh Hardsigmoid Hardswish LogSigmoid GLU PReLU Softmax Softmin LogSoftmax Tanh Sigmoid"""
NAMES = {
    "": " ".join([ELEMENTWISE, REDUCTIONS, SHAPES, INDEXING, PRODUCTS, CREATION]),
    "Tensor": " ".join([ELEMENTWISE, REDUCTIONS, SHAPES, INDEXING, PRODUCTS])
    + """ view expand expand_as repeat contiguous unfold reshape_as view_as type_as to type clone detach item tolist
    numpy size dim numel stride is_contiguous requires_grad_ backward register_hook retain_grad element_size
    is_floating_point new_tensor new_zeros new_ones new_full new_empty add_ mul_ copy_ zero_ fill_ clamp_ masked_fill_
    scatter_ index_add_ uniform_ normal_ random_ bernoulli_ exponential_ apply_ map_""",
    "nn": MODULES,
    "nn.functional": FUNCTIONAL,
    "linalg": """norm vector_norm matrix_norm inv solve det slogdet cholesky matrix_power cross diagonal qr eigh
    eigvalsh""",
    "nn.init": """uniform_ normal_ constant_ ones_ zeros_ eye_ xavier_uniform_ xavier_normal_ kaiming_uniform_
    kaiming_normal_ trunc_normal_ orthogonal_ sparse_ calculate_gain""",
    "nn.utils": "clip_grad_norm_ clip_grad_value_ parameters_to_vector vector_to_parameters",
    "nn.utils.rnn": "pad_sequence pack_sequence pack_padded_sequence pad_packed_sequence",
    "optim": "SGD Adam AdamW RMSprop Adagrad LBFGS",
    "optim.lr_scheduler": """LambdaLR StepLR MultiStepLR ExponentialLR CosineAnnealingLR LinearLR OneCycleLR
    ReduceLROnPlateau SequentialLR""",
    "utils.data": """Dataset TensorDataset DataLoader random_split Subset RandomSampler SequentialSampler BatchSampler
    WeightedRandomSampler SubsetRandomSampler""",
    "utils.checkpoint": "checkpoint",
    "autograd": "backward grad Function gradcheck gradgradcheck detect_anomaly set_detect_anomaly Variable",
    "autograd.functional": "vjp jvp jacobian hessian hvp vhp",
}


# Arguments that are not compared: what every function that makes tensors is told, see `minigrad.device.takes_device`;
# PyTorch's earlier way to tell losses how to reduce, see `minigrad.ops.losses.takes_size_average`; matrices and
# vectors of linear algebra, which have the names of PyTorch's documentation; and what only its GPUs know.
ANYWHERE = {
    *("out", "device", "layout", "pin_memory", "memory_format", "requires_grad", "dtype", "non_blocking"),
    *("size_average", "reduce", "input", "self", "out_dtype"),
}

# For each name the arguments that differ on purpose.
DIFFERENT: dict[str, str] = {
    # what follows the target can only be given by name: PyTorch has size_average and reduce before it
    **dict.fromkeys(["cross_entropy", "nll_loss"], "ignore_index reduction label_smoothing"),
    **dict.fromkeys(["CrossEntropyLoss", "NLLLoss"], "ignore_index reduction label_smoothing"),
    **dict.fromkeys(["mse_loss", "l1_loss", "smooth_l1_loss", "kl_div"], "reduction weight beta log_target"),
    **dict.fromkeys(
        ["SmoothL1Loss", "KLDivLoss", "BCELoss", "BCEWithLogitsLoss"], "beta log_target reduction pos_weight"
    ),
    **dict.fromkeys(["binary_cross_entropy", "binary_cross_entropy_with_logits"], "reduction pos_weight"),
    **dict.fromkeys(["cosine_embedding_loss", "margin_ranking_loss", "hinge_embedding_loss"], "reduction"),
    **dict.fromkeys(
        [
            "multi_margin_loss",
            "soft_margin_loss",
            "triplet_margin_loss",
            "multilabel_margin_loss",
            "multilabel_soft_margin_loss",
        ],
        "reduction",
    ),
    **dict.fromkeys(["CosineEmbeddingLoss", "MarginRankingLoss", "HingeEmbeddingLoss"], "reduction"),
    **dict.fromkeys(
        [
            "TripletMarginLoss",
            "MultiMarginLoss",
            "MSELoss",
            "L1Loss",
            "SoftMarginLoss",
            "MultiLabelMarginLoss",
            "MultiLabelSoftMarginLoss",
        ],
        "reduction",
    ),
    **dict.fromkeys(["poisson_nll_loss", "PoissonNLLLoss"], "eps reduction"),
    # one argument here that is several in PyTorch's schemas, or has another name in them than in its documentation
    **dict.fromkeys(["max", "min"], "other"),
    **dict.fromkeys(["eq", "ne", "lt", "le", "gt", "ge", "mul", "log"], "a b l n"),
    **dict.fromkeys(["tensor", "as_tensor"], "t data"),
    **dict.fromkeys(["var", "std"], "unbiased"),
    "arange": "start end step",
    "randint": "low high size",
    "device": "a type index",
    "promote_types": "type1 type2",
    "swapaxes": "axis0 axis1",
    "repeat_interleave": "repeats",
    "where": "condition",
    **dict.fromkeys(["add", "sub", "subtract"], "alpha"),
    "tensor_split": "sections indices tensor_indices_or_sections",
    "scatter": "value",
    "scatter_": "value",
    "add_": "alpha",
    "split": "split_size",
    "result_type": "tensor other tensor1 tensor2 scalar1 scalar2 scalar",
    "copy_": "other",
    "randint_like": "high",
    "random_": "from to",
    "uniform_": "from",  # a word of Python's, which cannot be a name
    "bernoulli_": "p",
    # the default is the same thing in another form
    **dict.fromkeys(["Transformer", "TransformerEncoderLayer", "TransformerDecoderLayer"], "activation"),
    "random_split": "generator",
    "nan_to_num": "nan",
    # what is not there: sparse gradients, pickles, forward mode, dimensions that are implied
    "to": "other",
    "gather": "sparse_grad",
    "expand": "implicit",
    "save": "pickle_module pickle_protocol _use_new_zipfile_serialization _disable_byteorder_record",
    "Generator": "seed",
    "Embedding": "_weight _freeze",
    "Hardtanh": "min_value max_value",
    "enable_grad": "orig_func",
    "backward": "grad_variables inputs",
    "grad": "only_inputs allow_unused is_grads_batched materialize_grads",
    "gradcheck": "nondet_tol check_undefined_grad check_grad_dtypes check_batched_grad check_batched_forward_grad "
    "check_forward_ad check_backward_ad fast_mode masked",
    "gradgradcheck": "eps atol rtol raise_exception gen_non_contig_grad_outputs nondet_tol check_undefined_grad "
    "check_grad_dtypes check_batched_grad check_fwd_over_rev check_rev_over_rev fast_mode masked",
    **dict.fromkeys(
        ["vjp", "jvp", "jacobian", "hessian", "hvp", "vhp"], "strict vectorize strategy outer_jacobian_strategy"
    ),
}

Argument = tuple[bool, object]  # whether it can only be given by name, and its default


def find(library, path):
    for part in filter(None, path.split(".")):
        library = getattr(library, part)
    return library


def arguments_of(function):
    """The arguments by name, and whether there may be any number without one."""
    parameters = inspect.signature(function).parameters.values()
    several = [p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters]
    return {p.name: (p.kind is p.KEYWORD_ONLY, p.default) for p in parameters}, any(several)


def arguments_in(schema):
    empty = inspect.Parameter.empty
    return {a.name: (a.kwarg_only, a.default_value if a.has_default_value() else empty) for a in schema.arguments}


def torch_calls(place, name):
    """For each way to call PyTorch's function, its arguments."""
    try:
        arguments, several = arguments_of(getattr(find(torch, place), name))
        return [] if several else [arguments]
    except (ValueError, TypeError):
        operator = f"aten::{'linalg_' if place == 'linalg' else ''}{name}"
        schemas = torch._C._jit_get_schemas_for_operator(operator)
        return [
            arguments_in(schema)
            for schema in schemas
            if not any(a.is_out for a in schema.arguments)  # which results are written to
            and "Dimname" not in str(schema)  # dimensions that have names
            and not any(a.type.annotation_str == "str" and a.name.startswith("dim") for a in schema.arguments)
            and (str(schema.arguments[0].type) == "Tensor" or name in CREATION.split())
        ]


def same_default(ours, theirs):
    """Equal, where 1 is as good as 1.0 or [1], and None as good as an empty list."""
    if isinstance(theirs, list | tuple):
        theirs = tuple(theirs) or None
        theirs = theirs[0] if theirs and len(theirs) == 1 else theirs
    return ours == theirs or (theirs == "valid" and ours == 0)


def what_differs(place, name):
    function = getattr(find(minigrad, place), name)
    if place == "Tensor" and name.endswith("_"):
        function = getattr(minigrad.Tensor, name[:-1], function)  # of which it is made
    if isinstance(function, property):
        return
    ours, several = arguments_of(function)
    by_place = [x for x, (only_by_name, _) in ours.items() if not only_by_name]
    for theirs in torch_calls(place, name):
        for i, (argument, (only_by_name, default)) in enumerate(theirs.items()):
            if argument in ANYWHERE or argument in DIFFERENT.get(name, "").split():
                continue
            if argument not in ours and not several:
                yield f"no {argument}"
            elif argument not in ours:
                continue
            elif not only_by_name and not several and by_place[i : i + 1] != [argument]:
                yield f"{argument} is not argument {i}"
            elif default is not inspect.Parameter.empty and not same_default(ours[argument][1], default):
                yield f"{argument} is {ours[argument][1]!r} by default, not {default!r}"


@pytest.mark.parametrize(("place", "name"), [(place, name) for place, names in NAMES.items() for name in names.split()])
def test_every_call_that_pytorch_takes_is_taken(place, name):
    if not hasattr(find(torch, place), name):
        assert place == "Tensor"  # of the functions above not every one is a method
        return
    assert hasattr(find(minigrad, place), name)
    assert list(what_differs(place, name)) == []
