import { setTimeout as pause } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { z } from "zod";
import { defineTool } from "../../../tools/tool.ts";
import { createTestLibrary } from "../../support/library.ts";
import { connectInProcess } from "../../support/mcp.ts";

const IN_FLIGHT = 10;
const MOST_CPU_MS = 10;

const rowSchema = z.looseObject({ id: z.string() });
/** As much as a search returns, without the search. */
const rows = Array.from({ length: 12 }, (_, number) => ({
  id: number.toString(16).padStart(12, "0"),
  name: `photo-${number}.jpg`,
  caption: "A dog runs along the beach at sunset, with the tide far out".repeat(2),
  tags: ["dog", "beach", "sunset", "sea"],
}));
const answer = defineTool({
  name: "answer",
  title: "Answer",
  description: "For a test.",
  input: z.strictObject({ limit: z.int().min(1).max(50), tags: z.array(z.string().max(20)).max(9) }),
  output: z.looseObject({ hits: z.array(rowSchema), total: z.number() }),
  effect: "read",
  handle: async () => ({ kind: "data", data: { hits: rows, total: rows.length } }),
});

const callMany = async (count: number, call: () => Promise<unknown>): Promise<void> => {
  let left = count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await call();
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
};

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void; // what the flag brings

/** Without sockets calls follow each other with no pause in which what is done could be let go. */
const heapMib = async (): Promise<number> => {
  await pause(50);
  collectGarbage();
  return process.memoryUsage().heapUsed / 2 ** 20;
};

/** CPU time is that of this process alone, client included; other work on the machine adds nothing. */
test("a call costs less than 10 ms above its tool, and many calls leave nothing behind", async () => {
  await using library = await createTestLibrary();
  await using served = await connectInProcess(library, {
    era: "pin",
    change: (edge) => ({ ...edge, tools: [answer] }),
  });
  const call = () => served.client.callTool({ name: "answer", arguments: { limit: 12, tags: ["dog"] } });
  await callMany(300, call);
  const before = await heapMib();
  const cpu = process.cpuUsage();
  await callMany(1000, call);
  const { user, system } = process.cpuUsage(cpu);
  expect((user + system) / 1000 / 1000).toBeLessThan(MOST_CPU_MS);
  expect((await heapMib()) - before).toBeLessThan(8);
});
