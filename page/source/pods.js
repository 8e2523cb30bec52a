// The pods: a tile each, coloured by what its GPUs do; the chosen one in detail. Arrow keys move between tiles.

const MANY = 48;
let chosen = null;

function drawPods(pods, job, now) {
  const { rows, total, metric } = pods;
  const unit = metric === "GpuCoreUsage" ? "GPU" : "CPU";
  const running = rows.filter((row) => row.status === "Running").length;
  const failed = rows.filter((row) => row.status === "Failed").length;
  const parts = [plural(total, "pod"), job.gpus && plural(job.gpus, "GPU"), running && !job.over && `${count(running)} running`, failed && `${count(failed)} failed`];
  at("pods-title").replaceChildren(parts.filter(Boolean).join(" · "));

  if (!rows.some((row) => row.pod === chosen)) chosen = rows.find((row) => row.first)?.pod ?? null;
  const holds = at("tiles").contains(document.activeElement);
  const tiles = rows.map((row) => tile(row, unit));
  at("tiles").classList.toggle("many", rows.length > MANY);
  at("tiles").replaceChildren(...tiles);
  const current = tiles.find((each) => each.dataset.pod === chosen) ?? tiles[0];
  if (current) current.tabIndex = 0;
  if (holds) current?.focus({ preventScroll: true });
  at("tiles").onkeydown = (event) => move(event, tiles);
  at("tiles").onclick = (event) => choose(event.target.closest(".tile")?.dataset.pod, pods, job, now);

  drawLegend(rows, unit);
  const rest = total - rows.length;
  const notes = [!rows.length && "No pod has started.", pods.empty, rest > 0 && rows.length && `${plural(rest, "more pod")} not shown.`];
  at("pods-note").textContent = notes.filter(Boolean).join(" ");
  at("pods-note").hidden = !at("pods-note").textContent;
  drawPod(rows.find((row) => row.pod === chosen), pods, unit, now);
}

function tile(row, unit) {
  const value = typeof row.now === "number" ? `${Math.round(row.now)} %` : null;
  const ended = ["Failed", "Succeeded", "Stopped"].includes(row.status);
  const shown = row.first ? "First" : ended || value === null ? row.status : value;
  const kind = row.first ? "first" : "";
  const colour = row.status === "Failed" ? "failed" : row.started ? "" : "waiting";
  const more = [row.status !== shown && row.status, value !== shown && value && `${unit} ${value}`, row.restarts && plural(row.restarts, "restart")];
  const node = make(
    "div",
    { class: `tile ${colour} ${kind}`, role: "option", tabindex: "-1", "aria-selected": String(row.pod === chosen), title: [row.pod, row.node].filter(Boolean).join(" on ") },
    make("span", { class: "pod" }, row.pod),
    make("span", { class: "use" }, shown),
    make("span", { class: "unseen" }, more.filter(Boolean).join(", ")),
  );
  node.dataset.pod = row.pod;
  if (value && !ended) node.style.setProperty("--use", `${Math.max(0, Math.min(100, row.now))}%`);
  return node;
}

function move(event, tiles) {
  const from = tiles.indexOf(document.activeElement);
  const across = tiles.filter((each) => each.offsetTop === tiles[0].offsetTop).length;
  const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across, ArrowUp: -across, Home: -from, End: tiles.length - 1 - from };
  if (event.key === "Enter" || event.key === " ") document.activeElement.click();
  else if (!(event.key in steps)) return;
  event.preventDefault();
  const to = tiles[from + (steps[event.key] ?? 0)];
  if (!to) return;
  for (const each of tiles) each.tabIndex = each === to ? 0 : -1;
  to.focus();
}

function choose(pod, pods, job, now) {
  if (!pod) return;
  chosen = pod === chosen ? null : pod;
  for (const each of at("tiles").children) each.setAttribute("aria-selected", String(each.dataset.pod === chosen));
  const unit = pods.metric === "GpuCoreUsage" ? "GPU" : "CPU";
  drawPod(pods.rows.find((row) => row.pod === chosen), pods, unit, now);
}

function drawLegend(rows, unit) {
  const key = (kind, ...words) => make("span", {}, make("i", { class: kind }), ...words);
  const parts = [];
  if (rows.some((row) => row.use && row.status === "Running")) parts.push(make("span", {}, `${unit} use now, 0`, make("i", { class: "ramp" }), "100 %"));
  if (rows.some((row) => row.first)) parts.push(key("first", "failed first"));
  if (rows.some((row) => row.status === "Failed" && !row.first)) parts.push(key("failed", "failed"));
  at("pods-legend").replaceChildren(...parts);
}

function drawPod(row, pods, unit, now) {
  at("pod").hidden = !row;
  if (!row) return;
  const times = row.started && `${clock(row.started)}, ${row.finished ? "ran" : "runs"} ${took(seconds(row.started, row.finished ?? now))}`;
  const facts = [
    ["status", row.sub_status ? `${row.status} (${row.sub_status})` : row.status],
    ["node", row.node],
    ["GPUs", row.gpus],
    ["started", times || "not yet"],
    ["restarts", row.restarts && count(row.restarts)],
  ].filter(([, value]) => value);
  at("pod").replaceChildren(
    make("h3", {}, row.pod),
    make("dl", {}, facts.map(([name, value]) => [make("dt", {}, name), make("dd", {}, String(value))])),
    useCurve(row, pods, unit) ?? "",
  );
}

/** The use of one pod over the time there are values of. */
function useCurve(row, { start, end }, unit) {
  const values = (row.use ?? "").split(" ").map((text) => (text === "-" || text === "" ? null : Number(text)));
  if (values.filter((value) => value !== null).length < 2) return null;
  const [from, span] = [Date.parse(start), Date.parse(end) - Date.parse(start)];
  const points = values.map((value, index) => [from + (span * (index + 0.5)) / values.length, value]);
  const time = (moment) => new Date(moment).toISOString().slice(11, 16);
  return curve({
    title: `${unit} use of ${row.pod}`, points, low: 0, high: 100, width: Math.max(220, at("pod").clientWidth - 32),
    ys: (value) => `${value} %`, xs: (x0, x1) => [[x0, `${time(x0)}Z`], [x1, `${time(x1)}Z`]],
    say: ([moment, value]) => `${figure(value)} % at ${time(moment)}Z`,
  });
}
