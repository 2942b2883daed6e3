"""Loaders with worker processes: the same batches, errors that arrive, and no process that stays."""

import contextlib
import functools
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import minigrad
from minigrad.utils import data

ROOT = Path(minigrad.__file__).parent.parent

pytestmark = pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")


forked = functools.partial(data.DataLoader, multiprocessing_context="fork")  # for what cannot be pickled


class Squares(data.Dataset):
    def __init__(self, n=11):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        return {"x": minigrad.tensor([float(i), i * i]), "i": i}


class Shard(data.IterableDataset):
    """Numbers from 0, those that fall to this worker; worker 0 has some more."""

    def __init__(self, n, more=0):
        self.n, self.more = n, more

    def __iter__(self):
        info = data.get_worker_info()
        if info is None:
            return iter(range(self.n))
        return iter([*range(info.id, self.n, info.num_workers), *([-1] * self.more if info.id == 0 else [])])


class Who(data.Dataset):
    """What each worker knows of itself."""

    def __len__(self):
        return 8

    def __getitem__(self, i):
        info = data.get_worker_info()
        chance = (random.random(), np.random.random(), minigrad.rand(1).item())
        return os.getpid(), info and (info.id, info.num_workers, info.seed, type(info.dataset).__name__), chance


class Failing(data.Dataset):
    """Element 3 is an accident."""

    def __init__(self, accident):
        self.accident = accident

    def __len__(self):
        return 6

    def __getitem__(self, i):
        if i == 3:
            self.accident()
        return i


def same(x):
    return x


def plain(batch):
    return batch.tolist() if hasattr(batch, "tolist") else batch


def values(batches):
    return [[batch["x"].tolist(), batch["i"].tolist()] for batch in batches]


def no_children():
    return multiprocessing.active_children() == []


@pytest.fixture(autouse=True)
def _nothing_is_left():
    yield
    assert no_children()


@pytest.mark.parametrize("context", ["fork", "spawn", pytest.param(multiprocessing.get_context("fork"), id="itself")])
def test_batches_are_the_same_and_in_order(context):
    expected = values(data.DataLoader(Squares(), 3))
    for workers in (1, 2) if context == "fork" else (2,):
        loader = data.DataLoader(Squares(), 3, num_workers=workers, multiprocessing_context=context)
        assert len(loader) == 4
        assert values(loader) == expected
    assert type(next(iter(loader))["x"]) is minigrad.Tensor


def test_the_order_does_not_depend_on_how_many_workers_there_are():
    def order(workers):
        generator = minigrad.Generator().manual_seed(3)
        loader = data.DataLoader(Squares(), 2, shuffle=True, num_workers=workers, generator=generator)
        return [batch["i"].tolist() for _ in range(2) for batch in loader]

    assert order(0) == order(1) == order(3)


def test_samplers_and_single_elements():
    assert [x["i"] for x in data.DataLoader(Squares(4), batch_size=None, num_workers=2)] == [0, 1, 2, 3]
    loader = data.DataLoader(Squares(), batch_sampler=[[4, 1], [], [2]], collate_fn=same, num_workers=2)
    assert [[x["i"] for x in batch] for batch in loader] == [[4, 1], [], [2]]
    assert list(data.DataLoader([], num_workers=2)) == []


@pytest.mark.parametrize("options", [{}, {"drop_last": True}, {"batch_size": None}, {"prefetch_factor": 1}], ids=str)
@pytest.mark.parametrize(("n", "more"), [(12, 0), (7, 0), (1, 0), (5, 8)])
def test_streams_as_in_torch(n, more, options):
    torch = pytest.importorskip("torch", reason="PyTorch, to compare with, is not installed")

    class TorchShard(torch.utils.data.IterableDataset):
        def __iter__(self):
            info = torch.utils.data.get_worker_info()
            return iter([*range(info.id, n, info.num_workers), *([-1] * more if info.id == 0 else [])])

    options = {"batch_size": 2, "num_workers": 2, **options}
    ours = [plain(batch) for batch in data.DataLoader(Shard(n, more), **options)]
    theirs = [plain(batch) for batch in torch.utils.data.DataLoader(TorchShard(), **options)]
    assert ours == theirs


def test_workers_know_who_they_are_and_have_chance_of_their_own():
    def epoch(seed):
        loader = data.DataLoader(
            Who(),
            None,
            num_workers=2,
            collate_fn=same,
            generator=minigrad.Generator().manual_seed(seed),
        )
        return list(loader)

    first, again, other = epoch(0), epoch(0), epoch(1)
    assert {info[:2] for _, info, _ in first} == {(0, 2), (1, 2)}
    assert {info[3] for _, info, _ in first} == {"Who"}
    assert len({pid for pid, _, _ in first} - {os.getpid()}) == 2
    seeds = {info[0]: info[2] for _, info, _ in first}
    assert seeds[1] == seeds[0] + 1
    assert [x[1:] for x in first] == [x[1:] for x in again]
    for i in range(3):
        assert len({chance[i] for _, _, chance in first + other}) == 16
    assert data.get_worker_info() is None


def seeded(worker):
    random.seed(100 + worker)


def test_worker_init_fn():
    drawn = list(data.DataLoader(Who(), None, num_workers=2, worker_init_fn=seeded))
    assert drawn[1][2][0] == random.Random(101).random()


def raise_key_error():
    raise KeyError("no such thing")


class PeculiarError(Exception):
    def __init__(self, a, b):
        super().__init__(a + b)


def raise_peculiar():
    raise PeculiarError(1, 2)


@pytest.mark.parametrize("context", ["fork", "spawn"])
@pytest.mark.parametrize(("accident", "kind"), [(raise_key_error, KeyError), (raise_peculiar, RuntimeError)])
def test_what_is_raised_in_a_worker_is_raised_here(accident, kind, context):
    seen = []
    loader = data.DataLoader(Failing(accident), num_workers=2, multiprocessing_context=context)
    with pytest.raises(kind) as caught:
        seen.extend(batch.item() for batch in loader)
    assert seen == [0, 1, 2]
    message = str(caught.value)
    assert message.startswith(
        f"Caught {'KeyError' if kind is KeyError else 'PeculiarError'} in DataLoader worker process 1"
    )
    assert "in __getitem__" in message
    assert f"in {accident.__name__}" in message
    assert "\n" in message  # a KeyError, too, is written as it is


def test_what_is_raised_at_the_start_is_raised_here():
    def fail(worker):
        raise ValueError(f"worker {worker} will not")

    for _ in range(2):
        with pytest.raises(ValueError, match="worker 0 will not"):
            list(forked(Squares(), num_workers=2, worker_init_fn=fail))

    class Bad(data.IterableDataset):
        def __iter__(self):
            raise LookupError("no stream")

    class MineError(Exception):
        pass

    def of_my_own():
        raise MineError("cannot be sent by name")

    with pytest.raises(LookupError, match="no stream"):
        list(forked(Bad(), num_workers=1))
    with pytest.raises(RuntimeError, match="cannot be sent by name"):  # a class that the loader cannot look up
        list(forked(Failing(of_my_own), num_workers=1))
    with pytest.raises(RuntimeError, match=r"(?s)pickle"):
        list(forked([lambda: 1], None, num_workers=1))


def test_a_worker_that_dies_is_noticed_at_once():
    start = time.monotonic()
    loader = forked(Failing(lambda: os._exit(3)), num_workers=2, persistent_workers=True)
    with pytest.raises(RuntimeError, match=r"DataLoader worker 1 \(pid \d+\) exited unexpectedly with exit code 3"):
        list(loader)
    assert time.monotonic() - start < 4
    assert next(iter(loader)).item() == 0  # with new workers
    del loader


def test_timeout():
    with pytest.raises(RuntimeError, match=r"timed out after 0\.3 seconds"):
        list(forked(Failing(lambda: time.sleep(2)), num_workers=1, timeout=0.3))


def test_workers_end_with_their_iterator():
    iterator = iter(data.DataLoader(Squares(100), num_workers=2))
    next(iterator)
    assert len(multiprocessing.active_children()) == 2
    del iterator
    assert no_children()
    for _ in data.DataLoader(Squares(100), num_workers=2):
        break
    assert no_children()
    assert next(iter(data.DataLoader(Squares(100), num_workers=2)))["i"].item() == 0
    iter(data.DataLoader(Squares(100), num_workers=2))  # not asked for anything
    assert no_children()


def test_a_worker_that_does_not_end_is_ended(monkeypatch):
    monkeypatch.setattr("minigrad.utils.data.workers.PATIENCE", 0.2)

    def stubborn():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(60)

    iterator = iter(forked(Failing(stubborn), num_workers=1, prefetch_factor=4))
    next(iterator)
    time.sleep(0.2)
    start = time.monotonic()
    del iterator
    assert time.monotonic() - start < 10
    assert no_children()


def test_workers_that_persist():
    loader = data.DataLoader(Who(), None, num_workers=2, persistent_workers=True)
    pids = [{pid for pid, _, _ in loader} for _ in range(2)]
    assert pids[0] == pids[1]
    iterator = iter(loader)
    next(iterator)
    del iterator  # in the middle of an epoch
    epoch = list(loader)
    assert len(epoch) == 8
    assert {pid for pid, _, _ in epoch} == pids[0]
    assert len(multiprocessing.active_children()) == 2
    one, two = iter(loader), iter(loader)  # the second gets workers of its own
    assert next(one)[0] != next(two)[0]
    del one, two, loader
    assert no_children()


def test_streams_begin_again_with_workers_that_persist():
    loader = data.DataLoader(Shard(7), 2, num_workers=2, persistent_workers=True)
    first, second = ([batch.tolist() for batch in loader] for _ in range(2))
    assert first == second == [[0, 2], [1, 3], [4, 6], [5]]


class Counted(data.Dataset):
    def __init__(self):
        self.asked = multiprocessing.get_context("fork").Value("i", 0)

    def __len__(self):
        return 40

    def __getitem__(self, i):
        with self.asked.get_lock():
            self.asked.value += 1
        return i


@pytest.mark.parametrize("factor", [1, 3])
def test_batches_are_made_ahead_of_time_but_not_all(factor):
    dataset = Counted()
    iterator = iter(data.DataLoader(dataset, num_workers=2, prefetch_factor=factor, multiprocessing_context="fork"))
    next(iterator)
    deadline = time.monotonic() + 5
    while dataset.asked.value < 2 * factor + 1 and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.1)
    assert dataset.asked.value == 2 * factor + 1


def test_large_batches_and_long_lists_of_numbers():
    class Rows(data.Dataset):
        def __len__(self):
            return 400_000

        def __getitems__(self, numbers):
            return [np.full((1_000_000,), len(numbers), np.float64)]

    loader = forked(Rows(), 100_000, num_workers=2, prefetch_factor=2)
    assert [batch.sum().item() for batch in loader] == [1e11] * 4


def sleepy():
    time.sleep(1)


def test_as_they_come():
    loader = data.DataLoader(
        Failing(sleepy), None, sampler=[3, 0, 1, 2, 4], num_workers=2, prefetch_factor=1, in_order=False
    )
    seen = list(loader)
    assert sorted(seen) == [0, 1, 2, 3, 4]
    assert seen[-1] == 3


@pytest.mark.parametrize(
    "options",
    [
        {"timeout": -1},
        {"prefetch_factor": 2},
        {"persistent_workers": True},
        {"multiprocessing_context": "fork"},
        {"num_workers": 1, "multiprocessing_context": "thread"},
    ],
    ids=str,
)
def test_settings_that_cannot_be(options):
    with pytest.raises(ValueError, match=next(iter(options)) if len(options) == 1 else "thread"):
        iter(data.DataLoader(Squares(), **options))


PROGRAM = """
import os, sys, time
import minigrad
from minigrad.utils import data

class Slow(data.Dataset):
    def __len__(self):
        return 100
    def __getitem__(self, i):
        time.sleep(0.05)
        return os.getpid()

if __name__ == "__main__":
    loader = data.DataLoader(Slow(), None, num_workers=2, multiprocessing_context=sys.argv[1])
    iterator = iter(loader)
    print(next(iterator), next(iterator), flush=True)
    if sys.argv[2] == "wait":
        for _ in iterator:
            time.sleep(0.2)
"""


def gone(pid):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z":  # ended, and not seen yet
                time.sleep(0.05)
                continue
        return True
    return False


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks at processes in /proc")
@pytest.mark.parametrize("context", ["fork", "spawn"])
@pytest.mark.parametrize("how", ["interrupt", "kill", "end"])
def test_no_process_stays_behind(tmp_path, context, how):
    """After Ctrl-C, after a kill, and when a program ends in the middle of an epoch."""
    (tmp_path / "program.py").write_text(PROGRAM)
    command = [sys.executable, str(tmp_path / "program.py"), context, "end" if how == "end" else "wait"]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    workers = [int(pid) for pid in process.stdout.readline().split()]
    assert len(set(workers)) == 2
    if how == "interrupt":
        os.killpg(process.pid, signal.SIGINT)
    elif how == "kill":
        process.kill()
    _, errors = process.communicate(timeout=20)
    assert all(gone(pid) for pid in workers)
    if how == "interrupt":
        assert errors.count("KeyboardInterrupt") == 1, errors
    elif how == "end":
        assert errors == ""
        assert process.returncode == 0
