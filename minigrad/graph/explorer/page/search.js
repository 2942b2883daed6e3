// Search over names, ops, parameters, roles and source lines; and the trail of places above the graph.
{
  const { make } = app;
  const input = document.getElementById("find");
  const list = document.getElementById("found");
  const MOST = 14;

  const entries = [];
  for (const [key, place] of Object.entries(app.data.places)) {
    if (key) entries.push({ text: `${place.label} ${place.about}`.trim(), kind: place.kind, where: trail(place.parent), go: () => app.open(key) });
  }
  for (const node of app.data.graph.nodes) {
    if (node.kind === "output") continue;
    const home = app.home(node.id) ?? app.home(app.usersOf(node.id)[0]);
    if (home === undefined) continue;
    entries.push({
      text: `${app.title(node.id)} ${node.role || ""}`.trim(),
      more: `${node.call || ""} ${node.name} ${node.kind} ${node.line || ""} ${node.code || ""}`,
      kind: node.kind,
      where: [trail(home), app.shape(node.shape), node.line].filter(Boolean).join(" · "),
      go: () => app.reveal(node.id),
    });
  }
  for (const entry of entries) entry.key = `${entry.text} ${entry.more || ""} ${entry.where}`.toLowerCase();

  function trail(key) {
    return app.around(key).slice(1).map((at) => app.place(at).label).join(" › ");
  }

  let [results, at] = [[], 0];

  app.search = (query) => {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return [];
    const score = (entry) => {
      const text = entry.text.toLowerCase();
      const pairs = words.filter((word, i) => i && entry.key.includes(`${words[i - 1]} ${word}`)).length;
      return (text === words[0] ? 0 : text.startsWith(words[0]) ? 1 : text.includes(words[0]) ? 2 : 3) - 4 * pairs;
    };
    const found = entries.filter((entry) => words.every((word) => entry.key.includes(word)));
    return found.map((entry, i) => [score(entry), i, entry]).sort((a, b) => a[0] - b[0] || a[1] - b[1]).map((each) => each[2]);
  };

  const update = () => {
    const all = app.search(input.value);
    results = all.slice(0, MOST);
    at = 0;
    list.replaceChildren(
      ...results.map((entry, i) =>
        make(
          "li",
          { id: `found-${i}`, role: "option", "aria-selected": i === 0 ? "true" : "false", onmousedown: (event) => (event.preventDefault(), pick(i)) },
          make("span", { class: "dot", "data-kind": entry.kind, "aria-hidden": "true" }),
          make("span", { class: "text" }, entry.text),
          make("span", { class: "where" }, entry.where),
        ),
      ),
      ...(all.length > MOST ? [make("li", { class: "rest", role: "presentation" }, `${all.length - MOST} more; write more to narrow it down`)] : []),
      ...(input.value.trim() && !all.length ? [make("li", { class: "rest", role: "presentation" }, "Nothing found")] : []),
    );
    open(Boolean(input.value.trim()));
    mark();
  };
  const open = (yes) => {
    list.hidden = !yes;
    input.setAttribute("aria-expanded", yes);
  };
  const mark = () => {
    [...list.children].forEach((item, i) => item.getAttribute("role") === "option" && item.setAttribute("aria-selected", i === at));
    if (results.length) input.setAttribute("aria-activedescendant", `found-${at}`);
    else input.removeAttribute("aria-activedescendant");
    list.children[at]?.scrollIntoView?.({ block: "nearest" });
  };
  const pick = (i) => {
    const entry = results[i];
    if (!entry) return;
    open(false);
    input.blur();
    entry.go();
    document.getElementById("stage").focus({ preventScroll: true });
  };

  input.addEventListener("input", update);
  input.addEventListener("focus", () => input.value && update());
  input.addEventListener("blur", () => open(false));
  input.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") input.blur();
    else if (event.key === "Enter") pick(at);
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      at = Math.max(0, Math.min(results.length - 1, at + (event.key === "ArrowDown" ? 1 : -1)));
      mark();
    }
  });

  // --- the trail

  const nav = document.getElementById("trail");
  const siblings = (key) => {
    const { parent } = app.place(key);
    return parent === null ? [] : Object.keys(app.data.places).filter((other) => app.data.places[other].parent === parent);
  };

  const draw = () => {
    const keys = app.around(app.state.view);
    const items = keys.map((key, i) => {
      const here = i === keys.length - 1;
      const label = app.place(key).label;
      if (!here) return make("li", {}, make("button", { class: "crumb", onclick: () => app.open(key) }, label));
      const others = siblings(key);
      if (others.length < 2) return make("li", {}, make("span", { class: "crumb", "aria-current": "location" }, label));
      const select = make(
        "select",
        { class: "crumb", "aria-current": "location", "aria-label": `${label}; its neighbours`, onchange: () => app.open(select.value) },
        others.map((other) => make("option", { value: other, selected: other === key }, app.place(other).label)),
      );
      return make("li", {}, select);
    });
    nav.replaceChildren(make("ol", {}, items));
  };

  app.listen((state, changed) => (changed.has("view") || !nav.firstChild) && draw());
}
