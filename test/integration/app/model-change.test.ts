import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ensureSampleEncoder } from "../../support/sample-encoder/sample-encoder.ts";
import { taggingSettingsOf } from "../../../src/app/process-api.ts";
import { indexAndCatalogue } from "../../support/library.ts";
import type { ModelLibrary } from "../../support/model-library.ts";
import {
  activeKeyOf,
  changeModel,
  createModelLibrary,
  createProcessedLibrary,
  modelFolderOf,
  processPhotos,
  vectorsOf,
} from "../../support/model-library.ts";
import { photoBytes, sourcesOf, writePhotos } from "../../support/photos.ts";

const never = new AbortController().signal;
const colours = {
  terms: [{ source: { kind: "text", text: "a photo of a boat" }, weight: 1 }],
  includeWeak: true,
} as const;

const byPath = ([a = ""]: readonly string[], [b = ""]: readonly string[]): number => (a < b ? -1 : 1);

const expectIndexed = async (library: ModelLibrary): Promise<void> => {
  const { index, catalogue, marks } = await indexAndCatalogue(library);
  expect(index).toEqual(catalogue);
  expect(marks).toBe(0);
};

test("every photo gets the vector that process would have stored, bit for bit", async () => {
  const sizes = { longEdge: 900, count: 12 };
  await using changed = await createProcessedLibrary(sizes);
  await using direct = await createProcessedLibrary({ ...sizes, uses: "second" });
  const report = await changeModel(changed, changed.second.manifest.id);
  expect(report).toMatchObject({ switched: true, photos: 12, embedded: 12, notEmbedded: [] });
  expect(report.previous?.vectorKey).toBe(changed.first.vectorKey);
  expect(await vectorsOf(changed, changed.second)).toEqual(await vectorsOf(direct, direct.second));
  expect(await activeKeyOf(changed)).toBe(changed.second.vectorKey);
  await expectIndexed(changed);
});

test("after the switch search uses the new model, and process has nothing to do", async () => {
  await using library = await createProcessedLibrary();
  await changeModel(library, library.second.manifest.id);
  await using photon = await library.open();
  const reply = await photon.search({ ...colours, limit: 24 }, never);
  expect(reply.model?.vectorKey).toBe(library.second.vectorKey);
  expect(reply.hits).toHaveLength(24);
  const outcomes = await processPhotos(library, photon);
  expect(outcomes.map((outcome) => outcome.status === "done" && outcome.reused)).toEqual(library.names.map(() => true));
});

test("while it runs search, similar photos and status work with the model in use", async () => {
  await using library = await createProcessedLibrary();
  await using other = await library.open();
  const seen: unknown[] = [];
  await using photon = await library.open();
  let looking: Promise<void> | undefined;
  const look = async (): Promise<void> => {
    const reply = await other.search({ ...colours, limit: 24 }, never);
    seen.push(reply.model?.vectorKey, reply.hits.length);
    const id = reply.hits[0]?.id ?? "";
    const similar = await other.search({ terms: [{ source: { kind: "photo", id }, weight: 1 }] }, never);
    seen.push(similar.model?.vectorKey);
    const status = await other.modelChange();
    seen.push(status?.modelId, status?.running, status?.total);
    expect(status?.percent).toBe(Math.floor(((status?.done ?? 0) * 100) / 24));
  };
  await photon.changeModel(
    { id: library.second.manifest.id },
    {
      signal: never,
      onProgress: () => {
        looking ??= look();
      },
    },
  );
  await looking;
  const { first, second } = library;
  expect(seen).toEqual([first.vectorKey, 24, first.vectorKey, second.manifest.id, true, 24]);
  expect(await other.modelChange()).toBeUndefined();
});

test("going back embeds only what came since, and both sets of vectors stay as they were", async () => {
  await using library = await createProcessedLibrary();
  const before = await vectorsOf(library, library.first);
  await changeModel(library, library.second.manifest.id);
  const more = await writePhotos(join(library.photos, "more"), { count: 3, seed: 500 });
  {
    await using photon = await library.open();
    await processPhotos(
      library,
      photon,
      more.map((name) => join("more", name)),
    );
  }
  const back = await changeModel(library, library.first.manifest.id);
  expect(back).toMatchObject({ switched: true, embedded: 3, photos: 27 });
  const after = await vectorsOf(library, library.first);
  expect(after.size).toBe(27);
  expect([...before].every(([hash, vector]) => after.get(hash) === vector)).toBe(true);
  expect(await vectorsOf(library, library.second)).toHaveProperty("size", 27);
  await expectIndexed(library);
});

test("photos that are gone, changed or set aside are listed and do not block", async () => {
  await using library = await createModelLibrary({ count: 20 });
  await writeFile(join(library.photos, "broken.jpg"), "no picture");
  await using photon = await library.open();
  await processPhotos(library, photon, [...library.names, "broken.jpg"]);
  await rm(join(library.photos, library.names[3] ?? ""));
  await writeFile(join(library.photos, library.names[4] ?? ""), await photoBytes(999));
  const report = await photon.changeModel({ id: library.second.manifest.id }, { signal: never });
  expect(report).toMatchObject({ switched: true, embedded: 18 });
  expect(report.notEmbedded.map(({ path, code }) => [path, code]).toSorted(byPath)).toEqual([
    [join(library.photos, library.names[3] ?? ""), "not_found"],
    [join(library.photos, library.names[4] ?? ""), "unstable_file"],
  ]);
  expect((await photon.quarantined()).map(({ path }) => path)).toEqual([join(library.photos, "broken.jpg")]);
  await expectIndexed(library);
});

test("a photo is read from another of its files when the first is gone", async () => {
  await using library = await createModelLibrary({ count: 2 });
  await writeFile(join(library.photos, "copy.jpg"), await photoBytes(1)); // what the first photo holds
  await using photon = await library.open();
  await processPhotos(library, photon, [...library.names, "copy.jpg"]);
  await rm(join(library.photos, library.names[0] ?? ""));
  const report = await photon.changeModel({ id: library.second.manifest.id }, { signal: never });
  expect(report).toMatchObject({ photos: 2, embedded: 2, notEmbedded: [] });
});

test("without the files of the model in use search says why, and nothing is dropped", async () => {
  await using library = await createProcessedLibrary({ count: 5 });
  await rm(modelFolderOf(library, library.first), { recursive: true });
  await using photon = await library.open();
  const reply = await photon.search({ terms: [{ source: { kind: "text", text: "photo" }, weight: 1 }] }, never);
  expect(reply.hits).toHaveLength(5); // by the word in their names
  expect(reply.notes.join(" ")).toContain(`model ${library.first.manifest.id} are not installed`);
  expect((await vectorsOf(library, library.first)).size).toBe(5);
  await expectIndexed(library);
  expect(await photon.changeModel({ id: library.second.manifest.id }, { signal: never })).toMatchObject({
    switched: true,
  });
  expect((await vectorsOf(library, library.first)).size).toBe(5);
});

test("tags follow from the new vectors, and process finds them current", async () => {
  await using library = await createProcessedLibrary({ count: 6, tagging: true });
  const { vectorKey, manifest } = await ensureSampleEncoder(library.modelDir);
  await using photon = await library.open({ PHOTON_TAGGING_MIN_CONFIDENCE: "0" }); // these pictures show little
  const phases = new Set<string>();
  const report = await photon.changeModel(
    { id: manifest.id },
    {
      signal: never,
      onProgress: ({ phase }) => phases.add(phase),
    },
  );
  expect(report.switched).toBe(true);
  expect([...phases]).toEqual(["embedding", "indexing", "vocabulary", "tagging"]);
  const { hits } = await photon.search({}, never);
  const details = await Promise.all(hits.map(({ id }) => photon.show(id, never)));
  const tags = details.flatMap(({ scoredTags }) => scoredTags);
  expect(tags.length).toBeGreaterThan(0);
  expect(new Set(tags.map(({ provenance }) => provenance.vectorKey))).toEqual(new Set([vectorKey]));
  await expectIndexed(library);
  const outcomes: boolean[] = [];
  const settings = {
    thumbnail: photon.config.thumbnail,
    embedding: true,
    tagging: taggingSettingsOf(photon.config),
  };
  const run = photon.process(sourcesOf(library.photos, library.names), settings, {
    store: true,
    force: false,
    parallel: 2,
    signal: never,
  });
  for await (const outcome of run) outcomes.push(outcome.status === "done" && outcome.reused);
  expect(outcomes).toEqual(library.names.map(() => true));
});

test("naming the model in use embeds what lacks a vector and switches nothing", async () => {
  await using library = await createProcessedLibrary({ count: 5 });
  {
    await using catalogue = await library.catalogue();
    const [mark] = await catalogue.index.allRevisions();
    const { DatabaseSync } = await import("node:sqlite");
    using database = new DatabaseSync(library.cataloguePath);
    database.prepare("delete from embeddings where content_hash = ?").run(mark?.contentHash ?? "");
  }
  expect(await changeModel(library, library.first.manifest.id)).toMatchObject({ switched: false, embedded: 1 });
  expect((await vectorsOf(library, library.first)).size).toBe(5);
  await expectIndexed(library);
});

test("prune removes what retired models left, says how much, and nothing else", async () => {
  await using library = await createProcessedLibrary();
  await changeModel(library, library.second.manifest.id);
  await using photon = await library.open();
  const [retired] = await photon.retiredModels();
  expect(retired).toMatchObject({ modelId: library.first.manifest.id, vectors: 24 });
  const report = await photon.pruneModels({ signal: never });
  expect(report).toMatchObject({ removed: [retired], compacted: true });
  expect(report.bytesFreed).toBeGreaterThan(0);
  expect(await photon.retiredModels()).toEqual([]);
  expect((await vectorsOf(library, library.first)).size).toBe(0);
  expect((await vectorsOf(library, library.second)).size).toBe(24);
  await expectIndexed(library);
  expect(await changeModel(library, library.first.manifest.id)).toMatchObject({ switched: true, embedded: 24 });
});

test("the plan tells photos, disk and time, and changes nothing", async () => {
  await using library = await createProcessedLibrary();
  await using photon = await library.open();
  const plan = await photon.planModelChange({ id: library.second.manifest.id }, { signal: never });
  expect(plan).toMatchObject({ photos: 24, toEmbed: 24, current: { vectorKey: library.first.vectorKey } });
  expect(plan.seconds).toBeGreaterThan(0);
  expect(plan.bytesNeeded).toBeGreaterThan(24 * 32 * 4);
  expect((await vectorsOf(library, library.second)).size).toBe(0);
  expect(await photon.modelChange()).toBeUndefined();
  await expect(photon.planModelChange({ id: "unknown" }, { signal: never })).rejects.toMatchObject({
    code: "not-found",
  });
  const { id } = library.second.manifest;
  await expect(photon.planModelChange({ id, precision: "int8" }, { signal: never })).rejects.toMatchObject({
    message: `Expected an installed int8 of ${id}, received none.`,
  });
  expect(await photon.planModelChange({ id, precision: "fp32" }, { signal: never })).toMatchObject({ toEmbed: 24 });
});
