"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
const KINDS = [
  { name: "cross", title: "decoder → source", match: /^decoder\.(layers\.\d+\.multihead_attn|attention)$/, rows: "says", columns: "reads",
    lead: "To say each token of the right answer (down), how much the decoder looks at each token of the source (across)." },
  { name: "encoder", title: "encoder → source", match: /^encoder\.layers\.\d+\.self_attn$/, rows: "reads", columns: "reads",
    lead: "At each token of the source (down), how much the encoder looks at each other (across)." },
  { name: "decoder", title: "decoder → what it has said", match: /^decoder\.layers\.\d+\.self_attn$/, rows: "says", columns: "hears",
    lead: "To say each token (down), how much the decoder looks at those before it (across)." },
];
const snapshots = data.snapshots;
const kinds = KINDS.filter((kind) => modules(kind).length);
const state = { moment: Math.max(0, snapshots.length - 1), kind: kinds[0] };

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function modules(kind) {
  return snapshots.length ? Object.keys(snapshots[0].attention).filter((name) => kind.match.test(name)) : [];
}

function percent(x) {
  return `${(100 * x).toFixed(1)} %`;
}

// --- what stays as it is

function frame() {
  const last = data.metrics.at(-1);
  const title = `${data.task}, learnt by ${data.model === "transformer" ? "a Transformer" : "an RNN"}`;
  document.title = title;
  at("title").textContent = title;
  at("summary").textContent = last
    ? `${percent(last.exact_match)} of held-out sequences are exactly right after ${last.step} steps and ${last.seconds.toFixed(1)} s of training.`
    : "There was no evaluation yet.";
  if (data.explorer && location.protocol !== "about:") { // inside a notebook the file beside the report is out of reach
    at("links").append(element("a", "Step through the computation, forward and backward, in the explorer", { href: data.explorer }));
    at("terms").append(element("a", "See in the explorer of which terms each weight is made", { href: `${data.explorer}#panel=attention` }));
  }
  for (const [name, picture] of Object.entries(data.pictures)) at(name).src = picture;
  at("curves").alt = data.metrics.length
    ? `Training loss falls from ${data.metrics[0].loss.toFixed(2)} to ${last.loss.toFixed(2)}, exact match rises to ${percent(last.exact_match)}`
    : "";
  for (const [name, value] of Object.entries(data.settings)) {
    const row = element("tr");
    row.append(element("th", name, { scope: "row" }), element("td", String(value)));
    at("settings").append(row);
  }
  at("slider").max = String(Math.max(0, snapshots.length - 1));
  at("looks-section").hidden = !kinds.length;
  for (const kind of kinds) {
    const button = element("button", kind.title, { "data-kind": kind.name });
    button.addEventListener("click", () => { state.kind = kind; maps(); show(); });
    at("kinds").append(button);
  }
}

// --- attention: a table for each head, made once for each kind, and painted at each moment

let cells = [];

function maps() {
  cells = [];
  at("looks").replaceChildren();
  if (!state.kind) return;
  at("looks-lead").textContent = state.kind.lead;
  for (const button of at("kinds").children) button.setAttribute("aria-pressed", String(button.dataset.kind === state.kind.name));
  modules(state.kind).forEach((module, layer) => {
    const row = element("div", undefined, { class: "layer" });
    snapshots[0].attention[module].forEach((_, head) => row.append(map(module, layer, head)));
    at("looks").append(row);
  });
}

function map(module, layer, head) {
  const rows = data.labels[state.kind.rows];
  const columns = data.labels[state.kind.columns];
  const table = element("table", undefined, { class: "map" });
  const top = element("tr");
  top.append(element("td"), ...columns.map((text) => element("th", short(text), { scope: "col" })));
  table.append(top);
  rows.forEach((text, i) => {
    const line = element("tr");
    line.append(element("th", short(text), { scope: "row" }));
    columns.forEach((_, j) => {
      const cell = element("td");
      cell.addEventListener("pointerenter", () => point({ module, layer, head, i, j }));
      cell.addEventListener("pointerleave", () => point(null));
      cells.push({ cell, module, head, i, j });
      line.append(cell);
    });
    table.append(line);
  });
  const figure = element("figure");
  figure.append(element("figcaption", `layer ${layer}, head ${head}`), table);
  return figure;
}

function short(text) {
  return text.length > 2 ? text.toLowerCase() : text;
}

function weight({ module, head, i, j }) {
  return snapshots[state.moment].attention[module]?.[head]?.[i]?.[j] ?? 0;
}

function point(where) {
  for (const one of cells) one.cell.classList.toggle("same", where !== null && one.i === where.i && one.j === where.j);
  at("cell").textContent = where === null ? "" :
    `layer ${where.layer}, head ${where.head}: from ${data.labels[state.kind.rows][where.i]} to ` +
    `${data.labels[state.kind.columns][where.j]} ${weight(where).toFixed(3)}`;
}

function colours() {
  const style = getComputedStyle(document.documentElement);
  return ["--cold", "--hot"].map((name) => style.getPropertyValue(name).split(",").map(Number));
}

function paint() {
  const [cold, hot] = colours();
  for (const one of cells) {
    const w = Math.min(1, Math.max(0, weight(one)));
    const mixed = cold.map((c, k) => Math.round(c + (hot[k] - c) * w));
    one.cell.style.background = `rgb(${mixed.join(",")})`;
  }
  at("looks").setAttribute("aria-label", summary());
  at("looks").setAttribute("role", "group");
}

function summary() {
  if (!state.kind) return "";
  const heads = modules(state.kind).flatMap((module) => snapshots[state.moment].attention[module]);
  const share = heads.map((head) => head.reduce((sum, row) => sum + Math.max(...row), 0) / head.length);
  return `${heads.length} heads; at this moment the largest weight of a row is ${percent(Math.max(...share))} in the most decided head`;
}

// --- what it says

function says() {
  const table = at("says");
  const top = element("tr");
  for (const text of ["it reads", "it says", "right answer", ""]) top.append(element("th", text, { scope: "col" }));
  table.replaceChildren(top);
  data.samples.forEach((sample, n) => {
    const said = snapshots[state.moment].said[n];
    const row = element("tr");
    const answer = element("td");
    said.forEach((symbol, i) => {
      answer.append(element("span", String(symbol), symbol === sample.answer[i] ? {} : { class: "wrong" }), " ");
    });
    if (!said.length) answer.append(element("span", "nothing", { class: "wrong" }));
    const right = said.length === sample.answer.length && said.every((symbol, i) => symbol === sample.answer[i]);
    row.append(
      element("td", sample.asked.join(" ")), answer, element("td", sample.answer.join(" ")),
      element("td", right ? "✓ right" : "✗ wrong", { class: `verdict${right ? "" : " lead"}` }),
    );
    table.append(row);
  });
}

// --- the moment

function show() {
  if (!snapshots.length) return;
  const { step } = snapshots[state.moment];
  const line = data.metrics.find((metric) => metric.step === step);
  const slider = at("slider");
  slider.value = String(state.moment);
  const text = line ? `step ${step}: ${percent(line.exact_match)} exactly right` : `step ${step}, before training`;
  at("now").textContent = text;
  slider.setAttribute("aria-valuetext", text);
  says();
  paint();
}

let timer = null;

function play() {
  if (timer !== null) return stop();
  if (state.moment === snapshots.length - 1) state.moment = 0;
  at("play").textContent = "❚❚";
  at("play").setAttribute("aria-label", "Pause");
  show();
  timer = setInterval(() => {
    state.moment += 1;
    show();
    if (state.moment >= snapshots.length - 1) stop();
  }, 700);
}

function stop() {
  clearInterval(timer);
  timer = null;
  at("play").textContent = "▶";
  at("play").setAttribute("aria-label", "Play");
}

frame();
maps();
show();
at("slider").addEventListener("input", () => { stop(); state.moment = Number(at("slider").value); show(); });
at("play").addEventListener("click", play);
at("moment").hidden = snapshots.length < 2;
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
