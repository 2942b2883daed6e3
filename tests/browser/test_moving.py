"""Moving through the graph: by wheel, by clicks, by keys, by search; and what is seen on arrival."""

import pytest

from tests.browser.screen import box, settle, until, view


def centre(page, name: str) -> tuple[float, float]:
    found = box(page, name).bounding_box()
    return found["x"] + found["width"] / 2, found["y"] + found["height"] / 2


def test_the_wheel_goes_from_the_model_to_a_number_and_back(visit, transformer):
    page = visit(transformer)
    for name in ("Transformer", "encoder", "layers.0", "self_attn", "head 0"):
        for _ in range(40):
            if view(page) == name:
                break
            page.mouse.move(*centre(page, name))
            page.mouse.wheel(0, -240)
            settle(page)
        assert view(page) == name
    page.wait_for_timeout(300)
    for _ in range(30):
        if page.evaluate("app.camera.k") > 12:
            break
        page.mouse.move(*centre(page, "softmax"))
        page.mouse.wheel(0, -240)
        settle(page)
    x, y = centre(page, "softmax")
    page.mouse.move(x + 1, y + 31)
    tip = page.locator("#tip").inner_text()
    assert tip.startswith("value[0, ")
    entry = [int(i) for i in tip[6 : tip.index("]")].split(",")]
    softmax = page.evaluate("[...app.layer.boxes.values()].find((box) => box.lines[0] === 'softmax').node")
    weights = page.evaluate("(id) => [...app.values(id).array]", softmax)
    shape = page.evaluate("(id) => app.node(id).shape", softmax)
    shown = float(tip.split(" = ")[1])
    assert abs(weights[entry[1] * shape[2] + entry[2]] - shown) < 1e-6
    page.mouse.down()
    page.mouse.up()
    settle(page)
    assert page.evaluate("app.state.entry") == entry
    for _ in range(60):
        page.mouse.wheel(0, 400)
        settle(page)
        if view(page) == "self_attn":
            break
    assert view(page) == "self_attn"


def test_clicks_open_modules_and_the_trail_leads_back(visit, transformer):
    page = visit(transformer)
    box(page, "Transformer").click()
    assert view(page) == "Transformer"
    box(page, "encoder").click()
    assert view(page) == "encoder"
    page.locator("#trail button", has_text="Transformer").click()
    assert view(page) == "Transformer"
    box(page, "decoder").click()
    assert view(page) == "decoder"
    page.locator("#trail select").select_option(label="encoder")
    assert view(page) == "encoder"


def test_stubs_lead_to_where_the_neighbour_is(visit, transformer):
    page = visit(transformer)
    page.evaluate("app.open(Object.keys(app.data.places).find((key) => app.place(key).label === 'self_attn'))")
    assert view(page) == "self_attn"
    page.locator(".layer:not(.leaving) .box.stub", has_text="norm1").click()
    assert view(page) == "layers.0"
    settle(page)
    assert box(page, "norm1").locator(".face").get_attribute("aria-pressed") == "true"


def test_everything_by_keys(visit, transformer):
    page = visit(transformer, reduced_motion="reduce")
    page.keyboard.press("ArrowDown")
    for _ in range(12):
        if page.evaluate("app.focused()") == "s0":
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert view(page) == "Transformer"
    settle(page)
    assert page.evaluate("document.activeElement.className") == "face"
    reached = set()
    for _ in range(40):
        page.keyboard.press("ArrowDown")
        reached.add(page.evaluate("app.focused()"))
    assert reached == set(page.evaluate("[...app.layer.boxes.keys()]"))
    before = page.evaluate("app.layer.boxes.get(app.focused()).y")
    page.keyboard.press("Shift+ArrowUp" if before > 60 else "Shift+ArrowDown")
    assert page.evaluate("app.layer.boxes.get(app.focused()).y") != before
    page.keyboard.press("Backspace")
    assert view(page) == "Everything"
    near = page.evaluate("app.camera.k")
    page.keyboard.press("+")
    settle(page)
    assert page.evaluate("app.camera.k") > near
    page.keyboard.press("0")
    settle(page)
    assert page.evaluate("app.camera.k") == near


def test_a_module_unfolds_in_place(visit, transformer):
    page = visit(transformer, reduced_motion="reduce")
    page.evaluate("app.open(Object.keys(app.data.places).find((key) => app.place(key).label === 'layers.0'))")
    settle(page)
    closed = page.locator(".layer .box").count()
    box(page, "self_attn").locator(".face").focus()
    page.keyboard.press("u")
    settle(page)
    assert view(page) == "layers.0"
    assert page.locator(".cluster").count() == 1
    assert page.locator(".layer .box").count() > closed + 3
    assert box(page, "head 0").count() == 1
    page.click(".fold")
    settle(page)
    assert page.locator(".layer .box").count() == closed


def test_search_finds_ops_parameters_roles_and_lines(visit, transformer):
    page = visit(transformer, reduced_motion="reduce")
    page.keyboard.press("/")
    page.keyboard.type("softmax head 1")
    assert "softmax" in page.locator("#found [aria-selected=true]").inner_text()
    page.keyboard.press("Enter")
    assert view(page) == "head 1"
    settle(page)
    assert box(page, "softmax").locator(".face").get_attribute("aria-pressed") == "true"
    page.fill("#find", "out_proj.weight")
    page.locator("#found li").first.click()
    settle(page)
    assert page.evaluate("app.node(app.state.node).name").endswith("out_proj.weight")
    assert page.locator(".layer .chip.chosen").count() == 1
    page.fill("#find", "nothing is called like this")
    assert page.locator("#found").inner_text() == "Nothing found"
    page.keyboard.press("Escape")
    assert not page.locator("#found").is_visible()


def test_dragging_and_the_overview_move_the_view(visit, transformer):
    page = visit(transformer)
    page.evaluate("app.open('s0')")
    settle(page)
    before = page.evaluate("app.camera")
    page.mouse.move(60, 500)
    page.mouse.down()
    page.mouse.move(160, 440, steps=4)
    page.mouse.up()
    after = page.evaluate("app.camera")
    assert (after["x"] - before["x"], after["y"] - before["y"]) == pytest.approx((100, -60))
    overview = page.locator("#map")
    page.click("#zoom-in")
    page.click("#zoom-in")
    settle(page)
    assert overview.is_visible()
    before = page.evaluate("app.camera")
    overview.click(position={"x": 20, "y": 90})
    assert page.evaluate("app.camera") != before
    page.click("#zoom-fit")
    settle(page)
    settle(page)
    assert not overview.is_visible()


def test_a_link_leads_back_to_the_same_place_and_step(visit, transformer):
    page = visit(transformer, reduced_motion="reduce")
    page.evaluate("app.reveal(app.data.graph.nodes.find((node) => node.name === 'softmax').id)")
    page.evaluate("app.set({ follow: false }); app.goTo(17)")
    until(page, "location.hash.includes('time=17')")
    place, node = page.evaluate("[app.state.view, app.state.node]")
    page.reload()
    page.wait_for_selector("html[data-ready]", state="attached")
    settle(page)
    assert page.evaluate("[app.state.view, app.state.node, app.time()]") == [place, node, 17]
