"""Weights that are computed from others, against PyTorch's."""

import numpy as np
import pytest

import minigrad
from tests.oracle.comparing import assert_same, to_numpy

torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")


def parametrize(library):
    if library is torch:
        from torch.nn.utils import parametrizations, parametrize
    else:
        from minigrad.nn.utils import parametrizations, parametrize
    return parametrize, parametrizations


def symmetric(library, layer):
    class Symmetric(library.nn.Module):
        def forward(self, x):
            return x.triu() + x.triu(1).transpose(0, 1)

        def right_inverse(self, weight):
            return weight.triu()

    return parametrize(library)[0].register_parametrization(layer, "weight", Symmetric())


def two(library, layer):
    class Twice(library.nn.Module):
        def forward(self, x):
            return 2 * x

        def right_inverse(self, weight):
            return weight / 2

    class Cubed(library.nn.Module):
        def forward(self, x):
            return x**3

    register = parametrize(library)[0].register_parametrization
    return register(register(register(layer, "weight", Cubed()), "weight", Twice()), "bias", Twice())


WAYS = {
    "symmetric": symmetric,
    "two": two,
    "weight norm": lambda library, layer: parametrize(library)[1].weight_norm(layer),
    "weight norm, whole": lambda library, layer: parametrize(library)[1].weight_norm(layer, dim=-1),
    "spectral norm": lambda library, layer: parametrize(library)[1].spectral_norm(layer, n_power_iterations=2),
    "spectral norm, columns": lambda library, layer: parametrize(library)[1].spectral_norm(layer, dim=1),
    "spectral norm of a bias": lambda library, layer: parametrize(library)[1].spectral_norm(layer, "bias"),
}


@pytest.mark.parametrize("way", WAYS)
def test_training(way):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((5, 3))
    start = [rng.standard_normal((3, 3)), rng.standard_normal(3)]
    layers = []
    for library in (minigrad, torch):
        layer = library.nn.Linear(3, 3).double()
        with library.no_grad():
            layer.weight.copy_(library.tensor(start[0]))
            layer.bias.copy_(library.tensor(start[1]))
        layers.append(WAYS[way](library, layer))
    ours, theirs = layers
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert type(ours).__name__ == type(theirs).__name__
    ours.load_state_dict({name: to_numpy(value) for name, value in theirs.state_dict().items()})
    results = []
    for library, layer in zip((minigrad, torch), layers, strict=True):
        optimizer, seen = library.optim.SGD(layer.parameters(), lr=0.05), []
        for _ in range(3):
            optimizer.zero_grad()
            loss = (layer(library.tensor(x)) ** 2).sum()
            loss.backward()
            seen += [loss, *(p.grad.clone() for p in layer.parameters())]
            optimizer.step()
        layer.eval()
        seen += [layer.weight, layer.bias, *layer.state_dict().values()]
        tools, name = parametrize(library)[0], "bias" if "bias" in way else "weight"
        assert tools.is_parametrized(layer, name)
        tools.remove_parametrizations(layer, name)
        seen += [layer.weight, layer.bias]
        assert not tools.is_parametrized(layer, name)
        results.append(seen)
    for a, b in zip(*results, strict=True):
        assert_same(a, b)
    assert ("parametrizations" in dict(ours.named_children())) == (way == "two")


def test_a_weight_is_assigned():
    results = []
    for library in (minigrad, torch):
        layer = two(library, library.nn.Linear(2, 2).double())
        with pytest.raises(RuntimeError, match="right_inverse"):
            layer.weight = library.ones(2, 2)
        layer.bias = library.tensor([4.0, 6.0], dtype=library.float64)
        results.append([layer.parametrizations.bias.original, layer.bias])
        parametrize(library)[0].remove_parametrizations(layer, "bias", leave_parametrized=False)
        results[-1].append(layer.bias)
    for a, b in zip(*results, strict=True):
        assert_same(a, b)


def test_what_is_refused():
    for library in (minigrad, torch):
        tools, ways = parametrize(library)
        layer = library.nn.Linear(3, 2)

        class Transposed(library.nn.Module):
            def forward(self, x):
                return x.transpose(0, 1)

        with pytest.raises(ValueError, match="shape"):
            tools.register_parametrization(layer, "weight", Transposed())
        with pytest.raises(ValueError, match="nothing"):
            tools.register_parametrization(layer, "nothing", Transposed())
        with pytest.raises(ValueError, match="parametriz"):
            tools.remove_parametrizations(library.nn.Linear(1, 1), "weight")
        with pytest.raises(ValueError, match="leave_parametrized"):
            tools.remove_parametrizations(ways.weight_norm(library.nn.Linear(1, 1)), "weight", False)
