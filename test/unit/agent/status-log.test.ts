import { expect, test } from "vitest";
import { logStatus } from "../../../agent/status-log.ts";
import { MINUTE } from "../../../src/clock.ts";
import { createLogger } from "../../../src/logger.ts";
import { createManualClock } from "../../support/manual-clock.ts";

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

test("every ten minutes there is a line, also after one that could not be read", async () => {
  const clock = createManualClock(0);
  const lines: string[] = [];
  let reads = 0;
  const read = () => {
    reads += 1;
    return reads === 2 ? Promise.reject(new Error("busy")) : Promise.resolve({ event: "status", queue_depth: reads });
  };
  const logger = createLogger({ level: "info", format: "json", write: (line) => void lines.push(line) });
  const stop = new AbortController();
  const running = logStatus({ read, clock, logger }, stop.signal);
  const pass = async (ms: number): Promise<void> => {
    await settle();
    clock.advance(ms);
    await settle();
  };
  await pass(9 * MINUTE);
  expect(lines).toEqual([]);
  for (let tens = 0; tens < 3; tens += 1) await pass(tens === 0 ? MINUTE : 10 * MINUTE);
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { level: "info", event: "status", queue_depth: 1 },
    { level: "warn", error: "Error: busy" },
    { level: "info", event: "status", queue_depth: 3 },
  ]);
  stop.abort();
  await running;
});
