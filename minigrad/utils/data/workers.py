"""The worker processes of a `DataLoader`, as the loader sees them: who gets which task, and whose turn it is."""

import contextlib
import itertools
import multiprocessing
import os
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from multiprocessing.connection import wait
from multiprocessing.reduction import ForkingPickler
from typing import Any

from minigrad.utils.data.fetching import Recipe
from minigrad.utils.data.worker import Ended, Failure, Link, Start, Stop, work
from minigrad.utils.data.worker_info import WorkerInfo

PATIENCE = 5.0  # seconds that a worker has to finish what it is at, when nobody wants it any more


class Worker:
    """One worker process, and the loader's end of what joins them.

    Attributes:
        owed: how many answers are still to come.
    """

    def __init__(self, context: Any, recipe: Recipe, info: WorkerInfo, init: Callable[[int], None] | None):
        their_tasks, our_tasks = context.Pipe(duplex=False)
        our_answers, their_answers = context.Pipe(duplex=False)
        self.link, theirs = Link(our_tasks, our_answers), Link(their_tasks, their_answers)
        self.number = info.id
        self.owed = 0
        self.process = context.Process(target=work, args=(recipe, info, init, theirs, self.link), daemon=True)
        self.process.start()
        theirs.close()  # so that a pipe ends when the worker does

    def ask(self, task: Any) -> None:
        """Give it a task."""
        self._tell(task)
        self.owed += 1

    def restart(self) -> None:
        """Let it begin with a new epoch; answers that are still to come are of no more interest."""
        while self.owed:
            self.answer(0)
        self._tell(Start())

    def _tell(self, message: Any) -> None:
        try:
            self.link.tasks.send(message)
        except OSError:
            raise self._death() from None

    def answer(self, timeout: float) -> Any:
        """Its next answer; `timeout` is how many seconds to wait at most, 0 for as long as it takes.

        Raises:
            RuntimeError: when the time is over, or the process ended.
        """
        try:
            if not self.link.answers.poll(timeout or None):
                raise RuntimeError(f"DataLoader timed out after {timeout} seconds")
            packed = self.link.answers.recv_bytes()
        except (EOFError, ConnectionError):
            raise self._death() from None
        self.owed -= 1
        return ForkingPickler.loads(packed)

    def _death(self) -> RuntimeError:
        self.process.join(PATIENCE)
        return RuntimeError(
            f"DataLoader worker {self.number} (pid {self.process.pid}) exited unexpectedly with exit code "
            f"{self.process.exitcode}; with num_workers=0 the error would be seen here"
        )

    def dismiss(self) -> None:
        """Tell it that nobody wants it any more."""
        with contextlib.suppress(OSError):  # it may have ended already
            self.link.tasks.send(Stop())
        self.link.close()

    def end(self) -> None:
        """Wait until it has ended, and do not wait for ever."""
        self.process.join(PATIENCE)
        if self.process.exitcode is None:
            self.process.terminate()
            self.process.join(PATIENCE)
        if self.process.exitcode is None:
            self.process.kill()
            self.process.join()
        self.process.close()


def _stop(workers: list[Worker], owner: int) -> None:
    """End worker processes, unless this process is itself one that was forked from their owner."""
    if os.getpid() == owner:
        for worker in workers:
            worker.dismiss()
        for worker in workers:
            worker.end()


class Crew:
    """All workers of a loader. They end with `end()`, when nobody holds the crew any more, and when the program does.

    Arguments:
        recipe: what batches are made of.
        loader: the `DataLoader`, for its settings.
        base_seed: worker i starts its random numbers from this plus i.
    """

    def __init__(self, recipe: Recipe, loader: Any, base_seed: int):
        self.prefetch_factor = loader.prefetch_factor
        self.timeout = loader.timeout
        self.in_order = loader.in_order
        self.workers: list[Worker] = []
        self.end = weakref.finalize(self, _stop, self.workers, os.getpid())
        context = loader.multiprocessing_context
        if context is None or isinstance(context, str):
            context = multiprocessing.get_context(context)
        for i in range(loader.num_workers):
            info = WorkerInfo(i, loader.num_workers, base_seed + i, recipe.dataset)
            self.workers.append(Worker(context, recipe, info, loader.worker_init_fn))

    def batches(self, samples: Iterator[Any]) -> Iterator[Any]:
        """The batches of one epoch, of what a sampler gives, in its order.

        Tasks go round the workers, each of whom has up to `prefetch_factor` of them. Whose stream has ended gets no
        more. All this depends on the answers alone and not on the time they take, unless `in_order` is False: then
        batches come as they are ready, and who has least to do gets the next task.
        """
        for worker in self.workers:
            worker.restart()
        circle = itertools.cycle(self.workers)
        ended: set[Worker] = set()
        turns: deque[Worker] = deque()

        def assign() -> None:
            if len(ended) == len(self.workers):
                return
            for task in itertools.islice(samples, 1):
                worker = next(worker for worker in circle if worker not in ended)
                if not self.in_order:
                    worker = min(set(self.workers) - ended, key=lambda worker: worker.owed)
                worker.ask(task)
                turns.append(worker)

        for _ in range(self.prefetch_factor * len(self.workers)):
            assign()
        while turns:
            worker = turns[0] if self.in_order else self._first_ready(turns)
            turns.remove(worker)
            answer = worker.answer(self.timeout)
            if isinstance(answer, Ended):
                ended.add(worker)
            assign()
            if isinstance(answer, Failure):
                answer.reraise()
            if not isinstance(answer, Ended):
                yield answer

    def _first_ready(self, turns: deque[Worker]) -> Worker:
        ready = set(wait({worker.link.answers for worker in turns}, self.timeout or None))
        return next((worker for worker in turns if worker.link.answers in ready), turns[0])
