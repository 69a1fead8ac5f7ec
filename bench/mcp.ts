/** The MCP server as a process: first answers, what a tool call costs above the search in it, memory over many calls. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import type { Photon } from "../src/app.ts";
import { generateSampleLibrary } from "../src/sample-library/generate.ts";
import type { Bench } from "./support/bench.ts";
import { atMost, median } from "./support/bench.ts";
import { benchConfigPath, openBenchPhoton, processFolder } from "./support/photon.ts";
import { percentile } from "./support/vectors.ts";

const LAUNCHER = join(import.meta.dirname, "../bin/photon.js");
const IN_FLIGHT = 10;
const ROUNDS = 5;
const SERVERS = 3;
const WARM_UP_CALLS = 200;
/** Both ways take turns: the machine is not equally fast all the time. */
const CALL_ROUNDS = 10;
/** The heap of V8 and the caches of LanceDB grow to their size for some 2,000 calls; what grows after that is a leak. */
const CALLS_UNTIL_FLAT = 3000;

interface Server extends AsyncDisposable {
  readonly client: Client;
  readonly pid: number;
  /** From its start to its first answer, milliseconds. */
  readonly firstAnswer: number;
}

type Era = "legacy" | { readonly pin: string };

const startServer = async (configPath: string, era: Era): Promise<Server> => {
  const client = new Client({ name: "bench", version: "1" }, { versionNegotiation: { mode: era } });
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [LAUNCHER, "mcp", "--config", configPath],
    stderr: "ignore",
  });
  const start = performance.now();
  await client.connect(transport);
  const firstAnswer = performance.now() - start;
  return { client, pid: transport.pid ?? 0, firstAnswer, [Symbol.asyncDispose]: () => client.close() };
};

/** The slowest of several that start together, median of the rounds. */
const firstAnswer = async (configPath: string, era: Era): Promise<number> => {
  const slowest: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const servers = await Promise.all(Array.from({ length: SERVERS }, () => startServer(configPath, era)));
    slowest.push(Math.max(...servers.map((server) => server.firstAnswer)));
    await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
  }
  return median(slowest);
};

/** Milliseconds of each of `count` calls, ten under way at any time. */
const timeCalls = async (count: number, call: (number: number) => Promise<unknown>): Promise<readonly number[]> => {
  const took: number[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let number = next++; number < count; number = next++) {
      const start = performance.now();
      await call(number);
      took.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  return took;
};

/** Resident memory in MiB (Linux). */
const memoryOf = async (pid: number): Promise<number> =>
  Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1] ?? Number.NaN) / 1024;

const idsOf = async (photon: Photon): Promise<readonly string[]> => {
  const { hits } = await photon.search({ limit: 50 }, new AbortController().signal);
  return hits.map(({ id }) => id);
};

export const mcpBench: Bench = {
  name: "mcp",
  about:
    "`photon mcp` over stdio on the sample library with the built-in model: first answers of three at once, 2,000 searches by example with ten under way against the same searches in core, memory.",
  async run({ quick, directory, log }) {
    const calls = quick ? 300 : 2000;
    const library = { directory: join(directory, "mcp"), model: "photon-mini" };
    const photos = join(directory, "mcp-photos");
    await generateSampleLibrary(photos, { count: quick ? 12 : 120 });
    await using photon = await openBenchPhoton(library);
    await processFolder(photon, photos);
    const configPath = benchConfigPath(library);
    const discover = await firstAnswer(configPath, { pin: "2026-07-28" });
    const initialize = await firstAnswer(configPath, "legacy");

    const ids = await idsOf(photon);
    const idAt = (number: number): string => ids[number % ids.length] ?? "";
    const { signal } = new AbortController();
    const search = (number: number) =>
      photon.search(
        { terms: [{ source: { kind: "photo", id: idAt(number) }, weight: 1 }], limit: 12, excludeTermPhotos: true },
        signal,
      );
    await using server = await startServer(configPath, { pin: "2026-07-28" });
    const callTool = async (number: number): Promise<void> => {
      const input = { like_id: idAt(number), limit: 12 };
      const { isError } = await server.client.callTool({ name: "search_by_embedding", arguments: input });
      if (isError === true) throw new Error("A search failed.");
    };
    await timeCalls(WARM_UP_CALLS, search);
    await timeCalls(quick ? WARM_UP_CALLS : CALLS_UNTIL_FLAT, callTool);
    const before = await memoryOf(server.pid);
    const [core, tool]: [number[], number[]] = [[], []];
    for (let round = 0; round < CALL_ROUNDS; round += 1) {
      core.push(...(await timeCalls(calls / CALL_ROUNDS, search)));
      tool.push(...(await timeCalls(calls / CALL_ROUNDS, callTool)));
    }
    const after = await memoryOf(server.pid);
    const [coreP95, toolP95] = [percentile(core, 0.95), percentile(tool, 0.95)];
    log(
      `search ${coreP95.toFixed(1)} ms, tool ${toolP95.toFixed(1)} ms; memory ${before.toFixed(0)}, ${after.toFixed(0)} MiB`,
    );
    return [
      atMost("server/discover, slowest of three at once", discover, "ms", 1000),
      atMost("initialize, slowest of three at once", initialize, "ms", 1000),
      { metric: "search in core, ten under way, p95", value: coreP95, unit: "ms" },
      { metric: "search_by_embedding, ten under way, p95", value: toolP95, unit: "ms" },
      atMost("overhead of the tool, p95", toolP95 - coreP95, "ms", 10),
      { metric: "memory of the server", value: after, unit: "MiB" },
      atMost(`growth of memory over ${calls} calls`, after - before, "MiB", 30),
    ];
  },
};
