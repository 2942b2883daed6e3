// What a naive recursion would compute: one that does not wait until a gradient is complete. The page runs it, with
// the maps of the rules, on graphs that are small enough, and shows where it first goes wrong.
{
  const VISITS = 2000; // at which it is stopped
  const ENTRIES = 2000; // of all gradients together, for the maps are applied at every visit
  const LINES = 30;

  const KINDS = {
    sum: {
      title: "passes on its sum so far, at every arrival",
      why: "What arrived first is passed on again each time something more arrives, so it is counted more than once.",
    },
    once: {
      title: "fires once, at the first arrival",
      why: "It has fired before everything arrived, so what came later is never passed on.",
    },
    last: {
      title: "overwrites, and passes on what came last",
      why: "Each arrival replaces the one before instead of being added to it.",
    },
    each: {
      title: "passes on each arrival by itself",
      why: "",
    },
  };

  let kind = "sum";
  let shown = false;

  const start = () => {
    const seeds = app.seeds.filter((seed) => app.decoded(seed.value)?.array);
    return seeds.length ? seeds : null;
  };

  const contributions = () => new Map(app.backward.map((step) => [step.node, step.contributions]));

  // How often a recursion comes to each op: once for each path from the loss.
  const paths = () => {
    const count = new Map();
    for (const seed of app.seeds) count.set(seed.node, (count.get(seed.node) || 0n) + 1n);
    for (const { node, contributions: passed } of app.backward)
      for (const { target } of passed) count.set(target, (count.get(target) || 0n) + (count.get(node) || 0n));
    return app.backward.reduce((sum, { node }) => sum + (count.get(node) || 0n), 0n);
  };

  const tooLarge = () => {
    const touched = new Set(app.backward.flatMap((step) => [step.node, ...step.contributions.map((c) => c.target)]));
    let entries = 0;
    for (const id of touched) entries += app.size(app.node(id).shape);
    if (entries > ENTRIES)
      return `its gradients have ${entries.toLocaleString("en")} entries, and at most ${ENTRIES} are tried`;
    const reasons = app.backward.flatMap((step) => step.contributions.map((c) => app.whyNot(step.node, c.argument)));
    const reason = reasons.find(Boolean);
    return reason ? `not all rules can be run in the page: ${reason}` : "";
  };

  // Run a naive recursion: {gradients, visits, stopped, trail, first}, where `first` is the first wrong thing passed on.
  const run = (how) => {
    const passedBy = contributions();
    const gradients = new Map();
    const fired = new Set();
    const trail = [];
    let [visits, stopped] = [0, false];

    const arrive = (id, value, depth, from) => {
      if (stopped) return;
      const before = gradients.get(id);
      const now = before && how !== "last" ? before.map((x, i) => x + value[i]) : Float64Array.from(value);
      gradients.set(id, now);
      if (!passedBy.has(id)) return void trail.push({ id, depth, from, value, now, leaf: true });
      if (how === "once" && fired.has(id)) return void trail.push({ id, depth, from, value, now, ignored: true });
      fired.add(id);
      visits += 1;
      if (visits > VISITS) return void (stopped = true);
      trail.push({ id, depth, from, value, now });
      const out = how === "each" ? value : now;
      for (const { target, argument } of passedBy.get(id)) {
        arrive(target, app.applied(id, argument, target, out), depth + 1, id);
      }
    };

    for (const seed of start()) arrive(seed.node, app.decoded(seed.value).array, 0, null);
    return { gradients, visits, stopped, trail };
  };

  const differs = (id, found) => {
    const right = app.gradient(id);
    if (!right || !right.array || !found) return false;
    const size = app.largest(right.array);
    return right.array.some((x, i) => !app.agree(found[i], x, size, app.node(id).dtype));
  };

  const text = (array) =>
    array.length <= 4
      ? [...array].map((x) => app.number(x)).join(", ")
      : `${app.number(array[0])}, … (${array.length})`;

  // The first op that passes on something else than its whole gradient.
  const firstWrong = (trail) => trail.find((event) => !event.leaf && !event.ignored && differs(event.id, event.now));

  const result = (how) => {
    const { gradients, visits, stopped, trail } = run(how);
    const box = app.make("div", { class: "naive-result" });
    const ops = app.backward.length;
    box.append(
      app.make(
        "p",
        { class: "visits" },
        "It visits ops ",
        app.make("b", { class: "number" }, stopped ? `more than ${VISITS}` : `${visits}`),
        ` times; backpropagation in order visits each of the ${ops} once.`,
      ),
    );
    const rows = [...gradients.keys()].filter((id) => app.gradient(id)?.array);
    const wrong = rows.filter((id) => differs(id, gradients.get(id)));
    const body = rows.slice(0, 40).map((id) => {
      const same = !wrong.includes(id);
      return app.make(
        "tr",
        { class: same ? null : "differs", "data-node": `${id}` },
        app.make("td", {}, app.link(id)),
        app.make("td", { class: "number" }, text(gradients.get(id))),
        app.make("td", { class: "number" }, app.state.hidden === id ? "?" : text(app.gradient(id).array)),
        app.make("td", {}, app.verdict(same, "same", "wrong")),
      );
    });
    box.append(
      app.make(
        "table",
        { class: "ledger" },
        app.heads("gradient of", "#naive", "#right", ""),
        app.make("tbody", {}, body),
      ),
    );
    const first = firstWrong(trail);
    if (how === "each" && !stopped)
      box.append(
        app.note(
          "The gradients are right, but the number of visits is that of all paths through the graph: it doubles with every sum like b = a + a.",
        ),
      );
    else if (first)
      box.append(
        app.make(
          "p",
          { class: "first-wrong" },
          "It first goes wrong at ",
          app.link(first.id),
          `, which passes on ${text(first.now)} though its gradient is ${text(app.gradient(first.id).array)}. `,
          KINDS[how].why,
        ),
      );
    else if (wrong.length)
      box.append(
        app.make("p", { class: "first-wrong" }, "It first goes wrong at ", app.link(wrong[0]), ". ", KINDS[how].why),
      );
    else
      box.append(app.note("On this graph it happens to be right: no result is used by more than one op on the way."));
    box.append(app.make("details", {}, app.make("summary", {}, "Visit by visit"), trailList(trail)));
    return box;
  };

  const trailList = (trail) => {
    const list = app.make("ol", { class: "trail" });
    for (const event of trail.slice(0, LINES)) {
      const line = app.make(
        "li",
        { class: event.ignored ? "ignored" : null },
        app.link(event.id),
        ` gets ${text(event.value)}`,
        event.leaf || event.ignored ? "" : `, passes on ${text(kind === "each" ? event.value : event.now)}`,
        event.ignored ? ", but has fired already" : "",
      );
      line.style.paddingLeft = `${Math.min(event.depth, 12)}em`;
      list.append(line);
    }
    if (trail.length > LINES) list.append(app.make("li", {}, `… ${trail.length - LINES} more`));
    return list;
  };

  // The switch, and if it is on what comes of it. It does not depend on the step, only on the graph.
  app.naive = () => {
    const box = app.make("section", { class: "naive", "aria-label": "A naive recursion" });
    const toggle = app.make("input", { type: "checkbox", id: "naive-switch", checked: shown });
    toggle.addEventListener("change", () => {
      shown = toggle.checked;
      fill();
    });
    const inside = app.make("div");
    const fill = () => {
      if (!shown) return void inside.replaceChildren();
      const reason = !app.backward.length || !start() ? "no backward pass was recorded" : tooLarge();
      const count = paths();
      const visits = app.note(
        "A recursion that does not wait comes to ops once for each path from the loss: ",
        app.make("b", { class: "number paths" }, count.toLocaleString("en")),
        ` visits, where ${app.backward.length.toLocaleString("en")} would do.`,
      );
      if (reason) return void inside.replaceChildren(visits, app.note(`It is not run here: ${reason}.`));
      const choices = Object.entries(KINDS).map(([name, { title }]) => {
        const radio = app.make("input", { type: "radio", name: "naive", value: name, checked: name === kind });
        radio.addEventListener("change", () => {
          kind = name;
          fill();
          inside.querySelector(`input[value="${kind}"]`).focus();
        });
        return app.make("label", {}, radio, ` ${title}`);
      });
      inside.replaceChildren(app.make("fieldset", {}, app.make("legend", {}, "Each op …"), choices), result(kind));
    };
    fill();
    box.append(app.make("label", { class: "switch" }, toggle, " What would a naive recursion compute?"), inside);
    return box;
  };
}
