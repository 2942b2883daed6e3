// The stepper: forward, then backward, one op at a time.
{
  const element = document.getElementById("stepper");
  const { make } = app;
  const [F, B] = [app.forward.length, app.backward.length];
  const both = app.seeds.length > 0;
  const LAST = both ? F + 1 + B : F; // 0 … F forward, F + 1 the first gradient, then the steps back

  const ICONS = {
    first: "M6 5v14M19 5l-9 7 9 7z",
    back: "M16 5l-9 7 9 7z",
    play: "M7 4l13 8-13 8z",
    pause: "M8 5v14M16 5v14",
    on: "M8 5l9 7-9 7z",
    last: "M18 5v14M5 5l9 7-9 7z",
  };
  const icon = (name) => {
    const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    picture.setAttribute("viewBox", "0 0 24 24");
    picture.setAttribute("aria-hidden", "true");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", ICONS[name]);
    picture.append(path);
    return picture;
  };
  const button = (id, name, label, onclick) =>
    make("button", { id, class: "step", "aria-label": label, title: label, onclick }, icon(name));

  // --- time: one number for both passes

  app.time = () => (app.state.phase === "forward" ? app.state.step : F + 1 + app.state.step);

  app.goTo = (time) => {
    const at = Math.max(0, Math.min(LAST, Math.round(time)));
    const phase = at <= F ? "forward" : "backward";
    const patch = { phase, step: at <= F ? at : at - F - 1 };
    if (phase !== app.state.phase) patch.side = phase === "forward" ? "value" : "gradient";
    app.set(patch);
    if (app.state.follow) follow();
  };
  app.stepBy = (by) => {
    pause();
    app.goTo(app.time() + by);
  };

  // To where the next box of this view is through, which may take many steps.
  app.stepOver = (by) => {
    pause();
    const { view } = app.state;
    const boxAt = (time) => {
      const id = time <= F ? app.forward[time - 1] : app.backward[time - F - 2]?.node;
      return id === undefined ? null : app.boxIn(view, id, app.layer.opened);
    };
    let time = app.time() + by;
    const box = boxAt(by > 0 ? time : time + 1);
    while (time > 0 && time < LAST && time !== F && time !== F + 1 && boxAt(by > 0 ? time + 1 : time) === box) time += by;
    const following = app.state.follow;
    app.state.follow = false;
    app.goTo(time);
    app.state.follow = following;
  };

  // Keep the op that ran or fired in sight: open the place where it is.
  const follow = () => {
    const now = app.current();
    if (!now || (app.state.phase === "forward" && app.state.step === F)) return;
    const home = app.home(now.node);
    if (home !== app.state.view) app.open(home, `n${now.node}`);
    app.set({ node: now.node, entry: null });
  };

  // --- playing

  let timer = null;
  const speeds = [["1×", 900], ["4×", 225], ["16×", 56], ["max", 16]];
  const pause = () => {
    clearTimeout(timer);
    timer = null;
    showPlaying();
  };
  const tick = () => {
    if (app.time() >= LAST) return pause();
    app.goTo(app.time() + 1);
    timer = setTimeout(tick, speeds[Number(speed.value)][1]);
  };
  app.play = () => {
    if (timer) return pause();
    if (app.time() >= LAST) app.goTo(both ? F : 0);
    timer = setTimeout(tick, 60);
    showPlaying();
  };

  // --- the controls

  const playButton = make("button", { id: "play", class: "step main", onclick: () => app.play() });
  const showPlaying = () => {
    playButton.replaceChildren(icon(timer ? "pause" : "play"));
    const label = timer ? "Pause (space)" : "Play (space)";
    playButton.setAttribute("aria-label", label);
    playButton.title = label;
  };
  const speed = make("select", { id: "speed", "aria-label": "Speed" }, speeds.map(([name], i) => make("option", { value: i }, name)));
  const followBox = make("input", { type: "checkbox", id: "follow", checked: true, onchange: () => app.set({ follow: followBox.checked }) });
  const scrub = make("input", {
    id: "scrub",
    type: "range",
    min: 0,
    max: LAST,
    step: 1,
    "aria-label": "Step",
    oninput: () => {
      pause();
      app.goTo(Number(scrub.value));
    },
  });
  const track = make("div", { id: "track", "aria-hidden": "true" }, make("i", { class: "forward" }), both ? make("i", { class: "backward" }) : null);
  track.firstChild.style.flexGrow = F || 1;
  if (both) track.lastChild.style.flexGrow = B + 1;
  const says = make("p", { id: "says" });
  const count = make("span", { id: "count" });

  element.append(
    make(
      "div",
      { class: "buttons" },
      button("first", "first", "To the start (Home)", () => (pause(), app.goTo(0))),
      button("back", "back", "One step back (←)", () => app.stepBy(-1)),
      playButton,
      button("on", "on", "One step on (→)", () => app.stepBy(1)),
      button("last", "last", "To the end (End)", () => (pause(), app.goTo(LAST))),
    ),
    make("div", { class: "time" }, make("div", { class: "line" }, says, count), make("div", { class: "scrubber" }, track, scrub)),
    make("div", { class: "choices" }, speed, make("label", { for: "follow" }, followBox, " Follow")),
  );
  showPlaying();

  // --- what happens at this step, as a sentence

  const called = (id) => {
    const node = app.node(id);
    return node.result || node.role || node.name || node.kind;
  };
  const listed = (names) => (names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);

  app.sentence_of_step = () => {
    const { phase, step } = app.state;
    const now = app.current();
    if (phase === "forward") {
      if (F === 0) return ["Nothing was recorded.", "No op ran."];
      if (step === 0) return ["Nothing has been computed yet.", "Only what was given is there."];
      if (step === F) {
        const failed = app.data.graph.nodes.find((node) => node.error);
        if (failed) return [`${failed.name} failed.`, failed.error];
        return ["The forward pass is complete.", both ? "Step on to watch backpropagation." : "No backward pass was recorded."];
      }
      const shape = app.shape(app.node(now.node).shape);
      return [`${app.title(now.node)} ran`, `and gave ${shape || "its result"}${app.node(now.node).line ? `, at ${app.node(now.node).line}` : ""}.`];
    }
    if (step === 0) {
      const seed = app.decoded(app.seeds[0].value);
      const of = called(app.seeds[0].node);
      const value = seed && seed.array && seed.size === 1 ? app.number(seed.array[0]) : "the first gradient";
      return ["Backpropagation begins:", `the gradient of ${of} with respect to itself is ${value}.`];
    }
    const targets = [...new Set(now.inputs.map(called))];
    const { expected } = app.arrived(now.node);
    const complete = expected > 1 ? `, with all ${expected} contributions there` : "";
    return [`${app.title(now.node)} fires${complete}`, targets.length ? `and sends to ${listed(targets)}.` : "and sends nothing on."];
  };

  const refresh = () => {
    const time = app.time();
    if (Number(scrub.value) !== time) scrub.value = time;
    const { phase, step } = app.state;
    element.dataset.phase = phase;
    const name = phase === "forward" ? "Forward" : "Backward";
    const of = phase === "forward" ? F : B;
    count.textContent = `${name} ${step} of ${of}`;
    const [what, then] = app.sentence_of_step();
    says.replaceChildren(make("b", {}, what), ` ${then}`);
    scrub.setAttribute("aria-valuetext", `${name} ${step} of ${of}: ${what} ${then}`);
    track.style.setProperty("--done", LAST ? time / LAST : 0);
    for (const [id, off] of [["first", time === 0], ["back", time === 0], ["on", time === LAST], ["last", time === LAST]]) {
      document.getElementById(id).setAttribute("aria-disabled", off);
    }
  };

  let last = null;
  app.listen((state, changed) => {
    if (!changed.has("phase") && !changed.has("step") && last !== null) return;
    refresh();
    const text = `${count.textContent}. ${says.textContent}`;
    if (last !== null && text !== last && !timer) app.say(text);
    last = text;
  });
}
