// The stage: boxes and arrows of the view that is open, and what each shows at this moment of the two passes.
{
  const world = document.getElementById("world");
  const stage = document.getElementById("stage");
  const SVG = "http://www.w3.org/2000/svg";
  const svg = (tag, attributes) => {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };

  // --- building a view

  const build = (key, opened) => {
    const [layoutNumber, names] = opened ? app.data.unfolded[opened] : app.data.views[key];
    const [width, height, sizes, arrows, frame] = app.data.layouts[layoutNumber];
    const element = app.make("div", { class: "layer" });
    element.style.width = `${width}px`;
    element.style.height = `${height}px`;
    const layer = { key, opened, element, width, height, boxes: new Map(), arrows: new Map() };
    if (opened) element.append(clusterOf(opened, frame));
    const picture = svg("svg", { class: "arrows", width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
    element.append(picture);
    const ids = names.map((name) => name.split("~")[0]);
    arrows.forEach(([source, target, points, label, x, y]) => {
      const path = svg("path", { d: curve(points), class: "arrow", "marker-end": "url(#head)" });
      layer.arrows.set(`${ids[source]} ${ids[target]}`, path);
      picture.append(path);
      if (label) {
        const text = svg("text", { x, y: y + 3, class: "arrow-label" });
        text.textContent = label;
        picture.append(text);
      }
    });
    names.forEach((name, i) => {
      const [x, y, w, h] = sizes[i];
      const [, from] = name.split("~");
      const box = { id: ids[i], stub: from !== undefined, from, x, y, w, h, ...app.data.boxes[ids[i]] };
      box.node = box.id[0] === "n" ? Number(box.id.slice(1)) : null;
      layer.boxes.set(box.id, box);
      element.append(draw(box));
    });
    layer.order = [...layer.boxes.values()].sort((a, b) => (Math.abs(a.y - b.y) > 8 ? a.y - b.y : a.x - b.x));
    return layer;
  };

  const curve = (points) => {
    let path = `M${points[0]},${points[1]}C`;
    for (let i = 2; i < points.length; i += 2) path += `${points[i]},${points[i + 1]} `;
    return path;
  };

  const clusterOf = (opened, [x, y, w, h]) => {
    const place = app.place(opened);
    const element = app.make(
      "div",
      { class: "cluster" },
      app.make("button", { class: "fold", title: "Fold it again (u)", onclick: () => unfold(null) }, `${place.label} ${place.about} ▴`),
    );
    Object.assign(element.style, { left: `${x}px`, top: `${y}px`, width: `${w}px`, height: `${h}px` });
    return element;
  };

  const draw = (box) => {
    const place = app.place(box.id);
    const face = app.make(
      "button",
      { class: "face", tabindex: "-1", "data-id": box.id },
      app.make("span", { class: "name" }, box.lines[0]),
    );
    if (box.result && !box.stub) face.title = `its result is the ${box.result}`;
    box.about = app.make("span", { class: "about" }, box.stub ? box.from : box.lines[1]);
    if (box.about.textContent) face.append(box.about);
    const chips = box.stub ? [] : (box.chips || []).map(([leaf, text, uses]) => chipOf(leaf, text, uses));
    box.chipOf = new Map(chips.map((chip) => [Number(chip.dataset.leaf), chip]));
    box.face = face;
    box.pill = app.make("span", { class: "pill", "aria-hidden": "true" });
    box.bar = place && !box.stub ? app.make("span", { class: "bar", "aria-hidden": "true" }, app.make("i")) : null;
    const opens =
      place && !box.stub && app.data.unfolded[box.id]
        ? app.make("button", { class: "unfold", tabindex: "-1", title: "Unfold here (u)", "aria-label": `Unfold ${box.lines[0]} here`, onclick: () => app.wasDragged() || unfold(box.id) }, "▾")
        : null;
    box.element = app.make(
      "div",
      { class: `box${box.stub ? " stub" : place ? " module" : ""}${box.numbers === 1 ? " single" : ""}${box.result ? " result" : ""}`, "data-kind": box.kind, "data-box": box.id },
      face,
      chips.length ? app.make("span", { class: "chips" }, chips) : null,
      box.bar,
      opens,
      box.pill,
    );
    Object.assign(box.element.style, {
      left: `${box.x - box.w / 2}px`,
      top: `${box.y - box.h / 2}px`,
      width: `${box.w}px`,
      height: `${box.h}px`,
    });
    face.addEventListener("click", () => app.wasDragged() || choose(box));
    face.addEventListener("dblclick", () => enter(box));
    return box.element;
  };

  const chipOf = (leaf, text, uses) => {
    const node = app.node(leaf);
    const chip = app.make(
      "button",
      {
        class: "chip",
        tabindex: "-1",
        "data-leaf": leaf,
        "data-kind": node.kind,
        title: `${node.name} ${app.shape(node.shape)}${uses > 1 ? `, used by ${uses} ops` : ""}`,
        "aria-label": `${node.kind} ${node.name}, ${app.shape(node.shape)}${uses > 1 ? `, used by ${uses} ops` : ""}`,
        onclick: () => app.wasDragged() || app.set({ node: leaf, entry: null }),
      },
      text,
      uses > 1 ? app.make("sup", {}, uses) : null,
    );
    return chip;
  };

  // --- choosing and opening

  const choose = (box) => {
    if (box.stub) return leave(box);
    if (box.node !== null) return app.set({ node: box.node, entry: null });
    return app.open(box.id);
  };

  const enter = (box) => {
    if (app.place(box.id)) app.open(box.id);
    else if (!app.moving()) app.glide(closeUp(box));
  };
  app.enter = enter;

  // Into a box of an op, so near that its numbers are seen.
  const closeUp = (box) => {
    const k = Math.min((stage.clientWidth - 60) / box.w, (stage.clientHeight - 100) / box.h);
    return { k, x: stage.clientWidth / 2 - box.x * k, y: (stage.clientHeight + 20) / 2 - box.y * k };
  };

  // A stub leads to where its box stands, and shows it there.
  const leave = (box) => {
    const key = box.node === null ? app.place(box.id).parent : app.home(box.node);
    app.open(key, box.id);
    if (box.node !== null) app.set({ node: box.node, entry: null });
  };

  let wanted = null; // the box to look at in the view that opens next

  app.open = (key, focus = null) => {
    wanted = focus;
    app.set({ view: key, unfolded: new Set() });
  };

  const unfold = (key) => {
    app.set({ unfolded: new Set(key === null ? [] : [key]) });
  };
  app.unfold = unfold;
  app.canUnfold = (key) => Boolean(app.data.unfolded[key]) && app.place(key).parent === app.state.view;

  // Go to a node wherever it is; a leaf without a box is found at the first op that uses it.
  app.reveal = (id) => {
    const at = app.home(id) === undefined ? app.usersOf(id)[0] : id;
    if (at !== undefined && app.home(at) !== app.state.view) app.open(app.home(at), `n${at}`);
    app.set({ node: id, entry: null });
  };

  const users = new Map();
  for (const edge of app.data.graph.edges) users.set(edge.source, [...(users.get(edge.source) || []), edge.target]);
  app.usersOf = (id) => users.get(id) || [];

  app.boxAt = (x, y) => {
    for (const box of app.layer.boxes.values()) {
      if (!box.stub && Math.abs(x - box.x) <= box.w / 2 && Math.abs(y - box.y) <= box.h / 2) return box;
    }
    return null;
  };

  // --- what boxes show at this moment

  const inside = new Map(); // for each place the numbers of its ops in both passes
  for (const key of Object.keys(app.data.places)) inside.set(key, { forward: [], backward: [] });
  app.forward.forEach((id, i) => app.around(app.home(id)).forEach((key) => inside.get(key).forward.push(i)));
  app.backward.forEach((step, i) => app.around(app.home(step.node)).forEach((key) => inside.get(key).backward.push(i)));

  const below = (sorted, limit) => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      sorted[middle] < limit ? (low = middle + 1) : (high = middle);
    }
    return low;
  };
  app.progress = (key, phase, step) => {
    const all = inside.get(key)[phase];
    return [below(all, step), all.length];
  };

  const GRADIENT = {
    "not yet": ["∂", "gradient not computed yet"],
    none: ["no ∂", "no gradient is wanted here"],
    detached: ["✂", "detached: no gradient goes through here"],
    complete: ["✓", "gradient complete"],
    zero: ["∂ 0", "gradient complete, exactly zero"],
    vanished: ["∂ ≈0", "gradient complete, vanished: below the smallest normal number"],
    nan: ["∂ NaN", "gradient complete, with NaN or infinities"],
    hidden: ["?", "gradient hidden while you guess"],
  };

  const gradientSign = (id) => {
    if (app.state.hidden === id) return ["hidden", ...GRADIENT.hidden];
    const state = app.gradientState(id);
    if (state === "partial") {
      const { arrived, expected } = app.arrived(id);
      return [state, `${arrived} of ${expected}`, `${arrived} of ${expected} contributions arrived`];
    }
    const special = state === "complete" ? app.tensorState(app.gradient(app.outputs.get(id) ?? id)) : "";
    const box = app.data.boxes[`n${id}`];
    const numbers = state === "complete" && !special && box && box.numbers ? few(app.gradient(id), 3) : null;
    if (numbers !== null) return [state, `∂ ${numbers}`, `gradient ${numbers}`];
    return [special || state, ...GRADIENT[special || state]];
  };

  const nodeSigns = (id) => {
    const node = app.node(id);
    if (node.error) return { computed: true, sign: ["error", "failed", `failed: ${node.error}`] };
    const computed = app.isComputed(id);
    if (app.state.phase === "backward") return { computed, sign: gradientSign(id) };
    const special = computed ? app.tensorState(app.values(id)) : "";
    if (!computed) return { computed, sign: ["", "", "not computed yet"] };
    const texts = { nan: ["NaN", "has NaN or infinities"], zero: ["0", "exactly zero"], vanished: ["≈0", "vanished"] };
    return { computed, sign: special ? [special, ...texts[special]] : ["", "", "computed"] };
  };

  // What stands under the name: the shape, or of a tensor with so few numbers these.
  const few = (numbers, digits) => {
    if (!numbers || !numbers.array) return null;
    let texts = [...numbers.array].map((x) => app.number(x, digits));
    for (const n of [...numbers.shape].reverse()) {
      const rows = [];
      for (let i = 0; i < texts.length; i += n) rows.push(`[${texts.slice(i, i + n).join(", ")}]`);
      texts = rows;
    }
    return texts[0];
  };

  const write = (element, name, value) => {
    if (element.dataset[name] !== value) element.dataset[name] = value;
  };
  const text = (element, value) => {
    if (element.textContent !== value) element.textContent = value;
  };

  const refreshBox = (box) => {
    let spoken;
    if (box.node !== null) {
      const { computed, sign } = nodeSigns(box.node);
      write(box.element, "computed", computed ? "yes" : "no");
      write(box.element, "sign", sign[0]);
      write(box.pill, "sign", sign[0]);
      text(box.pill, box.stub ? "" : sign[1]);
      if (!box.stub && box.numbers) text(box.about, (computed && few(app.values(box.node), 4)) || box.lines[1]);
      spoken = sign[2];
    } else {
      const [done, all] = app.progress(box.id, app.state.phase, app.state.step);
      write(box.element, "computed", app.state.phase === "backward" || done ? "yes" : "no");
      spoken = `${done} of ${all} ops ${app.state.phase === "backward" ? "fired" : "run"}`;
      if (box.bar) {
        write(box.element, "sign", app.state.phase === "backward" ? "module" : "");
        box.bar.firstChild.style.transform = `scaleX(${all ? done / all : 0})`;
        text(box.pill, done === all || done === 0 ? "" : `${done} of ${all}`);
        write(box.pill, "sign", "count");
      }
    }
    for (const [leaf, chip] of box.chipOf) {
      const { sign } = nodeSigns(leaf);
      write(chip, "sign", sign[0]);
      chip.classList.toggle("chosen", app.state.node === leaf);
    }
    const chosen = box.node !== null && app.state.node === box.node;
    box.element.classList.toggle("chosen", chosen);
    const label = `${box.stub ? "neighbour " : ""}${box.result && !box.stub ? "output, " : ""}${box.kind} ${box.lines.filter(Boolean).join(", ")}: ${spoken}`;
    if (box.face.getAttribute("aria-label") !== label) box.face.setAttribute("aria-label", label);
    box.face.setAttribute("aria-pressed", chosen ? "true" : "false");
  };

  // The op that ran or fired last, and the tensors that went into or out of it.
  app.current = () => {
    const { phase, step } = app.state;
    if (step === 0) return null;
    if (phase === "forward") return step > 0 ? { node: app.forward[step - 1], inputs: app.inputs(app.forward[step - 1]) } : null;
    const fired = app.backward[step - 1];
    return { node: fired.node, inputs: fired.contributions.map((c) => c.target) };
  };

  let lit = [];
  const highlight = (layer) => {
    for (const [element, name] of lit) element.classList.remove(name);
    lit = [];
    const light = (element, name) => {
      if (!element) return;
      element.classList.add(name);
      lit.push([element, name]);
    };
    const now = app.current();
    const atEnd = app.state.phase === "forward" && app.state.step === app.forward.length;
    if (!now || atEnd) {
      const seed = app.state.phase === "backward" ? app.seeds[0] : null;
      const box = seed && layer.boxes.get(app.boxIn(layer.key, seed.node, layer.opened));
      if (box) light(box.element, "active");
      return;
    }
    const way = app.state.phase === "backward" ? "flow-back" : "flow";
    const box = layer.boxes.get(app.boxIn(layer.key, now.node, layer.opened));
    if (!box) return;
    light(box.element, "active");
    for (const input of now.inputs) {
      if (app.home(input) === undefined) {
        light(box.chipOf.get(input), "flows");
        continue;
      }
      const other = app.boxIn(layer.key, input, layer.opened);
      light(layer.arrows.get(`${other} ${box.id}`), way);
    }
  };

  const refresh = () => {
    stage.dataset.phase = app.state.phase;
    for (const box of app.layer.boxes.values()) refreshBox(box);
    highlight(app.layer);
    app.paint();
  };

  // --- from view to view

  const show = () => {
    const { view, unfolded } = app.state;
    const opened = [...unfolded].find((key) => app.data.unfolded[key] && app.place(key).parent === view) || null;
    const previous = app.layer;
    const next = build(view, opened);
    world.append(next.element);
    const focus = next.boxes.get(wanted) || next.boxes.get(app.state.node === null ? "" : `n${app.state.node}`);
    const way = {};
    if (previous && previous.key !== view) {
      const down = app.around(view);
      const up = app.around(previous.key);
      if (down.includes(previous.key)) way.into = down[down.indexOf(previous.key) + 1];
      else if (up.includes(view)) way.outOf = up[up.indexOf(view) + 1];
    }
    const start = next.boxes.get(way.outOf) || focus;
    app.change(next, previous, { ...way, focus: start });
    roving = (start || next.order.find((box) => !box.stub) || next.order[0])?.face || null;
    if (roving) roving.tabIndex = 0;
    const text = `${app.place(view).label}: ${next.order.filter((box) => !box.stub).length} boxes.`;
    if (previous) app.say(text);
    wanted = null;
    if (hadFocus && roving) roving.focus({ preventScroll: true });
    hadFocus = false;
  };

  // --- the keyboard inside the graph

  let roving = null;
  let hadFocus = false;
  app.focused = () => document.activeElement?.closest?.("#world .box")?.dataset.box ?? null;

  app.step_focus = (by) => {
    const items = app.layer.order.flatMap((box) => [box.face, ...box.chipOf.values()]);
    const at = items.indexOf(document.activeElement);
    focusOn(items[at < 0 ? items.indexOf(roving) : (at + by + items.length) % items.length]);
  };

  app.nearest_focus = (dx, dy) => {
    const from = app.layer.boxes.get(app.focused());
    if (!from) return;
    let [best, least] = [null, Infinity];
    for (const box of app.layer.boxes.values()) {
      const [x, y] = [box.x - from.x, box.y - from.y];
      const along = x * dx + y * dy;
      if (box === from || along <= 4) continue;
      const cost = along + 2.5 * Math.abs(x * dy - y * dx);
      if (cost < least) [best, least] = [box, cost];
    }
    if (best) focusOn(best.face);
  };

  const focusOn = (item) => {
    if (!item) return;
    if (roving) roving.tabIndex = -1;
    roving = item;
    roving.tabIndex = 0;
    roving.focus({ preventScroll: true });
    const box = app.layer.boxes.get(item.closest(".box").dataset.box);
    app.show(box);
    if (box.node !== null && !box.stub) app.set({ node: item.dataset.leaf ? Number(item.dataset.leaf) : box.node, entry: null });
  };
  app.focusFirst = () => focusOn(roving);

  // --- arrow heads, used by all views

  const heads = svg("svg", { width: 0, height: 0, class: "heads", "aria-hidden": "true" });
  for (const [id, name] of [["head", ""], ["head-flow", "flow"], ["head-back", "flow-back"]]) {
    const marker = svg("marker", { id, class: `head ${name}`, viewBox: "0 0 10 10", refX: 10, refY: 5, markerWidth: name ? 4.2 : 6.5, markerHeight: name ? 4.2 : 6.5, orient: "auto-start-reverse" });
    marker.append(svg("path", { d: "M0,1 L10,5 L0,9 z" }));
    heads.append(marker);
  }
  stage.append(heads);

  app.listen((state, changed) => {
    if (changed.has("view") || changed.has("unfolded") || !app.layer) {
      hadFocus = Boolean(document.activeElement?.closest?.("#world"));
      show();
    }
    refresh();
    if (changed.has("node") && state.node !== null && !changed.has("view")) {
      const box = app.layer.boxes.get(app.boxIn(state.view, app.home(state.node) === undefined ? app.usersOf(state.node)[0] : state.node, app.layer.opened));
      if (box && !app.moving()) app.show(box);
    }
  });
}
