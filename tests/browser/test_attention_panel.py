"""The attention panel: for a weight all that it came of, in numbers that add up and are the model's own."""

import numpy as np
import pytest

import minigrad
from minigrad import graph, nn
from models import tasks
from models.build import build
from models.config import Config
from models.decoding import watched_decode
from models.tasks import make_batch
from tests.browser.conftest import Explored
from tests.browser.screen import number, settle
from tests.browser.test_panels import backward, colours_change, show, steps

SMALL = {"vocabulary": 5, "max_length": 4, "d_model": 16, "heads": 2, "layers": 1, "feed_forward": 24}


def recorded(path, config: Config) -> tuple[Explored, dict[str, np.ndarray]]:
    """An explorer of a model on one sequence, and the weights of its heads by their names."""
    minigrad.manual_seed(2)
    model = build(config).eval()
    batch = make_batch("reverse", [(3, 1, 2)])
    with graph.record() as g:
        scores = model(batch.source, batch.target_in)
        loss = nn.functional.cross_entropy(scores.reshape(-1, scores.shape[-1]), batch.target_out.reshape(-1))
        loss.backward()
    tokens = [tasks.name(i) for i in range(config.vocabulary + 3)]
    decoding = watched_decode(model, batch.source, 4)
    graph.explore(g, path, tokens=tokens, decoding=decoding)
    with minigrad.no_grad(), nn.Recorder(model) as seen:
        model(batch.source, batch.target_in)
    weights = {name.removesuffix(".weights"): x.numpy()[0] for name, x in seen.items() if name.endswith(".weights")}
    return Explored(path, {}, 0), weights


@pytest.fixture(scope="module")
def transformer(tmp_path_factory):
    return recorded(tmp_path_factory.mktemp("page") / "page.html", Config(**SMALL))


@pytest.fixture(scope="module")
def recurrent(tmp_path_factory):
    return recorded(tmp_path_factory.mktemp("page") / "page.html", Config(model="rnn-attention", **SMALL))


def opened(visit, explored, **window):
    page = visit(explored, **window)
    backward(page, steps(page))
    show(page, "Attention")
    return page


def choose(page, i: int, j: int) -> None:
    page.locator(f".weights td[data-place='0,{i},{j}']").click()
    settle(page)


@pytest.mark.parametrize("name", ["transformer", "recurrent"])
def test_all_heads_are_shown_with_their_weights(name, visit, request):
    explored, weights = request.getfixturevalue(name)
    page = opened(visit, explored)
    pictures = page.locator(".gallery .small-head")
    assert pictures.count() == len(weights)
    for i, (head, right) in enumerate(weights.items()):
        pictures.nth(i).click()
        settle(page)
        assert page.locator(".one-head h3").first.text_content() == head.replace(".head", " head")
        cells = page.locator(".weights td")
        titles = cells.evaluate_all("cells => cells.map((cell) => (cell.dataset.state ? '0' : cell.title))")
        shown = [float(title) for title in titles]
        np.testing.assert_allclose(np.reshape(shown, right.shape), right, rtol=1e-6)


def test_rows_and_columns_are_the_tokens(visit, transformer):
    page = opened(visit, transformer[0])
    page.locator(".gallery .small-head").nth(4).click()  # the decoder looks at the source
    settle(page)
    assert "multihead_attn" in page.locator(".one-head h3").first.text_content()
    assert page.locator(".weights tbody th").all_text_contents() == ["BOS", "2", "1", "3"]
    assert page.locator(".weights thead th[scope]").all_text_contents() == ["3", "1", "2", "EOS"]


@pytest.mark.parametrize("name", ["transformer", "recurrent"])
def test_the_story_of_a_weight_adds_up(name, visit, request):
    explored, weights = request.getfixturevalue(name)
    page = opened(visit, explored)
    for i, right in enumerate(weights.values()):
        page.locator(".gallery .small-head").nth(i).click()
        settle(page)
        choose(page, 2, 1)
        story = page.locator(".story")
        dot = number(story.locator("h4").first.text_content().split(" = ")[1])
        products = [number(text) for text in story.locator("td.product").all_text_contents()]
        assert sum(products) == pytest.approx(dot, abs=5e-3 * sum(map(abs, products)))
        assert story.locator(".wrong").count() == 0
        assert "the score" in story.locator(".right").first.text_content()
        assert "its gradient" in story.locator(".right").last.text_content()
        row = story.locator(".row-of-weights td:nth-child(3)").all_text_contents()
        assert [number(text) for text in row] == pytest.approx(right[2].tolist(), rel=1e-2, abs=1e-9)
        assert "sum to 1." in story.locator(".row-of-weights + .note").text_content()


def test_what_is_masked_is_seen_to_be(visit, transformer):
    page = opened(visit, transformer[0])
    page.locator(".gallery .small-head").nth(2).click()  # the decoder looks at itself
    settle(page)
    masked = page.locator(".weights td[data-state=masked]").evaluate_all("cells => cells.map((c) => c.dataset.place)")
    assert masked == [f"0,{i},{j}" for i in range(4) for j in range(i + 1, 4)]
    choose(page, 1, 2)
    assert "may not look at" in page.locator(".story").text_content()
    assert page.locator(".row-of-weights tbody tr", has_text="masked").count() == 2


def test_the_gradient_stands_beside_the_weights(visit, transformer):
    page = opened(visit, transformer[0])
    choose(page, 1, 1)
    assert page.locator(".weights-gradient td[aria-selected]").get_attribute("data-place") == "0,1,1"
    page.get_by_role("button", name="this entry of the gradient").click()
    settle(page)
    assert page.evaluate("[app.state.panel, app.state.side, app.state.entry]") == ["numbers", "gradient", [0, 1, 1]]
    assert page.locator(".terms .wrong").count() == 0


def test_by_keys_from_weight_to_weight(visit, transformer):
    page = opened(visit, transformer[0])
    choose(page, 0, 0)
    for key in ("ArrowDown", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
        settle(page)
    assert page.locator(".weights td[aria-selected]").get_attribute("data-place") == "0,1,2"
    assert page.locator(".story").count() == 1


def test_tokens_cells_and_boxes_point_to_each_other(visit, transformer):
    page = opened(visit, transformer[0])
    page.evaluate("app.reveal(app.data.attention[0].weights)")
    show(page, "Attention")
    choose(page, 2, 1)
    glowing = "[...document.querySelectorAll('.box.glow')].map((box) => box.dataset.box)"
    page.locator(".weights tbody th").nth(1).hover()
    assert page.evaluate(glowing) == [f"n{page.evaluate('app.data.attention[0].q')}"]
    marked = page.locator(".weights-gradient td.marked").evaluate_all("cells => cells.map((c) => c.dataset.place)")
    assert marked == [f"0,1,{j}" for j in range(4)]
    page.locator(".weights thead th[scope]").nth(3).hover()
    marked = page.locator(".weights td.marked").evaluate_all("cells => cells.map((c) => c.dataset.place)")
    assert marked == [f"0,{i},3" for i in range(4)]
    page.locator(".weights figcaption .link").hover()
    assert page.evaluate(glowing) == [f"n{page.evaluate('app.data.attention[0].weights')}"]
    page.locator(".weights td[data-place='0,0,2']").hover()
    assert page.locator(".weights th.lit").all_text_contents() == ["2", "3"]
    assert "3 (query 0) looks at 2 (key 2)" in page.locator(".one-head .readout").text_content()


def test_before_its_time_nothing_is_shown(visit, transformer):
    page = visit(transformer[0])
    page.evaluate("app.goTo(0)")
    show(page, "Attention")
    assert page.locator(".one-head .heat").count() == 0
    assert "not been computed yet" in page.locator(".one-head").text_content()
    page.evaluate("app.goTo(app.forward.length)")
    settle(page)
    assert page.locator(".weights .heat").count() == 1
    assert page.locator(".weights-gradient .heat").count() == 0


def test_decoding_goes_step_by_step(visit, transformer):
    page = opened(visit, transformer[0])
    length = page.evaluate("app.data.decoding.length")
    assert page.locator(".said .token").all_text_contents() == ["BOS"]
    for step in range(1, length):
        likeliest = page.locator(".likely tbody th").first.text_content()
        page.get_by_role("button", name="next ›").click()
        settle(page)
        assert page.locator(".said .token").count() == step + 1
        assert page.locator(".said .token").last.text_content() == likeliest
    assert page.get_by_role("button", name="next ›").is_disabled()
    assert page.locator(".looking figcaption").all_text_contents() == [
        "decoder.layers.0.self_attn",
        "decoder.layers.0.multihead_attn",
    ]


def test_a_graph_without_attention_says_so(visit, expression):
    page = visit(expression)
    show(page, "Attention")
    assert "No attention was recorded" in page.locator("#panel").text_content()


def test_nudged_entries_agree_with_the_gradients(visit, transformer):
    page = opened(visit, transformer[0])
    show(page, "Check", "output.weight")
    cards = page.locator(".nudge")
    assert cards.count() == 2
    assert page.locator(".nudge .right").count() == 2
    for card in cards.all():
        parts = ("down", "up", "slope", "gradient")
        below, above, slope, gradient = (number(card.locator(f".{part}").text_content()) for part in parts)
        assert slope == pytest.approx(gradient, rel=1e-3, abs=1e-6)
        assert above - below == pytest.approx(2e-3 * slope, rel=0.05, abs=2e-6)


def test_colours_follow_light_and_dark(visit, transformer):
    colours_change(opened(visit, transformer[0]))


def test_it_fits_a_phone(visit, transformer):
    page = opened(visit, transformer[0], width=390, height=844)
    choose(page, 2, 1)
    over = page.locator("#panel").evaluate("panel => panel.scrollWidth - panel.clientWidth")
    assert over <= 0
