/** Generated photos for benches: textured like camera pictures, so that decoders have real work. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";

export interface GeneratedPhotos {
  readonly count: number;
  readonly width: number;
  readonly height: number;
}

/** 4:3 at 12 megapixels, quality 85: 3 to 4 MB each. */
export const TWELVE_MEGAPIXELS = { width: 4032, height: 3024 } as const;
/** For runs over very many files. */
const SMALL = { width: 160, height: 120 } as const;

const QUALITY = 85;
const PHOTOS_PER_FOLDER = 500;

/** Soft shapes of a colour each, under fine grain: about 2 bits a pixel at quality 85. */
const paint = async (index: number, width: number, height: number): Promise<Buffer> => {
  const channel = (seed: number): number => (Math.imul(index + 1, seed) >>> 8) % 256;
  const colour = (seed: number): string => `rgb(${channel(seed)},${channel(seed * 7)},${channel(seed * 13)})`;
  const shapes = [2654435761, 40503, 2246822519, 3266489917].map((seed, position) => {
    const x = ((Math.imul(index + 3, seed) >>> 4) % 100) * (width / 100);
    const y = ((Math.imul(index + 5, seed) >>> 6) % 100) * (height / 100);
    return `<circle cx="${x}" cy="${y}" r="${(height / 4) * (1 + position / 3)}" fill="${colour(seed)}"/>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="${colour(97)}"/>${shapes.join("")}</svg>`;
  const grain = await sharp({
    create: { width, height, channels: 3, background: "grey", noise: { type: "gaussian", mean: 128, sigma: 14 } },
  })
    .blur(0.7)
    .png({ compressionLevel: 0 })
    .toBuffer();
  return sharp(Buffer.from(svg))
    .flatten()
    .composite([{ input: grain, blend: "soft-light" }])
    .jpeg({ quality: QUALITY })
    .toBuffer();
};

/** Writes the photos in folders of 500; gives their paths. */
export const generatePhotos = async (
  directory: string,
  { count, width, height }: GeneratedPhotos,
): Promise<readonly string[]> => {
  const paths: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const folder = join(directory, `folder-${Math.floor(index / PHOTOS_PER_FOLDER)}`);
    if (index % PHOTOS_PER_FOLDER === 0) await mkdir(folder, { recursive: true });
    const path = join(folder, `photo-${String(index).padStart(6, "0")}.jpg`);
    await writeFile(path, await paint(index, width, height));
    paths.push(path);
  }
  return paths;
};

/**
 * Very many small photos, fast: one encoded picture, made a content of its own each time by a comment segment
 * (ITU-T T.81, B.2.4.5) after the start marker.
 */
export const generateManyPhotos = async (directory: string, count: number): Promise<void> => {
  const base = await paint(0, SMALL.width, SMALL.height);
  for (let index = 0; index < count; index += 1) {
    const folder = join(directory, `folder-${Math.floor(index / PHOTOS_PER_FOLDER)}`);
    if (index % PHOTOS_PER_FOLDER === 0) await mkdir(folder, { recursive: true });
    const comment = Buffer.from(`photo ${index}`);
    const header = Buffer.from([0xff, 0xfe, 0, comment.length + 2]);
    const bytes = Buffer.concat([base.subarray(0, 2), header, comment, base.subarray(2)]);
    await writeFile(join(folder, `photo-${String(index).padStart(6, "0")}.jpg`), bytes);
  }
};
