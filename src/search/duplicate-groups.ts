/**
 * The three classes of duplicates, over what the catalogue knows of every photo. A pair has one class:
 *
 * - exact: one content in several files.
 * - burst: one camera, at most {@link BURST_GAP_MS} apart, alike; a copy of the same instant is not a burst.
 * - near: perceptual hashes within a few bits, and no burst.
 */
import { SECOND } from "../clock.ts";
import { hammingDistance } from "../photo/perceptual-hash.ts";
import type { FindNeighbours } from "./hash-neighbours.ts";
import { createNeighbourFinder, isTellingHash } from "./hash-neighbours.ts";
import type { PhotoFingerprint } from "./types.ts";

export interface FingerprintGroup {
  /** The suggested best first. */
  readonly photos: readonly PhotoFingerprint[];
  readonly reason: string;
  readonly distance?: number;
}

export const NEAR_DISTANCE = 10;
export const MAX_NEAR_DISTANCE = 16;
const BURST_GAP_MS = 3 * SECOND;
/** Two hashes of different scenes differ in 72 of 144 bits, give or take 6. */
const BURST_DISTANCE = 36;
/** Same instant and hardly a bit apart: an edited or smaller copy, not the next shot. */
const COPY_DISTANCE = 2;

const byHash = (left: PhotoFingerprint, right: PhotoFingerprint): number =>
  left.contentHash < right.contentHash ? -1 : 1;

const pixels = ({ width, height }: PhotoFingerprint): number => width * height;

const PREFERENCES: readonly {
  readonly value: (photo: PhotoFingerprint) => number;
  readonly reason: (photo: PhotoFingerprint) => string;
}[] = [
  { value: ({ favourite }) => (favourite ? 1 : 0), reason: () => "a favourite" },
  { value: ({ rating }) => rating ?? 0, reason: ({ rating }) => `the highest rating (${rating ?? 0})` },
  { value: pixels, reason: ({ width, height }) => `the most pixels (${width}x${height})` },
  { value: ({ fileBytes }) => fileBytes, reason: () => "the largest file of equal size in pixels" },
];

/** Best first: favourite, rating, pixels, bytes, then hash. */
const byPreference = (left: PhotoFingerprint, right: PhotoFingerprint): number => {
  for (const { value } of PREFERENCES) {
    const difference = value(right) - value(left);
    if (difference !== 0) return difference;
  }
  return byHash(left, right);
};

const reasonFor = (sorted: readonly PhotoFingerprint[]): string => {
  const [best, next] = sorted;
  const deciding = PREFERENCES.find(
    ({ value }) => best !== undefined && next !== undefined && value(best) !== value(next),
  );
  return best === undefined || deciding === undefined ? "no difference, any will do" : deciding.reason(best);
};

const groupOf = (photos: readonly PhotoFingerprint[], distance: number): FingerprintGroup => {
  const sorted = photos.toSorted(byPreference);
  return { photos: sorted, reason: reasonFor(sorted), distance };
};

const byFirstHash = (left: FingerprintGroup, right: FingerprintGroup): number =>
  (left.photos[0]?.contentHash ?? "") < (right.photos[0]?.contentHash ?? "") ? -1 : 1;

export const exactGroups = (fingerprints: readonly PhotoFingerprint[]): readonly FingerprintGroup[] =>
  fingerprints
    .filter(({ files }) => files > 1)
    .map((photo) => ({
      photos: [photo],
      reason: "the place that looks least like a copy; the files are equal byte by byte",
    }))
    .toSorted(byFirstHash);

const hashDistance = (left: PhotoFingerprint, right: PhotoFingerprint): number | undefined =>
  left.perceptualHash === undefined || right.perceptualHash === undefined
    ? undefined
    : hammingDistance(left.perceptualHash, right.perceptualHash);

/** Same camera, close in time, and not a copy of the same instant. */
const couldBeBurst = (left: PhotoFingerprint, right: PhotoFingerprint): boolean => {
  if (left.capturedKey === undefined || right.capturedKey === undefined) return false;
  if (left.camera === undefined || left.camera !== right.camera) return false;
  const gap = Math.abs(right.capturedKey - left.capturedKey);
  const isCopy = gap === 0 && (pixels(left) !== pixels(right) || (hashDistance(left, right) ?? 0) <= COPY_DISTANCE);
  return gap <= BURST_GAP_MS && !isCopy;
};

/** Neighbours in time of one camera; copies of an instant are passed over, so that they do not cut a burst. */
const neighbours = (
  fingerprints: readonly PhotoFingerprint[],
): readonly (readonly [PhotoFingerprint, PhotoFingerprint])[] => {
  const ordered = fingerprints
    .filter(({ capturedKey, camera }) => capturedKey !== undefined && camera !== undefined)
    .toSorted((left, right) => (left.capturedKey ?? 0) - (right.capturedKey ?? 0) || byPreference(left, right));
  const lastOf = new Map<string, PhotoFingerprint>();
  return ordered.flatMap((photo) => {
    const previous = lastOf.get(photo.camera ?? "");
    const isLink = previous !== undefined && couldBeBurst(previous, photo);
    const isCopy = previous !== undefined && previous.capturedKey === photo.capturedKey && !isLink;
    if (!isCopy) lastOf.set(photo.camera ?? "", photo);
    return isLink ? [[previous, photo] as const] : [];
  });
};

/** Tells for pairs of hashes whether their vectors are alike; asked only where perceptual hashes do not decide. */
export type AlikePairs = (pairs: readonly (readonly [string, string])[]) => Promise<readonly boolean[]>;

export const burstGroups = async (
  fingerprints: readonly PhotoFingerprint[],
  areAlike: AlikePairs,
): Promise<readonly FingerprintGroup[]> => {
  const links = neighbours(fingerprints).map(([left, right]) => ({ left, right, distance: hashDistance(left, right) }));
  const isClose = (distance: number | undefined): boolean => distance !== undefined && distance <= BURST_DISTANCE;
  const unclear = links.filter(({ distance }) => !isClose(distance));
  const alike = await areAlike(unclear.map(({ left, right }) => [left.contentHash, right.contentHash]));
  const linked = new Set(unclear.filter((_, position) => alike[position] === true));
  const runs: { photos: PhotoFingerprint[]; distance: number }[] = [];
  const runOf = new Map<PhotoFingerprint, (typeof runs)[number]>();
  for (const link of links) {
    if (!isClose(link.distance) && !linked.has(link)) continue;
    const run = runOf.get(link.left) ?? { photos: [link.left], distance: 0 };
    if (run.photos.length === 1) runs.push(run);
    run.photos.push(link.right);
    run.distance = Math.max(run.distance, link.distance ?? 0);
    runOf.set(link.right, run);
  }
  return runs.map(({ photos, distance }) => groupOf(photos, distance));
};

export interface NearGroups {
  readonly groups: readonly FingerprintGroup[];
  /** Photos whose hash says too little to compare. */
  readonly flat: number;
}

/**
 * Groups around a best photo: every member is within `distance` of it, so that a chain of small steps never joins
 * photos that are not alike.
 */
export const nearGroups = (fingerprints: readonly PhotoFingerprint[], distance = NEAR_DISTANCE): NearGroups => {
  const hashed = fingerprints.flatMap((photo) =>
    photo.perceptualHash === undefined ? [] : [{ photo, hash: photo.perceptualHash }],
  );
  const telling = hashed
    .filter(({ hash }) => isTellingHash(hash))
    .toSorted((left, right) => byPreference(left.photo, right.photo));
  const hashes = telling.map(({ hash }) => hash);
  const photos = telling.map(({ photo }) => photo);
  return { groups: starsOf(photos, createNeighbourFinder(hashes, distance)), flat: hashed.length - telling.length };
};

/** Best photos first: each takes the photos near it that no better one took, and that are no burst with it. */
const starsOf = (photos: readonly PhotoFingerprint[], findNeighbours: FindNeighbours): readonly FingerprintGroup[] => {
  const taken = new Set<number>();
  const groups: FingerprintGroup[] = [];
  photos.forEach((best, position) => {
    if (taken.has(position)) return;
    const members = [...findNeighbours(position)].flatMap(([other, bits]) => {
      const photo = taken.has(other) ? undefined : photos[other];
      return photo === undefined || couldBeBurst(best, photo) ? [] : [{ other, photo, bits }];
    });
    if (members.length === 0) return;
    for (const { other } of members) taken.add(other);
    const distance = members.reduce((largest, { bits }) => Math.max(largest, bits), 0);
    groups.push(groupOf([best, ...members.map(({ photo }) => photo)], distance));
  });
  return groups.toSorted(byFirstHash);
};
