"""The course: both languages run the same code, each chapter has all its parts, and a picture is rewritten when what it
shows has changed.
"""

import re
import shlex
from pathlib import Path

import pytest
from PIL import Image

import minigrad
from models.cli import make_parser
from models.course import PICTURES, keep
from models.plotting import draw_lines, figure

COURSE = Path(__file__).parent.parent / "docs" / "course"
CHAPTERS = sorted(path.name for path in (COURSE / "en").glob("*.md"))


def text(language, chapter):
    return (COURSE / language / chapter).read_text(encoding="utf-8")


def code(page):
    """Its blocks of code, and its commands."""
    return re.findall(r"^```python\n(.*?)^```$|^    (python -m [^\n]*)$", page, re.DOTALL | re.MULTILINE)


def pictures(page):
    return re.findall(r"!\[.+\]\(\.\./pictures/(.+)\)", page)


def test_both_languages_have_the_same_chapters_and_the_index_lists_them():
    assert sorted(path.name for path in (COURSE / "zh").glob("*.md")) == CHAPTERS
    index = (COURSE / "index.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| (\d) \| \[.+\]\(en/(.+)\) \| \[.+\]\(zh/(.+)\) \|$", index, re.MULTILINE)
    assert listed == [(chapter[0], chapter, chapter) for chapter in CHAPTERS]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_both_languages_run_the_same_code(chapter):
    assert code(text("en", chapter)) == code(text("zh", chapter))
    assert pictures(text("en", chapter)) == pictures(text("zh", chapter))


@pytest.mark.parametrize("chapter", CHAPTERS)
@pytest.mark.parametrize(("language", "exercise", "answer"), [("en", "Exercise", "Answer"), ("zh", "练习", "答案")])
def test_a_chapter_has_its_parts(chapter, language, exercise, answer):
    """A numbered title, code, a command that can be given, a picture that its code draws, an exercise, an answer."""
    page = text(language, chapter)
    assert page.startswith(f"# {chapter[0]}. ")
    before, after = page.split(f"## {exercise}\n")
    question, reply = after.split(f"<summary>{answer}</summary>")
    assert len(question) > 40
    assert ">>> " in before
    assert ">>> " in reply
    commands = [command for _, command in code(page) if command]
    assert commands
    for command in commands:
        make_parser().parse_args(shlex.split(command)[3:])
    assert pictures(page)
    for name in pictures(page):
        assert (PICTURES / name).is_file()
        assert f'keep(picture, "{name}"' in page or f'keep(drawing, "{name}"' in page


def test_every_picture_is_shown():
    shown = {name for chapter in CHAPTERS for name in pictures(text("en", chapter))}
    assert {path.name for path in PICTURES.iterdir()} == shown


def line(heights, title="title"):
    picture = figure(2, 2)
    draw_lines(picture.subplots(), {"label": ([0, 1], heights)}, title=title)
    return picture


def test_a_figure_is_written_again_when_it_shows_something_else(tmp_path):
    path = tmp_path / "a.png"
    Image.new("RGB", (2, 2)).save(path)  # of unknown content
    written = []
    for picture in (line([1, 2]), line([1, 2.01]), line([1, 3]), line([1, 3], "another")):
        before = path.read_bytes()
        keep(picture, "a.png", tmp_path)
        written.append(path.read_bytes() != before)
    assert written == [True, False, True, True]


def test_a_drawing_is_written_again_when_its_words_differ(tmp_path):
    x = minigrad.ones(2, requires_grad=True)
    keep(minigrad.graph.draw(x.exp()), "a.svg", tmp_path)
    first = (tmp_path / "a.svg").read_bytes() + b"<!-- another layout -->"
    (tmp_path / "a.svg").write_bytes(first)
    keep(minigrad.graph.draw(x.exp()), "a.svg", tmp_path)
    assert (tmp_path / "a.svg").read_bytes() == first
    keep(minigrad.graph.draw(x.tanh()), "a.svg", tmp_path)
    assert (tmp_path / "a.svg").read_bytes() != first
