"""The page around the graph: light and dark, phones, keyboards, notebooks, names that would be markup, budgets."""

import pytest

import minigrad
from minigrad import graph, nn
from models.build import build
from models.config import Config
from models.tasks import make_batch
from tests.browser.conftest import Explored, loss_of, write
from tests.browser.screen import box, settle, until, view


def test_light_and_dark(visit, expression):
    page = visit(expression, color_scheme="dark")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.keyboard.press("t")
    settle(page)
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = [sum(map(int, colour[4:-1].split(","))) for colour in (dark, light)]
    assert brightness[0] < 200 < 600 < brightness[1]
    page.click("#theme-button")
    settle(page)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark


def test_legend_and_help(visit, expression):
    page = visit(expression)
    page.click("#legend-button")
    signs = page.locator("#legend .pill").evaluate_all(
        "all => all.map((sign) => [sign.dataset.sign, sign.textContent])"
    )
    assert len({tuple(sign) for sign in signs}) == len(signs) >= 10
    page.click("#legend-button")
    assert not page.locator("#legend").is_visible()
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#help").is_visible()


@pytest.mark.parametrize("size", [(1280, 720), (390, 844), (900, 600)])
def test_nothing_sticks_out_of_the_window(visit, transformer, size):
    page = visit(transformer, *size)
    page.keyboard.press("End")
    page.keyboard.press("m")
    settle(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert page.evaluate("document.documentElement.scrollHeight") <= size[1]
    page.evaluate("document.querySelector('#panel :last-child').scrollIntoView()")
    assert page.evaluate("document.scrollingElement.scrollTop") == 0
    for part in ("#play", "#scrub", "#find", "#stage", "#tabs", "#panel", "#theme-button"):
        found = page.locator(part).bounding_box()
        assert found["x"] >= 0
        assert found["x"] + found["width"] <= size[0] + 0.5
        assert found["y"] + found["height"] <= size[1] + 0.5


def test_on_a_phone_the_details_are_a_sheet_that_can_be_put_away(visit, transformer):
    page = visit(transformer, 390, 844, has_touch=True)
    before = page.locator("#stage").bounding_box()["height"]
    page.tap("#sheet")
    assert page.locator("#stage").bounding_box()["height"] > before + 150
    assert not page.locator("#panel").is_visible()
    page.tap("#sheet")
    assert page.locator("#panel").is_visible()
    box(page, "Transformer").tap()
    until(page, "app.state.view === 's0' && !app.moving()")


def test_two_fingers_zoom(visit, transformer):
    page = visit(transformer, 390, 844, has_touch=True)
    page.evaluate("app.open('s0')")
    settle(page)
    page.wait_for_timeout(300)
    before = page.evaluate("app.camera.k")
    fingers = page.context.new_cdp_session(page)

    def touch(kind: str, apart: float) -> None:
        points = (
            [] if kind == "touchEnd" else [{"x": 40 - apart, "y": 400, "id": 0}, {"x": 40 + apart, "y": 400, "id": 1}]
        )
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 10)
    for apart in (14, 18, 22, 26):
        touch("touchMove", apart)
    touch("touchEnd", 0)
    assert page.evaluate("app.camera.k") > 1.3 * before


def test_every_stop_of_the_tab_key_is_named_and_seen(visit, transformer):
    page = visit(transformer)
    stops = []
    for _ in range(60):
        page.keyboard.press("Tab")
        stop = page.evaluate(
            """() => {
              const at = document.activeElement;
              const style = getComputedStyle(at);
              const names = [at.getAttribute("aria-label"), at.textContent, at.title, at.labels?.[0]?.textContent];
              const name = names.find((text) => text && text.trim()) || "";
              const id = at.id || at.className || at.textContent;
              return { id: at === document.body ? "" : id, name, seen: style.outlineStyle !== "none" };
            }"""
        )
        if stop["id"] in ("", "skip") and stops:
            break
        stops.append(stop)
    assert {"stage", "find", "play", "scrub", "follow", "panel"} <= {stop["id"] for stop in stops}
    for stop in stops:
        assert stop["name"], stop
        assert stop["seen"], stop


def test_steps_are_announced(visit, expression):
    page = visit(expression)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    settle(page)
    assert "tanh fires" in page.locator("#live").inner_text()


def test_several_in_a_notebook(browser, tmp_path):
    explorers = []
    for x in (2.0, 3.0):
        a = minigrad.tensor(x, requires_grad=True)
        explorers.append(graph.explore((a * a).tanh(), names={"a": a}))
    frames = "".join(explorer._repr_html_() for explorer in explorers)
    (tmp_path / "notebook.html").write_text(f"<!doctype html><title>n</title>{frames}", encoding="utf-8")
    context = browser.new_context()
    page = context.new_page()
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto((tmp_path / "notebook.html").as_uri())
    for i, value in enumerate(("2", "3")):
        frame = page.frame_locator("iframe").nth(i)
        frame.locator("html[data-ready]").wait_for(state="attached")  # before that nobody listens to clicks
        assert frame.locator(".box[data-kind=input] .about").inner_text() == value
        frame.locator("#last").click()
        frame.locator("#count", has_text="Backward 2 of 2").wait_for()
    page.frame_locator("iframe").nth(0).locator("#first").click()
    page.frame_locator("iframe").nth(0).locator("#count", has_text="Forward 0 of 2").wait_for()
    assert page.frame_locator("iframe").nth(1).locator("#count").inner_text() == "Backward 2 of 2"
    assert said == []
    context.close()


@pytest.mark.parametrize(
    "name",
    [
        "</script><script>document.title='bad'</script>",
        "<img src=x onerror=document.title='bad'>",
        "a\"b'c<&>",
        "∂\u202e\n",
    ],
)
def test_names_stay_text(visit, tmp_path, name):
    a = minigrad.tensor([1.0, 2.0], requires_grad=True)
    page = visit(write(tmp_path / "page.html", (a * a).sum(), {}, names={name: a}, title=name))
    assert page.title() != "bad"
    assert page.evaluate("document.querySelector('.box[data-kind=input] .name').textContent") == name
    assert page.evaluate("document.getElementById('title').textContent") == name
    page.locator(".box[data-kind=input] .face").click()
    settle(page)
    assert page.locator("#panel h2").evaluate("heading => heading.textContent") == name
    page.fill("#find", name[:8])
    settle(page)
    assert page.locator("#panel img, #found img, #stage img").count() == 0


def test_states_look_different_from_each_other(visit, tmp_path):
    x = minigrad.tensor([1.0, 2.0, 3.0, 4.0, 5.0], requires_grad=True)
    tiny = minigrad.full((5,), 1e-20)
    fixed = minigrad.ones(5)
    parts = {
        "zero": x * 0.0,
        "vanished": (x * tiny) * tiny,
        "nan": x * minigrad.full((5,), float("nan")),
        "plain": x * 2.0,
        "none": x + fixed,
    }
    loss = sum(part.sum() for part in parts.values())
    page = visit(write(tmp_path / "page.html", loss, {}, names={"x": x, "fixed": fixed, "tiny": tiny, **parts}))
    pill = lambda name: box(page, f"{name} = {graph_name[name]}").locator(".pill")  # noqa: E731
    graph_name = {"zero": "mul(·, 0)", "vanished": "mul", "nan": "mul", "plain": "mul(·, 2)", "none": "add"}
    signs = {name: pill(name).get_attribute("data-sign") for name in parts}
    assert signs == {"zero": "zero", "vanished": "vanished", "nan": "nan", "plain": "", "none": ""}
    page.keyboard.press("ArrowRight")
    settle(page)
    assert pill("plain").get_attribute("data-sign") == "not yet"
    assert box(page, "fixed").locator(".pill").get_attribute("data-sign") == "none"
    assert pill("plain").inner_text() != box(page, "fixed").locator(".pill").inner_text()
    looks = page.evaluate(
        """[...document.querySelectorAll(".box .pill")].map((pill) => {
          const { borderStyle, backgroundColor } = getComputedStyle(pill);
          return [pill.dataset.sign, `${borderStyle} ${backgroundColor}`];
        })"""
    )
    assert len({look for _, look in looks}) == len({sign for sign, _ in looks})
    page.keyboard.press("End")
    settle(page)
    assert box(page, "x").locator(".pill").get_attribute("data-sign") == "nan"


def test_a_forward_that_failed_opens_where_it_failed(visit, tmp_path):
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(5, 2))
    with pytest.raises(ValueError, match="linear"), graph.record() as recording:
        model(minigrad.ones(2, 3))
    graph.explore(recording, tmp_path / "page.html")
    page = visit(Explored(tmp_path / "page.html", {}, 0))
    assert view(page) == "Sequential"
    failed = page.locator(".box[data-sign=error]")
    assert failed.count() == 1
    assert failed.locator(".pill").inner_text() == "failed"
    assert "linear failed" in page.locator("#says").inner_text()
    assert page.locator("#panel .error").inner_text() in page.locator("#says").inner_text()
    assert page.evaluate("Number(scrub.max)") == page.evaluate("app.forward.length")


def test_a_recording_tells_lines_roles_and_what_was_detached(visit, tmp_path):
    x = minigrad.tensor([1.0, 2.0, 3.0], requires_grad=True)
    with graph.record() as recording:
        kept = (x * 2.0).detach()
        loss = (x * kept).sum()
        loss.backward()
    graph.explore(recording, tmp_path / "page.html")
    page = visit(Explored(tmp_path / "page.html", {}, 0))
    page.keyboard.press("End")
    settle(page)
    assert box(page, "kept = detach").locator(".pill").get_attribute("data-sign") == "detached"
    assert box(page, "mul(·, 2)").locator(".pill").get_attribute("data-sign") in ("none", "detached")
    box(page, "mul(·, 2)").locator(".face").click()
    settle(page)
    assert "test_page.py:" in page.locator("#panel").inner_text()
    assert "kept = (x * 2.0).detach()" in page.locator("#panel").inner_text()
    page.fill("#find", "test_page.py kept")
    assert page.locator("#found li[role=option]").count() >= 1


def test_the_default_transformer_is_small_and_ready_at_once(visit, tmp_path):
    minigrad.manual_seed(0)
    one = make_batch("reverse", [(1, 2, 3, 4, 5, 6, 7, 8, 9, 0)])
    explorer = graph.explore(loss_of(build(Config()), one), tmp_path / "page.html")
    assert len(explorer.html.encode()) <= 3_000_000
    explored = Explored(tmp_path / "page.html", {}, 0)
    ready = [visit(explored).evaluate("performance.getEntriesByName('ready')[0].startTime") for _ in range(2)]
    assert min(ready) <= 1500
