// Tables of numbers in colours: blue below zero, orange above, and signs of their own for what is no ordinary number.
// Small tables show their numbers in cells; larger ones are painted, and only the part in view.
{
  const CELLS = 400; // up to which numbers are written into cells
  const COLUMNS = 12;
  const SMALLEST = 4; // pixels of a painted cell, where there is no room for more

  const STATES = {
    nan: ["NaN", "not a number"],
    inf: ["∞", "infinite"],
    "-inf": ["−∞", "infinite, negative"],
    zero: ["0", "exactly zero"],
    vanished: ["≈0", "vanished: not zero, but lost beside the largest"],
    masked: ["", "masked: nothing may be seen here"],
    "not yet": ["·", "not computed yet"],
    hidden: ["?", "hidden while you guess"],
  };

  // --- colours

  let palette = null;

  const colours = () => {
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

  const shade = (x, most) => {
    const { zero, negative, positive } = colours();
    const end = x < 0 ? negative : positive;
    const share = most > 0 && Number.isFinite(x) ? Math.min(Math.abs(x) / most, 1) : 0;
    return zero.map((channel, i) => Math.round(channel + (end[i] - channel) * share));
  };

  const css = (rgb) => `rgb(${rgb.join(", ")})`;

  const inkOn = ([r, g, b]) => (0.299 * r + 0.587 * g + 0.114 * b > 140 ? "#111" : "#fff");

  const sizes = (array) => Float64Array.from(array, Math.abs).filter((x) => x < 1e30); // without masks and infinities

  app.largest = (array) => sizes(array).reduce((most, x) => Math.max(most, x), 0);

  // The size at which the colours are full: the largest, or what 98 of 100 entries stay below if that is far less.
  app.fullAt = (array) => {
    const sorted = sizes(array).sort();
    const [usual, most] = [sorted[Math.floor(sorted.length * 0.98)] || 0, sorted.at(-1) || 0];
    return usual > 0 && usual < most / 3 ? usual : most;
  };

  // --- which entry is in which cell

  // The rows and columns of a slice of an array: its last two dimensions; a vector is wrapped.
  app.sheet = (shape, slice = []) => {
    if (shape.length < 2) {
      const n = app.size(shape);
      const columns = n <= COLUMNS ? n : n <= 64 ? 8 : 16;
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

  // A table of a slice. Options: array, sheet, most (the largest size, for the colours), label, stateOf(flat),
  // rowLabels, columnLabels, onselect(place), onhover(place); compact (painted, in cells of at most so many pixels), or
  // plain (cells without text).
  app.heat = (options) =>
    (options.plain && options.sheet.rows * options.sheet.columns <= 2 * CELLS) ||
    (!options.compact && options.sheet.columns <= COLUMNS && options.sheet.rows * options.sheet.columns <= CELLS)
      ? writtenTable(options)
      : paintedTable(options);

  const rowLabel = ({ sheet, rowLabels }, r) =>
    rowLabels ? `${rowLabels[r] ?? ""}` : sheet.wrapped ? `${r * sheet.columns}…` : `${r}`;

  const columnLabel = ({ columnLabels }, c) => (columnLabels ? `${columnLabels[c] ?? ""}` : `${c}`);

  const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

  // The cell that a key leads to, or null.
  const moved = (event, [r, c], sheet) => {
    let [row, column] = [r, c];
    if (moves[event.key]) [row, column] = [r + moves[event.key][0], c + moves[event.key][1]];
    else if (event.key === "Home") column = 0;
    else if (event.key === "End") column = sheet.columns - 1;
    else return null;
    const inside = row >= 0 && row < sheet.rows && column >= 0 && column < sheet.columns && sheet.at(row, column) >= 0;
    event.preventDefault();
    event.stopPropagation();
    return inside ? [row, column] : null;
  };

  const writtenTable = (options) => {
    const { array, sheet, most, label, stateOf, onselect, onhover } = options;
    const cells = [];
    let current = [0, 0];
    const alone = sheet.rows === 1 && sheet.columns === 1;
    const head = app.make("tr", {}, app.make("th", { class: "corner" }));
    for (let c = 0; c < sheet.columns; c++) head.append(app.make("th", { scope: "col" }, columnLabel(options, c)));
    const body = app.make("tbody");
    for (let r = 0; r < sheet.rows; r++) {
      const row = app.make("tr", {}, app.make("th", { scope: "row" }, rowLabel(options, r)));
      cells.push([]);
      for (let c = 0; c < sheet.columns; c++) {
        const flat = sheet.at(r, c);
        const cell = app.make("td", { tabindex: "-1", class: flat < 0 ? "outside" : null });
        cells[r].push(cell);
        row.append(cell);
        if (flat < 0) continue;
        const state = stateOf(flat);
        const signed = STATES[state];
        if (!options.plain) cell.textContent = signed ? signed[0] : app.number(array[flat], sheet.columns > 4 ? 3 : 4);
        else if (signed && !["zero", "vanished"].includes(state)) cell.textContent = signed[0];
        if (signed) cell.dataset.state = state;
        if (state === "masked") cell.setAttribute("aria-label", "masked");
        cell.title = signed && state !== "vanished" ? signed[1] : String(array[flat]);
        if (!signed || state === "vanished") {
          const rgb = shade(array[flat], most);
          cell.style.backgroundColor = css(rgb);
          cell.style.color = inkOn(rgb);
        }
        cell.dataset.place = sheet.place(r, c).join(",");
        if (onselect) cell.addEventListener("click", () => onselect(sheet.place(r, c)));
        if (onhover) {
          cell.addEventListener("mouseenter", () => onhover(sheet.place(r, c)));
          cell.addEventListener("focus", () => onhover(sheet.place(r, c)));
        }
      }
      body.append(row);
    }
    const caption = app.make("caption", { class: "for-readers" }, label);
    const table = app.make("table", { class: `heat${options.plain ? " plain" : ""}${alone ? " alone" : ""}`, role: "grid" }, caption, app.make("thead", {}, head), body);
    table.addEventListener("keydown", (event) => {
      const next = moved(event, current, sheet);
      if (next && onselect) onselect(sheet.place(...next), true);
    });
    const focusable = () => cells[current[0]] && cells[current[0]][current[1]];
    if (focusable()) focusable().tabIndex = 0;
    return {
      element: app.make("div", { class: "heat-frame" }, table),
      select(place, focus = false) {
        if (!focusable()) return;
        focusable().tabIndex = -1;
        table.querySelectorAll("[aria-selected]").forEach((cell) => cell.removeAttribute("aria-selected"));
        current = place ? sheet.cell(place) : [0, 0];
        focusable().tabIndex = 0;
        if (place) focusable().setAttribute("aria-selected", "true");
        if (focus) focusable().focus();
      },
      mark(flats) {
        cells.forEach((row, r) => row.forEach((cell, c) => cell.classList.toggle("marked", flats.has(sheet.at(r, c)))));
      },
    };
  };

  const paintedTable = (options) => {
    const { array, sheet, most, label, stateOf, onselect, onhover } = options;
    const room = options.compact ? 150 : 320;
    const size = Math.max(SMALLEST, Math.min(options.compact ?? 24, Math.floor(room / Math.max(sheet.columns, 1))));
    const [wide, high] = [sheet.columns * size, sheet.rows * size];
    const canvas = app.make("canvas", { "aria-hidden": "true" });
    const spacer = app.make("div", { class: "heat-spacer" }, canvas);
    spacer.style.width = `${wide}px`;
    spacer.style.height = `${high}px`;
    const frame = app.make(
      "div",
      { class: "heat-frame painted", tabindex: onselect ? "0" : null, role: "img", "aria-label": label },
      spacer,
    );
    frame.style.maxHeight = options.compact ? "150px" : "340px";
    let [selected, marked, wanted] = [null, new Set(), false];

    const paint = () => {
      wanted = false;
      const [left, top] = [frame.scrollLeft, frame.scrollTop];
      const width = Math.min(frame.clientWidth || room, wide);
      const height = Math.min(frame.clientHeight || 340, high);
      const ratio = window.devicePixelRatio || 1;
      canvas.width = Math.ceil(width * ratio);
      canvas.height = Math.ceil(height * ratio);
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
      const pen = canvas.getContext("2d");
      pen.scale(ratio, ratio);
      pen.translate(-left, -top);
      const ink = css(colours().zero.map((channel) => 255 - channel));
      const last = (from, length, n) => Math.min(n, Math.ceil((from + length) / size));
      for (let r = Math.floor(top / size); r < last(top, height, sheet.rows); r++) {
        for (let c = Math.floor(left / size); c < last(left, width, sheet.columns); c++) {
          const flat = sheet.at(r, c);
          if (flat >= 0) paintCell(pen, c * size, r * size, flat, ink);
        }
      }
      pen.strokeStyle = ink;
      if (selected) {
        pen.lineWidth = 2;
        pen.strokeRect(selected[1] * size - 0.5, selected[0] * size - 0.5, size, size);
      }
    };

    const paintCell = (pen, x, y, flat, ink) => {
      const state = stateOf(flat);
      const gap = size > 6 ? 1 : 0;
      pen.fillStyle = css(shade(array[flat], most));
      pen.fillRect(x, y, size - gap, size - gap);
      pen.fillStyle = pen.strokeStyle = ink;
      pen.lineWidth = 1;
      pen.globalAlpha = 0.75;
      pen.beginPath();
      if (state === "nan") {
        pen.moveTo(x, y), pen.lineTo(x + size - gap, y + size - gap);
        pen.moveTo(x + size - gap, y), pen.lineTo(x, y + size - gap);
      } else if (state === "inf" || state === "-inf") {
        pen.rect(x + size / 4, y + size / 4, size / 2 - gap, size / 2 - gap);
        pen.fill();
      } else if (state === "masked" || state === "not yet") {
        pen.globalAlpha = 0.35;
        pen.moveTo(x, y + size - gap), pen.lineTo(x + size - gap, y);
      } else if (state === "zero") {
        pen.globalAlpha = 0.35;
        pen.fillRect(x + size / 2 - 0.5 - gap / 2, y + size / 2 - 0.5 - gap / 2, 1, 1);
      } else if (state === "vanished") {
        pen.globalAlpha = 0.5;
        pen.arc(x + (size - gap) / 2, y + (size - gap) / 2, Math.max(1, size / 5), 0, 7);
      }
      pen.stroke();
      pen.globalAlpha = 1;
      if (marked.has(flat)) {
        pen.strokeStyle = ink;
        pen.lineWidth = 1;
        pen.strokeRect(x + 0.5, y + 0.5, size - gap - 1, size - gap - 1);
      }
    };

    const repaint = () => {
      if (!wanted) requestAnimationFrame(paint);
      wanted = true;
    };
    const under = (event) => {
      const box = canvas.getBoundingClientRect();
      const r = Math.floor((event.clientY - box.top + frame.scrollTop) / size);
      const c = Math.floor((event.clientX - box.left + frame.scrollLeft) / size);
      return r >= 0 && c >= 0 && r < sheet.rows && c < sheet.columns && sheet.at(r, c) >= 0 ? [r, c] : null;
    };
    frame.addEventListener("scroll", repaint);
    if (onselect) {
      canvas.addEventListener("click", (event) => under(event) && onselect(sheet.place(...under(event))));
      frame.addEventListener("keydown", (event) => {
        const next = selected ? moved(event, selected, sheet) : moves[event.key] && [0, 0];
        if (!selected && next) event.preventDefault(), event.stopPropagation();
        if (next) onselect(sheet.place(...next), true);
      });
    }
    if (onhover) canvas.addEventListener("mousemove", (event) => under(event) && onhover(sheet.place(...under(event))));
    repaint();
    return {
      element: frame,
      select(place, focus = false) {
        selected = place ? sheet.cell(place) : null;
        if (selected) {
          const [r, c] = selected;
          if (r * size < frame.scrollTop || (r + 1) * size > frame.scrollTop + frame.clientHeight)
            frame.scrollTop = r * size - frame.clientHeight / 2;
          if (c * size < frame.scrollLeft || (c + 1) * size > frame.scrollLeft + frame.clientWidth)
            frame.scrollLeft = c * size - frame.clientWidth / 2;
        }
        if (focus) frame.focus();
        repaint();
      },
      mark(flats) {
        marked = flats;
        const first = flats.values().next().value;
        if (first !== undefined && !selected && !onselect) {
          const width = sheet.columns;
          const inSlice = first - sheet.at(0, 0);
          if (inSlice >= 0) frame.scrollTop = Math.max(0, Math.floor(inSlice / width) * size - 70);
        }
        repaint();
      },
    };
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
        .filter((state) => STATES[state])
        .map((state) =>
          app.make(
            "span",
            { class: "sign" },
            app.make("b", { "data-state": state }, STATES[state][0]),
            ` ${STATES[state][1]}`,
          ),
        ),
    );

  app.stateText = (state) => (STATES[state] ? STATES[state][1] : "");

  // Numbers that are too many for the page: counts, extremes and a small picture of means.
  app.summary = (numbers) => {
    const most = Math.max(...numbers.histogram, 1);
    const bars = app.make("div", {
      class: "histogram",
      role: "img",
      "aria-label": `Histogram of 24 equal bins from ${app.number(numbers.low)} to ${app.number(numbers.high)}: ${numbers.histogram.join(", ")}`,
    });
    for (const count of numbers.histogram) {
      const bar = app.make("span", { title: `${count}` });
      bar.style.height = `${Math.max((100 * count) / most, count ? 2 : 0)}%`;
      bars.append(bar);
    }
    const facts = [
      ["smallest", app.number(numbers.low)],
      ["mean", app.number(numbers.mean)],
      ["largest", app.number(numbers.high)],
      ["not finite", numbers.not_finite],
      ["exactly zero", numbers.zeros],
    ];
    return app.make(
      "div",
      { class: "summary" },
      app.note(
        `${numbers.size.toLocaleString("en")} entries are too many to keep in this page, so they are summarised: `,
        "how often values occur, their extremes, and means over blocks.",
      ),
      bars,
      app.make(
        "div",
        { class: "histogram-ends" },
        app.make("span", {}, app.number(numbers.low)),
        app.make("span", {}, app.number(numbers.high)),
      ),
      app.make(
        "dl",
        { class: "facts" },
        facts.map(([name, value]) => [app.make("dt", {}, name), app.make("dd", {}, `${value}`)]),
      ),
    );
  };
}
