/** Writes a library of painted photos with real metadata: for the demo and for tests. */
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { InvalidInputError } from "../errors.ts";
import { encodeFile, xmpOf } from "./encode-file.ts";
import type { SampleFile, SampleManifest } from "./manifest.ts";
import type { PaintedScene } from "./paint-scene.ts";
import { paintScene } from "./paint-scene.ts";
import type { PlannedFile } from "./plan.ts";
import { planLibrary } from "./plan.ts";
import { sceneNamed } from "./scenes.ts";

export interface SampleLibraryOptions {
  /** Photo files, 1 or more; 60 when left out. Sidecars and bad files come on top. */
  readonly count?: number;
  /** The same seed, count and size give the same bytes. */
  readonly seed?: number;
  /** Longest edge in pixels, 1200 when left out. */
  readonly size?: number;
  /** Adds a truncated, an empty and a mislabelled file. */
  readonly withBadFiles?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

const DEFAULT_COUNT = 60;
const DEFAULT_SIZE = 1200;
const MIN_SIZE = 64;
const MAX_SIZE = 8000;
/** libvips works outside the main thread: while one picture encodes the next is painted. */
const IN_FLIGHT = 3;
/** A messenger sends a smaller picture without its outermost rim. */
const MESSENGER_SCALE = 0.8;
const MESSENGER_CROP = 0.03;

const checked = (name: string, value: number, min: number, max: number): number => {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new InvalidInputError(`expected a whole number from ${min} to ${max} for ${name}, received ${value}`);
};

const messengerVersion = async ({ width, height, data }: PaintedScene): Promise<PaintedScene> => {
  const { default: sharp } = await import("sharp");
  const [left, top] = [Math.round(width * MESSENGER_CROP), Math.round(height * MESSENGER_CROP)];
  const result = await sharp(data, { raw: { width, height, channels: 3 } })
    .extract({ left, top, width: width - 2 * left, height: height - 2 * top })
    .resize(Math.round(width * MESSENGER_SCALE))
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: result.info.width, height: result.info.height, data: result.data };
};

const manifestEntry = (file: PlannedFile, { width, height }: Omit<PaintedScene, "data">): SampleFile => {
  const { paintSeed: _paintSeed, shift: _shift, ...entry } = file;
  return { ...entry, width, height };
};

const writePhoto = async (folder: string, file: PlannedFile, size: number): Promise<SampleFile> => {
  const painted = await paintScene(sceneNamed(file.scene), { seed: file.paintSeed, size, shift: file.shift });
  const picture = file.nearDuplicateOf === undefined ? painted : await messengerVersion(painted);
  const target = join(folder, file.path);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, await encodeFile(file, picture));
  const xmp = file.sidecar === undefined ? undefined : xmpOf(file);
  if (file.sidecar !== undefined && xmp !== undefined) await writeFile(join(folder, file.sidecar), xmp);
  return manifestEntry(file, picture);
};

const writeBadFiles = async (folder: string, size: number): Promise<readonly SampleFile[]> => {
  const shared = { scene: "beach", words: [], format: "jpeg", width: 0, height: 0 } as const;
  const truncated = { ...shared, path: "Phone/Camera/cut off.jpg", paintSeed: 1, shift: 0 } satisfies PlannedFile &
    SampleFile;
  const whole = await encodeFile(truncated, await paintScene(sceneNamed("beach"), { seed: 1, size }));
  await mkdir(join(folder, "Phone/Camera"), { recursive: true });
  await writeFile(join(folder, truncated.path), whole.subarray(0, whole.length >> 1));
  await writeFile(join(folder, "Phone/Camera/empty.jpg"), "");
  await writeFile(join(folder, "Phone/Camera/notes.jpg"), "This is a text file with the wrong name.\n");
  return [
    { ...shared, path: truncated.path, damage: "truncated" },
    { ...shared, path: "Phone/Camera/empty.jpg", damage: "empty" },
    { ...shared, path: "Phone/Camera/notes.jpg", damage: "not-an-image" },
  ];
};

/**
 * Paints and writes a sample library into `folder`, which is made when missing; files of the same name are replaced.
 * Rejects with the signal's reason when aborted; what was written by then stays.
 */
export const generateSampleLibrary = async (
  folder: string,
  options: SampleLibraryOptions = {},
): Promise<SampleManifest> => {
  const { seed = 1, withBadFiles = false, signal, onProgress } = options;
  const count = checked("count", options.count ?? DEFAULT_COUNT, 1, 100_000);
  const size = checked("size", options.size ?? DEFAULT_SIZE, MIN_SIZE, MAX_SIZE);
  const plan = planLibrary(count, seed);
  const written = new Map<string, SampleFile>();
  const painting = plan.filter((file) => file.duplicateOf === undefined).values();
  const work = async (): Promise<void> => {
    for (const file of painting) {
      signal?.throwIfAborted();
      written.set(file.path, await writePhoto(folder, file, size));
      onProgress?.(written.size, plan.length);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, work));
  for (const file of plan) {
    const original = file.duplicateOf === undefined ? undefined : written.get(file.duplicateOf);
    if (original === undefined) continue;
    await mkdir(dirname(join(folder, file.path)), { recursive: true });
    await copyFile(join(folder, original.path), join(folder, file.path));
    written.set(file.path, manifestEntry(file, original));
    onProgress?.(written.size, plan.length);
  }
  const files = plan.flatMap((file) => written.get(file.path) ?? []);
  return { folder, seed, files: withBadFiles ? [...files, ...(await writeBadFiles(folder, size))] : files };
};
