"""The report of a run in Chromium: the slider through training, and what the model said and saw at each moment."""

import re
from pathlib import Path

import numpy as np
import pytest

import minigrad
from minigrad import nn
from models.config import Config
from models.report import write_pictures
from models.run import Run
from models.tasks import samples
from models.training import train
from tests.browser.screen import until

OPEN = "document.querySelector('#now').textContent !== ''"


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Run:
    config = Config(vocabulary=5, max_length=3, d_model=16, heads=2, layers=1, steps=30, eval_every=15, eval_size=20)
    run = Run.create(tmp_path_factory.mktemp("run") / "reverse", config)
    train(run)
    for _ in write_pictures(run, run.load_model(), samples(config)):
        pass
    return run


@pytest.fixture
def report(browser, run):
    said: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.route("**/*", lambda route: route.continue_() if route.request.url.startswith("file:") else route.abort())
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto((run.folder / "report.html").as_uri())
    until(page, OPEN)
    yield page
    context.close()
    assert said == []


def shown(page) -> dict:
    """What the page says each sample was answered with, and the shades of the first map of attention."""
    said = [row.locator("td").nth(1).inner_text().split() for row in page.locator("#says tr").all()[1:]]
    rows = page.locator("#looks table").first.locator("tr").all()[1:]
    shades = [
        [
            int(re.search(r"\d+", shade)[0])
            for shade in row.locator("td").evaluate_all("all => all.map(td => td.style.background)")
        ]
        for row in rows
    ]
    return {"said": said, "shades": np.array(shades)}


def test_each_moment_shows_what_was_seen_then(report, run):
    slider = report.locator("#slider")
    for moment, kept in enumerate(run.snapshots()):
        slider.fill(str(moment))
        until(report, f"document.querySelector('#now').textContent.includes('step {kept['step']}')")
        seen = shown(report)
        assert seen["said"] == [[str(symbol) for symbol in said] or ["nothing"] for said in kept["said"]]
        weights = np.array(kept["attention"]["decoder.layers.0.multihead_attn"][0])
        np.testing.assert_allclose(seen["shades"], 247 - 247 * weights, atol=1)  # from the light end to the dark one


def test_by_keyboard_and_with_other_kinds_of_attention(report, run):
    report.locator("#slider").press("Home")
    assert "before training" in report.locator("#now").inner_text()
    report.locator("#slider").press("ArrowRight")
    assert "step 15" in report.locator("#now").inner_text()
    report.get_by_role("button", name="decoder → what it has said").press("Enter")
    table = report.locator("#looks table").first
    assert table.locator("th[scope=col]").all_inner_texts() == ["bos", *map(str, samples(run.config)[0][::-1])]
    table.locator("tr").nth(1).locator("td").first.hover()
    kept = run.snapshots()[1]["attention"]["decoder.layers.0.self_attn"][0][0][0]
    assert report.locator("#cell").inner_text().endswith(f"to BOS {kept:.3f}")


def test_it_plays_to_the_end_and_links_to_the_explorer(report, run):
    report.get_by_role("button", name="Play").click()
    assert "before training" in report.locator("#now").inner_text()
    until(report, "document.querySelector('#now').textContent.includes('step 30')")
    until(report, "document.querySelector('#play').getAttribute('aria-label') === 'Play'")
    for link in report.locator("a").all():
        assert Path(run.folder / link.get_attribute("href").partition("#")[0]).is_file()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_notebook_shows_the_report_in_a_frame(browser, run, tmp_path, scheme):
    """Beside other displays; it works there, and has no link to a file that the notebook does not have."""
    evil = nn.Sequential()
    evil.add_module("</details><script>document['title'] = 'out'</script>", nn.Linear(2, 2))
    displays = "".join(shown._repr_html_() for shown in (run, evil, minigrad.randn(40, 40)))
    (tmp_path / "notebook.html").write_text(f"<!doctype html><title>in</title>{displays}<p id=after></p>", "utf-8")
    said: list[str] = []
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto((tmp_path / "notebook.html").as_uri())
    frame = page.frame_locator("iframe")
    frame.locator("#slider").fill("0")
    assert frame.locator("#now").inner_text().startswith("step 0")
    assert frame.locator("a").count() == 0
    assert page.locator("body > #after").count() == 1
    assert page.title() == "in"
    inner = page.locator("details details")
    assert inner.locator("table").is_visible()  # an only child is open
    inner.locator("summary").click()
    assert not inner.locator("table").is_visible()
    assert said == []
    context.close()
