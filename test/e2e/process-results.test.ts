/** What the records of a run say of the pictures: the same scene gives the same answers, however it is stored. */
import { existsSync } from "node:fs";
import { copyFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hammingDistance } from "../../src/photo/perceptual-hash.ts";
import { generateSampleLibrary } from "../../src/sample-library/generate.ts";
import { encodeOriented, ORIENTATIONS, paintScene } from "../support/images.ts";
import type { TestLibrary } from "../support/library.ts";
import { createTestLibrary } from "../support/library.ts";
import { parseRecords, processWords, runPhotonIn } from "../support/cli.ts";

const ORIENTATION_PHOTOS = join(import.meta.dirname, "../../../shared/photos/orientation");
const MIN_COSINE = 0.99;
const MAX_HASH_DISTANCE = 4;

interface PictureRecord {
  readonly file_name: string;
  readonly width: number;
  readonly height: number;
  readonly embedding: readonly number[];
  readonly tags: readonly { readonly name: string }[];
  readonly perceptual_hash: string;
}

const processAll = async (library: TestLibrary, ...more: readonly string[]): Promise<readonly PictureRecord[]> => {
  const { stdout, code } = await runPhotonIn(library, processWords(library, ...more));
  expect(code).toBe(0);
  return parseRecords(stdout) as readonly unknown[] as readonly PictureRecord[]; // fields beyond those every test reads
};

const cosineOf = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);

const expectAlike = (records: readonly PictureRecord[]): void => {
  const [first, ...others] = records;
  for (const other of others) {
    expect([other.width, other.height]).toEqual([first?.width, first?.height]);
    expect(cosineOf(first?.embedding ?? [], other.embedding)).toBeGreaterThanOrEqual(MIN_COSINE);
    const [left, right] = [first?.perceptual_hash ?? "", other.perceptual_hash].map((hash) =>
      Buffer.from(hash, "base64"),
    );
    expect(hammingDistance(left ?? Buffer.alloc(0), right ?? Buffer.alloc(0))).toBeLessThanOrEqual(MAX_HASH_DISTANCE);
  }
};

test("all eight orientations of a scene have one size, one hash and nearly one vector", async () => {
  await using library = await createTestLibrary();
  const scene = paintScene(480, 320);
  for (const orientation of ORIENTATIONS) {
    await writeFile(join(library.photos, `${orientation}.jpg`), await encodeOriented(scene, orientation));
  }
  const records = await processAll(library);
  expect(records).toHaveLength(ORIENTATIONS.length);
  expectAlike(records);
});

test.skipIf(!existsSync(ORIENTATION_PHOTOS))(
  "the same of real photos (skipped where ../shared/photos is absent)",
  async () => {
    await using library = await createTestLibrary();
    for (const name of await readdir(ORIENTATION_PHOTOS)) {
      await copyFile(join(ORIENTATION_PHOTOS, name), join(library.photos, name));
    }
    const records = await processAll(library);
    for (const shape of ["Landscape", "Portrait"]) {
      const scenes = records.filter((record) => record.file_name.startsWith(shape));
      expect(scenes).toHaveLength(9);
      expectAlike(scenes);
    }
  },
);

test("a photo has the same tags and vector alone and in company, in every run and library", async () => {
  await using library = await createTestLibrary();
  await generateSampleLibrary(library.photos, { count: 12, size: 320 });
  const byName = (records: readonly PictureRecord[]): readonly PictureRecord[] =>
    records.toSorted((a, b) => (a.file_name < b.file_name ? -1 : 1));
  const tagsOf = (records: readonly PictureRecord[]) =>
    records.map(({ file_name: name, tags }) => [name, tags.map((tag) => tag.name)]);
  const first = byName(await processAll(library));
  expect(first.some(({ tags }) => tags.length > 0)).toBe(true);
  for (const words of [["--force", "-p", "1"], ["--no-store"]]) {
    const again = byName(await processAll(library, ...words));
    expect(tagsOf(again)).toEqual(tagsOf(first));
    for (const [index, { embedding }] of again.entries()) {
      // Sums of fp32 products differ in the last digit with the number of pictures in a run.
      expect(cosineOf(embedding, first[index]?.embedding ?? [])).toBeCloseTo(1, 6);
    }
  }
});
