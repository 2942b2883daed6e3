// The page's memory: what was recorded, where the reader is, and what is known at that moment.
"use strict";

const app = {};

{
  app.data = JSON.parse(document.getElementById("data").textContent);
  const { graph, places } = app.data;

  // --- nodes and numbers

  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const inputs = new Map(graph.nodes.map((node) => [node.id, []]));
  for (const edge of graph.edges) inputs.get(edge.target).push(edge.source);

  app.node = (id) => nodes.get(id);
  app.inputs = (id) => inputs.get(id);
  app.rules = (id) => (nodes.get(id).rules === undefined ? [] : graph.rules[nodes.get(id).rules]);

  const TYPES = {
    bool: Uint8Array,
    int8: Int8Array,
    int16: Int16Array,
    int32: Int32Array,
    int64: BigInt64Array,
    uint8: Uint8Array,
    float32: Float32Array,
    float64: Float64Array,
  };
  const decoded = new Map();

  // The bytes of an array: written out, or as a part of another with zeros around it.
  const written = new Map();
  const bytesOf = (entry) => {
    if (!written.has(entry)) {
      if (typeof entry === "string") written.set(entry, Uint8Array.from(atob(entry), (c) => c.charCodeAt(0)));
      else {
        const [before, place, start, length, after] = entry;
        const bytes = new Uint8Array(before + length + after);
        if (length) bytes.set(bytesOf(app.data.pool[place]).subarray(start, start + length), before);
        return bytes;
      }
    }
    return written.get(entry);
  };

  const decode = (data, dtype) => {
    const bytes = bytesOf(app.data.pool[data]).slice();
    if (dtype === "float16") return Float32Array.from(new Uint16Array(bytes.buffer), half);
    const array = new TYPES[dtype](bytes.buffer);
    return dtype === "int64" ? Float64Array.from(array, Number) : array;
  };

  const half = (bits) => {
    const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
    if (exponent === 31) return fraction ? NaN : sign * Infinity;
    return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : (2 ** -14 * fraction) / 1024);
  };

  // What can be seen in an array: how many entries there are of which kind, and the extremes of those that are finite.
  const seen = (array) => {
    let [low, high, sum, zeros, finite] = [Infinity, -Infinity, 0, 0, 0];
    for (const x of array) {
      if (x === 0) zeros += 1;
      if (!Number.isFinite(x)) continue;
      finite += 1;
      sum += x;
      if (x < low) low = x;
      if (x > high) high = x;
    }
    const known = finite ? { low, mean: sum / finite, high } : { low: null, mean: null, high: null };
    return { size: array.length, not_finite: array.length - finite, zeros, ...known };
  };

  // Numbers with their array: {array, shape, dtype, low, ...}; `array` is null if only a summary was kept.
  app.decoded = (numbers) => {
    if (!numbers) return null;
    if (!decoded.has(numbers)) {
      const array = numbers.data === undefined ? null : decode(numbers.data, numbers.dtype);
      const small = numbers.thumbnail;
      const thumbnail = small ? { shape: small.shape, array: decode(small.data, "float32") } : null;
      decoded.set(numbers, { ...numbers, ...(array ? seen(array) : {}), array, thumbnail });
    }
    return decoded.get(numbers);
  };
  app.values = (id) => app.decoded(nodes.get(id).value);
  app.gradient = (id) => app.decoded(nodes.get(id).gradient);

  // --- the two passes

  app.forward = graph.nodes.filter((node) => node.kind === "op").map((node) => node.id);
  app.backward = graph.backward;
  app.seeds = graph.seeds || [];
  const ran = new Map(app.forward.map((id, i) => [id, i]));
  const fired = new Map(app.backward.map((step, i) => [step.node, i]));
  const arrivals = new Map();
  app.backward.forEach((step, i) =>
    step.contributions.forEach((contribution) => {
      if (!arrivals.has(contribution.target)) arrivals.set(contribution.target, []);
      arrivals.get(contribution.target).push({ step: i, from: step.node, ...contribution });
    }),
  );
  const seeded = new Map();
  for (const seed of app.seeds) seeded.set(seed.node, [...(seeded.get(seed.node) || []), seed]);
  app.outputs = new Map(); // for each output the node that it shows
  for (const edge of graph.edges) if (nodes.get(edge.target).kind === "output") app.outputs.set(edge.target, edge.source);
  const real = (id) => (app.outputs.has(id) ? app.outputs.get(id) : id);

  app.stepsTo = (id) => (arrivals.get(real(id)) || []).map((each) => each.step);
  app.ran = (id) => ran.get(id);
  app.fired = (id) => fired.get(id);

  // --- where the reader is

  app.state = {
    phase: "forward",
    step: app.forward.length,
    view: app.data.start,
    unfolded: new Set(),
    node: null,
    side: "value",
    entry: null,
    panel: null,
    follow: true,
    hidden: null,
    theme: null,
  };

  const listeners = [];
  let changed = new Set();
  let waiting = false;

  app.listen = (listener) => listeners.push(listener);

  const tell = () => {
    if (!waiting) return;
    waiting = false;
    const now = changed;
    changed = new Set();
    for (const listener of listeners) listener(app.state, now);
  };

  // Change the state; whoever listens hears of all changes once before the next picture is drawn.
  app.set = (patch) => {
    for (const [name, value] of Object.entries(patch)) {
      if (Object.is(app.state[name], value)) continue;
      app.state[name] = value;
      changed.add(name);
    }
    if (changed.size && !waiting) {
      waiting = true;
      document.hidden ? setTimeout(tell) : requestAnimationFrame(tell);
    }
  };
  app.flush = tell; // now
  app.refresh = () => {
    for (const name of Object.keys(app.state)) changed.add(name);
    waiting = true;
    tell();
  };

  // --- what is known at this moment

  const step = () => (app.state.phase === "backward" ? app.state.step : -1);

  app.isComputed = (id) => {
    const of = nodes.get(real(id));
    return of.kind !== "op" || app.state.phase === "backward" || ran.get(of.id) < app.state.step;
  };

  // The contributions to a gradient: how many have arrived, how many there will be, and those that have.
  app.arrived = (id) => {
    const all = arrivals.get(real(id)) || [];
    const start = seeded.get(real(id)) || [];
    const here = step();
    const terms = [];
    if (here >= 0) for (const seed of start) terms.push({ step: -1, from: null, seed: true, values: app.decoded(seed.value) });
    for (const each of all) {
      if (each.step >= here) break;
      const values = each.whole ? app.gradient(each.target) : app.decoded(each.value);
      terms.push({ step: each.step, from: each.from, argument: each.argument, summed: each.summed, values });
    }
    return { arrived: terms.length, expected: all.length + start.length, terms };
  };

  app.gradientState = (id) => {
    const of = nodes.get(real(id));
    if (of.detached) return "detached";
    const expected = (arrivals.get(of.id) || []).length + (seeded.get(of.id) || []).length;
    if (!expected) return "none";
    const { arrived } = app.arrived(id);
    return arrived === 0 ? "not yet" : arrived < expected ? "partial" : "complete";
  };

  const SMALLEST = { float16: 6.103515625e-5, float32: 1.1754943508222875e-38, float64: 2.2250738585072014e-308 };

  // What is special about one entry: "nan", "inf", "-inf", "masked", "zero", "vanished", or "" for an ordinary number.
  app.entryState = (x, { dtype = "float32", masked = false } = {}) => {
    if (masked) return "masked";
    if (Number.isNaN(x)) return "nan";
    if (!Number.isFinite(x)) return x > 0 ? "inf" : "-inf";
    if (x === 0) return "zero";
    return Math.abs(x) < (SMALLEST[dtype] || 0) ? "vanished" : "";
  };

  // The same of a whole tensor: "nan" if any entry is not finite, "zero" or "vanished" if all are.
  app.tensorState = (numbers) => {
    if (!numbers || !numbers.size) return "";
    if (numbers.not_finite) return "nan";
    if (numbers.zeros === numbers.size) return "zero";
    if (!numbers.dtype.startsWith("float")) return "";
    return Math.max(Math.abs(numbers.low), Math.abs(numbers.high)) < SMALLEST[numbers.dtype] ? "vanished" : "";
  };

  // --- texts

  app.number = (x, digits = 4) => {
    if (x === null || x === undefined || Number.isNaN(x)) return "NaN";
    if (typeof x === "boolean") return x ? "True" : "False";
    if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
    if (x === 0) return "0";
    const size = Math.abs(x);
    const text = size >= 1e6 || size < 1e-4 ? size.toExponential(digits - 2) : `${Number(size.toPrecision(digits))}`;
    return (x < 0 ? "−" : "") + text.replace("e+", "e").replace("e-", "e−").replace(/\.?0+e/, "e");
  };

  // All of a number: the shortest text that leads back to it in its own precision.
  app.exact = (x, dtype = "float32") => {
    if (!Number.isFinite(x) || dtype !== "float32") return Number.isFinite(x) ? `${x}`.replace("-", "−") : app.number(x);
    let digits = 6;
    while (digits < 9 && Math.fround(Number(x.toPrecision(digits))) !== x) digits++;
    return `${Number(x.toPrecision(digits))}`.replace("-", "−");
  };

  app.shape = (shape) => (shape ? `(${shape.join(", ")}${shape.length === 1 ? "," : ""})` : "");

  app.title = (id) => {
    const node = nodes.get(id);
    const name = node.kind === "op" && node.call ? node.call : node.name;
    return node.result ? `${node.result} = ${name}` : name;
  };

  // --- places: modules, rows of repeats, steps and pages

  app.place = (key) => places[key];
  app.home = (id) => app.data.homes[real(id)];
  app.around = (key) => {
    const around = [];
    for (let at = key; at !== null; at = places[at].parent) around.unshift(at);
    return around;
  };

  // The box that stands for a node in a view: its own, that of a place inside, or a stub; leaves have that of an op.
  app.boxIn = (view, id, unfolded = null) => {
    if (app.home(id) === undefined) return null;
    const chain = [...app.around(app.home(id)), `n${real(id)}`];
    const here = app.around(view);
    let level = 0;
    while (level < here.length && chain[level] === here[level]) level++;
    return level === here.length && chain[level] === unfolded ? chain[level + 1] : chain[level];
  };

  // --- panels

  app.panels = [];
  app.panel = (panel) => app.panels.push(panel);
}

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

  // Say something to whoever cannot see it.
  const live = document.getElementById("live");
  app.say = (text) => (live.textContent = text);
}
