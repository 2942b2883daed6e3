"""Processes that measure, from the side of the parent; and turns among those that are compared."""

import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.benchmarks.sizes import Comparison

ROOT = Path(__file__).parents[2]
REST = 0.1  # seconds between two measurements, in which threads of the one before stop waiting for work

Result = dict[str, Any]


class Worker:
    """A process that has prepared a measurement, and measures when it is told to.

    Arguments:
        what: the module of this package whose `prepare` is called.
        settings: its arguments, as JSON can hold them.
        cores: "one" or "all".
    """

    def __init__(self, what: str, settings: Mapping[str, Any], cores: str = "all"):
        command = [sys.executable, "-m", "tests.benchmarks.worker", what, json.dumps(settings), cores]
        self.said = tempfile.TemporaryFile()  # noqa: SIM115  a pipe would fill, and stop who writes into it
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.said, text=True
        )
        self.state = self._read()  # {"ready": True}, or why not

    @property
    def ready(self) -> bool:
        """Whether it can measure."""
        return "ready" in self.state

    def measure(self) -> Result:
        """Measure once."""
        assert self.process.stdin
        try:
            self.process.stdin.write("go\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended; reading says how
        return self._read()

    def close(self) -> None:
        """Let it end."""
        self.process.communicate()
        self.said.close()

    def _read(self) -> Result:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if line:
            return json.loads(line)
        code = self.process.wait()
        self.said.seek(0)
        said = self.said.read().decode(errors="replace").split("\n")
        reason = signal.Signals(-code).name if code < 0 else next(filter(None, reversed(said)), f"code {code}")
        return {"failed": f"the process ended: {reason}"}


def take_turns(comparison: Comparison, told: Callable[[str], None]) -> dict[str, Result]:
    """Measure several things, A B C A B C, each in its own process.

    Arguments:
        comparison: what is compared.
        told: called with a name before each piece of work, and so `comparison.count` times.

    Returns:
        By name, {"rounds": [what each measurement answered]}, or {"absent": why} or {"failed": why}.
    """
    workers, found = {}, {}
    for name, (what, settings) in comparison.tasks.items():
        told(name)
        workers[name] = Worker(what, settings, comparison.cores)
        found[name] = {"rounds": []} if workers[name].ready else workers[name].state
    for _ in range(comparison.rounds):
        for name, worker in workers.items():
            told(name)
            if "rounds" in found[name]:
                answer = worker.measure()
                if "failed" in answer:
                    found[name] = answer
                else:
                    found[name]["rounds"].append(answer)
                time.sleep(REST)
    for worker in workers.values():
        worker.close()
    return found
