import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { InvalidInputError } from "../../../src/errors.ts";
import { formatCaptureTime } from "../../../src/photo/capture-time.ts";
import { mergeMetadata, readMetadata, readSidecar } from "../../../src/pipeline/metadata/read-metadata.ts";
import { generateSampleLibrary } from "../../../src/sample-library/generate.ts";
import type { SampleFile, SampleManifest } from "../../../src/sample-library/manifest.ts";
import { paintScene } from "../../../src/sample-library/paint-scene.ts";
import { sceneNamed } from "../../../src/sample-library/scenes.ts";
import type { SceneName } from "../../../src/sample-library/scenes.ts";

let folder: string;
let library: SampleManifest;
const progress: number[] = [];

const bytesOf = (file: SampleFile): Promise<Buffer> => readFile(join(library.folder, file.path));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "photon-sample-"));
  const onProgress = (done: number): number => progress.push(done);
  library = await generateSampleLibrary(join(folder, "one"), { size: 240, withBadFiles: true, onProgress });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const photos = (): readonly SampleFile[] => library.files.filter((file) => file.damage === undefined);

describe("a generated library", () => {
  test("holds 60 decodable photos of the stated size and format, and three bad files", async () => {
    expect(photos()).toHaveLength(60);
    expect(library.files.length - photos().length).toBe(3);
    for (const file of photos()) {
      if (file.format === "bmp") continue; // sharp reads no BMP; the pipeline's own decoder does
      const { width, height, format } = await sharp(await bytesOf(file)).metadata();
      const isTurned = (file.orientation ?? 1) > 4;
      expect([file.path, width, height]).toEqual([
        file.path,
        isTurned ? file.height : file.width,
        isTurned ? file.width : file.height,
      ]);
      expect(format).toBe(file.format === "avif" ? "heif" : file.format);
    }
  });

  test("reports its progress to the end", () => {
    expect(progress.at(-1)).toBe(60);
    expect(progress).toHaveLength(60);
  });

  test("carries the metadata its manifest promises", async () => {
    for (const file of photos()) {
      const format = file.format === "tiff" ? "tiff" : file.format;
      const own = await readMetadata(await bytesOf(file), format);
      const sidecar =
        file.sidecar === undefined ? {} : await readSidecar(await readFile(join(library.folder, file.sidecar)));
      const { capturedAt, gps, ...read } = mergeMetadata(own.metadata, sidecar);
      expect(capturedAt === undefined ? undefined : formatCaptureTime(capturedAt)).toBe(file.capturedAt);
      expect(gps === undefined ? undefined : [gps.latitude, gps.longitude]).toEqual(
        file.gps === undefined
          ? undefined
          : [expect.closeTo(file.gps.latitude, 4), expect.closeTo(file.gps.longitude, 4)],
      );
      expect([read.cameraMake, read.cameraModel, read.lens]).toEqual([
        file.camera?.make,
        file.camera?.model,
        file.camera?.lens,
      ]);
      expect([read.rating, read.title, read.keywords]).toEqual([file.rating, file.title, file.keywords]);
      if (file.orientation !== undefined) expect(own.exif.orientation).toBe(file.orientation);
    }
  });

  test("turns its pixels so that a viewer sees every scene upright", async () => {
    const turned = photos().filter((file) => (file.orientation ?? 1) !== 1 && file.scene === "receipt");
    const [receipt] = turned;
    if (receipt === undefined) throw new Error("expected a turned receipt in the plan");
    const { data, info } = await sharp(await bytesOf(receipt))
      .autoOrient()
      .greyscale()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const rowMean = (from: number, to: number): number => {
      const rows = data.subarray(
        Math.round(from * info.height) * info.width,
        Math.round(to * info.height) * info.width,
      );
      return rows.reduce((sum, value) => sum + value, 0) / rows.length;
    };
    expect([info.width, info.height]).toEqual([receipt.width, receipt.height]);
    expect(rowMean(0.3, 0.4)).toBeGreaterThan(rowMean(0, 0.05)); // paper on a darker table
  });

  test("has exact duplicates with the same bytes and near duplicates with others", async () => {
    for (const file of photos()) {
      const original = photos().find(({ path }) => path === (file.duplicateOf ?? file.nearDuplicateOf));
      if (original === undefined) continue;
      const isEqual = (await bytesOf(file)).equals(await bytesOf(original));
      expect(isEqual).toBe(file.duplicateOf !== undefined);
    }
  });
});

test("the same seed gives the same bytes, another seed others", async () => {
  const options = { count: 12, size: 120, seed: 5 };
  const [first, second, other] = await Promise.all([
    generateSampleLibrary(join(folder, "a"), options),
    generateSampleLibrary(join(folder, "b"), options),
    generateSampleLibrary(join(folder, "c"), { ...options, seed: 6 }),
  ]);
  expect(second.files).toEqual(first.files);
  for (const { path } of first.files) {
    expect((await readFile(join(folder, "b", path))).equals(await readFile(join(folder, "a", path)))).toBe(true);
  }
  expect(other.files.map((file) => file.capturedAt)).not.toEqual(first.files.map((file) => file.capturedAt));
});

test("an aborted generation stops with the reason of its signal", async () => {
  const controller = new AbortController();
  const running = generateSampleLibrary(join(folder, "aborted"), {
    size: 120,
    signal: controller.signal,
    onProgress: () => controller.abort(new Error("enough")),
  });
  await expect(running).rejects.toThrow("enough");
});

test.each([{ count: 0 }, { count: 1.5 }, { size: 10 }, { size: 100_000 }])("refuses %j", async (options) => {
  await expect(generateSampleLibrary(join(folder, "refused"), options)).rejects.toThrow(InvalidInputError);
});

describe("scenes have honest colours", () => {
  const means = async (scene: SceneName, top: number, bottom: number): Promise<readonly [number, number, number]> => {
    const { width, height, data } = await paintScene(sceneNamed(scene), { seed: 11, size: 200 });
    const rows = data.subarray(Math.round(top * height) * width * 3, Math.round(bottom * height) * width * 3);
    const sums = [0, 0, 0];
    for (const [index, value] of rows.entries()) sums[index % 3] = (sums[index % 3] ?? 0) + value;
    const [red = 0, green = 0, blue = 0] = sums.map((sum) => sum / (rows.length / 3));
    return [red, green, blue];
  };

  test("a sunset is red above", async () => {
    const [red, , blue] = await means("sunset", 0.3, 0.55);
    expect(red).toBeGreaterThan(blue * 1.5);
  });

  test("a beach is blue sea over sand", async () => {
    const [seaRed, , seaBlue] = await means("beach", 0.45, 0.6);
    expect(seaBlue).toBeGreaterThan(seaRed * 1.3);
    const [sandRed, , sandBlue] = await means("beach", 0.85, 1);
    expect(sandRed).toBeGreaterThan(sandBlue);
  });

  test("a forest is green, a night dark, snow light", async () => {
    const [red, green, blue] = await means("forest", 0, 1);
    expect(green).toBeGreaterThan(Math.max(red, blue));
    expect(Math.max(...(await means("city-night", 0, 0.6)))).toBeLessThan(80);
    expect(Math.min(...(await means("snowy-mountains", 0.85, 0.95)))).toBeGreaterThan(170);
  });
});
