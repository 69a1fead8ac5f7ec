import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createRenditionStore } from "../../../src/photo/rendition-store.ts";
import { temporaryFolder } from "../../support/photos.ts";

const HASH = "ab".repeat(32);
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

test("a photo has one thumbnail: another size replaces it, another format as well", async () => {
  await using folder = await temporaryFolder();
  const store = createRenditionStore(folder.path);
  await store.write(HASH, "webp", bytesOf("small"));
  await store.write(HASH, "webp", bytesOf("large"));
  expect(await store.read(HASH, "webp")).toEqual(Buffer.from("large"));
  await store.write(HASH, "jpeg", bytesOf("other"));
  expect(await readdir(join(folder.path, "ab"))).toEqual([`${HASH}.jpg`]);
  expect(await store.read(HASH, "webp")).toBeUndefined();
  await store.remove(HASH);
  expect(await readdir(join(folder.path, "ab"))).toEqual([]);
});
