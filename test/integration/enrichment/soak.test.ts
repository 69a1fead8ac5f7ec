/** Workers that are killed again and again: nothing is lost, nothing is made twice. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { until } from "../../support/cli.ts";
import type { EnrichmentLibrary } from "../../support/enrichment-library.ts";
import { createEnrichmentLibrary } from "../../support/enrichment-library.ts";
import type { RunningProgram } from "../../support/run-program.ts";
import { startProgram } from "../../support/run-program.ts";

const WORKER = join(import.meta.dirname, "soak-child.ts");
const JOBS = 150;
const WORKERS = 3;
const KILLS = 3;

/** Texts to translate: jobs with a whole way through prompt, call and document, and no picture to shrink. */
const askForTranslations = async ({ catalogue, executionId }: EnrichmentLibrary): Promise<void> => {
  const { jobs, executions, subjects } = catalogue;
  await jobs.transaction(async (tx) => {
    for (let number = 0; number < JOBS; number += 1) {
      const scopeId = `req:${String(number).padStart(26, "0")}`;
      await subjects.keepText(tx, scopeId, { type: "text", text: `Text number ${number}`, sourceLanguage: "en" });
      const terms = { kind: "translate", documentType: "translate:es", route: "text", userId: 1, priority: 0 };
      await executions.enqueue(tx, [{ ...terms, scopeId, executionId }]);
    }
  });
};

const documents = async (library: EnrichmentLibrary): Promise<number> =>
  Number((await library.sql("select count(*) as count from documents"))[0]?.["count"]);

test("150 jobs in 3 processes, one killed every 30 documents: each scope ends with one version", async () => {
  await using library = await createEnrichmentLibrary();
  await askForTranslations(library);
  const start = (): RunningProgram =>
    startProgram(WORKER, [library.cataloguePath], { environment: library.environment });
  const running = Array.from({ length: WORKERS }, start);
  for (let kill = 1; kill <= KILLS; kill += 1) {
    await until(
      `${30 * kill} documents`,
      async () => ((await documents(library)) >= 30 * kill ? true : undefined),
      100_000,
    );
    const victim = running.shift();
    victim?.child.kill("SIGKILL");
    await victim?.ended;
    running.push(start());
  }
  const ends = await Promise.all(running.map(({ ended }) => ended));
  expect(ends.map(({ code, stderr }) => ({ code, stderr }))).toEqual(running.map(() => ({ code: 0, stderr: "" })));
  expect(await library.sql("select count(*) as documents, max(version) as version from documents")).toEqual([
    { documents: JOBS, version: 1 },
  ]);
  expect(await library.sql("select state, count(*) as jobs from jobs group by state")).toEqual([
    { state: "completed", jobs: JOBS },
  ]);
  expect(await library.catalogue.executions.progress(library.executionId)).toMatchObject({
    processed: JOBS,
    pending: 0,
  });
}, 300_000);
