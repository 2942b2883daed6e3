"""Hooks of modules, against PyTorch's: when they are called, with what, and what becomes of what they return."""

import numpy as np
import pytest

import minigrad
from tests.oracle.comparing import assert_same

torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")


def two_branches(library):
    """A module with several inputs and outputs, one of which is no tensor, and one of which nobody uses."""

    class Branches(library.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = library.nn.Parameter(library.tensor([0.5, -1.0, 2.0], dtype=library.float64))

        def forward(self, x, n, y, z=None):
            return x * self.weight + y.sum(), y * n * self.weight, "nothing", x.sum()

    return Branches()


def run(library, register, call):
    """What hooks have seen, results, and gradients."""
    rng = np.random.default_rng(0)
    module, seen = two_branches(library), []
    x, y = (library.tensor(rng.standard_normal((2, 3)), requires_grad=True) for _ in range(2))
    register(module, seen)
    outputs = call(module, x, y)
    ((outputs[0] ** 2).sum() + (outputs[1] ** 3).sum()).backward()
    return seen, [outputs[0], outputs[1], x.grad, y.grad, module.weight.grad]


def both(module, seen):
    module.register_full_backward_hook(lambda m, i, o: seen.append(["back", *i, *o]))
    module.register_full_backward_pre_hook(lambda m, o: seen.append(["pre", *o]))


def changing(module, seen):
    module.register_full_backward_pre_hook(lambda m, o: (o[0] * 2, o[1] * 3, None, o[3]))
    module.register_full_backward_hook(lambda m, i, o: seen.append([*i, *o]))
    module.register_full_backward_hook(lambda m, i, o: tuple(None if g is None else g + 1 for g in i))
    module.register_full_backward_hook(lambda m, i, o: seen.append([*i]), prepend=True)


def forward(module, seen):
    module.register_forward_pre_hook(lambda m, a: seen.append(["pre", *a[::2]]))
    module.register_forward_pre_hook(lambda m, a, k: ((a[0] * 2, *a[1:]), k), with_kwargs=True)
    module.register_forward_hook(lambda m, a, o: seen.append([*a[::2], *o[:2]]))
    module.register_forward_hook(lambda m, a, k, o: (o[0] + 1, *o[1:]), with_kwargs=True, prepend=True)
    module.register_full_backward_hook(lambda m, i, o: seen.append([*i, *o]))


CALLS = [
    lambda m, x, y: m(x, 3, y),
    lambda m, x, y: m(x.detach(), 3, y),
    lambda m, x, y: m(x.detach(), 3, y.detach()),
    lambda m, x, y: m(x, 3, y=y),
    lambda m, x, y: m(x, 3, y, z=2),
]


@pytest.mark.filterwarnings("ignore:Full backward hook is firing when gradients are computed:UserWarning")
@pytest.mark.parametrize("call", range(len(CALLS)))
@pytest.mark.parametrize("register", [both, changing, forward], ids=lambda f: f.__name__)
def test_hooks(register, call):
    (ours, our_results), (theirs, their_results) = (run(m, register, CALLS[call]) for m in (minigrad, torch))
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            if isinstance(x, str) or x is None or y is None:
                assert x == y or (x is None and not y.any()) or (y is None and not x.any())
            else:
                assert_same(x, y)
    for a, b in zip(our_results, their_results, strict=True):
        assert_same(a, b)


def test_second_derivatives():
    """Some of whose gradients reach the inputs without having been at the outputs."""
    results = []
    for library in (minigrad, torch):
        layer, seen = library.nn.Sigmoid(), []
        layer.register_full_backward_hook(lambda m, i, o, seen=seen: (seen.append(o[0]), (i[0] * 2,))[1])
        x = library.tensor([0.3, -1.0], requires_grad=True, dtype=library.float64)
        (first,) = library.autograd.grad(layer(x).sum(), x, create_graph=True)
        (second,) = library.autograd.grad(first.sum(), x)
        results.append([first, second, *seen])
    for a, b in zip(*results, strict=True):
        assert_same(a, b)


def test_grad_cam():
    """What hooks are used for most: activations and their gradients, in the middle of a model."""
    rng = np.random.default_rng(0)
    values = [rng.standard_normal(shape).astype(np.float32) for shape in ((4, 3), (4,), (2, 4), (2,))]
    results = []
    for library in (minigrad, torch):
        nn = library.nn
        model, kept = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)), {}
        with library.no_grad():
            for p, value in zip(model.parameters(), values, strict=True):
                p.copy_(library.tensor(value))
        model[1].register_forward_hook(lambda m, i, o, kept=kept: kept.update(activation=o))
        model[1].register_full_backward_hook(lambda m, i, o, kept=kept: kept.update(gradient=o[0]))
        model(library.tensor(values[0])).max().backward()
        results.append([kept["activation"], kept["gradient"], *(p.grad for p in model.parameters())])
    for a, b in zip(*results, strict=True):
        assert_same(a, b)


def test_messages_of_states_that_do_not_fit():
    said = []
    for library in (minigrad, torch):
        nn = library.nn
        model = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.LayerNorm(3)))
        state = {key: value for key, value in model.state_dict().items() if key != "0.bias"}
        state |= {"1.0.weight": library.ones(4), "more": library.ones(1), "even.more": library.ones(1)}
        with pytest.raises(RuntimeError) as caught:
            model.load_state_dict(state)
        said.append(str(caught.value).replace("torch.Size([4])", "(4,)").replace("torch.Size([3])", "(3,)"))
        del state["1.0.weight"]
        said.append(repr(model.load_state_dict(state, strict=False)).lstrip("_"))
    assert said[:2] == said[2:]
