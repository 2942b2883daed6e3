"""Two threads that train two models: each gets what it would get alone, to the last bit."""

import threading

import pytest

import minigrad
from minigrad import nn


def train(seed, pause=lambda: None):
    """Dropout, hooks, evaluation without gradients and a watch for anomalies, all with numbers of their own."""
    generator = minigrad.Generator().manual_seed(seed)
    model = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.LayerNorm(8), nn.Linear(8, 1))
    for p in model.parameters():
        nn.init.uniform_(p, -1, 1, generator=generator)
    seen = []
    model[1].register_forward_hook(lambda module, args, output: seen.append(output.sum().item()))
    model[0].weight.register_hook(lambda g: seen.append(g.abs().sum().item()))
    optimizer = minigrad.optim.AdamW(model.parameters(), lr=0.01)
    x = minigrad.randn(16, 3, generator=generator)
    for step in range(40):
        pause()
        with minigrad.autograd.set_detect_anomaly(step % 2 == seed):
            keep = minigrad.rand(16, 3, generator=generator) < 0.8
            loss = (model(x * keep) - x.sum(1, keepdim=True)).abs().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with minigrad.no_grad():
            pause()
            y = model(x)
            seen.append((y.mean().item(), y.requires_grad, minigrad.is_grad_enabled()))
        (g,) = minigrad.autograd.grad((model(x) ** 2).sum(), model[3].weight, create_graph=True)
        seen.append(minigrad.autograd.grad(g.sum(), model[0].weight)[0].tolist())
        assert minigrad.is_grad_enabled()
    return [loss.item(), seen, *(p.tolist() for p in model.parameters())]


def together(functions):
    """The results of functions that run at once; what one of them raises is raised here."""
    results, errors = [None] * len(functions), []

    def run(i):
        try:
            results[i] = functions[i]()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(functions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in errors:
        raise error
    return results


def test_two_threads_train_as_each_would_alone():
    """They meet twice a step, in the middle of it, where the one may have switched off what the other needs."""
    alone = [train(0), train(1)]
    barrier = threading.Barrier(2, timeout=60)
    assert together([lambda: train(0, barrier.wait), lambda: train(1, barrier.wait)]) == alone


def test_without_meeting():
    alone = [train(seed) for seed in (0, 1)]
    assert together([lambda: train(0), lambda: train(1), lambda: train(0), lambda: train(1)]) == [*alone, *alone]


def test_modes_end_with_the_thread_that_set_them():
    barrier = threading.Barrier(2, timeout=60)
    x = minigrad.tensor([1.0], requires_grad=True)

    def without():
        with minigrad.no_grad(), minigrad.autograd.detect_anomaly():
            barrier.wait()
            barrier.wait()
            return (x * 2).requires_grad

    def within():
        barrier.wait()  # the other has no_grad and looks for anomalies now
        y = x * 2
        with pytest.warns(RuntimeWarning, match="divide"):
            zero = (x * 0.0).log()  # an anomaly that nobody looks for in this thread
        barrier.wait()
        return y.requires_grad, zero.item()

    assert together([without, within]) == [False, (True, -float("inf"))]
