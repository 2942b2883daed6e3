// Small parts that the panels are made of: elements, links to nodes, places in tensors.
{
  // An element with attributes, listeners ("onclick") and children; texts are texts, never markup.
  app.make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === false || value === null || value === undefined) continue;
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
    return element;
  };

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
  app.broadcast = (place, shape) =>
    shape.map((n, axis) => (n === 1 ? 0 : place[place.length - shape.length + axis]));

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

  app.shapeText = (shape) => (shape.length ? `(${shape.join(", ")}${shape.length === 1 ? "," : ""})` : "a number");

  // --- names

  // What a node is called: as the user calls it, or by its op and number.
  app.called = (id) => {
    const node = app.node(id);
    return node.result || (node.kind === "op" ? `${node.name} #${id}` : node.name || node.kind);
  };

  app.entryText = (id, place) => app.called(id) + (place && place.length ? `[${place.join(", ")}]` : "");

  // A button that goes to a node, and to an entry of it.
  app.link = (id, place = null, text = null) =>
    app.make(
      "button",
      {
        type: "button",
        class: "link",
        title: `Go to ${app.entryText(id, place)}`,
        onclick: () => app.set({ node: id, entry: place }),
      },
      text === null ? app.entryText(id, place) : text,
    );

  app.sentence = (...parts) => app.make("p", { class: "sentence" }, ...parts);

  app.note = (...parts) => app.make("p", { class: "note" }, ...parts);
}
