/** A host of MCP Apps: a page that shows the gallery in a sandboxed frame and passes its calls on to the test. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** What hosts allow a page that asks for nothing. */
const POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; connect-src 'none'";

export interface GalleryHostOptions {
  readonly html: string;
  /** What `tools/call` of the page gets; rejections become errors. */
  readonly callTool: (name: string, input: Readonly<Record<string, unknown>>) => Promise<unknown>;
  /** The result the page is opened with. */
  readonly result: unknown;
  readonly theme?: "light" | "dark";
  /** Left out = everything the page can use. */
  readonly capabilities?: object;
}

export interface GalleryHost extends AsyncDisposable {
  readonly url: string;
}

/** In the browser: window.log holds every message of the page. */
const hostScript = `
  const frame = document.querySelector("iframe");
  window.log = [];
  const post = (message) => frame.contentWindow.postMessage({ jsonrpc: "2.0", ...message }, "*");
  window.sendToGallery = post;
  window.addEventListener("message", async ({ source, data }) => {
    if (source !== frame.contentWindow) return;
    window.log.push(data);
    const { id, method, params } = data;
    if (method === "ui/initialize") {
      post({ id, result: { protocolVersion: "2026-01-26", hostInfo: { name: "test", version: "1" }, ...SETTINGS } });
    } else if (method === "ui/notifications/initialized") {
      post({ method: "ui/notifications/tool-result", params: RESULT });
    } else if (method === "tools/call") {
      const reply = await fetch("/call", { method: "POST", body: JSON.stringify(params) });
      post({ id, ...(await reply.json()) });
    } else if (id !== undefined) post({ id, result: {} });
  });
  frame.src = "/gallery";
`;

const inScript = (value: unknown): string => JSON.stringify(value).replaceAll("<", String.raw`\u003c`);

export const startGalleryHost = async (options: GalleryHostOptions): Promise<GalleryHost> => {
  const { html, callTool, result, theme = "light" } = options;
  const capabilities = options.capabilities ?? { serverTools: {}, updateModelContext: { text: {} } };
  const settings = { hostCapabilities: capabilities, hostContext: { theme } };
  const page = `<!doctype html><meta charset="utf-8"><style>body{margin:0}iframe{border:0;width:100vw;height:100vh}</style>
    <iframe sandbox="allow-scripts"></iframe><script>const SETTINGS = ${inScript(settings)}, RESULT = ${inScript(result)};
    ${hostScript}</script>`;
  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      if (request.url === "/gallery") {
        response
          .writeHead(200, { "content-type": "text/html; charset=utf-8", "content-security-policy": POLICY })
          .end(html);
      } else if (request.url === "/call") {
        const { name, arguments: input } = JSON.parse(await text(request)) as {
          readonly name: string;
          readonly arguments: Readonly<Record<string, unknown>>;
        }; // sent by the page below test
        const reply = await callTool(name, input).then(
          (given) => ({ result: given }),
          (error: Error) => ({ error: { code: -32603, message: error.message } }),
        );
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(reply));
      } else response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(page);
    };
    void answer();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, // it listens on TCP
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
};
