// How a contribution was made of g, the gradient that an op was given: the terms of each of its entries.
// Python found the maps (maps.py) by probing each op's rule; here they are read.
{
  const TYPES = {
    int8: Int8Array,
    int16: Int16Array,
    int32: Int32Array,
    float32: Float32Array,
    float64: Float64Array,
  };
  const decoded = new Map(); // arrays by the object that holds their text
  const arrivals = new Map(); // for a push: the entries of g that go to each place

  const decode = (data) => {
    if (!decoded.has(data)) {
      const bytes = Uint8Array.from(atob(data.data), (character) => character.charCodeAt(0));
      decoded.set(data, new TYPES[data.dtype](bytes.buffer));
    }
    return decoded.get(data);
  };

  const pointed = (index, place, shape) =>
    index.strides
      ? place.reduce((flat, i, axis) => flat + i * index.strides[axis], index.start)
      : decode(index)[app.ravel(place, shape)];

  // A factor at a place of `shape`, and the entry of a node that it is, if it is one.
  const factorAt = (factor, place, shape) => {
    if (typeof factor === "number") return { factor };
    if (factor.node === undefined) return { factor: decode(factor)[app.ravel(place, shape)] };
    return entryOf(factor.node, place);
  };

  const entryOf = (node, place) => {
    const { shape } = app.node(node);
    const at = app.broadcast(place, shape);
    return { factor: Number(app.values(node).array[app.ravel(at, shape)]), of: { node, place: at } };
  };

  const range = (n) => Array.from({ length: n }, (_, i) => i);

  // For each kind of map: the shape before un-broadcasting, and the terms of an entry there, as {g, factor, of}.
  const KINDS = {
    pick: {
      shape: (map) => map.shape,
      terms: (map, place, g) => {
        const index = pointed(map.index, place, map.shape);
        return index < 0 ? [] : [{ g: app.unravel(index, g), ...factorAt(map.factor, place, map.shape) }];
      },
    },
    push: {
      shape: (map) => map.shape,
      terms: (map, place, g) => {
        if (!arrivals.has(map)) {
          const found = new Map();
          for (let i = 0; i < app.size(g); i++) {
            const target = pointed(map.index, app.unravel(i, g), g);
            if (!found.has(target)) found.set(target, []);
            found.get(target).push(i);
          }
          arrivals.set(map, found);
        }
        const from = arrivals.get(map).get(app.ravel(place, map.shape)) || [];
        return from.map((i) => app.unravel(i, g)).map((at) => ({ g: at, ...factorAt(map.factor, at, g) }));
      },
    },
    rows: {
      shape: (map) => map.shape,
      terms: (map, place, g) => {
        const factors = decode(map.factor);
        const [flat, size] = [app.ravel(place, map.shape), app.size(map.shape)];
        const mixed = map.axes === null ? g : map.axes.map((axis) => g[axis]);
        return range(app.size(mixed)).map((m) => {
          const along = app.unravel(m, mixed);
          const at = map.axes === null ? along : replaced(place, map.axes, along);
          return { g: at, factor: factors[m * size + flat] };
        });
      },
    },
    matmul: {
      shape: (map, g, target) => [...g.slice(0, -2), ...target.slice(-2)],
      terms: (map, place, g) => {
        const batch = place.slice(0, -2);
        const [row, column] = place.slice(-2);
        return map.argument === 0
          ? range(g.at(-1)).map((m) => ({ g: [...batch, row, m], ...entryOf(map.other, [...batch, column, m]) }))
          : range(g.at(-2)).map((n) => ({ g: [...batch, n, column], ...entryOf(map.other, [...batch, n, row]) }));
      },
    },
    linear: {
      shape: (map, g, target) => target,
      terms: (map, place, g) => {
        if (map.argument === 0) {
          const rows = place.slice(0, -1);
          return range(g.at(-1)).map((o) => ({ g: [...rows, o], ...entryOf(map.other, [o, place.at(-1)]) }));
        }
        const rows = g.slice(0, -1);
        return range(app.size(rows)).map((r) => {
          const at = app.unravel(r, rows);
          return { g: [...at, place[0]], ...entryOf(map.other, [...at, place[1]]) };
        });
      },
    },
    // y · (g - Σ g·y)
    softmax: {
      shape: (map, g) => g,
      terms: (map, place, g, node) => {
        const own = entryOf(node, place).factor;
        return range(g[map.dim]).map((m) => {
          const at = replaced(place, [map.dim], [m]);
          return { g: at, factor: own * ((m === place[map.dim] ? 1 : 0) - entryOf(node, at).factor) };
        });
      },
    },
    // g · x̂
    standard: {
      shape: (map, g) => g,
      terms: (map, place) => [{ g: place, factor: standardised(map, place).own }],
    },
    // 1/σ · (ĝ - mean ĝ - x̂ · mean(ĝ·x̂)), ĝ = g · w
    norm: {
      shape: (map, g) => g,
      terms: (map, place, g) => {
        const { places, x, scale, own } = standardised(map, place);
        return places.map((at, m) => {
          const weight = map.weight === null ? 1 : entryOf(map.weight, at).factor;
          const same = at.every((i, axis) => i === place[axis]) ? 1 : 0;
          return { g: at, factor: weight * scale * (same - (1 + own * x[m]) / x.length) };
        });
      },
    },
  };

  // The row of an entry that a norm standardises: its places, x̂ there and at the entry itself, and 1/σ.
  const standardised = (map, place) => {
    const shape = app.node(map.input).shape;
    const mixed = map.dims.map((axis) => shape[axis]);
    const places = range(app.size(mixed)).map((m) => replaced(place, map.dims, app.unravel(m, mixed)));
    const x = places.map((at) => entryOf(map.input, at).factor);
    const mean = x.reduce((a, b) => a + b, 0) / x.length;
    const scale = 1 / Math.sqrt(x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / x.length + map.eps);
    const own = (entryOf(map.input, place).factor - mean) * scale;
    return { places, x: x.map((v) => (v - mean) * scale), scale, own };
  };

  const replaced = (place, axes, along) => {
    const at = [...place];
    axes.forEach((axis, i) => (at[axis] = along[i]));
    return at;
  };

  app.mapOf = (op, argument) => app.data.maps[`${op}:${argument}`] || { kind: "none", why: "they were not recorded" };

  // Why the terms of what an op gave to an input cannot be worked out here; "" if they can.
  app.whyNot = (op, argument) => {
    const map = app.mapOf(op, argument);
    if (map.kind === "none") return map.why;
    const read = [map.other, map.input, map.weight, map.factor?.node, map.kind === "softmax" ? op : null];
    const missing = read.find((id) => id !== undefined && id !== null && !app.values(id)?.array);
    return missing === undefined ? "" : `the numbers of ${app.called(missing)} are only summarised in this page`;
  };

  // The terms of an entry of what an op gave to an input: [{g: place in g, factor, of?: {node, place}}].
  // Null if the map is not known.
  app.termsOf = (op, argument, target, place) => {
    const map = app.mapOf(op, argument);
    const kind = KINDS[map.kind];
    if (app.whyNot(op, argument)) return null;
    const [g, own] = [app.node(op).shape, app.node(target).shape];
    const wide = kind.shape(map, g, own);
    const same = wide.length === own.length && wide.every((n, axis) => n === own[axis]);
    const places = same ? [place] : app.spread(place, own, wide);
    return places.flatMap((at) => kind.terms(map, at, g, op));
  };

  // What an op gives to an input, for any g: the map applied.
  app.applied = (op, argument, target, g) => {
    const [shape, own] = [app.node(op).shape, app.node(target).shape];
    const given = new Float64Array(app.size(own));
    for (let i = 0; i < given.length; i++) {
      const terms = app.termsOf(op, argument, target, app.unravel(i, own));
      if (terms === null) return null;
      given[i] = terms.reduce((sum, term) => sum + g[app.ravel(term.g, shape)] * term.factor, 0);
    }
    return given;
  };
}
