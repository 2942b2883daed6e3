// Small parts that the panels are made of: places in tensors, names of nodes and links to them.
{
  // --- places in tensors: lists of indices, and numbers in C order

  app.size = (shape) => shape.reduce((product, n) => product * n, 1);

  app.ravel = (place, shape) => shape.reduce((flat, n, axis) => flat * n + place[axis], 0);

  app.unravel = (flat, shape) => {
    const place = new Array(shape.length);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place[axis] = flat % shape[axis];
      flat = Math.floor(flat / shape[axis]);
    }
    return place;
  };

  // The place in an array that broadcasting takes for a place in the broadcast shape.
  app.broadcast = (place, shape) => shape.map((n, axis) => (n === 1 ? 0 : place[place.length - shape.length + axis]));

  // All places, in a broadcast shape, of one entry of an array of `shape`: what un-broadcasting adds up.
  app.spread = (place, shape, wide) => {
    const added = wide.length - shape.length;
    let found = [[]];
    wide.forEach((n, axis) => {
      const own = axis < added ? undefined : shape[axis - added];
      const all = own === undefined || (own === 1 && n !== 1);
      const range = all ? Array.from({ length: n }, (_, i) => i) : [place[axis - added]];
      found = found.flatMap((start) => range.map((i) => [...start, i]));
    });
    return found;
  };

  // --- names

  // What a node is called: as the user calls it, or by its op and number.
  app.called = (id) => {
    const node = app.node(id);
    if (node.result) return node.result;
    return node.kind === "op" ? `${node.role || node.name} #${id}` : node.name || node.kind;
  };

  app.entryText = (id, place) => app.called(id) + (place && place.length ? `[${place.join(", ")}]` : "");

  // Let the boxes of these nodes, or of the modules that they are in, stand out in the graph.
  app.glow = (ids) => {
    const names = new Set(ids.map((id) => app.boxIn(app.state.view, id, app.layer.opened)));
    document.querySelectorAll("#world .box").forEach((box) => box.classList.toggle("glow", names.has(box.dataset.box)));
  };

  // A button that goes to a node, and to an entry of it.
  app.link = (id, place = null, text = null) =>
    app.make(
      "button",
      {
        type: "button",
        class: "link",
        title: `Go to ${app.entryText(id, place)}`,
        onclick: () => {
          app.glow([]);
          app.reveal(id);
          app.set({ entry: place });
        },
        onmouseenter: () => app.glow([id]),
        onmouseleave: () => app.glow([]),
        onfocus: () => app.glow([id]),
        onblur: () => app.glow([]),
      },
      text === null ? app.entryText(id, place) : text,
    );

  // The head of a table; names that begin with # stand above numbers.
  app.heads = (...names) =>
    app.make(
      "thead",
      {},
      app.make(
        "tr",
        {},
        names.map((name) =>
          app.make("th", { scope: "col", class: name.startsWith("#") ? "number" : null }, name.replace(/^#/, "")),
        ),
      ),
    );

  // A tab whose content depends on the selected node and on what is known of it now: it is drawn again only when one
  // of these has changed, so that stepping stays quick. `more` names what else it depends on.
  app.quietPanel = ({ render, more = () => "", ...panel }) => {
    let last = null;
    const moment = (state) => {
      const { node, entry, side, hidden, theme } = state;
      const known = node === null ? "" : [app.isComputed(node), app.gradientState(node), app.arrived(node).arrived];
      return JSON.stringify([node, entry, side, hidden, theme, known, more(state)]);
    };
    app.panel({
      ...panel,
      render(element, state) {
        last = moment(state);
        render(element, state);
      },
      update(element, state, changed) {
        const now = moment(state);
        if (now !== last) render(element, state);
        last = now;
        if (changed.has("node")) element.scrollTop = 0;
        return true;
      },
    });
  };

  app.sentence = (...parts) => app.make("p", { class: "sentence" }, ...parts);

  // What there is to say where there is no tensor to show: nothing is selected, or the op failed. Null otherwise.
  app.nothing = (state, purpose) => {
    if (state.node === null) return app.sentence(`Select a box in the graph ${purpose}.`);
    const { shape, error } = app.node(state.node);
    if (shape) return null;
    const why = app.make("p", { class: "wrong" }, error || "It has no single result.");
    return app.make("div", {}, app.sentence(app.make("b", {}, app.title(state.node)), " has no numbers."), why);
  };

  app.note = (...parts) => app.make("p", { class: "note" }, ...parts);
}
