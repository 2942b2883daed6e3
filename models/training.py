"""The training loop: draw a batch, predict, measure, go back, step; now and then evaluate and save.

Everything that decides what happens next is in `Trainer.checkpoint`: a run that is stopped after any step and
resumed goes on exactly as if it had not been.
"""

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import minigrad
from minigrad import Generator, Tensor, nn, optim
from models.build import build
from models.config import Config, UsageError
from models.decoding import Score, evaluate
from models.model import SequenceModel
from models.run import Checkpoint, Line, Run
from models.snapshots import Snapshot, StepSizes, snapshot
from models.tasks import PAD, Batch, held_out, samples, stream


class NotFiniteError(ArithmeticError):
    """The loss became NaN or infinite; the message names the step."""


def loss_of(model: SequenceModel, batch: Batch, label_smoothing: float = 0.0) -> Tensor:
    """Cross entropy of the model's scores against the answer, averaged over its tokens.

    Arguments:
        model: the model.
        batch: B sequences.
        label_smoothing: share of the target spread over all tokens.

    Returns:
        A tensor of shape ().
    """
    scores = model(batch.source, batch.target_in)  # (B, T, tokens)
    return nn.functional.cross_entropy(
        scores.flatten(0, 1), batch.target_out.flatten(), ignore_index=PAD, label_smoothing=label_smoothing
    )


def learning_rate_factor(step: int, warmup: int, steps: int) -> float:
    """Rise in a straight line for `warmup` steps, and fall in a straight line to 0 at the end.

    Falling to 0 lets the last mistakes, about one sequence in a hundred at a constant rate, disappear.

    >>> [learning_rate_factor(step, warmup=2, steps=8) for step in (0, 1, 2, 4, 7)]
    [0.5, 0.875, 0.75, 0.5, 0.125]
    """
    return min((step + 1) / max(warmup, 1), 1 - step / steps)


class Trainer:
    """A model in training.

    Arguments:
        config: all settings; the seed decides weights, data and dropout.
    """

    def __init__(self, config: Config):
        self.config = config
        minigrad.manual_seed(config.seed)
        self.model = build(config)
        self.generator = Generator().manual_seed(config.seed)
        self.batches = stream(config, self.generator)
        self.held_out = held_out(config)
        self.optimizer = optim.Adam(self.model.parameters(), lr=config.lr, betas=(0.9, 0.98))
        self.scheduler = optim.lr_scheduler.LambdaLR(
            self.optimizer, lambda step: learning_rate_factor(step, config.warmup, config.steps)
        )
        self.step = 0
        self.losses: list[float] = []  # since the last evaluation
        self.tokens = 0  # the same
        self.sizes: dict[str, dict[str, float]] = {}  # of the last step before an evaluation: see `StepSizes`
        self.seconds = 0.0  # of training so far, in earlier sittings too

    def train_step(self) -> float:
        """One step.

        Returns:
            The loss before it.

        Raises:
            NotFiniteError: when the loss is NaN or infinite; the weights stay as they were.
        """
        batch = next(self.batches)
        loss = loss_of(self.model, batch, self.config.label_smoothing)
        if not math.isfinite(loss.item()):
            raise NotFiniteError(
                f"the loss became {loss.item()} at step {self.step + 1}; "
                f"a learning rate below {self.config.lr:g} would do, or a smaller --clip than {self.config.clip:g}"
            )
        self.optimizer.zero_grad()
        loss.backward()
        sizes = StepSizes(self.model) if self.evaluates_after(self.step + 1) else None
        nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip)
        self.optimizer.step()
        self.sizes = {} if sizes is None else sizes.after()
        self.scheduler.step()
        self.step += 1
        self.losses.append(loss.item())
        self.tokens += int((batch.target_out != PAD).sum())
        return loss.item()

    def evaluates_after(self, step: int) -> bool:
        """Whether an evaluation follows a step."""
        return step % self.config.eval_every == 0 or step == self.config.steps

    def look(self) -> Snapshot:
        """What the report keeps of this moment."""
        return snapshot(self.model, self.config.task, samples(self.config), self.step, self.sizes)

    def evaluate(self) -> Score:
        """Score the model on the held-out sequences."""
        return evaluate(self.model, self.config.task, self.held_out)

    # --- stopping and going on

    def checkpoint(self) -> Checkpoint:
        """All that decides what happens next."""
        optimizer = self.optimizer.state_dict()
        tensors = {f"model.{name}": tensor for name, tensor in self.model.state_dict().items()}
        numbers: dict[str, Any] = {}
        for i, values in optimizer["state"].items():
            for name, value in values.items():
                (tensors if isinstance(value, Tensor) else numbers)[f"optimizer.{i}.{name}"] = value
        state = {
            "step": self.step,
            "losses": self.losses,
            "tokens": self.tokens,
            "seconds": self.seconds,
            "optimizer": numbers,
            "data": self.generator.get_state(),
            "dropout": minigrad.default_generator.get_state(),
        }
        return Checkpoint(tensors, state)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go back to a checkpoint.

        Raises:
            UsageError: when it does not fit the model.
        """
        state = checkpoint.state
        weights = {k.removeprefix("model."): v for k, v in checkpoint.tensors.items() if k.startswith("model.")}
        moments: dict[int, dict[str, Any]] = {}
        for key, value in [*checkpoint.tensors.items(), *state["optimizer"].items()]:
            if key.startswith("optimizer."):
                _, number, name = key.split(".", 2)
                moments.setdefault(int(number), {})[name] = value
        try:
            self.model.load_state_dict(weights)
            groups = self.optimizer.state_dict()["param_groups"]
            self.optimizer.load_state_dict({"state": moments, "param_groups": groups})
            self.step, self.losses = state["step"], state["losses"]
            self.tokens, self.seconds = state["tokens"], state["seconds"]
            self.scheduler.step(self.step)
            self.generator.set_state(state["data"])
            minigrad.default_generator.set_state(state["dropout"])
        except (RuntimeError, ValueError, KeyError, TypeError) as error:
            raise UsageError(f"the checkpoint does not fit the run's config.json: {error}") from None


class Observer:
    """What is told how training goes; this one does not listen. `models.progress.Bar` does."""

    def stepped(self, trainer: Trainer, loss: float) -> None:
        """After each step."""

    def evaluated(self, line: Line) -> None:
        """After each evaluation."""


def train(
    run: Run,
    resume: bool = False,
    observer: Observer | None = None,
    stop: Callable[[Trainer], bool] = lambda trainer: False,
) -> dict[str, Any] | None:
    """Train until the task is solved, or the steps are used up, and write everything but the pictures.

    Arguments:
        run: where the settings are, and where to write.
        resume: go on from the last checkpoint.
        observer: told of steps and evaluations.
        stop: asked after each step; when true the state is saved and training ends.

    Returns:
        The content of result.json; None if `stop` ended it.

    Raises:
        NotFiniteError: when the loss is NaN or infinite; the last checkpoint is left as it is.
    """
    config, observer = run.config, observer or Observer()
    trainer = Trainer(config)
    metrics: list[Line] = []
    snapshots = [trainer.look()]
    if resume:
        checkpoint = run.load_checkpoint()
        trainer.restore(checkpoint)
        metrics, snapshots = run.metrics(until=trainer.step), run.snapshots(until=trainer.step)
    before, started = trainer.seconds, time.perf_counter()
    solved = bool(metrics) and metrics[-1]["step"] == trainer.step and metrics[-1]["exact_match"] >= config.solved
    with np.errstate(all="ignore"):  # an overflow shows in the loss, where it is reported with its step
        while trainer.step < config.steps and not solved:
            loss = trainer.train_step()
            observer.stepped(trainer, loss)
            trainer.seconds = before + time.perf_counter() - started
            stopped = stop(trainer)
            if trainer.evaluates_after(trainer.step):
                metrics.append(measure(trainer, metrics))
                snapshots.append(trainer.look())
                observer.evaluated(metrics[-1])
                solved = metrics[-1]["exact_match"] >= config.solved
            elif not stopped:
                continue
            run.save_checkpoint(trainer.checkpoint(), trainer.model, metrics, snapshots)
            if stopped and not solved:
                return None
    return finish(run, trainer, metrics)


def measure(trainer: Trainer, metrics: list[Line]) -> Line:
    """Evaluate: one line of metrics.jsonl. What depends on the clock is in its last two entries."""
    score = trainer.evaluate()
    line = {
        "step": trainer.step,
        "loss": float(np.mean(trainer.losses)),
        "exact_match": score.exact_match,
        "token_accuracy": score.token_accuracy,
        "lr": trainer.scheduler.get_last_lr()[0],
        "seconds": round(trainer.seconds, 3),
        "tokens_per_second": round(
            trainer.tokens / max(trainer.seconds - (metrics[-1]["seconds"] if metrics else 0), 1e-9)
        ),
    }
    trainer.losses, trainer.tokens = [], 0
    return line


def finish(run: Run, trainer: Trainer, metrics: list[Line]) -> dict[str, Any]:
    """Write how it ended."""
    result = {
        "task": run.config.task,
        "steps": trainer.step,
        "exact_match": metrics[-1]["exact_match"],
        "token_accuracy": metrics[-1]["token_accuracy"],
        "seconds": metrics[-1]["seconds"],
    }
    run.save_result(result)
    return result
