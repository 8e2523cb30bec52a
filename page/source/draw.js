// Elements and words. Text comes from jobs and their users: it is only ever set as text.

const SVG = "http://www.w3.org/2000/svg";
const at = (id) => document.getElementById(id);

/** An element: `with` has its attributes, a string child is text, a missing one nothing. */
function make(tag, attributes, ...children) {
  return build(document.createElement(tag), attributes, children);
}

function shape(tag, attributes, ...children) {
  return build(document.createElementNS(SVG, tag), attributes, children);
}

function build(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {}))
    if (value !== undefined && value !== null && value !== false) node.setAttribute(name, value);
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

const TONES = {
  Running: "live", SucceededReserving: "good", Succeeded: "good", Failed: "bad", FailedReserving: "bad",
  Stopped: "calm", Stopping: "calm", Restarting: "wait", Pending: "wait",
};
const ENDED = ["Succeeded", "Failed", "Stopped"];
const FINE = ["healthy", "none"];
const EARLY = ["starting", "queue", "resources"];

const toneOf = (status) => `tone-${TONES[status] ?? "wait"}`;

/** Of a verdict: a job that ended is judged by its end, one that goes on by what was found. */
function toneOfVerdict({ status, over }, { category }) {
  if (over) return toneOf(status);
  return FINE.includes(category) ? toneOf(status) : EARLY.includes(category) ? "tone-wait" : "tone-bad";
}

/** `45 s`, `2 min 30 s`, `11 min`, `3 h 20 min`, `5 d 2 h`, as the tools write it. */
function took(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const [minutes, hours] = [Math.floor(whole / 60), Math.floor(whole / 3600)];
  const both = (big, unit, small, part) => `${big} ${unit}${small ? ` ${small} ${part}` : ""}`;
  if (whole < 60) return `${whole} s`;
  if (whole < 600) return both(minutes, "min", whole % 60, "s");
  if (whole < 3600) return `${minutes} min`;
  if (hours < 48) return both(hours, "h", minutes % 60, "min");
  return both(Math.floor(hours / 24), "d", hours % 24, "h");
}

const seconds = (from, to) => (Date.parse(to) - Date.parse(from)) / 1000;
const clock = (time) => (time ? `${time.slice(0, 10)} ${time.slice(11, 19)}Z` : "");
const count = (number) => Number(number).toLocaleString("en-US");
const plural = (number, noun) => `${count(number)} ${noun}${number === 1 ? "" : "s"}`;

/** Three digits that tell: 10.36 -> 10.4, 0.00123 -> 0.00123, 26900 -> 26,900. */
function figure(value) {
  if (value >= 1000) return count(Math.round(value));
  return String(Number(value.toPrecision(3)));
}
