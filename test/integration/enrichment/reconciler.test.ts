/** Jobs that should exist and do not. */
import { expect, test } from "vitest";
import { DAY, MINUTE } from "../../../src/clock.ts";
import { reconcile } from "../../../src/app/enrichment/reconciler.ts";
import type { EnrichmentLibrary } from "../../support/enrichment-library.ts";
import { createEnrichmentLibrary, STUB_CONFIG } from "../../support/enrichment-library.ts";
import { createRequests } from "../../support/enrichment-requests.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import type { ManualClock } from "../../support/manual-clock.ts";
import { photoBytes } from "../../support/photos.ts";

const never = new AbortController().signal;

const run = async (library: EnrichmentLibrary, clock: ManualClock, scope: "all" | "executions" = "all") => {
  const { kinds, targets } = await createRequests(library, clock);
  return reconcile({ catalogue: library.catalogue, kinds, targets, clock }, scope, never);
};

const setUp = async (config = STUB_CONFIG) => {
  const clock = createManualClock();
  const library = await createEnrichmentLibrary({ config, clock });
  await library.catalogue.executions.cancel(library.executionId);
  return { clock, library, [Symbol.asyncDispose]: () => library[Symbol.asyncDispose]() };
};

const photo = async (library: EnrichmentLibrary, name: string): Promise<string> =>
  library.addPhoto(`${name}.jpg`, await photoBytes(name.charCodeAt(0)));

test("photos that came before a kind was automatic are left alone, those after it are asked for once", async () => {
  await using given = await setUp();
  const { clock, library } = given;
  await photo(library, "before");
  clock.advance(1);
  expect(await run(library, clock)).toMatchObject({ asked: 0 });
  clock.advance(1);
  const after = await photo(library, "x");
  expect(await run(library, clock)).toMatchObject({ asked: 1 });
  expect(await run(library, clock)).toMatchObject({ asked: 0 });
  expect(await library.sql("select scope_id, document_type, priority from jobs")).toEqual([
    { scope_id: after, document_type: "image_tag", priority: 10 },
  ]);
});

test("jobs of one day are booked on one execution, those of another day on another", async () => {
  await using given = await setUp();
  const { clock, library } = given;
  await run(library, clock);
  for (const name of ["a", "b"]) {
    clock.advance(MINUTE);
    await photo(library, name);
    await run(library, clock);
  }
  clock.advance(2 * DAY);
  await photo(library, "c");
  await run(library, clock);
  const booked = await library.sql(
    "select execution_id as id, count(*) as jobs from jobs group by execution_id order by 1",
  );
  expect(booked.map(({ jobs }) => jobs)).toEqual([2, 1]);
});

test("what failed or was discarded is not asked for again; what waits without a job is", async () => {
  await using given = await setUp();
  const { clock, library } = given;
  await run(library, clock);
  clock.advance(1);
  const [failed, discarded, lost] = [await photo(library, "f"), await photo(library, "d"), await photo(library, "l")];
  expect(await run(library, clock)).toMatchObject({ asked: 3 });
  await library.sql("update enrichments set state = 'FAILED' where scope_id = ?", failed);
  await library.catalogue.documents.discard({ scopeId: discarded, documentType: "image_tag" });
  await library.sql("delete from jobs");
  const { asked, recovered } = await run(library, clock);
  expect(asked + recovered).toBe(1);
  expect(await library.sql("select scope_id from jobs")).toEqual([{ scope_id: lost }]);
});

test("nobody configured, a kind switched off: nothing is asked for, and it counts anew from when it is", async () => {
  await using given = await setUp();
  const { clock, library } = given;
  await run(library, clock);
  clock.advance(1);
  await photo(library, "a");
  for (const config of ["", `${STUB_CONFIG}[llm.features]\nimage_tag = false\n`]) {
    await library.configure(config);
    expect(await run(library, clock)).toMatchObject({ asked: 0 });
  }
  clock.advance(1);
  await library.configure(STUB_CONFIG);
  expect(await run(library, clock)).toMatchObject({ asked: 0 });
});

test("the worker of a run does what was asked for and begins with nothing else", async () => {
  await using given = await setUp();
  const { clock, library } = given;
  await run(library, clock);
  clock.advance(1);
  const hash = await photo(library, "a");
  expect(await run(library, clock, "executions")).toMatchObject({ asked: 0 });
  const { ask } = await createRequests(library, clock);
  const executionId = await ask({ wanted: "all" });
  await library.sql("delete from jobs");
  expect(await run(library, clock, "executions")).toMatchObject({ asked: 0, recovered: 1, settled: 0 });
  const [job] = await library.sql("select scope_id, execution_id, payload, priority from jobs");
  expect(job).toEqual({ scope_id: hash, execution_id: executionId, payload: '{"force":true}', priority: 20 });
});

test("standing watches are a kind of their own, while there is one", async () => {
  await using given = await setUp();
  const { clock, library } = given;
  await library.catalogue.watches.add({ name: "cats", query: "a cat", threshold: 0.7, autoAdd: false });
  await run(library, clock);
  clock.advance(1);
  await photo(library, "a");
  expect(await run(library, clock)).toMatchObject({ asked: 2 });
  expect(await library.sql("select kind from jobs order by kind")).toEqual([
    { kind: "image_tag" },
    { kind: "watch_match" },
  ]);
});

test("an execution with nothing left to do is over", async () => {
  await using given = await setUp();
  const { clock, library } = given;
  const executionId = await library.catalogue.executions.start({ command: "enrich", kinds: ["image_tag"], filter: {} });
  expect(await run(library, clock, "executions")).toMatchObject({ settled: 1 });
  expect(await library.catalogue.executions.get(executionId)).toMatchObject({ state: "COMPLETED" });
});

const PRIVATE_REMOTE = (folder: string): string =>
  `[llm]\nprovider = "openai"\n[llm.openai]\nendpoint = "http://127.0.0.1:9/v1"\napi_key = "sk-test"\n[[roots]]\npath = ${JSON.stringify(folder)}\nlocal_only = true\n`;

test("photos that must stay on this machine are not asked for where only others could be asked", async () => {
  await using given = await setUp();
  const { clock, library } = given;
  await library.configure(PRIVATE_REMOTE(library.photos));
  await run(library, clock);
  clock.advance(1);
  await photo(library, "a");
  expect(await run(library, clock)).toMatchObject({ asked: 0 });
  expect(await library.sql("select count(*) as jobs from jobs")).toEqual([{ jobs: 0 }]);
});

test("a root says which kinds are made for its photos, and by whom", async () => {
  await using given = await setUp();
  const { clock, library } = given;
  const root = `[[roots]]\npath = ${JSON.stringify(library.photos)}\n`;
  await library.configure(`${STUB_CONFIG}${root}kinds = ["photo_story"]\nprovider = "ollama"\n`);
  await run(library, clock);
  clock.advance(1);
  await photo(library, "x");
  expect(await run(library, clock)).toMatchObject({ asked: 1 });
  expect(await library.sql("select document_type, route like '%ollama%' as ollama from jobs")).toEqual([
    { document_type: "photo_story", ollama: 1 },
  ]);
});

test("photos of a root without kinds are left alone", async () => {
  await using given = await setUp();
  const { clock, library } = given;
  await run(library, clock);
  clock.advance(1);
  await photo(library, "x");
  await library.sql("update roots set options = ?", JSON.stringify({ kinds: [] }));
  expect(await run(library, clock)).toMatchObject({ asked: 0 });
});
