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
import { hashOf } from "../../support/memory-library.ts";

const photosIn = async ({ administration }: Catalogue): Promise<number> => (await administration.count()).photos;

test("forgetting removes a photo with all that hangs on it and leaves a mark for the index", async () => {
  await using setup = await createTestCatalogue();
  const { catalogue } = setup;
  const rootId = await visitRoot(catalogue);
  await storePhoto(
    catalogue,
    { rootId, name: "a.jpg", content: "a" },
    {
      embedding: { vectorKey: "k", vector: new Float32Array(3) },
      tags: { run: TAG_RUN, tags: [{ name: "dog", confidence: 1 }] },
    },
  );
  await storePhoto(catalogue, { rootId, name: "b.jpg", content: "b" });
  await catalogue.index.clearMarks(await catalogue.index.takeMarks(10));
  await catalogue.administration.forget([hashOf("a")]);
  expect(await photosIn(catalogue)).toBe(1);
  expect(await catalogue.administration.countAttached([hashOf("a")])).toEqual({ vectors: 0, tags: 0 });
  expect(await setup.sql("select count(*) as keys from photo_stages")).toMatchObject([{ keys: 1 }]);
  expect((await catalogue.index.takeMarks(10)).map(({ contentHash }) => contentHash)).toEqual([hashOf("a")]);
  expect(await catalogue.index.rowsFor([hashOf("a")], "k")).toEqual([]);
  expect(await catalogue.photos.forgottenAmong([hashOf("a"), hashOf("b")])).toEqual(new Set([hashOf("a")]));
});

test("a forgotten photo that is stored again stays away, until it was named", async () => {
  await using setup = await createTestCatalogue();
  const { catalogue } = setup;
  const rootId = await visitRoot(catalogue);
  await storePhoto(catalogue, { rootId, name: "a.jpg", content: "a" });
  await catalogue.administration.forget([hashOf("a")]);
  await storePhoto(catalogue, { rootId, name: "a.jpg", content: "a" });
  expect(await photosIn(catalogue)).toBe(0);
  const claim = await claimOne(catalogue, rootId, "a.jpg");
  await catalogue.photos.commit({ updates: [updateOf("a")], files: [finishedFile(claim, "a", { named: true })] });
  expect(await photosIn(catalogue)).toBe(1);
  expect(await catalogue.administration.count()).toMatchObject({ forgotten: 0 });
});

test("undo lifts by prefix and says how many", async () => {
  await using setup = await createTestCatalogue();
  const { catalogue } = setup;
  await catalogue.administration.forget([hashOf("a"), hashOf("b")]);
  expect(await catalogue.administration.undoForget([hashOf("a").slice(0, 12)])).toBe(1);
  expect(await catalogue.administration.undoForget([hashOf("a").slice(0, 12)])).toBe(0);
  expect(await catalogue.photos.forgottenAmong([hashOf("a"), hashOf("b")])).toEqual(new Set([hashOf("b")]));
});

test("a photo that returns before the index has lost it gets a revision above the one there", async () => {
  await using setup = await createTestCatalogue();
  const { catalogue } = setup;
  const rootId = await visitRoot(catalogue);
  for (let round = 0; round < 3; round += 1) await storePhoto(catalogue, { rootId, name: "a.jpg", content: "a" });
  const indexed = (await catalogue.photos.load([hashOf("a")])).get(hashOf("a"))?.rev ?? 0;
  await catalogue.index.clearMarks(await catalogue.index.takeMarks(10));
  await catalogue.administration.forget([hashOf("a")]);
  await catalogue.administration.undoForget([hashOf("a")]);
  await storePhoto(catalogue, { rootId, name: "a.jpg", content: "a" });
  expect((await catalogue.photos.load([hashOf("a")])).get(hashOf("a"))?.rev).toBeGreaterThan(indexed);
});

test("more photos than one statement can bind are forgotten at once", async () => {
  await using setup = await createTestCatalogue();
  const hashes = Array.from({ length: 40_000 }, (_, number) => number.toString(16).padStart(64, "0"));
  await setup.catalogue.administration.forget(hashes);
  expect(await setup.catalogue.administration.count()).toMatchObject({ forgotten: 40_000 });
});

test("a photo that is forgotten while it is processed leaves nothing behind, and comes back whole", async () => {
  await using setup = await createTestCatalogue();
  const { catalogue } = setup;
  const rootId = await visitRoot(catalogue);
  await storePhoto(catalogue, { rootId, name: "a.jpg", content: "a" });
  const claim = await claimOne(catalogue, rootId, "copy.jpg");
  await catalogue.administration.forget([hashOf("a")]);
  const update = updateOf("a", { embedding: { vectorKey: "k", vector: new Float32Array(3) } });
  await catalogue.photos.commit({ updates: [update], files: [finishedFile(claim, "a")] });
  expect(await catalogue.photos.load([hashOf("a")])).toEqual(new Map());
  expect(await catalogue.administration.countAttached([hashOf("a")])).toEqual({ vectors: 0, tags: 0 });
  await catalogue.administration.undoForget([hashOf("a")]);
  expect(await photosIn(catalogue)).toBe(0); // until it is processed again
});
