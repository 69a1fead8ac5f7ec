import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { expect, test } from "vitest";
import { createTestLibrary } from "../support/library.ts";
import { runPhotonIn } from "../support/cli.ts";
import { PHOTON } from "../support/run-program.ts";

test("the real program serves HTTP, tells where and by which token, and ends within a second while a client listens", async () => {
  await using library = await createTestLibrary();
  const child = spawn(process.execPath, [PHOTON, "mcp", "--http"], {
    env: { PATH: process.env["PATH"] ?? "", ...library.environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "close");
  let stdout = "";
  child.stdout.on("data", (chunk) => (stdout += String(chunk)));
  const lines = createInterface({ input: child.stderr })[Symbol.asyncIterator]();
  const [first, second] = [(await lines.next()).value as string, (await lines.next()).value as string];
  const url = /http:\/\/127\.0\.0\.1:\d+\/mcp/.exec(first)?.[0] ?? "";
  expect(second).toContain(join(library.home, "mcp-token"));
  const token = (await readFile(join(library.home, "mcp-token"), "utf8")).trim();

  const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode: { pin: "2026-07-28" } } });
  const headers = { authorization: `Bearer ${token}` };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  expect((await client.callTool({ name: "get_status", arguments: {} })).structuredContent).toHaveProperty("indexed");
  await client.listen({ resourceSubscriptions: ["photon://status"] });
  const start = performance.now();
  child.kill("SIGTERM");
  expect(await ended).toEqual([143, null]);
  expect(performance.now() - start).toBeLessThan(1000);
  expect(stdout).toBe("");
  await client.close();
});

test.each([
  [["--http", "99999"], /65535/],
  [["--without-token"], /--http beside --without-token/],
  [["--tools", "serch_by_embedding"], /Did you mean search_by_embedding/],
  [["--image-responses", "none"], /include, omit/],
])("%j is refused with what is right", async (words, message) => {
  await using library = await createTestLibrary();
  const { code, stdout, stderr } = await runPhotonIn(library, ["mcp", ...words]);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(message);
});

test("a port that is taken is told", async () => {
  await using library = await createTestLibrary();
  const { createServer } = await import("node:net");
  const taken = createServer();
  taken.listen(0, "127.0.0.1");
  await once(taken, "listening");
  const address = taken.address();
  const port = typeof address === "object" && address !== null ? String(address.port) : "";
  const { code, stderr } = await runPhotonIn(library, ["mcp", "--http", port]);
  taken.close();
  expect([code, stderr.includes(port)]).toEqual([2, true]);
});
