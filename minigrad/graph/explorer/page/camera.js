// Looking at a view: pan and zoom by wheel, fingers, buttons and keys; the moves from one view into another.
{
  const stage = document.getElementById("stage");
  const CLOSEST = 60;
  const NEAR = 1.9; // from where boxes make room for their numbers
  const MARGIN = 28;
  const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  app.camera = { x: 0, y: 0, k: 1 };
  app.layer = null; // the view on the stage: {key, element, width, height, boxes, ...}
  let moving = 0; // number of the animation that is running, or 0
  let animations = 0;
  const watchers = [];
  app.onCamera = (watcher) => watchers.push(watcher);

  const size = () => ({ width: stage.clientWidth, height: stage.clientHeight });

  const place = (layer, camera) => {
    layer.element.style.transform = `translate(${camera.x}px, ${camera.y}px) scale(${camera.k})`;
    layer.element.style.setProperty("--text", Math.min(1, 1.5 / camera.k));
  };

  const look = (camera) => {
    app.camera = camera;
    if (app.layer) place(app.layer, camera);
    stage.classList.toggle("near", camera.k > NEAR);
    for (const watcher of watchers) watcher(camera);
  };
  app.look = look;

  // The camera that shows a rectangle of a layer in a rectangle of the stage.
  const framing = (inner, outer) => {
    const k = Math.min(outer.width / inner.width, outer.height / inner.height);
    return {
      k,
      x: outer.x + (outer.width - inner.width * k) / 2 - inner.x * k,
      y: outer.y + (outer.height - inner.height * k) / 2 - inner.y * k,
    };
  };

  const extent = (layer) => ({ x: 0, y: 0, width: layer.width, height: layer.height });

  // The camera for a view that was just opened: all of it, or as much as can be read.
  app.fitting = (layer, focus = null) => {
    const { width, height } = size();
    const room = { x: MARGIN, y: MARGIN + 26, width: width - 2 * MARGIN, height: height - 2 * MARGIN - 26 };
    const all = framing(extent(layer), room);
    if (all.k > 1.35) return { k: 1.35, x: (width - layer.width * 1.35) / 2, y: (height + 26 - layer.height * 1.35) / 2 };
    const least = width < 600 ? 0.6 : 0.64;
    if (all.k >= least) return all;
    const box = focus || { x: layer.width / 2, y: 0, w: 0, h: 0 };
    const between = (at, inner, outer) =>
      inner * least <= outer ? (outer - inner * least) / 2 : Math.min(MARGIN + 26, Math.max(outer - inner * least - MARGIN, outer / 2 - at * least));
    return { k: least, x: between(box.x, layer.width, width), y: between(box.y, layer.height, height) };
  };

  const ease = (t) => (t < 0.5 ? 4 * t * t * t : 1 - (-2 * t + 2) ** 3 / 2);
  const between = (a, b, t) => a + (b - a) * t;

  const animate = (length, draw, done = () => {}) => {
    const me = (moving = ++animations);
    const finish = () => {
      if (moving === me) moving = 0;
      done();
    };
    if (still() || document.hidden) {
      draw(1);
      finish();
      return;
    }
    const start = performance.now();
    const frame = (now) => {
      if (moving !== me) return finish();
      const t = Math.min(1, Math.max(0, (now - start) / length));
      draw(ease(t));
      t < 1 ? requestAnimationFrame(frame) : finish();
    };
    requestAnimationFrame(frame);
  };

  app.moving = () => moving !== 0;

  app.glide = (to, length = 260) => {
    const from = { ...app.camera };
    animate(length, (t) => {
      const k = from.k * (to.k / from.k) ** t;
      const share = to.k === from.k ? t : (k - from.k) / (to.k - from.k);
      look({ k, x: between(from.x, to.x, share), y: between(from.y, to.y, share) });
    });
  };

  const on = (camera, rectangle) => ({
    x: camera.x + rectangle.x * camera.k,
    y: camera.y + rectangle.y * camera.k,
    width: rectangle.width * camera.k,
    height: rectangle.height * camera.k,
  });

  // Put a layer on the stage in place of another one: out of a box of that one, into one of its own, or by fading.
  app.change = (next, previous, { into = null, outOf = null, focus = null } = {}) => {
    const from = { ...app.camera };
    const to = app.fitting(next, focus);
    app.layer = next;
    const end = () => {
      if (previous) previous.element.remove();
      next.element.style.opacity = "";
      next.element.classList.remove("arriving");
    };
    if (!previous) {
      look(to);
      return end();
    }
    previous.element.classList.add("leaving");
    next.element.classList.add("arriving");
    const box = (layer, id) => {
      const found = layer.boxes.get(id);
      return found && { x: found.x - found.w / 2, y: found.y - found.h / 2, width: found.w, height: found.h };
    };
    const small = into ? box(previous, into) : outOf ? box(next, outOf) : null;
    animate(small ? 420 : 200, (t) => {
      next.element.style.opacity = t;
      previous.element.style.opacity = 1 - t;
      if (!small) return look(to);
      const ends = into ? [on(from, small), on(to, extent(next))] : [on(from, extent(previous)), on(to, small)];
      const now = {};
      for (const name of ["x", "y", "width", "height"]) now[name] = between(ends[0][name], ends[1][name], t);
      const cameras = into ? [framing(extent(next), now), framing(small, now)] : [framing(small, now), framing(extent(previous), now)];
      place(previous, cameras[1]);
      look(t === 1 ? to : cameras[0]);
    }, end);
  };

  // --- zooming

  let rested = 0; // when a view was last changed by zooming

  app.zoomAt = (x, y, factor) => {
    if (app.moving() || performance.now() - rested < 250) return;
    const { k } = app.camera;
    const wanted = Math.min(CLOSEST, Math.max(0.08, k * factor));
    const camera = {
      k: wanted,
      x: x - ((x - app.camera.x) * wanted) / k,
      y: y - ((y - app.camera.y) * wanted) / k,
    };
    look(camera);
    const { width, height } = size();
    if (factor > 1) {
      const box = app.boxAt((x - camera.x) / camera.k, (y - camera.y) / camera.k);
      const near = box && (box.w * camera.k > 0.62 * width || box.h * camera.k > 0.4 * height);
      if (near && app.place(box.id)) {
        rested = performance.now();
        app.open(box.id);
      }
    } else {
      const all = app.fitting(app.layer);
      const parent = app.place(app.state.view).parent;
      if (parent !== null && camera.k < 0.5 * all.k) {
        rested = performance.now();
        app.open(parent);
      }
    }
  };

  const point = (event) => {
    const at = stage.getBoundingClientRect();
    return [event.clientX - at.left, event.clientY - at.top];
  };

  stage.addEventListener(
    "wheel",
    (event) => {
      if (event.target.closest("#legend")) return;
      event.preventDefault();
      const lines = event.deltaMode === 1 ? 16 : 1;
      app.zoomAt(...point(event), Math.exp((-event.deltaY * lines * (event.ctrlKey ? 4 : 1)) / 420));
    },
    { passive: false },
  );

  // --- moving with the pointer; two pinch

  const pointers = new Map();
  let dragged = false;
  app.wasDragged = () => dragged;

  stage.addEventListener("pointerdown", (event) => {
    if (event.target.closest("#zoom, #legend, #map, #notes button, input")) return;
    pointers.set(event.pointerId, point(event));
    if (pointers.size === 1) dragged = false;
  });
  stage.addEventListener("pointermove", (event) => {
    if (!pointers.has(event.pointerId) || app.moving()) return;
    const before = [...pointers.values()];
    const [x, y] = point(event);
    const [x0, y0] = pointers.get(event.pointerId);
    if (!dragged && Math.hypot(x - x0, y - y0) < 5) return;
    if (!dragged) stage.setPointerCapture(event.pointerId);
    dragged = true;
    stage.classList.add("dragging");
    pointers.set(event.pointerId, [x, y]);
    if (pointers.size === 1) look({ ...app.camera, x: app.camera.x + x - x0, y: app.camera.y + y - y0 });
    if (pointers.size === 2) {
      const after = [...pointers.values()];
      const apart = ([a, b]) => Math.max(8, Math.hypot(a[0] - b[0], a[1] - b[1]));
      const middle = ([a, b]) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
      app.zoomAt(...middle(after), apart(after) / apart(before));
    }
  });
  for (const name of ["pointerup", "pointercancel"]) {
    window.addEventListener(name, (event) => {
      pointers.delete(event.pointerId);
      if (!pointers.size) stage.classList.remove("dragging");
      setTimeout(() => (dragged = pointers.size ? dragged : false));
    });
  }

  const middle = () => [size().width / 2, size().height / 2];
  app.zoomBy = (factor) => {
    const [x, y] = middle();
    const box = app.layer.boxes.get(app.focused && app.focused());
    if (box) app.zoomAt(app.camera.x + box.x * app.camera.k, app.camera.y + box.y * app.camera.k, factor);
    else app.zoomAt(x, y, factor);
  };
  app.fit = () => app.glide(app.fitting(app.layer));
  document.getElementById("zoom-in").addEventListener("click", () => app.zoomBy(1.4));
  document.getElementById("zoom-out").addEventListener("click", () => app.zoomBy(1 / 1.4));
  document.getElementById("zoom-fit").addEventListener("click", () => app.fit());

  // Move a box into sight, if it is not.
  app.show = (box) => {
    const { width, height } = size();
    const { x, y, k } = app.camera;
    const [left, top] = [x + (box.x - box.w / 2) * k, y + (box.y - box.h / 2) * k];
    const [right, bottom] = [left + box.w * k, top + box.h * k];
    if (left >= 8 && top >= 40 && right <= width - 8 && bottom <= height - 24) return;
    app.glide({ k, x: width / 2 - box.x * k, y: height / 2 - box.y * k });
  };

  new ResizeObserver(() => app.layer && !app.moving() && look(app.fitting(app.layer))).observe(stage);
}
