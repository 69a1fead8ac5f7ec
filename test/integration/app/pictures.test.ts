/** Pictures of photos: from the original, from the rendition where that cannot be read, from nothing else. */
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { PicturesApi } from "../../../src/app/pictures.ts";
import type { PhotoUpdate } from "../../../src/catalogue/photo-row.ts";
import { loadSharp } from "../../../src/photo/load-sharp.ts";
import type { RgbImage } from "../../../src/photo/types.ts";
import type { EnrichmentLibrary } from "../../support/enrichment-library.ts";
import { createEnrichmentLibrary } from "../../support/enrichment-library.ts";
import { encodeJpeg, encodeOriented, meanDifference, paintScene, resizeScene } from "../../support/images.ts";
import { openPhoton } from "../../support/open-photon.ts";
import { photoBytes } from "../../support/photos.ts";

const SETTINGS = { maxEdge: 512, maxBytes: 60_000 };
const never = new AbortController().signal;

const decoded = async (bytes: Uint8Array): Promise<RgbImage> => {
  const sharp = await loadSharp();
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
};

const thumbnail = { size: 256, format: "webp", quality: 80, width: 256, height: 171 } as const;

/** Photo with a rendition of another scene, so that a test sees where a picture comes from. */
const addWithRendition = async (library: EnrichmentLibrary, name: string, given: Partial<PhotoUpdate> = {}) => {
  const hash = await library.addPhoto(name, await encodeJpeg(paintScene(900, 600)), {
    size: { width: 900, height: 600, orientation: 1 },
    thumbnail,
    ...given,
  });
  const sharp = await loadSharp();
  const grey = sharp({ create: { width: 256, height: 171, channels: 3, background: "#808080" } });
  const folder = join(library.folder, "home", "renditions", hash.slice(0, 2));
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${hash}.webp`), await grey.webp().toBuffer());
  return hash;
};

const isGrey = async (bytes: Uint8Array): Promise<boolean> => {
  const { data } = await decoded(bytes);
  return data.every((value) => Math.abs(value - 128) < 6);
};

test("the original is shown upright", async () => {
  await using library = await createEnrichmentLibrary();
  const scene = paintScene(900, 600);
  const hash = await library.addPhoto("turned.jpg", await encodeOriented(scene, 6));
  await using photon: PicturesApi & AsyncDisposable = openPhoton(library);

  const picture = await photon.pictures.view(hash, SETTINGS, never);

  expect(picture).toMatchObject({ width: 512, height: 341 });
  const seen = await decoded(picture?.bytes ?? Buffer.alloc(0));
  expect(meanDifference(seen, await resizeScene(scene, 512, 341))).toBeLessThan(8);
});

test("a rendition that is large enough is used, a smaller one is not", async () => {
  await using library = await createEnrichmentLibrary();
  const hash = await addWithRendition(library, "a.jpg");
  await using photon: PicturesApi & AsyncDisposable = openPhoton(library);

  const small = await photon.pictures.view(hash, { ...SETTINGS, maxEdge: 256 }, never);
  const large = await photon.pictures.view(hash, SETTINGS, never);

  expect(await isGrey(small?.bytes ?? Buffer.alloc(0))).toBe(true);
  expect(large?.width).toBe(512);
  expect(await isGrey(large?.bytes ?? Buffer.alloc(0))).toBe(false);
});

test("without its file a photo is shown by its rendition, without both not at all", async () => {
  await using library = await createEnrichmentLibrary();
  const hash = await addWithRendition(library, "a.jpg");
  await using photon: PicturesApi & AsyncDisposable = openPhoton(library);
  await rm(join(library.photos, "a.jpg"));

  const picture = await photon.pictures.view(hash, SETTINGS, never);
  expect(picture).toMatchObject({ width: 256, height: 171 });
  expect(await isGrey(picture?.bytes ?? Buffer.alloc(0))).toBe(true);

  await rm(join(library.folder, "home", "renditions"), { recursive: true });
  expect(await photon.pictures.view(hash, SETTINGS, never)).toBeUndefined();
});

test("a root that is away does not keep the rendition from being shown", async () => {
  await using library = await createEnrichmentLibrary();
  const hash = await addWithRendition(library, "a.jpg");
  await using photon: PicturesApi & AsyncDisposable = openPhoton(library);
  await rename(library.photos, `${library.photos}-away`);

  expect(await photon.pictures.view(hash, SETTINGS, never)).toMatchObject({ width: 256 });
});

test("what lies at the path by now is not shown as the photo", async () => {
  await using library = await createEnrichmentLibrary();
  const hash = await library.addPhoto("a.jpg", await photoBytes(1));
  await using photon: PicturesApi & AsyncDisposable = openPhoton(library);
  await writeFile(join(library.photos, "a.jpg"), await photoBytes(2));

  expect(await photon.pictures.view(hash, SETTINGS, never)).toBeUndefined();
});

test("a copy is shown when the first file is gone, and a damaged file is no error", async () => {
  await using library = await createEnrichmentLibrary();
  const bytes = await photoBytes(1);
  const hash = await library.addPhoto("a.jpg", bytes);
  await library.addPhoto("b.jpg", bytes);
  const broken = await library.addPhoto("broken.jpg", bytes.subarray(0, 40));
  await using photon: PicturesApi & AsyncDisposable = openPhoton(library);
  await rm(join(library.photos, "a.jpg"));

  expect(await photon.pictures.view(hash, SETTINGS, never)).toMatchObject({ width: 160 });
  expect(await photon.pictures.view(broken, SETTINGS, never)).toBeUndefined();
});

test("a sheet shows what it can and names what is missing", async () => {
  await using library = await createEnrichmentLibrary();
  const hashes: string[] = [];
  for (let seed = 1; seed <= 5; seed += 1) hashes.push(await library.addPhoto(`${seed}.jpg`, await photoBytes(seed)));
  await rm(join(library.photos, "3.jpg"));
  await using photon: PicturesApi & AsyncDisposable = openPhoton(library);

  const { picture, missing } = await photon.pictures.sheet(hashes, 500_000, never);

  expect(missing).toEqual([hashes[2]]);
  expect(Math.max(picture.width, picture.height)).toBeGreaterThan(600);
});

test("a caller that is gone waits for nothing", async () => {
  await using library = await createEnrichmentLibrary();
  const hash = await library.addPhoto("a.jpg", await photoBytes(1));
  await using photon: PicturesApi & AsyncDisposable = openPhoton(library);
  const gone = AbortSignal.abort();

  await expect(photon.pictures.view(hash, SETTINGS, gone)).rejects.toThrow(/abort/i);
  await expect(photon.pictures.sheet([hash], 500_000, gone)).rejects.toThrow(/abort/i);
});
