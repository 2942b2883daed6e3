"""Every module with PyTorch's weights: outputs, and gradients of inputs and of all parameters."""

import numpy as np
import pytest

import minigrad
from tests.oracle.comparing import assert_same, to_numpy

torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")

rng = np.random.default_rng(0)


def normal(*shape):
    return rng.standard_normal(shape).astype(np.float32)


def tensors_of(result):
    return [x for x in (result if isinstance(result, tuple) else (result,)) if x is not None]


def assert_modules_agree(ours, theirs, inputs, **options):
    """Run both on the same inputs from the same weights, forward and backward."""
    ours.load_state_dict({name: to_numpy(x) for name, x in theirs.state_dict().items()})
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert [n for n, _ in ours.named_parameters()] == [n for n, _ in theirs.named_parameters()]
    runs = []
    for library, module in ((minigrad, ours), (torch, theirs)):
        given = [library.tensor(x, requires_grad=x.dtype.kind == "f") for x in inputs]
        named = {k: library.tensor(v) if isinstance(v, np.ndarray) else v for k, v in options.items()}
        outputs = tensors_of(module(*given, **named))
        directions = np.random.default_rng(1)
        loss = sum(
            (y * library.tensor(directions.standard_normal(tuple(y.shape)).astype(np.float32))).sum() for y in outputs
        )
        loss.backward()
        runs.append((outputs, [x.grad for x in given], {n: p.grad for n, p in module.named_parameters()}))
    (outputs, grads, of_parameters), (their_outputs, their_grads, of_their_parameters) = runs
    assert len(outputs) == len(their_outputs)
    for i, (a, b) in enumerate(zip(outputs, their_outputs, strict=True)):
        assert_same(a, b, f"output {i}")
    for i, (a, b) in enumerate(zip(grads, their_grads, strict=True)):
        assert_same(a, b, f"gradient of input {i}")
    for name, g in of_parameters.items():
        assert_same(g, of_their_parameters[name], f"gradient of {name}")


X = normal(2, 5, 8)
SCORES, LABELS = normal(6, 4), np.array([0, 3, 1, 2, -100, 1])
PROBABILITIES = np.abs(normal(6, 4))
SIGNS = np.array([1, -1, -1, 1, 1, -1])
MODULES = [
    ("Linear", lambda nn: nn.Linear(8, 3), [X]),
    ("Linear, no bias", lambda nn: nn.Linear(8, 3, bias=False), [X]),
    ("Linear, a vector", lambda nn: nn.Linear(8, 3), [normal(8)]),
    ("Embedding", lambda nn: nn.Embedding(7, 3), [rng.integers(0, 7, (4, 5))]),
    ("Embedding, padding", lambda nn: nn.Embedding(7, 3, padding_idx=2), [rng.integers(0, 4, (4, 5))]),
    ("Embedding, short vectors", lambda nn: nn.Embedding(7, 3, 1, 0.5, 1.0), [rng.integers(0, 4, (4, 5))]),
    ("Embedding, by frequency", lambda nn: nn.Embedding(7, 3, 1, scale_grad_by_freq=True), [rng.integers(0, 4, 9)]),
    ("Embedding, padding from the end", lambda nn: nn.Embedding(4, 3, padding_idx=-1), [rng.integers(0, 4, (4, 5))]),
    ("LayerNorm", lambda nn: nn.LayerNorm(8), [X]),
    ("LayerNorm, two dims", lambda nn: nn.LayerNorm((5, 8)), [X]),
    ("LayerNorm, eps", lambda nn: nn.LayerNorm(8, eps=0.1), [X]),
    ("LayerNorm, no bias", lambda nn: nn.LayerNorm(8, bias=False), [X]),
    ("LayerNorm, plain", lambda nn: nn.LayerNorm(8, elementwise_affine=False), [X]),
    ("RMSNorm", lambda nn: nn.RMSNorm(8), [X]),
    ("RMSNorm, two dims", lambda nn: nn.RMSNorm((5, 8), eps=0.1), [X]),
    ("RMSNorm, plain", lambda nn: nn.RMSNorm(8, elementwise_affine=False), [X]),
    ("GroupNorm", lambda nn: nn.GroupNorm(2, 6), [normal(3, 6, 4)]),
    ("GroupNorm, no bias", lambda nn: nn.GroupNorm(3, 6, bias=False), [normal(3, 6)]),
    ("GroupNorm, plain", lambda nn: nn.GroupNorm(1, 6, affine=False), [normal(3, 6, 2)]),
    ("BatchNorm1d", lambda nn: nn.BatchNorm1d(6), [normal(3, 6, 4)]),
    ("BatchNorm1d, no length", lambda nn: nn.BatchNorm1d(6, bias=False), [normal(3, 6)]),
    ("BatchNorm1d, not tracking", lambda nn: nn.BatchNorm1d(6, track_running_stats=False).eval(), [normal(3, 6)]),
    ("BatchNorm1d, evaluating", lambda nn: nn.BatchNorm1d(6).eval(), [normal(3, 6)]),
    ("Conv1d", lambda nn: nn.Conv1d(4, 6, 3, 2, 1, groups=2), [normal(2, 4, 9)]),
    ("ConvTranspose1d", lambda nn: nn.ConvTranspose1d(4, 6, 3, 2, 1, 1, groups=2), [normal(2, 4, 9)]),
    ("ConstantPad1d", lambda nn: nn.ConstantPad1d((1, -2), 1.5), [X]),
    ("ConstantPad1d, one number", lambda nn: nn.ConstantPad1d(2, 0.5), [X]),
    ("ConstantPad2d", lambda nn: nn.ConstantPad2d((1, 0, -1, 2), 1.5), [X]),
    ("ZeroPad1d", lambda nn: nn.ZeroPad1d((0, 3)), [X]),
    ("ZeroPad2d, a step in time", lambda nn: nn.ZeroPad2d((0, 0, 1, -1)), [X]),
    ("ZeroPad2d, one number", lambda nn: nn.ZeroPad2d(1), [X]),
    ("ReflectionPad1d", lambda nn: nn.ReflectionPad1d((2, 1)), [X]),
    ("ReplicationPad1d", lambda nn: nn.ReplicationPad1d(2), [X]),
    ("CircularPad1d", lambda nn: nn.CircularPad1d((1, 3)), [X]),
    ("Conv1d, same", lambda nn: nn.Conv1d(4, 6, 3, padding="same", bias=False, dilation=2), [normal(4, 9)]),
    ("AvgPool1d", lambda nn: nn.AvgPool1d(3, 2, 1), [normal(2, 4, 9)]),
    ("MaxPool1d", lambda nn: nn.MaxPool1d(3, 2, 1), [normal(2, 4, 9)]),
    ("MaxPool1d, indices", lambda nn: nn.MaxPool1d(2, return_indices=True), [normal(2, 4, 9)]),
    ("Identity", lambda nn: nn.Identity(3), [X]),
    ("Flatten", lambda nn: nn.Flatten(), [X]),
    ("Unflatten", lambda nn: nn.Unflatten(2, (2, -1)), [X]),
    ("ReLU", lambda nn: nn.ReLU(), [X]),
    ("Tanh", lambda nn: nn.Tanh(), [X]),
    ("Sigmoid", lambda nn: nn.Sigmoid(), [X]),
    ("Softplus", lambda nn: nn.Softplus(), [X]),
    ("Softmax", lambda nn: nn.Softmax(1), [X]),
    ("LogSoftmax", lambda nn: nn.LogSoftmax(-1), [X]),
    ("Dropout, off", lambda nn: nn.Dropout(0.0), [X]),
    ("Sequential", lambda nn: nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.LayerNorm(4), nn.Linear(4, 2)), [X]),
    ("CrossEntropyLoss", lambda nn: nn.CrossEntropyLoss(), [SCORES, LABELS]),
    ("CrossEntropyLoss, sum", lambda nn: nn.CrossEntropyLoss(reduction="sum"), [SCORES, LABELS]),
    ("CrossEntropyLoss, none", lambda nn: nn.CrossEntropyLoss(reduction="none"), [SCORES, LABELS]),
    ("CrossEntropyLoss, ignoring", lambda nn: nn.CrossEntropyLoss(ignore_index=1), [SCORES[:4], LABELS[:4]]),
    ("CrossEntropyLoss, smooth", lambda nn: nn.CrossEntropyLoss(label_smoothing=0.1), [SCORES, LABELS]),
    ("CrossEntropyLoss, probabilities", lambda nn: nn.CrossEntropyLoss(), [SCORES, PROBABILITIES]),
    (
        "CrossEntropyLoss, smooth probabilities",
        lambda nn: nn.CrossEntropyLoss(label_smoothing=0.3, reduction="sum"),
        [SCORES, PROBABILITIES],
    ),
    ("CrossEntropyLoss, dims", lambda nn: nn.CrossEntropyLoss(), [normal(2, 4, 3, 5), rng.integers(0, 4, (2, 3, 5))]),
    ("CrossEntropyLoss, one row", lambda nn: nn.CrossEntropyLoss(), [normal(4), np.array(2)]),
    ("NLLLoss", lambda nn: nn.NLLLoss(), [SCORES, LABELS]),
    ("MSELoss", lambda nn: nn.MSELoss(), [SCORES, PROBABILITIES]),
    ("BCEWithLogitsLoss", lambda nn: nn.BCEWithLogitsLoss(), [SCORES, PROBABILITIES]),
    ("BCELoss", lambda nn: nn.BCELoss(), [PROBABILITIES / 4, PROBABILITIES / 4]),
    ("L1Loss", lambda nn: nn.L1Loss(reduction="sum"), [SCORES, PROBABILITIES]),
    ("SmoothL1Loss", lambda nn: nn.SmoothL1Loss(beta=0.5), [SCORES, PROBABILITIES]),
    ("HuberLoss", lambda nn: nn.HuberLoss("sum", 0.5), [SCORES, PROBABILITIES]),
    ("KLDivLoss", lambda nn: nn.KLDivLoss(reduction="batchmean", log_target=True), [SCORES, PROBABILITIES]),
    ("PoissonNLLLoss", lambda nn: nn.PoissonNLLLoss(False, True), [PROBABILITIES, PROBABILITIES * 2]),
    ("GaussianNLLLoss", lambda nn: nn.GaussianNLLLoss(full=True), [SCORES, normal(6, 4), PROBABILITIES + 1]),
    ("CosineEmbeddingLoss", lambda nn: nn.CosineEmbeddingLoss(0.1), [SCORES, normal(6, 4), SIGNS]),
    ("MarginRankingLoss", lambda nn: nn.MarginRankingLoss(0.1), [normal(6), normal(6), SIGNS]),
    ("HingeEmbeddingLoss", lambda nn: nn.HingeEmbeddingLoss(0.5), [normal(6), SIGNS]),
    ("TripletMarginLoss", lambda nn: nn.TripletMarginLoss(2.0, swap=True), [SCORES, normal(6, 4), normal(6, 4)]),
    ("MultiMarginLoss", lambda nn: nn.MultiMarginLoss(2, 0.5), [SCORES, np.abs(LABELS) % 4]),
    ("SoftMarginLoss", lambda nn: nn.SoftMarginLoss(), [normal(6), SIGNS]),
    ("CosineSimilarity", lambda nn: nn.CosineSimilarity(0), [SCORES, normal(6, 4)]),
    ("PairwiseDistance", lambda nn: nn.PairwiseDistance(1.0, keepdim=True), [SCORES, normal(6, 4)]),
]


@pytest.mark.parametrize(("make", "inputs"), [pytest.param(*row[1:], id=row[0]) for row in MODULES])
def test_modules(make, inputs):
    assert_modules_agree(make(minigrad.nn), make(torch.nn), inputs)


@pytest.mark.parametrize("momentum", [0.3, None])
def test_running_means(momentum):
    batches = [normal(4, 3), normal(2, 3, 5), normal(3, 3)]
    results = []
    for library in (minigrad, torch):
        norm = library.nn.BatchNorm1d(3, momentum=momentum)
        seen = [norm(library.tensor(x)) for x in batches]
        norm.eval()
        results.append([*seen, norm(library.tensor(batches[0])), *norm.state_dict().values()])
    for ours, theirs in zip(*results, strict=True):
        assert_same(ours, theirs)
    assert list(minigrad.nn.BatchNorm1d(3).state_dict()) == list(torch.nn.BatchNorm1d(3).state_dict())


@pytest.mark.parametrize("options", [{}, {"label_smoothing": 0.2}, {"reduction": "none"}])
@pytest.mark.parametrize("target", [LABELS, PROBABILITIES], ids=["classes", "probabilities"])
def test_weighted_cross_entropy(options, target):
    weight = np.abs(normal(4))
    assert_modules_agree(
        minigrad.nn.CrossEntropyLoss(minigrad.tensor(weight), **options),
        torch.nn.CrossEntropyLoss(torch.tensor(weight), **options),
        [SCORES, target],
    )


def test_weights_of_yes_or_no_are_part_of_the_state():
    weight, yes = np.abs(normal(4)), np.abs(normal(4))
    assert_modules_agree(
        minigrad.nn.BCEWithLogitsLoss(minigrad.tensor(weight), pos_weight=minigrad.tensor(yes)),
        torch.nn.BCEWithLogitsLoss(torch.tensor(weight), pos_weight=torch.tensor(yes)),
        [SCORES, PROBABILITIES],
    )


FLOAT_MASK = normal(5, 5)
BOOL_MASK = rng.random((5, 5)) < 0.4
BOOL_MASK[:, 0] = False
PADDING = np.array([[False, False, False, True, True], [False] * 5])
MASKS = {
    "none": {},
    "bool": {"attn_mask": BOOL_MASK},
    "float": {"attn_mask": FLOAT_MASK},
    "minus infinity": {"attn_mask": np.where(BOOL_MASK, -np.inf, 0).astype(np.float32)},
    "by head": {"attn_mask": np.stack([BOOL_MASK, np.zeros_like(BOOL_MASK)] * 2)},
    "float by head": {"attn_mask": normal(4, 5, 5)},
    "padding": {"key_padding_mask": PADDING},
    "float padding": {"key_padding_mask": np.where(PADDING, -np.inf, 0).astype(np.float32)},
    "bool and padding": {"attn_mask": BOOL_MASK, "key_padding_mask": PADDING},
    "causal": {"attn_mask": np.triu(np.ones((5, 5), bool), 1), "is_causal": True},
}
SHOWN = {"averaged": {}, "by head": {"average_attn_weights": False}, "not shown": {"need_weights": False}}


@pytest.mark.parametrize("shown", SHOWN)
@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("batch_first", [True, False])
def test_multihead_attention(mask, shown, batch_first):
    def make(nn):
        return nn.MultiheadAttention(8, 2, batch_first=batch_first)

    x = X if batch_first else X.transpose(1, 0, 2)
    assert_modules_agree(make(minigrad.nn), make(torch.nn), [x, x + 1, x * 2], **MASKS[mask], **SHOWN[shown])


@pytest.mark.parametrize("bias", [True, False])
def test_multihead_attention_over_another_sequence(bias):
    def make(nn):
        return nn.MultiheadAttention(8, 4, bias=bias, batch_first=True)

    assert_modules_agree(make(minigrad.nn), make(torch.nn), [X, normal(2, 3, 8), normal(2, 3, 8)])
    assert_modules_agree(make(minigrad.nn), make(torch.nn), [X[0], X[0], X[0]], attn_mask=BOOL_MASK)


def test_padding_of_one_sequence():
    def make(nn):
        return nn.MultiheadAttention(8, 2)

    assert_modules_agree(make(minigrad.nn), make(torch.nn), [X[0]] * 3, key_padding_mask=PADDING[0])


ADDED = [
    {"add_bias_kv": True},
    {"add_zero_attn": True},
    {"kdim": 5, "vdim": 6},
    {"kdim": 5, "vdim": 6, "add_bias_kv": True, "add_zero_attn": True, "bias": False},
]


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("settings", ADDED, ids=str)
def test_multihead_attention_with_positions_added_or_other_widths(settings, mask):
    def make(nn):
        return nn.MultiheadAttention(8, 2, batch_first=True, **settings)

    keys, values = (normal(2, 5, settings.get(name, 8)) for name in ("kdim", "vdim"))
    assert_modules_agree(make(minigrad.nn), make(torch.nn), [X, keys, values], **MASKS[mask])


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
@pytest.mark.parametrize("padding", [2, "same"])
def test_convolution_with_other_padding(mode, padding):
    def make(nn):
        return nn.Conv1d(2, 3, 4, padding=padding, padding_mode=mode)

    assert repr(make(minigrad.nn)) == repr(make(torch.nn))
    assert_modules_agree(make(minigrad.nn), make(torch.nn), [normal(2, 2, 7)])


def test_attention_with_fewer_heads_of_keys():
    q, k = normal(2, 4, 5, 3), normal(2, 2, 5, 3)
    ours, theirs = (
        m.nn.functional.scaled_dot_product_attention(m.tensor(q), m.tensor(k), m.tensor(k), enable_gqa=True, scale=0.3)
        for m in (minigrad, torch)
    )
    assert_same(ours, theirs)


PRINTED = [
    lambda nn: nn.Linear(2, 3),
    lambda nn: nn.Linear(2, 3, bias=False),
    lambda nn: nn.Embedding(3, 2),
    lambda nn: nn.Embedding(3, 2, padding_idx=0),
    lambda nn: nn.Softmax(dim=1),
    lambda nn: nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Sequential(nn.Tanh(), nn.Sigmoid())),
    lambda nn: nn.ModuleList([nn.Linear(1, 2), nn.ReLU()]),
    lambda nn: nn.Sequential(),
    lambda nn: nn.CrossEntropyLoss(),
    lambda nn: nn.LayerNorm(3, bias=False),
    lambda nn: nn.Dropout(0.1),
    lambda nn: nn.RMSNorm(3),
    lambda nn: nn.GroupNorm(2, 4),
    lambda nn: nn.BatchNorm1d(3),
    lambda nn: nn.Conv1d(2, 4, 3, 2, 1, 2, 2, False),
    lambda nn: nn.Conv1d(2, 4, 3, padding="same"),
    lambda nn: nn.ConvTranspose1d(2, 4, 3, 2, 1, 1, 2, False, 2),
    lambda nn: nn.ConvTranspose1d(2, 4, 3),
    lambda nn: nn.AvgPool1d(2),
    lambda nn: nn.MaxPool1d(2, dilation=2),
    lambda nn: nn.Flatten(),
    lambda nn: nn.Unflatten(1, (2, 3)),
    lambda nn: nn.Identity(),
    lambda nn: nn.TripletMarginLoss(),
    lambda nn: nn.ConstantPad1d(2, 1.5),
    lambda nn: nn.ZeroPad2d((0, 0, 1, -1)),
]


@pytest.mark.parametrize("make", PRINTED)
def test_modules_print_alike(make):
    assert repr(make(minigrad.nn)) == repr(make(torch.nn))


WITH_DTYPE = [
    lambda nn, **kind: nn.Linear(2, 3, **kind),
    lambda nn, **kind: nn.Bilinear(2, 2, 3, **kind),
    lambda nn, **kind: nn.Embedding(2, 3, **kind),
    lambda nn, **kind: nn.LayerNorm(3, **kind),
    lambda nn, **kind: nn.RMSNorm(3, **kind),
    lambda nn, **kind: nn.GroupNorm(2, 4, **kind),
    lambda nn, **kind: nn.BatchNorm1d(3, **kind),
    lambda nn, **kind: nn.Conv1d(2, 3, 1, **kind),
    lambda nn, **kind: nn.PReLU(**kind),
    lambda nn, **kind: nn.RNN(2, 3, **kind),
    lambda nn, **kind: nn.LSTM(2, 3, **kind),
    lambda nn, **kind: nn.GRU(2, 3, **kind),
    lambda nn, **kind: nn.RNNCell(2, 3, **kind),
    lambda nn, **kind: nn.LSTMCell(2, 3, **kind),
    lambda nn, **kind: nn.GRUCell(2, 3, **kind),
    lambda nn, **kind: nn.MultiheadAttention(4, 2, **kind),
    lambda nn, **kind: nn.TransformerEncoderLayer(4, 2, 8, **kind),
    lambda nn, **kind: nn.TransformerDecoderLayer(4, 2, 8, **kind),
    lambda nn, **kind: nn.Transformer(4, 2, 1, 1, 8, **kind),
]


@pytest.mark.parametrize("make", WITH_DTYPE)
@pytest.mark.filterwarnings("ignore:enable_nested_tensor")  # of PyTorch's
def test_modules_of_another_type(make):
    ours, theirs = (make(m.nn, dtype=m.float64, device="cpu").state_dict() for m in (minigrad, torch))
    assert [(k, str(x.dtype)) for k, x in ours.items()] == [(k, str(x.dtype)[6:]) for k, x in theirs.items()]
    with pytest.raises(RuntimeError, match="'cuda' is not available"):
        make(minigrad.nn, device="cuda")


EARLY = [
    {},
    {"size_average": False},
    {"size_average": True},
    {"reduce": False},
    {"reduce": True, "size_average": False},
]


@pytest.mark.parametrize("told", EARLY, ids=str)
@pytest.mark.filterwarnings("ignore:size_average and reduce args will be deprecated")
@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides", "ignore:kl_div")
def test_losses_told_in_the_early_way_how_to_reduce(told):
    x, y = normal(4, 3), np.abs(normal(4, 3))
    p, signs, classes = 1 / (1 + np.exp(-x)), np.sign(normal(4)), rng.integers(0, 3, 4)
    losses = [
        ("MSELoss", [x, y]),
        ("L1Loss", [x, y]),
        ("SmoothL1Loss", [x, y]),
        ("CrossEntropyLoss", [x, classes]),
        ("NLLLoss", [x, classes]),
        ("BCELoss", [p, p]),
        ("BCEWithLogitsLoss", [x, p]),
        ("KLDivLoss", [x, y]),
        ("PoissonNLLLoss", [x, y]),
        ("CosineEmbeddingLoss", [x, y, signs]),
        ("MarginRankingLoss", [x[:, 0], y[:, 0], signs]),
        ("HingeEmbeddingLoss", [x[:, 0], signs]),
        ("TripletMarginLoss", [x, y, p]),
        ("MultiMarginLoss", [x, classes]),
        ("SoftMarginLoss", [x[:, 0], signs]),
        ("MultiLabelMarginLoss", [x, np.array([[0, -1, 1]] * 4)]),
        ("MultiLabelSoftMarginLoss", [x, p]),
    ]
    for name, inputs in losses:
        results = [getattr(m.nn, name)(**told)(*map(m.tensor, inputs)) for m in (minigrad, torch)]
        assert_same(*results, name)


def test_a_table_of_known_vectors():
    table = minigrad.tensor([[1.0, 2.0], [3.0, 4.0]])
    module = minigrad.nn.Embedding.from_pretrained(table)
    assert not module.weight.requires_grad
    table[0, 0] = 9
    assert module(minigrad.tensor([0])).tolist() == [[9.0, 2.0]]
    assert minigrad.nn.Embedding.from_pretrained(table, freeze=False, padding_idx=0).weight.requires_grad
