"""What code written for PyTorch calls on its way: devices, legacy constructors, names that are not there."""

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import minigrad

ROOT = Path(minigrad.__file__).parent.parent


def test_devices_that_code_asks_for():
    device = minigrad.device("cuda" if minigrad.cuda.is_available() else "cpu")
    x = minigrad.ones(2).to(device)
    assert x.to("cpu") is x
    assert x.cpu() is x
    assert x.to(x.device) is x
    assert x.device == device == minigrad.device("cpu")
    assert str(device) == "cpu"
    assert minigrad.device("cpu:0") == minigrad.device("cpu", 0) != device
    assert minigrad.cuda.device_count() == 0


@pytest.mark.parametrize("ask", [lambda x: x.to("cuda"), lambda x: x.cuda(), lambda x: minigrad.device("cuda:1")])
def test_a_gpu_is_refused(ask):
    with pytest.raises(RuntimeError, match=r"device: 'cuda(:1)?' is not available; minigrad computes with NumPy"):
        ask(minigrad.ones(2))


def test_to_takes_type_device_and_tensor_in_any_form():
    x = minigrad.ones(2)
    assert x.to(minigrad.float64).dtype == minigrad.float64
    assert x.to("cpu", minigrad.int64).dtype == minigrad.int64
    assert x.to(device="cpu", dtype=minigrad.int32).dtype == minigrad.int32
    assert x.to(minigrad.zeros(1, dtype=minigrad.float64)).dtype == minigrad.float64
    assert x.to(minigrad.float32) is x
    copied = x.to(minigrad.float32, copy=True)
    assert copied is not x
    assert minigrad.equal(copied, x)
    assert x.type() == "minigrad.FloatTensor"
    assert x.type(minigrad.int64).type() == "minigrad.LongTensor"


@pytest.mark.parametrize(
    ("name", "dtype"),
    [
        ("HalfTensor", "float16"),
        ("FloatTensor", "float32"),
        ("DoubleTensor", "float64"),
        ("CharTensor", "int8"),
        ("ShortTensor", "int16"),
        ("IntTensor", "int32"),
        ("LongTensor", "int64"),
        ("ByteTensor", "uint8"),
        ("BoolTensor", "bool"),
    ],
)
def test_legacy_constructors(name, dtype):
    make = getattr(minigrad, name)
    x = make([[1, 0]])
    assert x.dtype == np.dtype(dtype)
    assert x.shape == (1, 2)
    assert make(2, 3).shape == (2, 3)
    assert make().shape == (0,)
    assert x.type() == f"minigrad.{name}"


def test_legacy_constructors_are_types():
    x = minigrad.ones(2)
    assert isinstance(x, minigrad.FloatTensor)
    assert not isinstance(x, minigrad.LongTensor)
    assert not isinstance([1.0], minigrad.FloatTensor)
    assert x.type(minigrad.LongTensor).dtype == minigrad.int64
    assert minigrad.FloatTensor(x.shape).shape == (2,)  # a shape is no list of numbers
    assert minigrad.FloatTensor((2, 3)).tolist() == [2.0, 3.0]


def test_variable_shares_memory():
    x = minigrad.ones(2)
    v = minigrad.autograd.Variable(x, requires_grad=True)
    assert isinstance(v, minigrad.autograd.Variable)
    assert not x.requires_grad
    x[0] = 5
    assert v.tolist() == [5.0, 1.0]
    with pytest.raises(TypeError, match=r"Variable: data = 3\.0 must be a tensor"):
        minigrad.autograd.Variable(3.0)


def test_shapes_are_sizes():
    shape = minigrad.ones(2, 3, 4).shape
    assert isinstance(shape, minigrad.Size)
    assert shape == (2, 3, 4) == minigrad.ones(2, 3, 4).size()
    assert shape.numel() == 24
    assert shape[1:].numel() == 12
    assert minigrad.ones(()).shape.numel() == 1


PATHS = [
    "from minigrad.nn.modules.linear import Linear",
    "from minigrad.nn.modules.activation import ReLU, MultiheadAttention",
    "from minigrad.nn.modules.module import Module",
    "from minigrad.nn.modules.transformer import TransformerEncoderLayer",
    "from minigrad.nn.parameter import Parameter",
    "from minigrad.nn.modules import *",
    "from minigrad.nn.utils.rnn import pad_sequence, pack_padded_sequence",
    "from minigrad.nn.utils.clip_grad import clip_grad_norm_",
    "from minigrad.nn.functional import relu",
    "from minigrad.autograd.variable import Variable",
    "from minigrad.autograd.grad_mode import no_grad",
    "from minigrad.autograd.function import Function",
    "from minigrad.optim.optimizer import Optimizer",
    "from minigrad.optim.adam import Adam",
    "from minigrad.optim.adamw import AdamW",
    "from minigrad.optim.sgd import SGD",
    "from minigrad.optim.lr_scheduler import StepLR",
    "from minigrad.utils.data.dataloader import DataLoader, default_collate",
    "from minigrad.utils.data._utils.collate import default_collate",
    "from minigrad.utils.data.sampler import Sampler",
    "from minigrad.utils.data.dataset import Dataset",
    "from minigrad.utils.checkpoint import checkpoint",
    "import minigrad.nn.functional as F",
    "import minigrad.backends.cudnn as cudnn; cudnn.deterministic = True; cudnn.benchmark = False",
    "import minigrad; minigrad.nn.modules.loss.MSELoss; minigrad.nn.parameter.Parameter",
    "import minigrad; minigrad.backends.cudnn.enabled; minigrad.random.manual_seed(0); minigrad.accelerator",
]


def test_paths_that_code_imports_from():
    """Each as if nothing of minigrad had been imported before."""
    code = """if True:
    import sys
    for line in sys.argv[1:]:
        for name in [name for name in sys.modules if name.startswith("minigrad")]:
            del sys.modules[name]
        try:
            exec(line, {})
        except Exception as error:
            sys.exit(f"{line}: {error!r}")
    """
    subprocess.run([sys.executable, "-c", code, *PATHS], check=True, cwd=ROOT)


LATER = """if True:
    import sys
    import minigrad

    def there(file):
        return f"minigrad.ops.{file}" in sys.modules

    x = minigrad.ones(2)
    assert not there("cumulative") and not there("trigonometry")
    assert "cumsum" in dir(minigrad) and "cumsum" in dir(x) and not there("cumulative")
    assert x.cumsum(0).tolist() == [1, 2] and there("cumulative")
    assert minigrad.arcsin(x).shape == x.arcsin().shape == (2,)
    assert minigrad.Tensor.arcsin is minigrad.Tensor.asin is minigrad.asin is minigrad.arcsin
    assert "asin" in vars(minigrad)  # it is looked for only once
    assert x.polygamma(1).shape == (2,) and there("gamma")
    assert minigrad.Tensor.sort.__doc__ and there("sorting")
"""


def test_ops_that_were_not_imported_yet():
    subprocess.run([sys.executable, "-c", LATER], check=True, cwd=ROOT)


def test_all_names_can_be_imported_at_once():
    names: dict = {}
    exec("from minigrad import *", names)
    assert names["cumsum"] is minigrad.cumsum
    assert names["nn"] is minigrad.nn
    assert {name for name in dir(minigrad) if not name.startswith("_")} <= names.keys()


def test_what_type_checkers_see_is_there():
    tree = ast.parse(Path(minigrad.__file__).read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    for node in block.body:
        for name in node.names:
            assert hasattr(minigrad, name.name), name.name
            assert name.name in dir(minigrad)


def test_a_path_leads_to_the_same_class():
    from minigrad.nn.modules.linear import Linear

    assert Linear is minigrad.nn.Linear
    with pytest.raises(AttributeError, match="did you mean 'Linear'"):
        minigrad.nn.modules.linear.Lineer  # noqa: B018


def test_accelerators_that_code_asks_for():
    assert not minigrad.accelerator.is_available()
    assert minigrad.accelerator.current_accelerator() is None
    assert not minigrad.backends.mps.is_available()
    assert not minigrad.backends.mps.is_built()
    assert not minigrad.backends.cudnn.is_available()
    assert minigrad.cuda.memory_allocated() == 0
    minigrad.backends.cuda.matmul.allow_tf32 = True
    minigrad.cuda.manual_seed(1)
    with pytest.raises(AttributeError, match="CUDA and other accelerators are out of its scope"):
        minigrad.cuda.get_device_name(0)


def test_anomalies_are_looked_for_until_told_otherwise():
    x = minigrad.tensor([0.0], requires_grad=True)
    minigrad.autograd.set_detect_anomaly(True)
    with np.errstate(all="ignore"):
        with pytest.raises(RuntimeError, match="detect_anomaly: log"):
            x.log()
        minigrad.autograd.set_detect_anomaly(False)
        x.log()
        with minigrad.autograd.set_detect_anomaly(True), pytest.raises(RuntimeError, match="detect_anomaly: log"):
            x.log()
        x.log()


def test_tensor_itself_is_a_legacy_constructor():
    assert minigrad.Tensor([1, 2]).tolist() == [1.0, 2.0]
    assert minigrad.Tensor(2, 3).shape == (2, 3)
    assert minigrad.Tensor(5).shape == (5,)
    assert minigrad.Tensor().shape == (0,)
    assert minigrad.Tensor([1.0], requires_grad=True).requires_grad


@pytest.mark.parametrize(
    ("owner", "name", "said"),
    [
        ("minigrad", "sofmax", "did you mean 'softmax'"),
        ("minigrad", "fx", "compiling is out of its scope"),
        ("minigrad", "complex64", "complex numbers are out of its scope"),
        ("minigrad.nn", "Lineer", "did you mean 'Linear'"),
        ("minigrad.nn", "Conv2d", "images are out of its scope"),
        ("minigrad.nn", "AdaptiveAvgPool3d", "images are out of its scope"),
        ("minigrad.nn", "DataParallel", "distributed training is out of its scope"),
        ("minigrad.nn.functional", "max_pool2d", "images are out of its scope"),
        ("minigrad.nn.functional", "crossentropy", "did you mean 'cross_entropy'"),
        ("minigrad.optim", "AdamV", "did you mean 'Adam"),
    ],
)
def test_names_that_are_not_there_are_explained(owner, name, said):
    objects = {
        "minigrad": minigrad,
        "minigrad.nn": minigrad.nn,
        "minigrad.nn.functional": minigrad.nn.functional,
        "minigrad.optim": minigrad.optim,
    }
    with pytest.raises(AttributeError) as error:
        getattr(objects[owner], name)
    assert f"{owner} has no attribute {name!r}; {said}" in str(error.value)


def test_python_itself_explains_attributes_of_tensors():
    program = [sys.executable, "-c", "import minigrad; minigrad.ones(1).requires_grads"]
    run = subprocess.run(program, capture_output=True, text=True, check=False, cwd=ROOT)
    assert run.stderr.endswith("no attribute 'requires_grads'. Did you mean: 'requires_grad'?\n")
    assert not hasattr(minigrad.Tensor, "__getattr__")  # which would slow all others down


def test_attributes_can_still_be_looked_for():
    x = minigrad.ones(1)
    assert not hasattr(x, "mark")
    x.mark = "mine"
    assert x.mark == "mine"
    assert getattr(minigrad, "no_such_thing_at_all", None) is None


def test_none_is_not_equal_to_any_tensor():
    x = minigrad.ones(2)
    assert (x == None) is False  # noqa: E711  as public code has it
    assert (x != None) is True  # noqa: E711
    assert (x == 1).tolist() == [True, True]


@pytest.mark.parametrize(
    "make",
    [
        lambda **where: minigrad.tensor([1.0], **where),
        lambda **where: minigrad.as_tensor([1.0], **where),
        lambda **where: minigrad.zeros(2, 3, **where),
        lambda **where: minigrad.full((2,), 1.0, **where),
        lambda **where: minigrad.arange(3, **where),
        lambda **where: minigrad.ones_like(minigrad.ones(2), **where),
        lambda **where: minigrad.randn(2, **where),
        lambda **where: minigrad.randint(0, 3, (2,), **where),
        lambda **where: minigrad.randperm(3, **where),
        lambda **where: minigrad.ones(1).new_zeros(2, **where),
    ],
)
def test_functions_that_make_tensors_are_told_where(make):
    for device in (None, "cpu", minigrad.device("cpu"), minigrad.ones(1).device):
        assert isinstance(make(device=device), minigrad.Tensor)
    with pytest.raises(RuntimeError, match="'cuda' is not available"):
        make(device="cuda")


def test_mixed_precision_that_code_switches_off_or_wants_on_a_gpu_does_nothing():
    from minigrad.cuda.amp import GradScaler, autocast

    @minigrad.autocast("cuda", enabled=False)
    def product(x):
        return x @ x

    assert product(minigrad.ones(2)).item() == 2
    with pytest.warns(UserWarning, match="autocast: device_type = 'cuda' is not available"), autocast():
        assert not minigrad.is_autocast_enabled()
    with pytest.warns(UserWarning, match="GradScaler: device = 'cuda' is not available"):
        scaler = GradScaler()
    w = minigrad.tensor([3.0], requires_grad=True)
    optimizer = minigrad.optim.SGD([w], lr=0.5)
    scaler.scale(w.sum()).backward()
    scaler.unscale_(optimizer)
    scaler.step(optimizer)
    scaler.update()
    assert w.item() == 2.5
    scaler.load_state_dict(scaler.state_dict())
    with pytest.raises(RuntimeError, match="autocast: device_type = 'cpu' with dtype = float16 would mix precisions"):
        minigrad.amp.autocast("cpu", dtype=minigrad.float16)


def test_compiling_gives_back_what_it_is_given():
    from minigrad import jit

    @jit.script
    def double(x):
        return 2 * x

    class Model(minigrad.nn.Module):
        layers: jit.Final[int] = 2

        @jit.export
        def forward(self, x):
            return self.other(double(x))

        @jit.ignore
        def other(self, x):
            return x

        @jit.ignore(drop=True)
        def third(self, x):
            return x

        @minigrad.compile(dynamic=True)
        def fourth(self, x):
            return x

    model = Model()
    one = minigrad.ones(1)
    assert model(one).item() == 2
    assert model.third(one) is model.fourth(one) is one
    assert minigrad.compile(model) is jit.script(model) is jit.trace(model, one) is model
    assert not any([jit.is_scripting(), jit.is_tracing()])


def test_a_process_is_alone():
    import minigrad.distributed as dist

    assert not any([dist.is_available(), dist.is_initialized(), dist.is_torchelastic_launched()])
    with pytest.raises(AttributeError, match="distributed training is out of its scope"):
        dist.init_process_group("gloo")


def test_assigned_data_shares_memory():
    x, y = minigrad.zeros(2, requires_grad=True), minigrad.ones(2)
    x.data = y.data
    y[0] = 5
    assert x.tolist() == [5.0, 1.0]
    assert x.requires_grad
    assert x.is_leaf
    loss = (x * x).sum()
    x.data = minigrad.zeros(2)
    loss.backward()
    assert x.grad.tolist() == [10.0, 2.0]  # of the values that were there


def test_generators_know_their_seed():
    g = minigrad.Generator(device="cpu")
    assert g.manual_seed(7).initial_seed() == 7
    assert g.seed() == g.initial_seed() != 7
    minigrad.manual_seed(3)
    assert minigrad.initial_seed() == 3
    first, second = minigrad.Generator(), minigrad.Generator()
    assert not minigrad.equal(minigrad.rand(3, generator=first), minigrad.rand(3, generator=second))


def test_numpy_functions_of_a_tensor_give_tensors():
    assert isinstance(np.exp(minigrad.ones(2)), minigrad.Tensor)
    with pytest.raises(RuntimeError, match="numpy: the tensor requires a gradient"):
        np.exp(minigrad.ones(2, requires_grad=True))


def test_questions_about_types():
    for a, b in [("int8", "uint8"), ("float16", "int64"), ("bool", "float32"), ("float32", "float64")]:
        one, other = getattr(minigrad, a), getattr(minigrad, b)
        assert minigrad.promote_types(one, other) == minigrad.result_type(
            minigrad.ones(1, dtype=one), minigrad.ones(1, dtype=other)
        )
    assert minigrad.can_cast(minigrad.int64, minigrad.float16)
    assert not minigrad.can_cast(minigrad.int64, minigrad.bool)
    assert minigrad.typename([]) == "builtins.list"
    with pytest.raises(ValueError, match=r"the shapes \(2,\), \(3,\) do not broadcast"):
        minigrad.broadcast_shapes((2,), (3,))


def test_dtypes_are_set_in_the_early_way():
    minigrad.set_default_tensor_type(minigrad.DoubleTensor)
    try:
        assert minigrad.ones(1).dtype == minigrad.float64
    finally:
        minigrad.set_default_tensor_type("torch.FloatTensor")
    assert minigrad.ones(1).dtype == minigrad.float32
    minigrad.set_default_device("cpu")
    with minigrad.device("cpu"):
        assert minigrad.ones(1).device == minigrad.get_default_device()
    with pytest.raises(RuntimeError, match="'cuda' is not available"):
        minigrad.set_default_device("cuda")


def test_special_functions_under_their_names():
    assert minigrad.special.expit is minigrad.sigmoid
    assert minigrad.special.erf(minigrad.zeros(1)).item() == 0
    with pytest.raises(AttributeError, match="did you mean 'logsumexp'"):
        minigrad.special.logsumexps  # noqa: B018


def test_dropout_in_place():
    x = minigrad.ones(1000)
    y = minigrad.nn.functional.dropout(x, 0.5, inplace=True)
    assert y is x
    assert set(x.tolist()) == {0.0, 2.0}


def test_switches_that_change_nothing():
    minigrad.use_deterministic_algorithms(False)
    assert minigrad.are_deterministic_algorithms_enabled()
    minigrad.set_float32_matmul_precision("medium")
    assert minigrad.get_float32_matmul_precision() == "highest"


def test_draws_of_classes_are_as_likely_as_their_scores_say():
    minigrad.manual_seed(0)
    scores = minigrad.tensor([0.1, 0.3, 0.6]).log().requires_grad_()
    draws = minigrad.nn.functional.gumbel_softmax(scores.expand(20000, 3), tau=0.5, hard=True)
    np.testing.assert_allclose(draws.mean(0).detach().numpy(), [0.1, 0.3, 0.6], atol=0.02)
    draws[:, 0].sum().backward()
    assert scores.grad.abs().min() > 0


def test_a_type_that_numpy_lacks_can_be_named_but_not_used():
    chosen = {"float32": minigrad.float32, "bfloat16": minigrad.bfloat16}["float32"]
    x = minigrad.ones(2, dtype=chosen)
    assert x.dtype != minigrad.bfloat16
    assert x.dtype not in (minigrad.float16, minigrad.bfloat16)
    for use in (
        lambda: x.to(minigrad.bfloat16),
        lambda: x.to(dtype=minigrad.bfloat16),
        lambda: minigrad.zeros(2, dtype=minigrad.bfloat16),
        lambda: minigrad.tensor([1.0], dtype=minigrad.bfloat16),
        lambda: minigrad.nn.Linear(2, 2).to(minigrad.bfloat16),
        lambda: minigrad.set_default_dtype(minigrad.bfloat16),
    ):
        with pytest.raises(TypeError, match="dtype bfloat16 is not supported, since NumPy has no such type; float32"):
            use()
