"""Results written into a tensor that is given: `out=`."""

import numpy as np
import pytest

import minigrad


@pytest.mark.parametrize("function", [minigrad.mul, minigrad.add, minigrad.maximum, minigrad.matmul])
def test_the_tensor_given_takes_on_the_result_and_comes_back(function):
    a, b = minigrad.rand(3, 3), minigrad.rand(3, 3)
    out = minigrad.zeros(3, 3)
    view = out[0]
    assert function(a, b, out=out) is out
    assert minigrad.equal(out, function(a, b))
    assert minigrad.equal(view, out[0])  # the memory was written, not replaced
    assert minigrad.equal(function(a, b, out=None), out)


def test_of_one_tensor_and_over_an_input():
    x = minigrad.tensor([0.0, 1.0])
    assert minigrad.exp(x, out=x) is x
    assert x.tolist() == pytest.approx([1.0, np.e])


def test_a_stale_value_is_noticed():
    w = minigrad.tensor([2.0], requires_grad=True)
    x = minigrad.tensor([3.0])
    y = w * x
    minigrad.exp(minigrad.zeros(1), out=x)
    with pytest.raises(RuntimeError, match="exp changed in place"):
        y.backward()


def test_what_is_refused():
    a = minigrad.ones(2)
    with pytest.raises(RuntimeError, match=r"mul: out of shape \(3,\) does not hold a result of \(2,\)"):
        minigrad.mul(a, a, out=minigrad.ones(3))
    with pytest.raises(TypeError, match="mul: out of int64 does not hold a result of float32"):
        minigrad.mul(a, a, out=minigrad.ones(2, dtype=minigrad.int64))
    w = minigrad.ones(2, requires_grad=True)
    for inputs, out in (((a, w), a), ((a, a), w)):
        with pytest.raises(RuntimeError, match="out= does not go with gradients"):
            minigrad.mul(*inputs, out=out)
    with minigrad.no_grad():
        minigrad.mul(w, 3, out=w)
    assert w.tolist() == [3.0, 3.0]
