/**
 * A worker process. `complete`: writes a document per job until nothing is left, then says "done". `hang`: takes jobs,
 * says "holding" for each, and answers none; ends on SIGTERM as photon's worker does.
 */
import { openCatalogue } from "../../../src/catalogue/catalogue.ts";
import { documentOf, KIND, PROVIDER, target } from "../../support/job-library.ts";
import { systemClock } from "../../../src/clock.ts";
import type { JobHandler } from "../../../src/jobs/handler.ts";
import { DEFAULT_WORKER, JobWorker } from "../../../src/jobs/worker.ts";
import { silentLogger } from "../../../src/logger.ts";

const [path = "", mode = "complete"] = process.argv.slice(2);
const stop = new AbortController();
process.once("SIGTERM", () => stop.abort());

await using catalogue = await openCatalogue({ path });

const complete: JobHandler = async (job) => ({
  write: (tx) => catalogue.documents.complete(tx, job.ref, documentOf(job)),
  wasCalled: true,
});

const hang: JobHandler = (_job, { signal }) =>
  new Promise((_resolve, reject) => {
    process.stdout.write("holding\n");
    const keepAlive = setInterval(() => undefined, 1000);
    signal.addEventListener("abort", () => {
      clearInterval(keepAlive);
      reject(signal.reason as Error); // as an aborted call does
    });
  });

const handlers: Readonly<Record<string, JobHandler>> = { complete, hang };
const handler = handlers[mode];
if (handler === undefined) throw new Error(`Expected complete or hang, received ${mode}.`);

await catalogue.providers.register({ providerKey: PROVIDER, ceiling: 64, fingerprint: "first" });
const worker = new JobWorker(
  {
    owner: catalogue.owner,
    store: catalogue.jobs,
    providers: catalogue.providers,
    tests: { health: () => Promise.resolve({ ok: true }) },
    handlers: { [KIND]: handler },
    serve: [target({ ceiling: 64 })],
    clock: systemClock,
    random: Math.random,
    logger: silentLogger,
  },
  DEFAULT_WORKER,
);
if (mode === "hang") await worker.run(stop.signal);
else await worker.runUntilIdle(stop.signal);
process.stdout.write("done\n");
