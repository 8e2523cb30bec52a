// A host of MCP Apps: ext-apps' AppBridge around a sandboxed frame. The test answers tool calls (window.callTool).
import { AppBridge, PostMessageTransport } from "@modelcontextprotocol/ext-apps/app-bridge";

window.seen = { initialized: 0, sizes: [], links: [], calls: [], tornDown: null };

window.openApp = async ({ html, input, result, context, capabilities }) => {
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts");
  frame.style.cssText = "border: 0; width: 100%; height: 600px";
  document.body.append(frame);
  const bridge = new AppBridge(null, { name: "test-host", version: "1" }, capabilities, { hostContext: context });
  bridge.oncalltool = async (params) => {
    seen.calls.push(params);
    return window.callTool(params);
  };
  bridge.onopenlink = async ({ url }) => {
    seen.links.push(url);
    return {};
  };
  bridge.addEventListener("sizechange", (size) => {
    seen.sizes.push(size);
    frame.style.height = `${size.height}px`;
  });
  bridge.addEventListener("initialized", async () => {
    seen.initialized += 1;
    await bridge.sendToolInput({ arguments: input });
    if (result) await bridge.sendToolResult(result);
  });
  await bridge.connect(new PostMessageTransport(frame.contentWindow, frame.contentWindow));
  frame.srcdoc = html;
  window.bridge = bridge;
  window.tearDown = async () => {
    seen.tornDown = await bridge.teardownResource({});
  };
};
