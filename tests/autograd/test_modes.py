"""Recording history, and not: in blocks, in functions, through errors, and a thread at a time."""

import threading

import pytest

import minigrad
from minigrad import enable_grad, is_grad_enabled, no_grad, set_grad_enabled

SWITCHES = [(no_grad, False), (enable_grad, True), (lambda: set_grad_enabled(False), False)]


@pytest.mark.parametrize(("switch", "mode"), SWITCHES)
@pytest.mark.parametrize("around", [True, False])
def test_blocks_switch_and_switch_back(switch, mode, around):
    with set_grad_enabled(around):
        with switch():
            assert is_grad_enabled() is mode
        assert is_grad_enabled() is around
    assert is_grad_enabled()


@pytest.mark.parametrize(("switch", "mode"), SWITCHES)
def test_an_error_switches_back(switch, mode):
    with pytest.raises(KeyError), switch():
        raise KeyError
    assert is_grad_enabled()


@pytest.mark.parametrize(("switch", "mode"), [*SWITCHES, (lambda: no_grad, False), (lambda: enable_grad, True)])
def test_functions_are_switched(switch, mode):
    @switch()
    def look(error=False):
        """What it says."""
        if error:
            raise KeyError
        return is_grad_enabled()

    assert is_grad_enabled()
    for around in (True, False):
        with set_grad_enabled(around):
            assert look() is mode
            assert is_grad_enabled() is around
    with pytest.raises(KeyError):
        look(error=True)
    assert is_grad_enabled()
    assert look.__doc__ == "What it says."


def test_blocks_nest():
    with no_grad():
        with enable_grad():
            with no_grad():
                assert not is_grad_enabled()
            assert is_grad_enabled()
        assert not is_grad_enabled()


def test_one_switch_can_be_entered_again():
    switch = no_grad()
    with switch:
        with enable_grad(), switch:
            assert not is_grad_enabled()
        assert not is_grad_enabled()
    assert is_grad_enabled()


def test_set_grad_enabled_as_a_call():
    set_grad_enabled(False)
    try:
        assert not is_grad_enabled()
    finally:
        set_grad_enabled(True)


def test_a_function_that_calls_itself():
    @no_grad()
    def count(n):
        return n and count(n - 1)

    count(3)
    assert is_grad_enabled()


def test_each_thread_has_its_own():
    seen = []
    with no_grad():
        thread = threading.Thread(target=lambda: seen.append(is_grad_enabled()))
        thread.start()
        thread.join()
    assert seen == [True]


def test_results_without_history():
    x = minigrad.ones(2, requires_grad=True)
    with no_grad():
        y = x * 2
        z = minigrad.ones(2, requires_grad=True)
    assert not y.requires_grad
    assert y.is_leaf
    assert y.grad_fn is None
    assert z.requires_grad


def test_backward_works_inside_no_grad_and_leaves_the_mode():
    x = minigrad.ones(2, requires_grad=True)
    y = (x * x).sum()
    with no_grad():
        y.backward()
        assert not is_grad_enabled()
    assert x.grad.tolist() == [2.0, 2.0]


def test_an_error_in_backward_leaves_the_mode():
    x = minigrad.ones(2, requires_grad=True)
    y = (x * x).sum()
    y.backward()
    with pytest.raises(RuntimeError):
        y.backward()
    assert is_grad_enabled()
