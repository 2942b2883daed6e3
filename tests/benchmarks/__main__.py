"""The command line: `python -m tests.benchmarks --help`."""

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from tqdm import tqdm

from tests.benchmarks import machine
from tests.benchmarks.plots import draw_all
from tests.benchmarks.process import take_turns
from tests.benchmarks.ratios import worse
from tests.benchmarks.report import markdown, measured_ratios
from tests.benchmarks.sections import SECTIONS
from tests.benchmarks.sizes import CORES, MODELS, PEERS, SIZES, Options

BASELINE = Path(__file__).parent / "baseline.json"
QUICK = Options(
    peers=("minigrad", "torch", "jax", "gemm"),
    models=("transformer",),
    sizes=("tiny", "small"),
    cores=("one",),
    rounds=3,
    seconds=0.2,
    quick=True,
)


def parser() -> argparse.ArgumentParser:
    """What the command takes."""
    about = "Measure minigrad beside its peers, and print a report in Markdown. Peers: pip install '.[bench]'."
    p = argparse.ArgumentParser("python -m tests.benchmarks", description=about)
    lists: dict[str, Any] = {"nargs": "+", "metavar": "NAME"}
    p.add_argument("--only", choices=SECTIONS, **lists, help=f"measure only some of {', '.join(SECTIONS)}")
    p.add_argument("--peers", choices=PEERS, **lists, help=f"only some of {', '.join(PEERS)}")
    p.add_argument("--models", choices=MODELS, **lists, help=f"only some of {', '.join(MODELS)}")
    p.add_argument("--sizes", choices=SIZES, **lists, help=f"only some of {', '.join(SIZES)}")
    p.add_argument("--cores", choices=CORES, **lists, help="one (pinned to one core), all, or both; both by default")
    p.add_argument("--rounds", type=int, help=f"how often each thing is measured; {Options.rounds} by default")
    p.add_argument("--quick", action="store_true", help="little of everything, in about two minutes")
    p.add_argument("--json", type=Path, metavar="FILE", help="write all measurements to this file, and keep it current")
    p.add_argument("--report", type=Path, metavar="FILE", help="write the report to this file too")
    p.add_argument("--read", type=Path, metavar="FILE", help="report what --json wrote, and measure nothing")
    p.add_argument("--plots", type=Path, metavar="FOLDER", help="draw what grows into this folder")
    p.add_argument(
        "--baseline", type=Path, default=BASELINE, metavar="FILE", help="ratios to compare with, stored earlier"
    )
    p.add_argument("--store", action="store_true", help="store the ratios as the baseline, in place of the old ones")
    return p


def options_of(arguments: argparse.Namespace) -> Options:
    """What is asked for, on top of what is measured by default."""
    asked = {name: getattr(arguments, name) for name in ("peers", "models", "sizes", "cores", "rounds")}
    given = {name: tuple(x) if isinstance(x, list) else x for name, x in asked.items() if x is not None}
    return dataclasses.replace(QUICK if arguments.quick else Options(), **given)


def measure(sections: list[str], options: Options, kept: Path | None) -> dict[str, Any]:
    """Measure, and write down what is known after every comparison."""
    plan = [(name, comparison) for name in sections for comparison in SECTIONS[name].comparisons(options)]
    found: dict[str, Any] = {"machine": machine.describe(), "results": {}}
    with tqdm(total=sum(comparison.count for _, comparison in plan), unit="piece") as bar:

        def told(word: str) -> None:
            bar.set_postfix_str(f"{name} {comparison.key}: {word}")
            bar.update()

        for name, comparison in plan:
            found["results"].setdefault(name, {})[comparison.key] = take_turns(comparison, told)
            found["machine"]["load at end"] = machine.load()
            if kept:
                kept.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return found


def compare(found: dict[str, Any], baseline: Path, store: bool) -> str:
    """What became worse than stored; with `store`, store what is now."""
    now = measured_ratios(found["results"])
    stored = json.loads(baseline.read_text(encoding="utf-8")) if baseline.exists() else {"ratios": {}}
    lines = [f"- {name}: {old:.2f} → {new:.2f}" for name, (old, new) in worse(now, stored["ratios"]).items()]
    known = len(now.keys() & stored["ratios"].keys())
    if store:
        ratios = {name: round(x, 3) for name, x in (stored["ratios"] | now).items()}
        text = json.dumps({"machine": found["machine"], "ratios": ratios}, indent=1, ensure_ascii=False)
        baseline.write_text(text + "\n", encoding="utf-8")
    words = "\n".join(lines) if lines else "No ratio is more than 10 % above."
    return f"## Beside the stored baseline\n\n{known} of {len(now)} ratios are stored. {words}"


def main() -> None:
    """Measure and report."""
    arguments = parser().parse_args()
    if arguments.read:
        found = json.loads(arguments.read.read_text(encoding="utf-8"))
    else:
        found = measure(arguments.only or list(SECTIONS), options_of(arguments), arguments.json)
    text = f"{markdown(found)}\n\n{compare(found, arguments.baseline, arguments.store)}\n"
    print(text)
    if arguments.report:
        arguments.report.write_text(text, encoding="utf-8")
    if arguments.plots:
        draw_all(found["results"], arguments.plots)


if __name__ == "__main__":
    sys.exit(main())
