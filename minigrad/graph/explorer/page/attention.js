// Attention: all heads side by side, and for one weight (i, j) all that it came of and all that came of it.
{
  const heads = app.data.attention || [];
  const TERMS = 8;
  let [current, batch, part, cell] = [0, 0, 0, null]; // the head, the example, the head within a batched node, (i, j)
  let decodingStep = 0;

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

  // --- tokens

  const textsOf = (id, count) => {
    if (id === null || id === undefined) return null;
    const [values, shape] = [app.values(id), app.node(id).shape];
    const vocabulary = Array.isArray(app.data.tokens) ? app.data.tokens : (app.data.tokens || {})[app.node(id).name];
    if (!values || !values.array) return null;
    const start = shape.length > 1 ? Math.min(batch, shape[0] - 1) * shape.at(-1) : 0;
    return Array.from({ length: count }, (_, i) => values.array[start + i]).map((token) => vocabulary?.[token] ?? `${token}`);
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
        if (!head.queries && !head.keys) continue;
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
        const picture = found ? app.heat({ array: found.array, sheet: found.sheet, most: 1, stateOf: () => "", compact: 7, label: `Weights of ${layer} ${name}` }).element : "not yet";
        part = was;
        const choose = () => {
          [current, part, cell] = [i, p, null];
          refresh(true);
        };
        row.append(app.make("button", { type: "button", class: "small-head", "aria-pressed": `${chosen}`, onclick: choose }, picture, app.make("span", {}, name)));
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
      hovered.textContent = `${queries[i]} (query ${i}) looks at ${keys[j]} (key ${j}): weight ${app.number(weights.at(i, j))}` + (gradient ? `, gradient ${app.number(gradient.at(i, j))}` : "");
      light(i, j);
    };
    const select = (place, focus) => {
      cell = place.slice(-2);
      refresh(false, focus);
    };
    const options = { rowLabels: queries, columnLabels: keys, onselect: select, onhover: tell, masked };
    const left = grid(weights, { ...options, most: Math.max(1, app.largest(weights.array)), label: "weights: a row for each query, a column for each key" });
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
    const shownGradient = app.numbersOf(head.weights, "gradient");
    return [
      app.make(
        "div",
        { class: "pair" },
        app.make("figure", { class: "weights" }, app.make("figcaption", {}, "weights ", app.link(head.weights)), left.element),
        app.make("figure", { class: "weights-gradient" }, app.make("figcaption", {}, "their gradient"), right ? right.element : app.note(shownGradient.note || "It is only summarised.")),
      ),
      hovered,
      ...head.missing.map((text) => app.note(`Not shown: ${text}.`)),
      ...(cell ? weightStory(head, cell[0], cell[1], queries, keys) : [app.note("Choose a weight, by click or with the arrow keys, to see how it came about.")]),
    ];
  };

  const maskOf = (head) => {
    const mask = head.mask === null ? null : app.values(head.mask);
    if (!mask || !mask.array) return null;
    const shape = app.node(head.mask).shape;
    const weights = app.node(head.weights).shape;
    return (i, j) => Boolean(mask.array[app.ravel(app.broadcast([...sliceOf(weights), i, j], shape), shape)]);
  };

  const index = (letter, at) =>
    app.make("span", { class: "math" }, app.make("i", {}, letter), app.make("sub", {}, `${at}`));

  // The steps from q_i and k_j to the output, for one weight.
  const weightStory = (head, i, j, queries, keys) => {
    const story = app.make("ol", { class: "story" });
    const item = (title, ...content) => story.append(app.make("li", {}, app.make("h4", {}, title), ...content));
    const [q, k, v] = [matrix(head.q), matrix(head.k), matrix(head.v)];
    if (head.product !== null && q && k) {
      const terms = Array.from({ length: q.sheet.columns }, (_, n) => ({ n, q: q.at(i, n), k: k.at(j, n), product: q.at(i, n) * k.at(j, n) }));
      const dot = terms.reduce((sum, t) => sum + t.product, 0);
      item([index("q", i), " · ", index("k", j), ` = ${app.number(dot)}`], productTable(head, i, j, terms));
      const score = matrix(head.scores);
      const bias = head.bias === null ? null : biasAt(head, i, j);
      const steps = [`${app.number(dot)}`];
      if (head.scale !== 1) steps.push(` × ${app.number(head.scale)}`);
      if (bias !== null) steps.push(` + ${app.number(bias)}`);
      const sum = dot * head.scale + (bias ?? 0);
      item(
        head.scale !== 1 ? "Scaled" : "The score",
        app.make("p", { class: "equation" }, ...steps, ` = ${app.number(sum)} `, score ? app.verdict(app.agree(sum, score.at(i, j), Math.abs(dot) + 1, "float32"), "the score", `the score is ${app.number(score.at(i, j))}`) : ""),
        head.scale !== 1 ? app.note("The scale keeps the size of scores from growing with the width of q and k.") : "",
      );
    }
    const blocked = maskOf(head);
    if (blocked)
      item("Mask", app.make("p", { class: "note" }, blocked(i, j) ? `Masked: ${queries[i]} may not look at ${keys[j]}, so the score is replaced by the most negative number, and the weight is 0.` : `${queries[i]} may look at ${keys[j]}.`));
    const normaliser = head.chain.map((id) => app.node(id).name).find((name) => !["masked_fill", "dropout", "mul", "add"].includes(name)) || "softmax";
    item(head.chain.some((id) => app.node(id).name === "softmax") ? "Softmax over the row" : "Weights of the row", rowBars(head, i, j, keys, blocked, normaliser));
    if (v) item(["Mix of values: ", index("b", i), " = Σ ", index("α", `${i}j`), " ", index("v", "j")], mix(head, i, j, v, keys));
    const gradients = backward(head, i, j, v);
    if (gradients) item("Backward: the gradient of this weight", ...gradients);
    return [app.make("h3", {}, `How ${queries[i]} weighs ${keys[j]}`), story];
  };

  const biasAt = (head, i, j) => {
    const [values, shape] = [app.values(head.bias), app.node(head.bias).shape];
    const weights = app.node(head.weights).shape;
    return values && values.array ? values.array[app.ravel(app.broadcast([...sliceOf(weights), i, j], shape), shape)] : null;
  };

  const productTable = (head, i, j, terms) => {
    const place = (id, row, n) => [...sliceOf(app.node(id).shape), row, n];
    const ordered = [...terms].sort((a, b) => Math.abs(b.product) - Math.abs(a.product));
    const rest = ordered.slice(TERMS);
    const rows = ordered.slice(0, TERMS).map((t) =>
      app.make(
        "tr",
        {},
        app.make("td", {}, app.link(head.q, place(head.q, i, t.n), `q[${i}, ${t.n}]`)),
        app.make("td", { class: "number" }, app.number(t.q, 3)),
        app.make("td", {}, app.link(head.k, place(head.k, j, t.n), `k[${j}, ${t.n}]`)),
        app.make("td", { class: "number" }, app.number(t.k, 3)),
        app.make("td", { class: "number product" }, app.number(t.product)),
      ),
    );
    if (rest.length)
      rows.push(app.make("tr", { class: "remainder" }, app.make("td", { colspan: "4" }, `… ${rest.length} more add up to`), app.make("td", { class: "number product" }, app.number(rest.reduce((sum, t) => sum + t.product, 0)))));
    return app.make("table", { class: "ledger" }, app.make("tbody", {}, rows));
  };

  const rowBars = (head, i, j, keys, blocked) => {
    const [scores, weights] = [matrix(head.scores), matrix(head.weights)];
    const most = Math.max(...keys.map((_, c) => Math.abs(weights.at(i, c))), 1e-30);
    const rows = keys.map((key, c) => {
      const bar = app.make("span", { class: "length" });
      bar.style.width = `${(100 * Math.abs(weights.at(i, c))) / most}%`;
      return app.make(
        "tr",
        { class: c === j ? "chosen" : null },
        app.make("th", { scope: "row" }, key),
        app.make("td", { class: "number" }, blocked?.(i, c) ? "masked" : scores ? app.number(scores.at(i, c), 3) : ""),
        app.make("td", { class: "number" }, app.number(weights.at(i, c), 3)),
        app.make("td", { class: "lengths" }, bar),
      );
    });
    const total = keys.reduce((sum, _, c) => sum + weights.at(i, c), 0);
    return app.make("div", {}, app.make("table", { class: "ledger row-of-weights" }, app.heads("key", "#score", "#weight", ""), app.make("tbody", {}, rows)), app.note(`The weights of this row sum to ${app.number(total)}.`));
  };

  const mix = (head, i, j, v, keys) => {
    const weights = matrix(head.weights);
    const output = matrix(head.output);
    const width = v.sheet.columns;
    const share = Float64Array.from({ length: width }, (_, n) => weights.at(i, j) * v.at(j, n));
    const own = Float64Array.from({ length: width }, (_, n) => v.at(j, n));
    const whole = output ? Float64Array.from({ length: width }, (_, n) => output.at(i, n)) : null;
    const most = Math.max(app.largest(own), whole ? app.largest(whole) : 0);
    const strip = (title, array) => {
      const cells = app.make("span", { class: "strip", role: "img", "aria-label": `${title}: ${[...array].map((x) => app.number(x, 3)).join(", ")}` });
      const picture = app.heat({ array, sheet: { rows: 1, columns: width, at: (r, c) => c, cell: (p) => p, place: (r, c) => [c] }, most, stateOf: () => "", compact: 12, label: title });
      cells.append(picture.element);
      return app.make("div", { class: "strip-row" }, app.make("span", {}, title), cells);
    };
    return app.make(
      "div",
      {},
      strip(`v of ${keys[j]}`, own),
      strip(`times ${app.number(weights.at(i, j), 3)}`, share),
      whole ? strip("sum over all keys", whole) : "",
      head.output === null ? "" : app.make("p", { class: "aside" }, "The output is ", app.link(head.output, output ? [...sliceOf(output.shape), i, 0] : null), "."),
    );
  };

  const backward = (head, i, j, v) => {
    const gradient = matrix(head.weights, "gradient");
    const g = head.output === null ? null : matrix(head.output, "gradient");
    if (!gradient) return null;
    const parts = [];
    if (g && v) {
      const sum = Array.from({ length: v.sheet.columns }, (_, n) => g.at(i, n) * v.at(j, n)).reduce((a, b) => a + b, 0);
      const agrees = app.agree(sum, gradient.at(i, j), app.largest(gradient.array), "float32");
      parts.push(app.make("p", { class: "equation" }, "∂L / ∂ ", index("b", i), " · ", index("v", j), ` = ${app.number(sum)} `, agrees ? app.verdict(true, "its gradient", "") : ""));
      if (!agrees) parts.push(app.note(`Its gradient is ${app.number(gradient.at(i, j))}: the weights were also used elsewhere.`));
    }
    const scores = matrix(head.scores, "gradient");
    if (scores) parts.push(app.make("p", { class: "equation" }, `∂L / ∂ score = ${app.number(scores.at(i, j))}`));
    parts.push(app.make("p", { class: "aside" }, "See its terms under Numbers: ", app.make("button", { type: "button", class: "link", onclick: () => app.set({ panel: "numbers", node: head.weights, side: "gradient", entry: [...sliceOf(gradient.shape), i, j] }) }, "this entry of the gradient"), "."));
    return parts;
  };

  // --- decoding

  const decoding = (refresh) => {
    const steps = app.data.decoding || [];
    if (!steps.length) return null;
    const step = steps[decodingStep];
    const go = (to) => {
      decodingStep = Math.max(0, Math.min(steps.length - 1, to));
      refresh(false);
    };
    const slider = app.make("input", { type: "range", min: "0", max: `${steps.length - 1}`, value: `${decodingStep}`, "aria-label": "Step of decoding" });
    slider.addEventListener("input", () => go(Number(slider.value)));
    const controls = app.make("div", { class: "controls" }, app.make("button", { type: "button", class: "action quiet", disabled: decodingStep === 0, onclick: () => go(decodingStep - 1) }, "‹ back"), slider, app.make("button", { type: "button", class: "action quiet", disabled: decodingStep === steps.length - 1, onclick: () => go(decodingStep + 1) }, "next ›"));
    const said = app.make("p", { class: "said", "aria-live": "polite" }, step.tokens.map((token) => app.make("span", { class: "token" }, token)));
    const most = Math.max(...step.probabilities.map(([, p]) => p), 1e-30);
    const likely = step.probabilities.map(([text, p]) => {
      const bar = app.make("span", { class: "length" });
      bar.style.width = `${(100 * p) / most}%`;
      return app.make("tr", {}, app.make("th", { scope: "row" }, text), app.make("td", { class: "number" }, app.number(p, 3)), app.make("td", { class: "lengths" }, bar));
    });
    const rows = step.attention.map((head) => {
      const array = Float64Array.from(head.row);
      const sheet = { rows: 1, columns: array.length, at: (r, c) => c, cell: (p) => [0, p[0]], place: (r, c) => [c], wrapped: false };
      const table = app.heat({ array, sheet, most: 1, stateOf: (flat) => (array[flat] === 0 ? "zero" : ""), columnLabels: head.keys, rowLabels: [""], plain: true, label: `Where ${head.label} looks` });
      return app.make("div", { class: "looking" }, app.make("span", {}, head.label), table.element);
    });
    return app.make("section", { class: "decoding", "aria-label": "Decoding step by step" }, app.make("h3", {}, `Decoding, step ${decodingStep + 1} of ${steps.length}`), controls, said, likely.length ? [app.note("What may come next:"), app.make("table", { class: "ledger likely" }, app.make("tbody", {}, likely))] : "", rows.length ? [app.note("Where the heads look at this step:"), rows] : "");
  };

  // --- the panel

  let drawn = "";

  const render = (element, state) => {
    if (!heads.length && !(app.data.decoding || []).length) {
      drawn = "";
      return void element.replaceChildren(app.sentence("No attention was recorded in this graph: modules say where it is by noting their scores and weights."));
    }
    const own = heads.findIndex((head) => [head.weights, head.scores, head.output, head.product, ...head.chain].includes(state.node));
    if (own >= 0 && own !== current && state.node !== render.node) [current, cell] = [own, null];
    render.node = state.node;
    const key = JSON.stringify([current, batch, part, cell, decodingStep, state.hidden, state.theme, heads.map((head) => [app.isComputed(head.weights), app.gradientState(head.weights)])]);
    if (key === drawn && element.firstChild) return;
    drawn = key;
    const refresh = (scroll, focus) => {
      const top = element.scrollTop;
      render(element, app.state);
      element.scrollTop = top;
      if (focus) element.querySelector(".weights [aria-selected]")?.focus();
      if (scroll) element.querySelector(".one-head")?.scrollIntoView({ block: "nearest" });
    };
    const head = heads[current];
    const batches = head ? app.node(head.weights).shape.slice(0, -2)[0] || 1 : 1;
    const picker = app.make("input", { type: "number", min: "0", max: `${batches - 1}`, value: `${batch}` });
    picker.addEventListener("change", () => {
      batch = Math.max(0, Math.min(batches - 1, Math.round(Number(picker.value) || 0)));
      refresh();
    });
    element.replaceChildren(
      app.sentence("Each row is a query, each column a key: the darker the cell, the more the query takes from that key's value."),
      ...(batches > 1 ? [app.make("div", { class: "slices" }, app.make("label", {}, "example ", picker, ` of ${batches}`))] : []),
      ...(heads.length ? [gallery(refresh), app.make("section", { class: "one-head" }, app.make("h3", {}, `${head.layer} ${head.head}`.trim() || "attention"), ...oneHead(head, refresh))] : []),
      ...[decoding(refresh)].filter(Boolean),
    );
  };

  const update = (element, state) => {
    render(element, state);
    return true;
  };

  app.panel({ name: "attention", title: "Attention", key: "a", render, update });
}
