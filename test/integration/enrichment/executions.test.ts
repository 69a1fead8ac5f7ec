/** Executions: what they wait for, when they are over, and how they are taken back. */
import { expect, test } from "vitest";
import { DAY } from "../../../src/clock.ts";
import { applyDocument } from "../../../src/enrichment/apply-document.ts";
import type { DocumentBody } from "../../../src/enrichment/enrichment-kind.ts";
import type { StoredDocument } from "../../../src/catalogue/document-repository.ts";
import type { Change } from "../../../src/enrichment/changes.ts";
import { storePhoto, visitRoot } from "../../support/catalogues.ts";
import { goodAnswers, kindOf } from "../../support/enrichment.ts";
import type { JobLibrary } from "../../support/job-library.ts";
import { createJobLibrary, documentOf, KIND, newJob, scopeOf, writingHandler } from "../../support/job-library.ts";

const start = ({ catalogue }: JobLibrary, isFilling = false): Promise<string> =>
  catalogue.executions.start({ command: "enrich", kinds: [KIND], filter: {}, isFilling });

const ask = ({ catalogue }: JobLibrary, executionId: string, ...scopes: readonly string[]): Promise<number> =>
  catalogue.jobs.transaction((tx) =>
    catalogue.executions.enqueue(
      tx,
      scopes.map((scopeId) => newJob({ executionId, scopeId })),
    ),
  );

const workOff = (library: JobLibrary): Promise<void> =>
  library.worker({ [KIND]: writingHandler(library.catalogue) }).runUntilIdle(new AbortController().signal);

test("what two executions ask for is one job, and both see it done", async () => {
  await using library = await createJobLibrary();
  const { executions } = library.catalogue;
  const [first, second] = [await start(library), await start(library)];
  expect(await ask(library, first, scopeOf(1), scopeOf(2))).toBe(2);
  expect(await ask(library, second, scopeOf(2), scopeOf(3))).toBe(1);
  expect(await executions.progress(second)).toMatchObject({ total: 2, pending: 2 });
  expect(await executions.settle(second)).toBe(false);
  await workOff(library);
  for (const execution of [first, second]) {
    expect(await executions.progress(execution)).toMatchObject({ total: 2, pending: 0, processed: 2, failed: 0 });
    expect(await executions.settle(execution)).toBe(true);
    expect(await executions.get(execution)).toMatchObject({ state: "COMPLETED" });
  }
  expect(await library.sql("select count(*) as documents from documents")).toEqual([{ documents: 3 }]);
});

test("items of an execution that is over go with its jobs; what came of them stays", async () => {
  await using library = await createJobLibrary();
  const { executions, jobs } = library.catalogue;
  const [over, underWay] = [await start(library), await start(library, true)];
  await ask(library, over, scopeOf(1), scopeOf(2));
  await workOff(library);
  await executions.settle(over);
  await ask(library, underWay, scopeOf(3));
  const items = () => library.sql("select execution_id from execution_items order by scope_id");
  library.clock.advance(7 * DAY);
  await jobs.removeOld();
  expect(await items()).toHaveLength(3);
  library.clock.advance(1);
  await jobs.removeOld();
  expect(await items()).toEqual([{ execution_id: underWay }]);
  expect(await executions.progress(over)).toMatchObject({ total: 2, processed: 2, pending: 0, failed: 0, dropped: 0 });
});

test("what is done already is no item", async () => {
  await using library = await createJobLibrary();
  await ask(library, await start(library), scopeOf(1));
  await workOff(library);
  const again = await start(library);
  expect(await ask(library, again, scopeOf(1))).toBe(0);
  expect(await library.catalogue.executions.progress(again)).toMatchObject({ total: 0 });
});

test("an execution that is still being filled is not over, unless whoever filled it is gone", async () => {
  await using library = await createJobLibrary();
  const { executions } = library.catalogue;
  const execution = await start(library, true);
  expect(await executions.settle(execution)).toBe(false);
  await library.sql("update executions set filled_by = 'nobody@nowhere|1' where execution_id = ?", execution);
  expect(await executions.settle(execution)).toBe(false); // of another host nothing is known
  await executions.filled(execution);
  expect(await executions.settle(execution)).toBe(true);
});

test("cancelling ends the jobs that nobody else waits for", async () => {
  await using library = await createJobLibrary();
  const { executions } = library.catalogue;
  const [first, second] = [await start(library), await start(library)];
  await ask(library, first, scopeOf(1), scopeOf(2));
  await ask(library, second, scopeOf(2));
  expect(await executions.cancel(first)).toBe(1);
  expect(await executions.get(first)).toMatchObject({ state: "CANCELLED" });
  expect((await library.jobs()).map(({ scopeId, state }) => [scopeId, state])).toEqual([
    [scopeOf(1), "cancelled"],
    [scopeOf(2), "available"],
  ]);
});

test("a job that something lost is found, what was given up on purpose is not", async () => {
  await using library = await createJobLibrary();
  const { executions, documents } = library.catalogue;
  const execution = await start(library);
  await ask(library, execution, scopeOf(1), scopeOf(2), scopeOf(3), scopeOf(4));
  await documents.discard({ scopeId: scopeOf(2), documentType: KIND });
  await library.sql("delete from jobs where scope_id in (?, ?)", scopeOf(1), scopeOf(3));
  await library.sql("delete from enrichments where scope_id = ?", scopeOf(3));
  expect(await executions.lostItems(execution, 10)).toEqual([{ scopeId: scopeOf(1), documentType: KIND }]);
});

test("failures are counted by code", async () => {
  await using library = await createJobLibrary();
  const execution = await start(library);
  await ask(library, execution, scopeOf(1), scopeOf(2), scopeOf(3));
  await library.sql("update jobs set state = 'failed', error_code = 'LLM_REFUSED' where scope_id <> ?", scopeOf(3));
  await library.sql(
    "update jobs set state = 'quarantined', error_code = 'WORKER_CRASH' where scope_id = ?",
    scopeOf(3),
  );
  const { executions } = library.catalogue;
  expect(await executions.failures(execution)).toEqual({ LLM_REFUSED: 2, WORKER_CRASH: 1 });
  expect(await executions.progress(execution)).toMatchObject({ failed: 3, pending: 0 });
});

const bodyOf = (title: string): DocumentBody => ({ ...goodAnswers[KIND], status: "ok", title });

const readingOf = (document: StoredDocument, confirmed: boolean): readonly Change[] =>
  applyDocument(kindOf(KIND), JSON.parse(document.content) as DocumentBody, { scopeId: document.scopeId, confirmed });

/** Describes the photo as a worker would. */
const describe = async (
  library: JobLibrary,
  {
    executionId,
    scopeId,
    title,
    autoConfirm,
  }: { executionId: string; scopeId: string; title: string; autoConfirm: boolean },
): Promise<void> => {
  const { jobs, documents } = library.catalogue;
  await jobs.transaction((tx) => jobs.enqueue(tx, [newJob({ executionId, scopeId, redo: true })]));
  const worker = library.worker({
    [KIND]: (job) => {
      const body = bodyOf(title);
      const apply = (confirmed: boolean) => applyDocument(kindOf(KIND), body, { scopeId, confirmed });
      const parts = { content: JSON.stringify(body), autoConfirm, ready: apply(false), confirmed: apply(true) };
      return Promise.resolve({
        write: (tx) => documents.complete(tx, job.ref, documentOf(job, parts)),
        wasCalled: true,
      });
    },
  });
  await worker.runUntilIdle(new AbortController().signal);
};

const shown = async (library: JobLibrary) =>
  (await library.sql("select llm_title as title from photos")).map(({ title }) => title);

test("taking back an execution brings back the versions before it, as they were", async () => {
  await using library = await createJobLibrary();
  const { executions, documents } = library.catalogue;
  const scopeId = await storePhoto(library.catalogue, {
    rootId: await visitRoot(library.catalogue),
    name: "a",
    content: "a",
  });
  const key = { scopeId, documentType: KIND };
  const [first, second, third] = [await start(library), await start(library), await start(library)];
  await describe(library, { executionId: first, scopeId, title: "First", autoConfirm: true });
  await describe(library, { executionId: second, scopeId, title: "Second", autoConfirm: false });
  await describe(library, { executionId: third, scopeId, title: "Third", autoConfirm: true });
  expect(await shown(library)).toEqual(["Third"]);

  expect(await executions.discard(third, readingOf)).toEqual({ restored: 1, discarded: 0 });
  expect(await documents.enrichment(key)).toMatchObject({ state: "READY_TO_CONFIRM" });
  expect(await shown(library)).toEqual(["First"]); // the confirmed one, though a newer one waits

  expect(await executions.discard(second, readingOf)).toEqual({ restored: 1, discarded: 0 });
  expect(await documents.enrichment(key)).toMatchObject({ state: "CONFIRMED" });

  expect(await executions.discard(first, readingOf)).toEqual({ restored: 0, discarded: 1 });
  expect(await documents.enrichment(key)).toMatchObject({ state: "DISCARDED", documentId: undefined });
  expect(await shown(library)).toEqual([null]);
  expect(await documents.history(key)).toHaveLength(3); // documents are kept
});

test("of an older execution whose version was replaced nothing changes", async () => {
  await using library = await createJobLibrary();
  const scopeId = await storePhoto(library.catalogue, {
    rootId: await visitRoot(library.catalogue),
    name: "a",
    content: "a",
  });
  const [first, second] = [await start(library), await start(library)];
  await describe(library, { executionId: first, scopeId, title: "First", autoConfirm: true });
  await describe(library, { executionId: second, scopeId, title: "Second", autoConfirm: true });
  expect(await library.catalogue.executions.discard(first, readingOf)).toEqual({ restored: 0, discarded: 0 });
  expect(await shown(library)).toEqual(["Second"]);
});
