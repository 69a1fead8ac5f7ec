/** What an outage does: circuit, test, fallback, poison, the end of patience. */
import { expect, test } from "vitest";
import { DAY, MINUTE, SECOND } from "../../../src/clock.ts";
import { JobFailure } from "../../../src/jobs/failure.ts";
import type { Health, JobHandler } from "../../../src/jobs/handler.ts";
import type { JobLibrary } from "../../support/job-library.ts";
import {
  createJobLibrary,
  HEALTHY,
  KIND,
  OTHER_PROVIDER,
  passTime,
  PROVIDER,
  scopeOf,
  settled,
  target,
  whileWorking,
  writingHandler,
} from "../../support/job-library.ts";

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);

/** A provider that can be switched off. */
const switchedProvider = (library: JobLibrary) => {
  const write = writingHandler(library.catalogue);
  const state = { isUp: false, calls: 0, healthCalls: 0 };
  const handler: JobHandler = async (job, context) => {
    state.calls += 1;
    if (!state.isUp) throw new JobFailure({ class: "unavailable", code: "LLM_API_ERROR", sub: "UNREACHABLE" });
    return write(job, context);
  };
  const health = (): Promise<Health> => {
    state.healthCalls += 1;
    return Promise.resolve(state.isUp ? HEALTHY : { ok: false });
  };
  return { state, handlers: { [KIND]: handler }, tests: { health } };
};

const allCompleted = async (library: JobLibrary): Promise<boolean> =>
  (await library.jobs()).every(({ state }) => state === "completed");

/** Days pass, a few hours at a time. */
const passDays = async ({ clock }: JobLibrary, days: number): Promise<void> => {
  for (let hours = 0; hours < days * 24; hours += 6) {
    clock.advance(DAY / 4);
    await settled();
  }
};

test("an outage costs few calls and no attempt; the recovery is found by one test, and all jobs run at once", async () => {
  await using library = await createJobLibrary();
  await library.enqueue(...numbers(8).map((number) => ({ scopeId: scopeOf(number) })));
  const { state, handlers, tests } = switchedProvider(library);
  await whileWorking(library.worker(handlers, { tests }), async () => {
    await passTime(library.clock, { until: () => state.healthCalls === 3, mostMs: MINUTE }); // after 5, 15, 35 s
    expect(state.calls).toBeLessThanOrEqual(3); // those that were on their way
    state.isUp = true;
    await passTime(library.clock, { until: () => allCompleted(library), mostMs: 2 * MINUTE });
  });
  expect(await library.jobs()).toMatchObject(numbers(8).map(() => ({ attemptsInvalid: 0, isolated: 0, crashes: 0 })));
  expect((await library.events()).map(({ type }) => type)).toEqual(["provider_unavailable", "provider_recovered"]);
  expect(await library.catalogue.providers.state(PROVIDER)).toMatchObject({ circuit: "closed", probeOwner: null });
});

test("case 9: while one provider is away, the next target of the chain serves", async () => {
  await using library = await createJobLibrary([PROVIDER, OTHER_PROVIDER]);
  await library.enqueue(...numbers(4).map((number) => ({ scopeId: scopeOf(number) })));
  const { state, handlers, tests } = switchedProvider(library);
  const away = handlers[KIND];
  const write = writingHandler(library.catalogue);
  const handler: JobHandler = (job, context) =>
    job.providerKey === PROVIDER && away !== undefined ? away(job, context) : write(job, context);
  const serve = [target(), target({ providerKey: OTHER_PROVIDER, model: "spare" })];
  const worker = library.worker({ [KIND]: handler }, { serve, tests });
  await whileWorking(worker, () => passTime(library.clock, { until: () => allCompleted(library), mostMs: MINUTE }));
  expect(state.isUp).toBe(false);
  expect(await library.sql("select distinct model from documents")).toEqual([{ model: "spare" }]);
});

test("one test at a time: of two workers one asks the provider", async () => {
  await using library = await createJobLibrary();
  await library.enqueue({ scopeId: scopeOf(1) });
  const { state, handlers, tests } = switchedProvider(library);
  const second = library.worker(handlers, { tests, owner: `${library.catalogue.owner}-2` });
  await whileWorking(library.worker(handlers, { tests }), () =>
    whileWorking(second, async () => {
      await passTime(library.clock, { until: () => state.calls > 0, mostMs: SECOND });
      await passTime(library.clock, { until: () => state.healthCalls > 0, mostMs: 6 * SECOND });
      await settled();
      expect(state.healthCalls).toBe(1);
    }),
  );
});

test("a healthy answer is not enough: the test job fails, and the circuit opens for twice as long", async () => {
  await using library = await createJobLibrary();
  const { clock, catalogue } = library;
  await library.enqueue({ scopeId: scopeOf(1) }, { scopeId: scopeOf(2) });
  const { state, handlers } = switchedProvider(library);
  const tests = { health: () => Promise.resolve(HEALTHY), canary: () => Promise.resolve(false) };
  await whileWorking(library.worker(handlers, { tests }), async () => {
    await passTime(clock, { until: () => state.calls >= 2, mostMs: SECOND });
    const delayOf = async (): Promise<number> => (await catalogue.providers.state(PROVIDER))?.probeDelayMs ?? 0;
    await passTime(clock, { until: async () => (await delayOf()) === 20 * SECOND, mostMs: MINUTE });
  });
  expect(await catalogue.providers.state(PROVIDER)).toMatchObject({ circuit: "open" });
  expect((await library.events()).map(({ type }) => type)).toEqual(["provider_unavailable"]);
});

test("poison: a photo that takes the provider down each time ends by itself, and the others are served", async () => {
  await using library = await createJobLibrary();
  await library.enqueue(...numbers(6).map((number) => ({ scopeId: scopeOf(number) })));
  const write = writingHandler(library.catalogue);
  let bad = 0;
  const handler: JobHandler = async (job, context) => {
    if (job.scopeId !== scopeOf(1)) return write(job, context);
    bad += 1;
    throw new JobFailure({ class: "unavailable", code: "LLM_TIMEOUT" });
  };
  const tests = { health: () => Promise.resolve(HEALTHY), canary: () => Promise.resolve(true) };
  const worker = library.worker({ [KIND]: handler }, { tests, settings: { slots: 1, batchSize: 1 } });
  const isOver = async (): Promise<boolean> =>
    (await library.jobs()).every(({ state }) => state === "completed" || state === "failed");
  await whileWorking(worker, () => passTime(library.clock, { until: isOver, mostMs: 20 * MINUTE }));
  const [poisoned, ...others] = await library.jobs();
  expect(poisoned).toMatchObject({ state: "failed", code: "LLM_API_ERROR", sub: "POISON", attemptsInvalid: 5 });
  expect(others.every(({ state, attemptsInvalid }) => state === "completed" && attemptsInvalid === 0)).toBe(true);
  expect(bad).toBe(9); // once as anybody, twice isolated, six times as an invalid response
  expect(await library.catalogue.providers.state(PROVIDER)).toMatchObject({ circuit: "closed" });
});

test("case 7: after 13 days everything completes, with attempts unchanged", async () => {
  await using library = await createJobLibrary();
  await library.enqueue(...numbers(6).map((number) => ({ scopeId: scopeOf(number) })));
  const { state, handlers, tests } = switchedProvider(library);
  await whileWorking(library.worker(handlers, { tests }), async () => {
    await passTime(library.clock, { until: () => state.calls > 0, mostMs: SECOND });
    await passDays(library, 13);
    expect((await library.jobs()).every((job) => job.state === "available")).toBe(true);
    state.isUp = true;
    await passTime(library.clock, { until: () => allCompleted(library), mostMs: 10 * MINUTE });
  });
  expect(await library.jobs()).toMatchObject(numbers(6).map(() => ({ attemptsInvalid: 0, isolated: 0 })));
});

test("case 7: after 15 days each job has expired once, those that never had a turn too", async () => {
  await using library = await createJobLibrary();
  await library.enqueue(...numbers(6).map((number) => ({ scopeId: scopeOf(number) })));
  const { state, handlers, tests } = switchedProvider(library);
  await whileWorking(library.worker(handlers, { tests }), async () => {
    await passTime(library.clock, { until: () => state.calls > 0, mostMs: SECOND });
    await passDays(library, 15);
  });
  expect(await library.jobs()).toMatchObject(numbers(6).map(() => ({ state: "failed", code: "LLM_EXPIRED" })));
  const expiries = (await library.events()).filter(({ type }) => type === "llm_expiry");
  expect(expiries).toHaveLength(6);
  expect(new Set(expiries.map(({ content }) => content["scope_id"]))).toEqual(new Set(numbers(6).map(scopeOf)));
});

test("days under a pause do not count: only an open circuit runs out of patience", async () => {
  await using library = await createJobLibrary();
  await library.enqueue({ scopeId: scopeOf(1) });
  await library.catalogue.jobs.pause(`provider:${PROVIDER}`, { reason: "QUOTA", until: null });
  const { handlers, tests } = switchedProvider(library);
  await whileWorking(library.worker(handlers, { tests }), () => passDays(library, 20));
  expect(await library.jobs()).toMatchObject([{ state: "available", snoozes: 0 }]);
});
