import { describe, expect, test } from "vitest";
import { Supervisor } from "../../../agent/supervisor.ts";
import { WorkerSlot } from "../../../agent/worker-slot.ts";
import type { WorkerEnd, WorkerProcess } from "../../../src/app/enrichment/worker-process.ts";
import { MINUTE, SECOND } from "../../../src/clock.ts";
import { createLogger, silentLogger } from "../../../src/logger.ts";
import { createManualClock } from "../../support/manual-clock.ts";

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** Ends when it is asked to, or when its signal aborts. */
const createWorker = (signal: AbortSignal): WorkerProcess => {
  const { promise, resolve } = Promise.withResolvers<WorkerEnd>();
  const end = (): void => resolve({ exitCode: 0 });
  signal.addEventListener("abort", end, { once: true });
  return {
    pid: 1,
    ended: promise,
    finish: () => {
      end();
      return promise;
    },
    kill: end,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
};

const createSupervisor = () => {
  const clock = createManualClock(0);
  const facts = {
    core: false,
    enrichment: false,
    pause: undefined as string | undefined,
    nextFile: undefined as string | undefined,
    failure: undefined as Error | undefined,
  };
  const started: string[] = [];
  const stuck: unknown[] = [];
  const lines: string[] = [];
  const slot = (name: string): WorkerSlot =>
    new WorkerSlot({
      name,
      start: (signal) => {
        started.push(name);
        return createWorker(signal);
      },
      lingerMs: MINUTE,
      clock,
      logger: silentLogger,
    });
  const supervisor = new Supervisor({
    core: slot("core"),
    enrichment: slot("enrichment"),
    hasCoreWork: () => (facts.failure === undefined ? Promise.resolve(facts.core) : Promise.reject(facts.failure)),
    hasEnrichmentWork: () => Promise.resolve(facts.enrichment),
    pauseReason: () => Promise.resolve(facts.pause),
    nextFile: () => Promise.resolve(facts.nextFile),
    noteStuck: (found) => {
      stuck.push(found);
      return Promise.resolve();
    },
    clock,
    logger: createLogger({ level: "info", format: "json", write: (line) => void lines.push(line) }),
  });
  const stop = new AbortController();
  const running = supervisor.run(stop.signal);
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= SECOND) {
      clock.advance(Math.min(left, SECOND));
      await settle();
    }
  };
  const states = (): readonly string[] => supervisor.view().workers.map(({ state }) => state);
  return { supervisor, facts, started, stuck, lines, pass, states, stop: () => (stop.abort(), running) };
};

describe("the supervisor", () => {
  test("starts a worker when there is work, at once when it is told, and lets it end when there is none for a while", async () => {
    const { supervisor, facts, started, pass, states, stop } = createSupervisor();
    await settle();
    expect(started).toEqual([]);
    facts.core = true;
    supervisor.wake();
    await settle();
    expect(started).toEqual(["core"]);
    facts.enrichment = true;
    await pass(3 * SECOND);
    expect(started).toEqual(["core", "enrichment"]);
    [facts.core, facts.enrichment] = [false, false];
    await pass(2 * MINUTE);
    expect(states()).toEqual(["resting", "resting"]);
    await stop();
  });

  test("stops both while there is a pause, says why, and goes on after it", async () => {
    const { facts, started, lines, pass, states, supervisor, stop } = createSupervisor();
    facts.core = true;
    await pass(3 * SECOND);
    facts.pause = "on battery";
    await pass(3 * SECOND);
    expect(states()).toEqual(["resting", "resting"]);
    expect(supervisor.view().paused).toBe("on battery");
    facts.pause = undefined;
    await pass(3 * SECOND);
    expect(started).toEqual(["core", "core"]);
    expect(lines.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual([
      "agent:paused",
      "agent:resumed",
    ]);
    await stop();
  });

  test("names the file it stands on after five minutes without progress, once, and takes it back", async () => {
    const { supervisor, facts, stuck, pass, stop } = createSupervisor();
    [facts.core, facts.nextFile] = [true, "/photos/slow.jpg"];
    await pass(4 * MINUTE);
    expect(stuck).toEqual([]);
    await pass(3 * MINUTE);
    expect(stuck).toMatchObject([{ path: "/photos/slow.jpg" }]);
    supervisor.noteProgress();
    await pass(3 * SECOND);
    expect(stuck).toMatchObject([{ path: "/photos/slow.jpg" }, undefined]);
    await stop();
  });

  test("outlives a catalogue that cannot be asked", async () => {
    const { facts, started, pass, stop } = createSupervisor();
    facts.failure = new Error("busy");
    await pass(5 * SECOND);
    [facts.failure, facts.core] = [undefined, true];
    await pass(3 * SECOND);
    expect(started).toEqual(["core"]);
    await stop();
  });
});
