"""What a run tells of itself, in one line and in a notebook."""

import html
import json

import pytest

from models.config import Config
from models.run import Run
from tests.markup import parsed

RESULT = {"task": "copy", "steps": 40, "exact_match": 0.5, "token_accuracy": 0.75, "seconds": 1.25}


@pytest.fixture
def run(tmp_path) -> Run:
    return Run.create(tmp_path / "a <b> & 'c'", Config(task="copy", d_model=16))


def test_a_run_that_is_not_finished_shows_its_settings(run):
    shown = parsed(run._repr_html_())
    assert "a <b> & 'c' · copy: not finished" in shown.text
    rows = {row.text for row in shown.all("tr")}
    assert {"taskcopy", "d_model16"} <= rows
    assert not list(shown.all("iframe"))


def test_a_finished_run_shows_its_result_and_its_report(run):
    run.save_result(RESULT)
    assert run.outcome() == "copy: 50.0% of held-out sequences exactly right after 40 steps, 1.2 s"
    assert run.outcome() in repr(run)
    page = "<!doctype html><title>a \"report\" & more</title><script>'1' < 2</script>"
    (run.folder / "report.html").write_text(page, encoding="utf-8")
    shown = parsed(run._repr_html_())
    (frame,) = shown.all("iframe")
    assert frame.attributes["srcdoc"] == page
    assert frame.attributes["sandbox"] == "allow-scripts"
    assert run.outcome() in shown.text


@pytest.mark.parametrize("content", ["", "[]", "{}", json.dumps({**RESULT, "steps": None, "seconds": "<b>"})])
def test_a_damaged_result_is_said_not_raised(run, content):
    (run.folder / "result.json").write_text(content)
    assert "result.json is damaged" in parsed(run._repr_html_()).text
    assert "damaged" in repr(run)


def test_a_folder_may_be_named_by_text(run):
    assert Run.open(str(run.folder)).config == run.config


def test_the_frame_holds_the_report_as_it_is(run):
    page = "é &amp; \"' \u2028"
    (run.folder / "report.html").write_text(page, encoding="utf-8")
    assert html.escape(page) in run._repr_html_()
