// The view that is open: how one comes to another, and how the keyboard moves inside it.
{
  const world = document.getElementById("world");
  const stage = document.getElementById("stage");

  // --- choosing and opening

  app.choose = (box) => {
    if (box.stub) return leave(box);
    if (box.node !== null) return app.set({ node: box.node, entry: null });
    return app.open(box.id);
  };

  app.enter = (box) => {
    if (app.place(box.id)) app.open(box.id);
    else if (!app.moving()) app.glide(closeUp(box));
  };

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

  app.unfold = (key) => app.set({ unfolded: new Set(key === null ? [] : [key]) });
  app.canUnfold = (key) => Boolean(app.data.unfolded[key]) && app.place(key).parent === app.state.view;

  // Go to a node wherever it is; a leaf without a box is found at the first op that uses it.
  app.reveal = (what) => {
    const id = app.outputs.get(what) ?? what; // an output is seen at what it shows
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

  // --- from view to view

  const show = () => {
    const { view, unfolded } = app.state;
    const opened = [...unfolded].find((key) => app.data.unfolded[key] && app.place(key).parent === view) || null;
    const previous = app.layer;
    const next = app.build(view, opened);
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

  app.listen((state, changed) => {
    if (changed.has("view") || changed.has("unfolded") || !app.layer) {
      hadFocus = Boolean(document.activeElement?.closest?.("#world"));
      show();
    }
    app.refreshLayer(app.layer);
    if (changed.has("node") && state.node !== null && !changed.has("view")) {
      const box = app.layer.boxes.get(app.boxIn(state.view, app.home(state.node) === undefined ? app.usersOf(state.node)[0] : state.node, app.layer.opened));
      if (box && !app.moving()) app.show(box);
    }
  });
}
