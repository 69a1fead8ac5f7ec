/** The index is derived: whatever happens to it, the catalogue makes it whole again. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { connectTo, tableName } from "../../src/vectors/lancedb.ts";
import { deadOwner } from "../support/catalogues.ts";
import { processWords, runPhotonIn } from "../support/cli.ts";
import { createTestLibrary } from "../support/library.ts";
import type { TestLibrary } from "../support/library.ts";
import { writePhotos } from "../support/photos.ts";
import { problemsOf } from "../support/whole-library.ts";

const PHOTOS = 12;

const processedLibrary = async (): Promise<TestLibrary> => {
  const library = await createTestLibrary();
  await writePhotos(library.photos, { count: PHOTOS });
  expect((await runPhotonIn(library, processWords(library))).code).toBe(0);
  return library;
};

const vectorsOf = ({ home }: TestLibrary): string => join(home, "vectors");

const found = async (library: TestLibrary): Promise<number> => {
  await using photon = await library.open();
  return (await photon.search({ limit: 100 }, new AbortController().signal)).total;
};

/** As after a power cut: a writer that never ended, and rows that never reached the disk. */
const loseRows = async (library: TestLibrary): Promise<void> => {
  await using catalogue = await library.catalogue();
  const name = tableName((await catalogue.library.activeVectorKey())?.vectorKey);
  const table = await (await connectTo(vectorsOf(library))).openTable(name);
  const [first] = await catalogue.index.allRevisions();
  await table.delete(`content_hash >= '${first?.contentHash}'`);
  table.close();
  await writeFile(
    join(vectorsOf(library), `${name}.1-00000000-0000-0000-0000-000000000000.writing`),
    await deadOwner(),
  );
};

test("a deleted index is filled by the next search", async () => {
  await using library = await processedLibrary();
  await rm(vectorsOf(library), { recursive: true });
  expect(await found(library)).toBe(PHOTOS);
  expect(await problemsOf(library, { photos: PHOTOS })).toEqual([]);
});

test("a deleted index is filled by the next run, though no photo changed", async () => {
  await using library = await processedLibrary();
  await rm(vectorsOf(library), { recursive: true });
  expect((await runPhotonIn(library, processWords(library))).code).toBe(0);
  expect(await problemsOf(library, { photos: PHOTOS })).toEqual([]);
});

test("an index that was left in the middle of writing is healed by the next run, though no photo changed", async () => {
  await using library = await processedLibrary();
  await loseRows(library);
  expect(await problemsOf(library, { photos: PHOTOS })).not.toEqual([]);
  expect((await runPhotonIn(library, processWords(library))).code).toBe(0);
  expect(await problemsOf(library, { photos: PHOTOS })).toEqual([]);
  expect(await found(library)).toBe(PHOTOS);
});

test("a damaged index is filled anew by a rebuild", async () => {
  await using library = await processedLibrary();
  await rm(vectorsOf(library), { recursive: true });
  await using catalogue = await library.catalogue();
  const name = tableName((await catalogue.library.activeVectorKey())?.vectorKey);
  await mkdir(join(vectorsOf(library), `${name}.lance`, "_versions"), { recursive: true });
  await writeFile(join(vectorsOf(library), `${name}.lance`, "_versions", "1.manifest"), "no manifest at all");
  expect((await runPhotonIn(library, ["index", "rebuild"])).code).toBe(0);
  expect(await problemsOf(library, { photos: PHOTOS })).toEqual([]);
});

test("forgetting takes photos out of the search, undoing and processing bring them back", async () => {
  await using library = await processedLibrary();
  {
    await using photon = await library.open(); // stays the writer of the index while others run
    const plan = await photon.planForget([join(library.photos, "photo-0003.jpg")]);
    expect(plan).toMatchObject({ files: 1, vectors: 1 });
    await photon.forget(plan);
    expect(await found(library)).toBe(PHOTOS - 1);
    expect((await runPhotonIn(library, processWords(library))).code).toBe(0);
    expect(await found(library)).toBe(PHOTOS - 1);
    expect(await photon.undoForget(plan.photos.map(({ id }) => id))).toBe(1);
    expect((await runPhotonIn(library, processWords(library))).code).toBe(0);
    expect(await found(library)).toBe(PHOTOS);
  }
  expect(await problemsOf(library, { photos: PHOTOS })).toEqual([]);
});
