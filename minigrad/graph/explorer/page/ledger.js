// The ledger: each contribution to the selected node's gradient in the order in which it arrived, and their sum.
{
  const ENDS = 25; // rows of a long ledger that are shown at its beginning, and at its end

  const norm = (array) => Math.sqrt(array.reduce((total, x) => total + x * x, 0));

  const formulaOf = (op, argument) => {
    const rules = app.rules(op);
    const rule = rules[rules.length === 1 ? 0 : argument];
    return rule ? rule[1] : "";
  };

  const row = (id, term, number, running, order) =>
    app.make(
      "tr",
      { "data-step": `${term.step}` },
      app.make("td", {}, `${order}`),
      app.make("td", {}, term.from === null ? "the start" : app.link(term.from)),
      app.make("td", { class: "formula" }, term.from === null ? "" : app.typeset(formulaOf(term.from, term.argument))),
      app.make("td", { class: "number term" }, number === null ? "…" : app.number(number)),
      app.make("td", { class: "number running" }, running === null ? "…" : app.number(running)),
    );

  const table = (id, terms, flat) => {
    const round = app.node(id).dtype === "float32" ? Math.fround : (x) => x;
    const known = terms.every((term) => term.values && term.values.array);
    const total = known && terms.length ? new Float64Array(terms[0].values.array.length) : null;
    const what = flat === null ? norm : (array) => array[flat];
    const body = app.make("tbody");
    terms.forEach((term, i) => {
      if (known) term.values.array.forEach((x, j) => (total[j] = i ? round(total[j] + x) : x));
      const left = terms.length - 2 * ENDS;
      if (left > 1 && i === ENDS)
        body.append(app.make("tr", { class: "remainder" }, app.make("td", { colspan: "5" }, `… ${left} more`)));
      if (left > 1 && i >= ENDS && i < terms.length - ENDS) return;
      body.append(row(id, term, known ? what(term.values.array) : null, known ? what(total) : null, i + 1));
    });
    const quantity = flat === null ? "length ‖·‖" : "this entry";
    return [
      app.make("table", { class: "ledger" }, app.heads("", "from", "rule", `#${quantity}`, "#sum so far"), body),
      total,
      what,
    ];
  };

  const foot = (id, total, what, complete) => {
    const gradient = app.gradient(id);
    if (!total || !complete || !gradient || !gradient.array) return null;
    const size = app.largest(gradient.array);
    const { dtype } = app.node(id);
    const wrong = total.reduce((n, x, i) => n + (app.agree(x, gradient.array[i], size, dtype) ? 0 : 1), 0);
    const all =
      total.length === 1
        ? "equals its gradient"
        : `all ${total.length.toLocaleString("en")} entries equal the gradient`;
    return app.make(
      "p",
      { class: "total" },
      "gradient ",
      app.make("b", { class: "number gradient" }, app.number(what(gradient.array))),
      " ",
      app.verdict(wrong === 0, all, `${wrong} entries differ from the gradient`),
    );
  };

  const render = (element, state) => {
    const nothing = app.nothing(state, "to see what its gradient is the sum of");
    const parts = nothing ? [nothing] : entries(state);
    if (!element.querySelector(".own-ledger"))
      element.replaceChildren(app.make("div", { class: "own-ledger" }), app.naive());
    element.querySelector(".own-ledger").replaceChildren(...parts);
  };

  const entries = (state) => {
    const id = state.node;
    const { shape } = app.node(id);
    const gradientState = app.gradientState(id);
    const { arrived, expected, terms } = app.arrived(id);
    const name = app.make("b", {}, app.called(id));
    if (["none", "detached"].includes(gradientState))
      return [
        app.sentence(name, " gets no gradient"),
        app.make("p", { class: "note", "data-state": gradientState }, app.numbersOf(id, "gradient").note),
      ];
    const parts = [
      app.sentence(
        "Every op that used ",
        name,
        " sends it a contribution; its gradient is their sum. ",
        app.make("span", { class: "arrived" }, `${arrived} of ${expected} arrived.`),
      ),
    ];
    if (state.hidden === id) return [...parts, app.note("Its gradient is hidden while you guess it.")];
    if (!terms.length)
      return [
        ...parts,
        app.make("p", { class: "note", "data-state": "not yet" }, "Nothing has arrived yet at this step."),
      ];
    const flat = state.entry ? app.ravel(state.entry, shape) : app.size(shape) === 1 ? 0 : null;
    if (flat === null)
      parts.push(
        app.note(
          "For the whole tensor the length of each contribution is shown; choose an entry under Numbers to follow one number.",
        ),
      );
    else if (shape.length)
      parts.push(app.note("Followed here: ", app.link(id, state.entry || shape.map(() => 0)), "."));
    if (terms.some((term) => !term.values?.array))
      parts.push(app.note("The numbers of its contributions are only summarised in this page."));
    const [list, total, what] = table(id, terms, flat);
    const last = foot(id, total, what, gradientState === "complete");
    return [
      ...parts,
      list,
      ...(last ? [last] : []),
      ...(gradientState === "partial"
        ? [app.note("It waits: an op passes its gradient on only when all of it is there.")]
        : []),
    ];
  };

  app.quietPanel({ name: "ledger", title: "Ledger", key: "l", render });
}
