// Curves as SVG, drawn at the width there is.

const HEIGHT = 150;
const MARGIN = { left: 42, right: 12, top: 10, bottom: 20 };

/** About `most` round numbers from low to high. */
function ticks(low, high, most) {
  const rough = (high - low) / most || Math.abs(high) || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
  const found = [];
  for (let value = Math.ceil(low / step) * step; value <= high + step / 1e6; value += step) found.push(Number(value.toPrecision(12)));
  return found;
}

/** A figure with one curve. `points`: [x, y] or gaps where y is null. `say` gives the words for a point. */
function curve({ title, points, width, low, high, xs, ys, say }) {
  const told = points.filter(([, y]) => y !== null);
  const [x0, x1] = [points[0][0], points.at(-1)[0]];
  const right = width - MARGIN.right;
  const bottom = HEIGHT - MARGIN.bottom;
  const x = (value) => MARGIN.left + ((value - x0) / (x1 - x0 || 1)) * (right - MARGIN.left);
  const y = (value) => bottom - ((value - low) / (high - low || 1)) * (bottom - MARGIN.top);

  const readout = make("span", {}, say(told.at(-1)));
  const cursor = shape("line", { class: "cursor", y1: MARGIN.top, y2: bottom, visibility: "hidden" });
  const dot = shape("circle", { class: "dot", r: 3 });
  function point([px, py]) {
    dot.setAttribute("cx", x(px));
    dot.setAttribute("cy", y(py));
    cursor.setAttribute("x1", x(px));
    cursor.setAttribute("x2", x(px));
    readout.textContent = say([px, py]);
  }
  point(told.at(-1));

  const path = pathOf(points, x, y);
  const svg = shape(
    "svg",
    { viewBox: `0 0 ${width} ${HEIGHT}`, height: HEIGHT, role: "img", "aria-label": `${title}: from ${say(told[0])} to ${say(told.at(-1))}` },
    ticks(low, high, 3).map((tick) => [
      shape("line", { class: "grid", x1: MARGIN.left, x2: right, y1: y(tick), y2: y(tick) }),
      shape("text", { x: MARGIN.left - 7, y: y(tick) + 4, "text-anchor": "end" }, ys(tick)),
    ]),
    xs(x0, x1, width).map(([value, text], index, all) => {
      const anchor = index === 0 ? "start" : index === all.length - 1 ? "end" : "middle";
      return shape("text", { x: x(value), y: HEIGHT - 4, "text-anchor": anchor }, text);
    }),
    shape("path", { class: "curve", d: path }),
    cursor,
    dot,
  );
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const wanted = x0 + ((event.clientX - box.left - MARGIN.left) / (right - MARGIN.left)) * (x1 - x0);
    point(told.reduce((best, each) => (Math.abs(each[0] - wanted) < Math.abs(best[0] - wanted) ? each : best)));
    cursor.setAttribute("visibility", "visible");
  });
  svg.addEventListener("pointerleave", () => {
    point(told.at(-1));
    cursor.setAttribute("visibility", "hidden");
  });
  return make("figure", {}, make("figcaption", {}, make("b", {}, title), readout), svg);
}

/** Broken where a value is missing. */
function pathOf(points, x, y) {
  let pen = "M";
  return points
    .map(([px, py]) => {
      if (py === null) pen = "M";
      else {
        const part = `${pen}${x(px).toFixed(1)} ${y(py).toFixed(1)}`;
        pen = "L";
        return part;
      }
      return "";
    })
    .join("");
}

const ends = (x0, x1) => [[x0, count(x0)], [x1, count(x1)]];

/** The figures of a training: its loss and the time of its steps, where the log tells them. */
function progressCurves({ points, x: unit, pod }, width) {
  const place = (at) => `${unit} ${count(at)}`;
  const kinds = [
    ["Loss", 1, (value) => figure(value), false],
    ["Time a step", 2, (value) => `${figure(value)} s`, true],
  ];
  const has = (column) => points.filter((point) => point[column] !== null).length > 1;
  const drawn = kinds.filter(([, column]) => has(column));
  const across = width < 620 || drawn.length < 2 ? width : (width - 18) / 2;
  return drawn.map(([title, column, words, fromZero]) => {
    const values = points.map((point) => [point[0], point[column]]);
    const told = values.map(([, y]) => y).filter((y) => y !== null);
    const [least, most] = [Math.min(...told), Math.max(...told)];
    const room = (most - least) * 0.06 || Math.abs(most) * 0.1 || 1;
    return curve({
      title, points: values, width: across, xs: ends, ys: figure,
      low: fromZero ? 0 : least - room, high: fromZero ? most * 1.15 : most + room,
      say: ([px, py]) => `${words(py)} at ${place(px)}`,
    });
  });
}
