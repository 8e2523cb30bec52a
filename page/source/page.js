// Puts an answer of get_job_page on the page, and asks for the next while the job goes on and the page is seen.

const LONGEST = 60; // seconds between two tries while reading fails
let source = null;
let calls = [];
let current = null; // what get_job_page is called with
let shown = null; // the last answer
let failures = 0;
let timer = null;
let turn = 0; // which answer is awaited: one of another job comes too late

/** The jobs of the tool call that this page stands beside. The first is shown; a known list changes nothing. */
function jobs(found) {
  if (!found.length || JSON.stringify(found) === JSON.stringify(calls)) return;
  if (calls.length && found.every((each) => calls.some((known) => known.job_id === each.job_id))) return;
  calls = found;
  at("jobs").hidden = calls.length < 2;
  at("jobs").replaceChildren(...calls.map(tab));
  turnTo(calls[0]);
}

function tab(call) {
  const button = make("button", { type: "button" }, call.job_id ?? "");
  button.addEventListener("click", () => turnTo(call));
  return button;
}

function turnTo(call) {
  current = call;
  shown = null;
  chosen = null;
  [...at("jobs").children].forEach((button, index) => {
    if (calls[index] === call) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  });
  ask();
}

async function ask() {
  clearTimeout(timer);
  if (!source || !current || document.hidden) return;
  const mine = ++turn;
  let view = null;
  try {
    view = viewIn(await source.ask(current));
    failures = 0;
    trouble(null);
  } catch (error) {
    failures += 1;
    if (mine === turn) trouble(error.message);
  }
  if (mine !== turn) return;
  if (view) show(view);
  const wait = failures ? Math.min(LONGEST, 5 * 2 ** failures) : shown?.again_s;
  if (wait) timer = setTimeout(ask, wait * 1000);
}

/** The facts of a tool's result. Throws what an error result says. */
function viewIn(result) {
  const said = (result?.content ?? []).map((block) => block.text ?? "").join("\n");
  if (result?.isError || !result?.structuredContent?.job) throw new Error(said || "The answer has no job in it.");
  const { pods } = result.structuredContent;
  if (pods?.rows) pods.rows = pods.rows.map((row) => ({ ...pods.common, ...row }));
  return result.structuredContent;
}

function trouble(what) {
  at("trouble").hidden = !what;
  at("trouble").textContent = what ? `${what.slice(0, 600)}${shown ? "\nWhat stands below is older." : ""}` : "";
  if (what && !shown) at("fresh").textContent = "";
}

function show(view) {
  const before = shown;
  shown = view;
  const { job, verdict, spans = [], pods, progress, log, now } = view;
  drawHeader(view);
  if (before && before.job.status !== job.status) at("said").textContent = `The job is ${job.status}.`;
  if (verdict) drawVerdict(job, verdict);
  drawFigures(view);
  section("timeline", spans.length, () => drawTimeline(spans, job, now));
  section("pods", pods?.rows?.length || pods?.total, () => drawPods(pods, job, now));
  section("curves", progress?.points?.length > 1, () => drawCurves(progress));
  section("log", log?.lines?.length, () => drawLog(log, before?.log));
  section("checks", view.sanity?.length, () => at("checks").querySelector("ul").replaceChildren(...view.sanity.map(check)));
  section("restarts", view.restarts?.length, () => at("restarts").querySelector("ul").replaceChildren(...view.restarts.map(restart)));
  at("unread").hidden = !view.unseen?.length;
  at("unread").textContent = `Not read: ${(view.unseen ?? []).join("; ")}.`;
}

/** A section is there when there is something to see in it. */
function section(id, there, draw) {
  at(id).hidden = !there;
  if (there) draw();
}

function drawHeader({ job, now, again_s }) {
  document.title = `${job.name || job.job_id}: ${job.status}`;
  at("name").textContent = job.name || job.job_id;
  at("status").className = `status ${toneOf(job.status)}`;
  at("status").textContent = job.sub_status ? `${job.status} (${job.sub_status})` : job.status;
  const parts = [job.job_id, job.type, job.specs, job.resource_id && `quota ${job.resource_id}`, job.region, job.emulator && "emulator"];
  at("what").textContent = parts.filter(Boolean).join(" · ");
  at("fresh").textContent = again_s ? `As of ${clock(now)}, read again every ${again_s} s` : `As of ${clock(now)}`;
  const link = at("console");
  link.hidden = !(job.console?.startsWith("https://") && (source.open || window.parent === window));
  link.href = link.hidden ? "#" : job.console;
}

function drawVerdict(job, { category, text, facts = [] }) {
  const tone = toneOfVerdict(job, { category });
  at("verdict").hidden = false;
  at("verdict").className = `card verdict ${tone}`;
  const words = text.charAt(0).toUpperCase() + text.slice(1);
  const label = FINE.includes(category) ? null : make("b", {}, `${category} · `);
  at("verdict-text").replaceChildren(...[label, words].filter(Boolean));
  at("reason").hidden = !job.reason || job.status === "Running" || tone === "tone-good";
  at("reason").textContent = job.reason ?? "";
  const told = facts.map((fact) => fact.split(/: (.*)/s, 2));
  at("facts").hidden = !told.length;
  at("facts").querySelector("dl").replaceChildren(
    ...told.flatMap(([name, words]) => [make("dt", {}, words ? name : ""), make("dd", {}, words ?? name)]),
  );
  if (["tone-bad", "tone-wait"].includes(tone) && !at("facts").dataset.seen) at("facts").open = true;
  at("facts").dataset.seen = "yes";
}

function drawFigures({ job, spans = [], pods, progress, now }) {
  const last = (column) => progress?.points?.map((point) => point[column]).findLast((value) => value !== null);
  const uses = (pods?.rows ?? []).map((row) => row.now).filter((value) => typeof value === "number");
  const ran = spans.filter(([status]) => status === "Running").reduce((sum, [, start, end]) => sum + seconds(start, end ?? now), 0);
  const waited = spans.filter(([status]) => !ENDED.includes(status)).reduce((sum, [, start, end]) => sum + seconds(start, end ?? now), 0);
  const mean = uses.length && uses.reduce((sum, value) => sum + value, 0) / uses.length;
  const told = [
    typeof progress?.step === "number" && ["Step", count(progress.step), progress.total && `of ${count(progress.total)}`, progress],
    last(1) !== undefined && ["Loss", figure(last(1))],
    last(2) !== undefined && ["Time a step", `${figure(last(2))} s`],
    uses.length && !job.over && [`${pods.metric === "GpuCoreUsage" ? "GPU" : "CPU"} use${uses.length > 1 ? ", mean" : ""}`, `${Math.round(mean)} %`],
    progress?.eta_s && !job.over && ["To go", took(progress.eta_s)],
    ran ? ["Ran", took(ran)] : waited > 0 && ["Waited", took(waited)],
  ].filter(Boolean);
  at("figures").hidden = !told.length;
  at("figures").replaceChildren(
    ...told.map(([name, value, more, bar]) =>
      make(
        "div",
        {},
        make("span", { class: "quiet" }, name),
        make("span", { class: "figure" }, value, more ? make("small", { class: "quiet" }, ` ${more}`) : null),
        bar?.total ? make("progress", { max: bar.total, value: bar.step, "aria-label": "Steps done" }) : null,
      ),
    ),
  );
}

function drawTimeline(spans, job, now) {
  const drawn = spans.filter(([status, start]) => start && !ENDED.includes(status));
  at("timeline").querySelector(".bar").replaceChildren(
    ...drawn.map(([status, start, end]) => {
      const part = make("div", { class: toneOf(status) });
      part.style.flexGrow = Math.max(1, seconds(start, end ?? now));
      return part;
    }),
  );
  const left = spans.length > 14 ? spans.length - 12 : 0;
  const items = spans.slice(left).map(([status, start, end], index, all) => {
    const words = ENDED.includes(status) ? clock(start) : start ? took(seconds(start, end ?? now)) : "";
    return make("li", { class: toneOf(status), "aria-current": index === all.length - 1 && "step" }, status, make("span", {}, words));
  });
  if (left) items.unshift(make("li", { class: "tone-calm" }, `${left} earlier`));
  at("timeline").querySelector("ol").replaceChildren(...items);
}

function drawCurves(progress) {
  const box = at("curves").querySelector(".curves");
  box.replaceChildren(...progressCurves(progress, box.clientWidth));
  at("curves-title").textContent = `Progress, by the log of ${progress.pod}`;
  at("curves").hidden = !box.children.length;
}

function drawLog(log, before) {
  if (JSON.stringify(log) === JSON.stringify(before)) return;
  const box = at("lines");
  const follows = !before || box.scrollTop + box.clientHeight >= box.scrollHeight - 8;
  let last = 0;
  const nodes = log.lines.flatMap(([number, text]) => {
    const gap = number > last + 1 ? make("div", { class: "gap" }, `${plural(number - last - 1, "line")} not shown`) : null;
    last = number;
    const cause = number === log.cause;
    const words = make("span", {}, cause ? make("b", {}, "cause") : null, text);
    return [gap, make("div", { class: `line${cause ? " cause" : ""}` }, make("span", {}, String(number)), words)].filter(Boolean);
  });
  box.replaceChildren(...nodes);
  at("log-title").textContent = `Log of ${log.pod}, ${plural(log.total, "line")}`;
  const cause = box.querySelector(".cause");
  if (cause && log.cause !== before?.cause) box.scrollTop = cause.offsetTop - box.offsetTop - box.clientHeight / 3;
  else if (!cause && follows) box.scrollTop = box.scrollHeight;
}

function check({ number, status, phase, message, started }) {
  const tone = { Failed: "tone-bad", Running: "tone-live", Pending: "tone-wait" }[status] ?? "tone-good";
  const words = [phase, message, started && `started ${clock(started)}`].filter(Boolean).join(" · ");
  return make("li", { class: tone }, make("b", {}, `${number} ${status}`), words);
}

function restart({ at: when, pod, node, text }) {
  return make("li", {}, make("b", {}, clock(when)), [pod, node && `on ${node}`, text].filter(Boolean).join(" · "));
}

async function start() {
  at("console").addEventListener("click", (event) => {
    if (!source.open) return;
    event.preventDefault();
    source.open(event.currentTarget.href);
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && (failures || !shown || shown.again_s)) ask();
  });
  let width = 0;
  new ResizeObserver(([{ contentRect }]) => {
    if (shown && Math.abs(contentRect.width - width) > 4) show(shown);
    width = contentRect.width;
  }).observe(at("main"));
  try {
    source = await (window.parent === window ? inBrowser(jobs) : inHost(jobs));
    ask();
  } catch (error) {
    trouble(error.message);
  }
}

start();
