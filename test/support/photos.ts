/** Folders of small photos, each with a content of its own. */
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { loadSharp } from "../../src/photo/load-sharp.ts";
import type { PhotoSource } from "../../src/photo/types.ts";

/** A folder that is gone when the test ends; its real path, so that paths can be compared. */
export const temporaryFolder = async (): Promise<{ readonly path: string } & AsyncDisposable> => {
  const path = await realpath(await mkdtemp(join(tmpdir(), "photon-test-")));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
};

/** Reproducible numbers from 0 to 1 (mulberry32). */
export const randomFrom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

const COARSE = { width: 6, height: 4 } as const;

/** A JPEG of soft colour fields; another seed gives another content. */
export const photoBytes = async (seed: number, longEdge = 160): Promise<Buffer> => {
  const random = randomFrom(seed);
  const pixels = Uint8Array.from({ length: COARSE.width * COARSE.height * 3 }, () => Math.floor(random() * 256));
  const sharp = await loadSharp();
  const soft = sharp(pixels, { raw: { ...COARSE, channels: 3 } });
  return soft
    .resize(longEdge, Math.round((longEdge * COARSE.height) / COARSE.width), { fit: "fill" })
    .jpeg()
    .toBuffer();
};

export const photoName = (number: number): string => `photo-${String(number).padStart(4, "0")}.jpg`;

export interface PhotoFolderOptions {
  readonly count: number;
  /** Seed of the first photo; the others count on. */
  readonly seed?: number;
  readonly longEdge?: number;
  /** Photos per sub-folder; unset = all in the folder itself. */
  readonly perFolder?: number;
}

/** @returns paths relative to the folder, in the order photon walks them */
export const writePhotos = async (folder: string, options: PhotoFolderOptions): Promise<readonly string[]> => {
  const { count, seed = 1, longEdge, perFolder = count } = options;
  const names: string[] = [];
  for (let number = 0; number < count; number += 1) {
    const parent = perFolder === count ? "" : `folder-${String(Math.floor(number / perFolder)).padStart(3, "0")}`;
    const name = join(parent, photoName(number));
    await mkdir(join(folder, dirname(name)), { recursive: true });
    await writeFile(join(folder, name), await photoBytes(seed + number, longEdge));
    names.push(name);
  }
  return names;
};

export const sourceOf = (folder: string, name: string, named?: true): PhotoSource => ({
  displayPath: join(folder, name),
  absolutePath: Buffer.from(join(folder, name)),
  rootPath: Buffer.from(folder),
  ...(named === undefined ? {} : { named }),
});

export async function* sourcesOf(folder: string, names: readonly string[]): AsyncGenerator<PhotoSource> {
  for (const name of names) yield await Promise.resolve(sourceOf(folder, name));
}
