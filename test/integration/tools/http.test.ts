import { networkInterfaces } from "node:os";
import { connect } from "node:net";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestLibrary } from "../../support/library.ts";
import type { TestLibrary } from "../../support/library.ts";
import { ERAS } from "../../support/mcp.ts";
import type { HttpServer, Sent } from "../../support/mcp-http.ts";
import { rpc, send, startHttp } from "../../support/mcp-http.ts";

let library: TestLibrary;
let server: HttpServer;

beforeAll(async () => {
  library = await createTestLibrary();
  server = await startHttp(library);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await library[Symbol.asyncDispose]();
});

const bearer = (): Record<string, string> => ({ authorization: `Bearer ${server.token}` });
const withHeaders = (sent: Sent, headers: Readonly<Record<string, string>>): Sent => ({
  ...sent,
  headers: { ...sent.headers, ...headers },
});
const call = (headers: Readonly<Record<string, string>> = {}): Sent =>
  withHeaders(rpc("tools/list"), { ...bearer(), ...headers });

test.each(ERAS)("a client of era %s that shows the token is served", async (era) => {
  const client = new Client(
    { name: "test", version: "1" },
    { versionNegotiation: { mode: era === "pin" ? { pin: "2026-07-28" } : era } },
  );
  await client.connect(new StreamableHTTPClientTransport(server.url, { requestInit: { headers: bearer() } }));
  const result = await client.callTool({ name: "get_status", arguments: {} });
  expect(result.structuredContent).toMatchObject({ indexed: 0 });
  await client.close();
});

test("the token is 32 random bytes in a file of this user alone", async () => {
  expect(server.token).toMatch(/^[0-9a-f]{64}$/);
  expect((await stat(server.tokenPath ?? "")).mode & 0o777).toBe(0o600);
});

test.each(["127.0.0.1", "localhost", "localhost:1234", "[::1]:80"])("the host %s is this machine", async (host) => {
  expect(await send(server, call({ host }))).toMatchObject({ status: 200 });
});

test.each(["http://localhost:5173", "http://127.0.0.1", "https://localhost"])(
  "a page of %s on this machine may ask, with the token",
  async (origin) => {
    expect(await send(server, call({ origin }))).toMatchObject({ status: 200 });
  },
);

test.each([
  ["a host that was made to point here", { host: "evil.example" }],
  ["a host that begins like this machine", { host: "localhost.evil.example" }],
  ["a host that begins like its address", { host: "127.0.0.1.evil.example" }],
  ["another address", { host: "192.168.1.10" }],
  ["all addresses", { host: "0.0.0.0" }],
  ["a name with a user in front", { host: "localhost@evil.example" }],
  ["a page elsewhere", { origin: "https://evil.example" }],
  ["a page that names no origin", { origin: "null" }],
  ["a page whose host begins like this machine", { origin: "http://localhost.evil.example" }],
  ["a page whose address begins like this one", { origin: "http://127.0.0.1.evil.example" }],
  ["a file", { origin: "file://" }],
  ["a page with a user in front", { origin: "http://localhost@evil.example" }],
])("%s is refused, even with the token", async (_what, headers) => {
  const answer = await send(server, call(headers));
  expect(answer.status).toBe(403);
  expect(answer.body).not.toContain(library.folder);
  expect(answer.headers).not.toHaveProperty("access-control-allow-origin");
});

test.each([
  ["no token", ""],
  ["an empty token", "Bearer "],
  ["a wrong token", `Bearer ${"0".repeat(64)}`],
  ["a token cut short", "CUT"],
  ["a longer token", "LONGER"],
  ["the token without its scheme", "BARE"],
  ["the token as a password", "BASIC"],
  ["a long header", `Bearer ${"a".repeat(8000)}`],
])("%s is refused without a word of the library", async (_what, given) => {
  const token = server.token ?? "";
  const forms: Readonly<Record<string, string>> = {
    CUT: `Bearer ${token.slice(0, -1)}`,
    LONGER: `Bearer ${token}0`,
    BARE: token,
    BASIC: `Basic ${Buffer.from(`photon:${token}`).toString("base64")}`,
  };
  const { authorization: _right, ...headers } = call().headers ?? {};
  const value = forms[given] ?? given;
  const answer = await send(server, {
    ...call(),
    headers: value === "" ? headers : { ...headers, authorization: value },
  });
  expect(answer).toMatchObject({ status: 401, body: "" });
  expect(answer.headers["www-authenticate"]).toBe("Bearer");
});

test.each([
  ["another path", { path: "/" }, 404],
  ["a path below", { path: "/mcp/x" }, 404],
  ["a way around", { path: "/mcp/../etc/passwd" }, 404],
  ["GET", { method: "GET", body: "" }, 405],
  ["DELETE", { method: "DELETE", body: "" }, 405],
  ["PUT", { method: "PUT" }, 405],
  ["another media type", { headers: { "content-type": "text/plain" } }, 415],
  ["no JSON", { body: "{" }, 400],
  ["five megabytes", { body: `"${"x".repeat(5 * 1024 * 1024)}"` }, 413],
])("%s is answered with its status", async (_what, part, status) => {
  const base = call();
  const answer = await send(server, {
    ...base,
    ...part,
    headers: { ...base.headers, ...("headers" in part ? part.headers : {}) },
  });
  expect(answer.status).toBe(status);
});

test.each([
  ["method", { "mcp-method": "tools/call" }],
  ["version", { "mcp-protocol-version": "2025-11-25" }],
])("a header that says another %s than the body is refused", async (_what, headers) => {
  const answer = await send(server, call(headers));
  expect(answer.status).toBe(400);
});

test("only this machine can connect", async () => {
  const outside = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === "IPv4");
  if (outside === undefined) return; // a machine without a network
  const socket = connect({ host: outside.address, port: Number(server.url.port) });
  const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
  expect(error.code).toBe("ECONNREFUSED");
});

test("news of the library reach a client that listens", async () => {
  const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode: { pin: "2026-07-28" } } });
  await client.connect(new StreamableHTTPClientTransport(server.url, { requestInit: { headers: bearer() } }));
  await client.callTool({ name: "get_status", arguments: {} });
  const { promise: told, resolve } = Promise.withResolvers<string>();
  client.setNotificationHandler("notifications/resources/updated", ({ params }) => resolve(params.uri));
  const subscription = await client.listen({ resourceSubscriptions: ["photon://status"] });

  await using catalogue = await library.catalogue();
  await catalogue.roots.visit(Buffer.from("/news"));
  expect(await told).toBe("photon://status");
  await subscription.close();
  await client.close();
});
