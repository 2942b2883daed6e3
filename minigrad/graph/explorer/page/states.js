// What boxes and arrows show at this moment of the two passes: what is computed, what has arrived, what runs.
{
  const stage = document.getElementById("stage");

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

  app.refreshLayer = (layer) => {
    stage.dataset.phase = app.state.phase;
    for (const box of layer.boxes.values()) refreshBox(box);
    highlight(layer);
    app.paint();
  };
}
