import gc
import weakref

import numpy as np
import pytest

import minigrad
from minigrad.autograd import Function, grad, gradcheck, gradgradcheck
from minigrad.autograd.function import once_differentiable


class Cube(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x * x

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 3 * x * x * g


class Exp(Function):
    """Saves its output, in the newer style."""

    @staticmethod
    def forward(x):
        return x.exp()

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(output)

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return g * y


class SumAndProduct(Function):
    """Two outputs of different shapes, a plain argument, and an output that is only for looking at."""

    @staticmethod
    def forward(ctx, a, factor, b):
        ctx.factor = factor
        ctx.save_for_backward(a, b)
        larger = a > b
        ctx.mark_non_differentiable(larger)
        return a + b, larger, (a * b).sum() * factor

    @staticmethod
    def backward(ctx, g_sum, g_larger, g_product):
        a, b = ctx.saved_tensors
        return g_sum + g_product * b * ctx.factor, None, g_sum + g_product * a * ctx.factor


def wanting(*values):
    return minigrad.tensor(np.array(values), requires_grad=True)


@pytest.mark.parametrize("function", [Cube, Exp])
def test_first_and_second_derivatives(function):
    x = wanting(0.5, -1.5, 2.0)
    assert gradcheck(function.apply, x)
    assert gradgradcheck(function.apply, x)


def test_several_outputs():
    a, b = wanting(1.0, 2.0), wanting(0.5, 3.0)
    total, larger, product = SumAndProduct.apply(a, 2.0, b)
    assert total.tolist() == [1.5, 5.0]
    assert larger.tolist() == [True, False]
    assert product.item() == 13.0
    assert not larger.requires_grad
    (total.sum() * 10 + product).backward()
    assert a.grad.tolist() == [10 + 0.5 * 2, 10 + 3.0 * 2]
    assert b.grad.tolist() == [10 + 1.0 * 2, 10 + 2.0 * 2]
    assert gradcheck(lambda a, b: SumAndProduct.apply(a, 2.0, b)[::2], (a, b))
    assert gradgradcheck(lambda a, b: SumAndProduct.apply(a, 2.0, b)[::2], (a, b))


def test_an_output_that_is_not_used_gives_a_gradient_of_zeros():
    a, b = wanting(1.0, 2.0), wanting(0.5, 3.0)
    SumAndProduct.apply(a, 2.0, b)[0].sum().backward()
    assert a.grad.tolist() == [1.0, 1.0]


def test_none_is_a_gradient_of_zero_also_where_one_is_wanted():
    class First(Function):
        @staticmethod
        def forward(ctx, a, b):
            return a * 2

        @staticmethod
        def backward(ctx, g):
            return g * 2, None

    a, b = wanting(1.0), wanting(1.0)
    First.apply(a, b).sum().backward()
    assert a.grad.tolist() == [2.0]
    assert b.grad is None


def test_what_needs_a_gradient_is_known():
    seen = []

    class Look(Function):
        @staticmethod
        def forward(ctx, a, b, c):
            seen.append(ctx.needs_input_grad)
            return a + b

        @staticmethod
        def backward(ctx, g):
            return g, g, None

    Look.apply(wanting(1.0), minigrad.ones(1), "text")
    assert seen == [(True, False, False)]


def test_without_history_it_is_a_plain_function():
    assert not Cube.apply(minigrad.ones(2)).requires_grad
    with minigrad.no_grad():
        assert not Cube.apply(wanting(1.0)).requires_grad


def test_a_wrong_number_of_gradients():
    class Wrong(Function):
        @staticmethod
        def forward(ctx, a, b):
            return a * b

        @staticmethod
        def backward(ctx, g):
            return g

    with pytest.raises(RuntimeError, match=r"Wrong.backward returned 1 gradients for 2 arguments"):
        Wrong.apply(wanting(1.0), wanting(2.0)).backward()


class Power(Function):
    """An argument with a default, given by name."""

    @staticmethod
    def forward(x, n=2, *, shift=None):
        return x**n

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, ctx.n = inputs
        ctx.save_for_backward(x)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return ctx.n * x ** (ctx.n - 1) * g, None


def test_arguments_by_name_and_by_default():
    x = wanting(3.0)
    assert grad(Power.apply(x).sum(), x)[0].tolist() == [6.0]
    assert grad(Power.apply(x, n=3).sum(), x)[0].tolist() == [27.0]
    with pytest.raises(TypeError, match=r"forward\(x, n\) is not given x"):
        Power.apply(n=3)

    class Scale(Function):
        @staticmethod
        def forward(ctx, x, *, by):
            ctx.by = by
            return x * by

        @staticmethod
        def backward(ctx, g):
            return g * ctx.by

    assert grad(Scale.apply(x, by=5).sum(), x)[0].tolist() == [5.0]


def test_what_forward_returns_without_history_is_not_its_argument():
    class Same(Function):
        @staticmethod
        def forward(ctx, x):
            return x

        @staticmethod
        def backward(ctx, g):
            return -g

    x = wanting(1.0)
    y = Same.apply(x)
    y.sum().backward()
    assert x.grad.tolist() == [-1.0]
    with minigrad.no_grad():
        z = Same.apply(x)
    assert not z.requires_grad
    assert x.requires_grad


def test_a_list_stays_a_list():
    class Both(Function):
        @staticmethod
        def forward(ctx, x):
            return [x * 1, x * 2]

        @staticmethod
        def backward(ctx, g, h):
            return g + 2 * h

    x = wanting(1.0)
    outputs = Both.apply(x)
    assert type(outputs) is list
    sum(outputs).sum().backward()
    assert x.grad.tolist() == [3.0]
    assert type(Both.apply(x.detach())) is list


def test_gradients_that_nothing_flowed_to_may_come_as_none():
    class Two(Function):
        @staticmethod
        def forward(ctx, a, b):
            ctx.set_materialize_grads(False)
            return a * 2, b * 3

        @staticmethod
        def backward(ctx, g, h):
            return None if g is None else g * 2, None if h is None else h * 3

    a, b = wanting(1.0, 2.0), wanting(3.0)
    Two.apply(a, b)[0].sum().backward()
    assert a.grad.tolist() == [2.0, 2.0]
    assert b.grad is None
    assert gradgradcheck(Two.apply, (a, b))


class Once(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    @once_differentiable
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * 2 * x.detach()


def test_once_differentiable():
    x, g = wanting(1.0, 2.0), wanting(1.0, 1.0)
    assert not grad(Once.apply(x).sum(), x, create_graph=True)[0].requires_grad  # as in PyTorch
    (found,) = grad(Once.apply(x), x, g, create_graph=True)
    assert found.tolist() == [2.0, 4.0]
    with pytest.raises(RuntimeError, match="once_differentiable"):
        found.sum().backward()


def test_a_gradient_of_a_wrong_shape():
    class Wrong(Function):
        @staticmethod
        def forward(ctx, a):
            return a * 1

        @staticmethod
        def backward(ctx, g):
            return g.sum()

    with pytest.raises(RuntimeError, match=r"Wrong.backward returned a gradient of shape \(\) for argument 0 of"):
        Wrong.apply(wanting(1.0, 2.0)).sum().backward()


def test_a_saved_tensor_that_changed_is_refused():
    x = wanting(1.0, 2.0)
    h = x * 1
    y = Cube.apply(h).sum()
    with minigrad.no_grad():
        h.mul_(2)
    with pytest.raises(RuntimeError, match=r"Cube saved a tensor .* that mul_ changed"):
        y.backward()


def test_it_leaves_no_cycle_and_frees_what_it_saved():
    gc.disable()
    try:
        x = wanting(1.0, 2.0)
        h = x * 1
        y = Exp.apply(h).sum()
        saved = weakref.ref(h)
        del h
        assert saved() is not None
        y.backward()
        assert saved() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("function", [Cube, Exp, SumAndProduct])
def test_agrees_with_pytorch(function):
    torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")
    # the very same methods, under torch's base class
    theirs = type(function.__name__, (torch.autograd.Function,), dict(vars(function)))
    extra = (2.0, np.array([0.5, 3.0])) if function is SumAndProduct else ()

    def run(library, cls):
        x = library.tensor(np.array([1.0, 2.0]), requires_grad=True)
        rest = [library.tensor(v, requires_grad=True) if isinstance(v, np.ndarray) else v for v in extra]
        outputs = cls.apply(x, *rest)
        outputs = outputs[::2] if isinstance(outputs, tuple) else (outputs,)
        loss = sum((y * y).sum() for y in outputs)
        (first,) = library.autograd.grad(loss, x, create_graph=True)
        (second,) = library.autograd.grad(first.sum(), x)
        return [loss.detach().numpy(), first.detach().numpy(), second.numpy()]

    for ours, expected in zip(run(minigrad, function), run(torch, theirs), strict=True):
        np.testing.assert_allclose(ours, expected)
