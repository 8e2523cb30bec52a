// One client of the matrix: lists the tools, reads a job, and is asked before a stop. For every version of the
// TypeScript SDK: `node client.mjs PACKAGE noform|form stdio PYTHON` or `... URL`. Prints what was seen; exits 1 where
// that is not enough.
const [name, form, where, python] = process.argv.slice(2);
const second = name === "@modelcontextprotocol/client";
const part = (one) => import(second ? (one === "stdio" ? `${name}/stdio` : name) : `${name}/client/${one}.js`);
const { Client } = await part("index");
const { StdioClientTransport } = await part("stdio");
const { StreamableHTTPClientTransport } = await part("streamableHttp");

const forms = form === "form" && name !== "sdk-1.11"; // which has no elicitation
const options = { capabilities: forms ? { elicitation: {} } : {} };
if (second) options.versionNegotiation = { mode: process.env.MODE ?? "auto" };
const client = new Client({ name: "matrix", version: "1" }, options);
if (forms) {
  const asked = second ? "elicitation/create" : (await import(`${name}/types.js`)).ElicitRequestSchema;
  client.setRequestHandler(asked, async () => ({ action: "accept", content: { confirm: true } }));
}
const stdio = { command: python, args: ["-m", "pai_dlc_mcp.cli", "serve", "--emulator"], env: { PAI_DLC_STATE: "memory" } };
const http = where !== "stdio";
let spoken = "";
const transport = http ? new StreamableHTTPClientTransport(new URL(where)) : new StdioClientTransport(stdio);
const told = transport.setProtocolVersion?.bind(transport);
transport.setProtocolVersion = (version) => ((spoken = version), told?.(version));
await client.connect(transport);

const job_id = "dlc4stillrunning";
const names = (await client.listTools()).tools.map((tool) => tool.name);
const words = (result) => result.content[0].text;
const read = words(await client.callTool({ name: "get_job", arguments: { job_id } })).includes(job_id);
const stopped = await client.callTool({ name: "stop_job", arguments: { job_id } });
const token = words(stopped).includes("confirmation_token: ");
const ended = stopped.structuredContent?.status ?? (token ? "confirmation_required" : words(stopped).slice(0, 60));
spoken = client.getNegotiatedProtocolVersion?.() ?? spoken;
await client.close();

// Over stateless HTTP there is no way back to a client of the handshake eras in the middle of a call.
const asks = forms && (!http || spoken >= "2026");
const fine = read && names.includes("stop_job") && (ended === "confirmation_required") !== asks;
console.log(`${spoken || "its version"}: ${names.length} tools, read ${read ? "ok" : "FAILED"}, stop ${ended}`);
process.exit(fine ? 0 : 1);
