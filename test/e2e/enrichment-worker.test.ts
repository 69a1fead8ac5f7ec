import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { WorkerProcess } from "../../src/app/enrichment/worker-process.ts";
import { startEnrichmentWorker } from "../../src/app/enrichment/worker-process.ts";
import type { EnrichmentLibrary } from "../support/enrichment-library.ts";
import { createEnrichmentLibrary } from "../support/enrichment-library.ts";
import { photoBytes } from "../support/photos.ts";
import { startProgram } from "../support/run-program.ts";

const START = join(import.meta.dirname, "..", "fixtures", "start-enrichment-worker.mjs");
const HANG = '[llm]\nprovider = "stub"\nmodel = "hang"\n';
const PATIENT = { timeout: 90_000, interval: 50 };

const environmentOf = ({ environment }: EnrichmentLibrary) => ({ PATH: process.env["PATH"], ...environment });

const start = (library: EnrichmentLibrary, signal: AbortSignal, lines: string[] = []): WorkerProcess =>
  startEnrichmentWorker({
    environment: environmentOf(library),
    workingDirectory: library.folder,
    signal,
    onLog: (line) => lines.push(line),
  });

const enqueuePhoto = async (library: EnrichmentLibrary, seed: number): Promise<string> => {
  const hash = await library.addPhoto(`${seed}.jpg`, await photoBytes(seed));
  await library.enqueue({ kind: "image_tag", scopeId: hash });
  return hash;
};

const calls = (library: EnrichmentLibrary) => library.sql("select call_id from llm_call_logs");

const expectGivenBack = async (library: EnrichmentLibrary, hash: string): Promise<void> => {
  expect(await library.stateOf(hash)).toBe("PENDING");
  expect(await library.sql("select state, attempts_invalid, snoozes, crashes from jobs")).toEqual([
    { state: "available", attempts_invalid: 0, snoozes: 0, crashes: 0 },
  ]);
  expect(await library.catalogue.presence.list()).toEqual([]);
};

/** 20th field of stat (proc(5)), counted after the command name, of every thread. */
const nicenessOf = async (pid: number): Promise<readonly number[]> => {
  const threads = await readdir(`/proc/${pid}/task`);
  return Promise.all(
    threads.map(async (thread) => {
      const stat = await readFile(`/proc/${pid}/task/${thread}/stat`, "latin1");
      return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16]);
    }),
  );
};

test("a worker process takes jobs until it is told that no more will come, and gives way to everything", async () => {
  await using library = await createEnrichmentLibrary();
  const first = await enqueuePhoto(library, 1);
  const lines: string[] = [];
  await using worker = start(library, new AbortController().signal, lines);

  await expect.poll(() => library.stateOf(first), PATIENT).toBe("CONFIRMED");
  const second = await enqueuePhoto(library, 2);
  await expect.poll(() => library.stateOf(second), PATIENT).toBe("CONFIRMED");
  const [present] = await library.catalogue.presence.list();
  expect(present).toMatchObject({ role: "run", routes: expect.arrayContaining(["text", "vision"]) });
  if (process.platform === "linux") expect(new Set(await nicenessOf(worker.pid ?? 0))).toEqual(new Set([19]));

  expect(await worker.finish()).toEqual({ exitCode: 0 });
  expect(lines).toEqual([]);
  expect(await library.catalogue.presence.list()).toEqual([]);
});

test("a worker takes up a changed configuration, ends what it has begun, and keeps the old one when the new is wrong", async () => {
  await using library = await createEnrichmentLibrary({ config: '[llm]\nprovider = "stub"\nmodel = "slow-4000"\n' });
  const first = await enqueuePhoto(library, 1);
  const lines: string[] = [];
  await using worker = start(library, new AbortController().signal, lines);
  await expect.poll(() => calls(library), PATIENT).toHaveLength(1);

  const path = library.environment["PHOTON_CONFIG"] ?? "";
  await writeFile(path, '[llm]\nprovider = "nobody"\n');
  await expect.poll(() => lines.join("\n"), PATIENT).toContain("cannot be used");
  await library.configure('[llm]\nprovider = "stub"\nmodel = "ok"\n');
  await expect.poll(() => library.stateOf(first), PATIENT).toBe("CONFIRMED");
  const second = await enqueuePhoto(library, 2);
  await expect.poll(() => library.stateOf(second), PATIENT).toBe("CONFIRMED");

  expect(await library.sql("select model_requested, error_type from llm_call_logs order by started_at")).toEqual([
    { model_requested: "stub/slow-4000", error_type: null },
    { model_requested: "stub/ok", error_type: null },
  ]);
  expect(await worker.finish()).toEqual({ exitCode: 0 });
  expect(lines.filter((line) => line.includes("WARN") || line.includes("warn"))).toHaveLength(1);
});

test("who started a worker process ends it, and its jobs go back", async () => {
  await using library = await createEnrichmentLibrary({ config: HANG });
  const hash = await enqueuePhoto(library, 1);
  const stop = new AbortController();
  await using worker = start(library, stop.signal);
  await expect.poll(() => calls(library), PATIENT).toHaveLength(1);

  stop.abort();

  expect(await worker.ended).toEqual({ exitCode: 0 });
  await expectGivenBack(library, hash);
});

test("a worker process whose parent was killed ends by itself", async () => {
  await using library = await createEnrichmentLibrary({ config: HANG });
  const hash = await enqueuePhoto(library, 1);
  const parent = startProgram(START, [library.folder], { environment: library.environment });
  await expect.poll(() => calls(library), PATIENT).toHaveLength(1);

  parent.child.kill("SIGKILL");

  await expect.poll(() => library.stateOf(hash), PATIENT).toBe("PENDING");
  await expect.poll(() => library.catalogue.presence.list(), PATIENT).toEqual([]);
  await expectGivenBack(library, hash);
});
