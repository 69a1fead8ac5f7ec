import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { Client as FirstClient } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as FirstTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestLibrary } from "../support/library.ts";
import type { TestLibrary } from "../support/library.ts";
import { connectStdio, ERAS } from "../support/mcp.ts";
import { initialize, openPipe } from "../support/mcp-pipe.ts";
import { PHOTON } from "../support/run-program.ts";
import { prompts } from "../../tools/prompts.ts";
import { tools } from "../../tools/tools.ts";

let library: TestLibrary;
beforeAll(async () => {
  library = await createTestLibrary();
});
afterAll(() => library[Symbol.asyncDispose]());

const TOOL_NAMES: readonly string[] = tools.map(({ name }) => name);
const PROMPT_NAMES = prompts.map(({ name }) => name);
const RESOURCES = ["photon://status", "photon://config", "ui://photon/gallery.html"];

test.each(ERAS)("a client of era %s uses tools, resources and prompts", async (era) => {
  await using connected = await connectStdio(library, { era });
  const { client } = connected;
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(TOOL_NAMES);
  expect((await client.listPrompts()).prompts.map(({ name }) => name)).toEqual(PROMPT_NAMES);
  expect((await client.listResources()).resources.map(({ uri }) => uri)).toEqual(RESOURCES);
  const status = await client.callTool({ name: "get_status", arguments: {} });
  expect(status.structuredContent).toMatchObject({ indexed: 0 });
  const wrong = await client.callTool({ name: "get_status", arguments: { job: 1 } });
  expect(wrong).toMatchObject({ isError: true, content: [{ text: expect.stringContaining("job") as string }] });
  await expect(client.callTool({ name: "no_such_tool", arguments: {} })).rejects.toThrow(/no_such_tool/);
  for (const uri of RESOURCES) expect((await client.readResource({ uri })).contents).toHaveLength(1);
  await expect(client.readResource({ uri: "photo://0123456789ab" })).rejects.toThrow();
  const given = { what: "dog", subject: "dogs", count: "5", photo_id: "0123456789ab" };
  for (const { name, arguments: wanted } of prompts) {
    const used = Object.fromEntries(Object.entries(given).filter(([key]) => wanted.some((one) => one.name === key)));
    expect((await client.getPrompt({ name, arguments: used })).messages).toHaveLength(1);
  }
  await expect(client.getPrompt({ name: "find_photo", arguments: {} })).rejects.toThrow(/what/);
});

test("a client of the 1.x library uses tools, resources and prompts", async () => {
  const client = new FirstClient({ name: "first-client", version: "1" });
  const transport = new FirstTransport({
    command: process.execPath,
    args: [PHOTON, "mcp"],
    env: { ...library.environment },
    cwd: library.folder,
  });
  await client.connect(transport);
  expect(client.getInstructions()).toMatch(/search_by_embedding/);
  expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(TOOL_NAMES);
  expect((await client.listResources()).resources.map(({ uri }) => uri)).toEqual(RESOURCES);
  expect((await client.listResourceTemplates()).resourceTemplates).toHaveLength(2);
  expect((await client.listPrompts()).prompts.map(({ name }) => name)).toEqual(PROMPT_NAMES);
  const status = await client.callTool({ name: "get_status", arguments: {} });
  expect(status["structuredContent"]).toMatchObject({ indexed: 0 });
  expect((await client.readResource({ uri: "photon://status" })).contents[0]).toMatchObject({
    mimeType: "application/json",
  });
  await client.subscribeResource({ uri: "photon://status" });
  await client.unsubscribeResource({ uri: "photon://status" });
  await client.close();
});

test("hosts that ask for discovery and then open as of old are served on one pipe", async () => {
  await using pipe = openPipe(library);
  const discovered = await pipe.request("server/discover");
  expect(discovered.result).toMatchObject({ supportedVersions: ["2026-07-28"], resultType: "complete" });
  const opened = await initialize(pipe);
  expect(opened.result).toMatchObject({ protocolVersion: "2025-06-18", serverInfo: { name: "photon" } });
  pipe.write(JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" }));
  const listed = await pipe.ask("tools/list");
  expect(listed.result).toHaveProperty("tools");
});

test.each(["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])("revision %s is spoken", async (version) => {
  await using pipe = openPipe(library);
  expect((await initialize(pipe, version)).result).toMatchObject({ protocolVersion: version });
});

/** Native libraries that a process has loaded (Linux). */
const nativeModules = async (pid: number): Promise<readonly string[]> => [
  ...new Set((await readFile(`/proc/${pid}/maps`, "utf8")).match(/\S+\.node$/gm) ?? []),
];

test.runIf(process.platform === "linux")("nothing is opened, loaded or written before the first call", async () => {
  await using fresh = await createTestLibrary();
  await using pipe = openPipe(fresh);
  await pipe.request("server/discover");
  await pipe.request("tools/list");
  await pipe.request("prompts/list");
  await pipe.request("resources/read", { uri: "ui://photon/gallery.html" });
  expect(existsSync(fresh.home)).toBe(false);
  expect(await nativeModules(pipe.pid)).toEqual([]);
  await pipe.request("tools/call", { name: "get_status", arguments: {} });
  expect(existsSync(fresh.cataloguePath)).toBe(true);
});

/** CPU time of a process so far in ms (Linux); unlike the time of day, no other process of the machine adds to it. */
const cpuTime = async (pid: number): Promise<number> => {
  const fields = (await readFile(`/proc/${pid}/stat`, "latin1")).split(") ")[1]?.split(" ") ?? [];
  return 10 * (Number(fields[11]) + Number(fields[12])); // ticks of user and system
};

test.runIf(process.platform === "linux").each(["server/discover", "initialize"])(
  "three servers at once each answer %s after less than a second of work",
  async (method) => {
    await using resources = new AsyncDisposableStack();
    const took = [1, 2, 3].map(async () => {
      const pipe = resources.use(openPipe(library));
      await (method === "initialize" ? initialize(pipe) : pipe.request(method));
      return cpuTime(pipe.pid);
    });
    for (const milliseconds of await Promise.all(took)) expect(milliseconds).toBeLessThan(1000);
  },
);

test("the server ends within a second of its client, and at once when nothing was asked", async () => {
  for (const ask of [true, false]) {
    await using pipe = openPipe(library);
    await pipe.request("server/discover");
    if (ask) await pipe.request("tools/call", { name: "get_status", arguments: {} });
    const { code, tookMs } = await pipe.close();
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(1000);
  }
});

test("the server ends within a second of SIGTERM", async () => {
  await using pipe = openPipe(library);
  await pipe.request("tools/call", { name: "get_status", arguments: {} });
  const start = performance.now();
  pipe.child.kill("SIGTERM");
  expect(await pipe.ended).toBe(143);
  expect(performance.now() - start).toBeLessThan(1000);
});

test("every line on stdout is a message of the protocol, whatever happens", async () => {
  await using noisy = await createTestLibrary({ environment: { PHOTON_LOGGING_LEVEL: "trace" } });
  await using pipe = openPipe(noisy, ["--verbose"]);
  await pipe.request("server/discover");
  await pipe.request("tools/call", { name: "get_status", arguments: { nonsense: true } });
  await pipe.request("tools/call", { name: "get_status", arguments: {} });
  await pipe.request("nonsense/method");
  pipe.write("this is no JSON");
  pipe.write('{"jsonrpc":"2.0"}');
  pipe.write("");
  await pipe.request("tools/list");
  await pipe.close();
  expect(pipe.lines.length).toBeGreaterThan(4);
  for (const line of pipe.lines) expect(JSON.parse(line)).toMatchObject({ jsonrpc: "2.0" });
});

test("a wrong setting is told on stderr, and nothing on stdout", async () => {
  await using broken = await createTestLibrary();
  await broken.configure("[thumbnail]\nsize = -1\n");
  await using pipe = openPipe(broken);
  expect(await pipe.ended).toBe(2);
  expect(pipe.lines).toEqual([]);
  expect(pipe.stderr()).toMatch(/thumbnail\.size/);
});
