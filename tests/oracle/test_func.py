"""Functions made of functions: what they give, and which results can be differentiated further, as in PyTorch."""

import numpy as np
import pytest

import minigrad
from tests.oracle.comparing import assert_same

torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")  # of PyTorch's own use of it

r = np.random.default_rng(0)
VECTOR, OTHER, MATRIX, BATCH = (r.standard_normal(s) for s in (3, 3, (2, 3), (4, 3)))


def f(x, w):
    return (w * x).tanh()


def loss(x, w):
    return (f(x, w) ** 2).sum()


def of_a_dict(parameters, x):
    return {"y": x @ parameters["w"].T + parameters["b"], "n": parameters["b"].sum()}


# Each takes a library, two vectors, a matrix and a batch of four vectors.
CASES = {
    "grad": lambda m, a, b, c, d: m.func.grad(loss)(a, b),
    "grad of both": lambda m, a, b, c, d: m.func.grad(loss, (0, 1))(a, b),
    "grad, one in a tuple": lambda m, a, b, c, d: m.func.grad(loss, argnums=(1,))(a, b),
    "grad and more": lambda m, a, b, c, d: m.func.grad(lambda x: (loss(x, b), x * 2), has_aux=True)(a),
    "grad and value": lambda m, a, b, c, d: m.func.grad_and_value(loss)(a, b),
    "third derivative": lambda m, a, b, c, d: m.func.grad(m.func.grad(m.func.grad(lambda x: x**4)))(a[0]),
    "grad by name": lambda m, a, b, c, d: m.func.grad(loss)(a, w=b),
    "grad of a dict": lambda m, a, b, c, d: m.func.grad(lambda p: loss(p["x"], p["w"][0]))({"x": a, "w": [b]}),
    "what has no part": lambda m, a, b, c, d: m.func.grad(lambda x, w: (x**2).sum(), (0, 1))(a, b),
    "vjp": lambda m, a, b, c, d: m.func.vjp(f, a, b)[0],
    "vjp, backward": lambda m, a, b, c, d: m.func.vjp(f, a, b)[1](b),
    "vjp of several": lambda m, a, b, c, d: m.func.vjp(lambda x: (x * 2, x.sum()), a)[1](
        (b, m.ones((), dtype=m.float64))
    ),
    "vjp and more": lambda m, a, b, c, d: m.func.vjp(lambda x: (x * 2, x), a, has_aux=True)[2],
    "jvp": lambda m, a, b, c, d: m.func.jvp(f, (a, b), (b, a)),
    "jvp of a constant": lambda m, a, b, c, d: m.func.jvp(lambda x: (x * 2, b), (a,), (b,)),
    "jvp of grad": lambda m, a, b, c, d: m.func.jvp(m.func.grad(lambda x: loss(x, b)), (a,), (b,)),
    "vjp of grad": lambda m, a, b, c, d: m.func.vjp(m.func.grad(lambda x: loss(x, b)), a)[1](b),
    "jacrev": lambda m, a, b, c, d: m.func.jacrev(lambda x: c @ x**2)(a),
    "jacfwd": lambda m, a, b, c, d: m.func.jacfwd(f, (0, 1))(a, b),
    "jacobian of a matrix": lambda m, a, b, c, d: m.func.jacrev(lambda x: x.sin())(c),
    "jacobian and more": lambda m, a, b, c, d: m.func.jacrev(lambda x: (c @ x, x * 2), has_aux=True)(a),
    "jacobian of a dict": lambda m, a, b, c, d: m.func.jacrev(of_a_dict)({"w": c, "b": c[:, 0]}, a),
    "hessian": lambda m, a, b, c, d: m.func.hessian(loss, argnums=(0, 1))(a, b),
    "vmap": lambda m, a, b, c, d: m.func.vmap(f, (0, None))(d, b),
    "vmap of a product": lambda m, a, b, c, d: m.func.vmap(lambda x, y: x @ y)(d, d),
    "vmap, dimensions": lambda m, a, b, c, d: m.func.vmap(f, in_dims=(1, 1), out_dims=1)(d.T, d.T),
    "vmap, negative": lambda m, a, b, c, d: m.func.vmap(f, in_dims=(-1, 0), out_dims=-1)(d.T, d),
    "vmap, several": lambda m, a, b, c, d: m.func.vmap(lambda x: (x.sum(), {"y": x}), out_dims=0)(d),
    "vmap, out in two ways": lambda m, a, b, c, d: m.func.vmap(lambda x: (x, x * 2), out_dims=(0, 1))(d),
    "vmap of a dict": lambda m, a, b, c, d: m.func.vmap(lambda p, x: p["w"] * x, ({"w": None}, 0))({"w": a}, d),
    "vmap by name": lambda m, a, b, c, d: m.func.vmap(lambda x, w: x * w)(d, w=a),
    "vmap of vmap": lambda m, a, b, c, d: m.func.vmap(m.func.vmap(loss, (None, 0)), (0, None))(d, d),
    "gradients one by one": lambda m, a, b, c, d: m.func.vmap(m.func.grad(loss, 1), (0, None))(d, b),
    "jacobians one by one": lambda m, a, b, c, d: m.func.vmap(m.func.jacrev(lambda x: c @ x**2))(d),
    "grad through vmap": lambda m, a, b, c, d: m.func.grad(lambda w: m.func.vmap(loss, (0, None))(d, w).sum())(a),
}


def tensors_of(result):
    if isinstance(result, dict):
        return [x for key in sorted(result) for x in tensors_of(result[key])]
    return [x for part in result for x in tensors_of(part)] if isinstance(result, list | tuple) else [result]


@pytest.mark.parametrize("wanting", [False, True], ids=["", "inside a graph"])
@pytest.mark.parametrize("name", CASES)
def test_transforms(name, wanting):
    def run(library):
        given = [library.tensor(x, requires_grad=wanting) for x in (VECTOR, OTHER, MATRIX, BATCH)]
        results = tensors_of(CASES[name](library, *given))
        slopes = []
        if wanting and (flowing := [x for x in results if x.requires_grad]):
            slopes = library.autograd.grad(sum((x**2).sum() for x in flowing), given, allow_unused=True)
        return results, slopes

    (ours, our_slopes), (theirs, their_slopes) = run(minigrad), run(torch)
    for one, other in zip([*ours, *our_slopes], [*theirs, *their_slopes], strict=True):
        assert_same(one, other, rtol=1e-8, atol=1e-10)
    for one, other in zip(ours, theirs, strict=True):
        assert other.requires_grad or not one.requires_grad  # what is constant need not have a history


def test_captured_tensors_and_modes():
    def run(library):
        x, w = library.tensor(VECTOR), library.tensor(OTHER, requires_grad=True)
        outside = library.func.grad(lambda x: loss(x, w))(x)
        with library.no_grad():
            off = library.func.grad(lambda x: loss(x, w))(x)
            also = library.func.hessian(lambda x: loss(x, w))(x)
        (slope,) = library.autograd.grad(outside.sum(), w)
        flags = [y.requires_grad for y in (outside, off, also, library.func.grad(loss)(x, w.detach()))]
        return [outside, off, also, slope], flags

    (ours, our_flags), (theirs, their_flags) = run(minigrad), run(torch)
    for one, other in zip(ours, theirs, strict=True):
        assert_same(one, other)
    assert our_flags == their_flags


class TestFunctionalCall:
    def model(self, library):
        nn = library.nn
        model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2), nn.Linear(2, 3))
        with library.no_grad():
            for i, p in enumerate(model.parameters()):
                p.copy_(library.tensor(np.random.default_rng(i).standard_normal(tuple(p.shape)), dtype=p.dtype))
        return model.eval()

    def test_other_parameters_and_buffers(self):
        def run(library):
            model = self.model(library)
            x = library.tensor(BATCH, dtype=library.float32)
            before = model(x)
            parameters = {name: (p * 2).detach().requires_grad_() for name, p in model.named_parameters()}
            buffers = {"1.running_mean": library.ones(2)}
            y = library.func.functional_call(model, (parameters, buffers), (x,))
            only = library.func.functional_call(model, {"0.bias": library.zeros(2)}, x)
            y.sum().backward()
            assert all(p.grad is None for p in model.parameters())
            return [before, y, only, model(x), *(p.grad for p in parameters.values())]

        for one, other in zip(run(minigrad), run(torch), strict=True):
            assert_same(one, other)

    def test_tied_weights(self):
        def run(library):
            nn = library.nn
            model = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
            model[1].weight = model[0].weight
            x = library.ones(2)
            return library.func.functional_call(model, {"0.weight": library.eye(2) * 3}, x)

        assert_same(run(minigrad), run(torch))

    def test_gradients_of_each_element_and_models_together(self):
        def run(library):
            func, model = library.func, self.model(library)
            parameters = {name: p.detach() for name, p in model.named_parameters()}
            x = library.tensor(BATCH, dtype=library.float32)

            def one(parameters, x):
                return func.functional_call(model, parameters, (x[None],)).square().sum()

            each = func.vmap(func.grad(one), (None, 0))(parameters, x)
            stacked, buffers = func.stack_module_state([model, model])
            together = func.vmap(lambda p, b, x: func.functional_call(model, (p, b), (x,)), (0, 0, None))(
                stacked, buffers, x
            )
            return [*each.values(), together, *stacked.values()]

        for one, other in zip(run(minigrad), run(torch), strict=True):
            assert_same(one, other)
            assert one.requires_grad == other.requires_grad

    def test_the_module_keeps_its_own(self):
        model = self.model(minigrad)
        own = dict(model.named_parameters())
        with pytest.raises(ValueError, match="BatchNorm1d"):
            minigrad.func.functional_call(model, {name: p * 2 for name, p in own.items()}, minigrad.ones(3))
        assert all(p is own[name] for name, p in model.named_parameters())
        with pytest.raises(RuntimeError, match=r"Sequential has no 0\.wait"):
            minigrad.func.functional_call(model, {"0.wait": minigrad.ones(1)}, minigrad.ones(1, 3))
        with pytest.raises(RuntimeError, match="strict"):
            minigrad.func.functional_call(model, {}, minigrad.ones(1, 3), strict=True)


def test_what_is_refused():
    x = minigrad.ones(3)
    with pytest.raises(RuntimeError, match="must return one number, not a tensor of shape"):
        minigrad.func.grad(lambda x: x)(x)
    with pytest.raises(ValueError, match="is for 2 arguments; 1 are given"):
        minigrad.func.vmap(lambda x: x, in_dims=(0, 0))(x)
    with pytest.raises(ValueError, match=r"batches of \[2, 3\] elements"):
        minigrad.func.vmap(lambda x, y: x)(x, minigrad.ones(2))
    with pytest.raises(ValueError, match=r"batches of \[\] elements"):
        minigrad.func.vmap(lambda x: x, in_dims=None)(x)
