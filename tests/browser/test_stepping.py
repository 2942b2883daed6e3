"""The stepper: forward, then backward, op by op; what each box and the ledger say on the way."""

import re

import numpy as np
import pytest

from tests.browser.screen import box, number, settle, until

# In the page: one step on by the button; then what is shown of the selected node's gradient, and what its data say.
SEEN = """async () => {
  document.getElementById("on").click();
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const id = app.state.node;
  const panel = document.getElementById("panel");
  const { arrived, expected, terms } = app.arrived(id);
  const gradient = app.gradient(id);
  let off = 0;
  if (gradient && gradient.array && terms.every((term) => term.values.array)) {
    for (let i = 0; i < gradient.size; i++) {
      const sum = terms.reduce((total, term) => total + term.values.array[i], 0);
      const size = terms.reduce((total, term) => total + Math.abs(term.values.array[i]), 0);
      off = Math.max(off, Math.abs(sum - gradient.array[i]) / (size + 1e-30));
    }
  }
  return {
    count: document.getElementById("count").textContent,
    id, arrived, expected, off, fired: app.current().node,
    rows: [...panel.querySelectorAll(".ledger tbody tr")].map((row) => row.querySelector(".term").textContent),
    says: panel.querySelector(".arrived")?.textContent,
    total: panel.querySelector(".total")?.textContent ?? "",
    wrong: panel.querySelectorAll(".wrong").length,
  };
}"""


def test_an_expression_step_by_step(visit, expression):
    page = visit(expression)
    page.keyboard.press("Home")
    settle(page)
    assert "Nothing has been computed" in page.locator("#says").inner_text()
    assert box(page, "mul").get_attribute("data-computed") == "no"
    assert box(page, "mul").locator(".about").inner_text() == "()"
    assert box(page, "a").locator(".about").inner_text() == "2"
    for name, value in (("mul", "−6"), ("add", "4"), ("tanh", "0.9993")):
        page.keyboard.press("ArrowRight")
        settle(page)
        assert box(page, name).get_attribute("data-computed") == "yes"
        assert box(page, name).locator(".about").inner_text() == value
    page.keyboard.press("ArrowRight")
    settle(page)
    assert "Backpropagation begins" in page.locator("#says").inner_text()
    assert box(page, "tanh").locator(".pill").inner_text() == "∂ 1"
    assert box(page, "a").locator(".pill").get_attribute("data-sign") == "not yet"
    page.keyboard.press("ArrowRight")
    settle(page)
    assert "tanh fires" in page.locator("#says").inner_text()
    assert page.locator(".arrow.flow-back").count() == 1
    page.keyboard.press("End")
    settle(page)
    for name, gradient in expression.gradients.items():
        shown = box(page, name).locator(".pill").inner_text()
        assert number(shown.removeprefix("∂ ")) == pytest.approx(float(gradient), rel=1e-2)
    page.keyboard.press("ArrowLeft")
    settle(page)
    assert box(page, "a").locator(".pill").get_attribute("data-sign") == "not yet"


@pytest.mark.parametrize("which", ["expression", "transformer", "recurrent"])
def test_at_every_step_back_the_ledger_adds_up(visit, which, request):
    explored = request.getfixturevalue(which)
    page = visit(explored, reduced_motion="reduce")
    page.keyboard.press("l")
    page.evaluate("app.goTo(app.forward.length + 1)")
    for step in range(1, explored.ops + 1):
        seen = page.evaluate(SEEN)
        assert seen["count"] == f"Backward {step} of {explored.ops}"
        assert seen["id"] == seen["fired"], "the op that fires is not the one that is shown"
        assert seen["arrived"] == seen["expected"] == len(seen["rows"])
        assert seen["says"] == f"{seen['arrived']} of {seen['expected']} arrived."
        assert seen["off"] < 1e-5
        assert seen["wrong"] == 0
        assert "✓" in seen["total"]


@pytest.mark.parametrize("which", ["expression", "transformer", "recurrent"])
def test_after_the_last_step_gradients_are_the_engines(visit, which, request):
    explored = request.getfixturevalue(which)
    page = visit(explored)
    page.keyboard.press("End")
    page.keyboard.press("i")
    shown = page.evaluate(
        """async () => {
          const found = {};
          for (const node of app.data.graph.nodes) {
            if (node.kind !== "parameter" && node.kind !== "input") continue;
            app.set({ node: node.id, panel: "about" });
            await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
            const facts = [...document.querySelectorAll("#panel dt")];
            const text = facts.find((name) => name.textContent === "gradient").nextSibling.textContent;
            const numbers = app.gradient(node.id);
            found[node.name] = { text, state: app.gradientState(node.id), array: numbers && [...numbers.array] };
          }
          return found;
        }"""
    )
    assert explored.gradients.keys() <= shown.keys()
    for name, gradient in explored.gradients.items():
        assert shown[name]["state"] == "complete"
        np.testing.assert_array_equal(np.float32(shown[name]["array"]), gradient.ravel())
        numbers = [number(text) for text in re.findall(r"−?[\d.]+(?:e−?\d+)?", shown[name]["text"])]
        extremes = [gradient.min(), gradient.max()] if gradient.size > 1 else [gradient.item()]
        np.testing.assert_allclose(numbers[: len(extremes)], extremes, rtol=1e-3, atol=1e-12)


def test_contributions_arrive_one_by_one(visit, transformer):
    page = visit(transformer, reduced_motion="reduce")
    page.evaluate("app.set({ follow: false })")
    several = page.evaluate("app.forward.find((id) => app.arrived(id).expected === 2)")
    first, second = (1 + step for step in page.evaluate("(id) => app.stepsTo(id)", several))
    page.evaluate("(id) => app.reveal(id)", several)
    pill = page.locator(f".layer:not(.leaving) [data-box='n{several}'] .pill")
    for step, sign, text in ((first - 1, "not yet", "∂"), (first, "partial", "1 of 2"), (second, "complete", "✓")):
        page.evaluate("(step) => app.goTo(app.forward.length + 1 + step)", step)
        settle(page)
        assert pill.get_attribute("data-sign") == sign
        assert pill.inner_text() == text


def test_playing_pausing_and_scrubbing(visit, transformer):
    page = visit(transformer)
    page.select_option("#speed", "3")
    page.locator("#stage").focus()
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    until(page, "app.time() > 5")
    assert page.locator("#play").get_attribute("aria-label") == "Pause (space)"
    page.click("#play")
    stopped = page.evaluate("app.time()")
    page.wait_for_timeout(120)
    assert page.evaluate("app.time()") == stopped
    page.locator("#scrub").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("app.time()") == stopped + 1
    slider = page.locator("#scrub").bounding_box()
    page.mouse.click(slider["x"] + slider["width"] * 0.75, slider["y"] + slider["height"] / 2)
    settle(page)
    assert page.evaluate("app.state.phase") == "backward"
    for button, time in (("first", 0), ("on", 1), ("back", 0), ("last", page.evaluate("Number(scrub.max)"))):
        page.click(f"#{button}")
        assert page.evaluate("app.time()") == time


def test_closed_modules_count_and_following_can_be_left_off(visit, transformer):
    page = visit(transformer, reduced_motion="reduce")
    page.uncheck("#follow")
    page.evaluate("app.open('s0')")
    page.click("#first")
    page.evaluate("app.goTo(20)")
    settle(page)
    assert page.evaluate("app.state.view") == "s0"
    encoder = page.locator(".layer:not(.leaving) .box", has=page.locator(".name:text-is('encoder')"))
    done, ops = map(int, encoder.locator(".pill").inner_text().split(" of "))
    assert 0 < done < ops
    before = page.evaluate("app.time()")
    page.keyboard.press("PageDown")
    settle(page)
    assert page.evaluate("app.time()") > before + 1
    assert encoder.locator(".pill").inner_text() == ""
    assert f"{ops} of {ops} ops run" in encoder.locator(".face").get_attribute("aria-label")
    page.check("#follow")
    page.keyboard.press("ArrowRight")
    settle(page)
    assert page.evaluate("app.home(app.current().node) === app.state.view")
    assert page.locator(".layer:not(.leaving) .box.active").count() == 1


def test_a_step_costs_less_than_a_frame(visit, transformer):
    page = visit(transformer)
    page.uncheck("#follow")
    page.evaluate("app.open('s0')")
    settle(page)
    cost = page.evaluate(
        """() => {
          const costs = [];
          for (let time = 0; time < 200; time++) {
            app.goTo(time % Number(scrub.max));
            const start = performance.now();
            app.flush();
            costs.push(performance.now() - start);
          }
          return costs.sort((a, b) => a - b)[100];
        }"""
    )
    assert cost < 16
