import { join } from "node:path";
import { expect, test } from "vitest";
import { goodAnswers } from "../../support/enrichment.ts";
import { createEnrichmentLibrary } from "../../support/enrichment-library.ts";
import { startAnsweringProvider } from "../../support/fake-providers/answering.ts";
import { photoBytes } from "../../support/photos.ts";
import { runProgram } from "../../support/run-program.ts";

const GOOD = { text: JSON.stringify(goodAnswers["image_tag"]) };
const DYING_WORKER = join(import.meta.dirname, "dying-child.ts");

test.each([
  { step: "claim", requests: 1, ledger: ["ok"], crashes: 1 },
  { step: "admission", requests: 1, ledger: ["unknown", "ok"], crashes: 1 },
  // The reply is lost with the worker: the one case in which a photo is paid twice.
  { step: "reply", requests: 2, ledger: ["unknown", "ok"], crashes: 1 },
  { step: "booking", requests: 1, ledger: ["ok"], crashes: 1 },
  { step: "document", requests: 1, ledger: ["ok"], crashes: 1 },
  { step: "end", requests: 1, ledger: ["ok"], crashes: 0 },
])("a worker killed at the step $step leaves one document", async ({ step, requests, ledger, crashes }) => {
  await using provider = await startAnsweringProvider(() => GOOD);
  await using library = await createEnrichmentLibrary({ config: provider.config });
  const hash = await library.addPhoto("one.jpg", await photoBytes(1));
  await library.enqueue({ kind: "image_tag", scopeId: hash });

  const killed = await runProgram(DYING_WORKER, [library.cataloguePath, join(library.folder, "config.toml"), step]);
  await library.work();

  expect(killed).toMatchObject({ code: "SIGKILL", stderr: "" });
  expect(await library.stateOf(hash)).toBe("CONFIRMED");
  expect(await library.sql("select scope_id, version from documents")).toEqual([{ scope_id: hash, version: 1 }]);
  expect(await library.sql("select state, crashes, attempts_invalid from jobs")).toEqual([
    { state: "completed", crashes, attempts_invalid: 0 },
  ]);
  expect(provider.calls()).toHaveLength(requests);
  expect((await library.sql("select outcome from privacy_ledger order by id")).map((row) => row["outcome"])).toEqual(
    ledger,
  );
  expect(await library.sql("select call_id from llm_call_logs where completed_at is null")).toEqual([]);
});
