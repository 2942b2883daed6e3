// Numbers: the value or the gradient of the selected node as a table in colours, and how a chosen entry was made.
{
  const slices = new Map(); // the slice last looked at, by node
  let drawn = { key: "", grid: null, source: null };

  // What there is to show of a node now: {array, numbers, state, note}. The array is null if there is none, or if
  // it is only summarised. Nothing is shown before its time, and a gradient in the making is the sum so far.
  app.numbersOf = (id, side) => {
    const node = app.node(id);
    if (side === "value") {
      if (!app.isComputed(id)) return { state: "not yet", note: "It has not been computed yet at this step." };
      const value = app.values(id);
      if (!node.value) return { state: "none", note: "Its numbers were not recorded." };
      return { state: "complete", array: value && value.array, numbers: value };
    }
    const state = app.gradientState(id);
    if (state === "none")
      return { state, note: "It has no gradient: the loss does not depend on it, or none is wanted." };
    if (state === "detached") return { state, note: "It was detached: no gradient flows through it." };
    if (state === "not yet") return { state, note: "Its gradient has not arrived yet at this step." };
    if (app.state.hidden === id) return { state: "hidden", note: "Its gradient is hidden while you guess it." };
    if (state === "partial") {
      const { arrived, expected } = app.arrived(id);
      const note = `Not complete: ${arrived} of ${expected} contributions have arrived. This is their sum so far.`;
      return { state, array: app.soFar(id), numbers: null, note };
    }
    const gradient = app.gradient(id);
    if (!node.gradient) return { state: "none", note: "Its numbers were not recorded." };
    return { state, array: gradient && gradient.array, numbers: gradient };
  };

  // The sum of the contributions that have arrived, added in the order and the precision of the engine.
  app.soFar = (id) => {
    const terms = app.arrived(id).terms;
    if (!terms.length || terms.some((term) => !term.values || !term.values.array)) return null;
    const round = app.node(id).dtype === "float32" ? Math.fround : (x) => x;
    const sum = Float64Array.from(terms[0].values.array);
    for (const { values } of terms.slice(1)) values.array.forEach((x, i) => (sum[i] = round(sum[i] + x)));
    return sum;
  };

  // The state of one entry: what it is besides its number. A gradient that is 0 where the value is masked is masked too.
  const statesOf = (id, side, shown) => {
    const value = app.values(id);
    const { dtype } = app.node(id);
    const drowned = (flat) => Boolean(value && value.array && app.drowned(value.array[flat], value.dtype));
    return (flat) => {
      const masked = (side === "value" || shown.array[flat] === 0) && drowned(flat);
      return app.entryState(shown.array[flat], { dtype, masked });
    };
  };

  const titleOf = (id, side, shown) => {
    const node = app.node(id);
    const what = side === "value" ? "The value of " : "The gradient of the loss with respect to ";
    return app.sentence(
      what,
      app.make("b", {}, app.called(id)),
      node.shape && node.shape.length ? `, of shape ${app.shape(node.shape)}` : ", a number",
      shown.array && app.size(node.shape) > 1 ? `: ${app.size(node.shape).toLocaleString("en")} entries. ` : ". ",
      side === "gradient" && shown.array ? "Choose an entry to see what it was made of." : "",
    );
  };

  const sides = (side) =>
    app.make(
      "div",
      { class: "choice", role: "group", "aria-label": "What to show" },
      ["value", "gradient"].map((name) =>
        app.make(
          "button",
          { type: "button", "aria-pressed": `${side === name}`, onclick: () => app.set({ side: name }) },
          name === "value" ? "Value" : "Gradient",
        ),
      ),
    );

  const slicePicker = (id, shape, slice) =>
    app.make(
      "div",
      { class: "slices" },
      shape.slice(0, -2).map((n, axis) => {
        if (n === 1) return null;
        const input = app.make("input", { type: "number", min: "0", max: `${n - 1}`, value: `${slice[axis]}` });
        input.addEventListener("change", () => {
          const chosen = [...slice];
          chosen[axis] = Math.max(0, Math.min(n - 1, Math.round(Number(input.value) || 0)));
          slices.set(id, chosen);
          app.set({ entry: null, slice: `${id}:${chosen.join(",")}` });
        });
        return app.make("label", {}, `dimension ${axis} `, input, ` of ${n}`);
      }),
    );

  const readout = (id, side, shown, stateOf, place) => {
    const shape = app.node(id).shape;
    const flat = app.ravel(place, shape);
    const sign = app.stateText(stateOf(flat));
    const x = shown.array[flat];
    return `${side === "gradient" ? "∂L / ∂ " : ""}${app.entryText(id, place)} = ${Object.is(x, -0) ? "−0" : x}${sign ? ` (${sign})` : ""}`;
  };

  const draw = (element, state, side, shown) => {
    const id = state.node;
    const shape = app.node(id).shape;
    element.replaceChildren(titleOf(id, side, shown), sides(side));
    if (shown.note) element.append(app.make("p", { class: "note", "data-state": shown.state }, shown.note));
    drawn.grid = null;
    if (!shown.array) {
      if (shown.numbers && shown.numbers.histogram) element.append(app.summary(shown.numbers));
      return;
    }
    if (!shown.array.length) return void element.append(app.note("It has no entries."));
    const slice = state.entry ? state.entry.slice(0, -2) : slices.get(id) || shape.slice(0, -2).map(() => 0);
    slices.set(id, slice);
    if (shape.length > 2) element.append(slicePicker(id, shape, slice));
    const [sheet, most, stateOf] = [app.sheet(shape, slice), app.fullAt(shown.array), statesOf(id, side, shown)];
    const live = app.make("p", { class: "readout", "aria-live": "polite" }, " ");
    drawn.grid = app.heat({
      array: shown.array,
      sheet,
      most,
      stateOf,
      label: `${side} of ${app.called(id)}, ${sheet.rows} rows and ${sheet.columns} columns`,
      ...(app.labelsOf ? app.labelsOf(id, slice) : {}),
      onselect: (place, focus) => {
        drawn.focus = focus;
        app.set({ entry: place });
      },
      onhover: (place) => (live.textContent = readout(id, side, shown, stateOf, place)),
    });
    const states = new Set();
    for (let flat = 0; flat < shown.array.length; flat++) states.add(stateOf(flat));
    drawn.read = () => {
      if (app.state.entry) live.textContent = readout(id, side, shown, stateOf, app.state.entry);
    };
    drawn.source = app.make("div", { class: "made-of" });
    element.append(drawn.grid.element, live, app.heatLegend(most, app.largest(shown.array), states), drawn.source);
  };

  const render = (element, state) => {
    const nothing = app.nothing(state, "to see its numbers here");
    if (nothing) {
      drawn.key = "";
      return void element.replaceChildren(nothing);
    }
    const side = state.side;
    const shown = app.numbersOf(state.node, side);
    const arrived = shown.state === "partial" ? app.arrived(state.node).arrived : "";
    const slice = state.entry ? state.entry.slice(0, -2) : slices.get(state.node) || [];
    const key = JSON.stringify([state.node, side, shown.state, arrived, slice, state.theme]);
    if (key !== drawn.key || !element.firstChild) {
      draw(element, state, side, shown);
      drawn.key = key;
    }
    if (!drawn.grid) return;
    drawn.grid.select(state.entry, drawn.focus);
    drawn.focus = false;
    drawn.read();
    drawn.source.replaceChildren(
      ...(side === "gradient" && state.entry ? [app.entrySource(state.node, state.entry)] : []),
    );
  };

  app.quietPanel({ name: "numbers", title: "Numbers", key: "m", render, more: (state) => state.slice });
}
