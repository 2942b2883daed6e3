// Tables of numbers to look at and to choose from. Small ones have their numbers in cells; larger ones are painted, and
// only the part in view.
{
  const { signs } = app;
  const CELLS = 400; // up to which numbers are written into cells
  const COLUMNS = 12;
  const SMALLEST = 4; // pixels of a painted cell, where there is no room for more

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
        const signed = signs[state];
        if (!options.plain) cell.textContent = signed ? signed[0] : app.number(array[flat], sheet.columns > 4 ? 3 : 4);
        else if (signed && !["zero", "vanished"].includes(state)) cell.textContent = signed[0];
        if (signed) cell.dataset.state = state;
        if (state === "masked") cell.setAttribute("aria-label", "masked");
        cell.title = signed && state !== "vanished" ? signed[1] : String(array[flat]);
        if (!signed || state === "vanished") {
          const rgb = app.shade(array[flat], most);
          cell.style.backgroundColor = app.rgb(rgb);
          cell.style.color = app.inkOn(rgb);
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
    const table = app.make(
      "table",
      { class: `heat${options.plain ? " plain" : ""}${alone ? " alone" : ""}`, role: "grid" },
      caption,
      app.make("thead", {}, head),
      body,
    );
    table.addEventListener("keydown", (event) => {
      const next = moved(event, current, sheet);
      if (!next || !onselect) return;
      select(next); // at once, since keys may be faster than pictures
      onselect(sheet.place(...next), true);
    });
    const focusable = () => cells[current[0]] && cells[current[0]][current[1]];
    if (focusable()) focusable().tabIndex = 0;
    const select = (cell) => {
      if (!focusable()) return;
      focusable().tabIndex = -1;
      table.querySelectorAll("[aria-selected]").forEach((other) => other.removeAttribute("aria-selected"));
      current = cell || [0, 0];
      focusable().tabIndex = 0;
      if (cell) focusable().setAttribute("aria-selected", "true");
    };
    return {
      element: app.make("div", { class: "heat-frame" }, table),
      select(place, focus = false) {
        select(place ? sheet.cell(place) : null);
        if (focus && focusable()) focusable().focus();
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
      {
        class: "heat-frame painted",
        tabindex: onselect ? "0" : null,
        role: onselect ? "application" : "img",
        "aria-label": onselect ? `${label}; arrow keys go from entry to entry` : label,
      },
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
      const ink = app.rgb(app.palette().zero.map((channel) => 255 - channel));
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
      pen.fillStyle = app.rgb(app.shade(array[flat], most));
      pen.fillRect(x, y, size - gap, size - gap);
      pen.fillStyle = pen.strokeStyle = ink;
      pen.lineWidth = 1;
      pen.globalAlpha = 0.75;
      pen.beginPath();
      if (state === "nan") {
        (pen.moveTo(x, y), pen.lineTo(x + size - gap, y + size - gap));
        (pen.moveTo(x + size - gap, y), pen.lineTo(x, y + size - gap));
      } else if (state === "inf" || state === "-inf") {
        pen.rect(x + size / 4, y + size / 4, size / 2 - gap, size / 2 - gap);
        pen.fill();
      } else if (state === "masked" || state === "not yet") {
        pen.globalAlpha = 0.35;
        (pen.moveTo(x, y + size - gap), pen.lineTo(x + size - gap, y));
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
        if (!selected && next) (event.preventDefault(), event.stopPropagation());
        if (!next) return;
        selected = next;
        onselect(sheet.place(...next), true);
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
}
