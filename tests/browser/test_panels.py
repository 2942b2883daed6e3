"""What the panels say of gradients: that it adds up, step by step and entry by entry, and is what the engine found."""

import importlib
import math

import numpy as np
import pytest

import minigrad
from minigrad import graph, nn
from tests.browser.screen import number, settle

# For each contribution to each gradient: do the terms that the page finds for every entry add up to it?
TERMS = """() => {
  const found = { entries: 0, wrong: [], unknown: [] };
  for (const { node, contributions } of app.backward)
    for (const { target, argument, whole, value } of contributions) {
      const right = whole ? app.gradient(target) : app.decoded(value);
      const why = app.whyNot(node, argument);
      if (why) {
        found.unknown.push(why);
        continue;
      }
      const [shape, g] = [app.node(target).shape, app.gradient(node).array];
      right.array.forEach((x, i) => {
        const terms = app.termsOf(node, argument, target, app.unravel(i, shape));
        const products = terms.map((t) => g[app.ravel(t.g, app.node(node).shape)] * t.factor);
        const [sum, size] = [products.reduce((a, b) => a + b, 0), products.reduce((a, b) => a + Math.abs(b), 0)];
        found.entries += 1;
        if (!app.agree(sum, x, size, app.node(target).dtype)) found.wrong.push([app.called(node), argument, i, sum, x]);
      });
    }
  return found;
}"""


def show(page, panel: str, node=None, entry=None, **state) -> None:
    """Go to a node, by its name or number, and to one of its entries."""
    if isinstance(node, str):
        node = page.evaluate("name => app.data.graph.nodes.find((node) => app.called(node.id) === name).id", node)
    if node is not None:
        state |= {"node": node, "entry": entry}
    page.evaluate("state => app.set(state)", state)
    page.get_by_role("tab", name=panel, exact=True).click()
    settle(page)


def backward(page, step: int) -> None:
    """Go to a moment of the backward pass; 0 is its start."""
    page.evaluate("step => app.goTo(app.forward.length + 1 + step)", step)
    settle(page)


def steps(page) -> int:
    return page.evaluate("app.backward.length")


def gone_back(visit, explored):
    """The page at the end of the backward pass."""
    page = visit(explored)
    backward(page, steps(page))
    return page


@pytest.fixture
def explored(tmp_path):
    """Writes an explorer, as the fixtures of the session have them."""
    from tests.browser.conftest import Explored

    def write(what, **options):
        graph.explore(what, tmp_path / "page.html", **options)
        return Explored(tmp_path / "page.html", {}, 0)

    return write


@pytest.mark.parametrize("name", ["expression", "transformer", "recurrent"])
def test_the_terms_of_every_entry_add_up_to_what_arrived(name, visit, request):
    page = visit(request.getfixturevalue(name))
    found = page.evaluate(TERMS)
    assert found["wrong"] == []
    assert found["unknown"] == []
    assert found["entries"] > (4 if name == "expression" else 1000)


@pytest.mark.parametrize("name", ["expression", "transformer", "recurrent"])
def test_at_every_step_the_ledger_adds_up_to_the_gradient(name, visit, request):
    """At each step for what arrived last: the terms shown, the sums shown, and the gradient shown."""
    page = visit(request.getfixturevalue(name))
    last = steps(page)
    for step in range(1, last + 1, 1 if last < 20 else 7):
        backward(page, step)
        targets = page.evaluate("step => app.backward[step].contributions.map((c) => c.target)", step - 1)
        for target in set(targets):
            entry = page.evaluate("id => app.node(id).shape.map((n) => n - 1)", target)
            show(page, "Ledger", target, entry)
            rows = page.locator(".own-ledger tbody tr")
            terms = [number(text) for text in rows.locator(".term").all_text_contents()]
            sums = [number(text) for text in rows.locator(".running").all_text_contents()]
            size = max(map(abs, terms))
            assert sums == pytest.approx(np.cumsum(terms), abs=2e-3 * size)
            arrived, expected = page.evaluate("id => [app.arrived(id).arrived, app.arrived(id).expected]", target)
            assert f"{arrived} of {expected} arrived" in page.locator(".arrived").text_content()
            if arrived == expected:
                assert number(page.locator(".total .gradient").text_content()) == pytest.approx(
                    sums[-1], abs=1e-3 * size
                )
                assert page.locator(".total .right").count() == 1


@pytest.mark.parametrize("name", ["expression", "transformer", "recurrent"])
def test_after_the_last_step_each_gradient_shown_is_the_engines(name, visit, request):
    explored = request.getfixturevalue(name)
    page = visit(explored)
    backward(page, steps(page))
    assert explored.gradients
    for leaf, right in explored.gradients.items():
        show(page, "Numbers", leaf, [0] * right.ndim, side="gradient")
        assert page.evaluate("[...app.numbersOf(app.state.node, 'gradient').array]") == right.ravel().tolist()
        text = page.locator("#panel .readout").text_content()
        assert number(text.rsplit(" = ")[1].split(" ")[0]) == right.flat[0]


def test_cells_show_the_numbers(visit, explored):
    x = minigrad.tensor([[1.5, -2.0, 0.0], [4.0, math.nan, -math.inf]], requires_grad=True)
    page = visit(explored((x * 2).sum(), names={"x": x}))
    show(page, "Numbers", "x", side="value")
    assert page.locator(".heat td").all_text_contents() == ["1.5", "−2", "0", "4", "NaN", "−∞"]
    states = page.locator(".heat td").evaluate_all("cells => cells.map((cell) => cell.dataset.state ?? '')")
    assert states == ["", "", "zero", "", "nan", "-inf"]
    assert {"exactly zero", "not a number", "infinite, negative"} == {
        text.split(" ", 1)[1] for text in page.locator(".legend .sign").all_text_contents()
    }
    colours = page.locator(".heat td").evaluate_all("cells => cells.map((cell) => cell.style.backgroundColor)")
    assert len(set(colours[:2])) == 2


def test_arrow_keys_move_from_entry_to_entry(visit, explored):
    x = minigrad.randn(3, 4, requires_grad=True)
    page = visit(explored((x * x).sum(), names={"x": x}))
    show(page, "Numbers", "x", side="value")
    page.locator(".heat td").first.click()
    for key in ("ArrowRight", "ArrowDown", "ArrowDown", "ArrowDown", "End", "ArrowLeft"):
        page.keyboard.press(key)
        settle(page)
    assert page.evaluate("app.state.entry") == [2, 2]
    assert page.locator(".heat td[aria-selected]").get_attribute("data-place") == "2,2"
    assert page.evaluate("document.activeElement.dataset.place") == "2,2"
    assert (
        f"x[2, 2] = {page.evaluate('String(app.values(app.state.node).array[10])')}"
        in page.locator(".readout").text_content()
    )


def test_tensors_of_many_dimensions_are_shown_slice_by_slice(visit, explored):
    x = minigrad.arange(60.0).reshape(3, 2, 2, 5).requires_grad_()
    page = visit(explored((x * 2).sum(), names={"x": x}))
    show(page, "Numbers", "x", side="value")
    assert page.locator(".heat td").first.text_content() == "0"
    page.get_by_label("dimension 0").fill("2")
    page.keyboard.press("Enter")
    settle(page)
    assert page.locator(".heat td").first.text_content() == "40"
    page.get_by_label("dimension 1").fill("7")  # there are two
    page.keyboard.press("Enter")
    settle(page)
    assert page.locator(".heat td").first.text_content() == "50"


def test_large_tables_are_painted_and_can_be_chosen_from(visit, explored):
    x = minigrad.randn(100, 60, requires_grad=True)
    page = visit(explored((x * x).sum(), names={"x": x}))
    show(page, "Numbers", "x", side="value")
    frame = page.locator(".heat-frame.painted")
    frame.click(position={"x": 3, "y": 3})
    settle(page)
    assert page.evaluate("app.state.entry") == [0, 0]
    for _ in range(90):
        page.keyboard.press("ArrowDown")
    settle(page)
    assert page.evaluate("app.state.entry") == [90, 0]
    assert frame.evaluate("frame => frame.scrollTop") > 0  # it follows


def test_colours_follow_light_and_dark(visit, transformer):
    page = visit(transformer)
    show(
        page, "Numbers", page.evaluate("app.data.graph.nodes.find((node) => node.name === 'softmax').id"), side="value"
    )
    colours_change(page)


def colours_change(page) -> None:
    """With the theme, and back with it."""
    colour = "document.querySelector('#panel .heat td[style]').style.backgroundColor"
    before = page.evaluate(colour)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("t")
    settle(page)
    assert page.evaluate(colour) != before
    page.keyboard.press("t")
    settle(page)
    assert page.evaluate(colour) == before


def test_what_is_too_large_is_summarised(visit, explored):
    x = minigrad.arange(20_000.0).reshape(100, 200).requires_grad_()
    page = visit(explored((x * x).sum(), names={"x": x}))
    show(page, "Numbers", "x", side="value")
    assert "20,000 entries are too many" in page.locator(".summary").text_content()
    assert page.locator(".histogram span").count() == 24
    facts = dict(
        zip(
            page.locator(".summary dt").all_text_contents(),
            page.locator(".summary dd").all_text_contents(),
            strict=True,
        )
    )
    assert (number(facts["smallest"]), number(facts["largest"])) == (0, pytest.approx(19999, rel=1e-3))
    assert facts["exactly zero"] == "1"
    assert page.locator(".summary canvas").count() == 1


def test_one_entry_of_a_product_shows_its_row_and_its_column(visit, explored):
    a, b = minigrad.randn(2, 4, requires_grad=True), minigrad.randn(4, 3, requires_grad=True)
    page = gone_back(visit, explored((a @ b * minigrad.randn(2, 3)).sum(), names={"a": a, "b": b}))
    show(page, "Numbers", "a", [1, 2], side="gradient")
    rows = page.locator(".terms tbody tr")
    assert rows.count() == 3
    assert {row.split("]")[0] for row in rows.all_text_contents()} == {"g[1, 0", "g[1, 1", "g[1, 2"}
    assert all("b[2, " in row for row in rows.all_text_contents())
    products = [number(text) for text in page.locator(".terms .product").all_text_contents() if text != "product"]
    assert sum(products) == pytest.approx(number(page.locator(".terms h4 b").text_content()), rel=2e-3)
    assert page.locator(".terms .right").text_content() == "✓ equals what arrived"
    assert page.locator(".terms figcaption").count() == 2


def test_a_sum_over_broadcast_rows_lists_them(visit, explored):
    x, bias = minigrad.randn(5, 3), minigrad.randn(3, requires_grad=True)
    page = gone_back(visit, explored(((x + bias) * minigrad.randn(5, 3)).sum(), names={"bias": bias}))
    show(page, "Numbers", "bias", [1], side="gradient")
    assert sorted(row.split("]")[0] for row in page.locator(".terms tbody tr").all_text_contents()) == [
        f"g[{i}, 1" for i in range(5)
    ]


def test_many_terms_are_cut_and_the_rest_summed(visit, explored):
    x, w = minigrad.randn(1, 4), minigrad.randn(30, 4, requires_grad=True)
    v = minigrad.randn(4, requires_grad=True)
    page = gone_back(visit, explored(((w * v) * minigrad.randn(30, 4)).sum() + (x * v).sum(), names={"v": v}))
    show(page, "Numbers", "v", [2], side="gradient")
    assert "… 18 more add up to" in page.locator(".terms .remainder").first.text_content()
    assert page.locator(".terms .wrong").count() == 0


def test_what_was_used_very_often_stays_readable(visit, explored):
    x = minigrad.tensor(1.0, requires_grad=True)
    page = gone_back(visit, explored(minigrad.stack([x * float(n) for n in range(1, 81)]).sum(), names={"x": x}))
    show(page, "Ledger", "x", [])
    rows = page.locator(".own-ledger tbody tr")
    assert rows.count() == 51
    assert rows.nth(25).text_content() == "… 30 more"
    assert number(rows.last.locator(".running").text_content()) == 80 * 81 / 2
    show(page, "Numbers", side="gradient")
    assert page.locator(".terms h4 b").first.text_content() == "80"
    assert "12 largest of 80" in page.locator(".terms > .note").text_content()
    show(page, "Formula")
    assert page.locator(".from").count() == 8
    assert "and from 72 more ops" in page.locator("#panel").text_content()


EVERYTHING = """() => {
  const element = document.createElement("div");
  const failed = [];
  const [F, B] = [app.forward.length, app.backward.length];
  for (const [phase, step] of [["forward", 0], ["forward", F], ["backward", 3], ["backward", B]])
    for (const { id, shape } of app.data.graph.nodes)
      for (const side of ["value", "gradient"])
        for (const panel of app.panels) {
          Object.assign(app.state, { phase, step, side, node: id, entry: shape.map((n) => n - 1) });
          element.replaceChildren();
          try {
            panel.render(element, app.state);
          } catch (error) {
            failed.push(`${panel.name} of ${app.called(id)}, ${side}: ${error.message}`);
          }
        }
  return failed;
}"""


@pytest.mark.parametrize("room", [3_000_000, 0])
def test_every_panel_shows_every_node_at_any_time(room, visit, explored, monkeypatch):
    """Also where the page has room for summaries only."""
    monkeypatch.setattr(importlib.import_module("minigrad.graph.explorer.page"), "LARGEST", room)
    attention, norm = nn.MultiheadAttention(16, 2, batch_first=True), nn.LayerNorm(16)
    lstm = nn.LSTM(16, 8, batch_first=True)
    x = minigrad.randn(2, 5, 16, requires_grad=True)
    with graph.record() as g:
        y, _ = attention(x, x, x, is_causal=True)
        y, _ = lstm(norm(y))
        minigrad.cat([y, y * 2], 1).square().mean().backward()
    page = visit(explored(g))
    assert page.evaluate(EVERYTHING) == []


@pytest.mark.parametrize("panel", ["Numbers", "Formula", "Ledger", "Check"])
def test_an_op_that_failed_says_why(panel, visit, explored):
    a = minigrad.randn(2, 3, requires_grad=True)
    with graph.record() as g, pytest.raises(ValueError, match="matmul"):
        (a * 2) @ minigrad.randn(4, 2)
    page = visit(explored(g))
    page.evaluate("app.set({ node: null })")
    show(page, panel)
    assert "Select a box" in page.locator("#panel").text_content()
    show(page, panel, page.evaluate("app.data.graph.nodes.find((node) => node.error).id"))
    assert "must equal the last but one of other (4)" in page.locator("#panel .wrong").text_content()


def double(explored):
    a = minigrad.tensor(3.0, requires_grad=True)
    b = a + a
    c = b + b
    return explored(c, names={"a": a, "b": b, "c": c})


EARLY = "It first goes wrong at b, which passes on 1 though its gradient is 2"


@pytest.mark.parametrize(
    ("how", "gradients", "visits", "said"),
    [
        ("sum", {"c": "1", "b": "2", "a": "6"}, 3, EARLY),
        ("once", {"c": "1", "b": "2", "a": "2"}, 2, EARLY),
        ("last", {"c": "1", "b": "1", "a": "1"}, 3, EARLY),
        ("each", {"c": "1", "b": "2", "a": "4"}, 3, "The gradients are right"),
    ],
)
def test_a_naive_recursion_goes_wrong_where_results_are_used_twice(how, gradients, visits, said, visit, explored):
    page = visit(double(explored))
    show(page, "Ledger", "a")
    page.get_by_label("What would a naive recursion compute?").check()
    page.locator(f".naive input[value={how}]").check()
    rows = page.locator(".naive-result tbody tr")
    assert {row.split("\n")[0] for row in rows.locator("td:nth-child(1)").all_text_contents()} == set("abc")
    found = dict(
        zip(
            rows.locator("td:nth-child(1)").all_text_contents(),
            rows.locator("td:nth-child(2)").all_text_contents(),
            strict=True,
        )
    )
    assert found == gradients
    right = rows.locator("td:nth-child(3)").all_text_contents()
    assert sorted(right) == ["1", "2", "4"]
    wrong = {name for name, value in gradients.items() if value != {"a": "4", "b": "2", "c": "1"}[name]}
    assert set(page.locator(".naive-result tr.differs td:first-child").all_text_contents()) == wrong
    assert f"It visits ops {visits} times" in page.locator(".visits").text_content()
    assert said in page.locator(".naive-result").text_content()


def test_the_visits_of_a_naive_recursion_double_with_every_sum(visit, explored):
    x = minigrad.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(40):
        y = y + y
    page = visit(explored(y))
    show(page, "Ledger", 0)
    page.get_by_label("What would a naive recursion compute?").check()
    assert page.locator(".naive-result .visits b").text_content() == "more than 2000"
    show(page, "Numbers")
    show(page, "Ledger")
    assert page.get_by_label("What would a naive recursion compute?").is_checked()


def test_a_formula_with_its_numbers(visit, explored):
    a, b = minigrad.tensor([2.0, 3.0], requires_grad=True), minigrad.tensor([5.0, -7.0], requires_grad=True)
    page = gone_back(visit, explored((a * b).sum() * 0.5, names={"a": a, "b": b}))
    product = page.evaluate("app.data.graph.nodes.find((node) => node.name === 'mul').id")
    show(page, "Formula", product, [1])
    first = page.locator(".rule").first
    assert first.locator(".equation").first.text_content() == "∂L / ∂a += g · b"
    assert first.locator(".numbers").text_content() == "a[1]: 0.5 · (−7) = −3.5"
    assert first.locator(".code").text_content() == "lambda g, _y, _a, b: g * b"
    assert "g / (1 + y" not in page.locator("#panel").text_content()


def test_powers_are_raised(visit, explored):
    x = minigrad.tensor(0.5, requires_grad=True)
    page = gone_back(visit, explored(x.tanh(), names={"x": x}))
    show(page, "Formula", page.evaluate("app.data.graph.nodes.find((node) => node.name === 'tanh').id"))
    rule = page.locator(".rule").first
    assert rule.locator("sup").first.text_content() == "2"
    assert rule.locator("i.g").first.text_content() == "g"
    value = rule.locator(".numbers b").text_content()
    assert number(value) == pytest.approx(1 - math.tanh(0.5) ** 2, rel=1e-3)


def test_states_of_gradients_look_different(visit, explored):
    x = minigrad.tensor([1.0, 2.0], requires_grad=True)
    constant = minigrad.tensor([3.0, 4.0])
    with graph.record() as g:
        product = x * constant
        apart = (product * 2).detach()
        (product + apart).sum().backward()
    page = visit(explored(g))

    def state(node: str, side: str) -> str | None:
        show(page, "Numbers", node, side=side)
        told = page.locator("#panel .note[data-state]")
        assert page.locator("#panel .heat").count() == (told.count() == 0)  # no 0 stands for what is not there
        return told.get_attribute("data-state") if told.count() else None

    page.evaluate("app.goTo(0)")
    settle(page)
    assert state("product", "value") == "not yet"
    backward(page, 0)
    assert state("x", "gradient") == "not yet"
    assert state("constant", "gradient") == "none"
    assert state("apart", "gradient") == "detached"
    backward(page, steps(page))
    assert state("x", "gradient") is None
    looks = "name => getComputedStyle(document.querySelector(`p[data-state='${name}']`), '::before').borderStyle"
    seen = set()
    for node, name in (("constant", "none"), ("apart", "detached")):
        assert state(node, "gradient") == name
        seen.add(page.evaluate(looks, name))
    assert len(seen) == 2


def test_states_of_entries_look_different(visit, explored):
    scores = minigrad.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    with graph.record() as g:
        masked = minigrad.where(minigrad.tensor([[False, True], [False, False]]), -1.7e38, scores)
        small = masked.softmax(-1) * 1e-44
        (small * minigrad.tensor([[0.0, 1.0], [1.0, 1.0]])).sum().backward()
    page = visit(explored(g))
    backward(page, steps(page))

    def states(node: str, side: str) -> list[str]:
        show(page, "Numbers", node, side=side)
        return page.locator(".heat td").evaluate_all("cells => cells.map((cell) => cell.dataset.state ?? '')")

    assert states("masked", "value") == ["", "masked", "", ""]
    assert states("masked", "gradient")[1] == "masked"
    assert states("small", "value") == ["vanished", "zero", "vanished", "vanished"]
    assert states("small", "gradient") == ["zero", "", "", ""]


def test_a_gradient_in_the_making_is_the_sum_so_far(visit, explored):
    page = visit(double(explored))
    show(page, "Numbers", "a", side="gradient")
    page.evaluate("app.backward.at(-1).contributions.length")
    backward(page, 1)
    show(page, "Numbers", "b", side="gradient")
    assert page.locator(".heat td").text_content() == "2"
    backward(page, 0)
    show(page, "Numbers", "b", side="gradient")
    assert page.locator(".note[data-state='not yet']").count() == 1


def guess(page, text: str) -> tuple[str, str]:
    page.get_by_label("Your guess").fill(text)
    page.keyboard.press("Enter")
    told = page.locator(".told")
    return told.get_attribute("class").split()[1], told.text_content()


def test_a_guess_is_judged(visit, explored):
    x = minigrad.tensor([3.0, 1.0], requires_grad=True)
    page = visit(explored((x * x * x).sum() / 7, names={"x": x}))
    backward(page, steps(page))
    show(page, "Check", "x", [0])
    page.get_by_role("button", name="Hide it").click()
    settle(page)
    assert guess(page, "27/7")[0] == "exact"
    assert guess(page, "3.86")[0] == "exact"
    assert guess(page, "3.9")[0] == "close"
    verdict, said = guess(page, "5")
    assert verdict == "wrong"
    assert "off by 1.143" in said
    assert "by its sign" in guess(page, "-3.857")[1]
    assert "not a number" in guess(page, "four")[1]
    show(page, "Numbers", side="gradient")
    assert page.locator(".note[data-state=hidden]").count() == 1
    assert page.locator("#panel .heat").count() == 0
    show(page, "Ledger")
    assert "3.857" not in page.locator(".own-ledger").text_content()
    show(page, "Check")
    page.get_by_role("button", name="Show it").click()
    settle(page)
    show(page, "Numbers")
    assert page.locator(".heat td").first.text_content() == "3.857"


@pytest.mark.parametrize("panel", ["Numbers", "Formula", "Ledger", "Check", "Attention"])
def test_panels_fit_a_phone(panel, visit, transformer):
    page = visit(transformer, width=390, height=844)
    backward(page, steps(page))
    node = page.evaluate("app.data.graph.nodes.find((node) => node.name === 'softmax').id")
    show(page, panel, node, [0, 0, 1], side="gradient")
    over = page.locator("#panel").evaluate("panel => panel.scrollWidth - panel.clientWidth")
    assert over <= 0


def test_stepping_is_quick_with_any_panel_open(visit, transformer):
    page = visit(transformer)
    for panel in ("Numbers", "Formula", "Ledger", "Check", "Attention"):
        show(page, panel, page.evaluate("app.data.graph.nodes.find((node) => node.kind === 'parameter').id"))
        spent = page.evaluate(
            """() => {
              const current = app.panels.find((each) => each.name === app.state.panel);
              const element = document.getElementById("panel");
              const times = app.backward.map((_, step) => {
                app.state.phase = "backward";
                app.state.step = step;
                const start = performance.now();
                current.update(element, app.state, new Set(["step"]));
                return performance.now() - start;
              });
              return times.sort((a, b) => a - b)[Math.floor(times.length * 0.95)];
            }"""
        )
        assert spent < 16, panel
