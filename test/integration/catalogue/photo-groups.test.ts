import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import type { Catalogue } from "../../../src/catalogue/catalogue.ts";
import type { PhotoFormat } from "../../../src/photo/types.ts";
import type { TestCatalogue } from "../../support/catalogues.ts";
import { claimOne, createTestCatalogue, storePhoto, updateOf, visitRoot } from "../../support/catalogues.ts";
import { hashOf } from "../../support/memory-library.ts";

const SHOT = "2024-07-15 14:32:00";

interface Shot {
  readonly name: string;
  readonly format: PhotoFormat;
  readonly capturedAt?: string;
}

const RAW: Shot = { name: "IMG_1.CR2", format: "raw" };
const JPEG: Shot = { name: "IMG_1.JPG", format: "jpeg" };

interface GroupLibrary extends TestCatalogue {
  readonly store: (shot: Shot) => Promise<string>;
  /** Names of the photos in the index, after all marks were worked off. */
  readonly indexed: () => Promise<readonly string[]>;
  readonly rowOf: (name: string) => Promise<Awaited<ReturnType<Catalogue["index"]["rowsFor"]>>[number] | undefined>;
}

const createGroupLibrary = async (): Promise<GroupLibrary> => {
  const setup = await createTestCatalogue();
  const { catalogue } = setup;
  const { index } = catalogue;
  const rootId = await visitRoot(catalogue);
  const names = new Map<string, string>();
  const rows = new Set<string>();
  return {
    ...setup,
    store: async ({ name, format, capturedAt = SHOT }) => {
      names.set(hashOf(name), name);
      const metadata = { merged: {}, exif: { captured_at: capturedAt } };
      return storePhoto(catalogue, { rootId, name, content: name }, { format, metadata });
    },
    indexed: async () => {
      for (let marks = await index.takeMarks(100); marks.length > 0; marks = await index.takeMarks(100)) {
        const found = new Set(
          (
            await index.rowsFor(
              marks.map(({ contentHash }) => contentHash),
              "",
            )
          ).map((row) => row.contentHash),
        );
        for (const { contentHash } of marks) {
          if (found.has(contentHash)) rows.add(contentHash);
          else rows.delete(contentHash);
        }
        await index.clearMarks(marks);
      }
      const revisions = await index.allRevisions();
      expect(revisions.map(({ contentHash }) => contentHash).toSorted()).toEqual([...rows].toSorted());
      expect(await index.countMarks()).toBe(0);
      return [...rows].map((hash) => names.get(hash) ?? hash).toSorted();
    },
    rowOf: async (name) => (await index.rowsFor([hashOf(name)], ""))[0],
  };
};

test.each([
  ["the RAW file first", [RAW, JPEG]],
  ["the picture first", [JPEG, RAW]],
])("a pair is shown once, %s", async (_title, shots) => {
  await using library = await createGroupLibrary();
  for (const shot of shots) {
    await library.store(shot);
    await library.indexed();
  }
  expect(await library.indexed()).toEqual([JPEG.name]);
});

test("the shown photo is found by the folders, words and formats of its group", async () => {
  await using library = await createGroupLibrary();
  await library.store(JPEG);
  await library.store(RAW);
  await library.indexed();
  await library.sql(
    "update files set path = cast('raws/harbour.CR2' as blob) where content_hash = ?",
    hashOf(RAW.name),
  );
  expect(await library.indexed()).toEqual([RAW.name, JPEG.name]);
  await library.sql(
    "update files set path = cast('harbour/IMG_1.CR2' as blob) where content_hash = ?",
    hashOf(RAW.name),
  );
  await library.sql(
    "update files set path = cast('harbour/IMG_1.JPG' as blob) where content_hash = ?",
    hashOf(JPEG.name),
  );
  expect(await library.indexed()).toEqual([JPEG.name]);
  expect(await library.rowOf(JPEG.name)).toMatchObject({ format: "jpeg+raw", folders: ["/photos", "/photos/harbour"] });
  expect(await library.rowOf(RAW.name)).toBeUndefined();
});

test("tags of the photo that stands back are searched on the shown one, as soon as they come", async () => {
  await using library = await createGroupLibrary();
  await library.store(JPEG);
  await library.store(RAW);
  await library.indexed();
  const before = await library.rowOf(JPEG.name);
  await library.catalogue.tags.decide({ contentHashes: [hashOf(RAW.name)], name: "our boat", action: "add" });
  expect((await library.catalogue.index.takeMarks(10)).map(({ contentHash }) => contentHash)).toContain(
    hashOf(JPEG.name),
  );
  const after = await library.rowOf(JPEG.name);
  expect(after?.tags).toContain("our boat");
  expect(after?.rev).toBeGreaterThan(before?.rev ?? 0);
});

test.each([
  ["another second", { ...RAW, capturedAt: "2024-07-15 14:32:09" }],
  ["another stem", { ...RAW, name: "IMG_10.CR2" }],
  ["another folder", { ...RAW, name: "raw/IMG_1.CR2" }],
  ["another format", { ...RAW, format: "png" as const }],
])("no pair: %s", async (_title, shot) => {
  await using library = await createGroupLibrary();
  await library.store(JPEG);
  await library.store(shot);
  expect(await library.indexed()).toEqual([JPEG.name, shot.name].toSorted());
});

test.each([
  [JPEG, RAW],
  [RAW, JPEG],
])("when $name goes the other is shown, and the group comes back with it", async (gone, left) => {
  await using library = await createGroupLibrary();
  await library.store(JPEG);
  await library.store(RAW);
  expect(await library.indexed()).toEqual([JPEG.name]);
  const claim = await claimOne(library.catalogue, 1, gone.name);
  const failure = { claim, stat: undefined, reason: "not_found" as const, message: "gone", reasonKey: "" };
  await library.catalogue.files.quarantine([failure]);
  expect(await library.indexed()).toEqual([left.name]);
  await library.store(gone);
  expect(await library.indexed()).toEqual([JPEG.name]);
});

test("forgetting one photo of a group leaves the other", async () => {
  await using library = await createGroupLibrary();
  await library.store(JPEG);
  await library.store(RAW);
  await library.indexed();
  await library.catalogue.administration.forget([hashOf(RAW.name)]);
  expect(await library.indexed()).toEqual([JPEG.name]);
  expect((await library.rowOf(JPEG.name))?.format).toBe("jpeg");
  await library.catalogue.administration.undoForget([hashOf(RAW.name)]);
  await library.store(RAW);
  expect(await library.indexed()).toEqual([JPEG.name]);
  await library.catalogue.administration.forget([hashOf(JPEG.name)]);
  expect(await library.indexed()).toEqual([RAW.name]);
});

test("a group stays one when its folder is renamed, and each photo is still found by its own path", async () => {
  await using library = await createGroupLibrary();
  await library.store({ ...JPEG, name: "new/IMG_1.JPG" });
  await library.store({ ...RAW, name: "new/IMG_1.CR2" });
  await library.indexed();
  await library.sql("update files set path = cast(replace(cast(path as text), 'new/', 'old/') as blob)");
  expect(await library.indexed()).toEqual(["new/IMG_1.JPG"]);
  const { search } = library.catalogue;
  expect(await search.hashAtPath("/photos/old/IMG_1.CR2")).toBe(hashOf("new/IMG_1.CR2"));
  const details = await search.details(hashOf("new/IMG_1.CR2"));
  expect(details?.group).toEqual([
    { contentHash: hashOf("new/IMG_1.JPG"), format: "jpeg", paths: ["/photos/old/IMG_1.JPG"], shown: true },
    { contentHash: hashOf("new/IMG_1.CR2"), format: "raw", paths: ["/photos/old/IMG_1.CR2"], shown: false },
  ]);
});

test("duplicates, enrichment in bulk and standing watches take a group for one photo", async () => {
  await using library = await createGroupLibrary();
  await library.store(JPEG);
  await library.store(RAW);
  await library.indexed();
  const { search, backlog } = library.catalogue;
  expect((await search.fingerprints()).map(({ contentHash }) => contentHash)).toEqual([hashOf(JPEG.name)]);
  const missing = await backlog.missingPhotos({ kind: "image_tag", since: 0, after: "", limit: 10 });
  expect(missing).toEqual([hashOf(JPEG.name)]);
});

test("working off marks never walks through all photos", async () => {
  await using library = await createGroupLibrary();
  await library.store(JPEG);
  await library.store(RAW);
  using database = new DatabaseSync(library.path);
  const insert = database.prepare(
    "insert into photos (content_hash, rev, format, file_size, width, height, orientation, keywords, exif, created_at, updated_at) values (?, 1, 'jpeg', 1, 1, 1, 1, '[]', '{}', 0, 0)",
  );
  database.exec("begin");
  for (let number = 0; number < 20_000; number += 1) insert.run(hashOf(`other ${number}`));
  database.exec("delete from to_group");
  database.exec("commit");
  await library.catalogue.photos.commit({ updates: [updateOf(JPEG.name)], files: [] });
  await library.sql("insert into to_group select content_hash from photos where format = 'raw'");
  const start = performance.now();
  await library.catalogue.index.takeMarks(1);
  expect(performance.now() - start).toBeLessThan(100);
});
