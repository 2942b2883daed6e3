// The first picture; and where the reader is, kept in the address, so that a link leads back there.
{
  const read = () => {
    const wanted = new URLSearchParams(location.hash.slice(1));
    const patch = {};
    const number = (name) => (wanted.has(name) && wanted.get(name) !== "" ? Number(wanted.get(name)) : NaN);
    if (app.place(wanted.get("view") ?? "?")) patch.view = wanted.get("view");
    if (app.node(number("node"))) patch.node = number("node");
    if (app.panels.some((panel) => panel.name === wanted.get("panel"))) patch.panel = wanted.get("panel");
    if (Object.keys(patch).length) app.set(patch);
    if (Number.isInteger(number("time"))) {
      const { follow } = app.state;
      app.state.follow = false;
      app.goTo(number("time"));
      app.state.follow = follow;
    }
  };

  const write = () => {
    const { view, node, panel } = app.state;
    const parts = { view, node: node ?? "", panel: panel ?? "", time: app.time() };
    try {
      history.replaceState(null, "", `#${new URLSearchParams(parts)}`);
    } catch {
      // a frame without an address of its own, as in notebooks, keeps nothing
    }
  };

  app.setUp();
  const failed = app.data.graph.nodes.find((node) => node.error);
  if (failed) app.reveal(failed.id);
  read();
  let writing = 0;
  app.listen(() => {
    clearTimeout(writing);
    writing = setTimeout(write, 300);
  });
  window.addEventListener("hashchange", read);
  app.refresh();
  performance.mark("ready");
  document.documentElement.dataset.ready = "yes";
}
