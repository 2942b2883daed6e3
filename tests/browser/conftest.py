"""Explorers of three computations, opened from disk in Chromium with the network blocked.

A page fixture fails its test when the browser writes anything to the console, throws, or asks for any address.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import minigrad
from minigrad import graph, nn, optim
from models.build import build
from models.config import Config
from models.tasks import SPECIAL, make_batch, name

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@dataclass(frozen=True)
class Explored:
    """An explorer on disk, and what the engine says of the same computation.

    Attributes:
        path: where the page is.
        gradients: of leaves, by their names in the page.
        ops: how many ran.
    """

    path: Path
    gradients: dict[str, np.ndarray]
    ops: int


@pytest.fixture(scope="session")
def browser():
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install 'minigrad[browser]'")
    if CHROMIUM is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def visit(browser) -> Iterator[Callable]:
    """Opens an explorer, in a window of some size, and waits until it can be used."""
    said: list[str] = []
    contexts = []

    def open_page(explored: Explored, width: int = 1280, height: int = 720, **settings):
        context = browser.new_context(viewport={"width": width, "height": height}, **settings)
        contexts.append(context)
        context.set_default_timeout(10_000)
        context.route("**/*", from_disk_alone)
        page = context.new_page()
        page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: said.append(f"error: {error}"))
        page.goto(explored.path.as_uri())
        page.wait_for_selector("html[data-ready]", state="attached")
        return page

    def from_disk_alone(route) -> None:
        if route.request.url.startswith("file:"):
            return route.continue_()
        said.append(f"asked for {route.request.url}")
        return route.abort()

    yield open_page
    for context in contexts:
        context.close()
    assert said == []


def write(path: Path, loss: minigrad.Tensor, leaves: dict[str, minigrad.Tensor], **options) -> Explored:
    graph.explore(loss, path, **options)
    ops = sum(node.kind == "op" for node in graph.read(loss).nodes.values())
    for leaf in leaves.values():
        leaf.grad = None
    loss.backward()
    return Explored(path, {name: leaf.grad.numpy() for name, leaf in leaves.items() if leaf.grad is not None}, ops)


@pytest.fixture(scope="session")
def expression(tmp_path_factory) -> Explored:
    a, b, c = (minigrad.tensor(x, requires_grad=True) for x in (2.0, -3.0, 10.0))
    names = {"a": a, "b": b, "c": c}
    return write(tmp_path_factory.mktemp("page") / "expression.html", ((a * b) + c).tanh(), names, names=names)


def trained(path: Path, config: Config) -> Explored:
    """A model that has begun to learn, and its loss on one sequence."""
    minigrad.manual_seed(0)
    model = build(config)
    adam = optim.Adam(model.parameters(), lr=1e-2)
    many = make_batch(config.task, [(1, 2, 3, 4), (4, 3, 2, 1), (2, 4, 1, 3), (3, 1, 4, 2)])
    one = make_batch(config.task, [(3, 1, 2)])
    for _ in range(15):
        adam.zero_grad()
        loss_of(model, many).backward()
        adam.step()
    adam.zero_grad()
    names = {"source": one.source, "target": one.target_in}
    tokens = [name(i) for i in range(config.vocabulary + SPECIAL)]
    return write(path, loss_of(model, one), dict(model.named_parameters()), names=names, tokens=tokens)


def loss_of(model: nn.Module, batch) -> minigrad.Tensor:
    scores = model(batch.source, batch.target_in)
    return nn.functional.cross_entropy(scores.reshape(-1, scores.shape[-1]), batch.target_out.reshape(-1))


@pytest.fixture(scope="session")
def transformer(tmp_path_factory) -> Explored:
    small = Config(vocabulary=5, max_length=4, d_model=16, heads=2, layers=1, feed_forward=24)
    return trained(tmp_path_factory.mktemp("page") / "transformer.html", small)


@pytest.fixture(scope="session")
def recurrent(tmp_path_factory) -> Explored:
    small = Config(model="rnn-attention", vocabulary=5, max_length=4, d_model=8, layers=1)
    return trained(tmp_path_factory.mktemp("page") / "recurrent.html", small)
