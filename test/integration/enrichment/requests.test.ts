/** Asking for enrichment: what is chosen, what stays out, what comes of it. */
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ScopeChoice } from "../../../src/app/enrichment/plan.ts";
import { InvalidInputError, NotFoundError } from "../../../src/errors.ts";
import { until } from "../../support/cli.ts";
import type { EnrichmentLibrary } from "../../support/enrichment-library.ts";
import { createEnrichmentLibrary, STUB_CONFIG } from "../../support/enrichment-library.ts";
import { createRequests, requestOf } from "../../support/enrichment-requests.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { photoBytes } from "../../support/photos.ts";

/** Photos `a/1.jpg`, `a/2.jpg`, `b/3.jpg`; returns their hashes. */
const threePhotos = async (library: EnrichmentLibrary): Promise<readonly [string, string, string]> => [
  await library.addPhoto("a/1.jpg", await photoBytes(1)),
  await library.addPhoto("a/2.jpg", await photoBytes(2)),
  await library.addPhoto("b/3.jpg", await photoBytes(3)),
];

const never = new AbortController().signal;
const scopesOf = (jobs: readonly { readonly scopeId: string }[]) => jobs.map(({ scopeId }) => scopeId).toSorted();

test("ids, paths, folders and albums name photos; none of them means all", async () => {
  await using library = await createEnrichmentLibrary();
  const [one, two, three] = await threePhotos(library);
  const { api } = await createRequests(library);
  const albumId = await library.catalogue.albums.create("Best of");
  await library.catalogue.albums.add(albumId, [three]);
  const chosenBy = async (scopes: ScopeChoice) => scopesOf((await api.plan(requestOf({ scopes }))).jobs);
  expect(await chosenBy({})).toEqual([one, two, three].toSorted());
  expect(await chosenBy({ photos: [one.slice(0, 12)] })).toEqual([one]);
  expect(await chosenBy({ photos: ["b/3.jpg", one] })).toEqual([one, three].toSorted());
  expect(await chosenBy({ folders: ["A"] })).toEqual([one, two].toSorted());
  expect(await chosenBy({ albumPhotos: ["Best of"] })).toEqual([three]);
  expect(await chosenBy({ photos: [two], albumPhotos: [albumId] })).toEqual([two, three].toSorted());
});

test("what is unknown is named, and what a kind is not for is refused", async () => {
  await using library = await createEnrichmentLibrary();
  await threePhotos(library);
  const { api } = await createRequests(library);
  await expect(api.plan(requestOf({ scopes: { photos: ["0123456789ab"] } }))).rejects.toThrow(NotFoundError);
  await expect(api.plan(requestOf({ scopes: { folders: ["nowhere"] } }))).rejects.toThrow(NotFoundError);
  await expect(api.plan(requestOf({ scopes: { albumPhotos: ["none"] } }))).rejects.toThrow(NotFoundError);
  await expect(api.plan(requestOf({ kind: "unheard_of" }))).rejects.toThrow(NotFoundError);
  await expect(api.plan(requestOf({ kind: "intent" }))).rejects.toThrow(InvalidInputError);
});

test("a kind that is switched off is refused, with the key that switches it on", async () => {
  await using library = await createEnrichmentLibrary({ config: `${STUB_CONFIG}[llm.features]\nimage_tag = false\n` });
  const { api } = await createRequests(library);
  await expect(api.plan(requestOf())).rejects.toMatchObject({
    hint: expect.stringContaining("llm.features.image_tag"),
  });
});

test("one language is one document, and only what is missing is asked for", async () => {
  await using library = await createEnrichmentLibrary();
  const [one] = await threePhotos(library);
  const { api, ask } = await createRequests(library);
  await ask();
  await library.work();
  const translation = { kind: "translate", languages: ["es", "pt-BR"], scopes: { photos: [one] } };
  const plan = await api.plan(requestOf(translation));
  expect(plan.jobs.map(({ documentType, route }) => [documentType, route])).toEqual([
    ["translate:es", "text"],
    ["translate:pt-BR", "text"],
  ]);
  await ask({ ...translation, languages: ["es"] });
  await library.work();
  expect((await api.plan(requestOf(translation))).jobs).toMatchObject([{ documentType: "translate:pt-BR" }]);
});

test("force asks again, and the new result is the next version", async () => {
  await using library = await createEnrichmentLibrary();
  const [one] = await threePhotos(library);
  const { api, ask } = await createRequests(library);
  await ask();
  await library.work();
  expect(await api.plan(requestOf())).toMatchObject({ jobs: [], counts: { done: 3, chosen: 0 } });
  await ask({ wanted: "all", scopes: { photos: [one] } });
  await library.work();
  const { state, versions } = await api.view({ scopeId: one, documentType: "image_tag" }, { history: true });
  expect(state).toBe("CONFIRMED");
  expect(versions.map(({ version }) => version)).toEqual([2, 1]);
});

const PRIVATE = (folder: string): string =>
  `[[roots]]\npath = ${JSON.stringify(folder)}\nfolders = { "b" = { local_only = true } }\n`;
const REMOTE = '[llm]\nprovider = "openai"\n[llm.openai]\nendpoint = "http://127.0.0.1:9/v1"\napi_key = "sk-test"\n';

test("photos that must stay on this machine are left out where only others could be asked, and are counted", async () => {
  await using library = await createEnrichmentLibrary();
  const [one, two, three] = await threePhotos(library);
  await library.configure(`${REMOTE}${PRIVATE(library.photos)}`);
  const remote = await (await createRequests(library)).api.plan(requestOf());
  expect(scopesOf(remote.jobs)).toEqual([one, two].toSorted());
  expect(remote).toMatchObject({ heldBack: 1, leavesMachine: true });
  await library.configure(`${STUB_CONFIG}${PRIVATE(library.photos)}`);
  const local = await (await createRequests(library)).api.plan(requestOf());
  expect(local).toMatchObject({ heldBack: 0, leavesMachine: false });
  expect(local.jobs.find(({ scopeId }) => scopeId === three)?.route).toBe("vision@local");
});

test("a photo with one file in a private folder is private everywhere", async () => {
  await using library = await createEnrichmentLibrary();
  const bytes = await photoBytes(1);
  await library.addPhoto("a/1.jpg", bytes);
  await library.addPhoto("b/copy.jpg", bytes);
  await library.configure(`${REMOTE}${PRIVATE(library.photos)}`);
  expect(await (await createRequests(library)).api.plan(requestOf())).toMatchObject({ jobs: [], heldBack: 1 });
});

test("without a provider jobs are queued and wait", async () => {
  await using library = await createEnrichmentLibrary({ config: "" });
  await threePhotos(library);
  const { api, ask } = await createRequests(library);
  expect(await api.availability()).toMatchObject({ reason: "not_configured" });
  const executionId = await ask();
  expect((await api.report(executionId)).progress).toMatchObject({ total: 3, pending: 3 });
});

test("now: jobs end in this process, whatever is paused", async () => {
  await using library = await createEnrichmentLibrary();
  const [one] = await threePhotos(library);
  await library.catalogue.jobs.pause("all", { reason: "USER", until: null });
  const { api } = await createRequests(library);
  const report = await api.now(await api.plan(requestOf({ scopes: { photos: [one] } })), { signal: never });
  expect(report.progress).toMatchObject({ total: 1, processed: 1, pending: 0 });
  expect(report.costUsd).toBe(0);
  expect(await library.stateOf(one)).toBe("CONFIRMED");
});

test("now: who watches is told how far each job is, calls that are made again included", async () => {
  await using library = await createEnrichmentLibrary({ config: stub("flaky-1") });
  const [one] = await threePhotos(library);
  const { api } = await createRequests(library);
  const steps: string[] = [];
  const onStep = (scopeId: string, step: string): unknown => steps.push(`${scopeId === one ? "one" : "?"}: ${step}`);
  await api.now(await api.plan(requestOf({ scopes: { photos: [one] } })), { signal: never, onStep });
  const call = ["one: gathering-inputs", "one: calling-model"];
  expect(steps).toEqual([...call, ...call, "one: parsing-response"]);
});

test("what an execution was asked for is listed with the states of its jobs", async () => {
  await using library = await createEnrichmentLibrary();
  const hashes = await threePhotos(library);
  const { api, ask } = await createRequests(library);
  const executionId = await ask();
  const items = await api.items(executionId);
  expect(scopesOf(items)).toEqual(hashes.toSorted());
  expect(items.every(({ job, documentType }) => job === "available" && documentType === "image_tag")).toBe(true);
  await expect(api.items("01ARZ3NDEKTSV4RRFFQ69G5FAV")).rejects.toThrow(NotFoundError);
});

test("an execution tells how far it is and when it may be done", async () => {
  const clock = createManualClock();
  await using library = await createEnrichmentLibrary({ clock });
  await threePhotos(library);
  const { api, ask } = await createRequests(library, clock);
  const executionId = await ask();
  expect(await api.status(executionId)).toMatchObject({
    command: "enrich",
    state: "RUNNING",
    progress: { total: 3, pending: 3 },
    etaSeconds: undefined,
  });
  expect((await api.queue()).states).toEqual({ available: 3 });
  await library.sql("update jobs set state = 'completed', finished_at = 1 where id = 1");
  clock.advance(10_000);
  expect(await api.status(executionId)).toMatchObject({ progress: { processed: 1, pending: 2 }, etaSeconds: 20 });
  await expect(api.status("01ARZ3NDEKTSV4RRFFQ69G5FAV")).rejects.toThrow(NotFoundError);
  expect(await api.cancel(executionId)).toBe(2);
  expect(await api.status(executionId)).toMatchObject({ state: "CANCELLED", progress: { pending: 0, dropped: 2 } });
});

test("now: what a kind builds on is made first, also for an album, and is part of the forecast", async () => {
  await using library = await createEnrichmentLibrary();
  const [one, two, three] = await threePhotos(library);
  const albumId = await library.catalogue.albums.create("Best of");
  await library.catalogue.albums.add(albumId, [two, three]);
  const { api } = await createRequests(library);
  const plan = await api.plan(requestOf({ kind: "photo_story", scopes: { photos: [one], albums: ["Best of"] } }));
  const forecast = await api.forecast(plan, { noHurry: false });
  expect(forecast.lines.map(({ kind, items }) => [kind, items])).toEqual([
    ["image_tag", 3],
    ["photo_story", 2],
  ]);
  const report = await api.now(plan, { signal: never });
  expect(report).toMatchObject({ progress: { total: 5, processed: 5, failed: 0 }, failures: {} });
  for (const hash of [one, two, three]) expect(await library.stateOf(hash)).toBe("CONFIRMED");
  for (const scope of [one, `album:${albumId}`]) expect(await library.stateOf(scope, "photo_story")).toBe("CONFIRMED");
});

test("now: a kind that cannot be made because what it builds on failed says so", async () => {
  await using library = await createEnrichmentLibrary({ config: stub("refuse") });
  const [one] = await threePhotos(library);
  const { api } = await createRequests(library);
  const plan = await api.plan(requestOf({ kind: "photo_story", scopes: { photos: [one] } }));
  const report = await api.now(plan, { signal: never });
  expect(report).toMatchObject({ progress: { failed: 2 }, failures: { LLM_REFUSED: 1, MISSING_INPUT: 1 } });
});

test("now: what there is nothing to make of is done, and told apart", async () => {
  await using library = await createEnrichmentLibrary();
  const [one, two] = await threePhotos(library);
  const { api } = await createRequests(library);
  await api.now(await api.plan(requestOf({ scopes: { photos: [one] } })), { signal: never });
  const plan = await api.plan(requestOf({ kind: "translate", languages: ["es"], scopes: { photos: [one, two] } }));
  expect(await api.now(plan, { signal: never })).toMatchObject({ progress: { processed: 2 }, empty: 1 });
});

test("now: what somebody asked for earlier and still waits is done, too", async () => {
  await using library = await createEnrichmentLibrary();
  const [one] = await threePhotos(library);
  const { api, ask } = await createRequests(library);
  await ask({ scopes: { photos: [one] } });
  const report = await api.now(await api.plan(requestOf({ scopes: { photos: [one] } })), { signal: never });
  expect(report.progress).toMatchObject({ total: 1, processed: 1, pending: 0 });
});

test("now: a job that another worker has in hand is waited for", async () => {
  await using library = await createEnrichmentLibrary({ config: stub("slow-1500") });
  const [one] = await threePhotos(library);
  const { api, ask } = await createRequests(library);
  await ask({ scopes: { photos: [one] } });
  const working = library.work();
  await until("the worker's call", async () => ((await library.stateOf(one)) === "ENRICHING" ? true : undefined));
  const report = await api.now(await api.plan(requestOf({ scopes: { photos: [one] } })), { signal: never });
  expect(report.progress).toMatchObject({ processed: 1, pending: 0 });
  await working;
  expect(await library.sql("select count(*) as calls from llm_call_logs")).toEqual([{ calls: 1 }]);
});

const stub = (model: string): string =>
  `[llm]\nprovider = "stub"\nmodel = "${model}"\n[llm.retry]\nmax_attempts = 3\nbase_delay_s = 0\n`;

test("now: a provider that fails for a moment is asked again, each call is logged", async () => {
  await using library = await createEnrichmentLibrary({ config: stub("flaky-2") });
  const [one] = await threePhotos(library);
  const { api } = await createRequests(library);
  const report = await api.now(await api.plan(requestOf({ scopes: { photos: [one] } })), { signal: never });
  expect(report.progress).toMatchObject({ processed: 1 });
  expect(await library.sql("select error_type from llm_call_logs order by started_at, call_id")).toHaveLength(3);
});

test("now: when the calls are used up the job has failed, with the public code", async () => {
  await using library = await createEnrichmentLibrary({ config: stub("error-503") });
  const [one] = await threePhotos(library);
  const { api } = await createRequests(library);
  const report = await api.now(await api.plan(requestOf({ scopes: { photos: [one] } })), { signal: never });
  expect(report.progress).toMatchObject({ processed: 0, failed: 1, pending: 0 });
  expect(report.failures).toEqual({ LLM_API_ERROR: 1 });
  expect(await library.stateOf(one)).toBe("FAILED");
  expect(await library.sql("select count(*) as calls from llm_call_logs")).toEqual([{ calls: 3 }]);
});

test("a text is translated; where that fails the original comes back and says so", async () => {
  await using library = await createEnrichmentLibrary();
  const text = "Two dogs in 2024";
  const { api } = await createRequests(library);
  expect(await api.translateText({ text, languages: ["es"], sourceLanguage: "en", signal: never })).toMatchObject([
    { target_language: "es", source_language: "en", translated: true },
  ]);
  await library.configure(stub("refuse"));
  const refusing = await createRequests(library);
  expect(await refusing.api.translateText({ text, languages: ["es", "fr"], signal: never })).toEqual([
    { text, target_language: "es", source_language: "auto", translated: false },
    { text, target_language: "fr", source_language: "auto", translated: false },
  ]);
});

test("stats: coverage, states, queue and cache in the names programs know", async () => {
  await using library = await createEnrichmentLibrary();
  const [one, two] = await threePhotos(library);
  const { api, ask } = await createRequests(library);
  expect(await api.stats({})).toMatchObject({ total_photos: 3, enrichment_coverage: 0, queue: { depth: 0 } });
  await ask({ scopes: { photos: [one, two] } });
  await library.work();
  await ask();
  expect(await api.stats({})).toEqual({
    total_photos: 3,
    enriched_descriptions: 2,
    photo_profiles: 0,
    with_translations: 0,
    enrichment_coverage: 66.7,
    profile_coverage: 0,
    translation_coverage: 0,
    states: { image_tag: { CONFIRMED: 2, PENDING: 1 } },
    queue: { depth: 1, running: 0, kinds: { image_tag: 1 } },
    cache: { size: 2, hit_rate: 0, total_requests: 2 },
  });
  expect(await api.stats({ folders: ["b"] })).toMatchObject({ total_photos: 1, enriched_descriptions: 0 });
});

test("a folder that is only a prefix of another's name does not count as it", async () => {
  await using library = await createEnrichmentLibrary();
  await mkdir(join(library.photos, "ab"), { recursive: true });
  const inside = await library.addPhoto("a/1.jpg", await photoBytes(1));
  await library.addPhoto("ab/2.jpg", await photoBytes(2));
  const { api } = await createRequests(library);
  expect(scopesOf((await api.plan(requestOf({ scopes: { folders: ["a"] } }))).jobs)).toEqual([inside]);
});

test("a preview writes what would be sent, and neither sends nor queues anything", async () => {
  await using library = await createEnrichmentLibrary({ config: REMOTE });
  const [one] = await threePhotos(library);
  const { api } = await createRequests(library);
  const directory = join(library.folder, "preview");
  const plan = await api.plan(requestOf({ scopes: { photos: [one] } }));
  expect(await api.writePayload(plan, { directory, signal: never })).toBe(1);
  const files = (await readdir(directory)).toSorted();
  expect(files).toEqual([`${one.slice(0, 12)}-image_tag.jpg`, `${one.slice(0, 12)}-image_tag.json`]);
  const request = JSON.parse(await readFile(join(directory, files[1] ?? ""), "utf8")) as Record<string, unknown>;
  expect(request).toMatchObject({ scope_id: one, provider: "openai", system: expect.stringContaining("JSON object") });
  const waiting = await api.plan(requestOf({ kind: "photo_story", scopes: { photos: [one] } }));
  expect(await api.writePayload(waiting, { directory, signal: never })).toBe(1); // what the story builds on; it waits
  for (const table of ["jobs", "llm_call_logs", "privacy_ledger"]) {
    expect(await library.sql(`select count(*) as rows from ${table}`)).toEqual([{ rows: 0 }]);
  }
});
