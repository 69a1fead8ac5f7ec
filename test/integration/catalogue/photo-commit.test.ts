import { expect, test } from "vitest";
import type { Catalogue } from "../../../src/catalogue/catalogue.ts";
import {
  claimOne,
  createTestCatalogue,
  finishedFile,
  TAG_RUN,
  storePhoto,
  updateOf,
  visitRoot,
} from "../../support/catalogues.ts";
import type { TestCatalogue } from "../../support/catalogues.ts";
import { hashOf, unit } from "../../support/memory-library.ts";

const KEY = "test@00000000/fp32/p1";

const marksOf = async ({ index }: Catalogue): Promise<ReadonlyMap<string, number>> =>
  new Map((await index.takeMarks(100)).map(({ contentHash, rev }) => [contentHash, rev]));

const clearAll = async (catalogue: Catalogue): Promise<boolean> =>
  catalogue.index.clearMarks(await catalogue.index.takeMarks(1000));

const revOf = async ({ photos }: Catalogue, content: string): Promise<number | undefined> =>
  (await photos.load([hashOf(content)])).get(hashOf(content))?.rev;

const tagsInOrder = async ({ sql }: TestCatalogue): Promise<readonly unknown[]> =>
  (await sql("select source || ':' || name as tag from tags order by source, rank")).map((row) => row["tag"]);

test("each change of a photo raises its revision and marks it for the index", async () => {
  await using setup = await createTestCatalogue();
  const { catalogue } = setup;
  const rootId = await visitRoot(catalogue);
  await storePhoto(catalogue, { rootId, name: "a.jpg", content: "a" });
  const first = await revOf(catalogue, "a");
  expect(await marksOf(catalogue)).toEqual(new Map([[hashOf("a"), first]]));
  await clearAll(catalogue);
  await storePhoto(catalogue, { rootId, name: "a.jpg", content: "a" });
  expect(await revOf(catalogue, "a")).toBe((first ?? 0) + 1);
  expect(await marksOf(catalogue)).toEqual(new Map([[hashOf("a"), (first ?? 0) + 1]]));
});

test("an update without results of a stage changes nothing that the index could see", async () => {
  await using setup = await createTestCatalogue();
  const { catalogue } = setup;
  const rootId = await visitRoot(catalogue);
  await storePhoto(catalogue, { rootId, name: "a.jpg", content: "a" });
  await clearAll(catalogue);
  const claim = await claimOne(catalogue, rootId, "a.jpg");
  await catalogue.photos.commit({ updates: [], files: [finishedFile(claim, "a")] });
  expect(await marksOf(catalogue)).toEqual(new Map());
});

test("a mark is cleared only for the revision that was written", async () => {
  await using setup = await createTestCatalogue();
  const { catalogue } = setup;
  const rootId = await visitRoot(catalogue);
  await storePhoto(catalogue, { rootId, name: "a.jpg", content: "a" });
  const taken = await catalogue.index.takeMarks(10);
  await storePhoto(catalogue, { rootId, name: "a.jpg", content: "a" });
  await catalogue.index.clearMarks(taken);
  expect(await marksOf(catalogue)).toEqual(new Map([[hashOf("a"), await revOf(catalogue, "a")]]));
});

test("a copy adds a file to the photo and marks it, for its folders changed", async () => {
  await using setup = await createTestCatalogue();
  const { catalogue } = setup;
  const rootId = await visitRoot(catalogue);
  await storePhoto(catalogue, { rootId, name: "a.jpg", content: "a" });
  await clearAll(catalogue);
  const claim = await claimOne(catalogue, rootId, "copies/a.jpg");
  await catalogue.photos.commit({ updates: [], files: [finishedFile(claim, "a")] });
  expect([...(await marksOf(catalogue)).keys()]).toEqual([hashOf("a")]);
  expect(await catalogue.index.rowsFor([hashOf("a")], KEY)).toMatchObject([{ folders: ["/photos", "/photos/copies"] }]);
});

test("a file edited in place leaves its old content and joins the new one; both are marked", async () => {
  await using setup = await createTestCatalogue();
  const { catalogue } = setup;
  const rootId = await visitRoot(catalogue);
  await storePhoto(catalogue, { rootId, name: "a.jpg", content: "before" });
  await clearAll(catalogue);
  await storePhoto(catalogue, { rootId, name: "a.jpg", content: "after" });
  expect([...(await marksOf(catalogue)).keys()].toSorted()).toEqual([hashOf("before"), hashOf("after")].toSorted());
  const rows = await catalogue.index.rowsFor([hashOf("before"), hashOf("after")], KEY);
  expect(rows.map(({ contentHash }) => contentHash)).toEqual([hashOf("after")]); // nobody holds the old content
  expect(await catalogue.administration.count()).toMatchObject({ photos: 1, filesByState: { present: 1 } });
  expect(await revOf(catalogue, "before")).toBeDefined(); // what was learned about it is kept
});

test("machine tags are replaced as a whole, tags of the user stay", async () => {
  await using setup = await createTestCatalogue();
  const { catalogue } = setup;
  const rootId = await visitRoot(catalogue);
  const tagged = (...names: readonly string[]) => ({
    tags: { run: TAG_RUN, tags: names.map((name) => ({ name, confidence: 0.9 })) },
  });
  await storePhoto(catalogue, { rootId, name: "a.jpg", content: "a" }, tagged("dog", "beach"));
  await setup.sql(
    `insert into tags (content_hash, name, source, ancestors, confidence, rank, created_at)
     values (?, 'dog', 'user', '[]', 1, 0, 0)`,
    hashOf("a"),
  );
  await storePhoto(catalogue, { rootId, name: "a.jpg", content: "a" }, tagged("sunset"));
  expect(await tagsInOrder(setup)).toEqual(["user:dog", "zero-shot:sunset"]);
  await storePhoto(catalogue, { rootId, name: "a.jpg", content: "a" }, tagged());
  expect(await tagsInOrder(setup)).toEqual(["user:dog"]);
});

test("parts that an update leaves out stay as they are", async () => {
  await using setup = await createTestCatalogue();
  const { catalogue } = setup;
  const rootId = await visitRoot(catalogue);
  const vector = unit([1, 2, 3]);
  await storePhoto(
    catalogue,
    { rootId, name: "a.jpg", content: "a" },
    {
      embedding: { vectorKey: KEY, vector },
      perceptualHash: Buffer.from("0123456789abcdef01"),
      metadata: { merged: { cameraMake: "Nikon", keywords: ["sea"] }, exif: { iso: 200 } },
      thumbnail: { size: 256, format: "webp", quality: 80, width: 256, height: 192 },
      stageKeys: new Map([["embed", "1/k"]]),
    },
  );
  await storePhoto(catalogue, { rootId, name: "a.jpg", content: "a" }, { stageKeys: new Map([["tag", "1/t"]]) });
  const stored = (await catalogue.photos.load([hashOf("a")])).get(hashOf("a"));
  expect(stored).toMatchObject({
    metadata: { cameraMake: "Nikon", keywords: ["sea"] },
    exif: { iso: 200 },
    thumbnail: { size: 256, format: "webp" },
  });
  expect(Buffer.from(stored?.perceptualHash ?? []).toString()).toBe("0123456789abcdef01");
  expect((await catalogue.photos.vectors([hashOf("a")], KEY)).get(hashOf("a"))).toEqual(vector);
  expect((await catalogue.photos.stageKeys([hashOf("a")])).get(hashOf("a"))).toEqual(
    new Map([
      ["embed", "1/k"],
      ["tag", "1/t"],
    ]),
  );
});

test("a commit that fails in its middle stores nothing of itself", async () => {
  await using setup = await createTestCatalogue();
  const { catalogue } = setup;
  const rootId = await visitRoot(catalogue);
  const claim = await claimOne(catalogue, rootId, "a.jpg");
  const broken = updateOf("b", { tags: { run: TAG_RUN, tags: [{ name: "x", confidence: Number.NaN }] } });
  await expect(
    catalogue.photos.commit({ updates: [updateOf("a"), broken], files: [finishedFile(claim, "a")] }),
  ).rejects.toThrow();
  expect(await catalogue.photos.load([hashOf("a"), hashOf("b")])).toEqual(new Map());
  expect(await catalogue.index.countMarks()).toBe(0);
  await catalogue.photos.commit({ updates: [updateOf("a")], files: [finishedFile(claim, "a")] });
  expect(await revOf(catalogue, "a")).toBeDefined();
});

test("a photo whose only file is set aside disappears from the library and is marked", async () => {
  await using setup = await createTestCatalogue();
  const { catalogue } = setup;
  const rootId = await visitRoot(catalogue);
  await storePhoto(catalogue, { rootId, name: "a.jpg", content: "a" });
  await clearAll(catalogue);
  const claim = await claimOne(catalogue, rootId, "a.jpg");
  const failure = { claim, stat: undefined, reason: "decode_failed", message: "broken", reasonKey: "k" } as const;
  await catalogue.files.quarantine([failure]);
  expect([...(await marksOf(catalogue)).keys()]).toEqual([hashOf("a")]);
  expect(await catalogue.index.allRevisions()).toEqual([]);
  expect(await catalogue.administration.quarantined()).toMatchObject([
    { path: Buffer.from("/photos/a.jpg"), code: "decode_failed", tries: 1 },
  ]);
});
