import { mkdir, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MINUTE, SECOND } from "../../../src/clock.ts";
import { createRenditionStore } from "../../../src/photo/rendition-store.ts";
import { temporaryFolder } from "../../support/photos.ts";

const HASH = "ab".repeat(32);
const BYTES = Buffer.from("a thumbnail");

test("a thumbnail is found where the design says, in its format, until it is removed", async () => {
  await using folder = await temporaryFolder();
  const store = createRenditionStore(folder.path);
  expect(await store.read(HASH, "webp")).toBeUndefined();
  await store.write(HASH, "webp", BYTES);
  expect(store.pathOf(HASH, "webp")).toBe(join(folder.path, "ab", `${HASH}.webp`));
  expect(await store.read(HASH, "webp")).toEqual(BYTES);
  expect(await store.read(HASH, "jpeg")).toBeUndefined();
  await store.remove(HASH);
  expect(await store.read(HASH, "webp")).toBeUndefined();
});

test("what a killed process left half written is removed when it is old, and only then", async () => {
  await using folder = await temporaryFolder();
  const incoming = join(folder.path, "incoming");
  await mkdir(incoming);
  for (const name of ["old", "fresh"]) await writeFile(join(incoming, name), "half a pict");
  const hourAgo = (Date.now() - 60 * MINUTE) / SECOND;
  await utimes(join(incoming, "old"), hourAgo, hourAgo);
  await createRenditionStore(folder.path).write(HASH, "webp", BYTES);
  expect(await readdir(incoming)).toEqual(["fresh"]);
});

test("writers of one thumbnail at once leave a whole one and nothing beside it", async () => {
  await using folder = await temporaryFolder();
  const stores = Array.from({ length: 8 }, () => createRenditionStore(folder.path));
  await Promise.all(stores.map((store, number) => store.write(HASH, "webp", Buffer.alloc(100_000, number))));
  const bytes = await stores[0]?.read(HASH, "webp");
  expect(new Set(bytes)).toHaveProperty("size", 1);
  expect(await readdir(join(folder.path, "incoming"))).toEqual([]);
  expect(await readdir(join(folder.path, "ab"))).toHaveLength(1);
});

test("a folder that cannot be written is named, and works again when it can", async () => {
  await using folder = await temporaryFolder();
  const directory = join(folder.path, "renditions");
  await writeFile(directory, "a file");
  const store = createRenditionStore(directory);
  await expect(store.write(HASH, "webp", BYTES)).rejects.toMatchObject({
    code: "storage",
    message: expect.stringContaining(`The thumbnail ${directory}`) as string,
  });
  await rm(directory);
  await store.write(HASH, "webp", BYTES);
  expect(await store.read(HASH, "webp")).toEqual(BYTES);
});

test("a photo has one thumbnail: another size replaces it, another format as well", async () => {
  await using folder = await temporaryFolder();
  const store = createRenditionStore(folder.path);
  await store.write(HASH, "webp", BYTES);
  await store.write(HASH, "webp", Buffer.from("a larger thumbnail"));
  expect(await store.read(HASH, "webp")).toEqual(Buffer.from("a larger thumbnail"));
  await store.write(HASH, "jpeg", BYTES);
  expect(await readdir(join(folder.path, "ab"))).toEqual([`${HASH}.jpg`]);
  await store.remove(HASH);
  expect(await readdir(join(folder.path, "ab"))).toEqual([]);
});
