"""Products in pieces: right whoever does them, the same every time, and harmless to other users of threads."""

import math
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import minigrad
from minigrad import threads

ROOT = Path(minigrad.__file__).parent.parent


@pytest.fixture(autouse=True)
def three_threads(monkeypatch):
    monkeypatch.setattr(threads, "LARGE", 1 << 22)
    before = minigrad.get_num_threads()
    minigrad.set_num_threads(3)
    yield
    threads.split_products(True)
    minigrad.set_num_threads(before)


def numbers(*shape, dtype="float32"):
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(dtype)


SHAPES = [
    ((1030, 64), (64, 70)),  # cut by rows
    ((70, 64), (64, 1030)),  # by columns
    ((1, 2100), (2100, 2100)),
    ((2, 2100), (2100, 1050)),
    ((5, 3, 64, 70), (5, 3, 70, 64)),  # by matrices
    ((2, 128, 129), (2, 129, 130)),
]


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
@pytest.mark.parametrize(("left", "right"), SHAPES)
def test_pieces_make_up_the_product(left, right, dtype):
    a, b = numbers(*left, dtype=dtype), numbers(*right, dtype=dtype)
    assert a.size * right[-1] >= threads.LARGE
    y = threads.matmul(a, b)
    assert y.dtype == dtype
    assert y.flags.c_contiguous
    np.testing.assert_allclose(y, a @ b, rtol=1e-5, atol=1e-4 if dtype == "float32" else 1e-10)
    assert threads.matmul(a, b).tobytes() == y.tobytes()


@pytest.mark.parametrize(("left", "right"), SHAPES)
def test_views_are_cut_too(left, right):
    a = np.swapaxes(numbers(*left[:-2], left[-1], left[-2]), -1, -2)
    b = np.swapaxes(numbers(*right[:-2], right[-1], right[-2]), -1, -2)
    np.testing.assert_allclose(threads.matmul(a, b), a @ b, rtol=1e-5, atol=1e-4)


def test_large_products_are_cut_and_others_are_not(monkeypatch):
    cut = []
    monkeypatch.setattr(threads._helpers, "do", lambda pieces: cut.append(len(pieces)))
    small, large = minigrad.ones(64, 64), minigrad.ones(4096, 64)
    small @ small
    minigrad.ones(2, 9, 64, 64) @ minigrad.ones(9, 64, 64)
    minigrad.ones(9, 64, 128) @ minigrad.ones(1, 128, 64)
    assert not cut
    large @ small
    minigrad.nn.functional.linear(large, small)
    minigrad.ones(64, 64, 64) @ small
    minigrad.ones(64, 64, 64) @ minigrad.ones(64, 64, 64)
    assert cut == [3] * 4
    minigrad.set_num_threads(1)
    large @ small
    minigrad.set_num_threads(2)
    threads.split_products(False)
    large @ small
    assert len(cut) == 4


@pytest.mark.parametrize("shape", [(7, 3), (5, 4, 3), (2, 3, 4, 5), (1, 6, 2, 2), (3, 0, 2), (0, 3)])
@pytest.mark.parametrize("most", [1, 5, 12, 1000])
@pytest.mark.parametrize("dims", [1, 2])
def test_parts_cover_an_array_once(monkeypatch, shape, most, dims):
    monkeypatch.setattr(threads, "AT_ONCE", most)
    x = np.zeros(shape)
    sizes = []

    def work(some):
        x[some] += 1
        sizes.append(x[some].size)

    threads.each(work, x, 0, dims)
    assert (x == 1).all()
    assert max(sizes) <= max(most, math.prod(shape[dims:]))
    assert len(sizes) <= max(1, math.prod(shape[:dims]))


def norm_gradients(kind):
    """A norm's output, and its gradients."""
    x, weight, bias = (minigrad.from_numpy(numbers(*shape)).requires_grad_() for shape in ((40, 6, 8), (8,), (8,)))
    if kind == "layer":
        y = minigrad.nn.functional.layer_norm(x, (8,), weight, bias)
    else:
        y = minigrad.nn.functional.group_norm(x.transpose(1, 2), 2, weight, bias)
    return [y.detach().numpy(), *(g.numpy() for g in minigrad.autograd.grad((y**3).sum(), (x, weight, bias)))]


@pytest.mark.parametrize("kind", ["layer", "group"])
@pytest.mark.parametrize("most", [48, 500])
def test_norms_depend_neither_on_parts_nor_on_threads(monkeypatch, kind, most):
    whole = norm_gradients(kind)
    monkeypatch.setattr(threads, "AT_ONCE", most)
    parts = norm_gradients(kind)
    monkeypatch.setattr(threads, "LARGE", 1)
    shared = [norm_gradients(kind) for _ in range(5)]
    for a, b in zip(whole, parts, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6 * np.abs(a).max())
    for again in shared:  # sums of parts are added up in one order
        assert all((a == b).all() for a, b in zip(parts, again, strict=True))


def test_who_waits_does_the_work_of_helpers_that_do_not_come():
    """As beside a program that keeps the other cores busy."""
    busy = threading.Event()
    helpers = threads.Helpers()
    done = []
    helpers.pieces.put(threads.Piece(busy.wait))  # keeps the only helper busy
    helpers.do([threads.Piece(lambda i=i: done.append((i, threading.current_thread()))) for i in range(2)])
    assert done == [(0, threading.current_thread()), (1, threading.current_thread())]
    busy.set()
    helpers.stop()
    assert not helpers.threads


def test_helpers_do_what_they_can_meanwhile():
    """Two pieces that wait for each other end only if each has a thread."""
    meeting = threading.Barrier(2)
    helpers = threads.Helpers()
    helpers.do([threads.Piece(meeting.wait, 30), threads.Piece(meeting.wait, 30)])
    helpers.stop()


def test_an_error_in_a_piece_arrives():
    helpers = threads.Helpers()
    for _ in range(20):  # whoever does it
        with pytest.raises(MemoryError, match="full"):
            helpers.do([threads.Piece(lambda: None), threads.Piece(_fail)])
    helpers.stop()


def _fail():
    raise MemoryError("full")


def test_pieces_that_are_done_keep_no_memory():
    a = numbers(4)
    piece = threads.Piece(np.exp, a)
    held = sys.getrefcount(a)
    piece.finish()
    assert sys.getrefcount(a) == held - 1


def test_no_warning_whoever_does_it():
    x = np.full((4096, 64), 1e30, np.float32)
    assert np.isinf(threads.matmul(x, x[:64])).all()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_process_may_fork_and_both_go_on():
    program = """
import os
import minigrad
minigrad.set_num_threads(2)
x = minigrad.ones(8192, 64)  # large enough to be cut
y = x @ x[:64]
if (child := os.fork()) == 0:
    os._exit(0 if minigrad.equal(x @ x[:64], y) else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert minigrad.equal(x @ x[:64], y)
"""
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, cwd=ROOT, timeout=60)


def test_the_number_of_threads_is_said_to_blas():
    blas = threads._settings.begin()
    if threads.Blas().get() == 1 and not list(threads._loaded_blas()):
        pytest.skip("NumPy's BLAS is not OpenBLAS")
    assert minigrad.get_num_threads() == 3
    assert blas.get() == 1
    threads.split_products(False)
    assert minigrad.get_num_threads() == blas.get() == 3
    minigrad.set_num_threads(2)
    assert blas.get() == 2
    threads.split_products()
    assert minigrad.get_num_threads() == 2
    assert blas.get() == 1


@pytest.mark.parametrize("num", [0, -1, 1.5, "2"])
def test_a_number_that_cannot_be(num):
    with pytest.raises(ValueError, match="must be a whole number from 1 up"):
        minigrad.set_num_threads(num)


def test_training_is_the_same_to_the_sixth_digit():
    def losses():
        minigrad.manual_seed(0)
        model = minigrad.nn.Sequential(minigrad.nn.Linear(64, 256), minigrad.nn.ReLU(), minigrad.nn.Linear(256, 64))
        optimizer = minigrad.optim.Adam(model.parameters())
        x = minigrad.randn(1024, 64)
        for _ in range(5):
            optimizer.zero_grad()
            loss = ((model(x) - x) ** 2).mean()
            loss.backward()
            optimizer.step()
            yield loss.item()

    in_pieces, again = list(losses()), list(losses())
    threads.split_products(False)
    assert in_pieces == again
    assert in_pieces == pytest.approx(list(losses()), rel=1e-6)
