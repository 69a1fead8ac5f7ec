import { expect, test } from "vitest";
import { JobFailure } from "../../../src/jobs/failure.ts";
import type { JobHandler } from "../../../src/jobs/handler.ts";
import { JOB_LEASE_MS } from "../../../src/jobs/worker.ts";
import {
  createJobLibrary,
  KIND,
  passTime,
  scopeOf,
  settled,
  target,
  writingHandler,
} from "../../support/job-library.ts";

const PATIENCE = { patienceMs: 30_000 };

test("before it is told to finish a worker goes on for jobs that come later", async () => {
  await using library = await createJobLibrary();
  const finish = new AbortController();
  const worker = library.worker({ [KIND]: writingHandler(library.catalogue) });
  const working = worker.runUntilFinished(new AbortController().signal, { finish: finish.signal, ...PATIENCE });
  await library.enqueue({ scopeId: scopeOf(1) });
  const isDone = async (scope: number): Promise<boolean> => (await library.stateOf(scopeOf(scope))) === "CONFIRMED";
  await passTime(library.clock, { until: () => isDone(1), mostMs: 60_000 });
  await library.enqueue({ scopeId: scopeOf(2) });
  await passTime(library.clock, { until: () => isDone(2), mostMs: 60_000 });

  finish.abort();

  await expect(working).resolves.toBeUndefined();
});

test.each([
  { what: "waits for what is due soon", retryAfterMs: 20_000, state: "CONFIRMED" },
  { what: "leaves what is due later", retryAfterMs: 40_000, state: "PENDING" },
])("a worker that finishes $what", async ({ retryAfterMs, state }) => {
  await using library = await createJobLibrary();
  await library.enqueue({ scopeId: scopeOf(1) });
  const write = writingHandler(library.catalogue);
  const handler: JobHandler = async (job, context) => {
    if (job.snoozes > 0) return write(job, context);
    throw new JobFailure({ class: "waiting", code: "MISSING_INPUT", retryAfterMs });
  };
  const worker = library.worker({ [KIND]: handler });
  let isOver = false;

  const working = worker
    .runUntilFinished(new AbortController().signal, { finish: AbortSignal.abort(), ...PATIENCE })
    .finally(() => (isOver = true));
  await passTime(library.clock, { until: () => isOver, mostMs: 60_000 });
  await working;

  expect(await library.stateOf(scopeOf(1))).toBe(state);
});

test("a worker that finishes waits for the jobs that another one has in hand", async () => {
  await using library = await createJobLibrary();
  await library.enqueue({ scopeId: scopeOf(1) });
  const other = await library.another();
  const [held] = await other.jobs.claim({
    owner: other.owner,
    serve: [target()],
    limit: 1,
    leaseMs: JOB_LEASE_MS,
    isIdle: true,
  });
  if (held === undefined) throw new Error("Nothing was claimed.");
  let isOver = false;
  const working = library
    .worker({ [KIND]: writingHandler(library.catalogue) })
    .runUntilFinished(new AbortController().signal, { finish: AbortSignal.abort(), ...PATIENCE })
    .finally(() => (isOver = true));
  await settled(20);
  expect(isOver).toBe(false);

  await other.jobs.release(held.ref);
  await passTime(library.clock, { until: () => isOver, mostMs: 60_000 });
  await working;

  expect(await library.stateOf(scopeOf(1))).toBe("CONFIRMED");
});

test("a worker that is drained ends what it has in hand and takes nothing new", async () => {
  await using library = await createJobLibrary();
  await library.enqueue({ scopeId: scopeOf(1) });
  const write = writingHandler(library.catalogue);
  const [begun, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const handler: JobHandler = async (job, context) => {
    begun.resolve();
    await answer.promise;
    return write(job, context);
  };
  const drain = new AbortController();
  let isOver = false;
  const working = library
    .worker({ [KIND]: handler })
    .runUntilFinished(new AbortController().signal, {
      finish: new AbortController().signal,
      drain: drain.signal,
      ...PATIENCE,
    })
    .finally(() => (isOver = true));
  await begun.promise;

  drain.abort();
  await library.enqueue({ scopeId: scopeOf(2) });
  await settled(20);
  expect(isOver).toBe(false);
  answer.resolve();
  await passTime(library.clock, { until: () => isOver, mostMs: 60_000 });
  await working;

  expect(await library.stateOf(scopeOf(1))).toBe("CONFIRMED");
  expect((await library.jobs()).map(({ state }) => state)).toEqual(["completed", "available"]);
});

test("without a time, and for somebody who waits, a missing input is a failure; what is gone is forgotten", async () => {
  await using library = await createJobLibrary();
  await library.enqueue({ scopeId: scopeOf(1) }, { scopeId: scopeOf(2) });
  const handler: JobHandler = async ({ scopeId }) => {
    if (scopeId === scopeOf(1)) throw new JobFailure({ class: "waiting", code: "MISSING_INPUT" });
    throw new JobFailure({ class: "gone", code: "CANCELLED", sub: "GONE" });
  };

  await library.worker({ [KIND]: handler }).runUntilIdle(new AbortController().signal);

  expect(await library.stateOf(scopeOf(1))).toBe("FAILED");
  expect(await library.stateOf(scopeOf(2))).toBeUndefined();
  expect((await library.events()).map(({ type, content }) => [type, content["code"]])).toEqual([
    ["llm_failure", "MISSING_INPUT"],
  ]);
});

test("a result wakes the jobs of its scope that wait for an input, and no others", async () => {
  await using library = await createJobLibrary();
  const later = library.clock.now() + 600_000;
  await library.enqueue(
    { scopeId: scopeOf(1), documentType: "story" },
    { scopeId: scopeOf(2), documentType: "story" },
    { scopeId: scopeOf(1), documentType: "other" },
  );
  await library.sql("update jobs set run_at = ?, error_code = 'MISSING_INPUT' where document_type = 'story'", later);
  await library.sql("update jobs set run_at = ?, error_code = 'LLM_RATE_LIMITED' where document_type = 'other'", later);
  await library.enqueue({ scopeId: scopeOf(1) });

  await library
    .worker({
      [KIND]: async (job, context) => {
        if (job.documentType !== KIND)
          throw new JobFailure({ class: "waiting", code: "MISSING_INPUT", retryAfterMs: 1 });
        return writingHandler(library.catalogue)(job, context);
      },
    })
    .runUntilIdle(new AbortController().signal);

  const waiting = (await library.jobs()).filter(({ state }) => state === "available");
  expect(waiting.map(({ scopeId, documentType, runAt }) => [scopeId, documentType, runAt >= later])).toEqual([
    [scopeOf(1), "story", false],
    [scopeOf(2), "story", true],
    [scopeOf(1), "other", true],
  ]);
});
