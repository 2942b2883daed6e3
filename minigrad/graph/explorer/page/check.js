// Check yourself: guess a gradient before it is shown, and compare gradients with what nudging an entry does.
{
  const CLOSE = 0.05; // relative
  let answer = null; // {node, entry, text, told}

  const exactly = (guess, right) => guess === right || Math.abs(guess - right) <= 1e-6 * Math.abs(right);

  // A guess of three digits or more that is right in all of them is as good as exact.
  const rounded = (text, right) => {
    const digits = text.replace(/e.*$/i, "").replace(/[^\d]/g, "").replace(/^0+/, "").length;
    return digits >= 3 && Number(right.toPrecision(digits)) === parse(text);
  };

  app.judge = (text, right) => {
    const guess = parse(text);
    if (guess === null) return { verdict: "none", text: "That is not a number; 0.25, −1, 2/3 or 1e−3 would do." };
    const difference = guess - right;
    if (exactly(guess, right)) return { verdict: "exact", text: `Exact: it is ${right}.` };
    if (rounded(text, right)) return { verdict: "exact", text: `Exact to the digits you gave: it is ${right}.` };
    const off = `it is ${app.number(right, 6)}, your guess is off by ${app.number(difference, 4)}`;
    if (right !== 0 && Math.abs(difference) <= CLOSE * Math.abs(right))
      return { verdict: "close", text: `Close: ${off}.` };
    if (right !== 0 && Math.abs(guess + right) <= CLOSE * Math.abs(right))
      return { verdict: "wrong", text: `Wrong, but only by its sign: ${off}.` };
    return { verdict: "wrong", text: `Wrong: ${off}.` };
  };

  const parse = (text) => {
    const plain = text.trim().replaceAll("−", "-").replace(",", ".");
    const fraction = /^(-?[\d.]+)\s*\/\s*([\d.]+)$/.exec(plain);
    const x = fraction ? Number(fraction[1]) / Number(fraction[2]) : plain === "" ? NaN : Number(plain);
    return Number.isFinite(x) ? x : null;
  };

  const entryOf = (state) => state.entry || app.node(state.node).shape.map(() => 0);

  // --- the guess

  const quiz = (state) => {
    const id = state.node;
    const box = app.make("section", { class: "quiz", "aria-label": "Guess the gradient" });
    box.append(app.make("h3", {}, "Guess the gradient"));
    const gradient = app.gradient(id);
    if (!gradient || !gradient.array || !gradient.array.length) {
      box.append(app.note("There is no gradient here whose numbers are in this page."));
      return box;
    }
    const place = entryOf(state);
    const right = gradient.array[app.ravel(place, app.node(id).shape)];
    const name = app.make("b", {}, app.entryText(id, place));
    if (state.hidden !== id) {
      const hide = () => {
        answer = { node: id, entry: place.join(","), text: "", told: null };
        app.set({ hidden: id });
      };
      box.append(
        app.make("p", {}, "Hide the gradient of ", name, " everywhere in this page, and say what it is."),
        app.make("button", { type: "button", class: "action", onclick: hide }, "Hide it"),
      );
      return box;
    }
    if (!answer || answer.node !== id || answer.entry !== place.join(","))
      answer = { node: id, entry: place.join(","), text: "", told: null };
    const input = app.make("input", {
      id: "guess",
      type: "text",
      inputmode: "text",
      autocomplete: "off",
      value: answer.text,
      "aria-label": "Your guess",
    });
    const told = app.make("p", { class: "told", role: "status" });
    const tell = () => {
      if (!answer.told) return;
      told.className = `told ${answer.told.verdict}`;
      told.textContent = answer.told.text;
    };
    const form = app.make(
      "form",
      {},
      app.make("label", { for: "guess" }, "∂L / ∂ ", name, " = "),
      input,
      app.make("button", { type: "submit", class: "action" }, "Check"),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      answer.text = input.value;
      answer.told = app.judge(input.value, right);
      tell();
    });
    tell();
    box.append(
      form,
      told,
      app.make(
        "button",
        { type: "button", class: "action quiet", onclick: () => app.set({ hidden: null }) },
        "Show it",
      ),
    );
    return box;
  };

  // --- the nudge

  // One entry that was moved: the slope between the two losses, and the gradient.
  const nudge = ({ node, entry, h, up, down, gradient }, state) => {
    const slope = (up - down) / (2 * h);
    const same = Math.abs(gradient - slope) <= 1e-3 * Math.max(Math.abs(gradient), Math.abs(slope)) + 1e-6;
    const chosen = state.entry && state.entry.join() === entry.join();
    const card = app.make(
      "div",
      { class: chosen ? "nudge chosen" : "nudge" },
      app.make("h4", {}, app.link(node, entry)),
    );
    const number = (name, x, digits) => app.make("span", { class: `number ${name}` }, app.number(x, digits));
    card.append(
      app.make("p", {}, `loss at −${h}: `, number("down", down, 8), `, at +${h}: `, number("up", up, 8)),
      state.hidden === node
        ? app.note("The slope and the gradient are hidden while you guess.")
        : app.make("p", {}, "slope ", number("slope", slope), ", gradient ", number("gradient", gradient), " "),
    );
    if (state.hidden !== node)
      card.lastChild.append(app.verdict(same, "they agree", `they differ by ${app.number(slope - gradient, 2)}`));
    return card;
  };

  const nudges = (state) => {
    const box = app.make("section", { class: "nudges", "aria-label": "Nudge an entry" });
    box.append(app.make("h3", {}, "Nudge an entry"));
    const all = app.data.checks || [];
    const own = all.filter((check) => check.node === state.node);
    if (!all.length) {
      box.append(
        app.note(
          "No entry was nudged for this page. Pages of a recording, made with graph.record(), have some if they end in a loss.",
        ),
      );
      return box;
    }
    if (!own.length) {
      const nodes = [...new Set(all.map((check) => check.node))];
      box.append(
        app.note(
          "None was recorded for this tensor. There are some for ",
          nodes.slice(0, 12).flatMap((id, i) => [i ? ", " : "", app.link(id)]),
          nodes.length > 12 ? ` and ${nodes.length - 12} more.` : ".",
        ),
      );
      return box;
    }
    box.append(
      app.note(
        "Python ran the program again with one entry moved by ±h. The slope between the two losses is what the gradient promises.",
      ),
    );
    box.append(...own.map((check) => nudge(check, state)));
    return box;
  };

  const render = (element, state) => {
    const typing = document.activeElement && document.activeElement.id === "guess";
    const nothing = app.nothing(state, "to guess its gradient, or to see what nudging it does");
    if (nothing) return void element.replaceChildren(nothing, nudges(state));
    element.replaceChildren(
      app.sentence(
        "Do you see why ",
        app.make("b", {}, app.called(state.node)),
        " has the gradient it has? Guess it, or compare it with what happens to the loss when an entry is moved.",
      ),
      quiz(state),
      nudges(state),
    );
    if (typing) element.querySelector("#guess")?.focus();
  };

  app.quietPanel({ name: "check", title: "Check", key: "c", render });
}
