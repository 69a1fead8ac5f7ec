/** Conformance over real processes: several workers, a killed one, a stopped one, a busy writer. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openCatalogue } from "../../../src/catalogue/catalogue.ts";
import type { Catalogue } from "../../../src/catalogue/catalogue.ts";
import type { JobRecord } from "../../../src/jobs/job-store.ts";
import { JOB_LEASE_MS } from "../../../src/jobs/worker.ts";
import { createJobLibrary, documentOf, PROVIDER, scopeOf, target } from "../../support/job-library.ts";
import type { JobLibrary } from "../../support/job-library.ts";
import { startProgram } from "../../support/run-program.ts";

const WORKER_CHILD = join(import.meta.dirname, "worker-child.ts");
const HOLD_LOCK_CHILD = join(import.meta.dirname, "..", "catalogue", "hold-lock-child.ts");
const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);

/** They are due long ago by the clock of the children. */
const fill = async ({ enqueue }: JobLibrary, count: number): Promise<void> => {
  await enqueue(...numbers(count).map((number) => ({ scopeId: scopeOf(number) })));
};

const statesOf = (jobs: readonly JobRecord[]) => [...new Set(jobs.map(({ state }) => state))];
const allJobs = async ({ jobs }: Catalogue): Promise<readonly JobRecord[]> => {
  const all: JobRecord[] = [];
  for (let cursor: string | undefined = "0"; cursor !== undefined;) {
    const page = await jobs.list({ states: ["available", "running", "completed", "failed", "quarantined"] }, cursor);
    all.push(...page.jobs);
    cursor = page.next;
  }
  return all;
};

test("case 2: three processes share 300 jobs, and none runs twice", async () => {
  await using library = await createJobLibrary();
  await fill(library, 300);
  const workers = numbers(3).map(() => startProgram(WORKER_CHILD, [library.path]));
  const ends = await Promise.all(workers.map(({ ended }) => ended));
  expect(ends.map(({ code, stderr }) => ({ code, stderr }))).toEqual(numbers(3).map(() => ({ code: 0, stderr: "" })));
  expect(statesOf(await allJobs(library.catalogue))).toEqual(["completed"]);
  expect(await library.sql("select count(*) as documents, max(version) as version from documents")).toEqual([
    { documents: 300, version: 1 },
  ]);
  expect(await library.sql("select max(lease_token) as claims, sum(crashes) as crashes from jobs")).toEqual([
    { claims: 1, crashes: 0 },
  ]);
});

test("case 3: the jobs of a killed worker are rescued at once, counted once, and end with one document each", async () => {
  await using library = await createJobLibrary();
  await fill(library, 3);
  const killed = startProgram(WORKER_CHILD, [library.path, "hang"]);
  await killed.untilStdout("holding\nholding\nholding\n");
  const held = await allJobs(library.catalogue);
  expect(statesOf(held)).toEqual(["running"]);
  killed.child.kill("SIGKILL");
  expect((await killed.ended).code).toBe("SIGKILL");
  const next = await startProgram(WORKER_CHILD, [library.path]).ended;
  expect(next).toMatchObject({ code: 0, stdout: "done\n", stderr: "" });
  for (const job of await allJobs(library.catalogue)) expect(job).toMatchObject({ state: "completed", crashes: 1 });
  const { documents, jobs } = library.catalogue;
  const late = held.map((job) => ({ ref: `${job.id}:1` as const, document: documentOf({ ...job, model: "late" }) }));
  const outcomes = await jobs.complete(
    late.map(({ ref, document }) => ({ ref, write: (tx) => documents.complete(tx, ref, document) })),
  );
  expect(outcomes).toEqual(late.map(() => ({ outcome: "lost" })));
  expect(await library.sql("select count(*) as documents from documents")).toEqual([{ documents: 3 }]);
});

test("workers killed in the middle of a backlog: every job ends with exactly one document", async () => {
  await using library = await createJobLibrary();
  const count = 600;
  await fill(library, count);
  const documents = async (): Promise<number> =>
    Number((await library.sql("select count(*) as documents from documents"))[0]?.["documents"]);
  let workers = numbers(4).map(() => startProgram(WORKER_CHILD, [library.path]));
  for (const share of [0.1, 0.3, 0.5]) {
    await expect.poll(documents, { timeout: 60_000, interval: 5 }).toBeGreaterThan(share * count);
    const [victim, ...others] = workers;
    victim?.child.kill("SIGKILL");
    await victim?.ended;
    workers = [...others, startProgram(WORKER_CHILD, [library.path])];
  }
  await Promise.all(workers.map(({ ended }) => ended));
  expect(await startProgram(WORKER_CHILD, [library.path]).ended).toMatchObject({ code: 0, stderr: "" }); // what the last one held
  expect(statesOf(await allJobs(library.catalogue))).toEqual(["completed"]);
  expect(await library.sql("select count(*) as documents, max(version) as version from documents")).toEqual([
    { documents: count, version: 1 },
  ]);
});

test("case 15: a worker that gets SIGTERM gives its leases back and ends well", async () => {
  await using library = await createJobLibrary();
  await fill(library, 3);
  const stopped = startProgram(WORKER_CHILD, [library.path, "hang"]);
  await stopped.untilStdout("holding\nholding\nholding\n");
  stopped.child.kill("SIGTERM");
  expect(await stopped.ended).toMatchObject({ code: 0, stderr: "" });
  for (const job of await allJobs(library.catalogue)) {
    expect(job).toMatchObject({ state: "available", attemptsInvalid: 0, snoozes: 0, crashes: 0 });
  }
  expect(await library.stateOf(scopeOf(1))).toBe("PENDING");
});

test("case 16: while another process writes, a claim waits and a request of another handle is answered", async () => {
  await using library = await createJobLibrary();
  await fill(library, 1);
  await using ofWorker = await openCatalogue({ path: library.path }); // the system's clock: it waits by itself
  const holder = spawn(process.execPath, [HOLD_LOCK_CHILD, library.path], { stdio: ["pipe", "pipe", "inherit"] });
  const gone = once(holder, "exit");
  await once(holder.stdout, "data");
  let isClaimed = false;
  const claiming = ofWorker.jobs
    .claim({ owner: ofWorker.owner, serve: [target()], limit: 1, leaseMs: JOB_LEASE_MS, isIdle: true })
    .finally(() => (isClaimed = true));
  // Each is answered although the lock is still held: it is let go only afterwards.
  for (const _request of numbers(20)) {
    expect((await library.catalogue.jobs.stats()).states).toEqual({ available: 1 });
    expect(await library.catalogue.providers.state(PROVIDER)).toMatchObject({ circuit: "closed" });
  }
  expect(isClaimed).toBe(false);
  holder.stdin.end();
  expect(await claiming).toHaveLength(1);
  await gone;
});
