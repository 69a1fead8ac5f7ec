/** Pixel tensors against the image processors of transformers.js and against Pillow's resize, on the same decoded pixels. */
import { existsSync, globSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CLIPImageProcessor, RawImage, SiglipImageProcessor } from "transformers-reference";
import { describe, expect, test } from "vitest";
import { fillPlanes, normalisingTables } from "../../../models/embedding/image-tower.ts";
import { decodePhoto } from "../../../src/pipeline/decode/decode-photo.ts";
import { prepareModelInput } from "../../../src/photo/model-input.ts";
import { resample } from "../../../src/photo/resample.ts";
import { identifyFormat } from "../../../src/photo/sniff.ts";
import type { ModelInputSpec, RgbImage } from "../../../src/photo/types.ts";

const SIZE = 224;
const MEAN = [0.48145466, 0.4578275, 0.40821073];
const STD = [0.26862954, 0.26130258, 0.27577711];
/** Of values in 0..1. */
const ONE_LEVEL = 1 / 255;
const LIMITS = { maxFileBytes: 1e9, maxDimension: 20_000, maxPixels: 2e8, timeoutMs: 60_000 };

const SHARED = join(import.meta.dirname, "../../../../shared/photos");
const photoFiles = existsSync(SHARED)
  ? globSync("{orientation/*_[12].jpg,cameras/*.jpg,oracle/*.{jpg,webp}}", { cwd: SHARED }).toSorted()
  : [];

/** Nothing in it is symmetric, smooth or aligned with a grid. */
const painted = (width: number, height: number): RgbImage => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, index) => {
    const [x, y] = [Math.floor(index / 3) % width, Math.floor(index / 3 / width)];
    return 127 + 60 * Math.sin(x / 7 + (index % 3)) + 60 * Math.cos(y / 5 - x / 31);
  }),
});

const PAINTED = [painted(640, 480), painted(227, 636), painted(512, 512), painted(301, 225), painted(1000, 250)];

/** The photo as the pipeline hands it to an encoder of this size; undefined for a damaged one. */
const decoded = async (name: string): Promise<RgbImage | undefined> => {
  const bytes = await readFile(join(SHARED, name));
  const modelInput = { size: SIZE, resize: "pad", kernel: "bicubic" } as const;
  const { signal } = new AbortController();
  try {
    const needs = { thumbnailSize: 512, modelInput };
    return await decodePhoto(bytes, identifyFormat(bytes, name), { needs, limits: LIMITS, signal });
  } catch {
    return undefined; // the folder holds broken files too; how they fail is the decode tests' business
  }
};

const planesOf = (pixels: Uint8Array): Float32Array => {
  const planes = new Float32Array(pixels.length);
  fillPlanes(pixels, planes, { tables: normalisingTables(MEAN, STD), offset: 0 });
  return planes;
};

/** Mean absolute difference of two tensors, as values in 0..1. */
const differenceOf = (ours: Float32Array, theirs: Float32Array): number => {
  expect(theirs).toHaveLength(ours.length);
  const plane = ours.length / 3;
  const sum = ours.reduce(
    (total, value, index) => total + Math.abs(value - (theirs[index] ?? NaN)) * (STD[Math.floor(index / plane)] ?? 1),
    0,
  );
  return sum / ours.length;
};

const COMMON = {
  do_rescale: true,
  rescale_factor: 1 / 255,
  do_normalize: true,
  image_mean: MEAN,
  image_std: STD,
  do_resize: true,
  do_convert_rgb: true,
};
// 1 is Lanczos: the one kernel that transformers.js resizes with antialiased outside a browser.
const LANCZOS = { ...COMMON, resample: 1 };
const square = { height: SIZE, width: SIZE };

interface Pixels {
  readonly pixel_values: { readonly data: Float32Array; readonly dims: readonly number[] };
}
type Processor = (image: RawImage) => Promise<Pixels>;

// The library's processors are callable; its types do not say with what.
const callable = (processor: unknown): Processor => processor as Processor;

const squash = callable(new SiglipImageProcessor({ ...LANCZOS, size: square }));
const cropConfig = { ...LANCZOS, size: { shortest_edge: SIZE }, do_center_crop: true, crop_size: square };
const crop = callable(new CLIPImageProcessor(cropConfig));
const longEdge = callable(new SiglipImageProcessor({ ...LANCZOS, size: { longest_edge: SIZE } }));

/** The reference leaves a border to zeros after normalisation, in the middle of the square. */
const pad: Processor = async (image) => {
  const { pixel_values: inner } = await longEdge(image);
  const [, , height = 0, width = 0] = inner.dims;
  const data = new Float32Array(3 * SIZE * SIZE);
  const [left, top] = [Math.floor((SIZE - width) / 2), Math.floor((SIZE - height) / 2)];
  for (let row = 0; row < 3 * height; row += 1) {
    const [channel, y] = [Math.floor(row / height), row % height];
    data.set(inner.data.subarray(row * width, (row + 1) * width), (channel * SIZE + top + y) * SIZE + left);
  }
  return { pixel_values: { data, dims: [1, 3, SIZE, SIZE] } };
};

const MODES = { squash, "short-side-crop": crop, pad } as const satisfies Record<ModelInputSpec["resize"], Processor>;

/** transformers.js places grown pixels elsewhere than Pillow does; growing is held against Pillow below. */
const shrinks = ({ width, height }: RgbImage): boolean => Math.min(width, height) >= SIZE;

/** The grey border of 128 is zero for a mean of one half only. */
const insideOf = (mode: string, { width, height }: RgbImage): ((index: number) => boolean) => {
  if (mode !== "pad") return () => true;
  const long = Math.max(width, height);
  const [w, h] = [Math.floor((SIZE * width) / long), Math.floor((SIZE * height) / long)];
  const [left, top] = [Math.floor((SIZE - w) / 2), Math.floor((SIZE - h) / 2)];
  return (index) => {
    const [x, y] = [index % SIZE, Math.floor(index / SIZE) % SIZE];
    return x >= left && x < left + w && y >= top && y < top + h;
  };
};

const expectSameTensor = async (image: RgbImage, mode: ModelInputSpec["resize"]): Promise<void> => {
  const ours = planesOf(await prepareModelInput(image, { size: SIZE, resize: mode, kernel: "lanczos3" }));
  const { pixel_values } = await MODES[mode](new RawImage(image.data, image.width, image.height, 3));
  const inside = insideOf(mode, image);
  const theirs = pixel_values.data.map((value, index) => (inside(index) ? value : (ours[index] ?? NaN)));
  expect(differenceOf(ours, theirs)).toBeLessThan(ONE_LEVEL);
};

/** Pillow's picture of the whole image at the size before crop and border. */
const expectLikePillow = async (image: RgbImage, kernel: ModelInputSpec["kernel"]): Promise<void> => {
  const ours = await prepareModelInput(image, { size: SIZE, resize: "squash", kernel });
  const theirs = resample(image, { width: SIZE, height: SIZE, kernel });
  expect(differenceOf(planesOf(ours), planesOf(theirs))).toBeLessThan(ONE_LEVEL);
};

const modes = ["squash", "short-side-crop", "pad"] as const;
const kernels = ["bilinear", "bicubic", "lanczos3"] as const;

describe("on painted pictures", () => {
  test.each(modes)("%s gives the tensor of transformers.js", async (mode) => {
    for (const image of PAINTED) await expectSameTensor(image, mode);
  });
  test.each(kernels)("%s is Pillow's, also where a picture grows", async (kernel) => {
    for (const image of [...PAINTED, painted(100, 66), painted(2000, 90)]) await expectLikePillow(image, kernel);
  });
});

describe.skipIf(photoFiles.length === 0)("on real photos (skipped when ../shared/photos is absent)", () => {
  test.each(photoFiles)("%s", async (name) => {
    const image = await decoded(name);
    if (image === undefined) return;
    for (const kernel of kernels) await expectLikePillow(image, kernel);
    if (!shrinks(image)) return;
    for (const mode of modes) await expectSameTensor(image, mode);
  });

  test("most of them are whole and large enough to be compared", async () => {
    const images = await Promise.all(photoFiles.map(decoded));
    expect(images.filter((image) => image !== undefined && shrinks(image)).length).toBeGreaterThan(20);
  });
});
