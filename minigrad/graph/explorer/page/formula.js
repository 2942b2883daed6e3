// Formulas: an op's derivative in mathematical notation, with the numbers of the chosen entry, and in Python.
{
  const RAISED = { "⁰": "0", "¹": "1", "²": "2", "³": "3", ⁿ: "n", "⁻": "−", "⁺": "+", ᵀ: "T", "⁽": "(", "⁾": ")" };
  const TOKEN =
    /([⁰¹²³ⁿ⁻⁺ᵀ⁽⁾]+)|\^\(([^)]*)\)|\^(\w)|(\p{L}[̀-ͯ]?)(?![\p{L}])|(\p{L}{2,})|(Σ)|([^\p{L}⁰¹²³⁻⁺ⁿᵀ⁽⁾^]+)|(.)/gu;
  const MOST = 8; // ops whose rules are shown beside each other
  const CONSTANTS = new Set(["e", "π"]);

  // A formula as typeset mathematics. `numbers` maps letters to what is put in their place.
  app.typeset = (formula, numbers = {}) => {
    const line = app.make("span", { class: "math" });
    for (const [, raised, power, letterPower, letter, word, , rest, other] of formula.matchAll(TOKEN)) {
      if (raised) line.append(app.make("sup", {}, [...raised].map((c) => RAISED[c]).join("")));
      else if (power !== undefined) line.append(app.make("sup", {}, app.typeset(power, numbers)));
      else if (letterPower !== undefined) line.append(app.make("sup", {}, app.typeset(letterPower, numbers)));
      else if (letter === "Σ") line.append(app.make("span", { class: "sum" }, "Σ"));
      else if (letter !== undefined) line.append(variable(letter, numbers));
      else if (word !== undefined) line.append(app.make("span", { class: "word" }, word));
      else line.append((rest ?? other).replaceAll("-", "−"));
    }
    return line;
  };

  const variable = (letter, numbers) => {
    if (letter in numbers) return app.make("span", { class: "put" }, parenthesised(numbers[letter]));
    return app.make(CONSTANTS.has(letter) ? "span" : "i", { class: letter === "g" ? "g" : null }, letter);
  };

  const parenthesised = (x) => (typeof x === "number" ? (x < 0 ? `(${app.number(x)})` : app.number(x)) : x);

  // For each input of an op the node it comes from, or the plain number that it is.
  app.argumentsOf = (id) => {
    const node = app.node(id);
    const sources = [...app.inputs(id)];
    const call = /\((.*)\)$/.exec(node.call || "");
    const written = call ? call[1].split(", ") : sources.map(() => "·");
    return written.map((text) => (text === "·" ? { node: sources.shift() } : { number: Number(text) }));
  };

  // The numbers that the letters of an op's formulas stand for at one place of its result.
  const lettersAt = (id, place) => {
    const found = {};
    const at = (numbers, shape) =>
      numbers && numbers.array ? numbers.array[app.ravel(app.broadcast(place, shape), shape)] : undefined;
    const { shape } = app.node(id);
    if (app.gradientState(id) === "complete" && app.state.hidden !== id) found.g = at(app.gradient(id), shape);
    found.y = at(app.values(id), shape);
    app.argumentsOf(id).forEach((argument, i) => {
      const rule = app.rules(id)[i];
      if (!rule) return;
      const [letter] = rule;
      if (argument.number !== undefined) found[letter] = argument.number;
      else if (argument.node !== undefined && app.node(argument.node).shape.length <= place.length)
        found[letter] = at(app.values(argument.node), app.node(argument.node).shape);
    });
    return Object.fromEntries(Object.entries(found).filter(([, x]) => x !== undefined));
  };

  // Whether an op treats every entry alike: then its formula holds for single numbers.
  const elementwise = (id, argument, target) => {
    const map = app.mapOf(id, argument);
    if (map.kind !== "pick" || !map.index.strides) return false;
    const shape = app.node(id).shape;
    const own = shape.map((n, axis) => (n > 1 ? app.size(shape.slice(axis + 1)) : 0));
    const same = map.shape.length === shape.length && map.shape.every((n, axis) => n === shape[axis]);
    return (
      same &&
      map.index.start === 0 &&
      own.every((stride, axis) => stride === map.index.strides[axis]) &&
      target !== undefined
    );
  };

  const termsText = (terms, from) => {
    const g = app.gradient(from);
    if (!g || !g.array) return null;
    const shape = app.node(from).shape;
    const products = terms.map((t) => [g.array[app.ravel(t.g, shape)], t.factor]);
    const ordered = products.sort((a, b) => Math.abs(b[0] * b[1]) - Math.abs(a[0] * a[1]));
    const shown = ordered.slice(0, 3).map(([flow, factor]) => `${parenthesised(flow)} · ${parenthesised(factor)}`);
    return shown.join(" + ") + (ordered.length > 3 ? ` + … ${ordered.length - 3} more` : "");
  };

  // One rule: what it gives to the input `argument` of an op; with numbers for one entry of the input, if given.
  const ruleSection = (op, argument, target, place) => {
    const rule = app.rules(op)[argument] || (app.rules(op).length === 1 ? app.rules(op)[0] : null);
    if (!rule) return null;
    const [letter, formula, code] = rule;
    const section = app.make("div", { class: "rule" });
    section.append(
      app.make("p", { class: "equation" }, gradientOf(letter), " += ", app.typeset(formula)),
      app.make(
        "p",
        { class: "aside" },
        app.make("i", {}, letter),
        " is ",
        target === null ? "a constant" : app.link(target),
      ),
    );
    const numbers = target === null || !place ? null : withNumbers(op, argument, target, place, formula);
    if (numbers) section.append(numbers);
    section.append(app.make("pre", { class: "code" }, code || "The rule's source is not there."));
    return section;
  };

  const gradientOf = (letter) =>
    app.make("span", { class: "math" }, "∂", app.make("i", {}, "L"), " / ∂", app.make("i", {}, letter));

  const withNumbers = (op, argument, target, place, formula) => {
    if (app.gradientState(op) !== "complete")
      return app.note("The numbers are put in once g, its own gradient, is complete.");
    if (app.state.hidden === op || app.state.hidden === target) return app.note("Hidden while you guess.");
    const terms = app.termsOf(op, argument, target, place);
    if (terms === null) return app.note(`With numbers it cannot be shown: ${app.whyNot(op, argument)}.`);
    const g = app.gradient(op);
    if (!g || !g.array) return app.note("Its numbers are only summarised in this page.");
    const total = terms.reduce((sum, t) => sum + g.array[app.ravel(t.g, app.node(op).shape)] * t.factor, 0);
    const line = app.make(
      "p",
      { class: "equation numbers" },
      app.make("span", { class: "at" }, app.entryText(target, place)),
      ": ",
    );
    const text =
      terms.length === 1 && elementwise(op, argument, target)
        ? app.typeset(formula, lettersAt(op, terms[0].g))
        : termsText(terms, op) || "0";
    line.append(text, " = ", app.make("b", { class: "number" }, app.number(total)));
    return line;
  };

  const aboutOp = (id, state) => {
    const node = app.node(id);
    const parts = [app.make("h3", {}, "What it passes on")];
    const targets = new Map(
      app.backward
        .filter((step) => step.node === id)
        .flatMap((step) => step.contributions.map((c) => [c.argument, c.target])),
    );
    const seen = new Set();
    app.argumentsOf(id).forEach((given, argument) => {
      const rules = app.rules(id);
      const target = targets.has(argument) ? targets.get(argument) : null;
      if (target === null && rules.length === 1 && argument > 0) return;
      if (seen.has(argument)) return;
      seen.add(argument);
      const place = target === null ? null : placeIn(target, id, argument, state);
      const section = target === null ? null : ruleSection(id, argument, target, place);
      if (section) parts.push(section);
    });
    if (parts.length === 1)
      parts.push(
        app.note(
          node.requires_grad
            ? "Nothing was passed on through it."
            : "No gradient flows through it, so its rules were not run.",
        ),
      );
    return parts;
  };

  // The entry of an input that goes with the chosen entry of the result, where there is one; else the first.
  const placeIn = (target, op, argument, state) => {
    const { shape } = app.node(target);
    if (!shape.length) return [];
    if (!state.entry) return null;
    if (elementwise(op, argument, target)) return app.broadcast(state.entry, shape);
    const fits = state.entry.length === shape.length && state.entry.every((i, axis) => i < shape[axis]);
    return fits ? state.entry : null;
  };

  const aboutGradient = (id, state) => {
    const { terms } = app.arrived(id);
    const own = terms.filter((term) => term.from !== null);
    if (!own.length) return [];
    const place = state.entry || (app.node(id).shape.length ? null : []);
    return [
      app.make("h3", {}, "Where its own gradient came from"),
      ...own
        .slice(0, MOST)
        .map((term) =>
          app.make(
            "div",
            { class: "from" },
            app.make("h4", {}, "from ", app.link(term.from)),
            ruleSection(term.from, term.argument, id, place) || "",
          ),
        ),
      own.length > MOST ? app.note(`… and from ${own.length - MOST} more ops: see the ledger.`) : "",
    ];
  };

  const render = (element, state) => {
    const nothing = app.nothing(state, "to see its formulas");
    if (nothing) return void element.replaceChildren(nothing);
    const id = state.node;
    const node = app.node(id);
    const what =
      node.kind === "op"
        ? [app.make("b", {}, app.title(id)), ", its derivative for each input, and where its own gradient came from. "]
        : [
            app.make("b", {}, app.called(id)),
            " was not computed by an op; its gradient came from those that used it. ",
          ];
    const parts = [
      app.sentence(
        ...what,
        state.entry || !node.shape.length ? "" : "Choose an entry under Numbers to put numbers in.",
      ),
    ];
    if (node.line)
      parts.push(app.make("p", { class: "aside" }, node.line, ":"), app.make("pre", { class: "code user" }, node.code));
    if (node.kind === "op") parts.push(...aboutOp(id, state));
    element.replaceChildren(...parts, ...aboutGradient(id, state));
  };

  app.quietPanel({ name: "formula", title: "Formula", key: "f", render });
}
