/** Generated photos for benches: textured like camera pictures, so that decoders have real work. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";

export interface GeneratedPhotos {
  readonly count: number;
  readonly width: number;
  readonly height: number;
  /** Different pictures among them; the rest differ in a comment only. */
  readonly painted?: number;
}

/** 4:3 at 12 megapixels, quality 85: 3 to 4 MB each, by its grain. */
export const TWELVE_MEGAPIXELS = { width: 4032, height: 3024 } as const;
/** For runs over very many files. */
const SMALL = { width: 160, height: 120 } as const;

const QUALITY = 85;
/** Of 8-bit channels; a painting gets more until its file is as large as a camera's. */
const GRAIN_SIGMAS = [46, 58, 70];
const MIN_BYTES_PER_PIXEL = 0.25; // 3 MB at 12 megapixels
const DISTINCT_PAINTINGS = 12;
const PHOTOS_PER_FOLDER = 500;

/** Soft shapes of a colour each, under fine grain. */
const paintWithGrain = async (index: number, width: number, height: number, sigma: number): Promise<Buffer> => {
  const channel = (seed: number): number => (Math.imul(index + 1, seed) >>> 8) % 256;
  const colour = (seed: number): string => `rgb(${channel(seed)},${channel(seed * 7)},${channel(seed * 13)})`;
  const shapes = [2654435761, 40503, 2246822519, 3266489917].map((seed, position) => {
    const x = ((Math.imul(index + 3, seed) >>> 4) % 100) * (width / 100);
    const y = ((Math.imul(index + 5, seed) >>> 6) % 100) * (height / 100);
    return `<circle cx="${x}" cy="${y}" r="${(height / 4) * (1 + position / 3)}" fill="${colour(seed)}"/>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="${colour(97)}"/>${shapes.join("")}</svg>`;
  const grain = await sharp({
    create: {
      width,
      height,
      channels: 3,
      background: "grey",
      noise: { type: "gaussian", mean: 128, sigma },
    },
  })
    .png({ compressionLevel: 0 })
    .toBuffer();
  return sharp(Buffer.from(svg))
    .flatten()
    .composite([{ input: grain, blend: "soft-light" }])
    .jpeg({ quality: QUALITY })
    .toBuffer();
};

const paint = async (index: number, width: number, height: number): Promise<Buffer> => {
  let painting = Buffer.alloc(0);
  for (const sigma of GRAIN_SIGMAS) {
    painting = Buffer.from(await paintWithGrain(index, width, height, sigma));
    if (painting.length >= MIN_BYTES_PER_PIXEL * width * height) break;
  }
  return painting;
};

/**
 * A content of its own with the same pixels: a comment segment (ITU-T T.81, B.2.4.5) after the start marker. Every
 * stage runs for it, and painting it costs nothing.
 */
const withComment = (jpeg: Buffer, text: string): Buffer => {
  const comment = Buffer.from(text);
  const header = Buffer.from([0xff, 0xfe, 0, comment.length + 2]);
  return Buffer.concat([jpeg.subarray(0, 2), header, comment, jpeg.subarray(2)]);
};

/** Writes photos in folders of 500, painting only the first few anew; gives their paths. */
export const generatePhotos = async (
  directory: string,
  { count, width, height, painted = DISTINCT_PAINTINGS }: GeneratedPhotos,
): Promise<readonly string[]> => {
  const paintings: Buffer[] = [];
  for (let index = 0; index < Math.min(count, painted); index += 1) paintings.push(await paint(index, width, height));
  const paths: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const folder = join(directory, `folder-${Math.floor(index / PHOTOS_PER_FOLDER)}`);
    if (index % PHOTOS_PER_FOLDER === 0) await mkdir(folder, { recursive: true });
    const path = join(folder, `photo-${String(index).padStart(6, "0")}.jpg`);
    await writeFile(path, withComment(paintings[index % paintings.length] ?? Buffer.alloc(0), `photo ${index}`));
    paths.push(path);
  }
  return paths;
};

/** Very many small photos. */
export const generateManyPhotos = async (directory: string, count: number): Promise<void> => {
  await generatePhotos(directory, { count, ...SMALL, painted: 1 });
};
