"""The pictures of a run: curves, attention maps, and the computation graph."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import minigrad
from models.config import Config
from models.decoding import greedy_decode, watched_decode
from models.model import Maps, SequenceModel
from models.plotting import BLUE, GREEN, ORANGE, draw_map, save
from models.plotting import figure as new_figure
from models.run import Line, Run
from models.tasks import SPECIAL, Symbols, make_batch, name
from models.training import loss_of
from models.training_report import write_report

KINDS = {  # the names of pictures of attention: which modules they show, and what those do
    "cross": (r"decoder\.(layers\.\d+\.multihead_attn|attention)", "Decoder looks at the source"),
    "encoder": (r"encoder\.layers\.\d+\.self_attn", "Encoder looks at the source"),
    "decoder": (r"decoder\.layers\.\d+\.self_attn", "Decoder looks at what it has said"),
}


def described(config: Config) -> str:
    """A model in a few words.

    >>> described(Config()), described(Config(model="rnn-attention", cell="lstm"))
    ('Transformer, 2+2 layers, 4 heads', 'LSTM with attention, 2+2 layers')
    """
    layers = f"{config.layers}+{config.layers} layers"
    if config.model == "transformer":
        return f"Transformer, {layers}, {config.heads} heads"
    return f"{config.cell.upper()} {'with' if config.model == 'rnn-attention' else 'without'} attention, {layers}"


def draw_curves(metrics: Sequence[Line], title: str, path: Path) -> Path:
    """Loss and accuracies against steps.

    Arguments:
        metrics: lines of metrics.jsonl.
        title: what was trained.
        path: the picture, PNG or SVG.
    """
    figure = curves(metrics)
    figure.suptitle(title)
    return save(figure, path)


def curves(metrics: Sequence[Line]) -> Any:
    """The figure of loss and accuracies against steps, from lines of metrics.jsonl."""
    steps = [line["step"] for line in metrics]
    figure = new_figure(9, 3.6)
    left, right = figure.subplots(1, 2)
    left.plot(steps, [line["loss"] for line in metrics], color=BLUE, marker="o", markersize=3)
    left.set(xlabel="step", ylabel="cross entropy (nats per token)", title="training loss", yscale="log")
    _plain_log_labels(left.yaxis)
    right.plot(steps, [line["exact_match"] for line in metrics], color=ORANGE, marker="o", markersize=3)
    right.plot(
        steps, [line["token_accuracy"] for line in metrics], color=GREEN, linestyle="--", marker="s", markersize=3
    )
    right.legend(["whole sequences", "tokens"], loc="lower right")
    right.set(xlabel="step", ylabel="share that is right", ylim=(-0.02, 1.02), title="held-out sequences")
    for axes in (left, right):
        axes.grid(alpha=0.3)
    return figure


def _plain_log_labels(axis: Any) -> None:
    """0.1, 0.2, 0.5, 1, ... instead of powers of ten, of which a short run may see none."""
    from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter

    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(FormatStrFormatter("%g"))
    axis.set_minor_formatter(NullFormatter())


def maps_of(maps: Maps, kind: str) -> list[np.ndarray]:
    """The attention weights of one kind, layer by layer, each (B, heads, queries, keys).

    Arguments:
        maps: by module name.
        kind: "cross", "encoder" or "decoder".
    """
    return [weights.numpy() for name, weights in maps.items() if re.fullmatch(KINDS[kind][0], name)]


def draw_attention(maps: Maps, kind: str, sample: int, rows: list[str], columns: list[str], path: Path) -> Path:
    """Heat maps of one kind of attention for one sequence: a row of panels for each layer, a panel for each head.

    Arguments:
        maps: attention weights by module name, each (B, heads, queries, keys).
        kind: "cross", "encoder" or "decoder".
        sample: which sequence of the batch.
        rows: what each query is, as text.
        columns: what each key is.
        path: the picture, PNG or SVG.
    """
    layers = [weights[sample] for weights in maps_of(maps, kind)]
    heads = len(layers[0])
    size = 0.9 + 0.17 * max(len(rows), len(columns))
    figure = new_figure(heads * size + 1.2, len(layers) * size + 0.8)
    panels = figure.subplots(len(layers), heads, squeeze=False)
    image = None
    for i, weights in enumerate(layers):
        for j in range(heads):
            axes = panels[i][j]
            image = draw_map(axes, weights[j][: len(rows), : len(columns)], rows, columns, vmin=0, vmax=1)
            if len(layers) > 1 or heads > 1:
                axes.set_title(f"layer {i}, head {j}", fontsize=8)
    figure.supxlabel("looks at", fontsize=9)
    figure.supylabel("position" if kind == "encoder" else "to say", fontsize=9)
    figure.suptitle(KINDS[kind][1], fontsize=10)
    figure.colorbar(image, ax=panels, shrink=0.7, label="weight")
    return save(figure, path)


def draw_attention_of(model: SequenceModel, task: str, symbols: Symbols, folder: Path, prefix: str) -> list[Path]:
    """Every attention map of one sequence, as the model decodes it.

    Arguments:
        model: the model, in `eval` mode.
        task: "copy" or "reverse".
        symbols: the sequence to read.
        folder: where the pictures go.
        prefix: what their names begin with.
    """
    maps, source, said = attention_while_decoding(model, task, symbols)
    reads = [name(token) for token in source]
    says = [name(token) for token in said[1:]]
    hears = [name(token) for token in said[:-1]]
    labels = {"cross": (says, reads), "encoder": (reads, reads), "decoder": (says, hears)}
    return [
        draw_attention(maps, kind, 0, rows, columns, folder / f"{prefix}-{kind}.png")
        for kind, (rows, columns) in labels.items()
        if maps_of(maps, kind)
    ]


def attention_while_decoding(model: SequenceModel, task: str, symbols: Symbols) -> tuple[Maps, list[int], list[int]]:
    """The attention weights while the model answers, with the tokens it read and those it said, from BOS on."""
    source = make_batch(task, [symbols]).source
    said = greedy_decode(model, source, longest=len(symbols) + 1)
    return model.attention_maps(source, said[:, :-1]), source.tolist()[0], said.tolist()[0]


def draw_graph(run: Run, model: SequenceModel, **options: Any) -> Any:
    """The computation graph of the loss on a small batch, as `minigrad.graph.draw` makes it.

    Arguments:
        run: whose task and sizes to use.
        model: the model.
        options: as for `minigrad.graph.draw`.
    """
    longest = tuple(i % run.config.vocabulary for i in range(run.config.max_length))
    batch = make_batch(run.config.task, [longest, longest])
    with minigrad.nn.Recorder(model):  # so that each head of attention is drawn
        loss = loss_of(model, batch)
    names = {"source tokens": batch.source, "target tokens": batch.target_in, "loss": loss}
    return minigrad.graph.draw(loss, names=names, **options)


def explore_run(run: Run, model: SequenceModel, symbols: Symbols) -> Any:
    """The computation of the loss on one sequence, and how the model decodes it, as `minigrad.graph.explore` shows it.

    Arguments:
        run: whose task to use.
        model: the model, in `eval` mode.
        symbols: the sequence to read.
    """
    config = run.config
    batch = make_batch(config.task, [symbols])
    names = {"source tokens": batch.source, "target tokens": batch.target_in}
    recording = minigrad.graph.record(names)
    with recording:
        loss = loss_of(model, batch)
        loss.backward()
    model.zero_grad()
    return minigrad.graph.explore(
        recording,
        title=f"{described(config)} on {config.task}",
        tokens=[name(token) for token in range(config.vocabulary + SPECIAL)],
        decoding=watched_decode(model, batch.source, longest=len(symbols) + 1),
    )


def text_map(weights: np.ndarray, rows: list[str], columns: list[str]) -> str:
    """A heat map for a terminal: darker is more.

    Arguments:
        weights: from 0 to 1, of shape (rows, columns).
        rows, columns: what stands beside and above them.

    >>> print(text_map(np.array([[0.9, 0.3], [0.0, 0.5]]), ["a", "b"], ["x", "y"]))
        x  y
    a  ██ ░░
    b     ▒▒
    """
    shades = " ░▒▓█"
    width = max(2, *map(len, columns))
    side = max(map(len, rows))
    lines = [" " * side + " " + "".join(" " + column.rjust(width) for column in columns)]
    for label, row in zip(rows, weights, strict=True):
        cells = (shades[min(int(w * len(shades)), len(shades) - 1)] * 2 for w in row)
        lines.append(f"{label.rjust(side)} " + "".join(" " + cell.rjust(width) for cell in cells))
    return "\n".join(line.rstrip() for line in lines)


def write_pictures(run: Run, model: SequenceModel, samples: Sequence[Symbols]) -> Iterator[Path]:
    """Everything that is drawn at the end of a run, one by one.

    Arguments:
        run: where they go.
        model: the trained model, in `eval` mode.
        samples: sequences to show attention for.
    """
    config = run.config
    yield draw_curves(run.metrics(), f"{described(config)} on {config.task}", run.folder / "curves.png")
    for i, symbols in enumerate(samples):
        yield from draw_attention_of(model, config.task, symbols, run.folder / "attention", f"sample-{i}")
    graph = draw_graph(run, model)
    yield graph.save(run.folder / "graph.svg")
    yield explore_run(run, model, samples[0]).save(run.folder / "explorer.html")
    yield write_report(run, curves(run.metrics()), graph.render("svg"))
