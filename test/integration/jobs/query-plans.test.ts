import { DatabaseSync } from "node:sqlite";
import { expect, test, vi } from "vitest";
import { DAY } from "../../../src/clock.ts";
import type { JobLibrary } from "../../support/job-library.ts";
import { createJobLibrary, documentOf, KIND, PROVIDER, scopeOf, target } from "../../support/job-library.ts";

/** Everything a worker asks for one job after the other. */
const workOneJob = async ({ catalogue, enqueue }: JobLibrary): Promise<void> => {
  const { jobs, documents, providers, owner } = catalogue;
  await enqueue({ scopeId: scopeOf(1) }, { scopeId: scopeOf(2) });
  await jobs.rescue();
  await jobs.expire({ unavailableMs: 14 * DAY, chains: [{ route: "vision", providerKeys: [PROVIDER] }] });
  const claimed = await jobs.claim({ owner, serve: [target()], limit: 2, leaseMs: 1000, isIdle: true });
  const [first, second] = claimed;
  if (first === undefined || second === undefined) throw new Error("there were two jobs");
  const refs = claimed.map(({ ref }) => ref);
  await jobs.heartbeat(refs, 1000);
  await jobs.lost(refs);
  await jobs.complete([
    { ref: first.ref, write: (tx) => documents.complete(tx, first.ref, documentOf(first, { autoConfirm: true })) },
  ]);
  await jobs.retry(second.ref, { delayMs: 0, code: "INTERNAL" });
  await providers.noteSuccesses([{ providerKey: PROVIDER, model: "ok", kind: KIND, scopeId: scopeOf(1) }]);
  await providers.lastSuccess({ providerKey: PROVIDER, model: "ok", exceptScope: scopeOf(2) });
  await jobs.nextDue();
  await jobs.isDue(0);
};

/** Tables with a handful of rows, and the indexes of what is running: a few jobs at a time. */
const SMALL = /^SCAN (json_each|served|pauses|provider_state|jobs USING (COVERING )?INDEX jobs_(lease|in_flight))\b/;
const SCAN = /^SCAN (?!CONSTANT)/;

test("no statement for a job walks through all jobs, documents or enrichments", async () => {
  await using library = await createJobLibrary();
  using prepared = vi.spyOn(DatabaseSync.prototype, "prepare");
  await workOneJob(library);
  const statements = [...new Set(prepared.mock.calls.map(([text]) => text))].filter(
    (text) => !text.startsWith("pragma"),
  );
  expect(statements.length).toBeGreaterThan(15);
  using database = new DatabaseSync(library.path);
  const planOf = (text: string): readonly string[] =>
    database
      .prepare(`explain query plan ${text}`)
      .all(...Array.from({ length: text.split("?").length - 1 }, () => null))
      .map((row) => String(row["detail"]));
  const explained = statements.filter((text) => /^\s*(select|insert|update|delete)/i.test(text));
  const walks = explained.filter((text) => planOf(text).some((step) => SCAN.test(step) && !SMALL.test(step)));
  expect(walks).toEqual([]);
});
