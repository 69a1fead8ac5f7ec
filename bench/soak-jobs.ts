/**
 * Enrichment for long: stub jobs in several worker processes, one of them killed every second. At the end each scope has
 * exactly one document and no job is left. Run by hand:
 *
 *   node bench/soak-jobs.ts [jobs, 10000] [workers, 4]
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createEnrichmentLibrary } from "../test/support/enrichment-library.ts";
import type { RunningProgram } from "../test/support/run-program.ts";
import { startProgram } from "../test/support/run-program.ts";

const WORKER = join(import.meta.dirname, "../test/integration/enrichment/soak-child.ts");
const KILL_EVERY_MS = 1000;
const LOT = 500;

const [jobs = 10_000, workers = 4] = process.argv.slice(2).map(Number);
await using library = await createEnrichmentLibrary();
const { catalogue, executionId } = library;

for (let first = 0; first < jobs; first += LOT) {
  await catalogue.jobs.transaction(async (tx) => {
    for (let number = first; number < Math.min(jobs, first + LOT); number += 1) {
      const scopeId = `req:${String(number).padStart(26, "0")}`;
      await catalogue.subjects.keepText(tx, scopeId, { type: "text", text: `Text ${number}`, sourceLanguage: "en" });
      const terms = { kind: "translate", documentType: "translate:es", route: "text", userId: 1, priority: 0 };
      await catalogue.executions.enqueue(tx, [{ ...terms, scopeId, executionId }]);
    }
  });
}

const start = (): RunningProgram => startProgram(WORKER, [library.cataloguePath], { environment: library.environment });
const running = Array.from({ length: workers }, start);
const startedAt = performance.now();
let kills = 0;
for (;;) {
  await sleep(KILL_EVERY_MS);
  const { pending, processed } = await catalogue.executions.progress(executionId);
  if (pending === 0) break;
  const victim = running.shift();
  if (victim?.child.kill("SIGKILL") === true) kills += 1;
  running.push(start());
  process.stdout.write(`${processed} done, ${kills} kills\n`);
}
await Promise.all(running.map(({ ended }) => ended));
const seconds = (performance.now() - startedAt) / 1000;

const [documents] = await library.sql("select count(*) as documents, max(version) as version from documents");
const states = await library.sql("select state, count(*) as jobs, max(crashes) as crashes from jobs group by state");
process.stdout.write(
  `${jobs} jobs, ${kills} kills, ${seconds.toFixed(0)} s\n${JSON.stringify({ documents, states })}\n`,
);
const isWhole = documents?.["documents"] === jobs && documents["version"] === 1 && states.length === 1;
process.stdout.write(isWhole ? "Exactly one version each.\n" : "PROBLEM: see above.\n");
process.exitCode = isWhole ? 0 : 1;
