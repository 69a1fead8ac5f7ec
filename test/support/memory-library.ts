/** A whole small library in memory, behind the interfaces that search declares. For ranking logic only. */
import { createHash } from "node:crypto";
import { hammingDistance } from "../../src/photo/perceptual-hash.ts";
import { wordsOf, stemOf } from "../../src/search/query-words.ts";
import type {
  PhotoDetails,
  PhotoFingerprint,
  PhotoSummary,
  SearchCatalogue,
  SearchDeps,
  SearchModel,
} from "../../src/search/types.ts";
import type { IndexFilter, VectorIndex } from "../../src/vectors/types.ts";

export interface MemoryPhoto {
  readonly contentHash: string;
  readonly vector?: readonly number[];
  readonly text?: string;
  readonly path?: string;
  readonly tags?: readonly string[];
  readonly capturedKey?: number;
  readonly latitude?: number;
  readonly longitude?: number;
  readonly camera?: string;
  /** Milliseconds UTC; left out = in the order of the list. */
  readonly addedAt?: number;
}

export const hashOf = (name: string): string => createHash("sha256").update(name).digest("hex");

export const unit = (values: readonly number[]): Float32Array => {
  const length = Math.hypot(...values);
  return Float32Array.from(values, (value) => value / length);
};

const dot = (left: Float32Array, right: Float32Array): number =>
  left.reduce((sum, value, position) => sum + value * (right[position] ?? 0), 0);

const kilometresBetween = (from: readonly [number, number], to: readonly [number, number]): number => {
  const [lat1, lon1, lat2, lon2] = [...from, ...to].map((degrees) => (degrees * Math.PI) / 180) as [
    number,
    number,
    number,
    number,
  ]; // four in, four out
  const half = Math.sin((lat2 - lat1) / 2) ** 2 + Math.cos(lat1) * Math.cos(lat2) * Math.sin((lon2 - lon1) / 2) ** 2;
  return 2 * 6371 * Math.asin(Math.sqrt(half));
};

const foldersOf = (path: string): readonly string[] => {
  const parts = path.split("/").slice(1, -1);
  return parts.map((_, count) => `/${parts.slice(0, count + 1).join("/")}`);
};

const pathOf = (photo: MemoryPhoto): string => photo.path ?? `/photos/${photo.contentHash.slice(0, 8)}.jpg`;

const passes = (photo: MemoryPhoto, filter: IndexFilter = {}): boolean => {
  const { capturedKey, camera = "", tags = [] } = photo;
  const position =
    photo.latitude === undefined || photo.longitude === undefined
      ? undefined
      : ([photo.latitude, photo.longitude] as const);
  const conditions: readonly boolean[] = [
    filter.capturedFrom === undefined || (capturedKey !== undefined && capturedKey >= filter.capturedFrom),
    filter.capturedBefore === undefined || (capturedKey !== undefined && capturedKey < filter.capturedBefore),
    filter.folders?.some((folder) => foldersOf(pathOf(photo)).includes(folder)) ?? true,
    filter.contentHashes?.includes(photo.contentHash) ?? true,
    filter.cameras?.some((part) => camera.toLowerCase().includes(part.toLowerCase())) ?? true,
    filter.tags?.every((names) => names.some((name) => tags.includes(name))) ?? true,
    !(filter.withoutTags?.some((tag) => tags.includes(tag)) ?? false),
    filter.hasGps === undefined || (position !== undefined) === filter.hasGps,
    filter.near === undefined ||
      (position !== undefined &&
        kilometresBetween(position, [filter.near.latitude, filter.near.longitude]) <= filter.near.kilometres),
  ];
  return conditions.every(Boolean);
};

const summaryOf = (photo: MemoryPhoto): PhotoSummary => ({
  contentHash: photo.contentHash,
  format: "jpeg",
  width: 400,
  height: 300,
  fileBytes: 1000,
  places: [{ path: pathOf(photo), rootPath: "/photos", online: true }],
  tags: photo.tags ?? [],
  favourite: false,
  enriched: false,
});

/** Text matching as loose as the index's: any word, more words first. */
const createMemoryIndex = (photos: readonly MemoryPhoto[], model: SearchModel | undefined): VectorIndex => {
  const listed = (filter: IndexFilter | undefined): readonly MemoryPhoto[] =>
    photos.filter((photo) => passes(photo, filter));
  return {
    vectorKey: model?.vectorKey ?? "none",
    dimension: model?.dimension ?? 0,
    nearest: async ({ vector, limit, filter }) =>
      listed(filter)
        .flatMap((photo) =>
          photo.vector === undefined
            ? []
            : [{ contentHash: photo.contentHash, cosine: dot(vector, unit(photo.vector)) }],
        )
        .toSorted((left, right) => right.cosine - left.cosine || (left.contentHash < right.contentHash ? -1 : 1))
        .slice(0, limit),
    matchText: async ({ text, limit, filter }) => {
      const stems = wordsOf(text).map(stemOf);
      return listed(filter)
        .map((photo) => {
          const held = wordsOf(photo.text ?? "").map(stemOf);
          return { contentHash: photo.contentHash, bm25: held.filter((stem) => stems.includes(stem)).length };
        })
        .filter(({ bm25 }) => bm25 > 0)
        .toSorted((left, right) => right.bm25 - left.bm25 || (left.contentHash < right.contentHash ? -1 : 1))
        .slice(0, limit);
    },
    list: async ({ filter, order = "newest", limit, offset = 0 }) =>
      listed(filter)
        .toSorted((left, right) => {
          const [near, far] = order === "newest" ? [right, left] : [left, right];
          const undated = order === "newest" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
          const byTime = (near.capturedKey ?? undated) - (far.capturedKey ?? undated);
          return byTime || (left.contentHash < right.contentHash ? -1 : 1);
        })
        .slice(offset, offset + limit)
        .map(({ contentHash }) => contentHash),
    count: async (filter) => listed(filter).length,
    status: () => Promise.reject(new Error("not part of search")),
    [Symbol.asyncDispose]: async () => undefined,
  };
};

const createMemoryCatalogue = (
  photos: readonly MemoryPhoto[],
  libraryId: string,
  fingerprints: readonly PhotoFingerprint[],
): SearchCatalogue => {
  const byHash = new Map(photos.map((photo) => [photo.contentHash, photo]));
  const known = (hashes: readonly string[]): readonly MemoryPhoto[] =>
    hashes.flatMap((contentHash) => byHash.get(contentHash) ?? []);
  const details = (photo: MemoryPhoto): PhotoDetails => ({
    ...summaryOf(photo),
    metadata: {},
    scoredTags: [],
    vectorKeys: [],
    indexed: true,
    group: [],
    sidecars: [],
  });
  return {
    libraryId: async () => libraryId,
    hashesWithPrefix: async (prefix, limit) =>
      [...byHash.keys()]
        .filter((contentHash) => contentHash.startsWith(prefix))
        .toSorted()
        .slice(0, limit),
    shownInstead: async () => new Map(),
    hashAtPath: async (path) => photos.find((photo) => pathOf(photo) === path)?.contentHash,
    summaries: async (hashes) => known(hashes).map(summaryOf),
    details: async (contentHash) => known([contentHash]).map(details)[0],
    texts: async (hashes) => new Map(known(hashes).map((photo) => [photo.contentHash, photo.text ?? ""])),
    vectors: async (hashes) =>
      new Map(
        known(hashes).flatMap((photo) =>
          photo.vector === undefined ? [] : [[photo.contentHash, unit(photo.vector)] as const],
        ),
      ),
    sampleVectors: async (_key, limit) =>
      photos
        .toSorted((left, right) => (left.contentHash < right.contentHash ? -1 : 1))
        .flatMap((photo) => (photo.vector === undefined ? [] : [unit(photo.vector)]))
        .slice(0, limit),
    folders: async () => [...new Set(photos.flatMap((photo) => foldersOf(pathOf(photo))))],
    counts: async () => ({ isEmpty: photos.length === 0, pending: 0 }),
    newestAdded: async ({ limit, offset }) =>
      photos
        .map((photo, place) => ({ hash: photo.contentHash, addedAt: photo.addedAt ?? place }))
        .toSorted((left, right) => right.addedAt - left.addedAt || (left.hash < right.hash ? -1 : 1))
        .slice(offset, offset + limit)
        .map(({ hash }) => hash),
    sortKeys: async (hashes) =>
      new Map(
        known(hashes).map((photo) => [
          photo.contentHash,
          { capturedKey: photo.capturedKey, addedAt: photo.addedAt ?? photos.indexOf(photo) },
        ]),
      ),
    perceptualHashes: async () =>
      fingerprints.flatMap(({ contentHash, perceptualHash: hash }) =>
        hash === undefined ? [] : [{ contentHash, hash }],
      ),
    fingerprints: async () => fingerprints,
  };
};

export interface MemoryModelOptions {
  /** Vectors of the texts and files that queries use. */
  readonly words: Readonly<Record<string, readonly number[]>>;
  readonly dimension: number;
}

/** Matches from cosine 0.6 on are good, below 0.3 there is none. */
export const createMemoryModel = ({ words, dimension }: MemoryModelOptions): SearchModel => {
  const vectorFor = (text: string): Float32Array => unit(words[text] ?? Array.from({ length: dimension }, () => 1));
  return {
    modelId: "memory",
    vectorKey: "memory@00000000/fp32/p1",
    dimension,
    calibration: { id: "memory-prior", scale: 10, bias: -5, noMatchBelow: 0.3, goodFrom: 0.6 },
    basic: false,
    embedTexts: async (texts) => texts.map(vectorFor),
    embedFile: async (path) => vectorFor(path),
  };
};

export const createMemoryLibrary = (
  photos: readonly MemoryPhoto[],
  {
    model,
    libraryId = "library-1",
    fingerprints = [],
  }: {
    readonly model?: SearchModel;
    readonly libraryId?: string;
    readonly fingerprints?: readonly PhotoFingerprint[];
  } = {},
): SearchDeps => {
  const index = createMemoryIndex(photos, model);
  return {
    catalogue: createMemoryCatalogue(photos, libraryId, fingerprints),
    index: async () => index,
    model: async () => model,
  };
};

/** A fingerprint with sensible defaults. */
export const fingerprint = (given: Partial<PhotoFingerprint> & { readonly contentHash: string }): PhotoFingerprint => ({
  perceptualHash: undefined,
  capturedKey: undefined,
  camera: undefined,
  width: 400,
  height: 300,
  fileBytes: 1000,
  rating: undefined,
  favourite: false,
  files: 1,
  ...given,
});

/** Every pair within `distance`, by comparing all of them. */
export const nearPairsByForce = (hashes: readonly Uint8Array[], distance: number): ReadonlySet<string> => {
  const pairs = new Set<string>();
  hashes.forEach((left, first) => {
    hashes.slice(first + 1).forEach((right, offset) => {
      if (hammingDistance(left, right) <= distance) pairs.add(`${first}-${first + 1 + offset}`);
    });
  });
  return pairs;
};
