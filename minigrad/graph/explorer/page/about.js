// The first tab: what the selected node is, where it came from, and where it goes.
{
  const { make } = app;

  const link = (id) =>
    make("button", { type: "button", class: "link", onclick: () => app.reveal(id) }, `${app.title(id)} ${app.shape(app.node(id).shape)}`);

  const row = (name, ...content) => [make("dt", {}, name), make("dd", {}, ...content)];

  const brief = (numbers) => {
    if (!numbers) return "not recorded";
    if (!numbers.size) return "empty";
    if (numbers.array && numbers.size === 1) return `${app.number(numbers.array[0], 8)}`;
    const bad = numbers.not_finite ? `, ${numbers.not_finite} not finite` : "";
    return `from ${app.number(numbers.low)} to ${app.number(numbers.high)}, mean ${app.number(numbers.mean)}${bad}`;
  };

  const STATES = {
    "not yet": "not computed yet",
    none: "none is wanted here",
    detached: "none: it was detached",
    partial: "on its way",
  };

  const gradient = (id) => {
    const of = app.outputs.get(id) ?? id;
    if (app.state.hidden === of) return "hidden while you guess";
    const state = app.gradientState(of);
    const { arrived, expected } = app.arrived(of);
    if (state === "partial") return `${arrived} of ${expected} contributions arrived`;
    return STATES[state] || brief(app.gradient(of));
  };

  const whereabouts = (id) => {
    const home = app.home(id) ?? app.home(app.usersOf(id)[0]);
    if (home === undefined) return "";
    return app.around(home).slice(1).map((key) => app.place(key).label).join(" › ") || "outside any module";
  };

  const KINDS = {
    op: "an op",
    parameter: "a parameter",
    input: "an input",
    constant: "a constant",
    output: "an output",
  };

  const render = (element, state) => {
    if (state.node === null) {
      const { graph, notes } = app.data;
      const parameters = graph.nodes.filter((node) => node.kind === "parameter");
      element.append(
        make("h2", {}, app.data.title),
        make("p", {}, `${app.forward.length} ops ran forward${app.seeds.length ? `, and ${app.backward.length} fired backward` : ""}. `,
          "Select a box to see its numbers; open a module to go inside."),
        make("dl", { class: "facts" },
          row("ops", `${app.forward.length}`),
          row("modules", `${graph.scopes.length}`),
          row("parameters", `${parameters.length} tensors, ${parameters.reduce((n, p) => n + p.shape.reduce((a, b) => a * b, 1), 0).toLocaleString("en")} numbers`)),
        ...notes.map((note) => make("p", { class: "note" }, note)),
      );
      return;
    }
    const node = app.node(state.node);
    const computed = app.isComputed(node.id);
    element.append(
      make("h2", {}, app.title(node.id)),
      make("p", { class: "kind" }, make("span", { class: "dot", "data-kind": node.kind }), ` ${KINDS[node.kind]}${node.role ? `, the ${node.role} of its module` : ""}`),
      ...(node.error ? [make("p", { class: "error" }, node.error)] : []),
      make("dl", { class: "facts" },
        row("shape", app.shape(node.shape), " ", node.dtype),
        row("value", computed ? brief(app.values(app.outputs.get(node.id) ?? node.id)) : "not computed yet"),
        row("gradient", gradient(node.id)),
        row("place", whereabouts(node.id)),
        node.line ? row("line", make("code", {}, node.line), node.code ? make("code", { class: "source" }, node.code) : null) : null,
        (node.settings || []).length ? row("settings", node.settings.map(([name, text]) => make("div", {}, make("code", {}, `${name} = ${text}`)))) : null,
        app.inputs(node.id).length ? row("takes", app.inputs(node.id).map((id) => make("div", {}, link(id)))) : null,
        app.usersOf(node.id).length ? row("goes to", app.usersOf(node.id).slice(0, 12).map((id) => make("div", {}, link(id))),
          app.usersOf(node.id).length > 12 ? `and ${app.usersOf(node.id).length - 12} more` : null) : null,
      ),
    );
  };

  app.panels.unshift({ name: "about", title: "About", key: "i", render });
}
