// A view as elements: boxes where Graphviz put them, with what stands in them, and arrows between them.
{
  const SVG = "http://www.w3.org/2000/svg";
  const svg = (tag, attributes) => {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };

  // --- a view

  app.build = (key, opened) => {
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
      app.make("button", { class: "fold", title: "Fold it again (u)", onclick: () => app.unfold(null) }, `${place.label} ${place.about} ▴`),
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
        ? app.make("button", { class: "unfold", tabindex: "-1", title: "Unfold here (u)", "aria-label": `Unfold ${box.lines[0]} here`, onclick: () => app.wasDragged() || app.unfold(box.id) }, "▾")
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
    face.addEventListener("click", () => app.wasDragged() || app.choose(box));
    face.addEventListener("dblclick", () => app.enter(box));
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

  // --- arrow heads, used by all views

  const heads = svg("svg", { width: 0, height: 0, class: "heads", "aria-hidden": "true" });
  for (const [id, name] of [["head", ""], ["head-flow", "flow"], ["head-back", "flow-back"]]) {
    const marker = svg("marker", { id, class: `head ${name}`, viewBox: "0 0 10 10", refX: 10, refY: 5, markerWidth: name ? 4.2 : 6.5, markerHeight: name ? 4.2 : 6.5, orient: "auto-start-reverse" });
    marker.append(svg("path", { d: "M0,1 L10,5 L0,9 z" }));
    heads.append(marker);
  }
  document.getElementById("stage").append(heads);
}
