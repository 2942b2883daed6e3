// One weight of attention: the steps that led from a query and a key to it, what it mixed, and its gradient.
{
  const TERMS = 8;
  const { matrix, sliceOf, maskOf } = app.attention;

  const index = (letter, at) =>
    app.make("span", { class: "math" }, app.make("i", {}, letter), app.make("sub", {}, `${at}`));

  // The steps from q_i and k_j to the output, for one weight.
  app.weightStory = (head, i, j, queries, keys) => {
    const story = app.make("ol", { class: "story" });
    const item = (title, ...content) => story.append(app.make("li", {}, app.make("h4", {}, title), ...content));
    const [q, k, v] = [matrix(head.q), matrix(head.k), matrix(head.v)];
    if (head.product !== null && q && k) {
      const terms = Array.from({ length: q.sheet.columns }, (_, n) => ({
        n,
        q: q.at(i, n),
        k: k.at(j, n),
        product: q.at(i, n) * k.at(j, n),
      }));
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
        app.make(
          "p",
          { class: "equation" },
          ...steps,
          ` = ${app.number(sum)} `,
          score
            ? app.verdict(
                app.agree(sum, score.at(i, j), Math.abs(dot) + 1, "float32"),
                "the score",
                `the score is ${app.number(score.at(i, j))}`,
              )
            : "",
        ),
        head.scale !== 1 ? app.note("The scale keeps the size of scores from growing with the width of q and k.") : "",
      );
    }
    const blocked = maskOf(head);
    if (blocked)
      item(
        "Mask",
        app.make(
          "p",
          { class: "note" },
          blocked(i, j)
            ? `Masked: ${queries[i]} may not look at ${keys[j]}, so its score is made hugely negative, and the weight 0.`
            : `${queries[i]} may look at ${keys[j]}.`,
        ),
      );
    item(
      head.chain.some((id) => app.node(id).name === "softmax") ? "Softmax over the row" : "Weights of the row",
      rowBars(head, i, j, keys, blocked),
    );
    if (v)
      item(
        ["Mix of values: ", index("b", i), " = Σ ", index("α", `${i}j`), " ", index("v", "j")],
        mix(head, i, j, v, keys),
      );
    const gradients = backward(head, i, j, v);
    if (gradients) item("Backward: the gradient of this weight", ...gradients);
    return [app.make("h3", {}, `How ${queries[i]} weighs ${keys[j]}`), story];
  };

  const biasAt = (head, i, j) => {
    const [values, shape] = [app.values(head.bias), app.node(head.bias).shape];
    const weights = app.node(head.weights).shape;
    return values && values.array
      ? values.array[app.ravel(app.broadcast([...sliceOf(weights), i, j], shape), shape)]
      : null;
  };

  const productTable = (head, i, j, terms) => {
    const place = (id, row, n) => [...sliceOf(app.node(id).shape), row, n];
    const ordered = [...terms].sort((a, b) => Math.abs(b.product) - Math.abs(a.product));
    const rest = ordered.slice(TERMS);
    const rows = ordered
      .slice(0, TERMS)
      .map((t) =>
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
      rows.push(
        app.make(
          "tr",
          { class: "remainder" },
          app.make("td", { colspan: "4" }, `… ${rest.length} more add up to`),
          app.make("td", { class: "number product" }, app.number(rest.reduce((sum, t) => sum + t.product, 0))),
        ),
      );
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
    return app.make(
      "div",
      {},
      app.make(
        "table",
        { class: "ledger row-of-weights" },
        app.heads("key", "#score", "#weight", ""),
        app.make("tbody", {}, rows),
      ),
      app.note(`The weights of this row sum to ${app.number(total)}.`),
    );
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
      const cells = app.make("span", {
        class: "strip",
        role: "img",
        "aria-label": `${title}: ${[...array].map((x) => app.number(x, 3)).join(", ")}`,
      });
      const picture = app.heat({
        array,
        sheet: { rows: 1, columns: width, at: (r, c) => c, cell: (p) => p, place: (r, c) => [c] },
        most,
        stateOf: () => "",
        compact: 12,
        label: title,
      });
      cells.append(picture.element);
      return app.make("div", { class: "strip-row" }, app.make("span", {}, title), cells);
    };
    return app.make(
      "div",
      {},
      strip(`v of ${keys[j]}`, own),
      strip(`times ${app.number(weights.at(i, j), 3)}`, share),
      whole ? strip("sum over all keys", whole) : "",
      head.output === null
        ? ""
        : app.make(
            "p",
            { class: "aside" },
            "The output is ",
            app.link(head.output, output ? [...sliceOf(output.shape), i, 0] : null),
            ".",
          ),
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
      parts.push(
        app.make(
          "p",
          { class: "equation" },
          "∂L / ∂ ",
          index("b", i),
          " · ",
          index("v", j),
          ` = ${app.number(sum)} `,
          agrees ? app.verdict(true, "its gradient", "") : "",
        ),
      );
      if (!agrees)
        parts.push(app.note(`Its gradient is ${app.number(gradient.at(i, j))}: the weights were also used elsewhere.`));
    }
    const scores = matrix(head.scores, "gradient");
    if (scores) parts.push(app.make("p", { class: "equation" }, `∂L / ∂ score = ${app.number(scores.at(i, j))}`));
    parts.push(
      app.make(
        "p",
        { class: "aside" },
        "See its terms under Numbers: ",
        app.make(
          "button",
          {
            type: "button",
            class: "link",
            onclick: () =>
              app.set({
                panel: "numbers",
                node: head.weights,
                side: "gradient",
                entry: [...sliceOf(gradient.shape), i, j],
              }),
          },
          "this entry of the gradient",
        ),
        ".",
      ),
    );
    return parts;
  };
}
