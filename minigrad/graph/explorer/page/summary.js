// Numbers that are too many for the page, as it was told when it was written: what can be seen of them from far away.
{
  const picture = ({ shape, array }) => {
    const label = `Means over blocks of the tensor, as ${shape[0]} rows and ${shape[1]} columns`;
    const stateOf = (flat) => app.entryState(array[flat]);
    const grid = app.heat({ array, sheet: app.sheet(shape), most: app.fullAt(array), stateOf, compact: 9, label });
    const most = app.largest(array);
    return app.make(
      "figure",
      {},
      grid.element,
      app.heatLegend(app.fullAt(array), most, []),
      app.make("figcaption", {}, label),
    );
  };

  // Counts of 24 equal bins, the extremes, and a small picture. `numbers` are as app.decoded gives them.
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
      numbers.thumbnail && picture(numbers.thumbnail),
    );
  };
}
