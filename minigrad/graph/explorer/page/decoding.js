// Decoding step by step: what was said so far, what may come next, and where each head looked.
{
  let current = 0;

  // The heads by their modules, in whose names they are the last part.
  const modulesOf = (heads) => {
    const modules = new Map();
    for (const head of heads) {
      const [, module, name] = /^(.*?)\.?([^.]*)$/.exec(head.label);
      if (!modules.has(module)) modules.set(module, []);
      modules.get(module).push({ ...head, name });
    }
    return modules;
  };

  // Where the heads of a module look: a row for each head, a column for each key.
  const looking = (module, heads) => {
    const { keys } = heads[0];
    const array = Float64Array.from(heads.flatMap((head) => head.row));
    const grid = app.heat({
      array,
      sheet: app.sheet([heads.length, keys.length]),
      most: 1,
      stateOf: (flat) => (array[flat] === 0 ? "zero" : ""),
      rowLabels: heads.map((head) => head.name),
      columnLabels: keys,
      plain: true,
      label: `Where the heads of ${module} look`,
    });
    return app.make("figure", { class: "looking" }, app.make("figcaption", {}, module), grid.element);
  };

  // What there is to see at one step; null if no decoding was given. `refresh` draws the panel anew.
  app.decoding = (refresh) => {
    const steps = app.data.decoding;
    if (!steps.length) return null;
    const step = steps[current];
    const go = (to) => {
      current = Math.max(0, Math.min(steps.length - 1, to));
      refresh(false);
    };
    const slider = app.make("input", {
      type: "range",
      min: "0",
      max: `${steps.length - 1}`,
      value: `${current}`,
      "aria-label": "Step of decoding",
    });
    slider.addEventListener("input", () => go(Number(slider.value)));
    const controls = app.make(
      "div",
      { class: "controls" },
      app.make(
        "button",
        { type: "button", class: "action quiet", disabled: current === 0, onclick: () => go(current - 1) },
        "‹ back",
      ),
      slider,
      app.make(
        "button",
        {
          type: "button",
          class: "action quiet",
          disabled: current === steps.length - 1,
          onclick: () => go(current + 1),
        },
        "next ›",
      ),
    );
    const said = app.make(
      "p",
      { class: "said", "aria-live": "polite" },
      step.tokens.map((token) => app.make("span", { class: "token" }, token)),
    );
    const most = Math.max(...step.probabilities.map(([, p]) => p), 1e-30);
    const likely = step.probabilities.map(([text, p]) => {
      const bar = app.make("span", { class: "length" });
      bar.style.width = `${(100 * p) / most}%`;
      return app.make(
        "tr",
        {},
        app.make("th", { scope: "row" }, text),
        app.make("td", { class: "number" }, app.number(p, 3)),
        app.make("td", { class: "lengths" }, bar),
      );
    });
    const rows = [...modulesOf(step.attention)].map(([module, heads]) => looking(module, heads));
    return app.make(
      "section",
      { class: "decoding", "aria-label": "Decoding step by step" },
      app.make("h3", {}, `Decoding, step ${current + 1} of ${steps.length}`),
      controls,
      said,
      likely.length
        ? [
            app.note("What may come next:"),
            app.make("table", { class: "ledger likely" }, app.make("tbody", {}, likely)),
          ]
        : "",
      rows.length ? [app.note("Where the heads look at this step:"), rows] : "",
    );
  };
}
