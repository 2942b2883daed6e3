// Numbers in colours: blue below zero, orange above, and signs of their own for what is no ordinary number; and which
// entry of a tensor is in which cell of a table.
{
  app.signs = {
    nan: ["NaN", "not a number"],
    inf: ["∞", "infinite"],
    "-inf": ["−∞", "infinite, negative"],
    zero: ["0", "exactly zero"],
    vanished: ["≈0", "vanished: not zero, but below the smallest normal number"],
    masked: ["", "masked: nothing may be seen here"],
    "not yet": ["·", "not computed yet"],
    hidden: ["?", "hidden while you guess"],
  };

  // --- colours

  let palette = null;

  app.palette = () => {
    if (palette === null) {
      const style = getComputedStyle(document.documentElement);
      const read = (name) => (style.getPropertyValue(name).match(/[\d.]+/g) || [128, 128, 128]).map(Number);
      palette = { zero: read("--heat-zero"), negative: read("--heat-negative"), positive: read("--heat-positive") };
    }
    return palette;
  };

  app.listen((state, changed) => {
    if (changed.has("theme")) palette = null;
  });

  app.shade = (x, most) => {
    const { zero, negative, positive } = app.palette();
    const end = x < 0 ? negative : positive;
    const share = most > 0 && Number.isFinite(x) ? Math.min(Math.abs(x) / most, 1) : 0;
    return zero.map((channel, i) => Math.round(channel + (end[i] - channel) * share));
  };

  app.rgb = (rgb) => `rgb(${rgb.join(", ")})`;

  app.inkOn = ([r, g, b]) => (0.299 * r + 0.587 * g + 0.114 * b > 140 ? "#111" : "#fff");

  const sizes = (array) => Float64Array.from(array, Math.abs).filter((x) => x < 1e30); // without masks and infinities

  app.largest = (array) => sizes(array).reduce((most, x) => Math.max(most, x), 0);

  // The size at which the colours are full: the largest, or what 98 of 100 entries stay below if that is far less.
  app.fullAt = (array) => {
    const sorted = sizes(array).sort();
    const [usual, most] = [sorted[Math.floor(sorted.length * 0.98)] || 0, sorted.at(-1) || 0];
    return usual > 0 && usual < most / 3 ? usual : most;
  };

  // Whether a number is so negative that it can only be there to say that nobody may look.
  app.drowned = (x, dtype) => x > -Infinity && x <= ({ float16: -1.6e4, float64: -4e307 }[dtype] || -8e37);

  // --- which entry is in which cell

  // The rows and columns of a slice of an array: its last two dimensions; a vector is wrapped.
  app.sheet = (shape, slice = []) => {
    if (shape.length < 2) {
      const n = app.size(shape);
      const columns = n <= 12 ? n : n <= 64 ? 8 : 16;
      const rows = columns ? Math.ceil(n / columns) : 0;
      const at = (r, c) => (r * columns + c < n ? r * columns + c : -1);
      const cell = (place) => (place.length ? [Math.floor(place[0] / columns), place[0] % columns] : [0, 0]);
      return { rows, columns, at, cell, place: (r, c) => (shape.length ? [r * columns + c] : []), wrapped: rows > 1 };
    }
    const [rows, columns] = shape.slice(-2);
    const start = app.ravel([...slice, 0, 0], shape);
    const at = (r, c) => start + r * columns + c;
    const cell = (place) => place.slice(-2);
    return { rows, columns, at, cell, place: (r, c) => [...slice, r, c], wrapped: false };
  };

  // What the colours mean, and the signs that occur.
  app.heatLegend = (most, largest, states) =>
    app.make(
      "div",
      { class: "legend" },
      app.make("span", {}, `${most < largest ? "≤ " : ""}−${app.number(most)}`),
      app.make("span", { class: "ramp", "aria-hidden": "true" }),
      app.make("span", {}, `${most < largest ? "≥ " : ""}+${app.number(most)}`),
      [...states]
        .filter((state) => app.signs[state])
        .map((state) =>
          app.make(
            "span",
            { class: "sign" },
            app.make("b", { "data-state": state }, app.signs[state][0]),
            ` ${app.signs[state][1]}`,
          ),
        ),
    );

  app.stateText = (state) => (app.signs[state] ? app.signs[state][1] : "");
}
