"""What a worker process of a `DataLoader` does: it waits for numbers, and sends back batches.

It is joined to its loader by two pipes. A thread of its own sends, so that the next batch can be made while the loader
is busy with the last one. When the loader ends, or dies, the pipe of tasks does, and so does the worker.
"""

import queue
import random
import signal
import threading
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from typing import Any, NamedTuple

import numpy as np

from minigrad.generator import manual_seed
from minigrad.utils.data.fetching import Recipe
from minigrad.utils.data.worker_info import WorkerInfo, set_worker_info


class Start(NamedTuple):
    """The task to begin again, with a new epoch."""


class Stop(NamedTuple):
    """The task to end."""


class Ended(NamedTuple):
    """The answer of a worker whose stream has no more."""


class Failure(NamedTuple):
    """The answer of a worker in which something was raised.

    Attributes:
        kind: the exception's class.
        text: where it was, and the worker's traceback.
    """

    kind: type[BaseException]
    text: str

    @classmethod
    def of(cls, error: BaseException, worker: int) -> "Failure":
        """What to send for an exception that is being handled."""
        said = "".join(traceback.format_exception(error))
        return cls(
            type(error), f"Caught {type(error).__name__} in DataLoader worker process {worker}.\nOriginal {said}"
        )

    def reraise(self) -> None:
        """Raise it here: an exception of the same class, or a RuntimeError if that needs more than a text."""
        if issubclass(self.kind, KeyError):
            raise self.kind(_Verbatim(self.text))
        try:
            error = self.kind(self.text)
        except TypeError:
            error = RuntimeError(self.text)
        raise error


class _Verbatim(str):
    """A text that a KeyError prints as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class Link(NamedTuple):
    """The two ends, at the loader or at the worker, of the pipes between them.

    Attributes:
        tasks: what to fetch: `Start`, then what a sampler gives; `Stop` at the end.
        answers: what was fetched.
    """

    tasks: Connection
    answers: Connection

    def close(self) -> None:
        """Close both ends."""
        self.tasks.close()
        self.answers.close()


def work(
    recipe: Recipe, info: WorkerInfo, init: Callable[[int], None] | None, link: Link, link_of_loader: Link
) -> None:
    """The life of a worker process.

    Arguments:
        recipe: what batches are made of.
        info: which worker it is.
        init: called with its number before anything else.
        link: where tasks come from and answers go.
        link_of_loader: the other ends, which a process made by fork has too, and must not keep open.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; it is the loader that stops us
    link_of_loader.close()
    outbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_send, args=(link.answers, outbox), daemon=True).start()
    failure = None
    try:
        _prepare(info, init)
    except Exception as error:
        failure = Failure.of(error, info.id)
    fetch: Callable[[Any], Any] | None = None
    while not isinstance(task := _received(link.tasks), Stop):
        if isinstance(task, Start):
            fetch = None
            continue
        try:
            if failure is None:
                fetch = fetch or recipe.fetcher()
                answer = fetch(task)
            else:
                answer = failure
        except Exception as error:
            ended = isinstance(error, StopIteration) and recipe.streamed
            answer = Ended() if ended else Failure.of(error, info.id)
        outbox.put(_packed(answer, info.id))


def _prepare(info: WorkerInfo, init: Callable[[int], None] | None) -> None:
    """Give the process random numbers of its own, and whoever asks who it is."""
    set_worker_info(info)
    random.seed(info.seed)
    manual_seed(info.seed)
    np.random.seed(np.random.SeedSequence([info.seed, info.id]).generate_state(4))
    if init is not None:
        init(info.id)


def _received(tasks: Connection) -> Any:
    """The next task; `Stop` also when the loader is gone."""
    try:
        return tasks.recv()
    except (EOFError, OSError):
        return Stop()


def _packed(answer: Any, worker: int) -> Any:
    """An answer as bytes; one that cannot be sent becomes a failure that says so."""
    try:
        return ForkingPickler.dumps(answer)
    except Exception as error:
        failure = answer if isinstance(answer, Failure) else Failure.of(error, worker)
        return ForkingPickler.dumps(failure._replace(kind=RuntimeError))


def _send(answers: Connection, outbox: "queue.SimpleQueue[Any]") -> None:
    while True:
        try:
            answers.send_bytes(outbox.get())
        except OSError:  # the loader is gone, or wants no more
            return
