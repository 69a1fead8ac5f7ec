/** Jobs per second through the queue: claim, document, end of the job; one commit per job and one per batch. */
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { openCatalogue } from "../src/catalogue/catalogue.ts";
import type { Catalogue } from "../src/catalogue/catalogue.ts";
import type { ClaimedJob } from "../src/jobs/job-store.ts";
import { PRIORITY } from "../src/jobs/job-store.ts";
import type { Bench, BenchResult } from "./support/bench.ts";
import { atLeast, secondsOf } from "./support/bench.ts";

const JOBS = 20_000;
const QUICK_JOBS = 1000;
const ENQUEUE_LOT = 500;
const BATCHES = [1, 5] as const;
const BAR_PER_SECOND = 2000;
const LEASE_MS = 30_000;
const KIND = "image_tag";
const TARGET = { kind: KIND, route: "vision", providerKey: "bench@local", model: "bench", ceiling: 64 };

const enqueueAll = async ({ jobs }: Catalogue, executionId: string, count: number): Promise<void> => {
  for (let start = 0; start < count; start += ENQUEUE_LOT) {
    const lot = Array.from({ length: Math.min(ENQUEUE_LOT, count - start) }, (_, place) => ({
      kind: KIND,
      scopeId: `album:${start + place}`,
      documentType: KIND,
      route: TARGET.route,
      userId: 1,
      executionId,
      priority: PRIORITY.backlog,
    }));
    await jobs.transaction((tx) => jobs.enqueue(tx, lot));
  }
};

const completionOf = ({ documents }: Catalogue, job: ClaimedJob) => ({
  ref: job.ref,
  write: (tx: Parameters<typeof documents.complete>[0]) =>
    documents.complete(tx, job.ref, {
      content: '{"status":"ok"}',
      createdByStep: KIND,
      executionId: job.executionId,
      promptVersion: 1,
      promptHash: "bench",
      model: "bench",
      autoConfirm: true,
      ready: [],
      confirmed: [],
    }),
});

const workOff = async (catalogue: Catalogue, batch: number): Promise<void> => {
  const { jobs, owner } = catalogue;
  for (;;) {
    const claimed = await jobs.claim({ owner, serve: [TARGET], limit: batch, leaseMs: LEASE_MS, isIdle: true });
    if (claimed.length === 0) return;
    await jobs.complete(claimed.map((job) => completionOf(catalogue, job)));
    await setImmediate(); // a worker waits for its provider here, and the checkpointer comes to its turn
  }
};

export const jobQueueBench: Bench = {
  name: "job-queue",
  about:
    "Jobs claimed and completed by one process, each with a document, its state and its end in one transaction: a claim and a commit per job, and per batch of 5.",
  async run({ quick, directory, log }) {
    const results: BenchResult[] = [];
    const count = quick ? QUICK_JOBS : JOBS;
    for (const batch of BATCHES) {
      await using catalogue = await openCatalogue({ path: join(directory, `queue-${batch}`, "catalogue.db") });
      await catalogue.providers.register({ providerKey: TARGET.providerKey, ceiling: 64, fingerprint: "bench" });
      const executionId = await catalogue.executions.start({ command: "bench", kinds: [KIND], filter: {} });
      const enqueueSeconds = await secondsOf(() => enqueueAll(catalogue, executionId, count));
      const rate = count / (await secondsOf(() => workOff(catalogue, batch)));
      log(`batches of ${batch}: ${rate.toFixed(0)} jobs/s, enqueued at ${(count / enqueueSeconds).toFixed(0)} jobs/s`);
      results.push(atLeast(`claim and complete, batches of ${batch}`, rate, "jobs/s", BAR_PER_SECOND), {
        metric: `enqueue, lots of ${ENQUEUE_LOT} (run ${batch})`,
        value: count / enqueueSeconds,
        unit: "jobs/s",
      });
    }
    return results;
  },
};
