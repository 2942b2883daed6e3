// The matrices inside boxes that are near enough: heat maps, and nearer still their numbers. Also the overview map.
{
  const stage = document.getElementById("stage");
  const canvas = document.getElementById("paint");
  const map = document.getElementById("map");
  const tip = document.getElementById("tip");
  const HEAD = 62; // pixels of a box's heading, when its matrix is seen
  const LEAST = 30; // pixels that a matrix needs

  let colours = null;
  app.colours = () => {
    if (!colours) {
      const style = getComputedStyle(document.documentElement);
      const channels = (name) => style.getPropertyValue(name).match(/[\d.]+/g).map(Number);
      colours = {
        zero: channels("--heat-zero"),
        negative: channels("--heat-negative"),
        positive: channels("--heat-positive"),
        text: style.getPropertyValue("--text-colour").trim(),
        faint: style.getPropertyValue("--faint").trim(),
        line: style.getPropertyValue("--line").trim(),
      };
      for (const kind of ["op", "module", "parameter", "input", "output", "constant"])
        colours[kind] = style.getPropertyValue(`--${kind}-line`).trim();
    }
    return colours;
  };
  app.forgetColours = () => (colours = null);

  // The colour of a number beside the largest one: blue below zero, orange above.
  app.tint = (x, most) => {
    const { zero, negative, positive } = app.colours();
    const share = most > 0 && Number.isFinite(x) ? Math.min(1, Math.abs(x) / most) ** 0.8 : 0;
    const end = x < 0 ? negative : positive;
    return zero.map((channel, i) => Math.round(channel + (end[i] - channel) * share));
  };

  // What a box shows of its tensor now: {array, shape, what}, or {why} if there is nothing to show.
  app.shown = (id) => {
    const of = app.outputs.get(id) ?? id;
    if (app.state.side === "gradient") {
      if (app.state.hidden === of) return { why: "hidden while you guess" };
      const state = app.gradientState(of);
      if (state === "none") return { why: "no gradient wanted" };
      if (state === "detached") return { why: "detached" };
      if (state === "not yet") return { why: "not computed yet" };
      if (state === "complete") return kept(app.gradient(of), "gradient");
      return { why: `${app.arrived(of).arrived} of ${app.arrived(of).expected} contributions arrived` };
    }
    if (!app.isComputed(of)) return { why: "not computed yet" };
    return kept(app.values(of), "value");
  };

  const kept = (numbers, what) => {
    if (!numbers) return { why: "no numbers were recorded" };
    if (numbers.array) return { array: numbers.array, shape: numbers.shape, dtype: numbers.dtype, what, most: app.largest(numbers.array) };
    const { array, shape } = numbers.thumbnail;
    return { array, shape, dtype: "float32", what: `${what}, means of blocks`, most: most(numbers), means: true };
  };
  const most = (numbers) => Math.max(Math.abs(numbers.low ?? 0), Math.abs(numbers.high ?? 0));

  // Where the cells of a matrix lie in a box on the screen.
  const grid = (box) => {
    const { x, y, k } = app.camera;
    const [width, height] = [box.w * k, box.h * k];
    if (box.node === null || box.stub || height - HEAD < LEAST) return null;
    const [left, top] = [x + (box.x - box.w / 2) * k + 10, y + (box.y - box.h / 2) * k + HEAD];
    const seen = app.shown(box.node);
    if (seen.why) return { seen, left, top, width: width - 20, height: height - HEAD - 10 };
    const columns = seen.shape.length ? seen.shape.at(-1) : 1;
    const rows = columns ? seen.array.length / columns : 0;
    const high = Math.min((height - HEAD - 10) / Math.max(rows, 1), (width - 20) / Math.max(columns, 1));
    const wide = Math.min((width - 20) / Math.max(columns, 1), high * 3.2);
    return { seen, left, top, width: width - 20, height: height - HEAD - 10, rows, columns, wide, high };
  };

  let wanted = false;
  app.paint = () => {
    if (!wanted) requestAnimationFrame(draw);
    wanted = true;
  };

  const draw = () => {
    wanted = false;
    if (!app.layer) return;
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [stage.clientWidth, stage.clientHeight];
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    if (!app.moving()) {
      for (const box of app.layer.boxes.values()) {
        const { x, y, k } = app.camera;
        const [left, top] = [x + (box.x - box.w / 2) * k, y + (box.y - box.h / 2) * k];
        if (left > width || top > height || left + box.w * k < 0 || top + box.h * k < 0) continue;
        const cells = grid(box);
        if (cells) paintMatrix(pen, cells, width, height);
      }
    }
    drawMap();
  };

  const paintMatrix = (pen, cells, width, height) => {
    const { seen, left, top, rows, columns, wide, high } = cells;
    pen.textAlign = "left";
    pen.textBaseline = "top";
    pen.fillStyle = app.colours().faint;
    pen.font = "12px system-ui, sans-serif";
    if (seen.why) return pen.fillText(seen.why, left, top, cells.width);
    const gap = Math.min(wide, high) > 7 ? 1 : 0;
    const [firstRow, lastRow] = [Math.max(0, Math.floor(-top / high)), Math.min(rows, Math.ceil((height - top) / high))];
    const [firstColumn, lastColumn] = [Math.max(0, Math.floor(-left / wide)), Math.min(columns, Math.ceil((width - left) / wide))];
    const numbers = wide >= 40 && high >= 13;
    const size = Math.min(26, high * 0.5, wide / 4.2);
    pen.font = `${size}px system-ui, sans-serif`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    for (let row = firstRow; row < lastRow; row++) {
      for (let column = firstColumn; column < lastColumn; column++) {
        const x = seen.array[row * columns + column];
        const [red, green, blue] = app.tint(x, seen.most);
        const [l, t] = [left + column * wide, top + row * high];
        pen.fillStyle = `rgb(${red}, ${green}, ${blue})`;
        pen.fillRect(l, t, Math.max(0.6, wide - gap), Math.max(0.6, high - gap));
        const state = app.entryState(x, { dtype: seen.dtype, masked: app.drowned(x, seen.dtype) });
        pen.fillStyle = pen.strokeStyle = 0.3 * red + 0.59 * green + 0.11 * blue > 140 ? "#111" : "#fff";
        if (state === "masked") hatch(pen, l, t, wide - gap, high - gap);
        else if (numbers) pen.fillText(app.number(x, wide > 110 ? 7 : 4), l + wide / 2, t + high / 2, wide - 4);
        else if (state && state !== "zero" && Math.min(wide, high) > 4) mark(pen, state, l, t, wide - gap, high - gap);
      }
    }
  };

  const hatch = (pen, left, top, wide, high) => {
    pen.save();
    pen.beginPath();
    pen.rect(left, top, wide, high);
    pen.clip();
    pen.fillStyle = app.colours().line;
    pen.fillRect(left, top, wide, high);
    pen.strokeStyle = app.colours().faint;
    pen.globalAlpha = 0.6;
    for (let x = left - high; x < left + wide; x += 6) pen.moveTo(x, top + high), pen.lineTo(x + high, top);
    pen.stroke();
    pen.restore();
  };

  const mark = (pen, state, left, top, wide, high) => {
    pen.lineWidth = 1;
    pen.beginPath();
    if (state === "vanished") pen.arc(left + wide / 2, top + high / 2, Math.min(wide, high) / 4, 0, 7);
    else {
      pen.moveTo(left + 1, top + 1), pen.lineTo(left + wide - 1, top + high - 1);
      pen.moveTo(left + wide - 1, top + 1), pen.lineTo(left + 1, top + high - 1);
    }
    pen.stroke();
  };

  // --- the exact number under the pointer; a click chooses the entry

  const entryAt = (event) => {
    const at = stage.getBoundingClientRect();
    const [x, y] = [event.clientX - at.left, event.clientY - at.top];
    const box = app.layer && app.boxAt((x - app.camera.x) / app.camera.k, (y - app.camera.y) / app.camera.k);
    const cells = box && grid(box);
    if (!cells || cells.seen.why || cells.seen.means) return null;
    const [row, column] = [Math.floor((y - cells.top) / cells.high), Math.floor((x - cells.left) / cells.wide)];
    if (row < 0 || column < 0 || row >= cells.rows || column >= cells.columns) return null;
    let flat = row * cells.columns + column;
    const value = cells.seen.array[flat];
    const entry = [];
    for (const n of [...cells.seen.shape].reverse()) {
      entry.unshift(flat % n);
      flat = Math.floor(flat / n);
    }
    return { box, entry, value, x, y, what: cells.seen.what, dtype: cells.seen.dtype };
  };

  stage.addEventListener("pointermove", (event) => {
    const found = event.pointerType === "mouse" && !event.buttons ? entryAt(event) : null;
    tip.hidden = !found;
    if (!found) return;
    tip.textContent = `${found.what}${found.entry.length ? `[${found.entry.join(", ")}]` : ""} = ${app.exact(found.value, found.dtype)}`;
    tip.style.left = `${Math.min(found.x + 14, stage.clientWidth - tip.offsetWidth - 8)}px`;
    tip.style.top = `${found.y + 16}px`;
  });
  stage.addEventListener("pointerleave", () => (tip.hidden = true));
  stage.addEventListener("click", (event) => {
    const found = app.wasDragged() ? null : entryAt(event);
    if (found) setTimeout(() => app.set({ node: found.box.node, entry: found.entry }));
  });

  // --- the overview

  const overview = () => {
    const share = Math.min(map.clientWidth / app.layer.width, map.clientHeight / app.layer.height);
    const left = (map.clientWidth - app.layer.width * share) / 2;
    return { share, left, top: (map.clientHeight - app.layer.height * share) / 2 };
  };

  const drawMap = () => {
    const { x, y, k } = app.camera;
    const all = x >= -4 && y >= -4 && x + app.layer.width * k <= stage.clientWidth + 4 && y + app.layer.height * k <= stage.clientHeight + 4;
    map.classList.toggle("away", all);
    if (all) return;
    const ratio = window.devicePixelRatio || 1;
    map.width = map.clientWidth * ratio;
    map.height = map.clientHeight * ratio;
    const pen = map.getContext("2d");
    const { share, left, top } = overview();
    pen.setTransform(ratio * share, 0, 0, ratio * share, ratio * left, ratio * top);
    for (const box of app.layer.boxes.values()) {
      pen.fillStyle = box.stub ? app.colours().line : app.colours()[box.kind] || app.colours().module;
      pen.globalAlpha = box.element.classList.contains("active") ? 1 : 0.45;
      pen.fillRect(box.x - box.w / 2, box.y - box.h / 2, box.w, box.h);
    }
    pen.globalAlpha = 1;
    pen.strokeStyle = app.colours().text;
    pen.lineWidth = 1.5 / share;
    pen.strokeRect(-x / k, -y / k, stage.clientWidth / k, stage.clientHeight / k);
  };

  const lookThere = (event) => {
    const at = map.getBoundingClientRect();
    const { share, left, top } = overview();
    const [x, y] = [(event.clientX - at.left - left) / share, (event.clientY - at.top - top) / share];
    const { k } = app.camera;
    app.look({ k, x: stage.clientWidth / 2 - x * k, y: stage.clientHeight / 2 - y * k });
  };
  map.addEventListener("pointerdown", (event) => {
    map.setPointerCapture(event.pointerId);
    lookThere(event);
  });
  map.addEventListener("pointermove", (event) => event.buttons && lookThere(event));

  app.onCamera(() => {
    tip.hidden = true;
    app.paint();
  });
}
