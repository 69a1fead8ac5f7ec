import { expect, test } from "vitest";
import { composeSheet } from "../../../src/photo/contact-sheet.ts";
import { assertBarePicture } from "../../../src/photo/provider-image.ts";
import { layoutSheet } from "../../../src/photo/sheet-layout.ts";
import { encodeShownPicture } from "../../../src/photo/shown-picture.ts";
import type { RgbImage } from "../../../src/photo/types.ts";
import { loadSharp } from "../../../src/photo/load-sharp.ts";
import { meanDifference, paintScene, pixelAt, resizeScene } from "../../support/images.ts";
import { randomFrom } from "../../support/photos.ts";

const decoded = async (bytes: Uint8Array): Promise<RgbImage> => {
  const sharp = await loadSharp();
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
};

/** The worst there is for a JPEG file. */
const noise = (width: number, height: number): RgbImage => {
  const random = randomFrom(7);
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => Math.floor(random() * 256)) };
};

test("a picture fits its edge, shows the same and holds nothing else", async () => {
  const scene = paintScene(1500, 1000);

  const { bytes, width, height } = await encodeShownPicture(scene, { maxEdge: 512, maxBytes: 60_000 });

  expect({ width, height }).toEqual({ width: 512, height: 341 });
  expect(bytes.length).toBeLessThanOrEqual(60_000);
  expect(() => assertBarePicture(bytes)).not.toThrow();
  expect(meanDifference(await decoded(bytes), await resizeScene(scene, 512, 341))).toBeLessThan(4);
});

test.each([
  [512, 60_000],
  [1024, 60_000],
  [512, 3_000],
  [64, 1_000],
])("noise with an edge of %i pixels stays below %i bytes", async (maxEdge, maxBytes) => {
  const { bytes } = await encodeShownPicture(noise(1024, 768), { maxEdge, maxBytes });

  expect(bytes.length).toBeLessThanOrEqual(maxBytes);
});

test("a small picture stays small", async () => {
  const { width, height } = await encodeShownPicture(paintScene(100, 80), { maxEdge: 512, maxBytes: 60_000 });

  expect({ width, height }).toEqual({ width: 100, height: 80 });
});

const WHITE = 200;

/** Bright pixels where the number of a tile is; the pictures of this test are dark. */
const brightIn = (sheet: RgbImage, left: number, top: number): number => {
  let count = 0;
  for (let y = top; y < top + 40; y += 1) {
    for (let x = left; x < left + 60; x += 1) if ((pixelAt(sheet, x, y)[0] ?? 0) > WHITE) count += 1;
  }
  return count;
};

test("a sheet shows every picture in its tile, each with a number of its own", async () => {
  const colours = Array.from({ length: 12 }, (_, place) => [10 * place, 120 - 10 * place, 30] as const);
  const images = colours.map((colour) => ({
    width: 90,
    height: 60,
    data: Uint8Array.from({ length: 90 * 60 * 3 }, (_, at) => colour[at % 3] ?? 0),
  }));
  const layout = layoutSheet(images.map(({ width, height }) => width / height));

  const { bytes, width, height } = await composeSheet(layout, images, 500_000);

  expect({ width, height }).toEqual({ width: layout.width, height: layout.height });
  expect(() => assertBarePicture(bytes)).not.toThrow();
  const sheet = await decoded(bytes);
  const centres = layout.tiles.map((tile) =>
    pixelAt(sheet, Math.round(tile.left + tile.width / 2), Math.round(tile.top + tile.height / 2)),
  );
  for (const [place, centre] of centres.entries()) {
    expect(centre).toEqual((colours[place] ?? []).map((value) => expect.closeTo(value, -1)));
  }
  const inks = layout.tiles.map(({ left, top }) => brightIn(sheet, left, top));
  expect(Math.min(...inks)).toBeGreaterThan(80);
  expect(inks[9]).toBeGreaterThan(inks[0] ?? Infinity); // 10 has a digit more than 1
});

test("a picture that is missing leaves an empty tile with its number", async () => {
  const image = paintScene(90, 60);
  const layout = layoutSheet([1.5, 1.5]);

  const { bytes } = await composeSheet(layout, [image, undefined], 500_000);

  const sheet = await decoded(bytes);
  const [, empty] = layout.tiles;
  const centre = pixelAt(sheet, (empty?.left ?? 0) + 20, (empty?.top ?? 0) + (empty?.height ?? 0) - 60);
  expect(Math.max(...centre) - Math.min(...centre)).toBeLessThan(25); // grey
  expect(brightIn(sheet, empty?.left ?? 0, empty?.top ?? 0)).toBeGreaterThan(80);
});

test("thirty pictures of noise make a sheet below its limit", async () => {
  const image = noise(320, 240);
  const images = Array.from({ length: 30 }, () => image);

  const { bytes } = await composeSheet(layoutSheet(images.map(() => 4 / 3)), images, 300_000);

  expect(bytes.length).toBeLessThanOrEqual(300_000);
});

test("more pictures than a sheet takes are refused", async () => {
  const images = Array.from({ length: 31 }, () => paintScene(9, 6));

  await expect(composeSheet(layoutSheet(images.map(() => 1.5)), images, 300_000)).rejects.toThrow(/30/);
});
