import numpy as np
import pytest

import minigrad
from minigrad.autograd import detect_anomaly


def test_the_first_op_that_makes_nan_is_named_with_its_line():
    x = minigrad.tensor([1.0, -1.0], requires_grad=True)

    def compute():
        y = x * 2
        z = y.log()  # the culprit
        return z.exp()

    with detect_anomaly(), pytest.raises(RuntimeError, match=r"log made a result of shape \(2,\) with nan") as error:
        compute()
    assert "z = y.log()  # the culprit" in str(error.value)
    assert "test_anomaly.py, line" in str(error.value)


def test_a_gradient_that_is_not_finite_is_traced_to_the_line_that_ran_the_op():
    x = minigrad.tensor([4.0, 0.0], requires_grad=True)
    with detect_anomaly():
        y = x.sqrt()  # here
        loss = y.sum()
        with pytest.raises(RuntimeError, match=r"sqrt made a gradient of shape .* with inf") as error:
            loss.backward()
    assert "y = x.sqrt()  # here" in str(error.value)


def test_infinity_that_the_user_puts_in_is_no_anomaly():
    x = minigrad.tensor([[1.0, 2.0]], requires_grad=True)
    with detect_anomaly():
        mask = minigrad.tensor([[False, True]])
        x.masked_fill(mask, -np.inf).softmax(-1).sum().backward()
    assert np.isfinite(x.grad.numpy()).all()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy says that the logarithm is NaN
def test_it_is_off_again_afterwards_also_after_an_error():
    x = minigrad.tensor([-1.0], requires_grad=True)
    with pytest.raises(ZeroDivisionError), detect_anomaly():
        1 / 0  # noqa: B018
    assert np.isnan(x.log().item())
    with detect_anomaly(check_nan=False):
        assert np.isnan(x.log().item())


def test_results_are_the_same_with_it():
    x = minigrad.tensor([0.5, 1.5], requires_grad=True)
    x.tanh().sum().backward()
    without, x.grad = x.grad, None
    with detect_anomaly():
        x.tanh().sum().backward()
    assert minigrad.equal(x.grad, without)
