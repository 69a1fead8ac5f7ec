/** Conformance of a job store: keys, order, leases, counters. */
import { expect, test } from "vitest";
import { DAY, MINUTE, SECOND } from "../../../src/clock.ts";
import type { ClaimedJob, ClaimOptions } from "../../../src/jobs/job-store.ts";
import { JOB_LEASE_MS } from "../../../src/jobs/worker.ts";
import { deadOwner } from "../../support/catalogues.ts";
import type { JobLibrary } from "../../support/job-library.ts";
import {
  createJobLibrary,
  documentOf,
  KIND,
  OTHER_PROVIDER,
  PROVIDER,
  scopeOf,
  target,
} from "../../support/job-library.ts";

const claim = ({ catalogue }: JobLibrary, given: Partial<ClaimOptions> = {}): Promise<readonly ClaimedJob[]> =>
  catalogue.jobs.claim({
    owner: catalogue.owner,
    serve: [target()],
    limit: 1,
    leaseMs: JOB_LEASE_MS,
    isIdle: true,
    ...given,
  });

const claimOne = async (library: JobLibrary, given: Partial<ClaimOptions> = {}): Promise<ClaimedJob> => {
  const [job] = await claim(library, given);
  if (job === undefined) throw new Error("there was nothing to claim");
  return job;
};

const completeJob = ({ catalogue }: JobLibrary, job: ClaimedJob) =>
  catalogue.jobs.complete([
    { ref: job.ref, write: (tx) => catalogue.documents.complete(tx, job.ref, documentOf(job)) },
  ]);

test("case 1: the same key asked for twice is one live job, at the higher priority", async () => {
  await using library = await createJobLibrary();
  expect(await library.enqueue({ priority: 0 }, { priority: 20 })).toBe(1);
  expect(await library.enqueue({ priority: 10 })).toBe(0);
  expect(await library.jobs()).toMatchObject([{ state: "available", priority: 20 }]);
  expect(await library.enqueue({ documentType: "translate:es" }, { documentType: "translate:fr" })).toBe(2);
});

test("who asks another model for what still waits gets it from that one, at once; who wants it less does not", async () => {
  await using library = await createJobLibrary();
  await library.enqueue({ route: "model:a", priority: 20, runAt: library.clock.now() + MINUTE });
  expect(await library.enqueue({ route: "vision", priority: 10 })).toBe(0);
  expect(await library.jobs()).toMatchObject([{ route: "model:a", priority: 20 }]);
  expect(await library.enqueue({ route: "model:b", priority: 20 })).toBe(0);
  expect(await library.jobs()).toMatchObject([{ route: "model:b", runAt: library.clock.now() }]);
  const running = await claimOne(library, { serve: [target({ route: "model:b" })] });
  await library.enqueue({ route: "model:c", priority: 50 });
  expect(await library.jobs()).toMatchObject([{ id: running.id, route: "model:b", state: "running", priority: 50 }]);
});

test("what has an end counts as done, until it is asked for again", async () => {
  await using library = await createJobLibrary();
  await library.enqueue({ scopeId: scopeOf(1) });
  await completeJob(library, await claimOne(library));
  expect(await library.enqueue({ scopeId: scopeOf(1) })).toBe(0);
  expect(await library.enqueue({ scopeId: scopeOf(1), redo: true })).toBe(1);
  await completeJob(library, await claimOne(library));
  const history = await library.catalogue.documents.history({ scopeId: scopeOf(1), documentType: KIND });
  expect(history.map(({ version }) => version)).toEqual([2, 1]);
});

test("case 3: the job of a dead owner is rescued once, and its old reference can do nothing", async () => {
  await using library = await createJobLibrary();
  const { jobs } = library.catalogue;
  await library.enqueue({});
  const old = await claimOne(library, { owner: await deadOwner() });
  expect(await jobs.rescue()).toEqual([old.id]);
  expect(await jobs.rescue()).toEqual([]);
  expect(await completeJob(library, old)).toEqual([{ outcome: "lost" }]);
  expect(await jobs.heartbeat([old.ref], JOB_LEASE_MS)).toEqual([old.ref]);
  const endings = () =>
    Promise.all([
      jobs.retry(old.ref, { delayMs: 0, code: "INTERNAL" }),
      jobs.snooze(old.ref, { until: 0, code: "INTERNAL" }),
      jobs.release(old.ref),
      jobs.fail(old.ref, { code: "INTERNAL", event: "llm_failure" }),
      jobs.drop(old.ref, { code: "INTERNAL", leaves: "discarded" }),
    ]);
  expect(await endings()).toEqual([false, false, false, false, false]); // nobody has the job
  const next = await claimOne(library);
  expect(next).toMatchObject({ id: old.id, crashes: 1 });
  expect(await endings()).toEqual([false, false, false, false, false]); // somebody else has it
  expect(await jobs.lost([old.ref, next.ref])).toEqual([old.ref]);
  expect(await completeJob(library, old)).toEqual([{ outcome: "lost" }]);
  expect(await completeJob(library, next)).toEqual([{ outcome: "done" }]);
  expect(await library.sql("select count(*) as documents from documents")).toEqual([{ documents: 1 }]);
});

test("case 4: heartbeats carry a job through three lease lengths, and without them it goes back uncounted", async () => {
  await using library = await createJobLibrary();
  const { jobs } = library.catalogue;
  await library.enqueue({});
  const job = await claimOne(library);
  for (let beat = 0; beat < 9; beat += 1) {
    library.clock.advance(JOB_LEASE_MS / 3);
    expect(await jobs.rescue()).toEqual([]);
    expect(await jobs.heartbeat([job.ref], JOB_LEASE_MS)).toEqual([]);
  }
  library.clock.advance(JOB_LEASE_MS);
  expect(await jobs.rescue()).toEqual([job.id]); // this process lives: it slept
  expect(await library.jobs()).toMatchObject([{ state: "available", crashes: 0, attemptsInvalid: 0 }]);
});

test("case 6: a hundred snoozes leave the invalid attempts at nothing", async () => {
  await using library = await createJobLibrary();
  await library.enqueue({});
  for (let round = 0; round < 100; round += 1) {
    const job = await claimOne(library);
    await library.catalogue.jobs.snooze(job.ref, { until: library.clock.now() + 1, code: "LLM_RATE_LIMITED" });
    library.clock.advance(1);
  }
  expect(await library.jobs()).toMatchObject([{ attemptsInvalid: 0, snoozes: 100, crashes: 0, isolated: 0 }]);
});

test("case 8: a pause outlives the handle that made it; resumed, the jobs run at once", async () => {
  await using library = await createJobLibrary();
  await library.enqueue({});
  await library.catalogue.jobs.pause(`provider:${PROVIDER}`, { reason: "USER", until: null });
  const other = await library.another();
  expect(await claim({ ...library, catalogue: other })).toEqual([]);
  await other.jobs.resume(`provider:${PROVIDER}`);
  expect(await claim(library)).toHaveLength(1);
});

test.each(["all", `provider:${PROVIDER}`, `model:${PROVIDER}/ok`, `kind:${KIND}`])(
  "a pause of %s holds",
  async (stop) => {
    await using library = await createJobLibrary();
    await library.enqueue({});
    await library.catalogue.jobs.pause(stop, { reason: "RATE_LIMITED", until: library.clock.now() + SECOND });
    expect(await claim(library)).toEqual([]);
    library.clock.advance(SECOND);
    expect(await claim(library)).toHaveLength(1);
  },
);

test("of two pauses the longer one stands, and an event is written for a new one only", async () => {
  await using library = await createJobLibrary();
  const { jobs } = library.catalogue;
  const now = library.clock.now();
  const event = { type: "llm_auth_required", content: {} };
  expect(await jobs.pause("provider:p", { reason: "AUTH", until: now + MINUTE, event })).toBe(true);
  expect(await jobs.pause("provider:p", { reason: "AUTH", until: now + 2 * MINUTE, event })).toBe(false);
  expect(await jobs.pause("provider:p", { reason: "RATE_LIMITED", until: now + SECOND })).toBe(false);
  expect(await library.catalogue.providers.pauses()).toMatchObject([{ reason: "AUTH", until: now + 2 * MINUTE }]);
  expect(await library.events()).toHaveLength(1);
});

test("case 9: one provider is paused and another goes on, also as the next of a chain", async () => {
  await using library = await createJobLibrary([PROVIDER, OTHER_PROVIDER]);
  await library.enqueue({ scopeId: scopeOf(1) }, { scopeId: scopeOf(2), route: "text" });
  await library.catalogue.jobs.pause(`provider:${PROVIDER}`, { reason: "AUTH", until: null });
  const serve = [
    target(),
    target({ providerKey: OTHER_PROVIDER, model: "spare" }),
    target({ route: "text", providerKey: PROVIDER }),
  ];
  expect(await claim(library, { serve })).toMatchObject([
    { scopeId: scopeOf(1), providerKey: OTHER_PROVIDER, model: "spare" },
  ]);
  expect(await claim(library, { serve })).toEqual([]);
});

test("case 10: higher priority first, then the order of asking; snoozed jobs do not hold up fresh ones", async () => {
  await using library = await createJobLibrary();
  await library.enqueue(
    { scopeId: scopeOf(1), priority: 0 },
    { scopeId: scopeOf(2), priority: 0 },
    { scopeId: scopeOf(3), priority: 50 },
    { scopeId: scopeOf(4), priority: 50, runAt: library.clock.now() + MINUTE },
  );
  const order: string[] = [];
  for (let round = 0; round < 3; round += 1) {
    const job = await claimOne(library);
    order.push(job.scopeId);
    await completeJob(library, job);
  }
  expect(order).toEqual([scopeOf(3), scopeOf(1), scopeOf(2)]);
  expect(await claim(library)).toEqual([]);
  library.clock.advance(MINUTE);
  expect(await claimOne(library)).toMatchObject({ scopeId: scopeOf(4) });
});

test("no more jobs run on a provider than it may have, over all workers", async () => {
  await using library = await createJobLibrary();
  await library.enqueue(...[1, 2, 3, 4, 5].map((number) => ({ scopeId: scopeOf(number) })));
  const other = { ...library, catalogue: await library.another() };
  expect(await claim(library, { limit: 2 })).toHaveLength(2);
  expect(await claim(other, { limit: 5 })).toHaveLength(1);
  expect(await claim(other, { limit: 5 })).toEqual([]);
});

test("case 11: an interactive job older than its time is dropped, one of the library is kept", async () => {
  await using library = await createJobLibrary();
  const { clock, catalogue } = library;
  await library.enqueue(
    { kind: "intent", scopeId: "req:1", expiresAt: clock.now() + 5 * MINUTE },
    { scopeId: scopeOf(1) },
  );
  const limits = { unavailableMs: MINUTE, chains: [{ route: "vision", providerKeys: [PROVIDER] }] };
  clock.advance(5 * MINUTE - 1);
  expect(await catalogue.jobs.expire(limits)).toEqual([]);
  clock.advance(1);
  expect(await claim(library, { serve: [target({ kind: "intent" })] })).toEqual([]);
  expect(await catalogue.jobs.expire(limits)).toHaveLength(1);
  expect(await library.jobs()).toMatchObject([
    { kind: "intent", state: "cancelled", code: "EXPIRED_STALE" },
    { state: "available" },
  ]);
  expect(await library.stateOf("req:1", "intent")).toBe("DISCARDED");
  expect(await library.events()).toEqual([]);
});

test("case 13: discarded between claim and commit, nothing is written", async () => {
  await using library = await createJobLibrary();
  await library.enqueue({ scopeId: scopeOf(1) });
  const job = await claimOne(library);
  await library.sql("update enrichments set state = 'DISCARDED', lease_ref = null");
  expect(await completeJob(library, job)).toEqual([{ outcome: "discarded" }]);
  expect(await library.sql("select * from documents")).toEqual([]);
  expect(await library.jobs()).toMatchObject([{ state: "cancelled" }]);
  await library.enqueue({ scopeId: scopeOf(2) });
  const other = await claimOne(library);
  await library.catalogue.documents.discard({ scopeId: scopeOf(2), documentType: KIND });
  expect(await completeJob(library, other)).toEqual([{ outcome: "lost" }]);
  expect(await library.stateOf(scopeOf(2))).toBe("DISCARDED");
});

test("a job whose enrichment was discarded while it waited is not run", async () => {
  await using library = await createJobLibrary();
  await library.enqueue({ scopeId: scopeOf(1) }, { scopeId: scopeOf(2) });
  await library.sql("update enrichments set state = 'DISCARDED' where scope_id = ?", scopeOf(1));
  expect(await claimOne(library)).toMatchObject({ scopeId: scopeOf(2) });
  expect(await library.jobs()).toMatchObject([{ state: "cancelled" }, { state: "running" }]);
});

test("case 14: after the third crash a job is quarantined, with its event", async () => {
  await using library = await createJobLibrary();
  await library.enqueue({ scopeId: scopeOf(1) });
  for (let crash = 1; crash <= 3; crash += 1) {
    expect(await library.jobs()).toMatchObject([{ state: "available", crashes: crash - 1 }]);
    await claimOne(library, { owner: await deadOwner() });
    await library.catalogue.jobs.rescue();
  }
  expect(await library.jobs()).toMatchObject([{ state: "quarantined", crashes: 3, code: "WORKER_CRASH" }]);
  expect(await library.stateOf(scopeOf(1))).toBe("FAILED");
  expect(await library.events()).toMatchObject([{ type: "llm_failure", content: { code: "WORKER_CRASH" } }]);
});

test("a job whose worker died is given to an idle worker alone, so that innocent ones are not quarantined with it", async () => {
  await using library = await createJobLibrary();
  await library.enqueue({ scopeId: scopeOf(1) }, { scopeId: scopeOf(2) }, { scopeId: scopeOf(3) });
  await library.sql("update jobs set crashes = 1 where scope_id = ?", scopeOf(1));
  expect(await claim(library, { limit: 3, isIdle: false })).toMatchObject([
    { scopeId: scopeOf(2) },
    { scopeId: scopeOf(3) },
  ]);
  expect(await claim(library, { limit: 3, isIdle: true })).toMatchObject([{ scopeId: scopeOf(1), crashes: 1 }]);
});

test("results of several jobs are one transaction, and one that cannot be written does not touch the others", async () => {
  await using library = await createJobLibrary();
  await library.enqueue({ scopeId: scopeOf(1) }, { scopeId: scopeOf(2) });
  const [first, second] = await claim(library, { limit: 2 });
  if (first === undefined || second === undefined) throw new Error("there were two jobs");
  const { documents, jobs } = library.catalogue;
  const error = new Error("broken");
  const results = await jobs.complete([
    {
      ref: first.ref,
      write: async (tx) => {
        await documents.complete(tx, first.ref, documentOf(first));
        throw error;
      },
    },
    { ref: second.ref, write: (tx) => documents.complete(tx, second.ref, documentOf(second)) },
  ]);
  expect(results).toEqual([{ outcome: "failed", error }, { outcome: "done" }]);
  expect(await library.sql("select scope_id from documents")).toEqual([{ scope_id: scopeOf(2) }]);
  expect(await library.jobs()).toMatchObject([{ state: "running" }, { state: "completed" }]);
});

test("records of work are removed when they are old; documents and unfinished jobs stay", async () => {
  await using library = await createJobLibrary();
  await library.enqueue({ scopeId: scopeOf(1) }, { scopeId: scopeOf(2) });
  await completeJob(library, await claimOne(library));
  await library.catalogue.jobs.pause("provider:p", { reason: "AUTH", until: null, event: { type: "x", content: {} } });
  library.clock.advance(7 * DAY);
  await library.catalogue.jobs.removeOld();
  expect(await library.jobs()).toHaveLength(2);
  library.clock.advance(1);
  await library.catalogue.jobs.removeOld();
  expect(await library.jobs()).toMatchObject([{ state: "available" }]);
  expect(await library.events()).toHaveLength(1);
  library.clock.advance(23 * DAY);
  await library.catalogue.jobs.removeOld();
  expect(await library.events()).toEqual([]);
  expect(await library.sql("select scope_id from documents")).toEqual([{ scope_id: scopeOf(1) }]);
});

test("a listener hears of commits of this handle and of others", async () => {
  await using library = await createJobLibrary();
  const heard: string[] = [];
  const end = new AbortController();
  library.catalogue.jobs.subscribe(({ by }) => heard.push(by), end.signal);
  const polled = async (): Promise<void> => {
    await expect.poll(() => library.clock.nextWake()).toBeDefined();
    library.clock.advance(200);
    await expect.poll(() => library.clock.nextWake()).toBeDefined();
  };
  await polled();
  expect(heard).toEqual([]);
  await library.enqueue({});
  await polled();
  expect(heard).toEqual(["here"]);
  await library.sql("update jobs set priority = 1 returning id");
  await polled();
  expect(heard).toEqual(["here", "elsewhere"]);
  end.abort();
});
