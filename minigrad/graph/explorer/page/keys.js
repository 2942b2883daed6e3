// The keyboard, the tabs of the side, the legend, light and dark.
{
  const { make } = app;
  const $ = (id) => document.getElementById(id);
  const stage = $("stage");

  const KEYS = [
    ["→ ←", "one step on or back"],
    ["Page Down, Page Up", "to where the next box of this view is through"],
    ["Home, End", "to the start, to the end"],
    ["Space", "play or pause"],
    ["↓ ↑", "next or previous box"],
    ["Shift and an arrow", "the nearest box on that side"],
    ["Enter", "open a module; go near an op"],
    ["Backspace", "out to the place around"],
    ["u", "unfold a module in place, or fold it again"],
    ["+ − 0", "zoom in, out, fit"],
    ["v g", "show values or gradients in the boxes"],
    ["/", "search"],
    ["t", "light or dark"],
    ["?", "this help"],
    ["Esc", "close, or select nothing"],
  ];

  // --- tabs

  const tabs = $("tabs");
  const panel = $("panel");
  const buttons = new Map();

  const buildTabs = () => {
    for (const each of app.panels) {
      const tab = make(
        "button",
        {
          role: "tab",
          id: `tab-${each.name}`,
          "aria-controls": "panel",
          title: each.key ? `${each.title} (${each.key})` : each.title,
          onclick: () => app.set({ panel: each.name }),
        },
        each.title,
      );
      tab.addEventListener("keydown", (event) => {
        const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!by) return;
        event.preventDefault();
        event.stopPropagation();
        const names = app.panels.map((other) => other.name);
        const next = names[(names.indexOf(each.name) + by + names.length) % names.length];
        app.set({ panel: next });
        buttons.get(next).focus();
      });
      buttons.set(each.name, tab);
      tabs.append(tab);
    }
  };

  const showPanel = (state, changed) => {
    const current = app.panels.find((each) => each.name === state.panel) || app.panels[0];
    for (const [name, tab] of buttons) {
      const on = name === current.name;
      tab.setAttribute("aria-selected", on);
      tab.tabIndex = on ? 0 : -1;
    }
    panel.setAttribute("aria-labelledby", `tab-${current.name}`);
    if (current.update && !changed.has("panel") && current.update(panel, state, changed)) return;
    panel.replaceChildren();
    current.render(panel, state);
    if (changed.has("node") || changed.has("panel")) panel.scrollTop = 0;
  };

  $("sheet").addEventListener("click", () => {
    const closed = document.body.classList.toggle("sheet-closed");
    $("sheet").setAttribute("aria-expanded", !closed);
  });

  // --- values or gradients in the boxes

  const sides = make(
    "div",
    { class: "sides", role: "group", "aria-label": "What boxes show when you zoom in" },
    [["value", "Values", "v"], ["gradient", "Gradients", "g"]].map(([side, title, key]) =>
      make("button", { "data-side": side, title: `${title} in the boxes (${key})`, onclick: () => app.set({ side }) }, title),
    ),
  );
  $("notes").append(sides);

  // --- the legend

  const sign = (name, mark, text) => make("li", {}, make("span", { class: "pill", "data-sign": name }, mark), text);
  const kind = (name, text) => make("li", {}, make("span", { class: "swatch", "data-kind": name }), text);
  $("legend").append(
    make("h2", {}, "Boxes"),
    make("ul", {}, kind("op", "an op"), kind("module", "a module, closed"), kind("row", "modules that repeat each other"),
      kind("step", "one step, or a page, of a long run"), kind("input", "an input"), make("li", {}, make("span", { class: "swatch result", "data-kind": "op" }), "an output: the result of the whole"),
      kind("parameter", "a parameter, in the op that uses it"), kind("constant", "a constant: wants no gradient"), kind("stub", "a neighbour outside; it leads there")),
    make("h2", {}, "Values"),
    make("ul", {}, make("li", {}, make("span", { class: "swatch ghost" }), "not computed yet"), sign("zero", "0", "exactly zero"),
      sign("vanished", "≈0", "vanished: not zero, but below the smallest normal number"), sign("nan", "NaN", "NaN or infinities"), sign("error", "failed", "the op failed")),
    make("h2", {}, "Gradients, on the way back"),
    make("ul", {}, sign("not yet", "∂", "not computed yet"), sign("partial", "1 of 2", "contributions arrived; it fires when all have"), sign("complete", "✓", "complete"),
      sign("none", "no ∂", "none: no gradient is wanted"), sign("detached", "✂", "detached: no gradient goes through"), sign("zero", "∂ 0", "complete, and exactly zero"),
      sign("vanished", "∂ ≈0", "complete, and vanished"), sign("nan", "∂ NaN", "complete, with NaN or infinities")),
    make("h2", {}, "Numbers"),
    make("ul", {}, make("li", {}, make("span", { class: "scale" }), "below zero, zero, above zero"), make("li", {}, make("span", { class: "swatch masked" }), "masked: nobody may look there")),
  );
  const legend = (show) => {
    $("legend").hidden = !show;
    $("legend-button").setAttribute("aria-expanded", show);
  };
  $("legend-button").addEventListener("click", () => legend($("legend").hidden));

  // --- help

  $("help").append(
    make("h2", { id: "help-title" }, "Keys"),
    make("dl", {}, KEYS.map(([key, text]) => [make("dt", {}, make("kbd", {}, key)), make("dd", {}, text)]), app.panels.filter((each) => each.key).map((each) => [make("dt", {}, make("kbd", {}, each.key)), make("dd", {}, `the tab ${each.title}`)])),
    make("p", { class: "note" }, "The wheel, two fingers and the buttons zoom. Zoom into a module to open it, out of it to leave it; zoom into an op to see its numbers."),
    make("button", { class: "tool", onclick: () => $("help").close() }, "Close"),
  );
  $("help-button").addEventListener("click", () => $("help").showModal());

  // --- light and dark

  const dark = matchMedia("(prefers-color-scheme: dark)");
  const theme = () => {
    const wanted = app.state.theme || (dark.matches ? "dark" : "light");
    document.documentElement.dataset.theme = wanted;
    app.forgetColours();
    app.paint();
  };
  const toggleTheme = () => app.set({ theme: document.documentElement.dataset.theme === "dark" ? "light" : "dark" });
  $("theme-button").addEventListener("click", toggleTheme);
  dark.addEventListener("change", () => app.set({ theme: dark.matches ? "dark" : "light" }));

  // --- keys

  const out = () => {
    const { parent } = app.place(app.state.view);
    if (parent !== null) app.open(parent, app.state.view);
  };
  const boxNow = () => app.layer.boxes.get(app.focused()) || app.layer.boxes.get(`n${app.state.node}`);

  const plain = {
    ArrowRight: () => app.stepBy(1),
    ArrowLeft: () => app.stepBy(-1),
    PageDown: () => app.stepOver(1),
    PageUp: () => app.stepOver(-1),
    Home: () => app.goTo(0),
    End: () => app.goTo(Infinity),
    ArrowDown: () => (app.focused() ? app.step_focus(1) : app.focusFirst()),
    ArrowUp: () => (app.focused() ? app.step_focus(-1) : app.focusFirst()),
    Backspace: out,
    Escape: () => (app.state.node !== null ? app.set({ node: null, entry: null }) : legend(false)),
    "/": () => $("find").focus(),
    "+": () => app.zoomBy(1.4),
    "=": () => app.zoomBy(1.4),
    "-": () => app.zoomBy(1 / 1.4),
    0: () => app.fit(),
    v: () => app.set({ side: "value" }),
    g: () => app.set({ side: "gradient" }),
    t: toggleTheme,
    "?": () => $("help").showModal(),
    u: () => {
      const focused = app.focused();
      if (app.layer.opened && (!focused || !app.canUnfold(focused))) app.unfold(null);
      else if (app.canUnfold(focused)) app.unfold(focused);
    },
  };
  const shifted = {
    ArrowRight: () => app.nearest_focus(1, 0),
    ArrowLeft: () => app.nearest_focus(-1, 0),
    ArrowDown: () => app.nearest_focus(0, 1),
    ArrowUp: () => app.nearest_focus(0, -1),
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || $("help").open) return;
    const { target } = event;
    const writes = target.matches("input, select, textarea") && !(target.type === "range" || target.type === "checkbox");
    if (writes) return;
    if (target.type === "range" && event.key.startsWith("Arrow")) return;
    if (event.key === "Enter" && target.matches(".face")) {
      event.preventDefault();
      const box = app.layer.boxes.get(app.focused());
      return box.stub ? target.click() : app.enter(box);
    }
    if (event.key === " ") {
      if (target.matches("button:not(.face):not(.chip), a, summary, input")) return;
      event.preventDefault();
      return app.play();
    }
    const act = (event.shiftKey && shifted[event.key]) || plain[event.key] || tabOf(event.key);
    if (!act) return;
    event.preventDefault();
    act();
  });

  const tabOf = (key) => {
    const found = app.panels.find((each) => each.key === key);
    return found && (() => app.set({ panel: found.name }));
  };

  app.setUp = () => {
    buildTabs();
    $("title").textContent = app.data.title;
    app.listen((state, changed) => {
      theme();
      showPanel(state, changed);
      for (const each of sides.children) each.setAttribute("aria-pressed", each.dataset.side === state.side);
      sides.hidden = app.seeds.length === 0;
    });
  };
}
