// Attention: all heads side by side, and for one weight (i, j) all that it came of and all that came of it.
{
  const heads = app.data.attention;
  let [current, batch, part, cell] = [0, 0, 0, null]; // the head, the example, the head within a batched node, (i, j)

  const arrayOf = (id, side = "value") => {
    if (id === null || id === undefined) return null;
    const shown = app.numbersOf(id, side);
    return shown.array ? { array: shown.array, shape: app.node(id).shape } : null;
  };

  // The place of a matrix in a node that has one for each example, or for each head of each example.
  const sliceOf = (shape) => {
    const before = shape.slice(0, -2);
    return before.map((n, axis) => Math.min(n - 1, axis === 0 ? batch : axis === 1 ? part : 0));
  };

  const matrix = (id, side = "value") => {
    const found = arrayOf(id, side);
    if (!found || found.shape.length < 2) return null;
    const sheet = app.sheet(found.shape, sliceOf(found.shape));
    return { ...found, sheet, at: (r, c) => found.array[sheet.at(r, c)] };
  };

  // Whether a query may not look at a key; null if there is no mask.
  const maskOf = (head) => {
    const mask = head.mask === null ? null : app.values(head.mask);
    if (!mask || !mask.array) return null;
    const shape = app.node(head.mask).shape;
    const weights = app.node(head.weights).shape;
    return (i, j) => Boolean(mask.array[app.ravel(app.broadcast([...sliceOf(weights), i, j], shape), shape)]);
  };

  app.attention = { matrix, sliceOf, maskOf };

  // --- tokens

  const textsOf = (id, count) => {
    if (id === null || id === undefined) return null;
    const [values, shape] = [app.values(id), app.node(id).shape];
    const vocabulary = Array.isArray(app.data.tokens) ? app.data.tokens : (app.data.tokens || {})[app.node(id).name];
    if (!values || !values.array) return null;
    const start = shape.length > 1 ? Math.min(batch, shape[0] - 1) * shape.at(-1) : 0;
    return Array.from({ length: count }, (_, i) => values.array[start + i]).map(
      (token) => vocabulary?.[token] ?? `${token}`,
    );
  };

  const labels = (head) => {
    const [rows, columns] = app.node(head.weights).shape.slice(-2);
    const plain = (n) => Array.from({ length: n }, (_, i) => `${i}`);
    return { queries: textsOf(head.queries, rows) || plain(rows), keys: textsOf(head.keys, columns) || plain(columns) };
  };

  // The labels of a node's rows and columns, where it belongs to a head: used by the tables of numbers.
  app.labelsOf = (id, slice) => {
    const before = batch;
    if (slice.length) batch = slice[0];
    try {
      for (const head of heads) {
        if (head.queries === null && head.keys === null) continue;
        const { queries, keys } = labels(head);
        if (head.chain.includes(id) || id === head.product) return { rowLabels: queries, columnLabels: keys };
        if (id === head.q || id === head.output) return { rowLabels: queries };
        if (id === head.k || id === head.v) return { rowLabels: keys };
      }
      return {};
    } finally {
      batch = before;
    }
  };

  // --- all heads

  const parts = (head) => {
    const shape = app.node(head.weights).shape;
    return shape.length > 3 ? shape[1] : 1;
  };

  const grid = (found, options) => {
    if (!found) return null;
    const masked = options.masked;
    return app.heat({
      array: found.array,
      sheet: found.sheet,
      most: options.most ?? app.largest(found.array),
      stateOf: (flat) => {
        if (masked && masked(flat - found.sheet.at(0, 0))) return "masked";
        return app.entryState(found.array[flat], {});
      },
      plain: true,
      ...options,
    });
  };

  const gallery = (refresh) => {
    const layers = new Map();
    heads.forEach((head, i) => {
      if (!layers.has(head.layer)) layers.set(head.layer, []);
      for (let p = 0; p < parts(head); p++) layers.get(head.layer).push([head, i, p]);
    });
    const box = app.make("div", { class: "gallery" });
    for (const [layer, members] of layers) {
      const row = app.make("div", { class: "small-heads" });
      members.forEach(([head, i, p], order) => {
        const was = part;
        part = p;
        const found = matrix(head.weights);
        const name = head.head || (parts(head) > 1 ? `head ${p}` : members.length > 1 ? `${order}` : "attention");
        const chosen = i === current && (parts(head) === 1 || p === was);
        const picture = found
          ? app.heat({
              array: found.array,
              sheet: found.sheet,
              most: 1,
              stateOf: () => "",
              compact: 7,
              label: `Weights of ${layer} ${name}`,
            }).element
          : "not yet";
        part = was;
        const choose = () => {
          [current, part, cell] = [i, p, null];
          refresh(true);
        };
        row.append(
          app.make(
            "button",
            { type: "button", class: "small-head", "aria-pressed": `${chosen}`, onclick: choose },
            picture,
            app.make("span", {}, name),
          ),
        );
      });
      box.append(app.make("h4", {}, layer || "attention"), row);
    }
    return box;
  };

  // --- one head

  const oneHead = (head, refresh) => {
    const { queries, keys } = labels(head);
    const weights = matrix(head.weights);
    if (!weights) return [app.note("Its weights have not been computed yet at this step, or are only summarised.")];
    const gradient = matrix(head.weights, "gradient");
    const blocked = maskOf(head);
    const masked = (place) => blocked?.(Math.floor(place / weights.sheet.columns), place % weights.sheet.columns);
    const hovered = app.make("p", { class: "readout", "aria-live": "polite" }, " ");
    const tell = (place) => {
      const [i, j] = place.slice(-2);
      hovered.textContent =
        `${queries[i]} (query ${i}) looks at ${keys[j]} (key ${j}): weight ${app.number(weights.at(i, j))}` +
        (gradient ? `, gradient ${app.number(gradient.at(i, j))}` : "");
      light(i, j);
    };
    const select = (place) => {
      cell = place.slice(-2);
      refresh(false);
    };
    const options = { rowLabels: queries, columnLabels: keys, onselect: select, onhover: tell, masked };
    const left = grid(weights, {
      ...options,
      most: Math.max(1, app.largest(weights.array)),
      label: "weights: a row for each query, a column for each key",
    });
    const right = grid(gradient, { ...options, label: "gradient of the weights" });
    if (cell) {
      left.select([...sliceOf(weights.shape), ...cell]);
      right?.select([...sliceOf(weights.shape), ...cell]);
    }
    const light = (i, j) => {
      for (const own of [left, right]) {
        if (!own) continue;
        own.element.querySelectorAll("tbody th").forEach((th, r) => th.classList.toggle("lit", r === i));
        own.element.querySelectorAll("thead th[scope]").forEach((th, c) => th.classList.toggle("lit", c === j));
      }
    };
    if (cell) light(...cell);
    const rows = (i) => new Set(keys.map((_, j) => weights.sheet.at(i, j)));
    const columns = (j) => new Set(queries.map((_, i) => weights.sheet.at(i, j)));
    for (const own of [left, right]) {
      if (!own) continue;
      const listen = (labels, marked, nodes, lit) =>
        labels.forEach((label, n) => {
          label.addEventListener("mouseenter", () => {
            left.mark(marked(n));
            right?.mark(marked(n));
            light(...lit(n));
            app.glow(nodes.filter((id) => id !== null));
          });
          label.addEventListener("mouseleave", () => {
            left.mark(new Set());
            right?.mark(new Set());
            light(...(cell || [-1, -1]));
            app.glow([]);
          });
        });
      listen(own.element.querySelectorAll("tbody th"), rows, [head.q], (i) => [i, -1]);
      listen(own.element.querySelectorAll("thead th[scope]"), columns, [head.k, head.v], (j) => [-1, j]);
    }
    const shownGradient = app.numbersOf(head.weights, "gradient");
    return [
      app.make(
        "div",
        { class: "pair" },
        app.make(
          "figure",
          { class: "weights" },
          app.make("figcaption", {}, "weights ", app.link(head.weights)),
          left.element,
        ),
        app.make(
          "figure",
          { class: "weights-gradient" },
          app.make("figcaption", {}, "their gradient"),
          right ? right.element : app.note(shownGradient.note || "It is only summarised."),
        ),
      ),
      hovered,
      ...head.missing.map((text) => app.note(`Not shown: ${text}.`)),
      ...(cell
        ? app.weightStory(head, cell[0], cell[1], queries, keys)
        : [app.note("Choose a weight, by click or with the arrow keys, to see how it came about.")]),
    ];
  };

  // --- the panel

  let drawn = "";

  const render = (element, state) => {
    if (!heads.length && !app.data.decoding.length) {
      drawn = "";
      return void element.replaceChildren(
        app.sentence(
          "No attention was recorded in this graph: modules say where it is by noting their scores and weights.",
        ),
      );
    }
    const own = heads.findIndex((head) =>
      [head.weights, head.scores, head.output, head.product, ...head.chain].includes(state.node),
    );
    if (own >= 0 && own !== current && state.node !== render.node) [current, cell] = [own, null];
    render.node = state.node;
    const key = JSON.stringify([
      current,
      batch,
      part,
      cell,
      state.hidden,
      state.theme,
      heads.map((head) => [app.isComputed(head.weights), app.gradientState(head.weights)]),
    ]);
    if (key === drawn && element.firstChild) return;
    drawn = key;
    const refresh = (scroll) => {
      const tables = [".weights", ".weights-gradient"];
      const own = tables.find((name) => element.querySelector(name)?.contains(document.activeElement));
      const top = element.scrollTop;
      drawn = "";
      render(element, app.state);
      element.scrollTop = top;
      if (own) element.querySelector(`${own} [aria-selected]`)?.focus();
      const below =
        element.querySelector(".one-head")?.getBoundingClientRect().top - element.getBoundingClientRect().top;
      if (scroll && below > element.clientHeight / 2) element.scrollTop += below - element.clientHeight / 4;
    };
    const head = heads[current];
    const batches = head ? app.node(head.weights).shape.slice(0, -2)[0] || 1 : 1;
    const picker = app.make("input", { type: "number", min: "0", max: `${batches - 1}`, value: `${batch}` });
    picker.addEventListener("change", () => {
      batch = Math.max(0, Math.min(batches - 1, Math.round(Number(picker.value) || 0)));
      refresh();
    });
    element.replaceChildren(
      app.sentence(
        "Each row is a query, each column a key: the darker the cell, the more the query takes from that key's value.",
      ),
      ...(batches > 1
        ? [app.make("div", { class: "slices" }, app.make("label", {}, "example ", picker, ` of ${batches}`))]
        : []),
      ...(heads.length
        ? [
            gallery(refresh),
            app.make(
              "section",
              { class: "one-head" },
              app.make("h3", {}, `${head.layer} ${head.head}`.trim() || "attention"),
              ...oneHead(head, refresh),
            ),
          ]
        : []),
      ...[app.decoding(refresh)].filter(Boolean),
    );
  };

  const update = (element, state) => {
    render(element, state);
    return true;
  };

  app.panel({ name: "attention", title: "Attention", key: "a", render, update });
}
