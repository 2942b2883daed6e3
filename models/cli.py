"""The command line: train, eval, predict, draw and compare.

A mistake of the user's is one line on the error stream, and exit code 2.
"""

import argparse
import contextlib
import dataclasses
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from minigrad.graph import RendererError
from models.config import TASKS, Config, UsageError, kind_of

FORMATS = ("svg", "png", "pdf", "dot")


class Parser(argparse.ArgumentParser):
    """argparse, with mistakes told in one line."""

    def error(self, message: str) -> NoReturn:
        """Print the message, and leave with exit code 2."""
        self.exit(2, f"{self.prog}: error: {message}\n")


def make_parser() -> Parser:
    """All commands, with their arguments and help."""
    parser = Parser(prog="python -m models", description="Train models on copy or reverse, and look inside.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=Parser)

    train = commands.add_parser("train", help="train a model")
    train.add_argument("task", nargs="?", help=f"what to learn: {' or '.join(TASKS)}")
    train.add_argument("--out", type=Path, metavar="DIR", help="folder to write into (default: runs/TASK)")
    train.add_argument("--resume", type=Path, metavar="RUN", help="go on with a run, where it stopped")
    for f in dataclasses.fields(Config):
        if f.name != "task":
            choices = f.metadata["choices"]
            train.add_argument(
                _flag(f.name),
                type=kind_of(f),
                metavar="|".join(choices) if choices else kind_of(f).__name__.upper(),
                default=argparse.SUPPRESS,
                help=f"{f.metadata['help']} (default: {f.default})",
            )

    evaluate = commands.add_parser("eval", help="score a trained model on held-out sequences")
    evaluate.add_argument("run", type=Path, metavar="RUN", help="a run's folder")

    predict = commands.add_parser("predict", help="let a trained model answer")
    predict.add_argument("run", type=Path, metavar="RUN", help="a run's folder")
    predict.add_argument("symbols", type=int, nargs="*", metavar="SYMBOL", help="the sequence, such as 3 1 4 1 5")
    predict.add_argument("--plot", action="store_true", help="show where the model looked, and save the maps")

    draw = commands.add_parser("draw", help="draw the computation graph")
    draw.add_argument("run", type=Path, metavar="RUN", help="a run's folder")
    draw.add_argument("--depth", type=int, help="how deep modules are opened (default: as deep as is readable)")
    draw.add_argument("--all", action="store_true", help="open every module")
    draw.add_argument("--unfold", action="store_true", help="draw repeated blocks one by one")
    draw.add_argument("--format", default="svg", metavar="|".join(FORMATS), help="file format (default: svg)")
    draw.add_argument("--out", type=Path, metavar="FILE", help="where to write (default: RUN/graph.FORMAT)")

    explore = commands.add_parser(
        "explore", help="write a page in which a trained model's computation is stepped through"
    )
    explore.add_argument("run", type=Path, metavar="RUN", help="a run's folder")
    explore.add_argument("symbols", type=int, nargs="*", metavar="SYMBOL", help="the sequence (default: the longest)")
    explore.add_argument("--out", type=Path, metavar="FILE", help="where to write (default: RUN/explorer.html)")

    example = commands.add_parser("example", help="self-attention with numbers for paper, in three ways that agree")
    example.add_argument("--out", type=Path, metavar="FILE", help="draw its graph too, as SVG, PNG, PDF or DOT")

    compare = commands.add_parser("compare", help="train and time the models side by side, and report")
    compare.add_argument("--full", action="store_true", help="longer sequences, 3 seeds, every pair (default: quick)")
    compare.add_argument("--out", type=Path, metavar="DIR", help="folder to write into (default: runs/compare[-full])")
    return parser


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Arguments:
        arguments: what follows `python -m models`; by default the process's own.

    Returns:
        The exit code: 0; 2 after a mistake of the user's, 1 when training failed, 130 when it was interrupted.
    """
    parser = make_parser()
    given = parser.parse_args(arguments)
    commands: dict[str, Callable[[argparse.Namespace], int]] = {
        "train": train_command,
        "eval": eval_command,
        "predict": predict_command,
        "draw": draw_command,
        "explore": explore_command,
        "example": example_command,
        "compare": compare_command,
    }
    try:
        return commands[given.command](given)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except ModuleNotFoundError as error:
        if error.name not in ("matplotlib", "tqdm"):
            raise
        problem = f"{error.name} is not installed; pip install -e '.[train]' brings it"
    except OSError as error:
        problem = f"{error.filename}: {error.strerror}"
    except (UsageError, ImportError, RendererError) as error:
        problem = str(error)
    print(f"{parser.prog} {given.command}: error: {problem}", file=sys.stderr)
    return 2


def train_command(given: argparse.Namespace) -> int:
    """`train`: make or resume a run, train it, draw it."""
    from models.progress import Bar
    from models.report import write_pictures
    from models.tasks import samples
    from models.training import NotFiniteError, train

    bar = Bar()
    run = _resumed(given) if given.resume else _created(given)
    try:
        with Interruptible() as interrupted, contextlib.closing(bar):
            result = train(run, bool(given.resume), bar, stop=lambda trainer: interrupted.asked)
    except NotFiniteError as error:
        print(f"training stopped: {error}", file=sys.stderr)
        return 1
    if result is None:
        print(f"interrupted; go on with: python -m models train --resume {run.folder}", file=sys.stderr)
        return 130
    print(run.outcome())
    for path in write_pictures(run, run.load_model(), samples(run.config)):
        print(f"  {path}", flush=True)
    return 0


class Interruptible:
    """Turns the first Ctrl-C (or SIGTERM) into a wish to stop after the current step; the second acts at once."""

    def __init__(self) -> None:
        self.asked = False
        self.before: dict[int, Any] = {}

    def __enter__(self) -> "Interruptible":
        for number in (signal.SIGINT, signal.SIGTERM):
            self.before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *exc_info: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


def _created(given: argparse.Namespace) -> Any:
    from models.run import Run
    from models.tasks import held_out

    if given.task is None:
        raise UsageError(f"say what to learn: {' or '.join(TASKS)}; or --resume RUN")
    config = Config(task=given.task, **_settings(given))
    held_out(config)  # raises where there are too few sequences: before anything is written
    return Run.create(given.out or Path("runs") / given.task, config)


def _resumed(given: argparse.Namespace) -> Any:
    from models.run import Run

    run = Run.open(given.resume)
    asked = _settings(given) | ({"task": given.task} if given.task else {})
    longer = asked.pop("steps", None)
    for name, value in asked.items():
        if value != getattr(run.config, name):
            raise UsageError(
                f"{_flag(name)} {value} differs from the run's own, {getattr(run.config, name)}; "
                "only --steps can be changed when a run is resumed"
            )
    if given.out is not None and given.out.resolve() != given.resume.resolve():
        raise UsageError(f"--out {given.out}: a run is resumed in its own folder, {given.resume}")
    if longer is not None:
        run.config = dataclasses.replace(run.config, steps=longer)
        run.save_config()
    return run


def _settings(given: argparse.Namespace) -> dict[str, Any]:
    names = {f.name for f in dataclasses.fields(Config)} - {"task"}
    return {name: value for name, value in vars(given).items() if name in names}


def eval_command(given: argparse.Namespace) -> int:
    """`eval`: exact match and token accuracy, and exact match by length."""
    from models.decoding import evaluate
    from models.run import Run
    from models.tasks import held_out

    run = Run.open(given.run)
    sequences = held_out(run.config)
    score = evaluate(run.load_model(), run.config.task, sequences)
    print(f"exact match     {score.exact_match:.2%} of {len(sequences)} held-out sequences")
    print(f"token accuracy  {score.token_accuracy:.2%}")
    print("length  sequences  exact match")
    for length in sorted({len(s) for s in sequences}):
        right = [ok for s, ok in zip(sequences, score.right, strict=True) if len(s) == length]
        print(f"{length:6}  {len(right):9}  {sum(right) / len(right):11.1%}")
    return 0


def predict_command(given: argparse.Namespace) -> int:
    """`predict`: what the model says, and with --plot where it looked."""
    from models.decoding import symbols_of
    from models.report import attention_while_decoding, draw_attention_of, maps_of, text_map
    from models.run import Run
    from models.tasks import check_symbols, name

    run = Run.open(given.run)
    config = run.config
    symbols = check_symbols(given.symbols, config.vocabulary)
    _check_length(config, symbols)
    if given.plot and config.model == "rnn":
        raise UsageError("--plot: this model has no attention to show; --model rnn-attention or transformer has")
    model = run.load_model()
    maps, source, said = attention_while_decoding(model, config.task, symbols)
    print(*symbols_of(said))
    if given.plot:
        cross = maps_of(maps, "cross")[-1][0]
        heads = f", mean of {len(cross)} heads" if len(cross) > 1 else ""
        print(f"\nwhere the model looks (across) to say each token (down){heads}:")
        print(text_map(cross.mean(0), [name(t) for t in said[1:]], [name(t) for t in source]))
        prefix = "predict-" + "-".join(map(str, symbols))[:80]
        for path in draw_attention_of(model, config.task, symbols, run.folder / "attention", prefix):
            print(path)
    return 0


def _check_length(config: Config, symbols: Sequence[int]) -> None:
    """Raises UsageError for a sequence longer than a model can read."""
    if config.model == "transformer" and config.positions == "learned" and len(symbols) > config.max_length:
        raise UsageError(
            f"the sequence has {len(symbols)} symbols, but this model learnt positions for {config.max_length}; "
            "a shorter one would do, or a model with sinusoidal positions"
        )


def draw_command(given: argparse.Namespace) -> int:
    """`draw`: the computation graph."""
    from models.report import draw_graph
    from models.run import Run

    if given.format not in FORMATS:
        raise UsageError(f"--format {given.format} is unknown; {', '.join(FORMATS)} would do")
    if given.depth is not None and given.depth < 0:
        raise UsageError(f"--depth {given.depth} must be 0 or more")
    run = Run.open(given.run)
    depth = {"depth": None} if given.all else {} if given.depth is None else {"depth": given.depth}
    drawing = draw_graph(run, run.load_model(), fold=not given.unfold, **depth)
    path = given.out or run.folder / f"graph.{given.format}"
    drawing.save(path, format=given.format)
    print(path)
    return 0


def explore_command(given: argparse.Namespace) -> int:
    """`explore`: the computation of the loss on one sequence, as a page to be stepped through."""
    from models.report import explore_run
    from models.run import Run
    from models.tasks import check_symbols, samples

    run = Run.open(given.run)
    symbols = check_symbols(given.symbols, run.config.vocabulary) if given.symbols else samples(run.config)[0]
    _check_length(run.config, symbols)
    print(explore_run(run, run.load_model(), symbols).save(given.out or run.folder / "explorer.html"))
    return 0


def example_command(given: argparse.Namespace) -> int:
    """`example`: the note's example, with every number."""
    from models.example import draw, text

    if given.out is not None and given.out.suffix[1:] not in FORMATS:
        raise UsageError(
            f"--out {given.out}: the format is unknown; a name that ends with .svg, .png, .pdf or .dot would do"
        )
    print(text())
    if given.out is not None:
        print(f"\n{draw().save(given.out)}")
    return 0


def compare_command(given: argparse.Namespace) -> int:
    """`compare`: do the pieces that are not done, and write the report."""
    from models.comparing.comparison import Comparison
    from models.comparing.plan import FULL, QUICK, plan
    from models.comparing.report import write_report
    from models.progress import Pieces

    folder = given.out or Path("runs") / ("compare-full" if given.full else "compare")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"--out {folder} is a file; a folder is needed")
    comparison = Comparison(folder, plan(FULL if given.full else QUICK))
    missing = comparison.missing()
    bar = Pieces(missing)
    if missing:
        minutes = comparison.estimate() / 60
        print(f"{len(missing)} of {len(comparison.pieces)} pieces to do, about {minutes:.1f} minutes", file=sys.stderr)
    try:
        with contextlib.closing(bar):
            comparison.go_on(bar.stepped)
    except KeyboardInterrupt:
        again = "python -m models compare" + (" --full" if given.full else "")
        again += f" --out {given.out}" if given.out else ""
        print(f"interrupted; what is done is kept, and this goes on from there: {again}", file=sys.stderr)
        return 130
    for path in write_report(comparison):
        print(f"  {path}", flush=True)
    return 0
