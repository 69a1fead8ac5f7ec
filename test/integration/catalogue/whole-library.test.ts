import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import type { Catalogue } from "../../../src/catalogue/catalogue.ts";
import {
  createTestCatalogue,
  finishedFile,
  placeOf,
  storePhoto,
  updateOf,
  visitRoot,
} from "../../support/catalogues.ts";
import { hashOf } from "../../support/memory-library.ts";

const storeMany = async (catalogue: Catalogue, count: number): Promise<readonly string[]> => {
  const rootId = await visitRoot(catalogue);
  const contents = Array.from({ length: count }, () => randomBytes(8).toString("hex"));
  const claims = await catalogue.files.claim(contents.map((content) => placeOf(rootId, `2024/07/${content}.jpg`)));
  await catalogue.photos.commit({
    updates: contents.map((content) => updateOf(content)),
    files: contents.flatMap((content, at) => (claims[at] === undefined ? [] : [finishedFile(claims[at], content)])),
  });
  return contents.map(hashOf);
};

/** Turns the event loop made while `work` ran. */
const turnsDuring = async (work: () => Promise<unknown>): Promise<number> => {
  let turns = 0;
  let isDone = false;
  const count = (): void => {
    turns += 1;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  await work();
  isDone = true;
  return turns;
};

test("reading and marking a whole library leaves the thread free in between", async () => {
  await using library = await createTestCatalogue();
  const { catalogue } = library;
  const hashes = await storeMany(catalogue, 5000);
  const { index } = catalogue;
  await index.clearMarks(await index.allRevisions());
  expect(await index.countMarks()).toBe(0);
  expect(await turnsDuring(() => index.allRevisions())).toBeGreaterThanOrEqual(2);
  expect(await turnsDuring(() => index.markAgain(hashes))).toBeGreaterThanOrEqual(2);
  expect(await index.countMarks()).toBe(5000);
  const revisions = await index.allRevisions();
  expect(new Set(revisions.map(({ contentHash }) => contentHash))).toEqual(new Set(hashes));
  expect(new Set(revisions.map(({ rev }) => rev))).toEqual(new Set([1]));
});

test("photos are found by file, by folder and by a folder around their roots, with all of their files", async () => {
  await using library = await createTestCatalogue();
  const { catalogue } = library;
  const rootId = await visitRoot(catalogue, "/home/photos");
  await storePhoto(catalogue, { rootId, name: "2024/a.jpg", content: "a" });
  await storePhoto(catalogue, { rootId, name: "copies/a.jpg", content: "a" });
  await storePhoto(catalogue, { rootId, name: "2024/07/b.jpg", content: "b" });
  await storePhoto(catalogue, { rootId, name: "2024-old/c.jpg", content: "c" });
  const pathsAt = async (path: string) => (await catalogue.administration.photosAt(path)).map(({ paths }) => paths);
  const a = ["/home/photos/2024/a.jpg", "/home/photos/copies/a.jpg"];
  const b = ["/home/photos/2024/07/b.jpg"];
  const c = ["/home/photos/2024-old/c.jpg"];
  expect(await pathsAt("/home/photos/2024/a.jpg")).toEqual([a]);
  expect(await pathsAt("/home/photos/2024")).toEqual([b, a]);
  expect(await pathsAt("/home/photos/2024/")).toEqual([b, a]);
  expect(await pathsAt("/home/photos")).toEqual([c, b, a]);
  expect(await pathsAt("/home")).toEqual([c, b, a]);
  expect(await pathsAt("/")).toEqual([c, b, a]);
  expect(await pathsAt("/home/photos/2024/a")).toEqual([]);
  expect(await pathsAt("/home/photos-old")).toEqual([]);
  await catalogue.administration.forget([hashOf("a")]);
  expect(await pathsAt("/home/photos/2024")).toEqual([b]);
  expect(await catalogue.administration.photosByHash([hashOf("a"), hashOf("b")])).toEqual([
    { contentHash: hashOf("b"), paths: b },
  ]);
});

test("the folders of a library are those of its present files, with every folder above them", async () => {
  await using library = await createTestCatalogue();
  const { catalogue } = library;
  const rootId = await visitRoot(catalogue);
  const names = ["top.jpg", "2024/a.jpg", "2024/b.jpg", "2024/07 Lisbon/c.jpg", "päth/ünï/d.jpg"];
  const claims = await catalogue.files.claim(names.map((name) => placeOf(rootId, name)));
  await catalogue.files.claim([placeOf(rootId, "pending/e.jpg")]);
  await catalogue.photos.commit({
    updates: names.map((name) => updateOf(name)),
    files: names.flatMap((name, at) => (claims[at] === undefined ? [] : [finishedFile(claims[at], name)])),
  });
  expect(await catalogue.search.folders()).toEqual([
    "/photos",
    "/photos/2024",
    "/photos/2024/07 Lisbon",
    "/photos/päth",
    "/photos/päth/ünï",
  ]);
});
