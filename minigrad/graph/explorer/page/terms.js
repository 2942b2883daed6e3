// One entry of a gradient and its vector-Jacobian products: which entries of which matrices made it.
{
  const SHOWN = 12;

  const sum = (numbers) => numbers.reduce((total, x) => total + x, 0);

  // Whether two numbers agree within the precision they were computed in.
  app.agree = (a, b, size, dtype) => {
    const [precision, smallest] = { float16: [1e-2, 6e-8], float64: [1e-11, 1e-300] }[dtype] || [2e-5, 1e-37];
    return Object.is(a, b) || Math.abs(a - b) <= precision * Math.max(size, Math.abs(b)) + smallest;
  };

  app.verdict = (same, yes, no) => app.make("span", { class: same ? "right" : "wrong" }, same ? `✓ ${yes}` : `✗ ${no}`);

  // All that made an entry of a node's gradient, one section for each contribution that has arrived.
  app.entrySource = (id, place) => {
    const { terms, expected } = app.arrived(id);
    const section = app.make("section", { class: "terms", "aria-label": "How this entry was made" });
    section.append(app.make("h3", {}, `How ${app.entryText(id, place)} got its gradient`));
    const flat = app.ravel(place, app.node(id).shape);
    const size = (term) => Math.abs(term.values?.array?.[flat] ?? 0);
    const shown = terms.length > SHOWN ? [...terms].sort((a, b) => size(b) - size(a)).slice(0, SHOWN) : terms;
    for (const term of shown) section.append(contribution(id, place, term));
    if (shown.length < terms.length)
      section.append(
        app.note(`These are the ${SHOWN} largest of ${terms.length} contributions; the ledger has them in order.`),
      );
    if (terms.length < expected) section.append(app.note(`${expected - terms.length} more to come.`));
    return section;
  };

  const contribution = (id, place, term) => {
    const flat = app.ravel(place, app.node(id).shape);
    const recorded = term.values && term.values.array ? term.values.array[flat] : NaN;
    const part = app.make("div", { class: "contribution" });
    if (term.from === null)
      return app.make(
        "div",
        { class: "contribution" },
        app.make("h4", {}, `Here the backward pass began, with ${app.number(recorded)}`),
      );
    part.append(app.make("h4", {}, "From ", app.link(term.from), ": ", app.make("b", {}, app.number(recorded))));
    const g = app.gradient(term.from);
    const terms = app.termsOf(term.from, term.argument, id, place);
    if (terms === null) {
      part.append(app.note(`Its terms cannot be shown: ${app.whyNot(term.from, term.argument)}.`));
      return part;
    }
    if (!g || !g.array) {
      part.append(
        app.note(`It is a sum of ${terms.length} terms, but the gradient it was made of is only summarised.`),
      );
      return part;
    }
    const shape = app.node(term.from).shape;
    const found = terms.map((t) => ({ ...t, g: t.g, flow: g.array[app.ravel(t.g, shape)] }));
    for (const t of found) t.product = t.flow * t.factor;
    const total = sum(found.map((t) => t.product));
    const size = sum(found.map((t) => Math.abs(t.product)));
    part.append(
      heading(found, recorded, total, size, app.node(id).dtype),
      ...(found.length ? [table(term, found)] : []),
    );
    if (found.length > 1) part.append(pictures(term.from, g.array, found));
    return part;
  };

  const heading = (found, recorded, total, size, dtype) => {
    const count = found.length === 1 ? "one term" : `${found.length} terms`;
    if (!found.length) return app.note("Nothing of g arrives at this entry, so it is exactly 0.");
    return app.make(
      "p",
      { class: "total" },
      `Σ of ${count} = ${app.number(total)} `,
      app.verdict(
        app.agree(total, recorded, size, dtype),
        "equals what arrived",
        `but ${app.number(recorded)} arrived`,
      ),
    );
  };

  // What the op's formula calls a node that it took, and where that is.
  const letterOf = (op, node) => {
    if (node === op) return "y";
    const at = app.argumentsOf(op).findIndex((argument) => argument.node === node);
    return app.rules(op)[at]?.[0] ?? app.called(node);
  };

  const at = (letter, place) => `${letter}${place.length ? `[${place.join(", ")}]` : ""}`;

  const table = ({ from }, found) => {
    const other = found.find((t) => t.of)?.of.node;
    const legend = ["g is the gradient of ", app.link(from)];
    if (other !== undefined) legend.push(`, ${letterOf(from, other)} is `, app.link(other));
    const ordered = [...found].sort((a, b) => Math.abs(b.product) - Math.abs(a.product)).filter((t) => t.product !== 0);
    const [rest, zeros] = [ordered.slice(SHOWN), found.length - ordered.length];
    const body = app.make(
      "tbody",
      {},
      ordered
        .slice(0, SHOWN)
        .map((t) =>
          app.make(
            "tr",
            {},
            app.make("td", {}, app.link(from, t.g, at("g", t.g))),
            app.make("td", { class: "number" }, app.number(t.flow, 3)),
            app.make(
              "td",
              {},
              t.of ? app.link(t.of.node, t.of.place, at(letterOf(from, t.of.node), t.of.place)) : "factor",
            ),
            app.make("td", { class: "number" }, app.number(t.factor, 3)),
            app.make("td", { class: "number product" }, app.number(t.product)),
          ),
        ),
    );
    if (rest.length)
      body.append(
        app.make(
          "tr",
          { class: "remainder" },
          app.make("td", { colspan: "4" }, `… ${rest.length} more add up to`),
          app.make("td", { class: "number product" }, app.number(sum(rest.map((t) => t.product)))),
        ),
      );
    if (zeros)
      body.append(
        app.make(
          "tr",
          { class: "remainder" },
          app.make(
            "td",
            { colspan: "5" },
            `${ordered.length ? "… " : ""}${zeros} ${ordered.length ? "more " : ""}are exactly 0`,
          ),
        ),
      );
    const head = app.heads("entry of g", "#is", "times", "#is", "#product");
    return app.make(
      "div",
      {},
      app.make("p", { class: "aside" }, ...legend, "."),
      app.make("table", { class: "ledger" }, head, body),
    );
  };

  // g and the other matrix, small, with the row and the column that met here.
  const pictures = (from, g, found) => {
    const shape = app.node(from).shape;
    const figure = app.make("div", { class: "pictures" });
    figure.append(
      picture(
        `g, the gradient of ${app.called(from)}`,
        g,
        shape,
        found.map((t) => t.g),
      ),
    );
    const others = found.filter((t) => t.of);
    if (others.length && new Set(others.map((t) => t.of.node)).size === 1) {
      const other = others[0].of.node;
      const values = app.values(other);
      if (values && values.array)
        figure.append(
          picture(
            app.called(other),
            values.array,
            app.node(other).shape,
            others.map((t) => t.of.place),
          ),
        );
    }
    return figure;
  };

  const picture = (title, array, shape, places) => {
    const sheet = app.sheet(shape, places[0].slice(0, -2));
    const grid = app.heat({
      array,
      sheet,
      most: app.fullAt(array),
      label: `${title}; outlined are the ${places.length} entries that met here`,
      stateOf: (flat) => (array[flat] === 0 ? "zero" : Number.isNaN(array[flat]) ? "nan" : ""),
      compact: 12,
    });
    grid.mark(new Set(places.map((place) => app.ravel(place, shape))));
    return app.make("figure", {}, grid.element, app.make("figcaption", {}, title));
  };
}
