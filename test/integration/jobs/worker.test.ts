/** Conformance of the worker: delays, turns, limits, cancelling, stopping. */
import { expect, test } from "vitest";
import { MINUTE, SECOND } from "../../../src/clock.ts";
import type { FailureClass } from "../../../src/jobs/failure.ts";
import { JobFailure } from "../../../src/jobs/failure.ts";
import type { ClaimedJob } from "../../../src/jobs/job-store.ts";
import {
  createJobLibrary,
  failingHandler,
  hangingHandler,
  KIND,
  passTime,
  PROVIDER,
  scopeOf,
  settled,
  target,
  whileWorking,
  writingHandler,
} from "../../support/job-library.ts";

const failure = (given: FailureClass, code: string, more: { retryAfterMs?: number } = {}): JobFailure =>
  new JobFailure({ class: given, code, ...more });
const never = (): AbortSignal => new AbortController().signal;
const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);

test("jobs are worked off, each with one document", async () => {
  await using library = await createJobLibrary();
  await library.enqueue(...numbers(12).map((number) => ({ scopeId: scopeOf(number) })));
  await library.worker({ [KIND]: writingHandler(library.catalogue) }).runUntilIdle(never());
  expect((await library.jobs()).map(({ state }) => state)).toEqual(numbers(12).map(() => "completed"));
  const documents = await library.sql("select scope_id, version from documents order by scope_id");
  expect(documents).toEqual(numbers(12).map((number) => ({ scope_id: scopeOf(number), version: 1 })));
  expect(await library.stateOf(scopeOf(7))).toBe("CONFIRMED");
});

test("case 5: an invalid answer is asked for again after exactly 1, 2, 4, 8, 16 s, then the job fails", async () => {
  await using library = await createJobLibrary();
  const { clock } = library;
  const times: number[] = [];
  await library.enqueue({ scopeId: scopeOf(1) });
  const handler = failingHandler(() => {
    times.push(clock.now());
    return failure("invalid_response", "LLM_VALIDATION_ERROR");
  });
  const isOver = async (): Promise<boolean> => (await library.jobs())[0]?.state === "failed";
  await whileWorking(library.worker({ [KIND]: handler }), () => passTime(clock, { until: isOver, mostMs: MINUTE }));
  const delays = times.slice(1).map((time, place) => (time - (times[place] ?? 0)) / SECOND);
  expect(delays).toEqual([1, 2, 4, 8, 16]);
  expect(await library.jobs()).toMatchObject([{ attemptsInvalid: 5, snoozes: 0, code: "LLM_VALIDATION_ERROR" }]);
  expect(await library.stateOf(scopeOf(1))).toBe("FAILED");
  expect(await library.events()).toMatchObject([{ type: "llm_failure", content: { scope_id: scopeOf(1) } }]);
});

test("case 10: kinds of the same priority take turns", async () => {
  await using library = await createJobLibrary();
  const kinds = ["image_tag", "photo_story", "translate"];
  await library.enqueue(
    ...kinds.flatMap((kind) => numbers(3).map((number) => ({ kind, documentType: kind, scopeId: scopeOf(number) }))),
  );
  const order: string[] = [];
  const write = writingHandler(library.catalogue);
  const noting = (job: ClaimedJob, context: Parameters<typeof write>[1]) => {
    order.push(job.kind);
    return write(job, context);
  };
  const handlers = Object.fromEntries(kinds.map((kind) => [kind, noting]));
  const serve = kinds.map((kind) => target({ kind }));
  await library.worker(handlers, { serve, settings: { slots: 1, batchSize: 1 } }).runUntilIdle(never());
  expect(order).toEqual([...kinds, ...kinds, ...kinds]);
});

test("case 12: cancelling a running job aborts its call, and another job goes on", async () => {
  await using library = await createJobLibrary();
  const { clock, catalogue } = library;
  await library.enqueue({ scopeId: scopeOf(1) }, { scopeId: scopeOf(2) });
  const started: string[] = [];
  const aborted: string[] = [];
  const handler = hangingHandler(
    (job) => started.push(job.scopeId),
    (job) => aborted.push(job.scopeId),
  );
  await whileWorking(library.worker({ [KIND]: handler }), async () => {
    await passTime(clock, { until: () => started.length === 2, mostMs: SECOND });
    expect(await catalogue.jobs.cancel({ scopeId: scopeOf(1) })).toBe(1);
    await passTime(clock, { until: () => aborted.length > 0, mostMs: SECOND }); // long before the next heartbeat
    expect(aborted).toEqual([scopeOf(1)]);
  });
  expect(await library.jobs()).toMatchObject([
    { state: "cancelled", attemptsInvalid: 0 },
    { state: "available", attemptsInvalid: 0 },
  ]);
});

test("a result that waits to be written leaves its place on the provider to the next job", async () => {
  await using library = await createJobLibrary();
  await library.enqueue(...numbers(4).map((number) => ({ scopeId: scopeOf(number) })));
  const write = writingHandler(library.catalogue);
  const called: string[] = [];
  const hang = hangingHandler();
  const handler: typeof write = (job, context) => {
    called.push(job.scopeId);
    return job.scopeId === scopeOf(1) ? write(job, context) : hang(job, context);
  };
  const worker = library.worker({ [KIND]: handler }, { settings: { slots: 3 } });
  await whileWorking(worker, async () => {
    for (let turn = 0; called.length < 4 && turn < 100; turn += 1) await settled(); // no time passes: nothing is written
    expect(called).toEqual(numbers(4).map(scopeOf));
    expect((await library.jobs()).map(({ state }) => state)).toEqual(numbers(4).map(() => "running"));
  });
});

test("a discard aborts the running call, and its late result is not written", async () => {
  await using library = await createJobLibrary();
  const { catalogue, clock } = library;
  await library.enqueue({ scopeId: scopeOf(1) });
  const write = writingHandler(catalogue);
  let aborts = 0;
  const stubborn: typeof write = (job, context) =>
    new Promise((resolve) =>
      context.signal.addEventListener("abort", () => {
        aborts += 1;
        resolve(write(job, context)); // answers although it was told to stop
      }),
    );
  await whileWorking(library.worker({ [KIND]: stubborn }), async () => {
    await passTime(clock, { until: async () => (await library.jobs())[0]?.state === "running", mostMs: SECOND });
    await catalogue.documents.discard({ scopeId: scopeOf(1), documentType: KIND });
    await passTime(clock, { until: () => aborts === 1, mostMs: SECOND });
  });
  expect(await library.stateOf(scopeOf(1))).toBe("DISCARDED");
  expect(await library.sql("select * from documents")).toEqual([]);
});

test("a worker that is told to stop aborts its calls and gives every lease back, uncounted", async () => {
  await using library = await createJobLibrary();
  await library.enqueue(...numbers(5).map((number) => ({ scopeId: scopeOf(number) })));
  let started = 0;
  const worker = library.worker({ [KIND]: hangingHandler(() => (started += 1)) });
  await whileWorking(worker, () => passTime(library.clock, { until: () => started === 3, mostMs: SECOND }));
  for (const job of await library.jobs()) {
    expect(job).toMatchObject({ state: "available", attemptsInvalid: 0, snoozes: 0, crashes: 0 });
  }
  expect(await library.stateOf(scopeOf(1))).toBe("PENDING");
});

test("heartbeats keep a job for as long as its calls may take; then it is stopped like a call without an answer", async () => {
  await using library = await createJobLibrary();
  const { clock } = library;
  await library.enqueue({ scopeId: scopeOf(1) });
  const started = clock.now();
  let stopped = 0;
  const handler = hangingHandler(undefined, () => (stopped = clock.now()));
  const worker = library.worker({ [KIND]: handler }, { settings: { callTimeoutMs: MINUTE } });
  await whileWorking(worker, () => passTime(clock, { until: () => stopped > 0, mostMs: 10 * MINUTE }));
  expect(stopped - started).toBe(130 * SECOND); // the first heartbeat after twice a minute
  expect(await library.jobs()).toMatchObject([{ state: "available", code: "LLM_TIMEOUT", snoozes: 1, crashes: 0 }]);
});

test("a rate limit pauses the provider as long as asked, halves its calls, and consumes no attempt", async () => {
  await using library = await createJobLibrary();
  const { clock, catalogue } = library;
  await library.enqueue({ scopeId: scopeOf(1) });
  const times: number[] = [];
  const write = writingHandler(catalogue);
  const handler: typeof write = async (job, context) => {
    times.push(clock.now());
    if (times.length === 1) throw failure("rate_limited", "LLM_RATE_LIMITED", { retryAfterMs: 7000 });
    return write(job, context);
  };
  const isOver = async (): Promise<boolean> => (await library.jobs())[0]?.state === "completed";
  await whileWorking(library.worker({ [KIND]: handler }), () => passTime(clock, { until: isOver, mostMs: MINUTE }));
  expect(times.map((time) => time - (times[0] ?? 0))).toEqual([0, 7000]);
  expect(await library.jobs()).toMatchObject([{ attemptsInvalid: 0, snoozes: 1 }]);
  expect(await catalogue.providers.state(PROVIDER)).toMatchObject({ concurrency: 1 });
  expect(await catalogue.providers.pauses()).toEqual([]); // over, and ended by the success
});

test("a wrong key pauses the provider with one event; a repaired configuration lifts the pause at once", async () => {
  await using library = await createJobLibrary();
  const { clock, catalogue } = library;
  await library.enqueue({ scopeId: scopeOf(1) }, { scopeId: scopeOf(2) }, { scopeId: scopeOf(3) });
  let calls = 0;
  const handler = failingHandler(() => {
    calls += 1;
    return failure("auth", "LLM_AUTH");
  });
  const worker = library.worker({ [KIND]: handler });
  await whileWorking(worker, async () => {
    await passTime(clock, { until: () => calls > 0, mostMs: SECOND });
    const before = calls;
    expect(before).toBeLessThanOrEqual(3);
    clock.advance(30 * MINUTE);
    await settled();
    expect(calls).toBe(before);
    await passTime(clock, { until: () => calls > before, mostMs: 31 * MINUTE }); // looks once an hour
  });
  expect((await library.events()).map(({ type }) => type)).toEqual(["llm_auth_required"]);
  await catalogue.providers.register({ providerKey: PROVIDER, ceiling: 3, fingerprint: "repaired" });
  await library.worker({ [KIND]: writingHandler(catalogue) }).runUntilIdle(never());
  expect((await library.jobs()).map(({ state }) => state)).toEqual(["completed", "completed", "completed"]);
});

test("a wrong model is passed over: the next target of the chain serves", async () => {
  await using library = await createJobLibrary();
  await library.enqueue({ scopeId: scopeOf(1) });
  const models: string[] = [];
  const write = writingHandler(library.catalogue);
  const handler: typeof write = async (job, context) => {
    models.push(job.model);
    if (job.model === "gone") throw failure("config", "LLM_MODEL_NOT_FOUND");
    return write(job, context);
  };
  const serve = [target({ model: "gone" }), target({ model: "ok" })];
  await library.worker({ [KIND]: handler }, { serve }).runUntilIdle(never());
  expect(models).toEqual(["gone", "ok"]);
  expect(await library.events()).toMatchObject([
    { type: "llm_config_error", content: { target: `model:${PROVIDER}/gone` } },
  ]);
});

test("somebody who waits gets an end, whatever circuits and pauses say", async () => {
  await using library = await createJobLibrary();
  const { catalogue } = library;
  await library.enqueue({ scopeId: scopeOf(1) }, { scopeId: scopeOf(2) });
  await catalogue.jobs.pause("all", { reason: "USER", until: null });
  const ids = (await library.jobs()).map(({ id }) => id);
  await library.worker({ [KIND]: failingHandler(() => failure("auth", "LLM_AUTH")) }).runNow(ids.slice(0, 1), never());
  await library.worker({ [KIND]: writingHandler(catalogue) }).runNow(ids.slice(1), never());
  expect(await library.jobs()).toMatchObject([{ state: "failed", code: "LLM_AUTH" }, { state: "completed" }]);
});

test("a bug in a handler ends as bad answers do, and stores nothing of its message", async () => {
  await using library = await createJobLibrary();
  await library.enqueue({ scopeId: scopeOf(1) });
  await library.sql("update jobs set attempts_invalid = 5");
  const broken = (): Promise<never> => Promise.reject(new TypeError("/home/anna/secret.jpg"));
  await library.worker({ [KIND]: broken }).runUntilIdle(never());
  expect(await library.jobs()).toMatchObject([{ state: "failed", code: "INTERNAL" }]);
  const { message } = (await library.catalogue.documents.enrichment({ scopeId: scopeOf(1), documentType: KIND })) ?? {};
  expect(message).toBe("Internal processing error (INTERNAL).");
});

test("a photo that must stay leaves no trace of the wish", async () => {
  await using library = await createJobLibrary();
  await library.enqueue({ scopeId: scopeOf(1) });
  await library.worker({ [KIND]: failingHandler(() => failure("privacy", "LOCAL_ONLY")) }).runUntilIdle(never());
  expect(await library.jobs()).toMatchObject([{ state: "cancelled", code: "LOCAL_ONLY" }]);
  expect(await library.stateOf(scopeOf(1))).toBeUndefined();
  expect(await library.events()).toEqual([]);
});
