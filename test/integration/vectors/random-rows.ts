/** Random index rows, and what each filter and search must give for them, worked out one by one. */
import { createHash } from "node:crypto";
import type { IndexFilter, IndexRow } from "../../../src/vectors/types.ts";

const DAY_MS = 86_400_000;
const EARTH_RADIUS_KM = 6371.0088;

/** mulberry32 */
export const createRandom = (seed: number) => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const pick = <Value>(values: readonly Value[]): Value => values[Math.floor(next() * values.length)] as Value; // in range
  return { next, pick, chance: (share: number): boolean => next() < share };
};
export type Random = ReturnType<typeof createRandom>;

export const hashOf = (number: number): string => createHash("sha256").update(`photo ${number}`).digest("hex");

export const FOLDERS = ["/photos", "/photos/it's", "/photos/2024", "C:\\Photos", "C:\\Photos\\Żółć", '/p/"q"', "/日本"];
const CAMERAS = ["Canon EOS 5D", "Apple iPhone 15 Pro", "50%_Cam", "Nikon D'Or", "ŻENIT 3\\M", undefined];
export const TAGS = ["dog", "beach", "o'clock", "straße", "100%", "日没", "a, b", "]"];
export const FORMATS = ["jpeg", "heic", "raw"];

export const randomVector = (random: Random, dimension: number): Float32Array => {
  const vector = Float32Array.from({ length: dimension }, () => random.next() - 0.5);
  const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return vector.map((value) => value / norm);
};

export const randomRow = (random: Random, number: number, dimension: number): IndexRow => {
  const some = <Value>(values: readonly Value[], share: number): Value[] => values.filter(() => random.chance(share));
  const hasGps = random.chance(0.7);
  const isHalf = random.chance(0.05); // a latitude without its longitude
  const latitude = random.chance(0.3) ? random.pick([90, -90, 89.99, 0, 52.5]) : random.next() * 180 - 90;
  const longitude = random.chance(0.3) ? random.pick([180, -180, 179.95, -179.95, 13.4]) : random.next() * 360 - 180;
  return {
    contentHash: hashOf(number),
    rev: 1 + Math.floor(random.next() * 5),
    vector: dimension === 0 || random.chance(0.1) ? undefined : randomVector(random, dimension),
    capturedKey: random.chance(0.1) ? undefined : Math.floor(random.next() * 3650) * DAY_MS - 3 * 365 * DAY_MS,
    folders: some(FOLDERS, 0.3),
    camera: random.pick(CAMERAS),
    lens: random.chance(0.5) ? "50mm f/1.8" : undefined,
    tags: some(TAGS, 0.3),
    latitude: hasGps ? latitude : undefined,
    longitude: hasGps && !isHalf ? longitude : undefined,
    favourite: random.chance(0.2),
    rating: random.chance(0.5) ? undefined : Math.floor(random.next() * 7) - 1,
    format: random.pick(FORMATS),
    enriched: random.chance(0.5),
    text: `photo ${number} ${random.pick(["dog", "cat", "car"])} ${random.pick(["beach", "street"])}`,
  };
};

const toRadians = (degrees: number): number => (degrees * Math.PI) / 180;

/** By the dot product of the two directions; another formula than the index uses. */
const kilometresBetween = (from: readonly [number, number], to: readonly [number, number]): number => {
  const direction = ([latitude, longitude]: readonly [number, number]): readonly [number, number, number] => [
    Math.cos(toRadians(latitude)) * Math.cos(toRadians(longitude)),
    Math.cos(toRadians(latitude)) * Math.sin(toRadians(longitude)),
    Math.sin(toRadians(latitude)),
  ];
  const [a, b] = [direction(from), direction(to)];
  return EARTH_RADIUS_KM * 2 * Math.asin(Math.min(1, Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) / 2));
};

const isNear = (row: IndexRow, near: NonNullable<IndexFilter["near"]>): boolean =>
  row.latitude !== undefined &&
  row.longitude !== undefined &&
  kilometresBetween([row.latitude, row.longitude], [near.latitude, near.longitude]) <= near.kilometres;

const CHECKS: {
  readonly [Name in keyof IndexFilter]-?: (row: IndexRow, want: NonNullable<IndexFilter[Name]>) => boolean;
} = {
  capturedFrom: (row, want) => row.capturedKey !== undefined && row.capturedKey >= want,
  capturedBefore: (row, want) => row.capturedKey !== undefined && row.capturedKey < want,
  folders: (row, want) => want.some((folder) => row.folders.includes(folder)),
  cameras: (row, want) => want.some((part) => row.camera?.toLowerCase().includes(part.toLowerCase()) === true),
  tags: (row, want) => want.every((names) => names.some((name) => row.tags.includes(name))),
  withoutTags: (row, want) => !want.some((tag) => row.tags.includes(tag)),
  near: isNear,
  hasGps: (row, want) => (row.latitude !== undefined && row.longitude !== undefined) === want,
  enriched: (row, want) => row.enriched === want,
  favourite: (row, want) => row.favourite === want,
  minRating: (row, want) => row.rating !== undefined && row.rating >= want,
  formats: (row, want) => want.includes(row.format),
  contentHashes: (row, want) => want.includes(row.contentHash),
};

export const matches = (row: IndexRow, filter: IndexFilter): boolean =>
  Object.entries(filter).every(([name, want]) =>
    // entries loses the pairing of name and value, which the table above restores
    (CHECKS[name as keyof IndexFilter] as (row: IndexRow, want: unknown) => boolean)(row, want),
  );

/** Newest first, undated last, then by hash. */
export const inListOrder = (rows: readonly IndexRow[]): readonly string[] =>
  rows
    .toSorted(
      (left, right) =>
        (right.capturedKey ?? -Infinity) - (left.capturedKey ?? -Infinity) ||
        (left.contentHash < right.contentHash ? -1 : 1),
    )
    .map(({ contentHash }) => contentHash);

export const cosineOf = (left: Float32Array, right: Float32Array): number => {
  let [dot, leftSquares, rightSquares] = [0, 0, 0];
  left.forEach((value, at) => {
    const other = right[at] ?? 0;
    dot += value * other;
    leftSquares += value * value;
    rightSquares += other * other;
  });
  return dot / Math.sqrt(leftSquares * rightSquares);
};
