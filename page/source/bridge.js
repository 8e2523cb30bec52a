// Where the page's facts come from. In an MCP host: JSON-RPC over postMessage, as specified by MCP Apps (ext-apps
// 2026-01-26). In a browser of its own: the server that served it. Either gives {ask(call), open(link)}.

const PROTOCOL = "2026-01-26";
const PATIENCE = 90_000; // ms for an answer

/** JSON-RPC with the window around this one. `on`: what to do with each notification, by its method. */
function talkTo(host, on) {
  const waiting = new Map();
  let last = 0;
  const send = (message) => host.postMessage({ jsonrpc: "2.0", ...message }, "*");
  const asked = { ping: {}, "ui/resource-teardown": {} };

  function answered({ id, result, error }) {
    const { resolve, reject, timer } = waiting.get(id) ?? {};
    if (!resolve) return;
    waiting.delete(id);
    clearTimeout(timer);
    error ? reject(new Error(String(error.message))) : resolve(result);
  }

  addEventListener("message", ({ source, data }) => {
    if (source !== host || data?.jsonrpc !== "2.0") return;
    if (data.method === undefined) answered(data);
    else if (data.id === undefined) on[data.method]?.(data.params ?? {});
    else if (asked[data.method]) send({ id: data.id, result: asked[data.method] });
    else send({ id: data.id, error: { code: -32601, message: "Method not found" } });
  });

  return {
    notify: (method, params = {}) => send({ method, params }),
    request: (method, params = {}) =>
      new Promise((resolve, reject) => {
        const id = ++last;
        const late = () => answered({ id, error: { message: "The host did not answer." } });
        waiting.set(id, { resolve, reject, timer: setTimeout(late, PATIENCE) });
        send({ id, method, params });
      }),
  };
}

/** The host of this MCP App. `jobs(calls)` is told of which jobs the tool call is that the page stands beside. */
async function inHost(jobs) {
  const context = {};
  const changed = (more) => follow(Object.assign(context, more));
  const host = talkTo(window.parent, {
    "ui/notifications/tool-input": ({ arguments: given = {} }) => jobs(callsOf(given)),
    "ui/notifications/tool-result": ({ structuredContent: facts = {} }) => jobs(callsOf(facts)),
    "ui/notifications/host-context-changed": changed,
  });
  const { hostContext, hostCapabilities = {} } = await host.request("ui/initialize", {
    appInfo: { name: "pai-dlc-job", title: "Training job", version: "1" },
    appCapabilities: { availableDisplayModes: ["inline", "fullscreen"] },
    protocolVersion: PROTOCOL,
  });
  changed(hostContext ?? {});
  host.notify("ui/notifications/initialized");
  new ResizeObserver(() => {
    const height = Math.ceil(document.documentElement.getBoundingClientRect().height);
    host.notify("ui/notifications/size-changed", { width: Math.ceil(innerWidth), height });
  }).observe(document.documentElement);
  return {
    ask: (call) => host.request("tools/call", { name: "get_job_page", arguments: call }),
    open: hostCapabilities.openLinks && ((url) => host.request("ui/open-link", { url })),
  };
}

/** What get_job_page is called with for each job that a tool call names. */
function callsOf({ job_id, job_ids, region }) {
  const ids = job_id ? [job_id] : Array.isArray(job_ids) ? job_ids : [];
  return ids.map((id) => ({ job_id: String(id), ...(region && { region: String(region) }) }));
}

/** Theme, and the colours and fonts a host names; names that are none of a style's variables are left alone. */
function follow({ theme, styles }) {
  const root = document.documentElement;
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  for (const [name, value] of Object.entries(styles?.variables ?? {}))
    if (name.startsWith("--") && typeof value === "string") root.style.setProperty(name, value);
}

/** The server behind the page's own address, which knows what job the page is of. */
async function inBrowser(jobs) {
  jobs([{}]);
  return {
    async ask() {
      const answer = await fetch("job", { method: "POST", cache: "no-store", redirect: "error" });
      if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
      return answer.json();
    },
  };
}
